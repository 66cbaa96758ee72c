/** Functions of vectors and diagonals under their names in `linalg`. */
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, normalizeDim } from '../core/layout.ts';
import { operation } from '../tensor/operation.ts';
import { crossOver, powersOf } from '../tensor/library/vectors.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The vector product along a dim of size 3; the other dims broadcast. PyTorch's `torch.linalg.cross`. */
export const cross = operation('linalg.cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor?)', (input, other, dim): Tensor => crossOver('linalg.cross', input, other, dim));

/** Inner products along a dim; the other dims broadcast. PyTorch's `torch.linalg.vecdot`. */
export const vecdot = operation('linalg.vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor?)', (x, y, dim): Tensor => {
  const op = 'linalg.vecdot';
  if (x.dtypeCode !== y.dtypeCode) throw new DTypeError(op, y.dtype, `both operands must have one dtype, got ${x.dtype} and ${y.dtype}`);
  const shape = broadcastShapes(op, x.shape, y.shape), at = normalizeDim(op, dim, shape.length);
  if (x.ndim === 0 || y.ndim === 0) throw new ShapeError(op, 'both operands must have at least 1 dimension');
  const rows = x.expand([...shape]).movedim(at, -1).unsqueeze(-2), columns = y.expand([...shape]).movedim(at, -1).unsqueeze(-1);
  return rows.matmul(columns).squeeze(-1).squeeze(-1);
});

/** A view of the diagonals of matrices in two dims. PyTorch's `torch.linalg.diagonal`. */
export const diagonal = operation('linalg.diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1)', (A, offset, dim1, dim2): Tensor => A.diagonal(offset, dim1, dim2));

/** The powers 0 to N - 1 of every element along a new last dim, N (at least 2) by default the size of the last. PyTorch's `torch.linalg.vander`. */
export const vander = operation('linalg.vander(x: Tensor, *, N: int?)', (x, N): Tensor => {
  const rows = x.ndim === 0 ? x.reshape([1]) : x;
  const count = N ?? rows.shape[rows.ndim - 1];
  if (count < 2) throw new ArgumentError('linalg.vander', 'N', `must be greater than 1, got ${count}`);
  return powersOf('linalg.vander', rows, count);
});
