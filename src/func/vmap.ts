/** `vmap`: a function of one sample made a function of a batch. */
import { bind, intArg, show, signature, stringArg } from '../core/args.ts';
import { Level, levelsOf, running, type Randomness } from '../core/batch.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim } from '../core/layout.ts';
import { enter, leave, sharesMemory } from '../tensor/batching.ts';
import { cat } from '../tensor/functions.ts';
import { defaultGenerator } from '../tensor/random-state.ts';
import { inRegion } from '../tensor/region.ts';
import { Tensor } from '../tensor/tensor.ts';
import { broadcastTree, kindOf, leavesOf, refill, type Tree } from './tree.ts';

/** A dim, null for what is the same in every sample, or a tree of them that the arguments or results match. */
export type VmapDims = number | null | readonly VmapDims[] | { readonly [key: string]: VmapDims };

export interface VmapOptions {
  readonly inDims?: VmapDims;
  readonly outDims?: VmapDims;
  readonly randomness?: Randomness;
  /** At most this many samples at once; all by default. */
  readonly chunkSize?: number | null;
}

const VMAP = signature('vmap(func, inDims?, outDims?, randomness?, *, chunkSize?)');
const RANDOMNESS = ['error', 'different', 'same'] as const;

type Callable = (...args: never[]) => unknown;

/** Given null means null here, where the argument rule would take the default. */
function dimsArg(args: readonly unknown[], position: number, name: 'inDims' | 'outDims', bound: Readonly<Record<string, unknown>>): VmapDims {
  const last = args[args.length - 1] as VmapOptions | null | undefined;
  const explicit = args[position] === null || (last !== null && typeof last === 'object' && (last as VmapOptions)[name] === null);
  return explicit ? null : (bound[name] ?? 0) as VmapDims;
}

function boundArgs(func: unknown, args: readonly unknown[]): Readonly<Record<string, unknown>> {
  if (typeof func !== 'function') throw new ArgumentError('vmap', 'func', `must be a function, got ${show(func)}`);
  return bind(VMAP, [func, ...args]);
}

/**
 * Maps `func` over a dim of its arguments: it is written for one sample and runs once, on whole batches. PyTorch's
 * `torch.vmap` and `torch.func.vmap`.
 *
 * `inDims` names the dim of each argument (null: the same for every sample), as a tree that matches the arguments or
 * stops earlier; `outDims` where the batch dim goes in the results (null: the result does not depend on the sample).
 * Random operations throw, draw per sample or draw once as `randomness` says. Transforms nest in any order.
 */
export function vmap<F extends Callable>(func: F, ...args: readonly [] | readonly [inDims?: VmapDims, outDims?: VmapDims, randomness?: Randomness, options?: VmapOptions] | readonly [options: VmapOptions]
| readonly [inDims: VmapDims, options: VmapOptions] | readonly [inDims: VmapDims, outDims: VmapDims, options: VmapOptions]): F {
  const bound = boundArgs(func, args);
  const inDims = dimsArg(args, 0, 'inDims', bound), outDims = dimsArg(args, 1, 'outDims', bound);
  const randomness = stringArg('vmap', 'randomness', bound.randomness, RANDOMNESS, 'error');
  const chunkSize = bound.chunkSize === undefined ? Infinity : intArg('vmap', 'chunkSize', bound.chunkSize);
  if (!(chunkSize > 0)) throw new ArgumentError('vmap', 'chunkSize', `must be positive, got ${chunkSize}`);
  const run = (...inputs: readonly unknown[]): unknown => mapBatch(func as unknown as (...all: readonly unknown[]) => unknown, inputs, inDims, outDims, randomness, chunkSize);
  return run as unknown as F;
}

interface Input {
  readonly leaf: unknown;
  /** The batch dim, or null. */
  readonly dim: number | null;
}

