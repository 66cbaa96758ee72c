/**
 * Parameters of constructors and forward methods by a schema (see tensor/operation.ts): checks, defaults, the named form
 * and types follow from it. One schema serves a family of classes, whose names the errors carry.
 */
import { operation, type CallOf, type ValuesOf } from '../tensor/operation.ts';
import type { DType } from '../core/dtype.ts';

/** Checks the arguments of a class of the given name and returns the values, in the schema's order. */
export type Declared<S extends string> = (name: string, args: CallOf<S>) => ValuesOf<S>;
/** What a caller may give. */
export type ArgsOf<D> = D extends Declared<infer S> ? CallOf<S> : never;

/** `schema` is the list in parentheses: `'(numFeatures: int, eps: float = 1e-5)'`. */
export function declared<const S extends string>(schema: S): Declared<S> {
  const byName = new Map<string, (...args: readonly unknown[]) => ValuesOf<S>>();
  return (name, args) => {
    let check = byName.get(name);
    if (check === undefined) byName.set(name, check = operation(`${name}${schema}`, (...values: readonly unknown[]) => values as ValuesOf<S>) as unknown as (...args: readonly unknown[]) => ValuesOf<S>);
    return check(...args);
  };
}

/** Of a class's own parameters: how its tensors are made. */
export const made = (dtype: DType | undefined): { readonly dtype?: DType } => (dtype === undefined ? {} : { dtype });
