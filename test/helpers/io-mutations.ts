/** Changed files: bytes, words that are likely lengths, cut, doubled and moved pieces; the same ones in every run. */

const LENGTHS = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** Sequence of numbers below a bound (Marsaglia's xorshift32). */
function sequence(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(bound, 1);
  };
}

export function* randomCases(whole: Uint8Array, count: number): Generator<Uint8Array> {
  const next = sequence(0x9e3779b9);
  for (let i = 0; i < count; i++) {
    let bytes: Uint8Array = whole.slice();
    for (let change = next(3); change >= 0; change--) bytes = changed(bytes, next);
    yield bytes;
  }
}

function changed(bytes: Uint8Array, next: (bound: number) => number): Uint8Array {
  const at = next(bytes.length), length = next(Math.min(40, bytes.length - at));
  switch (next(6)) {
    case 0: bytes[at] = next(256); return bytes;
    case 1: bytes[at] ^= 1 << next(8); return bytes;
    case 2: if (at + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, LENGTHS[next(LENGTHS.length)], true); return bytes;
    case 3: return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 4: return Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    default: bytes.copyWithin(at, next(bytes.length), next(bytes.length)); return bytes;
  }
}
