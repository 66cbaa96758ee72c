/**
 * Pages of a column, decoded by hyparquet. It trusts counts, runs and lengths, so each page is checked before: no run is
 * longer than what is left to read, and nothing takes more memory than the rows of the file.
 */
import type { ColumnMetaData, DecodedArray, PageHeader, ParquetParsers } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert } from 'hyparquet/src/convert.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn } from 'hyparquet/src/schema.js';
import type { SchemaTree } from 'hyparquet/src/types.js';
import type { Fail } from '../../io/source.ts';
import { decompress } from './codecs.ts';
import { checkThrift } from './thrift.ts';

/** Values that a page may have beyond 8 of each byte that deflate makes: those of a single long run. */
const RUN_VALUES = 1 << 24;
const VALUES_PER_BYTE = 8 * 1032;
/** Writers fill up the last group of bit-packed values; parquet-mr makes up to 63 groups of 8 at once. */
const PADDING = 63 * 8;
/** Bytes of text that prefixes of earlier ones may add up to, as a multiple of the page and at least. */
const MAX_TEXT = 1 << 26;

export interface Leaf {
  readonly meta: ColumnMetaData;
  readonly schemaPath: SchemaTree[];
  readonly parsers: ParquetParsers;
  /** Rows of the row group. */
  readonly rows: number;
}

const bitWidth = (max: number): number => 32 - Math.clz32(max);

/** The runs of `count` numbers of some bits (the hybrid of run lengths and bit-packing) from `start` to before `end`. */
function checkRuns(bytes: Uint8Array, start: number, end: number, width: number, count: number, fail: Fail): void {
  if (width > 32) fail(`has numbers of ${width} bits`);
  for (let at = start, seen = 0; seen < count;) {
    let header = 0, shift = 0, byte = 0;
    do {
      if (at >= end || shift > 28) return fail('has a page whose runs do not fill it');
      byte = bytes[at++];
      header += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte > 127);
    const packed = header % 2 === 1, length = Math.floor(header / 2) * (packed ? 8 : 1);
    if (length > count - seen + (packed ? PADDING : 0)) fail(`has a run of ${length} values where ${count - seen} are left`);
    at += packed ? (length / 8) * width : Math.ceil(width / 8);
    seen += length;
  }
}

/** Levels with their length before them, as pages of the first version have them; gives the position behind. */
function checkLevels(page: Uint8Array, at: number, max: number, count: number, fail: Fail): number {
  if (max === 0) return at;
  if (at + 4 > page.length) fail('has a page that ends in its levels');
  const length = new DataView(page.buffer, page.byteOffset).getUint32(at, true);
  if (length > page.length - at - 4) fail('has a page that ends in its levels');
  checkRuns(page, at + 4, page.length, bitWidth(max), count, fail);
  return at + 4 + length;
}

/** Delta encodings begin with sizes that are allocated as they are. */
function checkDeltas(page: Uint8Array, start: number, fail: Fail): void {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = at < page.length ? page[at++] : fail('has a page that ends in its deltas');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 128) return value;
    }
    return fail('has deltas with a malformed header');
  };
  const block = varint(), miniblocks = varint();
  if (miniblocks === 0 || miniblocks > 512 || block === 0 || block > 1 << 20 || block % miniblocks !== 0) fail('has deltas with a malformed header');
}

/** Texts that repeat a part of the one before them: what they add up to, and that there is as much before them. */
function checkPrefixes(page: Uint8Array, start: number, count: number, fail: Fail): void {
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.length), offset: start };
  const prefixes = new Int32Array(count), suffixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, prefixes);
  checkDeltas(page, reader.offset, fail);
  deltaBinaryUnpack(reader, count, suffixes);
  let total = 0, before = 0;
  for (let i = 0; i < count; i++) {
    if (prefixes[i] < 0 || suffixes[i] < 0 || prefixes[i] > before) fail('has a text that repeats more than the one before it has');
    before = prefixes[i] + suffixes[i];
    total += before;
  }
  if (total > Math.max(MAX_TEXT, page.length * 1032)) fail(`has ${total} bytes of text in a page of ${page.length}`);
}

/** Bytes of a plain value; texts have at least their length. */
const BYTES: Readonly<Partial<Record<string, number>>> = { BOOLEAN: 1 / 8, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8, BYTE_ARRAY: 4 };

/** Values as they are, of which each has its bytes. */
function checkPlain(available: number, { meta: { type }, schemaPath }: Leaf, count: number, fail: Fail): void {
  const width = BYTES[type] ?? schemaPath[schemaPath.length - 1].element.type_length;
  if (width === undefined || !(width > 0) || count * width > available) fail(`has ${count} values of type ${type} in ${available} bytes`);
}

function checkValues(page: Uint8Array, start: number, encoding: string | undefined, leaf: Leaf, count: number, fail: Fail): void {
  if (start > page.length) fail('has a page that ends in its levels');
  if (count === 0) return;
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    if (start >= page.length) fail('has a page without values');
    // Without bits every value is the first one.
    if (page[start] > 0) checkRuns(page, start + 1, page.length, page[start], count, fail);
  } else if (encoding === 'RLE') checkLevels(page, start, 1, count, fail);
  else if (encoding?.startsWith('DELTA')) {
    checkDeltas(page, start, fail);
    if (encoding === 'DELTA_BYTE_ARRAY') checkPrefixes(page, start, count, fail);
  } else checkPlain(page.length - start, leaf, count, fail);
}

