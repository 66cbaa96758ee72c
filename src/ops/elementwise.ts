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
 * - `real`: the same, but integers and bools are refused
 * - `same`: any numeric dtype in, same out   - `number`: the same, bool refused
 * - `predicate`: any dtype in, bool out      - `bits`: integers and bool, same out
 * - `integer`: the same, bool refused
 */
export type RowTypes = 'float' | 'real' | 'same' | 'number' | 'predicate' | 'bits' | 'integer';

export interface Row {
  readonly types: RowTypes;
  readonly js: string;
  /** Expression for int32 operands, where `js` is not right for them. */
  readonly int?: string;
  /** Expression for int64 operands (BigInt). */
  readonly big?: string;
  /** Expression for float32 operands, where the meaning depends on the type's precision. */
  readonly single?: string;
  /** False, with the reason, for a row that runs in TypeScript on both backends. Such rows stand last. */
  readonly native?: false;
  readonly reason?: string;
  readonly ulp: number;
  /** Where the function passes through 0 its error is that of the steps before: `ulp` is relative to the larger of 1 and the result. */
  readonly passesZero?: true;
}

const row = (types: RowTypes, ulp: number, js: string, more: Omit<Row, 'types' | 'ulp' | 'js'> = {}): Row => ({ types, js, ulp, ...more });

// SELU's constants, from Klambauer et al. (2017).
const SELU_ALPHA = 1.6732632423543772, SELU_SCALE = 1.0507009873554805;

/** Loops whose length depends on the operands: lanes of a vector would wait for the slowest. */
const SCALAR = { native: false, reason: 'a series per element, of a length that depends on the operands' } as const;

