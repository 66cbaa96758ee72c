import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { BatchSampler, DataLoader, defaultCollate, Dataset, RandomSampler, readIdx, readMnist, SequentialSampler, Subset, TensorDataset } from 'flambeau/data';
import { onBackends } from './fixtures/backends.ts';
import { readJson, type TensorJson } from './fixtures/conformance.ts';

const recorded = readJson<{ readonly cases: readonly { readonly src: string; readonly seed: number; readonly outputs: readonly TensorJson[] }[] }>('conformance/rng.json').cases;
const samplersOf = (src: string) => recorded.filter((one) => one.src.includes(src));

onBackends(() => {
  test('a shuffled loader reads in PyTorch\'s order for a seed', () => {
    const cases = samplersOf('DataLoader(torch.arange(10), batch_size=4, shuffle=True)');
    expect(cases.length).toBeGreaterThan(0);
    for (const { seed, outputs } of cases) {
      torch.manualSeed(seed);
      expect(torch.cat([...new DataLoader(torch.arange(10), { batchSize: 4, shuffle: true })]).tolist()).toEqual(outputs[0].data);
      torch.manualSeed(seed);
      const dataset = new TensorDataset(torch.arange(10), torch.arange(10).mul(2));
      const loader = new DataLoader(dataset, 4, true), batches = [...loader];
      expect([loader.dataset.length, loader.dataset.tensors.length]).toEqual([10, 2]);
      expect(torch.cat(batches.map(([x]) => x)).tolist()).toEqual(outputs[0].data);
      expect(batches.every(([x, y]) => y.equal(x.mul(2)))).toBe(true);
    }
  });

  test('a random sampler has PyTorch\'s order for a seed', () => {
    const cases = samplersOf('list(torch.utils.data.RandomSampler(range(8)))');
    expect(cases.length).toBeGreaterThan(0);
    for (const { seed, outputs } of cases) {
      torch.manualSeed(seed);
      expect([...new RandomSampler({ length: 8 })]).toEqual(outputs[0].data);
    }
  });

  test('a generator of its own gives a loader an order of its own', () => {
    const order = (): number[] => [...new DataLoader(torch.arange(20), { shuffle: true, generator: new torch.Generator().manualSeed(5) })].map((x) => x.item());
    torch.manualSeed(1);
    const once = order();
    torch.manualSeed(2);
    expect(order()).toEqual(once);
    expect([...once].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe('a loader', () => {
  test('gives batches in order, the last one smaller unless it is dropped', () => {
    const loader = new DataLoader(torch.arange(7), { batchSize: 3 });
    expect([loader.length, [...loader].map((x) => x.tolist())]).toEqual([3, [[0, 1, 2], [3, 4, 5], [6]]]);
    const whole = new DataLoader(torch.arange(7), { batchSize: 3, dropLast: true });
    expect([whole.length, [...whole].length]).toEqual([2, 2]);
  });

  test('reads datasets and arrays, and stacks what they give', () => {
    class Squares extends Dataset<[number, torch.Tensor]> {
      readonly length = 4;
      get(i: number): [number, torch.Tensor] {
        return [i, torch.tensor([i * i])];
      }
    }
    const [[numbers, tensors]] = [...new DataLoader(new Squares(), 4)];
    expect([numbers.tolist(), tensors.tolist()]).toEqual([[0, 1, 2, 3], [[0], [1], [4], [9]]]);
    expect([...new Squares()].length).toBe(4);
    const [batch] = [...new DataLoader([{ x: 1, name: 'a' }, { x: 2, name: 'b' }], { batchSize: 2 })];
    expect([batch.x.tolist(), batch.name]).toEqual([[1, 2], ['a', 'b']]);
    const own = new DataLoader([1, 2, 3], { batchSize: 2, collateFn: (samples: number[]) => samples.join('+') });
    expect([...own]).toEqual(['1+2', '3']);
  });

  test('may be iterated asynchronously', async () => {
    const seen: unknown[] = [];
    for await (const batch of new DataLoader(torch.arange(3))) seen.push(batch.tolist());
    expect(seen).toEqual([[0], [1], [2]]);
  });

  test('follows a sampler', () => {
    const loader = new DataLoader(torch.arange(5), { batchSize: 2, sampler: new SequentialSampler({ length: 3 }) });
    expect([...loader].map((x) => x.tolist())).toEqual([[0, 1], [2]]);
    expect([...new BatchSampler(new SequentialSampler({ length: 5 }), 2, true)]).toEqual([[0, 1], [2, 3]]);
    const drawn = [...new RandomSampler({ length: 3 }, { replacement: true, numSamples: 100 })];
    expect(drawn.length).toBe(100);
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2]));
    expect([...new RandomSampler({ length: 3 }, { numSamples: 7 })].length).toBe(7);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['nothing to read', () => new DataLoader(5 as never), /must be a Dataset, an array or a tensor/],
    ['a 0-d tensor', () => new DataLoader(torch.tensor(1)), /at least 1 dimension/],
    ['batches of none', () => new DataLoader([1], { batchSize: 0 }), /batchSize must be at least 1/],
    ['a sampler beside shuffle', () => new DataLoader([1], { shuffle: true, sampler: new SequentialSampler([1]) }), /excludes shuffle/],
    ['an unknown option', () => new DataLoader([1], { batch: 1 } as never), /option 'batch' is unknown/],
    ['tensors of several lengths', () => new TensorDataset(torch.zeros(2), torch.zeros(3)), /one length: 2, 3/],
    ['a 0-d tensor in a dataset', () => new TensorDataset(torch.tensor(1)), /a 0-d tensor/],
    ['no tensors', () => new TensorDataset(), /at least one tensor/],
    ['a sample that is not there', () => new TensorDataset(torch.zeros(2)).get(2), /index 2 is out of range for size 2/],
    ['a sample outside of a subset', () => new Subset(new TensorDataset(torch.zeros(2)), [0]).get(1), /index 1 is out of range for size 1/],
    ['samples of no kind', () => defaultCollate([() => 1]), /must be a tensor, a typed array, a number, .*got function/],
    ['arrays of several lengths', () => defaultCollate([[1], [1, 2]]), /samples\[1\] must be an array of 1 as in the first sample, got \[1, 2\]/],
    ['samples from nothing', () => new RandomSampler([], { numSamples: 3 }), /must not be empty/],
  ])('refuses %s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});

describe('IDX files', () => {
  let folder = '';
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'flambeau-data-')); });
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, bytes: readonly number[] | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, Uint8Array.from(bytes));
    return path;
  };
  const header = (type: number, ...shape: number[]): number[] => [0, 0, type, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])];

  test('of every type, plain and gzipped', () => {
    const bytes = [...header(8, 2, 3), 1, 2, 3, 4, 5, 255];
    for (const path of [write('plain', bytes), write('zipped', gzipSync(Uint8Array.from(bytes)))]) {
      const tensor = readIdx(path);
      expect([tensor.dtype, tensor.tolist()]).toEqual(['uint8', [[1, 2, 3], [4, 5, 255]]]);
    }
    const floats = new DataView(new ArrayBuffer(8));
    floats.setFloat32(0, 1.5);
    floats.setFloat32(4, -2);
    const read = (type: number, data: readonly number[], n: number): unknown[] => {
      const tensor = readIdx(write('typed', [...header(type, n), ...data]));
      return [tensor.dtype, tensor.tolist()];
    };
    expect(read(9, [255, 1], 2)).toEqual(['int8', [-1, 1]]);
    expect(read(0xb, [255, 254, 0, 3], 2)).toEqual(['int16', [-2, 3]]);
    expect(read(0xc, [0, 0, 1, 0], 1)).toEqual(['int32', [256]]);
    expect(read(0xd, [...new Uint8Array(floats.buffer)], 2)).toEqual(['float32', [1.5, -2]]);
  });

  test('as a dataset of images and labels', () => {
    const images = write('images', [...header(8, 2, 1, 2), 0, 255, 51, 102]), labels = write('labels', [...header(8, 2), 7, 3]);
    const dataset = readMnist(images, labels), [x, y] = dataset.tensors;
    expect([x.dtype, x.shape, y.dtype, y.tolist()]).toEqual(['float32', [2, 2], 'int64', [7, 3]]);
    expect(x.tolist()).toEqual([[0, 1], [Math.fround(0.2), Math.fround(0.4)]]);
    expect(() => readMnist(labels, labels)).toThrow(/do not belong together/);
  });

  test.each<readonly [string, readonly number[], RegExp]>([
    ['empty', [], /has 0 bytes/],
    ['of something else', [1, 2, 3, 4], /does not start as an IDX file does/],
    ['cut in its header', [0, 0, 8, 3, 0], /ended in its header/],
    ['cut in its data', [...header(8, 3), 1], /needs 11 bytes but has 9/],
    ['of huge claims', header(8, 2 ** 31 - 1, 2 ** 31 - 1), /needs \d+ bytes but has 12/],
    ['of broken gzip', [0x1f, 0x8b, 1, 2], /cannot be decompressed/],
  ])('that are malformed throw: %s', (name, bytes, message) => {
    expect(() => readIdx(write(`bad ${name}`, bytes))).toThrow(message);
  });
});
