/**
 * `nn.utils.parametrize`: tensors of a module that are computed from others at every access.
 *
 * A parametrized module gets a class of its own, `ParametrizedLinear`, with accessors in place of the tensors; what they
 * are computed from, and by which modules, are members of `parametrizations`, and so of the state dict and `parameters()`.
 */
import { bind, boolArg, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { GONE } from '../core/storage.ts';
import { sameShape } from '../core/layout.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { ModuleDict, ModuleList } from './containers.ts';
import { deleteMember, Module } from './module.ts';
import { Parameter } from './parameter.ts';

/**
 * A module that computes a tensor from another, or, the first in a list, from several. `rightInverse` gives what it is
 * to be computed from, at the registration and when a value is assigned.
 */
export type Parametrization = Module & { rightInverse?(value: Tensor): Tensor | readonly Tensor[] };

/** What a module has when a tensor of it is parametrized. */
export interface Parametrized {
  readonly parametrizations: ModuleDict<ParametrizationList> & Readonly<Record<string, ParametrizationList>>;
}

type ModuleClass = new () => Module;

const shapeOf = (x: Tensor): string => `[${x.shape.join(', ')}]`;

function requireModule(op: string, name: string, module: unknown): void {
  if (!(module instanceof Module)) throw new ArgumentError(op, name, `must be an nn.Module, got ${show(module)}`);
}

/** A value that a parametrization may have where a tensor was before. */
function requireAlike(op: string, what: string, value: unknown, like: Tensor): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new ArgumentError(op, 'parametrization', `must return a Tensor from ${what}, got ${show(value)}`);
  const otherwise = 'unless { unsafe: true } is given';
  if (value.dtypeCode !== like.dtypeCode) throw new DTypeError(op, value.dtype, `${what} must keep the dtype ${like.dtype} ${otherwise}, got ${value.dtype}`);
  if (!sameShape(value.shape, like.shape)) throw new ShapeError(op, `${what} must keep the shape ${shapeOf(like)} ${otherwise}, got ${shapeOf(value)}`);
}

/** A parameter takes over memory and stays the one that an optimizer holds; a buffer is replaced. */
function assign(owner: Module, name: string, held: Tensor, value: Tensor): void {
  if (value === held) return;
  if (!(held instanceof Parameter)) {
    owner.registerBuffer(name, value.detach());
    return;
  }
  const { grad } = held;
  held.replace(value);
  if (grad !== null && grad.dtypeCode === value.dtypeCode && sameShape(grad.shape, value.shape)) held.grad = grad;
}

function register(module: Module, name: string, tensor: Tensor): void {
  if (tensor instanceof Parameter) module.registerParameter(name, tensor);
  else module.registerBuffer(name, tensor);
}

/**
 * The parametrizations of one tensor, in the order in which they are applied, and what they start from: `original`, or
 * `original0`, `original1`, ... where the first one takes several tensors. Made by {@link registerParametrization}.
 */
export class ParametrizationList extends ModuleList<Module> {
  declare original: Tensor;
  [original: `original${number}`]: Tensor;
  /** Shape and dtype may be others than those of the tensor before. */
  unsafe: boolean;
  /** There is one original. */
  readonly isTensor: boolean;
  readonly ntensors: number;

  constructor(modules: Iterable<Module>, original: Tensor, unsafe = false) {
    super(modules);
    const op = 'registerParametrization';
    if (this.length === 0) throw new ArgumentError(op, 'modules', 'must be at least one');
    const inverse = noGrad(() => this.inverse(op, original, false));
    this.unsafe = unsafe;
    this.isTensor = inverse instanceof Tensor;
    const values = inverse instanceof Tensor ? [inverse] : inverse;
    this.ntensors = values.length;
    if (inverse instanceof Tensor && inverse.dtypeCode !== original.dtypeCode) throw new DTypeError(op, inverse.dtype, `one tensor from rightInverse must keep the dtype ${original.dtype}, got ${inverse.dtype}`);
    if (!unsafe) requireAlike(op, 'forward', this.compute(values), original);
    if (inverse instanceof Tensor) {
      register(this, 'original', original);
      assign(this, 'original', original, inverse);
      return;
    }
    values.forEach((value, i) => {
      const own = value.detach();
      register(this, `original${i}`, original instanceof Parameter ? new Parameter(own, original.requiresGrad) : own.requiresGrad_(original.requiresGrad));
    });
  }

  /** What the parametrizations start from. */
  originals(): Tensor[] {
    return this.isTensor ? [this.original] : Array.from({ length: this.ntensors }, (_, i) => this[`original${i}`]);
  }

