/** Orders in which a loader reads a dataset, drawing what PyTorch draws for the same seed. */
import { bind, boolArg, intArg, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { empty, tensor as makeTensor } from '../tensor/create.ts';
import { Generator, multinomial, randperm } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';

/** A seed from the default generator (or the given one): an int64 over the whole range, as `Tensor.random_()` draws it. */
export function drawSeed(generator?: Generator): bigint {
  return empty([], { dtype: 'int64' }).random_(generator === undefined ? {} : { generator }).itemBigInt();
}

/** An order of indices (or of whatever a dataset is read by): PyTorch's `Sampler`. Any iterable is one; a `length` lets a loader know its own. */
export abstract class Sampler<Index = number> implements Iterable<Index> {
  abstract readonly length: number;
  abstract [Symbol.iterator](): Iterator<Index>;
}

interface Sized {
  readonly length: number;
}

function generatorArg(op: string, generator: unknown): Generator | undefined {
  if (generator !== undefined && !(generator instanceof Generator)) throw new ArgumentError(op, 'generator', `must be a Generator, got ${show(generator)}`);
  return generator;
}

function sizedArg(op: string, name: string, source: Sized): Sized {
  if (typeof (source as Sized | null | undefined)?.length !== 'number') throw new ArgumentError(op, name, `must have a length, got ${show(source)}`);
  return source;
}

function positiveArg(op: string, name: string, value: unknown, fallback?: number): number {
  const count = intArg(op, name, value, fallback);
  if (count < 1) throw new ArgumentError(op, name, `must be a positive integer, got ${count}`);
  return count;
}

const permutation = (n: number, generator?: Generator): number[] => Array.from(randperm(n, { generator: generator ?? null }).toTypedArray() as ArrayLike<bigint>, Number);

/** From the first to the last: PyTorch's `SequentialSampler`. */
export class SequentialSampler extends Sampler {
  readonly dataSource: Sized;

  constructor(dataSource: Sized) {
    super();
    this.dataSource = sizedArg('SequentialSampler', 'dataSource', dataSource);
  }

  get length(): number {
    return this.dataSource.length;
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    // As many as there were at the start: a dataset that shrinks is found out by the reader.
    const { length } = this;
    for (let i = 0; i < length; i++) yield i;
  }
}

const RANDOM_SAMPLER = signature('RandomSampler(replacement?, numSamples?, generator?)');
interface RandomSamplerOptions {
  readonly replacement?: boolean;
  readonly numSamples?: number | null;
  readonly generator?: Generator | null;
}

/** A new random order for every iteration; with `replacement` samples may repeat. PyTorch's `RandomSampler`. */
export class RandomSampler extends Sampler {
  readonly dataSource: Sized;
  readonly replacement: boolean;
  private readonly count: number | undefined;
  private readonly generator: Generator | undefined;

  constructor(dataSource: Sized, ...args: CallArgs<[replacement: boolean, numSamples: number | null, generator: Generator | null], RandomSamplerOptions>) {
    super();
    const given = bind(RANDOM_SAMPLER, args);
    this.dataSource = sizedArg('RandomSampler', 'dataSource', dataSource);
    this.replacement = boolArg('RandomSampler', 'replacement', given.replacement);
    this.count = given.numSamples === undefined ? undefined : positiveArg('RandomSampler', 'numSamples', given.numSamples);
    this.generator = generatorArg('RandomSampler', given.generator);
    if (dataSource.length < 1) throw new ArgumentError('RandomSampler', 'dataSource', 'must not be empty: there is nothing to draw from');
  }

  get length(): number {
    return this.count ?? this.dataSource.length;
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    const size = this.dataSource.length, total = this.length;
    const generator = this.generator ?? new Generator().manualSeed(drawSeed());
    if (this.replacement) {
      // PyTorch draws 32 at a time, which matters to whoever draws from the same generator meanwhile.
      for (let left = total; left > 0; left -= 32) {
        const drawn = empty([Math.min(left, 32)], { dtype: 'int64' }).random_(0, size, { generator }).toTypedArray() as BigInt64Array;
        for (const index of drawn) yield Number(index);
      }
      return;
    }
    for (let i = Math.floor(total / size); i > 0; i--) yield* permutation(size, generator);
    // Also for a remainder of none: it matters to a generator that is used again.
    yield* permutation(size, generator).slice(0, total % size);
  }
}

const SUBSET_RANDOM_SAMPLER = signature('SubsetRandomSampler(generator?)');

/** The given indices in a new random order for every iteration: PyTorch's `SubsetRandomSampler`. */
export class SubsetRandomSampler<Index = number> extends Sampler<Index> {
  readonly indices: readonly Index[];
  private readonly generator: Generator | undefined;

  constructor(indices: readonly Index[], ...args: CallArgs<[generator: Generator | null], { readonly generator?: Generator | null }>) {
    super();
    if (!Array.isArray(indices)) throw new ArgumentError('SubsetRandomSampler', 'indices', `must be an array, got ${show(indices)}`);
    this.indices = indices as readonly Index[];
    this.generator = generatorArg('SubsetRandomSampler', bind(SUBSET_RANDOM_SAMPLER, args).generator);
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): globalThis.Generator<Index> {
    for (const i of permutation(this.indices.length, this.generator)) yield this.indices[i];
  }
}

const WEIGHTED_RANDOM_SAMPLER = signature('WeightedRandomSampler(numSamples, replacement?, generator?)');
interface WeightedRandomSamplerOptions {
  readonly replacement?: boolean;
  readonly generator?: Generator | null;
}

/** Indices drawn with the given weights, which need not add up to 1: PyTorch's `WeightedRandomSampler`. */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Tensor;
  readonly length: number;
  readonly replacement: boolean;
  private readonly generator: Generator | undefined;

  constructor(weights: readonly number[] | Float32Array | Float64Array | Tensor, ...args: readonly [numSamples: number, ...rest: CallArgs<[replacement: boolean, generator: Generator | null], WeightedRandomSamplerOptions>]
    | readonly [options: WeightedRandomSamplerOptions & { readonly numSamples: number }]) {
    super();
    const given = bind(WEIGHTED_RANDOM_SAMPLER, args);
    this.weights = weights instanceof Tensor ? weights.detach().double() : makeTensor(weights, { dtype: 'float64' });
    if (this.weights.ndim !== 1) throw new ArgumentError('WeightedRandomSampler', 'weights', `must have 1 dimension, got shape [${this.weights.shape.join(', ')}]`);
    this.length = positiveArg('WeightedRandomSampler', 'numSamples', given.numSamples);
    this.replacement = boolArg('WeightedRandomSampler', 'replacement', given.replacement, true);
    this.generator = generatorArg('WeightedRandomSampler', given.generator);
    if (!this.replacement && this.length > this.weights.shape[0]) throw new ArgumentError('WeightedRandomSampler', 'numSamples', `must not exceed the ${this.weights.shape[0]} weights without replacement, got ${this.length}`);
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    yield* multinomial(this.weights, this.length, this.replacement, { generator: this.generator ?? null }).tolist() as number[];
  }
}

