/** Linear systems and inverses. Derivatives: Giles (2008), 2.2.3 and 2.3.1. */
import { numelOf } from '../core/layout.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { factorInto } from '../tensor/kernels-linalg.ts';
import { emptyShape } from '../tensor/kernels.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { batchOf, copyRows, emptyInts, requireSquare, requireSuccess, rowsOf, sameBatch } from './matrices.ts';
import { checkSystem } from './triangular.ts';

/** [X, info] of A X = B by LU with partial pivoting. */
class Solve extends Function {
  static override forward(ctx: Context, A: Tensor, B: Tensor): [Tensor, Tensor] {
    const batch = batchOf(B), X = copyRows(B), info = emptyInts(A, batch);
    factorInto('solve', copyRows(A), emptyInts(A, [...batch, rowsOf(A)]), info, X);
    ctx.saveForBackward(A, X);
    return [X, info];
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [A, X] = ctx.savedTensors;
    const [gB] = Solve.apply(A.mT, g);
    return [ctx.needsInputGrad[0] ? gB.matmul(X.mT).neg() : null, gB];
  }
}

class Inverse extends Function {
  static override forward(ctx: Context, A: Tensor): [Tensor, Tensor] {
    const batch = batchOf(A), inverse = emptyShape(A, A.shape, A.dtypeCode), info = emptyInts(A, batch);
    factorInto('inverse', copyRows(A), emptyInts(A, [...batch, rowsOf(A)]), info, inverse);
    ctx.saveForBackward(inverse);
    return [inverse, info];
  }

  static override backward(ctx: Context, g: Tensor): Tensor {
    const [inverse] = ctx.savedTensors;
    return inverse.mT.matmul(g).matmul(inverse.mT).neg();
  }
}

/** X of A X = B for matrices A and B of one batch shape, without checks. */
export const solveBatch = (A: Tensor, B: Tensor): Tensor => Solve.apply(A, B)[0];

export function inverseOf(op: string, A: Tensor): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return Inverse.apply(A);
}

/** The inverse; a singular matrix is refused. */
export function checkedInverse(op: string, A: Tensor): Tensor {
  const [inverse, info] = inverseOf(op, A);
  requireSuccess(op, 'A', info, 'invertible');
  return inverse;
}

/** B counts as a vector (or a batch of them) when it is 1-d or has A's shape without the last dim. */
const isVector = (A: Tensor, B: Tensor): boolean => B.ndim === 1 || (B.ndim === A.ndim - 1 && B.layout.shape.every((size, i) => size === A.shape[i]));

/** [X, info], with B as vectors or matrices. */
function solved(op: string, A: Tensor, B: Tensor, left: boolean): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  const vector = isVector(A, B);
  if (vector && !left) throw new ArgumentError(op, 'left', 'must be true where B holds vectors');
  const right = vector ? B.unsqueeze(-1) : B;
  checkSystem(op, A, right, left);
  const [a, b] = left ? sameBatch(op, A, right) : sameBatch(op, A.mT, right.mT);
  const [X, info] = Solve.apply(a, b);
  return [vector ? X.squeeze(-1) : left ? X : X.mT, info];
}

/** `[X, info]` of {@link solve} without an error for singular matrices; `info` is the first zero pivot, from 1, or 0. PyTorch's `torch.linalg.solve_ex`. */
export const solveEx = operation('linalg.solveEx(A: Tensor, B: Tensor, *, left: bool = true, checkErrors: bool = false)', (A, B, left, checkErrors): Named<Tensor, 'result' | 'info'> => {
  const [X, info] = solved('linalg.solveEx', A, B, left);
  if (checkErrors) requireSuccess('linalg.solveEx', 'A', info, 'invertible');
  return named(['result', 'info'] as const, [X, info]);
});

/** X of A X = B, A `[..., n, n]` invertible, B `[..., n, k]` or vectors `[..., n]`; with `left = false` of X A = B. PyTorch's `torch.linalg.solve`. */
export const solve = operation('linalg.solve(A: Tensor, B: Tensor, *, left: bool = true, out: Tensor?)', (A, B, left): Tensor => {
  const [X, info] = solved('linalg.solve', A, B, left);
  requireSuccess('linalg.solve', 'A', info, 'invertible');
  return X;
});

/** The inverse of invertible `[..., n, n]` matrices. PyTorch's `torch.linalg.inv`. */
export const inv = operation('linalg.inv(A: Tensor, *, out: Tensor?)', (A): Tensor => checkedInverse('linalg.inv', A));

/** `[inverse, info]` without an error for singular matrices. PyTorch's `torch.linalg.inv_ex`. */
export const invEx = operation('linalg.invEx(A: Tensor, *, checkErrors: bool = false)', (A, checkErrors): Named<Tensor, 'inverse' | 'info'> => {
  const parts = inverseOf('linalg.invEx', A);
  if (checkErrors) requireSuccess('linalg.invEx', 'A', parts[1], 'invertible');
  return named(['inverse', 'info'] as const, parts);
});

/** The inverse of tensordot with A, whose first `ind` dims count as rows. PyTorch's `torch.linalg.tensorinv`. */
export const tensorinv = operation('linalg.tensorinv(A: Tensor, ind: int = 2, *, out: Tensor?)', (A, ind): Tensor => {
  if (ind <= 0) throw new ArgumentError('linalg.tensorinv', 'ind', `must be positive, got ${ind}`);
  const rows = A.layout.shape.slice(0, ind), cols = A.layout.shape.slice(ind);
  if (numelOf(rows) !== numelOf(cols)) throw new ShapeError('linalg.tensorinv', `the first ${ind} sizes of [${A.shape.join(', ')}] must have the product of the others`);
  return checkedInverse('linalg.tensorinv', A.reshape([numelOf(rows), numelOf(cols)])).reshape([...cols, ...rows]);
});

/** X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to the end first. PyTorch's `torch.linalg.tensorsolve`. */
export const tensorsolve = operation('linalg.tensorsolve(A: Tensor, B: Tensor, dims: ints?, *, out: Tensor?)', (A, B, dims): Tensor => {
  const op = 'linalg.tensorsolve';
  const moved = dims === undefined ? A : A.movedim([...dims], dims.map((_, i) => A.ndim - dims.length + i));
  const shape = moved.layout.shape.slice(B.ndim), size = numelOf(shape);
  if (size !== B.numel() || size * size !== A.numel()) throw new ShapeError(op, `A of shape [${A.shape.join(', ')}] does not fit B of shape [${B.shape.join(', ')}]`);
  const [X, info] = solved(op, moved.reshape([size, size]), B.reshape([size]), true);
  requireSuccess(op, 'A', info, 'invertible');
  return X.reshape([...shape]);
});
