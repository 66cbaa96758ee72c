/**
 * The tape: nodes are made as operations run; `runBackward` walks them from the newest to the oldest.
 *
 * A node's inputs always have smaller sequence numbers, so descending sequence order is a topological order. Gradients
 * that reach a node are un-broadcast and cast to the dtype of the node's output here, once, so that no derivative has to.
 */
import { levelsOf, regions, type Level } from '../core/batch.ts';
import { AutogradError } from '../core/errors.ts';
import { sameShape, type Layout } from '../core/layout.ts';
import { isFloating, type DTypeCode } from '../core/dtype.ts';
import { resultLayout } from '../core/result-layout.ts';
import { gradEnabled, setGradEnabledRaw } from './grad-mode.ts';
import { release } from '../core/allocator.ts';
import { graphReleased } from '../core/pool.ts';
import { outlive } from '../core/scope.ts';
import { observer } from './observer.ts';
import { everBatched, inRegion } from './region.ts';
import type { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** What a derivative returns: one gradient (or null: none flows) per input. */
export type Gradients = Tensor | null | readonly (Tensor | null | undefined)[];
/** `saved` are the tensors given to `record`; `node.needs(k)` tells whether input k's gradient is wanted. */
export type BackwardFn = (grad: Tensor, node: Node) => Gradients;

type NodeHook = (gradInputs: readonly (Tensor | null)[], gradOutputs: readonly (Tensor | null)[]) => void;

let sequence = 0;
const NOTHING: readonly never[] = Object.freeze([]);

/** PyTorch's saved tensor hooks: what a node keeps instead of a saved tensor, and how it is had again. */
export interface SavedHooks {
  pack(tensor: Tensor): unknown;
  unpack(packed: unknown): Tensor;
}

/** A saved tensor that hooks have packed. */
class Packed {
  readonly hooks: SavedHooks;
  readonly value: unknown;

  constructor(hooks: SavedHooks, value: unknown) {
    this.hooks = hooks;
    this.value = value;
  }
}

let savedHooks: SavedHooks | null = null;

/** Sets the hooks for what is saved from now on; returns those before. */
export function setSavedHooks(hooks: SavedHooks | null): SavedHooks | null {
  const before = savedHooks;
  savedHooks = hooks;
  return before;
}

type Saved = Tensor | number | null | Packed;
const isTensor = (value: Saved): value is Tensor => value !== null && typeof value === 'object' && !(value instanceof Packed);

export class Node {
  readonly name: string;
  readonly sequence = sequence++;
  /** The nodes that made the inputs; null where no gradient is wanted. */
  next: readonly (Node | null)[];
  /** Which output of the next node each input is. */
  slots: readonly number[];
  /** Number of outputs; gradients of a node with several arrive as an array. */
  outputs = 1;
  /** Layout and dtype that a gradient of this node's output must have (of output 0). */
  layout: Layout;
  dtypeCode: DTypeCode;
  /** Per output, for nodes with several. */
  outputLayouts: readonly Layout[] | null = null;
  /** Levels of vmap that the output is batched over; per output in `outputBatches` for nodes with several. */
  batch: readonly Level[] | null = null;
  outputBatches: readonly (readonly Level[] | null)[] | null = null;
  /** Parameters of the derivative that are not tensors. */
  context: unknown = undefined;
  hooks: NodeHook[] | null = null;
  /** Hooks of non-leaf tensors made by this node, by output. */
  tensorHooks: ((grad: Tensor) => Tensor | null | undefined | void)[][] | null = null;
  /** Non-leaf tensor whose `.grad` collects this node's gradient (retainGrad). */
  retained: Tensor | null = null;
  private fn: BackwardFn | null;
  private savedTensors: readonly Saved[] | null;
  /** What the hooks gave back, for as long as the derivative runs. */
  private unpacked: Map<Packed, Tensor> | null = null;
  private versions: readonly number[] | null;
  /** The gradient collected so far in the running backward; only the engine writes it. */
  pending: Tensor | null | (Tensor | null)[] = null;
  /** User code runs in this node: what goes in and comes out may be kept by it. */
  foreign = false;
  /** The run that visited this node last. */
  mark = 0;

  constructor(name: string, fn: BackwardFn, next: readonly (Node | null)[], slots: readonly number[],
    saved: readonly (Tensor | number | null)[] | null, layout: Layout, dtypeCode: DTypeCode) {
    this.name = name;
    this.fn = fn;
    this.next = next;
    this.slots = slots;
    this.savedTensors = saved === null || savedHooks === null ? saved : packAll(saved, savedHooks);
    this.versions = saved === null ? null : saved.length === 0 ? NOTHING : saved.map(versionOf);
    this.layout = layout;
    this.dtypeCode = dtypeCode;
    if (observer !== null) observer.recorded(this);
  }

  /** True for the node that collects into a leaf's `.grad`. */
  get accumulates(): boolean {
    return false;
  }

  needs(k: number): boolean {
    return this.next[k] !== null;
  }

  /** PyTorch's `next_functions`. */
  get nextFunctions(): readonly (readonly [Node | null, number])[] {
    return this.next.map((node, i) => [node, this.slots[i]] as const);
  }

  /** The saved tensors, checked against in-place modification since they were saved. */
  saved<T extends Tensor | number | null = Tensor>(k: number): T {
    const all = this.savedTensors;
    if (all === null) throw new AutogradError(BACKWARD_TWICE);
    const value = all[k];
    if (value instanceof Packed) return this.unpack(value) as T;
    if (value !== null && typeof value === 'object' && value.storage.version !== (this.versions as readonly number[])[k]) {
      throw new AutogradError(
        'one of the variables needed for gradient computation has been modified by an inplace operation: '
        + `[${value.dtype} [${value.shape.join(', ')}]], saved by ${this.name}, is at version ${value.storage.version}; expected version ${(this.versions as readonly number[])[k]} instead`);
    }
    return value as T;
  }

  private unpack(packed: Packed): Tensor {
    const known = this.unpacked?.get(packed);
    if (known !== undefined) return known;
    const tensor = packed.hooks.unpack(packed.value);
    (this.unpacked ??= new Map()).set(packed, tensor);
    return tensor;
  }

  /** Whether a gradient is one of the saved tensors (or a view of one). */
  holds(gradient: Tensor): boolean {
    if (this.savedTensors === null) return false;
    for (const value of this.savedTensors) if (isTensor(value) && value.storage === gradient.storage) return true;
    if (this.unpacked !== null) for (const value of this.unpacked.values()) if (value.storage === gradient.storage) return true;
    return false;
  }

  apply(grad: Tensor): Gradients {
    if (this.fn === null) throw new AutogradError(BACKWARD_TWICE);
    return this.fn(grad, this);
  }

  /** Drops what the hooks gave back. */
  forget(): void {
    this.unpacked = null;
  }

  /** Drops what was saved. A node that saved nothing stays usable, as in PyTorch. */
  release(): void {
    if (this.savedTensors === null) {
      // A second backward through here would only meet what is freed below: nothing has to be kept for it.
      if (!this.leadsToReleased()) return;
    }
    this.savedTensors = null;
    this.versions = null;
    this.fn = null;
    this.context = undefined;
    this.next = NOTHING;
    this.slots = NOTHING;
  }

  get released(): boolean {
    return this.fn === null;
  }

  private leadsToReleased(): boolean {
    for (const node of this.next) if (node !== null && node.released) return true;
    return false;
  }

  toString(): string {
    return `<${this.name}>`;
  }
}

const BACKWARD_TWICE = 'trying to backward through the graph a second time (or to use saved tensors after they have been freed): '
  + 'saved intermediate values are freed by backward(); give { retainGraph: true } if you need to backward through the graph again';

const versionOf = (value: Tensor | number | null): number => (value !== null && typeof value === 'object' ? value.storage.version : 0);

const packAll = (saved: readonly (Tensor | number | null)[], hooks: SavedHooks): Saved[] =>
  saved.map((value) => (isTensor(value) ? new Packed(hooks, hooks.pack(value)) : value));

/** Collects into a leaf's `.grad`, which lies in memory as the leaf does. */
export class AccumulateGrad extends Node {
  readonly variable: Tensor;
  /** Nothing but the engine, and optimizers, has seen the leaf's gradient: its memory goes back when it is dropped. */
  isPrivate = false;

  constructor(variable: Tensor) {
    super('AccumulateGrad', () => null, NOTHING, NOTHING, null, variable.layout, variable.dtypeCode);
    this.variable = variable;
    this.batch = levelsOf(variable.storage);
  }

  override get accumulates(): boolean {
    return true;
  }

  collect(gradient: Tensor, createGraph: boolean): void {
    const leaf = this.variable;
    let grad = regions === 0 ? gradient : fitBatch(gradient, this.batch, true);
    const hooks = leaf.extra?.hooks;
    if (hooks) for (const hook of hooks.values()) grad = hook(grad) ?? grad;
    const existing = leaf.gradient;
    if (existing === null) {
      const place = resultLayout(leaf.layout);
      leaf.gradient = createGraph ? grad : liesAs(grad.layout, place) && !grad.needsGrad ? ownGradient(grad) : grad.detach().copyAs('Clone', place, grad.dtypeCode);
      this.isPrivate = !createGraph && grad === gradient && hooks === undefined;
    } else if (createGraph || existing.needsGrad) {
      leaf.gradient = existing.add(grad);
      this.isPrivate = false;
    } else {
      existing.add_(grad);
      if (grad === gradient && hooks === undefined) recycle(grad);
    }
    outlive((leaf.gradient as Tensor).storage, createGraph);
    if (leaf.extra?.accumulateHooks) for (const hook of leaf.extra.accumulateHooks.values()) hook(leaf);
  }
}

/** `leaf.grad` was read, or set, by someone who may keep it. */
export function gradientSeen(leaf: TensorCore): void {
  if (leaf.node instanceof AccumulateGrad) leaf.node.isPrivate = false;
}

/** Takes a leaf's gradient away. The next step's then lies in the same, warm memory. */
export function dropGradient(leaf: TensorCore): void {
  const { gradient, node } = leaf;
  leaf.gradient = null;
  if (gradient === null || !(node instanceof AccumulateGrad) || !node.isPrivate) return;
  node.isPrivate = false;
  release(gradient.storage);
}

const liesAs = (layout: Layout, place: Layout): boolean => (place.contiguous ? layout.contiguous : sameShape(layout.strides, place.strides));

/** A gradient may be kept as it is only when nothing else can see its memory. */
function ownGradient(grad: Tensor): Tensor {
  return shared.has(grad.storage) ? grad.detach().clone() : grad.base === null ? grad : grad.clone();
}

// Storages of gradients that more than the running backward may see: passed on unchanged, saved, given by or to user code.
let shared = new Set<unknown>();

/** Gives the memory of a spent gradient back. Only for what the engine alone refers to. */
function recycle(gradient: Tensor): void {
  if (!gradEnabled && !shared.has(gradient.storage) && gradient.layout.contiguous) {
    shared.add(gradient.storage);
    release(gradient.storage);
  }
}

/** The edge of the graph that a recorded operation gets for one of its inputs. */
export function edgeOf(tensor: Tensor): Node | null {
  if (tensor.base !== null) refreshView(tensor);
  if (!tensor.needsGrad) return null;
  return (tensor.node ??= new AccumulateGrad(tensor));
}

/** Whether recording must happen for this input; views see what was written into their base in place. */
export function wantsGrad(tensor: Tensor): boolean {
  return tensor.needsGrad || (tensor.base !== null && refreshView(tensor));
}

let regenerateView: (view: Tensor, base: Tensor) => void = () => undefined;
/** Given by the movement ops: makes a view's node anew after its base was modified in place. */
export function setRegenerateView(fn: (view: Tensor, base: Tensor) => void): void {
  regenerateView = fn;
}

/**
 * Whether a view requires grad. One whose base was written in place gets a node that reads the base's new value. One that was made
 * without recording says what its base says, and so do results of it, though no gradient passes: that is PyTorch's rule.
 */
export function refreshView(view: Tensor): boolean {
  const base = view.base as Tensor;
  if (view.viewVersion !== view.storage.version && base.needsGrad && base.gradFn !== null) {
    regenerateView(view, base);
    view.viewVersion = view.storage.version;
  }
  return view.needsGrad || (base.needsGrad && isFloating(view.dtypeCode));
}

/**
 * Attaches `out` to the graph: `fn` gets the gradient of `out` and returns those of `inputs`. `saved` lists what `fn`
 * reads by `node.saved(k)`, or null when it reads no tensor. Call it only when gradients are wanted.
 */
export function record(name: string, out: Tensor, inputs: readonly (Tensor | null)[], fn: BackwardFn,
  saved: readonly (Tensor | number | null)[] | null = null, context?: unknown): Node {
  const count = inputs.length;
  const next = new Array<Node | null>(count), slots = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    const input = inputs[i];
    next[i] = input === null ? null : edgeOf(input);
    slots[i] = input === null ? 0 : input.slot;
  }
  const node = new Node(name, fn, next, slots, saved, out.layout, out.dtypeCode);
  node.context = context;
  if (regions !== 0) node.batch = levelsOf(out.storage);
  out.node = node;
  out.needsGrad = true;
  return node;
}

