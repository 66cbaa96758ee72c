/** What the tables say of an operation: how its arguments are named, and what it is in ONNX. */
import { bind, isOptions, signature } from '../../core/args.ts';
import type { DType } from '../../core/dtype.ts';
import { type Arguments, type Operand } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';

/** The names of the results, in their order. */
export type Lowering = (a: Arguments, g: Graph) => Name | readonly Name[];

/** A call's arguments by parameter name; null where they do not fit, which the operation itself refuses. */
export type Reader = (args: readonly unknown[]) => Readonly<Record<string, unknown>> | null;

export interface Rule {
  readonly read: Reader;
  readonly lower: Lowering;
}

export type Rules = Readonly<Record<string, Rule>>;

/** Arguments as users give them, or all by position, also the keyword-only ones, as declared operations tell of them. */
function readerOf(parameters: string): Reader {
  const sig = signature(parameters);
  return (args) => {
    if (!sig.variadic && args.length > sig.positional && args.length <= sig.parameters.length && !isOptions(args[args.length - 1])) {
      return Object.fromEntries(args.flatMap((value, i) => (value === undefined ? [] : [[sig.parameters[i], value]])));
    }
    try {
      return bind(sig, args);
    } catch {
      return null;
    }
  };
}

/** A rule; the first parameter of a method is the tensor itself. */
export const rule = (parameters: string, lower: Lowering): Rule => ({ read: readerOf(parameters), lower });

export const isFloat = (dtype: DType): boolean => dtype.includes('float');

/** A binary node on operands in one dtype. */
export const pair = (a: Arguments, type: string, x: Operand, y: Operand, dtype: DType): Name => a.graph.add(type, [a.value(x, dtype), a.value(y, dtype)]);
