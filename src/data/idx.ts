/** IDX files, the format of MNIST: two zero bytes, a type, the number of dimensions, the big-endian sizes, the data. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { FileFormatError } from '../io/errors.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { TensorDataset } from './dataset.ts';

type Read = (bytes: Uint8Array, view: DataView, count: number) => Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Types of the format by their code; larger elements than bytes are big-endian. */
const TYPES: Readonly<Record<number, { readonly bytes: number; readonly read: Read }>> = {
  0x08: { bytes: 1, read: (bytes) => Uint8Array.from(bytes) },
  0x09: { bytes: 1, read: (bytes) => Int8Array.from(bytes, (byte) => (byte << 24) >> 24) },
  0x0b: { bytes: 2, read: (_, view, n) => Int16Array.from({ length: n }, (__, i) => view.getInt16(2 * i)) },
  0x0c: { bytes: 4, read: (_, view, n) => Int32Array.from({ length: n }, (__, i) => view.getInt32(4 * i)) },
  0x0d: { bytes: 4, read: (_, view, n) => Float32Array.from({ length: n }, (__, i) => view.getFloat32(4 * i)) },
  0x0e: { bytes: 8, read: (_, view, n) => Float64Array.from({ length: n }, (__, i) => view.getFloat64(8 * i)) },
};

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** Decompressed files are small; a bomb is not decompressed. */
const MAX_BYTES = 2 ** 31 - 1;

/** Reads an IDX file, plain or gzipped, as a tensor of the file's type (MNIST: uint8). */
export function readIdx(path: string): Tensor {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('readIdx', 'path', `must be a file name, got ${show(path)}`);
  const fail = (problem: string): never => {
    throw new FileFormatError('readIdx', path, problem);
  };
  const file = readFileSync(path);
  return parseIdx(isGzip(file) ? unzip(file, fail) : file, fail);
}

function unzip(file: Uint8Array, fail: (problem: string) => never): Uint8Array {
  try {
    return gunzipSync(file, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    return fail(`cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseIdx(bytes: Uint8Array, fail: (problem: string) => never): Tensor {
  if (bytes.length < 4) fail(`has ${bytes.length} bytes, too few for a header`);
  if (bytes[0] !== 0 || bytes[1] !== 0 || !(bytes[2] in TYPES)) fail(`does not start as an IDX file does: ${[...bytes.subarray(0, 4)].join(' ')}`);
  const type = TYPES[bytes[2]];
  const ndim = bytes[3], start = 4 + 4 * ndim;
  if (bytes.length < start) fail('ended in its header');
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: ndim }, (_, i) => header.getUint32(4 + 4 * i));
  const count = shape.reduce((a, b) => a * b, 1);
  if (start + count * type.bytes !== bytes.length) fail(`of shape [${shape.join(', ')}] needs ${start + count * type.bytes} bytes but has ${bytes.length}`);
  const data = bytes.subarray(start);
  return makeTensor(type.read(data, new DataView(data.buffer, data.byteOffset, data.length), count)).view(shape);
}

/** Images `[N, 784]` as float32 from 0 to 1 and labels `[N]` as int64, from the two IDX files of MNIST. */
export function readMnist(imagesPath: string, labelsPath: string): TensorDataset {
  const images = readIdx(imagesPath), labels = readIdx(labelsPath);
  if (images.ndim !== 3 || labels.ndim !== 1 || images.shape[0] !== labels.shape[0]) {
    throw new FileFormatError('readMnist', imagesPath, `images [${images.shape.join(', ')}] and labels [${labels.shape.join(', ')}] do not belong together`);
  }
  return new TensorDataset(images.view([images.shape[0], -1]).float().div(255), labels.long());
}
