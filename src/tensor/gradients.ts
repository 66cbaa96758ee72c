/** Gradients asked for by function call: `backward` collects them, `grad` returns them. */
import { bind, boolArg, show, signature } from '../core/args.ts';
import { Level, running } from '../core/batch.ts';
import { ArgumentError, AutogradError, ShapeError } from '../core/errors.ts';
import { contiguousLayout, sameShape } from '../core/layout.ts';
import { enter, leave, sharesMemory } from './batching.ts';
import { TensorCore } from './core.ts';
import { AccumulateGrad, edgeOf, runBackward, type Node } from './graph.ts';
import { copyInto, emptyLike } from './kernels.ts';
import { inRegion } from './region.ts';
import { startGradient, type Tensor } from './tensor.ts';

type Tensors = Tensor | readonly Tensor[];
/** A gradient per output; null stands for 1 where the output is a scalar. */
type OutputGradients = Tensor | null | readonly (Tensor | null)[];

export interface BackwardCall {
  readonly gradTensors?: OutputGradients;
  /** Keeps what the graph saved, so that it can be run again. Default: createGraph. */
  readonly retainGraph?: boolean | null;
  /** Records the backward itself, for higher derivatives. */
  readonly createGraph?: boolean;
  /** Collects only into these. */
  readonly inputs?: Tensors | null;
}

export interface GradCall {
  readonly gradOutputs?: OutputGradients;
  readonly retainGraph?: boolean | null;
  readonly createGraph?: boolean;
  /** Without effect, as in PyTorch: only the gradients of `inputs` are computed. */
  readonly onlyInputs?: boolean;
  /** Gives null for inputs that the outputs do not depend on, instead of throwing. */
  readonly allowUnused?: boolean | null;
  /** Dim 0 of every one of `gradOutputs` counts gradients, and that of the results their results: one backward for all of them. */
  readonly isGradsBatched?: boolean;
  /** Gives zeros for them. */
  readonly materializeGrads?: boolean;
}

interface GradTargets {
  readonly outputs: Tensors;
  readonly inputs: Tensors;
}
interface NullForUnused {
  readonly allowUnused: true;
  readonly materializeGrads?: false;
}

const BACKWARD = signature('backward(tensors, gradTensors?, retainGraph?, createGraph?, inputs?)');
const GRAD = signature('grad(outputs, inputs, gradOutputs?, retainGraph?, createGraph?, onlyInputs?, allowUnused?, isGradsBatched?, materializeGrads?)');

function tensorList(op: string, name: string, value: unknown): readonly Tensor[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const t of list) if (!(t instanceof TensorCore)) throw new ArgumentError(op, name, `must be a Tensor or an array of Tensors, got ${show(t)}`);
  return list as readonly Tensor[];
}

interface Roots {
  readonly nodes: readonly Node[];
  readonly slots: readonly number[];
  readonly grads: readonly Tensor[];
}

function rootsOf(op: string, name: string, tensors: readonly Tensor[], grads: unknown): Roots {
  const given: readonly unknown[] = grads === undefined || grads === null ? tensors.map(() => null) : Array.isArray(grads) ? grads : [grads];
  if (given.length !== tensors.length) throw new ArgumentError(op, name, `must have one entry per tensor, got ${given.length} for ${tensors.length}`);
  const nodes = tensors.map((t, i) => {
    const node = edgeOf(t);
    if (node === null) throw new AutogradError(`${op}: element ${i} of tensors does not require grad and does not have a gradFn`);
    return node;
  });
  return { nodes, slots: tensors.map((t) => t.slot), grads: tensors.map((t, i) => startGradient(op, t, given[i])) };
}

type Captures = Map<Node, { slot: number; index: number }[]>;

function capturesOf(op: string, inputs: readonly Tensor[]): Captures {
  const captures: Captures = new Map();
  inputs.forEach((input, index) => {
    const node = edgeOf(input);
    if (node === null) {
      if (!input.requiresGrad) throw new AutogradError(`${op}: one of the differentiated tensors does not require grad`);
      // A view made without recording: nothing leads to it.
      return;
    }
    const entry = { slot: input.slot, index };
    const list = captures.get(node);
    if (list === undefined) captures.set(node, [entry]);
    else list.push(entry);
  });
  return captures;
}

