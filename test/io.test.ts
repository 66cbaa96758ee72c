import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import * as torch from 'flambeau';
import { nn, optim, type DType } from 'flambeau';
import { deserialize, FileFormatError, load, save, serialize } from 'flambeau/io';

let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'flambeau-io-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const DTYPES: readonly DType[] = ['float32', 'float64', 'int64', 'int32', 'bool', 'int16', 'int8', 'uint8', 'float16', 'bfloat16'];

function expectSame(actual: unknown, expected: torch.Tensor): void {
  const tensor = actual as torch.Tensor;
  expect(tensor).toBeInstanceOf(torch.Tensor);
  expect([tensor.dtype, tensor.shape]).toEqual([expected.dtype, expected.shape]);
  expect(tensor.toTypedArray()).toEqual(expected.toTypedArray());
}

describe('what is saved is loaded', () => {
  test.each(DTYPES)('for %s', (dtype) => {
    const tensor = torch.tensor([0, 1, 1, 0, 3, 2]).to(dtype).view(2, 3), path = join(folder, `${dtype}.safetensors`);
    save(tensor, path);
    expectSame(load(path), tensor);
  });

  test('for empty, 0-d, transposed and narrowed tensors, NaN and infinities', () => {
    const base = torch.arange(12, { dtype: 'float32' }).view(3, 4);
    const special = torch.tensor([NaN, Infinity, -Infinity, -0, 1e-45]);
    for (const tensor of [torch.zeros(0, 3), torch.tensor(5), base.t(), base.narrow(1, 1, 2), base.expand(2, 3, 4), special]) expectSame(deserialize(serialize(tensor)), tensor);
  });

  test('for structures of tensors and plain values', () => {
    const tensor = torch.ones(2), value = {
      epoch: 3, name: 'run', done: false, nothing: null, big: 2n ** 70n, list: [1, [tensor, 'x'], { deep: tensor }],
      numbers: [NaN, Infinity, -Infinity, -0, 0.1], 'a.b': tensor, a: { b: torch.zeros(1) }, tensor: 'a name', ['__proto__']: 1, empty: {}, none: [],
    };
    const loaded = deserialize(serialize(value)) as unknown as typeof value;
    expectSame((loaded.list[1] as unknown[])[0], tensor);
    expectSame(loaded['a.b'], tensor);
    expectSame(loaded.a.b, torch.zeros(1));
    const plain = (v: typeof value): unknown => ({ ...v, list: null, 'a.b': null, a: null });
    expect(plain(loaded)).toEqual(plain(value));
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
    expect(Object.hasOwn(loaded, '__proto__')).toBe(true);
  });

  test('for a model and its optimizer', () => {
    const path = join(folder, 'checkpoint.safetensors');
    const make = () => {
      const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1));
      return { model, optimizer: new optim.Adam(model.parameters(), { lr: 0.1 }) };
    };
    const first = make(), second = make(), x = torch.randn(5, 2);
    const step = ({ model, optimizer }: ReturnType<typeof make>): void => {
      optimizer.zeroGrad();
      model(x).square().sum().backward();
      optimizer.step();
    };
    step(first);
    save({ model: first.model.stateDict(), optimizer: first.optimizer.stateDict() } as never, path);
    const loaded = load(path) as unknown as { model: nn.StateDict; optimizer: optim.OptimizerStateDict };
    second.model.loadStateDict(loaded.model);
    second.optimizer.loadStateDict(loaded.optimizer);
    step(first);
    step(second);
    expect(second.model(x).equal(first.model(x))).toBe(true);
  });

  test('a state dict is an ordinary safetensors file', () => {
    const bytes = serialize(new nn.Linear(2, 1).stateDict() as never);
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>;
    expect((8 + length) % 8).toBe(0);
    expect(header.weight).toEqual({ dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] });
    expect(header.bias).toEqual({ dtype: 'F32', shape: [1], data_offsets: [8, 12] });
  });
});

/** A file of the format from its header and data. */
function container(header: unknown, data = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (more: object = {}): unknown => ({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...more } });
const structured = (structure: string): unknown => ({ __metadata__: { 'flambeau.structure': structure } });

