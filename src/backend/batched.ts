/**
 * A backend around another one that gives kernels the hidden batch dims of vmap.
 *
 * The frame of a call describes one sample. Where a storage is batched, most families take the hidden dims as further
 * leading dims of the same loop, merged with the first one where the strides allow (so that a batch of rows times one
 * matrix is one product); others let a dim of theirs grow (batch-folds.ts), or run once per sample. A family without an
 * entry refuses, and the operation above it runs sample by sample (tensor/sample-loop.ts); it must never be met in a
 * derivative, which has no operation above it. An output that was allocated for one sample becomes batched here.
 */
import { allocatePlain } from '../core/allocator.ts';
import { Batch, BatchedReadError, RANDOM_REFUSED, dimsOf, running, unionOf, type BatchDim, type Level } from '../core/batch.ts';
import { ITEM_SIZE } from '../core/dtype.ts';
import { VmapError } from '../core/errors.ts';
import { ARG, DIMS, DTYPE, INTS, MAX_DIMS, NDIM, OFFSET, OP, OPERAND, OPERANDS, OPERAND_SIZE, STRIDES, frame } from '../core/frame.ts';
import { GONE, Storage } from '../core/storage.ts';
import { FACTOR_OPS, POOL_OPS, RANDOM_OPS, RECURRENCE_OPS, TAPS_OPS } from '../ops/families.ts';
import { around } from './around.ts';
import type { Backend, Family } from './backend.ts';
import { FOLDS, type Fold } from './batch-folds.ts';

type Operand = Storage | null;
type Kernel = (...operands: readonly Operand[]) => void;

/**
 * loop: every dim is a loop dim. kept: as loop, but merged among the kept dims only, which INTS[0] counts. lead: the last
 * dims have a meaning and keep their sizes, the others are loop dims. rows: exactly two dims, the first of which can grow or be the samples. fold: what the fold
 * says; such a kernel writes all of an output. sample: once per sample, likewise.
 */
interface Rule {
  readonly by: 'loop' | 'kept' | 'lead' | 'rows' | 'fold' | 'sample';
  /** Which operands are written; the first if absent. */
  readonly outputs?: () => readonly number[];
  /** How many last dims keep their sizes. */
  readonly inner?: number;
  /** Whether the kernel reads what an output holds. */
  readonly keeps?: (k: number) => boolean;
  readonly fold?: Fold;
}

const FIRST = (): readonly number[] => [0];
const FIRST_TWO = (): readonly number[] => [0, 1];
const FIRST_THREE = (): readonly number[] => [0, 1, 2];
const ALL_OF_FACTOR = (): readonly number[] => [0, 1, 2, 3];
const isGated = (): boolean => frame[OP] === RECURRENCE_OPS.indexOf('lstm') || frame[OP] === RECURRENCE_OPS.indexOf('gru');

const RULES: Readonly<Partial<Record<Family, Rule>>> = {
  copy: { by: 'loop' }, join: { by: 'rows' }, unary: { by: 'loop' }, binary: { by: 'loop' }, ternary: { by: 'loop' },
  reduce: { by: 'kept' }, argReduce: { by: 'kept' },
  scan: { by: 'lead', inner: 1 }, softmax: { by: 'lead', inner: 1 }, softmaxGrad: { by: 'lead', inner: 1 }, polyval: { by: 'lead', inner: 1 },
  // The rows of a product can be those of more samples.
  matmul: { by: 'lead', inner: 2, keeps: () => frame[INTS + 1] === 1 },
  gather: { by: 'loop' }, scatter: { by: 'loop', keeps: () => true },
  sort: { by: 'lead', inner: 1, outputs: FIRST_TWO }, select: { by: 'lead', inner: 1, outputs: FIRST_TWO }, argScan: { by: 'lead', inner: 1, outputs: FIRST_TWO },
  searchSorted: { by: 'lead', inner: 1 },
  // Reading overwrites, its gradients add.
  taps: { by: 'lead', inner: 2, keeps: () => frame[OP] !== TAPS_OPS.indexOf('read') },
  triangular: { by: 'lead', inner: 3, keeps: () => true },
  // A right-hand side is replaced by the solution, an inverse comes into memory that is not read.
  factor: { by: 'fold', fold: FOLDS.factor, outputs: ALL_OF_FACTOR, keeps: (k) => k === 0 || (k === 3 && frame[OP] === FACTOR_OPS.indexOf('solve')) },
  distance: { by: 'lead', inner: 3 }, distanceGrad: { by: 'lead', inner: 3 },
  moments: { by: 'sample' }, crossEntropy: { by: 'lead', inner: 1, outputs: FIRST_TWO }, crossEntropyGrad: { by: 'lead', inner: 1 },
  conv: { by: 'fold', fold: FOLDS.conv },
  pool: { by: 'fold', fold: FOLDS.pool, outputs: () => (frame[OP] === POOL_OPS.indexOf('max') ? [0, 2] : [0]) },
  // Given statistics are read.
  norm: { by: 'fold', fold: FOLDS.norm, outputs: () => (frame[INTS + 2] === 1 ? [0] : [0, 2, 3]) },
  normGrad: { by: 'fold', fold: FOLDS.normGrad, outputs: FIRST_THREE },
  attention: { by: 'fold', fold: FOLDS.attention }, attentionGrad: { by: 'fold', fold: FOLDS.attention, outputs: FIRST_THREE },
  // The input's part of the gates comes in what is written, as do the gradients of the last states.
  recurrence: { by: 'sample', outputs: FIRST_THREE, keeps: (k) => k === (isGated() ? 2 : 0) },
  recurrenceGrad: { by: 'sample', outputs: () => (frame[OP] === RECURRENCE_OPS.indexOf('gru') ? [0, 1] : [0, 1, 2]), keeps: (k) => k > 0 },
};