function inputsOf(args: readonly unknown[], inDims: VmapDims): { inputs: Input[]; size: number } {
  if (args.length === 0) throw new ArgumentError('vmap', 'args', 'must not be empty: there is nothing to map over');
  const dims = broadcastTree('vmap', 'inDims', inDims, args);
  let size = -1;
  const inputs = leavesOf(args).map((leaf, i): Input => {
    const dim = dims[i];
    if (dim === null || dim === undefined) return { leaf, dim: null };
    if (typeof dim !== 'number' || !Number.isInteger(dim)) throw new ArgumentError('vmap', 'inDims', `must hold integers and null, got ${kindOf(dim)}`);
    if (!(leaf instanceof Tensor)) throw new ArgumentError('vmap', 'inDims', `is ${dim} for an input that is no Tensor but ${kindOf(leaf)}; give null there`);
    if (leaf.ndim === 0) throw new ShapeError('vmap', `inDims is ${dim} for a 0-d tensor, which has no dim to map over`);
    const at = normalizeDim('vmap', dim, leaf.ndim, 'inDims');
    if (size >= 0 && leaf.shape[at] !== size) throw new ShapeError('vmap', `expected all tensors to have the same size in the mapped dimension, got ${size} and ${leaf.shape[at]}`);
    size = leaf.shape[at];
    return { leaf, dim: at };
  });
  if (size < 0) throw new ArgumentError('vmap', 'inDims', 'must name a dim of at least one input');
  return { inputs, size };
}

type Func = (...args: readonly unknown[]) => unknown;

function mapBatch(func: Func, args: readonly unknown[], inDims: VmapDims, outDims: VmapDims, randomness: Randomness, chunkSize: number): unknown {
  const { inputs, size } = inputsOf(args, inDims);
  if (size <= chunkSize) return mapOnce(func, args, inputs, size, outDims, randomness);
  const chunks: { tree: Tree; dims: readonly unknown[] }[] = [], { words } = defaultGenerator, state = words.slice();
  for (let from = 0; from < size; from += chunkSize) {
    const length = Math.min(chunkSize, size - from);
    const part = inputs.map(({ leaf, dim }) => ({ leaf: dim === null ? leaf : (leaf as Tensor).narrow(dim, from, length), dim }));
    // What every sample draws the same, every chunk does.
    if (randomness === 'same') words.set(state);
    const tree = mapOnce(func, args, part, length, outDims, randomness);
    chunks.push({ tree, dims: broadcastTree('vmap', 'outDims', outDims, tree) });
  }
  const [first] = chunks, lists = chunks.map(({ tree }) => leavesOf(tree));
  return refill(first.tree, lists[0].map((leaf, i) => {
    const dim = first.dims[i];
    return typeof dim === 'number' && leaf instanceof Tensor ? cat(lists.map((list) => list[i] as Tensor), normalizeDim('vmap', dim, leaf.ndim)) : leaf;
  }));
}

function mapOnce(func: Func, args: readonly unknown[], inputs: readonly Input[], size: number, outDims: VmapDims, randomness: Randomness): Tree {
  return inRegion(() => {
    const level = new Level(size, randomness);
    const entered = inputs.map(({ leaf, dim }) => (dim === null ? leaf : enter(leaf as Tensor, level, dim)));
    running.push(level);
    try {
      const result = func(...refill(args, entered) as readonly unknown[]);
      if (result instanceof Promise) throw new ArgumentError('vmap', 'func', 'must be synchronous, got an async function');
      const dims = broadcastTree('vmap', 'outDims', outDims, result);
      return refill(result, leavesOf(result).map((leaf, i) => outputOf(leaf, dims[i], level)));
    } finally {
      level.alive = false;
      running.splice(running.indexOf(level), 1);
    }
  });
}

function outputOf(leaf: unknown, dim: unknown, level: Level): Tensor {
  if (!(leaf instanceof Tensor)) throw new ArgumentError('vmap', 'func', `must return Tensors, or arrays and plain objects of them, got ${kindOf(leaf)}`);
  if (dim === null) {
    if (hasLevel(leaf, level)) {
      throw new ArgumentError('vmap', 'outDims', 'must not be null for a result that depends on the sample');
    }
    return leaf;
  }
  if (typeof dim !== 'number' || !Number.isInteger(dim)) throw new ArgumentError('vmap', 'outDims', `must hold integers and null, got ${kindOf(dim)}`);
  const out = leave(leaf, level, normalizeDim('vmap', dim, leaf.ndim + 1, 'outDims'));
  // A view of an input would be an alias that in-place checks do not see.
  return hasLevel(leaf, level) && sharesMemory(leaf) ? out.clone() : out;
}

const hasLevel = (x: Tensor, level: Level): boolean => (levelsOf(x.storage) ?? []).includes(level);
