/** Eigenvalues and eigenvectors of symmetric matrices. Derivative: Giles (2008), 3.1. */
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { gradEnabled } from '../tensor/grad-mode.ts';
import { wantsGrad } from '../tensor/graph.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { emptyShape } from '../tensor/kernels.ts';
import { orthogonalInto } from '../tensor/kernels-linalg.ts';
import { batchOf, copyRows, diagonalMatrix, emptyInts, identity, requireConverged, requireSquare, rowsOf } from './matrices.ts';

export type Triangle = 'L' | 'U';

class Eigh extends Function {
  static override forward(ctx: Context, A: Tensor, uplo: Triangle, op: string): [Tensor, Tensor] {
    const V = emptyShape(A, A.shape, A.dtypeCode), L = solve(A, uplo, V, op);
    ctx.saveForBackward(L, V);
    ctx.setMaterializeGrads(false);
    return [L, V];
  }

  static override backward(ctx: Context, gL: Tensor | null, gV: Tensor | null): (Tensor | null)[] {
    const [L, V] = ctx.savedTensors;
    if (gV === null) return [gL === null ? null : V.mul(gL.unsqueeze(-2)).matmul(V.mT), null, null];
    // Off the diagonal (V^T gV)_ij / (l_j - l_i).
    const eye = identity(L, rowsOf(V));
    const gaps = L.unsqueeze(-2).sub(L.unsqueeze(-1)).add(eye);
    const inner = V.mT.matmul(gV).mul(eye.neg().add(1)).div(gaps);
    return [V.matmul(gL === null ? inner : inner.add(diagonalMatrix(gL))).matmul(V.mT), null, null];
  }
}

/** The eigenvalues; V receives the vectors. */
function solve(A: Tensor, uplo: Triangle, V: Tensor | null, op: string): Tensor {
  const L = emptyShape(A, [...batchOf(A), rowsOf(A)], A.dtypeCode), info = emptyInts(A, batchOf(A));
  orthogonalInto('eigh', copyRows(A), L, info, V, null, uplo === 'U');
  requireConverged(op, A, info, 'eigenvalues');
  return L;
}

const decompose = byBatch((A: Tensor, uplo: Triangle, op: string): [Tensor, Tensor] => Eigh.apply(A, uplo, op));

const valuesAlone = byBatch((A: Tensor, uplo: Triangle, op: string): Tensor => solve(A, uplo, null, op));

/** The eigenvalues alone; without vectors where no derivative will ask for them. */
export function eigenvaluesOf(op: string, A: Tensor, uplo: Triangle): Tensor {
  requireSquare(op, 'A', A);
  return gradEnabled && wantsGrad(A) ? decompose(A, uplo, op)[0] : valuesAlone(A, uplo, op);
}

export function eighOf(op: string, A: Tensor, uplo: Triangle): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return decompose(A, uplo, op);
}

/** `[eigenvalues, eigenvectors]` of symmetric matrices, of which one triangle is read: ascending `[..., n]`, and orthonormal columns `[..., n, n]`. PyTorch's `torch.linalg.eigh`. */
export const eigh = operation("linalg.eigh(A: Tensor, UPLO: 'L'|'U' = 'L')", (A, uplo): Named<Tensor, 'eigenvalues' | 'eigenvectors'> =>
  named(['eigenvalues', 'eigenvectors'] as const, eighOf('linalg.eigh', A, uplo)));

/** The eigenvalues of {@link eigh}. PyTorch's `torch.linalg.eigvalsh`. */
export const eigvalsh = operation("linalg.eigvalsh(A: Tensor, UPLO: 'L'|'U' = 'L', *, out: Tensor?)", (A, uplo): Tensor => eigenvaluesOf('linalg.eigvalsh', A, uplo));
