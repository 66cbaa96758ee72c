/** Kernel calls over images of up to three spatial dims: convolution and pooling, whose operands are contiguous, and weighted taps. */
import { DIMS, INTS, frame } from '../core/frame.ts';
import { absent, dims, header, operand, strides } from '../core/plan.ts';
import { CONV_OPS, POOL_OPS, TAPS_OPS, type ConvOp, type PoolOp, type TapsOp } from '../ops/families.ts';
import { active } from '../backend/select.ts';
import type { TensorCore } from './core.ts';
import { isOneWindow, oneWindowInto } from './one-window.ts';

/** Three numbers, for depth, height and width. */
export type Triple = readonly [number, number, number];

export interface ConvGeometry {
  readonly batch: number;
  readonly groups: number;
  /** Channels per group of the input and of the output. */
  readonly inputs: number;
  readonly outputs: number;
  readonly inSize: Triple;
  readonly outSize: Triple;
  readonly kernel: Triple;
  readonly stride: Triple;
  /** Zeros before the input; those after it follow from the output's size. */
  readonly padding: Triple;
  readonly dilation: Triple;
}

export interface PoolGeometry {
  readonly inSize: Triple;
  readonly outSize: Triple;
  readonly kernel: Triple;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
  /** Windows that divide the input as evenly as they can, instead of the four triples above. */
  readonly adaptive: boolean;
  readonly countIncludePad: boolean;
  /** 0: averages divide by the size of the window. */
  readonly divisor: number;
}

function triple(at: number, values: Triple): void {
  frame[at] = values[0];
  frame[at + 1] = values[1];
  frame[at + 2] = values[2];
}

function describe(k: number, x: TensorCore | null): void {
  if (x === null) absent(k);
  else operand(k, x.storage, x.layout.offset, x.dtypeCode);
}

/** Where x, y and w stand among the operands of `taps`. */
const TAPS_PLACES: Readonly<Record<TapsOp, { readonly x: number; readonly y: number; readonly w: number }>> = {
  read: { x: 1, y: 0, w: 2 }, spread: { x: 0, y: 1, w: 2 }, weigh: { x: 2, y: 1, w: 0 },
};

const storageOf = (x: TensorCore | null): TensorCore['storage'] | null => (x === null ? null : x.storage);

/** See `conv` in the backend's contract for what out, a, b and bias are. */
export function convInto(op: ConvOp, g: ConvGeometry, out: TensorCore, a: TensorCore, b: TensorCore, bias: TensorCore | null = null): void {
  if (isOneWindow(g)) return oneWindowInto(op, g, out, a, b, bias);
  header(CONV_OPS.indexOf(op), 10, 4);
  frame[DIMS] = g.batch;
  frame[DIMS + 1] = g.groups;
  frame[DIMS + 2] = g.outputs;
  frame[DIMS + 3] = g.inputs;
  triple(DIMS + 4, g.outSize);
  triple(DIMS + 7, g.kernel);
  triple(INTS, g.inSize);
  triple(INTS + 3, g.stride);
  triple(INTS + 6, g.padding);
  triple(INTS + 9, g.dilation);
  describe(0, out);
  describe(1, a);
  describe(2, b);
  describe(3, bias);
  active.conv(out.storage, a.storage, b.storage, storageOf(bias));
}

/** `planes` images; `index` (int64) is given for 'max' alone. */
export function poolInto(op: PoolOp, g: PoolGeometry, planes: number, out: TensorCore, a: TensorCore, index: TensorCore | null = null): void {
  header(POOL_OPS.indexOf(op), 7, 3);
  frame[DIMS] = planes;
  triple(DIMS + 1, g.outSize);
  triple(DIMS + 4, g.kernel);
  triple(INTS, g.inSize);
  triple(INTS + 3, g.stride);
  triple(INTS + 6, g.padding);
  triple(INTS + 9, g.dilation);
  frame[INTS + 12] = g.adaptive ? 1 : 0;
  frame[INTS + 13] = g.countIncludePad ? 1 : 0;
  frame[INTS + 14] = g.divisor;
  describe(0, out);
  describe(1, a);
  describe(2, index);
  active.pool(out.storage, a.storage, storageOf(index));
}

/** The three tensors of weighted taps, one of which is written: `x` `[N, S, J]`, `y` `[N, P, J]`, `w` and `index` (int32) `[N, P, K]`, or one of them for all N. */
export function tapsInto(op: TapsOp, x: TensorCore, y: TensorCore, w: TensorCore | null, index: TensorCore): void {
  const [samples, positions, inner] = y.layout.shape, taps = index.layout.shape[2];
  const step = (t: TensorCore, dim: number): number => (t.layout.shape[dim] === 1 ? 0 : t.layout.strides[dim]);
  const along = (t: TensorCore): number[] => [step(t, 0), t.layout.strides[1], 0, t.layout.strides[2]];
  const sides = { x: [step(x, 0), 0, x.layout.strides[2], 0], y: [step(y, 0), y.layout.strides[1], y.layout.strides[2], 0] };
  header(TAPS_OPS.indexOf(op), 4, 4);
  dims([samples, positions, inner, taps]);
  frame[INTS] = x.layout.shape[1];
  frame[INTS + 1] = x.layout.strides[1];
  const describeTaps = (k: number, t: TensorCore | null, values: readonly number[]): void => {
    describe(k, t);
    strides(k, values);
  };
  describeTaps(TAPS_PLACES[op].x, x, sides.x);
  describeTaps(TAPS_PLACES[op].y, y, sides.y);
  describeTaps(TAPS_PLACES[op].w, w, w === null ? [] : along(w));
  describeTaps(3, index, along(index));
  if (op === 'read') active.taps(y.storage, x.storage, storageOf(w), index.storage);
  else if (op === 'spread') active.taps(x.storage, y.storage, storageOf(w), index.storage);
  else active.taps((w as TensorCore).storage, y.storage, x.storage, index.storage);
}
