/** Modules that hold modules or parameters. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError, IndexRangeError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module, type UnaryModule } from './module.ts';
import { Parameter } from './parameter.ts';
import { groupRepeats, reprTree } from './repr.ts';

/** An array index from a position that may count from the end. */
function position(op: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length) throw new IndexRangeError(op, index, length);
  return index < 0 ? index + length : index;
}

/** Makes `modules` what the owner holds, each under its position. */
function renumber(owner: Module, modules: readonly Module[]): void {
  const record = owner as unknown as Record<string, unknown>;
  for (const name of Object.keys(record)) if (isModule(record[name])) delete record[name];
  modules.forEach((module, i) => owner.addModule(String(i), module));
}

/** With a module before position `index`, which may be the length too; negative ones count from the end. */
function inserted<M extends Module>(op: string, modules: readonly M[], index: number, module: M): M[] {
  requireModule(op, module);
  if (!Number.isInteger(index) || Math.abs(index) > modules.length) throw new IndexRangeError(op, index, modules.length);
  return [...modules.slice(0, index < 0 ? index + modules.length : index), module, ...modules.slice(index < 0 ? index + modules.length : index)];
}

/** Modules as arguments, as one array, or named by the keys of one object (its string keys, in order). */
export type SequentialArgs = readonly Module[] | readonly [modules: readonly Module[]] | readonly [modules: Readonly<Record<string, Module>>];

/** Chains modules: each gets the output of the one before. `model[0]` is the first, whatever its name. */
export class Sequential extends Module {
  [index: number]: Module;

  /** Positions that the prototype answers for modules whose name is another; a module named by a number is its own answer. */
  private static positions = 0;

  constructor(...modules: SequentialArgs) {
    super();
    const [first] = modules;
    if (modules.length === 1 && isOptions(first)) {
      for (const [name, module] of Object.entries(first)) this.addModule(name, module as Module);
    } else {
      const list: readonly unknown[] = modules.length === 1 && Array.isArray(first) ? first : modules;
      for (const module of list) this.append(module as Module);
    }
  }

  override get length(): number {
    return this.layers().length;
  }

  override addModule(name: string, module: Module | null): void {
    super.addModule(name, module);
    for (const { length } = this; Sequential.positions < length; Sequential.positions++) answerPosition(Sequential.positions);
  }

  append(module: Module): this {
    requireModule('Sequential', module);
    this.addModule(String(this.length), module);
    return this;
  }

  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** Puts a module before position `index`; those after it move up. */
  insert(index: number, module: Module): this {
    renumber(this, inserted('Sequential', this.layers(), index, module));
    return this;
  }

  /** Takes a module out; those after it move down. */
  pop(index: number): Module {
    const layers = this.layers(), [module] = layers.splice(position('Sequential', index, layers.length), 1);
    renumber(this, layers);
    return module;
  }

  /** PyTorch's `model[start:end]`: a chain of the same modules, under their names. */
  slice(start?: number, end?: number): Sequential {
    const named = Object.entries(this as unknown as Record<string, unknown>).filter((entry): entry is [string, Module] => isModule(entry[1]));
    return new Sequential(Object.fromEntries(named.slice(start, end)));
  }

  /** The module at a position; negative ones count from the end. */
  at(index: number): Module {
    const layers = this.layers();
    return layers[position('Sequential', index, layers.length)];
  }

  *[Symbol.iterator](): Generator<Module> {
    yield* this.layers();
  }

  forward(input: Tensor): Tensor {
    let output = input;
    // A module may occur more than once in the chain, so this does not go through children().
    for (const layer of this.layers()) output = (layer as UnaryModule)(output);
    return output;
  }

  private layers(): Module[] {
    return members(this, isModule);
  }
}

function answerPosition(index: number): void {
  Object.defineProperty(Sequential.prototype, index, {
    configurable: true,
    get(this: Sequential): Module | undefined { return [...this][index]; },
    set(this: Sequential, module: Module) {
      const name = Object.entries(this as unknown as Record<string, unknown>).filter(([, value]) => isModule(value))[index]?.[0] ?? String(index);
      Object.defineProperty(this, name, { value: module, writable: true, enumerable: true, configurable: true });
    },
  });
}

const isModule = (value: unknown): value is Module => value instanceof Module;
const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;

/** Own members of a kind, in order, repetitions included. */
function members<T>(owner: Module, isMember: (value: unknown) => value is T): T[] {
  return Object.values(owner as unknown as Record<string, unknown>).filter(isMember);
}

function requireModule(op: string, module: unknown): void {
  if (!(module instanceof Module)) throw new ArgumentError(op, 'module', `must be an nn.Module, got ${show(module)}`);
}

