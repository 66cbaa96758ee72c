/** polyval and moments: dims end in the coefficients. */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import * as f32 from './generated/polynomial-f32.ts';
import * as f64 from './generated/polynomial-f64.ts';
import { advance, cursor, dim, dtype, offset, start, stride, unsupported, volume } from './space.ts';

type Polyval = (
  O: TypedArray, C: TypedArray, X: TypedArray, oi: number, ci: number, xi: number, n: number, os: number, cs: number, xs: number,
  terms: number, ck: number,
) => void;
type Moments = (
  acc: Float64Array, G: TypedArray, X: TypedArray, gi: number, xi: number, n: number, gs: number, xs: number, powers: number,
) => void;
const POLYVAL = [f32.polyvalRow, f64.polyvalRow] as unknown as readonly Polyval[];
const MOMENTS = [f32.momentsRow, f64.momentsRow] as unknown as readonly Moments[];

export function polyval(out: Storage, c: Storage, x: Storage): void {
  const code = dtype(2), ndim = frame[NDIM], last = ndim - 1;
  if (code !== F32 && code !== F64) throw unsupported('polyval', code);
  if (volume(0, last) === 0) return;
  const y = out.slab.view(code), coefficients = c.slab.view(code), points = x.slab.view(code), row = POLYVAL[code];
  const n = last > 0 ? dim(last - 1) : 1;
  const os = last > 0 ? stride(0, last - 1) : 0, cs = last > 0 ? stride(1, last - 1) : 0, xs = last > 0 ? stride(2, last - 1) : 0;
  start(3);
  do row(y, coefficients, points, cursor[0], cursor[1], cursor[2], n, os, cs, xs, dim(last), stride(1, last));
  while (advance(0, last - 1, 3));
}

let sums = new Float64Array(64);

export function moments(out: Storage, g: Storage, x: Storage): void {
  const code = dtype(2), ndim = frame[NDIM], last = ndim - 1, powers = dim(last);
  if (code !== F32 && code !== F64) throw unsupported('moments', code);
  if (sums.length < powers) sums = new Float64Array(powers);
  sums.fill(0, 0, powers);
  const row = MOMENTS[code], gradient = g.slab.view(code), points = x.slab.view(code);
  const n = last > 0 ? dim(last - 1) : 1, gs = last > 0 ? stride(1, last - 1) : 0, xs = last > 0 ? stride(2, last - 1) : 0;
  if (volume(0, last) > 0) {
    start(3);
    do row(sums, gradient, points, cursor[1], cursor[2], n, gs, xs, powers); while (advance(0, last - 1, 3));
  }
  const y = out.slab.view(code), step = stride(0, last);
  for (let k = 0, at = offset(0); k < powers; k++, at += step) y[at] = sums[powers - 1 - k];
}
