/** Blocks of reflections. A matrix is held as its columns: column j is the run of m elements at j m, so that reflections work on adjacent elements. */
import { block, type Block } from '../../../core/block.ts';
import { dot } from '../../../core/vectors.ts';
import { addProduct } from './product.ts';

/** Reflections that are applied together. */
export const REFLECTIONS = 32;

/**
 * The product of reflections `start` to `end` as I - V T V^T, T upper triangular (Schreiber and Van Loan 1989): the vectors as rows,
 * from coordinate `start + shift` on. Vector k is the run of v that begins at `k stride + k + shift`.
 */
export function compact(v: Float64Array, stride: number, shift: number, tau: Float64Array, start: number, end: number, m: number): { rows: Float64Array; t: Float64Array; size: number; width: number } {
  const size = end - start, width = m - start - shift;
  const rows = new Float64Array(size * width), t = new Float64Array(size * size);
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
export function applyCompact({ rows, t, size, width }: ReturnType<typeof compact>, x: Block, count: number, transposed: boolean): void {
  const p = new Float64Array(count * size), q = new Float64Array(count * size);
  addProduct(1, block(p, 0, size), x, block(rows, 0, 1, width), count, size, width);
  addProduct(1, block(q, 0, size), block(p, 0, size), transposed ? block(t, 0, 1, size) : block(t, 0, size), count, size, size);
  addProduct(-1, x, block(q, 0, size), block(rows, 0, width), count, width, size);
}

/** Applies the product of the reflections (vector k at `k stride + k + shift` of v) to vectors of m, the `count` rows of x. */
export function applyReflections(v: Float64Array, stride: number, shift: number, tau: Float64Array, x: Float64Array, count: number, m: number, identity: boolean): void {
  for (let start = Math.floor((tau.length - 1) / REFLECTIONS) * REFLECTIONS; start >= 0; start -= REFLECTIONS) {
    const end = Math.min(start + REFLECTIONS, tau.length);
    // Rows of the identity before `start` are zero where these reflections act.
    const from = identity ? Math.min(start, count) : 0;
    applyCompact(compact(v, stride, shift, tau, start, end, m), block(x, from * m + start + shift, m), count - from, true);
  }
}
