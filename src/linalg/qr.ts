/** QR and products of reflections. Derivative: Walter and Lehmann (2010), Algorithmic differentiation of linear algebra functions. */
import { AutogradError, ShapeError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { record, recording, wantsGrad } from '../tensor/graph.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { emptyShape } from '../tensor/kernels.ts';
import { orthogonalInto } from '../tensor/kernels-linalg.ts';
import { batchOf, colsOf, copyRows, halfLower, identity, requireMatrices, requireSameDtype, rowsOf } from './matrices.ts';
import { triangular } from './triangular.ts';

export type QRMode = 'reduced' | 'complete' | 'r';

/** Room for one number per reflection. */
const emptyFactors = (A: Tensor): Tensor => emptyShape(A, [...batchOf(A), Math.min(rowsOf(A), colsOf(A))], A.dtypeCode);

/** [Q, R]; Q is empty in mode 'r'. */
class QR extends Function {
  static override forward(ctx: Context, A: Tensor, mode: QRMode): [Tensor, Tensor] {
    const m = rowsOf(A), n = colsOf(A), k = mode === 'complete' ? m : Math.min(m, n), batch = batchOf(A);
    const Q = emptyShape(A, mode === 'r' ? [0] : [...batch, m, k], A.dtypeCode), R = emptyShape(A, [...batch, k, n], A.dtypeCode);
    orthogonalInto('qr', copyRows(A), emptyFactors(A), null, mode === 'r' ? null : Q, R);
    ctx.saveForBackward(Q, R);
    ctx.mode = mode;
    ctx.setMaterializeGrads(false);
    return [Q, R];
  }

  static override backward(ctx: Context, gQ: Tensor | null, gR: Tensor | null): [Tensor | null, null] {
    const [Q, R] = ctx.savedTensors;
    if (ctx.mode === 'r') throw new AutogradError("linalg.qr: mode 'r' has no derivative; use mode 'reduced'");
    const m = rowsOf(Q), n = colsOf(R);
    if (ctx.mode === 'complete' && m > n) throw new AutogradError("linalg.qr: mode 'complete' has no derivative for more rows than columns; use mode 'reduced'");
    if (gQ === null && gR === null) return [null, null];
    if (m >= n) return [square(Q, R, gQ, gR), null];
    // A = [A1 A2], A1 = Q R1 square, R2 = Q^T A2.
    const R1 = R.narrow(-1, 0, m);
    if (gR === null) return [square(Q, R1, gQ, null).cat([R.narrow(-1, m, n - m).mul(0)], -1), null];
    const R2 = R.narrow(-1, m, n - m), g2 = gR.narrow(-1, m, n - m);
    const through = Q.matmul(R2).matmul(g2.mT);
    return [square(Q, R1, gQ === null ? through : gQ.add(through), gR.narrow(-1, 0, m)).cat([Q.matmul(g2)], -1), null];
  }
}

/**
 * `[A, tau]`: R on and above the diagonal of A, below it the reflections, whose product with the factors tau
 * ({@link householderProduct}) is Q. Not differentiable. LAPACK's geqrf.
 */
export function reflectionsOf(op: string, A: Tensor): [Tensor, Tensor] {
  requireMatrices(op, 'A', A);
  return reflect(A);
}

const reflect = byBatch((A: Tensor): [Tensor, Tensor] => {
  const packed = copyRows(A), tau = emptyFactors(A);
  orthogonalInto('qr', packed, tau, null, null, null);
  return [packed, tau];
});

/** For at least as many rows as columns. */
function square(Q: Tensor, R: Tensor, gQ: Tensor | null, gR: Tensor | null): Tensor {
  const inner = gR === null ? (Q.mT.matmul(gQ as Tensor)).neg() : gQ === null ? gR.matmul(R.mT) : gR.matmul(R.mT).sub(Q.mT.matmul(gQ));
  const half = halfLower(inner.mT).mT;
  const turned = Q.matmul(half.add(half.mT));
  return triangular(R.mT, gQ === null ? turned : turned.add(gQ), false, false, false);
}

const factorBatch = byBatch((A: Tensor, mode: QRMode): [Tensor, Tensor] => QR.apply(A, mode));

export function qrOf(op: string, A: Tensor, mode: QRMode): Named<Tensor, 'Q' | 'R'> {
  requireMatrices(op, 'A', A);
  return named(['Q', 'R'] as const, factorBatch(A, mode));
}

/**
 * `[Q, R]` with A = Q R, Q with orthonormal columns, R upper triangular: `[..., m, k]` and `[..., k, n]` with k = min(m, n), or m
 * in mode 'complete'; mode 'r' leaves Q out. PyTorch's `torch.linalg.qr`.
 */
export const qr = operation("linalg.qr(A: Tensor, mode: 'reduced'|'complete'|'r' = 'reduced')", (A, mode): Named<Tensor, 'Q' | 'R'> => qrOf('linalg.qr', A, mode));

/** The first n columns of the product of the reflections I - tau v v^T, of which A `[..., m, n]` holds the v below its diagonal. PyTorch's `torch.linalg.householder_product`. */
export const householderProduct = operation('linalg.householderProduct(A: Tensor, tau: Tensor, *, out: Tensor?)', (A, tau): Tensor => productOf('linalg.householderProduct', A, tau));

const columns = byBatch((A: Tensor, tau: Tensor): Tensor => {
  const out = emptyShape(A, A.shape, A.dtypeCode);
  orthogonalInto('columns', copyRows(A.narrow(-1, 0, tau.shape[tau.ndim - 1])), tau.contiguous(), null, out, null);
  return out;
});

export function productOf(op: string, A: Tensor, tau: Tensor): Tensor {
  requireMatrices(op, 'A', A);
  requireSameDtype(op, A, tau);
  const m = rowsOf(A), n = colsOf(A), k = tau.shape[tau.ndim - 1];
  if (m < n || tau.ndim !== A.ndim - 1 || k > n || tau.layout.shape.slice(0, -1).join() !== batchOf(A).join()) {
    throw new ShapeError(op, `A of shape [${A.shape.join(', ')}] must have at least as many rows as columns, and tau of shape [${tau.shape.join(', ')}] at most one number per column`);
  }
  if (A.numel() === 0) return attached(op, A.newZeros([...A.shape]), A, tau);
  if (!recording(A, tau)) return columns(A, tau);
  const vectors = A.tril(-1);
  let Q = identity(A, m).narrow(-1, 0, n).expand([...A.shape]);
  for (let j = k - 1; j >= 0; j--) {
    const v = vectors.narrow(-1, j, 1).add(identity(A, m).narrow(-1, j, 1));
    Q = Q.sub(v.mul(tau.narrow(-1, j, 1).unsqueeze(-1)).matmul(v.mT.matmul(Q)));
  }
  return Q;
}

/** In the graph, as in PyTorch, though no gradient flows. */
function attached(op: string, out: Tensor, ...inputs: readonly Tensor[]): Tensor {
  if (recording(...inputs)) record(op, out, inputs.map((x) => (wantsGrad(x) ? x : null)), () => inputs.map(() => null));
  return out;
}