  forward(): Tensor {
    return this.compute(this.originals());
  }

  /** Sets the originals to what gives, as far as the parametrizations can, `value`. */
  rightInverse(value: Tensor): void {
    const op = 'rightInverse';
    if (!(value instanceof Tensor)) throw new ArgumentError(op, 'value', `must be a Tensor, got ${show(value)}`);
    noGrad(() => {
      const inverse = this.inverse(op, value, true), originals = this.originals();
      const values = inverse instanceof Tensor ? [inverse] : inverse;
      if (inverse instanceof Tensor !== this.isTensor || values.length !== this.ntensors) throw new ArgumentError(op, 'value', `must be computed from ${this.isTensor ? 'one Tensor' : `${this.ntensors} Tensors`}, but rightInverse gave ${show(inverse)}`);
      values.forEach((each, i) => {
        const { dtypeCode, dtype, shape } = originals[i];
        if (each.dtypeCode !== dtypeCode) throw new DTypeError(op, each.dtype, `must give the dtype of the original, ${dtype}, got ${each.dtype}`);
        if (!this.unsafe && !sameShape(each.shape, shape)) throw new ShapeError(op, `must give the shape of the original, [${shape.join(', ')}], got ${shapeOf(each)}`);
      });
      values.forEach((each, i) => assign(this, this.isTensor ? 'original' : `original${i}`, originals[i], each));
    });
    cache?.delete(this);
  }

  /** @internal A list of the same modules and originals. */
  alias(): ParametrizationList {
    // Without the constructor, which would invert them.
    const alias = Reflect.construct(Module, [], ParametrizationList) as ParametrizationList;
    Object.assign(alias, { unsafe: this.unsafe, isTensor: this.isTensor, ntensors: this.ntensors });
    this.originals().forEach((original, i) => register(alias, this.isTensor ? 'original' : `original${i}`, original));
    return alias.extend(this);
  }

  private compute(originals: readonly Tensor[]): Tensor {
    let inputs: readonly unknown[] = originals;
    for (const module of this) inputs = [(module as unknown as (...args: readonly unknown[]) => unknown)(...inputs)];
    return inputs[0] as Tensor;
  }

  /** The last parametrization first. One without a `rightInverse` counts as the identity, or is refused. */
  private inverse(op: string, value: Tensor, all: boolean): Tensor | readonly Tensor[] {
    let result: unknown = value;
    for (const module of [...this].reverse() as Parametrization[]) {
      if (module.rightInverse !== undefined) result = module.rightInverse(result as Tensor);
      else if (all) throw new ArgumentError(op, 'value', `cannot be assigned: ${module.constructor.name} has no rightInverse`);
    }
    if (!(result instanceof Tensor) && !(Array.isArray(result) && result.length > 0 && result.every((each) => each instanceof Tensor))) {
      throw new ArgumentError(op, 'parametrization', `must have a rightInverse that returns a Tensor or an array of Tensors, got ${show(result)}`);
    }
    return result as Tensor | readonly Tensor[];
  }
}

// --- computing ---------------------------------------------------------------------------------------------------

/** What was computed in the `cached` scopes that run now; null outside. */
let cache: Map<ParametrizationList, Tensor> | null = null;
let depth = 0;

function enter(): void {
  if (depth++ === 0) cache = new Map();
}

function leave(): void {
  if (--depth === 0) cache = null;
}

/**
 * `cached(fn)` runs `fn` and computes every parametrized tensor once in it, at its first use; `using _ = cached()` does so for
 * the rest of a block. For weights that are used many times, as by a recurrent cell. PyTorch's `parametrize.cached`.
 */
export function cached(): Disposable;
export function cached<T>(fn: () => T): T;
export function cached<T>(fn?: () => T): T | Disposable {
  if (fn !== undefined && typeof fn !== 'function') throw new ArgumentError('cached', 'fn', `must be a function, got ${show(fn)}`);
  enter();
  if (fn === undefined) return { [Symbol.dispose]: leave };
  try {
    const result = fn();
    if (result instanceof Promise) throw new ArgumentError('cached', 'fn', 'must be synchronous: the scope would end at its first await, got an async function');
    return result;
  } finally {
    leave();
  }
}

function valueOf(list: ParametrizationList): Tensor {
  const known = cache?.get(list);
  // A `tidy` scope that has ended may have taken it.
  if (known !== undefined && known.storage.state !== GONE) return known;
  const value = list();
  cache?.set(list, value);
  return value;
}

