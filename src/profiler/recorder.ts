/** Turns the spans of an observer into events with times, bytes and modules. */
import { setMeter } from '../core/allocator.ts';
import { callHere, callers } from '../tensor/call-stack.ts';
import { nodeName } from '../tensor/format.ts';
import type { Node } from '../tensor/graph.ts';
import { ModulePath } from '../tensor/module-path.ts';
import type { Observer, Span } from '../tensor/observer.ts';
import { publicName } from '../tensor/observing.ts';
import { Tensor } from '../tensor/tensor.ts';
import { ProfilerEvent, type ArgumentShape, type Category } from './event.ts';
import { kernelFlops } from './flops.ts';

export interface RecorderOptions {
  readonly recordShapes: boolean;
  readonly profileMemory: boolean;
  readonly withStack: boolean;
  readonly withFlops: boolean;
  readonly withModules: boolean;
}

/** Where a derivative comes from. */
interface Origin {
  readonly event: ProfilerEvent | null;
  readonly module: string | null;
}

const metered = new Set<Recorder>();

function meter(recorder: Recorder, on: boolean): void {
  if (on) metered.add(recorder);
  else metered.delete(recorder);
  setMeter(metered.size === 0 ? null : (bytes) => {
    for (const each of metered) each.allocated(bytes);
  });
}

const shapeOf = (value: unknown): ArgumentShape => (value instanceof Tensor ? value.shape : Array.isArray(value) && value.some((each) => each instanceof Tensor) ? value.map(shapeOf) : []);
const typeOf = (value: unknown): string => (value instanceof Tensor ? value.dtype : Array.isArray(value) && value.some((each) => each instanceof Tensor) ? 'TensorList' : value === null || value === undefined ? '' : typeof value === 'number' ? 'Scalar' : typeof value);

/** Rows of the table lie below rows; modules are only seen in the trace and by name. */
const isRow = (event: ProfilerEvent): boolean => event.category !== 'module' && event.category !== 'kernel';

export class Recorder implements Observer {
  events: ProfilerEvent[] = [];
  private readonly options: RecorderOptions;
  private readonly stack: ProfilerEvent[] = [];
  private readonly modules = new ModulePath();
  private readonly origins = new WeakMap<Node, Origin>();
  private zero = performance.now();
  private count = 0;

  constructor(options: RecorderOptions) {
    this.options = options;
  }

  /** Microseconds since the first event could be. */
  now(): number {
    return (performance.now() - this.zero) * 1000;
  }

  /** Forgets everything; what runs now is not seen to end. */
  clear(): void {
    this.events = [];
    this.stack.length = 0;
    this.zero = performance.now();
    this.count = 0;
  }

  listen(on: boolean): void {
    if (this.options.profileMemory) meter(this, on);
  }

  allocated(bytes: number): void {
    const event = this.stack.findLast((each) => each.category !== 'kernel');
    if (event !== undefined) event.selfBytes += bytes;
  }

  recorded(node: Node): void {
    this.origins.set(node, { event: this.stack.findLast(isRow) ?? null, module: this.place() });
  }

  /** The module of what runs now: in backward that of the forward. */
  private place(): string | null {
    const node = this.stack.findLast((each) => each.category === 'node');
    return node !== undefined ? node.module : this.modules.current?.path ?? null;
  }

  around<R>(span: Span, run: () => R): R {
    const { kind } = span;
    if (kind === 'module') return this.modules.within(span.subject, () => (this.options.withModules ? this.timed(span, 'module', run) : run()));
    if (kind === 'op' && this.isAgain(span)) return run();
    return this.timed(span, kind === 'kernel' && this.isAlone() ? 'op' : kind, run);
  }

  /** A method and the operation behind it are one event. */
  private isAgain({ name }: Span): boolean {
    const top = this.stack.at(-1);
    return top !== undefined && top.category === 'op' && top.name === publicName(name);
  }

  /** A kernel that no operation has called stands for one. */
  private isAlone(): boolean {
    const row = this.stack.findLast(isRow);
    return row === undefined || row.category === 'user' || row.category === 'step';
  }

  private timed<R>(span: Span, category: Category, run: () => R): R {
    const event = this.open(category === 'module' ? `nn.Module: ${this.modules.current?.path ?? span.name}` : category === 'node' ? nodeName(span.subject as Node) : publicName(span.name), category);
    if (span.kind === 'node') this.derivative(event, span.subject as Node);
    if (span.kind === 'kernel') this.kernel(event, span);
    else if (this.options.recordShapes) {
      event.inputShapes = span.args.map(shapeOf);
      event.inputTypes = span.args.map(typeOf);
    }
    let result: R | undefined;
    try {
      result = run();
      if (result instanceof Promise) return this.later(event, result) as R;
      return result;
    } finally {
      // contiguous(), to(its own dtype): nothing has run.
      if (category === 'op' && span.kind === 'op' && result === span.args[0] && this.events.at(-1) === event) this.drop(event);
      else this.close(event);
    }
  }

  private derivative(event: ProfilerEvent, node: Node): void {
    const origin = this.origins.get(node);
    event.sequence = node.sequence;
    event.forward = origin?.event ?? null;
    event.module = origin?.module ?? null;
  }

  private kernel(event: ProfilerEvent, span: Span): void {
    event.isKernel = true;
    if (!this.options.withFlops) return;
    const owner = event.category === 'op' ? event : this.stack.findLast(isRow);
    if (owner !== undefined) owner.flops += kernelFlops(span.subject);
  }

  /** Begins an event that {@link close} ends. */
  open(name: string, category: Category): ProfilerEvent {
    const place = this.place();
    const stack = this.options.withStack && category !== 'kernel' ? callers(callHere()) : null;
    const event = new ProfilerEvent(this.count++, name, category, this.now(), this.stack.at(-1) ?? null);
    event.module = place;
    event.stack = stack;
    this.stack.push(event);
    this.events.push(event);
    return event;
  }

  close(event: ProfilerEvent): void {
    const at = this.stack.lastIndexOf(event);
    // Forgotten by clear().
    if (at < 0) return;
    event.end = this.now();
    // What a disposable scope has left open ends with what is around it.
    for (const inner of this.stack.splice(at).reverse()) this.settle(inner, event.end);
  }

  private settle(event: ProfilerEvent, end: number): void {
    if (Number.isNaN(event.end)) event.end = end;
    const { duration, category } = event;
    event.bytes += event.selfBytes;
    if (event.parent !== null) event.parent.bytes += event.bytes;
    if (category === 'kernel') {
      const owner = this.ancestor(event, isRow);
      if (owner !== null) owner.kernelTime += duration;
      return;
    }
    if (category === 'module') {
      const outer = event.parent;
      if (outer !== null && outer.category === 'module') outer.childTime += duration - event.childTime;
      return;
    }
    for (let each = event.parent; each !== null; each = each.parent) {
      each.childTime += duration;
      if (isRow(each)) break;
    }
    if (event.isKernel) event.kernelTime = duration;
  }

  private ancestor(event: ProfilerEvent, wanted: (event: ProfilerEvent) => boolean): ProfilerEvent | null {
    let each = event.parent;
    while (each !== null && !wanted(each)) each = each.parent;
    return each;
  }

  private drop(event: ProfilerEvent): void {
    this.stack.pop();
    this.events.pop();
    if (event.parent !== null) event.parent.selfBytes += event.selfBytes;
  }

  /** What an async function does after its first await runs between other things: only its end is known. */
  private later(event: ProfilerEvent, promise: Promise<unknown>): Promise<unknown> {
    event.async = true;
    return promise.finally(() => { event.end = this.now(); });
  }
}
