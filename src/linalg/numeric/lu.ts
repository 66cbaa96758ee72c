/** LU with partial pivoting, blocked and right-looking (Golub and Van Loan, Matrix Computations, 3.2 and 3.4), and triangular systems. */
import { addProduct, block } from '../workspace.ts';

/** Columns that are eliminated before the rest of the matrix is updated by one product. */
const BLOCK = 32;

/**
 * Factors an [m, n] matrix in place: L below the diagonal (unit diagonal), U on and above it. `pivots` receives, 1-based,
 * the row with which each row was exchanged. Returns the 1-based position of the first zero on U's diagonal, or 0.
 */
export function factorLU(a: Float64Array, a0: number, m: number, n: number, pivots: Int32Array, p0: number, pivoting: boolean): number {
  const k = Math.min(m, n);
  let info = 0;
  for (let start = 0; start < k; start += BLOCK) {
    const end = Math.min(start + BLOCK, k);
    const failed = eliminate(a, a0, m, n, start, end, pivots, p0, pivoting);
    if (info === 0) info = failed;
    if (end === n) continue;
    const rest = n - end, rows = block(a, a0 + start * n + end, n);
    for (let i = start + 1; i < end; i++) addProduct(-1, block(a, a0 + i * n + end, n), block(a, a0 + i * n + start, n), rows, 1, rest, i - start);
    addProduct(-1, block(a, a0 + end * n + end, n), block(a, a0 + end * n + start, n), rows, m - end, rest, end - start);
  }
  return info;
}

/** Eliminates columns `start` to `end`, in those columns only; rows are exchanged as a whole. */
function eliminate(a: Float64Array, a0: number, m: number, n: number, start: number, end: number, pivots: Int32Array, p0: number, pivoting: boolean): number {
  let info = 0;
  for (let j = start; j < end; j++) {
    const at = pivoting ? largest(a, a0 + j, n, j, m) : j;
    pivots[p0 + j] = at + 1;
    const pivot = a[a0 + at * n + j];
    if (pivot === 0) {
      if (info === 0) info = j + 1;
      continue;
    }
    if (at !== j) swapRows(a, a0 + at * n, a0 + j * n, n);
    const row = a0 + j * n;
    for (let i = j + 1; i < m; i++) {
      const other = a0 + i * n;
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

/** Solves T X = B in place of B [n, r]; T's element (i, j) is at `t0 + i rs + j cs`, so that exchanged strides transpose it. */
export function solveTriangle(t: Float64Array, t0: number, rs: number, cs: number, n: number, b: Float64Array, b0: number, r: number, upper: boolean, unit: boolean): void {
  const at = (i: number, j: number): number => t0 + i * rs + j * cs;
  for (let done = 0; done < n; done += BLOCK) {
    const size = Math.min(BLOCK, n - done), first = upper ? n - done - size : done, known = upper ? first + size : 0;
    addProduct(-1, block(b, b0 + first * r, r), block(t, at(first, known), rs, cs), block(b, b0 + known * r, r), size, r, done);
    for (let step = 0; step < size; step++) {
      const i = upper ? first + size - 1 - step : first + step, row = b0 + i * r;
      const from = upper ? i + 1 : first;
      for (let j = from; j < from + step; j++) {
        const factor = t[at(i, j)];
        if (factor !== 0) for (let c = 0; c < r; c++) b[row + c] -= factor * b[b0 + j * r + c];
      }
      if (unit) continue;
      const diagonal = t[at(i, i)];
      for (let c = 0; c < r; c++) b[row + c] /= diagonal;
    }
  }
}

/** Solves A X = B in place of B [n, r], with what {@link factorLU} left. */
export function solveLU(lu: Float64Array, a0: number, n: number, pivots: Int32Array, p0: number, b: Float64Array, b0: number, r: number): void {
  for (let i = 0; i < n; i++) if (pivots[p0 + i] - 1 !== i) swapRows(b, b0 + i * r, b0 + (pivots[p0 + i] - 1) * r, r);
  solveTriangle(lu, a0, n, 1, n, b, b0, r, false, true);
  solveTriangle(lu, a0, n, 1, n, b, b0, r, true, false);
}

/** The row of the factored matrix that stands at each place after the exchanges. */
export function permutationOf(pivots: Int32Array, p0: number, k: number, m: number): Int32Array {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  for (let i = 0; i < k; i++) {
    const at = pivots[p0 + i] - 1, value = order[i];
    order[i] = order[at];
    order[at] = value;
  }
  return order;
}
