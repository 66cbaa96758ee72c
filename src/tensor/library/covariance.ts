/** Covariances and correlations. */
import { isFloating, isIntegral } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { toBeChecked } from '../batching.ts';
import { operation, type Method } from '../operation.ts';
import { floatType } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

function checkWeights(name: 'fweights' | 'aweights', weights: Tensor | undefined, observations: number): void {
  if (weights === undefined) return;
  if (weights.ndim > 1) throw new ShapeError('cov', `${name} must have at most 1 dimension, got shape [${weights.shape.join(', ')}]`);
  const fits = name === 'fweights' ? isIntegral(weights.dtypeCode) : isFloating(weights.dtypeCode);
  if (!fits) throw new DTypeError('cov', weights.dtype, `${name} must have ${name === 'fweights' ? 'an integer' : 'a floating point'} dtype, got ${weights.dtype}`);
  if (weights.numel() !== observations) throw new ShapeError('cov', `${name} must have one element per observation, ${observations}, got ${weights.numel()}`);
  if (observations > 0 && (toBeChecked(weights).lt(0).any().item() as unknown as boolean)) throw new ArgumentError('cov', name, 'must not be negative');
}

/**
 * The covariances of variables (rows) over observations (columns): `[n, n]`, 0-d for one variable. `fweights` says how often an
 * observation counts (integers), `aweights` how much; `correction` 1 is Bessel's. PyTorch's `torch.cov`.
 */
export const cov = operation('cov(input: Tensor, *, correction: int = 1, fweights: Tensor?, aweights: Tensor?)', (input, correction, fweights, aweights): Tensor => {
  if (input.ndim > 2) throw new ShapeError('cov', `input must have at most 2 dimensions, got shape [${input.shape.join(', ')}]`);
  if (input.dtype === 'bool') throw new DTypeError('cov', 'bool', 'expected a number dtype, got bool');
  const rows = input.ndim < 2 ? input.reshape([1, -1]) : input, observations = rows.shape[1];
  checkWeights('fweights', fweights, observations);
  checkWeights('aweights', aweights, observations);
  if (observations === 0) return result(rows.newFull([rows.shape[0], rows.shape[0]], NaN, { dtype: input.isFloatingPoint() ? input.dtype : 'float32' }));
  const weights = fweights === undefined ? aweights : aweights === undefined ? fweights : fweights.mul(aweights);
  const total = weights === undefined ? rows.newFull([], observations, { dtype: 'int64' }) : weights.sum();
  if (weights !== undefined && toBeChecked(total).eq(0).any().item()) throw new ArgumentError('cov', 'weights', 'must not sum to zero');
  const x = rows.castTo(floatType(rows.dtypeCode));
  const mean = weights === undefined ? x.sum(1, true).div(observations) : x.mul(weights).sum(1, true).div(total);
  const counted = aweights === undefined || correction === 0 ? total : total.sub(weights!.mul(aweights).sum().div(total).mul(correction));
  const degrees = aweights === undefined ? counted.sub(correction) : counted;
  const centred = x.sub(mean);
  const scaled = weights === undefined ? centred : centred.mul(weights);
  return result(scaled.matmul(centred.castTo(scaled.dtypeCode).t()).div(degrees.clampMin(0)));
});

/** One variable has one number. */
const result = (matrix: Tensor): Tensor => (matrix.numel() === 1 ? matrix.reshape([]) : matrix);

/** The correlations of variables (rows): covariances over the products of deviations, clipped to [-1, 1]. PyTorch's `torch.corrcoef`. */
export const corrcoef = operation('corrcoef(input: Tensor)', (input): Tensor => {
  if (input.ndim > 2) throw new ShapeError('corrcoef', `input must have at most 2 dimensions, got shape [${input.shape.join(', ')}]`);
  const covariances = cov(input);
  if (covariances.ndim === 0) return covariances.div(covariances);
  const deviations = covariances.diagonal().sqrt();
  return covariances.div(deviations.unsqueeze(1)).div(deviations.unsqueeze(0)).clamp(-1, 1);
});

export const COVARIANCE_METHODS = { cov, corrcoef };

declare module '../tensor.ts' {
  interface Tensor {
    cov: Method<typeof cov>;
    corrcoef: Method<typeof corrcoef>;
  }
}
