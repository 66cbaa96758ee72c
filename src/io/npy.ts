/** NumPy's npy files and npz archives of them (format 1.0 to 3.0 of `numpy.lib.format`). */
import { ITEM_SIZE, type DTYPES, type DTypeCode } from '../core/dtype.ts';
import { isOptions, show } from '../core/args.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { MAX_DIMS } from '../core/frame.ts';
import { contiguousLayout, contiguousStrides, Layout, MAX_ELEMENTS, numelOf } from '../core/layout.ts';
import { Tensor } from '../tensor/tensor.ts';
import { bytesOf, readTensor } from './elements.ts';
import { memorySource, readBytes, type Fail, type Source } from './source.ts';
import { encodeZip, isInside, readEntry, type ZipEntry } from './zip.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const PREFIX_BYTES = 10;
const ALIGNMENT = 64;

/** Kind and size of NumPy's dtypes, in the order of DTYPES; NumPy has no bfloat16. */
const KINDS = ['f4', 'f8', 'i8', 'i4', 'b1', 'i2', 'i1', 'u1', 'f2', null] as const satisfies Readonly<Record<number, string | null>> & { readonly length: (typeof DTYPES)['length'] };

export const isNpy = (prefix: Uint8Array): boolean => MAGIC.every((byte, i) => prefix[i] === byte);

interface NpyHeader {
  readonly code: DTypeCode;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

export function decodeNpy(source: Source, fail: Fail): Tensor {
  if (source.size < PREFIX_BYTES) fail(`has ${source.size} bytes, too few for a header`);
  const prefix = readBytes(source, 0, PREFIX_BYTES), version = prefix[6];
  if (!isNpy(prefix)) fail('is not an npy file');
  if (version < 1 || version > 3) fail(`is of npy version ${version}; 1 to 3 can be read`);
  // From version 2 on the length has four bytes.
  const start = version === 1 ? PREFIX_BYTES : PREFIX_BYTES + 2;
  if (source.size < start) fail(`has ${source.size} bytes, too few for a header`);
  const lengthBytes = new DataView(readBytes(source, 8, start - 8).buffer);
  const length = version === 1 ? lengthBytes.getUint16(0, true) : lengthBytes.getUint32(0, true);
  if (length > source.size - start) fail(`claims a header of ${length} bytes in a file of ${source.size}`);
  const { code, bigEndian, fortran, shape } = parseHeader(new TextDecoder().decode(readBytes(source, start, length)), fail);
  const available = source.size - start - length, needed = numelOf(shape) * ITEM_SIZE[code];
  if (needed !== available) fail(`of shape [${shape.join(', ')}] and dtype ${KINDS[code]} needs ${needed} bytes of data but has ${available}`);
  const layout = fortran ? new Layout(Object.freeze([...shape]), Object.freeze(contiguousStrides([...shape].reverse()).reverse()), 0) : contiguousLayout(shape);
  return readTensor(source, start + length, needed, layout, code, 'the array', fail, bigEndian);
}

/** Reads a Python literal: a dict of `descr`, `fortran_order` and `shape`. */
function parseHeader(text: string, fail: Fail): NpyHeader {
  const body = /^\{([^{}]*)\}\s*$/.exec(text)?.[1] ?? fail('has a header that is not a dict');
  const fields = new Map<string, string>();
  const item = /\s*'(\w+)'\s*:\s*('[^']*'|\w+|\([^()]*\)|\[[^[\]]*\])\s*(,|$)/y;
  for (let match = item.exec(body); match !== null; match = item.exec(body)) {
    fields.set(match[1], match[2]);
    if (body.slice(item.lastIndex).trim() === '') break;
  }
  const descr = fields.get('descr') ?? '', order = fields.get('fortran_order'), shape = fields.get('shape') ?? '';
  if (fields.size !== 3 || (order !== 'True' && order !== 'False')) return fail('has a header without just descr, fortran_order and shape');
  const [, endian, kind] = /^'([<>|=])(\w+)'$/.exec(descr) ?? [];
  const code = (KINDS as readonly (string | null)[]).indexOf(kind ?? '');
  if (code < 0) return fail(`has elements of type ${descr}, which no tensor has: convert them in NumPy, to one of ${KINDS.filter((name) => name !== null).join(', ')}`);
  const sizes = /^\((?:\d+,)?(?:\d+,)*(?:\d+)?\)$/.test(shape.replaceAll(' ', '')) ? shape.slice(1, -1).split(',').map((size) => size.trim()).filter((size) => size !== '').map(Number) : fail(`has a malformed shape ${shape}`);
  if (sizes.length > MAX_DIMS || sizes.some((size) => size > MAX_ELEMENTS)) fail(`has a shape ${shape} that no tensor has`);
  return { code, bigEndian: endian === '>', fortran: order === 'True', shape: sizes };
}

/** The file of a tensor. One whose transpose is contiguous is written in Fortran's order, as NumPy does. */
export function encodeNpy(value: unknown, at = 'value'): Uint8Array[] {
  if (!(value instanceof Tensor)) throw new ArgumentError('save', at, `must be a Tensor for a npy file, got ${show(value)}`);
  const kind = KINDS[value.dtypeCode];
  if (kind === null) throw new DTypeError('save', value.dtype, `${at}: NumPy has no ${value.dtype}; save it .to('float32'), or as safetensors`);
  const tensor = value.detach(), { layout } = tensor;
  const reversed = new Layout([...layout.shape].reverse(), [...layout.strides].reverse(), layout.offset);
  const fortran = !layout.contiguous && reversed.contiguous;
  const shape = `(${layout.shape.join(', ')}${layout.shape.length === 1 ? ',' : ''})`;
  let text = `{'descr': '${ITEM_SIZE[value.dtypeCode] === 1 ? '|' : '<'}${kind}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  text += `${' '.repeat((ALIGNMENT - ((PREFIX_BYTES + text.length + 1) % ALIGNMENT)) % ALIGNMENT)}\n`;
  return [new Uint8Array([...MAGIC, 1, 0, text.length & 255, text.length >> 8]), new TextEncoder().encode(text), bytesOf(fortran ? tensor : tensor.contiguous())];
}

/** An archive of arrays by name. */
export function decodeNpz(source: Source, entries: ReadonlyMap<string, ZipEntry>, fail: Fail): Record<string, Tensor> {
  return Object.fromEntries([...entries.values()].map((entry) => {
    const problem = (text: string): never => fail(`entry '${entry.name}' ${text}`);
    if (!entry.name.endsWith('.npy')) problem('is not a npy file');
    return [entry.name.slice(0, -'.npy'.length), decodeNpy(memorySource(readEntry(source, entry, fail)), problem)];
  }));
}

export function encodeNpz(value: unknown, compress: boolean): Iterable<Uint8Array> {
  if (!isOptions(value)) throw new ArgumentError('save', 'value', `must be an object of tensors for a npz file, got ${show(value)}`);
  return encodeZip(Object.entries(value).map(([name, tensor]) => {
    if (!isInside(name)) throw new ArgumentError('save', 'value', `has a name ${show(name)}, which leaves the archive`);
    return { name: `${name}.npy`, data: encodeNpy(tensor, name) };
  }), { compress });
}
