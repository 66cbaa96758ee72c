/**
 * Malformed files of every format: cut off at every byte, changed anywhere, and made to deceive. Each one loads or throws
 * a FileFormatError, and none makes us take more memory than it justifies. FLAMBEAU_MUTATIONS sets how many changed
 * files there are per format.
 */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { crc32 } from 'node:zlib';
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import { deserialize, FileFormatError, serialize } from 'flambeau/io';
import { memorySource } from '../src/io/source.ts';
import { encodeZip, readDirectory, readEntry } from '../src/io/zip.ts';
import { randomCases } from './helpers/io-mutations.ts';

const MUTATIONS = Number(process.env.FLAMBEAU_MUTATIONS ?? 300);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`fixtures/io/${name}`, import.meta.url)));

const small = { a: torch.arange(3), b: [torch.ones(2, 2).to('bfloat16'), { c: 1.5, d: 'text' }] };
const FILES: Readonly<Record<string, Uint8Array>> = {
  safetensors: serialize(small),
  'safetensors of others': fixture('dtypes.safetensors'),
  pt: serialize(small, { format: 'pt' }),
  'pt of PyTorch': fixture('plain.pt'),
  'pt of PyTorch with views': fixture('views.pt'),
  npy: fixture('fortran.npy'),
  npz: serialize({ a: torch.arange(5), b: torch.ones(2) }, { format: 'npz' }),
  'deflated npz': fixture('compressed.npz'),
};

/** A pickle of PyTorch's and the archive of it as changed: with its own sum right, or nothing would get as far as the pickle. */
function pickled(name: string): { pickle: Uint8Array; rewrap: (pickle: Uint8Array) => Uint8Array } {
  const source = memorySource(fixture(name)), stop = (problem: string): never => { throw new Error(problem); };
  const files = [...readDirectory(source, stop).values()].map((entry) => [entry.name, readEntry(source, entry, stop)] as const);
  const [key, pickle] = files.find(([each]) => each.endsWith('data.pkl')) ?? stop('no pickle');
  return { pickle, rewrap: (changed) => zip({ ...Object.fromEntries(files), [key]: changed }) };
}

