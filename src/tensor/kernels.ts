/**
 * Kernel calls on tensors: allocate the output, write the frame, call the backend. No promotion and no autograd here;
 * operands already have the dtype that the kernel takes (dispatch.ts sees to that).
 */
import { allocate } from '../core/allocator.ts';
import { F64, I64, ITEM_SIZE, type DTypeCode } from '../core/dtype.ts';
import { DIMS, INTS, MAX_OPERANDS, NDIM, OPERAND, OPERAND_SIZE, PARAMS, STRIDES, frame, frameFloats } from '../core/frame.ts';
import { broadcastStrides, contiguousLayout, SCALAR_LAYOUT, type Layout, type Shape } from '../core/layout.ts';
import { outermostFirst } from '../core/result-layout.ts';
import { absent, dims, flatOperand, header, immediate, loop, operand, strides } from '../core/plan.ts';
import type { Storage } from '../core/storage.ts';
import {
  ACTIVATIONS, ARG_SCAN_OPS, OPTIM_OPS, OPTIM_SCALARS, RANDOM_OPS, SCATTER_OPS, SEARCH_OPS, SELECT_OPS, SOFTMAX_GRAD_OPS, SOFTMAX_OPS, SORT_OPS,
  type Activation, type ArgScanOp, type OptimOp, type RandomOp, type ScatterOp, type SearchOp, type SelectOp, type SoftmaxGradOp, type SoftmaxOp, type SortOp,
} from '../ops/families.ts';
import { active } from '../backend/select.ts';
import type { TensorCore } from './core.ts';
import type { Scalar } from './promotion.ts';
import type { Tensor } from './tensor.ts';

export type Input = TensorCore | Scalar;

/** An uninitialised contiguous tensor. `like` only supplies the class. */
export function emptyLike(like: TensorCore, layout: Layout, dtype: DTypeCode): Tensor {
  return like.wrap(allocate(layout.numel * ITEM_SIZE[dtype]), layout, dtype);
}

export const emptyShape = (like: TensorCore, shape: Shape, dtype: DTypeCode): Tensor => emptyLike(like, contiguousLayout(shape), dtype);

const storageOf = (x: Input): Storage | null => (typeof x === 'object' ? x.storage : null);
const NO_STRIDES: readonly number[] = [];

/** Where the strides of operands 0 to 3 begin. */
const STRIDES_0 = OPERAND + STRIDES, STRIDES_1 = STRIDES_0 + OPERAND_SIZE, STRIDES_2 = STRIDES_1 + OPERAND_SIZE, STRIDES_3 = STRIDES_2 + OPERAND_SIZE;

/** An immediate is read as the loop's dtype; bool numbers count as 0 and 1. */
function describe(k: number, x: Input, dtype: DTypeCode, ndim: number): void {
  if (typeof x === 'object') operand(k, x.storage, x.layout.offset, x.dtypeCode);
  else immediate(k, typeof x === 'boolean' ? Number(x) : x, dtype, ndim);
}

/** Writes a loop over `out`'s shape in the order of its memory; `all` are the operands' strides, out's first. */
function loopInOrder(out: TensorCore, all: readonly (readonly number[])[]): void {
  const { shape } = out.layout, order = outermostFirst(out.layout);
  if (order === null) loop(shape, all);
  else loop(order.map((dim) => shape[dim]), all.map((strides) => order.map((dim) => strides[dim])));
}

/** Loops over `out`'s shape with every operand broadcast to it. */
function broadcastLoop(op: number, out: TensorCore, inputs: readonly Input[], dtype: DTypeCode): void {
  const { shape } = out.layout;
  const all: (readonly number[])[] = [out.layout.strides];
  for (const x of inputs) all.push(typeof x === 'object' ? (x.layout.shape === shape ? x.layout.strides : broadcastStrides(x.layout, shape)) : zeros(shape.length));
  loopInOrder(out, all);
  const ndim = frame[NDIM];
  header(op, ndim, inputs.length + 1);
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  for (let k = 0; k < inputs.length; k++) describe(k + 1, inputs[k], dtype, ndim);
}

const ZEROS = Array.from({ length: 17 }, (_, n) => Object.freeze(new Array<number>(n).fill(0)));
const zeros = (n: number): readonly number[] => ZEROS[n];

