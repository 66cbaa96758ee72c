/** Classes and functions that worker threads can import: what Python's pickle does by a class's module and name. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';

/** The module of the library's own classes, which every worker has. */
export const LIBRARY = 'flambeau/data';

export interface Reference {
  readonly module: string;
  readonly name: string;
}

const references = new WeakMap<object, Reference>();
const values = new Map<string, object>();
const keyOf = ({ module, name }: Reference): string => `${module}#${name}`;

/**
 * Lets the workers of a {@link DataLoader} have what this module declares: classes of datasets and transforms, functions to
 * collate or to start a worker with, or whole objects. Written once, at the end of the module, which workers import:
 *
 * ```ts
 * export class Faces extends Dataset<Tensor> { ... }
 * export function pad(samples: Tensor[]): Tensor { ... }
 * portable(import.meta.url, { Faces, pad });
 * ```
 *
 * An instance of such a class is copied into each worker with its fields, tensors by shared memory. A class whose state
 * cannot be copied (private `#fields`, open files) writes `constructorArgs()`, and is constructed there with what that gives.
 * An object that is itself named here is what the worker's own import of the module makes.
 */
export function portable(module: string | URL, members: Readonly<Record<string, object>>): void {
  const url = String(module);
  if (url !== LIBRARY && !URL.canParse(url)) throw new ArgumentError('portable', 'module', `must be the module's import.meta.url, got ${show(module)}`);
  for (const [name, value] of Object.entries(members)) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) throw new ArgumentError('portable', `members.${name}`, `must be a class, a function or an object, got ${show(value)}`);
    const reference = { module: url, name };
    references.set(value, reference);
    values.set(keyOf(reference), value);
  }
}

export const referenceTo = (value: object): Reference | undefined => references.get(value);

/** What a reference stands for in this thread, whose modules have been imported. */
export function resolveReference(reference: Reference): object {
  const value = values.get(keyOf(reference));
  if (value === undefined) throw new ArgumentError('portable', reference.name, `is not declared by ${reference.module} when a worker imports it`);
  return value;
}
