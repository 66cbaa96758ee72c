/** The one argument rule for constructors: PyTorch's positions, or names in a trailing object; and checks of one argument. */
import { intArg, numberArg, show, stringArg, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** An optional parameter: null and undefined are None. */
export type Maybe<T> = T | null | undefined;

/** Required positional parameters R, optional ones E, and everything by name in O. */
export type Args<R extends readonly unknown[], E extends readonly unknown[], O> = [...R, ...CallArgs<E, O>] | [options: O];

/** A size: an integer of at least `least`. */
export function sizeArg(op: string, name: string, value: unknown, least = 0): number {
  const size = intArg(op, name, value);
  if (size < least) throw new ArgumentError(op, name, `must be at least ${least}, got ${show(value)}`);
  return size;
}

/** A probability, 0 and 1 included. */
export function probabilityArg(op: string, name: string, value: unknown, fallback: number): number {
  const p = numberArg(op, name, value, fallback);
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(op, name, `must be between 0 and 1, got ${p}`);
  return p;
}

/** What every function of `nn.functional` begins with. */
export function tensorArg(op: string, name: string, value: unknown): Tensor {
  if (!(value instanceof Tensor)) throw new ArgumentError(op, name, `must be a Tensor, got ${show(value)}`);
  return value;
}

export type Reduction = 'mean' | 'sum' | 'none';
export const REDUCTIONS: readonly Reduction[] = ['mean', 'sum', 'none'];

export const reductionArg = (op: string, value: unknown): Reduction => stringArg(op, 'reduction', value, REDUCTIONS, 'mean');
