/** An ONNX graph in the making: nodes, constants, and the sizes that are computed when it runs. */
import type { DType } from '../core/dtype.ts';
import type { Scalar } from '../tensor/promotion.ts';
import { tensor } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { OnnxExporterError } from './errors.ts';
import { bytesOf, type Node } from './program.ts';
import { DATA_TYPE, type Attribute, type NodeProto, type TensorProto } from './proto.ts';
import { example, formulaFor, isStatic, Sym, type Size } from './sizes.ts';

/** The name of a value in the graph. */
export type Name = string;
type Attributes = Readonly<Record<string, Attribute | undefined>>;

export interface GraphOptions {
  readonly opset: number;
  /** Names of the constants that have one. */
  readonly names: ReadonlyMap<Tensor, string>;
}

const INT64_MAX = Number.MAX_SAFE_INTEGER;

export class Graph {
  readonly opset: number;
  readonly nodes: NodeProto[] = [];
  readonly initializers = new Map<Name, TensorProto>();
  /** The operation and the module that the nodes now being made belong to. */
  op = '';
  path = '';
  private readonly bound = new Map<Node, Name>();
  private readonly names: ReadonlyMap<Tensor, string>;
  private readonly constants = new Map<string, Name>();
  private readonly taken = new Set<Name>();
  /** Where a size that varies can be read. */
  private readonly readable = new Map<string, { readonly size: Sym; readonly of: Name; readonly axis: number }>();
  private readonly computed = new Map<string, Name>();
  private readonly made = new Map<Tensor, Name>();

  constructor({ opset, names }: GraphOptions) {
    this.opset = opset;
    this.names = names;
    for (const name of names.values()) this.taken.add(name);
  }

  /** A name of its own that begins like the given one. */
  unique(wanted: string): Name {
    let name = wanted;
    for (let i = 1; this.taken.has(name); i++) name = `${wanted}_${i}`;
    this.taken.add(name);
    return name;
  }

  /** Says under which name a tensor of the program is in the graph. */
  bind(node: Node, name: Name): void {
    this.bound.set(node, name);
    node.shape.forEach((size, axis) => {
      if (size instanceof Sym && !this.readable.has(size.key)) this.readable.set(size.key, { size, of: name, axis });
    });
  }

  has(node: Node): boolean {
    return this.bound.has(node);
  }

  /** The name of a tensor of the program; a constant is added when it is first asked for. */
  name(node: Node): Name {
    const known = this.bound.get(node);
    if (known !== undefined) return known;
    const name = node.constant !== null ? this.initializer(node.constant) : node.variants !== null ? this.generated(node, node.variants) : this.fail('uses a tensor that the graph does not have');
    this.bind(node, name);
    return name;
  }

  fail(problem: string): never {
    throw new OnnxExporterError(this.op, this.path, problem);
  }

  /** A node with one result. */
  add(type: string, inputs: readonly Name[], attributes: Attributes = {}): Name {
    return this.addMany(type, inputs, attributes, 1)[0];
  }

  /** A node with several results. */
  addMany(type: string, inputs: readonly Name[], attributes: Attributes, count: number): Name[] {
    const prefix = this.path === '' ? '' : `/${this.path.replaceAll('.', '/')}`;
    const name = this.unique(`${prefix}/${type}`);
    const outputs = Array.from({ length: count }, (_, i) => this.unique(`${name}_output_${i}`));
    let used = inputs.length;
    while (used > 0 && inputs[used - 1] === '') used--;
    const given = Object.fromEntries(Object.entries(attributes).filter((entry): entry is [string, Attribute] => entry[1] !== undefined));
    this.nodes.push({ name, type, inputs: inputs.slice(0, used), outputs, attributes: given, origin: this.op });
    return outputs;
  }

  cast(name: Name, from: DType, to: DType): Name {
    return from === to ? name : this.add('Cast', [name], { to: DATA_TYPE[to] });
  }

  /** A constant of the program as an initializer. */
  initializer(constant: Tensor): Name {
    const known = this.made.get(constant);
    if (known !== undefined) return known;
    const name = this.names.get(constant) ?? this.unique('constant');
    this.initializers.set(name, { name, dims: constant.shape, dtype: constant.dtype, data: bytesOf(constant) });
    this.made.set(constant, name);
    return name;
  }