/** Sets the family parameters p0 and p1. */
export function parameters(p0: number, p1 = 0): void {
  frameFloats[PARAMS] = p0;
  frameFloats[PARAMS + 1] = p1;
}

/** Same contiguous layout everywhere (a number counts as such): one flat loop. */
function flat(out: TensorCore, layout: Layout): boolean {
  return out.layout === layout && layout.contiguous;
}

export function copyInto(out: TensorCore, a: Input): void {
  if (typeof a === 'object' && flat(out, a.layout)) {
    frame[DIMS] = out.layout.numel;
    header(0, 1, 2);
    flatOperand(0, out.storage, out.layout.offset, out.dtypeCode, 1);
    flatOperand(1, a.storage, a.layout.offset, a.dtypeCode, 1);
  } else broadcastLoop(0, out, [a], scalarClass(out, a));
  active.copy(out.storage, storageOf(a));
}

/** Copies `a` to the box of its shape in `out` that begins `first` elements after out's first one. */
export function copyIntoBox(out: TensorCore, first: number, a: TensorCore): void {
  loop(a.layout.shape, [out.layout.strides, a.layout.strides]);
  header(0, frame[NDIM], 2);
  operand(0, out.storage, out.layout.offset + first, out.dtypeCode);
  operand(1, a.storage, a.layout.offset, a.dtypeCode);
  active.copy(out.storage, a.storage);
}

/** Copies `a` to `out`, of the same shape, with the order along `axes` reversed. */
export function reverseInto(out: TensorCore, a: TensorCore, axes: readonly number[]): void {
  const { shape, offset, numel } = a.layout, steps = [...a.layout.strides];
  if (numel === 0) return;
  let first = offset;
  for (const axis of axes) {
    first += (shape[axis] - 1) * steps[axis];
    steps[axis] = -steps[axis];
  }
  loopInOrder(out, [out.layout.strides, steps]);
  header(0, frame[NDIM], 2);
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  operand(1, a.storage, first, a.dtypeCode);
  active.copy(out.storage, a.storage);
}

/** Elements between two rows, where a row are the dims from `axis` on; -1 if those are not contiguous, or the others no single dim. */
function rowPitch({ shape, strides: steps }: Layout, axis: number): number {
  let run = 1, pitch = 0, rows = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (d >= axis) {
      if (steps[d] !== run) return -1;
      run *= shape[d];
    } else if (rows === 1) {
      pitch = steps[d];
      rows = shape[d];
    } else {
      if (steps[d] !== pitch * rows) return -1;
      rows *= shape[d];
    }
  }
  return pitch;
}

/** Operands of one join besides the output. */
const JOINED = MAX_OPERANDS - 1;

/**
 * Copies `parts` side by side along `axis` into `out`, which is contiguous and whose shape they make up; `stacking`: they lack
 * that axis, and each is one place of it.
 */
export function joinInto(out: TensorCore, axis: number, parts: readonly Tensor[], stacking = false): void {
  const { shape, strides: steps, offset, numel } = out.layout;
  if (numel === 0) return;
  let rows = 1;
  for (let d = 0; d < axis; d++) rows *= shape[d];
  const unit = steps[axis], pitch = shape[axis] * unit;
  for (let next = 0, first = offset; next < parts.length;) {
    const group: Storage[] = [];
    let columns = 0;
    for (; next < parts.length && group.length < JOINED; next++) {
      const { layout, storage, dtypeCode } = parts[next], step = rowPitch(layout, axis);
      if (step < 0) break;
      const k = group.push(storage), n = stacking ? unit : layout.shape[axis] * unit;
      operand(k, storage, layout.offset, dtypeCode);
      frame[OPERAND + k * OPERAND_SIZE + STRIDES] = step;
      frame[OPERAND + k * OPERAND_SIZE + STRIDES + 1] = 0;
      frame[INTS + k - 1] = n;
      columns += n;
    }
    if (group.length > 0) {
      operand(0, out.storage, first, out.dtypeCode);
      frame[STRIDES_0] = pitch;
      frame[STRIDES_0 + 1] = 1;
      frame[DIMS] = rows;
      frame[DIMS + 1] = columns;
      header(0, 2, group.length + 1);
      if (group.length === 2) active.join(out.storage, group[0], group[1]);
      else active.join(out.storage, ...group);
    } else {
      const part = parts[next++];
      copyIntoBox(out, first - offset, stacking ? part.unsqueeze(axis) : part);
      columns = stacking ? unit : part.layout.shape[axis] * unit;
    }
    first += columns;
  }
}

