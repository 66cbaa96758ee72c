/** scan: running sums, products and sums of exponentials along the last dim. */
import type { TypedArray } from '../../core/dtype.ts';
import { NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { SCAN_OPS } from '../../ops/families.ts';
import * as f32 from './generated/scan-rows-f32.ts';
import * as f64 from './generated/scan-rows-f64.ts';
import * as i32 from './generated/scan-rows-i32.ts';
import type { CastKernel } from './kernel-types.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';

type Row = CastKernel<TypedArray, TypedArray>;
const SUMS = [f32.cumsumRow, f64.cumsumRow, bigSumRow, i32.cumsumRow] as unknown as readonly Row[];
const PRODUCTS = [f32.cumprodRow, f64.cumprodRow, bigProductRow, i32.cumprodRow] as unknown as readonly Row[];

function bigSumRow(O: BigInt64Array, A: BigInt64Array, oi: number, ai: number, n: number, os: number, as: number): void {
  let acc = 0n;
  for (let i = 0; i < n; i++) O[oi + i * os] = acc = BigInt.asIntN(64, acc + A[ai + i * as]);
}

function bigProductRow(O: BigInt64Array, A: BigInt64Array, oi: number, ai: number, n: number, os: number, as: number): void {
  let acc = 1n;
  for (let i = 0; i < n; i++) O[oi + i * os] = acc = BigInt.asIntN(64, acc * A[ai + i * as]);
}

/** The logarithm of the sum of the exponentials of every prefix: the running maximum plus the logarithm of a sum of fractions of it. */
function logSumExpRow(O: Float64Array, A: Float64Array, oi: number, ai: number, n: number, os: number, as: number): void {
  let peak = -Infinity, sum = 0;
  for (let i = 0; i < n; i++) {
    const x = A[ai + i * as];
    if (peak === -Infinity && x === -Infinity) {
      O[oi + i * os] = sum === 0 ? x : NaN;
      continue;
    }
    if (x > peak) {
      sum = sum * Math.exp(peak - x) + 1;
      peak = x;
    } else sum += peak === Infinity && x === x ? 0 : Math.exp(x - peak);
    O[oi + i * os] = peak + Math.log(sum);
  }
}

const EXPONENTIALS = [logSumExpRow, logSumExpRow] as unknown as readonly Row[];
/** By op and dtype. */
const ROWS: readonly (readonly Row[])[] = [SUMS, PRODUCTS, EXPONENTIALS];

export function scan(out: Storage, a: Storage): void {
  const code = dtype(1), ndim = frame[NDIM], rows = ROWS[frame[OP]];
  if (rows[code] === undefined) throw unsupported(SCAN_OPS[frame[OP]], code);
  if (volume(0, ndim) === 0) return;
  const n = ndim > 0 ? dim(ndim - 1) : 1, os = ndim > 0 ? stride(0, ndim - 1) : 0, as = ndim > 0 ? stride(1, ndim - 1) : 0;
  const row = rows[code], y = out.slab.view(code), x = a.slab.view(code);
  start(2);
  do row(y, x, cursor[0], cursor[1], n, os, as); while (advance(0, ndim - 1, 2));
}