/** Loads or throws our error; anything else is a bug. */
function attempt(bytes: Uint8Array): boolean {
  try {
    deserialize(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return false;
  }
}

describe.each(Object.entries(FILES))('a %s file', (_, whole) => {
  test('loads', () => expect(attempt(whole)).toBe(true));

  test('cut off anywhere throws', () => {
    for (let length = 0; length < whole.length; length++) expect(attempt(whole.subarray(0, length)), `cut to ${length} bytes`).toBe(false);
  });

  test(`changed in ${MUTATIONS} ways loads or throws`, () => {
    for (const bytes of randomCases(whole, MUTATIONS)) attempt(bytes);
  }, 600_000);
});

describe.each(['plain.pt', 'views.pt', 'training.pt', 'protocol4.pt'])('the pickle of %s', (name) => {
  const { pickle, rewrap } = pickled(name);

  test('loads', () => expect(attempt(rewrap(pickle))).toBe(true));

  test('cut off anywhere throws', () => {
    for (let length = 0; length < pickle.length; length++) expect(attempt(rewrap(pickle.subarray(0, length))), `cut to ${length} bytes`).toBe(false);
  });

  test(`changed in ${MUTATIONS} ways loads or throws`, () => {
    for (const bytes of randomCases(pickle, MUTATIONS)) attempt(rewrap(bytes));
  }, 600_000);
});

describe('memory', () => {
  afterEach(() => void vi.restoreAllMocks());

  test('is never taken for what a file only claims', () => {
    let largest = 0;
    const plain = Buffer.allocUnsafeSlow.bind(Buffer);
    vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation((size) => {
      largest = Math.max(largest, size);
      return plain(size);
    });
    for (const [name, whole] of Object.entries(FILES)) {
      for (const bytes of randomCases(whole, 100)) attempt(bytes);
      // A slot of memory has at least 64 bytes, and 64 to align; deflate makes up to 1032 out of one.
      expect(largest, name).toBeLessThan(whole.length * (name.startsWith('deflated') ? 1032 : 2) + 300_000);
    }
  });
});

/** A pickle as PyTorch's archive. */
function archive(pickle: readonly (number | string)[], storages: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const bytes = new Uint8Array(Buffer.concat(pickle.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1')))));
  return zip({ 'x/data.pkl': bytes, ...Object.fromEntries(Object.entries(storages).map(([key, data]) => [`x/data/${key}`, data])) });
}

const zip = (files: Readonly<Record<string, Uint8Array>>, options = {}): Uint8Array =>
  new Uint8Array(Buffer.concat([...encodeZip(Object.entries(files).map(([name, data]) => ({ name, data: [data] })), options)]));

/** `torch._utils._rebuild_tensor_v2` of a float storage '0' with this offset, shape and strides. */
const tensorPickle = (offset: string, shape: string, strides: string, count = 'K\x04', storage = 'FloatStorage'): readonly (number | string)[] => [
  0x80, 2, 'ctorch._utils\n_rebuild_tensor_v2\n(', '(X\x07\0\0\0storage', `ctorch\n${storage}\n`, 'X\x01\0\0\x000', 'X\x03\0\0\0cpu', `${count}tQ`, offset, shape, strides, '\x89', 'ccollections\nOrderedDict\n)RtR.',
];
const sixteen = { 0: new Uint8Array(16) };

describe('a pickle', () => {
  test.each<readonly [string, readonly (number | string)[], RegExp]>([
    ['runs no function', [0x80, 2, 'cos\nsystem\n(X\x04\0\0\0exit', 'tR.'], /asks for os\.system, which is not on the list/],
    ['imports nothing of builtins', [0x80, 2, 'c__builtin__\neval\n.'], /asks for builtins\.eval/],
    ['imports nothing by STACK_GLOBAL', [0x80, 4, '\x8c\x05posix\x8c\x06system\x93.'], /asks for posix\.system/],
    ['imports nothing by a number', [0x80, 4, 'K\x01K\x02\x93.'], /names something by other than text/],
    ['makes no instances', [0x80, 2, '(i__main__\nX\n.'], /has opcode 0x69 at byte 3/],
    ['calls only functions', [0x80, 2, 'K\x01)R.'], /calls something that is not a function/],
    ['sets no attributes', [0x80, 2, 'ctorch\nSize\n)R}b.'], /sets attributes of something that has none/],
    ['is of a known protocol', [0x80, 9, 'N.'], /is of protocol 9/],
    ['gives no function', [0x80, 2, 'ctorch\nSize\n.'], /has a function, a class or a storage as a value/],
    ['gives no class', [0x80, 2, 'ctorch\nFloatStorage\n.'], /has a function, a class or a storage as a value/],
    ['gives no storage', [0x80, 2, '(X\x07\0\0\0storage', 'ctorch\nFloatStorage\n', 'X\x01\0\0\x000', 'X\x03\0\0\0cpu', 'K\x04tQ.'], /has a function, a class or a storage as a value/],
    ['has one value', [0x80, 2, 'NN.'], /ends with values left over/],
    ['has a value', [0x80, 2, '.'], /takes a value that is not there/],
    ['does not reach behind a mark', [0x80, 2, 'N(0.'], /takes a value that is not there/],
    ['has its marks', [0x80, 2, 't.'], /takes a mark that is not there/],
    ['appends to lists', [0x80, 2, ')Na.'], /appends to something that is not a list/],
    ['has dicts of pairs', [0x80, 2, '}(NNNu.'], /sets items of something that is not a dict/],
    ['recalls what it stored', [0x80, 2, 'h\x05.'], /recalls value 5, which it never stored/],
    ['has text of its length', [0x80, 2, 'X\xff\xff\xff\x7fa.'], /ends in the middle/],
    ['has text of UTF-8', [0x80, 2, 'X\x01\0\0\0\xff.'], /text that is not UTF-8/],
    ['has no endless integers', [0x80, 2, '\x8b\xff\xff\0\0', '\0'.repeat(0xffff), '.'], /integer of 65535 bytes/],
    ['ends', [0x80, 2, 'N'], /ends in the middle/],
    ['is not bottomless', [0x80, 2, ']'.repeat(50_000), 'a'.repeat(49_999), '.'], /nested deeper than 200/],
    ['has storages of the archive', [0x80, 2, '(X\x07\0\0\0storage', 'ctorch\nFloatStorage\n', 'X\x01\0\0\x007', 'X\x03\0\0\0cpu', 'K\x04tQ.'], /storage '7' is not in the archive/],
    ['has storages of their size', tensorPickle('K\0', 'K\x02\x85', 'K\x01\x85', 'K\x05'), /storage '0' needs 20 bytes but has 16/],
    ['has tensors inside of their storage', tensorPickle('K\x02', 'K\x03\x85', 'K\x01\x85'), /shape \[3\] that reaches element 4 of 4 in storage/],
    ['has strides inside of their storage', tensorPickle('K\0', 'K\x02\x85', 'K\x09\x85'), /reaches element 9 of 4/],
    ['has no negative strides', tensorPickle('K\x03', 'K\x02\x85', 'J\xff\xff\xff\xff\x85'), /malformed shape, strides or offset/],
    ['has no negative offset', tensorPickle('J\xff\xff\xff\xff', 'K\x02\x85', 'K\x01\x85'), /malformed shape, strides or offset/],
    ['has a stride per size', tensorPickle('K\0', 'K\x02\x85', 'K\x01K\x01\x86'), /malformed shape, strides or offset/],
    ['has no tensors too large to count', tensorPickle('K\0', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86', 'K\0K\0\x86'), /tensor that is too large/],
    ['has bools of 0 and 1', tensorPickle('K\0', 'K\x02\x85', 'K\x01\x85', 'K\x10', 'BoolStorage'), /other bytes than 0 and 1/],
  ])('%s', (_, pickle, message) => {
    const bytes = archive(pickle, /bools/.test(String(_)) ? { 0: new Uint8Array(16).fill(2) } : sixteen);
    expect(() => deserialize(bytes)).toThrow(FileFormatError);
    expect(() => deserialize(bytes)).toThrow(message);
  });

  test('may share without end, in the memory that it shares', () => {
    // Sixty lists, each of twice the one before: 2^60 leaves as a tree.
    let pickle = '\x80\x02]q\x00';
    const memo = (i: number): string => String.fromCharCode(i);
    for (let i = 1; i <= 60; i++) pickle += `0](h${memo(i - 1)}h${memo(i - 1)}eq${memo(i)}`;
    const value = deserialize(archive([`${pickle}.`]));
    expect(Array.isArray(value)).toBe(true);
  });
});

test('a file of a machine with the other byte order has the same numbers', () => {
  const numbers = new Uint8Array(16), view = new DataView(numbers.buffer);
  [1, 2, 3, 4].forEach((value, i) => view.setFloat32(i * 4, value, false));
  const pickle = Buffer.concat(tensorPickle('K\0', 'K\x04\x85', 'K\x01\x85').map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))));
  const loaded = deserialize<torch.Tensor>(zip({ 'x/data.pkl': pickle, 'x/byteorder': new TextEncoder().encode('big'), 'x/data/0': numbers }));
  expect(loaded.tolist()).toEqual([1, 2, 3, 4]);
});

describe('a zip archive', () => {
  const data = new Uint8Array(100), changed = (bytes: Uint8Array, change: (view: DataView, directory: number) => void): Uint8Array => {
    const copy = bytes.slice(), view = new DataView(copy.buffer);
    change(view, view.getUint32(copy.length - 6, true));
    return copy;
  };
  const npy = serialize(torch.zeros(1000), { format: 'npy' }), one = zip({ 'a.npy': npy }), deflated = zip({ 'a.npy': npy }, { compress: true });
  const two = zip({ 'a.npy': npy, 'b.npy': npy }), second = (view: DataView): number => view.getUint32(two.length - 6, true) + 46 + 5;

  test.each<readonly [string, Uint8Array, RegExp]>([
    ['an absolute path', zip({ '/etc/passwd': data }), /entry '\/etc\/passwd': a path that leaves the archive/],
    ['a path upwards', zip({ 'a/../../b': data }), /a path that leaves the archive/],
    ['a path of Windows', zip({ 'C:\\x': data }), /a path that leaves the archive/],
    ['no name', zip({ '': data }), /a path that leaves the archive/],
    ['nothing of PyTorch', zip({ 'x/other': data }), /without data\.pkl/],
    ['something else among arrays', zip({ 'a.npy': npy, 'b.txt': data }), /entry 'b\.txt' is not a npy file/],
    ['damaged data', changed(one, (view) => view.setUint8(300, 9)), /entry 'a\.npy' is damaged/],
    ['an encrypted entry', changed(one, (view, at) => view.setUint16(at + 8, 1, true)), /is encrypted/],
    ['an unknown method', changed(one, (view, at) => view.setUint16(at + 10, 14, true)), /compressed by method 14/],
    ['a stored entry of two sizes', changed(one, (view, at) => view.setUint32(at + 24, 2 ** 31, true)), /claims 2147483648 bytes from 4128/],
    ['a deflated entry of an impossible size', changed(deflated, (view, at) => view.setUint32(at + 24, 2 ** 31, true)), /claims 2147483648 bytes/],
    ['a bomb: more than the directory says', changed(deflated, (view, at) => view.setUint32(at + 24, 200, true)), /more comes out of it than the directory says/],
    ['less than the directory says', changed(deflated, (view, at) => view.setUint32(at + 24, 5000, true)), /has 4128 bytes where the directory says 5000/],
    ['an entry behind the directory', changed(one, (view, at) => view.setUint32(at + 42, 2 ** 30, true)), /lies outside of the file/],
    ['an entry without its header', changed(one, (view, at) => view.setUint32(at + 42, 7, true)), /has no header where the directory says/],
    ['overlapping entries', changed(two, (view) => view.setUint32(second(view) + 42, 0, true)), /entries 'a\.npy' and 'b\.npy' overlap/],
    ['an entry twice', changed(two, (view) => view.setUint8(second(view) + 46, 0x61)), /entry 'a\.npy' is there twice/],
    ['more entries than it has', changed(one, (view) => view.setUint16(one.length - 12, 5000, true)), /malformed zip directory/],
  ])('with %s is refused', (_, bytes, message) => {
    expect(() => deserialize(bytes)).toThrow(FileFormatError);
    expect(() => deserialize(bytes)).toThrow(message);
  });

  test('of more than 4 GB has its sizes in 64 bits', () => {
    expect(crc32(npy)).toBeGreaterThan(0);
    for (const align of [1, 64]) {
      const loaded = deserialize<Record<string, torch.Tensor>>(zip({ 'a.npy': npy, 'b.npy': npy }, { limit: 10, align }));
      expect(Object.keys(loaded)).toEqual(['a', 'b']);
      expect(loaded.b.shape).toEqual([1000]);
    }
  });
});

test('a model as a whole survives as a state dict in any format that can hold it', () => {
  const state = new nn.Linear(3, 2).stateDict();
  for (const format of ['safetensors', 'pt', 'npz'] as const) {
    const loaded = deserialize<nn.StateDict>(serialize(state, { format }));
    expect(Object.keys(loaded)).toEqual(['weight', 'bias']);
    expect(loaded.weight.equal(state.weight.detach())).toBe(true);
  }
});

test.each<readonly [string, string, RegExp]>([
  ['no dict', '[]', /header that is not a dict/],
  ['a missing field', "{'descr': '<f4', 'shape': (3,), }", /without just descr, fortran_order and shape/],
  ['a negative size', "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", /malformed shape/],
  ['no tuple', "{'descr': '<f4', 'fortran_order': False, 'shape': 3, }", /malformed shape/],
  ['a huge shape', "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999, 9999999), }", /needs \d+ bytes of data but has 12/],
  ['unsigned elements', "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), }", /elements of type '<u4', which no tensor has/],
  ['code', "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),), }", /without just descr|malformed shape/],
])('an npy header with %s is refused', (_, header, message) => {
  const text = Buffer.from(`${header}\n`), bytes = new Uint8Array(Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.of(text.length & 255, text.length >> 8), text, Buffer.alloc(12)]));
  expect(() => deserialize(bytes)).toThrow(FileFormatError);
  expect(() => deserialize(bytes)).toThrow(message);
});