const operandAt = (k: number): number => OPERAND + k * OPERAND_SIZE;

/** Bytes between a storage's samples of a level; 0 where it is not batched over it. */
function bytesOver(level: Level, storage: Operand): number {
  for (const dim of dimsOf(storage)) if (dim.level === level) return dim.stride;
  return 0;
}

/** Strides over a level in elements of each operand in the frame. */
function stridesOver(level: Level, operands: readonly Operand[]): number[] {
  const strides = new Array<number>(operands.length);
  for (let k = 0; k < strides.length; k++) {
    const bytes = bytesOver(level, operands[k]);
    strides[k] = bytes === 0 ? 0 : bytes / ITEM_SIZE[frame[operandAt(k) + DTYPE]];
  }
  return strides;
}

/** Grows the first dim by a hidden one around it, where no operand can tell. */
function merge(size: number, strides: readonly number[]): boolean {
  const first = frame[DIMS];
  for (let k = 0; k < strides.length; k++) if (frame[operandAt(k) + ARG] >= 0 && strides[k] !== frame[operandAt(k) + STRIDES] * first) return false;
  frame[DIMS] = first * size;
  return true;
}

/** Puts a hidden dim before all others. */
function prepend(size: number, strides: readonly number[]): void {
  const ndim = frame[NDIM];
  frame.copyWithin(DIMS + 1, DIMS, DIMS + ndim);
  frame[DIMS] = size;
  for (let k = 0; k < strides.length; k++) {
    const at = operandAt(k) + STRIDES;
    frame.copyWithin(at + 1, at, at + ndim);
    frame[at] = strides[k];
  }
  frame[NDIM] = ndim + 1;
}

/** Takes the dim into the frame if the family allows. */
function absorb(rule: Rule, size: number, strides: readonly number[]): boolean {
  if (size === 1) return true;
  const ndim = frame[NDIM];
  if (rule.by === 'sample') return false;
  if (rule.by === 'fold') return size > 0 && (rule.fold as Fold)(size, strides);
  if (rule.by === 'rows') {
    // Of a single row, the distance to the next one says nothing: rows of samples may lie anywhere.
    if (frame[DIMS] === 1) for (let k = 0; k < strides.length; k++) frame[operandAt(k) + STRIDES] = strides[k];
    return merge(size, strides);
  }
  const kept = rule.by === 'kept' ? frame[INTS] : rule.by === 'lead' ? Math.max(ndim - (rule.inner as number), 0) : ndim;
  if (kept > 0 && merge(size, strides)) return true;
  if (ndim === MAX_DIMS) return false;
  prepend(size, strides);
  if (rule.by === 'kept') frame[INTS]++;
  return true;
}

/** The whole memory of a storage, without its batch. */
function plain(storage: Operand): Operand {
  if (storage === null || storage.state === null) return storage;
  if (storage.state === GONE || storage.origin?.state === GONE) GONE.check();
  return new Storage(storage.memory, storage.byteOffset, storage.byteLength);
}

