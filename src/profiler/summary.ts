/** `summary`: the modules of a model with shapes, parameters and FLOPs of one forward pass. */
import { bind, intArg, isOptions, show, signature, stringArg } from '../core/args.ts';
import { dtypeCode, ITEM_SIZE, type DType } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { Module } from '../nn/module.ts';
import { zeros } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { tensorsIn } from '../tensor/nan.ts';
import type { Observer, Span } from '../tensor/observer.ts';
import { addObserver, removeObserver } from '../tensor/observing.ts';
import { defaultGenerator } from '../tensor/random-state.ts';
import { Tensor } from '../tensor/tensor.ts';
import { kernelFlops } from './flops.ts';
import { summaryText } from './summary-text.ts';

type Shape = readonly number[];

/** The columns of the table. `flops` counts a multiply-add as 2, as `FlopCounterMode` does; `multAdds` counts it as 1. */
export const SUMMARY_COLUMNS = ['inputSize', 'outputSize', 'numParams', 'paramsPercent', 'kernelSize', 'flops', 'multAdds', 'trainable'] as const;
export type SummaryColumn = (typeof SUMMARY_COLUMNS)[number];
const ROW_SETTINGS = ['depth', 'varNames', 'asciiOnly', 'hideRecursiveLayers'] as const;
export type SummaryRowSetting = (typeof ROW_SETTINGS)[number];

export interface SummaryOptions {
  /** The shape of the input, or one per input. */
  readonly inputSize?: Shape | readonly Shape[] | null;
  /** The inputs themselves: a tensor, or a list of arguments. */
  readonly inputData?: Tensor | readonly unknown[] | null;
  /** Where a batch dimension of size 1 is inserted in every input size. */
  readonly batchDim?: number | null;
  /** Default: inputSize, outputSize, numParams and flops. */
  readonly colNames?: readonly SummaryColumn[];
  /** Default: 25. */
  readonly colWidth?: number;
  /** How deep the table goes. Default: 3. */
  readonly depth?: number;
  /** Of the inputs that are made by `inputSize`. Default: float32. */
  readonly dtypes?: DType | readonly DType[] | null;
  /** In which mode the forward runs; the modes of the modules are put back. Default: 'eval'. */
  readonly mode?: 'train' | 'eval' | 'same';
  /** Default: depth. varNames shows the names of members, asciiOnly draws without line characters. */
  readonly rowSettings?: readonly SummaryRowSetting[];
}

const OPTIONS = signature('summary(*, inputSize?, inputData?, batchDim?, colNames?, colWidth?, depth?, dtypes?, mode?, rowSettings?)');

/** One module, or one of its calls. */
export class LayerInfo {
  readonly module: Module;
  /** The class. */
  readonly className: string;
  /** The name in its parent; the class for the model itself. */
  readonly varName: string;
  /** Dotted from the model; '' for itself. */
  readonly path: string;
  readonly depth: number;
  /** The position among the modules of its depth, from 1. */
  depthIndex: number | null = null;
  /** Null where it was not called. */
  inputSize: readonly Shape[] | null = null;
  outputSize: readonly Shape[] | null = null;
  /** Weight and bias aside: a kernel's window, or null. */
  readonly kernelSize: Shape | null;
  /** Elements of the parameters of this module and all below it, shared ones once. */
  readonly numParams: number;
  readonly trainableParams: number;
  readonly paramBytes: number;
  outputBytes = 0;
  /** Of its forward with all below it. */
  flops = 0;
  /** It stands above already: its parameters are the same ones. */
  readonly recursive: boolean;
  readonly children: LayerInfo[] = [];

  constructor(module: Module, varName: string, path: string, depth: number, recursive: boolean) {
    this.module = module;
    this.className = module.constructor.name;
    this.varName = varName;
    this.path = path;
    this.depth = depth;
    this.recursive = recursive;
    const parameters = module.parameters();
    this.numParams = sizeOf(parameters);
    this.trainableParams = sizeOf(parameters.filter((p) => p.requiresGrad));
    this.paramBytes = bytesOf(parameters);
    const weight = (module as unknown as { readonly kernelSize?: unknown }).kernelSize;
    this.kernelSize = typeof weight === 'number' ? [weight] : Array.isArray(weight) ? weight as number[] : null;
  }

