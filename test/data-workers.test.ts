/** Worker threads of a loader: what comes out of them, in which order, and what becomes of them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Tensor } from 'flambeau';
import type { Fault } from './fixtures/loader/datasets.ts';
import { loaderProgram, type LoaderProgram } from './helpers/loader-program.ts';

let program: LoaderProgram;
let torch: LoaderProgram['modules']['torch'];
let data: LoaderProgram['modules']['data'];
let sets: LoaderProgram['modules']['datasets'];
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flambeau-workers-'));
  program = await loaderProgram();
  ({ torch, data, datasets: sets } = program.modules);
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});

async function collect<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
const lists = async (batches: AsyncIterable<unknown>): Promise<unknown[]> => (await collect(batches)).map((batch) => (batch as Tensor).tolist());
const buffersOf = (tensor: Tensor): ArrayBufferLike => tensor.storage.slab.bytes.buffer;

/** The error that a loop ends with, and the batches before it. */
async function failure(batches: AsyncIterable<unknown>): Promise<{ readonly error: InstanceType<typeof data.WorkerError>; readonly before: number }> {
  let before = 0;
  try {
    for await (const _ of batches) before++;
  } catch (error) {
    return { error: error as InstanceType<typeof data.WorkerError>, before };
  }
  throw new Error('the loop came to its end');
}

