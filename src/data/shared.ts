/**
 * Memory that two threads see. A worker writes batches into blocks; the loader's thread reads them where they are, and says
 * when nothing there refers to a block any more. V8 does not count shared memory, so blocks go round instead of being left
 * to the garbage collector: one is written again when neither thread holds a tensor over it.
 */
import { ITEM_SIZE, type DTypeCode } from '../core/dtype.ts';
import { sharedBuffer } from '../core/allocator.ts';
import { contiguousLayout, type Shape } from '../core/layout.ts';
import { capacityFor, lend } from '../core/pool.ts';
import { Slab, Storage } from '../core/storage.ts';
import { copyInto } from '../tensor/kernels.ts';
import { PlainTensor, type Tensor } from '../tensor/tensor.ts';

/** From this many bytes on a tensor has a block of its own; smaller ones of a batch share one. */
export const WORTH_SHARING = 4096;
/** Bytes of unused blocks that a worker keeps. */
const KEPT_BYTES = 512 * 2 ** 20;

export interface Block {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** The first byte that storages may use. */
  readonly start: number;
  readonly capacity: number;
  /** Who still reads it: this thread's tensors, and the other thread's once it was sent. */
  holders: number;
}

let ids = 0, unused = 0;
const free = new Map<number, Block[]>();
const byId = new Map<number, Block>();
const blocks = new WeakMap<Slab, Block>();

/** One reader less; the last one leaves it to be written again. */
function drop(block: Block): void {
  if (--block.holders > 0) return;
  if (unused + block.capacity > KEPT_BYTES) {
    byId.delete(block.id);
    return;
  }
  unused += block.capacity;
  const list = free.get(block.capacity);
  if (list === undefined) free.set(block.capacity, [block]);
  else list.push(block);
}

/** A slab over a block of at least `bytes` that nobody reads. Contents are undefined. */
function takeBlock(bytes: number): { readonly slab: Slab; readonly block: Block } {
  const capacity = capacityFor(Math.max(bytes, 1));
  let block = free.get(capacity)?.pop();
  if (block === undefined) {
    block = { id: ids++, ...sharedBuffer(capacity), capacity, holders: 0 };
    byId.set(block.id, block);
  } else unused -= capacity;
  block.holders = 1;
  const taken = block, slab = lend(taken.bytes, () => drop(taken));
  blocks.set(slab, taken);
  return { slab, block: taken };
}

/** Shared memory for `bytes`, not yet written. */
export function sharedStorage(bytes: number): Storage {
  const { slab, block } = takeBlock(bytes);
  return new Storage(slab, block.start, bytes);
}

/** An uninitialised contiguous tensor in memory that other threads can see. */
export function sharedTensor(shape: Shape, dtype: DTypeCode): Tensor {
  const layout = contiguousLayout(shape);
  return new PlainTensor(sharedStorage(layout.numel * ITEM_SIZE[dtype]), layout, dtype);
}

const copies = new WeakMap<Tensor, { readonly tensor: Tensor; readonly version: number }>();

/** A contiguous copy in shared memory, made again only after the tensor was written to. */
export function sharedCopy(tensor: Tensor): Tensor {
  const known = copies.get(tensor);
  if (known?.version === tensor.version) return known.tensor;
  const layout = contiguousLayout(tensor.shape), size = layout.numel * ITEM_SIZE[tensor.dtypeCode];
  const { bytes, start } = sharedBuffer(size);
  const copy = new PlainTensor(new Storage(new Slab(bytes), start, size), layout, tensor.dtypeCode);
  copyInto(copy, tensor);
  copies.set(tensor, { tensor: copy, version: tensor.version });
  return copy;
}

/** Notes that a slab's block is read by the other thread too; null where it is not a block of this thread. */
export function sendBlock(slab: Slab): number | null {
  const block = blocks.get(slab);
  if (block === undefined) return null;
  block.holders++;
  return block.id;
}

/** The other thread has done with a block. */
export function takeBack(id: number): void {
  const block = byId.get(id);
  if (block !== undefined) drop(block);
}
