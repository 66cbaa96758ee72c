/**
 * Event files by a reader of their own: framing, checksums and fields are taken apart here from the format's definition
 * (TFRecord; event.proto, summary.proto, api.proto of TensorBoard) without a line of the library.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as torch from 'flambeau';
import * as plt from 'flambeau/plot';
import { FileFormatError, readEvents, SummaryWriter } from 'flambeau/train';
import { crc32c, frame } from '../src/train/tensorboard/records.ts';
import { onBackends } from './fixtures/backends.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'flambeau-events-'))));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** CRC-32C by the textbook's division, bit by bit, most significant first on reflected bytes. */
function slowCrc32c(bytes: Uint8Array): number {
  const reflect = (value: number, bits: number): number => Array.from({ length: bits }, (_, i) => ((value >>> i) & 1) * 2 ** (bits - 1 - i)).reduce((a, b) => a + b, 0);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc = (crc ^ (reflect(byte, 8) << 24)) >>> 0;
    for (let i = 0; i < 8; i++) crc = ((crc & 0x80000000) !== 0 ? (crc << 1) ^ 0x1edc6f41 : crc << 1) >>> 0;
  }
  return (reflect(crc, 32) ^ 0xffffffff) >>> 0;
}
const slowMask = (crc: number): number => Number((((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn);

type Field = number | bigint | Buffer;
type Message = Readonly<Record<number, Field[]>>;
/** Fields by number: varints as bigints, fixed ones as numbers, the rest as bytes. */
function parse(bytes: Field | undefined): Message {
  if (!Buffer.isBuffer(bytes)) throw new Error('not a message');
  const message: Record<number, Field[]> = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const skip = (count: number): number => {
    at += count;
    return at - count;
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const read: Readonly<Record<number, () => Field>> = {
      0: varint, 1: () => bytes.readDoubleLE(skip(8)), 5: () => bytes.readFloatLE(skip(4)),
      2: () => {
        const length = Number(varint()), start = skip(length);
        return bytes.subarray(start, start + length);
      },
    };
    (message[tag >>> 3] ??= []).push(read[tag & 7]());
  }
  expect(at).toBe(bytes.length);
  return message;
}
const text = (field: Field | undefined): string => String(field);
const doubles = (field: Field | undefined): number[] => Array.from({ length: (field as Buffer).length / 8 }, (_, i) => (field as Buffer).readDoubleLE(i * 8));

/** The events of a file; every checksum is checked. */
function eventsOf(path: string): Message[] {
  const bytes = readFileSync(path), events: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at)), body = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 8)).toBe(slowMask(slowCrc32c(bytes.subarray(at, at + 8))));
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(slowMask(slowCrc32c(body)));
    events.push(parse(body));
    at += length + 16;
  }
  return events;
}
const files = (directory: string): string[] => readdirSync(directory).filter((name) => name.includes('tfevents')).map((name) => join(directory, name));
const events = (directory = folder): Message[] => files(directory).flatMap(eventsOf);
/** The only value of an event, with its step. */
function valueOf(event: Message): Message & { readonly step: bigint } {
  const { 1: values } = parse(event[5][0]);
  expect(values).toHaveLength(1);
  return { ...parse(values[0]), step: (event[2]?.[0] ?? 0n) as bigint };
}
const values = (directory = folder): ReturnType<typeof valueOf>[] => events(directory).filter((event) => event[5] !== undefined).map(valueOf);

/** Pixels of a PNG without filters, as SummaryWriter has them. */
function pixels(png: Field | undefined): { width: number; height: number; rows: number[][] } {
  const bytes = png as Buffer, width = bytes.readUInt32BE(16), height = bytes.readUInt32BE(20), data: Buffer[] = [];
  expect([...bytes.subarray(24, 26)]).toEqual([8, 6]);
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(data));
  return { width, height, rows: Array.from({ length: height }, (_, i) => [...raw.subarray(i * (width * 4 + 1) + 1, (i + 1) * (width * 4 + 1))]) };
}

