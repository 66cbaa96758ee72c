/**
 * Hidden batch dims: what `vmap` puts on a storage so that code above the kernels sees one sample.
 *
 * A storage that is batched over a level holds one sample per index of the level, `stride` bytes apart; layouts, views and
 * derivatives only know the sample. Kernels get the hidden dims back from backend/batched.ts. Reading the memory in any
 * other way throws {@link BatchedReadError}: code without a batching rule can be wrong only loudly, and operations catch
 * it to run sample by sample (tensor/sample-loop.ts).
 */
import { VmapError } from './errors.ts';
import { Alias, type Storage, type StorageState } from './storage.ts';

export type Randomness = 'error' | 'different' | 'same';

let clock = 0;

/** One running (or finished) vmap call. */
export class Level {
  readonly size: number;
  readonly randomness: Randomness;
  /** Only storages born later may become batched over this level. Also the order: outer levels are older. */
  readonly start = ++clock;
  /** Gradients are kept apart by sample while the level runs, and summed over it afterwards. */
  alive = true;
  /** A loop runs sample by sample below: draws there are one sample's. */
  suspended = false;

  constructor(size: number, randomness: Randomness) {
    this.size = size;
    this.randomness = randomness;
  }
}

export interface BatchDim {
  readonly level: Level;
  /** Bytes between samples; 0 where they are one. */
  readonly stride: number;
}

/** Thrown where elements of a batched tensor are read outside of a kernel. */
export class BatchedReadError extends VmapError {}

const ESCAPED = 'a tensor batched by vmap was used after its vmap call had ended; return it from the function instead';
const READ = 'elements of a tensor that is batched by vmap cannot be read (item(), tolist(), nonzero(), data-dependent control flow or shapes): '
  + 'the function runs once for all samples; use where() or other tensor operations instead';

/** The batch state of a storage; the dims are in the order of their levels. */
export class Batch implements StorageState {
  /** When the storage was allocated; -1 for an alias of memory that others see too. */
  readonly birth: number;
  dims: readonly BatchDim[];

  constructor(birth: number, dims: readonly BatchDim[]) {
    this.birth = birth;
    this.dims = dims;
  }

  check(): void {
    if (this.dims.length > 0) throw new BatchedReadError(`vmap: ${this.dims.some(({ level }) => level.alive) ? READ : ESCAPED}`);
  }
}

export const RANDOM_REFUSED = "vmap: a random operation was called with randomness 'error', the default; give vmap { randomness: 'different' } or { randomness: 'same' }";

/** How many scopes run in which storages may be batched; 0 outside of vmap and of backward passes through one. */
export let regions = 0;
export function countRegion(change: 1 | -1): number {
  return (regions += change);
}

/** The running levels, outermost first. */
export const running: Level[] = [];

/** Marks a fresh storage, which may become batched when it is written. */
export function stamp<T extends Storage>(storage: T): T {
  storage.state = new Batch(++clock, NO_DIMS);
  return storage;
}

const NO_DIMS: readonly BatchDim[] = Object.freeze([]);

export function dimsOf(storage: Storage | null): readonly BatchDim[] {
  return storage !== null && storage.state instanceof Batch ? storage.state.dims : NO_DIMS;
}

/** The state of another storage over the same memory. */
export function aliased(storage: Storage): StorageState {
  const { state } = storage;
  return state instanceof Batch && state.dims.length > 0 ? new Batch(-1, state.dims) : new Alias(storage);
}

/** The levels a storage is batched over, null for none. */
export function levelsOf(storage: Storage): readonly Level[] | null {
  const dims = dimsOf(storage);
  return dims.length === 0 ? null : dims.map(({ level }) => level);
}

export const sorted = (dims: readonly BatchDim[]): BatchDim[] => [...dims].sort((a, b) => a.level.start - b.level.start);

const NO_LEVELS: readonly Level[] = Object.freeze([]);

/** All levels that any of the storages is batched over, outermost first. */
export function unionOf(storages: readonly (Storage | null)[]): readonly Level[] {
  let levels: Level[] | null = null;
  for (const storage of storages) {
    for (const { level } of dimsOf(storage)) {
      if (levels === null) levels = [level];
      else if (!levels.includes(level)) levels.push(level);
    }
  }
  if (levels === null) return NO_LEVELS;
  return levels.length === 1 ? levels : levels.sort((a, b) => a.start - b.start);
}
