/**
 * The rule for every operation without a batching rule of its own: under vmap it runs on whole batches as long as nothing
 * reads elements outside of a kernel; where something does, it runs once per sample and the results are stacked.
 * Differentiable to every order: taking a batch apart and stacking it are each other's derivatives.
 */
import { BatchedReadError, RANDOM_REFUSED, levelsOf, regions, running, type Level } from '../core/batch.ts';
import { sameShape } from '../core/layout.ts';
import { VmapError } from '../core/errors.ts';
import { isOptions } from '../core/args.ts';
import { enter, expandOver, leave } from './batching.ts';
import { TensorCore } from './core.ts';
import { gradEnabled } from './grad-mode.ts';
import { Node, edgeOf, record, wantsGrad } from './graph.ts';
import { copyInto, emptyShape } from './kernels.ts';
import { defaultGenerator } from './random-state.ts';
import type { Tensor } from './tensor.ts';

/** The slices along dim 0 with one node for all of them: backward stacks their gradients once. */
function unstack(x: Tensor): Tensor[] {
  const parts = Array.from({ length: x.shape[0] }, (_, i) => x.detach().select(0, i));
  if (!gradEnabled || !wantsGrad(x) || parts.length === 0) return parts;
  const node = new Node('VmapUnstack', (grads) => {
    const given = (Array.isArray(grads) ? grads : [grads]) as readonly (Tensor | null)[];
    const like = given.find((g) => g !== null) as Tensor;
    return stackAll(given.map((g) => g ?? like.newZeros([...like.shape])));
  }, [edgeOf(x)], [x.slot], null, parts[0].layout, x.dtypeCode);
  node.foreign = true;
  node.outputs = parts.length;
  node.outputLayouts = parts.map((part) => part.layout);
  node.outputBatches = parts.map((part) => levelsOf(part.storage));
  parts.forEach((part, slot) => {
    part.node = node;
    part.slot = slot;
    part.needsGrad = true;
  });
  return parts;
}

/** Tensors of one shape and dtype along a new dim 0. */
function stackAll(parts: readonly Tensor[]): Tensor {
  const out = emptyShape(parts[0], [parts.length, ...parts[0].shape], parts[0].dtypeCode);
  parts.forEach((part, i) => copyInto(out.select(0, i), part));
  if (gradEnabled && parts.some(wantsGrad)) record('VmapStack', out, parts, unstack);
  return out;
}

type Values = readonly unknown[];

function visit(value: unknown, found: (x: Tensor) => void): void {
  if (value instanceof TensorCore) found(value as Tensor);
  else if (Array.isArray(value)) for (const item of value as Values) visit(item, found);
  else if (isOptions(value)) for (const item of Object.values(value as object)) visit(item, found);
}

function mapped(value: unknown, change: (x: Tensor) => Tensor): unknown {
  if (value instanceof TensorCore) return change(value as Tensor);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (isOptions(value)) return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, mapped(item, change)]));
  return value;
}

/** The innermost level that anything among the values is batched over. */
function innermost(values: Values): Level | null {
  let last: Level | null = null;
  visit(values, (x) => {
    for (const level of levelsOf(x.storage) ?? []) if (last === null || level.start > last.start) last = level;
  });
  return last;
}

/** Stacks what the samples gave: tensors of one shape, arrays of them, or one and the same other value. */
function combine(op: string, results: Values, level: Level, cause: unknown): unknown {
  const [first] = results;
  if (first instanceof TensorCore) {
    const like = first as Tensor, parts = results as readonly Tensor[];
    if (parts.some((part) => !(part instanceof TensorCore) || !sameShape(part.shape, like.shape) || part.dtypeCode !== like.dtypeCode)) {
      throw new BatchedReadError(`vmap: ${op} gives samples results of different shapes, which cannot be one tensor`);
    }
    return enter(stackAll(parts), level, 0);
  }
  if (Array.isArray(first)) {
    const lists = results as readonly Values[];
    if (lists.some((list) => list.length !== first.length)) throw new BatchedReadError(`vmap: ${op} gives samples different numbers of results`);
    const list = first.map((_, i) => combine(op, lists.map((each) => each[i]), level, cause));
    // The named fields of results with several parts.
    for (const name of Object.getOwnPropertyNames(first)) {
      const at = name === 'length' ? -1 : first.indexOf((first as unknown as Record<string, unknown>)[name]);
      if (!Object.hasOwn(list, name) && at >= 0) Object.defineProperty(list, name, { value: list[at], enumerable: false });
    }
    return list;
  }
  if (results.some((value) => value !== first)) throw cause;
  return first;
}

