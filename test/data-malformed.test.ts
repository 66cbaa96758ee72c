/**
 * Malformed files of data: cut off at every byte, and changed anywhere. Each one loads or throws a FileFormatError, and takes
 * no more memory than it justifies. FLAMBEAU_MUTATIONS sets how many changed files there are per format.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage, readCsv, readIdx, readNdjson, readParquet, text } from 'flambeau/data';
import { FileFormatError } from 'flambeau/io';
import { readChunk, type Leaf } from '../src/data/parquet/pages.ts';
import { randomCases } from './helpers/io-mutations.ts';

const MUTATIONS = Number(process.env.FLAMBEAU_MUTATIONS ?? 100);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`fixtures/data/${name}`, import.meta.url)));

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'flambeau-malformed-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** The sums of a PNG's chunks made right again, or no change would get past them. */
function resummed(bytes: Uint8Array): Uint8Array {
  const png = Buffer.from(bytes);
  for (let at = 8; at + 12 <= png.length;) {
    const length = png.readUInt32BE(at);
    if (length > png.length - at - 12) break;
    png.writeUInt32BE(crc32(png.subarray(at + 4, at + 8 + length)), at + 8 + length);
    at += 12 + length;
  }
  return png;
}

const idx = Buffer.concat([Buffer.of(0, 0, 0x0b, 2, 0, 0, 0, 3, 0, 0, 0, 4), Buffer.alloc(24, 7)]);
const csvText = 'name,age,ok\n"Ada, ""A""",36,true\nBo,,false\r\nCy,2.5,true\n', ndjsonText = '{"a":[1,2.5e3,null],"b":"\\u00e9"}\n\n[true]\n"x"\n';
const readIdxBytes = (bytes: Uint8Array): unknown => {
  const path = join(folder, 'file.idx');
  writeFileSync(path, bytes);
  return readIdx(path);
};

interface Format {
  readonly whole: Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
  /** Up to which length a part of the file may be a file: texts have no end, and gzip shows by its second byte. */
  readonly open?: number;
  readonly repaired?: (bytes: Uint8Array) => Uint8Array;
}
const parquet = (name: string): Format => ({ whole: fixture(name), read: readParquet });
const image = (name: string): Format => ({ whole: fixture(name), read: decodeImage, ...(name.endsWith('.png') ? { repaired: resummed } : {}) });
const FORMATS: Readonly<Record<string, Format>> = {
  IDX: { whole: idx, read: readIdxBytes },
  'gzipped IDX': { whole: gzipSync(idx), read: readIdxBytes },
  ...Object.fromEntries(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'pages2', 'delta'].map((name) => [`Parquet (${name})`, parquet(`${name}.parquet`)])),
  ...Object.fromEntries(['rgb.png', 'palette.png', 'gray16.png', 'bilevel.png', 'rgb.jpg', 'gray.jpg', 'progressive.jpg', 'turned.jpg'].map((name) => [`image (${name})`, image(name)])),
  CSV: { whole: Buffer.from(csvText), read: readCsv, open: Infinity },
  'gzipped CSV': { whole: gzipSync(csvText), read: readCsv, open: 1 },
  NDJSON: { whole: Buffer.from(ndjsonText), read: readNdjson, open: Infinity },
  'gzipped NDJSON': { whole: gzipSync(ndjsonText), read: readNdjson, open: 1 },
  'tokenizer.json': { whole: fixture('wordpiece.tokenizer.json'), read: (bytes) => text.Tokenizer.fromJSON(Buffer.from(bytes).toString()) },
};

/** Loads or throws our error; anything else is a bug. */
async function attempt(read: Format['read'], bytes: Uint8Array): Promise<boolean> {
  try {
    await read(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return false;
  }
}

describe.each(Object.entries(FORMATS))('a file of %s', (name, { whole, read, open = -1, repaired = (bytes) => bytes }) => {
  test('loads', async () => expect(await attempt(read, whole)).toBe(true));

  test('cut off anywhere throws, unless what is left is a file', async () => {
    // A long file is cut at every byte of its ends, and at every seventh between; with all mutations, everywhere.
    for (let length = 0; length < whole.length; length++) {
      if (MUTATIONS < 1000 && length > 100 && length < whole.length - 100 && length % 7 !== 0) continue;
      const loaded = await attempt(read, whole.subarray(0, length));
      // What comes behind the last pixel of a JPEG, its end marker, is not missed.
      if (length > open && !(name.includes('.jpg') && length >= whole.length - 2)) expect(loaded, `cut to ${length} bytes`).toBe(false);
    }
  }, 600_000);

  test(`changed in ${MUTATIONS} ways loads or throws`, async () => {
    for (const bytes of randomCases(whole, MUTATIONS)) {
      const before = process.memoryUsage();
      await attempt(read, repaired(bytes));
      const after = process.memoryUsage();
      // The files have a few kilobytes; zstd and Brotli make up to 32768 out of one.
      expect(after.arrayBuffers - before.arrayBuffers + Math.max(after.heapUsed - before.heapUsed, 0)).toBeLessThan(64e6);
    }
  }, 3_600_000);
});

/** A varint, and one of a signed number, as Thrift's compact protocol writes them. */
const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
const signed = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);

