/** Element types, their codes (the contract with native/kernels.h) and PyTorch's promotion rules. */

export const DTYPES = ['float32', 'float64', 'int64', 'int32', 'bool', 'int16', 'int8', 'uint8', 'float16', 'bfloat16'] as const;
export type DType = (typeof DTYPES)[number];

/** The position of a dtype in {@link DTYPES}; kernels and tensors carry the code. */
export type DTypeCode = number;

export const F32 = 0, F64 = 1, I64 = 2, I32 = 3, BOOL = 4, I16 = 5, I8 = 6, U8 = 7, F16 = 8, BF16 = 9;

export const ITEM_SIZE: readonly number[] = [4, 8, 8, 4, 1, 2, 1, 1, 2, 2];

export type TypedArray =
  | Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Int16Array | Int8Array | Uint16Array;

const CODES = new Map<string, DTypeCode>(DTYPES.map((name, code) => [name, code]));
const ALIASES: Readonly<Record<string, DType>> = {
  float: 'float32', double: 'float64', long: 'int64', int: 'int32', short: 'int16', half: 'float16',
};

/** The code of a dtype name or alias, or -1. */
export function dtypeCode(name: string): DTypeCode {
  return CODES.get(name) ?? CODES.get(ALIASES[name] ?? '') ?? -1;
}

export function dtypeName(code: DTypeCode): DType {
  return DTYPES[code];
}

export const isFloating = (code: DTypeCode): boolean => code === F32 || code === F64 || code >= F16;
export const isIntegral = (code: DTypeCode): boolean => !isFloating(code) && code !== BOOL;

// PyTorch's lattice: bool < uint8 | int8 < int16 < int32 < int64 < float16 | bfloat16 < float32 < float64.
const INTEGER_RANK: Readonly<Record<number, number>> = { [I8]: 1, [I16]: 2, [I32]: 3, [I64]: 4 };
const FLOAT_RANK: Readonly<Record<number, number>> = { [F16]: 1, [BF16]: 1, [F32]: 2, [F64]: 3 };

function promotePair(a: DTypeCode, b: DTypeCode): DTypeCode {
  if (a === b) return a;
  const floatA = isFloating(a), floatB = isFloating(b);
  if (floatA && floatB) {
    const ra = FLOAT_RANK[a], rb = FLOAT_RANK[b];
    return ra === rb ? F32 : ra > rb ? a : b;
  }
  if (floatA) return a;
  if (floatB) return b;
  if (a === BOOL) return b;
  if (b === BOOL) return a;
  if (a === U8 || b === U8) {
    const other = a === U8 ? b : a;
    return other === I8 ? I16 : other;
  }
  return INTEGER_RANK[a] > INTEGER_RANK[b] ? a : b;
}

const PROMOTION = Uint8Array.from({ length: 100 }, (_, i) => promotePair(Math.floor(i / 10), i % 10));

/** PyTorch's `promote_types` for two dtype codes. */
export function promoteTypes(a: DTypeCode, b: DTypeCode): DTypeCode {
  return PROMOTION[a * 10 + b];
}

/** bool 0, integer 1, floating 2: a lower category never changes a higher one's dtype unless dimensioned. */
export const category = (code: DTypeCode): number => (code === BOOL ? 0 : isFloating(code) ? 2 : 1);

const ARRAYS = [Float32Array, Float64Array, BigInt64Array, Int32Array, Uint8Array, Int16Array, Int8Array, Uint8Array, Uint16Array, Uint16Array] as const;

/** A view of a dtype's raw elements. float16 and bfloat16 are their bit patterns in a Uint16Array, bool is 0 or 1. */
export function viewAs(code: DTypeCode, buffer: ArrayBufferLike, byteOffset = 0, length?: number): TypedArray {
  return new ARRAYS[code](buffer as ArrayBuffer, byteOffset, length);
}
