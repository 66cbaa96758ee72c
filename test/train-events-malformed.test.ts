/**
 * Malformed event files: cut off at every byte, changed anywhere, and changed inside of events whose checksums are right
 * again, so that the changes reach the reader of protocol buffers. Each one loads or throws a FileFormatError, and none
 * makes us take more memory than it justifies. FLAMBEAU_MUTATIONS sets how many changed files there are of each kind.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { FileFormatError, readEvents, SummaryWriter } from 'flambeau/train';
import { memorySource } from '../src/io/source.ts';
import { frame, maskedCrc, readRecords } from '../src/train/tensorboard/records.ts';
import { randomCases } from './helpers/io-mutations.ts';

const MUTATIONS = Number(process.env.FLAMBEAU_MUTATIONS ?? 300);
let folder = '', whole = new Uint8Array(0);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flambeau-malformed-'));
  const writer = new SummaryWriter(folder, { purgeStep: 0 });
  writer.addScalar('loss', 0.5, 1);
  writer.addScalar('double', 0.1, 2, { newStyle: true, doublePrecision: true });
  writer.addHistogram('weights', [1, 2, 3], 3, 3);
  writer.addImage('image', torch.zeros(1, 1, 1), 4);
  writer.addText('text', 'words', 5);
  writer.addHparams({ lr: 0.1 }, {}, null, '.');
  await writer.close();
  whole = new Uint8Array(readFileSync(join(folder, readdirSync(folder)[0])));
});
afterAll(() => rmSync(folder, { recursive: true }));

const records = (): Uint8Array[] => [...readRecords(memorySource(whole), (problem) => { throw new Error(problem); }, true)];
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map(frame)));

/** Loads or throws our error; anything else is a bug. Nothing read is larger than the file. */
function attempt(bytes: Uint8Array, strict: boolean): boolean {
  try {
    for (const event of readEvents(bytes, { strict })) expect(JSON.stringify(event).length).toBeLessThan(bytes.length * 40 + 1000);
    return true;
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    return false;
  }
}

test('the whole file loads', () => {
  expect(attempt(whole, true)).toBe(true);
  expect(records().length).toBe(10);
});

test('cut off anywhere it is the events before, and with strict the error of its end', () => {
  const ends = new Set(records().reduce<number[]>((sums, record) => [...sums, sums[sums.length - 1] + record.length + 16], [0]));
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    expect(attempt(cut, false), `cut to ${length} bytes`).toBe(true);
    expect(attempt(cut, true), `cut to ${length} bytes`).toBe(ends.has(length));
  }
});

test('an event cut off anywhere, in a record that is right, loads or throws', () => {
  for (const record of records()) for (let length = 0; length < record.length; length++) attempt(joined([record.subarray(0, length)]), true);
  const image = records().find((record) => Buffer.from(record).includes('PNG')) as Uint8Array;
  expect(attempt(joined([image.subarray(0, image.length - 1)]), true)).toBe(false);
});

test(`changed in ${MUTATIONS} ways loads or throws`, () => {
  for (const bytes of randomCases(whole, MUTATIONS)) attempt(bytes, false);
}, 600_000);

test(`events changed in ${MUTATIONS} ways inside of records that are right load or throw`, () => {
  const all = records();
  let refused = 0;
  for (const [i, record] of all.entries()) {
    for (const bytes of randomCases(record, Math.ceil(MUTATIONS / all.length))) refused += Number(!attempt(joined([all[0], bytes, all[i]]), true));
  }
  expect(refused).toBeGreaterThan(MUTATIONS / 20);
}, 600_000);

test.each<readonly [string, number, RegExp]>([
  ['length', 0, /the length of the record at byte 0 is damaged/],
  ['event', 20, /the record at byte 0 is damaged/],
])('a changed %s is named by its place', (_, at, message) => {
  const bytes = whole.slice();
  bytes[at] ^= 1;
  expect(() => [...readEvents(bytes)]).toThrow(message);
});

test('a length beyond the file, with the checksum of that length, takes no memory: it is the end', () => {
  const header = new Uint8Array(16), view = new DataView(header.buffer);
  view.setBigUint64(0, 2n ** 63n, true);
  view.setUint32(8, maskedCrc(header.subarray(0, 8)), true);
  expect([...readEvents(header)]).toEqual([]);
  expect(() => [...readEvents(header, { strict: true })]).toThrow(/ends inside of the record at byte 0/);
});
