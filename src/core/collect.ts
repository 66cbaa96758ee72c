/**
 * Young garbage collections on the allocator's schedule.
 *
 * A loop of small tensor operations makes little JavaScript garbage and much tensor memory. Left alone, V8 collects when
 * 32 MB of young buffers have piled up, and the next 32 MB arrive before the first are counted as freed: that looks like
 * pressure, so it marks the whole heap each time, and every result is written to memory that no cache holds. A scavenge
 * takes some 40 microseconds, so one every few megabytes costs little and keeps the memory in use warm (a step of the
 * sine program with 1,000 points: 47 us left alone, 15 us with it). Where the runtime offers no `gc`, nothing happens.
 */
type Collect = (options: { type: 'minor' | 'major' }) => void;

/** Bytes between two collections: a few megabytes keep results in the outer caches; from 10 on, loops get slower again. */
export const BUDGET = 8 * 2 ** 20;

let allocated = 0;
let stopped = false;
let collect: Collect | null | undefined;

function obtain(): Collect | null {
  const present = (globalThis as { gc?: Collect }).gc;
  if (typeof present === 'function') return present;
  try {
    const v8 = process.getBuiltinModule('node:v8'), vm = process.getBuiltinModule('node:vm');
    v8.setFlagsFromString('--expose-gc');
    const gc: unknown = vm.runInNewContext('gc');
    // Only that one context has it: `globalThis.gc` stays as it was.
    v8.setFlagsFromString('--no-expose-gc');
    return typeof gc === 'function' ? (gc as Collect) : null;
  } catch {
    return null;
  }
}

/** Runs a young collection where the runtime lets us. */
export function collectYoung(): void {
  allocated = 0;
  if (stopped) return;
  collect ??= obtain();
  if (collect === null) stopped = true;
  else collect({ type: 'minor' });
}

/** Runs a collection of the whole heap where the runtime lets us. */
export function collectAll(): void {
  collect ??= obtain();
  collect?.({ type: 'major' });
}

/** Tells that a buffer of `bytes` is about to be made; may collect before. */
export function countAllocation(bytes: number): void {
  allocated += bytes;
  if (allocated >= BUDGET) collectYoung();
}
