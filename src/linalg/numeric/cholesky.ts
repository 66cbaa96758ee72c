/** Cholesky's factor, a block of columns at a time (Golub and Van Loan, 4.2). */
import { addProduct, block } from '../workspace.ts';
import { dot } from './product.ts';

const BLOCK = 32;

/**
 * The lower factor of the symmetric matrix in the lower triangle, in place; the upper triangle becomes zero. Returns 0, or the
 * order of the first leading minor that is not positive definite.
 */
export function factorCholesky(a: Float64Array, a0: number, n: number): number {
  let info = 0;
  for (let start = 0; start < n && info === 0; start += BLOCK) {
    const end = Math.min(start + BLOCK, n);
    // What the columns before say of these: L L^T of the rows from here on.
    addProduct(-1, block(a, a0 + start * n + start, n), block(a, a0 + start * n, n), block(a, a0 + start * n, 1, n), n - start, end - start, start);
    for (let i = start; i < n && info === 0; i++) {
      const row = a0 + i * n + start;
      for (let j = start; j < Math.min(i, end); j++) {
        const other = a0 + j * n + start;
        a[a0 + i * n + j] = (a[a0 + i * n + j] - dot(a, row, a, other, j - start)) / a[a0 + j * n + j];
      }
      if (i >= end) continue;
      const pivot = a[a0 + i * n + i] - dot(a, row, a, row, i - start);
      if (!(pivot > 0)) info = i + 1;
      else a[a0 + i * n + i] = Math.sqrt(pivot);
    }
  }
  for (let i = 0; i < n; i++) a.fill(0, a0 + i * n + i + 1, a0 + (i + 1) * n);
  return info;
}
