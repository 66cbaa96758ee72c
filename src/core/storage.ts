/** Memory: slabs (one ArrayBuffer, possibly shared by many tensors) and storages (a tensor's piece of a slab). */
import { DisposedError } from './errors.ts';
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
    return this.views[code] ?? this.makeView(code);
  }

  private makeView(code: DTypeCode): TypedArray {
    const { buffer, byteOffset, byteLength } = this.bytes;
    const view = viewAs(code, buffer, byteOffset, Math.floor(byteLength / ITEM_SIZE[code]));
    // The pool reuses the memory when the slab is gone: whoever reads a view keeps its slab.
    this.views[code] = Object.assign(view, { slab: this });
    return view;
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
