/** Methods as functions: `sum(x, 1)` for `x.sum(1)`. */
import { ArgumentError } from '../core/errors.ts';
import { isOptions, show } from '../core/args.ts';
import { TensorCore } from './core.ts';
import { writeResult } from './operation.ts';
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

/** The same with PyTorch's `out`, among the options that come last: a tensor, or one for each of several results. */
export interface WithOut {
  (input: Tensor, ...args: readonly [...given: readonly unknown[], options: { readonly out: Tensor } & Readonly<Record<string, unknown>>]): Tensor;
  (input: Tensor, ...args: readonly [...given: readonly unknown[], options: { readonly out: readonly Tensor[] } & Readonly<Record<string, unknown>>]): readonly Tensor[];
}

/** Methods as functions of their tensor that take `out`. */
export function functionalWithOut<const K extends readonly (keyof Tensor & string)[]>(names: K): { readonly [P in K[number]]: Functional<P> & WithOut } {
  const plain = functional(names) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  return Object.fromEntries(names.map((name) => [name, (...args: readonly unknown[]): unknown => {
    const last = args[args.length - 1];
    if (!isOptions(last) || !('out' in last)) return plain[name](...args);
    const { out, ...options } = last as Readonly<Record<string, unknown>>;
    const result = plain[name](...args.slice(0, -1), ...(Object.keys(options).length > 0 ? [options] : []));
    return out === undefined || out === null ? result : writeResult(name, out, result, args);
  }])) as unknown as { readonly [P in K[number]]: Functional<P> & WithOut };
}
