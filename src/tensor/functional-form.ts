/** Methods as functions: `sum(x, 1)` for `x.sum(1)`. */
import { ArgumentError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

/** A method's functional form; of up to three overloads. */
export type Functional<K extends keyof Tensor> = Tensor[K] extends { (...args: infer A): infer R; (...args: infer B): infer S; (...args: infer C): infer T }
  ? { (input: Tensor, ...args: A): R; (input: Tensor, ...args: B): S; (input: Tensor, ...args: C): T }
  : Tensor[K] extends (...args: infer A) => infer R ? (input: Tensor, ...args: A) => R : never;

function requireTensor(op: string, value: unknown): Tensor {
  if (!(value instanceof TensorCore)) throw new ArgumentError(op, 'input', `must be a Tensor, got ${show(value)}`);
  return value as Tensor;
}

/** Methods as functions of their tensor. */
export function functional<const K extends readonly (keyof Tensor & string)[]>(names: K): { readonly [P in K[number]]: Functional<P> } {
  const functions: Record<string, unknown> = {};
  for (const name of names) {
    functions[name] = (input: unknown, ...args: readonly unknown[]): unknown => {
      const x = requireTensor(name, input);
      return (x as unknown as Record<string, (...rest: unknown[]) => unknown>)[name](...args);
    };
  }
  return functions as { readonly [P in K[number]]: Functional<P> };
}
