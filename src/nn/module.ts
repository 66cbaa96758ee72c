/**
 * Module: the base of everything that has parameters.
 *
 * An instance is callable, `model(x)`, as in PyTorch: the base constructor returns a function whose prototype is the
 * class. Members need no registration and no Proxy: a Parameter, a Module or a registered buffer is a member because
 * it is an own property, and the order of the properties (for declared fields, the order of the declarations) is the
 * order of `parameters()` and of the state dict.
 */
import { noGrad } from '../tensor/grad-mode.ts';
import { observer } from '../tensor/observer.ts';
import { Tensor, type RemovableHandle } from '../tensor/tensor.ts';
import { keep } from '../tensor/tidy.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import {
  addHook, forwardOf, Hooks, runWithHooks, type BackwardHook, type BackwardPreHook, type ForwardHook, type ForwardPreHook, type HookOptions, type LoadStateDictPostHook,
  type LoadStateDictPreHook, type StateDictPostHook, type StateDictPreHook,
} from './hooks.ts';
import { Parameter } from './parameter.ts';
import { reprTree } from './repr.ts';
import { loadStateDict, type LoadReport, type StateDict } from './state-dict.ts';

interface Internals {
  /** Names of the buffers and whether they are part of the state dict. */
  readonly buffers: Map<string, boolean>;
  /** Null until the first one is registered. */
  hooks: Hooks | null;
}

// Beside the instance, so that nothing but members are its properties; the call itself gets them from its closure.
const internalsOf = new WeakMap<Module, Internals>();

// Of a module of any class, `model: nn.Module`, nobody knows what it takes and gives: it can be called with anything, as
// in PyTorch, whose own type is `Callable[..., Any]`.
/** What `forward` of a module takes. */
export type ForwardArgs<M> = 'forward' extends keyof M ? Parameters<Extract<M['forward'], (...args: never) => unknown>> : any[];
/** What `forward` of a module gives. */
export type ForwardResult<M> = 'forward' extends keyof M ? ReturnType<Extract<M['forward'], (...args: never) => unknown>> : any;

export interface Module {
  (...args: ForwardArgs<this>): ForwardResult<this>;
}

/** A module from one tensor to one tensor: what `Sequential` chains. */
export interface UnaryModule extends Module {
  forward(input: Tensor): Tensor;
}

/** Subclasses write `forward`, the computation, and calling the module runs it with its hooks; who only calls other methods needs none. */
export class Module {
  /** True in training mode: dropout drops and batch statistics are taken. */
  declare training: boolean;

  constructor() {
    const internals: Internals = { buffers: new Map(), hooks: null };
    const self = ((...args: never[]) => call(self, internals, args)) as unknown as this;
    // A function's own name and length would shadow members of those names and show up as properties.
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    Object.setPrototypeOf(self, new.target.prototype);
    internalsOf.set(self, internals);
    self.training = true;
    return self;
  }

  // --- members -------------------------------------------------------------------------------------------------

