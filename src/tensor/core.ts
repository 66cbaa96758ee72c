/** The root of the Tensor class chain: fields, metadata, and how results are wrapped. Kernels are run in dispatch.ts. */
import { dtypeName, isFloating, type DType, type DTypeCode } from '../core/dtype.ts';
import type { Layout, Shape } from '../core/layout.ts';
import { outlive } from '../core/scope.ts';
import type { Storage } from '../core/storage.ts';
import { ArgumentError, AutogradError } from '../core/errors.ts';
import { dropGradient, gradientSeen, refreshView, type Node } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** What few tensors have, kept off the many. */
export interface Extra {
  /** Called with the gradient that reaches this leaf or (for non-leaves) passes it; may return a replacement. */
  hooks?: Map<number, (grad: Tensor) => Tensor | null | undefined | void>;
  accumulateHooks?: Map<number, (tensor: Tensor) => void>;
  retainsGrad?: boolean;
  isParameter?: boolean;
  name?: string;
}

export abstract class TensorCore {
  /** @internal */ readonly storage: Storage;
  /** @internal */ readonly layout: Layout;
  /** @internal */ readonly dtypeCode: DTypeCode;
  /** @internal Part of a graph, or a leaf that collects a gradient. */ needsGrad = false;
  /** @internal */ node: Node | null = null;
  /** @internal Which of the node's outputs this is. */ slot = 0;
  /** @internal The gradient collected by backward (leaves, and non-leaves after retainGrad). */ gradient: Tensor | null = null;
  /** @internal The tensor whose memory this one is a differentiable view of. */ base: Tensor | null = null;
  /** @internal Storage version at which `node` was valid (views only): an in-place write elsewhere makes it stale. */ viewVersion = 0;
  /** @internal */ extra: Extra | null = null;

  constructor(storage: Storage, layout: Layout, dtypeCode: DTypeCode) {
    this.storage = storage;
    this.layout = layout;
    this.dtypeCode = dtypeCode;
  }

  /** @internal A plain tensor over the given memory, outside of any graph. */
  abstract wrap(storage: Storage, layout: Layout, dtypeCode: DTypeCode): Tensor;

  /** Sizes of the dimensions. */
  get shape(): Shape {
    return this.layout.frozenShape;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.layout.shape.length;
  }

  get dtype(): DType {
    return dtypeName(this.dtypeCode);
  }

  /** Always 'cpu'; exists so that scripts port. */
  get device(): 'cpu' {
    return 'cpu';
  }

  /** True when this tensor was created by the user (or does not require grad), as in PyTorch. */
  get isLeaf(): boolean {
    return this.gradFn === null;
  }

  /** The graph node that made this tensor, or null for a leaf. */
  get gradFn(): Node | null {
    if (this.base !== null) refreshView(this as unknown as Tensor);
    return this.node !== null && this.node.accumulates ? null : this.node;
  }

  get requiresGrad(): boolean {
    return this.needsGrad || (this.base !== null && refreshView(this as unknown as Tensor));
  }

  set requiresGrad(value: boolean) {
    if (typeof value !== 'boolean') throw new ArgumentError('requiresGrad', 'value', `must be a boolean, got ${String(value)}`);
    if (value === this.needsGrad) return;
    if (!value && this.gradFn !== null) {
      throw new AutogradError('requiresGrad: you can only change requiresGrad of leaf tensors; use detach() to get a tensor outside of the graph');
    }
    if (value && !isFloating(this.dtypeCode)) throw new AutogradError(`requiresGrad: only floating point tensors can require gradients, got ${this.dtype}`);
    this.needsGrad = value;
    if (!value) this.node = null;
  }

  /** The gradient collected by `backward()`, or null. */
  get grad(): Tensor | null {
    if (this.gradient !== null) gradientSeen(this);
    return this.gradient;
  }

  set grad(value: Tensor | null | undefined) {
    if (value === null || value === undefined) {
      dropGradient(this);
      return;
    }
    if (!(value instanceof TensorCore)) throw new ArgumentError('grad', 'value', `must be a Tensor or null, got ${String(value)}`);
    if (value.dtypeCode !== this.dtypeCode || value.shape.length !== this.shape.length || value.layout.shape.some((size, i) => size !== this.shape[i])) {
      throw new ArgumentError('grad', 'value', `must have shape [${this.shape.join(', ')}] and dtype ${this.dtype}, got [${value.shape.join(', ')}] and ${value.dtype}`);
    }
    outlive(value.storage);
    this.gradient = value;
    gradientSeen(this);
  }

  /** Count of in-place writes to the memory of this tensor and all its views. */
  get version(): number {
    return this.storage.version;
  }
}
