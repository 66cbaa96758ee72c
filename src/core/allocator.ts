/**
 * Where tensor memory comes from: JS-owned ArrayBuffers, so that the garbage collector frees it inside a synchronous
 * loop. Creating an ArrayBuffer costs microseconds, so small storages are bumped from slabs, one slab per size class;
 * scalars have slabs of their own, or one kept loss per step would pin whole slabs of activations. Larger storages,
 * and everything that lives long (parameters), get a buffer of their own.
 */
import { regions, stamp } from './batch.ts';
import { countAllocation } from './collect.ts';
import { capacityFor, perturbed, pooled } from './pool.ts';
import { scope } from './scope.ts';
import { GONE, Slab, Storage } from './storage.ts';
import { ShapeError } from './errors.ts';

/** Storages start at multiples of a cache line (and of the widest vector) when the backend can tell addresses. */
const LINE = 64;
const SCALAR_BYTES = 8;
const LARGEST_SMALL = 32 * 1024, LARGEST_MIDDLE = 128 * 1024;
const SLAB_BYTES = 256 * 1024;
const SCALAR_SLAB_BYTES = 4096;

/** Told of new memory; gives the address of its first byte modulo 64, or 0 where no native backend can tell. */
let place: (bytes: Uint8Array) => number = () => 0;

export function setPlacing(told: typeof place): void {
  place = told;
}