/** Runs an operation inside of vmap: at once, or sample by sample. */
export function guarded<A extends Values, R>(op: string, run: (...values: A) => R, values: A): R {
  try {
    return run(...values);
  } catch (error) {
    const level = error instanceof BatchedReadError ? innermost(values) : null;
    if (level === null) throw error;
    return perSample(op, run, values, level, error) as R;
  }
}

/** One sample after another along a new dim 0. */
const samples = (x: Tensor, level: Level): Tensor => {
  const batched = levelsOf(x.storage)?.includes(level) ?? false;
  // What is the same in every sample still has a gradient per sample.
  return leave(!batched && gradEnabled && wantsGrad(x) ? expandOver(x, [level]) : x, level, 0);
};

function perSample<A extends Values, R>(op: string, run: (...values: A) => R, values: A, level: Level, cause: unknown): unknown {
  if (level.size === 0) throw new VmapError(`vmap: ${op} runs sample by sample, and there is no sample`);
  const parts = new Map<Tensor, readonly Tensor[]>();
  visit(values, (x) => {
    if ((levelsOf(x.storage)?.includes(level) ?? false) || (gradEnabled && wantsGrad(x))) parts.set(x, unstack(samples(x, level)));
  });
  const { words } = defaultGenerator, state = words.slice();
  const suspended = level.suspended;
  level.suspended = true;
  try {
    const results = Array.from({ length: level.size }, (_, i) => {
      if (level.randomness === 'same') words.set(state);
      return guarded(op, run, mapped(values, (x) => parts.get(x)?.[i] ?? x) as unknown as A);
    });
    return combine(op, results, level, cause);
  } finally {
    level.suspended = suspended;
  }
}

/** A function that reads elements of its arguments, made to work inside of vmap. */
export function bySample<A extends Values, R>(op: string, run: (...values: A) => R): (...values: A) => R {
  return (...values) => (regions === 0 ? run(...values) : guarded(op, run, values));
}

/**
 * The same for one whose tensors begin with the same batch dims, of which the samples become one more. Its results are
 * tensors, or an array of them, that begin with the batch dims too.
 */
export function byBatch<A extends Values, R extends Tensor | readonly Tensor[]>(run: (...values: A) => R): (...values: A) => R {
  const widened = (...values: A): R => {
    const level = innermost(values);
    if (level === null) return run(...values);
    return mapped(widened(...mapped(values, (x) => samples(x, level)) as unknown as A), (x) => enter(x, level, 0)) as R;
  };
  return (...values) => (regions === 0 ? run(...values) : widened(...values));
}

/**
 * The same for a function that draws numbers without a kernel, of which the first argument gives the shape: sample by
 * sample where a running vmap asks for different numbers, whether or not its argument is batched.
 */
export function drawnBySample<A extends readonly [unknown, ...Values], R>(op: string, run: (...values: A) => R): (...values: A) => R {
  return (...values) => {
    if (regions === 0) return run(...values);
    const levels = running.filter(({ suspended }) => !suspended);
    if (levels.some(({ randomness }) => randomness === 'error')) throw new VmapError(RANDOM_REFUSED);
    const [first, ...rest] = values;
    const fresh = first instanceof TensorCore ? levels.filter((level) => level.randomness === 'different' && !levelsOf((first as Tensor).storage)?.includes(level)) : [];
    return guarded(op, run, fresh.length === 0 ? values : [expandOver(first as Tensor, fresh), ...rest] as unknown as A);
  };
}

/** The same for methods of a prototype; the tensor itself is the first value. */
export function guardMethods(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    const method = (prototype as Record<string, (...args: Values) => unknown>)[name];
    const run = (self: unknown, ...args: Values): unknown => method.apply(self, args as unknown[]);
    const value = { [name](this: unknown, ...args: Values): unknown { return regions === 0 ? method.apply(this, args as unknown[]) : guarded(name, run, [this, ...args]); } }[name];
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