/**
 * Within the contiguous `out`: its positions along `axis` from `to` on become the runs of `count` positions that begin at
 * `sources`, one after another. No run overlaps with what is written.
 */
export function repeatWithin(out: TensorCore, axis: number, to: number, sources: readonly number[], count: number): void {
  const { shape, strides: steps, offset, numel } = out.layout;
  if (numel === 0) return;
  const unit = steps[axis], pitch = shape[axis] * unit, run = count * unit;
  for (let first = 0; first < sources.length; first += JOINED) {
    const group = sources.slice(first, first + JOINED);
    operand(0, out.storage, offset + (to + first * count) * unit, out.dtypeCode);
    pairStrides(0, pitch, 1);
    group.forEach((source, k) => {
      operand(k + 1, out.storage, offset + source * unit, out.dtypeCode);
      pairStrides(k + 1, pitch, 0);
      frame[INTS + k] = run;
    });
    frame[DIMS] = numel / pitch;
    frame[DIMS + 1] = group.length * run;
    header(0, 2, group.length + 1);
    active.join(out.storage, ...group.map(() => out.storage));
  }
}

/** Writes a number to all elements of a box of `shape` in `out` that begins `first` elements after its first one. */
export function fillBox(out: TensorCore, first: number, shape: Shape, value: Scalar): void {
  loop(shape, [out.layout.strides, zeros(shape.length)]);
  header(0, frame[NDIM], 2);
  operand(0, out.storage, out.layout.offset + first, out.dtypeCode);
  describe(1, value, scalarClass(out, value), frame[NDIM]);
  active.copy(out.storage, null);
}

/** How a number on its way to `out` is written: as an int64 where that keeps more of it. */
const scalarClass = (out: TensorCore, a: Input): DTypeCode =>
  (typeof a === 'bigint' || (out.dtypeCode === I64 && Number.isSafeInteger(a)) ? I64 : F64);

export function unaryInto(op: number, out: TensorCore, a: TensorCore): void {
  if (flat(out, a.layout)) {
    frame[DIMS] = a.layout.numel;
    header(op, 1, 2);
    flatOperand(0, out.storage, out.layout.offset, out.dtypeCode, 1);
    flatOperand(1, a.storage, a.layout.offset, a.dtypeCode, 1);
  } else broadcastLoop(op, out, [a], a.dtypeCode);
  active.unary(out.storage, a.storage);
}

export function binaryInto(op: number, out: TensorCore, a: Input, b: Input, dtype: DTypeCode): void {
  const sa = storageOf(a), sb = storageOf(b);
  const layout = out.layout;
  if (layout.contiguous && sa !== null && sb !== null && (a as TensorCore).layout === layout && (b as TensorCore).layout === layout) {
    // The commonest call, without a decision per operand.
    frame[DIMS] = layout.numel;
    header(op, 1, 3);
    flatOperand(0, out.storage, layout.offset, out.dtypeCode, 1);
    flatOperand(1, sa, layout.offset, (a as TensorCore).dtypeCode, 1);
    flatOperand(2, sb, layout.offset, (b as TensorCore).dtypeCode, 1);
  } else if (layout.contiguous && (sa === null || (a as TensorCore).layout === layout || isSingle(a as TensorCore))
    && (sb === null || (b as TensorCore).layout === layout || isSingle(b as TensorCore))) {
    frame[DIMS] = layout.numel;
    header(op, 1, 3);
    flatOperand(0, out.storage, layout.offset, out.dtypeCode, 1);
    flatInput(1, a, layout, dtype);
    flatInput(2, b, layout, dtype);
  } else broadcastLoop(op, out, [a, b], dtype);
  active.binary(out.storage, sa, sb);
}

const isSingle = (x: TensorCore): boolean => x.layout.numel === 1;

function flatInput(k: number, x: Input, layout: Layout, dtype: DTypeCode): void {
  if (typeof x === 'object') flatOperand(k, x.storage, x.layout.offset, x.dtypeCode, x.layout === layout ? 1 : 0);
  else immediate(k, typeof x === 'boolean' ? Number(x) : x, dtype, 1);
}

