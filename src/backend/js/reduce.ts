/** reduce and argReduce. Dims are [kept..., reduced...]. */
import { BOOL, F32, F64, I32, I64, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { INTS, NDIM, OP, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { ARG_REDUCE_OPS, REDUCE_OPS, type ReduceOp } from '../../ops/families.ts';
import * as bool from './generated/reduce-rows-bool.ts';
import * as f32 from './generated/reduce-rows-f32.ts';
import * as f64 from './generated/reduce-rows-f64.ts';
import * as i32 from './generated/reduce-rows-i32.ts';
import { argReduceBig, reduceBig } from './reduce-big.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';
import { sum } from './sum.ts';

const SUM = 0, PROD = 1, MAX = 2, MIN = 3, SQUARES = 4, ABS = 5, COUNT = 6, DEVIATIONS = 7;
/** The mean, and the sum of floats, are in sum.ts. */
type FoldOp = Exclude<ReduceOp, 'mean'>;
const FOLD: Readonly<Record<FoldOp, number>> = {
  sum: SUM, prod: PROD, amax: MAX, amin: MIN, any: COUNT, all: COUNT, sumSquares: SQUARES, sumAbs: ABS,
  countNonzero: COUNT, var: DEVIATIONS, std: DEVIATIONS,
};
const INITIAL: readonly number[] = [0, 1, -Infinity, Infinity, 0, 0, 0, 0];
const FLOAT_ONLY: readonly ReduceOp[] = ['mean', 'sumSquares', 'sumAbs', 'var', 'std'];
/** Sums of fewer int32 elements than this stay exact in float64. */
const EXACT_COUNT = 2 ** 22;

type Row = (A: TypedArray, i: number, n: number, s: number, acc: number, p: number) => number;
type Columns = (acc: Float64Array, A: TypedArray, i: number, n: number, s: number, m: number, t: number, p: Float64Array) => void;
type Arg = (A: TypedArray, i: number, n: number, s: number, sign: number) => number;
// By dtype code; int64 has its own functions.
const ROWS = [f32.rows, f64.rows, null, i32.rows, bool.rows] as unknown as readonly (readonly Row[])[];
const COLUMNS = [f32.columns, f64.columns, null, i32.columns, bool.columns] as unknown as readonly (readonly Columns[])[];
const ARGS = [f32.argRow, f64.argRow, null, i32.argRow, bool.argRow] as unknown as readonly Arg[];

let accumulators = new Float64Array(1024);
let means = new Float64Array(1024);

export function reduce(out: Storage, a: Storage): void {
  const op = REDUCE_OPS[frame[OP]], code = dtype(1), ndim = frame[NDIM], kept = frame[INTS];
  const float = code === F32 || code === F64;
  if (code > BOOL || (!float && FLOAT_ONLY.includes(op))) throw unsupported(op, code);
  const count = volume(kept, ndim);
  if (volume(0, kept) === 0) return;
  if (op === 'mean') return sum(out, a, count);
  if (float && op === 'sum') return sum(out, a, 1);
  if (code === I64 || (!float && (op === 'prod' || (op === 'sum' && count >= EXACT_COUNT)))) return reduceBig(op, out, a);
  const result = resultWriter(out, dtype(0));
  if (count === 0) {
    start(2);
    const empty = finish(op, INITIAL[FOLD[op]], 0);
    do result(cursor[0], empty); while (advance(0, kept, 2));
    return;
  }
  const source = a.slab.view(code);
  const byColumns = kept > 0 && kept < ndim && dim(kept - 1) > 1 && stride(1, kept - 1) < stride(1, ndim - 1);
  if (byColumns) reduceColumns(op, source, code, kept, count, result);
  else reduceRows(op, source, code, kept, count, result);
}

type Result = (at: number, value: number) => void;

function resultWriter(out: Storage, code: DTypeCode): Result {
  if (code === I64) {
    const words = out.slab.view(I32);
    return (at, value) => {
      words[2 * at] = value;
      words[2 * at + 1] = Math.floor(value / 4294967296);
    };
  }
  const y = out.slab.view(code);
  return (at, value) => {
    y[at] = value;
  };
}

/** From a fold to the op's value. */
function finish(op: FoldOp, value: number, count: number): number {
  switch (op) {
    case 'any': return value > 0 ? 1 : 0;
    case 'all': return value === count ? 1 : 0;
    case 'var': return variance(value, count);
    case 'std': return Math.sqrt(variance(value, count));
    default: return value;
  }
}

function variance(squares: number, count: number): number {
  const degrees = Math.max(count - frameFloats[PARAMS], 0);
  return count === 0 ? NaN : squares / degrees;
}

/** One result at a time: for elements that lie together along the reduced dims. */
function reduceRows(op: FoldOp, source: TypedArray, code: DTypeCode, kept: number, count: number, result: Result): void {
  const fold = FOLD[op], ndim = frame[NDIM];
  const inner = Math.max(ndim - 1, kept);
  const n = ndim > kept ? dim(ndim - 1) : 1, s = ndim > kept ? stride(1, ndim - 1) : 0;
  const row = ROWS[code][fold], sumRow = ROWS[code][SUM];
  start(2);
  do {
    let mean = 0;
    if (fold === DEVIATIONS) {
      do mean = sumRow(source, cursor[1], n, s, mean, 0); while (advance(kept, inner, 2));
      mean /= count;
    }
    let acc = INITIAL[fold];
    do acc = row(source, cursor[1], n, s, acc, mean); while (advance(kept, inner, 2));
    result(cursor[0], finish(op, acc, count));
  } while (advance(0, kept, 2));
}

/** A row of results at a time: for elements that lie together along the last kept dim. */
function reduceColumns(op: FoldOp, source: TypedArray, code: DTypeCode, kept: number, count: number, result: Result): void {
  const fold = FOLD[op], ndim = frame[NDIM];
  const n = dim(kept - 1), s = stride(1, kept - 1), m = dim(ndim - 1), t = stride(1, ndim - 1), step = stride(0, kept - 1);
  if (accumulators.length < n) {
    accumulators = new Float64Array(n);
    means = new Float64Array(n);
  }
  const fold2 = COLUMNS[code][fold], sumColumns = COLUMNS[code][SUM];
  start(2);
  do {
    if (fold === DEVIATIONS) {
      means.fill(0, 0, n);
      do sumColumns(means, source, cursor[1], n, s, m, t, means); while (advance(kept, ndim - 1, 2));
      for (let j = 0; j < n; j++) means[j] /= count;
    }
    accumulators.fill(INITIAL[fold], 0, n);
    do fold2(accumulators, source, cursor[1], n, s, m, t, means); while (advance(kept, ndim - 1, 2));
    for (let j = 0, at = cursor[0]; j < n; j++, at += step) result(at, finish(op, accumulators[j], count));
  } while (advance(0, kept - 1, 2));
}

export function argReduce(out: Storage, a: Storage): void {
  const code = dtype(1), ndim = frame[NDIM], kept = frame[INTS];
  if (code > BOOL) throw unsupported(ARG_REDUCE_OPS[frame[OP]], code);
  if (volume(0, kept) === 0) return;
  const sign = frame[OP] === 0 ? 1 : -1;
  if (code === I64) return argReduceBig(sign, out, a);
  const source = a.slab.view(code), words = out.slab.view(I32) as Int32Array, arg = ARGS[code];
  const inner = Math.max(ndim - 1, kept);
  const n = ndim > kept ? dim(ndim - 1) : 1, s = ndim > kept ? stride(1, ndim - 1) : 0;
  start(2);
  do {
    let best = 0, at = -1, first = 0;
    do {
      const candidate = arg(source, cursor[1], n, s, sign);
      const x = source[cursor[1] + candidate * s] as number;
      if (at < 0 || (best === best && (x !== x || (sign > 0 ? x > best : x < best)))) {
        best = x;
        at = first + candidate;
      }
      first += n;
    } while (advance(kept, inner, 2));
    words[2 * cursor[0]] = at;
    words[2 * cursor[0] + 1] = 0;
  } while (advance(0, kept, 2));
}
