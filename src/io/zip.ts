/**
 * zip archives, the container of PyTorch's checkpoints and of NumPy's npz (APPNOTE 6.3.10). Reading goes by the central
 * directory alone and takes single entries from the disk; deflate itself is Node's.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { readBytes, type Fail, type Source } from './source.ts';

export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes in the archive, and without compression. */
  readonly packed: number;
  readonly size: number;
  /** Where its data starts. */
  readonly start: number;
}

const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50;
const LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, END64_BYTES = 56, LOCATOR64_BYTES = 20;
const MAX16 = 0xffff, MAX32 = 0xffffffff;
const ENCRYPTED = 1, UTF8 = 1 << 11;
const STORED = 0, DEFLATED = 8;
const ZIP64_FIELD = 1;
/** What no deflate stream exceeds, and a few bytes for the smallest ones. */
const MAX_RATIO = 1032, SLACK = 64;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The entries of an archive by name, all checked: names that stay inside, sizes within the file, no overlaps. */
export function readDirectory(source: Source, fail: Fail): ReadonlyMap<string, ZipEntry> {
  const { count, start, size } = findDirectory(source, fail);
  const bytes = readBytes(source, start, size), data = view(bytes);
  const entries = new Map<string, ZipEntry>(), ranges: (readonly [number, number, string])[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > size || data.getUint32(at, true) !== CENTRAL) fail('has a malformed zip directory');
    const nameLength = data.getUint16(at + 28, true), extraLength = data.getUint16(at + 30, true);
    const end = at + CENTRAL_BYTES + nameLength + extraLength + data.getUint16(at + 32, true);
    if (end > size) fail('has a zip directory that is cut off');
    const name = entryName(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength), fail);
    const bad = (problem: string): never => fail(`entry '${name}' ${problem}`);
    const extra = bytes.subarray(at + CENTRAL_BYTES + nameLength, at + CENTRAL_BYTES + nameLength + extraLength);
    const [unpacked, packed, local] = wide([data.getUint32(at + 24, true), data.getUint32(at + 20, true), data.getUint32(at + 42, true)], extra, bad);
    const method = data.getUint16(at + 10, true);
    if ((data.getUint16(at + 8, true) & ENCRYPTED) !== 0) bad('is encrypted');
    if (method !== STORED && method !== DEFLATED) bad(`is compressed by method ${method}; stored and deflated entries can be read`);
    if (method === STORED ? unpacked !== packed : unpacked > packed * MAX_RATIO + SLACK) bad(`claims ${unpacked} bytes from ${packed}`);
    if (local + LOCAL_BYTES > start) bad('lies outside of the file');
    const header = view(readBytes(source, local, LOCAL_BYTES));
    if (header.getUint32(0, true) !== LOCAL) bad('has no header where the directory says');
    const dataStart = local + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
    if (dataStart + packed > start) bad('lies outside of the file');
    if (entries.has(name)) bad('is there twice');
    entries.set(name, { name, deflated: method === DEFLATED, crc: data.getUint32(at + 16, true), packed, size: unpacked, start: dataStart });
    ranges.push([local, dataStart + packed, name]);
    at = end;
  }
  if (at !== size) fail('has a malformed zip directory');
  ranges.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < ranges.length; i++) if (ranges[i][0] < ranges[i - 1][1]) fail(`entries '${ranges[i - 1][2]}' and '${ranges[i][2]}' overlap`);
  return entries;
}

function findDirectory(source: Source, fail: Fail): { count: number; start: number; size: number } {
  const tailBytes = Math.min(source.size, END_BYTES + MAX16), tail = readBytes(source, source.size - tailBytes, tailBytes), data = view(tail);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (data.getUint32(at, true) !== END || at + END_BYTES + data.getUint16(at + 20, true) !== tailBytes) continue;
    let count = data.getUint16(at + 10, true), size = data.getUint32(at + 12, true), start = data.getUint32(at + 16, true);
    let directoryEnd = source.size - tailBytes + at;
    // PyTorch writes the zip64 records into small files, too.
    const locator = at - LOCATOR64_BYTES;
    if (locator >= 0 && data.getUint32(locator, true) === LOCATOR64) {
      const position = Number(data.getBigUint64(locator + 8, true));
      if (position + END64_BYTES > source.size) fail('has no zip64 directory where it should be');
      const end = view(readBytes(source, position, END64_BYTES));
      if (end.getUint32(0, true) !== END64) fail('has no zip64 directory where it should be');
      count = Number(end.getBigUint64(32, true));
      size = Number(end.getBigUint64(40, true));
      start = Number(end.getBigUint64(48, true));
      directoryEnd = position;
    }
    if (start + size !== directoryEnd || count * CENTRAL_BYTES > size) fail('has a malformed zip directory');
    return { count, start, size };
  }
  return fail('is a zip archive without its directory: truncated');
}

