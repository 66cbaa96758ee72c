/** `flambeau/io`: tensors, and structures of tensors such as state dicts, in files. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { decodeContainer, encodeContainer, type Source } from './container.ts';
import { FileFormatError } from './errors.ts';
import type { Saveable } from './tree.ts';

export { FileFormatError } from './errors.ts';
export type { Saveable } from './tree.ts';

/**
 * Writes a tensor, or arrays and plain objects of tensors, numbers, strings, booleans, bigints and null. The file is a
 * safetensors file. It appears under its name complete or not at all.
 */
export function save(value: Saveable, path: string): void {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('save', 'path', `must be a file name, got ${show(path)}`);
  const parts = encodeContainer(value);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx');
    try {
      for (const part of parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** One write call moves at most 2 GB. */
const CHUNK = 1 << 30;

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, Math.min(CHUNK, bytes.length - done));
}

/** Makes the rename itself durable, where directories can be synced. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    // Windows cannot open directories; the file itself is safe.
  }
}

/**
 * Reads what {@link save} wrote, or any safetensors file (then an object of tensors by name). A malformed file throws a
 * {@link FileFormatError}; no more memory is taken than the file has bytes.
 */
export function load(path: string): Saveable {
  if (typeof path !== 'string' || path === '') throw new ArgumentError('load', 'path', `must be a file name, got ${show(path)}`);
  const file = openSync(path, 'r');
  try {
    const fail = (problem: string): never => {
      throw new FileFormatError('load', path, problem);
    };
    return decodeContainer(fileSource(file, fail), fail);
  } finally {
    closeSync(file);
  }
}

function fileSource(file: number, fail: (problem: string) => never): Source {
  const { size } = fstatSync(file);
  return {
    size,
    read(target, position) {
      for (let done = 0; done < target.length;) {
        const count = readSync(file, target, done, Math.min(CHUNK, target.length - done), position + done);
        if (count === 0) fail('ended while it was read');
        done += count;
      }
    },
  };
}

/** The bytes that {@link save} would write. */
export function serialize(value: Saveable): Uint8Array {
  return new Uint8Array(Buffer.concat(encodeContainer(value)));
}

/** Reads what {@link serialize} gave. */
export function deserialize(bytes: Uint8Array): Saveable {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('deserialize', 'bytes', `must be a Uint8Array, got ${show(bytes)}`);
  const fail = (problem: string): never => {
    throw new FileFormatError('deserialize', 'the given bytes', problem);
  };
  return decodeContainer({ size: bytes.length, read: (target, position) => target.set(bytes.subarray(position, position + target.length)) }, fail);
}
