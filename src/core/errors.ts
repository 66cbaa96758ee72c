/**
 * The errors of the library. One format: which function, which argument, what was expected, what came.
 * `RangeError` and `TypeError` subclasses with fields, so that callers can test instead of parsing.
 */

/** Shapes, sizes, dims or indices that do not fit. */
export class ShapeError extends RangeError {
  override readonly name = 'ShapeError';
  readonly op: string;
  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}

/** A value with which the function cannot work: wrong kind of argument, unknown option, illegal combination. */
export class ArgumentError extends TypeError {
  override readonly name = 'ArgumentError';
  readonly op: string;
  readonly argument: string;
  constructor(op: string, argument: string, message: string) {
    super(`${op}: ${argument} ${message}`);
    this.op = op;
    this.argument = argument;
  }
}

/** A dtype that the op does not take. */
export class DTypeError extends TypeError {
  override readonly name = 'DTypeError';
  readonly op: string;
  readonly dtype: string;
  constructor(op: string, dtype: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
    this.dtype = dtype;
  }
}

/** An index outside of its dimension. */
export class IndexRangeError extends RangeError {
  override readonly name = 'IndexRangeError';
  readonly op: string;
  readonly index: number;
  readonly size: number;
  constructor(op: string, index: number, size: number, message = `index ${index} is out of range for size ${size}`) {
    super(`${op}: ${message}`);
    this.op = op;
    this.index = index;
    this.size = size;
  }
}

/** A malformed `expr` template: its text (holes as `${...}`) and the position where it went wrong. */
export class ExpressionError extends TypeError {
  override readonly name = 'ExpressionError';
  readonly source: string;
  readonly column: number;
  constructor(message: string, source: string, column: number) {
    super(`expr: ${message}\n  ${source}\n  ${' '.repeat(column)}^`);
    this.source = source;
    this.column = column;
  }
}

/** Misuse of the autograd graph: backward twice, non-scalar backward, in-place changes of what was saved. */
export class AutogradError extends Error {
  override readonly name: string = 'AutogradError';
}

/** Anomaly mode has found a NaN. `cause` of one in backward has the stack of the forward call. */
export class AnomalyError extends AutogradError {
  override readonly name = 'AnomalyError';
  /** The operation or derivative: `log`, `LogBackward0`. */
  readonly function: string;
  /** Which of its results holds the NaN. */
  readonly output: number;
  readonly phase: 'forward' | 'backward';
  /** The module that ran the operation: `Net.encoder.0 (Linear)`. */
  readonly module: string | null;
  /** Of its tensor arguments. */
  readonly shapes: readonly (readonly number[])[];

  constructor(message: string, found: Pick<AnomalyError, 'function' | 'output' | 'phase' | 'module' | 'shapes' | 'cause'>) {
    super(message);
    this.function = found.function;
    this.output = found.output;
    this.phase = found.phase;
    this.module = found.module;
    this.shapes = found.shapes;
    if (found.cause !== undefined) this.cause = found.cause;
  }
}

/** A tensor was used after its memory was given back by `dispose()` or `tidy()`. */
export class DisposedError extends Error {
  override readonly name = 'DisposedError';
}

/** What `vmap` cannot do: a read of a batched tensor's elements, randomness without a rule, a write into an unbatched tensor. */
export class VmapError extends Error {
  override readonly name: string = 'VmapError';
}

/** A backend was asked for a kernel that it does not have, or was named and cannot load. */
export class BackendError extends Error {
  override readonly name: string = 'BackendError';
}

/** No kernel for this op and dtype. */
export class UnsupportedError extends BackendError {
  override readonly name = 'UnsupportedError';
  readonly op: string;
  readonly dtype: string;
  constructor(op: string, dtype: string) {
    super(`${op}: not implemented for dtype ${dtype}`);
    this.op = op;
    this.dtype = dtype;
  }
}