  /** As torchinfo counts them: a multiplication with its addition is one. */
  get multAdds(): number {
    return this.flops / 2;
  }

  /** Whether it called no other module. */
  get isLeaf(): boolean {
    return this.children.every(({ outputSize }) => outputSize === null);
  }
}

const sizeOf = (tensors: readonly Tensor[]): number => tensors.reduce((sum, x) => sum + x.numel(), 0);
const bytesOf = (tensors: readonly Tensor[]): number => tensors.reduce((sum, x) => sum + x.numel() * ITEM_SIZE[x.dtypeCode], 0);

/** What `summary` has found. Printing it prints the table. Sizes in bytes. */
export class ModelStatistics {
  /** Every module in the order of the calls, depth first. */
  readonly layers: readonly LayerInfo[];
  readonly totalParams: number;
  readonly trainableParams: number;
  readonly nonTrainableParams: number;
  /** Of the forward pass; a multiply-add counts 2. */
  readonly totalFlops: number;
  readonly totalMultAdds: number;
  readonly inputBytes: number;
  /** The results of the modules that call no others, and as much again for their gradients. */
  readonly forwardBackwardBytes: number;
  readonly paramBytes: number;
  readonly totalBytes: number;
  private readonly settings: Settings;

  constructor(root: LayerInfo, inputBytes: number, settings: Settings) {
    const layers: LayerInfo[] = [];
    const visit = (layer: LayerInfo): void => {
      layers.push(layer);
      layer.children.forEach(visit);
    };
    visit(root);
    this.layers = layers;
    this.totalParams = root.numParams;
    this.trainableParams = root.trainableParams;
    this.nonTrainableParams = root.numParams - root.trainableParams;
    this.totalFlops = root.flops;
    this.totalMultAdds = root.multAdds;
    this.inputBytes = inputBytes;
    this.forwardBackwardBytes = 2 * layers.reduce((sum, layer) => (layer.isLeaf ? sum + layer.outputBytes : sum), 0);
    this.paramBytes = root.paramBytes;
    this.totalBytes = this.inputBytes + this.forwardBackwardBytes + this.paramBytes;
    this.settings = settings;
  }