/** The parametrizations of a module by the name of the tensor, or null. */
function listsOf(module: Module): ModuleDict<ParametrizationList> | null {
  const lists: unknown = Object.hasOwn(module, 'parametrizations') ? (module as unknown as Parametrized).parametrizations : null;
  return lists instanceof ModuleDict ? lists as ModuleDict<ParametrizationList> : null;
}

const listOf = (module: Module, name: string): ParametrizationList | null => (listsOf(module)?.has(name) ? listsOf(module)!.get(name) : null);

// --- classes with accessors --------------------------------------------------------------------------------------

/** By the class before and the names of its tensors, so that copies, and models of one architecture, have one class. */
const classes = new WeakMap<ModuleClass, Map<string, ModuleClass>>();
const classesBefore = new WeakMap<object, ModuleClass>();

/** The class of a module before any parametrization. PyTorch's `parametrize.type_before_parametrizations`. */
export function typeBeforeParametrizations(module: Module): abstract new (...args: never[]) => Module {
  requireModule('typeBeforeParametrizations', 'module', module);
  return classesBefore.get(module.constructor) ?? module.constructor as ModuleClass;
}

function withAccessors(before: ModuleClass, names: readonly string[]): ModuleClass {
  const parametrized = class extends (before as new () => object) {} as unknown as ModuleClass;
  Object.defineProperty(parametrized, 'name', { value: `Parametrized${before.name}` });
  for (const name of names) {
    Object.defineProperty(parametrized.prototype, name, {
      get(this: Module) { return valueOf(listsOf(this)!.get(name)); },
      set(this: Module, value: Tensor) { listsOf(this)!.get(name).rightInverse(value); },
      configurable: true,
    });
  }
  classesBefore.set(parametrized, before);
  return parametrized;
}

/** Gives a module the accessors for what is parametrized now. */
function updateClass(module: Module): void {
  const before = typeBeforeParametrizations(module) as ModuleClass, names = [...listsOf(module)?.keys() ?? []].sort();
  let made = before;
  if (names.length > 0) {
    const known = classes.get(before) ?? new Map<string, ModuleClass>(), key = names.join('.');
    classes.set(before, known);
    made = known.get(key) ?? withAccessors(before, names);
    known.set(key, made);
  }
  Object.setPrototypeOf(module, made.prototype as object);
}

// --- registering -------------------------------------------------------------------------------------------------

const REGISTER = signature('registerParametrization(module, tensorName, parametrization, *, unsafe?)');

/**
 * Makes `module[tensorName]`, a parameter or a buffer, the value of `parametrization`, a module that computes it from what
 * it was; of one that is parametrized already, from its value so far. It is computed at every access, and gradients go
 * to `module.parametrizations[tensorName].original`. Where the parametrization has a `rightInverse`, the original begins as
 * the rightInverse of the tensor, and `module[tensorName] = value` sets it to that of the value; an array of tensors
 * makes `original0`, `original1`, ..., which are new parameters for the optimizer. Throws where the shape or the dtype
 * would change, unless `unsafe`. PyTorch's `torch.nn.utils.parametrize.register_parametrization`.
 *
 * ```ts
 * class Symmetric extends nn.Module {
 *   forward(x: Tensor): Tensor { return x.triu().add(x.triu(1).mT); }
 * }
 * const layer = nn.utils.parametrize.registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
 * ```
 */
export function registerParametrization<M extends Module>(module: M, tensorName: string, parametrization: Parametrization, options: { readonly unsafe?: boolean } = {}): M & Parametrized {
  const op = 'registerParametrization';
  const unsafe = boolArg(op, 'unsafe', bind(REGISTER, [module, tensorName, parametrization, options]).unsafe);
  requireModule(op, 'module', module);
  requireModule(op, 'parametrization', parametrization);
  const list = listOf(module, tensorName);
  if (list !== null) {
    parametrization.train(module.training);
    if (!unsafe) requireCompatible(op, parametrization, valueOf(list));
    list.append(parametrization);
    list.unsafe ||= unsafe;
    cache?.delete(list);
    return module as M & Parametrized;
  }
  const original = stateOf(op, module, tensorName);
  parametrization.train(module.training);
  install(op, module, tensorName, () => new ParametrizationList([parametrization], original, unsafe));
  return module as M & Parametrized;
}

/** An own parameter or buffer. */
function stateOf(op: string, module: Module, name: string): Tensor {
  const state = new Map<unknown, Tensor>([...module.namedParameters('', false), ...module.namedBuffers('', false)]);
  const tensor = state.get(name);
  if (tensor === undefined) throw new ArgumentError(op, 'tensorName', `must be a parameter or a buffer of ${module.constructor.name}, ${[...state.keys()].join(', ') || 'which has none'}; got ${show(name)}`);
  return tensor;
}