/** Uninitialised memory: the caller writes every element. */
function uninitialized(bytes: number): Uint8Array {
  countAllocation(bytes);
  try {
    const buffer = Buffer.allocUnsafeSlow(bytes);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, bytes);
  } catch (error) {
    throw new ShapeError('allocate', `cannot get ${bytes} bytes of memory (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** New memory and its first byte that lies on a cache line. */
function aligned(bytes: number): { readonly bytes: Uint8Array; readonly start: number } {
  const memory = uninitialized(bytes + LINE);
  return { bytes: memory, start: (LINE - place(memory)) % LINE };
}

/** Memory that several threads may see, of zeros. Its buffer has the same address in each of them, and so the same start. */
export function sharedBuffer(byteLength: number): { readonly bytes: Uint8Array; readonly start: number } {
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(byteLength + LINE));
    return { bytes, start: (LINE - place(bytes)) % LINE };
  } catch (error) {
    throw new ShapeError('allocate', `cannot get ${byteLength} bytes of shared memory (${error instanceof Error ? error.message : String(error)})`);
  }
}

class SizeClass {
  private slab: Slab | null = null;
  private next = 0;
  private end = 0;
  private readonly slot: number;
  private readonly slabBytes: number;
  /** Slots given back by their last owner. */
  private readonly free: Storage[] = [];

  constructor(slot: number, slabBytes: number) {
    this.slot = slot;
    this.slabBytes = slabBytes;
  }

  take(byteLength: number): Storage {
    const recycled = this.free.pop();
    if (recycled !== undefined) return new Storage(recycled.memory, recycled.byteOffset, byteLength);
    let offset = this.next;
    if (this.slab === null || offset + this.slot > this.end) offset = this.renew();
    this.next = offset + this.slot;
    return new Storage(this.slab as Slab, offset, byteLength);
  }

  give(storage: Storage): void {
    if (this.free.length < 64) this.free.push(storage);
  }

  private renew(): number {
    const bytes = perturbed ? this.slot : this.slabBytes, { slab, start } = pooled(bytes, () => aligned(bytes));
    this.slab = slab;
    this.end = start + bytes;
    return start;
  }
}

// malloc hands freed blocks above its threshold back to the system, whose fresh pages are expensive to touch. One large
// block, freed untouched, raises the threshold (of glibc; others ignore it) above every slab.
Buffer.allocUnsafeSlow(32 * 1024 * 1024 - 4096);

const scalars = new SizeClass(SCALAR_BYTES, SCALAR_SLAB_BYTES);
const classes: SizeClass[] = [];
for (let slot = 64; slot <= LARGEST_SMALL; slot *= 2) classes.push(new SizeClass(slot, SLAB_BYTES));

/** Storages of a middle size come four to a slab: a slab of their own each would cost more than a kernel over them saves. */
const MIDDLE_SLOTS = 4;
const middle: SizeClass[] = [];

/** The class of storages between LARGEST_SMALL and LARGEST_MIDDLE, by the pages that they take. */
function middleClass(byteLength: number): SizeClass {
  const slot = capacityFor(byteLength);
  return (middle[slot >> 12] ??= new SizeClass(slot, MIDDLE_SLOTS * slot));
}

const smallClass = (byteLength: number): SizeClass => classes[byteLength <= 64 ? 0 : 26 - Math.clz32(byteLength - 1)];

/** Large buffers given back, by power-of-two class of their size; bounded so that a burst does not stay forever. */
const large: Storage[][] = [];
const LARGE_KEPT = 8;
const LARGE_KEPT_BYTES = 128 * 1024 * 1024;
let largeBytes = 0;

/** Told how many bytes every tensor takes; null almost always. */
let meter: ((bytes: number) => void) | null = null;

export function setMeter(fn: typeof meter): void {
  meter = fn;
}

/** Memory for a temporary or a result. Contents are undefined. */
export function allocate(byteLength: number): Storage {
  if (meter !== null) meter(byteLength);
  const storage = allocatePlain(byteLength);
  if (regions !== 0) stamp(storage);
  if (scope !== null) scope.made.push(storage);
  return storage;
}

/** Memory that neither vmap nor tidy knows: what {@link allocate} hands out, and batched memory as a whole. */
export function allocatePlain(byteLength: number): Storage {
  if (byteLength <= SCALAR_BYTES) return scalars.take(byteLength);
  if (byteLength <= LARGEST_SMALL) return smallClass(byteLength).take(byteLength);
  if (byteLength <= LARGEST_MIDDLE) return middleClass(byteLength).take(byteLength);
  return takeLarge(byteLength) ?? largeStorage(byteLength);
}

/** Memory that shares its buffer with nothing else: parameters, generator states and what outlives a step. */
export function allocateOwn(byteLength: number): Storage {
  if (meter !== null) meter(byteLength);
  return regions === 0 ? ownStorage(byteLength) : stamp(ownStorage(byteLength));
}

function largeStorage(byteLength: number): Storage {
  const capacity = capacityFor(byteLength);
  const { slab, start } = pooled(capacity, () => aligned(capacity));
  return new Storage(slab, start, byteLength);
}

function ownStorage(byteLength: number): Storage {
  // Whole slots, so that a storage given back fits everything of its class.
  const capacity = byteLength <= 64 ? 64 : byteLength <= LARGEST_SMALL ? 2 ** (32 - Math.clz32(byteLength - 1)) : byteLength <= LARGEST_MIDDLE ? capacityFor(byteLength) : byteLength;
  const { bytes, start } = aligned(capacity);
  return new Storage(new Slab(bytes, true), start, byteLength);
}

function takeLarge(byteLength: number): Storage | undefined {
  const bucket = large[32 - Math.clz32(byteLength)];
  if (bucket === undefined) return undefined;
  for (let i = bucket.length - 1; i >= 0; i--) {
    const found = bucket[i];
    // Reuse wastes at most a quarter of the buffer.
    if (found.byteLength >= byteLength && found.byteLength <= byteLength + (byteLength >> 2)) {
      bucket.splice(i, 1);
      largeBytes -= found.byteLength;
      return new Storage(found.memory, found.byteOffset, byteLength);
    }
  }
  return undefined;
}

/**
 * Takes back memory that nothing refers to any more. Only for what is provably dead: a storage that was ever visible to
 * user code belongs to the garbage collector, unless the user disposes of it: a later use throws.
 */
export function release(storage: Storage): void {
  // Batched memory may be seen through other storages.
  if (storage.state !== null) return;
  storage.state = GONE;
  // A piece of another storage, or of memory that others lend: what lies behind it is not free.
  if (storage.origin !== null || !storage.memory.slotted) return;
  const bytes = storage.byteLength;
  if (bytes <= SCALAR_BYTES) scalars.give(storage);
  else if (bytes <= LARGEST_SMALL) smallClass(bytes).give(storage);
  else if (bytes <= LARGEST_MIDDLE) middleClass(bytes).give(storage);
  else if (largeBytes + bytes <= LARGE_KEPT_BYTES) {
    const bucket = (large[32 - Math.clz32(bytes)] ??= []);
    if (bucket.length >= LARGE_KEPT) return;
    bucket.push(storage);
    largeBytes += bytes;
  }
}