  /** Adds a parameter under a name; null reserves the name for an absent one (a layer without bias). */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.checkName('registerParameter', name);
    if (parameter !== null && !(parameter instanceof Parameter)) throw new ArgumentError('registerParameter', 'parameter', 'must be an nn.Parameter or null');
    this.setMember(name, parameter);
  }

  /** Adds a tensor that is state but not trained; `persistent: false` keeps it out of the state dict. */
  registerBuffer(name: string, tensor: Tensor | null, persistent: boolean | { readonly persistent?: boolean } = true): void {
    this.checkName('registerBuffer', name);
    if (tensor !== null && !(tensor instanceof Tensor)) throw new ArgumentError('registerBuffer', 'tensor', 'must be a Tensor or null');
    internals(this).buffers.set(name, typeof persistent === 'boolean' ? persistent : persistent.persistent ?? true);
    if (tensor !== null) keep(tensor);
    this.setMember(name, tensor);
  }

  registerModule(name: string, module: Module | null): void {
    this.addModule(name, module);
  }

  addModule(name: string, module: Module | null): void {
    this.checkName('addModule', name);
    if (module !== null && !(module instanceof Module)) throw new ArgumentError('addModule', 'module', 'must be an nn.Module or null');
    this.setMember(name, module);
  }

  private checkName(op: string, name: string): void {
    if (typeof name !== 'string' || name === '' || name.includes('.')) throw new ArgumentError(op, 'name', `must be a non-empty string without '.', got ${JSON.stringify(name)}`);
    // Numbers are positions, which every Sequential answers.
    if (name in this && !Object.hasOwn(this, name) && !/^\d+$/.test(name)) throw new ArgumentError(op, 'name', `'${name}' is already an attribute of ${this.constructor.name}`);
  }

  private setMember(name: string, value: unknown): void {
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
  }

  /** Own parameters, in definition order. */
  private *ownParameters(): Generator<[string, Parameter]> {
    for (const name of Object.keys(this)) {
      const value = member(this, name);
      if (value instanceof Parameter) yield [name, value];
    }
  }

  private *ownBuffers(persistentOnly: boolean): Generator<[string, Tensor]> {
    for (const [name, persistent] of internals(this).buffers) {
      const value = member(this, name);
      if ((persistent || !persistentOnly) && value instanceof Tensor) yield [name, value];
    }
  }

  namedChildren(): [string, Module][] {
    const children = new Map<Module, string>();
    for (const name of Object.keys(this)) {
      const value = member(this, name);
      if (value instanceof Module && !children.has(value)) children.set(value, name);
    }
    return [...children].map(([child, name]) => [name, child]);
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all below it, depth first; a module that occurs twice is given once. */
  namedModules(prefix = ''): [string, Module][] {
    const paths = new Map<Module, string>();
    const visit = (module: Module, path: string): void => {
      if (paths.has(module)) return;
      paths.set(module, path);
      for (const [name, child] of module.namedChildren()) visit(child, join(path, name));
    };
    visit(this, prefix);
    return [...paths].map(([module, path]) => [path, module]);
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Every parameter with its dotted name; one that is shared is given once, under its first name. */
  namedParameters(prefix = '', recurse = true): [string, Parameter][] {
    return this.namedMembers(prefix, recurse, (module) => module.ownParameters());
  }

  parameters(recurse = true): Parameter[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter);
  }

  namedBuffers(prefix = '', recurse = true): [string, Tensor][] {
    return this.namedMembers(prefix, recurse, (module) => module.ownBuffers(false));
  }

  buffers(recurse = true): Tensor[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer);
  }

  private namedMembers<T extends Tensor>(prefix: string, recurse: boolean, members: (module: Module) => Iterable<[string, T]>): [string, T][] {
    const names = new Map<T, string>();
    for (const [path, module] of recurse ? this.namedModules(prefix) : [[prefix, this] as const]) {
      for (const [name, value] of members(module)) if (!names.has(value)) names.set(value, join(path, name));
    }
    return [...names].map(([value, name]) => [name, value]);
  }

  /** The module at a dotted path; the empty path is this one. */
  getSubmodule(target: string): Module {
    let module: Module = this;
    for (const name of target === '' ? [] : target.split('.')) {
      const next: unknown = Object.hasOwn(module, name) ? member(module, name) : undefined;
      if (!(next instanceof Module)) throw new ArgumentError('getSubmodule', 'target', `'${target}': ${module.constructor.name} has no module '${name}'`);
      module = next;
    }
    return module;
  }

  getParameter(target: string): Parameter {
    const dot = target.lastIndexOf('.');
    const owner = this.getSubmodule(target.slice(0, Math.max(dot, 0)));
    const value = member(owner, target.slice(dot + 1));
    if (!(value instanceof Parameter)) throw new ArgumentError('getParameter', 'target', `'${target}' is not a parameter of ${this.constructor.name}`);
    return value;
  }

  getBuffer(target: string): Tensor {
    const dot = target.lastIndexOf('.'), name = target.slice(dot + 1);
    const owner = this.getSubmodule(target.slice(0, Math.max(dot, 0))), value = member(owner, name);
    if (!internals(owner).buffers.has(name) || !(value instanceof Tensor)) throw new ArgumentError('getBuffer', 'target', `'${target}' is not a buffer of ${this.constructor.name}`);
    return value;
  }

  // --- state ---------------------------------------------------------------------------------------------------

  /** Parameters and persistent buffers by dotted name: detached aliases, not copies, or with `keepVars` the tensors themselves. */
  stateDict({ prefix = '', keepVars = false }: { readonly prefix?: string; readonly keepVars?: boolean } = {}): Record<string, Tensor> {
    const state: Record<string, Tensor> = {};
    this.saveState(state, prefix, keepVars);
    return state;
  }

  /** The prefix, also that of the hooks, ends in a dot or is empty. */
  private saveState(state: Record<string, Tensor>, prefix: string, keepVars: boolean): void {
    const { hooks } = internals(this);
    for (const hook of hooks?.statePre.values() ?? []) hook(this, prefix, keepVars);
    for (const [name, tensor] of this.ownState()) state[prefix + name] = keepVars ? tensor : tensor.detach();
    for (const [name, child] of this.ownModules()) child.saveState(state, `${prefix}${name}.`, keepVars);
    for (const hook of hooks?.statePost.values() ?? []) hook(this, state, prefix);
  }

  /** Every name of the state dict with its tensor; shared tensors occur under each of their names, as in PyTorch. */
  *namedState(prefix = ''): Generator<[name: string, tensor: Tensor, mayLack: boolean]> {
    for (const [name, tensor] of this.ownState()) yield [join(prefix, name), tensor, this.mayLack(name)];
    for (const [name, child] of this.ownModules()) yield* child.namedState(join(prefix, name));
  }

  /** @internal Whether a state dict without this one fits all the same, and leaves it as it is. */
  protected mayLack(_name: string): boolean {
    return false;
  }

  private *ownState(): Generator<[string, Tensor]> {
    yield* this.ownParameters();
    yield* this.ownBuffers(true);
  }

  /** Under every name, also where a module occurs twice. */
  private *ownModules(): Generator<[string, Module]> {
    for (const name of Object.keys(this)) {
      const value = member(this, name);
      if (value instanceof Module) yield [name, value];
    }
  }

  /** @internal Every hook of a kind in this module and those below, with the prefix of its module's names. */
  *stateHooks<K extends 'loadPre' | 'loadPost'>(kind: K, prefix = ''): Generator<[prefix: string, module: Module, hook: Hooks[K] extends Map<number, infer H> ? H : never]> {
    for (const hook of internals(this).hooks?.[kind].values() ?? []) yield [prefix, this, hook as never];
    for (const [name, child] of this.ownModules()) yield* child.stateHooks(kind, `${prefix}${name}.`);
  }

  /** Copies a state dict into the parameters and buffers. Every problem is reported at once, before anything is written. */
  loadStateDict(stateDict: StateDict, strict: boolean | { readonly strict?: boolean } = true): LoadReport {
    return loadStateDict(this, stateDict, typeof strict === 'boolean' ? strict : strict.strict ?? true);
  }

  // --- modes and conversions -----------------------------------------------------------------------------------

  train(mode = true): this {
    if (typeof mode !== 'boolean') throw new ArgumentError('train', 'mode', 'must be a boolean');
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  zeroGrad(options: boolean | { readonly setToNone?: boolean } = true): void {
    const setToNone = typeof options === 'boolean' ? options : options.setToNone ?? true;
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone);
  }

  /** Calls `fn` on every module below and then on this one. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Casts floating-point parameters and buffers; a device name ('cpu') changes nothing. */
  to(target: DType | 'cpu' | { readonly dtype?: DType; readonly device?: string }): this {
    const dtype = typeof target === 'string' ? target : target.dtype;
    if (dtype === undefined || dtype === 'cpu') return this;
    return this.convert((tensor) => (tensor.isFloatingPoint() ? tensor.to(dtype) : tensor));
  }

  float(): this {
    return this.to('float32');
  }

  double(): this {
    return this.to('float64');
  }

  half(): this {
    return this.to('float16');
  }

  bfloat16(): this {
    return this.to('bfloat16');
  }

  cpu(): this {
    return this;
  }

  /** Parameters keep their identity, so that an optimizer made before still holds them. */
  private convert(fn: (tensor: Tensor) => Tensor): this {
    noGrad(() => {
      for (const module of this.modules()) {
        for (const [, parameter] of module.ownParameters()) {
          const gradient = parameter.grad;
          parameter.replace(fn(parameter.detach()));
          parameter.grad = gradient === null ? null : fn(gradient.detach());
        }
        for (const [name, buffer] of module.ownBuffers(false)) module.setMember(name, fn(buffer));
      }
    });
    return this;
  }

  /**
   * A module of the same class with copies of all parameters, buffers and modules below, without running the constructor.
   * What is shared inside stays shared; gradients are not copied. PyTorch's `copy.deepcopy(module)`.
   */
  deepCopy(): this {
    return copyOf(this, new Map()) as this;
  }

  // --- hooks ---------------------------------------------------------------------------------------------------

  registerForwardPreHook(hook: ForwardPreHook<this>, prepend?: HookOptions): RemovableHandle {
    return addHook(hooksOf(this).forwardPre, hook, prepend);
  }

  registerForwardHook(hook: ForwardHook<this>, prepend?: HookOptions): RemovableHandle {
    return addHook(hooksOf(this).forward, hook as unknown as ForwardHook, prepend);
  }

  registerFullBackwardPreHook(hook: BackwardPreHook, prepend?: HookOptions): RemovableHandle {
    return addHook(hooksOf(this).backwardPre, hook, prepend);
  }

  registerFullBackwardHook(hook: BackwardHook, prepend?: HookOptions): RemovableHandle {
    return addHook(hooksOf(this).backward, hook, prepend);
  }

  registerStateDictPreHook(hook: StateDictPreHook): RemovableHandle {
    return addHook(hooksOf(this).statePre, hook);
  }

  registerStateDictPostHook(hook: StateDictPostHook): RemovableHandle {
    return addHook(hooksOf(this).statePost, hook);
  }

  registerLoadStateDictPreHook(hook: LoadStateDictPreHook): RemovableHandle {
    return addHook(hooksOf(this).loadPre, hook);
  }

  registerLoadStateDictPostHook(hook: LoadStateDictPostHook): RemovableHandle {
    return addHook(hooksOf(this).loadPost, hook);
  }

  // --- printing ------------------------------------------------------------------------------------------------

  /** What stands between the parentheses in the printed module. */
  extraRepr(): string {
    return '';
  }

  toString(): string {
    return reprTree(this.constructor.name, this.extraRepr(), this.namedChildren().map(([name, child]) => [name, child.toString()] as const));
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function call(module: Module, internals: Internals, args: readonly unknown[]): unknown {
  return observer === null ? run(module, internals, args) : observer.span('module', module.constructor.name, args, module, () => run(module, internals, args));
}

function run(module: Module, { hooks }: Internals, args: readonly unknown[]): unknown {
  return hooks?.aroundCalls ? runWithHooks(module, hooks, args) : forwardOf(module).apply(module, args as unknown[]);
}

function copyOf(value: unknown, done: Map<unknown, unknown>): unknown {
  if (done.has(value)) return done.get(value);
  const keep = <T>(copy: T): T => {
    done.set(value, copy);
    return copy;
  };
  if (value instanceof Parameter) return keep(new Parameter(value.detach().clone(), value.requiresGrad));
  if (value instanceof Tensor) return keep(value.detach().clone());
  if (Array.isArray(value)) return keep(value.map((item) => copyOf(item, done)));
  if (!(value instanceof Module)) return value;
  // Only the base constructor runs: it makes the callable instance of the class.
  const copy = keep(Reflect.construct(Module, [], value.constructor as new () => Module) as Module);
  const from = internals(value), to = internals(copy);
  for (const [name, persistent] of from.buffers) to.buffers.set(name, persistent);
  to.hooks = from.hooks?.copy() ?? null;
  for (const name of Object.keys(value)) Object.defineProperty(copy, name, { value: copyOf(member(value, name), done), writable: true, enumerable: true, configurable: true });
  return copy;
}

/** @internal Takes a member out; a buffer is no state any more, even if something else has its name. */
export function deleteMember(module: Module, name: string): void {
  internals(module).buffers.delete(name);
  delete (module as unknown as Record<string, unknown>)[name];
}

/** @internal The hooks before `forward`, for who looks for its own. */
export const forwardPreHooks = (module: Module): Map<number, ForwardPreHook> => hooksOf(module).forwardPre;

const internals = (module: Module): Internals => internalsOf.get(module)!;
const hooksOf = (module: Module): Hooks => (internals(module).hooks ??= new Hooks());

const member = (module: Module, name: string): unknown => (module as unknown as Record<string, unknown>)[name];

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** Drops or zeroes a gradient, as zeroGrad of modules and optimizers does. */
function clearGrad(parameter: Parameter, setToNone: boolean): void {
  if (setToNone) parameter.grad = null;
  else if (parameter.grad) parameter.grad = parameter.grad.detach().zero_();
}
