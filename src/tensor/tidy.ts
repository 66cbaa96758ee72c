/** Memory given back at once, for those who want lower peaks; without it the garbage collector does. */
import { isOptions, show } from '../core/args.ts';
import { release } from '../core/allocator.ts';
import { ArgumentError } from '../core/errors.ts';
import { enterScope, leaveScope, outlive, type Scope } from '../core/scope.ts';
import type { Storage } from '../core/storage.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

function tensorsIn(value: unknown, found: Tensor[]): void {
  if (value instanceof TensorCore) found.push(value as Tensor);
  else if (Array.isArray(value)) for (const item of value as readonly unknown[]) tensorsIn(item, found);
  else if (isOptions(value)) for (const item of Object.values(value as object)) tensorsIn(item, found);
}

/** Memory that vmap hides dims in may be seen through other storages: it is left to the garbage collector. */
function disposePlain(storage: Storage): void {
  if (storage.state === null) release(storage);
}

function leave(scope: Scope, result: unknown): void {
  const results: Tensor[] = [];
  tensorsIn(result, results);
  // A graph may need whatever was made while it was recorded.
  const attached = results.some((x) => x.gradFn !== null);
  leaveScope(scope, results.map((x) => x.storage), attached, disposePlain);
}

/**
 * `tidy(fn)` runs `fn` and disposes every tensor made in it, except those in its result (a tensor, or arrays and plain
 * objects of them), gradients, parameters, optimizer states, and what `keep` was told of. A result that is attached to a
 * graph keeps everything, because its backward may need it: end with `backward()` inside, or return `detach()`.
 * `using _ = tidy()` does the same for the rest of a block, which has no result. Scopes nest. A scope holds on to what it made
 * until it ends: put it around a step, not around a loop of them.
 */
export function tidy(): Disposable;
export function tidy<T>(fn: () => T): T;
export function tidy<T>(fn?: () => T): T | Disposable {
  if (fn !== undefined && typeof fn !== 'function') throw new ArgumentError('tidy', 'fn', `must be a function, got ${show(fn)}`);
  const scope = enterScope();
  if (fn === undefined) return { [Symbol.dispose]: () => leave(scope, undefined) };
  let result: T | undefined;
  try {
    result = fn();
    if (result instanceof Promise) throw new ArgumentError('tidy', 'fn', 'must be synchronous: the scope would end at its first await, got an async function');
    return result;
  } finally {
    leave(scope, result);
  }
}

/** Makes a tensor outlive the `tidy` scopes that run now; returns it. */
export function keep<T extends TensorCore>(tensor: T): T {
  if (!(tensor instanceof TensorCore)) throw new ArgumentError('keep', 'tensor', `must be a Tensor, got ${show(tensor)}`);
  outlive(tensor.storage, tensor.gradFn !== null);
  return tensor;
}