interface Dim {
  readonly size: number;
  readonly strides: readonly number[];
}

function runBatched(kernel: Kernel, rule: Rule, operands: readonly Operand[], levels: readonly Level[]): void {
  const plains = operands.map(plain);
  let rest: Dim[] | null = null;
  for (let i = levels.length - 1; i >= 0; i--) {
    const { size } = levels[i], strides = stridesOver(levels[i], operands);
    if (rest === null && absorb(rule, size, strides)) continue;
    (rest ??= []).push(rule.by === 'rows' && frame[DIMS] < size ? exchange(size, strides) : { size, strides });
  }
  if (rest === null) kernel(...plains);
  else eachSample(rest, () => kernel(...plains));
}

/** Makes a hidden dim the rows, and gives back what was: the fewer calls. */
function exchange(size: number, strides: readonly number[]): Dim {
  const rows = { size: frame[DIMS], strides: strides.map((_, k) => frame[operandAt(k) + STRIDES]) };
  frame[DIMS] = size;
  strides.forEach((stride, k) => (frame[operandAt(k) + STRIDES] = stride));
  return rows;
}

/** Runs a call once per combination of indices of hidden dims, moving the operands' offsets. */
function eachSample(dims: readonly Dim[], run: () => void, at = 0): void {
  if (at === dims.length) return run();
  const { size, strides } = dims[at];
  for (let i = 0; i < size; i++) {
    eachSample(dims, run, at + 1);
    move(strides, 1);
  }
  move(strides, -size);
}

/** Moves the operands' offsets by so many samples. */
function move(strides: readonly number[], samples: number): void {
  for (let k = 0; k < strides.length; k++) frame[operandAt(k) + OFFSET] += strides[k] * samples;
}

/** How many elements the call writes into operand 0, if they are distinct. */
function written(by: Rule['by']): number {
  let n = 1;
  const count = by === 'kept' ? frame[INTS] : frame[NDIM];
  for (let i = 0; i < count; i++) if (frame[operandAt(0) + STRIDES + i] !== 0) n *= frame[DIMS + i];
  return n;
}

/** Makes an output batched over `levels`, and moves it in the frame. Its elements are copied to every sample unless all are overwritten. */
function extend(storage: Storage, operands: readonly Operand[], levels: readonly Level[], overwritten: boolean): void {
  const before = dimsOf(storage);
  let all: Level[] | null = null;
  for (const level of levels) {
    if (hasLevel(before, level)) continue;
    requireOwn(storage, level);
    (all ??= before.map((dim) => dim.level)).push(level);
  }
  if (all === null) return;
  if (all.length > 1) all.sort((a, b) => a.start - b.start);
  const sample = sampleBytes(storage);
  let bytes = sample;
  const dims = new Array<BatchDim>(all.length);
  for (let i = dims.length - 1; i >= 0; i--) {
    dims[i] = { level: all[i], stride: bytes };
    bytes *= all[i].size;
  }
  const next = allocatePlain(bytes);
  if (!overwritten) replicate(storage, next, sample, dims, before, 0, storage.byteOffset, next.byteOffset);
  for (let k = 0; k < operands.length; k++) {
    if (operands[k] === storage) frame[operandAt(k) + OFFSET] += (next.byteOffset - storage.byteOffset) / ITEM_SIZE[frame[operandAt(k) + DTYPE]];
  }
  storage.memory = next.memory;
  storage.byteOffset = next.byteOffset;
  storage.byteLength = bytes;
  (storage.state as Batch).dims = dims;
}

function hasLevel(dims: readonly BatchDim[], level: Level): boolean {
  for (const dim of dims) if (dim.level === level) return true;
  return false;
}

/** Bytes of one sample of a storage that was allocated here (samples are dense, the last level innermost). */
function sampleBytes(storage: Storage): number {
  const dims = dimsOf(storage);
  return dims.length === 0 ? storage.byteLength : dims[dims.length - 1].stride;
}

function replicate(from: Storage, to: Storage, sample: number, dims: readonly BatchDim[], before: readonly BatchDim[], at: number, source: number, target: number): void {
  if (at === dims.length) {
    to.memory.bytes.set(from.memory.bytes.subarray(source, source + sample), target);
    return;
  }
  const { level, stride } = dims[at], old = before.find((dim) => dim.level === level);
  if (old !== undefined) {
    for (let i = 0; i < level.size; i++) replicate(from, to, sample, dims, before, at + 1, source + i * old.stride, target + i * stride);
    return;
  }
  if (level.size > 0) replicate(from, to, sample, dims, before, at + 1, source, target);
  const { bytes } = to.memory, all = level.size * stride;
  for (let done = stride; done < all; done *= 2) bytes.copyWithin(target + done, target, target + Math.min(done, all - done));
}

