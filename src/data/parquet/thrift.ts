/**
 * A walk over Thrift's compact protocol, in which Parquet's headers are written, before hyparquet reads them: it follows
 * lists, lengths and numbers as far as they go, however far that is.
 */
import type { Fail } from '../../io/source.ts';

const STOP = 0, BYTE = 3, I16 = 4, I64 = 6, DOUBLE = 7, BINARY = 8, LIST = 9, STRUCT = 12;
/** Bytes of a 64-bit number, 7 bits in each. */
const MAX_VARINT = 10;
/** The format itself nests no deeper than a dozen. */
const MAX_DEPTH = 32;

/** The position behind the struct at a position. */
export function checkThrift(bytes: Uint8Array, start: number, fail: Fail): number {
  let at = start;
  const byte = (): number => (at < bytes.length ? bytes[at++] : fail('ended inside of a header'));
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT; i++) {
      const next = byte();
      value += (next & 0x7f) * 128 ** i;
      if (next < 128) return value;
    }
    return fail('has a number of more than 64 bits in a header');
  };
  const skip = (count: number): void => {
    if (count > bytes.length - at) fail('ended inside of a header');
    at += count;
  };
  const value = (type: number, depth: number): void => {
    if (type >= I16 && type <= I64) varint();
    else if (type === BYTE) skip(1);
    else if (type === DOUBLE) skip(8);
    else if (type === BINARY) skip(varint());
    else if (type === STRUCT) struct(depth + 1);
    else if (type === LIST) {
      const head = byte(), size = head >> 4 === 15 ? varint() : head >> 4, element = head & 15;
      // Every element has a byte or more.
      if (size > bytes.length - at) fail(`has a list of ${size} in a header that is shorter`);
      for (let i = 0; i < size; i++) value(element <= 2 ? BYTE : element, depth + 1);
    } else if (type > 2 || type === STOP) fail(`has a value of unknown type ${type} in a header`);
  };
  const struct = (depth: number): void => {
    if (depth > MAX_DEPTH) fail('has a header that is nested too deep');
    for (let head = byte(); (head & 15) !== STOP; head = byte()) {
      if (head >> 4 === 0) varint();
      value(head & 15, depth);
    }
  };
  struct(0);
  return at;
}
