/** Constructors by schema: the argument rule, the checks and the types of `operation`, without an operation behind them. */
import { operation, type CallOf, type Operation, type ValuesOf } from '../tensor/operation.ts';

/** Reads the arguments of a constructor; the result is the values in the schema's order. */
export const parameters = <const S extends string>(schema: S): Operation<S, ValuesOf<S>> => operation(schema, (...values) => values);

/** The arguments that a constructor of this schema takes. */
export type ArgsOf<P> = P extends { readonly schema: infer S extends string } ? CallOf<S> : never;
