/** The arguments of a recorded call, read as what they are expected to be. */
import { show } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import { resultTypeName } from '../tensor/composite.ts';
import { zeros } from '../tensor/create.ts';
import { getDefaultDtype, type Scalar } from '../tensor/promotion.ts';
import type { Graph, Name } from './graph.ts';
import type { Node, Step } from './program.ts';
import { example, Sym, type Size } from './sizes.ts';

export type Operand = Node | Scalar | Sym;

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'constant' in value && 'variants' in value;

export class Arguments {
  readonly graph: Graph;
  readonly results: readonly Node[];
  private readonly args: Readonly<Record<string, unknown>>;

  constructor(graph: Graph, { args, results }: Step) {
    this.graph = graph;
    this.args = args;
    this.results = results;
  }

  /** The first result. */
  get out(): Node {
    return this.results[0];
  }

  raw(name: string): unknown {
    return this.args[name] ?? undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  node(name: string): Node {
    const value = this.raw(name);
    if (!isNode(value)) this.graph.fail(`is exported only with a Tensor as ${name}, got ${show(value)}`);
    return value as Node;
  }

  nodes(name: string): readonly Node[] {
    const value = this.raw(name);
    return (Array.isArray(value) ? value as unknown[] : [value]).map((item) => (isNode(item) ? item : this.graph.fail(`is exported only with Tensors as ${name}`)));
  }

  operand(name: string): Operand {
    return this.raw(name) as Operand;
  }

  /** A number that no dynamic axis changes. */
  number(name: string, fallback?: number): number {
    const value = this.raw(name) ?? fallback;
    if (value instanceof Sym) this.graph.fail(`is exported only with a ${name} that follows no dynamic axis`);
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'number') this.graph.fail(`is exported only with a number as ${name}, got ${show(value)}`);
    return value as number;
  }

  size(name: string, fallback?: Size): Size {
    const value = this.raw(name) ?? fallback;
    return value instanceof Sym ? value : this.number(name, fallback === undefined ? undefined : example(fallback));
  }

  /** A list of sizes; one alone is a list of one. */
  sizes(name: string): readonly Size[] {
    const value = this.raw(name);
    const list = Array.isArray(value) ? value as unknown[] : [value];
    return list.map((item) => (item instanceof Sym || typeof item === 'number' ? item : typeof item === 'bigint' ? Number(item) : this.graph.fail(`is exported only with numbers as ${name}, got ${show(item)}`)));
  }

  /** Whole numbers that no dynamic axis changes, or undefined. */
  ints(name: string): readonly number[] | undefined {
    if (!this.has(name)) return undefined;
    return this.sizes(name).map((size) => (typeof size === 'number' ? size : this.graph.fail(`is exported only with a ${name} that follows no dynamic axis`)));
  }

  bool(name: string, fallback = false): boolean {
    return (this.raw(name) as boolean | undefined) ?? fallback;
  }

  string(name: string, fallback: string): string {
    return (this.raw(name) as string | undefined) ?? fallback;
  }

  // --- in the graph ----------------------------------------------------------------------------------------------

  /** The parameter's name in the graph, cast where a dtype is given. */
  name(parameter: string, dtype?: DType): Name {
    return this.of(this.node(parameter), dtype);
  }

  of(node: Node, dtype?: DType): Name {
    const name = this.graph.name(node);
    return dtype === undefined ? name : this.graph.cast(name, node.dtype, dtype);
  }

  /** A tensor or a number in a dtype. */
  value(operand: Operand, dtype: DType): Name {
    return isNode(operand) ? this.of(operand, dtype) : this.graph.number(operand, dtype);
  }

  /** A dimension of a node, from the front. */
  dim(of: Node, value: number): number {
    return value < 0 ? value + Math.max(of.shape.length, 1) : value;
  }
}

/** The dtype in which operands are computed, by PyTorch's rules. */
export function promoted(operands: readonly Operand[]): DType {
  // 0-d tensors and numbers only decide among themselves.
  const stand = (x: Operand) => (isNode(x) ? zeros(x.shape.length === 0 ? [] : [1], { dtype: x.dtype }) : x instanceof Sym ? 1 : x);
  const [first, ...rest] = operands.map(stand);
  if (rest.length === 0) return typeof first === 'object' ? first.dtype : getDefaultDtype();
  return rest.reduce<{ dtype: DType; weak: boolean; like: typeof first }>((all, next) => {
    const dtype = resultTypeName(all.like, next);
    const weak = all.weak && !(typeof next === 'object' && next.ndim > 0);
    return { dtype, weak, like: zeros(weak ? [] : [1], { dtype }) };
  }, { dtype: typeof first === 'object' ? first.dtype : 'float32', weak: !(typeof first === 'object' && first.ndim > 0), like: first }).dtype;
}

