/** Datasets: samples by index, or as a stream. */
import { show } from '../core/args.ts';
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { LIBRARY, portable } from './portable.ts';

/**
 * Samples by index: PyTorch's map-style `Dataset`. Subclasses write `length` (`__len__`) and `get` (`__getitem__`), which
 * may give a promise: `class Faces extends Dataset<Promise<[Tensor, number]>>`, read with `for await`. An optional
 * `getItems(indices)` (`__getitems__`) reads many samples at once.
 *
 * ```ts
 * class Squares extends Dataset<number> {
 *   readonly length = 10;
 *   get(index: number): number {
 *     return index ** 2;
 *   }
 * }
 * ```
 */
export abstract class Dataset<Sample> {
  abstract readonly length: number;

  /** The sample at an index from 0 to `length - 1`. */
  abstract get(index: number): Sample;

  *[Symbol.iterator](): Generator<Sample> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}

/**
 * Samples as a stream: PyTorch's `IterableDataset`. Subclasses write `[Symbol.iterator]`, or `[Symbol.asyncIterator]` where
 * samples have to be awaited; also `length`, if it is known. In worker threads each worker iterates over its own copy, so
 * that a stream that is not split by {@link getWorkerInfo} gives every sample once per worker.
 */
export abstract class IterableDataset<Sample> {
  [Symbol.iterator](): Iterator<Sample> {
    throw new ArgumentError(this.constructor.name, 'iteration', 'is asynchronous: write `for await (const sample of dataset)`');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample> {
    // yield* looks for an asynchronous iterator first: this one.
    for (const sample of { [Symbol.iterator]: () => this[Symbol.iterator]() }) yield sample;
  }
}

/** What is read by index: a Dataset (or anything with its two members), an array, or a tensor (its rows). */
export type Indexed<Sample> = { readonly length: number; get(index: number): Sample } | readonly Sample[] | (Pick<Tensor, 'select' | 'shape'> & Iterable<Sample>);

/** A dataset that reads a batch faster than sample by sample: what `defaultCollate` would make of the samples. */
export interface BatchedDataset<Batch> {
  getBatch(indices: readonly number[]): Batch;
}

/** Number of samples, or undefined for what is not read by index. */
export function sizeOf(source: unknown): number | undefined {
  if (source instanceof Tensor) return source.ndim === 0 ? undefined : source.shape[0];
  if (Array.isArray(source)) return source.length;
  const { length, get } = (typeof source === 'object' && source !== null ? source : {}) as { readonly length?: unknown; readonly get?: unknown };
  return typeof length === 'number' && typeof get === 'function' ? length : undefined;
}

/** Number of samples of what has to be read by index. */
export function requireSize(op: string, name: string, source: unknown): number {
  const size = sizeOf(source);
  if (size === undefined) throw new ArgumentError(op, name, `must be a Dataset, an array or a tensor with at least 1 dimension, got ${source instanceof Tensor ? 'a 0-d tensor' : show(source)}`);
  return size;
}

export function sampleAt<Sample>(source: Indexed<Sample>, index: number): Sample {
  if (source instanceof Tensor) return source.select(0, index) as Sample;
  return Array.isArray(source) ? (source[index] as Sample) : (source as { get(i: number): Sample }).get(index);
}

/**
 * A method that reads many samples, unless a subclass changed `get` below the class that has it: then what it reads is
 * not what `get` gives.
 */
export function batchMethod(source: object, name: 'getBatch' | 'getItems'): ((indices: readonly number[]) => unknown) | undefined {
  const method = (source as Readonly<Record<string, unknown>>)[name];
  if (typeof method !== 'function') return undefined;
  for (let level: object | null = source; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    if (Object.hasOwn(level, name)) return (indices) => method.call(source, indices) as unknown;
    if (Object.hasOwn(level, 'get')) return undefined;
  }
  return undefined;
}

/** Samples by index, through the dataset's `getItems` where it has one. */
export function samplesAt<Sample>(op: string, source: Indexed<Sample>, indices: readonly number[]): readonly Sample[] | PromiseLike<readonly Sample[]> {
  const many = batchMethod(source, 'getItems');
  if (many === undefined) return indices.map((index) => sampleAt(source, index));
  const check = (items: readonly Sample[]): readonly Sample[] => {
    if (!Array.isArray(items) || items.length !== indices.length) throw new ArgumentError(op, 'getItems', `must give ${indices.length} samples, got ${Array.isArray(items) ? items.length : show(items)}`);
    return items;
  };
  const items = many(indices) as readonly Sample[] | PromiseLike<readonly Sample[]>;
  return isPromise(items) ? items.then(check) : check(items);
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** An index from 0 to `size - 1`. */
function checkIndex(op: string, index: number, size: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= size) throw new IndexRangeError(op, index, size);
  return index;
}

/** Tensors of the same first dimension; sample i is row i of each. PyTorch's `TensorDataset`. */
export class TensorDataset extends Dataset<Tensor[]> implements BatchedDataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  readonly length: number;

  constructor(...tensors: readonly Tensor[]) {
    super();
    if (tensors.length === 0) throw new ArgumentError('TensorDataset', 'tensors', 'must be at least one tensor');
    for (const tensor of tensors) {
      if (!(tensor instanceof Tensor) || tensor.ndim === 0) throw new ArgumentError('TensorDataset', 'tensors', `must be tensors with at least 1 dimension, got ${tensor instanceof Tensor ? 'a 0-d tensor' : show(tensor)}`);
      if (tensor.shape[0] !== tensors[0].shape[0]) throw new ShapeError('TensorDataset', `tensors must have one length: ${tensors.map((t) => t.shape[0]).join(', ')}`);
    }
    this.tensors = tensors;
    this.length = tensors[0].shape[0];
  }

  get(index: number): Tensor[] {
    checkIndex('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => tensor.select(0, index));
  }

  getBatch(indices: readonly number[]): Tensor[] {
    const index = makeTensor(BigInt64Array.from(indices, (i) => BigInt(checkIndex('TensorDataset', i, this.length))));
    return this.tensors.map((tensor) => tensor.indexSelect(0, index));
  }
}

/** Some samples of another dataset. PyTorch's `Subset`. */
export class Subset<Sample> extends Dataset<Sample> {
  readonly dataset: Indexed<Sample>;
  readonly indices: readonly number[];

  constructor(dataset: Indexed<Sample>, indices: readonly number[]) {
    super();
    requireSize('Subset', 'dataset', dataset);
    if (!Array.isArray(indices)) throw new ArgumentError('Subset', 'indices', `must be an array of indices, got ${show(indices)}`);
    this.dataset = dataset;
    this.indices = indices as readonly number[];
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): Sample {
    return sampleAt(this.dataset, this.indices[checkIndex('Subset', index, this.length)]);
  }

  getItems(indices: readonly number[]): readonly Sample[] | PromiseLike<readonly Sample[]> {
    return samplesAt('Subset', this.dataset, this.inner(indices));
  }

  /** The dataset's own fast path; undefined where it has none. */
  get getBatch(): ((indices: readonly number[]) => unknown) | undefined {
    const read = batchMethod(this.dataset, 'getBatch');
    return read && ((indices) => read(this.inner(indices)));
  }

  private inner(indices: readonly number[]): number[] {
    return indices.map((index) => this.indices[checkIndex('Subset', index, this.length)]);
  }
}

portable(LIBRARY, { TensorDataset, Subset });
