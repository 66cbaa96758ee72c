/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder tridiagonalisation, then implicit QR steps with Wilkinson's
 * shift (Golub and Van Loan, 8.3), for vectors of large matrices by divide and conquer.
 */
import { divideTridiagonal } from './divide.ts';
import { reflection } from '../../../core/reflection.ts';
import { applyReflections } from './reflections.ts';
import { axpy, dot, rotate } from '../../../core/vectors.ts';

const EPS = Number.EPSILON;
/** Steps per eigenvalue; two or three are usual. */
const STEPS = 60;

/**
 * Of the symmetric a [n, n] (both triangles are read, and overwritten): ascending eigenvalues into `values`, and, unless `vectors` is null,
 * the eigenvectors as its rows. Returns false when an eigenvalue does not converge.
 */
export function eigenSymmetric(a: Float64Array, n: number, values: Float64Array, vectors: Float64Array | null): boolean {
  if (n === 0) return true;
  const off = new Float64Array(n), tau = new Float64Array(n);
  tridiagonalise(a, n, values, off, tau);
  if (vectors !== null) {
    vectors.fill(0);
    for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  }
  const converged = vectors === null ? diagonalise(values, off, n, null) : divideTridiagonal(values, off, n, vectors, diagonalise);
  if (vectors !== null && n > 1) applyReflections(a, n, 1, tau.subarray(0, n - 1), vectors, n, n, false);
  sortAscending(values, n, vectors);
  return converged;
}

/** A = Q T Q^T. The reflection of column k stays in row k, from column k + 1 on. */
function tridiagonalise(a: Float64Array, n: number, diagonal: Float64Array, off: Float64Array, tau: Float64Array): void {
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const v = k * n + k + 1, size = n - k - 1;
    diagonal[k] = a[k * n + k];
    tau[k] = reflection(a, v, size);
    off[k] = a[v];
    if (tau[k] === 0) continue;
    a[v] = 1;
    for (let i = 0; i < size; i++) p[i] = tau[k] * dot(a, (k + 1 + i) * n + k + 1, a, v, size);
    axpy(-0.5 * tau[k] * dot(p, 0, a, v, size), a, v, p, 0, size);
    for (let i = 0; i < size; i++) {
      const row = (k + 1 + i) * n + k + 1, vi = a[v + i], pi = p[i];
      for (let j = 0; j < size; j++) a[row + j] -= vi * p[j] + pi * a[v + j];
    }
  }
  diagonal[n - 1] = a[n * n - 1];
}

/** Makes the tridiagonal matrix (d, e) diagonal; turns the rows of z [n, n] along. False when an eigenvalue does not converge. */
function diagonalise(d: Float64Array, e: Float64Array, n: number, z: Float64Array | null): boolean {
  let left = STEPS * n;
  for (let end = n - 1; end > 0;) {
    if (negligible(d, e, end - 1)) {
      e[end - 1] = 0;
      end--;
      continue;
    }
    if (left-- === 0) return false;
    let start = end - 1;
    while (start > 0 && !negligible(d, e, start - 1)) start--;
    qrStep(d, e, start, end, n, z);
  }
  return true;
}

const negligible = (d: Float64Array, e: Float64Array, k: number): boolean => Math.abs(e[k]) <= EPS * (Math.abs(d[k]) + Math.abs(d[k + 1])) || Math.abs(e[k]) < 1e-300;

/** One implicit QR step on the unreduced block from `start` to `end`. */
function qrStep(d: Float64Array, e: Float64Array, start: number, end: number, n: number, z: Float64Array | null): void {
  const half = (d[end - 1] - d[end]) / 2, last = e[end - 1];
  const root = Math.hypot(half, last);
  const shift = d[end] - last * (last / (half + (half < 0 ? -root : root)));
  let x = d[start] - shift, y = e[start];
  for (let k = start; k < end; k++) {
    const r = Math.hypot(x, y), c = r === 0 ? 1 : x / r, s = r === 0 ? 0 : y / r;
    if (k > start) e[k - 1] = r;
    const dk = d[k], dn = d[k + 1], ek = e[k];
    d[k] = c * c * dk + 2 * c * s * ek + s * s * dn;
    d[k + 1] = s * s * dk - 2 * c * s * ek + c * c * dn;
    e[k] = c * s * (dn - dk) + (c * c - s * s) * ek;
    if (k < end - 1) {
      x = e[k];
      y = s * e[k + 1];
      e[k + 1] *= c;
    }
    if (z !== null) rotate(z, k * n, (k + 1) * n, n, c, s);
  }
}

function sortAscending(values: Float64Array, n: number, rows: Float64Array | null): void {
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const sorted = order.map((i) => values[i]);
  values.set(sorted);
  if (rows === null) return;
  const copy = new Float64Array(n * n);
  copy.set(rows);
  order.forEach((from, to) => rows.set(copy.subarray(from * n, (from + 1) * n), to * n));
}