export function ternaryInto(op: number, out: TensorCore, a: Input, b: Input, c: Input, dtype: DTypeCode): void {
  broadcastLoop(op, out, [a, b, c], dtype);
  active.ternary(out.storage, storageOf(a), storageOf(b), storageOf(c));
}

/**
 * Reduces `dims` (sorted, distinct). `out` has the kept dims, contiguous. Kept dims keep their order; reduced dims come
 * last, in theirs.
 */
export function reduceInto(op: number, out: TensorCore, a: TensorCore, reduced: readonly number[], arg: boolean): void {
  const { shape, strides: from, offset, contiguous, numel } = a.layout;
  if (contiguous && reduced.length === shape.length) {
    frame[DIMS] = numel;
    header(op, 1, 2);
    frame[INTS] = 0;
    flatOperand(0, out.storage, out.layout.offset, out.dtypeCode, 0);
    flatOperand(1, a.storage, offset, a.dtypeCode, 1);
  } else {
    const ndim = shape.length, space: number[] = [], inStrides: number[] = [];
    let isReduced = 0;
    for (const dim of reduced) isReduced |= 1 << dim;
    for (let i = 0; i < ndim; i++) if ((isReduced >> i & 1) === 0) space.push(shape[i]), inStrides.push(from[i]);
    const kept = space.length;
    for (let i = 0; i < ndim; i++) if ((isReduced >> i & 1) === 1) space.push(shape[i]), inStrides.push(from[i]);
    const before = loop(space, [keptStrides(space, kept), inStrides], kept);
    header(op, frame[NDIM], 2);
    frame[INTS] = before;
    operand(0, out.storage, out.layout.offset, out.dtypeCode);
    operand(1, a.storage, offset, a.dtypeCode);
  }
  if (arg) active.argReduce(out.storage, a.storage);
  else active.reduce(out.storage, a.storage);
}

function keptStrides(space: Shape, kept: number): number[] {
  const result = new Array<number>(space.length);
  let stride = 1;
  for (let i = space.length - 1; i >= 0; i--) {
    result[i] = i < kept ? stride : 0;
    if (i < kept) stride *= space[i];
  }
  return result;
}

/**
 * Writes a loop whose last dim stays apart (the axis that the kernel walks). `axis` is moved there. Operand `still` does not
 * move along it: the kernel finds its size and stride there in INTS.
 */
function axisLoop(op: number, operands: readonly TensorCore[], axis: number, still = -1): void {
  const shape = operands[0].layout.shape;
  const order: number[] = [];
  for (let i = 0; i < shape.length; i++) if (i !== axis) order.push(i);
  const outer = order.map((i) => shape[i]);
  loop(outer, operands.map((t) => order.map((i) => t.layout.strides[i])));
  const ndim = frame[NDIM] + 1;
  header(op, ndim, operands.length);
  frame[DIMS + ndim - 1] = shape.length === 0 ? 1 : shape[axis];
  for (let k = 0; k < operands.length; k++) {
    const t = operands[k];
    operand(k, t.storage, t.layout.offset, t.dtypeCode);
    frame[OPERAND + k * OPERAND_SIZE + STRIDES + ndim - 1] = k === still ? 0 : shape.length === 0 ? 1 : t.layout.strides[axis];
  }
  if (still >= 0) {
    const { layout } = operands[still];
    frame[INTS] = layout.shape[axis];
    frame[INTS + 1] = layout.strides[axis];
  }
}

export function scanInto(op: number, out: TensorCore, a: TensorCore, axis: number): void {
  axisLoop(op, [out, a], axis);
  active.scan(out.storage, a.storage);
}

export function sortInto(op: SortOp, values: TensorCore, indices: TensorCore, a: TensorCore, axis: number): void {
  axisLoop(SORT_OPS.indexOf(op), [values, indices, a], axis);
  active.sort(values.storage, indices.storage, a.storage);
}

/** `values` and `indices` have the k wanted elements along the axis, `a` all of them, not expanded; `rank` is read by kth. */
export function selectInto(op: SelectOp, values: TensorCore, indices: TensorCore, a: TensorCore, axis: number, rank = 0): void {
  axisLoop(SELECT_OPS.indexOf(op), [values, indices, a], axis, 2);
  frame[INTS + 2] = rank;
  active.select(values.storage, indices.storage, a.storage);
}

