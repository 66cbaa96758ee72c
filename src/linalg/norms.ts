/** Norms of vectors and of matrices. */
import { isFloating } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { dtypeCode, type DType } from '../core/dtype.ts';
import { normalizeDims } from '../core/layout.ts';
import { dimList, normOver } from '../tensor/reduction.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireFloating } from './matrices.ts';
import { singularValues } from './svd.ts';

/** In the dtype asked for, which must not be a narrower one. */
function inDtype(op: string, x: Tensor, dtype: DType | undefined): Tensor {
  requireFloating(op, 'input', x);
  if (dtype === undefined) return x;
  const code = dtypeCode(dtype);
  if (!isFloating(code)) throw new DTypeError(op, dtype, `dtype must be a floating point dtype, got ${dtype}`);
  return x.castTo(code);
}

const number = (op: string, ord: unknown): number => {
  if (typeof ord !== 'number') throw new ArgumentError(op, 'ord', `must be a number for vectors, got ${show(ord)}`);
  return ord;
};

function vectorNormOf(op: string, x: Tensor, ord: number, dims: readonly number[], keepdim: boolean): Tensor {
  if ((ord === Infinity || ord < 0) && dims.some((dim) => x.shape[dim] === 0)) throw new ShapeError(op, `order ${ord} has no value over no elements, got shape [${x.shape.join(', ')}]`);
  return normOver(x, ord, dims, keepdim);
}

/** The ord-norm over dims (all by default) of elements taken as vectors; `ord` any number, 0 counts what is not zero. PyTorch's `torch.linalg.vector_norm`. */
export const vectorNorm = operation('linalg.vectorNorm(x: Tensor, ord: float = 2, dim: ints?, keepdim: bool = false, *, dtype: dtype?, out: Tensor?)',
  (x, ord, dim, keepdim, dtype): Tensor => {
    const op = 'linalg.vectorNorm';
    return vectorNormOf(op, inDtype(op, x, dtype), ord, dimList(op, dim, x.ndim), keepdim);
  });

/** Of matrices in two dims: 'fro', 'nuc', or sums of rows (inf), of columns (1) and singular values (2), with the smallest for negative ones. */
export function matrixNormOf(op: string, A: Tensor, ord: unknown, dim: readonly number[], keepdim: boolean): Tensor {
  requireFloating(op, 'A', A);
  if (A.ndim < 2) throw new ShapeError(op, `A must have at least 2 dimensions, got shape [${A.shape.join(', ')}]`);
  if (dim.length !== 2) throw new ArgumentError(op, 'dim', `must be two dims, got ${show(dim)}`);
  const [rows, cols] = normalizeDims(op, dim, A.ndim);
  if (ord === 'fro') return vectorNormOf(op, A, 2, [rows, cols].sort((a, b) => a - b), keepdim);
  if (ord === 'nuc' || ord === 2 || ord === -2) {
    const S = singularValues(op, A.movedim([rows, cols], [-2, -1]));
    const value = ord === 'nuc' ? S.sum(-1) : ord === 2 ? S.amax(-1) : S.amin(-1);
    return keepdim ? value.reshape(A.shape.map((size, i) => (i === rows || i === cols ? 1 : size))) : value;
  }
  if (ord !== 1 && ord !== -1 && ord !== Infinity && ord !== -Infinity) throw new ArgumentError(op, 'ord', `must be one of 'fro', 'nuc', inf, -inf, 1, -1, 2, -2 for matrices, got ${show(ord)}`);
  const [summed, other] = ord === 1 || ord === -1 ? [rows, cols] : [cols, rows];
  const sums = A.abs().sum(summed, true);
  const value = ord > 0 ? sums.amax(other, true) : sums.amin(other, true);
  return keepdim ? value : value.squeeze([rows, cols]);
}

/** A norm of the matrices in two dims: ord 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2. PyTorch's `torch.linalg.matrix_norm`. */
export const matrixNorm = operation("linalg.matrixNorm(A: Tensor, ord: any = 'fro', dim: ints = [-2,-1], keepdim: bool = false, *, dtype: dtype?, out: Tensor?)",
  (A, ord, dim, keepdim, dtype): Tensor => matrixNormOf('linalg.matrixNorm', inDtype('linalg.matrixNorm', A, dtype), ord, dim, keepdim));

/**
 * A vector norm over one dim, a matrix norm over two; without `dim` over all (the 2-norm of the elements) where `ord` is absent,
 * else of a 1-d or 2-d input. PyTorch's `torch.linalg.norm`.
 */
export const norm = operation('linalg.norm(input: Tensor, ord: any?, dim: ints?, keepdim: bool = false, *, out: Tensor?, dtype: dtype?)', (input, ord, dim, keepdim, dtype): Tensor => {
  const op = 'linalg.norm', x = inDtype(op, input, dtype);
  if (ord === undefined) return vectorNormOf(op, x, 2, dimList(op, dim, x.ndim), keepdim);
  if (dim === undefined && x.ndim !== 1 && x.ndim !== 2) throw new ShapeError(op, `without dim, input must be 1-d or 2-d where ord is given, got shape [${x.shape.join(', ')}]`);
  if (dim !== undefined && dim.length !== 1 && dim.length !== 2) throw new ArgumentError(op, 'dim', `must be one or two dims, got ${show(dim)}`);
  if ((dim?.length ?? x.ndim) === 1) return vectorNormOf(op, x, number(op, ord), dimList(op, dim, x.ndim), keepdim);
  return matrixNormOf(op, x, ord, dim ?? [0, 1], keepdim);
});
