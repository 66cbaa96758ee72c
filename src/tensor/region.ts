/** Scopes in which storages may be batched: the body of `vmap`, and backward passes through one. */
import { countRegion, regions } from '../core/batch.ts';
import { batched } from '../backend/batched.ts';
import { intercept } from '../backend/select.ts';

/** False until the first vmap, so that nothing is asked of programs without one. */
export let everBatched = false;

/** Runs `fn` with the batching backend around the one in use. */
export function inRegion<T>(fn: () => T): T {
  everBatched = true;
  if (countRegion(1) === 1) intercept(batched);
  try {
    return fn();
  } finally {
    if (countRegion(-1) === 0) intercept(null);
  }
}

export const inside = (): boolean => regions > 0;
