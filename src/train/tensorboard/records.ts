/**
 * TFRecord framing: each record is its length (uint64, little endian), a checksum of the length, the bytes, and their
 * checksum. The checksum is CRC-32C, rotated and shifted by a constant so that a sum inside of summed data stays one
 * (tensorflow/core/lib/hash/crc32c.h).
 */
import { readBytes, type Fail, type Source } from '../../io/source.ts';

/** CRC-32C (Castagnoli, RFC 3720): the reversed polynomial 0x82f63b78. node:zlib has only the other CRC-32. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Length and its checksum, before the bytes; their checksum, after. */
const HEADER = 12, FOOTER = 4;

export function frame(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER + bytes.length + FOOTER), view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(bytes, HEADER);
  view.setUint32(HEADER + bytes.length, maskedCrc(bytes), true);
  return record;
}

/**
 * The records of a file, one in memory at a time. A file ends inside of a record while it is being written, or after a
 * crash: that record is left out, or with `strict` fails. Wrong sums fail.
 */
export function* readRecords(source: Source, fail: Fail, strict: boolean): Generator<Uint8Array> {
  for (let at = 0; at < source.size;) {
    const left = source.size - at;
    const header = left < HEADER ? null : readBytes(source, at, HEADER);
    if (header !== null) {
      const view = new DataView(header.buffer, header.byteOffset, HEADER), length = view.getBigUint64(0, true);
      if (view.getUint32(8, true) !== maskedCrc(header.subarray(0, 8))) return fail(`the length of the record at byte ${at} is damaged`);
      if (length <= BigInt(left - HEADER - FOOTER)) {
        const bytes = readBytes(source, at + HEADER, Number(length)), sum = readBytes(source, at + HEADER + bytes.length, FOOTER);
        if (new DataView(sum.buffer, sum.byteOffset, FOOTER).getUint32(0, true) !== maskedCrc(bytes)) return fail(`the record at byte ${at} is damaged`);
        yield bytes;
        at += HEADER + bytes.length + FOOTER;
        continue;
      }
    }
    if (strict) return fail(`ends inside of the record at byte ${at}`);
    return;
  }
}