/** Records a result that does not move with its inputs (rounded, counted, drawn): as in PyTorch they receive zeros. */
export function recordZeros(name: string, out: Tensor, inputs: readonly (Tensor | null)[]): Tensor {
  if (recording(...inputs)) {
    const shapes = inputs.map((input) => (input !== null && wantsGrad(input) ? input.shape : null));
    record(name, out, inputs.map((input, i) => (shapes[i] === null ? null : input)), (g) => shapes.map((shape) => (shape === null ? null : g.newZeros([...shape]))));
  }
  return out;
}

/** True when an operation on these inputs must be recorded now. */
export const recording = (...inputs: readonly (Tensor | null | undefined)[]): boolean => recordingAny(inputs);

/** The same of a list. */
export function recordingAny(inputs: readonly (Tensor | null | undefined)[]): boolean {
  if (!gradEnabled) return false;
  for (const input of inputs) if (input && wantsGrad(input)) return true;
  return false;
}

export interface BackwardOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Gradients to return instead of collecting into leaves: by node and output. */
  readonly captures: ReadonlyMap<Node, readonly { slot: number; index: number }[]> | null;
}

let runs = 0;
let depth = 0;

/**
 * Given by batching.ts: a gradient batched over what its tensor is. Levels of vmap that have ended and that the tensor
 * lacks are summed over (`all`: running ones too), those that the gradient lacks are expanded.
 */
