/** `nn.utils`: gradients and parameters of a whole model at once. */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { cat, stack } from '../tensor/composite.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';

export * as rnn from './packed-sequence.ts';
export * as parametrize from './parametrize.ts';
export * as parametrizations from './parametrizations.ts';
export { removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } from './weight-hooks.ts';
export { skipInit } from './skip-init.ts';

/** For use before the caller returns. */
const gradients = (parameters: readonly Tensor[]): Tensor[] => parameters.map((p) => p.gradient).filter((g) => g !== null);

function totalNorm(grads: readonly Tensor[], normType: number): Tensor {
  if (grads.length === 0) return makeTensor(0);
  const norms = grads.map((g) => g.detach().norm(normType));
  return norms.length === 1 ? norms[0].norm(normType) : stack(norms).norm(normType);
}

/** Refuses a norm that is infinite or NaN, where the caller wants that. */
function checkFinite(op: string, norm: Tensor, normType: number, strict: boolean): void {
  if (strict && !Number.isFinite(norm.item())) throw new ArgumentError(op, 'parameters', `have gradients whose norm of order ${normType} is ${norm.item()}, which cannot be clipped`);
}

/** Scales all gradients together, in place, so that their joint norm is at most `maxNorm`. Returns the norm before. */
export const clipGradNorm_ = operation('clipGradNorm_(parameters: parameters, maxNorm: float, normType: float = 2, errorIfNonfinite: bool = false, foreach: bool?)',
  (parameters, maxNorm, normType, errorIfNonfinite): Tensor => noGrad(() => {
    const grads = gradients(parameters), norm = totalNorm(grads, normType);
    checkFinite('clipGradNorm_', norm, normType, errorIfNonfinite);
    scale(grads, maxNorm, norm);
    return norm;
  }));

/** A factor of at most 1 is always applied, without reading the norm: no branch on a value, as in PyTorch. */
function scale(grads: readonly Tensor[], limit: number, norm: Tensor): void {
  const factor = norm.add(1e-6).reciprocal().mul(limit).clamp({ max: 1 });
  for (const grad of grads) grad.mul_(factor);
}

/** Scales all gradients together, in place, as if `totalNorm` were their joint norm: of parts of a model, or one computed before. */
export const clipGradsWithNorm_ = operation('clipGradsWithNorm_(parameters: parameters, maxNorm: float, totalNorm: Tensor, foreach: bool?)',
  (parameters, maxNorm, total): void => {
    if (total.numel() !== 1) throw new ArgumentError('clipGradsWithNorm_', 'totalNorm', `must be a Tensor of one element, got ${show(total)}`);
    noGrad(() => scale(gradients(parameters), maxNorm, total.detach().reshape([])));
  });

/** The joint norm of tensors, without clipping. */
export const getTotalNorm = operation('getTotalNorm(tensors: parameters, normType: float = 2, errorIfNonfinite: bool = false, foreach: bool?)',
  (tensors, normType, errorIfNonfinite): Tensor => noGrad(() => {
    const norm = totalNorm(tensors, normType);
    checkFinite('getTotalNorm', norm, normType, errorIfNonfinite);
    return norm;
  }));

/** Limits every element of every gradient to [-clipValue, clipValue], in place. */
export const clipGradValue_ = operation('clipGradValue_(parameters: parameters, clipValue: float, foreach: bool?)', (parameters, clipValue): void => noGrad(() => {
  for (const grad of gradients(parameters)) grad.clamp_(-clipValue, clipValue);
}));

/** All elements of all parameters as one vector, differentiable. */
export const parametersToVector = operation('parametersToVector(parameters: parameters)', (parameters): Tensor => cat(parameters.map((p) => p.reshape([-1]))));

/** Writes a vector back into the parameters it was made of. */
export const vectorToParameters = operation('vectorToParameters(vec: Tensor, parameters: parameters)', (vec, targets): void => {
  const total = targets.reduce((sum, p) => sum + p.numel(), 0);
  if (vec.ndim !== 1 || vec.numel() !== total) throw new ShapeError('vectorToParameters', `vec must have shape [${total}], got [${vec.shape.join(', ')}]`);
  noGrad(() => {
    let start = 0;
    for (const target of targets) {
      target.copy_(vec.narrow(0, start, target.numel()).view([...target.shape]));
      start += target.numel();
    }
  });
});
