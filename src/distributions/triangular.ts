/** The lower triangle of a square matrix as a vector, row by row. */
import { ArgumentError } from '../core/errors.ts';
import { arange } from '../tensor/create.ts';
import { cat } from '../tensor/library/joining.ts';
import { trilIndices } from '../tensor/library/positions.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Where the triangle up to the diagonal `offset` lies in the n * n elements. */
function placesOf(n: number, offset: number): Tensor {
  const [rows, columns] = trilIndices(n, n, offset).unbind(0);
  return rows.mul(n).add(columns);
}

/** The size of the matrix below whose diagonal `count` elements lie. */
export function sizeBelow(op: string, count: number): number {
  const n = Math.round(0.5 + Math.sqrt(0.25 + 2 * count));
  if (n * (n - 1) / 2 !== count) throw new ArgumentError(op, 'x', `must have as many elements in its last dim as lie below the diagonal of a square matrix, got ${count}`);
  return n;
}

/** The matrix, 0 elsewhere, with the vector below its diagonal. */
export function belowDiagonal(vector: Tensor, n: number): Tensor {
  const lead = vector.shape.slice(0, -1), count = vector.shape[vector.ndim - 1];
  // Places outside of the triangle take the zero at the end.
  const from = arange(n * n, { dtype: 'int64' }).fill_(count).indexCopy(0, placesOf(n, -1), arange(count, { dtype: 'int64' }));
  return cat([vector, vector.newZeros([...lead, 1])], -1).indexSelect(-1, from).reshape([...lead, n, n]);
}

/** What lies in the triangle up to the diagonal `offset`. */
export function triangleOf(matrix: Tensor, offset: number): Tensor {
  const n = matrix.shape[matrix.ndim - 1];
  return matrix.reshape([...matrix.shape.slice(0, -2), n * n]).indexSelect(-1, placesOf(n, offset));
}
