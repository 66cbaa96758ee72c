/**
 * Floats as integers, the same everywhere: towards zero, and what does not fit (NaN too) is the smallest integer of the
 * width in which x86, and so PyTorch, converts: 64 bits for int64, 32 bits for all others, of which int16, int8 and uint8
 * keep the low ones.
 */

/** As an int32: what int32 and narrower integers are made from. */
export const toInt32 = (x: number): number => (x > -2147483649 && x < 2147483648 ? x | 0 : -2147483648);

/** The high word of the int64 that {@link lowWord} is the low one of. */
export const highWord = (x: number): number => (x >= -9223372036854775808 && x < 9223372036854775808 ? Math.floor(Math.trunc(x) / 4294967296) : -2147483648);
/** The low word of a float as an int64; stored in an Int32Array, which keeps the low 32 bits. */
export const lowWord = (x: number): number => (x >= -9223372036854775808 && x < 9223372036854775808 ? Math.trunc(x) : 0);

/** As an int64. */
export const toInt64 = (x: number): bigint => (x >= -9223372036854775808 && x < 9223372036854775808 ? BigInt(Math.trunc(x)) : -9223372036854775808n);
