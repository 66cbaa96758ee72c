/** Singular value decomposition. Derivative: Ionescu, Vantzos and Sminchisescu (2015), and Giles (2008), 3.2. */
import { named, type Named } from '../core/named.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { Function, type Context } from '../tensor/function.ts';
import { wantsGrad } from '../tensor/graph.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { emptyShape } from '../tensor/kernels.ts';
import { orthogonalInto } from '../tensor/kernels-linalg.ts';
import { batchOf, colsOf, copyRows, diagonalMatrix, emptyInts, identity, requireConverged, requireMatrices, rowsOf } from './matrices.ts';

/** [U, S, Vh]. */
class SVD extends Function {
  static override forward(ctx: Context, A: Tensor, full: boolean, op: string): [Tensor, Tensor, Tensor] {
    const m = rowsOf(A), n = colsOf(A), k = Math.min(m, n), batch = batchOf(A);
    const U = emptyShape(A, [...batch, m, full ? m : k], A.dtypeCode), Vh = emptyShape(A, [...batch, full ? n : k, n], A.dtypeCode);
    const S = solve(A, U, Vh, op);
    ctx.saveForBackward(U, S, Vh);
    ctx.setMaterializeGrads(false);
    return [U, S, Vh];
  }

  static override backward(ctx: Context, gU: Tensor | null, gS: Tensor | null, gVh: Tensor | null): (Tensor | null)[] {
    const [U, S, Vh] = ctx.savedTensors, k = S.shape[S.ndim - 1];
    const cols = (x: Tensor | null): Tensor | null => (x === null || colsOf(x) === k ? x : x.narrow(-1, 0, k));
    const rows = (x: Tensor | null): Tensor | null => (x === null || rowsOf(x) === k ? x : x.narrow(-2, 0, k));
    return [svdBackward(cols(U) as Tensor, S, rows(Vh) as Tensor, cols(gU), gS, rows(gVh)), null, null];
  }
}

function svdBackward(U: Tensor, S: Tensor, Vh: Tensor, gU: Tensor | null, gS: Tensor | null, gVh: Tensor | null): Tensor | null {
  if (gU === null && gVh === null) return gS === null ? null : U.mul(gS.unsqueeze(-2)).matmul(Vh);
  const skew = (x: Tensor): Tensor => x.sub(x.mT);
  const k = S.shape[S.ndim - 1], right = S.unsqueeze(-2), left = S.unsqueeze(-1);
  const gaps = right.square().sub(left.square()).mul(identity(S, k).neg().add(1)).add(identity(S, k));
  const parts: Tensor[] = [];
  if (gU !== null) parts.push(skew(U.mT.matmul(gU)).div(gaps).mul(right));
  if (gVh !== null) parts.push(skew(Vh.matmul(gVh.mT)).div(gaps).mul(left));
  if (gS !== null) parts.push(diagonalMatrix(gS));
  const inner = parts.reduce((sum, part) => sum.add(part));
  let out = U.matmul(inner).matmul(Vh);
  if (gU !== null && rowsOf(U) > k) {
    const scaled = gU.div(right);
    out = out.add(scaled.sub(U.matmul(U.mT.matmul(scaled))).matmul(Vh));
  }
  if (gVh !== null && colsOf(Vh) > k) {
    const scaled = gVh.div(left);
    out = out.add(U.matmul(scaled.sub(scaled.matmul(Vh.mT).matmul(Vh))));
  }
  return out;
}

/** The singular values; U and Vh, or neither, receive the vectors. */
function solve(A: Tensor, U: Tensor | null, Vh: Tensor | null, op: string): Tensor {
  const S = emptyShape(A, [...batchOf(A), Math.min(rowsOf(A), colsOf(A))], A.dtypeCode), info = emptyInts(A, batchOf(A));
  orthogonalInto('svd', copyRows(A), S, info, U, Vh);
  requireConverged(op, A, info, 'singular values');
  return S;
}

const decompose = byBatch((A: Tensor, full: boolean, op: string): [Tensor, Tensor, Tensor] => SVD.apply(A, full, op));

const valuesAlone = byBatch((A: Tensor, op: string): Tensor => solve(A, null, null, op));

export function svdOf(op: string, A: Tensor, full: boolean): [Tensor, Tensor, Tensor] {
  requireMatrices(op, 'A', A);
  return decompose(A, full, op);
}

/** The singular values alone; without vectors where no derivative will ask for them. */
export function singularValues(op: string, A: Tensor): Tensor {
  requireMatrices(op, 'A', A);
  return gradEnabled && wantsGrad(A) ? decompose(A, false, op)[1] : valuesAlone(A, op);
}

/**
 * `[U, S, Vh]` with A = U diag(S) Vh: orthonormal columns of U and rows of Vh, S descending. `[..., m, m]`, `[..., k]` and
 * `[..., n, n]`, k = min(m, n); with `fullMatrices = false` the first k columns and rows only. Every `driver` is the same
 * algorithm. PyTorch's `torch.linalg.svd`.
 */
export const svd = operation("linalg.svd(A: Tensor, fullMatrices: bool = true, *, driver: 'gesvd'|'gesvdj'|'gesvda'?)", (A, full): Named<Tensor, 'U' | 'S' | 'Vh'> =>
  named(['U', 'S', 'Vh'] as const, svdOf('linalg.svd', A, full)));

/** The singular values of `[..., m, n]` matrices, descending, `[..., min(m, n)]`. PyTorch's `torch.linalg.svdvals`. */
export const svdvals = operation("linalg.svdvals(A: Tensor, *, driver: 'gesvd'|'gesvdj'|'gesvda'?, out: Tensor?)", (A): Tensor => singularValues('linalg.svdvals', A));