/** A column chunk of one data page of the first version; the encodings by their numbers in the specification. */
function chunk(page: readonly number[], { values = 4, encoding = 8, size = page.length, stored = page.length }: { readonly values?: number; readonly encoding?: number; readonly size?: number; readonly stored?: number } = {}): Uint8Array {
  return Uint8Array.of(0x15, ...signed(0), 0x15, ...signed(size), 0x15, ...signed(stored), 0x2c, 0x15, ...signed(values), 0x15, ...signed(encoding), 0x15, ...signed(3), 0x15, ...signed(3), 0, 0, ...page);
}

describe('a Parquet page', () => {
  const fail = (problem: string): never => {
    throw new FileFormatError('test', 'chunk', problem);
  };
  const read = (bytes: Uint8Array, { rows = 4, type = 'INT32', codec = 'UNCOMPRESSED', nullable = false } = {}): unknown => {
    const node = (name: string, repetition: string | undefined, children: readonly object[]): object => ({ count: 1, path: [name], children, element: { name, repetition_type: repetition, type: children.length === 0 ? type : undefined } });
    const column = node('x', nullable ? 'OPTIONAL' : 'REQUIRED', []), root = node('root', undefined, [column]);
    return readChunk(bytes, { meta: { type, codec, path_in_schema: ['x'], num_values: BigInt(rows) }, schemaPath: [root, column], parsers: {}, rows } as unknown as Leaf, fail);
  };

  test('is read where it is right', () => {
    expect(read(chunk([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0], { encoding: 0 }))).toEqual([Int32Array.of(1, 2, 3, 4)]);
  });

  test.each<readonly [string, Uint8Array, Parameters<typeof read>[1], RegExp]>([
    ['a run longer than the page', chunk([1, ...varint(2 ** 28), 1]), {}, /has a run of 134217728 values where 4 are left/],
    ['packed values longer than the page', chunk([1, ...varint(2 ** 31 - 1)]), {}, /has a run of \d+ values where 4 are left/],
    ['runs without a bit, without an end', chunk([33, 0]), {}, /has numbers of 33 bits/],
    ['levels longer than the page', chunk([255, 255, 255, 127, 2, 1]), { nullable: true }, /has a page that ends in its levels/],
    ['more values than rows', chunk([0], { values: 5 }), {}, /has a page of 5 values where 4 are left/],
    ['more values than its bytes justify', chunk([0], { values: 2 ** 30 }), { rows: 2 ** 30 }, /has a page of 1073741824 values/],
    ['fewer values than rows', chunk([0], { values: 3, encoding: 8 }), {}, /has 1 values too few in column "x"/],
    ['a negative length', chunk([0], { stored: -60 }), {}, /has a page of -60 bytes/],
    ['deltas in two billion blocks', chunk([...varint(128), ...varint(2 ** 31), 4, 0], { encoding: 5 }), { type: 'INT64' }, /has deltas with a malformed header/],
    ['plain values that are not there', chunk([1, 2, 3, 4], { encoding: 0, values: 2 ** 20 }), { rows: 2 ** 20 }, /has 1048576 values of type INT32 in 4 bytes/],
    ['a page that cannot be so large', chunk([1, 2, 3], { size: 2 ** 30 }), { codec: 'SNAPPY' }, /has a page of 3 bytes that claims to be 1073741824 decompressed/],
    ['a zstd frame larger than its page', chunk([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 255, 255, 255, 255, 255, 0, 0, 0], { size: 100 }), { codec: 'ZSTD' }, /has a page of 100 bytes whose zstd frame has \d+/],
    ['an unknown codec', chunk([1]), { codec: 'LZO' }, /is compressed by LZO, which is not supported/],
    ['a list without its elements', Uint8Array.of(0x19, 0xf5, ...varint(2 ** 31), 0), {}, /has a list of 2147483648 in a header that is shorter/],
    ['a header without a bottom', new Uint8Array(1000).fill(0x1c), {}, /has a header that is nested too deep/],
    ['a number without an end', Uint8Array.of(0x15, ...new Array<number>(1000).fill(255)), {}, /has a number of more than 64 bits/],
  ])('with %s is refused', (_, bytes, options, message) => {
    expect(() => read(bytes, options)).toThrow(message);
    expect(() => read(bytes, options)).toThrow(FileFormatError);
  });
});
