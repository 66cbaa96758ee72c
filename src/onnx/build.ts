/** From a program to an ONNX model: every step by its rule, and what nobody uses left out. */
import { isOptions } from '../core/args.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { publicName } from '../tensor/observing.ts';
import { Arguments, isNode } from './arguments.ts';
import type { DynamicAxis } from './dynamic.ts';
import { Graph, type Name } from './graph.ts';
import { ruleOf } from './lower/table.ts';
import { isConstant, type Node, type Program, type Step } from './program.ts';
import type { ModelProto, NodeProto, ValueInfo } from './proto.ts';
import { Sym, type Size } from './sizes.ts';

export interface BuildOptions {
  readonly opset: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly axes: readonly (readonly DynamicAxis[])[];
  readonly names: ReadonlyMap<Tensor, string>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly docString: string;
  readonly fold: boolean;
  readonly exportParams: boolean;
  readonly keepInitializersAsInputs: boolean;
}

/** The steps that the outputs follow from: counters of a module and what is thrown away are not among them. */
function usedSteps({ steps, outputs }: Program): Step[] {
  const used = new Set(outputs);
  const use = (value: unknown): void => {
    if (isNode(value)) used.add(value);
    else if (Array.isArray(value)) value.forEach(use);
    else if (isOptions(value)) Object.values(value).forEach(use);
  };
  return steps.toReversed().filter(({ args, results }) => {
    const wanted = results.some((result) => used.has(result));
    if (wanted) Object.values(args).forEach(use);
    return wanted;
  }).toReversed();
}

/** The steps' results by their rules, in the graph. */
function lowerSteps(g: Graph, program: Program, fold: boolean): void {
  for (const step of usedSteps(program)) {
    // What depends on no input is added when it is used; results that are known are aliases.
    if ((fold && isConstant(step)) || step.results.every((result) => g.has(result))) continue;
    g.op = publicName(step.op);
    g.path = step.path;
    const rule = ruleOf(step.op);
    if (rule === null) return g.fail('has no ONNX form');
    const names = [rule.lower(new Arguments(g, step), g)].flat();
    step.results.forEach((result, i) => {
      if (!g.has(result)) g.bind(result, names[i]);
    });
  }
}

/** The nodes that the outputs need, in order. */
function needed(nodes: readonly NodeProto[], outputs: readonly Name[]): NodeProto[] {
  const wanted = new Set(outputs);
  return nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => wanted.has(output))) return false;
    for (const input of node.inputs) wanted.add(input);
    return true;
  }).toReversed();
}

export function build(program: Program, options: BuildOptions): ModelProto {
  const g = new Graph({ opset: options.opset, names: options.names });
  for (const name of [...options.inputNames, ...options.outputNames]) g.unique(name);
  program.inputs.forEach((input, i) => g.bind(input, options.inputNames[i]));
  lowerSteps(g, program, options.fold);
  g.op = '';
  g.path = '';
  // An output has a name of its own, which no input, constant or other output has.
  program.outputs.forEach((output, i) => {
    const name = g.name(output);
    g.nodes.push({ name: g.unique(`/Output_${i}`), type: 'Identity', inputs: [name], outputs: [options.outputNames[i]], attributes: {}, origin: '' });
  });
  const nodes = withoutIdentities(needed(g.nodes, options.outputNames), options.inputNames, options.outputNames);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const initializers = [...g.initializers.values()].filter(({ name }) => used.has(name));
  const parameters = new Set(options.names.values()), isParameter = ({ name }: { readonly name: string }): boolean => parameters.has(name);
  const dims = namesOfSizes(program, options);
  const asInputs = options.exportParams && !options.keepInitializersAsInputs ? [] : initializers.filter(isParameter);
  return {
    opset: options.opset, graphName: 'main_graph', docString: options.docString, metadata: options.metadata, nodes,
    initializers: options.exportParams ? initializers : initializers.filter((tensor) => !isParameter(tensor)),
    inputs: [
      ...program.inputs.map((input, i) => info(options.inputNames[i], input, dims)),
      ...asInputs.map(({ name, dtype, dims: shape }): ValueInfo => ({ name, dtype, shape })),
    ],
    outputs: program.outputs.map((output, i) => info(options.outputNames[i], output, dims)),
  };
}

/** The node that makes an output may give it its name, where that is its only reader. */
function withoutIdentities(nodes: readonly NodeProto[], inputNames: readonly string[], outputNames: readonly string[]): NodeProto[] {
  const readers = new Map<Name, number>();
  for (const { inputs } of nodes) for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs)), renamed = new Map<Name, Name>();
  for (const { type, inputs: [input], outputs: [output] } of nodes) {
    if (type === 'Identity' && outputNames.includes(output) && made.has(input) && readers.get(input) === 1 && !inputNames.includes(input)) renamed.set(input, output);
  }
  return nodes.filter(({ outputs: [output], inputs: [input] }) => !(renamed.get(input) === output && output !== undefined))
    .map((node) => ({ ...node, outputs: node.outputs.map((output) => renamed.get(output) ?? output) }));
}

/** The names of sizes that vary: those of the axes, and one for every other size that follows them. */
function namesOfSizes(program: Program, { axes }: BuildOptions): (size: Sym) => string {
  const names = new Map<string, string>();
  program.inputs.forEach((input, i) => axes[i].forEach(({ axis, name }) => {
    const size = input.shape[axis];
    if (size instanceof Sym) names.set(size.key, name);
  }));
  return ({ key }) => {
    const known = names.get(key) ?? `dim_${names.size}`;
    names.set(key, known);
    return known;
  };
}

const info = (name: string, node: Node, nameOf: (size: Sym) => string): ValueInfo =>
  ({ name, dtype: node.dtype, shape: node.shape.map((size: Size) => (size instanceof Sym ? nameOf(size) : size)) });
