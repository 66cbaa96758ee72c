/** Doing work only when its inputs changed: a stamp file holds the hash of what the last run was made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

function* filesUnder(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isFile()) return yield path;
  for (const entry of readdirSync(path).sort()) yield* filesUnder(join(path, entry));
}

/** Hash of the contents of files and folders, and of further strings. */
export function hashOf(paths, ...strings) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesUnder(path)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  for (const text of strings) hash.update(text).update('\0');
  return hash.digest('hex');
}

/** Whether `stamp` records this hash. */
export const isCurrent = (stamp, hash) => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;

export function record(stamp, hash) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
