/** Cholesky's factor, a block of rows at a time (Golub and Van Loan, 4.2). */
import { block } from '../../../core/block.ts';
import { subtractProduct } from './product.ts';

const BLOCK = 32;

/**
 * U with A = U^T U, of the symmetric matrix in the upper triangle, in place; the lower triangle becomes zero. Returns 0, or the
 * order of the first leading minor that is not positive definite.
 */
export function factorCholesky(a: Float64Array, n: number): number {
  let info = 0;
  for (let start = 0; start < n && info === 0; start += BLOCK) {
    const end = Math.min(start + BLOCK, n);
    // What the rows before say of these.
    subtractProduct(block(a, start * n + start, n), block(a, start, 1, n), block(a, start, n), end - start, n - start, start);
    for (let i = start; i < end && info === 0; i++) {
      const pivot = a[i * n + i];
      if (!(pivot > 0)) {
        info = i + 1;
        break;
      }
      const root = a[i * n + i] = Math.sqrt(pivot);
      for (let j = i + 1; j < n; j++) a[i * n + j] /= root;
      for (let k = i + 1; k < end; k++) {
        const factor = a[i * n + k];
        for (let j = k; j < n; j++) a[k * n + j] -= factor * a[i * n + j];
      }
    }
  }
  for (let i = 1; i < n; i++) a.fill(0, i * n, i * n + i);
  return info;
}
