/** `save` and `load`: one file of any format, by its name or its first bytes. */
import { closeSync, openSync } from 'node:fs';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { writeAtomic } from './atomic.ts';
import { FileFormatError } from './errors.ts';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz, isNpy } from './npy.ts';
import { decodePyTorch, encodePyTorch } from './pytorch.ts';
import { decodeSafetensors, encodeSafetensors, type Metadata } from './safetensors.ts';
import { isIndex, loadIndexed } from './safetensors-file.ts';
import { fileSource, memorySource, readBytes, type Fail, type Source } from './source.ts';
import type { Saveable } from './tree.ts';
import { readDirectory } from './zip.ts';

/** `pt` is PyTorch's own. */
export type Format = 'safetensors' | 'pt' | 'npy' | 'npz';

export interface SaveOptions {
  /** By the ending of the file name if not given: .pt and .pth, .npy, .npz, and safetensors for everything else. */
  readonly format?: Format;
  /** Text beside the tensors of a safetensors file. */
  readonly metadata?: Metadata;
  /** Deflates the arrays of a npz file, as `numpy.savez_compressed` does. */
  readonly compress?: boolean;
}

const ENCODERS: Readonly<Record<Format, (value: unknown, options: SaveOptions) => Iterable<Uint8Array>>> = {
  safetensors: (value, { metadata }) => encodeSafetensors(value, metadata),
  pt: (value) => encodePyTorch(value),
  npy: (value) => encodeNpy(value),
  npz: (value, { compress }) => encodeNpz(value, compress === true),
};

const ENDINGS: readonly (readonly [string, Format])[] = [['.pt', 'pt'], ['.pth', 'pt'], ['.npy', 'npy'], ['.npz', 'npz']];

function encode(op: string, value: unknown, options: SaveOptions, fallback: Format): Iterable<Uint8Array> {
  const { format = fallback, metadata } = options;
  if (!Object.hasOwn(ENCODERS, format)) throw new ArgumentError(op, 'format', `must be one of ${Object.keys(ENCODERS).join(', ')}, got ${show(format)}`);
  if (metadata !== undefined && format !== 'safetensors') throw new ArgumentError(op, 'metadata', `has no place in a ${format} file`);
  return ENCODERS[format](value, options);
}

/**
 * Writes a tensor, or arrays and plain objects of tensors, numbers, strings, booleans, bigints and null: as a file of
 * PyTorch (`.pt`, `.pth`, which `torch.load` reads), NumPy (`.npy`, `.npz`) or safetensors (any other ending). The file
 * appears under its name complete or not at all.
 */
export function save(value: Saveable | object, path: string, options: SaveOptions = {}): void {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('save', 'path', `must be a file name, got ${show(path)}`);
  writeAtomic(path, encode('save', value, options, ENDINGS.find(([ending]) => path.toLowerCase().endsWith(ending))?.[1] ?? 'safetensors'));
}

/**
 * Reads what {@link save} wrote, and any file of PyTorch, NumPy or safetensors that holds tensors and plain values; what
 * it is, is read from its first bytes. `<name>.safetensors.index.json` reads a model in several files. A pickle is never
 * executed: one that asks for more than tensors and plain values is refused. A malformed file throws a
 * {@link FileFormatError}; no more memory is taken than the file has bytes (or deflated ones inflate to).
 */
export function load<T = Saveable>(path: string): T {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('load', 'path', `must be a file name, got ${show(path)}`);
  if (isIndex(path)) return loadIndexed(path) as T;
  const file = openSync(path, 'r');
  try {
    const fail = (problem: string): never => {
      throw new FileFormatError('load', path, problem);
    };
    return decode(fileSource(file, fail), fail) as T;
  } finally {
    closeSync(file);
  }
}

const START_BYTES = 8;

function decode(source: Source, fail: Fail): Saveable {
  const start = readBytes(source, 0, Math.min(START_BYTES, source.size));
  if (isNpy(start)) return decodeNpy(source, fail);
  // PK\3\4, or PK\5\6 of an archive without entries.
  if (start[0] === 0x50 && start[1] === 0x4b && start[2] + 1 === start[3] && start[2] <= 5) {
    const entries = readDirectory(source, fail);
    const isNpz = entries.size === 0 || [...entries.keys()].some((name) => name.endsWith('.npy'));
    return isNpz ? decodeNpz(source, entries, fail) : decodePyTorch(source, entries, fail);
  }
  // A header length never has these bytes: its upper ones are zero.
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5 && start[7] !== 0) fail('is a bare pickle, of a PyTorch before 1.6 or of other Python: save it again with torch.save');
  return decodeSafetensors(source, fail);
}

/** The bytes that {@link save} would write. */
export function serialize(value: Saveable | object, options: SaveOptions = {}): Uint8Array {
  return new Uint8Array(Buffer.concat([...encode('serialize', value, options, 'safetensors')]));
}

/** Reads what {@link serialize} gave, or the bytes of any file that {@link load} reads. */
export function deserialize<T = Saveable>(bytes: Uint8Array): T {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('deserialize', 'bytes', `must be a Uint8Array, got ${show(bytes)}`);
  return decode(memorySource(bytes), (problem) => {
    throw new FileFormatError('deserialize', 'the given bytes', problem);
  }) as T;
}
