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