let fitBatch: (gradient: Tensor, batch: readonly Level[] | null, all: boolean) => Tensor = (gradient) => gradient;
export function setFitBatch(fn: typeof fitBatch): void {
  fitBatch = fn;
}

/** Runs the graph below `roots` with the given gradients; returns captured gradients by index. */
export function runBackward(roots: readonly Node[], slots: readonly number[], gradients: readonly Tensor[], options: BackwardOptions): (Tensor | null)[] {
  const nodes = collect(roots, ++runs);
  const batched = everBatched && nodes.some((node) => node.batch !== null || node.outputBatches !== null);
  const run = (): (Tensor | null)[] => (batched ? inRegion(() => runNodes(nodes, roots, slots, gradients, options)) : runNodes(nodes, roots, slots, gradients, options));
  const captured = observer === null ? run() : observer.span('backward', 'backward', gradients, null, run);
  if (depth === 0 && !options.retainGraph) {
    nodes.length = 0;
    graphReleased();
  }
  return captured;
}

function runNodes(nodes: readonly Node[], roots: readonly Node[], slots: readonly number[], gradients: readonly Tensor[], options: BackwardOptions): (Tensor | null)[] {
  // A backward inside a backward (checkpoint, a Function that calls autograd) may meet nodes of the outer one.
  const outer = depth > 0 ? nodes.map((node) => node.pending) : null;
  const outerShared = shared;
  if (outer !== null) for (const node of nodes) node.pending = null;
  depth++;
  shared = new Set();
  const captured: (Tensor | null)[] = [];
  const wanted = options.captures === null ? null : reachesCapture(nodes, options.captures);
  const previous = setGradEnabledRaw(options.createGraph);
  try {
    for (let i = 0; i < roots.length; i++) {
      shared.add(gradients[i].storage);
      deliver(roots[i], slots[i], gradients[i]);
    }
    const applied: Node[] = [];
    for (const node of nodes) if (step(node, options, captured, wanted)) applied.push(node);
    // Oldest first, so that a kept result holds on to no more than its own node.
    if (!options.retainGraph) for (let i = applied.length - 1; i >= 0; i--) applied[i].release();
  } finally {
    setGradEnabledRaw(previous);
    depth--;
    shared = outerShared;
    for (let i = 0; i < nodes.length; i++) nodes[i].pending = outer === null ? null : outer[i];
  }
  return captured;
}

