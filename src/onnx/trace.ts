/**
 * One run of a model under observation. What is recorded are calls of the operations that the tables of lower/ know; an
 * operation that they do not know is looked into, down to the ones they do.
 *
 * That nothing is missed is watched by the memory: whatever a kernel writes that reads an input, or anything made from one,
 * is marked. A marked tensor that no recorded call has given, or a read of marked memory outside of a kernel, is an error,
 * so that a value which depends on the input can never end up in the file as a constant.
 */
import { isOptions } from '../core/args.ts';
import { regions } from '../core/batch.ts';
import type { DType } from '../core/dtype.ts';
import { Alias, type Storage, type StorageState } from '../core/storage.ts';
import { RNNBase } from '../nn/rnn.ts';
import type { Module } from '../nn/module.ts';
import { TensorCore } from '../tensor/core.ts';
import type { Observer, Span } from '../tensor/observer.ts';
import { addObserver, publicName, removeObserver } from '../tensor/observing.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { OnnxExporterError } from './errors.ts';

/** A tensor of one moment: one that is written in place is another value afterwards. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Of a value that depends on no input. */
  readonly tensor: Tensor | null;
}

export interface Call {
  readonly op: string;
  /** By parameter name; tensors as values. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly results: readonly Value[];
  readonly path: string;
}

export interface Trace {
  readonly calls: readonly Call[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly warnings: readonly string[];
}

/** Stands for a value in the arguments of a call. */
export class Ref {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** The methods that give a tensor's elements to JS. */
const READERS: ReadonlySet<string> = new Set(['item', 'itemBigInt', 'tolist', 'toTypedArray', 'equal', 'allclose', 'Symbol(Symbol.iterator)']);
/** Which operands kernel families write that write more than the first one. The statistics of `norm` stay inside of it. */
const WRITTEN: Readonly<Partial<Record<string, readonly number[]>>> = {
  nonzero: [0, 1], sort: [0, 1], select: [0, 1], argScan: [0, 1], crossEntropy: [0, 1], normGrad: [0, 1, 2], recurrence: [0, 1], recurrenceGrad: [0, 1], attentionGrad: [0, 1, 2],
  pool: [0, 2], factor: [0, 1, 2, 3], orthogonal: [0, 1, 2, 3, 4],
};
const FIRST: readonly number[] = [0];

interface Known {
  readonly value: Value;
  /** How often kernels had written its memory. */
  readonly writes: number;
}

/** How the arguments of an operation are read; null for one that is not known. */
export type ReaderOf = (op: string) => ((args: readonly unknown[]) => Readonly<Record<string, unknown>> | null) | null;

class Tracer implements Observer {
  readonly calls: Call[] = [];
  readonly warnings = new Set<string>();
  private readonly known = new WeakMap<Tensor, Known>();
  private readonly marked: Storage[] = [];
  private readonly writes = new WeakMap<Storage, number>();
  /** The kernel that wrote marked memory first. */
  private readonly makers = new WeakMap<Storage, string>();
  private readonly state: StorageState = { check: () => this.readOutside() };
  private readonly readerOf: ReaderOf;
  private readonly paths: ReadonlyMap<Module, string>;
  /** Tensors that are constants of the model under a name: they are not copied. */
  private readonly lasting: ReadonlySet<Tensor>;
  private values = 0;
  private path = '';
  /** Operations that run and are looked into, outermost first. */
  private readonly open: string[] = [];
  private inside = 0;
  private inKernel = 0;

  constructor(readerOf: ReaderOf, paths: ReadonlyMap<Module, string>, lasting: ReadonlySet<Tensor>) {
    this.readerOf = readerOf;
    this.paths = paths;
    this.lasting = lasting;
  }

  input(x: Tensor): Value {
    if (x.storage.state !== null) throw new OnnxExporterError('', '', 'inputs must not be disposed of or batched by vmap');
    this.mark(x.storage);
    return this.learn(x, null);
  }

