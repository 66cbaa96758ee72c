/** Orders in which a loader reads a dataset, drawing what PyTorch draws for the same seed. */
import { bind, boolArg, intArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { empty } from '../tensor/create.ts';
import { Generator, randperm } from '../tensor/random.ts';

/** A seed from the default generator (or the given one): an int64 over the whole range, as `Tensor.random_()` draws it. */
export function drawSeed(generator?: Generator): bigint {
  return empty([], { dtype: 'int64' }).random_(generator === undefined ? {} : { generator }).itemBigInt();
}

export interface Sampler extends Iterable<number> {
  readonly length: number;
}

/** From the first to the last. */
export class SequentialSampler implements Sampler {
  readonly length: number;

  constructor(source: { readonly length: number }) {
    this.length = source.length;
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}

const RANDOM_SAMPLER = signature('RandomSampler(replacement?, numSamples?, generator?)');
interface RandomSamplerOptions {
  readonly replacement?: boolean;
  readonly numSamples?: number | null;
  readonly generator?: Generator | null;
}

/** A new random order for every iteration; with `replacement` samples may repeat. */
export class RandomSampler implements Sampler {
  readonly length: number;
  private readonly size: number;
  private readonly replacement: boolean;
  private readonly generator: Generator | undefined;

  constructor(dataSource: { readonly length: number }, ...args: CallArgs<[replacement: boolean, numSamples: number, generator: Generator], RandomSamplerOptions>) {
    const given = bind(RANDOM_SAMPLER, args);
    this.size = dataSource.length;
    this.replacement = boolArg('RandomSampler', 'replacement', given.replacement);
    this.length = intArg('RandomSampler', 'numSamples', given.numSamples, this.size);
    if (this.length < 0 || (this.length > 0 && this.size === 0)) throw new ArgumentError('RandomSampler', 'numSamples', `must be possible with ${this.size} samples, got ${this.length}`);
    this.generator = given.generator as Generator | undefined;
  }

  *[Symbol.iterator](): globalThis.Generator<number> {
    const generator = this.generator ?? new Generator().manualSeed(drawSeed());
    for (let left = this.length; left > 0;) {
      const order = this.replacement ? this.draw(Math.min(left, 32), generator) : permutation(this.size, generator);
      const count = Math.min(left, order.length);
      for (let i = 0; i < count; i++) yield Number(order[i]);
      left -= count;
    }
    // PyTorch permutes once more for a remainder, even for one of none: it matters to a generator that is used again.
    if (!this.replacement && this.length % Math.max(this.size, 1) === 0) permutation(this.size, generator);
  }

  private draw(count: number, generator: Generator): ArrayLike<number | bigint> {
    return empty([count], { dtype: 'int64' }).random_(0, this.size, { generator }).toTypedArray();
  }
}

const permutation = (n: number, generator: Generator): ArrayLike<number | bigint> => randperm(n, { generator }).toTypedArray();

/** Lists of `batchSize` indices; a shorter last one is kept unless `dropLast`. */
export class BatchSampler implements Iterable<number[]> {
  private readonly sampler: Sampler;
  private readonly batchSize: number;
  private readonly dropLast: boolean;

  constructor(sampler: Sampler, batchSize: number, dropLast = false) {
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }

  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): globalThis.Generator<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length < this.batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}
