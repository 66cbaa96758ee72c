/**
 * Anomaly mode: finds the operation that made the first NaN.
 *
 * In the forward pass the results of every operation that user code calls are searched; one that holds a NaN while its
 * arguments held none is refused by name. In the backward pass, as in PyTorch, the results of every derivative are
 * searched, and the error carries the stack of the forward call that recorded it.
 */
import { bind, boolArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError, AnomalyError } from '../core/errors.ts';
import { frame, DIMS, DTYPE, OPERAND } from '../core/frame.ts';
import type { Storage } from '../core/storage.ts';
import { callHere, callers } from './call-stack.ts';
import { nodeName } from './format.ts';
import type { Node } from './graph.ts';
import { ModulePath } from './module-path.ts';
import { hasNaN, storageHasNaN, tensorsIn } from './nan.ts';
import type { Observer, Span } from './observer.ts';
import { addObserver, publicName, removeObserver } from './observing.ts';
import { Tensor } from './tensor.ts';

export interface AnomalyOptions {
  /** Search the results of derivatives for NaN (the default); without it, errors in backward only get the stack of their forward call. */
  readonly checkNan?: boolean;
  /** Search the results of operations in the forward pass too (the default). PyTorch does not. */
  readonly checkForward?: boolean;
}

interface Mode {
  readonly enabled: boolean;
  readonly checkNan: boolean;
  readonly checkForward: boolean;
}

const OFF: Mode = { enabled: false, checkNan: true, checkForward: true };
let mode = OFF;

/** Where a node comes from. */
interface Origin {
  /** Holds the stack. */
  readonly call: Error;
  readonly op: string | null;
  readonly module: string | null;
  /** The node whose derivative made this one (createGraph). */
  readonly parent: Node | null;
}

function describe(value: unknown): string {
  if (value instanceof Tensor) return `${value.dtype} [${value.shape.join(', ')}]`;
  if (Array.isArray(value) && value.some((each) => each instanceof Tensor)) return `[${value.map(describe).join(', ')}]`;
  if (!isOptions(value)) return show(value);
  return `{ ${Object.entries(value).map(([name, each]) => `${name}: ${describe(each)}`).join(', ')} }`;
}

const describeAll = (args: readonly unknown[]): string => args.filter((each) => each !== undefined).map(describe).join(', ');

/** What they give is not a result yet. */
const UNINITIALIZED: ReadonlySet<string> = new Set(['newEmpty', 'newEmptyStrided', 'emptyStrided', 'resize_']);

/** The error, with a stack that begins in the code that called the library: observers would fill it. */
function found(message: string, details: ConstructorParameters<typeof AnomalyError>[1]): AnomalyError {
  const error = new AnomalyError(message, details);
  error.stack = `${error.name}: ${message}\n${callers(callHere()).join('\n')}`;
  return error;
}

const NO_INFORMATION = 'No forward pass information available. Enable detect anomaly during forward pass for more information.';

class Anomaly implements Observer {
  private readonly origins = new WeakMap<Node, Origin>();
  private readonly modules = new ModulePath();
  /** Running spans of operations and derivatives. */
  private depth = 0;
  private nodes: Node[] = [];
  private op: string | null = null;
  /** What the optimizer that is stepping is called. */
  private user: string | null = null;

  around<R>(span: Span, run: () => R): R {
    switch (span.kind) {
      case 'module': return this.modules.within(span.subject, run);
      case 'node': return this.derivative(span, span.subject as Node, run);
      case 'op': return this.operation(span, run);
      case 'kernel': return span.subject === 'optimStep' && this.depth === 0 && mode.checkForward ? this.update(span, run) : run();
      case 'user': return this.announced(span, run);
      default: return run();
    }
  }

  recorded(node: Node): void {
    this.origins.set(node, { call: callHere(), op: this.op, module: this.place(), parent: this.nodes.at(-1) ?? null });
  }

  private place(): string | null {
    const { current } = this.modules;
    return current === null ? null : current.path === current.type ? current.type : `${current.path} (${current.type})`;
  }

  private announced<R>(span: Span, run: () => R): R {
    const outer = this.user;
    this.user = span.name;
    try {
      return run();
    } finally {
      this.user = outer;
    }
  }

  private operation<R>(span: Span, run: () => R): R {
    const outermost = this.depth === 0, outer = this.op;
    if (outermost) this.op = publicName(span.name);
    this.depth++;
    let result: R, clean = false;
    try {
      // Before it runs: in-place operations overwrite what they read.
      clean = outermost && mode.checkForward && !UNINITIALIZED.has(span.name) && !span.args.some(isNaN_) && !tensorsIn(span.args).some(hasNaN);
      result = run();
    } finally {
      this.depth--;
      this.op = outer;
    }
    if (clean) {
      const output = tensorsIn(result).findIndex(hasNaN);
      if (output >= 0) throw this.forwardError(publicName(span.name), output, describeAll(span.args), span.args);
    }
    return result;
  }

  private forwardError(name: string, output: number, given: string, args: readonly unknown[]): AnomalyError {
    const place = this.place();
    return found(`Function '${name}' returned nan values in its ${output}th output, and made the first ones: called with ${given}${place === null ? '' : `, in module ${place}`}.`,
      { function: name, output, phase: 'forward', module: place, shapes: tensorsIn(args).map((x) => x.shape) });
  }