  /** A constant of a few numbers, one for all who ask for the same. */
  constant(values: Scalar | readonly number[], dtype: DType): Name {
    const key = `${dtype}:${Array.isArray(values) ? `[${values.map((v: number) => (Object.is(v, -0) ? '-0' : v)).join()}]` : Object.is(values, -0) ? '-0' : String(values)}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(tensor(values as number[], { dtype }));
    this.constants.set(key, name);
    return name;
  }

  ints(values: readonly number[]): Name {
    return this.constant(values.map((n) => (n === Infinity ? INT64_MAX : n)), 'int64');
  }

  /** A size as an int64 tensor of shape [1]. */
  size(size: Size): Name {
    if (typeof size === 'number') return this.ints([size]);
    const known = this.computed.get(size.key);
    if (known !== undefined) return known;
    const name = this.readSize(size);
    this.computed.set(size.key, name);
    return name;
  }

  private readSize(size: Sym): Name {
    const source = this.readable.get(size.key);
    if (source !== undefined) return this.add('Shape', [source.of], { start: source.axis, end: source.axis + 1 });
    const formula = formulaFor(size, [...this.readable.values()].map((each) => each.size));
    if (formula === null) return this.fail(`needs a size that was ${size.samples.join(', then ')}, and no formula of the dynamic axes gives it; leave the axis out of dynamicAxes`);
    let name = formula.factors.map((factor) => this.size(factor)).reduce((a, b) => this.add('Mul', [a, b]));
    if (formula.times !== 1) name = this.add('Mul', [name, this.ints([formula.times])]);
    if (formula.add !== 0) name = this.add('Add', [name, this.ints([formula.add])]);
    return formula.by === 1 ? name : this.add('Div', [name, this.ints([formula.by])]);
  }

  /** Sizes as one int64 tensor. */
  sizes(sizes: readonly Size[]): Name {
    if (isStatic(sizes)) return this.ints(sizes);
    const parts: Name[] = [];
    for (let i = 0; i < sizes.length;) {
      let end = i;
      while (end < sizes.length && typeof sizes[end] === 'number') end++;
      if (end > i) parts.push(this.ints(sizes.slice(i, end) as number[]));
      else parts.push(this.size(sizes[end++]));
      i = end;
    }
    return parts.length === 1 ? parts[0] : this.add('Concat', parts, { axis: 0 });
  }

  /** A number of the program, which may be a size, as a 0-d tensor. */
  number(value: Scalar | Sym, dtype: DType): Name {
    if (!(value instanceof Sym)) return this.constant(value, dtype);
    return this.cast(this.add('Squeeze', [this.size(value), this.ints([0])]), 'int64', dtype);
  }

  /** `x` in another shape. */
  reshape(x: Name, from: readonly Size[] | null, to: readonly Size[]): Name {
    return this.add('Reshape', [x, this.reshapeTarget(from, to)]);
  }

  /** A size that is the input's at its place is 0, and the last of the others -1, so that the fewest are computed. */
  private reshapeTarget(from: readonly Size[] | null, to: readonly Size[]): Name {
    if (isStatic(to)) return this.ints(to);
    const open = to.map((size, i) => size instanceof Sym && !(from !== null && i < from.length && from[i] instanceof Sym && from[i].key === size.key));
    const inferred = to.some((size) => example(size) === 0) ? -1 : open.lastIndexOf(true);
    const sizes = to.map((size, i): Size => (typeof size === 'number' ? size : i === inferred ? -1 : open[i] ? size : 0));
    // A 0 means that the size is copied: a static 0 cannot be told from it.
    return to.includes(0) ? this.sizes(to) : this.sizes(sizes);
  }

  /** A constant whose shape or values follow the dynamic axes: one number throughout, or an arithmetic sequence. */
  private generated(node: Node, variants: readonly Tensor[]): Name {
    const lists = variants.map((variant) => Array.from(variant.double().reshape([-1]).toTypedArray() as Float64Array));
    const [first] = lists.find((list) => list.length > 0) ?? [0];
    if (!isStatic(node.shape) && lists.every((list) => list.every((value) => Object.is(value, first)))) {
      return this.add('Expand', [this.constant(node.dtype === 'bool' ? Boolean(first) : first, node.dtype), this.sizes(node.shape)]);
    }
    if (node.shape.length === 1 && node.shape[0] instanceof Sym) {
      const start = lists[0][0], step = lists[0].length > 1 ? lists[0][1] - start : 1;
      if (step !== 0 && lists.every((list) => list.every((value, i) => value === start + i * step))) {
        const limit = this.number(node.shape[0], 'int64');
        const counted = this.cast(this.add('Range', [this.constant(0, 'int64'), limit, this.constant(1, 'int64')]), 'int64', node.dtype);
        const scaled = step === 1 ? counted : this.add('Mul', [counted, this.constant(step, node.dtype)]);
        return start === 0 ? scaled : this.add('Add', [scaled, this.constant(start, node.dtype)]);
      }
    }
    if (node.shape.length === 0) {
      const size = new Sym(lists.map((list) => list[0]));
      if (size.samples.every(Number.isInteger)) return this.number(size, node.dtype);
    }
    return this.fail(`uses a constant of shape [${node.shape.map(example).join(', ')}] that follows the dynamic axes in a way that cannot be computed; leave the axis out of dynamicAxes`);
  }
}