/** Sizes and offset of an entry; those that do not fit 32 bits stand in the zip64 field, in this order. */
function wide(values: readonly number[], extra: Uint8Array, bad: Fail): readonly number[] {
  if (!values.includes(MAX32)) return values;
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== ZIP64_FIELD) continue;
    let next = at + 4;
    const end = Math.min(next + data.getUint16(at + 2, true), extra.length);
    return values.map((value) => {
      if (value !== MAX32) return value;
      if (next + 8 > end) bad('has a malformed zip64 field');
      next += 8;
      return Number(data.getBigUint64(next - 8, true));
    });
  }
  return values;
}

function entryName(bytes: Uint8Array, fail: Fail): string {
  const name = new TextDecoder().decode(bytes);
  if (!isInside(name)) fail(`has an entry '${name}': a path that leaves the archive`);
  return name;
}

/** Nothing here extracts to the disk, but whoever does so next must be safe as well. */
export const isInside = (name: string): boolean => name !== '' && !/^[/\\]|^[A-Za-z]:|\\|\0/.test(name) && !name.split('/').includes('..');

/** Fills `target`, of the entry's size, and checks the sum. */
export function readEntryInto(source: Source, entry: ZipEntry, target: Uint8Array, fail: Fail): void {
  if (entry.deflated) {
    target.set(readEntry(source, entry, fail));
    return;
  }
  source.read(target, entry.start);
  checkSum(entry, target, fail);
}

/** An entry's bytes. Those of a compressed one are only as many as really come out of it. */
export function readEntry(source: Source, entry: ZipEntry, fail: Fail): Uint8Array {
  const bytes = entry.deflated ? inflate(source, entry, fail) : readBytes(source, entry.start, entry.size);
  checkSum(entry, bytes, fail);
  return bytes;
}

function checkSum(entry: ZipEntry, bytes: Uint8Array, fail: Fail): void {
  if (crc32(bytes) !== entry.crc) fail(`entry '${entry.name}' is damaged: its CRC is not the one of the directory`);
}

function inflate(source: Source, entry: ZipEntry, fail: Fail): Uint8Array {
  const bad = (problem: string): never => fail(`entry '${entry.name}' ${problem}`);
  let bytes: Uint8Array;
  try {
    // Stops at the size that the directory says: a bomb takes no more than what it claims.
    bytes = inflateRawSync(readBytes(source, entry.start, entry.packed), { maxOutputLength: Math.max(entry.size, 1) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return bad(`does not inflate: ${code === 'ERR_BUFFER_TOO_LARGE' ? 'more comes out of it than the directory says' : message}`);
  }
  if (bytes.length !== entry.size) bad(`has ${bytes.length} bytes where the directory says ${entry.size}`);
  return bytes;
}

export interface ZipFile {
  readonly name: string;
  readonly data: readonly Uint8Array[];
}

export interface ZipOptions {
  readonly compress?: boolean;
  /** Data starts at multiples of this, by a field of padding. */
  readonly align?: number;
  /** Sizes and offsets from here on are written in 64 bits; lower in tests only. */
  readonly limit?: number;
}

/** The archive part by part, without copying what is stored. */
export function* encodeZip(files: readonly ZipFile[], options: ZipOptions = {}): Generator<Uint8Array> {
  const { compress = false, align = 1, limit = MAX32 } = options;
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.name);
    const size = file.data.reduce((sum, part) => sum + part.length, 0), crc = file.data.reduce((sum, part) => crc32(part, sum), 0);
    const data = compress ? [new Uint8Array(deflateRawSync(Buffer.concat(file.data)))] : file.data;
    const packed = compress ? data[0].length : size;
    const common = { name, crc, method: compress ? DEFLATED : STORED, size, packed };
    const big = Math.max(size, packed) >= limit, wideFields = big ? zip64Field([size, packed]) : new Uint8Array(0);
    const before = offset + LOCAL_BYTES + name.length + wideFields.length;
    const local = header(LOCAL, common, big, Buffer.concat([wideFields, padding(before, align)]));
    yield local;
    yield* data;
    const far = big || offset >= limit;
    directory.push(header(CENTRAL, common, far, far ? zip64Field([size, packed, offset]) : new Uint8Array(0), far ? MAX32 : offset));
    offset += local.length + packed;
  }
  yield* directory;
  yield ending(files.length, directory.reduce((sum, part) => sum + part.length, 0), offset, limit);
}

