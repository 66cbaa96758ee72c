/**
 * Elementwise rows: what each op means, once. The order is free; names are the contract with native/ops.h.
 *
 * `js` is a TypeScript expression over `x` (or `a`, `b`, `c`) and the parameters `p0`, `p1`, in float64 arithmetic:
 * it is the js kernel's inner loop (generated at build time) and the oracle of the tests. `int` replaces it for int32
 * (and, with BigInt literals derived by the generator, int64) where the meaning differs. `ulp` bounds float32 and float64
 * results of both backends against the exact value.
 *
 * `types` says what the op accepts and returns:
 * - `float`: integers and bools are promoted to the default float first; result has the same dtype
 * - `same`: any numeric dtype in, same out   - `number`: the same, bool refused
 * - `predicate`: any dtype in, bool out      - `bits`: integers and bool, same out
 */
export type RowTypes = 'float' | 'same' | 'number' | 'predicate' | 'bits';

export interface Row {
  readonly types: RowTypes;
  readonly js: string;
  /** Expression for int32 operands, where `js` is not right for them. */
  readonly int?: string;
  /** Expression for int64 operands (BigInt). */
  readonly big?: string;
  readonly ulp: number;
}

const row = (types: RowTypes, ulp: number, js: string, more: Pick<Row, 'int' | 'big'> = {}): Row => ({ types, js, ulp, ...more });

/** Helpers the expressions may name live in src/backend/js/math.ts. */
export const UNARY = {
  neg: row('number', 0, '-x'),
  abs: row('number', 0, 'Math.abs(x)', { big: 'x < 0n ? -x : x' }),
  /** 0 for NaN, as in PyTorch. */
  sign: row('same', 0, 'x > 0 ? 1 : x < 0 ? -1 : 0', { big: 'x > 0n ? 1n : x < 0n ? -1n : 0n' }),
  square: row('same', 0.5, 'x * x', { int: 'Math.imul(x, x)' }),
  sqrt: row('float', 0.5, 'Math.sqrt(x)'),
  rsqrt: row('float', 2, '1 / Math.sqrt(x)'),
  reciprocal: row('float', 0.5, '1 / x'),
  exp: row('float', 2, 'Math.exp(x)'),
  exp2: row('float', 2, 'Math.pow(2, x)'),
  expm1: row('float', 2, 'Math.expm1(x)'),
  log: row('float', 2, 'Math.log(x)'),
  log2: row('float', 2, 'Math.log2(x)'),
  log10: row('float', 2, 'Math.log10(x)'),
  log1p: row('float', 2, 'Math.log1p(x)'),
  sin: row('float', 2, 'Math.sin(x)'),
  cos: row('float', 2, 'Math.cos(x)'),
  tan: row('float', 4, 'Math.tan(x)'),
  asin: row('float', 4, 'Math.asin(x)'),
  acos: row('float', 4, 'Math.acos(x)'),
  atan: row('float', 4, 'Math.atan(x)'),
  sinh: row('float', 4, 'Math.sinh(x)'),
  cosh: row('float', 4, 'Math.cosh(x)'),
  tanh: row('float', 4, 'Math.tanh(x)'),
  asinh: row('float', 4, 'Math.asinh(x)'),
  acosh: row('float', 4, 'Math.acosh(x)'),
  atanh: row('float', 4, 'Math.atanh(x)'),
  erf: row('float', 4, 'erf(x)'),
  erfc: row('float', 4, 'erfc(x)'),
  sigmoid: row('float', 4, '1 / (1 + Math.exp(-x))'),
  relu: row('number', 0, 'x > 0 || x !== x ? x : 0', { big: 'x > 0n ? x : 0n' }),
  silu: row('float', 4, 'x / (1 + Math.exp(-x))'),
  softplus: row('float', 4, 'Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))'),
  gelu: row('float', 8, 'gelu(x)'),
  floor: row('number', 0, 'Math.floor(x)', { int: 'x', big: 'x' }),
  ceil: row('number', 0, 'Math.ceil(x)', { int: 'x', big: 'x' }),
  trunc: row('number', 0, 'Math.trunc(x)', { int: 'x', big: 'x' }),
  round: row('number', 0, 'roundHalfEven(x)', { int: 'x', big: 'x' }),
  isnan: row('predicate', 0, 'x !== x', { int: 'false', big: 'false' }),
  isinf: row('predicate', 0, 'x === Infinity || x === -Infinity', { int: 'false', big: 'false' }),
  isfinite: row('predicate', 0, 'x - x === 0', { int: 'true', big: 'true' }),
  logicalNot: row('predicate', 0, 'x === 0', { big: 'x === 0n' }),
  bitwiseNot: row('bits', 0, '~x'),
  /** `max(min(x, p1), p0)`; NaN stays NaN. */
  clampScalar: row('number', 0, 'x !== x ? x : Math.min(Math.max(x, p0), p1)', { big: 'x < p0 ? p0 : x > p1 ? p1 : x' }),
  /** `x > 0 ? x : p0 * x`. */
  leakyRelu: row('float', 0.5, 'x > 0 ? x : p0 * x'),
} as const satisfies Record<string, Row>;

