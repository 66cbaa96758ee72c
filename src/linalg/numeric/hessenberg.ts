/**
 * Eigenvalues and eigenvectors of a general matrix with a real spectrum: Hessenberg form, then Francis' double-shift QR steps to a
 * triangle (Golub and Van Loan, 7.4 and 7.5), then back substitution. Row-major, [n, n].
 */
import { reflection } from '../../core/reflection.ts';
import { axpy, dot, length } from '../../core/vectors.ts';

const EPS = Number.EPSILON;
/** Steps per eigenvalue; two or three are usual. */
const STEPS = 60;

/** 'complex' when a pair of eigenvalues is complex, 'diverged' when an eigenvalue does not converge. */
export type Outcome = 'real' | 'complex' | 'diverged';

/** Of h, which is overwritten: eigenvalues, and as rows of `vectors` (unless null) eigenvectors of length 1. */
export function eigenGeneral(h: Float64Array, n: number, values: Float64Array, vectors: Float64Array | null): Outcome {
  const z = vectors === null ? null : new Float64Array(n * n);
  if (z !== null) for (let i = 0; i < n; i++) z[i * n + i] = 1;
  toHessenberg(h, n, z);
  const outcome = toTriangle(h, n, z);
  if (outcome !== 'real') return outcome;
  for (let i = 0; i < n; i++) values[i] = h[i * n + i];
  if (z !== null) eigenvectors(h, n, z, vectors as Float64Array);
  return 'real';
}

/** Applies I - tau v v^T, v of `size` elements, to rows (from column `from` to n) and then to columns (of rows 0 to `to`) at k, and to z's columns. */
function turn(h: Float64Array, n: number, z: Float64Array | null, tau: number, v: Float64Array, size: number, k: number, from: number, to: number): void {
  if (tau === 0) return;
  const sums = new Float64Array(n - from);
  for (let i = 0; i < size; i++) axpy(v[i], h, (k + i) * n + from, sums, 0, n - from);
  for (let i = 0; i < size; i++) axpy(-tau * v[i], sums, 0, h, (k + i) * n + from, n - from);
  for (let i = 0; i < to; i++) axpy(-tau * dot(h, i * n + k, v, 0, size), v, 0, h, i * n + k, size);
  if (z !== null) for (let i = 0; i < n; i++) axpy(-tau * dot(z, i * n + k, v, 0, size), v, 0, z, i * n + k, size);
}

function toHessenberg(h: Float64Array, n: number, z: Float64Array | null): void {
  const v = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const size = n - k - 1;
    for (let i = 0; i < size; i++) v[i] = h[(k + 1 + i) * n + k];
    const tau = reflection(v, 0, size);
    v[0] = 1;
    turn(h, n, z, tau, v, size, k + 1, k, n);
    for (let i = k + 2; i < n; i++) h[i * n + k] = 0;
  }
}

function toTriangle(h: Float64Array, n: number, z: Float64Array | null): Outcome {
  const v = new Float64Array(3);
  for (let end = n - 1, steps = 0; end > 0;) {
    let start = end;
    while (start > 0 && !negligible(h, n, start)) start--;
    if (start > 0) h[start * n + start - 1] = 0;
    if (start === end) {
      end--;
      steps = 0;
    } else if (start === end - 1) {
      if (!splitPair(h, n, z, start, v)) return 'complex';
      end -= 2;
      steps = 0;
    } else {
      if (steps++ === STEPS) return 'diverged';
      francisStep(h, n, z, start, end, steps % 10 === 0, v);
    }
  }
  return 'real';
}

/** Whether the element below the diagonal in row i is zero to working precision. */
function negligible(h: Float64Array, n: number, i: number): boolean {
  const below = Math.abs(h[i * n + i - 1]);
  return below <= EPS * (Math.abs(h[i * n + i]) + Math.abs(h[(i - 1) * n + i - 1])) || below < 1e-300;
}

/** Makes the 2 x 2 block at k triangular; false when its eigenvalues are complex. */
function splitPair(h: Float64Array, n: number, z: Float64Array | null, k: number, v: Float64Array): boolean {
  const a = h[k * n + k], b = h[k * n + k + 1], c = h[(k + 1) * n + k], d = h[(k + 1) * n + k + 1];
  const half = (a - d) / 2, square = half * half + b * c;
  // A double eigenvalue may come out as a pair whose imaginary parts are rounding errors.
  if (square < -4 * EPS * (half * half + Math.abs(b * c))) return false;
  const root = Math.sqrt(Math.max(square, 0));
  // The eigenvector (lambda - d, c), for the lambda that loses no digits.
  v[0] = half + (half < 0 ? -root : root);
  v[1] = c;
  const tau = reflection(v, 0, 2);
  v[0] = 1;
  turn(h, n, z, tau, v, 2, k, k, k + 2);
  h[(k + 1) * n + k] = 0;
  return true;
}

function francisStep(h: Float64Array, n: number, z: Float64Array | null, start: number, end: number, exceptional: boolean, v: Float64Array): void {
  const at = (i: number, j: number): number => h[i * n + j];
  let trace = at(end - 1, end - 1) + at(end, end), det = at(end - 1, end - 1) * at(end, end) - at(end - 1, end) * at(end, end - 1);
  if (exceptional) {
    // Shifts from elsewhere break a cycle.
    const size = Math.abs(at(end, end - 1)) + Math.abs(at(end - 1, end - 2));
    trace = 1.5 * size;
    det = size * size;
  }
  const first = at(start, start), second = at(start + 1, start);
  v[0] = first * first + at(start, start + 1) * second - trace * first + det;
  v[1] = second * (first + at(start + 1, start + 1) - trace);
  v[2] = second * at(start + 2, start + 1);
  for (let k = start; k < end; k++) {
    const size = Math.min(3, end - k + 1);
    if (k > start) for (let i = 0; i < size; i++) v[i] = at(k + i, k - 1);
    const tau = reflection(v, 0, size);
    v[0] = 1;
    turn(h, n, z, tau, v, size, k, Math.max(k - 1, start), Math.min(k + 4, end + 1));
    if (k > start) for (let i = 1; i < size; i++) h[(k + i) * n + k - 1] = 0;
  }
}

/** Of the triangle T with A = Z T Z^T: Z y for every y with T y = lambda y. */
function eigenvectors(t: Float64Array, n: number, z: Float64Array, vectors: Float64Array): void {
  const y = new Float64Array(n);
  const small = EPS * Math.max(length(t, 0, n * n), 1e-300);
  for (let k = 0; k < n; k++) {
    const lambda = t[k * n + k];
    y.fill(0);
    y[k] = 1;
    for (let i = k - 1; i >= 0; i--) {
      const gap = t[i * n + i] - lambda;
      // Equal eigenvalues are moved apart by a rounding error.
      y[i] = -dot(t, i * n + i + 1, y, i + 1, k - i) / (Math.abs(gap) < small ? small : gap);
      if (Math.abs(y[i]) > 1e100) for (let j = i; j <= k; j++) y[j] *= 1e-100;
    }
    for (let i = 0; i < n; i++) vectors[k * n + i] = dot(z, i * n, y, 0, k + 1);
    const size = length(vectors, k * n, n);
    for (let i = 0; i < n; i++) vectors[k * n + i] /= size;
  }
}
