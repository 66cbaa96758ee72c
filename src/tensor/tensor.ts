/** The Tensor class: the top of the chain, with reading back, autograd entry points and what JS expects of an object. */
import { ArgumentError, AutogradError, ShapeError } from '../core/errors.ts';
import { bind, boolArg, isOptions, numberArg, show, signature, type CallArgs } from '../core/args.ts';
import { sameShape, type Layout } from '../core/layout.ts';
import { aliased } from '../core/batch.ts';
import { release } from '../core/allocator.ts';
import { outlive } from '../core/scope.ts';
import { GONE, Storage } from '../core/storage.ts';
import { F64, isFloating, type DTypeCode, type TypedArray } from '../core/dtype.ts';
import { AccumulateGrad, edgeOf, runBackward } from './graph.ts';
import { TensorCore, type Extra } from './core.ts';
import { Composite } from './composite.ts';
import { formatTensor } from './format.ts';
import { installNamedForms } from './named-forms.ts';
import { resultType } from './promotion.ts';
import { guardMethods } from './sample-loop.ts';
import { dtypeOfType, typeName } from './legacy-types.ts';
import { copyElements, single, singleBigInt, toNested, writeNumbers, type Nested } from './values.ts';

const BACKWARD = signature('backward(gradient?, retainGraph?, createGraph?, inputs?)');

const CLOSE = signature('isclose(other, rtol?, atol?, equalNan?)');
type ClosePositions = [rtol: number, atol: number, equalNan: boolean];
export interface CloseOptions { readonly rtol?: number; readonly atol?: number; readonly equalNan?: boolean }

export interface BackwardArgs {
  readonly gradient?: Tensor | null;
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
  readonly inputs?: Tensor | readonly Tensor[];
}

/** Removes a hook when called, or at the end of a `using` scope. */
export interface RemovableHandle extends Disposable {
  remove(): void;
}

let hookIds = 0;
export function removable<T>(hooks: Map<number, T>, hook: T): RemovableHandle {
  const id = hookIds++;
  hooks.set(id, hook);
  const remove = (): void => void hooks.delete(id);
  return { remove, [Symbol.dispose]: remove };
}

/** A multi-dimensional array of one dtype, with autograd. Made by the creation functions, never by `new`. */
export class Tensor extends Composite {
  /** @internal */
  override wrap(storage: Storage, layout: Layout, dtypeCode: DTypeCode): Tensor {
    return new PlainTensor(storage, layout, dtypeCode);
  }

  /** @internal */
  get details(): Extra {
    return (this.extra ??= {});
  }

  /** The only element as a JS number (bool: boolean). Throws for other sizes and for int64 beyond 2^53. */
  item(): number {
    return single(this) as number;
  }

  /** The only element of an integer tensor, exactly. */
  itemBigInt(): bigint {
    return singleBigInt(this);
  }

  /** Nested arrays of JS numbers or booleans; a number for a 0-d tensor. Typed as what it is assigned to: `const row: number[] = x.tolist()`. */
  tolist<T extends Nested = Nested>(): T {
    return toNested(this) as T;
  }

  /** A copy of the raw elements in row-major order. */
  toTypedArray(): TypedArray {
    return copyElements(this);
  }

  /** @internal Numbers into a fresh contiguous tensor. */
  writeNumbers(values: ArrayLike<number | boolean | bigint>): void {
    writeNumbers(this, values);
  }

  /** PyTorch's detached alias: the same memory, unknown to autograd and to its in-place checks. */
  get data(): Tensor {
    const { memory, byteOffset, byteLength } = this.storage;
    const alias = new Storage(memory, byteOffset, byteLength);
    alias.state = aliased(this.storage);
    return this.wrap(alias, this.layout, this.dtypeCode);
  }

  set data(value: Tensor) {
    if (!(value instanceof TensorCore)) throw new ArgumentError('data', 'value', `must be a Tensor, got ${show(value)}`);
    if (value.dtypeCode !== this.dtypeCode) throw new ArgumentError('data', 'value', `must have dtype ${this.dtype}, got ${value.dtype}`);
    const self = this as { -readonly [K in 'storage' | 'layout']: K extends 'storage' ? Storage : Layout };
    self.storage = value.storage;
    self.layout = value.layout;
    outlive(value.storage);
    if (this.node?.accumulates) this.node = null;
  }

  /** Takes this tensor out of the graph, in place. */
  detach_(): this {
    if (this.base !== null) throw new AutogradError("detach_: can't detach views in-place; use detach()");
    this.node = null;
    this.slot = 0;
    this.needsGrad = false;
    return this;
  }

  /** Sets `requiresGrad`, in place. */
  requiresGrad_(requiresGrad?: boolean): this;
  requiresGrad_(options: { readonly requiresGrad?: boolean }): this;
  requiresGrad_(requiresGrad: unknown = true): this {
    this.requiresGrad = requiresGrad as boolean;
    return this;
  }

