/** `nn.utils`: gradients and parameters of a whole model at once. */
import { bind, boolArg, numberArg, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { cat, stack } from '../tensor/composite.ts';
import { Tensor } from '../tensor/tensor.ts';

export * as rnn from './packed-sequence.ts';
export * as parametrize from './parametrize.ts';
export * as parametrizations from './parametrizations.ts';
export { removeSpectralNorm, removeWeightNorm, spectralNorm, weightNorm } from './weight-hooks.ts';
export { skipInit } from './skip-init.ts';

type Tensors = Tensor | Iterable<Tensor>;

function list(op: string, parameters: Tensors): Tensor[] {
  if (parameters instanceof Tensor) return [parameters];
  const tensors = [...parameters];
  for (const t of tensors) if (!(t instanceof Tensor)) throw new ArgumentError(op, 'parameters', `must be tensors, got ${show(t)}`);
  return tensors;
}

/** For use before the caller returns. */
function gradients(op: string, parameters: Tensors): Tensor[] {
  return list(op, parameters).map((p) => p.gradient).filter((g) => g !== null);
}

function totalNorm(grads: readonly Tensor[], normType: number): Tensor {
  if (grads.length === 0) return makeTensor(0);
  const norms = grads.map((g) => g.detach().norm(normType));
  return norms.length === 1 ? norms[0].norm(normType) : stack(norms).norm(normType);
}

const CLIP_NORM = signature('clipGradNorm_(parameters, maxNorm, normType?, errorIfNonfinite?, foreach?)');

/** Scales all gradients together, in place, so that their joint norm is at most `maxNorm`. Returns the norm before. */
export function clipGradNorm_(parameters: Tensors, maxNorm: number,
  ...args: CallArgs<[normType: number, errorIfNonfinite: boolean], { readonly normType?: number; readonly errorIfNonfinite?: boolean; readonly foreach?: boolean }>): Tensor {
  const op = 'clipGradNorm_';
  const given = bind(CLIP_NORM, [parameters, maxNorm, ...args]);
  const limit = numberArg(op, 'maxNorm', maxNorm), normType = numberArg(op, 'normType', given.normType, 2);
  const strict = boolArg(op, 'errorIfNonfinite', given.errorIfNonfinite);
  return noGrad(() => {
    const grads = gradients(op, parameters);
    const norm = totalNorm(grads, normType);
    if (strict && !Number.isFinite(norm.item())) throw new ArgumentError(op, 'parameters', `have gradients whose norm of order ${normType} is ${norm.item()}, which cannot be clipped`);
    scale(grads, limit, norm);
    return norm;
  });
}

/** A factor of at most 1 is always applied, without reading the norm: no branch on a value, as in PyTorch. */
function scale(grads: readonly Tensor[], limit: number, norm: Tensor): void {
  const factor = norm.add(1e-6).reciprocal().mul(limit).clamp({ max: 1 });
  for (const grad of grads) grad.mul_(factor);
}

/** Scales all gradients together, in place, as if `totalNorm` were their joint norm: of parts of a model, or one computed before. */
export function clipGradsWithNorm_(parameters: Tensors, maxNorm: number, totalNorm: Tensor): void {
  const op = 'clipGradsWithNorm_', limit = numberArg(op, 'maxNorm', maxNorm);
  if (!(totalNorm instanceof Tensor) || totalNorm.numel() !== 1) throw new ArgumentError(op, 'totalNorm', `must be a Tensor of one element, got ${show(totalNorm)}`);
  noGrad(() => scale(gradients(op, parameters), limit, totalNorm.detach().reshape([])));
}

/** The joint norm of tensors, without clipping. */
export function getTotalNorm(tensors: Tensors, normType = 2): Tensor {
  return noGrad(() => totalNorm(list('getTotalNorm', tensors), numberArg('getTotalNorm', 'normType', normType)));
}

/** Limits every element of every gradient to [-clipValue, clipValue], in place. */
export function clipGradValue_(parameters: Tensors, clipValue: number): void {
  const limit = numberArg('clipGradValue_', 'clipValue', clipValue);
  noGrad(() => {
    for (const grad of gradients('clipGradValue_', parameters)) grad.clamp_(-limit, limit);
  });
}

/** All elements of all parameters as one vector, differentiable. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return cat(list('parametersToVector', parameters).map((p) => p.reshape([-1])));
}

/** Writes a vector back into the parameters it was made of. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const targets = list('vectorToParameters', parameters);
  const total = targets.reduce((sum, p) => sum + p.numel(), 0);
  if (!(vector instanceof Tensor) || vector.ndim !== 1 || vector.numel() !== total) {
    throw new ShapeError('vectorToParameters', `vector must have shape [${total}], got ${vector instanceof Tensor ? `[${vector.shape.join(', ')}]` : show(vector)}`);
  }
  noGrad(() => {
    let start = 0;
    for (const target of targets) {
      target.copy_(vector.narrow(0, start, target.numel()).view([...target.shape]));
      start += target.numel();
    }
  });
}
