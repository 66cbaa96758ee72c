/** Normalizations as functions of `nn.functional`. */
import { ShapeError } from '../core/errors.ts';
import { batchNormOf, groupNormOf, instanceNormOf, layerNormOf } from '../tensor/library/normalization.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';

export { rmsNorm } from '../tensor/library/normalization.ts';

/** A variance needs more than one value. */
function requireSeveral(op: string, count: number, what: string, input: Tensor): void {
  if (count === 1) throw new ShapeError(op, `expected more than 1 ${what} when training, got input of shape [${input.shape.join(', ')}]`);
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/**
 * Normalizes every channel of `[N, C, ...]`: in training by the batch's own mean and variance, which the running ones, if
 * given, follow in place by `momentum` (the variance unbiased); otherwise by the running ones. PyTorch's `F.batch_norm`.
 */
export const batchNorm = operation(
  'batchNorm(input: Tensor, runningMean: Tensor?, runningVar: Tensor?, weight: Tensor?, bias: Tensor?, training: bool = false, momentum: float = 0.1, eps: float = 1e-5)',
  (input, runningMean, runningVar, weight, bias, training, momentum, eps): Tensor => {
    if (training) requireSeveral('batchNorm', product(input.layout.shape.filter((_, i) => i !== 1)), 'value per channel', input);
    return batchNormOf('batchNorm', input, { weight, bias, runningMean, runningVar, training, momentum, eps });
  });

/** Normalizes every channel of every sample of `[N, C, ...]`; the running statistics follow its mean over the samples. PyTorch's `F.instance_norm`. */
export const instanceNorm = operation(
  'instanceNorm(input: Tensor, runningMean: Tensor?, runningVar: Tensor?, weight: Tensor?, bias: Tensor?, useInputStats: bool = true, momentum: float = 0.1, eps: float = 1e-5)',
  (input, runningMean, runningVar, weight, bias, useInputStats, momentum, eps): Tensor => {
    if (useInputStats) requireSeveral('instanceNorm', product(input.layout.shape.slice(2)), 'spatial element', input);
    return instanceNormOf('instanceNorm', input, { weight, bias, runningMean, runningVar, training: useInputStats, momentum, eps });
  });

/** Normalizes over the trailing dims `normalizedShape`, with a weight and a bias of that shape. PyTorch's `F.layer_norm`. */
export const layerNorm = operation('layerNorm(input: Tensor, normalizedShape: ints, weight: Tensor?, bias: Tensor?, eps: float = 1e-5)',
  (input, normalizedShape, weight, bias, eps): Tensor => layerNormOf('layerNorm', input, normalizedShape, weight, bias, eps));

/** Normalizes groups of channels of every sample of `[N, C, ...]`, with a weight and a bias per channel. PyTorch's `F.group_norm`. */
export const groupNorm = operation('groupNorm(input: Tensor, numGroups: int, weight: Tensor?, bias: Tensor?, eps: float = 1e-5)',
  (input, numGroups, weight, bias, eps): Tensor => {
    const [samples, channels] = input.shape;
    if (input.ndim >= 2 && channels % numGroups === 0) requireSeveral('groupNorm', samples * channels / numGroups * product(input.layout.shape.slice(2)), 'value per channel', input);
    return groupNormOf('groupNorm', input, numGroups, weight, bias, eps);
  });
