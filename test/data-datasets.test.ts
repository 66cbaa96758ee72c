/** Datasets, samplers, collating and streams, in the thread of the loop. Orders are those that PyTorch 2.13 prints for the seed. */
import { describe, expect, test, vi } from 'vitest';
import * as torch from 'flambeau';
import * as data from 'flambeau/data';
import { onBackends } from './fixtures/backends.ts';
import { readJson, type TensorJson } from './fixtures/conformance.ts';

const { DataLoader, defaultCollate, defaultConvert } = data;
const ten = Array.from({ length: 10 }, (_, i) => i);
const seeded = (seed: number): torch.Generator => new torch.Generator().manualSeed(seed);

onBackends(() => {
  test('random splits are PyTorch\'s for a seed, by lengths and by fractions', () => {
    torch.manualSeed(0);
    expect(data.randomSplit(ten, [3, 7]).map(({ indices }) => indices)).toEqual([[4, 1, 7], [5, 3, 9, 0, 8, 6, 2]]);
    const parts = data.randomSplit([...ten, 10], [0.3, 0.3, 0.4], { generator: seeded(42) });
    expect(parts.map(({ indices }) => indices)).toEqual([[6, 8, 9, 2], [1, 10, 0], [7, 3, 5, 4]]);
    expect([...parts[1]]).toEqual([1, 10, 0]);
  });

  test('samplers draw PyTorch\'s indices for a seed', () => {
    torch.manualSeed(3);
    expect([...new data.SubsetRandomSampler([5, 7, 9, 11, 13])]).toEqual([7, 5, 11, 13, 9]);
    torch.manualSeed(3);
    expect([...new data.WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, false)]).toEqual([0, 1, 3, 4, 5]);
    expect([...new data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3, 0.6], 5)]).toEqual([2, 4, 4, 4, 2]);
    expect([...new data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3, 0.6], { numSamples: 5, generator: seeded(7) })]).toEqual([3, 3, 4, 4, 5]);
    torch.manualSeed(5);
    expect([...new data.RandomSampler({ length: 5 }, { replacement: true, numSamples: 40 })])
      .toEqual([2, 4, 4, 4, 1, 3, 2, 2, 1, 3, 2, 0, 3, 3, 2, 3, 1, 3, 1, 1, 3, 1, 3, 1, 3, 4, 1, 4, 0, 0, 1, 4, 4, 0, 4, 0, 1, 4, 2, 0]);
    torch.manualSeed(5);
    expect([...new data.RandomSampler({ length: 5 }, { numSamples: 12 })]).toEqual([2, 1, 0, 3, 4, 1, 3, 0, 2, 4, 1, 3]);
  });

  test('weighted samplers draw what the recorded runs drew', () => {
    const recorded = readJson<{ readonly cases: readonly { readonly src: string; readonly seed: number; readonly outputs: readonly TensorJson[] }[] }>('conformance/rng.json').cases
      .filter(({ src }) => src.includes('WeightedRandomSampler([.1, .2, .7], 6)'));
    expect(recorded.length).toBeGreaterThan(0);
    for (const { seed, outputs } of recorded) {
      torch.manualSeed(seed);
      expect([...new data.WeightedRandomSampler([0.1, 0.2, 0.7], 6)]).toEqual(outputs[0].data);
    }
  });

  test('a generator of its own gives a loader PyTorch\'s epochs, one after the other', () => {
    const loader = new DataLoader(ten, { batchSize: 4, shuffle: true, generator: seeded(9) });
    const epoch = (): unknown[] => [...loader].map((batch) => batch.tolist());
    expect([epoch(), epoch()]).toEqual([[[4, 6, 8, 1], [5, 2, 7, 9], [0, 3]], [[8, 7, 0, 2], [3, 1, 6, 9], [4, 5]]]);
  });

  test('replicas share an order that depends on the epoch', () => {
    const orders = (dropLast: boolean): number[][] => [0, 1, 2].map((rank) => {
      const sampler = new data.DistributedSampler(ten, 3, rank, { seed: 1, dropLast });
      sampler.setEpoch(2);
      expect(sampler.length).toBe(dropLast ? 3 : 4);
      return [...sampler];
    });
    expect(orders(false)).toEqual([[6, 7, 1, 4], [0, 8, 9, 6], [3, 5, 2, 0]]);
    expect(orders(true)).toEqual([[6, 7, 1], [0, 8, 9], [3, 5, 2]]);
    expect([...new data.DistributedSampler([1, 2], { numReplicas: 5, rank: 4, shuffle: false })]).toEqual([0]);
  });
});

