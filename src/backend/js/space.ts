/** Walking the frame's iteration space, and what every family reads from the frame. */
import { DIMS, DTYPE, FLOATS, MAX_DIMS, MAX_OPERANDS, NDIM, OFFSET, OPERAND, OPERAND_SIZE, STRIDES, frame, frameBigInts, frameFloats } from '../../core/frame.ts';
import { BF16, F16, I64, I32, dtypeName, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { UnsupportedError } from '../../core/errors.ts';
import { Slab, type Storage } from '../../core/storage.ts';
import { toBrain, toHalf } from './half.ts';

export const dim = (d: number): number => frame[DIMS + d];
export const stride = (operand: number, d: number): number => frame[OPERAND + operand * OPERAND_SIZE + STRIDES + d];
export const offset = (operand: number): number => frame[OPERAND + operand * OPERAND_SIZE + OFFSET];
export const dtype = (operand: number): DTypeCode => frame[OPERAND + operand * OPERAND_SIZE + DTYPE];

/** The number of indices in dims [from, to). */
export function volume(from: number, to: number): number {
  let count = 1;
  for (let d = from; d < to; d++) count *= frame[DIMS + d];
  return count;
}

const counter = new Int32Array(MAX_DIMS);
/** The element each operand is at. */
export const cursor = new Int32Array(MAX_OPERANDS);

/** Puts the cursors of the first `operands` operands at the origin. */
export function start(operands: number): void {
  for (let d = 0; d < frame[NDIM]; d++) counter[d] = 0;
  for (let k = 0; k < operands; k++) cursor[k] = offset(k);
}

/**
 * Moves the cursors to the next index of dims [from, to) in row-major order; after the last one returns false with
 * the cursors back where they began. Walks over disjoint ranges of dims may be nested.
 */
export function advance(from: number, to: number, operands: number): boolean {
  for (let d = to - 1; d >= from; d--) {
    const size = frame[DIMS + d];
    const inside = ++counter[d] < size;
    if (!inside) counter[d] = 0;
    for (let k = 0, s = OPERAND + STRIDES + d; k < operands; k++, s += OPERAND_SIZE) {
      cursor[k] += inside ? frame[s] : frame[s] * (1 - size);
    }
    if (inside) return true;
  }
  return false;
}

const immediates = Array.from({ length: MAX_OPERANDS }, () => new Slab(new Uint8Array(8)));

/**
 * An operand's elements of dtype `code`, seen as `view` (a dtype of the same width). An immediate becomes an array of one
 * element that every index reaches.
 */
export function elements(storage: Storage | null, operand: number, code: DTypeCode, view: DTypeCode = code): TypedArray {
  if (storage !== null) return storage.slab.view(view);
  const slab = immediates[operand], single = slab.view(code);
  const value = frameFloats[FLOATS + operand];
  if (code === I64) (single as BigInt64Array)[0] = frameBigInts[FLOATS + operand];
  else (single as Float64Array)[0] = code === F16 ? toHalf(Math.fround(value)) : code === BF16 ? toBrain(Math.fround(value)) : value;
  // The frame's geometry of an immediate is not defined.
  const at = OPERAND + operand * OPERAND_SIZE;
  frame[at + OFFSET] = 0;
  for (let d = 0; d < frame[NDIM]; d++) frame[at + STRIDES + d] = 0;
  return slab.view(view);
}

/** The int32 words of an index tensor, and how many make up one index (int64 is read as low and high word). */
export const indexWords = (storage: Storage): Int32Array => storage.slab.view(I32) as Int32Array;
export const indexWidth = (operand: number): number => (dtype(operand) === I64 ? 2 : 1);

export const unsupported = (op: string, code: DTypeCode): UnsupportedError => new UnsupportedError(op, dtypeName(code));