/** Helpers the expressions may name live in src/backend/js/math/. */
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
  /** `log(1 + exp(p0 * x)) / p0`, x itself where `p0 * x` is above p1. */
  softplus: row('float', 4, 'p0 * x > p1 ? x : (Math.max(p0 * x, 0) + Math.log1p(Math.exp(-Math.abs(p0 * x)))) / p0'),
  /** `log(sigmoid(x))` */
  logsigmoid: row('float', 4, 'Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))'),
  mish: row('float', 6, 'mish(x)'),
  gelu: row('float', 8, 'gelu(x)'),
  /** Hendrycks and Gimpel's approximation of gelu. */
  geluTanh: row('float', 8, 'x / (1 + Math.exp(-x * geluRate(x)))'),
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
  /** clampScalar with another derivative: none at the bounds, all of it at NaN. */
  hardtanh: row('number', 0, 'x !== x ? x : Math.min(Math.max(x, p0), p1)', { big: 'x < p0 ? p0 : x > p1 ? p1 : x' }),
  hardsigmoid: row('real', 2, 'Math.min(Math.max(x + 3, 0), 6) / 6'),
  hardswish: row('real', 3, 'x * Math.min(Math.max(x + 3, 0), 6) / 6'),
  /** `x` without what lies within p0 of 0. */
  softshrink: row('real', 0.5, 'x - Math.min(Math.max(x, -p0), p0)'),
  /** 0 within p0 of 0. */
  hardshrink: row('real', 0, 'Math.abs(x) <= p0 ? 0 : x'),
  /** p1 up to p0; NaN stays. */
  threshold: row('number', 0, 'x <= p0 ? p1 : x'),
  /** `p0 * (exp(p1 * x) - 1)` up to 0. */
  elu: row('real', 3, 'x <= 0 ? p0 * Math.expm1(p1 * x) : x'),
  selu: row('real', 3, `${SELU_SCALE} * (x <= 0 ? ${SELU_ALPHA} * Math.expm1(x) : x)`),
  frac: row('real', 0, 'x - Math.trunc(x)'),
  /** NaN has no sign. */
  signbit: row('predicate', 0, 'x < 0 || (x === 0 && 1 / x < 0)', { int: 'x < 0', big: 'x < 0n' }),
  isneginf: row('predicate', 0, 'x === -Infinity', { int: 'false', big: 'false' }),
  isposinf: row('predicate', 0, 'x === Infinity', { int: 'false', big: 'false' }),
  /** Of a real number: pi where negative. */
  angle: row('float', 0.5, 'x !== x ? x : x < 0 ? Math.PI : 0'),
  deg2rad: row('float', 1, 'x * (Math.PI / 180)'),
  rad2deg: row('float', 1, 'x * (180 / Math.PI)'),
  /** `sin(pi x) / (pi x)`, exactly 0 at integers. */
  sinc: row('float', 4, 'sinc(x)'),
  logit: row('float', 4, 'logit(x)'),
  entr: row('float', 3, 'x > 0 ? -x * Math.log(x) : x === 0 ? 0 : x < 0 ? -Infinity : x'),
  /** `exp(x^2) erfc(x)` */
  erfcx: row('float', 6, 'erfcx(x)'),
  /** The normal distribution function, its logarithm and its inverse. */
  ndtr: row('float', 6, 'ndtr(x)'),
  logNdtr: row('float', 8, 'logNdtr(x)'),
  ndtri: row('float', 6, 'ndtri(x)'),
  erfinv: row('float', 8, 'erfinv(x)'),
  lgamma: row('float', 6, 'lgamma(x)', { passesZero: true }),
  digamma: row('float', 8, 'digamma(x)', { passesZero: true }),
  /** Modified Bessel functions; those in `e` times `exp(-|x|)`. */
  i0: row('float', 6, 'i0(x)'),
  i0e: row('float', 6, 'i0e(x)'),
  i1: row('float', 6, 'i1(x)'),
  i1e: row('float', 6, 'i1e(x)'),
  /** The p0-th derivative of digamma. */
  polygamma: row('float', 8, 'polygamma(p0, x)', SCALAR),
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
  /** Fused derivative rows: `a` is the upstream gradient, `b` the op's input (relu, gelu) or output (sigmoid, tanh). */
  reluGrad: row('float', 0, 'b <= 0 ? 0 : a'),
  sigmoidGrad: row('float', 2, 'a * (1 - b) * b'),
  tanhGrad: row('float', 2, 'a * (1 - b * b)'),
  /** ULP relative to the terms, which cancel near the minimum of gelu. */
  geluGrad: row('float', 6, 'a * geluSlope(b)'),
  siluGrad: row('float', 6, 'a * siluSlope(b)'),
  mishGrad: row('float', 8, 'a * mishSlope(b)'),
  geluTanhGrad: row('float', 8, 'a * geluTanhSlope(b)'),
  softplusGrad: row('float', 4, 'p0 * b > p1 ? a : a / (1 + Math.exp(-p0 * b))'),
  logsigmoidGrad: row('float', 4, 'a / (1 + Math.exp(b))'),
  eluGrad: row('float', 4, 'b <= 0 ? a * (p0 * p1 * Math.exp(p1 * b)) : a', { single: 'b <= 0 ? a * Math.fround(p0 * p1 * Math.exp(p1 * b)) : a' }),
  seluGrad: row('float', 4, `a * (b <= 0 ? ${SELU_SCALE * SELU_ALPHA} * Math.exp(b) : ${SELU_SCALE})`),
  leakyReluGrad: row('float', 0.5, 'b > 0 ? a : p0 * a'),
  hardsigmoidGrad: row('float', 2, 'Math.abs(b) < 3 ? a / 6 : 0'),
  hardswishGrad: row('float', 3, 'b <= -3 ? 0 : b < 3 ? a * ((b + 1.5) / 3) : a'),
  clampGrad: row('float', 0, 'b >= p0 && b <= p1 ? a : 0'),
  hardtanhGrad: row('float', 0, 'b <= p0 || b >= p1 ? 0 : a'),
  /** Of softshrink and hardshrink. */
  shrinkGrad: row('float', 0, 'Math.abs(b) <= p0 ? 0 : a'),
  thresholdGrad: row('float', 0, 'b <= p0 ? 0 : a'),
  /** `p0 * a * b`: derivative of squares and products with a constant. */
  mulScaled: row('float', 1, 'p0 * a * b'),
  /** Gated linear unit: `a * sigmoid(b)`. */
  glu: row('real', 4, 'a / (1 + Math.exp(-b))'),
  /** Losses of an input a and a target b. */
  mse: row('number', 1.5, '(a - b) * (a - b)', { int: 'Math.imul(a - b, a - b)' }),
  l1: row('number', 0.5, 'Math.abs(a - b)', { int: 'Math.abs((a - b) | 0) | 0', big: 'a > b ? a - b : b - a' }),
  /** `d^2 / 2` of the difference d within p0 of 0, linear with slope p0 outside; all times p1. */
  huber: row('real', 4, 'huber(a - b, p0) * p1'),
  /** Binary cross entropy of `sigmoid(a)`. */
  bceWithLogits: row('real', 4, '(1 - b) * a - (Math.min(a, 0) - Math.log1p(Math.exp(-Math.abs(a))))'),
  /** 0 where a is negative, b where it is zero, else 1. */
  heaviside: row('same', 0, 'a === 0 ? b : a > 0 ? 1 : 0', { big: 'a === 0n ? b : a > 0n ? 1n : 0n' }),
  nextafter: row('real', 0, 'nextafter(a, b)', { single: 'nextafterSingle(a, b)' }),
  logaddexp: row('real', 4, 'logaddexp(a, b)', { passesZero: true }),
  logaddexp2: row('real', 4, 'logaddexp2(a, b)', { passesZero: true }),
  xlogy: row('float', 3, 'xlogy(a, b)'),
  xlog1py: row('float', 4, 'xlog1py(a, b)'),
  gcd: row('integer', 0, 'gcdInt(a, b)', { big: 'gcdBig(a, b)' }),
  lcm: row('integer', 0, 'lcmInt(a, b)', { big: 'lcmBig(a, b)' }),
  /** Hurwitz zeta. */
  zeta: row('float', 8, 'zeta(a, b)', SCALAR),
  /** The regularized incomplete gamma functions, lower and upper: to about 1e-13, and 1e-11 of themselves in the far tails. */
  igamma: row('real', 8, 'igamma(a, b)', SCALAR),
  igammac: row('real', 8, 'igammac(a, b)', SCALAR),
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
  /** Derivatives of glu by the gate c, and of the losses by the input b; `a` is the upstream gradient. */
  gluGrad: row('real', 6, 'a * b * sigmoidSlope(c)'),
  mseGrad: row('real', 3, 'p0 * a * (b - c)'),
  l1Grad: row('real', 1, 'p0 * a * (b > c ? 1 : b < c ? -1 : 0)'),
  huberGrad: row('real', 3, 'p1 * a * Math.min(Math.max(b - c, -p0), p0)'),
  bceWithLogitsGrad: row('real', 6, 'a * (1 / (1 + Math.exp(-b)) - c)'),
  /** b for NaN, c for infinity, p0 for minus infinity. */
  nanToNum: row('same', 0, 'a !== a ? b : a === Infinity ? c : a === -Infinity ? p0 : a', { int: 'a', big: 'a' }),
} as const satisfies Record<string, Row>;

export type UnaryOp = keyof typeof UNARY;
export type BinaryOp = keyof typeof BINARY;
export type TernaryOp = keyof typeof TERNARY;
export const UNARY_OPS = Object.keys(UNARY) as UnaryOp[];
export const BINARY_OPS = Object.keys(BINARY) as BinaryOp[];
export const TERNARY_OPS = Object.keys(TERNARY) as TernaryOp[];