describe('a malformed file throws, without taking memory for what it claims', () => {
  const four = new Uint8Array(4);
  test.each<readonly [string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /has 0 bytes/],
    ['a huge header', container({}, four, 2n ** 62n), /claims a header of 4611686018427387904 bytes/],
    ['no JSON', container('{"x":'), /header is not valid JSON/],
    ['JSON of another kind', container([1]), /header is not an object/],
    ['no description', container({ x: 1 }), /tensor 'x' has no description/],
    ['an unknown dtype', container(entry({ dtype: 'F8' }), four), /unknown dtype "F8"/],
    ['a negative size', container(entry({ shape: [-1] }), four), /malformed shape/],
    ['a fractional size', container(entry({ shape: [0.5] }), four), /malformed shape/],
    ['too many dimensions', container(entry({ shape: new Array(17).fill(1) }), four), /malformed shape/],
    ['a huge shape', container(entry({ shape: [2 ** 30, 2 ** 30] }), four), /needs .* bytes but has 4/],
    ['malformed offsets', container(entry({ data_offsets: [0] }), four), /malformed offsets/],
    ['offsets after the end', container(entry({ shape: [100], data_offsets: [0, 400] }), four), /lies at bytes 0 to 400 of 4/],
    ['reversed offsets', container(entry({ data_offsets: [4, 0] }), four), /lies at bytes 4 to 0/],
    ['too few bytes for the shape', container(entry({ shape: [2] }), four), /needs 8 bytes but has 4/],
    ['overlapping tensors', container({ x: { dtype: 'U8', shape: [4], data_offsets: [0, 4] }, y: { dtype: 'U8', shape: [4], data_offsets: [0, 4] } }, four), /starts at byte 0, but the one before ends at 4/],
    ['bytes that belong to nothing', container(entry(), new Uint8Array(8)), /4 bytes after the last tensor/],
    ['bools that are none', container({ x: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, new Uint8Array([2])), /other bytes than 0 and 1/],
    ['a malformed structure', container(structured('{')), /structure is not valid JSON/],
    ['a structure with an unknown node', container(structured('{"a":1}')), /unknown node/],
    ['a structure without its tensor', container(structured('{"tensor":"y"}')), /names a tensor 'y' that is not there/],
    ['a structure with a malformed bigint', container(structured('{"bigint":"1e9"}')), /malformed bigint/],
    ['a bottomless structure', container(structured('['.repeat(100_000) + ']'.repeat(100_000))), /nested deeper/],
  ])('%s', (_, bytes, message) => {
    expect(() => deserialize(bytes)).toThrow(FileFormatError);
    expect(() => deserialize(bytes)).toThrow(message);
  });

  test('whatever is done to the bytes', () => {
    const whole = serialize({ a: torch.ones(3), b: [torch.zeros(2, 2), { c: 1 }] } as never);
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
      const broken = whole.slice(0, length < whole.length / 2 ? whole.length : length);
      if (at < broken.length) broken[at] = byte;
      try {
        deserialize(broken);
      } catch (error) {
        expect(error).toBeInstanceOf(FileFormatError);
      }
    }), { numRuns: 3000 });
  });

  test('a file that is cut off or not there', () => {
    const path = join(folder, 'cut.safetensors');
    save(torch.ones(100), path);
    writeFileSync(path, readFileSync(path).subarray(0, 200));
    expect(() => load(path)).toThrow(FileFormatError);
    expect(() => load(join(folder, 'absent'))).toThrow(/ENOENT/);
  });
});

describe('saving', () => {
  test('refuses what has no place in a file, and leaves the old file', () => {
    const path = join(folder, 'kept.safetensors');
    save({ version: 1 }, path);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const [value, message] of [[() => 1, /value must be a Tensor, a plain value/], [{ a: new Map() }, /save: a must be/], [{ a: [Symbol('x')] }, /save: a.0 must be/], [circular, /deeper than 200 levels/]] as const) {
      expect(() => save(value as never, path)).toThrow(message);
    }
    expect(load(path)).toEqual({ version: 1 });
    expect(() => save(1, '')).toThrow(/path must be a file name/);
    expect(() => load(5 as never)).toThrow(/path must be a file name, got 5/);
    expect(() => deserialize('x' as never)).toThrow(/must be a Uint8Array/);
  });

  test('replaces a file as a whole and leaves nothing beside it', () => {
    const path = join(folder, 'whole.safetensors');
    save(torch.ones(1), path);
    save(torch.ones(2), path);
    expectSame(load(path), torch.ones(2));
    expect(() => save(torch.ones(1), join(folder, 'no', 'such', 'folder'))).toThrow(/ENOENT/);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
