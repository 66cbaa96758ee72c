/**
 * Files that appear under their name complete or not at all: written beside it, synced, renamed. A full disk, a kill or
 * a crash in between leaves the file that was there.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CHUNK } from './source.ts';

export function writeAtomic(path: string, parts: Iterable<Uint8Array>): void {
  const target = resolved(path), temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx');
    try {
      const mode = statSync(target, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined) fchmodSync(file, mode);
      for (const part of parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(target));
}

/** What a link points to is replaced, not the link. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

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