  /** A result of the model. */
  output(x: Tensor): Value {
    return this.current(x, '');
  }

  finish(): void {
    for (const storage of this.marked) if (storage.state === this.state) storage.state = null;
  }

  around<R>(span: Span, run: () => R): R {
    if (span.kind === 'kernel') return this.kernel(span, run);
    if (span.kind === 'module') return this.module(span, run);
    return span.kind === 'op' ? this.op(span.name, span.args, run) : run();
  }

  private kernel<R>({ name, args, subject }: Span, run: () => R): R {
    const operands = args as readonly (Storage | null)[];
    if (subject === 'random' && this.inside === 0) this.warnings.add(`random numbers${this.place()} are drawn now: the exported model has those of the example as constants`);
    this.inKernel++;
    try {
      return run();
    } finally {
      this.inKernel--;
      const reached = operands.some((storage) => storage !== null && this.isMarked(storage));
      for (const k of WRITTEN[subject as string] ?? FIRST) {
        const storage = operands[k];
        if (!storage) continue;
        this.writes.set(storage, this.writesOf(storage) + 1);
        if (!reached) continue;
        if (!this.isMarked(storage)) this.makers.set(storage, name);
        this.mark(storage);
      }
    }
  }

  private module<R>({ subject, args }: Span, run: () => R): R {
    const module = subject as Module, before = this.path;
    this.path = this.paths.get(module) ?? before;
    try {
      if (!(module instanceof RNNBase) || this.inside > 0) return run();
      if (!(args[0] instanceof TensorCore)) throw this.error(module.constructor.name, 'cannot be exported to ONNX over a packed sequence, whose lengths are part of its shape; give it a padded one');
      return module.projSize === 0 ? this.record('recurrent', { module, input: args[0], state: args[1] }, run) : run();
    } finally {
      this.path = before;
    }
  }

  private op<R>(name: string, args: readonly unknown[], run: () => R): R {
    if (this.inside > 0) return run();
    const inPlace = name.endsWith('_') && this.readerOf(name) === null, base = inPlace ? name.slice(0, -1) : name;
    if (name === 'toBeChecked') return this.unmarked(run);
    // A call with a wrong argument is left to the operation, which says so.
    const bound = this.readerOf(base)?.(args) ?? null;
    if (bound !== null) return this.record(base, bound, run, inPlace ? args[0] as Tensor : null);
    this.open.push(name);
    try {
      const result = run();
      for (const x of tensorsIn(result)) this.current(x, name, true);
      return result;
    } finally {
      this.open.pop();
    }
  }

  private record<R>(op: string, bound: Readonly<Record<string, unknown>>, run: () => R, written: Tensor | null = null): R {
    if (regions > 0) throw this.error(op, 'runs inside of vmap, which ONNX has not');
    const { path } = this;
    const args = Object.fromEntries(Object.entries(bound).map(([name, value]) => [name, this.refs(value, op, written)]));
    this.inside++;
    let result: R;
    try {
      result = run();
    } finally {
      this.inside--;
    }
    const given = new Set([...tensorsIn(Object.values(bound))]), storages = new Set([...given].map(({ storage }) => storage));
    if (follows(Object.values(args))) for (const { storage } of tensorsIn(result)) if (!storages.has(storage)) this.mark(storage);
    // A result that is an argument (contiguous() of a contiguous tensor) is a value already.
    const results = [...tensorsIn(result)].map((x) => (given.has(x) && x !== written ? this.current(x, op) : this.learn(x, this.isMarked(x.storage) ? null : this.copy(x))));
    this.calls.push({ op, args, results, path });
    return result;
  }

  private refs(value: unknown, op: string, written: Tensor | null): unknown {
    if (value instanceof TensorCore) return new Ref(this.current(value as Tensor, op, false, value === written));
    if (Array.isArray(value)) return value.map((item) => this.refs(item, op, written));
    if (isOptions(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.refs(item, op, written)]));
    return value;
  }

