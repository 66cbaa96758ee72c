/**
 * The container: the safetensors format (8 bytes of header length, a JSON header, raw little-endian data), which other
 * tools read and write. The structure around the tensors is a JSON tree in the header's `__metadata__`.
 */
import { allocateOwn } from '../core/allocator.ts';
import { BOOL, DTYPES, ITEM_SIZE, type DTypeCode } from '../core/dtype.ts';
import { contiguousLayout, numelOf } from '../core/layout.ts';
import { PlainTensor, type Tensor } from '../tensor/tensor.ts';
import { decodeTree, encodeTree, type Saveable } from './tree.ts';

/** Names of the format, in the order of DTYPES. */
const NAMES = ['F32', 'F64', 'I64', 'I32', 'BOOL', 'I16', 'I8', 'U8', 'F16', 'BF16'] as const satisfies Readonly<Record<number, string>> & { readonly length: (typeof DTYPES)['length'] };
const STRUCTURE = 'flambeau.structure';
const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;
const MAX_NDIM = 16;
const MAX_SIZE = 2 ** 31 - 1;

/** The header of a value and its data, part by part, without copying the tensors. */
export function encodeContainer(value: unknown): Uint8Array[] {
  const tensors = new Map<string, Tensor>();
  const structure = encodeTree(value, tensors);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', [STRUCTURE]: JSON.stringify(structure) } };
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

function bytesOf(tensor: Tensor): Uint8Array {
  const { storage, layout, dtypeCode } = tensor;
  const start = storage.byteOffset + layout.offset * ITEM_SIZE[dtypeCode];
  return storage.slab.bytes.subarray(start, start + layout.numel * ITEM_SIZE[dtypeCode]);
}

/** Where bytes come from: a file or memory. */
export interface Source {
  readonly size: number;
  /** Fills `target` from a position; the range has been checked against the size. */
  read(target: Uint8Array, position: number): void;
}

interface Entry {
  readonly dtype: DTypeCode;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Reads a container. Every length is checked against the size of the source before memory is taken for it. */
export function decodeContainer(source: Source, fail: (problem: string) => never): Saveable {
  const { header, dataStart } = readHeader(source, fail);
  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(header)) if (name !== '__metadata__') entries.set(name, checkEntry(name, entry, source.size - dataStart, fail));
  checkTiling(entries, source.size - dataStart, fail);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of entries) tensors.set(name, readTensor(source, dataStart, entry, name, fail));
  const metadata = header.__metadata__;
  const structure = isRecord(metadata) ? metadata[STRUCTURE] : undefined;
  if (structure === undefined) return Object.fromEntries(tensors);
  if (typeof structure !== 'string') return fail('the structure is not text');
  return decodeTree(parse(structure, 'structure', fail), tensors, fail);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string, what: string, fail: (problem: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`the ${what} is not valid JSON`);
  }
}

function readHeader(source: Source, fail: (problem: string) => never): { header: Record<string, unknown>; dataStart: number } {
  if (source.size < LENGTH_BYTES) fail(`has ${source.size} bytes, too few for a header`);
  const prefix = new Uint8Array(LENGTH_BYTES);
  source.read(prefix, 0);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER, source.size - LENGTH_BYTES))) fail(`claims a header of ${length} bytes in a file of ${source.size}: not a safetensors file, or truncated`);
  const bytes = new Uint8Array(Number(length));
  source.read(bytes, LENGTH_BYTES);
  const header = parse(new TextDecoder().decode(bytes), 'header', fail);
  if (!isRecord(header)) return fail('the header is not an object');
  return { header, dataStart: LENGTH_BYTES + bytes.length };
}

function checkEntry(name: string, entry: unknown, available: number, fail: (problem: string) => never): Entry {
  const bad = (problem: string): never => fail(`tensor '${name}' ${problem}`);
  if (!isRecord(entry)) return bad('has no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  const code = NAMES.indexOf(dtype as (typeof NAMES)[number]);
  if (code < 0) bad(`has an unknown dtype ${JSON.stringify(dtype)}`);
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MAX_NDIM || !shape.every(isSize) || shape.some((n) => n > MAX_SIZE)) return bad('has a malformed shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) return bad('has malformed offsets');
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > available) bad(`lies at bytes ${begin} to ${end} of ${available}`);
  const expected = numelOf(shape) * ITEM_SIZE[code];
  if (expected !== end - begin) bad(`of shape [${shape.join(', ')}] and dtype ${String(dtype)} needs ${expected} bytes but has ${end - begin}`);
  return { dtype: code, shape, begin, end };
}

/** The format forbids overlaps and holes: together the tensors never need more memory than the file has bytes. */
function checkTiling(entries: ReadonlyMap<string, Entry>, available: number, fail: (problem: string) => never): void {
  let position = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) fail(`tensor '${name}' starts at byte ${begin}, but the one before ends at ${position}`);
    position = end;
  }
  if (position !== available) fail(`has ${available - position} bytes after the last tensor`);
}

function readTensor(source: Source, dataStart: number, entry: Entry, name: string, fail: (problem: string) => never): Tensor {
  const storage = allocateOwn(entry.end - entry.begin);
  const tensor = new PlainTensor(storage, contiguousLayout(entry.shape), entry.dtype);
  const bytes = bytesOf(tensor);
  source.read(bytes, dataStart + entry.begin);
  if (entry.dtype === BOOL && bytes.some((byte) => byte > 1)) fail(`tensor '${name}' of bools has other bytes than 0 and 1`);
  return tensor;
}
