/** Checks of a binary before it is loaded: dlopen of a truncated ELF file ends the process with SIGBUS. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

const ELF_HEADER = 64;

/** Why the file cannot be a complete shared object, or undefined. Other formats are checked by their own loaders. */
export function findDamage(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const header = Buffer.alloc(ELF_HEADER);
    const length = readSync(file, header, 0, ELF_HEADER, 0);
    if (length < ELF_HEADER) return `the file is truncated (${size} bytes)`;
    const isElf64 = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
    if (!isElf64) return undefined;
    // Linkers and strip write the section headers last: a file that holds all of them is complete.
    const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
    return end > size ? `the file is truncated (${size} of ${end} bytes)` : undefined;
  } finally {
    closeSync(file);
  }
}

/** `linux-x64.glibc`, `darwin-arm64`, ...: the key of this platform's prebuilt binary. */
export function platformKey(): string {
  const key = `${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? `${key}.${isMusl() ? 'musl' : 'glibc'}` : key;
}

function isMusl(): boolean {
  try {
    return readFileSync('/proc/self/maps', 'utf8').includes('ld-musl-');
  } catch {
    // Without /proc: glibc is the common case, and dlopen says so if it is wrong.
    return false;
  }
}
