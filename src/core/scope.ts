/** What a `tidy` scope knows: the storages made in it, and the memory that outlives it. */
import { GONE, type Slab, type Storage } from './storage.ts';

export interface Scope {
  readonly made: Storage[];
  readonly outer: Scope | null;
  /** A graph that outlives the scope may need whatever was made in it. */
  held: boolean;
}

/** The innermost scope; null almost always. */
export let scope: Scope | null = null;

/** By slab and offset, so that other storages over the same memory count. Emptied with the outermost scope. */
const lasting = new Map<Slab, Set<number>>();

export function enterScope(): Scope {
  return (scope = { made: [], outer: scope, held: false });
}

/** The memory of a storage outlives every scope that runs now; of an attached tensor, everything made in them does. */
export function outlive(storage: Storage, attached = false): void {
  if (scope === null) return;
  if (attached) for (let each: Scope | null = scope; each !== null; each = each.outer) each.held = true;
  const offsets = lasting.get(storage.memory);
  if (offsets === undefined) lasting.set(storage.memory, new Set([storage.byteOffset]));
  else offsets.add(storage.byteOffset);
}

/**
 * Ends a scope. What it made is given to `dispose`, except what lasts and what is among `results`, which belongs to the
 * scope around; `all` hands everything on.
 */
export function leaveScope(ended: Scope, results: readonly Storage[], all: boolean, dispose: (storage: Storage) => void): void {
  scope = ended.outer;
  const kept = new Map<Slab, Set<number>>();
  for (const { memory, byteOffset } of results) kept.set(memory, (kept.get(memory) ?? new Set()).add(byteOffset));
  for (const storage of ended.made) {
    const { memory, byteOffset } = storage;
    if (storage.state === GONE || lasting.get(memory)?.has(byteOffset)) continue;
    if (all || ended.held || kept.get(memory)?.has(byteOffset)) scope?.made.push(storage);
    else dispose(storage);
  }
  if (scope === null) lasting.clear();
}