  private learn(x: Tensor, tensor: Tensor | null): Value {
    const value: Value = { id: this.values++, dtype: x.dtype, shape: [...x.shape], tensor };
    this.known.set(x, { value, writes: this.writesOf(x.storage) });
    return value;
  }

  private writesOf(storage: Storage): number {
    return this.writes.get(storage) ?? 0;
  }

  /** The value that a tensor has now; a tensor that depends on no input is a constant when it is first seen. */
  private current(x: Tensor, op: string, made = false, aboutToChange = false): Value {
    const known = this.known.get(x);
    if (known !== undefined && known.writes === this.writesOf(x.storage)) return known.value;
    if (this.isMarked(x.storage)) {
      if (known !== undefined && this.open.length === 0) throw this.error(op, 'reads a tensor that was written in place through a view of it, or by an operation that cannot be exported; use the operation that returns a new tensor');
      const by = made ? op : this.open.at(-1) ?? op;
      throw this.error(by, by === op && !made ? `reads a tensor that the kernel '${this.makers.get(x.storage) ?? 'copy'}' made outside of the operations that can be exported` : 'cannot be exported to ONNX');
    }
    return this.learn(x, this.lasting.has(x) && !aboutToChange ? x : this.copy(x));
  }

  /** A copy of a result that may be read. */
  private unmarked<R>(run: () => R): R {
    const copy = this.copy(run() as Tensor);
    copy.storage.state = null;
    return copy as R;
  }

  /** What the tensor holds now, whatever is written into it later. */
  private copy(x: Tensor): Tensor {
    this.inside++;
    try {
      return x.detach().clone();
    } finally {
      this.inside--;
    }
  }

  private isMarked({ state }: Storage): boolean {
    return state === this.state || (state instanceof Alias && state.owner.state === this.state);
  }

  private mark(storage: Storage): void {
    if (storage.state !== null) return;
    storage.state = this.state;
    this.marked.push(storage);
  }

  /** Elements of a marked tensor are read by JS. */
  private readOutside(): void {
    if (this.inKernel > 0 || this.inside > 0) return;
    const by = this.open.at(-1) ?? '';
    if (by !== '' && !READERS.has(by)) throw this.error(by, 'cannot be exported to ONNX: it reads the elements of a tensor that depends on the input');
    this.warnings.add(`${by === '' ? 'a tensor' : `${by}()`}${this.place()} gives JS values that depend on the input: the exported model has those of the example input as constants`);
  }

  private place(): string {
    return this.path === '' ? '' : ` in module '${this.path}'`;
  }

  private error(op: string, problem: string): OnnxExporterError {
    return new OnnxExporterError(publicName(op), this.path, problem);
  }
}

/** Whether anything among the arguments depends on the input: then so do the results, whatever kernels made them. */
const follows = (value: unknown): boolean => (value instanceof Ref ? value.value.tensor === null
  : Array.isArray(value) ? value.some(follows) : isOptions(value) && Object.values(value).some(follows));

/** The tensors of a result or of arguments, in order. */
export function* tensorsIn(value: unknown): Generator<Tensor, void> {
  if (value instanceof TensorCore) yield value as Tensor;
  else if (Array.isArray(value)) for (const item of value) yield* tensorsIn(item);
  else if (isOptions(value)) for (const item of Object.values(value)) yield* tensorsIn(item);
}

/** Runs a model once and records what it does. */
export function traced(run: () => unknown, inputs: readonly Tensor[], lasting: ReadonlySet<Tensor>, paths: ReadonlyMap<Module, string>, readerOf: ReaderOf): Trace {
  const tracer = new Tracer(readerOf, paths, lasting);
  const inputValues = inputs.map((x) => tracer.input(x));
  addObserver(tracer);
  try {
    const outputs = [...tensorsIn(run())].map((x) => tracer.output(x));
    return { calls: tracer.calls, inputs: inputValues, outputs, warnings: [...tracer.warnings] };
  } finally {
    removeObserver(tracer);
    tracer.finish();
  }
}
