/**
 * Convolutions with a single window, which is the whole input: what makes an image of a latent vector, what judges a whole
 * image, squeeze and excitation. All three are products of matrices then, with all taps of all channels side by side.
 */
import { DIMS, INTS, frame } from '../core/frame.ts';
import { absent, dims, header, operand, strides } from '../core/plan.ts';
import { active } from '../backend/select.ts';
import type { ConvOp } from '../ops/families.ts';
import type { TensorCore } from './core.ts';
import type { ConvGeometry } from './kernels-spatial.ts';

type Four = readonly [number, number, number, number];

export const isOneWindow = (g: ConvGeometry): boolean => g.batch > 0
  && [0, 1, 2].every((d) => g.outSize[d] === 1 && g.inSize[d] === g.kernel[d] && g.padding[d] === 0);

function describe(k: number, x: TensorCore, over: readonly number[]): void {
  operand(k, x.storage, x.layout.offset, x.dtypeCode);
  strides(k, over);
}

/** out = a b + bias over [groups, M, N, K], with the strides of each over these; the operands are those of `conv`. */
export function oneWindowInto(op: ConvOp, g: ConvGeometry, out: TensorCore, a: TensorCore, b: TensorCore, bias: TensorCore | null): void {
  const { batch, groups, inputs, outputs } = g, taps = g.kernel[0] * g.kernel[1] * g.kernel[2], row = inputs * taps;
  if (op === 'forward') {
    product([groups, batch, outputs, row], out, [outputs, groups * outputs, 1, 0], a, [row, groups * row, 0, 1], b, [outputs * row, 0, row, 1], bias);
  } else if (op === 'inputGrad') {
    if (bias !== null) spreadBias(out, bias, batch, groups * inputs, taps);
    product([groups, batch, row, outputs], out, [row, groups * row, 1, 0], a, [outputs, groups * outputs, 0, 1], b, [outputs * row, 0, 1, row], null, bias !== null);
  } else {
    product([groups, outputs, row, batch], out, [outputs * row, row, 1, 0], b, [outputs, 1, 0, groups * outputs], a, [row, 0, 1, groups * row], null);
  }
}

/** `bias` goes by the columns of all groups; `accumulate` adds to what out holds. */
function product(sizes: Four, out: TensorCore, so: Four, a: TensorCore, sa: Four, b: TensorCore, sb: Four, bias: TensorCore | null, accumulate = false): void {
  header(0, 4, 4);
  dims(sizes);
  frame[INTS] = 0;
  frame[INTS + 1] = Number(accumulate);
  describe(0, out, so);
  describe(1, a, sa);
  describe(2, b, sb);
  if (bias === null) absent(3);
  else describe(3, bias, [sizes[2], 0, 1, 0]);
  active.matmul(out.storage, a.storage, b.storage, bias === null ? null : bias.storage);
}

/** Every tap of a channel gets the channel's bias, which a product's columns cannot say. */
function spreadBias(out: TensorCore, bias: TensorCore, batch: number, channels: number, taps: number): void {
  header(0, 3, 2);
  frame[DIMS] = batch;
  frame[DIMS + 1] = channels;
  frame[DIMS + 2] = taps;
  describe(0, out, [channels * taps, taps, 1]);
  describe(1, bias, [0, 1, 0]);
  active.copy(out.storage, bias.storage);
}
