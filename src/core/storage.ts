/** Memory: slabs (one ArrayBuffer, possibly shared by many tensors) and storages (a tensor's piece of a slab). */
import { DTYPES, ITEM_SIZE, viewAs, type DTypeCode, type TypedArray } from './dtype.ts';

/** One ArrayBuffer with lazily made typed views over the whole of it, one per dtype. */
export class Slab {
  readonly bytes: Uint8Array;
  private readonly views: (TypedArray | undefined)[] = new Array(DTYPES.length).fill(undefined);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Whole-slab view; an element's index is its byte offset in the slab divided by the item size. */
  view(code: DTypeCode): TypedArray {
    return (this.views[code] ??= viewAs(code, this.bytes.buffer, this.bytes.byteOffset,
      Math.floor(this.bytes.byteLength / ITEM_SIZE[code])));
  }
}


/** The memory behind one or more tensors (views share it). `version` counts in-place writes. */
export class Storage {
  readonly slab: Slab;
  /** Byte offset in the slab, a multiple of 8. */
  readonly byteOffset: number;
  readonly byteLength: number;
  version = 0;

  constructor(slab: Slab, byteOffset: number, byteLength: number) {
    this.slab = slab;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }
}
