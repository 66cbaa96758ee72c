/** Files of other tools: PyTorch's, NumPy's and safetensors', as the real ones wrote them (test/fixtures/io/make.py). */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim, type DType, type Tensor } from 'flambeau';
import { deserialize, FileFormatError, load, safeOpen, save, saveSharded, serialize } from 'flambeau/io';
import { onBackends } from './fixtures/backends.ts';
import { randomCases } from './helpers/io-mutations.ts';

let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'flambeau-io-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string): string => new URL(`fixtures/io/${name}`, import.meta.url).pathname;
const DTYPES: readonly DType[] = ['float32', 'float64', 'int64', 'int32', 'bool', 'int16', 'int8', 'uint8', 'float16', 'bfloat16'];
const sample = (dtype: DType): Tensor => torch.tensor([[0, 1, 1], [0, 3, 100]]).to(dtype);
type Tensors = Record<string, Tensor>;

function expectSame(actual: unknown, expected: Tensor): void {
  const tensor = actual as Tensor;
  expect(tensor).toBeInstanceOf(torch.Tensor);
  expect([tensor.dtype, tensor.shape]).toEqual([expected.dtype, expected.shape]);
  expect(tensor.toTypedArray()).toEqual(expected.toTypedArray());
}

onBackends(() => {
  describe('files that PyTorch wrote', () => {
    test('have every dtype', () => {
      const loaded = load<Tensors>(fixture('dtypes.pt'));
      expect(Object.keys(loaded)).toEqual(DTYPES);
      for (const dtype of DTYPES) expectSame(loaded[dtype], sample(dtype));
      expectSame(load(fixture('protocol4.pt')), sample('float32'));
    });

    test('keep views, their strides and what they share', () => {
      const { base, transposed, narrowed, expanded, same, empty, scalar, leaf, parameter } = load<Tensors>(fixture('views.pt'));
      const expected = torch.arange(12, { dtype: 'float32' }).view(3, 4);
      expectSame(transposed, expected.t());
      expectSame(narrowed, expected.narrow(0, 1, 2).narrow(1, 1, 2));
      expectSame(expanded, expected.narrow(0, 0, 1).expand(2, 4));
      expect([transposed.stride(), narrowed.stride(), narrowed.storageOffset(), expanded.stride()]).toEqual([[1, 4], [4, 1], 5, [0, 1]]);
      base.fill_(7);
      expect([transposed, narrowed, expanded].every((view) => view.eq(7).all().item())).toBe(true);
      expect(same).toBe(base);
      expectSame(empty, torch.zeros(0, 3));
      expectSame(scalar, torch.tensor(5, { dtype: 'int64' }));
      expect([leaf.requiresGrad, leaf.isLeaf, parameter.requiresGrad, base.requiresGrad]).toEqual([true, true, true, false]);
    });

    test('have the plain values of Python', () => {
      expect(load(fixture('plain.pt'))).toEqual({
        list: [1, -1, 300, 70000, 2 ** 40, 2n ** 70n, -(2n ** 70n), 2.5, Infinity, true, false, null, 'text é'],
        tuple: [1, [2, []], [[], {}]], ordered: { z: 1, a: 2 }, 'integer keys': { 1: 'one', 3: 'three' },
        'mixed keys': new Map<unknown, unknown>([[1, 'one'], ['two', 2]]),
        size: [2, 3], dtype: 'float16', device: 'cpu', bytes: new Uint8Array([0, 255]), bytearray: new Uint8Array([97, 98]), set: [7], 'empty bytes': new Uint8Array(0),
      });
    });

    test('lose the attributes of tensors, and nothing else', () => {
      const loaded = load<Tensor[]>(fixture('attributes.pt'));
      for (const tensor of loaded) expectSame(tensor, torch.ones(2));
      expect(loaded.map((tensor) => tensor.requiresGrad)).toEqual([false, false]);
    });

    test('keep tied weights tied', () => {
      const loaded = load<Tensors>(fixture('tied.pt'));
      expect(Object.keys(loaded)).toEqual(['embedding.weight', 'head.weight']);
      expect(loaded['head.weight'].storage).toBe(loaded['embedding.weight'].storage);
    });

    test('continue a training run of PyTorch', () => {
      interface Training { model: nn.StateDict; optimizer: optim.OptimizerStateDict; step: number; x: Tensor; y: Tensor }
      const { model: weights, optimizer: state, x, y, step } = load<Training>(fixture('training.pt'));
      expect(step).toBe(3);
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Tanh(), new nn.Linear(4, 2));
      const optimizer = new optim.Adam(model.parameters(), { lr: 1 });
      model.loadStateDict(weights);
      optimizer.loadStateDict(state);
      const { losses } = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as { losses: number[] };
      for (const expected of losses) {
        optimizer.zeroGrad();
        const loss = nn.functional.mseLoss(model(x), y);
        loss.backward();
        optimizer.step();
        expect(loss.item()).toBeCloseTo(expected, 5);
      }
    });

    test.each([
      ['module.pt', /asks for torch\.nn\.modules\.linear\.Linear, which is not on the list/],
      ['complex.pt', /asks for torch\.ComplexFloatStorage/],
      ['sparse.pt', /asks for torch\._utils\._rebuild_sparse_tensor/],
      ['uint16.pt', /asks for torch\.uint16/],
      ['legacy.pt', /is a bare pickle, of a PyTorch before 1\.6/],
    ])('are refused by name if they ask for more: %s', (name, message) => {
      expect(() => load(fixture(name))).toThrow(FileFormatError);
      expect(() => load(fixture(name))).toThrow(message);
    });
  });

  describe('files of PyTorch that we write', () => {
    test('are read back: dtypes, views, what is shared, plain values', () => {
      const base = torch.arange(12, { dtype: 'float32' }).view(3, 4), path = join(folder, 'ours.pt');
      const shared = { base };
      const value = {
        ...Object.fromEntries(DTYPES.map((dtype) => [dtype, sample(dtype)])), base, view: base.t().narrow(0, 1, 2), leaf: torch.ones(2).requiresGrad_(), shared: [shared, shared],
        plain: [0, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 2 ** 70, -0, 0.1, NaN, -Infinity, 2n ** 70n, -(2n ** 63n), 255n, 'é', '', true, false, null, new Uint8Array([1, 255])], map: new Map<unknown, unknown>([[1, 'a'], ['b', [2]]]), ['__proto__']: 1,
      };
      save(value, path);
      const { base: b, view, leaf, shared: s, plain, map, ...rest } = load<Record<string, unknown> & { base: Tensor; view: Tensor; leaf: Tensor; shared: unknown[] }>(path);
      for (const dtype of DTYPES) expectSame(rest[dtype], sample(dtype));
      expect(Object.hasOwn(rest, '__proto__')).toBe(true);
      expectSame(view, value.view);
      b.fill_(1);
      expect(view.eq(1).all().item()).toBe(true);
      expect(leaf.requiresGrad).toBe(true);
      expect(s[0]).toBe(s[1]);
      expect((s[0] as Tensors).base).toBe(b);
      expect(plain).toEqual([...value.plain.slice(0, 12), 255, ...value.plain.slice(13)]);
      expect(map).toEqual(value.map);
      for (const each of [5, 'text', torch.tensor(1), []]) expect(String(deserialize(serialize(each as never, { format: 'pt' })))).toBe(String(each));
    });

    test('refuse what has no place in them', () => {
      expect(() => serialize({ a: [() => 1] } as never, { format: 'pt' })).toThrow(/a\.0 must be a Tensor, a plain value/);
      expect(() => serialize({ a: new Date() } as never, { format: 'pt' })).toThrow(/save: a must be .* got a Date/);
      let deep: unknown = 1;
      for (let i = 0; i < 300; i++) deep = [deep];
      expect(() => serialize(deep as never, { format: 'pt' })).toThrow(/nested deeper/);
    });
  });

  describe('files of NumPy', () => {
    test('are read: dtypes, compression, orders', () => {
      const kinds: Readonly<Record<string, DType>> = { f4: 'float32', f8: 'float64', i8: 'int64', i4: 'int32', b1: 'bool', i2: 'int16', i1: 'int8', u1: 'uint8', f2: 'float16' };
      const arrays = load<Tensors>(fixture('arrays.npz'));
      expect(Object.keys(arrays)).toEqual(Object.keys(kinds));
      for (const [kind, dtype] of Object.entries(kinds)) expectSame(arrays[kind], sample(dtype));
      const { a, b } = load<Tensors>(fixture('compressed.npz'));
      expectSame(a, torch.zeros(100, 10, { dtype: 'float64' }));
      expectSame(b, torch.arange(5));
      const fortran = load<Tensor>(fixture('fortran.npy'));
      expectSame(fortran, sample('float32'));
      expect(fortran.stride()).toEqual([1, 2]);
      expectSame(load(fixture('big-endian.npy')), sample('float64'));
      expectSame(load(fixture('version2.npy')), sample('int32'));
      expectSame(load(fixture('scalar.npy')), torch.tensor(2.5, { dtype: 'float64' }));
      expectSame(load(fixture('empty.npy')), torch.zeros(0, 3));
    });

    test.each([['strings.npy', /elements of type '<U2'/], ['objects.npy', /elements of type '\|O'/], ['record.npy', /elements of type \[\('a'/]])('are refused where no tensor can be made of them: %s', (name, message) => {
      expect(() => load(fixture(name))).toThrow(FileFormatError);
      expect(() => load(fixture(name))).toThrow(message);
    });

    test('are written byte for byte as NumPy does', () => {
      for (const [name, tensor] of [['fortran.npy', sample('float32').t().contiguous().t()], ['scalar.npy', torch.tensor(2.5, { dtype: 'float64' })], ['empty.npy', torch.zeros(0, 3)]] as const) {
        const path = join(folder, name);
        save(tensor, path);
        expect(readFileSync(path).equals(readFileSync(fixture(name)))).toBe(true);
      }
    });

    test('are read back, one array or several, deflated or not', () => {
      const values = { ...Object.fromEntries(DTYPES.slice(0, 9).map((dtype) => [dtype, sample(dtype)])), narrowed: torch.arange(12).view(3, 4).narrow(1, 1, 2), '0-d': torch.tensor(1), empty: torch.zeros(2, 0) };
      for (const compress of [false, true]) {
        const loaded = deserialize<Tensors>(serialize(values, { format: 'npz', compress }));
        expect(Object.keys(loaded)).toEqual(Object.keys(values));
        for (const [name, tensor] of Object.entries(values)) expectSame(loaded[name], tensor);
      }
      expect(deserialize(serialize({}, { format: 'npz' }))).toEqual({});
      expect(() => serialize(sample('bfloat16'), { format: 'npy' })).toThrow(/NumPy has no bfloat16; save it \.to\('float32'\)/);
      expect(() => serialize({ a: 1 }, { format: 'npz' })).toThrow(/a must be a Tensor for a npy file, got 1/);
      expect(() => serialize(sample('bool'), { format: 'npz' })).toThrow(/must be an object of tensors/);
      expect(() => serialize({ '../a': sample('bool') }, { format: 'npz' })).toThrow(/leaves the archive/);
    });
  });

  describe('safetensors', () => {
    test('are read tensor by tensor, with their metadata', () => {
      using file = safeOpen(fixture('dtypes.safetensors'));
      expect(file.keys()).toEqual(DTYPES);
      expect(file.metadata()).toEqual({ author: 'make.py' });
      expect(file.info('float16')).toEqual({ dtype: 'float16', shape: [2, 3] });
      for (const dtype of DTYPES) expectSame(file.getTensor(dtype), sample(dtype));
      expect(() => file.getTensor('other')).toThrow(/getTensor: name "other" is not a tensor of/);
      expect(Object.keys(load<Tensors>(fixture('dtypes.safetensors')))).toEqual(DTYPES);
      file.close();
      expect(() => file.getTensor('bool')).toThrow(/was closed/);
    });

    test('keep metadata that save is given', () => {
      const path = join(folder, 'meta.safetensors');
      save({ a: torch.ones(1) }, path, { metadata: { author: 'me' } });
      using file = safeOpen(path);
      expect(file.metadata()).toEqual({ format: 'pt', author: 'me' });
      expect(() => save({}, path, { metadata: { n: 1 } as never })).toThrow(/metadata\.n must be a string/);
      expect(() => save({}, join(folder, 'x.pt'), { metadata: {} })).toThrow(/has no place in a pt file/);
      expect(() => save({}, path, { format: 'onnx' as never })).toThrow(/format must be one of safetensors, pt, npy, npz/);
    });

    test('in several files are one model, replaced as a whole', () => {
      const home = mkdtempSync(join(folder, 'sharded-')), path = join(home, 'model.safetensors.index.json');
      const state = { a: torch.arange(10), b: torch.ones(3), c: torch.zeros(2, 2), d: torch.ones(1) };
      saveSharded(state, path, { maxShardSize: 24 });
      const first = readdirSync(home);
      expect(first.filter((name) => name.endsWith('.safetensors')).length).toBe(3);
      const loaded = load<Tensors>(path);
      for (const [name, tensor] of Object.entries(state)) expectSame(loaded[name], tensor);
      using files = safeOpen(path);
      expect([files.keys(), files.info('c'), files.metadata()]).toEqual([['a', 'b', 'c', 'd'], { dtype: 'float32', shape: [2, 2] }, { total_size: '112' }]);
      expect(() => files.getTensor('e')).toThrow(/not a tensor/);
      saveSharded({ a: torch.ones(1) }, path);
      expect(readdirSync(home).filter((name) => first.includes(name))).toEqual(['model.safetensors.index.json']);
      expectSame(load<Tensors>(path).a, torch.ones(1));
      expect(() => saveSharded({ a: torch.ones(1), b: 1 } as never, path)).toThrow(/b must be a Tensor/);
      expect(readdirSync(home).length).toBe(2);
    });

    test('in several files are all there, and whatever is done to their index, it loads or throws', () => {
      const home = mkdtempSync(join(folder, 'index-')), path = join(home, 'm.safetensors.index.json');
      saveSharded({ a: torch.ones(2), b: torch.zeros(3) }, path, { maxShardSize: 8 });
      const whole = readFileSync(path);
      const index = JSON.parse(whole.toString()) as { weight_map: Record<string, string> };
      for (const [change, message] of [[{ ...index.weight_map, c: index.weight_map.a }, /tensor 'c' is not in .*, where the index says/], [{ a: 'none.safetensors' }, /load: .*'none\.safetensors' cannot be read: ENOENT/], [{ a: 'm.safetensors.index.json' }, /not a safetensors file/]] as const) {
        writeFileSync(path, JSON.stringify({ weight_map: change }));
        expect(() => load(path)).toThrow(FileFormatError);
        expect(() => load(path)).toThrow(message);
      }
      const cases = [...randomCases(whole, 300), ...Array.from({ length: whole.length - 1 }, (_, length) => whole.subarray(0, length))];
      for (const bytes of cases) {
        writeFileSync(path, bytes);
        try {
          load(path);
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError);
        }
      }
    });

    test.each(['../secret.safetensors', '/etc/passwd', 'a/b', '..', 5])('in several files stay beside their index: %s', (file) => {
      const path = join(folder, 'bad.safetensors.index.json');
      writeFileSync(path, JSON.stringify({ weight_map: { w: file } }));
      expect(() => load(path)).toThrow(FileFormatError);
      expect(() => load(path)).toThrow(/not a file beside the index/);
    });
  });
});
