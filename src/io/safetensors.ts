/**
 * safetensors: 8 bytes of header length, a JSON header, raw little-endian data. `save` keeps the structure around the
 * tensors as a JSON tree in the header's `__metadata__`, where other readers see an entry of metadata.
 */
import { ITEM_SIZE, type DTYPES, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { contiguousLayout, MAX_ELEMENTS, numelOf } from '../core/layout.ts';
import { MAX_DIMS } from '../core/frame.ts';
import { Tensor } from '../tensor/tensor.ts';
import { bytesOf, readTensor } from './elements.ts';
import { readBytes, type Fail, type Source } from './source.ts';
import { decodeTree, encodeTree, type Saveable } from './tree.ts';

/** Names of the format, in the order of DTYPES. */
const NAMES = ['F32', 'F64', 'I64', 'I32', 'BOOL', 'I16', 'I8', 'U8', 'F16', 'BF16'] as const satisfies Readonly<Record<number, string>> & { readonly length: (typeof DTYPES)['length'] };
const STRUCTURE = 'flambeau.structure';
const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;

/** Text beside the tensors: `__metadata__` of the format. */
export type Metadata = Readonly<Record<string, string>>;

/** The file of a value, part by part, without copying the tensors. */
export function encodeSafetensors(value: unknown, metadata?: Metadata): Uint8Array[] {
  const tensors = new Map<string, Tensor>();
  const structure = encodeTree(value, tensors);
  return encodeTensors(tensors, { format: 'pt', ...checkMetadata(metadata), [STRUCTURE]: JSON.stringify(structure) });
}

/** The file of tensors by name, and nothing else. */
export function encodeTensors(tensors: ReadonlyMap<string, Tensor>, metadata: Metadata): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, tensor] of tensors) {
    const bytes = bytesOf(tensor.detach().contiguous());
    // defineProperty: a tensor may be called '__proto__'.
    Object.defineProperty(header, name, { value: { dtype: NAMES[tensor.dtypeCode], shape: tensor.shape, data_offsets: [end, end + bytes.length] }, enumerable: true });
    parts.push(bytes);
    end += bytes.length;
  }
  let json = JSON.stringify(header);
  // The data starts at a multiple of 8 bytes, so that it can be mapped.
  json += ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8);
  const text = Buffer.from(json);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return [length, text, ...parts];
}

export function checkMetadata(metadata: Metadata | undefined): Metadata {
  if (metadata === undefined) return {};
  if (!isRecord(metadata)) throw new ArgumentError('save', 'metadata', `must be an object of strings, got ${show(metadata)}`);
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') throw new ArgumentError('save', `metadata.${key}`, `must be a string, got ${show(text)}`);
    if (key === STRUCTURE) throw new ArgumentError('save', `metadata.${key}`, 'is the name of what save itself writes');
  }
  return metadata;
}

/** Where a tensor lies and what it is. */
export interface TensorEntry {
  readonly dtype: DTypeCode;
  readonly shape: readonly number[];
  /** Bytes from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/** A file's header, checked: no tensor outside of the file, none over another, no bytes that belong to nothing. */
export interface Header {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Metadata;
  readonly structure: string | undefined;
  readonly dataStart: number;
}

export function readHeader(source: Source, fail: Fail): Header {
  const { header, dataStart } = readJSON(source, fail);
  const entries = new Map<string, TensorEntry>();
  for (const [name, entry] of Object.entries(header)) if (name !== '__metadata__') entries.set(name, checkEntry(name, entry, source.size - dataStart, fail));
  checkTiling(entries, source.size - dataStart, fail);
  const given = header.__metadata__ ?? {};
  if (!isRecord(given)) return fail('the metadata is not an object');
  const { [STRUCTURE]: structure, ...metadata } = given;
  if (structure !== undefined && typeof structure !== 'string') return fail('the structure is not text');
  for (const [key, text] of Object.entries(metadata)) if (typeof text !== 'string') fail(`metadata '${key}' is not text`);
  return { entries, metadata: metadata as Metadata, structure, dataStart };
}

/** Reads a file as a whole. */
export function decodeSafetensors(source: Source, fail: Fail): Saveable {
  const header = readHeader(source, fail), tensors = new Map<string, Tensor>();
  for (const name of header.entries.keys()) tensors.set(name, readEntryTensor(source, header, name, fail));
  if (header.structure === undefined) return Object.fromEntries(tensors);
  return decodeTree(parseJSON(header.structure, 'structure', fail), tensors, fail);
}

/** Reads one tensor that the header has. */
export function readEntryTensor(source: Source, header: Header, name: string, fail: Fail): Tensor {
  const { begin, end, shape, dtype } = header.entries.get(name) as TensorEntry;
  return readTensor(source, header.dataStart + begin, end - begin, contiguousLayout(shape), dtype, `tensor '${name}'`, fail);
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tensor);

export function parseJSON(text: string, what: string, fail: Fail): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`the ${what} is not valid JSON`);
  }
}

function readJSON(source: Source, fail: Fail): { header: Record<string, unknown>; dataStart: number } {
  if (source.size < LENGTH_BYTES) fail(`has ${source.size} bytes, too few for a header`);
  const length = new DataView(readBytes(source, 0, LENGTH_BYTES).buffer).getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER, source.size - LENGTH_BYTES))) fail(`claims a header of ${length} bytes in a file of ${source.size}: not a safetensors file, or truncated`);
  const bytes = readBytes(source, LENGTH_BYTES, Number(length));
  const header = parseJSON(new TextDecoder().decode(bytes), 'header', fail);
  if (!isRecord(header)) return fail('the header is not an object');
  return { header, dataStart: LENGTH_BYTES + bytes.length };
}

function checkEntry(name: string, entry: unknown, available: number, fail: Fail): TensorEntry {
  const bad = (problem: string): never => fail(`tensor '${name}' ${problem}`);
  if (!isRecord(entry)) return bad('has no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  const code = NAMES.indexOf(dtype as (typeof NAMES)[number]);
  if (code < 0) bad(`has an unknown dtype ${JSON.stringify(dtype)}`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MAX_DIMS || !shape.every(isSize) || shape.some((n) => n > MAX_ELEMENTS)) return bad('has a malformed shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) return bad('has malformed offsets');
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > available) bad(`lies at bytes ${begin} to ${end} of ${available}`);
  const expected = numelOf(shape) * ITEM_SIZE[code];
  if (expected !== end - begin) bad(`of shape [${shape.join(', ')}] and dtype ${String(dtype)} needs ${expected} bytes but has ${end - begin}`);
  return { dtype: code, shape, begin, end };
}

/** The format forbids overlaps and holes: together the tensors never need more memory than the file has bytes. */
function checkTiling(entries: ReadonlyMap<string, TensorEntry>, available: number, fail: Fail): void {
  let position = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) fail(`tensor '${name}' starts at byte ${begin}, but the one before ends at ${position}`);
    position = end;
  }
  if (position !== available) fail(`has ${available - position} bytes after the last tensor`);
}