  /**
   * Computes the gradients of the leaves that this tensor was made from and adds them to their `.grad`.
   * PyTorch's `backward(gradient=None, retain_graph=None, create_graph=False, inputs=None)`.
   */
  backward(gradient?: Tensor | null | BackwardArgs, retainGraph?: boolean, createGraph?: boolean): void {
    const bound = bind(BACKWARD, gradient === undefined ? [] : isOptions(gradient) ? [gradient] : [gradient, retainGraph, createGraph]);
    const create = boolArg('backward', 'createGraph', bound.createGraph);
    const retain = boolArg('backward', 'retainGraph', bound.retainGraph, create);
    if (!this.needsGrad) throw new AutogradError('backward: element 0 of tensors does not require grad and does not have a gradFn');
    const start = startGradient('backward', this, bound.gradient);
    const captures = bound.inputs === undefined ? null : bound.inputs;
    if (captures !== null) return backwardInto(this, start, captures, retain, create);
    runBackward([edgeOf(this) as NonNullable<typeof this.node>], [this.slot], [start], { retainGraph: retain, createGraph: create, captures: null });
  }

  /** Calls `hook` with the gradient of this tensor; a returned tensor replaces it. */
  registerHook(hook: (grad: Tensor) => Tensor | null | undefined | void): RemovableHandle {
    if (!this.needsGrad) throw new AutogradError("registerHook: cannot register a hook on a tensor that doesn't require gradient");
    if (typeof hook !== 'function') throw new ArgumentError('registerHook', 'hook', `must be a function, got ${show(hook)}`);
    if (this.gradFn === null) return removable((this.details.hooks ??= new Map()), hook);
    const node = this.gradFn;
    node.tensorHooks ??= [];
    const hooks = (node.tensorHooks[this.slot] ??= []);
    hooks.push(hook);
    const remove = (): void => {
      const at = hooks.indexOf(hook);
      if (at >= 0) hooks.splice(at, 1);
    };
    return { remove, [Symbol.dispose]: remove };
  }

  /** Calls `hook` after a gradient was added to this leaf's `.grad`. */
  registerPostAccumulateGradHook(hook: (tensor: Tensor) => void): RemovableHandle {
    if (this.gradFn !== null || !this.needsGrad) throw new AutogradError('registerPostAccumulateGradHook: expected a leaf tensor that requires grad');
    return removable((this.details.accumulateHooks ??= new Map()), hook);
  }

  /** Makes backward keep this non-leaf tensor's gradient in `.grad`. */
  retainGrad(): void {
    if (!this.needsGrad) throw new AutogradError("retainGrad: can't retain the gradient of a tensor that has requiresGrad = false");
    if (this.gradFn === null) return;
    this.details.retainsGrad = true;
    this.gradFn.retained = this;
  }

  get retainsGrad(): boolean {
    return this.extra?.retainsGrad ?? false;
  }

  /** The legacy type name (`'torch.FloatTensor'`) without an argument; with a dtype or a legacy constructor, the cast. */
  type(): string;
  type(dtype: unknown): Tensor;
  type(dtype?: unknown): string | Tensor {
    return dtype === undefined ? typeName(this.dtypeCode) : this.castTo(dtypeOfType('type', dtype));
  }