export function argScanInto(op: ArgScanOp, values: TensorCore, indices: TensorCore, a: TensorCore, axis: number): void {
  axisLoop(ARG_SCAN_OPS.indexOf(op), [values, indices, a], axis);
  active.argScan(values.storage, indices.storage, a.storage);
}

/** All have the same dims but the last, along which `sequence` ascends. */
export function searchInto(op: SearchOp, out: TensorCore, sequence: TensorCore, values: TensorCore): void {
  axisLoop(SEARCH_OPS.indexOf(op), [out, sequence, values], out.layout.shape.length - 1, 1);
  active.searchSorted(out.storage, sequence.storage, values.storage);
}

/** Of logSumExp, `out` is expanded along the axis to the shape of `a`. */
export function softmaxInto(op: SoftmaxOp, out: TensorCore, a: TensorCore, axis: number): void {
  axisLoop(SOFTMAX_OPS.indexOf(op), [out, a], axis);
  // An axis of size 1 may have any stride.
  if (op === 'logSumExp') frame[OPERAND + STRIDES + frame[NDIM] - 1] = 0;
  active.softmax(out.storage, a.storage);
}

export function softmaxGradInto(op: SoftmaxGradOp, out: TensorCore, g: TensorCore, y: TensorCore, axis: number): void {
  axisLoop(SOFTMAX_GRAD_OPS.indexOf(op), [out, g, y], axis);
  active.softmaxGrad(out.storage, g.storage, y.storage);
}

/** `out` and `x` are [n...] of one shape, `c` is [K]: coefficients of the highest degree first. */
export function polyvalInto(out: TensorCore, c: TensorCore, x: TensorCore): void {
  const step = c.layout.strides[0];
  if (flat(out, x.layout)) {
    frame[DIMS] = x.layout.numel;
    frame[DIMS + 1] = c.layout.numel;
    header(0, 2, 3);
    pairStrides(0, 1, 0);
    pairStrides(1, 0, step);
    pairStrides(2, 1, 0);
  } else {
    const n = x.layout.shape.length;
    const space = [...x.layout.shape, c.layout.numel];
    loop(space, [[...out.layout.strides, 0], [...zeros(n), step], [...x.layout.strides, 0]], n);
    ensureAxis(space, 3, [0, step, 0]);
    header(0, frame[NDIM], 3);
  }
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  operand(1, c.storage, c.layout.offset, c.dtypeCode);
  operand(2, x.storage, x.layout.offset, x.dtypeCode);
  active.polyval(out.storage, c.storage, x.storage);
}

/** Operand k's strides over a space of two dims. */
function pairStrides(k: number, outer: number, inner: number): void {
  const at = OPERAND + k * OPERAND_SIZE + STRIDES;
  frame[at] = outer;
  frame[at + 1] = inner;
}

/** `loop` drops a last dim of size 1, which these families need to see. */
function ensureAxis(space: Shape, count: number, last: readonly number[]): void {
  if (space[space.length - 1] !== 1) return;
  const ndim = frame[NDIM];
  frame[DIMS + ndim] = 1;
  for (let k = 0; k < count; k++) frame[OPERAND + k * OPERAND_SIZE + STRIDES + ndim] = last[k];
  frame[NDIM] = ndim + 1;
}

/** `out` is [K]; `g` and `x` are contiguous, of one element count. */
export function momentsInto(out: TensorCore, g: TensorCore, x: TensorCore): void {
  header(0, 2, 3);
  frame[DIMS] = x.layout.numel;
  frame[DIMS + 1] = out.layout.numel;
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  pairStrides(0, 0, 1);
  operand(1, g.storage, g.layout.offset, g.dtypeCode);
  pairStrides(1, 1, 0);
  operand(2, x.storage, x.layout.offset, x.dtypeCode);
  pairStrides(2, 1, 0);
  active.moments(out.storage, g.storage, x.storage);
}

export interface MatmulOptions {
  readonly bias?: TensorCore | null;
  readonly activation?: Activation;
  /** Adds to what `out` holds. */
  readonly accumulate?: boolean;
}