/** Values that are not null: their count is known only from the levels. */
function presentOf(page: Uint8Array, end: number, at: number, width: number, max: number, count: number): number {
  let present = 0;
  for (let seen = 0; seen < count;) {
    let header = 0, shift = 0, byte = 0;
    do {
      byte = page[at++];
      header += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte > 127);
    const length = Math.min(Math.floor(header / 2) * (header % 2 === 1 ? 8 : 1), count - seen);
    if (header % 2 === 0) {
      if (page[at] === max) present += length;
      at += Math.ceil(width / 8);
    } else {
      for (let i = 0; i < length; i++) {
        const bit = at * 8 + i * width, two = (page[bit >> 3] ?? 0) + ((page[(bit >> 3) + 1] ?? 0) << 8);
        if (((two >> (bit & 7)) & (2 ** width - 1)) === max) present++;
      }
      at += Math.floor(header / 2) * width;
    }
    seen += length;
    if (at > end && seen < count) break;
  }
  return present;
}

/** Checks a page and gives it decompressed: of the second version without its levels, which are not compressed. */
function checkedPage(compressed: Uint8Array, header: PageHeader, leaf: Leaf, most: number, fail: Fail): Uint8Array {
  const { meta: { codec }, schemaPath } = leaf;
  const size = header.uncompressed_page_size, maxRep = getMaxRepetitionLevel(schemaPath), maxDef = getMaxDefinitionLevel(schemaPath);
  const counted = (count: unknown): number => {
    if (!Number.isInteger(count) || (count as number) < 0 || (count as number) > most || (count as number) > RUN_VALUES + compressed.length * VALUES_PER_BYTE) fail(`has a page of ${String(count)} values where ${most} are left`);
    return count as number;
  };
  if (header.type === 'DICTIONARY_PAGE') {
    const page = decompress(compressed, size, codec, fail), count = header.dictionary_page_header?.num_values ?? -1;
    if (!(count >= 0)) fail(`has a dictionary of ${count} values`);
    checkPlain(page.length, leaf, count, fail);
    return page;
  }
  if (header.type === 'DATA_PAGE') {
    const given = header.data_page_header ?? fail('has a data page without a header'), count = counted(given.num_values), page = decompress(compressed, size, codec, fail);
    const levels = checkLevels(page, 0, maxRep, count, fail), at = checkLevels(page, levels, maxDef, count, fail);
    const present = maxDef === 0 ? count : presentOf(page, page.length, levels + 4, bitWidth(maxDef), maxDef, count);
    checkValues(page, at, given.encoding, leaf, present, fail);
    return page;
  }
  if (header.type !== 'DATA_PAGE_V2') return fail(`has a page of type ${String(header.type)}`);
  const given = header.data_page_header_v2 ?? fail('has a data page without a header');
  const { repetition_levels_byte_length: reps, definition_levels_byte_length: defs } = given, count = counted(given.num_values);
  if (!(reps >= 0 && defs >= 0 && reps + defs <= compressed.length && reps + defs <= size)) fail('has a page that ends in its levels');
  if (!(given.num_nulls >= 0 && given.num_nulls <= count && given.num_rows >= 0)) fail('has a page with malformed counts');
  if (maxRep > 0) checkRuns(compressed, 0, compressed.length, bitWidth(maxRep), count, fail);
  if (maxDef > 0) checkRuns(compressed, reps, compressed.length, bitWidth(maxDef), count, fail);
  const page = decompress(compressed.subarray(reps + defs), size - reps - defs, given.is_compressed === false ? 'UNCOMPRESSED' : codec, fail);
  checkValues(page, 0, given.encoding, leaf, count - given.num_nulls, fail);
  return page;
}

/** The values of a column chunk, a piece per page (or, of nested values, one piece). */
export function readChunk(bytes: Uint8Array, leaf: Leaf, fail: Fail): DecodedArray[] {
  const { meta, schemaPath, parsers } = leaf, flat = isFlatColumn(schemaPath), pieces: DecodedArray[] = [];
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  const decoder = { pathInSchema: meta.path_in_schema, type: meta.type, element: schemaPath[schemaPath.length - 1].element, schemaPath, codec: meta.codec, parsers, utf8: false };
  let left = flat ? leaf.rows : Number(meta.num_values), dictionary: DecodedArray | undefined, last: DecodedArray | undefined;
  while (left > 0 && reader.offset < bytes.length - 1) {
    checkThrift(bytes, reader.offset, fail);
    const header = parquetHeader(reader), length = header.compressed_page_size;
    if (!(length >= 0 && length <= bytes.length - reader.offset)) fail(`has a page of ${String(length)} bytes where ${bytes.length - reader.offset} are left`);
    const page = checkedPage(bytes.subarray(reader.offset, reader.offset + length), header, leaf, left, fail);
    const { data } = readPage(reader, header, { ...decoder, compressors: { [meta.codec]: () => page } }, dictionary, flat ? undefined : last, 0);
    if (header.type === 'DICTIONARY_PAGE') dictionary = data === undefined ? undefined : convert(data, decoder);
    else {
      left -= header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
      if (data !== undefined && data !== last) pieces.push(data);
      last = data;
    }
  }
  if (left > 0) fail(`has ${left} values too few in column ${JSON.stringify(meta.path_in_schema.join('.'))}`);
  return pieces;
}
