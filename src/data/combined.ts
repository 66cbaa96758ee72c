/** Datasets made of datasets: end to end, side by side, or split at random. */
import { bind, isOptions, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { Generator, randperm } from '../tensor/random.ts';
import { Dataset, IterableDataset, isPromise, requireSize, sampleAt, samplesAt, Subset, type Indexed } from './dataset.ts';
import { LIBRARY, portable } from './portable.ts';

/** The samples of one dataset after those of another: PyTorch's `ConcatDataset`, there also written `a + b`. */
export class ConcatDataset<Sample> extends Dataset<Sample> {
  readonly datasets: readonly Indexed<Sample>[];
  /** How many samples there are up to the end of each dataset. */
  readonly cumulativeSizes: readonly number[];

  constructor(datasets: Iterable<Indexed<Sample>>) {
    super();
    this.datasets = listOf<Indexed<Sample>>('ConcatDataset', datasets);
    let total = 0;
    this.cumulativeSizes = this.datasets.map((dataset, i) => {
      if (dataset instanceof IterableDataset) throw new ArgumentError('ConcatDataset', `datasets[${i}]`, 'is an IterableDataset, which cannot be read by index: use ChainDataset');
      return (total += requireSize('ConcatDataset', `datasets[${i}]`, dataset));
    });
  }

  get length(): number {
    return this.cumulativeSizes[this.cumulativeSizes.length - 1];
  }

  /** The sample at an index; a negative one counts from the end. */
  get(index: number): Sample {
    const at = index < 0 ? index + this.length : index;
    if (!Number.isInteger(at) || at < 0 || at >= this.length) throw new IndexRangeError('ConcatDataset', index, this.length);
    // The first dataset that ends behind the index.
    let low = 0, high = this.datasets.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulativeSizes[middle] > at) high = middle;
      else low = middle + 1;
    }
    return sampleAt(this.datasets[low], low === 0 ? at : at - this.cumulativeSizes[low - 1]);
  }
}

/** Streams one after the other: PyTorch's `ChainDataset`. */
export class ChainDataset<Sample> extends IterableDataset<Sample> {
  readonly datasets: readonly IterableDataset<Sample>[];

  constructor(datasets: Iterable<IterableDataset<Sample>>) {
    super();
    this.datasets = listOf<IterableDataset<Sample>>('ChainDataset', datasets);
    this.datasets.forEach((dataset: unknown, i) => {
      if (!(dataset instanceof IterableDataset)) throw new ArgumentError('ChainDataset', `datasets[${i}]`, `must be an IterableDataset, got ${show(dataset)}`);
    });
  }

  /** Samples of all the streams, where every one knows its length. */
  get length(): number {
    return this.datasets.reduce((total, dataset, i) => {
      const { length } = dataset as { readonly length?: unknown };
      if (typeof length !== 'number') throw new ArgumentError('ChainDataset', `datasets[${i}]`, 'has no length');
      return total + length;
    }, 0);
  }

  override *[Symbol.iterator](): globalThis.Generator<Sample> {
    for (const dataset of this.datasets) yield* dataset as Iterable<Sample>;
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Sample> {
    for (const dataset of this.datasets) yield* dataset;
  }
}

type Stackable = readonly Indexed<unknown>[] | Readonly<Record<string, Indexed<unknown>>>;
type SampleOf<D> = D extends { get(index: number): infer Sample } ? Sample : D extends Iterable<infer Sample> ? Sample : never;
type Stacked<D> = { -readonly [K in keyof D]: SampleOf<D[K]> };

/**
 * Datasets side by side: PyTorch's `StackDataset`. `new StackDataset(images, texts)` gives `[image, text]`, and
 * `new StackDataset({ image: images, text: texts })` gives `{ image, text }`.
 */
export class StackDataset<D extends Stackable> extends Dataset<Stacked<D>> {
  readonly datasets: D;
  readonly length: number;

