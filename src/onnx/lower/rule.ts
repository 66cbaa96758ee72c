/** What the tables say of an operation: how its arguments are named, and what it is in ONNX. */
import { signature, type Signature } from '../../core/args.ts';
import type { DType } from '../../core/dtype.ts';
import { type Arguments, type Operand } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';

/** The names of the results, in their order. */
export type Lowering = (a: Arguments, g: Graph) => Name | readonly Name[];

export interface Rule {
  readonly signature: Signature;
  readonly lower: Lowering;
}

export type Rules = Readonly<Record<string, Rule>>;

/** A rule; the first parameter of a method is the tensor itself. */
export const rule = (parameters: string, lower: Lowering): Rule => ({ signature: signature(parameters), lower });

export const isFloat = (dtype: DType): boolean => dtype.includes('float');

/** The dtype in which a dtype is computed with: bool is none. */
export const numeric = (dtype: DType): DType => (dtype === 'bool' ? 'int64' : dtype);

/** A binary node on operands in one dtype. */
export const pair = (a: Arguments, type: string, x: Operand, y: Operand, dtype: DType): Name => a.graph.add(type, [a.value(x, dtype), a.value(y, dtype)]);