/** All nodes below the roots, newest first. */
function collect(roots: readonly Node[], run: number): Node[] {
  const nodes: Node[] = [];
  for (const root of roots) {
    if (root.mark !== run) {
      root.mark = run;
      nodes.push(root);
    }
  }
  for (let i = 0; i < nodes.length; i++) {
    const next = nodes[i].next;
    for (let k = 0; k < next.length; k++) {
      const child = next[k];
      if (child !== null && child.mark !== run) {
        child.mark = run;
        nodes.push(child);
      }
    }
  }
  return nodes.sort((a, b) => b.sequence - a.sequence);
}

/** Nodes from which a captured node is reached: nothing else has to run. */
function reachesCapture(nodes: readonly Node[], captures: ReadonlyMap<Node, unknown>): Set<Node> {
  const wanted = new Set<Node>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (captures.has(node) || node.next.some((child) => child !== null && wanted.has(child))) wanted.add(node);
  }
  return wanted;
}

/** Runs one node with the gradient it has; returns whether its derivative was computed. */
function step(node: Node, options: BackwardOptions, captured: (Tensor | null)[], wanted: Set<Node> | null): boolean {
  let grad = node.pending;
  if (grad === null) return false;
  node.pending = null;
  if (wanted !== null && !wanted.has(node)) return false;
  if (node.tensorHooks !== null) {
    share(grad);
    grad = runTensorHooks(node, grad);
    share(grad);
  }
  if (node.retained !== null) retain(node.retained, Array.isArray(grad) ? grad[node.retained.slot] : grad);
  const captures = options.captures?.get(node);
  if (captures !== undefined) {
    share(grad);
    for (const { slot, index } of captures) captured[index] = Array.isArray(grad) ? grad[slot] : grad;
  }
  if (node.accumulates) {
    if (options.captures === null) (node as AccumulateGrad).collect(grad as Tensor, options.createGraph);
    return false;
  }
  if (captures !== undefined && wanted !== null && !node.next.some((child) => child !== null && wanted.has(child))) return false;
  const userCode = node.foreign || node.hooks !== null;
  if (userCode) share(grad);
  const results = observer === null ? node.apply(grad as Tensor) : observer.span('node', node.name, [grad], node, () => node.apply(grad as Tensor));
  const list = Array.isArray(results) ? results as readonly (Tensor | null | undefined)[] : null;
  const next = node.next, slots = node.slots;
  if (node.hooks !== null) for (const hook of node.hooks) hook(list === null ? [results as Tensor | null] : list.map((g) => g ?? null), Array.isArray(grad) ? grad : [grad]);
  const incoming = Array.isArray(grad) ? null : grad.storage;
  for (let k = 0; k < next.length; k++) {
    const child = next[k];
    if (child === null) continue;
    const gradient = list === null ? (k === 0 ? results as Tensor | null : null) : list[k];
    if (gradient === null || gradient === undefined) continue;
    if (userCode || gradient.storage === incoming || node.holds(gradient) || (list !== null && k > 0 && appearsBefore(list, k, gradient))) shared.add(gradient.storage);
    deliver(child, slots[k], gradient);
  }
  if (!Array.isArray(grad)) recycle(grad);
  node.forget();
  if (!options.retainGraph) node.release();
  return true;
}

