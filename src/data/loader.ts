/** DataLoader: batches of a dataset, in order or shuffled, read here or by worker threads. */
import { bind, boolArg, intArg, numberArg, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Collated } from './collate.ts';
import { requireSize, sizeOf, type Indexed } from './dataset.ts';
import { END, fetcherOf, isStream, type FetchPlan, type Request } from './fetch.ts';
import { BatchSampler, drawSeed, lengthOf, RandomSampler, SequentialSampler } from './sampler.ts';
import { getWorkerInfo } from './worker-info.ts';
import { WorkerPool, type Loop, type WorkerOptions } from './worker-pool.ts';

/** What a loader reads: by index a Dataset, an array or a tensor (its rows); as a stream an IterableDataset or any other iterable. */
export type Source<Sample> = Indexed<Sample> | Iterable<Sample> | AsyncIterable<Sample>;

export interface DataLoaderOptions<Sample, Batch> {
  /** Samples per batch (1); null gives samples instead of batches. */
  readonly batchSize?: number | null;
  /** A new order for every loop: PyTorch's own for the same seed. */
  readonly shuffle?: boolean | null;
  /** The indices to read, in order; excludes shuffle. */
  readonly sampler?: Iterable<unknown> | null;
  /** The lists of indices that make the batches; excludes batchSize, shuffle, sampler and dropLast. */
  readonly batchSampler?: Iterable<readonly unknown[]> | null;
  /** Worker threads that read ahead (0: none, samples are read where the loop is). */
  readonly numWorkers?: number | null;
  /** Makes a batch of samples ({@link defaultCollate}, for single samples {@link defaultConvert}); with workers it runs there and must be {@link portable}. */
  readonly collateFn?: ((samples: Sample[]) => Batch | PromiseLike<Batch>) | null;
  /** Has no effect: there is no device to copy to. */
  readonly pinMemory?: boolean | null;
  /** Leaves out a last batch that is smaller. */
  readonly dropLast?: boolean | null;
  /** Seconds that a batch may take in a worker (0: any time). */
  readonly timeout?: number | null;
  /** Runs in each worker with its number, after seeding and before reading; must be {@link portable}. */
  readonly workerInitFn?: ((workerId: number) => unknown) | null;
  /** Only null: workers are threads. */
  readonly multiprocessingContext?: null;
  /** Draws the order and the workers' seed, instead of the default generator. */
  readonly generator?: Generator | null;
  /** Batches that each worker reads ahead (2). */
  readonly prefetchFactor?: number | null;
  /** Keeps the workers, and their datasets, from one loop to the next. */
  readonly persistentWorkers?: boolean | null;
  readonly pinMemoryDevice?: string | null;
  /** False hands batches out as they come, whatever order they were asked for. */
  readonly inOrder?: boolean | null;
  /** What is passed on to Node's `Worker`: resourceLimits, execArgv, env. */
  readonly workerOptions?: WorkerOptions | null;
}

type Positions<Sample, Batch> = [
  batchSize: number | null, shuffle: boolean | null, sampler: Iterable<unknown> | null, batchSampler: Iterable<readonly unknown[]> | null, numWorkers: number,
  collateFn: ((samples: Sample[]) => Batch | PromiseLike<Batch>) | null, pinMemory: boolean, dropLast: boolean, timeout: number, workerInitFn: ((workerId: number) => unknown) | null,
  multiprocessingContext: null, generator: Generator | null,
];

const LOADER = signature('DataLoader(batchSize?, shuffle?, sampler?, batchSampler?, numWorkers?, collateFn?, pinMemory?, dropLast?, timeout?, workerInitFn?, multiprocessingContext?, generator?, '
  + '*, prefetchFactor?, persistentWorkers?, pinMemoryDevice?, inOrder?, workerOptions?)');
const WORKER_OPTIONS = signature('workerOptions(*, resourceLimits?, execArgv?, env?)');

/** Ends the workers of loaders and loops that nobody holds any more. */
const abandoned = new FinalizationRegistry<WorkerPool>((pool) => void pool.close(true));