const DISTRIBUTED_SAMPLER = signature('DistributedSampler(numReplicas, rank, shuffle?, seed?, dropLast?)');
interface DistributedSamplerOptions {
  readonly shuffle?: boolean;
  readonly seed?: number;
  readonly dropLast?: boolean;
}

/**
 * Every `numReplicas`-th index of an order that all replicas share, from `rank` on: PyTorch's `DistributedSampler`. Indices
 * repeat so that every replica gets as many, or with `dropLast` the last ones are left out. `setEpoch` changes the order.
 */
export class DistributedSampler extends Sampler {
  readonly dataset: Sized;
  readonly numReplicas: number;
  readonly rank: number;
  readonly length: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  private epoch = 0;

  constructor(dataset: Sized, ...args: readonly [numReplicas: number, rank: number, ...rest: CallArgs<[shuffle: boolean, seed: number, dropLast: boolean], DistributedSamplerOptions>]
    | readonly [options: DistributedSamplerOptions & { readonly numReplicas: number; readonly rank: number }]) {
    super();
    const given = bind(DISTRIBUTED_SAMPLER, args);
    this.dataset = sizedArg('DistributedSampler', 'dataset', dataset);
    this.numReplicas = positiveArg('DistributedSampler', 'numReplicas', given.numReplicas);
    this.rank = intArg('DistributedSampler', 'rank', given.rank);
    if (this.rank < 0 || this.rank >= this.numReplicas) throw new ArgumentError('DistributedSampler', 'rank', `must be from 0 to ${this.numReplicas - 1}, got ${this.rank}`);
    this.shuffle = boolArg('DistributedSampler', 'shuffle', given.shuffle, true);
    this.seed = intArg('DistributedSampler', 'seed', given.seed, 0);
    this.dropLast = boolArg('DistributedSampler', 'dropLast', given.dropLast);
    const size = dataset.length, uneven = size % this.numReplicas !== 0;
    this.length = Math.ceil((this.dropLast && uneven ? size - this.numReplicas : size) / this.numReplicas);
  }

  /** Chooses the order of the next iterations. */
  setEpoch(epoch: number): void {
    this.epoch = intArg('setEpoch', 'epoch', epoch);
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    const size = this.dataset.length;
    const order = this.shuffle ? permutation(size, new Generator().manualSeed(this.seed + this.epoch)) : null;
    // Past the end the order begins again.
    for (let i = 0; i < this.length; i++) {
      const at = (this.rank + i * this.numReplicas) % size;
      yield order === null ? at : order[at];
    }
  }
}

/** Lists of `batchSize` indices; a shorter last one is kept unless `dropLast`. PyTorch's `BatchSampler`. */
export class BatchSampler<Index = number> extends Sampler<Index[]> {
  readonly sampler: Iterable<Index>;
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(sampler: Iterable<Index>, batchSize: number, dropLast = false) {
    super();
    if (typeof (sampler as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') throw new ArgumentError('BatchSampler', 'sampler', `must be iterable, got ${show(sampler)}`);
    this.sampler = sampler;
    this.batchSize = positiveArg('BatchSampler', 'batchSize', batchSize);
    this.dropLast = boolArg('BatchSampler', 'dropLast', dropLast);
  }

  get length(): number {
    const batches = lengthOf('BatchSampler', this.sampler) / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): globalThis.Generator<Index[]> {
    let batch: Index[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}

/** The length of a sampler that has one. */
export function lengthOf(op: string, sampler: object): number {
  const { length } = sampler as { readonly length?: unknown };
  if (typeof length !== 'number') throw new ArgumentError(op, 'sampler', `has no length: ${show(sampler)} only knows its end when it gets there`);
  return length;
}
