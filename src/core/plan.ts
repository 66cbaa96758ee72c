/** Writes geometry into the call frame: dims coalesced once here, so that kernels see few dimensions. */
import {
  ABSENT, ARG, DIMS, DTYPE, FLOATS, IMMEDIATE, NDIM, OFFSET, OPERAND, OPERAND_SIZE, OPERANDS, STRIDES,
  frame, frameBigInts, frameFloats,
} from './frame.ts';
import { I64, type DTypeCode } from './dtype.ts';
import type { Shape } from './layout.ts';
import type { Storage } from './storage.ts';

/** log2 of the item size per dtype code. */
const ITEM_SHIFT = [2, 3, 3, 2, 0, 1, 0, 0, 1, 1];

/** Index of a storage's first element in its slab. */
export const elementOffset = (storage: Storage, dtype: DTypeCode): number => storage.byteOffset >> ITEM_SHIFT[dtype];

export function header(op: number, ndim: number, operands: number): void {
  frame[0] = op;
  frame[NDIM] = ndim;
  frame[OPERANDS] = operands;
}

/** Operand k of a flat loop: contiguous (stride 1) or a single element (stride 0). */
export function flatOperand(k: number, storage: Storage, offset: number, dtype: DTypeCode, stride: number): void {
  const at = OPERAND + k * OPERAND_SIZE;
  frame[at + ARG] = 0;
  frame[at + DTYPE] = dtype;
  frame[at + OFFSET] = (storage.byteOffset >> ITEM_SHIFT[dtype]) + offset;
  frame[at + STRIDES] = stride;
}

/** Operand k's memory; its strides are written by {@link loop} or {@link strides}. */
export function operand(k: number, storage: Storage, offset: number, dtype: DTypeCode): void {
  const at = OPERAND + k * OPERAND_SIZE;
  frame[at + ARG] = 0;
  frame[at + DTYPE] = dtype;
  frame[at + OFFSET] = (storage.byteOffset >> ITEM_SHIFT[dtype]) + offset;
}

/** Operand k is a number: it is converted to `dtype` by the kernel. Strides must be zero over the frame's dims. */
export function immediate(k: number, value: number | bigint, dtype: DTypeCode, ndim: number): void {
  const at = OPERAND + k * OPERAND_SIZE;
  frame[at + ARG] = IMMEDIATE;
  frame[at + DTYPE] = dtype;
  frame[at + OFFSET] = 0;
  if (dtype === I64) frameBigInts[FLOATS + k] = typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
  else frameFloats[FLOATS + k] = Number(value);
  for (let i = 0; i < ndim; i++) frame[at + STRIDES + i] = 0;
}

export function absent(k: number): void {
  frame[OPERAND + k * OPERAND_SIZE + ARG] = ABSENT;
}

export function dims(shape: Shape): void {
  for (let i = 0; i < shape.length; i++) frame[DIMS + i] = shape[i];
}

export function strides(k: number, values: readonly number[]): void {
  const at = OPERAND + k * OPERAND_SIZE + STRIDES;
  for (let i = 0; i < values.length; i++) frame[at + i] = values[i];
}

/**
 * Writes dims and strides of a loop over `shape`, coalesced; `operandStrides[k]` are operand k's strides over `shape`.
 * Dimensions on either side of `barrier` are never merged (the boundary between kept and reduced dims).
 * Returns how many of the written dims lie before the barrier; sets NDIM.
 */
export function loop(shape: Shape, operandStrides: readonly (readonly number[])[], barrier = 0): number {
  const count = operandStrides.length;
  let written = 0;
  let before = 0;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    if (i === barrier) before = written;
    if (size === 1) continue;
    if (written > 0 && !(i >= barrier && written === before && barrier > 0)) {
      let merge = true;
      for (let k = 0; k < count; k++) {
        if (frame[OPERAND + k * OPERAND_SIZE + STRIDES + written - 1] !== operandStrides[k][i] * size) {
          merge = false;
          break;
        }
      }
      if (merge) {
        frame[DIMS + written - 1] *= size;
        for (let k = 0; k < count; k++) frame[OPERAND + k * OPERAND_SIZE + STRIDES + written - 1] = operandStrides[k][i];
        continue;
      }
    }
    frame[DIMS + written] = size;
    for (let k = 0; k < count; k++) frame[OPERAND + k * OPERAND_SIZE + STRIDES + written] = operandStrides[k][i];
    written++;
  }
  if (barrier >= shape.length) before = written;
  frame[NDIM] = written;
  return before;
}
