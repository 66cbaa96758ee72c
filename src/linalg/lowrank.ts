/** The largest singular values by random projection: Halko, Martinsson and Tropp (2009), algorithms 4.4 and 5.1. */
import { ArgumentError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { operation } from '../tensor/operation.ts';
import { randn } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { colsOf, requireMatrices, rowsOf } from './matrices.ts';
import { qrOf } from './qr.ts';
import { svdOf } from './svd.ts';

type SVD = Named<Tensor, 'U' | 'S' | 'V'>;

/** An orthonormal basis of about what A's columns span, from A's image of q random vectors and `niter` powers. */
function basisOf(op: string, A: Tensor, q: number, niter: number): Tensor {
  const orthonormal = (X: Tensor): Tensor => qrOf(op, X, 'reduced').Q;
  let Q = orthonormal(A.matmul(randn(colsOf(A), q, { dtype: A.dtype })));
  for (let i = 0; i < niter; i++) Q = orthonormal(A.matmul(orthonormal(A.mT.matmul(Q))));
  return Q;
}

function lowrank(op: string, input: Tensor, q: number, niter: number): SVD {
  if (q < 0) throw new ArgumentError(op, 'q', `must not be negative, got ${q}`);
  if (niter < 0) throw new ArgumentError(op, 'niter', `must not be negative, got ${niter}`);
  const wide = rowsOf(input) < colsOf(input), A = wide ? input.mT : input;
  const Q = basisOf(op, A, q, niter);
  const [U, S, Vh] = svdOf(op, Q.mT.matmul(A), false), left = Q.matmul(U), right = Vh.mT;
  return named(['U', 'S', 'V'] as const, wide ? [right, S, left] : [left, S, right]);
}

/** `[U, S, V]` with A - M about U diag(S) V^T of rank q, a little more than the rank that is looked for; by `randn`. PyTorch's `torch.svd_lowrank`. */
export const svdLowrank = operation('svdLowrank(A: Tensor, q: int = 6, niter: int = 2, M: Tensor?)', (A, q, niter, M): SVD => {
  requireMatrices('svdLowrank', 'A', A);
  return lowrank('svdLowrank', M === undefined ? A : A.sub(M.broadcastTo(A.shape)), q, niter);
});

/** `[U, S, V]` of the principal components of A's rows, less their mean unless `center` is false: V's columns are the directions. PyTorch's `torch.pca_lowrank`. */
export const pcaLowrank = operation('pcaLowrank(A: Tensor, q: int?, center: bool = true, niter: int = 2)', (A, q, center, niter): SVD => {
  requireMatrices('pcaLowrank', 'A', A);
  const least = Math.min(rowsOf(A), colsOf(A)), rank = q ?? Math.min(6, least);
  if (rank > least) throw new ArgumentError('pcaLowrank', 'q', `must be at most ${least} for shape [${A.shape.join(', ')}], got ${rank}`);
  return lowrank('pcaLowrank', center ? A.sub(A.mean(-2, true)) : A, rank, niter);
});