/** Batched matrix product: a [..., M, K], b [..., K, N], out [..., M, N], batch dims broadcast to out's. */
export function matmulInto(out: TensorCore, a: TensorCore, b: TensorCore, options: MatmulOptions = {}): void {
  const o = out.layout, la = a.layout, lb = b.layout;
  const nd = o.shape.length;
  const rows = nd - 2, cols = nd - 1;
  const k = la.shape[la.shape.length - 1];
  const ndim = nd + 1;
  header(0, ndim, 4);
  dims(o.shape);
  frame[DIMS + nd] = k;
  frame[INTS] = options.activation === undefined ? 0 : ACTIVATIONS.indexOf(options.activation);
  frame[INTS + 1] = options.accumulate ? 1 : 0;
  const la1 = la.strides.length - 1, lb1 = lb.strides.length - 1;
  operand(0, out.storage, o.offset, out.dtypeCode);
  strides(0, o.strides);
  frame[STRIDES_0 + nd] = 0;
  operand(1, a.storage, la.offset, a.dtypeCode);
  batchStrides(STRIDES_1, la, rows);
  frame[STRIDES_1 + rows] = la.strides[la1 - 1];
  frame[STRIDES_1 + cols] = 0;
  frame[STRIDES_1 + nd] = la.strides[la1];
  operand(2, b.storage, lb.offset, b.dtypeCode);
  batchStrides(STRIDES_2, lb, rows);
  frame[STRIDES_2 + rows] = 0;
  frame[STRIDES_2 + cols] = lb.strides[lb1];
  frame[STRIDES_2 + nd] = lb.strides[lb1 - 1];
  const bias = options.bias ?? null;
  if (bias === null) absent(3);
  else {
    operand(3, bias.storage, bias.layout.offset, bias.dtypeCode);
    strides(3, broadcastStrides(bias.layout, o.shape));
    frame[STRIDES_3 + nd] = 0;
  }
  active.matmul(out.storage, a.storage, b.storage, bias === null ? null : bias.storage);
}

/** Writes the strides of the batch dims (all but the last two), of which the output has `count`. */
function batchStrides(at: number, layout: Layout, count: number): void {
  const { shape, strides: from } = layout, skip = count - (shape.length - 2);
  for (let i = 0; i < count; i++) frame[at + i] = i < skip || shape[i - skip] === 1 ? 0 : from[i - skip];
}

/**
 * out[i] = src[i with i[axis] replaced by index[i]]; all seen over out's shape by the strides given. `index` strides and
 * `src` strides (0 along the axis) are over out's dims.
 */
export function gatherInto(out: TensorCore, src: TensorCore, srcStrides: readonly number[], index: TensorCore, indexStrides: readonly number[],
  axisSize: number, axisStride: number, wrap: boolean): void {
  loop(out.layout.shape, [out.layout.strides, srcStrides, indexStrides]);
  header(0, frame[NDIM], 3);
  frame[INTS] = axisSize;
  frame[INTS + 1] = axisStride;
  frame[INTS + 2] = wrap ? 1 : 0;
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  operand(1, src.storage, src.layout.offset, src.dtypeCode);
  operand(2, index.storage, index.layout.offset, index.dtypeCode);
  active.gather(out.storage, src.storage, index.storage);
}

/** The reverse: out[i with i[axis] replaced by index[i]] op= src[i], over `shape`. */
export function scatterInto(op: ScatterOp, out: TensorCore, outStrides: readonly number[], src: Input, srcStrides: readonly number[],
  index: TensorCore, indexStrides: readonly number[], shape: Shape, axisSize: number, axisStride: number, wrap: boolean): void {
  loop(shape, [outStrides, srcStrides, indexStrides]);
  const ndim = frame[NDIM];
  header(SCATTER_OPS.indexOf(op), ndim, 3);
  frame[INTS] = axisSize;
  frame[INTS + 1] = axisStride;
  frame[INTS + 2] = wrap ? 1 : 0;
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  describe(1, src, out.dtypeCode, ndim);
  operand(2, index.storage, index.layout.offset, index.dtypeCode);
  active.scatter(out.storage, storageOf(src), index.storage);
}

/** Row-major positions of the non-zero elements: writes at most `capacity` rows, returns how many there are. */
export function nonzeroInto(out: TensorCore, count: TensorCore, a: TensorCore, capacity: number): void {
  const nd = a.layout.shape.length;
  header(0, nd, 3);
  dims(a.layout.shape);
  frame[INTS] = capacity;
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  strides(0, zeros(nd));
  operand(1, count.storage, count.layout.offset, count.dtypeCode);
  strides(1, zeros(nd));
  operand(2, a.storage, a.layout.offset, a.dtypeCode);
  strides(2, a.layout.strides);
  active.nonzero(out.storage, count.storage, a.storage);
}

