/** Reading batches of a dataset: by index, or from a stream. The same in the loader's thread and in its workers. */
import { show } from '../core/args.ts';
import { ArgumentError, IndexRangeError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { defaultCollate, defaultConvert } from './collate.ts';
import { batchMethod, isPromise, IterableDataset, sampleAt, samplesAt, sizeOf, type Indexed } from './dataset.ts';

/** What to read: the indices of a batch, or one index; of a stream how many samples, or `null` for one that is no batch. */
export type Request = readonly unknown[] | unknown;

/** What a fetcher gives when a stream has ended. */
export const END = Symbol('end');

export interface FetchPlan {
  readonly dataset: unknown;
  /** Whether a request is for a batch. */
  readonly batched: boolean;
  readonly dropLast: boolean;
  readonly collateFn: ((samples: never) => unknown) | null;
  /** How many samples the dataset had when the loop began; null for a stream. */
  readonly length: number | null;
}

export interface Fetcher {
  /** Which index is being read; null while none is. */
  readonly at: unknown;
  /** The batch, or {@link END}. Refuses what has to be awaited. */
  fetch(request: Request): unknown;
  fetchAsync(request: Request): Promise<unknown>;
  /** Ends the stream that is being read. */
  close(): void;
}

export const isStream = (dataset: unknown): boolean => dataset instanceof IterableDataset || (sizeOf(dataset) === undefined && typeof dataset === 'object' && dataset !== null && !(dataset instanceof Tensor) && (Symbol.iterator in dataset || Symbol.asyncIterator in dataset));

export const fetcherOf = (plan: FetchPlan): Fetcher => (plan.length === null ? new StreamFetcher(plan) : new IndexFetcher(plan));

const collateOf = ({ collateFn, batched }: FetchPlan): ((samples: unknown) => unknown) =>
  (collateFn as ((samples: unknown) => unknown) | null) ?? (batched ? (samples) => defaultCollate(samples as readonly unknown[]) : defaultConvert);

const notNow = (what: string): ArgumentError => new ArgumentError('DataLoader', what, 'gives promises: write `for await (const batch of loader)`');

class IndexFetcher implements Fetcher {
  at: unknown = null;
  private readonly dataset: Indexed<unknown>;
  private readonly batched: boolean;
  private readonly length: number;
  private readonly collate: (samples: unknown) => unknown;
  private readonly readBatch: ((indices: readonly number[]) => unknown) | undefined;
  private readonly hasItems: boolean;

  constructor(plan: FetchPlan) {
    this.dataset = plan.dataset as Indexed<unknown>;
    this.batched = plan.batched;
    this.length = plan.length as number;
    this.collate = collateOf(plan);
    this.readBatch = plan.batched && plan.collateFn === null ? batchMethod(this.dataset, 'getBatch') : undefined;
    this.hasItems = plan.batched && batchMethod(this.dataset, 'getItems') !== undefined;
  }

  fetch(request: Request): unknown {
    const batch = this.read(request, (samples) => {
      const promises = [samples, ...(this.batched && Array.isArray(samples) ? (samples as readonly unknown[]) : [])].filter(isPromise);
      if (promises.length === 0) return this.collate(samples);
      abandon(promises);
      throw notNow('dataset');
    });
    if (!isPromise(batch)) return batch;
    abandon([batch]);
    throw notNow(this.readBatch === undefined ? 'collateFn' : 'dataset');
  }

  async fetchAsync(request: Request): Promise<unknown> {
    return this.read(request, async (samples) => this.collate(await this.settled(request, samples)));
  }

  close(): void {}

  private read(request: Request, finish: (samples: unknown) => unknown): unknown {
    this.at = null;
    if (!this.batched) return finish(this.sample(request));
    const indices = request as readonly number[];
    if (this.readBatch !== undefined || this.hasItems) {
      for (const index of indices) this.check(index);
      return this.readBatch !== undefined ? this.readBatch(indices) : finish(samplesAt('DataLoader', this.dataset, indices));
    }
    const samples: unknown[] = [];
    try {
      for (const index of indices) samples.push(this.sample(index));
    } catch (error) {
      abandon(samples.filter(isPromise));
      throw error;
    }
    this.at = null;
    return finish(samples);
  }

  private sample(index: unknown): unknown {
    this.at = index;
    this.check(index);
    return sampleAt(this.dataset, index as number);
  }

  /** Arrays and tensors have their indices. Any other dataset may be read by anything, but not past the end of one that has become shorter. */
  private check(index: unknown): void {
    const { dataset, length } = this, size = sizeOf(dataset) ?? 0;
    const fits = dataset instanceof Tensor || Array.isArray(dataset) ? Number.isInteger(index) && (index as number) >= 0 && (index as number) < size
      : typeof index !== 'number' || index < size || size >= length;
    if (fits) return;
    this.at = index;
    const shrunk = size < length ? `: the dataset had ${length} samples when the loop began and has ${size} now` : ` for ${size} samples`;
    throw new IndexRangeError('DataLoader', Number(index), size, `index ${show(index)} is out of range${shrunk}`);
  }

  /** Awaits samples, all of a batch at once; the first that fails is the one that is named. */
  private async settled(request: Request, samples: unknown): Promise<unknown> {
    let failed = false;
    const named = async (sample: unknown, index: unknown): Promise<unknown> => {
      try {
        return await sample;
      } catch (error) {
        if (!failed) this.at = index;
        failed = true;
        throw error;
      }
    };
    if (!this.batched) return named(samples, request);
    if (isPromise(samples)) return samples;
    const list = samples as readonly unknown[];
    return list.some(isPromise) ? Promise.all(list.map((sample, i) => named(sample, (request as readonly unknown[])[i]))) : list;
  }
}

/** Promises that nobody awaits any more may fail. */
function abandon(promises: readonly PromiseLike<unknown>[]): void {
  for (const promise of promises) promise.then(undefined, () => undefined);
}

type AnyIterator = Partial<Pick<AsyncIterator<unknown>, 'return'>> & { next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> };

class StreamFetcher implements Fetcher {
  readonly at = null;
  private readonly plan: FetchPlan;
  private readonly collate: (samples: unknown) => unknown;
  private iterator: AnyIterator | null = null;
  private ended = false;

  constructor(plan: FetchPlan) {
    this.plan = plan;
    this.collate = collateOf(plan);
  }

  fetch(request: Request): unknown {
    const samples: unknown[] = [], wanted = request === null ? 1 : (request as number);
    while (!this.ended && samples.length < wanted) {
      const step = this.open(false).next();
      if (isPromise(step)) throw notNow('dataset');
      if (this.take(step as IteratorResult<unknown>, samples) && isPromise(samples[samples.length - 1])) throw notNow('dataset');
    }
    const batch = this.finish(request, samples);
    if (isPromise(batch)) throw notNow('collateFn');
    return batch;
  }

  async fetchAsync(request: Request): Promise<unknown> {
    const samples: unknown[] = [], wanted = request === null ? 1 : (request as number);
    while (!this.ended && samples.length < wanted) {
      const step = this.open(true).next();
      this.take(isPromise(step) ? ((await step) as IteratorResult<unknown>) : (step as IteratorResult<unknown>), samples);
    }
    return this.finish(request, samples.some(isPromise) ? await Promise.all(samples) : samples);
  }

  close(): void {
    if (this.ended || this.iterator === null) return;
    this.ended = true;
    // What ends the stream may itself be asynchronous, and nobody waits for it.
    void Promise.resolve(this.iterator.return?.()).catch(() => undefined);
  }

  private take(step: IteratorResult<unknown>, into: unknown[]): boolean {
    if (step.done) this.ended = true;
    else into.push(step.value);
    return !step.done;
  }

  private finish(request: Request, samples: readonly unknown[]): unknown {
    if (samples.length === 0 || (this.plan.dropLast && samples.length < (request as number))) return END;
    return this.collate(request === null ? samples[0] : samples);
  }

  private open(asynchronous: boolean): AnyIterator {
    if (this.iterator !== null) return this.iterator;
    const { dataset } = this.plan as { readonly dataset: Partial<Iterable<unknown> & AsyncIterable<unknown>> };
    // The base class has both methods; what counts is what the subclass wrote.
    const later = written(dataset, Symbol.asyncIterator), now = written(dataset, Symbol.iterator);
    const start = asynchronous ? later ?? now : now;
    if (start === undefined) throw notNow('dataset');
    return (this.iterator = start.call(dataset));
  }
}

function written(dataset: Partial<Iterable<unknown> & AsyncIterable<unknown>>, symbol: typeof Symbol.iterator | typeof Symbol.asyncIterator): (() => AnyIterator) | undefined {
  const method = dataset[symbol as typeof Symbol.iterator] as (() => AnyIterator) | undefined;
  return method === (IterableDataset.prototype as unknown as Readonly<Record<symbol, unknown>>)[symbol] ? undefined : method;
}
