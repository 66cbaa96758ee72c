/** What the runs of a model have in common: one list of calls, in which a size that differed between the runs is a {@link Sym}. */
import { isOptions } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { OnnxExporterError } from './errors.ts';
import { isStatic, sizeOf, Sym, type Size } from './sizes.ts';
import { Ref, type Call, type Trace, type Value } from './trace.ts';

/** A tensor in the program. */
export interface Node {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly Size[];
  /** Of one that depends on no input and was the same in every run. */
  readonly constant: Tensor | null;
  /** Of one that depends on no input, but was another one in every run. */
  readonly variants: readonly Tensor[] | null;
}

export interface Step {
  readonly op: string;
  /** Tensors as nodes, sizes as numbers or {@link Sym}s. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly results: readonly Node[];
  readonly path: string;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
  readonly warnings: readonly string[];
}

const same = (a: Tensor, b: Tensor): boolean => a === b || (a.shape.join() === b.shape.join() && a.dtype === b.dtype && Buffer.compare(bytesOf(a), bytesOf(b)) === 0);

/** The elements in row-major order; bool as bytes, the half floats as bit patterns. */
export function bytesOf(x: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = x.detach().toTypedArray();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const DIFFERENT = 'the runs with other sizes of the dynamic axes are not the same calculation: ';

export function alignedProgram(traces: readonly Trace[]): Program {
  const [first] = traces;
  const nodes = new Map<number, Node>();
  const fail = (op: string, path: string, what: string): never => {
    throw new OnnxExporterError(op, path, `${DIFFERENT}${what}; leave the axis out of dynamicAxes`);
  };

  const nodeOf = (values: readonly Value[], op: string, path: string): Node => {
    const [{ id, dtype, shape }] = values;
    const known = nodes.get(id);
    if (known !== undefined) return known;
    if (values.some((value) => value.shape.length !== shape.length)) fail(op, path, `a tensor has ${shape.length} dimensions, or ${values.map((value) => value.shape.length).join(' and ')}`);
    const tensors = values.map(({ tensor }) => tensor).filter((tensor) => tensor !== null);
    const constant = tensors.length === values.length && tensors.every((tensor) => same(tensor, tensors[0])) ? tensors[0] : null;
    const node: Node = {
      id, dtype, constant,
      shape: shape.map((_, i) => sizeOf(values.map((value) => value.shape[i]))),
      variants: constant === null && tensors.length === values.length ? tensors : null,
    };
    nodes.set(id, node);
    return node;
  };

  const argument = (items: readonly unknown[], op: string, path: string): unknown => {
    const [item] = items;
    if (item instanceof Ref) {
      if (!items.every((other) => other instanceof Ref && other.value.id === item.value.id)) fail(op, path, `${op} is called with other tensors`);
      return nodeOf((items as readonly Ref[]).map(({ value }) => value), op, path);
    }
    if (Array.isArray(item)) {
      if (!items.every((other) => Array.isArray(other) && other.length === item.length)) fail(op, path, `${op} is called with lists of other lengths`);
      return item.map((_, i) => argument(items.map((list) => (list as readonly unknown[])[i]), op, path));
    }
    if (isOptions(item)) return Object.fromEntries(Object.keys(item).map((key) => [key, argument(items.map((each) => (each as Readonly<Record<string, unknown>>)[key]), op, path)]));
    if (typeof item === 'number' && items.every((other) => typeof other === 'number')) {
      const numbers = items as readonly number[];
      return numbers.every((n) => Object.is(n, item)) ? item : new Sym(numbers);
    }
    // Objects of other classes (modules, layouts) say nothing that the tensors do not.
    if (typeof item === 'object' && item !== null) return item;
    if (items.some((other) => other !== item)) fail(op, path, `${op} is called with ${String(item)}, or ${items.slice(1).map(String).join(' and ')}`);
    return item;
  };

  const inputs = first.inputs.map((_, i) => nodeOf(traces.map((trace) => trace.inputs[i]), '', ''));
  for (const trace of traces) {
    const at = trace.calls.findIndex((call, i) => call.op !== first.calls[i]?.op);
    if (at >= 0) fail(trace.calls[at].op, trace.calls[at].path, `call ${at} is ${trace.calls[at].op} instead of ${first.calls[at]?.op ?? 'none'}`);
    if (trace.calls.length !== first.calls.length) fail('', '', `there are ${first.calls.length} calls, or ${trace.calls.length}`);
  }
  const steps = first.calls.map((call, i): Step => stepOf(traces.map((trace) => trace.calls[i]), argument, nodeOf));
  const outputs = first.outputs.map((_, i) => nodeOf(traces.map((trace) => trace.outputs[i]), '', ''));
  return { steps, inputs, outputs, warnings: [...new Set(traces.flatMap((trace) => trace.warnings))] };
}

function stepOf(calls: readonly Call[], argument: (items: readonly unknown[], op: string, path: string) => unknown, nodeOf: (values: readonly Value[], op: string, path: string) => Node): Step {
  const [{ op, path, args, results }] = calls;
  return {
    op, path,
    args: Object.fromEntries(Object.keys(args).map((name) => [name, argument(calls.map((call) => call.args[name]), op, path)])),
    results: results.map((_, i) => nodeOf(calls.map((call) => call.results[i]), op, path)),
  };
}

/** A step that gives constants whatever the input and its sizes are. */
export const isConstant = ({ results }: Step): boolean => results.every(({ constant, shape }) => constant !== null && isStatic(shape));
