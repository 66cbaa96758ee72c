/**
 * Where code that looks inside (profiler, anomaly mode, FLOP counter, the ONNX export) hears of what runs.
 *
 * Hot paths read the live binding `observer` and find null: that comparison is all that looking inside costs while nobody
 * does. `observing.ts` adds observers, and puts them around the tensor methods and the kernels for as long as they stay.
 */
import type { Node } from './graph.ts';

/**
 * op: an operation (a method or a function). kernel: a call of the backend; `args` are its storages, and the frame holds
 * the geometry until it has run. node: the derivative of a graph node. backward: a run of the engine. module: a call of a
 * module. user: what `recordFunction` and the optimizers announce.
 */
export type SpanKind = 'op' | 'kernel' | 'node' | 'backward' | 'module' | 'user';

/** Something that begins and ends; spans nest. */
export interface Span {
  readonly kind: SpanKind;
  readonly name: string;
  readonly args: readonly unknown[];
  /** The node, the module, or the family of the kernel. */
  readonly subject: unknown;
}

export interface Observer {
  /** Runs the span by `run`, and returns or throws what it does. */
  around<R>(span: Span, run: () => R): R;
  /** A node was made and will be part of the graph. */
  recorded?(node: Node): void;
}

/** All observers, the first one outermost. */
export class Observers {
  readonly all: readonly Observer[];

  constructor(all: readonly Observer[]) {
    this.all = all;
  }

  span<R>(kind: SpanKind, name: string, args: readonly unknown[], subject: unknown, run: () => R): R {
    const { all } = this, span: Span = { kind, name, args, subject };
    const from = (i: number): R => (i === all.length ? run() : all[i].around(span, () => from(i + 1)));
    return from(0);
  }

  recorded(node: Node): void {
    for (const each of this.all) each.recorded?.(node);
  }
}

/** Null almost always. */
export let observer: Observers | null = null;

export function setObservers(all: readonly Observer[]): void {
  observer = all.length === 0 ? null : new Observers(all);
}

type AnyFunction = (...args: never[]) => unknown;

/** A function that is no `operation` and no method, made a span of its own. */
export function visible<F extends AnyFunction>(name: string, run: F): F {
  const call = (...args: never[]): unknown => (observer === null ? run(...args) : observer.span('op', name, args, null, () => run(...args)));
  return Object.defineProperty(call, 'name', { value: name }) as unknown as F;
}
