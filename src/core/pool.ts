/**
 * Buffers that are used again as soon as the garbage collector has taken the last slab over them.
 *
 * Left to V8, a buffer's memory goes through its sweeper and malloc, and comes back cold, or as fresh pages of the system,
 * microseconds later and elsewhere. The pool keeps the buffers, and a slab over one is watched by a weak reference that a
 * collection clears at once: what was used last is handed out first, from a cache. Where no backend can watch objects,
 * every buffer is a new one.
 */
import { BUDGET, collectAll, collectYoung } from './collect.ts';
import { Slab } from './storage.ts';

export interface Watcher {
  /** A number for an object, which does not keep it alive. */
  watch(object: object): number;
  /** Writes the numbers of watched objects that were collected, as many as fit; returns how many. */
  collected(numbers: Int32Array): number;
}

interface Buffer {
  readonly bytes: Uint8Array;
  /** The first byte that storages may use. */
  readonly start: number;
  readonly capacity: number;
  /** Takes the buffer back where it is not the pool's own. */
  readonly giveBack?: () => void;
}

let watcher: Watcher | null = null;

export function setWatcher(present: Watcher): void {
  watcher = present;
}

/** Bytes handed out between two collections. More where most of them turn out to be still in use. */
const MOST_BUDGET = 64 * 2 ** 20;
/** Buffers from this size on count by a third more: a loop of 4 MB temporaries held twice the memory when they did not. */
const LARGE = 2 ** 20, LARGE_WEIGHT = 4 / 3;
const counted = (capacity: number): number => (capacity >= LARGE ? capacity * LARGE_WEIGHT : capacity);
/** Bytes that may lie unused: a burst does not stay forever, and sizes that are wanted no more make room for those that are. */
const KEPT_BYTES = 128 * 2 ** 20;

/** Unused buffers of one capacity; what came last is handed out first. */
interface Shelf {
  readonly capacity: number;
  readonly buffers: Buffer[];
  /** When one was wanted last, counted in requests. */
  wanted: number;
}

let budget = BUDGET;
let handedOut = 0;
let unused = 0;
let requests = 0;
const shelves = new Map<number, Shelf>();
const inUse: (Buffer | undefined)[] = [];
const numbers = new Int32Array(256);

/** Sizes in eighths of a power of two: at most an eighth is wasted. */
export function capacityFor(bytes: number): number {
  const step = 1 << Math.max(28 - Math.clz32(bytes), 6);
  return Math.ceil(bytes / step) * step;
}

export let perturbed = false;

/**
 * For tests, as MALLOC_PERTURB_ is for C: every storage has a slab of its own, handed out after a collection, and what comes
 * back is overwritten. An array over memory whose slab it does not keep then reads nonsense at once.
 */
export function perturb(): void {
  perturbed = true;
}

function shelfOf(capacity: number): Shelf {
  let shelf = shelves.get(capacity);
  if (shelf === undefined) shelves.set(capacity, (shelf = { capacity, buffers: [], wanted: requests }));
  return shelf;
}

/** Gives up buffers of sizes that nobody has wanted for longer than this one, until one more fits; none of them where it cannot. */
function makeRoom(shelf: Shelf): boolean {
  if (unused + shelf.capacity <= KEPT_BYTES) return true;
  const colder = [...shelves.values()].filter((other) => other.wanted < shelf.wanted).sort((a, b) => a.wanted - b.wanted);
  if (unused + shelf.capacity - colder.reduce((sum, { capacity, buffers }) => sum + capacity * buffers.length, 0) > KEPT_BYTES) return false;
  for (const { capacity, buffers } of colder) {
    while (buffers.length > 0 && unused + shelf.capacity > KEPT_BYTES) {
      buffers.shift();
      unused -= capacity;
    }
  }
  return true;
}

/** Takes back what nobody holds any more; returns its bytes. */
function reclaim(from: Watcher): number {
  let bytes = 0;
  for (let found = numbers.length; found === numbers.length;) {
    found = from.collected(numbers);
    for (let i = 0; i < found; i++) {
      const buffer = inUse[numbers[i]] as Buffer;
      inUse[numbers[i]] = undefined;
      bytes += counted(buffer.capacity);
      if (buffer.giveBack !== undefined) {
        giveBack(buffer);
        continue;
      }
      if (perturbed) buffer.bytes.fill(0xab);
      const shelf = shelfOf(buffer.capacity);
      if (!makeRoom(shelf)) continue;
      unused += buffer.capacity;
      shelf.buffers.push(buffer);
    }
  }
  return bytes;
}

/** Makes room by a young collection once the budget is spent. */
function collect(from: Watcher): void {
  if (handedOut < budget && !perturbed) return;
  collectYoung();
  const found = reclaim(from);
  budget = found < handedOut / 2 ? Math.min(2 * budget, MOST_BUDGET) : Math.max(budget / 2, BUDGET);
  handedOut = 0;
}

/**
 * A graph was just run backward and let go of, so that most of what was handed out since the last collection is garbage and
 * little of it has to be moved: the best moment. Collections amid a forward pass find everything in use.
 */
export function graphReleased(): void {
  if (watcher === null || handedOut < BUDGET / 2) return;
  collectYoung();
  reclaim(watcher);
  handedOut = 0;
}

/** Lent bytes from which on the whole heap is collected: V8 does not count shared memory, and would let any amount of it pile up. */
const LEAST_LENT = 128 * 2 ** 20;
let lent = 0, lentLimit = LEAST_LENT;

function giveBack(buffer: Buffer): void {
  lent -= buffer.capacity;
  lentLimit = Math.max(2 * lent, LEAST_LENT);
  buffer.giveBack?.();
}

/** Tells of slabs that are gone where no backend can watch them: after a collection of the whole heap, and a while later. */
const gone = new FinalizationRegistry<Buffer>(giveBack);

/** A slab over memory of another owner, which takes it back once nobody holds the slab any more. */
export function lend(bytes: Uint8Array, giveBack: () => void): Slab {
  const slab = new Slab(bytes), buffer: Buffer = { bytes, start: 0, capacity: bytes.byteLength, giveBack };
  lent += buffer.capacity;
  if (watcher === null) gone.register(slab, buffer);
  else {
    reclaim(watcher);
    handedOut += counted(buffer.capacity);
    collect(watcher);
    inUse[watcher.watch(slab)] = buffer;
  }
  if (lent > lentLimit) {
    lentLimit = lent + LEAST_LENT;
    collectAll();
    if (watcher !== null) reclaim(watcher);
  }
  return slab;
}

export interface Pooled {
  readonly slab: Slab;
  readonly start: number;
}

/** A slab of at least `capacity` bytes, used before or made by `create`; `capacity` comes from {@link capacityFor}. */
export function pooled(capacity: number, create: () => { readonly bytes: Uint8Array; readonly start: number }): Pooled {
  const from = watcher;
  if (from === null) {
    const { bytes, start } = create();
    return { slab: new Slab(bytes, true), start };
  }
  // Also where unused ones are left: those are the coldest.
  collect(from);
  const shelf = shelfOf(capacity);
  shelf.wanted = ++requests;
  let buffer = shelf.buffers.pop();
  if (buffer === undefined) buffer = { ...create(), capacity };
  else unused -= capacity;
  handedOut += counted(capacity);
  const slab = new Slab(buffer.bytes, true);
  inUse[from.watch(slab)] = buffer;
  return { slab, start: buffer.start };
}