/** A list of modules, each a member under its position. */
export class ModuleList<M extends Module = UnaryModule> extends Module {
  [index: number]: M;

  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  override get length(): number {
    return this.items().length;
  }

  append(module: M): this {
    requireModule('ModuleList', module);
    this.addModule(String(this.length), module);
    return this;
  }

  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** Puts a module before position `index`; those after it move up. */
  insert(index: number, module: M): void {
    renumber(this, inserted('ModuleList', this.items(), index, module));
  }

  /** Takes a module out; those after it move down. */
  pop(index: number): M {
    const items = this.items(), [module] = items.splice(position('ModuleList', index, items.length), 1);
    renumber(this, items);
    return module;
  }

  /** PyTorch's `list[start:end]`: a list of the same modules. */
  slice(start?: number, end?: number): ModuleList<M> {
    return new ModuleList(this.items().slice(start, end));
  }

  at(index: number): M {
    const items = this.items();
    return items[position('ModuleList', index, items.length)];
  }

  *[Symbol.iterator](): Generator<M> {
    yield* this.items();
  }

  override toString(): string {
    return reprTree(this.constructor.name, this.extraRepr(), groupRepeats(this.items().map((item, i) => [String(i), item.toString()] as const)));
  }

  private items(): M[] {
    return members(this, isModule) as M[];
  }
}

/** Modules by name. Names that are whole numbers come first, as JavaScript orders keys. */
export class ModuleDict<M extends Module = UnaryModule> extends Module {
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    this.update(modules);
  }

  get size(): number {
    return this.keys().length;
  }

  get(name: string): M {
    const value: unknown = Object.hasOwn(this, name) ? (this as unknown as Record<string, unknown>)[name] : undefined;
    if (!(value instanceof Module)) throw new ArgumentError('ModuleDict', 'name', `'${name}' is not there; there are ${this.keys().join(', ') || 'none'}`);
    return value as M;
  }

  set(name: string, module: M): this {
    requireModule('ModuleDict', module);
    this.addModule(name, module);
    return this;
  }

  has(name: string): boolean {
    return this.keys().includes(name);
  }

  update(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]>): this {
    const entries = Symbol.iterator in modules ? (modules as Iterable<readonly [string, M]>) : Object.entries(modules as Record<string, M>);
    for (const [name, module] of entries) this.set(name, module);
    return this;
  }

  keys(): string[] {
    return this.entries().map(([name]) => name);
  }

  values(): M[] {
    return this.entries().map(([, module]) => module);
  }

  entries(): [string, M][] {
    return Object.entries(this as unknown as Record<string, unknown>).filter((entry): entry is [string, M] => entry[1] instanceof Module);
  }
}

/** A list of parameters, each a member under its position. */
export class ParameterList extends Module {
  [index: number]: Parameter;

  /** Plain tensors become parameters. */
  constructor(values: Iterable<Tensor> = []) {
    super();
    this.extend(values);
  }

  override get length(): number {
    return members(this, isParameter).length;
  }

  append(value: Tensor): this {
    this.registerParameter(String(this.length), toParameter(value));
    return this;
  }

  extend(values: Iterable<Tensor>): this {
    for (const value of values) this.append(value);
    return this;
  }

  *[Symbol.iterator](): Generator<Parameter> {
    yield* members(this, isParameter);
  }

  override extraRepr(): string {
    return members(this, isParameter).map((p, i) => `  (${i}): ${parameterLine(p)}`).join('\n');
  }
}

/** Parameters by name. */
export class ParameterDict extends Module {
  constructor(values: Readonly<Record<string, Tensor>> = {}) {
    super();
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  get(name: string): Parameter {
    const value: unknown = Object.hasOwn(this, name) ? (this as unknown as Record<string, unknown>)[name] : undefined;
    if (!(value instanceof Parameter)) throw new ArgumentError('ParameterDict', 'name', `'${name}' is not there; there are ${this.keys().join(', ') || 'none'}`);
    return value;
  }

  set(name: string, value: Tensor): this {
    this.registerParameter(name, toParameter(value));
    return this;
  }

  has(name: string): boolean {
    return this.keys().includes(name);
  }

  keys(): string[] {
    return this.entries().map(([name]) => name);
  }

  entries(): [string, Parameter][] {
    return Object.entries(this as unknown as Record<string, unknown>).filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter);
  }

  override extraRepr(): string {
    return this.entries().map(([name, p]) => `  (${name}): ${parameterLine(p, p.type())}`).join('\n');
  }
}

const toParameter = (value: Tensor): Parameter => (value instanceof Parameter ? value : new Parameter(value));

const parameterLine = (p: Parameter, type = `torch.${p.dtype}`): string => `Parameter containing: [${type} of size ${p.shape.join('x')}]`;
