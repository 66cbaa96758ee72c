/** `nn.utils.weightNorm` and `spectralNorm`: the older forms of the parametrizations, by hooks before `forward`. */
import { bind, show, signature, stringArg, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ForwardPreHook } from './hooks.ts';
import { normalize } from './functional-distance.ts';
import { deleteMember, forwardPreHooks, Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { givenDim, normDim, normExceptDim, ofLength, spectralArgs, unitVector, weightMatrix, type SpectralNormOptions } from './parametrizations.ts';

type Kind = 'weightNorm' | 'spectralNorm';

/** How a hook computes the weight. It may have come to a copy of the module that it was made for. */
interface WeightHook {
  readonly kind: Kind;
  readonly name: string;
  /** Names of the members that it computes from. */
  readonly parts: readonly string[];
  compute(module: Module, training: boolean): Tensor;
}

const weightHooks = new WeakMap<ForwardPreHook, WeightHook>();

function find(module: Module, kind: Kind, name: string): readonly [id: number, hook: WeightHook] | undefined {
  for (const [id, hook] of forwardPreHooks(module)) {
    const known = weightHooks.get(hook);
    if (known?.kind === kind && known.name === name) return [id, known];
  }
  return undefined;
}

const part = (module: Module, name: string): Tensor => (module as unknown as Record<string, Tensor>)[name];

/** A plain attribute: neither a parameter nor a buffer. */
function setWeight(module: Module, name: string, value: Tensor): void {
  Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true });
}

function parameterOf(op: Kind, module: Module, name: string): Parameter {
  if (!(module instanceof Module)) throw new ArgumentError(op, 'module', `must be an nn.Module, got ${show(module)}`);
  if (find(module, op, name) !== undefined) throw new ArgumentError(op, 'name', `must not be '${name}', which has such a hook already`);
  const parameters = module.namedParameters('', false), found = parameters.find(([each]) => each === name);
  if (found === undefined) throw new ArgumentError(op, 'name', `must be one of the parameters ${parameters.map(([each]) => each).join(', ')}; got ${show(name)}`);
  return found[1];
}

function addWeightHook(module: Module, weight: WeightHook): void {
  const hook: ForwardPreHook = (called) => setWeight(called, weight.name, weight.compute(called, called.training));
  weightHooks.set(hook, weight);
  module.registerForwardPreHook(hook);
}

function remove<M extends Module>(op: string, kind: Kind, module: M, name: string): M {
  if (!(module instanceof Module)) throw new ArgumentError(op, 'module', `must be an nn.Module, got ${show(module)}`);
  const found = find(module, kind, stringArg(op, 'name', name, [name]));
  if (found === undefined) throw new ArgumentError(op, 'name', `must be that of a weight with ${kind}, got ${show(name)}`);
  const [id, hook] = found, weight = noGrad(() => hook.compute(module, false));
  for (const each of [name, ...hook.parts]) deleteMember(module, each);
  module.registerParameter(name, new Parameter(weight));
  forwardPreHooks(module).delete(id);
  return module;
}

const WEIGHT_NORM = signature('weightNorm(module, name?, dim?)');

/**
 * `parametrizations.weightNorm` with the parameters `weight_g` and `weight_v`, from which the weight is computed before every
 * `forward`. PyTorch's `torch.nn.utils.weight_norm`, which it deprecates.
 */
export function weightNorm<M extends Module>(module: M, ...args: CallArgs<[name: string, dim: number | null], { readonly name?: string; readonly dim?: number | null }>): M {
  const op = 'weightNorm', { name = 'weight' } = bind(WEIGHT_NORM, [module, ...args]) as { readonly name?: string };
  const weight = parameterOf(op, module, name), dim = normDim(op, givenDim(args, 1), weight), g = `${name}_g`, v = `${name}_v`;
  deleteMember(module, name);
  module.registerParameter(g, new Parameter(normExceptDim(weight.detach(), dim)));
  module.registerParameter(v, new Parameter(weight.detach()));
  const hook: WeightHook = { kind: op, name, parts: [g, v], compute: (called) => ofLength(part(called, g), part(called, v), dim) };
  setWeight(module, name, hook.compute(module, false));
  addWeightHook(module, hook);
  return module;
}

/** Ends {@link weightNorm}: the weight is a parameter with its value. PyTorch's `torch.nn.utils.remove_weight_norm`. */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  return remove('removeWeightNorm', 'weightNorm', module, name);
}

/**
 * `parametrizations.spectralNorm` with the parameter `weight_orig` and the buffers `weight_u` and `weight_v`, which begin at random
 * and get better before every `forward` in training mode. PyTorch's `torch.nn.utils.spectral_norm`.
 */
export function spectralNorm<M extends Module>(module: M, ...args: CallArgs<[name: string, nPowerIterations: number, eps: number, dim: number | null], SpectralNormOptions>): M {
  const op = 'spectralNorm', { name, nPowerIterations, eps, dim } = spectralArgs(module, args);
  const weight = parameterOf(op, module, name), original = `${name}_orig`, left = `${name}_u`, right = `${name}_v`;
  const [rows, columns] = weightMatrix(weight.detach(), dim).shape;
  const u = noGrad(() => unitVector(weight, rows, eps)), v = noGrad(() => unitVector(weight, columns, eps));
  deleteMember(module, name);
  module.registerParameter(original, weight);
  setWeight(module, name, weight.detach());
  module.registerBuffer(left, u);
  module.registerBuffer(right, v);
  addWeightHook(module, {
    kind: op, name, parts: [original, left, right],
    compute(called, training) {
      const own = part(called, original), matrix = weightMatrix(own, dim), u = part(called, left), v = part(called, right);
      if (training) {
        noGrad(() => {
          for (let i = 0; i < nPowerIterations; i++) {
            v.copy_(normalize(matrix.mT.mv(u), { dim: 0, eps }));
            u.copy_(normalize(matrix.mv(v), { dim: 0, eps }));
          }
        });
      }
      // Of copies, as backward needs them when the next call has changed the buffers.
      return own.div(u.clone().dot(matrix.mv(v.clone())));
    },
  });
  return module;
}

/** Ends {@link spectralNorm}: the weight is a parameter with its value. PyTorch's `torch.nn.utils.remove_spectral_norm`. */
export function removeSpectralNorm<M extends Module>(module: M, name = 'weight'): M {
  return remove('removeSpectralNorm', 'spectralNorm', module, name);
}
