/** factor: factorisations of the matrices of a batch in place. Computed in float64 and rounded once. */
import { F32, F64, I32 } from '../../../core/dtype.ts';
import { INTS, OP, frame } from '../../../core/frame.ts';
import type { Storage } from '../../../core/storage.ts';
import { FACTOR_OPS } from '../../../ops/families.ts';
import { dim, dtype, offset, unsupported } from '../space.ts';
import { factorCholesky } from './cholesky.ts';
import { factorLU, solveLU } from './lu.ts';

export function factor(a: Storage, second: Storage | null, info: Storage, x: Storage | null): void {
  const code = dtype(0), op = FACTOR_OPS[frame[OP]];
  if (code !== F32 && code !== F64) throw unsupported('factor', code);
  const count = dim(0), m = dim(1), n = dim(2), r = dim(3), k = Math.min(m, n), pivoting = frame[INTS] === 1;
  const A = a.slab.view(code) as Float64Array, I = info.slab.view(I32) as Int32Array;
  const P = second === null ? null : second.slab.view(I32) as Int32Array, X = x === null ? null : x.slab.view(code) as Float64Array;
  const values = new Float64Array(m * n), right = new Float64Array(n * r), pivots = new Int32Array(k);
  for (let b = 0; b < count; b++) {
    const from = offset(0) + b * m * n, to = offset(3) + b * n * r;
    for (let i = 0; i < m * n; i++) values[i] = A[from + i];
    I[offset(2) + b] = op === 'cholesky' ? factorCholesky(values, n) : factorLU(values, m, n, pivots, pivoting);
    if (P !== null) P.set(pivots, offset(1) + b * k);
    if (X !== null) {
      if (op === 'solve') for (let i = 0; i < n * r; i++) right[i] = X[to + i];
      else for (let i = 0; i < n * r; i++) right[i] = i % (n + 1) === 0 ? 1 : 0;
      solveLU(values, n, pivots, right, r);
      X.set(right, to);
    }
    A.set(values, from);
  }
}
