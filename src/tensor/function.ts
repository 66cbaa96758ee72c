/** `autograd.Function`: an operation whose derivative is written by the user. */
import { levelsOf, regions } from '../core/batch.ts';
import { isFloating } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { ArgumentError, AutogradError } from '../core/errors.ts';
import { contiguousLayout, type Layout } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { checkInPlace } from './dispatch.ts';
import { gradEnabled, noGrad } from './grad-mode.ts';
import { Node, edgeOf, wantsGrad } from './graph.ts';
import { rebaseHistory } from './inplace.ts';
import { copyInto, emptyLike } from './kernels.ts';
import type { Tensor } from './tensor.ts';

/** What forward leaves for backward. Further properties may be set freely. */
export class Context {
  [key: string]: unknown;
  /** Per argument of forward: whether its gradient is wanted. */
  needsInputGrad: readonly boolean[] = [];
  /** @internal */ saved: readonly (Tensor | null)[] = [];
  /** @internal */ readonly dirty = new Set<Tensor>();
  /** @internal */ readonly constant = new Set<Tensor>();
  /** @internal */ materialize = true;
  /** @internal */ node: Node | null = null;

  /** Keeps inputs or outputs for backward, which is refused if they are modified in place before it runs. */
  saveForBackward(...tensors: readonly (Tensor | null | undefined)[]): void {
    for (const t of tensors) if (t !== null && t !== undefined && !(t instanceof TensorCore)) throw new ArgumentError('saveForBackward', 'tensors', `must be Tensors or null, got ${show(t)}`);
    this.saved = tensors.map((t) => t ?? null);
  }

  get savedTensors(): readonly Tensor[] {
    const { node } = this;
    return (node === null ? this.saved : this.saved.map((_, k) => node.saved<Tensor | null>(k))) as readonly Tensor[];
  }

  /** Declares inputs that forward wrote in place; they must be returned. */
  markDirty(...tensors: readonly Tensor[]): void {
    for (const t of tensors) this.dirty.add(t);
  }

  /** Declares outputs through which no gradient flows. */
  markNonDifferentiable(...tensors: readonly Tensor[]): void {
    for (const t of tensors) this.constant.add(t);
  }

  /** With false, backward gets null instead of zeros for outputs that received no gradient. */
  setMaterializeGrads(value: boolean): void {
    this.materialize = value;
  }
}

interface FunctionClass {
  readonly name: string;
  forward(...args: readonly unknown[]): unknown;
  setupContext: ((ctx: Context, inputs: readonly unknown[], output: unknown) => void) | null;
  backward(ctx: Context, ...grads: readonly (Tensor | null)[]): unknown;
}

type ForwardArgs<F> = F extends { setupContext(...args: never[]): void; forward(...args: infer A): unknown } ? A
  : F extends { forward(ctx: never, ...args: infer A): unknown } ? A : never;

/**
 * Subclasses define static `forward(ctx, ...args)` and `backward(ctx, ...grads)`, which returns one gradient (or null) per
 * argument of forward, and are called by `apply(...args)`. With a static `setupContext(ctx, inputs, output)`, forward gets no
 * context.
 */
export class Function {
  static readonly setupContext: ((ctx: Context, inputs: never, output: never) => void) | null = null;

  static forward(_ctx: Context, ..._args: never[]): unknown {
    throw new AutogradError(`${this.name}: a static forward(ctx, ...args) must be defined`);
  }

  static backward(_ctx: Context, ..._grads: never[]): unknown {
    throw new AutogradError(`${this.name}: a static backward(ctx, ...grads) must be defined to differentiate it`);
  }

  /** Runs forward outside of the graph and records the result with this class's backward. */
  static apply<F extends { forward(...args: never[]): unknown }>(this: F, ...args: ForwardArgs<F>): ReturnType<F['forward']> {
    return applyFunction(this as unknown as FunctionClass, args) as ReturnType<F['forward']>;
  }
}

const differentiable = (value: unknown): value is Tensor => value instanceof TensorCore && isFloating(value.dtypeCode);

