/** Rank, pseudo-inverse, condition and least squares. Derivative of the pseudo-inverse: Golub and Pereyra (1973). */
import { F32, I64 } from '../core/dtype.ts';
import { numelOf } from '../core/layout.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { TensorCore } from '../tensor/core.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { operation } from '../tensor/operation.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { eighOf, eigenvaluesOf } from './eigh.ts';
import { batchOf, colsOf, requireMatrices, requireSameDtype, requireSquare, rowsOf } from './matrices.ts';
import { matrixNormOf } from './norms.ts';
import { qrOf } from './qr.ts';
import { inverseOf } from './solve.ts';
import { singularValues, svdOf } from './svd.ts';
import { triangular } from './triangular.ts';

type Tolerance = Tensor | Scalar | undefined;

/** As large as a singular value must be to count: max(atol, rtol * largest); rtol is eps * max(m, n) where neither is given. */
function threshold(A: Tensor, S: Tensor, atol: Tolerance, rtol: Tolerance): Tensor {
  const absolute = tolerance(S, atol, 0);
  const fallback = (A.dtypeCode === F32 ? 2 ** -23 : 2 ** -52) * Math.max(rowsOf(A), colsOf(A));
  const usual = absolute.detach().mul(0).add(fallback).where(absolute.le(0), 0);
  const relative = rtol === undefined ? usual : tolerance(S, rtol, 0);
  const peak = S.shape[S.ndim - 1] === 0 ? S.newZeros(S.layout.shape.slice(0, -1)) : S.detach().amax(-1);
  return absolute.maximum(relative.mul(peak)).unsqueeze(-1);
}

const tolerance = (S: Tensor, value: Tolerance, fallback: number): Tensor =>
  (value instanceof TensorCore ? (value as Tensor).detach().castTo(S.dtypeCode) : S.newFull([], Number(value ?? fallback)));

/** How many singular values (absolute eigenvalues with `hermitian`) exceed the tolerance: int64. PyTorch's `torch.linalg.matrix_rank`. */
export const matrixRank = operation('linalg.matrixRank(A: Tensor, *, atol: operand?, rtol: operand?, hermitian: bool = false, out: Tensor?)', (A, atol, rtol, hermitian): Tensor => {
  const op = 'linalg.matrixRank';
  requireMatrices(op, 'A', A);
  return noGrad(() => {
    const S = hermitian ? eigenvaluesOf(op, A, 'L').abs() : singularValues(op, A);
    return S.gt(threshold(A, S, atol, rtol)).sum(-1);
  });
});

class PseudoInverse extends Function {
  static override forward(ctx: Context, A: Tensor, atol: Tolerance, rtol: Tolerance, hermitian: boolean, op: string): Tensor {
    let inverse: Tensor;
    // In float64 throughout: one rounding.
    const wide = A.double();
    if (hermitian) {
      const [L, V] = eighOf(op, wide, 'L');
      const size = L.abs();
      inverse = V.mul(L.reciprocal().where(size.gt(threshold(A, size, atol, rtol)), 0).unsqueeze(-2)).matmul(V.mT);
    } else {
      const [U, S, Vh] = svdOf(op, wide, false);
      inverse = Vh.mT.mul(S.reciprocal().where(S.gt(threshold(A, S, atol, rtol)), 0).unsqueeze(-2)).matmul(U.mT);
    }
    const out = inverse.castTo(A.dtypeCode);
    ctx.saveForBackward(A, out);
    return out;
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [A, P] = ctx.savedTensors;
    return [pinvBackward(A, P, g), null, null, null, null];
  }
}

/** -P^T g P^T + (I - A P) g^T P P^T + P^T P g^T (I - P A), multiplied out on the smaller side. */
function pinvBackward(A: Tensor, P: Tensor, g: Tensor): Tensor {
  const gT = g.mT, Pt = P.mT;
  const first = Pt.matmul(g).matmul(Pt).neg();
  const second = gT.sub(A.matmul(P.matmul(gT))).matmul(P).matmul(Pt);
  const third = Pt.matmul(P).matmul(gT.sub(gT.matmul(P).matmul(A)));
  return first.add(second).add(third);
}

export function pinvOf(op: string, A: Tensor, atol: Tolerance, rtol: Tolerance, hermitian: boolean): Tensor {
  requireMatrices(op, 'A', A);
  if (hermitian) requireSquare(op, 'A', A);
  return PseudoInverse.apply(A, atol, rtol, hermitian, op);
}

/** The Moore-Penrose inverse; singular values up to max(atol, rtol * largest) count as zero. PyTorch's `torch.linalg.pinv`. */
export const pinv = operation('linalg.pinv(A: Tensor, *, atol: operand?, rtol: operand?, hermitian: bool = false, out: Tensor?)',
  (A, atol, rtol, hermitian): Tensor => pinvOf('linalg.pinv', A, atol, rtol, hermitian));

