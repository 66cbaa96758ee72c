/** Determinants. Derivative: Jacobi's formula (Giles 2008, 2.2.4); of singular matrices by the adjugate from singular vectors (Stewart 1998, On the adjugate matrix). */
import { numelOf } from '../core/layout.ts';
import { named, type Named } from '../core/named.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { factorLU } from './numeric/lu.ts';
import { batchOf, diagonalMatrix, eachMatrix, identity, read, requireSquare, rowsOf, write } from './matrices.ts';
import { solveBatch } from './solve.ts';
import { svdOf } from './svd.ts';

/** The sign and U's diagonal of every matrix, handed to `each`. */
function eachFactor(A: Tensor, each: (b: number, sign: number, diagonal: Float64Array) => void): void {
  const n = rowsOf(A), values = read(A), pivots = new Int32Array(n), diagonal = new Float64Array(n);
  eachMatrix(batchOf(A), (b) => {
    factorLU(values, b * n * n, n, n, pivots, 0, true);
    let sign = 1;
    for (let i = 0; i < n; i++) {
      if (pivots[i] !== i + 1) sign = -sign;
      diagonal[i] = values[b * n * n + i * n + i];
    }
    each(b, sign, diagonal);
  });
}

class Det extends Function {
  static override forward(ctx: Context, A: Tensor): Tensor {
    const batch = batchOf(A), values = new Float64Array(numelOf(batch));
    eachFactor(A, (b, sign, diagonal) => (values[b] = diagonal.reduce((product, d) => product * d, sign)));
    const det = write(A, batch, values);
    ctx.saveForBackward(A, det);
    return det;
  }

  static override backward(ctx: Context, g: Tensor): Tensor {
    const [A, det] = ctx.savedTensors, n = rowsOf(A);
    const singular = det.detach().eq(0);
    const regular = (): Tensor => solveBatch(A.mT, diagonalMatrix(g.mul(det).unsqueeze(-1).expand([...det.shape, n])));
    if (!singular.any().item()) return regular();
    if (singular.all().item()) return cofactors(A, g);
    // Each matrix by its own rule.
    const flat = A.reshape([-1, n, n]), flatG = g.reshape([-1]), mask = singular.reshape([-1]);
    const rows = [mask, mask.logicalNot()].map((which) => which.nonzero().reshape([-1]));
    const parts = rows.map((at, i) => (i === 0 ? cofactors(flat.indexSelect(0, at), flatG.indexSelect(0, at))
      : solveBatch(flat.indexSelect(0, at).mT, diagonalMatrix(flatG.indexSelect(0, at).mul(det.reshape([-1]).indexSelect(0, at)).unsqueeze(-1).expand([at.numel(), n])))));
    const order = rows[0].cat([rows[1]], 0);
    return flat.detach().mul(0).indexCopy(0, order, parts[0].cat([parts[1]], 0)).reshape([...A.shape]);
  }
}

/** g times the cofactors of A = U S V^T: det(U) det(V) U (products of all other S) V^T. */
function cofactors(A: Tensor, g: Tensor): Tensor {
  const [U, S, Vh] = svdOf('linalg.det', A, true);
  const n = rowsOf(A), eye = identity(A, n);
  const others = S.unsqueeze(-2).mul(eye.neg().add(1)).add(eye).prod(-1);
  const sign = determinant('linalg.det', U).mul(determinant('linalg.det', Vh)).mul(g);
  return U.mul(others.mul(sign.unsqueeze(-1)).unsqueeze(-2)).matmul(Vh);
}

export function determinant(op: string, A: Tensor): Tensor {
  requireSquare(op, 'A', A);
  return Det.apply(A);
}

class LogDet extends Function {
  static override forward(ctx: Context, A: Tensor): [Tensor, Tensor] {
    const batch = batchOf(A), count = numelOf(batch), signs = new Float64Array(count), logs = new Float64Array(count);
    eachFactor(A, (b, sign, diagonal) => {
      signs[b] = diagonal.reduce((product, d) => product * Math.sign(d), sign);
      logs[b] = diagonal.reduce((sum, d) => sum + Math.log(Math.abs(d)), 0);
    });
    ctx.saveForBackward(A);
    ctx.setMaterializeGrads(false);
    return [write(A, batch, signs), write(A, batch, logs)];
  }

  /** The sign is constant between singular matrices: nothing flows through it. */
  static override backward(ctx: Context, _sign: Tensor | null, g: Tensor | null): Tensor | null {
    const [A] = ctx.savedTensors;
    return g === null ? null : solveBatch(A.mT, diagonalMatrix(g.unsqueeze(-1).expand([...g.shape, rowsOf(A)])));
  }
}

export function signAndLog(op: string, A: Tensor): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return LogDet.apply(A) as [Tensor, Tensor];
}

/** The determinant of `[..., n, n]` matrices. PyTorch's `torch.linalg.det`. */
export const det = operation('linalg.det(A: Tensor, *, out: Tensor?)', (A): Tensor => determinant('linalg.det', A));

/** `[sign, logabsdet]`: the determinant is `sign * exp(logabsdet)`; 0 and -inf where it is 0. PyTorch's `torch.linalg.slogdet`. */
export const slogdet = operation('linalg.slogdet(A: Tensor)', (A): Named<Tensor, 'sign' | 'logabsdet'> => named(['sign', 'logabsdet'] as const, signAndLog('linalg.slogdet', A)));
