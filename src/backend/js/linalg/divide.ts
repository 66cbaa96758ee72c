/**
 * Divide and conquer for the symmetric tridiagonal eigenproblem (Cuppen 1981): halves are joined by the roots of a secular equation,
 * with vectors that are orthogonal to working precision (Gu and Eisenstat 1994). Most work is one matrix product per join.
 */
import { block } from '../../../core/block.ts';
import { addProduct } from './product.ts';
import { rotate } from '../../../core/vectors.ts';

type Direct = (d: Float64Array, e: Float64Array, n: number, z: Float64Array) => boolean;

/** Below this size halves are solved directly. */
const SMALL = 32;
const EPS = Number.EPSILON;

/** Eigenvalues in place of the diagonal d, eigenvectors as the rows of z [n, n], which is the identity before. `e` is used up. */
export function divideTridiagonal(d: Float64Array, e: Float64Array, n: number, z: Float64Array, direct: Direct): boolean {
  return n <= SMALL ? direct(d, e, n, z) : part(d, e, 0, n, z, n, direct);
}

/** The same for rows and columns `lo` to `lo + n` of z, whose rows are `stride` long. */
function part(d: Float64Array, e: Float64Array, lo: number, n: number, z: Float64Array, stride: number, direct: Direct): boolean {
  if (n <= SMALL) {
    const local = new Float64Array(n * n);
    for (let i = 0; i < n; i++) local[i * n + i] = 1;
    const converged = direct(d.subarray(lo, lo + n), e.subarray(lo, lo + n), n, local);
    for (let i = 0; i < n; i++) z.set(local.subarray(i * n, (i + 1) * n), (lo + i) * stride + lo);
    return converged;
  }
  const half = n >> 1, coupling = e[lo + half - 1], rho = Math.abs(coupling);
  d[lo + half - 1] -= rho;
  d[lo + half] -= rho;
  const converged = part(d, e, lo, half, z, stride, direct) && part(d, e, lo + half, n - half, z, stride, direct);
  if (converged && rho > 0) join(d, lo, n, half, rho, coupling < 0 ? -1 : 1, z, stride);
  return converged;
}

/** The eigenproblem of diag(d) + rho w w^T, w having 1 and `sign` at the seam, in the basis of both halves' vectors. */
function join(d: Float64Array, lo: number, n: number, half: number, rho: number, sign: number, z: Float64Array, stride: number): void {
  const w = new Float64Array(n);
  for (let i = 0; i < n; i++) w[i] = i < half ? z[(lo + i) * stride + lo + half - 1] : sign * z[(lo + i) * stride + lo + half];
  const kept = deflate(d, lo, n, rho, w, z, stride);
  const k = kept.length;
  if (k === 0) return;
  const poles = Float64Array.from(kept, (i) => d[lo + i]), weights = Float64Array.from(kept, (i) => w[i]);
  const gaps = new Float64Array(k * k), roots = new Float64Array(k);
  for (let j = 0; j < k; j++) roots[j] = secularRoot(poles, weights, rho, j, gaps, j * k);
  vectorsOf(poles, weights, gaps, k);
  const basis = new Float64Array(k * n), turned = new Float64Array(k * n);
  kept.forEach((i, at) => basis.set(z.subarray((lo + i) * stride + lo, (lo + i) * stride + lo + n), at * n));
  addProduct(1, block(turned, 0, n), block(gaps, 0, k), block(basis, 0, n), k, n, k);
  kept.forEach((i, at) => {
    z.set(turned.subarray(at * n, (at + 1) * n), (lo + i) * stride + lo);
    d[lo + i] = roots[at];
  });
}

/** Which indices take part, by ascending d: the others have no weight, or get none by a rotation with a neighbour of equal d. */
function deflate(d: Float64Array, lo: number, n: number, rho: number, w: Float64Array, z: Float64Array, stride: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[lo + i] - d[lo + j]);
  const largest = Math.max(Math.abs(d[lo + order[0]]), Math.abs(d[lo + order[n - 1]]));
  const tolerance = 8 * EPS * Math.max(largest, rho);
  const kept: number[] = [];
  for (const i of order) {
    if (rho * Math.abs(w[i]) <= tolerance) continue;
    const before = kept[kept.length - 1];
    if (before !== undefined) {
      const size = Math.hypot(w[before], w[i]), c = w[i] / size, s = w[before] / size, gap = d[lo + i] - d[lo + before];
      if (Math.abs(gap * c * s) <= tolerance) {
        // (before, i) becomes (c before - s i, s before + c i): the first has no weight any more.
        const low = d[lo + before], high = d[lo + i];
        rotate(z, (lo + i) * stride + lo, (lo + before) * stride + lo, n, c, s);
        w[i] = size;
        w[before] = 0;
        d[lo + before] = low * c * c + high * s * s;
        d[lo + i] = low * s * s + high * c * c;
        kept.pop();
      }
    }
    kept.push(i);
  }
  return kept;
}

/**
 * Root j of 1 + rho sum w_i^2 / (d_i - x), which lies between poles j and j + 1 (after the last, within rho |w|^2). It is sought as
 * a distance from the nearer pole, and d_i - root is left in `gaps`, so that no digit cancels.
 */
function secularRoot(d: Float64Array, w: Float64Array, rho: number, j: number, gaps: Float64Array, at: number): number {
  const k = d.length;
  let weight = 0;
  for (let i = 0; i < k; i++) weight += w[i] * w[i];
  const width = j + 1 < k ? d[j + 1] - d[j] : rho * weight;
  const value = (origin: number, x: number): number => {
    let sum = 1;
    for (let i = 0; i < k; i++) sum += rho * w[i] * w[i] / (d[i] - d[origin] - x);
    return sum;
  };
  const right = j + 1 < k && value(j, width / 2) < 0;
  const origin = right ? j + 1 : j, direction = right ? -1 : 1;
  // Bisection of the distance, by its logarithm while the bounds are far apart.
  let low = 0, high = j + 1 < k ? width / 2 : width;
  for (;;) {
    const middle = low === 0 ? high * 2 ** -20 : high > 4 * low ? Math.sqrt(low) * Math.sqrt(high) : low + (high - low) / 2;
    if (!(middle > low && middle < high)) break;
    if (value(origin, direction * middle) < 0 === !right) low = middle;
    else high = middle;
  }
  for (let i = 0; i < k; i++) gaps[at + i] = d[i] - d[origin] - direction * high;
  return d[origin] + direction * high;
}

/** Turns the rows of gaps into eigenvectors, of the weights for which the computed roots are exact (Loewner's formula). */
function vectorsOf(d: Float64Array, w: Float64Array, gaps: Float64Array, k: number): void {
  const exact = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    let product = -gaps[i * k + i];
    for (let j = 0; j < k; j++) if (j !== i) product *= gaps[j * k + i] / (d[i] - d[j]);
    exact[i] = (w[i] < 0 ? -1 : 1) * Math.sqrt(Math.abs(product));
  }
  for (let j = 0; j < k; j++) {
    let sum = 0;
    for (let i = 0; i < k; i++) {
      const value = exact[i] / gaps[j * k + i];
      gaps[j * k + i] = value;
      sum += value * value;
    }
    const scale = 1 / Math.sqrt(sum);
    for (let i = 0; i < k; i++) gaps[j * k + i] *= scale;
  }
}