/** The classes, dim 1 of [N, C, d...], after the rows. */
const classesLast = ([first, classes, ...rest]: readonly number[]): number[] => [first, ...rest, classes];

/** logits and p [N, C, d...], target and loss [N, d...]. */
export function crossEntropyInto(loss: TensorCore, p: TensorCore, logits: TensorCore, target: TensorCore, ignore: number): void {
  header(0, logits.layout.shape.length, 4);
  dims(classesLast(logits.layout.shape));
  frame[INTS] = ignore;
  operand(0, loss.storage, loss.layout.offset, loss.dtypeCode);
  strides(0, [...loss.layout.strides, 0]);
  operand(1, p.storage, p.layout.offset, p.dtypeCode);
  strides(1, classesLast(p.layout.strides));
  operand(2, logits.storage, logits.layout.offset, logits.dtypeCode);
  strides(2, classesLast(logits.layout.strides));
  operand(3, target.storage, target.layout.offset, target.dtypeCode);
  strides(3, [...target.layout.strides, 0]);
  active.crossEntropy(loss.storage, p.storage, logits.storage, target.storage);
}

/** out and p [N, C, d...], target and `g` [N, d...], views that repeat one element included. */
export function crossEntropyGradInto(out: TensorCore, p: TensorCore, target: TensorCore, g: TensorCore, scale: number, ignore: number): void {
  header(0, p.layout.shape.length, 4);
  dims(classesLast(p.layout.shape));
  frame[INTS] = ignore;
  parameters(scale);
  operand(0, out.storage, out.layout.offset, out.dtypeCode);
  strides(0, classesLast(out.layout.strides));
  operand(1, p.storage, p.layout.offset, p.dtypeCode);
  strides(1, classesLast(p.layout.strides));
  operand(2, target.storage, target.layout.offset, target.dtypeCode);
  strides(2, [...target.layout.strides, 0]);
  operand(3, g.storage, g.layout.offset, g.dtypeCode);
  strides(3, [...g.layout.strides, 0]);
  active.crossEntropyGrad(out.storage, p.storage, target.storage, g.storage);
}

/** Fills a contiguous tensor from a generator's state. `ints`: low and range as pairs of 32-bit words (randint). */
export function randomInto(kind: RandomOp, out: TensorCore, state: TensorCore, p0: number, p1: number, ints: readonly number[] = NO_STRIDES): void {
  header(RANDOM_OPS.indexOf(kind), 1, 2);
  frame[DIMS] = out.layout.numel;
  parameters(p0, p1);
  for (let i = 0; i < 5; i++) frame[INTS + i] = ints[i] ?? 0;
  flatOperand(0, out.storage, out.layout.offset, out.dtypeCode, 1);
  flatOperand(1, state.storage, state.layout.offset, state.dtypeCode, 0);
  active.random(out.storage, state.storage);
}

/**
 * One fused optimizer update, in place. Operands in the order of the Backend contract; null where a state is not used.
 * All vectors are contiguous and of one length; `hyper` (last) is a float64 vector, `step` and what else stands before it
 * as the op says (OPTIM_SCALARS) float32 scalars.
 */
export function optimStep(op: OptimOp, operands: readonly (TensorCore | null)[]): void {
  const param = operands[0] as TensorCore, vectors = operands.length - 1 - OPTIM_SCALARS[op];
  header(OPTIM_OPS.indexOf(op), 1, operands.length);
  frame[DIMS] = param.layout.numel;
  for (let k = 0; k < operands.length; k++) {
    const t = operands[k];
    if (t === null) absent(k);
    else flatOperand(k, t.storage, t.layout.offset, t.dtypeCode, k >= vectors ? 0 : 1);
  }
  active.optimStep(operands.map((t) => (t === null ? null : t.storage)));
  for (let k = 0; k < operands.length - 1; k++) {
    const t = operands[k];
    if (t !== null && k !== 1) t.storage.version++;
  }
}

export const scalarLike = (like: TensorCore, dtype: DTypeCode): Tensor => emptyLike(like, SCALAR_LAYOUT, dtype);
