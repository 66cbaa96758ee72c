/**
 * Buffers that are used again as soon as the garbage collector has taken the last slab over them.
 *
 * Left to V8, a buffer's memory goes through its sweeper and malloc, and comes back cold, or as fresh pages of the system,
 * microseconds later and elsewhere. The pool keeps the buffers, and a slab over one is watched by a weak reference that a
 * collection clears at once: what was used last is handed out first, from a cache. Where no backend can watch objects,
 * every buffer is a new one.
 */
import { collectYoung } from './collect.ts';
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
}

let watcher: Watcher | null = null;

export function setWatcher(present: Watcher): void {
  watcher = present;
}

/** Bytes handed out between two collections. More where most of them turn out to be still in use. */
const LEAST_BUDGET = 5 * 2 ** 20, MOST_BUDGET = 64 * 2 ** 20;
/** Bytes that may lie unused: a burst does not stay forever. */
const KEPT_BYTES = 128 * 2 ** 20;

let budget = LEAST_BUDGET;
let handedOut = 0;
let unused = 0;
const free = new Map<number, Buffer[]>();
const inUse: (Buffer | undefined)[] = [];
const numbers = new Int32Array(256);

/** Sizes in eighths of a power of two: at most an eighth is wasted. */
export function capacityFor(bytes: number): number {
  const step = 2 ** Math.max(28 - Math.clz32(bytes), 6);
  return Math.ceil(bytes / step) * step;
}

/** Takes back what nobody holds any more; returns its bytes. */
function reclaim(from: Watcher): number {
  let bytes = 0;
  for (let found = numbers.length; found === numbers.length;) {
    found = from.collected(numbers);
    for (let i = 0; i < found; i++) {
      const buffer = inUse[numbers[i]] as Buffer;
      inUse[numbers[i]] = undefined;
      bytes += buffer.capacity;
      if (unused + buffer.capacity > KEPT_BYTES) continue;
      unused += buffer.capacity;
      const list = free.get(buffer.capacity);
      if (list === undefined) free.set(buffer.capacity, [buffer]);
      else list.push(buffer);
    }
  }
  return bytes;
}

/** Makes room by a young collection once the budget is spent. */
function collect(from: Watcher): void {
  if (handedOut < budget) return;
  collectYoung();
  const found = reclaim(from);
  budget = found < handedOut / 2 ? Math.min(2 * budget, MOST_BUDGET) : Math.max(budget / 2, LEAST_BUDGET);
  handedOut = 0;
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
    return { slab: new Slab(bytes), start };
  }
  // Also where unused ones are left: those are the coldest.
  collect(from);
  let buffer = free.get(capacity)?.pop();
  if (buffer === undefined) buffer = { ...create(), capacity };
  else unused -= capacity;
  handedOut += capacity;
  const slab = new Slab(buffer.bytes);
  inUse[from.watch(slab)] = buffer;
  return { slab, start: buffer.start };
}
