/** `onnx.export`: the options, the runs of the model, and the model that comes of them. */
import { bind, boolArg, intArg, isOptions, show, signature, stringArg, type Bound } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Module } from '../nn/module.ts';
import { arange } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { getRngState, setRngState } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { mappedTensors, type AxisName, type DynamicAxis, dynamicAxesOf, type DynamicAxes, type DynamicShapes } from './dynamic.ts';
import { OnnxExporterError } from './errors.ts';
import { build } from './build.ts';
import { ruleOf } from './lower/table.ts';
import { ONNXProgram } from './onnx-program.ts';
import { alignedProgram } from './program.ts';
import { variationsOf } from './sizes.ts';
import { tensorsIn, traced, type Trace } from './trace.ts';

/** The operator sets that the graphs are written for. */
const OLDEST_OPSET = 18, NEWEST_OPSET = 23, DEFAULT_OPSET = 20;

export type TrainingMode = 'eval' | 'train' | 'preserve';

/** A model, or a function of tensors. */
export type Exportable = Module | ((...args: never[]) => unknown);

export interface ExportOptions {
  /** Names of the input tensors, in their order. Default: `input`, or `input_0`, `input_1`, ... */
  readonly inputNames?: readonly string[];
  /** Names of the output tensors. Default: `output`, or `output_0`, `output_1`, ... */
  readonly outputNames?: readonly string[];
  /** The operator set, 18 to 23; 20 by default. */
  readonly opsetVersion?: number;
  /** Axes whose size may vary, by input name: `{ x: { 0: 'batch' } }`, or `{ x: [0] }` with names made up. */
  readonly dynamicAxes?: DynamicAxes;
  /** The same by the order of the inputs: `[{ 0: 'batch' }, null]`. Not both. */
  readonly dynamicShapes?: DynamicShapes;
  /** False leaves the parameters out of the file: they become inputs after the others. */
  readonly exportParams?: boolean;
  /** Parameters are inputs as well, with their values as defaults. */
  readonly keepInitializersAsInputs?: boolean;
  /** The mode in which the model is run; afterwards it is as it was. */
  readonly training?: TrainingMode;
  /** Calculations on constants alone are done now. */
  readonly doConstantFolding?: boolean;
  /** Writes tensors of 1 KiB and more to a file beside the model, `<f>.data`. Needed above 2 GiB, protobuf's limit. */
  readonly externalData?: boolean;
  /** Text kept in the model's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the model is, for the reader of the file. */
  readonly docString?: string;
  /** Prints the graph. */
  readonly verbose?: boolean;
}

const EXPORT = signature('onnx.export(model, args, f?, *, inputNames?, outputNames?, opsetVersion?, dynamicAxes?, dynamicShapes?, exportParams?, keepInitializersAsInputs?, training?, doConstantFolding?, externalData?, metadata?, docString?, verbose?)');

function namesArg(parameter: string, value: unknown, count: number, stem: string): string[] {
  const fallback = (i: number): string => (count === 1 ? stem : `${stem}_${i}`);
  if (value === undefined) return Array.from({ length: count }, (_, i) => fallback(i));
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string' && name !== '')) throw new ArgumentError('onnx.export', parameter, `must be an array of non-empty strings, got ${show(value)}`);
  if (value.length > count) throw new ArgumentError('onnx.export', parameter, `must be at most ${count} names, one per tensor, got ${value.length}`);
  if (new Set(value).size !== value.length) throw new ArgumentError('onnx.export', parameter, `must be names that differ, got ${show(value)}`);
  return Array.from({ length: count }, (_, i) => (value as string[])[i] ?? fallback(i));
}

function metadataArg(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isOptions(value) || !Object.values(value).every((text) => typeof text === 'string')) throw new ArgumentError('onnx.export', 'metadata', `must be an object of strings, got ${show(value)}`);
  return value as Record<string, string>;
}

