/** Where bytes come from: a file or memory. Readers check every range against the size before they take memory for it. */
import { fstatSync, readSync } from 'node:fs';

export interface Source {
  readonly size: number;
  /** Fills `target` from a position; the range has been checked against the size. */
  read(target: Uint8Array, position: number): void;
}

/** Throws the error of the function that was called, with the name of the file and this problem. */
export type Fail = (problem: string) => never;

/** One call moves at most 2 GB. */
export const CHUNK = 1 << 30;

export function fileSource(file: number, fail: Fail): Source {
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

export function memorySource(bytes: Uint8Array): Source {
  return { size: bytes.length, read: (target, position) => target.set(bytes.subarray(position, position + target.length)) };
}

/** The bytes from a position on; the range has been checked. */
export function readBytes(source: Source, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.read(bytes, position);
  return bytes;
}
