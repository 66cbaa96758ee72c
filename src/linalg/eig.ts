/** Eigenvalues and eigenvectors of general matrices whose spectrum is real. Derivative: Boeddeker et al. (2017), On the computation of complex-valued gradients, 4.15. */
import { numelOf } from '../core/layout.ts';
import { ArgumentError } from '../core/errors.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { copyElements } from '../tensor/values.ts';
import { eigenGeneral } from './numeric/hessenberg.ts';
import { transpose } from '../core/vectors.ts';
import { batchOf, diagonalMatrix, eachMatrix, identity, requireFinite, requireSquare, rowsOf, write } from './matrices.ts';
import { solveBatch } from './solve.ts';

class Eig extends Function {
  static override forward(ctx: Context, A: Tensor, op: string): [Tensor, Tensor] {
    const n = rowsOf(A), batch = batchOf(A), count = numelOf(batch);
    const values = Float64Array.from(copyElements(A) as Float64Array), eigenvalues = new Float64Array(count * n), vectors = new Float64Array(count * n * n), rows = new Float64Array(n * n);
    requireFinite(op, 'A', values);
    eachMatrix(batch, (b) => {
      const outcome = eigenGeneral(values.slice(b * n * n, (b + 1) * n * n), n, eigenvalues.subarray(b * n, (b + 1) * n), rows);
      if (outcome === 'complex') throw new ArgumentError(op, 'A', `must have real eigenvalues: there are no complex dtypes (matrix ${b})`);
      if (outcome === 'diverged') throw new ArgumentError(op, 'A', `has eigenvalues that do not converge (matrix ${b})`);
      vectors.set(transpose(rows, 0, n, n), b * n * n);
    });
    const L = write(A, [...batch, n], eigenvalues), V = write(A, A.shape, vectors);
    ctx.saveForBackward(L, V);
    ctx.setMaterializeGrads(false);
    return [L, V];
  }

  static override backward(ctx: Context, gL: Tensor | null, gV: Tensor | null): (Tensor | null)[] {
    const [L, V] = ctx.savedTensors;
    if (gL === null && gV === null) return [null, null];
    const eye = identity(L, rowsOf(V));
    let inner = gL === null ? L.mul(0).unsqueeze(-1).mul(eye) : diagonalMatrix(gL);
    if (gV !== null) {
      // The part of gV that would change a vector's length does not count.
      const along = V.mT.matmul(gV), lengths = along.mul(eye).sum(-2, true);
      const gaps = L.unsqueeze(-2).sub(L.unsqueeze(-1)).add(eye);
      inner = inner.add(along.sub(V.mT.matmul(V.mul(lengths))).mul(eye.neg().add(1)).div(gaps));
    }
    return [solveBatch(V.mT, inner.matmul(V.mT)), null];
  }
}

const decompose = byBatch((A: Tensor, op: string): [Tensor, Tensor] => Eig.apply(A, op));

function eigOf(op: string, A: Tensor): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return decompose(A, op);
}

/**
 * `[eigenvalues, eigenvectors]` of square matrices whose eigenvalues are real, in no particular order: `[..., n]`, and columns of length 1,
 * `[..., n, n]`. Complex eigenvalues are refused. PyTorch's `torch.linalg.eig`, whose results are complex always.
 */
export const eig = operation('linalg.eig(A: Tensor)', (A): Named<Tensor, 'eigenvalues' | 'eigenvectors'> => named(['eigenvalues', 'eigenvectors'] as const, eigOf('linalg.eig', A)));

/** The eigenvalues of {@link eig}. PyTorch's `torch.linalg.eigvals`. */
export const eigvals = operation('linalg.eigvals(A: Tensor, *, out: Tensor?)', (A): Tensor => eigOf('linalg.eigvals', A)[0]);
