/**
 * Where a hidden batch dim of vmap goes in families whose dims have a meaning: it grows a dim over which the operands that
 * move along it lie first in their memory, and which the others lack. A batch of images grows the batch of a convolution,
 * a batch of images with a kernel each its groups, which is the weight gradient of every sample at once.
 */
import { ARG, DIMS, INTS, OP, OPERAND, OPERAND_SIZE, STRIDES, frame } from '../core/frame.ts';
import { CONV_OPS, POOL_OPS } from '../ops/families.ts';

/** Takes a hidden dim of `size` samples, `strides` elements apart in each operand, into the frame; false where it cannot. */
export type Fold = (size: number, strides: readonly number[]) => boolean;

/** The frame's dims over which an operand lies, in the order of its memory, and how many elements belong to each position. */
interface Block {
  readonly over: readonly number[];
  readonly each: number;
}

const volume = (at: number): number => frame[at] * frame[at + 1] * frame[at + 2];

/** Whether an operand is one block when dim `d` grows by samples that are `stride` apart. */
function extendsAlong(d: number, { over, each }: Block, stride: number): boolean {
  const at = over.indexOf(d);
  if (at < 0) return stride === 0;
  for (let i = 0; i < at; i++) if (frame[DIMS + over[i]] !== 1) return false;
  return stride === over.reduce((n, dim) => n * frame[DIMS + dim], each);
}

/** Grows the first of the dims that can. */
function grow(dims: readonly number[], blocks: readonly Block[], size: number, strides: readonly number[]): boolean {
  const found = dims.find((d) => strides.every((stride, k) => frame[OPERAND + k * OPERAND_SIZE + ARG] < 0 || extendsAlong(d, blocks[k], stride)));
  if (found === undefined) return false;
  frame[DIMS + found] *= size;
  return true;
}

// The dims of a convolution: batch, groups, channels per group of the output and of the input.
const BATCH = 0, GROUPS = 1, OUTPUTS = 2, INPUTS = 3;

const foldConv: Fold = (size, strides) => {
  const x = { over: [BATCH, GROUPS, INPUTS], each: volume(INTS) }, y = { over: [BATCH, GROUPS, OUTPUTS], each: volume(DIMS + 4) };
  const w = { over: [GROUPS, OUTPUTS, INPUTS], each: volume(DIMS + 7) };
  const bias = (channels: number): Block => ({ over: [GROUPS, channels], each: 1 });
  const op = CONV_OPS[frame[OP]];
  return grow([BATCH, GROUPS, OUTPUTS, INPUTS], op === 'forward' ? [y, x, w, bias(OUTPUTS)] : op === 'inputGrad' ? [x, y, w, bias(INPUTS)] : [w, x, y], size, strides);
};

const foldPool: Fold = (size, strides) => {
  const wide = { over: [0], each: volume(INTS) }, pooled = { over: [0], each: volume(DIMS + 1) };
  return grow([0], POOL_OPS[frame[OP]] === 'avgGrad' ? [wide, pooled] : [pooled, wide, pooled], size, strides);
};

/** The blocks of a norm's input, statistics and weights. */
function normBlocks(): { readonly x: Block; readonly statistics: Block; readonly weight: Block } {
  return {
    x: { over: [0, 1, 2, 3], each: 1 },
    statistics: { over: frame[INTS] === 1 ? [0, 1] : [1], each: 1 },
    weight: { over: frame[INTS + 1] === 1 ? [3] : [1, 2], each: 1 },
  };
}

const foldNorm: Fold = (size, strides) => {
  const { x, statistics, weight } = normBlocks();
  return grow([0, 1], [x, x, statistics, statistics, weight, weight], size, strides);
};

const foldNormGrad: Fold = (size, strides) => {
  const { x, statistics, weight } = normBlocks();
  return grow([0, 1], [x, weight, weight, x, x, statistics, statistics, weight], size, strides);
};

/** Attention moves by strides along two batch dims: the sample is the first one, if a single one is in use. */
const foldAttention: Fold = (size, strides) => {
  if (frame[DIMS] !== 1 && frame[DIMS + 1] !== 1) return false;
  const free = frame[DIMS] === 1;
  if (!free) frame[DIMS + 1] = frame[DIMS];
  frame[DIMS] = size;
  strides.forEach((stride, k) => {
    const at = OPERAND + k * OPERAND_SIZE + STRIDES;
    if (!free) frame[at + 1] = frame[at];
    frame[at] = stride;
  });
  return true;
};

/** Matrices of one size one after another; every operand has as many. */
const foldFactor: Fold = (size, strides) => {
  const rows = frame[DIMS + 1], each = [rows * frame[DIMS + 2], Math.min(rows, frame[DIMS + 2]), 1, rows * frame[DIMS + 3]];
  return grow([0], each.map((count) => ({ over: [0], each: count })), size, strides);
};

export const FOLDS = { conv: foldConv, pool: foldPool, norm: foldNorm, normGrad: foldNormGrad, factor: foldFactor, attention: foldAttention } as const;