/** Runs `run` with the model in the given mode, and leaves it, its buffers and the random state as they were. */
function undisturbed<T>(model: Exportable, training: TrainingMode, run: () => T): T {
  const modules = model instanceof Module ? model.modules() : [], modes = modules.map((module) => module.training);
  const restore = keptBuffers(model), random = getRngState();
  try {
    if (training !== 'preserve' && model instanceof Module) model.train(training === 'train');
    return noGrad(run);
  } finally {
    modules.forEach((module, i) => { module.training = modes[i]; });
    restore();
    setRngState(random);
  }
}

/** Gives the buffers of a model the values that they have now. */
function keptBuffers(model: Exportable): () => void {
  const buffers = model instanceof Module ? model.buffers() : [], values = noGrad(() => buffers.map((buffer) => buffer.detach().clone()));
  return () => noGrad(() => buffers.forEach((buffer, i) => {
    if (!buffer.equal(values[i])) buffer.copy_(values[i]);
  }));
}

/** The tensor with other sizes of its dynamic axes: its slices again and again, so that indices stay within their range. */
function resized(x: Tensor, axes: readonly DynamicAxis[], sizes: ReadonlyMap<AxisName, number>): Tensor {
  return axes.reduce((all, { axis, name }) => all.indexSelect(axis, arange(sizes.get(name) as number).remainder(all.shape[axis])), x.detach());
}

/** Runs the model with the example inputs and, where axes are dynamic, with two other choices of their sizes. */
function runsOf(model: Exportable, args: readonly unknown[], inputs: readonly Tensor[], axes: readonly (readonly DynamicAxis[])[]): Trace[] {
  const call = model as unknown as (...all: readonly unknown[]) => unknown;
  const lasting = new Set<Tensor>(model instanceof Module ? [...model.parameters(), ...model.buffers()] : []);
  const restore = keptBuffers(model), paths = new Map(model instanceof Module ? model.namedModules().map(([path, module]) => [module, path]) : []);
  const run = (tensors: readonly Tensor[]): Trace => {
    const given = mappedTensors(args, replacing(inputs, tensors)) as readonly unknown[];
    // Every run starts from the same running statistics.
    restore();
    return traced(() => call(...given), tensors, lasting, paths, (op) => ruleOf(op)?.read ?? null);
  };
  // Not the caller's own tensors, which may be views of each other.
  const first = run(inputs.map((x) => x.detach().clone()));
  const names = new Map<AxisName, number>();
  inputs.forEach((x, i) => axes[i].forEach(({ axis, name }) => {
    const known = names.get(name);
    if (known !== undefined && known !== x.shape[axis]) throw new ArgumentError('onnx.export', 'dynamicAxes', `give the name ${show(name)} to sizes that differ: ${known} and ${x.shape[axis]}`);
    names.set(name, x.shape[axis]);
  }));
  if (names.size === 0) return [first];
  const withSizes = (sizes: ReadonlyMap<AxisName, number>): Tensor[] => inputs.map((x, i) => (axes[i].length === 0 ? x.detach().clone() : resized(x, axes[i], sizes)));
  const chosen = otherSizes(names, (sizes) => void call(...(mappedTensors(args, replacing(inputs, withSizes(sizes))) as readonly unknown[])));
  return [first, ...chosen.map((sizes) => run(withSizes(sizes)))];
}

const replacing = (inputs: readonly Tensor[], by: readonly Tensor[]): ((x: Tensor) => Tensor) => {
  const replaced = new Map(inputs.map((x, i) => [x, by[i]]));
  return (x) => replaced.get(x) as Tensor;
};

/** Two other choices of the sizes with which the model runs: axis by axis, the first way in which it does. */
function otherSizes(names: ReadonlyMap<AxisName, number>, attempt: (sizes: ReadonlyMap<AxisName, number>) => void): ReadonlyMap<AxisName, number>[] {
  const runs = [new Map(names), new Map(names)];
  [...names].forEach(([name, size], axis) => {
    let cause: unknown;
    const works = variationsOf(size, axis).some((sizes) => {
      try {
        sizes.forEach((other) => attempt(new Map([...names, [name, other]])));
        runs.forEach((run, i) => run.set(name, sizes[i]));
        return true;
      } catch (error) {
        cause ??= error;
        return false;
      }
    });
    if (!works) throw Object.assign(new OnnxExporterError('', '', `the model does not run with another size than ${size} of the dynamic axis '${name}': ${cause instanceof Error ? cause.message : 'the example is too small'}`), { cause });
  });
  return runs;
}

