/**
 * QR by Householder reflections H = I - tau v v^T with v[0] = 1 (Golub and Van Loan, 5.1 and 5.2). A matrix is held as its
 * columns: column j is the run of m elements at j m, so that reflections work on adjacent elements.
 */
import { block, type Block } from '../../core/block.ts';
import { addProduct, workspace } from '../workspace.ts';
import { reflect, reflection } from '../../core/reflection.ts';
import { dot, length } from '../../core/vectors.ts';

/** Reflections that are applied together. */
const BLOCK = 32;

/**
 * The product of reflections `start` to `end` as I - V T V^T, T upper triangular (Schreiber and Van Loan 1989): the vectors as rows,
 * from coordinate `start + shift` on. Vector k is the run of v that begins at `k stride + k + shift`.
 */
function compact(v: Float64Array, stride: number, shift: number, tau: Float64Array, start: number, end: number, m: number): { rows: Float64Array; t: Float64Array; size: number; width: number } {
  const size = end - start, width = m - start - shift;
  const rows = workspace(size * width), t = workspace(size * size);
  for (let k = 0; k < size; k++) {
    const from = (start + k) * stride + start + k + shift;
    rows.set(v.subarray(from + 1, from + width - k), k * width + k + 1);
    rows[k * width + k] = 1;
    t[k * size + k] = tau[start + k];
    for (let i = 0; i < k; i++) t[i * size + k] = dot(rows, i * width + k, rows, k * width + k, width - k);
    // Column k of T is -tau T (V^T v); row i needs only the products from i on.
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = i; j < k; j++) sum += t[i * size + j] * t[j * size + k];
      t[i * size + k] = -tau[start + k] * sum;
    }
  }
  return { rows, t, size, width };
}

/** x (I - V T V^T), or with T transposed, in place of `count` rows of x. */
function applyCompact({ rows, t, size, width }: ReturnType<typeof compact>, x: Block, count: number, transposed: boolean): void {
  const p = workspace(count * size), q = workspace(count * size);
  addProduct(1, block(p, 0, size), x, block(rows, 0, 1, width), count, size, width);
  addProduct(1, block(q, 0, size), block(p, 0, size), transposed ? block(t, 0, 1, size) : block(t, 0, size), count, size, size);
  addProduct(-1, x, block(q, 0, size), block(rows, 0, width), count, width, size);
}

/** Factors n columns of m in place: R on and above the diagonal, the reflections below it. Returns their factors tau. */
export function factorQR(w: Float64Array, m: number, n: number): Float64Array {
  const k = Math.min(m, n), tau = new Float64Array(k);
  for (let start = 0; start < k; start += BLOCK) {
    const end = Math.min(start + BLOCK, k);
    for (let j = start; j < end; j++) {
      tau[j] = reflection(w, j * m + j, m - j);
      for (let c = j + 1; c < Math.min(start + BLOCK, n); c++) reflect(tau[j], w, j * m + j, w, c * m + j, m - j);
    }
    const done = Math.min(start + BLOCK, n);
    if (done < n) applyCompact(compact(w, m, 0, tau, start, end, m), block(w, done * m + start, m), n - done, false);
  }
  return tau;
}

/** Applies the product of the reflections (vector k at `k stride + k + shift` of v) to vectors of m, the `count` rows of x. */
export function applyReflections(v: Float64Array, stride: number, shift: number, tau: Float64Array, x: Float64Array, count: number, m: number, identity: boolean): void {
  for (let start = Math.floor((tau.length - 1) / BLOCK) * BLOCK; start >= 0; start -= BLOCK) {
    const end = Math.min(start + BLOCK, tau.length);
    // Rows of the identity before `start` are zero where these reflections act.
    const from = identity ? Math.min(start, count) : 0;
    applyCompact(compact(v, stride, shift, tau, start, end, m), block(x, from * m + start + shift, m), count - from, true);
  }
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
  const q = workspace(count * m);
  for (let c = 0; c < count; c++) q[c * m + c] = 1;
  if (tau.length > 0) applyReflections(w, m, 0, tau, q, count, m, true);
  return q;
}

/** Orthonormal columns (of m) that complete the given `count` orthonormal ones to a basis. */
export function completeBasis(columns: Float64Array, m: number, count: number): Float64Array {
  const w = workspace(count * m);
  w.set(columns.subarray(0, count * m));
  const tau = factorQR(w, m, count);
  return columnsOfQ(w, m, tau, m).subarray(count * m);
}
