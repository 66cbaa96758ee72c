/** Singular value decomposition. Derivative: Ionescu, Vantzos and Sminchisescu (2015), and Giles (2008), 3.2. */
import { numelOf } from '../core/layout.ts';
import { ArgumentError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { Function, type Context } from '../tensor/function.ts';
import { wantsGrad } from '../tensor/graph.ts';
import { operation } from '../tensor/operation.ts';
import { bySample } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { singular } from './numeric/singular.ts';
import { transpose } from '../core/vectors.ts';
import { batchOf, colsOf, diagonalMatrix, eachMatrix, identity, requireFinite, requireMatrices, rowsOf, write } from './matrices.ts';
import { workingCopy } from './workspace.ts';

/** [U, S, Vh]. */
class SVD extends Function {
  static override forward(ctx: Context, A: Tensor, full: boolean, op: string): [Tensor, Tensor, Tensor] {
    const m = rowsOf(A), n = colsOf(A), k = Math.min(m, n), batch = batchOf(A), count = numelOf(batch);
    const mu = full ? m : k, nv = full ? n : k;
    const values = checkedValues(op, A), u = new Float64Array(count * m * mu), s = new Float64Array(count * k), v = new Float64Array(count * n * nv);
    eachMatrix(batch, (b) => {
      const parts = singular(values, b * m * n, m, n, full ? 'full' : 'reduced');
      requireConverged(op, parts.converged, b);
      u.set(transpose(parts.left, 0, mu, m), b * m * mu);
      s.set(parts.values, b * k);
      v.set(parts.right, b * n * nv);
    });
    const U = write(A, [...batch, m, mu], u), S = write(A, [...batch, k], s), Vh = write(A, [...batch, nv, n], v);
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

function checkedValues(op: string, A: Tensor): Float64Array {
  const values = workingCopy(A);
  requireFinite(op, 'A', values);
  return values;
}

function requireConverged(op: string, converged: boolean, b: number): void {
  if (!converged) throw new ArgumentError(op, 'A', `has singular values that do not converge (matrix ${b})`);
}

const decompose = bySample('linalg.svd', (A: Tensor, full: boolean, op: string): [Tensor, Tensor, Tensor] => SVD.apply(A, full, op));

export function svdOf(op: string, A: Tensor, full: boolean): [Tensor, Tensor, Tensor] {
  requireMatrices(op, 'A', A);
  return decompose(A, full, op);
}

/** The singular values alone; without vectors where no derivative will ask for them. */
export function singularValues(op: string, A: Tensor): Tensor {
  requireMatrices(op, 'A', A);
  if (gradEnabled && wantsGrad(A)) return svdOf(op, A, false)[1];
  const m = rowsOf(A), n = colsOf(A), k = Math.min(m, n), batch = batchOf(A);
  const values = checkedValues(op, A), s = new Float64Array(numelOf(batch) * k);
  eachMatrix(batch, (b) => {
    const parts = singular(values, b * m * n, m, n, 'none');
    requireConverged(op, parts.converged, b);
    s.set(parts.values, b * k);
  });
  return write(A, [...batch, k], s);
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
