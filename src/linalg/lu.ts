/** LU factors, and what is solved with them. Derivatives by the rule for triangular factors of Giles (2008) and, for rectangles, their blocks. */
import { numelOf } from '../core/layout.ts';
import { ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import { factorInto } from '../tensor/kernels-linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { copyElements } from '../tensor/values.ts';
import { batchOf, colsOf, copyRows, eachMatrix, emptyInts, identity, requireMatrices, requirePivots, requireSameDtype, requireSquare, requireSuccess, rowsOf, sameBatch, write } from './matrices.ts';
import { triangular } from './triangular.ts';

/** [LU, pivots, info] of a batch; LU is differentiable. */
class LUFactor extends Function {
  static override forward(ctx: Context, A: Tensor, pivot: boolean): [Tensor, Tensor, Tensor] {
    const batch = batchOf(A), LU = copyRows(A), pivots = emptyInts(A, [...batch, Math.min(rowsOf(A), colsOf(A))]), info = emptyInts(A, batch);
    factorInto('lu', LU, pivots, info, null, pivot);
    ctx.saveForBackward(LU, pivots);
    return [LU, pivots, info];
  }

  static override backward(ctx: Context, g: Tensor): [Tensor, null] {
    const [LU, pivots] = ctx.savedTensors;
    const m = rowsOf(LU), n = colsOf(LU), k = Math.min(m, n);
    const P = permutation(LU, pivots);
    const L1 = LU.narrow(-2, 0, k).narrow(-1, 0, k), g1 = g.narrow(-2, 0, k).narrow(-1, 0, k);
    const lower = L1.tril(-1).add(identity(LU, k)), upper = L1.triu();
    let gl = lower.mT.matmul(g1.tril(-1)), gu = g1.triu().matmul(upper.mT);
    const below = m > k ? LU.narrow(-2, k, m - k) : null, right = n > k ? LU.narrow(-1, k, n - k) : null;
    if (below !== null) gu = gu.sub(below.mT.matmul(g.narrow(-2, k, m - k)));
    if (right !== null) gl = gl.sub(g.narrow(-1, k, n - k).matmul(right.mT));
    const middle = triangular(lower.mT, gl.tril(-1).add(gu.triu()), true, true, true);
    let out = triangular(upper.mT, middle, false, false, false);
    if (below !== null) out = out.cat([triangular(upper.mT, g.narrow(-2, k, m - k), false, false, false)], -2);
    if (right !== null) out = out.cat([triangular(lower.mT, g.narrow(-1, k, n - k), true, true, true)], -1);
    return [P.matmul(out), null];
  }
}

/** The row of the factored matrix that stands at each place after the exchanges. */
function permutationOf(pivots: Int32Array, p0: number, k: number, m: number): Int32Array {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  for (let i = 0; i < k; i++) {
    const at = pivots[p0 + i] - 1, value = order[i];
    order[i] = order[at];
    order[at] = value;
  }
  return order;
}

/** The matrices P of A = P L U, from pivots. */
const permutation = byBatch((LU: Tensor, pivots: Tensor): Tensor => {
  const m = rowsOf(LU), k = pivots.shape[pivots.ndim - 1], batch = batchOf(LU);
  requirePivots('luUnpack', pivots, [...batch, k], m);
  const rows = copyElements(pivots) as Int32Array, values = new Float64Array(numelOf(batch) * m * m);
  eachMatrix(batch, (b) => permutationOf(rows, b * k, k, m).forEach((row, i) => (values[b * m * m + row * m + i] = 1)));
  return write(LU, [...batch, m, m], values);
});

export function factor(op: string, A: Tensor, pivot: boolean): [Tensor, Tensor, Tensor] {
  requireMatrices(op, 'A', A);
  return LUFactor.apply(A, pivot);
}

/** [L, U] out of the compact form. */
export function unpack(LU: Tensor): [Tensor, Tensor] {
  const m = rowsOf(LU), n = colsOf(LU), k = Math.min(m, n);
  const L = LU.narrow(-1, 0, k).tril(-1), U = LU.narrow(-2, 0, k).triu();
  return [L.add(m === k ? identity(LU, k) : identity(LU, m).narrow(-1, 0, k)), U];
}

/** `[LU, pivots, info]` without an error for singular matrices: `info` is the first zero pivot, counted from 1, or 0. PyTorch's `torch.linalg.lu_factor_ex`. */
export const luFactorEx = operation('linalg.luFactorEx(A: Tensor, *, pivot: bool = true, checkErrors: bool = false)', (A, pivot, checkErrors): Named<Tensor, 'LU' | 'pivots' | 'info'> => {
  const [LU, pivots, info] = factor('linalg.luFactorEx', A, pivot);
  if (checkErrors) requireSuccess('linalg.luFactorEx', 'A', info, 'invertible');
  return named(['LU', 'pivots', 'info'] as const, [LU, pivots, info]);
});

/** `[LU, pivots]`: both factors in one `[..., m, n]` tensor, and the row exchanges as int32, from 1. PyTorch's `torch.linalg.lu_factor`. */
export const luFactor = operation('linalg.luFactor(A: Tensor, *, pivot: bool = true)', (A, pivot): Named<Tensor, 'LU' | 'pivots'> =>
  named(['LU', 'pivots'] as const, factor('linalg.luFactor', A, pivot).slice(0, 2)));

/** `[P, L, U]` with A = P L U, of `[..., m, n]` matrices. PyTorch's `torch.linalg.lu`. */
export const lu = operation('linalg.lu(A: Tensor, *, pivot: bool = true)', (A, pivot): Named<Tensor, 'P' | 'L' | 'U'> => {
  const [LU, pivots] = factor('linalg.lu', A, pivot);
  return named(['P', 'L', 'U'] as const, [pivot ? permutation(LU, pivots) : LU.newZeros([0]), ...unpack(LU)]);
});

/** X of A X = B (or X A = B, or with the transpose of A) from A's factors. Differentiable in LU and B. */
export function solveFactored(op: string, LU: Tensor, pivots: Tensor, B: Tensor, left: boolean, adjoint: boolean): Tensor {
  requireSquare(op, 'LU', LU);
  requireMatrices(op, 'B', B);
  requireSameDtype(op, LU, B);
  const n = rowsOf(LU);
  requirePivots(op, pivots, LU.layout.shape.slice(0, -1), n);
  if (!left) return solveFactored(op, LU, pivots, B.mT, true, !adjoint).mT;
  if (rowsOf(B) !== n) throw new ShapeError(op, `B of shape [${B.shape.join(', ')}] does not fit LU of shape [${LU.shape.join(', ')}]`);
  const P = permutation(LU, pivots);
  const [factors, right] = sameBatch(op, LU, B);
  if (!adjoint) return triangular(factors, triangular(factors, P.mT.matmul(right), false, true, true), true, true, false);
  return P.matmul(triangular(factors.mT, triangular(factors.mT, right, false, true, false), true, true, true));
}

/** X of A X = B from A's LU factors; with `left = false` of X A = B, with `adjoint` of the transpose of A. PyTorch's `torch.linalg.lu_solve`. */
export const luSolve = operation('linalg.luSolve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = true, adjoint: bool = false, out: Tensor?)',
  (LU, pivots, B, left, adjoint): Tensor => solveFactored('linalg.luSolve', LU, pivots, B, left, adjoint));

/** P, L and U for a caller that has the compact form. */
export function unpackAll(op: string, LU: Tensor, pivots: Tensor): [Tensor, Tensor, Tensor] {
  requireMatrices(op, 'LU', LU);
  requirePivots(op, pivots, [...batchOf(LU), Math.min(rowsOf(LU), colsOf(LU))], rowsOf(LU));
  return [permutation(LU, pivots), ...unpack(LU)];
}
