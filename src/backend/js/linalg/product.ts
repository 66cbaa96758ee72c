/** The product of blocks of float64 matrices with which the factorisations update what remains of them. */
import type { Block } from '../../../core/block.ts';
import * as f64 from '../generated/matmul-f64.ts';
import { multiply, tile } from '../tile.ts';

/** Below this many multiplications packing costs more than it saves. */
const SMALL = 2000;
let panelsA = new Float64Array(4096);
let panelB = new Float64Array(4096);

/** C -= A B, as {@link addProduct}. */
export const subtractProduct = (c: Block, a: Block, b: Block, m: number, n: number, k: number): void => addProduct(-1, c, a, b, m, n, k);

/** C += sign A B, for blocks C [m, n], A [m, k] and B [k, n]; C's columns are adjacent, and C overlaps neither. */
export function addProduct(sign: 1 | -1, c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
  if (m * n * k < SMALL) return loops(sign, c, a, b, m, n, k);
  const { values } = c;
  if (panelsA.length < (m + 3) * k) panelsA = new Float64Array((m + 3) * k);
  if (panelB.length < 4 * k) panelB = new Float64Array(4 * k);
  for (let i = 0; i < m; i += 4) f64.pack(panelsA, i * k, a.values, a.at + i * a.row, Math.min(4, m - i), a.row, k, a.col);
  for (let j = 0; j < n; j += 4) {
    const columns = Math.min(4, n - j);
    f64.pack(panelB, 0, b.values, b.at + j * b.col, columns, b.col, k, b.row);
    for (let i = 0; i < m; i += 4) {
      multiply(panelsA, i * k, panelB, 0, k);
      const rows = Math.min(4, m - i);
      for (let r = 0, at = c.at + i * c.row + j; r < rows; r++, at += c.row) for (let s = 0; s < columns; s++) values[at + s] += sign * tile[r * 4 + s];
    }
  }
}

function loops(sign: 1 | -1, c: Block, a: Block, b: Block, m: number, n: number, k: number): void {
  const { values: x } = a, { values: y } = b, { values: z } = c;
  for (let i = 0; i < m; i++) {
    const row = c.at + i * c.row;
    for (let t = 0; t < k; t++) {
      const factor = sign * x[a.at + i * a.row + t * a.col];
      for (let j = 0, from = b.at + t * b.row; j < n; j++, from += b.col) z[row + j] += factor * y[from];
    }
  }
}
