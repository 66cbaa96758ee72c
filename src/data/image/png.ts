/** PNG by fast-png. What reaches it is checked: sizes against the header, and pixels inflated to no more than that. */
import { createRequire } from 'node:module';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { Fail } from '../../io/source.ts';
import { checkSize, type Pixels } from './pixels.ts';

type FastPng = typeof import('fast-png');
let library: FastPng | undefined;
const load = (): FastPng => (library ??= createRequire(import.meta.url)('fast-png') as FastPng);

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/** Bit depths that a color type may have, and its samples per pixel (PNG specification, table 8). */
const COLOR_TYPES: Readonly<Record<number, { readonly depths: readonly number[]; readonly samples: number }>> = {
  0: { depths: [1, 2, 4, 8, 16], samples: 1 },
  2: { depths: [8, 16], samples: 3 },
  3: { depths: [1, 2, 4, 8], samples: 1 },
  4: { depths: [8, 16], samples: 2 },
  6: { depths: [8, 16], samples: 4 },
};
/** First column and row, and the steps, of the passes of an image: one, or seven if it is interlaced (Adam7). */
type Pass = readonly [x: number, y: number, dx: number, dy: number];
const WHOLE: readonly Pass[] = [[0, 0, 1, 1]];
const ADAM7: readonly Pass[] = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

/** The chunks that say what the pixels are; each has its sum right. */
function chunksOf(bytes: Uint8Array, fail: Fail): ReadonlyMap<string, readonly Uint8Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), chunks = new Map<string, Uint8Array[]>();
  for (let at = SIGNATURE.length; ;) {
    if (at + 12 > bytes.length) fail('ended before its last chunk');
    const length = view.getUint32(at), type = Buffer.from(bytes.buffer, bytes.byteOffset + at + 4, 4).toString('latin1');
    if (length > bytes.length - at - 12) fail(`ended inside of chunk ${JSON.stringify(type)}`);
    const data = bytes.subarray(at + 8, at + 8 + length), critical = bytes[at + 4] < 0x60;
    if (critical || type === 'tRNS') {
      if (view.getUint32(at + 8 + length) !== crc32(bytes.subarray(at + 4, at + 8 + length))) fail(`has a damaged chunk ${JSON.stringify(type)}`);
      if (chunks.size === 0 && type !== 'IHDR') fail('does not begin with its header');
      if (critical && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type)) fail(`needs chunk ${JSON.stringify(type)}, which is unknown`);
      chunks.set(type, [...(type === 'IDAT' ? chunks.get(type) ?? [] : []), data]);
    }
    if (type === 'IEND') return chunks;
    at += 12 + length;
  }
}

function headerOf(data: Uint8Array, fail: Fail): Header {
  if (data.length !== 13) fail('has a malformed header');
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const width = view.getUint32(0), height = view.getUint32(4), [depth, colorType, compression, filter, interlace] = data.subarray(8);
  if (!(colorType in COLOR_TYPES) || !COLOR_TYPES[colorType].depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) fail('has a malformed header');
  return { width, height, depth, colorType, interlaced: interlace === 1 };
}

interface Part {
  readonly pass: Pass;
  readonly width: number;
  readonly height: number;
  /** Bytes of the filtered rows: one byte of filter and the samples of each. */
  readonly size: number;
}

/** The passes that have pixels, each an image of its own. */
function partsOf({ width, height, depth, colorType, interlaced }: Header): readonly Part[] {
  const bits = depth * COLOR_TYPES[colorType].samples;
  return (interlaced ? ADAM7 : WHOLE).map((pass) => {
    const [x, y, dx, dy] = pass, w = Math.ceil((width - x) / dx), h = Math.ceil((height - y) / dy);
    return { pass, width: w, height: h, size: h * (1 + Math.ceil((w * bits) / 8)) };
  }).filter((part) => part.width > 0 && part.height > 0);
}

/** The pixels of a PNG as bytes, channels interleaved; of 16 bits the upper 8. */
export function decodePng(bytes: Uint8Array, fail: Fail): Pixels {
  const chunks = chunksOf(bytes, fail);
  const header = headerOf((chunks.get('IHDR') as [Uint8Array])[0], fail), packed = Buffer.concat(chunks.get('IDAT') ?? []);
  const parts = partsOf(header), size = parts.reduce((sum, part) => sum + part.size, 0);
  checkSize(header.width, header.height, size, packed.length, fail);
  const palette = chunks.get('PLTE')?.[0];
  if (header.colorType === 3 && (palette === undefined || palette.length % 3 !== 0 || palette.length === 0)) fail('has no palette');
  const raw = inflate(packed, size, fail);
  return colored(samplesOf(raw, header, parts, fail), header, palette, chunks.get('tRNS')?.[0], fail);
}

