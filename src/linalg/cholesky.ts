/** Cholesky factors. Derivative: Murray (2016), Differentiation of the Cholesky decomposition, eq. 9. */
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { factorInto } from '../tensor/kernels-linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { batchOf, copyColumns, emptyInts, halfLower, requireSquare, requireSuccess, rowsOf, sameBatch } from './matrices.ts';
import { checkSystem, triangular } from './triangular.ts';

/** [L, info] of the matrices in the lower triangle. */
class Cholesky extends Function {
  static override forward(ctx: Context, A: Tensor): [Tensor, Tensor] {
    const L = copyColumns(A), info = emptyInts(A, batchOf(A));
    factorInto('cholesky', L.mT, null, info);
    ctx.saveForBackward(L);
    return [L, info];
  }

  static override backward(ctx: Context, g: Tensor): Tensor {
    const [L] = ctx.savedTensors;
    const half = halfLower(L.mT.matmul(g));
    const middle = triangular(L, half.add(half.mT).mul(0.5), false, false, false);
    return triangular(L.mT, middle, true, true, false);
  }
}

/** [L or U, info]. The triangle that is returned is the one that is read. */
export function choleskyOf(op: string, A: Tensor, upper: boolean): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  const [L, info] = Cholesky.apply(upper ? A.mT : A);
  return [upper ? L.mT : L, info];
}

export function checkedCholesky(op: string, A: Tensor, upper: boolean): Tensor {
  const [L, info] = choleskyOf(op, A, upper);
  requireSuccess(op, 'A', info, 'positive definite');
  return L;
}

/** X of L L^T X = B. The derivative takes all of L for a variable, as PyTorch's does. */
class CholeskySolve extends Function {
  static override forward(ctx: Context, B: Tensor, L: Tensor): Tensor {
    const X = triangular(L.mT, triangular(L, B, false, true, false), true, true, false);
    ctx.saveForBackward(L, X);
    return X;
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [L, X] = ctx.savedTensors;
    const gB = CholeskySolve.apply(g, L), product = gB.matmul(X.mT);
    return [gB, ctx.needsInputGrad[1] ? product.add(product.mT).matmul(L).neg() : null];
  }
}

/** X of A X = B from the factor of A. */
export function solveCholesky(op: string, B: Tensor, L: Tensor, upper: boolean): Tensor {
  checkSystem(op, L, B, true);
  const [right, lower] = sameBatch(op, B, upper ? L.mT : L);
  return CholeskySolve.apply(right, lower);
}

/** The lower (or upper) triangular L with A = L L^T, of symmetric positive definite matrices. PyTorch's `torch.linalg.cholesky`. */
export const cholesky = operation('linalg.cholesky(A: Tensor, *, upper: bool = false, out: Tensor?)', (A, upper): Tensor => checkedCholesky('linalg.cholesky', A, upper));

/** `[L, info]` without an error: `info` is the order of the first minor that is not positive definite, or 0. PyTorch's `torch.linalg.cholesky_ex`. */
export const choleskyEx = operation('linalg.choleskyEx(A: Tensor, *, upper: bool = false, checkErrors: bool = false)', (A, upper, checkErrors): Named<Tensor, 'L' | 'info'> => {
  const parts = choleskyOf('linalg.choleskyEx', A, upper);
  if (checkErrors) requireSuccess('linalg.choleskyEx', 'A', parts[1], 'positive definite');
  return named(['L', 'info'] as const, parts);
});
