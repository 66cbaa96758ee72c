/** dtype constants, so that scripts port (`dtype: torch.float32`), and what PyTorch tells about dtypes. */
import { dtypeCode, dtypeName, isFloating as isFloatingCode, promoteTypes as promoteCodes, type DType } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

// Typed as DType, not as their literals: `{ dtype: float64 }` in a variable is an option still, and `let` may take another.
export const float32: DType = 'float32', float64: DType = 'float64', float16: DType = 'float16', bfloat16: DType = 'bfloat16';
export const int64: DType = 'int64', int32: DType = 'int32', int16: DType = 'int16', int8: DType = 'int8', uint8: DType = 'uint8', bool: DType = 'bool';
export const float = float32, double = float64, half = float16, long = int64, int = int32, short = int16;

function codeOf(op: string, dtype: DType): number {
  const code = dtypeCode(dtype);
  if (code < 0) throw new ArgumentError(op, 'dtype', `must be a dtype, got ${String(dtype)}`);
  return code;
}

/** PyTorch's `torch.promote_types`. */
export const promoteTypes = (a: DType, b: DType): DType => dtypeName(promoteCodes(codeOf('promoteTypes', a), codeOf('promoteTypes', b)));

export const isTensor = (value: unknown): value is Tensor => value instanceof TensorCore;

/** PyTorch's `torch.is_floating_point`. */
export const isFloatingPoint = (x: TensorCore): boolean => isFloatingCode(x.dtypeCode);

/** PyTorch's `torch.finfo`: limits of a floating dtype. */
export interface FInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  readonly tiny: number;
  readonly smallestNormal: number;
  readonly resolution: number;
}

// bits, digits of the significand after the point, largest exponent, decimal resolution
const FLOATS: Partial<Record<DType, readonly [number, number, number, number]>> = {
  float32: [32, 23, 127, 1e-6], float64: [64, 52, 1023, 1e-15], float16: [16, 10, 15, 1e-3], bfloat16: [16, 7, 127, 1e-2],
};

export function finfo(dtype: DType = 'float32'): FInfo {
  const name = dtypeName(codeOf('finfo', dtype));
  const info = FLOATS[name];
  if (info === undefined) throw new DTypeError('finfo', name, `expected a floating point dtype, got ${name}; use iinfo()`);
  const [bits, digits, exponent, resolution] = info;
  const max = (2 - 2 ** -digits) * 2 ** exponent, tiny = 2 ** (1 - exponent);
  return { dtype: name, bits, eps: 2 ** -digits, max, min: -max, tiny, smallestNormal: tiny, resolution };
}

/** PyTorch's `torch.iinfo`: limits of an integer dtype (int64's as the nearest numbers). */
export function iinfo(dtype: DType): { readonly dtype: DType; readonly bits: number; readonly max: number; readonly min: number } {
  const name = dtypeName(codeOf('iinfo', dtype));
  const bits = { int64: 64, int32: 32, int16: 16, int8: 8, uint8: 8 }[name as string];
  if (bits === undefined) throw new DTypeError('iinfo', name, `expected an integer dtype, got ${name}; use finfo()`);
  return name === 'uint8' ? { dtype: name, bits, max: 255, min: 0 } : { dtype: name, bits, max: 2 ** (bits - 1) - 1, min: -(2 ** (bits - 1)) };
}
