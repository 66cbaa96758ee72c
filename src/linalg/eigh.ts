/** Eigenvalues and eigenvectors of symmetric matrices. Derivative: Giles (2008), 3.1. */
import { numelOf } from '../core/layout.ts';
import { ArgumentError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { bySample } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { eigenSymmetric } from './numeric/symmetric.ts';
import { transpose } from '../core/vectors.ts';
import { batchOf, diagonalMatrix, eachMatrix, identity, requireFinite, requireSquare, rowsOf, write } from './matrices.ts';
import { workingCopy } from './workspace.ts';

export type Triangle = 'L' | 'U';

class Eigh extends Function {
  static override forward(ctx: Context, A: Tensor, uplo: Triangle, op: string): [Tensor, Tensor] {
    const n = rowsOf(A), batch = batchOf(A), count = numelOf(batch);
    const values = workingCopy(A), eigenvalues = new Float64Array(count * n), vectors = new Float64Array(count * n * n);
    requireFinite(op, 'A', values);
    const matrix = new Float64Array(n * n), rows = new Float64Array(n * n);
    eachMatrix(batch, (b) => {
      symmetric(values, b * n * n, n, uplo, matrix);
      if (!eigenSymmetric(matrix, n, eigenvalues.subarray(b * n, (b + 1) * n), rows)) throw new ArgumentError(op, 'A', `has eigenvalues that do not converge (matrix ${b})`);
      vectors.set(transpose(rows, 0, n, n), b * n * n);
    });
    const L = write(A, [...batch, n], eigenvalues), V = write(A, A.shape, vectors);
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

/** The whole symmetric matrix of which one triangle is given. */
function symmetric(a: Float64Array, a0: number, n: number, uplo: Triangle, into: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) into[i * n + j] = into[j * n + i] = uplo === 'L' ? a[a0 + i * n + j] : a[a0 + j * n + i];
  }
}

const decompose = bySample('linalg.eigh', (A: Tensor, uplo: Triangle, op: string): [Tensor, Tensor] => Eigh.apply(A, uplo, op));

export function eighOf(op: string, A: Tensor, uplo: Triangle): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return decompose(A, uplo, op);
}

/** `[eigenvalues, eigenvectors]` of symmetric matrices, of which one triangle is read: ascending `[..., n]`, and orthonormal columns `[..., n, n]`. PyTorch's `torch.linalg.eigh`. */
export const eigh = operation("linalg.eigh(A: Tensor, UPLO: 'L'|'U' = 'L')", (A, uplo): Named<Tensor, 'eigenvalues' | 'eigenvectors'> =>
  named(['eigenvalues', 'eigenvectors'] as const, eighOf('linalg.eigh', A, uplo)));

/** The eigenvalues of {@link eigh}. PyTorch's `torch.linalg.eigvalsh`. */
export const eigvalsh = operation("linalg.eigvalsh(A: Tensor, UPLO: 'L'|'U' = 'L', *, out: Tensor?)", (A, uplo): Tensor => eighOf('linalg.eigvalsh', A, uplo)[0]);