interface Common {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly method: number;
  readonly size: number;
  readonly packed: number;
}

function header(kind: typeof LOCAL | typeof CENTRAL, { name, crc, method, size, packed }: Common, big: boolean, extra: Uint8Array, offset = 0): Uint8Array {
  const fixed = kind === LOCAL ? LOCAL_BYTES : CENTRAL_BYTES, shift = kind === LOCAL ? 0 : 2;
  const bytes = new Uint8Array(fixed + name.length + extra.length), data = view(bytes);
  const version = big ? 45 : 20;
  data.setUint32(0, kind, true);
  if (kind === CENTRAL) data.setUint16(4, version, true);
  data.setUint16(4 + shift, version, true);
  data.setUint16(6 + shift, UTF8, true);
  data.setUint16(8 + shift, method, true);
  // 1 January 1980: the same values give the same file.
  data.setUint16(12 + shift, 33, true);
  data.setUint32(14 + shift, crc, true);
  data.setUint32(18 + shift, big ? MAX32 : packed, true);
  data.setUint32(22 + shift, big ? MAX32 : size, true);
  data.setUint16(26 + shift, name.length, true);
  data.setUint16(28 + shift, extra.length, true);
  if (kind === CENTRAL) data.setUint32(42, offset, true);
  bytes.set(name, fixed);
  bytes.set(extra, fixed + name.length);
  return bytes;
}

function zip64Field(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + values.length * 8), data = view(bytes);
  data.setUint16(0, ZIP64_FIELD, true);
  data.setUint16(2, values.length * 8, true);
  values.forEach((value, i) => data.setBigUint64(4 + i * 8, BigInt(value), true));
  return bytes;
}

/** A field of PyTorch's name for it, as long as brings the data to a multiple of `align`. */
function padding(before: number, align: number): Uint8Array {
  if (align === 1) return new Uint8Array(0);
  const bytes = new Uint8Array(4 + ((align - ((before + 4) % align)) % align)).fill(0x5a), data = view(bytes);
  data.setUint16(0, 0x4246, true);
  data.setUint16(2, bytes.length - 4, true);
  return bytes;
}

function ending(count: number, size: number, start: number, limit: number): Uint8Array {
  const big = count >= Math.min(limit, MAX16) || size >= limit || start >= limit;
  const bytes = new Uint8Array((big ? END64_BYTES + LOCATOR64_BYTES : 0) + END_BYTES), data = view(bytes);
  const end = bytes.length - END_BYTES;
  if (big) {
    data.setUint32(0, END64, true);
    data.setBigUint64(4, BigInt(END64_BYTES - 12), true);
    data.setUint16(12, 45, true);
    data.setUint16(14, 45, true);
    [count, count, size, start].forEach((value, i) => data.setBigUint64(24 + i * 8, BigInt(value), true));
    data.setUint32(END64_BYTES, LOCATOR64, true);
    data.setBigUint64(END64_BYTES + 8, BigInt(start + size), true);
    data.setUint32(END64_BYTES + 16, 1, true);
  }
  data.setUint32(end, END, true);
  data.setUint16(end + 8, big ? MAX16 : count, true);
  data.setUint16(end + 10, big ? MAX16 : count, true);
  data.setUint32(end + 12, big ? MAX32 : size, true);
  data.setUint32(end + 16, big ? MAX32 : start, true);
  return bytes;
}