  /**
   * Gives the memory back at once; a later use of this tensor, or of a view of it, throws a {@link DisposedError}. A view
   * only ends itself. Also at the end of a `using` scope. Nothing has to be disposed of: it lowers the peak.
   */
  dispose(): void {
    const { storage } = this;
    if (storage.state === GONE) return;
    if (this.base === null && storage.origin === null && storage.state === null) {
      release(storage);
      return;
    }
    const ended = new Storage(storage.memory, 0, 0);
    ended.state = GONE;
    (this as { -readonly [K in 'storage']: Storage }).storage = ended;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Slices along dimension 0. */
  *[Symbol.iterator](): Generator<Tensor, void> {
    if (this.ndim === 0) throw new ShapeError('iterator', 'a 0-d tensor cannot be iterated over');
    for (let i = 0; i < this.shape[0]; i++) yield this.select(0, i);
  }

  /** Size of dimension 0. */
  get length(): number {
    if (this.ndim === 0) throw new ShapeError('length', 'a 0-d tensor has no length');
    return this.shape[0];
  }

  /** True when shape and all elements are equal. PyTorch's `torch.equal`. */
  equal(other: Tensor): boolean;
  equal(options: { readonly other: Tensor }): boolean;
  equal(other: unknown): boolean {
    if (!(other instanceof TensorCore)) throw new ArgumentError('equal', 'other', `must be a Tensor, got ${show(other)}`);
    return sameShape(this.shape, other.shape) && (this.numel() === 0 || (this.eq(other as Tensor).all().item() as unknown as boolean));
  }

  /** True when all elements are within `atol + rtol * |other|`. */
  allclose(other: Tensor, ...args: CallArgs<ClosePositions, CloseOptions>): boolean {
    return this.isclose(other, ...args).all().item() as unknown as boolean;
  }

  isclose(other: Tensor, ...args: CallArgs<ClosePositions, CloseOptions>): Tensor {
    const bound = bind(CLOSE, [other, ...args]);
    if (!(other instanceof TensorCore)) throw new ArgumentError('isclose', 'other', `must be a Tensor, got ${show(other)}`);
    const rtol = numberArg('isclose', 'rtol', bound.rtol, 1e-5), atol = numberArg('isclose', 'atol', bound.atol, 1e-8), equalNan = boolArg('isclose', 'equalNan', bound.equalNan);
    for (const [name, value] of [['rtol', rtol], ['atol', atol]] as const) if (!(value >= 0)) throw new ArgumentError('isclose', name, `must not be negative, got ${value}`);
    const type = resultType(this, other), compute = isFloating(type) ? type : F64, a = this.detach().castTo(compute), b = other.detach().castTo(compute);
    const error = a.sub(b).abs(), close = error.le(b.abs().mul(rtol).add(atol)).logicalAnd(error.isfinite()).logicalOr(a.eq(b));
    return equalNan ? close.logicalOr(a.isnan().logicalAnd(b.isnan())) : close;
  }

  override toString(): string {
    if (this.storage.state === GONE) return `tensor(disposed, size=(${this.shape.join(', ')}), dtype=torch.${this.dtype})`;
    return formatTensor(this);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** JS operators cannot work on tensors: arithmetic would silently be NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new TypeError('a Tensor has no JS operators: write a.mul(b), a.add(b), ... or expr`${a} * ${b} + 1`; use item() for the number of a one-element tensor');
  }
}

type Fields = { -readonly [K in 'storage' | 'layout' | 'dtypeCode' | 'needsGrad' | 'node' | 'slot' | 'gradient' | 'base' | 'viewVersion' | 'extra']: Tensor[K] };

/**
 * Makes every tensor: TensorCore's fields, in its order, on Tensor's prototype. Walking the constructors of the class
 * chain instead costs 30 ns, a tenth of a small operation.
 */
export const PlainTensor = function PlainTensor(this: Fields, storage: Storage, layout: Layout, dtypeCode: DTypeCode): void {
  this.storage = storage;
  this.layout = layout;
  this.dtypeCode = dtypeCode;
  this.needsGrad = false;
  this.node = null;
  this.slot = 0;
  this.gradient = null;
  this.base = null;
  this.viewVersion = 0;
  this.extra = null;
} as unknown as new (storage: Storage, layout: Layout, dtypeCode: DTypeCode) => Tensor;
PlainTensor.prototype = Tensor.prototype;
installNamedForms(Tensor.prototype);
guardMethods(Tensor.prototype, ['index', 'indexPut', 'maskedSelect', 'maskedScatter', 'narrow', 'newFull', 'nonzero', 'repeatInterleave']);

/** The gradient that backward starts with: the one given, checked, or one for a scalar. */
export function startGradient(op: string, output: Tensor, gradient: unknown): Tensor {
  if (gradient === undefined || gradient === null) {
    if (output.numel() !== 1) throw new AutogradError(`${op}: grad can be implicitly created only for scalar outputs, got shape [${output.shape.join(', ')}]; give a gradient`);
    return output.newFull([...output.shape], 1);
  }
  if (!(gradient instanceof TensorCore)) throw new ArgumentError(op, 'gradient', `must be a Tensor, got ${show(gradient)}`);
  if (!sameShape(gradient.shape, output.shape)) throw new ShapeError(op, `gradient has shape [${gradient.shape.join(', ')}], expected [${output.shape.join(', ')}]`);
  return gradient as Tensor;
}

/** backward with `inputs`: only these collect. */
function backwardInto(output: Tensor, start: Tensor, inputs: unknown, retainGraph: boolean, createGraph: boolean): void {
  const list = (Array.isArray(inputs) ? inputs : [inputs]) as Tensor[];
  if (list.length === 0) throw new ArgumentError('backward', 'inputs', 'must not be empty');
  const captures = new Map<NonNullable<Tensor['node']>, { slot: number; index: number }[]>();
  list.forEach((input, index) => {
    if (!(input instanceof TensorCore)) throw new ArgumentError('backward', `inputs[${index}]`, `must be a Tensor, got ${show(input)}`);
    const node = edgeOf(input);
    if (node === null) throw new AutogradError(`backward: inputs[${index}] does not require grad`);
    captures.set(node, [...(captures.get(node) ?? []), { slot: input.slot, index }]);
  });
  const gradients = runBackward([edgeOf(output) as NonNullable<Tensor['node']>], [output.slot], [start], { retainGraph, createGraph, captures });
  list.forEach((input, index) => {
    const grad = gradients[index];
    if (grad) (edgeOf(input)?.accumulates ? (edgeOf(input) as AccumulateGrad) : new AccumulateGrad(input)).collect(grad.clone(), createGraph);
  });
}