/** What the call gave, checked. */
function programOf(model: Exportable, args: readonly unknown[], given: Bound): ONNXProgram {
  const op = 'onnx.export', inputs = [...new Set(tensorsIn(args))];
  if (inputs.length === 0) throw new ArgumentError(op, 'args', 'must have at least one Tensor');
  const opset = intArg(op, 'opsetVersion', given.opsetVersion, DEFAULT_OPSET);
  if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) throw new ArgumentError(op, 'opsetVersion', `must be ${OLDEST_OPSET} to ${NEWEST_OPSET}, got ${opset}`);
  const training = stringArg<TrainingMode>(op, 'training', given.training, ['eval', 'train', 'preserve'], 'eval');
  const inputNames = namesArg('inputNames', given.inputNames, inputs.length, 'input');
  const axes = dynamicAxesOf(inputs, inputNames, given.dynamicAxes, given.dynamicShapes);
  const options = {
    opset, inputNames, axes, metadata: metadataArg(given.metadata),
    docString: given.docString === undefined ? '' : String(given.docString),
    fold: boolArg(op, 'doConstantFolding', given.doConstantFolding, true),
    exportParams: boolArg(op, 'exportParams', given.exportParams, true),
    keepInitializersAsInputs: boolArg(op, 'keepInitializersAsInputs', given.keepInitializersAsInputs),
  };
  const traces = undisturbed(model, training, () => runsOf(model, args, inputs, axes));
  const program = alignedProgram(traces);
  const outputNames = namesArg('outputNames', given.outputNames, program.outputs.length, 'output');
  const names = new Map<Tensor, string>(model instanceof Module ? [...model.namedParameters(), ...model.namedBuffers()].map(([name, tensor]) => [tensor, name]) : []);
  return noGrad(() => new ONNXProgram(build(program, { ...options, outputNames, names }), program.warnings));
}

/**
 * Writes a model as an ONNX file, by running it on example inputs and recording its operations. PyTorch's
 * `torch.onnx.export(model, args, f, ...)`.
 *
 * `args` are the arguments of the model, `f` is the file's name or null for none; the returned program has the file's
 * `bytes` and can `save` them. The model is run in evaluation mode unless `training` says otherwise. Control flow is
 * that of the example: what depends on values of the input is a constant in the file, of which `warnings` tell. Sizes
 * are those of the example, except of the dynamic axes, for which the model is also run with other sizes.
 *
 * Throws an {@link OnnxExporterError} that names the operation without an ONNX form and the module in which it runs.
 *
 *     import * as onnx from 'flambeau/onnx';
 *     onnx.export(model, [randn(1, 3, 32, 32)], 'model.onnx', { inputNames: ['image'], dynamicAxes: { image: { 0: 'batch' } } });
 */
export function exportModel(model: Exportable, args: readonly unknown[] | Tensor, f?: string | null | ExportOptions, options?: ExportOptions): ONNXProgram {
  const given = bind(EXPORT, [model, args, ...(options === undefined ? f === undefined ? [] : [f] : [f, options])]);
  if (typeof model !== 'function') throw new ArgumentError('onnx.export', 'model', `must be an nn.Module or a function, got ${show(model)}`);
  if (!(args instanceof Tensor) && !Array.isArray(args)) throw new ArgumentError('onnx.export', 'args', `must be a Tensor or an array of arguments, got ${show(args)}`);
  const path = given.f;
  if (path !== undefined && (typeof path !== 'string' || path === '')) throw new ArgumentError('onnx.export', 'f', `must be a file name or null, got ${show(path)}`);
  const external = boolArg('onnx.export', 'externalData', given.externalData);
  const program = programOf(model, args instanceof Tensor ? [args] : args, given);
  if (boolArg('onnx.export', 'verbose', given.verbose)) process.stdout.write(`${program.toString()}\n`);
  if (path !== undefined) program.save(path, { externalData: external });
  else if (external) throw new ArgumentError('onnx.export', 'externalData', `needs a file name as f, beside which it is written`);
  return program;
}
