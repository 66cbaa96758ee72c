/**
 * Singular values by one-sided Jacobi rotations of the triangular factor of a pivoted QR (Drmac and Veselic 2008, SIAM J. Matrix
 * Anal. Appl. 29): accurate to the last digits for small singular values too, and indifferent to rank.
 */
import { block } from '../../../core/block.ts';
import { addProduct } from './product.ts';
import { dot, length, transpose } from '../../../core/vectors.ts';
import { eigenSymmetric } from './symmetric.ts';
import { columnsOfQ, completeBasis, factorPivotedQR } from './qr.ts';

/** Cyclic Jacobi needs about ten. */
const SWEEPS = 60;
/** Squared lengths below this, of rows near 1, are rounding errors without digits. */
const VANISHED = 1e-280;
/** From how many columns on the eigenvectors of the square are worth their cost. */
const LARGE = 24;

export interface Singular {
  /** Descending. */
  readonly values: Float64Array;
  /** Left vectors as columns of m, k (or m) of them; empty when not asked for. */
  readonly left: Float64Array;
  /** Right vectors as columns of n, k (or n) of them. */
  readonly right: Float64Array;
  readonly converged: boolean;
}

/** Of the [m, n] matrix at a0. `vectors`: none, the first k = min(m, n), or complete bases. */
export function singular(a: Float64Array, a0: number, m: number, n: number, vectors: 'none' | 'reduced' | 'full'): Singular {
  if (m < n) {
    const flipped = tall(a.slice(a0, a0 + m * n), n, m, vectors);
    return { ...flipped, left: flipped.right, right: flipped.left };
  }
  return tall(transpose(a, a0, m, n), m, n, vectors);
}

/** The same of n <= m columns of m, which are overwritten. */
function tall(w: Float64Array, m: number, n: number, vectors: 'none' | 'reduced' | 'full'): Singular {
  const wanted = vectors !== 'none', scale = normalise(w);
  const order = new Int32Array(n);
  const tau = factorPivotedQR(w, m, n, order);
  // A P = Q R. The rows of R, as columns x, are turned until orthogonal: R^T V = X, so R = V X^T.
  const x = new Float64Array(n * n), v = new Float64Array(wanted ? n * n : 0);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) x[i * n + j] = w[j * m + i];
  if (wanted) for (let i = 0; i < n; i++) v[i * n + i] = 1;
  if (n >= LARGE) approach(x, n, v);
  const converged = orthogonalise(x, n, v);
  const lengths = Float64Array.from({ length: n }, (_, i) => length(x, i * n, n));
  const rank = Array.from({ length: n }, (_, i) => i).sort((i, j) => lengths[j] - lengths[i]);
  const values = Float64Array.from(rank, (i) => lengths[i] * scale);
  if (!wanted) return { values, left: v, right: v, converged };
  return { values, left: leftVectors(w, m, n, tau, v, rank, vectors === 'full'), right: rightVectors(x, n, order, lengths, rank), converged };
}

/**
 * Turns the rows of x by the eigenvectors of x x^T: nearly orthogonal then, but for the smallest, so that two or three sweeps do
 * instead of ten. What the square loses in digits the sweeps bring back.
 */
function approach(x: Float64Array, n: number, v: Float64Array): void {
  const square = new Float64Array(n * n), turned = new Float64Array(n * n), rows = new Float64Array(n * n), values = new Float64Array(n);
  addProduct(1, block(square, 0, n), block(x, 0, n), block(x, 0, 1, n), n, n, n);
  if (!eigenSymmetric(square, n, values, rows)) return;
  addProduct(1, block(turned, 0, n), block(rows, 0, n), block(x, 0, n), n, n, n);
  for (let i = 0; i < n; i++) {
    const from = (n - 1 - i) * n;
    x.set(turned.subarray(from, from + n), i * n);
    if (v.length > 0) v.set(rows.subarray(from, from + n), i * n);
  }
}

/** Divides by a power of two that brings the largest element near 1, so that no square overflows; returns it. */
function normalise(w: Float64Array): number {
  let peak = 0;
  for (let i = 0; i < w.length; i++) peak = Math.max(peak, Math.abs(w[i]));
  if (peak === 0) return 1;
  const scale = 2 ** Math.max(Math.min(Math.round(Math.log2(peak)), 1023), -1022);
  for (let i = 0; i < w.length; i++) w[i] /= scale;
  return scale;
}

/** Turns pairs of the n rows of x (and of v) until all are orthogonal to each other. */
function orthogonalise(x: Float64Array, n: number, v: Float64Array): boolean {
  const tolerance = Number.EPSILON * Math.sqrt(n), vectors = v.length > 0;
  const squares = new Float64Array(n);
  for (let i = 0; i < n; i++) squares[i] = dot(x, i * n, x, i * n, n);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let i = 0; i < n - 1; i++) {
      for (let j = i + 1; j < n; j++) {
        const between = dot(x, i * n, x, j * n, n), ni = squares[i], nj = squares[j];
        if (ni < VANISHED || nj < VANISHED || !(Math.abs(between) > tolerance * Math.sqrt(ni) * Math.sqrt(nj))) continue;
        turned = true;
        const zeta = (nj - ni) / (2 * between);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t), s = c * t;
        turn(x, i, j, n, c, s, squares);
        if (vectors) turn(v, i, j, n, c, s, null);
      }
    }
    if (!turned) return true;
  }
  return false;
}

/** Rows i and j become c i - s j and s i + c j; their squared lengths are summed on the way. */
function turn(x: Float64Array, i: number, j: number, n: number, c: number, s: number, squares: Float64Array | null): void {
  let si = 0, sj = 0;
  for (let k = i * n, l = j * n, end = k + n; k < end; k++, l++) {
    const a = x[k], b = x[l];
    const p = c * a - s * b, q = s * a + c * b;
    x[k] = p;
    x[l] = q;
    si += p * p;
    sj += q * q;
  }
  if (squares === null) return;
  squares[i] = si;
  squares[j] = sj;
}

/** U = Q V, completed to a basis of m when `full`. */
function leftVectors(w: Float64Array, m: number, n: number, tau: Float64Array, v: Float64Array, rank: readonly number[], full: boolean): Float64Array {
  const q = columnsOfQ(w, m, tau, n), left = new Float64Array((full ? m : n) * m), turned = new Float64Array(n * n);
  for (let c = 0; c < n; c++) turned.set(v.subarray(rank[c] * n, (rank[c] + 1) * n), c * n);
  addProduct(1, block(left, 0, m), block(turned, 0, n), block(q, 0, m), n, m, n);
  if (full && m > n) left.set(completeBasis(left, m, n), n * m);
  return left;
}

/** The normalised x with the columns' order undone; those that vanished are replaced by a completion of the others. */
function rightVectors(x: Float64Array, n: number, order: Int32Array, lengths: Float64Array, rank: readonly number[]): Float64Array {
  const right = new Float64Array(n * n);
  let count = 0;
  for (; count < n && lengths[rank[count]] ** 2 >= VANISHED; count++) {
    const from = rank[count] * n, size = lengths[rank[count]];
    for (let k = 0; k < n; k++) right[count * n + order[k]] = x[from + k] / size;
  }
  if (count < n) right.set(completeBasis(right, n, count), count * n);
  return right;
}