function requireOwn(storage: Storage, level: Level): void {
  const { state } = storage;
  if (state instanceof Batch && state.birth > level.start) return;
  throw new VmapError('vmap: in-place operation on a tensor that is not batched over this vmap, with a value that is: every sample would write the same memory. '
    + 'Make it an input of the function (inDims), or use the operation that returns a new tensor');
}

/** Elements of a batched output must not be one in memory. */
function requireDistinct(storage: Storage): void {
  const aliases = storage.state instanceof Batch && storage.state.birth < 0 && storage.byteLength > 0;
  if (aliases && dimsOf(storage).some(({ level, stride }) => stride === 0 && level.size > 1)) {
    throw new VmapError('vmap: in-place operation on a tensor whose samples share memory (an expanded one); clone() it first');
  }
}

function call(family: Family, kernel: Kernel, operands: readonly Operand[]): void {
  const levels = unionOf(operands);
  if (levels.length === 0) return kernel(...operands);
  const rule = RULES[family];
  if (rule === undefined) throw new BatchedReadError(`vmap: no batching rule for kernels of the family ${family}`);
  for (const k of (rule.outputs ?? FIRST)()) {
    const out = operands[k];
    if (out === null) continue;
    const whole = !(rule.keeps?.(k) ?? false) && operands.every((other, i) => i === k || other !== out)
      && (k > 0 || rule.by === 'fold' || written(rule.by) * ITEM_SIZE[frame[operandAt(0) + DTYPE]] >= sampleBytes(out));
    extend(out, operands, levels, whole);
    requireDistinct(out);
  }
  runBatched(kernel, rule, operands, levels);
}

/**
 * Draws. Levels that ask for different numbers become batched in one call, in the order of their dims, so that the
 * numbers are those of one larger draw; levels that ask for the same get one draw.
 */
function draw(kernel: Kernel, out: Storage, state: Storage): void {
  const active = running.filter(({ suspended }) => !suspended);
  if (active.some(({ randomness }) => randomness === 'error')) {
    throw new VmapError(RANDOM_REFUSED);
  }
  const reads = RANDOM_OPS[frame[OP]] === 'bernoulli' && frame[INTS] === 1;
  extend(out, [out], [...unionOf([out]), ...active.filter((level) => level.randomness === 'different' && !hasLevel(dimsOf(out), level))], !reads);
  requireDistinct(out);
  const levels = unionOf([out]), plains = [plain(out), plain(state)];
  const fresh = levels.filter((level) => level.randomness === 'different'), same = levels.filter((level) => level.randomness !== 'different');
  const over = (level: Level): Dim => ({ size: level.size, strides: [stridesOver(level, [out])[0], 0] });
  const each = fresh.map(over).reverse();
  // A permutation is of one sample's elements.
  while (RANDOM_OPS[frame[OP]] !== 'randperm' && each.length > 0 && each[0].strides[0] === Math.max(frame[NDIM] === 0 ? 1 : frame[DIMS], 1)) {
    frame[DIMS] = (frame[NDIM] === 0 ? 1 : frame[DIMS]) * each[0].size;
    frame[NDIM] = 1;
    each.shift();
  }
  const words = state.slab.bytes.subarray(state.byteOffset, state.byteOffset + state.byteLength), begin = words.slice();
  eachSample(same.map(over), () => {
    words.set(begin);
    eachSample(each.slice().reverse(), () => kernel(...plains));
  });
}

const made = new WeakMap<Backend, Backend>();

/** Wraps the backend that runs the kernels; once, for every vmap asks. */
export function batched(inner: Backend): Backend {
  const known = made.get(inner);
  if (known !== undefined) return known;
  const wrapper = around(inner, (family, kernel) => {
    if (family === 'random') return (out: Storage, state: Storage) => draw(kernel, out, state);
    // The only family whose operands come as one list; plain ones, or it refuses.
    if (family === 'optimStep') return kernel;
    return (...operands: readonly Operand[]) => call(family, kernel, operands);
  });
  made.set(inner, wrapper);
  return wrapper;
}