describe('datasets of datasets', () => {
  const a = new data.TensorDataset(torch.arange(3)), b = new data.TensorDataset(torch.arange(10, 14));

  test('end to end, from the front and from the back', () => {
    const both = new data.ConcatDataset([a, b]);
    expect([both.length, both.cumulativeSizes]).toEqual([7, [3, 7]]);
    expect([0, 2, 3, 6, -1, -7].map((i) => both.get(i)[0].item())).toEqual([0, 2, 10, 13, 13, 0]);
    for (const wrong of [7, -8, 0.5]) expect(() => both.get(wrong)).toThrow(RangeError);
  });

  test('side by side, by position and by name', () => {
    const letters = ['x', 'y', 'z'];
    expect(new data.StackDataset(a, letters).get(1)).toEqual([[expect.anything()], 'y']);
    const named = new data.StackDataset({ number: a, letter: letters });
    const [batch] = [...new DataLoader(named, { batchSize: 3 })];
    expect([(batch.number as unknown as torch.Tensor[])[0].tolist(), batch.letter]).toEqual([[0, 1, 2], letters]);
    expect(() => new data.StackDataset(a, b)).toThrow(/one length: 3, 4/);
  });

  test('streams one after the other', async () => {
    class Numbers extends data.IterableDataset<number> {
      readonly length = 2;
      override *[Symbol.iterator](): Generator<number> { yield* [1, 2]; }
    }
    class Later extends data.IterableDataset<number> {
      override async *[Symbol.asyncIterator](): AsyncGenerator<number> { yield 3; }
    }
    const chain = new data.ChainDataset([new Numbers(), new Numbers()]);
    expect([chain.length, [...chain]]).toEqual([4, [1, 2, 1, 2]]);
    expect([...new DataLoader(chain, { batchSize: 3 })].map((x) => x.tolist())).toEqual([[1, 2, 1], [2]]);
    const seen: unknown[] = [];
    for await (const batch of new DataLoader(new data.ChainDataset([new Numbers(), new Later()]), { batchSize: 2 })) seen.push(batch.tolist());
    expect(seen).toEqual([[1, 2], [3]]);
    expect(() => new data.ChainDataset([new Later()]).length).toThrow(/datasets\[0\] has no length/);
    expect(() => [...new DataLoader(new Later())]).toThrow(/gives promises: write `for await/);
  });

  test('subsets read through a dataset\'s own fast path, unless a subclass reads otherwise', () => {
    const calls: unknown[] = [];
    class Fast extends data.TensorDataset {
      override getBatch(indices: readonly number[]): torch.Tensor[] {
        calls.push(indices);
        return super.getBatch(indices);
      }
    }
    const fast = new Fast(torch.arange(5));
    expect([...new DataLoader(new data.Subset(fast, [4, 2, 0]), { batchSize: 2 })].map(([x]) => x.tolist())).toEqual([[4, 2], [0]]);
    expect(calls).toEqual([[4, 2], [0]]);
    class Negated extends data.TensorDataset {
      override get(index: number): torch.Tensor[] {
        return super.get(index).map((x) => x.neg());
      }
    }
    expect([...new DataLoader(new Negated(torch.arange(3)), { batchSize: 3 })].map(([x]) => x.tolist())).toEqual([[0, -1, -2]]);
    class Many extends data.Dataset<number> {
      readonly length = 4;
      get(): number { throw new Error('not one by one'); }
      getItems(indices: readonly number[]): number[] { return indices.map((i) => i * 2); }
    }
    expect([...new DataLoader(new data.Subset(new Many(), [3, 1]), { batchSize: 2 })].map((x) => x.tolist())).toEqual([[6, 2]]);
  });
});

describe('collating', () => {
  test('goes into arrays, objects, Maps and typed arrays', () => {
    const sample = (i: number) => ({ x: torch.tensor([i]), pair: [i, true] as [number, boolean], big: BigInt(i), text: `t${i}`, raw: new Int16Array([i, -i]), map: new Map([['k', i]]) });
    const batch = defaultCollate([sample(1), sample(2)]);
    expect([batch.x.tolist(), batch.pair.map((x) => [x.dtype, x.tolist()]), batch.big.dtype, batch.text, batch.raw.dtype, batch.raw.tolist(), batch.map.get('k')?.tolist()])
      .toEqual([[[1], [2]], [['float32', [1, 2]], ['bool', [true, true]]], 'int64', ['t1', 't2'], 'int16', [[1, -1], [2, -2]], [1, 2]]);
  });

  test.each<readonly [string, readonly unknown[], RegExp]>([
    ['nothing', [], /must be a non-empty array/],
    ['tensors of several shapes', [{ x: torch.zeros(2) }, { x: torch.zeros(3) }], /samples\[1\]\.x must be of shape \[2\]/],
    ['a missing member', [{ a: 1, b: 2 }, { a: 1 }], /samples\[1\] must be an object with the members a, b/],
    ['several kinds', [[1, 2], [1, 'two']], /samples\[1\]\[1\] must be a number as in the first sample, got "two"/],
    ['samples that are not there', [undefined, undefined], /samples\[0\] must be a tensor.* got undefined; write a collateFn/],
    ['a Map without a key', [new Map([['k', 1]]), new Map()], /must be a Map with the keys "k"/],
  ])('refuses %s', (_, samples, message) => {
    expect(() => defaultCollate(samples)).toThrow(message);
  });

  test('is left out without a batch size: samples come as they are, typed arrays as tensors', () => {
    const sample = { raw: new Float32Array([1]), list: [new Uint8Array([2]), 'a'], map: new Map([['k', new Int32Array([3])]]), nothing: null };
    const converted = defaultConvert(sample);
    expect([converted.raw.tolist(), (converted.list[0] as torch.Tensor).dtype, converted.list[1], converted.map.get('k')?.tolist(), converted.nothing]).toEqual([[1], 'uint8', 'a', [3], null]);
    expect([...new DataLoader(['a', 'b'], { batchSize: null })]).toEqual(['a', 'b']);
    expect(new DataLoader(['a', 'b'], null).length).toBe(2);
  });
});

describe('a loader', () => {
  test('takes batches from a batch sampler, and keys from a sampler of its own', () => {
    const byName = { length: 2, get: (key: unknown) => `<${String(key)}>` };
    expect([...new DataLoader(byName as { length: number; get(i: number): string }, { batchSampler: [['a', 'b'], ['c']] })]).toEqual([['<a>', '<b>'], ['<c>']]);
    const sampler = new data.BatchSampler(new data.SequentialSampler(ten), 4, true);
    expect([sampler.length, new DataLoader(ten, { batchSampler: sampler }).length]).toEqual([2, 2]);
  });

  test('reads streams: generators, sets, anything that iterates, and ends them when the loop is left', () => {
    const ended: string[] = [];
    const stream = { *[Symbol.iterator](): Generator<number> { try { yield* ten; } finally { ended.push('ended'); } } };
    const loader = new DataLoader(stream, { batchSize: 4 });
    expect([...loader].map((x) => x.tolist())).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
    for (const _ of loader) break;
    expect(ended).toEqual(['ended', 'ended']);
    expect([...new DataLoader(stream, { batchSize: 4, dropLast: true })].length).toBe(2);
    expect([...new DataLoader(new Set(['a', 'b']), { batchSize: 2 })]).toEqual([['a', 'b']]);
    expect(() => loader.length).toThrow(/length is not known/);
  });

  test('awaits what gives promises, a batch at once, and says so in a loop that cannot', async () => {
    let running = 0, most = 0;
    class Slow extends data.Dataset<Promise<number>> {
      readonly length = 4;
      async get(index: number): Promise<number> {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        if (index === 3) throw new RangeError('no sample 3');
        return index;
      }
    }
    const seen: unknown[] = [];
    await expect((async () => { for await (const batch of new DataLoader(new Slow(), { batchSize: 2 })) seen.push(batch.tolist()); })()).rejects.toThrow(new RangeError('no sample 3'));
    expect([seen, most]).toEqual([[[0, 1]], 2]);
    expect(() => [...new DataLoader(new Slow(), { batchSize: 4 })]).toThrow(/dataset gives promises: write `for await/);
    expect(() => [...new DataLoader([1], { collateFn: async (samples: number[]) => samples.length })]).toThrow(/collateFn gives promises/);
  });

  test('reports a dataset that has become shorter, and a stream that is longer than it said', () => {
    const shrinking = [...ten];
    expect(() => {
      for (const _ of new DataLoader(shrinking, { batchSize: 2 })) shrinking.length = 5;
    }).toThrow(/index 5 is out of range: the dataset had 10 samples when the loop began and has 5 now/);
    class Shrinking extends data.Dataset<number> {
      length = 4;
      get(index: number): number { return index; }
    }
    const dataset = new Shrinking(), loader = new DataLoader(dataset);
    expect(() => { for (const _ of loader) dataset.length = 1; }).toThrow(/index 1 is out of range: the dataset had 4 samples/);
    expect(loader.length).toBe(1);
    expect([...loader].length).toBe(1);
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    class Longer extends data.IterableDataset<number> {
      readonly length = 1;
      override *[Symbol.iterator](): Generator<number> { yield* [1, 2, 3]; }
    }
    const longer = new DataLoader(new Longer());
    expect([longer.length, [...longer].length, warn.mock.calls.length]).toEqual([1, 3, 1]);
    expect(data.randomSplit([1], [0.5, 0.5]).map(({ length }) => length)).toEqual([1, 0]);
    expect(warn.mock.calls.flat().join()).toMatch(/promised 1 batches.*the split at index 1 has no samples/);
    warn.mockRestore();
  });

  test('knows no worker outside of one', () => expect(data.getWorkerInfo()).toBe(null));

  test.each<readonly [string, () => unknown, RegExp]>([
    ['a batch sampler beside a batch size', () => new DataLoader(ten, { batchSampler: [[1]], batchSize: 2 }), /batchSampler excludes batchSize/],
    ['dropping what is no batch', () => new DataLoader(ten, { batchSize: null, dropLast: true }), /dropLast needs batches/],
    ['a shuffled stream', () => new DataLoader(new Set([1]), { shuffle: true }), /shuffle excludes a stream/],
    ['a sampler for a stream', () => new DataLoader(new Set([1]), { sampler: [0] }), /sampler excludes a stream/],
    ['a shuffle of nothing', () => new DataLoader([], { shuffle: true }), /must not be empty/],
    ['a sampler that is none', () => new DataLoader(ten, { sampler: 5 as never }), /sampler must be iterable, got 5/],
    ['a generator that is none', () => new DataLoader(ten, { generator: 5 as never }), /generator must be a Generator, got 5/],
    ['an index outside of an array', () => [...new DataLoader(ten, { sampler: [10] })], /index 10 is out of range for 10 samples/],
    ['an index that is none', () => [...new DataLoader(ten, { sampler: ['a'] })], /index "a" is out of range/],
    ['splits that do not add up', () => data.randomSplit(ten, [3, 3]), /must add up to the 10 samples/],
    ['a negative split', () => data.randomSplit(ten, [-1, 11]), /must be an array of lengths or fractions that are not negative/],
    ['a rank without a place', () => new data.DistributedSampler(ten, 2, 2), /rank must be from 0 to 1, got 2/],
    ['more than there is, without replacement', () => new data.WeightedRandomSampler([1, 2], 3, false), /must not exceed the 2 weights/],
    ['weights of a matrix', () => new data.WeightedRandomSampler(torch.ones(2, 2), 3), /must have 1 dimension/],
    ['a stream among what is read by index', () => new data.ConcatDataset([new data.ChainDataset([new (class extends data.IterableDataset<number> {})()])] as never), /datasets\[0\] is an IterableDataset/],
    ['no datasets', () => new data.ConcatDataset([]), /must not be empty/],
    ['a length that a sampler does not have', () => new DataLoader(ten, { sampler: new Set([1]) }).length, /sampler has no length/],
  ])('refuses %s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