/**
 * Batches of a dataset: PyTorch's `DataLoader`. `for (const batch of loader)` reads in this thread; `for await` also reads
 * datasets that give promises, and is how to loop with `numWorkers` above 0: worker threads then read ahead, each with its
 * copy of the dataset, whose class is {@link portable}. Tensors come out of them by shared memory, without a copy.
 *
 * ```ts
 * const loader = new DataLoader(dataset, { batchSize: 32, shuffle: true, numWorkers: 4, persistentWorkers: true });
 * for await (const [images, labels] of loader) step(images, labels);
 * ```
 */
export class DataLoader<Sample, Batch = Collated<Awaited<Sample>>, Given extends Source<Sample> = Source<Sample>> {
  readonly dataset: Given;
  /** Null where there are no batches, or a batchSampler makes them. */
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  /** Null for a stream. */
  readonly sampler: Iterable<unknown> | null;
  readonly batchSampler: Iterable<readonly unknown[]> | null;
  readonly numWorkers: number;
  readonly collateFn: ((samples: Sample[]) => Batch | PromiseLike<Batch>) | null;
  readonly timeout: number;
  readonly workerInitFn: ((workerId: number) => unknown) | null;
  readonly generator: Generator | undefined;
  /** Null without workers. */
  readonly prefetchFactor: number | null;
  readonly persistentWorkers: boolean;
  readonly inOrder: boolean;
  private readonly workerOptions: WorkerOptions;
  private pool: WorkerPool | null = null;
  /** What `length` said, where a loop has to hold a stream to it. */
  private promised: number | null = null;

  constructor(dataset: Given & Source<Sample>, ...args: CallArgs<Positions<Awaited<Sample>, Batch>, DataLoaderOptions<Awaited<Sample>, Batch>>) {
    const given = bind(LOADER, args);
    const refuse = (name: string, problem: string): never => {
      throw new ArgumentError('DataLoader', name, problem);
    };
    const stream = isStream(dataset);
    if (!stream) requireSize('DataLoader', 'dataset', dataset);
    this.dataset = dataset;

    this.numWorkers = intArg('DataLoader', 'numWorkers', given.numWorkers, 0);
    if (this.numWorkers < 0) refuse('numWorkers', `must not be negative, got ${this.numWorkers}`);
    this.timeout = numberArg('DataLoader', 'timeout', given.timeout, 0);
    if (!(this.timeout >= 0 && this.timeout <= 2 ** 31 / 1000)) refuse('timeout', `must be a number of seconds that is not negative, got ${this.timeout}`);
    for (const name of ['prefetchFactor', 'workerOptions'] as const) if (this.numWorkers === 0 && given[name] !== undefined) refuse(name, 'needs numWorkers > 0');
    this.prefetchFactor = this.numWorkers === 0 ? null : intArg('DataLoader', 'prefetchFactor', given.prefetchFactor, 2);
    if (this.prefetchFactor !== null && this.prefetchFactor < 1) refuse('prefetchFactor', `must be at least 1, got ${this.prefetchFactor}`);
    this.persistentWorkers = boolArg('DataLoader', 'persistentWorkers', given.persistentWorkers);
    if (this.persistentWorkers && this.numWorkers === 0) refuse('persistentWorkers', 'needs numWorkers > 0');
    if (this.timeout > 0 && this.numWorkers === 0) refuse('timeout', 'needs numWorkers > 0');
    if (given.multiprocessingContext !== undefined) refuse('multiprocessingContext', `must be null: workers are threads; got ${show(given.multiprocessingContext)}`);
    boolArg('DataLoader', 'pinMemory', given.pinMemory);
    this.inOrder = boolArg('DataLoader', 'inOrder', given.inOrder, true);
    this.workerOptions = bind(WORKER_OPTIONS, [given.workerOptions ?? {}]) as WorkerOptions;
    this.workerInitFn = functionArg('workerInitFn', given.workerInitFn);
    this.collateFn = functionArg('collateFn', given.collateFn);
    if (given.generator !== undefined && !(given.generator instanceof Generator)) refuse('generator', `must be a Generator, got ${show(given.generator)}`);
    this.generator = given.generator as Generator | undefined;

    const shuffle = boolArg('DataLoader', 'shuffle', given.shuffle);
    const [sampler, batchSampler] = (['sampler', 'batchSampler'] as const).map((name) => iterableArg(name, given[name]));
    if (stream) for (const name of ['sampler', 'batchSampler'] as const) if (given[name] !== undefined) refuse(name, 'excludes a stream, which has no indices');
    if (stream && shuffle) refuse('shuffle', 'excludes a stream, which has no indices');
    if (sampler !== null && shuffle) refuse('sampler', 'excludes shuffle: the sampler decides the order');
    this.dropLast = boolArg('DataLoader', 'dropLast', given.dropLast);
    // bind drops null, which here is not the default.
    const unbatched = isGivenNull(args);
    const size = intArg('DataLoader', 'batchSize', given.batchSize, 1);
    if (size < 1) refuse('batchSize', `must be at least 1, got ${size}`);
    if (batchSampler !== null && (size !== 1 || unbatched || shuffle || sampler !== null || this.dropLast)) refuse('batchSampler', 'excludes batchSize, shuffle, sampler and dropLast');
    if (unbatched && this.dropLast) refuse('dropLast', 'needs batches: batchSize is null');
    this.batchSize = unbatched || batchSampler !== null ? null : size;
    if (stream) {
      this.sampler = this.batchSampler = null;
      return;
    }
    const source = { get length(): number { return sizeOf(dataset) as number; } };
    this.sampler = sampler ?? (shuffle ? new RandomSampler(source, { generator: this.generator ?? null }) : new SequentialSampler(source));
    this.batchSampler = (batchSampler as Iterable<readonly unknown[]> | null) ?? (this.batchSize === null ? null : new BatchSampler(this.sampler, this.batchSize, this.dropLast));
  }

