/** DataLoader: batches of a dataset, in order or shuffled. */
import { bind, boolArg, intArg, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { stack } from '../tensor/composite.ts';
import type { Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { BatchedDataset } from './dataset.ts';
import { BatchSampler, drawSeed, RandomSampler, SequentialSampler, type Sampler } from './sampler.ts';

/** What a loader reads: a Dataset, an array, or a tensor (its rows). */
export type Source<Sample> = { readonly length: number; get(index: number): Sample } | readonly Sample[] | (Pick<Tensor, 'select' | 'shape'> & Iterable<Sample>);

/** A batch of samples as `collate` makes it: tensors stacked, numbers as a tensor, arrays and objects per member. */
export type Collated<Sample> =
  Sample extends Tensor | number | boolean | bigint ? Tensor
    : Sample extends string ? string[]
      : Sample extends readonly unknown[] ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
        : { [K in keyof Sample]: Collated<Sample[K]> };

/** PyTorch's `default_collate`. */
export function collate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  return collateAny(samples) as Collated<Sample>;
}

function collateAny(samples: readonly unknown[]): unknown {
  const first = samples[0];
  if (first instanceof Tensor) return stack(samples as readonly Tensor[]);
  if (typeof first === 'number' || typeof first === 'boolean' || typeof first === 'bigint') return makeTensor(samples as number[]);
  if (typeof first === 'string') return [...samples];
  if (Array.isArray(first)) {
    if (!samples.every((sample) => Array.isArray(sample) && sample.length === first.length)) throw new ArgumentError('collate', 'samples', 'must be arrays of one length');
    return first.map((_, i) => collateAny(samples.map((sample) => (sample as unknown[])[i])));
  }
  if (typeof first === 'object' && first !== null) {
    return Object.fromEntries(Object.keys(first).map((key) => [key, collateAny(samples.map((sample) => (sample as Record<string, unknown>)[key]))]));
  }
  throw new ArgumentError('collate', 'samples', `must hold tensors, numbers, strings, arrays or objects, got ${show(first)}`);
}

export interface DataLoaderOptions<Sample, Batch> {
  readonly batchSize?: number | null;
  /** A new order for every iteration: PyTorch's own for the same seed. */
  readonly shuffle?: boolean | null;
  readonly sampler?: Sampler | null;
  /** Leaves out a last batch that is smaller. */
  readonly dropLast?: boolean | null;
  readonly generator?: Generator | null;
  readonly collateFn?: ((samples: Sample[]) => Batch) | null;
}

const LOADER = signature('DataLoader(batchSize?, shuffle?, sampler?, *, dropLast?, generator?, collateFn?)');

/** Iterates over batches, with `for ... of` and with `for await ... of`. */
export class DataLoader<Sample, Batch = Collated<Sample>> {
  readonly dataset: Source<Sample>;
  readonly batchSize: number;
  readonly sampler: Sampler;
  private readonly batches: BatchSampler;
  private readonly generator: Generator | undefined;
  private readonly collateFn: ((samples: Sample[]) => Batch) | undefined;

  constructor(dataset: Source<Sample>, ...args: readonly [options?: DataLoaderOptions<Sample, Batch>]
    | readonly [batchSize: number, options?: DataLoaderOptions<Sample, Batch>] | readonly [batchSize: number, shuffle: boolean, options?: DataLoaderOptions<Sample, Batch>]) {
    const given = bind(LOADER, args);
    const size: unknown = dataset instanceof Tensor ? dataset.shape[0] : (dataset as { readonly length?: unknown } | null | undefined)?.length;
    if (typeof size !== 'number' || !(dataset instanceof Tensor || Array.isArray(dataset) || 'get' in dataset)) {
      throw new ArgumentError('DataLoader', 'dataset', `must be a Dataset, an array or a tensor with at least 1 dimension, got ${show(dataset)}`);
    }
    this.dataset = dataset;
    this.batchSize = intArg('DataLoader', 'batchSize', given.batchSize, 1);
    if (this.batchSize < 1) throw new ArgumentError('DataLoader', 'batchSize', `must be at least 1, got ${this.batchSize}`);
    const shuffle = boolArg('DataLoader', 'shuffle', given.shuffle);
    if (shuffle && given.sampler !== undefined) throw new ArgumentError('DataLoader', 'sampler', 'excludes shuffle: the sampler decides the order');
    this.generator = given.generator as Generator | undefined;
    const source = { length: size };
    this.sampler = (given.sampler as Sampler | undefined) ?? (shuffle ? new RandomSampler(source, { generator: this.generator ?? null }) : new SequentialSampler(source));
    this.batches = new BatchSampler(this.sampler, this.batchSize, boolArg('DataLoader', 'dropLast', given.dropLast));
    this.collateFn = given.collateFn as ((samples: Sample[]) => Batch) | undefined;
  }

  /** Number of batches. */
  get length(): number {
    return this.batches.length;
  }

  *[Symbol.iterator](): globalThis.Generator<Batch> {
    // PyTorch draws a seed for its workers first, also where there are none; the order of a seed depends on it.
    drawSeed(this.generator);
    for (const indices of this.batches) yield this.read(indices);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    // yield* would look for an asynchronous iterator first: this one.
    for (const batch of this) yield batch;
  }

  private read(indices: readonly number[]): Batch {
    const { dataset, collateFn } = this;
    if (collateFn === undefined && 'getBatch' in dataset) return (dataset as BatchedDataset<Batch>).getBatch(indices);
    const samples = indices.map((i) => sampleAt(dataset, i));
    return collateFn === undefined ? (collate(samples) as Batch) : collateFn(samples);
  }
}

function sampleAt<Sample>(dataset: Source<Sample>, index: number): Sample {
  if (dataset instanceof Tensor) return dataset.select(0, index) as Sample;
  return Array.isArray(dataset) ? (dataset[index] as Sample) : (dataset as { get(i: number): Sample }).get(index);
}
