/** Determinants. Derivative: Jacobi's formula (Giles 2008, 2.2.4); of singular matrices by the adjugate from singular vectors (Stewart 1998, On the adjugate matrix). */
import { numelOf } from '../core/layout.ts';
import { named, type Named } from '../core/named.ts';
import { arange } from '../tensor/create.ts';
import { Function, type Context } from '../tensor/function.ts';
import { operation } from '../tensor/operation.ts';
import { byBatch } from '../tensor/sample-loop.ts';
import { factorInto } from '../tensor/kernels-linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { elements } from '../tensor/values.ts';
import { batchOf, copyRows, diagonalMatrix, eachMatrix, emptyInts, identity, requireSquare, rowsOf, write } from './matrices.ts';
import { solveBatch } from './solve.ts';
import { svdOf } from './svd.ts';

/** The sign and U's diagonal of every matrix, handed to `each`. */
function eachFactor(A: Tensor, each: (b: number, sign: number, diagonal: Float64Array) => void): void {
  const n = rowsOf(A), batch = batchOf(A), LU = copyRows(A), pivots = emptyInts(A, [...batch, n]), diagonal = new Float64Array(n);
  factorInto('lu', LU, pivots, emptyInts(A, batch));
  const values = elements(LU) as Float64Array, exchanges = elements(pivots) as Int32Array;
  eachMatrix(batch, (b) => {
    let sign = 1;
    for (let i = 0; i < n; i++) {
      if (exchanges[b * n + i] !== i + 1) sign = -sign;
      diagonal[i] = values[b * n * n + i * n + i];
    }
    each(b, sign, diagonal);
  });
}

class Det extends Function {
  static override forward(ctx: Context, A: Tensor): Tensor {
    const batch = batchOf(A), values = new Float64Array(numelOf(batch));
    eachFactor(A, (b, sign, diagonal) => {
      let product = sign;
      for (const d of diagonal) product *= d;
      values[b] = product;
    });
    const det = write(A, batch, values);
    ctx.saveForBackward(A, det);
    return det;
  }

  static override backward(ctx: Context, g: Tensor): Tensor {
    const [A, det] = ctx.savedTensors;
    return detBackward(A, det, g);
  }
}

/** Each matrix by its own rule: g det(A) A^-T, or where that has no meaning the cofactors. */
const detBackward = byBatch((A: Tensor, det: Tensor, g: Tensor): Tensor => {
  const n = rowsOf(A), count = det.numel(), singular = det.detach().eq(0).reshape([count]);
  const matrices = A.reshape([count, n, n]), scales = g.reshape([count]), values = det.reshape([count]);
  const regular = (a: Tensor, d: Tensor, s: Tensor): Tensor => solveBatch(a.mT, diagonalMatrix(s.mul(d).unsqueeze(-1).expand([d.numel(), n])));
  if (!singular.any().item()) return regular(matrices, values, scales).reshape([...A.shape]);
  if (singular.all().item()) return cofactors(matrices, scales).reshape([...A.shape]);
  const none = singular.nonzero().squeeze(1), some = singular.logicalNot().nonzero().squeeze(1);
  const pick = (x: Tensor, at: Tensor): Tensor => x.indexSelect(0, at);
  const parts = cofactors(pick(matrices, none), pick(scales, none)).cat([regular(pick(matrices, some), pick(values, some), pick(scales, some))], 0);
  return parts.indexSelect(0, none.cat([some], 0).argsort()).reshape([...A.shape]);
});

/** Up to this size cofactors are determinants of minors: right in every derivative, at n^2 times the cost. */
const MINORS = 6;

/** g times the cofactors of A. */
function cofactors(A: Tensor, g: Tensor): Tensor {
  const n = rowsOf(A), scales = g.unsqueeze(-1).unsqueeze(-1);
  if (n === 1) return scales.expand([...A.shape]);
  return (n <= MINORS ? cofactorsByMinors(A, n) : cofactorsBySvd(A, n)).mul(scales);
}

function cofactorsByMinors(A: Tensor, n: number): Tensor {
  const others = arange(n * (n - 1)).remainder(n - 1).view([n, n - 1]), skipped = arange(n).unsqueeze(1);
  const kept = others.add(others.ge(skipped).to('int64')).reshape([-1]);
  // [..., i, k, j, l]: without row i and column j
  const minors = A.indexSelect(-2, kept).indexSelect(-1, kept).reshape([-1, n, n - 1, n, n - 1]).transpose(-3, -2);
  const signs = arange(n).add(skipped).remainder(2).mul(-2).add(1).to(A.dtype);
  return determinant('linalg.det', minors).mul(signs).reshape([...A.shape]);
}

/** A = U S V^T: det(U) det(V) U (products of all other S) V^T. Its own derivative divides by differences of singular values. */
function cofactorsBySvd(A: Tensor, n: number): Tensor {
  const [U, S, Vh] = svdOf('linalg.det', A, true), eye = identity(A, n);
  const others = S.unsqueeze(-2).mul(eye.neg().add(1)).add(eye).prod(-1);
  const sign = determinant('linalg.det', U).mul(determinant('linalg.det', Vh));
  return U.mul(others.mul(sign.unsqueeze(-1)).unsqueeze(-2)).matmul(Vh);
}

const determinants = byBatch((A: Tensor): Tensor => Det.apply(A));

export function determinant(op: string, A: Tensor): Tensor {
  requireSquare(op, 'A', A);
  return determinants(A);
}

/** The logarithm of the product of magnitudes: one logarithm for as many of them as their product has room for. */
function logOfProduct(values: Float64Array): number {
  let log = 0, product = 1;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > 1e-100 && size < 1e100) {
      product *= size;
      if (product > 1e-200 && product < 1e200) continue;
      log += Math.log(product);
      product = 1;
    } else {
      log += Math.log(size);
    }
  }
  return log + Math.log(product);
}

class LogDet extends Function {
  static override forward(ctx: Context, A: Tensor): [Tensor, Tensor] {
    const batch = batchOf(A), count = numelOf(batch), signs = new Float64Array(count), logs = new Float64Array(count);
    eachFactor(A, (b, sign, diagonal) => {
      let product = sign;
      for (const d of diagonal) product *= Math.sign(d);
      signs[b] = product;
      logs[b] = logOfProduct(diagonal);
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

const logDeterminants = byBatch((A: Tensor): [Tensor, Tensor] => LogDet.apply(A));

export function signAndLog(op: string, A: Tensor): [Tensor, Tensor] {
  requireSquare(op, 'A', A);
  return logDeterminants(A);
}

/** The determinant of `[..., n, n]` matrices. PyTorch's `torch.linalg.det`. */
export const det = operation('linalg.det(A: Tensor, *, out: Tensor?)', (A): Tensor => determinant('linalg.det', A));

/** `[sign, logabsdet]`: the determinant is `sign * exp(logabsdet)`; 0 and -inf where it is 0. PyTorch's `torch.linalg.slogdet`. */
export const slogdet = operation('linalg.slogdet(A: Tensor)', (A): Named<Tensor, 'sign' | 'logabsdet'> => named(['sign', 'logabsdet'] as const, signAndLog('linalg.slogdet', A)));
