/** PyTorch's type promotion over tensors, 0-d tensors and JS numbers. */
import { BOOL, F32, I64, category, isFloating, promoteTypes, dtypeCode, dtypeName, type DType, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import type { TensorCore } from './core.ts';

/** A JS value that may stand in for a 0-d tensor. */
export type Scalar = number | boolean | bigint;

let defaultFloat: DTypeCode = F32;

export const defaultDTypeCode = (): DTypeCode => defaultFloat;

/** PyTorch's `torch.set_default_dtype`: float32 or float64. */
export function setDefaultDtype(dtype: DType | string): void {
  const code = dtypeCode(dtype);
  if (!isFloating(code) || code < 0) throw new ArgumentError('setDefaultDtype', 'dtype', `must be a floating point dtype, got ${String(dtype)}`);
  defaultFloat = code;
}

/** PyTorch's `torch.get_default_dtype`. */
export const getDefaultDtype = (): DType => dtypeName(defaultFloat);

/** An integral number beside an integer or bool tensor counts as an int, any other as a float. */
export function scalarDtype(value: Scalar): DTypeCode {
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return I64;
  return Number.isInteger(value) ? I64 : defaultFloat;
}

function combine(higher: DTypeCode, lower: DTypeCode): DTypeCode {
  if (higher < 0) return lower;
  if (lower < 0 || isFloating(higher)) return higher;
  return higher === BOOL || isFloating(lower) ? promoteTypes(higher, lower) : higher;
}

/** PyTorch's `result_type`: dimensioned tensors decide, then 0-d tensors, then numbers, unless a later one is of a higher category. */
export function resultTypeOf(inputs: readonly (TensorCore | Scalar)[]): DTypeCode {
  let dimensioned = -1, zeroDim = -1, number = -1;
  for (const x of inputs) {
    if (typeof x !== 'object') number = widen(number, scalarDtype(x));
    else if (x.layout.shape.length === 0) zeroDim = widen(zeroDim, x.dtypeCode);
    else dimensioned = widen(dimensioned, x.dtypeCode);
  }
  return combine(dimensioned, combine(zeroDim, number));
}

const widen = (a: DTypeCode, b: DTypeCode): DTypeCode => (a < 0 ? b : promoteTypes(a, b));

/** The same for a tensor and one other operand, without an array: the hot path. */
export function resultType(a: TensorCore, b: TensorCore | Scalar): DTypeCode {
  if (typeof b !== 'object') return isFloating(a.dtypeCode) ? a.dtypeCode : combine(a.dtypeCode, scalarDtype(b));
  const x = a.dtypeCode, y = b.dtypeCode;
  if (x === y) return x;
  const zeroA = a.layout.shape.length === 0, zeroB = b.layout.shape.length === 0;
  if (zeroA === zeroB) return promoteTypes(x, y);
  return zeroA ? combine(y, x) : combine(x, y);
}

/** The dtype that floating-point functions give for an operand: itself, or the default float for integers and bool. */
export const floatType = (code: DTypeCode): DTypeCode => (isFloating(code) ? code : defaultFloat);

/** PyTorch's `can_cast`: no loss of category (float to int, int to bool). */
export const canCastCode = (from: DTypeCode, to: DTypeCode): boolean => category(from) <= category(to);

/** The dtype in which kernels compute: the small integers by int32, the half floats by float32. */
export const computeType = (code: DTypeCode): DTypeCode => (code < 5 ? code : code <= 7 ? 3 : F32);