export const BINARY = {
  add: row('same', 0.5, 'a + b', { int: '(a + b) | 0' }),
  sub: row('number', 0.5, 'a - b', { int: '(a - b) | 0' }),
  mul: row('same', 0.5, 'a * b', { int: 'Math.imul(a, b)' }),
  div: row('float', 0.5, 'a / b'),
  /** `a + p0 * b`, rounded once (fused); PyTorch's `add(a, b, alpha)`. */
  addScaled: row('same', 1, 'a + p0 * b', { int: '(a + Math.imul(p0, b)) | 0', big: 'a + p0 * b' }),
  floorDivide: row('number', 1, 'floorDivide(a, b)', { int: 'floorDivideInt(a, b)', big: 'floorDivideBig(a, b)' }),
  remainder: row('number', 1, 'remainder(a, b)', { int: 'remainderInt(a, b)', big: 'remainderBig(a, b)' }),
  fmod: row('number', 0.5, 'a % b', { int: 'fmodInt(a, b)', big: 'fmodBig(a, b)' }),
  pow: row('number', 2, 'pow(a, b)', { int: 'powInt(a, b)', big: 'powBig(a, b)' }),
  maximum: row('same', 0, 'Math.max(a, b)', { big: 'a > b ? a : b' }),
  minimum: row('same', 0, 'Math.min(a, b)', { big: 'a < b ? a : b' }),
  fmax: row('same', 0, 'a !== a ? b : b !== b ? a : Math.max(a, b)', { big: 'a > b ? a : b' }),
  fmin: row('same', 0, 'a !== a ? b : b !== b ? a : Math.min(a, b)', { big: 'a < b ? a : b' }),
  atan2: row('float', 4, 'Math.atan2(a, b)'),
  hypot: row('float', 2, 'Math.hypot(a, b)'),
  copysign: row('float', 0, 'copysign(a, b)'),
  eq: row('predicate', 0, 'a === b'),
  ne: row('predicate', 0, 'a !== b'),
  lt: row('predicate', 0, 'a < b'),
  le: row('predicate', 0, 'a <= b'),
  gt: row('predicate', 0, 'a > b'),
  ge: row('predicate', 0, 'a >= b'),
  logicalAnd: row('predicate', 0, 'a !== 0 && b !== 0', { big: 'a !== 0n && b !== 0n' }),
  logicalOr: row('predicate', 0, 'a !== 0 || b !== 0', { big: 'a !== 0n || b !== 0n' }),
  logicalXor: row('predicate', 0, '(a !== 0) !== (b !== 0)', { big: '(a !== 0n) !== (b !== 0n)' }),
  bitwiseAnd: row('bits', 0, 'a & b'),
  bitwiseOr: row('bits', 0, 'a | b'),
  bitwiseXor: row('bits', 0, 'a ^ b'),
  bitwiseLeftShift: row('bits', 0, 'shiftLeft(a, b)', { big: 'shiftLeftBig(a, b)' }),
  bitwiseRightShift: row('bits', 0, 'shiftRight(a, b)', { big: 'shiftRightBig(a, b)' }),
  /** Fused derivative rows: `a` is the upstream gradient, `b` the op's input (relu) or output (sigmoid, tanh). */
  reluGrad: row('float', 0, 'b <= 0 ? 0 : a'),
  sigmoidGrad: row('float', 2, 'a * (1 - b) * b'),
  tanhGrad: row('float', 2, 'a * (1 - b * b)'),
  /** `p0 * a * b`: derivative of squares and products with a constant. */
  mulScaled: row('float', 1, 'p0 * a * b'),
} as const satisfies Record<string, Row>;

export const TERNARY = {
  /** `a` is a bool condition; b and c share the result's dtype. */
  where: row('same', 0, 'a ? b : c', { big: 'a ? b : c' }),
  clamp: row('number', 0, 'a !== a || b !== b || c !== c ? NaN : Math.min(Math.max(a, b), c)', { int: 'Math.min(Math.max(a, b), c)', big: 'a < b ? (b < c ? b : c) : a < c ? a : c' }),
  /** PyTorch's two-sided form, exact at both ends. */
  lerp: row('float', 2, 'Math.abs(c) < 0.5 ? a + c * (b - a) : b - (b - a) * (1 - c)'),
  /** `a + p0 * b * c` */
  addcmul: row('number', 2, 'a + p0 * b * c', { int: '(a + Math.imul(Math.imul(p0, b), c)) | 0' }),
  /** `a + p0 * b / c` */
  addcdiv: row('float', 2, 'a + p0 * (b / c)'),
} as const satisfies Record<string, Row>;

export type UnaryOp = keyof typeof UNARY;
export type BinaryOp = keyof typeof BINARY;
export type TernaryOp = keyof typeof TERNARY;
export const UNARY_OPS = Object.keys(UNARY) as UnaryOp[];
export const BINARY_OPS = Object.keys(BINARY) as BinaryOp[];
export const TERNARY_OPS = Object.keys(TERNARY) as TernaryOp[];
