/** What the operators and functions of `expr` do: kernels where a tensor takes part, plain arithmetic between numbers. */
import { BINARY, BINARY_OPS, UNARY, UNARY_OPS, type BinaryOp, type Row, type UnaryOp } from '../ops/elementwise.ts';
import { TensorCore } from '../tensor/core.ts';
import { binary, binaryEntries, unary, unaryEntries } from '../tensor/dispatch.ts';
import { operandArg, where } from '../tensor/elementwise.ts';
import { visible } from '../tensor/observer.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { ArgumentError } from '../core/errors.ts';

export type Value = Tensor | Scalar;
/** A compiled (sub)expression: the values of the holes in, the result out. */
export type Code = (holes: readonly Value[]) => Value;

export interface BinaryOperator {
  readonly onTensors: (a: Value, b: Value) => Tensor;
  readonly onNumbers: (a: number, b: number) => Scalar;
}

const operator = (op: BinaryOp, onNumbers: BinaryOperator['onNumbers']): BinaryOperator => {
  const entry = binaryEntries[op];
  return { onTensors: visible(op, (a: Value, b: Value) => binary(entry, a, b)), onNumbers };
};

function multiply(a: Value, b: Value): Tensor {
  if (typeof a !== 'object' || typeof b !== 'object') throw new ArgumentError('expr', 'operands of @', 'must both be tensors, got a number');
  return a.matmul(b);
}

/** Python's remainder: the sign of the divisor. */
const remainder = (a: number, b: number): number => a - b * Math.floor(a / b);

export const OPERATORS: Readonly<Record<string, BinaryOperator>> = {
  '+': operator('add', (a, b) => a + b),
  '-': operator('sub', (a, b) => a - b),
  '*': operator('mul', (a, b) => a * b),
  '/': operator('div', (a, b) => a / b),
  '//': operator('floorDivide', (a, b) => Math.floor(a / b)),
  '%': operator('remainder', remainder),
  '**': operator('pow', (a, b) => a ** b),
  '@': { onTensors: multiply, onNumbers: (a, b) => multiply(a, b) as never },
  '==': operator('eq', (a, b) => a === b),
  '!=': operator('ne', (a, b) => a !== b),
  '<': operator('lt', (a, b) => a < b),
  '<=': operator('le', (a, b) => a <= b),
  '>': operator('gt', (a, b) => a > b),
  '>=': operator('ge', (a, b) => a >= b),
  '&': operator('bitwiseAnd', (a, b) => a & b),
  '|': operator('bitwiseOr', (a, b) => a | b),
};

export const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, inf: Infinity, nan: NaN };

export function negate(x: Value): Value {
  return typeof x === 'object' ? x.neg() : -Number(x);
}

export function invert(x: Value): Value {
  return typeof x === 'object' ? x.bitwiseNot() : typeof x === 'boolean' ? !x : ~Number(x);
}

export interface FunctionRow {
  readonly least: number;
  readonly most: number;
  readonly call: (args: readonly Value[]) => Value;
}

// Functions of one number; the rest of the table needs a tensor.
const ON_NUMBERS: Readonly<Partial<Record<UnaryOp, (x: number) => Scalar>>> = {
  abs: Math.abs, sign: Math.sign, square: (x) => x * x, sqrt: Math.sqrt, rsqrt: (x) => 1 / Math.sqrt(x), reciprocal: (x) => 1 / x,
  neg: (x) => -x, exp: Math.exp, exp2: (x) => 2 ** x, expm1: Math.expm1, log: Math.log, log2: Math.log2, log10: Math.log10, log1p: Math.log1p,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, atan: Math.atan,
  sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, asinh: Math.asinh, acosh: Math.acosh, atanh: Math.atanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)), relu: (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc,
  isnan: Number.isNaN, isinf: (x) => Math.abs(x) === Infinity, isfinite: Number.isFinite,
};

type Method = (this: Tensor, ...args: readonly Value[]) => Tensor;

function requireTensor(name: string, x: Value): Tensor {
  if (!(x instanceof TensorCore)) throw new ArgumentError('expr', `argument of ${name}`, `must be a Tensor, got ${String(x)}`);
  return x as Tensor;
}

function unaryFunction(name: UnaryOp): FunctionRow {
  const onNumber = ON_NUMBERS[name];
  return {
    least: 1,
    most: 1,
    call: ([x]) => {
      if (typeof x !== 'object' && onNumber !== undefined) return onNumber(Number(x));
      const tensor = requireTensor(name, x), run = (tensor as unknown as Readonly<Record<string, Method | undefined>>)[name];
      return run === undefined ? tensor.unaryRow(name) : run.call(tensor);
    },
  };
}

function binaryFunction(name: BinaryOp): FunctionRow {
  const entry = binaryEntries[name];
  return { least: 2, most: 2, call: ([a, b]) => (typeof a === 'object' || typeof b === 'object' ? binary(entry, a, b) : (requireTensor(name, a))) };
}

/** Methods by their own name: the first argument is self. */
function method(name: keyof Tensor & string, least: number, most: number): FunctionRow {
  return { least, most, call: ([x, ...rest]) => (requireTensor(name, x)[name] as unknown as Method).apply(x as Tensor, rest) };
}

function extremum(name: 'max' | 'min', entry: typeof binaryEntries.maximum): FunctionRow {
  return {
    least: 1,
    most: 2,
    call: (args) => {
      const [a, b] = args;
      if (args.length === 1) return requireTensor(name, a)[name]();
      return typeof a === 'object' || typeof b === 'object' ? binary(entry, a, b) : Math[name](Number(a), Number(b));
    },
  };
}

const rows = <K extends string>(names: readonly K[], make: (name: K) => FunctionRow): Record<string, FunctionRow> =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

/** Row names that take parameters of their own stand below, as methods. */
const parameterless = ({ js }: Row): boolean => !/\bp[01]\b/.test(js);
const UNARY_NAMES = UNARY_OPS.filter((name) => parameterless(UNARY[name]));
/** Not `pow`, which stands below, nor the rows behind derivatives. */
const BINARY_NAMES = BINARY_OPS.filter((name) => parameterless(BINARY[name]) && name !== 'pow' && !name.endsWith('Grad'));

export const FUNCTIONS: Readonly<Record<string, FunctionRow>> = {
  ...rows(UNARY_NAMES, unaryFunction),
  ...rows(BINARY_NAMES, binaryFunction),
  pow: { least: 2, most: 2, call: ([a, b]) => (typeof a === 'object' || typeof b === 'object' ? binary(binaryEntries.pow, a, b) : Number(a) ** Number(b)) },
  max: extremum('max', binaryEntries.maximum),
  min: extremum('min', binaryEntries.minimum),
  where: { least: 3, most: 3, call: ([c, a, b]) => (typeof c === 'object' ? where(c, operandArg('expr', 'second argument of where', a), operandArg('expr', 'third argument of where', b)) : c ? a : b) },
  clamp: method('clamp', 2, 3),
  leakyRelu: method('leakyRelu', 1, 2),
  softplus: method('softplus', 1, 3),
  lerp: method('lerp', 3, 3),
  matmul: method('matmul', 2, 2),
  ...rows(['sum', 'mean', 'prod', 'std', 'var', 'amax', 'amin', 'any', 'all'], (name) => method(name, 1, 2)),
};
