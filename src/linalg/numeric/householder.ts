/**
 * QR by Householder reflections H = I - tau v v^T with v[0] = 1 (Golub and Van Loan, 5.1 and 5.2). A matrix is held as its
 * columns: column j is the run of m elements at j m, so that reflections work on adjacent elements.
 */
import { axpy, dot, length } from './product.ts';

/** Makes the reflection that maps x [n] to (beta, 0, ...): beta replaces x[0], v the rest. Returns tau. */
export function reflection(x: Float64Array, x0: number, n: number): number {
  const tail = length(x, x0 + 1, n - 1);
  if (tail === 0) return 0;
  const alpha = x[x0], beta = alpha > 0 ? -Math.hypot(alpha, tail) : Math.hypot(alpha, tail);
  const scale = 1 / (alpha - beta);
  for (let i = 1; i < n; i++) x[x0 + i] *= scale;
  x[x0] = beta;
  return (beta - alpha) / beta;
}

/** y -= tau v (v^T y), v[0] taken as 1. */
export function reflect(tau: number, v: Float64Array, v0: number, y: Float64Array, y0: number, n: number): void {
  if (tau === 0) return;
  const f = -tau * (y[y0] + dot(v, v0 + 1, y, y0 + 1, n - 1));
  y[y0] += f;
  axpy(f, v, v0 + 1, y, y0 + 1, n - 1);
}

/** Factors n columns of m in place: R on and above the diagonal, the reflections below it. Returns their factors tau. */
export function factorQR(w: Float64Array, m: number, n: number): Float64Array {
  const k = Math.min(m, n), tau = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    tau[j] = reflection(w, j * m + j, m - j);
    for (let c = j + 1; c < n; c++) reflect(tau[j], w, j * m + j, w, c * m + j, m - j);
  }
  return tau;
}

/** The same with the longest remaining column taken first at every step; `order` receives which column stands where. */
export function factorPivotedQR(w: Float64Array, m: number, n: number, order: Int32Array): Float64Array {
  const k = Math.min(m, n), tau = new Float64Array(k);
  for (let j = 0; j < n; j++) order[j] = j;
  const lengths = Float64Array.from(order, (j) => length(w, j * m, m));
  for (let j = 0; j < k; j++) {
    let at = j;
    for (let c = j + 1; c < n; c++) if (lengths[c] > lengths[at]) at = c;
    if (at !== j) {
      const column = w.slice(at * m, at * m + m);
      w.copyWithin(at * m, j * m, j * m + m);
      w.set(column, j * m);
      lengths[at] = lengths[j];
      [order[j], order[at]] = [order[at], order[j]];
    }
    tau[j] = reflection(w, j * m + j, m - j);
    for (let c = j + 1; c < n; c++) {
      reflect(tau[j], w, j * m + j, w, c * m + j, m - j);
      lengths[c] = length(w, c * m + j + 1, m - j - 1);
    }
  }
  return tau;
}

/** The first `count` columns (of m) of the product of the reflections below the diagonal of w. */
export function columnsOfQ(w: Float64Array, m: number, tau: Float64Array, count: number): Float64Array {
  const q = new Float64Array(count * m), k = tau.length;
  for (let c = 0; c < count; c++) {
    q[c * m + c] = 1;
    for (let j = Math.min(k - 1, c); j >= 0; j--) reflect(tau[j], w, j * m + j, q, c * m + j, m - j);
  }
  return q;
}

/** Orthonormal columns (of m) that complete the given `count` orthonormal ones to a basis. */
export function completeBasis(columns: Float64Array, m: number, count: number): Float64Array {
  const w = columns.slice(0, count * m);
  const tau = factorQR(w, m, count);
  return columnsOfQ(w, m, tau, m).subarray(count * m);
}