/** Puts a list in the place of a tensor. Making it is the last that may fail. */
function install(op: string, module: Module, name: string, make: () => ParametrizationList): void {
  const known = listsOf(module), lists = known ?? new ModuleDict<ParametrizationList>();
  if (name in lists) throw new ArgumentError(op, 'tensorName', `cannot be '${name}', a name that ModuleDict has`);
  if (known === null && 'parametrizations' in module) throw new ArgumentError(op, 'module', "must not have an attribute 'parametrizations' of its own");
  lists.set(name, make());
  deleteMember(module, name);
  if (known === null) module.addModule('parametrizations', lists);
  updateClass(module);
}

/** Forward and rightInverse must map tensors like `value` to such. */
function requireCompatible(op: string, parametrization: Parametrization, value: Tensor): void {
  const result = (parametrization as unknown as (input: Tensor) => unknown)(value);
  requireAlike(op, 'forward', result, value);
  if (parametrization.rightInverse !== undefined) requireAlike(op, 'rightInverse', noGrad(() => parametrization.rightInverse!(result)), value);
}

/** Whether a tensor of the module is parametrized, or any if no name is given. PyTorch's `parametrize.is_parametrized`. */
export function isParametrized(module: Module, tensorName?: string | null): boolean {
  requireModule('isParametrized', 'module', module);
  return tensorName === undefined || tensorName === null ? (listsOf(module)?.size ?? 0) > 0 : listOf(module, tensorName) !== null;
}

const REMOVE = signature('removeParametrizations(module, tensorName, leaveParametrized?)');

/**
 * Ends the parametrization of a tensor, which becomes a parameter or a buffer again: with its value, or, where there is one
 * original, with `leaveParametrized: false` as that. The original stays the same Parameter; one that was made of several
 * is new. PyTorch's `parametrize.remove_parametrizations`.
 */
export function removeParametrizations<M extends Module>(module: M, tensorName: string, leaveParametrized: boolean | { readonly leaveParametrized?: boolean } = true): M {
  const op = 'removeParametrizations';
  const keep = boolArg(op, 'leaveParametrized', bind(REMOVE, [module, tensorName, leaveParametrized]).leaveParametrized, true);
  requireModule(op, 'module', module);
  const list = listOf(module, tensorName);
  if (list === null) throw new ArgumentError(op, 'tensorName', `must be one of the parametrized tensors${isParametrized(module) ? `, ${listsOf(module)!.keys().join(', ')}` : ', of which there are none'}; got ${show(tensorName)}`);
  if (!keep && !list.isTensor) throw new ArgumentError(op, 'leaveParametrized', `must be true for '${tensorName}', which is computed from ${list.ntensors} tensors`);
  const originals = list.originals();
  if (keep && list.isTensor) assign(list, 'original', list.original, noGrad(() => valueOf(list)));
  // With several, trained as they were, which `requiresGrad` of the value does not tell in a scope without gradients.
  const tensor = list.isTensor ? list.original : merged(noGrad(() => valueOf(list)), originals);
  const lists = listsOf(module)!;
  deleteMember(lists, tensorName);
  if (lists.size === 0) deleteMember(module, 'parametrizations');
  updateClass(module);
  register(module, tensorName, tensor);
  cache?.delete(list);
  return module;
}

const merged = (value: Tensor, originals: readonly Tensor[]): Tensor =>
  (originals.some((each) => each instanceof Parameter) ? new Parameter(value.detach(), originals.some((each) => each.requiresGrad)) : value.detach());

/**
 * Gives `toModule` the parametrizations of `fromModule`, of one tensor or of all, as the same modules over the same originals;
 * of a tensor that it lacks, too. PyTorch's `parametrize.transfer_parametrizations_and_params`.
 */
export function transferParametrizationsAndParams<M extends Module>(fromModule: Module, toModule: M, tensorName?: string | null): M {
  const op = 'transferParametrizationsAndParams';
  requireModule(op, 'fromModule', fromModule);
  requireModule(op, 'toModule', toModule);
  const lists = listsOf(fromModule);
  if (lists === null) return toModule;
  for (const name of tensorName === undefined || tensorName === null ? lists.keys() : [stringArg(op, 'tensorName', tensorName, lists.keys())]) {
    const list = lists.get(name);
    if (isParametrized(toModule, name)) throw new ArgumentError(op, 'toModule', `must not have '${name}' parametrized already`);
    if (name in toModule && !list.unsafe) requireAlike(op, 'forward', valueOf(list), stateOf(op, toModule, name));
    install(op, toModule, name, () => list.alias());
  }
  return toModule;
}