/** Adds the gradients of `tensors` to `.grad` of the leaves they depend on. PyTorch's `torch.autograd.backward`. */
export function backward(tensors: Tensors, ...args: readonly (BackwardCall | OutputGradients | boolean | Tensors | undefined)[]): void {
  const bound = bind(BACKWARD, [tensors, ...args]);
  const createGraph = boolArg('backward', 'createGraph', bound.createGraph);
  const retainGraph = boolArg('backward', 'retainGraph', bound.retainGraph, createGraph);
  const { nodes, slots, grads } = rootsOf('backward', 'gradTensors', tensorList('backward', 'tensors', bound.tensors), bound.gradTensors);
  if (bound.inputs === undefined) {
    runBackward(nodes, slots, grads, { retainGraph, createGraph, captures: null });
    return;
  }
  const inputs = tensorList('backward', 'inputs', bound.inputs);
  if (inputs.length === 0) throw new ArgumentError('backward', 'inputs', 'must not be empty');
  const captured = runBackward(nodes, slots, grads, { retainGraph, createGraph, captures: capturesOf('backward', inputs) });
  inputs.forEach((input, i) => {
    const grad = captured[i], node = edgeOf(input);
    if (grad === null || grad === undefined) return;
    if (node instanceof AccumulateGrad) node.collect(createGraph ? grad : grad.clone(), createGraph);
    else input.grad = input.grad === null ? grad.clone() : input.grad.add(grad);
  });
}

/** Gradients of the sum of `outputs` with respect to `inputs`, returned and not collected. PyTorch's `torch.autograd.grad`. */
export function grad(outputs: Tensors, inputs: Tensors, options: GradCall & NullForUnused): (Tensor | null)[];
export function grad(options: GradTargets & GradCall & NullForUnused): (Tensor | null)[];
export function grad(outputs: Tensors, inputs: Tensors, ...args: readonly (GradCall | OutputGradients | boolean | undefined)[]): Tensor[];
export function grad(options: GradTargets & GradCall): Tensor[];
export function grad(...args: readonly unknown[]): (Tensor | null)[] {
  const bound = bind(GRAD, args);
  const createGraph = boolArg('grad', 'createGraph', bound.createGraph);
  const retainGraph = boolArg('grad', 'retainGraph', bound.retainGraph, createGraph);
  const materialize = boolArg('grad', 'materializeGrads', bound.materializeGrads);
  const allowUnused = boolArg('grad', 'allowUnused', bound.allowUnused, materialize);
  if (materialize && !allowUnused) throw new ArgumentError('grad', 'allowUnused', 'must not be false when materializeGrads is true');
  const targets = tensorList('grad', 'inputs', bound.inputs);
  if (targets.length === 0) throw new ArgumentError('grad', 'inputs', 'must not be empty');
  const outputs = tensorList('grad', 'outputs', bound.outputs);
  const run = (given: unknown): (Tensor | null)[] => {
    const { nodes, slots, grads } = rootsOf('grad', 'gradOutputs', outputs, given);
    return runBackward(nodes, slots, grads, { retainGraph, createGraph, captures: capturesOf('grad', targets) });
  };
  const captured = boolArg('grad', 'isGradsBatched', bound.isGradsBatched) ? batchOf(outputs, bound.gradOutputs, run) : run(bound.gradOutputs);
  return targets.map((input, i) => {
    const found = captured[i] ?? null;
    if (found !== null) return throughHooks(input, found);
    if (!allowUnused) throw new AutogradError(`grad: one of the differentiated tensors appears to not have been used in the graph (input ${i}); set allowUnused: true if this is the desired behavior`);
    if (!materialize) return null;
    const zeros = emptyLike(input, contiguousLayout(input.shape), input.dtypeCode);
    copyInto(zeros, 0);
    return zeros;
  });
}

/** A backward of several gradients at once: each of them is a sample of a vmap. */
function batchOf(outputs: readonly Tensor[], given: unknown, run: (grads: readonly Tensor[]) => (Tensor | null)[]): (Tensor | null)[] {
  const grads = tensorList('grad', 'gradOutputs', given);
  if (grads.length !== outputs.length) throw new ArgumentError('grad', 'gradOutputs', `must have one entry per tensor, got ${grads.length} for ${outputs.length}`);
  grads.forEach((g, i) => {
    if (g.ndim === 0 || !sameShape(g.layout.shape.slice(1), outputs[i].shape) || g.shape[0] !== grads[0].shape[0]) {
      const expected = [grads[0].ndim === 0 ? 'batch' : grads[0].shape[0], ...outputs[i].shape].join(', ');
      throw new ShapeError('grad', `with isGradsBatched gradOutputs[${i}] must have shape [${expected}], a batch of gradients of output ${i}, got [${g.shape.join(', ')}]`);
    }
  });
  return inRegion(() => {
    const level = new Level(grads[0].shape[0], 'error');
    running.push(level);
    try {
      return run(grads.map((g) => enter(g, level, 0))).map((found) => (found && ownBatch(found, level)));
    } finally {
      level.alive = false;
      running.splice(running.indexOf(level), 1);
    }
  });
}

/** The results of a level in memory that nothing else sees: a gradient may be what was given. */
function ownBatch(x: Tensor, level: Level): Tensor {
  const out = leave(x, level, 0);
  return sharesMemory(x) ? out.clone() : out;
}

/** Hooks of a leaf run where its gradient is collected, which {@link grad} does not do. */
function throughHooks(input: Tensor, gradient: Tensor): Tensor {
  if (input.gradFn !== null) return gradient;
  let current = gradient;
  for (const hook of input.extra?.hooks?.values() ?? []) current = hook(current) ?? current;
  return current;
}