describe('workers give', () => {
  // Printed by PyTorch 2.13: DataLoader(dataset, batch_size=2, shuffle=True, num_workers=2) after manual_seed(1234), where a
  // sample is (index, worker id, worker seed) and rand(2).
  const first = 3532910284440527571n, second = 8074651545468362100n;
  const order = [[0, 2], [5, 1], [7, 6], [4, 3], [5, 2], [7, 6], [1, 4], [0, 3]];
  const drawn = [
    [0.3279414772987366, 0.7463797926902771], [0.40996164083480835, 0.3896322250366211], [0.5579889416694641, 0.31539076566696167], [0.8863877654075623, 0.9582453966140747],
    [0.47554391622543335, 0.47128915786743164], [0.02677750587463379, 0.26489293575286865], [0.7268170714378357, 0.2708759307861328], [0.7401324510574341, 0.2492525577545166],
  ];
  const persistent = { order: [[7, 2], [6, 1], [0, 3], [4, 5]], drawn: [[0.5983047485351562, 0.563051164150238], [0.5083202123641968, 0.5261408090591431], [0.3979256749153137, 0.09550678730010986], [0.5131860971450806, 0.1865289807319641]] };

  test('PyTorch\'s order and random numbers for a seed, in every epoch', async () => {
    torch.manualSeed(1234);
    const loader = new data.DataLoader(new sets.Seeded(), { batchSize: 2, shuffle: true, numWorkers: 2 });
    const batches = [...await collect(loader), ...await collect(loader)];
    const facts = batches.map(([x]) => (x.toTypedArray() as BigInt64Array));
    expect(facts.map((x) => [Number(x[0]), Number(x[3])])).toEqual(order);
    expect(facts.map((x) => [Number(x[1]), x[2]])).toEqual(batches.map((_, i) => [i % 2, (i < 4 ? first : second) + BigInt(i % 2)]));
    expect(batches.map(([, random]) => random.tolist()).map((rows) => (rows as number[][])[0])).toEqual(drawn);
  });

  test('PyTorch\'s numbers where workers persist: they keep their seed and their generator', async () => {
    torch.manualSeed(1234);
    await using loader = new data.DataLoader(new sets.Seeded(), { batchSize: 2, shuffle: true, numWorkers: 2, persistentWorkers: true });
    await collect(loader);
    const batches = await collect(loader);
    const facts = batches.map(([x]) => (x.toTypedArray() as BigInt64Array));
    expect(new Set(facts.map((x) => x[2]))).toEqual(new Set([first, first + 1n]));
    expect(facts.map((x) => Number(x[0]))).toEqual([7, 6, 0, 4]);
    expect(batches.map(([, random]) => (random.tolist() as number[][])[0])).toEqual(persistent.drawn);
  });

  test('nested samples through a transform of the module, from other threads, in shared memory', async () => {
    const rows = torch.arange(6000).float().view(6, 1000);
    const batches = await collect(new data.DataLoader(new sets.Rows(rows), { batchSize: 2, numWorkers: 2 }));
    expect(batches.map(({ index }) => index.tolist())).toEqual([[0, 1], [2, 3], [4, 5]]);
    expect(torch.cat(batches.map(({ row }) => row)).equal(rows.mul(2))).toBe(true);
    expect(batches.every(({ row, index }) => buffersOf(row) instanceof SharedArrayBuffer && buffersOf(index) instanceof SharedArrayBuffer)).toBe(true);
    const threads = batches.map(({ thread }) => thread.tolist() as number[]);
    expect(new Set(threads.flat()).size).toBe(2);
    expect(threads[0]).toEqual(threads[2]);
  });

  test('what every kind of dataset is made of', async () => {
    const squares = new data.TensorDataset(torch.arange(4).square()), objects = [{ word: 'a' }, { word: 'b' }, { word: 'c' }, { word: 'd' }];
    const stacked = new data.StackDataset({ square: squares, object: objects, own: new sets.Private(40) });
    const dataset = new data.Subset(new data.ConcatDataset<unknown>([stacked, stacked]), [7, 0, 5]);
    const [batch] = await collect(new data.DataLoader(dataset, { batchSize: 3, numWorkers: 1 })) as { square: Tensor[]; object: { word: string[] }; own: Tensor }[];
    expect([batch.square[0].tolist(), batch.object.word, batch.own.tolist()]).toEqual([[9, 0, 1], ['d', 'a', 'b'], [43, 40, 41]]);
    // A tensor is a dataset of its rows.
    expect(await lists(new data.DataLoader(torch.arange(3), { batchSize: 2, numWorkers: 1 }))).toEqual([[0, 1], [2]]);
  });

  test('what the library\'s own transforms make, in a chain with a function of the module', async () => {
    const { Compose, Normalize, CenterCrop } = data.transforms;
    const transform = new Compose([new CenterCrop(2), new Normalize([1], [2]), sets.double]);
    const images = torch.arange(32).float().view(2, 1, 4, 4);
    const [{ row }] = await collect(new data.DataLoader(new sets.Rows(images, transform as never), { batchSize: 2, numWorkers: 1 }));
    // Twice (x - 1) / 2.
    expect(row.flatten().tolist()).toEqual([5, 6, 9, 10, 21, 22, 25, 26].map((x) => x - 1));
    class Own extends torch.nn.Module {
      forward(x: Tensor): Tensor { return x; }
    }
    expect(() => new data.DataLoader(new sets.Rows(images, new Own() as never), { numWorkers: 1 })[Symbol.asyncIterator]())
      .toThrow(/dataset\.transform cannot go to another thread: a Own; declare its class by portable\(import\.meta\.url, \{ Own \}\)/);
  });

  test('single samples without a batch size, lists of indices from a batch sampler', async () => {
    const samples = await collect(new data.DataLoader([{ x: new Float32Array([1, 2]), at: new Date(5), tag: new Map([['k', new Set([1n])]]) }], { batchSize: null, numWorkers: 1 })) as unknown[];
    expect(samples).toEqual([{ x: expect.anything(), at: new Date(5), tag: new Map([['k', new Set([1n])]]) }]);
    expect(((samples[0] as { x: Tensor }).x).tolist()).toEqual([1, 2]);
    expect(await lists(new data.DataLoader(torch.arange(9), { batchSampler: [[8, 1], [], [4]].filter((list) => list.length > 0), numWorkers: 2 }))).toEqual([[8, 1], [4]]);
  });

  test('samples that are awaited in the worker, in order', async () => {
    expect(await lists(new data.DataLoader(new sets.Awaited_(), { batchSize: 2, numWorkers: 2 }))).toEqual([[0, 10], [20, 30], [40, 50], [60]]);
  });

  test('every batch once, in whatever order they come, if it need not be kept', async () => {
    const batches = await lists(new data.DataLoader(new sets.Awaited_(), { numWorkers: 2, inOrder: false, prefetchFactor: 1 })) as number[][];
    expect(batches.flat().sort((a, b) => a - b)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });

  test('streams: shared by the workers, or from each of them', async () => {
    const log = join(folder, 'stream');
    expect(await lists(new data.DataLoader(new sets.Counting(7), { batchSize: 2, numWorkers: 2 }))).toEqual([[0, 2], [1, 3], [4, 6], [5]]);
    expect(await lists(new data.DataLoader(new sets.Counting(7), { batchSize: 2, numWorkers: 2, dropLast: true }))).toEqual([[0, 2], [1, 3], [4, 6]]);
    expect(await lists(new data.DataLoader(new sets.CountingLater(), { batchSize: 2, numWorkers: 2 }))).toEqual([[0, 2], [1, 3], [4], [5]]);
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const whole = new data.DataLoader(new sets.Counting(2, false, log), { numWorkers: 2 });
    expect(whole.length).toBe(2);
    expect(await lists(whole)).toEqual([[0], [0], [1], [1]]);
    expect(warn.mock.calls.flat().join()).toMatch(/promised 2 batches, and there are more: every worker reads all of it/);
    warn.mockRestore();
    expect(readFileSync(log, 'utf8')).toBe('ended');
  });

  test('what workerInitFn has prepared, one thread for kernels, and this thread\'s backend and dtype', async () => {
    expect(await lists(new data.DataLoader(new sets.Offset(), { batchSize: 2, numWorkers: 2, workerInitFn: sets.setOffset }))).toEqual([[100, 101], [202, 203]]);
    // Named itself, the object is the one of the worker's own import.
    expect(await lists(new data.DataLoader(sets.registered, { batchSize: 4, numWorkers: 1, workerInitFn: sets.setOffset }))).toEqual([[100, 101, 102, 103]]);
    const threads = torch.getNumThreads();
    torch.setNumThreads(3);
    for (const backend of ['js', torch.backendInfo().from === null ? 'js' : 'native'] as const) {
      torch.setBackend(backend);
      torch.setDefaultDtype('float64');
      expect(await collect(new data.DataLoader(new sets.Setting(), { batchSize: 2, numWorkers: 1 }))).toEqual([[`1 ${backend} float64`, `1 ${backend} float64`]]);
      torch.setDefaultDtype('float32');
    }
    expect(torch.getNumThreads()).toBe(torch.backendInfo().backend === 'native' ? 3 : 1);
    torch.setNumThreads(threads);
  });
});

describe('memory', () => {
  test('goes round: a long loop writes into few blocks', async () => {
    let i = 0, blocks = 0;
    for await (const batch of new data.DataLoader(new sets.Big(400, 200_000), { batchSize: 4, numWorkers: 2 })) {
      // Every message has another object for the same memory: its last byte, behind all tensors, tells what was seen.
      const { bytes } = batch.storage.slab;
      if (bytes[bytes.length - 1] === 0) blocks++;
      bytes[bytes.length - 1] = 1;
      expect(batch.select(1, 199_999).tolist()).toEqual([0, 1, 2, 3].map((j) => 4 * i + j));
      i++;
    }
    expect(i).toBe(100);
    expect(blocks).toBeLessThan(60);
  });

  test('that is still read is not written', async () => {
    const last: Tensor[] = [];
    let count = 0;
    for await (const batch of new data.DataLoader(new sets.Big(200, 20_000), { batchSize: 4, numWorkers: 2 })) {
      count++;
      if (last.push(batch) > 8) last.shift();
      last.forEach((kept, i) => expect(kept.select(1, 19_999).tolist()).toEqual([0, 1, 2, 3].map((j) => 4 * (count - last.length + i) + j)));
    }
    expect(count).toBe(50);
  });

  test('that a worker keeps is not written again', async () => {
    let count = 0;
    for await (const [first, own] of new data.DataLoader(new sets.Big(120, 20_000), { batchSize: 4, numWorkers: 1, collateFn: sets.keepBatches as never }) as AsyncIterable<[Tensor, Tensor]>) {
      expect(first.select(1, 0).tolist()).toEqual([0, 1, 2, 3]);
      expect(own.select(1, 0).tolist()).toEqual([0, 1, 2, 3].map((j) => 4 * count + j));
      count++;
    }
    expect(count).toBe(30);
  });

  test('of a batch works like any other: written to, saved, part of a graph', async () => {
    const [batch] = await collect(new data.DataLoader(torch.arange(6).float(), { batchSize: 6, numWorkers: 1 }));
    batch.add_(1);
    batch.requiresGrad = true;
    batch.square().sum().backward();
    expect(batch.grad?.tolist()).toEqual([2, 4, 6, 8, 10, 12]);
    expect([...batch.toTypedArray() as Float32Array]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('a loop fails with what happened in a worker', () => {
  const run = (fault: Fault, options: object = {}): ReturnType<typeof failure> => failure(new data.DataLoader(new sets.Faulty(fault), { batchSize: 2, numWorkers: 2, ...options }));

  test('an error: its worker, its index, its stack, its fields', async () => {
    const { error, before } = await run('throw');
    expect(before).toBe(2);
    expect([error.name, error.workerId, error.index, error.message]).toEqual(['WorkerError', 0, 5, 'DataLoader worker 0 failed at sample 5: ParseError: cannot read 5']);
    expect(error.stack).toMatch(/^WorkerError: DataLoader worker 0 failed[^]*at misread/);
    expect(error.cause).toMatchObject({ name: 'ParseError', message: 'cannot read 5', line: 12 });
  });

  test('a promise that fails', async () => {
    const { error } = await run('reject');
    expect(error.message).toBe('DataLoader worker 0 failed at sample 5: RangeError: no such file');
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  test('samples that make no batch, or cannot be sent', async () => {
    expect((await run('collate')).error.message).toBe('DataLoader worker 0 failed with samples 4, 5: ArgumentError: defaultCollate: samples[1] must be a number as in the first sample, got "text among numbers"');
    expect((await run('uncloneable', { batchSize: null })).error.message).toMatch(/^DataLoader worker 1 failed.* batch cannot go to another thread: a WeakMap/);
  });

  test('the end of a worker: process.exit, too little memory, an error outside of get', async () => {
    expect((await run('exit')).error.message).toBe('DataLoader worker 0, reading samples 4, 5, ended unexpectedly with exit code 3');
    expect((await run('late')).error.message).toMatch(/^DataLoader worker 0, reading samples (0, 1|4, 5), failed: Error: thrown after get$/);
    const { error } = await run('memory', { workerOptions: { resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } } });
    expect(error.message).toMatch(/^DataLoader worker 0, reading samples (0, 1|4, 5), failed: .*memory limit/);
  });

  test('a worker that takes too long', async () => {
    expect((await run('hang', { timeout: 3 })).error.message).toBe('DataLoader timed out after 3 seconds: worker 0 was reading samples 4, 5');
  });

  test('a worker that cannot start, a dataset that has become shorter, a loader within a loader', async () => {
    expect((await run('throw', { workerInitFn: sets.failToStart })).error.message).toBe('DataLoader worker 1 failed to start: Error: no licence');
    expect((await failure(new data.DataLoader(new sets.Shrinking(), { batchSize: 4, numWorkers: 1 }))).error.message)
      .toMatch(/at sample 5: IndexRangeError: DataLoader: index 5 is out of range: the dataset had 8 samples when the loop began and has 5 now/);
    expect((await failure(new data.DataLoader(new sets.Nesting(), { numWorkers: 1 }))).error.message).toMatch(/must be 0 in a worker of another loader/);
  });

  test('a sampler that throws in this thread', async () => {
    const sampler = { *[Symbol.iterator]() { yield 0; throw new RangeError('no more'); } };
    await expect(collect(new data.DataLoader([1, 2], { sampler, numWorkers: 1 }))).rejects.toThrow(new RangeError('no more'));
  });

  test('persistent workers work on after an error, and are replaced after a death', async () => {
    for (const fault of ['throw', 'exit'] as const) {
      await using loader = new data.DataLoader(new sets.Faulty(fault, 7), { batchSize: 4, numWorkers: 2, persistentWorkers: true });
      await expect(collect(loader)).rejects.toThrow(data.WorkerError);
      const seen: unknown[] = [];
      for await (const batch of loader) {
        seen.push((batch as Tensor).tolist());
        break;
      }
      expect(seen).toEqual([[0, 1, 2, 3]]);
    }
  });
});

describe('workers', () => {
  test('persist from loop to loop, also after a break in the middle of their work', async () => {
    await using loader = new data.DataLoader(new sets.Rows(torch.zeros(8, 2)), { numWorkers: 2, persistentWorkers: true, prefetchFactor: 4 });
    const threads = async (most: number): Promise<Set<unknown>> => {
      const seen = new Set<unknown>();
      let count = 0;
      for await (const { thread, index } of loader) {
        expect(index.tolist()).toEqual([count]);
        seen.add((thread.tolist() as number[])[0]);
        if (++count === most) break;
      }
      return seen;
    };
    const all = await threads(8);
    expect(all.size).toBe(2);
    await threads(3);
    expect(await threads(8)).toEqual(all);
    await loader.close();
    expect([...await threads(8)].some((thread) => all.has(thread))).toBe(false);
  });

  test('serve one loop: another one over the same persistent workers takes them over', async () => {
    await using loader = new data.DataLoader(torch.arange(4), { numWorkers: 1, persistentWorkers: true });
    const first = loader[Symbol.asyncIterator]();
    expect((await first.next() as IteratorYieldResult<Tensor>).value.tolist()).toEqual([0]);
    expect(await lists(loader)).toEqual([[0], [1], [2], [3]]);
    await expect(first.next()).rejects.toThrow(/another loop has started/);
  });

  /** Runs a program of its own, with the modules of the tests as `data`, `sets` and `torch`. */
  const main = (source: string): { readonly status: number | null; readonly out: string } => {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, `import { data, datasets as sets, torch } from ${JSON.stringify(program.url)};\n${source}`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
    return { status, out: stdout + stderr };
  };

  test('do not keep the process: after a break, in a loop that was dropped, idle, or persistent', () => {
    expect(main(`
      const slow = (options) => new data.DataLoader(new sets.Slow(), { numWorkers: 2, ...options });
      for await (const batch of slow({})) break;
      for await (const batch of slow({ persistentWorkers: true })) break;
      await slow({})[Symbol.asyncIterator]().next();
      slow({})[Symbol.asyncIterator]();
      for await (const [batch] of new data.DataLoader(new sets.Seeded(2), { numWorkers: 1, persistentWorkers: true })) console.log(batch.shape);
    `)).toEqual({ status: 0, out: '[ 1, 3 ]\n[ 1, 3 ]\n' });
  });

  test('keep the process while a loop waits for them', () => {
    expect(main('const [one] = [new data.DataLoader(new sets.Slow(), { numWorkers: 1 })[Symbol.asyncIterator]()];\none.next().then(({ value }) => console.log(value.tolist()));')).toEqual({ status: 0, out: '[ 0 ]\n' });
  });

  test('refuse a dataset of the program itself, which they would run', () => {
    const { status, out } = main(`
      class Own extends data.Dataset { length = 1; get(i) { return i; } }
      data.portable(import.meta.url, { Own });
      for await (const batch of new data.DataLoader(new Own(), { numWorkers: 1 })) console.log(batch);
    `);
    expect([status, out]).toEqual([1, expect.stringMatching(/numWorkers needs what the workers use in a module of its own: .*program\.mjs is the program itself/)]);
  });

  test('are ended with the stream they were reading', async () => {
    const log = join(folder, 'broken');
    await using loader = new data.DataLoader(new sets.Counting(1000, true, log), { numWorkers: 1, persistentWorkers: true });
    for await (const _ of loader) break;
    for await (const _ of loader) break;
    expect(existsSync(log)).toBe(true);
  });
});

describe('a loader with workers refuses', () => {
  test.each<readonly [string, () => unknown, RegExp]>([
    ['a loop that does not wait', () => [...new data.DataLoader([1], { numWorkers: 1 })], /needs a loop that waits for its workers: write `for await/],
    ['a class that workers cannot import', () => start(new data.DataLoader({ length: 1, get: Math.abs })), /dataset\.get cannot go to another thread: function abs; declare it by portable\(import\.meta\.url, \{ abs \}\)/],
    ['an instance of one', () => start(new data.DataLoader([new (class Sample {})()])), /dataset\[0\] cannot go to another thread: a Sample; declare its class by portable\(import\.meta\.url, \{ Sample \}\)/],
    ['a function without a name', () => start(new data.DataLoader([1], { collateFn: ((): ((x: number[]) => number) => (x) => x.length)() })), /collateFn cannot go to another thread: function ; give it a name/],
    ['a tensor of a graph', () => start(new data.DataLoader([torch.ones(2, { requiresGrad: true }).mul(2)])), /dataset\[0\] cannot go.*detach\(\)/],
    ['fewer than no workers', () => new data.DataLoader([1], { numWorkers: -1 }), /numWorkers must not be negative/],
    ['options of workers without workers', () => new data.DataLoader([1], { prefetchFactor: 2 }), /prefetchFactor needs numWorkers > 0/],
    ['persistence without workers', () => new data.DataLoader([1], { persistentWorkers: true }), /persistentWorkers needs numWorkers > 0/],
    ['no prefetching', () => new data.DataLoader([1], { numWorkers: 1, prefetchFactor: 0 }), /prefetchFactor must be at least 1/],
    ['an unknown option of the threads', () => new data.DataLoader([1], { numWorkers: 1, workerOptions: { stdout: true } as never }), /option 'stdout' is unknown/],
    ['processes', () => new data.DataLoader([1], { multiprocessingContext: 'fork' as never }), /multiprocessingContext must be null: workers are threads/],
    ['what is no module', () => data.portable('datasets', {}), /must be the module's import\.meta\.url, got "datasets"/],
    ['what has no identity', () => data.portable(import.meta.url, { five: 5 as never }), /members\.five must be a class, a function or an object, got 5/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  function start(loader: InstanceType<typeof data.DataLoader<never, never>> | object): unknown {
    const { dataset, collateFn } = loader as { readonly dataset: never; readonly collateFn: never };
    return new data.DataLoader(dataset, { numWorkers: 1, collateFn })[Symbol.asyncIterator]();
  }
});