function share(grad: Tensor | (Tensor | null)[]): void {
  if (!Array.isArray(grad)) shared.add(grad.storage);
  else for (const each of grad) if (each !== null) shared.add(each.storage);
}

function appearsBefore(list: readonly (Tensor | null | undefined)[], k: number, gradient: Tensor): boolean {
  for (let i = 0; i < k; i++) if (list[i]?.storage === gradient.storage) return true;
  return false;
}

/** Adds a gradient to what has reached a node's output so far. */
function deliver(node: Node, slot: number, gradient: Tensor): void {
  const layout = node.outputLayouts === null ? node.layout : node.outputLayouts[slot];
  let grad = regions === 0 ? gradient : fitBatch(gradient, node.outputBatches === null ? node.batch : node.outputBatches[slot], false);
  if (grad.layout !== layout && !sameShape(grad.shape, layout.shape)) grad = replaced(grad, grad.sumToSize(layout.shape as number[]));
  if (grad.dtypeCode !== node.dtypeCode && node.outputs === 1) grad = replaced(grad, grad.castTo(node.dtypeCode));
  if (node.outputs === 1) {
    const pending = node.pending as Tensor | null;
    if (pending === null) {
      node.pending = grad;
      return;
    }
    node.pending = pending.add(grad);
    recycle(pending);
    recycle(grad);
    return;
  }
  const pending = (node.pending ??= new Array<Tensor | null>(node.outputs).fill(null)) as (Tensor | null)[];
  const existing = pending[slot];
  pending[slot] = existing === null ? grad : existing.add(grad);
}

/** The old gradient is spent unless the new one is a view of it. */
function replaced(old: Tensor, next: Tensor): Tensor {
  if (old.storage !== next.storage) recycle(old);
  return next;
}

function runTensorHooks(node: Node, grad: Tensor | (Tensor | null)[]): Tensor | (Tensor | null)[] {
  const hooks = node.tensorHooks as ((grad: Tensor) => Tensor | null | undefined | void)[][];
  if (!Array.isArray(grad)) {
    let current = grad;
    for (const hook of hooks[0] ?? []) current = hook(current) ?? current;
    return current;
  }
  return grad.map((g, slot) => {
    let current = g;
    for (const hook of hooks[slot] ?? []) if (current !== null) current = hook(current) ?? current;
    return current;
  });
}

function retain(tensor: Tensor, grad: Tensor | null): void {
  if (grad === null) return;
  tensor.gradient = tensor.gradient === null ? grad.clone() : tensor.gradient.add(grad);
  outlive(tensor.gradient.storage);
}