  /** Number of batches (of samples, where there are no batches). A stream's is what its own `length` promises. */
  get length(): number {
    if (this.sampler !== null) return lengthOf('DataLoader', this.batchSampler ?? this.sampler);
    const { length } = this.dataset as { readonly length?: unknown };
    if (typeof length !== 'number') throw new ArgumentError('DataLoader', 'length', `is not known: ${show(this.dataset)} has none`);
    this.promised = length;
    if (this.batchSize === null) return length;
    return this.dropLast ? Math.floor(length / this.batchSize) : Math.ceil(length / this.batchSize);
  }

  [Symbol.iterator](): globalThis.Generator<Batch, void, undefined> {
    if (this.numWorkers > 0) throw new ArgumentError('DataLoader', 'numWorkers', 'needs a loop that waits for its workers: write `for await (const batch of loader)`');
    // PyTorch draws a seed for its workers first, also where there are none; the order of a seed depends on it.
    drawSeed(this.generator);
    return this.readHere();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    if (this.numWorkers > 0) return this.readInWorkers();
    drawSeed(this.generator);
    return this.awaitHere();
  }

  /** Ends persistent workers; the next loop starts new ones. Loaders that nobody refers to any more end theirs, too. */
  async close(): Promise<void> {
    const { pool } = this;
    this.pool = null;
    await pool?.close(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private *readHere(): globalThis.Generator<Batch, void, undefined> {
    const fetcher = fetcherOf(this.plan());
    const watch = this.watchLength();
    try {
      for (const request of this.requests()) {
        const batch = fetcher.fetch(request);
        if (batch === END) return;
        watch();
        yield batch as Batch;
      }
    } finally {
      fetcher.close();
    }
  }

  private async *awaitHere(): AsyncGenerator<Batch, void, undefined> {
    const fetcher = fetcherOf(this.plan());
    const watch = this.watchLength();
    try {
      for (const request of this.requests()) {
        const batch = await fetcher.fetchAsync(request);
        if (batch === END) return;
        watch();
        yield batch as Batch;
      }
    } finally {
      fetcher.close();
    }
  }

  private readInWorkers(): AsyncGenerator<Batch, void, undefined> {
    if (getWorkerInfo() !== null) throw new ArgumentError('DataLoader', 'numWorkers', 'must be 0 in a worker of another loader');
    const plan = this.plan();
    let { pool } = this;
    if (pool === null || !pool.alive) {
      void pool?.close(true);
      // Persistent workers keep their seed, as PyTorch's do.
      pool = new WorkerPool({ dataset: plan.dataset, batched: plan.batched, dropLast: plan.dropLast, collateFn: plan.collateFn, workerInitFn: this.workerInitFn }, this.numWorkers, drawSeed(this.generator), this.workerOptions);
      if (this.persistentWorkers) {
        this.pool = pool;
        abandoned.register(this, pool);
      }
    }
    const loop = pool.begin(this.requests(), { prefetchFactor: this.prefetchFactor as number, inOrder: this.inOrder, timeout: this.timeout, length: plan.length });
    const batches = deliver<Batch>(pool, loop, this.persistentWorkers, this.watchLength());
    if (!this.persistentWorkers) abandoned.register(batches, pool);
    return batches;
  }

  private plan(): FetchPlan {
    return {
      dataset: this.dataset, batched: this.batchSampler !== null || this.batchSize !== null, dropLast: this.dropLast,
      collateFn: this.collateFn as ((samples: never) => unknown) | null, length: this.sampler === null ? null : (sizeOf(this.dataset) as number),
    };
  }

  private requests(): Iterator<Request> & Iterable<Request> {
    if (this.sampler === null) return forever(this.batchSize);
    return each(this.batchSampler ?? this.sampler);
  }

  /** Warns when a stream gives more than its length promised: most often every worker reads all of it. */
  private watchLength(): () => void {
    const expected = this.sampler === null && this.promised !== null ? this.length : null;
    let count = 0;
    return () => {
      if (expected === null || ++count !== expected + 1) return;
      process.emitWarning(`DataLoader: the length of the stream promised ${expected} batches, and there are more${this.numWorkers > 0 ? ': every worker reads all of it unless it takes its share by getWorkerInfo()' : ''}`);
    };
  }
}

/** Hands batches out; apart from the loader, so that a loop does not keep it. */
async function* deliver<Batch>(pool: WorkerPool, loop: Loop, keep: boolean, watch: () => void): AsyncGenerator<Batch, void, undefined> {
  let finished = false;
  try {
    for (;;) {
      const batch = await loop.next();
      if (batch === END) break;
      watch();
      yield batch as Batch;
    }
    finished = true;
  } finally {
    loop.close();
    // After the last batch the workers are idle; after `break` or an error they may be in the middle of one.
    if (!keep) void pool.close(!finished);
  }
}

function* forever(request: Request): globalThis.Generator<Request, void, undefined> {
  for (;;) yield request;
}

function* each(requests: Iterable<Request>): globalThis.Generator<Request, void, undefined> {
  yield* requests;
}

/** Whether batchSize is given as null, by position or by name. */
function isGivenNull(args: readonly unknown[]): boolean {
  const [first] = args, last = args[args.length - 1] as { readonly batchSize?: unknown } | null | undefined;
  return first === null || (typeof last === 'object' && last !== null && last.batchSize === null);
}

function functionArg<F>(name: string, value: unknown): F | null {
  if (value === undefined) return null;
  if (typeof value !== 'function') throw new ArgumentError('DataLoader', name, `must be a function, got ${show(value)}`);
  return value as F;
}

function iterableArg(name: string, value: unknown): Iterable<unknown> | null {
  if (value === undefined) return null;
  if (typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] !== 'function') throw new ArgumentError('DataLoader', name, `must be iterable, got ${show(value)}`);
  return value as Iterable<unknown>;
}
