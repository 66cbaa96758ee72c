/** Operators for tensors: the tagged template `expr`. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { TensorCore } from '../tensor/core.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { compileExpression } from './compile.ts';
import type { Code, Value } from './operations.ts';

// The strings array of a template is the same object at every evaluation of its call site.
const compiled = new WeakMap<TemplateStringsArray, Code>();

/** A Tensor when one takes part, else what numbers give. */
type Result<V extends readonly Value[]> = [Extract<V[number], Tensor>] extends [never] ? number | boolean : Tensor;

function checkHole(value: unknown, index: number): void {
  if (typeof value === 'number' || value instanceof TensorCore || typeof value === 'boolean' || typeof value === 'bigint') return;
  throw new ArgumentError('expr', `value ${index + 1}`, `must be a Tensor or a number, got ${show(value)}`);
}

/**
 * Arithmetic on tensors with operators: ``expr`${a} * ${x}**3 + sin(${b}) - 2` ``. Python's precedence; `+ - * / // % ** @`,
 * comparisons, `& | ~`, parentheses, numbers, `pi`, `e`, `inf`, and the elementwise functions by name. Differentiable.
 * Parsed once per call site; a malformed expression throws an ExpressionError that points at the column.
 */
export function expr<V extends readonly Value[]>(strings: TemplateStringsArray, ...values: V): Result<V> {
  let code = compiled.get(strings);
  if (code === undefined) {
    code = compileExpression(strings);
    compiled.set(strings, code);
  }
  for (let i = 0; i < values.length; i++) checkHole(values[i], i);
  return code(values) as Result<V>;
}
