/** float16 and bfloat16 as bit patterns, and int64 words as numbers. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

export function fromHalf(half: number): number {
  const sign = (half & 0x8000) << 16, exponent = half & 0x7c00;
  if (exponent === 0) return (sign < 0 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
  bits[0] = sign | (((half & 0x7fff) << 13) + (exponent === 0x7c00 ? 0x70000000 : 0x38000000));
  return float[0];
}

export function fromBrain(brain: number): number {
  bits[0] = brain << 16;
  return float[0];
}

/** The bfloat16 nearest to a float32, ties to even; NaN is the quiet 0x7fc0 of its sign. */
export function toBrain(x: number): number {
  float[0] = x;
  const b = bits[0];
  if (x !== x) return ((b >>> 16) & 0x8000) | 0x7fc0;
  return (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
}

/** The float16 nearest to a float32, ties to even. */
export function toHalf(x: number): number {
  float[0] = x;
  const b = bits[0];
  const sign = (b >>> 16) & 0x8000, magnitude = b & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 is halfway between the largest float16 and 2^16; a tie there goes to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal results are multiples of 2^-24; adding 2^52 units makes float64 arithmetic round to them.
    return sign | (Math.abs(x) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/**
 * An int64 as a float64 that rounds to float32 (or shorter) as the integer itself would: where low bits do not fit,
 * the last kept bit is set (round to odd).
 */
export function oddWide(low: number, high: number): number {
  const exact = high >= -0x200000 && high < 0x200000;
  const kept = exact ? low : (low & ~0x7ff) | ((low & 0x7ff) === 0 ? 0 : 0x800);
  return high * 4294967296 + (kept >>> 0);
}
