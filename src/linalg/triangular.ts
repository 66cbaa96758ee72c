/** Triangular systems. Derivative: Giles (2008), An extended collection of matrix derivative results, 2.3. */
import { ShapeError } from '../core/errors.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { triangularInto } from '../tensor/kernels-linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { colsOf, copyRows, requireMatrices, requireSameDtype, requireSquare, rowsOf, sameBatch } from './matrices.ts';

class SolveTriangular extends Function {
  static override forward(ctx: Context, A: Tensor, B: Tensor, upper: boolean, unit: boolean): Tensor {
    const X = copyRows(B);
    triangularInto(upper ? 'upper' : 'lower', unit, X, A);
    ctx.saveForBackward(A, X);
    Object.assign(ctx, { upper, unit });
    return X;
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [A, X] = ctx.savedTensors, upper = ctx.upper as boolean, unit = ctx.unit as boolean;
    const gB = triangular(A.mT, g, !upper, true, unit);
    if (!ctx.needsInputGrad[0]) return [null, gB, null, null];
    const gA = gB.matmul(X.mT).neg(), beside = unit ? 1 : 0;
    return [upper ? gA.triu(beside) : gA.tril(-beside), gB, null, null];
  }
}

/** X of A X = B (left) or X A = B, of which only one triangle of A is read; one batch shape. */
export function triangular(A: Tensor, B: Tensor, upper: boolean, left: boolean, unit: boolean): Tensor {
  if (!left) return triangular(A.mT, B.mT, !upper, true, unit).mT;
  const [a, b] = sameBatch('linalg.solveTriangular', A, B);
  return SolveTriangular.apply(a, b, upper, unit);
}

/**
 * X of A X = B for triangular A `[..., n, n]` and B `[..., n, k]` (or of X A = B with `left = false`); the other triangle, and with
 * `unitriangular` the diagonal, is not read. PyTorch's `torch.linalg.solve_triangular`.
 */
export const solveTriangular = operation('linalg.solveTriangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = true, unitriangular: bool = false, out: Tensor?)',
  (A, B, upper, left, unitriangular): Tensor => {
    checkSystem('linalg.solveTriangular', A, B, left);
    return triangular(A, B, upper, left, unitriangular);
  });

/** A square, B matrices of the size and dtype that fit. */
export function checkSystem(op: string, A: Tensor, B: Tensor, left: boolean): void {
  requireSquare(op, 'A', A);
  requireMatrices(op, 'B', B);
  requireSameDtype(op, A, B);
  if ((left ? rowsOf(B) : colsOf(B)) !== rowsOf(A)) throw new ShapeError(op, `A of shape [${A.shape.join(', ')}] and B of shape [${B.shape.join(', ')}] do not fit`);
}