  toString(): string {
    return summaryText(this, this.settings);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

export interface Settings {
  readonly columns: readonly SummaryColumn[];
  readonly width: number;
  readonly depth: number;
  readonly rows: ReadonlySet<SummaryRowSetting>;
  /** Whether a forward has run: without one there are no shapes and no FLOPs. */
  readonly ran: boolean;
}

/** Builds the tree of calls. */
class Calls implements Observer {
  readonly root: LayerInfo;
  private readonly seen = new Set<Module>();
  private readonly stack: LayerInfo[] = [];

  constructor(model: Module) {
    this.root = new LayerInfo(model, model.constructor.name, '', 0, false);
    this.seen.add(model);
  }

  /** Names of the modules that were called, in their order. */
  get executed(): string {
    const names: string[] = [];
    const visit = (layer: LayerInfo): void => {
      names.push(`${layer.className}${layer.path === '' ? '' : ` (${layer.path})`}`);
      layer.children.forEach(visit);
    };
    visit(this.root);
    return names.join(', ');
  }

  around<R>(span: Span, run: () => R): R {
    if (span.kind === 'kernel') {
      const flops = kernelFlops(span.subject);
      for (const layer of this.stack) layer.flops += flops;
    }
    return span.kind === 'module' ? this.called(span.subject as Module, span.args, run) : run();
  }

  private called<R>(module: Module, args: readonly unknown[], run: () => R): R {
    const layer = this.enter(module);
    const inputs = tensorsIn(args);
    layer.inputSize = inputs.map(({ shape }) => shape);
    this.stack.push(layer);
    try {
      const result = run();
      const outputs = tensorsIn(result);
      layer.outputSize = outputs.map(({ shape }) => shape);
      layer.outputBytes += bytesOf(outputs);
      return result;
    } finally {
      this.stack.pop();
    }
  }

  private enter(module: Module): LayerInfo {
    const outer = this.stack.at(-1);
    if (outer === undefined) return this.root;
    const [name] = outer.module.namedModules().find(([, each]) => each === module) ?? [module.constructor.name];
    return this.add(outer, module, name);
  }

  private add(outer: LayerInfo, module: Module, name: string): LayerInfo {
    const layer = new LayerInfo(module, name, outer.path === '' ? name : `${outer.path}.${name}`, outer.depth + 1, this.seen.has(module));
    this.seen.add(module);
    outer.children.push(layer);
    return layer;
  }

  /** Modules that were not called stand where they are defined, if they hold something. */
  complete(layer = this.root): void {
    const before = layer.children.map(({ module }) => module), inside = new Set(before.flatMap((module) => module.modules()));
    for (const child of before.length === 0 || !layer.recursive ? layer.children : []) this.complete(child);
    if (layer.recursive) return;
    for (const [name, child] of layer.module.namedChildren()) {
      if (inside.has(child) || this.seen.has(child) || child.modules().some((each) => this.seen.has(each))) continue;
      this.complete(this.add(layer, child, name));
    }
  }

  /** Numbers the modules of each depth. */
  number(): void {
    const counts = new Map<number, number>();
    const first = new Map<Module, LayerInfo>();
    const visit = (layer: LayerInfo): void => {
      const known = first.get(layer.module);
      if (known !== undefined) layer.depthIndex = known.depthIndex;
      else if (layer.depth > 0) {
        const index = (counts.get(layer.depth) ?? 0) + 1;
        counts.set(layer.depth, index);
        layer.depthIndex = index;
      }
      if (known === undefined) first.set(layer.module, layer);
      layer.children.forEach(visit);
    };
    visit(this.root);
  }
}

const isShape = (value: unknown): value is Shape => Array.isArray(value) && value.every((size) => typeof size === 'number');

function shapesOf(value: unknown): readonly Shape[] {
  const shapes = isShape(value) ? [value] : Array.isArray(value) && value.every(isShape) ? value as readonly Shape[] : null;
  if (shapes === null) throw new ArgumentError('summary', 'inputSize', `must be a shape or an array of shapes, got ${show(value)}`);
  for (const size of shapes.flat()) if (!Number.isInteger(size) || size < 0) throw new ArgumentError('summary', 'inputSize', `must have sizes that are not negative integers, got [${shapes.join('], [')}]`);
  return shapes;
}

/** Inputs of zeros: in every dtype they are legal values (an index, a class), and no random number is drawn. */
function inputsOf(shapes: readonly Shape[], batchDim: number | null, dtypes: unknown): Tensor[] {
  const given: readonly unknown[] = dtypes === undefined ? [] : Array.isArray(dtypes) ? dtypes : shapes.map(() => dtypes);
  if (dtypes !== undefined && given.length !== shapes.length) throw new ArgumentError('summary', 'dtypes', `must have one entry per input, got ${given.length} for ${shapes.length}`);
  for (const dtype of given) if (typeof dtype !== 'string' || dtypeCode(dtype) < 0) throw new ArgumentError('summary', 'dtypes', `must be dtype names, got ${show(dtype)}`);
  return shapes.map((shape, i) => {
    const sizes = batchDim === null ? shape : shape.toSpliced(batchDim < 0 ? shape.length + 1 + batchDim : batchDim, 0, 1);
    return zeros([...sizes], given[i] === undefined ? {} : { dtype: given[i] as DType });
  });
}

function listArg<T extends string>(name: string, value: unknown, allowed: readonly T[], fallback: readonly T[]): readonly T[] {
  if (value === undefined) return fallback;
  if (!Array.isArray(value)) throw new ArgumentError('summary', name, `must be an array of ${allowed.join(', ')}, got ${show(value)}`);
  return value.map((each) => stringArg('summary', name, each, allowed));
}

/** What a forward pass may change, and how it is put back. */
function restorable(model: Module): () => void {
  const modes = model.modules().map((module) => [module, module.training] as const);
  const buffers = model.modules().flatMap((module) => [...module.namedBuffers('', false)].map(([name, buffer]) => ({ module, name, buffer, copy: noGrad(() => buffer.detach().clone()), version: buffer.version })));
  const random = defaultGenerator.words.slice();
  return () => {
    for (const [module, training] of modes) module.training = training;
    for (const { module, name, buffer, copy, version } of buffers) {
      // Untouched memory is not written: a graph that has saved it would refuse its backward.
      if (buffer.version !== version) noGrad(() => buffer.copy_(copy));
      (module as unknown as Record<string, unknown>)[name] = buffer;
    }
    defaultGenerator.words.set(random);
  };
}

function forward(model: Module, args: readonly unknown[], mode: 'train' | 'eval' | 'same', calls: Calls): void {
  const restore = restorable(model);
  addObserver(calls);
  try {
    if (mode !== 'same') model.train(mode === 'train');
    noGrad(() => { (model as unknown as (...given: readonly unknown[]) => unknown)(...args); });
  } catch (error) {
    if (error instanceof Error) error.message = `summary: the forward pass failed; the modules called so far: ${calls.executed}\n${error.message}`;
    throw error;
  } finally {
    removeObserver(calls);
    restore();
  }
}

/**
 * torchinfo's `summary`: a table of a model's modules with their shapes, parameters and FLOPs. The input is a shape, an
 * array of shapes, a tensor or an array of arguments; without one there are only parameters. One forward pass runs without
 * gradients, in eval mode; modes, buffers and the random generator are afterwards as they were. A failing forward throws
 * its error with the modules called so far. Sizes in bytes, a multiply-add is 2 FLOPs.
 *
 *     console.log(summary(model, [1, 1, 28, 28]));
 *     summary(model, tokens, { depth: 2 }).totalParams;
 */
export function summary(model: Module, input?: Shape | readonly Shape[] | Tensor | readonly unknown[] | SummaryOptions | null, options: SummaryOptions = {}): ModelStatistics {
  if (!(model instanceof Module)) throw new ArgumentError('summary', 'model', `must be an nn.Module, got ${show(model)}`);
  const bound = bind(OPTIONS, [isOptions(input) ? input : options]);
  const columns = listArg('colNames', bound.colNames, SUMMARY_COLUMNS, ['inputSize', 'outputSize', 'numParams', 'flops']);
  const rows: ReadonlySet<SummaryRowSetting> = new Set(listArg<SummaryRowSetting>('rowSettings', bound.rowSettings, ROW_SETTINGS, ['depth']));
  const mode = stringArg('summary', 'mode', bound.mode, ['train', 'eval', 'same'] as const, 'eval');
  const depth = intArg('summary', 'depth', bound.depth, 3), width = intArg('summary', 'colWidth', bound.colWidth, 25);
  const batchDim = bound.batchDim === undefined ? null : intArg('summary', 'batchDim', bound.batchDim);
  if (depth < 0) throw new ArgumentError('summary', 'depth', `must not be negative, got ${depth}`);
  if (width < 1) throw new ArgumentError('summary', 'colWidth', `must be positive, got ${width}`);
  const [size, data] = sourcesOf(isOptions(input) ? undefined : input, bound);
  const args = data !== undefined ? (data instanceof Tensor ? [data] : data as readonly unknown[]) : size !== undefined ? inputsOf(shapesOf(size), batchDim, bound.dtypes) : null;
  const calls = new Calls(model);
  if (args !== null) forward(model, args, mode, calls);
  calls.complete();
  calls.number();
  return new ModelStatistics(calls.root, bytesOf(tensorsIn(args)), { columns: args === null ? columns.filter((name) => STATIC.has(name)) : columns, width, depth, rows, ran: args !== null });
}

/** Columns that need no forward pass. */
const STATIC: ReadonlySet<SummaryColumn> = new Set<SummaryColumn>(['numParams', 'paramsPercent', 'kernelSize', 'trainable']);

/** The input as sizes or as values, whether it was given by position or by name. */
function sourcesOf(input: unknown, bound: Readonly<Record<string, unknown>>): [size: unknown, data: unknown] {
  const given = input === null ? undefined : input;
  if ([given, bound.inputSize, bound.inputData].filter((each) => each !== undefined).length > 1) throw new ArgumentError('summary', 'input', 'must be given once: by position, as inputSize or as inputData');
  if (given === undefined) {
    if (bound.inputData !== undefined && !(bound.inputData instanceof Tensor) && !Array.isArray(bound.inputData)) throw new ArgumentError('summary', 'inputData', `must be a Tensor or an array of arguments, got ${show(bound.inputData)}`);
    return [bound.inputSize, bound.inputData];
  }
  if (given instanceof Tensor) return [undefined, given];
  if (Array.isArray(given) && given.some((each) => each instanceof Tensor)) return [undefined, given];
  return [given, undefined];
}
