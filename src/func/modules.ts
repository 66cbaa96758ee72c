/** Modules as functions of their parameters: `functionalCall` and `stackModuleState`. */
import { bind, boolArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { ForwardResult, Module } from '../nn/module.ts';
import { stack } from '../tensor/functions.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Parameters and buffers by dotted name. */
export type ModuleState = Readonly<Record<string, Tensor>>;

export interface FunctionalCallOptions {
  /** Gives what shares a parameter with a replaced one the same replacement (the default). */
  readonly tieWeights?: boolean;
  /** Refuses states that do not name every parameter and buffer. */
  readonly strict?: boolean;
}

// The state is a plain object itself: it and what follows are told apart before this.
const OPTIONS = signature('functionalCall(*, args?, kwargs?, tieWeights?, strict?)');
const NAMES = ['args', 'kwargs', 'tieWeights', 'strict'];

type Owner = Module & Record<string, unknown>;

interface Place {
  readonly owner: Owner;
  readonly key: string;
}

function placeOf(module: Module, name: string): Place {
  const dot = name.lastIndexOf('.'), key = name.slice(dot + 1);
  const owner = (dot < 0 ? module : module.getSubmodule(name.slice(0, dot))) as Owner;
  const value: unknown = Object.hasOwn(owner, key) ? owner[key] : undefined;
  if (!(value instanceof Tensor) && value !== null) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', `name '${name}', which is no parameter or buffer of the module`);
  return { owner, key };
}

/** Every place of the module, by name, that holds a tensor; shared ones more than once. */
function* places(module: Module): Generator<[string, Place, Tensor]> {
  for (const [path, owner] of module.namedModules()) {
    for (const key of Object.keys(owner)) {
      const value: unknown = (owner as Owner)[key];
      if (value instanceof Tensor) yield [path === '' ? key : `${path}.${key}`, { owner: owner as Owner, key }, value];
    }
  }
}

function merged(dicts: unknown): Readonly<Record<string, Tensor>> {
  const list: readonly unknown[] = Array.isArray(dicts) ? dicts : [dicts];
  const state: Record<string, Tensor> = {};
  for (const dict of list) {
    if (!isOptions(dict)) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', `must be an object of Tensors by name, or an array of such, got ${show(dict)}`);
    for (const [name, value] of Object.entries(dict as object)) {
      if (!(value instanceof Tensor)) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', `must hold Tensors, got ${show(value)} for '${name}'`);
      if (Object.hasOwn(state, name)) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', `name '${name}' twice`);
      state[name] = value;
    }
  }
  return state;
}

function set({ owner, key }: Place, value: unknown): unknown {
  const before = owner[key];
  Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true });
  return before;
}

/** What is replaced by what; a replacement for one of several places that share a tensor is for all of them. */
function replacements(module: Module, state: ModuleState, tie: boolean): { place: Place; value: Tensor }[] {
  const result = Object.entries(state).map(([name, value]) => ({ place: placeOf(module, name), value }));
  if (!tie) return result;
  const given = new Map<Tensor, Tensor>();
  for (const { place, value } of result) {
    const old: unknown = place.owner[place.key];
    if (!(old instanceof Tensor)) continue;
    const other = given.get(old);
    if (other !== undefined && other !== value) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', 'give different values for places that share one tensor; give { tieWeights: false } to allow it');
    given.set(old, value);
  }
  const named = new Set(Object.keys(state));
  for (const [name, place, old] of places(module)) {
    const value = given.get(old);
    if (value !== undefined && !named.has(name)) result.push({ place, value });
  }
  return result;
}

/**
 * Calls the module with the given parameters and buffers in place of its own: a pure function of them, for `grad`, `vmap`
 * and the like. `args` is one argument or an array of them, `kwargs` a trailing options object. The module is as before
 * afterwards, also when it throws. PyTorch's `torch.func.functional_call`.
 */
export function functionalCall<M extends Module>(module: M, parameterAndBufferDicts: ModuleState | readonly ModuleState[], args?: unknown, ...rest: readonly unknown[]): ForwardResult<M> {
  const given = [args, ...rest], last = given[given.length - 1];
  const named = isOptions(last) && Object.keys(last as object).length > 0 && Object.keys(last as object).every((key) => NAMES.includes(key));
  const bound: Readonly<Record<string, unknown>> = bind(OPTIONS, named ? [last] : []);
  const [positional = bound.args, kwargs = bound.kwargs, ...extra] = named ? given.slice(0, -1) : given;
  if (extra.length > 0) throw new ArgumentError('functionalCall', 'arguments', `are at most args, kwargs and options, got ${show(extra)} too`);
  if (typeof module !== 'function' || typeof (module as { getSubmodule?: unknown }).getSubmodule !== 'function') throw new ArgumentError('functionalCall', 'module', `must be a Module, got ${show(module)}`);
  const state = merged(parameterAndBufferDicts);
  if (boolArg('functionalCall', 'strict', bound.strict)) {
    const missing = [...places(module)].map(([name]) => name).filter((name) => !Object.hasOwn(state, name));
    if (missing.length > 0) throw new ArgumentError('functionalCall', 'parameterAndBufferDicts', `lack ${missing.join(', ')}, which strict forbids`);
  }
  const inputs: readonly unknown[] = positional === undefined || positional === null ? [] : Array.isArray(positional) ? positional : [positional];
  const all = kwargs === undefined || kwargs === null ? inputs : [...inputs, kwargs];
  const changes = replacements(module, state, boolArg('functionalCall', 'tieWeights', bound.tieWeights, true));
  const undo: (() => void)[] = [];
  try {
    for (const { place, value } of changes) {
      const before = set(place, value);
      undo.push(() => void set(place, before));
    }
    return (module as unknown as (...given: readonly unknown[]) => ForwardResult<M>)(...all);
  } finally {
    for (let i = undo.length - 1; i >= 0; i--) undo[i]();
  }
}

/**
 * `[params, buffers]` of several modules of one architecture, each stacked along a new dim 0: what
 * `vmap((params, buffers, x) => functionalCall(model, [params, buffers], x), [0, 0, null])` maps over. The stacked
 * parameters are leaves. PyTorch's `torch.func.stack_module_state`.
 */
export function stackModuleState(models: readonly Module[]): [params: Record<string, Tensor>, buffers: Record<string, Tensor>] {
  if (!Array.isArray(models) || models.length === 0) throw new ArgumentError('stackModuleState', 'models', `must be an array of at least one module, got ${show(models)}`);
  const [first] = models as readonly Module[];
  for (const model of models as readonly Module[]) {
    if (model.constructor !== first.constructor) throw new ArgumentError('stackModuleState', 'models', 'must all be of the same class');
    if (model.training !== first.training) throw new ArgumentError('stackModuleState', 'models', 'must all be in the same training or eval mode');
  }
  const stacked = (lists: readonly (readonly [string, Tensor][])[], leaf: boolean): Record<string, Tensor> => Object.fromEntries(lists[0].map(([name, tensor], i) => {
    if (lists.some((list) => list[i]?.[0] !== name)) throw new ArgumentError('stackModuleState', 'models', `must all have '${name}'`);
    const all = lists.map((list) => list[i][1]);
    const value = leaf ? noGrad(() => stack(all)).requiresGrad_(tensor.requiresGrad) : stack(all);
    return [name, value];
  }));
  return [stacked(models.map((model) => model.namedParameters()), true), stacked(models.map((model) => model.namedBuffers()), false)];
}
