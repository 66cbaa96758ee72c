/** Reading tensors back as JS values, and writing JS numbers into them. */
import { BF16, BOOL, F16, F32, F64, I64, ITEM_SIZE, dtypeName, isFloating, viewAs, type TypedArray } from '../core/dtype.ts';
import { toInt64, toInt32 } from '../core/casts.ts';
import { ShapeError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { copyInto, emptyLike } from './kernels.ts';
import type { TensorCore } from './core.ts';

/** Nested arrays of numbers or booleans; a number for 0-d. */
export type Nested = number | boolean | Nested[];

/** Numbers in row-major order; the half floats as float32. int64 beyond 2^53 is refused. */
export function toNumbers(op: string, x: TensorCore): ArrayLike<number> {
  const half = x.dtypeCode === F16 || x.dtypeCode === BF16;
  const source = half || !x.layout.contiguous ? contiguousCopy(x, half ? F32 : x.dtypeCode) : x;
  const array = elements(source);
  return array instanceof BigInt64Array ? Array.from(array, (value) => safeNumber(op, value)) : array;
}

function safeNumber(op: string, value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${op}: the int64 value ${value} is beyond 2^53 and has no exact JS number; use itemBigInt() or toTypedArray()`);
  return number;
}

function contiguousCopy(x: TensorCore, dtype: number): TensorCore {
  const copy = emptyLike(x, contiguousLayout(x.layout.shape), dtype);
  copyInto(copy, x);
  return copy;
}

/** The elements of a contiguous tensor, without a copy. */
export function elements(x: TensorCore): TypedArray {
  if (!x.layout.contiguous) throw new ShapeError('elements', `expected a contiguous tensor, got strides [${x.layout.strides.join(', ')}]`);
  const { slab, byteOffset } = x.storage;
  const start = byteOffset / ITEM_SIZE[x.dtypeCode] + x.layout.offset;
  return slab.part(x.dtypeCode, start, start + x.layout.numel);
}

/** A copy of the elements in row-major order; bool as 0 and 1 in a Uint8Array, the half floats as bit patterns. */
export function copyElements(x: TensorCore): TypedArray {
  return elements(x.layout.contiguous ? x : contiguousCopy(x, x.dtypeCode)).slice();
}

export function toNested(x: TensorCore): Nested {
  const flat = toNumbers('tolist', x);
  const bool = x.dtypeCode === BOOL;
  const { shape } = x.layout;
  let at = 0;
  const build = (dim: number): Nested => {
    if (dim === shape.length) {
      const value = flat[at++];
      return bool ? value !== 0 : value;
    }
    return Array.from({ length: shape[dim] }, () => build(dim + 1));
  };
  return build(0);
}

/** The only element: a number, or a boolean for bool. */
export function single(x: TensorCore): number | boolean {
  requireSingle('item', x);
  const code = x.dtypeCode;
  const at = x.storage.byteOffset / ITEM_SIZE[code] + x.layout.offset;
  if (code === F32 || code === F64) return (x.storage.slab.view(code) as Float32Array)[at];
  if (code === BOOL) return (x.storage.slab.view(code) as Uint8Array)[at] !== 0;
  return toNumbers('item', x)[0];
}

export function singleBigInt(x: TensorCore): bigint {
  requireSingle('itemBigInt', x);
  if (x.dtypeCode === I64) return (elements(x.layout.contiguous ? x : contiguousCopy(x, I64)) as BigInt64Array)[0];
  const value = Number(toNumbers('itemBigInt', x)[0]);
  if (!Number.isInteger(value)) throw new RangeError(`itemBigInt: expected an integral value, got ${value} (${dtypeName(x.dtypeCode)})`);
  return BigInt(value);
}

function requireSingle(op: string, x: TensorCore): void {
  if (x.layout.numel !== 1) throw new ShapeError(op, `expected a tensor with one element, got shape [${x.layout.shape.join(', ')}] with ${x.layout.numel}`);
}

/** Writes numbers into a contiguous tensor, converting to its dtype. */
export function writeNumbers(x: TensorCore, values: ArrayLike<number | boolean | bigint>): void {
  const code = x.dtypeCode;
  if (code === F16 || code === BF16) {
    const wide = emptyLike(x, contiguousLayout(x.layout.shape), F32);
    writeNumbers(wide, values);
    copyInto(x, wide);
    return;
  }
  const target = elements(x);
  if (target instanceof BigInt64Array) for (let i = 0; i < values.length; i++) target[i] = typeof values[i] === 'bigint' ? (values[i] as bigint) : toInt64(Number(values[i]));
  else if (code === BOOL) for (let i = 0; i < values.length; i++) target[i] = Number(values[i]) !== 0 ? 1 : 0;
  else if (isFloating(code)) for (let i = 0; i < values.length; i++) target[i] = Number(values[i]);
  else for (let i = 0; i < values.length; i++) target[i] = typeof values[i] === 'bigint' ? Number(BigInt.asIntN(32, values[i] as bigint)) : toInt32(Number(values[i]));
}

/** Raw bytes of a typed array as a tensor's elements. */
export function writeRaw(x: TensorCore, array: TypedArray): void {
  const bytes = viewAs(x.dtypeCode, x.storage.slab.bytes.buffer, x.storage.slab.bytes.byteOffset + x.storage.byteOffset, x.layout.numel);
  (bytes as Float32Array).set(array as Float32Array);
}
