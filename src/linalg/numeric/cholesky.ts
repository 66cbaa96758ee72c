/** Cholesky's factor, row by row: every inner loop is an inner product of adjacent elements (Golub and Van Loan, 4.2). */
import { dot } from './product.ts';

/**
 * The lower factor of the symmetric matrix in the lower triangle, in place; the upper triangle becomes zero. Returns 0, or the
 * order of the first leading minor that is not positive definite.
 */
export function factorCholesky(a: Float64Array, a0: number, n: number): number {
  let info = 0;
  for (let i = 0; i < n && info === 0; i++) {
    const row = a0 + i * n;
    for (let j = 0; j < i; j++) {
      const other = a0 + j * n;
      a[row + j] = (a[row + j] - dot(a, row, a, other, j)) / a[other + j];
    }
    const pivot = a[row + i] - dot(a, row, a, row, i);
    if (!(pivot > 0)) info = i + 1;
    else a[row + i] = Math.sqrt(pivot);
  }
  for (let i = 0; i < n; i++) a.fill(0, a0 + i * n + i + 1, a0 + (i + 1) * n);
  return info;
}