  /** A fused update of an optimizer: the only kernel that runs outside of every operation and writes what it reads. */
  private update<R>(span: Span, run: () => R): R {
    const [param, grad] = span.args as readonly Storage[], size = frame[DIMS], dtype = frame[OPERAND + DTYPE];
    const dirty = storageHasNaN(param, dtype, size) || storageHasNaN(grad, dtype, size);
    const result = run();
    if (!dirty && storageHasNaN(param, dtype, size)) {
      const name = this.user ?? span.name;
      throw found(`Function '${name}' returned nan values in its 0th output, and made the first ones: a parameter and a gradient of ${size} elements hold none.`,
        { function: name, output: 0, phase: 'forward', module: null, shapes: [[size]] });
    }
    return result;
  }

  private derivative<R>(span: Span, node: Node, run: () => R): R {
    this.depth++;
    this.nodes.push(node);
    let result: R;
    try {
      result = run();
    } catch (error) {
      if (error instanceof Error && error.cause === undefined) error.cause = this.traceOf(node);
      throw error;
    } finally {
      this.depth--;
      this.nodes.pop();
    }
    if (mode.checkNan) {
      const outputs: readonly unknown[] = Array.isArray(result) ? result as readonly unknown[] : [result];
      const output = outputs.findIndex((x) => x instanceof Tensor && hasNaN(x));
      if (output >= 0) {
        const name = nodeName(node), origin = this.origins.get(node);
        throw found(`Function '${name}' returned nan values in its ${output}th output.`,
          { function: name, output, phase: 'backward', module: origin?.module ?? null, shapes: tensorsIn(span.args).map((x) => x.shape), cause: this.traceOf(node) });
      }
    }
    return result;
  }

  /** The forward call that recorded a node, and what induced that one, as an error to be a cause. */
  private traceOf(node: Node): Error {
    const origin = this.origins.get(node), name = nodeName(node);
    if (origin === undefined) return new Error(`Error detected in ${name}. ${NO_INFORMATION}`);
    const { op, module, call, parent } = origin;
    const trace = new Error(`Error detected in ${name}. Traceback of forward call that caused the error: ${op ?? name}${module === null ? '' : `, in module ${module}`}`);
    trace.stack = `${trace.name}: ${trace.message}\n${callers(call).join('\n')}`;
    if (parent !== null) trace.cause = this.traceOf(parent);
    return trace;
  }
}

const isNaN_ = (value: unknown): boolean => typeof value === 'number' && Number.isNaN(value);

const anomaly = new Anomaly();

function enter(next: Mode): void {
  if (next.enabled && !mode.enabled) addObserver(anomaly);
  else if (!next.enabled && mode.enabled) removeObserver(anomaly);
  mode = next;
}

/** Puts the mode before back. */
class AnomalyScope implements Disposable {
  private readonly before = mode;

  constructor(next: Mode) {
    enter(next);
  }

  [Symbol.dispose](): void {
    enter(this.before);
  }
}

const DETECT = signature('detectAnomaly(checkNan?, *, checkForward?)'), SET = signature('setDetectAnomaly(mode, checkNan?, *, checkForward?)');

/**
 * PyTorch's `torch.autograd.detect_anomaly`: the operation that makes the first NaN throws an {@link AnomalyError}, in
 * the forward pass (unless `checkForward` is false, as PyTorch has it) and in the backward pass, where the error's `cause`
 * has the stack of the forward call. For debugging: everything is slower. `detectAnomaly(fn)` returns what `fn` returns,
 * and lasts until its promise settles; `using _ = detectAnomaly()` lasts until the end of the block.
 *
 *     autograd.detectAnomaly(() => lossFn(model(x), y).backward());
 */
export function detectAnomaly(options?: AnomalyOptions): Disposable;
export function detectAnomaly<T>(fn: () => T, options?: AnomalyOptions): T;
export function detectAnomaly<T>(first?: AnomalyOptions | (() => T), given?: AnomalyOptions): T | Disposable {
  const fn = typeof first === 'function' ? first : undefined, options = typeof first === 'function' ? given : first;
  if (options !== undefined && !isOptions(options)) throw new ArgumentError('detectAnomaly', 'fn', `must be a function or options, got ${String(options)}`);
  const bound = bind(DETECT, options === undefined ? [] : [options]);
  const scope = new AnomalyScope({ enabled: true, checkNan: boolArg('detectAnomaly', 'checkNan', bound.checkNan, true), checkForward: boolArg('detectAnomaly', 'checkForward', bound.checkForward, true) });
  if (fn === undefined) return scope;
  let pending = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => scope[Symbol.dispose]()) as T;
    }
    return result;
  } finally {
    if (!pending) scope[Symbol.dispose]();
  }
}

/**
 * PyTorch's `torch.autograd.set_detect_anomaly`: turns anomaly mode on or off at once. The returned scope puts the mode
 * before back: `using _ = autograd.setDetectAnomaly(true)`.
 */
export function setDetectAnomaly(mode: boolean, checkNan?: boolean | AnomalyOptions, options?: AnomalyOptions): Disposable {
  const bound = bind(SET, [mode, ...(checkNan === undefined ? [] : [checkNan]), ...(options === undefined ? [] : [options])]);
  return new AnomalyScope({
    enabled: boolArg('setDetectAnomaly', 'mode', bound.mode), checkNan: boolArg('setDetectAnomaly', 'checkNan', bound.checkNan, true),
    checkForward: boolArg('setDetectAnomaly', 'checkForward', bound.checkForward, true),
  });
}

/** PyTorch's `torch.is_anomaly_enabled`. */
export const isAnomalyEnabled = (): boolean => mode.enabled;

/** PyTorch's `torch.is_anomaly_check_nan_enabled`. */
export const isAnomalyCheckNanEnabled = (): boolean => mode.checkNan;
