/** Elements of tensors as the bytes of files: little-endian, row-major unless a format says otherwise. */
import { allocateOwn } from '../core/allocator.ts';
import { BOOL, ITEM_SIZE, U8, type DTypeCode } from '../core/dtype.ts';
import type { Layout } from '../core/layout.ts';
import type { Storage } from '../core/storage.ts';
import { PlainTensor, type Tensor } from '../tensor/tensor.ts';
import type { Fail, Source } from './source.ts';

/** The elements of a contiguous tensor, without a copy. */
export function bytesOf(tensor: Tensor): Uint8Array {
  const { storage, layout, dtypeCode } = tensor;
  const start = storage.byteOffset + layout.offset * ITEM_SIZE[dtypeCode];
  return storage.slab.part(U8, start, start + layout.numel * ITEM_SIZE[dtypeCode]) as Uint8Array;
}

export const storageBytes = ({ slab, byteOffset, byteLength }: Storage, count = byteLength): Uint8Array => slab.part(U8, byteOffset, byteOffset + count) as Uint8Array;

/** New memory filled by `read`; the caller has checked the length against the file. */
export function readStorage(byteLength: number, code: DTypeCode, name: string, read: (target: Uint8Array) => void, fail: Fail, bigEndian = false): Storage {
  const storage = allocateOwn(byteLength), bytes = storageBytes(storage);
  read(bytes);
  if (bigEndian) swapBytes(bytes, ITEM_SIZE[code]);
  if (code === BOOL && bytes.some((byte) => byte > 1)) fail(`${name} of bools has other bytes than 0 and 1`);
  return storage;
}

/** A tensor that fills memory of its own from a place of a source. */
export function readTensor(source: Source, position: number, byteLength: number, layout: Layout, code: DTypeCode, name: string, fail: Fail, bigEndian = false): Tensor {
  return new PlainTensor(readStorage(byteLength, code, name, (target) => source.read(target, position), fail, bigEndian), layout, code);
}

export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  if (itemSize === 1) return;
  for (let i = 0; i < bytes.length; i += itemSize) bytes.subarray(i, i + itemSize).reverse();
}