function applyFunction(cls: FunctionClass, args: readonly unknown[]): unknown {
  const ctx = new Context();
  ctx.needsInputGrad = args.map((arg) => differentiable(arg) && wantsGrad(arg));
  const wants = gradEnabled && ctx.needsInputGrad.includes(true);
  // Taken before forward, which may write inputs in place.
  const next = args.map((arg, i) => (wants && ctx.needsInputGrad[i] ? edgeOf(arg as Tensor) : null));
  const slots = args.map((arg) => (arg instanceof TensorCore ? arg.slot : 0));
  const { setupContext } = cls;
  const output = noGrad(() => {
    if (setupContext === null) return cls.forward(ctx, ...args);
    const result = cls.forward(...args);
    setupContext.call(cls, ctx, args, result);
    return result;
  });
  if (!wants) return output;
  const outputs = (Array.isArray(output) ? output as readonly unknown[] : [output]).map((value) => attachable(cls, ctx, args, value));
  attach(cls, ctx, outputs, next, slots);
  return Array.isArray(output) ? outputs : outputs[0];
}

/** An input handed through, or a view of one, becomes a tensor of its own, so that it can have a node of its own. */
function attachable(cls: FunctionClass, ctx: Context, args: readonly unknown[], value: unknown): unknown {
  if (!differentiable(value) || ctx.constant.has(value)) return value;
  if (ctx.dirty.has(value)) {
    checkInPlace(`${cls.name}.apply`, value);
    return value;
  }
  if (args.includes(value)) {
    const alias = value.detach();
    ctx.saved = ctx.saved.map((t) => (t === value && !args.includes(t) ? alias : t));
    return alias;
  }
  value.base = null;
  return value;
}

function attach(cls: FunctionClass, ctx: Context, outputs: readonly unknown[], next: readonly (Node | null)[], slots: readonly number[]): void {
  const tensors = outputs.filter((value): value is Tensor => value instanceof TensorCore);
  const tracked = tensors.filter((t) => isFloating(t.dtypeCode) && !ctx.constant.has(t));
  if (tracked.length === 0) return;
  const layouts = outputs.map((value) => (value instanceof TensorCore ? value.layout : null));
  const node = new Node(`${cls.name}Backward`, (g) => runUserBackward(cls, ctx, g, layouts, next.length), next, slots,
    ctx.saved.length === 0 ? null : ctx.saved, outputs.length === 1 ? tracked[0].layout : contiguousLayout([]), tracked[0].dtypeCode);
  node.foreign = true;
  ctx.node = ctx.saved.length === 0 ? null : node;
  if (outputs.length > 1) {
    node.outputs = outputs.length;
    node.outputLayouts = layouts.map((layout) => layout ?? contiguousLayout([]));
  }
  if (regions !== 0) {
    const batches = outputs.map((value) => (value instanceof TensorCore ? levelsOf(value.storage) : null));
    if (outputs.length === 1) node.batch = batches[0];
    else if (batches.some((batch) => batch !== null)) node.outputBatches = batches;
  }
  outputs.forEach((value, slot) => {
    if (!tracked.includes(value as Tensor)) return;
    const out = value as Tensor;
    if (ctx.dirty.has(out) && out.base !== null) {
      if (outputs.length > 1) throw new AutogradError(`${cls.name}: a view that was marked dirty must be the only output`);
      rebaseHistory(out, node);
      return;
    }
    out.node = node;
    out.slot = slot;
    out.needsGrad = true;
  });
}

function runUserBackward(cls: FunctionClass, ctx: Context, g: Tensor, layouts: readonly (Layout | null)[], count: number): (Tensor | null)[] {
  const given = (Array.isArray(g) ? g : [g]) as readonly (Tensor | null)[];
  const like = given.find((t): t is Tensor => t !== null) as Tensor;
  const grads = ctx.materialize ? given.map((t, i) => (t === null && layouts[i] !== null ? zeros(like, layouts[i]) : t)) : given;
  const result = cls.backward(ctx, ...grads);
  const list = (Array.isArray(result) ? result : [result]) as readonly unknown[];
  const extra = list.slice(count).some((value) => value !== null && value !== undefined);
  if (list.length < count || extra) throw new AutogradError(`function ${cls.name}Backward returned an incorrect number of gradients (expected ${count}, got ${list.length})`);
  return list.slice(0, count).map((value, i) => {
    if (value === null || value === undefined) return null;
    if (!(value instanceof TensorCore)) throw new AutogradError(`function ${cls.name}Backward must return Tensors or null, got ${show(value)} for argument ${i}`);
    return value as Tensor;
  });
}

function zeros(like: Tensor, layout: Layout): Tensor {
  const out = emptyLike(like, contiguousLayout(layout.shape), like.dtypeCode);
  copyInto(out, 0);
  return out;
}
