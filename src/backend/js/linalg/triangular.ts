/** triangular: systems of which one triangle is read. Computed in float64 and rounded once. */
import { F32, F64 } from '../../../core/dtype.ts';
import { INTS, NDIM, OP, frame } from '../../../core/frame.ts';
import type { Storage } from '../../../core/storage.ts';
import { TRIANGULAR_OPS } from '../../../ops/families.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from '../space.ts';
import { solveTriangle } from './lu.ts';

export function triangular(x: Storage, t: Storage): void {
  const code = dtype(0), ndim = frame[NDIM], row = ndim - 3;
  if (code !== F32 && code !== F64) throw unsupported('triangular', code);
  if (volume(0, ndim) === 0) return;
  const X = x.slab.view(code) as Float64Array, T = t.slab.view(code) as Float64Array;
  const n = dim(row), r = dim(ndim - 1), xr = stride(0, row), tr = stride(1, row), tc = stride(1, row + 1);
  const upper = TRIANGULAR_OPS[frame[OP]] === 'upper', unit = frame[INTS] === 1;
  const matrix = new Float64Array(n * n), values = new Float64Array(n * r);
  start(2);
  do {
    for (let i = 0; i < n; i++) {
      for (let j = upper ? i : 0; j < (upper ? n : i + 1); j++) matrix[i * n + j] = T[cursor[1] + i * tr + j * tc];
      for (let j = 0; j < r; j++) values[i * r + j] = X[cursor[0] + i * xr + j];
    }
    solveTriangle(matrix, n, values, r, upper, unit);
    for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) X[cursor[0] + i * xr + j] = values[i * r + j];
  } while (advance(0, row, 2));
}
