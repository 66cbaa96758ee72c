/** Memory: slabs (one ArrayBuffer, possibly shared by many tensors) and storages (a tensor's piece of a slab). */
import { DisposedError } from './errors.ts';
import { DTYPES, ITEM_SIZE, viewAs, type DTypeCode, type TypedArray } from './dtype.ts';

/** Of a slab that nobody looked into; native kernels take the bytes. */
const NO_VIEWS: (TypedArray | undefined)[] = new Array(DTYPES.length).fill(undefined);

/** One ArrayBuffer with lazily made typed views over the whole of it, one per dtype. */
export class Slab {
  readonly bytes: Uint8Array;
  /** The allocator made it: a storage has the whole slot of its size, and the slot can be another's once it is given back. */
  readonly slotted: boolean;
  private views = NO_VIEWS;

  constructor(bytes: Uint8Array, slotted = false) {
    this.bytes = bytes;
    this.slotted = slotted;
  }

  /** Whole-slab view; an element's index is its byte offset in the slab divided by the item size. */
  view(code: DTypeCode): TypedArray {
    return this.views[code] ?? this.makeView(code);
  }

  private makeView(code: DTypeCode): TypedArray {
    const { buffer, byteOffset, byteLength } = this.bytes;
    if (this.views === NO_VIEWS) this.views = [...NO_VIEWS];
    return (this.views[code] = this.held(viewAs(code, buffer, byteOffset, Math.floor(byteLength / ITEM_SIZE[code]))));
  }

  /** The pool reuses the memory when the slab is gone: whoever reads a view keeps its slab. */
  private held<View extends TypedArray>(view: View): View {
    return Object.assign(view, { slab: this });
  }

  /** Elements `from` to `to` of {@link view}: the one way to have a part of the memory that may outlast its tensor. */
  part(code: DTypeCode, from: number, to: number): TypedArray {
    return this.held(this.view(code).subarray(from, to));
  }
}

/** What keeps the memory of a storage from being read as it is. */
export interface StorageState {
  /** Throws where it may not be read. */
  check(): void;
}

/** The memory was given back: it may be another tensor's already. */
export const GONE: StorageState = {
  check() {
    throw new DisposedError('the memory of this tensor was given back by dispose() or tidy(): return it from the tidy scope, or keep() it there');
  },
};

/** The state of a second storage over the memory of `owner`. */
export class Alias implements StorageState {
  readonly owner: Storage;

  constructor(owner: Storage) {
    this.owner = owner;
  }

  check(): void {
    if (this.owner.state !== null) this.owner.state.check();
  }
}

/** The memory behind one or more tensors (views share it). `version` counts in-place writes. */
export class Storage {
  /** The slab without the check of {@link slab}. Only batching and disposal replace it. */
  memory: Slab;
  /** Byte offset in the slab, a multiple of the item size (of 8 as allocated). */
  byteOffset: number;
  byteLength: number;
  private writes = 0;
  /** The storage whose writes this one counts too, because both are the same memory. */
  origin: Storage | null = null;
  /** Batched by vmap, or disposed; null almost always. */
  state: StorageState | null = null;

  constructor(slab: Slab, byteOffset: number, byteLength: number) {
    this.memory = slab;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }

  get version(): number {
    return this.origin === null ? this.writes : this.origin.version;
  }

  set version(value: number) {
    if (this.origin === null) this.writes = value;
    else this.origin.version = value;
  }

  get slab(): Slab {
    if (this.state !== null) this.state.check();
    return this.memory;
  }
}