/** The norm of A times the norm of its inverse; p is an order of `matrixNorm`, absent the 2-norm; infinite for singular matrices. PyTorch's `torch.linalg.cond`. */
export const cond = operation('linalg.cond(A: Tensor, p: any?, *, out: Tensor?)', (A, p): Tensor => {
  const op = 'linalg.cond';
  if (p === undefined || p === 2 || p === -2) {
    requireMatrices(op, 'A', A);
    const S = singularValues(op, A);
    const largest = S.select(-1, 0), smallest = S.select(-1, -1);
    return p === -2 ? smallest.div(largest) : largest.div(smallest);
  }
  requireSquare(op, 'A', A);
  if (A.numel() === 0) return A.newZeros(batchOf(A));
  const [inverse, info] = inverseOf(op, A);
  // The norms of what has no inverse are not asked for: it may hold NaN.
  if (p === 'nuc' && info.any().item()) return A.newFull(batchOf(A), Infinity);
  const product = matrixNormOf(op, A, p, [-2, -1], false).mul(matrixNormOf(op, inverse, p, [-2, -1], false));
  return product.where(info.eq(0), Infinity);
});

class LeastSquares extends Function {
  static override forward(ctx: Context, A: Tensor, B: Tensor, rcond: number, driver: string): [Tensor, Tensor, Tensor] {
    const wide = A.double(), right = B.double(), k = Math.min(rowsOf(A), colsOf(A));
    const [X, S, rank] = driver === 'gels' ? fullRank(wide, right) : anyRank(wide, right, rcond);
    const solution = X.castTo(A.dtypeCode);
    const values = driver === 'gelsd' || driver === 'gelss' ? S.castTo(A.dtypeCode) : A.newZeros([0]);
    ctx.markNonDifferentiable(values);
    ctx.saveForBackward(A, B);
    return [solution, driver === 'gels' ? A.newFull(batchOf(A), k, { dtype: 'int64' }) : rank, values];
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [A, B] = ctx.savedTensors;
    const P = pinvOf('linalg.lstsq', A, undefined, undefined, false);
    return [ctx.needsInputGrad[0] ? pinvBackward(A, P, g.matmul(B.mT)) : null, P.mT.matmul(g), null, null];
  }
}

/** By QR, of A or for wide matrices of its transpose (the solution of least norm). */
function fullRank(A: Tensor, B: Tensor): [Tensor, Tensor, Tensor] {
  const tall = rowsOf(A) >= colsOf(A);
  const [Q, R] = qrOf('linalg.lstsq', tall ? A : A.mT, 'reduced');
  const X = tall ? triangular(R, Q.mT.matmul(B), true, true, false) : Q.matmul(triangular(R.mT, B, false, true, false));
  return [X, A, A];
}

function anyRank(A: Tensor, B: Tensor, rcond: number): [Tensor, Tensor, Tensor] {
  const [U, S, Vh] = svdOf('linalg.lstsq', A, false);
  const kept = S.gt(threshold(A, S, 0, rcond));
  return [Vh.mT.matmul(S.reciprocal().where(kept, 0).unsqueeze(-1).mul(U.mT.matmul(B))), S, kept.sum(-1)];
}

/**
 * `[solution, residuals, rank, singularValues]` of the X that makes A X nearest to B, of least norm where several do. A `[..., m, n]`,
 * B `[..., m, k]` or vectors `[..., m]`. `driver` 'gels' takes full rank for granted (QR), the others find the rank (SVD);
 * 'gelsd' and 'gelss' also give the singular values. What a driver does not compute is empty. PyTorch's `torch.linalg.lstsq`.
 */
export const lstsq = operation("linalg.lstsq(A: Tensor, B: Tensor, rcond: float?, *, driver: 'gels'|'gelsy'|'gelsd'|'gelss' = 'gelsy')",
  (A, B, rcond, driver): Named<Tensor, 'solution' | 'residuals' | 'rank' | 'singularValues'> => {
    const op = 'linalg.lstsq';
    requireMatrices(op, 'A', A);
    requireSameDtype(op, A, B);
    const m = rowsOf(A), n = colsOf(A), vector = B.ndim === A.ndim - 1;
    const right = vector ? B.unsqueeze(-1) : B;
    if (right.ndim < 2 || rowsOf(right) !== m) throw new ShapeError(op, `A of shape [${A.shape.join(', ')}] and B of shape [${B.shape.join(', ')}] do not fit`);
    if (batchOf(right).join() !== batchOf(A).join()) throw new ShapeError(op, `A and B must have one batch shape, got [${A.shape.join(', ')}] and [${B.shape.join(', ')}]`);
    if (rcond !== undefined && !(rcond >= 0)) throw new ArgumentError(op, 'rcond', `must not be negative, got ${rcond}`);
    const limit = rcond ?? (A.dtypeCode === F32 ? 2 ** -23 : 2 ** -52) * Math.max(m, n);
    const [X, rank, values] = LeastSquares.apply(A, right, limit, driver) as [Tensor, Tensor, Tensor];
    const complete = m > n && driver !== 'gelsy' && (rank.numel() === 0 || rank.eq(n).all().item() as unknown as boolean);
    const residuals = complete ? A.matmul(X).sub(right).square().sum(-2) : X.reshape([numelOf(X.shape)]).narrow(0, 0, 0);
    return named(['solution', 'residuals', 'rank', 'singularValues'] as const,
      [vector ? X.squeeze(-1) : X, residuals, driver === 'gels' ? rank.newZeros([0]) : rank.castTo(I64), values]);
  });