describe('the frame of a record', () => {
  test('has the checksum whose check value RFC 3720 and the catalogue of CRCs give', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(slowCrc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  test('starts as every TensorFlow event file does: 24 bytes, and their masked checksum a3 7f 4b 22', () => {
    expect([...frame(new Uint8Array(24)).subarray(0, 12)]).toEqual([24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
  });
});

onBackends(() => {
  test('a file has its version, then scalars by tag and step', async () => {
    const before = Date.now() / 1000, writer = new SummaryWriter(folder, { filenameSuffix: '.test' });
    writer.addScalar('loss/train', 0.5, 3);
    writer.addScalar('loss/train', torch.tensor([0.25]), { globalStep: 2 ** 40, walltime: 12.5 });
    writer.addScalar('loss/train', true);
    writer.addScalar('new', 0.1, 1, { newStyle: true });
    writer.addScalar('double', 0.1, 1, { newStyle: true, doublePrecision: true });
    await writer.close();
    const [path] = files(folder);
    expect(path).toMatch(/events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+\.test$/);
    const [first, ...rest] = eventsOf(path);
    expect(text(first[3][0])).toBe('brain.Event:2');
    expect(first[1][0]).toBeGreaterThanOrEqual(before);
    expect(rest[1][1]).toEqual([12.5]);
    const [a, b, c, single, double] = rest.map(valueOf);
    expect([text(a[1][0]), a[2], a.step]).toEqual(['loss/train', [0.5], 3n]);
    expect([b[2], b.step]).toEqual([[0.25], 2n ** 40n]);
    expect([c[2], c.step]).toEqual([[1], 0n]);
    expect([parse(single[8][0])[1], (parse(single[8][0])[5][0] as Buffer).readFloatLE()]).toEqual([[1n], Math.fround(0.1)]);
    expect([parse(double[8][0])[1], doubles(parse(double[8][0])[6][0])]).toEqual([[2n], [0.1]]);
    expect(text(parse(parse(single[9][0])[1][0])[1][0])).toBe('scalars');
  });

  test('scalars of one diagram are runs of their own, as PyTorch writes them', async () => {
    const writer = new SummaryWriter(folder);
    writer.addScalars('run/14h', { xsinx: 1, 'a/b': 2 }, 7);
    await writer.close();
    expect(readdirSync(folder).filter((name) => !name.includes('tfevents')).sort()).toEqual(['run_14h_a_b', 'run_14h_xsinx']);
    const [value] = values(join(folder, 'run_14h_xsinx'));
    expect([text(value[1][0]), value[2], value.step]).toEqual(['run/14h', [1], 7n]);
  });

  test('a histogram has its moments, and buckets that start below the first value', async () => {
    const writer = new SummaryWriter(folder);
    writer.addHistogram('w', torch.tensor([-2, -2, 0, 0.5, 3]), 1);
    writer.addHistogram('w', [1, 2, 3, 4], 2, { bins: 4 });
    writer.addHistogram('w', Float64Array.of(0, 1, 1, 2, 9), 3, [0, 1, 2, 3, 4], { maxBins: 2 });
    await writer.close();
    const [growing, even, few] = values().map((value) => parse(value[5][0]));
    expect([1, 2, 3, 4, 5].map((field) => growing[field][0])).toEqual([-2, 3, 5, -0.5, 17.25]);
    const limits = doubles(growing[6][0]), counts = doubles(growing[7][0]);
    expect(counts).toHaveLength(limits.length);
    // Bucket i holds what is from the limit before up to its own: count again by that.
    counts.forEach((count, i) => expect(count).toBe([-2, -2, 0, 0.5, 3].filter((x) => x >= (limits[i - 1] ?? -Infinity) && x < limits[i]).length));
    expect(counts[0]).toBe(0);
    expect(limits[0]).toBeLessThanOrEqual(-2);
    expect(limits.slice(1).every((limit, i) => limit - limits[i] <= Math.max(Math.abs(limit), Math.abs(limits[i])) * 0.1000001 || limits[i] === 0 || limit === 0)).toBe(true);
    expect([doubles(even[6][0]), doubles(even[7][0])]).toEqual([[1, 1.75, 2.5, 3.25, 4], [0, 1, 1, 1, 1]]);
    // Pairs of [0, 1), [1, 2), [2, 3), [3, 4]; 9 is outside.
    expect([doubles(few[6][0]), doubles(few[7][0])]).toEqual([[0, 2, 4], [0, 3, 1]]);
  });

  test('images of every layout and dtype keep their pixels', async () => {
    const writer = new SummaryWriter(folder), red = torch.zeros(3, 1, 2);
    red.indexPut_([0, 0, 1], 1);
    writer.addImage('chw', red, 1);
    writer.addImage('hwc', red.permute(1, 2, 0), 1, { dataformats: 'HWC' });
    writer.addImage('hw', torch.tensor([[0, 0.5], [1, 2]]), { dataformats: 'HW' });
    writer.addImage('uint8', torch.tensor([[[7, 200]]], { dtype: 'uint8' }));
    writer.addImage('alpha', torch.tensor([[[1]], [[0]], [[0]], [[0.5]]]));
    await writer.close();
    const [chw, hwc, hw, uint8, alpha] = values().map((value) => parse(value[4][0]));
    expect([chw[1], chw[2], chw[3]]).toEqual([[1n], [2n], [4n]]);
    expect(pixels(chw[4][0])).toEqual({ width: 2, height: 1, rows: [[0, 0, 0, 255, 255, 0, 0, 255]] });
    expect(pixels(hwc[4][0])).toEqual(pixels(chw[4][0]));
    expect(pixels(hw[4][0]).rows).toEqual([[0, 0, 0, 255, 127, 127, 127, 255], [255, 255, 255, 255, 255, 255, 255, 255]]);
    expect(pixels(uint8[4][0]).rows).toEqual([[7, 7, 7, 255, 200, 200, 200, 255]]);
    expect(pixels(alpha[4][0]).rows).toEqual([[255, 0, 0, 127]]);
  });

  test('a batch of images is a grid of eight columns', async () => {
    const writer = new SummaryWriter(folder), batch = torch.arange(10).to('uint8').view(10, 1, 1, 1).expand(10, 1, 2, 1);
    writer.addImages('grid', batch, 1);
    writer.addImages('three', batch.narrow(0, 0, 3).permute(0, 2, 3, 1), 1, { dataformats: 'NHWC' });
    await writer.close();
    const [grid, three] = values().map((value) => pixels(parse(value[4][0])[4][0]));
    const red = (row: readonly number[]): number[] => row.filter((_, i) => i % 4 === 0);
    expect(grid.rows.map(red)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 0, 0, 0, 0, 0, 0], [8, 9, 0, 0, 0, 0, 0, 0]]);
    expect(three.rows.map(red)).toEqual([[0, 1, 2], [0, 1, 2]]);
  });
});

test('text is a vector of one string for the text plugin', async () => {
  const writer = new SummaryWriter(folder);
  writer.addText('notes', '**größer** – 火', 5);
  await writer.close();
  const [value] = values(), tensor = parse(value[8][0]);
  expect([text(value[1][0]), text(parse(parse(value[9][0])[1][0])[1][0]), value.step]).toEqual(['notes/text_summary', 'text', 5n]);
  expect([tensor[1], text(tensor[8][0]), parse(parse(tensor[2][0])[2][0])[1]]).toEqual([[7n], '**größer** – 火', [1n]]);
});

test('precision and recall stand at their thresholds', async () => {
  const writer = new SummaryWriter(folder);
  writer.addPrCurve('pr', torch.tensor([0, 1, 1, 0]), torch.tensor([0.1, 0.5, 1, 0.6]), 2, { numThresholds: 3 });
  expect(() => writer.addPrCurve('a', torch.tensor([0.5]), torch.tensor([1]))).toThrow(/labels must be 0 or 1, got 0\.5/);
  expect(() => writer.addPrCurve('a', torch.tensor([1]), torch.tensor([2]))).toThrow(/predictions must be from 0 to 1, got 2/);
  await writer.close();
  const [value] = values(), tensor = parse(value[8][0]), plugin = parse(parse(value[9][0])[1][0]);
  expect([text(plugin[1][0]), parse(plugin[2][0])[2], tensor[1], parse(tensor[2][0])[2].map((dim) => parse(dim)[1][0])]).toEqual(['pr_curves', [3n], [1n], [6n, 3n]]);
  const floats = tensor[5][0] as Buffer, rows = Array.from({ length: 6 }, (_, i) => Array.from({ length: 3 }, (__, j) => floats.readFloatLE((i * 3 + j) * 4)));
  // By hand, at thresholds 0, 0.5 and 1: tp, fp, tn, fn, precision, recall.
  expect(rows).toEqual([[2, 2, 1], [2, 1, 0], [0, 1, 2], [0, 0, 1], [0.5, Math.fround(2 / 3), 1], [1, 1, 0.5]]);
});

test('a figure is drawn as it is when it is added, and closing waits for it', async () => {
  const writer = new SummaryWriter(folder), figure = plt.figure({ figsize: [2, 1], dpi: 50 });
  figure.gca().plot([1, 2, 3]);
  void writer.addFigure('curve', figure, 4);
  await writer.close();
  const [value] = values(), image = parse(value[4][0]);
  expect([image[1], image[2], value.step]).toEqual([[50n], [100n], 4n]);
  expect((image[4][0] as Buffer).subarray(1, 4).toString()).toBe('PNG');
  plt.close();
});

test('hyperparameters are an experiment, a session with values, and metrics as scalars', async () => {
  const writer = new SummaryWriter(folder);
  writer.addHparams({ lr: 0.1, optimizer: 'adam', nesterov: false, none: null }, { 'hparam/accuracy': 0.9 }, { lr: [0.1, 0.2] }, 'first', 3);
  await writer.close();
  const [experiment, start, end, accuracy] = values(join(folder, 'first'));
  const data = (value: Message): Message => {
    const plugin = parse(parse(value[9][0])[1][0]);
    expect(text(plugin[1][0])).toBe('hparams');
    return parse(plugin[2][0]);
  };
  expect([experiment, start, end].map((value) => text(value[1][0]))).toEqual(['_hparams_/experiment', '_hparams_/session_start_info', '_hparams_/session_end_info']);
  const infos = parse(data(experiment)[2][0]);
  expect(infos[4].map((info) => [text(parse(info)[1][0]), parse(info)[4][0]])).toEqual([['lr', 3n], ['optimizer', 1n], ['nesterov', 2n]]);
  expect(parse(parse(infos[4][0])[5][0])[1].map((each) => parse(each)[2][0])).toEqual([0.1, 0.2]);
  expect(text(parse(parse(infos[5][0])[1][0])[2][0])).toBe('hparam/accuracy');
  const given = parse(data(start)[3][0])[1].map(parse);
  expect(given.map((entry) => [text(entry[1][0]), parse(entry[2][0])])).toEqual([['lr', { 2: [0.1] }], ['optimizer', { 3: [Buffer.from('adam')] }], ['nesterov', { 4: [0n] }]]);
  expect(parse(data(end)[4][0])[1]).toEqual([1n]);
  expect([text(accuracy[1][0]), accuracy[2], accuracy.step]).toEqual(['hparam/accuracy', [Math.fround(0.9)], 3n]);
});

test('a run that goes on hides what comes after its step', async () => {
  await new SummaryWriter(folder, { purgeStep: 40 }).close();
  const [version, restart] = events();
  expect([text(version[3][0]), version[2], restart[2], parse(restart[7][0])[1]]).toEqual(['brain.Event:2', [40n], [40n], [1n]]);
  expect([...readEvents(folder)].map((event) => event.restart ?? false)).toEqual([false, true]);
});

describe('events reach the file', () => {
  const count = (): number => events().length - 1;

  test('after maxQueue of them, after flushSecs, at flush and at close', async () => {
    vi.useFakeTimers();
    const writer = new SummaryWriter(folder, { maxQueue: 3, flushSecs: 5 });
    const seen = [1, 2, 3, 4].map((step) => {
      writer.addScalar('a', step, step);
      return count();
    });
    expect(seen).toEqual([0, 0, 3, 3]);
    vi.advanceTimersByTime(5001);
    expect(count()).toBe(4);
    writer.addScalar('a', 5, 5);
    writer.flush();
    expect(count()).toBe(5);
    writer.addScalar('a', 6, 6);
    await writer.close();
    expect(count()).toBe(6);
    expect(() => writer.addScalar('a', 7)).toThrow(/addScalar: writer is closed/);
    await writer.close();
  });

  test('when the process exits', async () => {
    const before = process.listeners('exit'), writer = new SummaryWriter(folder), other = new SummaryWriter(join(folder, 'other'));
    writer.addScalar('a', 1);
    const added = process.listeners('exit').filter((each) => !before.includes(each));
    expect(added).toHaveLength(1);
    added[0].call(process, 0);
    expect(count()).toBe(1);
    await Promise.all([writer.close(), other.close()]);
    expect(process.listeners('exit')).toEqual(before);
  });

  const writer = (limit: string, ...args: readonly string[]): readonly [string, string[]] => ['sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, '--import', 'tsx', fileURLToPath(new URL('fixtures/train/writer.ts', import.meta.url)), folder, ...args]];
  const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, TSX_DISABLE_CACHE: '1' } };

  // A limit on the size of files fails a write in the middle, as a full disk does.
  test.skipIf(process.platform === 'win32')('whole or not at all: a full disk leaves nothing of a write', () => {
    const { status, stderr } = spawnSync(...writer('ulimit -f 100; ', '100', '100000'), { ...options, encoding: 'utf8' });
    expect([status === 0, stderr]).toEqual([false, expect.stringMatching(/EFBIG/)]);
    const [path] = files(folder), steps = [...readEvents(path, { strict: true })].slice(1).map(({ step }) => step);
    expect(statSync(path).size).toBeGreaterThan(40_000);
    expect(steps).toEqual(steps.map((_, i) => i + 1));
    expect(steps.length % 100).toBe(0);
  }, 60_000);

  test.skipIf(process.platform === 'win32')('up to the last write of a process that is killed', async () => {
    const child = spawn(...writer('', '10', '100000000'), { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const steps = [...readEvents(folder)].slice(1).map(({ step }) => step);
    expect(steps.length).toBeGreaterThanOrEqual(990);
    expect(steps).toEqual(steps.map((_, i) => i + 1));
  }, 60_000);
});

describe('readEvents', () => {
  test('gives back what was written', async () => {
    const writer = new SummaryWriter(folder);
    writer.addScalar('s', 0.5, 1, 100);
    writer.addScalar('n', 0.25, 2, { newStyle: true });
    writer.addScalar('d', 0.1, 2, { newStyle: true, doublePrecision: true });
    writer.addHistogram('h', [1, 2, 3, 4], 3, 4);
    writer.addImage('i', torch.zeros(1, 2, 3), 4);
    writer.addText('t', 'words', 5);
    writer.addScalar('negative', -1, -7);
    await writer.close();
    const all = [...readEvents(folder)];
    expect(all[0].fileVersion).toBe('brain.Event:2');
    const [scalar, single, double, histogram, image, words, negative] = all.slice(1);
    expect(scalar).toEqual({ wallTime: 100, step: 1, values: [{ tag: 's', kind: 'scalar', value: 0.5 }] });
    expect([single, double].map((event) => event.values)).toEqual([[{ tag: 'n', kind: 'scalar', value: 0.25 }], [{ tag: 'd', kind: 'scalar', value: 0.1 }]]);
    expect(histogram.values[0]).toEqual({ tag: 'h', kind: 'histogram', min: 1, max: 4, num: 4, sum: 10, sumSquares: 30, bucketLimit: [1, 1.75, 2.5, 3.25, 4], bucket: [0, 1, 1, 1, 1] });
    expect(image.values[0]).toMatchObject({ tag: 'i', kind: 'image', height: 2, width: 3 });
    expect(words.values[0]).toEqual({ tag: 't/text_summary', kind: 'text', text: 'words' });
    expect(negative.step).toBe(-7);
    expect([...readEvents(files(folder)[0])]).toEqual(all);
    expect([...readEvents(readFileSync(files(folder)[0]), { strict: true })]).toEqual(all);
  });

  test('ends where a file that is still written ends, or fails there with strict', async () => {
    const writer = new SummaryWriter(folder);
    for (let step = 0; step < 3; step++) writer.addScalar('a', step, step);
    await writer.close();
    const whole = readFileSync(files(folder)[0]), all = [...readEvents(whole)];
    let before = 0;
    for (let length = 0; length < whole.length; length++) {
      const cut = [...readEvents(whole.subarray(0, length))];
      expect(cut).toEqual(all.slice(0, cut.length));
      expect(cut.length).toBeGreaterThanOrEqual(before);
      before = cut.length;
    }
    expect(before).toBe(3);
    expect(() => [...readEvents(whole.subarray(0, whole.length - 1), { strict: true })]).toThrow(/readEvents: the given bytes: ends inside of the record at byte/);
    const path = join(folder, 'cut');
    writeFileSync(path, whole.subarray(0, 5));
    expect(() => [...readEvents(path, { strict: true })]).toThrow(FileFormatError);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['an unknown option', () => readEvents('x', { strikt: true } as never), /option 'strikt' is unknown/],
    ['no path', () => readEvents(7 as never), /path must be a file or directory name, or bytes, got 7/],
    ['a tag that is no string', () => new SummaryWriter(folder).addScalar(1 as never, 1), /addScalar: tag must be a string, got 1/],
    ['a scalar of several elements', () => new SummaryWriter(folder).addScalar('a', torch.zeros(2)), /scalarValue must have one element, got a tensor of shape \[2\]/],
    ['a step that is none', () => new SummaryWriter(folder).addScalar('a', 1, 0.5), /globalStep must be an integer, got 0\.5/],
    ['values that are not finite', () => new SummaryWriter(folder).addHistogram('a', [1, NaN]), /values must be finite, got NaN/],
    ['no values', () => new SummaryWriter(folder).addHistogram('a', torch.zeros(0)), /values must have elements/],
    ['bins that shrink', () => new SummaryWriter(folder).addHistogram('a', [1], 0, [2, 1]), /bins must be 'tensorflow', a number of bins or growing limits/],
    ['bins beside the values', () => new SummaryWriter(folder).addHistogram('a', [9], 0, [1, 2]), /bins hold none of the values/],
    ['an image of too many dimensions', () => new SummaryWriter(folder).addImage('a', torch.zeros(1, 1, 2, 2)), /the image must have the 3 dimensions of CHW, got \[1, 1, 2, 2\]/],
    ['an unknown layout', () => new SummaryWriter(folder).addImage('a', torch.zeros(1, 1, 2), { dataformats: 'CHX' }), /dataformats must name every dimension once/],
    ['integers as an image', () => new SummaryWriter(folder).addImage('a', torch.zeros(1, 1, 2).to('int64')), /the image must be uint8, or floats from 0 to 1, got int64/],
    ['too many channels', () => new SummaryWriter(folder).addImage('a', torch.zeros(5, 1, 2)), /1 to 4 channels, got 5/],
    ['a figure that is none', () => new SummaryWriter(folder).addFigure('a', {} as never), /figure must be a Figure/],
    ['a hyperparameter that is an object', () => new SummaryWriter(folder).addHparams({ a: [] as never }, {}), /addHparams: a must be a number, a string or a boolean/],
    ['a domain of another type', () => new SummaryWriter(folder).addHparams({ a: 1 }, {}, { a: ['x'] }), /hparamDomainDiscrete\.a must be a list of values like hparamDict\.a/],
    ['a queue of nothing', () => new SummaryWriter(folder, { maxQueue: 0 }), /maxQueue must be above 0, got 0/],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