  constructor(datasets: D & Readonly<Record<string, Indexed<unknown>>>);
  constructor(...datasets: D & readonly Indexed<unknown>[]);
  constructor(...datasets: readonly unknown[]) {
    super();
    const [first] = datasets;
    const named = datasets.length === 1 && isOptions(first) && typeof first.get !== 'function';
    this.datasets = (named ? first : datasets) as D;
    const sizes = Object.entries(this.datasets as object).map(([name, dataset]) => requireSize('StackDataset', `datasets.${name}`, dataset));
    if (sizes.length === 0) throw new ArgumentError('StackDataset', 'datasets', 'must be at least one dataset');
    if (sizes.some((size) => size !== sizes[0])) throw new ShapeError('StackDataset', `datasets must have one length: ${sizes.join(', ')}`);
    this.length = sizes[0];
  }

  get(index: number): Stacked<D> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError('StackDataset', index, this.length);
    return this.assemble(Object.values(this.datasets as object).map((dataset) => sampleAt(dataset as Indexed<unknown>, index)));
  }

  getItems(indices: readonly number[]): readonly Stacked<D>[] | PromiseLike<readonly Stacked<D>[]> {
    const columns = Object.values(this.datasets as object).map((dataset) => samplesAt('StackDataset', dataset as Indexed<unknown>, indices));
    const rows = (all: readonly (readonly unknown[])[]): readonly Stacked<D>[] => indices.map((_, i) => this.assemble(all.map((column) => column[i])));
    return columns.some(isPromise) ? Promise.all(columns).then(rows) : rows(columns as readonly (readonly unknown[])[]);
  }

  private assemble(samples: readonly unknown[]): Stacked<D> {
    if (Array.isArray(this.datasets)) return samples as Stacked<D>;
    return Object.fromEntries(Object.keys(this.datasets).map((key, i) => [key, samples[i]])) as Stacked<D>;
  }
}

function listOf<T>(op: string, datasets: unknown): readonly T[] {
  if (typeof (datasets as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') throw new ArgumentError(op, 'datasets', `must be an array of datasets, got ${show(datasets)}`);
  const list = [...(datasets as Iterable<T>)];
  if (list.length === 0) throw new ArgumentError(op, 'datasets', 'must not be empty');
  return list;
}

const RANDOM_SPLIT = signature('randomSplit(generator?)');

/**
 * Splits a dataset into subsets that share no sample: PyTorch's `random_split`, in its order for a seed. `lengths` are
 * numbers of samples that add up to the dataset's, or fractions that add up to 1: each gets the whole samples of its share,
 * and what remains goes round, one each from the first on.
 *
 * ```ts
 * const [train, test] = randomSplit(dataset, [0.8, 0.2], { generator: new Generator().manualSeed(42) });
 * ```
 */
export function randomSplit<Sample>(dataset: Indexed<Sample>, lengths: readonly number[], ...args: CallArgs<[generator: Generator | null], { readonly generator?: Generator | null }>): Subset<Sample>[] {
  const { generator } = bind(RANDOM_SPLIT, args);
  const size = requireSize('randomSplit', 'dataset', dataset);
  if (!Array.isArray(lengths) || lengths.length === 0 || !lengths.every((n) => typeof n === 'number' && n >= 0)) throw new ArgumentError('randomSplit', 'lengths', `must be an array of lengths or fractions that are not negative, got ${show(lengths)}`);
  const total = (lengths as readonly number[]).reduce((a, b) => a + b, 0);
  // Python's math.isclose with its default tolerance.
  const counts = Math.abs(total - 1) <= 1e-9 && total <= 1 ? fractionsOf(size, lengths as readonly number[]) : (lengths as readonly number[]);
  if (counts.some((n) => !Number.isInteger(n)) || counts.reduce((a, b) => a + b, 0) !== size) {
    throw new ArgumentError('randomSplit', 'lengths', `must add up to the ${size} samples of the dataset, or be fractions that add up to 1; got ${show(lengths)}`);
  }
  const order = Array.from(randperm(size, { generator: (generator as Generator | undefined) ?? null }).toTypedArray() as ArrayLike<bigint>, Number);
  let start = 0;
  return counts.map((count) => new Subset(dataset, order.slice(start, (start += count))));
}

function fractionsOf(size: number, fractions: readonly number[]): number[] {
  const counts = fractions.map((fraction) => Math.floor(size * fraction));
  const left = size - counts.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) counts[i % counts.length]++;
  counts.forEach((count, i) => {
    if (count === 0) process.emitWarning(`randomSplit: the split at index ${i} has no samples`);
  });
  return counts;
}

portable(LIBRARY, { ConcatDataset, ChainDataset, StackDataset });
