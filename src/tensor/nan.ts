/** Looks for NaN in memory without running an operation, so that looking changes nothing. */
import { dimsOf } from '../core/batch.ts';
import { BF16, F16, ITEM_SIZE, isFloating, type DTypeCode, type TypedArray } from '../core/dtype.ts';
import type { Storage } from '../core/storage.ts';
import { GONE } from '../core/storage.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** Half floats are bit patterns: all exponent bits and some of the mantissa. */
const QUIET: Readonly<Partial<Record<DTypeCode, number>>> = { [F16]: 0x7c00, [BF16]: 0x7f80 };

function row(elements: TypedArray, start: number, size: number, stride: number, infinity: number | undefined): boolean {
  const values = elements as Float32Array;
  for (let i = 0, at = start; i < size; i++, at += stride) {
    const value = values[at];
    if (infinity === undefined ? value !== value : (value & 0x7fff) > infinity) return true;
  }
  return false;
}

function search(elements: TypedArray, start: number, shape: readonly number[], strides: readonly number[], dim: number, infinity: number | undefined): boolean {
  if (dim >= shape.length - 1) return row(elements, start, shape[dim] ?? 1, strides[dim] ?? 1, infinity);
  for (let i = 0; i < shape[dim]; i++) if (search(elements, start + i * strides[dim], shape, strides, dim + 1, infinity)) return true;
  return false;
}

/** Whether `size` elements from the start of a storage hold a NaN. */
export function storageHasNaN(storage: Storage, dtype: DTypeCode, size: number): boolean {
  if (!isFloating(dtype) || storage.state !== null) return false;
  return row(storage.memory.view(dtype), storage.byteOffset / ITEM_SIZE[dtype], size, 1, QUIET[dtype]);
}

/** Whether any element is NaN, in any sample of a tensor that is batched by vmap. */
export function hasNaN(x: Tensor): boolean {
  const { storage, dtypeCode, layout } = x;
  if (!isFloating(dtypeCode) || layout.numel === 0 || storage.state === GONE) return false;
  const item = ITEM_SIZE[dtypeCode], hidden = dimsOf(storage);
  const elements = storage.memory.view(dtypeCode), start = storage.byteOffset / item + layout.offset;
  if (hidden.length === 0 && layout.contiguous) return row(elements, start, layout.numel, 1, QUIET[dtypeCode]);
  const shape = [...hidden.map(({ level }) => level.size), ...layout.shape], strides = [...hidden.map(({ stride }) => stride / item), ...layout.strides];
  return search(elements, start, shape, strides, 0, QUIET[dtypeCode]);
}

/** The tensors of an operation's arguments or results, and of lists among them. */
export function tensorsIn(values: unknown): Tensor[] {
  if (values instanceof TensorCore) return [values as Tensor];
  return Array.isArray(values) ? values.flatMap(tensorsIn) : [];
}
