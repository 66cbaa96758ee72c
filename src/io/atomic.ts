/**
 * Files that appear under their name complete or not at all: written beside it, synced, renamed. A full disk, a kill or
 * a crash in between leaves the file that was there.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CHUNK } from './source.ts';

/** A temporary file that nobody has written to for so long was left by a process that was killed, in milliseconds. */
const ABANDONED = 60 * 60 * 1000;
const TEMPORARY = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

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
  removeAbandoned(target);
  syncDirectory(dirname(target));
}

/** Saves of this file that were killed leave their part of it behind. */
function removeAbandoned(target: string): void {
  const folder = dirname(target), name = basename(target);
  try {
    for (const file of readdirSync(folder)) {
      if (!file.startsWith(name) || !TEMPORARY.test(file.slice(name.length))) continue;
      const path = join(folder, file), { mtimeMs } = statSync(path);
      if (Date.now() - mtimeMs > ABANDONED) rmSync(path, { force: true });
    }
  } catch {
    // Another process may be first, or the folder not be readable: what was saved is saved.
  }
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