type Samples = Uint8Array | Uint16Array;

/** The samples of all passes, unfiltered, in their places. */
function samplesOf(raw: Uint8Array, { width, height, depth, colorType, interlaced }: Header, parts: readonly Part[], fail: Fail): Samples {
  const { samples } = COLOR_TYPES[colorType];
  const all = new (depth === 16 ? Uint16Array : Uint8Array)(interlaced ? width * height * samples : 0);
  let start = 0;
  for (const { pass: [x, y, dx, dy], width: w, height: h, size } of parts) {
    const some = unfilter(raw.subarray(start, start += size), w, h, depth, colorType, fail);
    if (!interlaced) return some;
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) {
        const from = (row * w + column) * samples, to = ((y + row * dy) * width + x + column * dx) * samples;
        for (let c = 0; c < samples; c++) all[to + c] = some[from + c];
      }
    }
  }
  return all;
}

/** Rows unfiltered by fast-png, which sees an image without palette, interlacing and compression. */
function unfilter(rows: Uint8Array, width: number, height: number, depth: number, colorType: number, fail: Fail): Samples {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType === 3 ? 0 : colorType], 8);
  try {
    const { data } = load().decode(container([['IHDR', header], ['IDAT', deflateSync(rows, { level: 0 })], ['IEND', new Uint8Array(0)]]));
    return depth < 8 ? unpack(data as Uint8Array, width, height, depth) : (data as Samples);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function inflate(packed: Uint8Array, size: number, fail: Fail): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateSync(packed, { maxOutputLength: size });
  } catch (error) {
    return fail(`cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (raw.length !== size) fail(`has ${raw.length} bytes of pixels where its header says ${size}`);
  return raw;
}

/** A PNG of these chunks. */
function container(chunks: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(SIGNATURE)];
  for (const [type, data] of chunks) {
    const start = Buffer.alloc(8);
    start.writeUInt32BE(data.length);
    start.write(type, 4, 'latin1');
    // The sums have been checked, and are not looked at again.
    parts.push(start, data, Buffer.alloc(4));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Palettes looked up, small depths spread over the whole range, a transparent color or palette as an alpha channel. */
function colored(values: Samples, { width, height, depth, colorType }: Header, palette: Uint8Array | undefined, transparency: Uint8Array | undefined, fail: Fail): Pixels {
  const count = width * height, { samples } = COLOR_TYPES[colorType];
  if (palette !== undefined && colorType === 3) {
    const colors = palette.length / 3, channels = transparency === undefined ? 3 : 4, data = new Uint8Array(count * channels);
    for (let i = 0; i < count; i++) {
      const color = values[i];
      if (color >= colors) fail(`has color ${color} of a palette of ${colors}`);
      data.set(palette.subarray(3 * color, 3 * color + 3), i * channels);
      if (transparency !== undefined) data[i * channels + 3] = transparency[color] ?? 255;
    }
    return { width, height, channels, data };
  }
  const clear = transparency === undefined || transparency.length !== 2 * samples || samples % 2 === 0 ? undefined
    : Array.from({ length: samples }, (_, i) => transparency[2 * i] * 256 + transparency[2 * i + 1]);
  if (clear === undefined && depth === 8) return { width, height, channels: samples, data: values as Uint8Array };
  const channels = samples + (clear === undefined ? 0 : 1), data = new Uint8Array(count * channels);
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1, shift = depth === 16 ? 8 : 0;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < samples; c++) data[i * channels + c] = (values[i * samples + c] * scale) >> shift;
    if (clear !== undefined) data[i * channels + samples] = clear.every((value, c) => value === values[i * samples + c]) ? 0 : 255;
  }
  return { width, height, channels, data };
}

/** Samples of 1, 2 or 4 bits, of which each row begins with a new byte. */
function unpack(bytes: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const out = new Uint8Array(width * height), stride = Math.ceil((width * depth) / 8), mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[y * width + x] = (bytes[y * stride + ((x * depth) >> 3)] >> (8 - depth - ((x * depth) & 7))) & mask;
  }
  return out;
}

/** A PNG of 8 bits per sample; `level` is zlib's. */
export function encodePngBytes({ width, height, channels, data }: Pixels, level: number): Uint8Array {
  return load().encode({ width, height, channels: channels as 1 | 3, depth: 8, data }, { zlib: { level: level as 6 } });
}
