/** LU with partial pivoting, blocked and right-looking (Golub and Van Loan, Matrix Computations, 3.2 and 3.4), and triangular systems. */
import { block } from '../../../core/block.ts';
import { subtractProduct } from './product.ts';

/** Columns that are eliminated before the rest of the matrix is updated by one product. */
const BLOCK = 32;

/**
 * Factors an [m, n] matrix in place: L below the diagonal (unit diagonal), U on and above it. `pivots` receives, 1-based,
 * the row with which each row was exchanged. Returns the 1-based position of the first zero on U's diagonal, or 0.
 */
export function factorLU(a: Float64Array, m: number, n: number, pivots: Int32Array, pivoting: boolean): number {
  const k = Math.min(m, n);
  let info = 0;
  for (let start = 0; start < k; start += BLOCK) {
    const end = Math.min(start + BLOCK, k);
    const failed = eliminate(a, m, n, start, end, pivots, pivoting);
    if (info === 0) info = failed;
    if (end === n) continue;
    const rest = n - end, rows = block(a, start * n + end, n);
    for (let i = start + 1; i < end; i++) subtractProduct(block(a, i * n + end, n), block(a, i * n + start, n), rows, 1, rest, i - start);
    subtractProduct(block(a, end * n + end, n), block(a, end * n + start, n), rows, m - end, rest, end - start);
  }
  return info;
}

/** Eliminates columns `start` to `end`, in those columns only; rows are exchanged as a whole. */
function eliminate(a: Float64Array, m: number, n: number, start: number, end: number, pivots: Int32Array, pivoting: boolean): number {
  let info = 0;
  for (let j = start; j < end; j++) {
    const at = pivoting ? largest(a, j, n, j, m) : j;
    pivots[j] = at + 1;
    const pivot = a[at * n + j];
    if (pivot === 0) {
      if (info === 0) info = j + 1;
      continue;
    }
    if (at !== j) swapRows(a, at * n, j * n, n);
    const row = j * n;
    for (let i = j + 1; i < m; i++) {
      const other = i * n;
      const factor = a[other + j] /= pivot;
      if (factor !== 0) for (let c = j + 1; c < end; c++) a[other + c] -= factor * a[row + c];
    }
  }
  return info;
}

/** The row from `from` on with the largest element of a column. */
function largest(a: Float64Array, column: number, stride: number, from: number, m: number): number {
  let at = from, best = Math.abs(a[column + from * stride]);
  for (let i = from + 1; i < m; i++) {
    const value = Math.abs(a[column + i * stride]);
    if (value > best) {
      best = value;
      at = i;
    }
  }
  return at;
}

function swapRows(a: Float64Array, x: number, y: number, n: number): void {
  for (let i = 0; i < n; i++) {
    const value = a[x + i];
    a[x + i] = a[y + i];
    a[y + i] = value;
  }
}

/** Solves T X = B in place of B [n, r], of which T [n, n] is one triangle. */
export function solveTriangle(t: Float64Array, n: number, b: Float64Array, r: number, upper: boolean, unit: boolean): void {
  for (let done = 0; done < n; done += BLOCK) {
    const size = Math.min(BLOCK, n - done), first = upper ? n - done - size : done, known = upper ? first + size : 0;
    subtractProduct(block(b, first * r, r), block(t, first * n + known, n), block(b, known * r, r), size, r, done);
    for (let step = 0; step < size; step++) {
      const i = upper ? first + size - 1 - step : first + step, row = i * r;
      const from = upper ? i + 1 : first;
      for (let j = from; j < from + step; j++) {
        const factor = t[i * n + j];
        if (factor !== 0) for (let c = 0; c < r; c++) b[row + c] -= factor * b[j * r + c];
      }
      if (unit) continue;
      const diagonal = t[i * n + i];
      for (let c = 0; c < r; c++) b[row + c] /= diagonal;
    }
  }
}

/** Solves A X = B in place of B [n, r], with what {@link factorLU} left. */
export function solveLU(lu: Float64Array, n: number, pivots: Int32Array, b: Float64Array, r: number): void {
  for (let i = 0; i < n; i++) if (pivots[i] - 1 !== i) swapRows(b, i * r, (pivots[i] - 1) * r, r);
  solveTriangle(lu, n, b, r, false, true);
  solveTriangle(lu, n, b, r, true, false);
}
