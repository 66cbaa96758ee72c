/** Elementwise operations. */
import { ALIASES } from '../../tensor/elementwise.ts';
import type { DType } from '../../core/dtype.ts';
import { isNode, promoted, type Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import { isFloat, pair, rule, type Rule, type Rules } from './rule.ts';

type Make = (g: Graph, x: Name, dtype: DType) => Name;

/** From a tensor to one of the result's dtype; integers become floats where the result is one. */
function unary(name: string, make: Make): [string, Rule] {
  return [name, rule(`${name}(input)`, (a, g) => {
    const { dtype } = a.out, compute = dtype === 'bool' ? a.node('input').dtype : dtype;
    return make(g, a.name('input', compute), compute);
  })];
}

/** ONNX operators under another name that do the same. */
const PLAIN = {
  abs: 'Abs', neg: 'Neg', exp: 'Exp', log: 'Log', sqrt: 'Sqrt', reciprocal: 'Reciprocal', sin: 'Sin', cos: 'Cos', tan: 'Tan', asin: 'Asin', acos: 'Acos',
  atan: 'Atan', sinh: 'Sinh', cosh: 'Cosh', asinh: 'Asinh', acosh: 'Acosh', atanh: 'Atanh', tanh: 'Tanh', sigmoid: 'Sigmoid', erf: 'Erf', sign: 'Sign', relu: 'Relu',
} as const;

const scaled = (factor: number): Make => (g, x, dtype) => g.add('Mul', [x, g.constant(factor, dtype)]);
const logBy = (base: number): Make => (g, x, dtype) => g.add('Div', [g.add('Log', [x]), g.constant(Math.log(base), dtype)]);
/** Rounding leaves integers alone. */
const rounding = (type: string): Make => (g, x, dtype) => (isFloat(dtype) ? g.add(type, [x]) : x);
const truncated: Make = (g, x, dtype) => (isFloat(dtype) ? g.add('Mul', [g.add('Sign', [x]), g.add('Floor', [g.add('Abs', [x])])]) : x);

/** Integers have no infinities and no NaN. */
function never(g: Graph, x: Name): Name {
  return g.add('Not', [g.add('Equal', [x, x])]);
}

const UNARY: Rules = Object.fromEntries([
  ...Object.entries(PLAIN).map(([name, type]) => unary(name, (g, x) => g.add(type, [x]))),
  unary('square', (g, x) => g.add('Mul', [x, x])),
  unary('rsqrt', (g, x) => g.add('Reciprocal', [g.add('Sqrt', [x])])),
  unary('exp2', (g, x, dtype) => g.add('Pow', [g.constant(2, dtype), x])),
  // (e^(x/2) - e^(-x/2)) * e^(x/2), the first factor twice a hyperbolic sine: exact near 0.
  unary('expm1', expm1),
  unary('log1p', log1p),
  unary('log2', logBy(2)),
  unary('log10', logBy(10)),
  unary('erfc', (g, x, dtype) => g.add('Sub', [g.constant(1, dtype), g.add('Erf', [x])])),
  unary('silu', (g, x) => g.add('Mul', [x, g.add('Sigmoid', [x])])),
  unary('floor', rounding('Floor')),
  unary('ceil', rounding('Ceil')),
  unary('trunc', truncated),
  unary('frac', (g, x, dtype) => g.add('Sub', [x, truncated(g, x, dtype)])),
  unary('isnan', (g, x, dtype) => (isFloat(dtype) ? g.add('IsNaN', [x]) : never(g, x))),
  unary('isinf', (g, x, dtype) => (isFloat(dtype) ? g.add('IsInf', [x]) : never(g, x))),
  unary('isposinf', (g, x, dtype) => (isFloat(dtype) ? g.add('IsInf', [x], { detect_negative: 0 }) : never(g, x))),
  unary('isneginf', (g, x, dtype) => (isFloat(dtype) ? g.add('IsInf', [x], { detect_positive: 0 }) : never(g, x))),
  unary('isfinite', (g, x, dtype) => (isFloat(dtype) ? g.add('Not', [g.add('Or', [g.add('IsInf', [x]), g.add('IsNaN', [x])])]) : g.add('Equal', [x, x]))),
  unary('signbit', (g, x, dtype) => (dtype === 'bool' ? never(g, x) : g.add('Less', [x, g.constant(0, dtype)]))),
  unary('logicalNot', (g, x, dtype) => g.add('Not', [g.cast(x, dtype, 'bool')])),
  unary('bitwiseNot', (g, x, dtype) => g.add(dtype === 'bool' ? 'Not' : 'BitwiseNot', [x])),
  unary('deg2rad', scaled(Math.PI / 180)),
  unary('rad2deg', scaled(180 / Math.PI)),
  unary('angle', (g, x, dtype) => g.add('Where', [g.add('Less', [x, g.constant(0, dtype)]), g.constant(Math.PI, dtype), g.constant(0, dtype)])),
  unary('sinc', (g, x, dtype) => {
    const t = g.add('Mul', [x, g.constant(Math.PI, dtype)]), zero = g.add('Equal', [x, g.constant(0, dtype)]);
    return g.add('Where', [zero, g.constant(1, dtype), g.add('Div', [g.add('Sin', [t]), t])]);
  }),
  unary('positive', (g, x) => g.add('Identity', [x])),
]);

export function expm1(g: Graph, x: Name, dtype: DType): Name {
  const half = g.add('Mul', [x, g.constant(0.5, dtype)]);
  const precise = g.add('Mul', [g.add('Mul', [g.add('Sinh', [half]), g.constant(2, dtype)]), g.add('Exp', [half])]);
  const near = g.add('Less', [g.add('Abs', [x]), g.constant(1, dtype)]);
  return g.add('Where', [near, precise, g.add('Sub', [g.add('Exp', [x]), g.constant(1, dtype)])]);
}

/** 2 atanh(x / (2 + x)) near 0, where 1 + x loses the digits of x. */
export function log1p(g: Graph, x: Name, dtype: DType): Name {
  const precise = g.add('Mul', [g.constant(2, dtype), g.add('Atanh', [g.add('Div', [x, g.add('Add', [x, g.constant(2, dtype)])])])]);
  const near = g.add('Less', [g.add('Abs', [x]), g.constant(0.5, dtype)]);
  return g.add('Where', [near, precise, g.add('Log', [g.add('Add', [x, g.constant(1, dtype)])])]);
}

/** Operands and result in the result's dtype. */
const arithmetic = (name: string, type: string, second = 'other'): [string, Rule] =>
  [name, rule(`${name}(input, ${second})`, (a, g) => {
    const { dtype } = a.out;
    if (dtype !== 'bool') return pair(a, type, a.operand('input'), a.operand(second), dtype);
    // Sums and products of bools are "or" and "and".
    return g.cast(pair(a, type, a.operand('input'), a.operand(second), 'int32'), 'int32', 'bool');
  })];

const comparison = (name: string, type: string, negated = false): [string, Rule] =>
  [name, rule(`${name}(input, other)`, (a, g) => {
    const type_ = promoted([a.operand('input'), a.operand('other')]), dtype = type_ === 'bool' && type !== 'Equal' ? 'int32' : type_;
    const compared = pair(a, type, a.operand('input'), a.operand('other'), dtype);
    return negated ? g.add('Not', [compared]) : compared;
  })];

const logical = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, other)`, (a) => pair(a, type, a.operand('input'), a.operand('other'), 'bool'))];

const bitwise = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, other)`, (a) => pair(a, a.out.dtype === 'bool' ? type : `Bitwise${type}`, a.operand('input'), a.operand('other'), a.out.dtype))];

/** `input + sign * alpha * other`. */
const scaledSum = (name: string, type: string, reversed = false): [string, Rule] =>
  [name, rule(`${name}(input, other, *, alpha?)`, (a, g) => {
    const compute = a.out.dtype === 'bool' ? 'int32' : a.out.dtype, alpha = Number(a.raw('alpha') ?? 1);
    const [from, taken] = reversed ? ['other', 'input'] : ['input', 'other'];
    const factor = a.value(a.operand(taken), compute);
    const sum = g.add(type, [a.value(a.operand(from), compute), alpha === 1 ? factor : g.add('Mul', [factor, g.constant(alpha, compute)])]);
    return g.cast(sum, compute, a.out.dtype);
  })];

/** Towards minus infinity; ONNX divides integers towards zero. */
function floorDivide(a: Arguments, g: Graph, x: Name, y: Name, dtype: DType): Name {
  if (isFloat(dtype)) return g.add('Floor', [g.add('Div', [x, y])]);
  return g.add('Div', [g.add('Sub', [x, g.add('Mod', [x, y])]), y]);
}

const divide: Rule = rule('div(input, other, *, roundingMode?)', (a, g) => {
  const { dtype } = a.out, mode = a.raw('roundingMode');
  const x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype);
  if (mode === 'floor') return floorDivide(a, g, x, y, dtype);
  const quotient = g.add('Div', [x, y]);
  return mode === 'trunc' && isFloat(dtype) ? truncated(g, quotient, dtype) : quotient;
});

/** Max and Min on two operands keep NaN; fmax and fmin lose it. */
const ignoringNan = (name: string, type: string): [string, Rule] =>
  [name, rule(`${name}(input, other)`, (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype);
    if (!isFloat(dtype)) return g.add(type, [x, y]);
    return g.add('Where', [g.add('IsNaN', [x]), y, g.add('Where', [g.add('IsNaN', [y]), x, g.add(type, [x, y])])]);
  })];

const BINARY: Rules = Object.fromEntries([
  scaledSum('add', 'Add'), scaledSum('sub', 'Sub'), scaledSum('rsub', 'Sub', true),
  arithmetic('mul', 'Mul'), arithmetic('maximum', 'Max'), arithmetic('minimum', 'Min'),
  ignoringNan('fmax', 'Max'), ignoringNan('fmin', 'Min'),
  comparison('eq', 'Equal'), comparison('ne', 'Equal', true), comparison('lt', 'Less'), comparison('le', 'LessOrEqual'), comparison('gt', 'Greater'), comparison('ge', 'GreaterOrEqual'),
  logical('logicalAnd', 'And'), logical('logicalOr', 'Or'), logical('logicalXor', 'Xor'),
  bitwise('bitwiseAnd', 'And'), bitwise('bitwiseOr', 'Or'), bitwise('bitwiseXor', 'Xor'),
  ['div', divide],
  ['floorDivide', rule('floorDivide(input, other)', (a, g) => floorDivide(a, g, a.value(a.operand('input'), a.out.dtype), a.value(a.operand('other'), a.out.dtype), a.out.dtype))],
  ['remainder', rule('remainder(input, other)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype);
    return isFloat(dtype) ? g.add('Sub', [x, g.add('Mul', [g.add('Floor', [g.add('Div', [x, y])]), y])]) : g.add('Mod', [x, y]);
  })],
  ['fmod', rule('fmod(input, other)', (a, g) => g.add('Mod', [a.value(a.operand('input'), a.out.dtype), a.value(a.operand('other'), a.out.dtype)], { fmod: 1 }))],
  ['pow', rule('pow(input, exponent)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), exponent = a.operand('exponent');
    if (exponent === 2) return g.add('Mul', [x, x]);
    return exponent === 0.5 ? g.add('Sqrt', [x]) : g.add('Pow', [x, a.value(exponent, dtype)]);
  })],
  ['atan2', rule('atan2(input, other)', (a, g) => {
    const { dtype } = a.out, y = a.value(a.operand('input'), dtype), x = a.value(a.operand('other'), dtype), zero = g.constant(0, dtype);
    const left = g.add('Less', [x, zero]), below = g.add('Less', [y, zero]);
    const turn = g.add('Where', [below, g.constant(-Math.PI, dtype), g.constant(Math.PI, dtype)]);
    const angle = g.add('Add', [g.add('Atan', [g.add('Div', [y, x])]), g.add('Where', [left, turn, zero])]);
    const origin = g.add('And', [g.add('Equal', [x, zero]), g.add('Equal', [y, zero])]);
    return g.add('Where', [origin, zero, angle]);
  })],
  ['hypot', rule('hypot(input, other)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype);
    return g.add('Sqrt', [g.add('Add', [g.add('Mul', [x, x]), g.add('Mul', [y, y])])]);
  })],
  ['logaddexp', rule('logaddexp(input, other)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype);
    const decay = g.add('Exp', [g.add('Neg', [g.add('Abs', [g.add('Sub', [x, y])])])]);
    return g.add('Add', [g.add('Max', [x, y]), log1p(g, decay, dtype)]);
  })],
  ['xlogy', rule('xlogy(input, other)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), y = a.value(a.operand('other'), dtype), zero = g.constant(0, dtype);
    const product = g.add('Mul', [x, g.add('Log', [y])]);
    return g.add('Where', [g.add('And', [g.add('Equal', [x, zero]), g.add('Not', [g.add('IsNaN', [y])])]), zero, product]);
  })],
  ['heaviside', rule('heaviside(input, values)', (a, g) => {
    const { dtype } = a.out, x = a.value(a.operand('input'), dtype), zero = g.constant(0, dtype);
    const step = g.cast(g.add('Greater', [x, zero]), 'bool', dtype);
    return g.add('Where', [g.add('Equal', [x, zero]), a.value(a.operand('values'), dtype), step]);
  })],
]);

/** `condition ? x : y` in the result's dtype. */
const select = (a: Arguments, g: Graph, condition: string, x: string, y: string): Name => {
  const { dtype } = a.out;
  return g.add('Where', [a.name(condition, 'bool'), a.value(a.operand(x), dtype), a.value(a.operand(y), dtype)]);
};

function clamped(a: Arguments, g: Graph): Name {
  const dtype = a.out.dtype, low = a.operand('min'), high = a.operand('max');
  let x = a.name('input', dtype);
  if (low !== undefined) x = g.add('Max', [x, a.value(low, dtype)]);
  if (high !== undefined) x = g.add('Min', [x, a.value(high, dtype)]);
  return x;
}

const OTHERS: Rules = {
  choose: rule('where(condition, input, other)', (a, g) => select(a, g, 'condition', 'input', 'other')),
  where: rule('where(input, condition, other)', (a, g) => select(a, g, 'condition', 'input', 'other')),
  maskedFill: rule('maskedFill(input, mask, value)', (a, g) => select(a, g, 'mask', 'value', 'input')),
  clamp: rule('clamp(input, min?, max?)', clamped),
  clip: rule('clip(input, min?, max?)', clamped),
  clampMin: rule('clampMin(input, min)', clamped),
  clampMax: rule('clampMax(input, max)', clamped),
  lerp: rule('lerp(input, end, weight)', (a, g) => {
    const { dtype } = a.out, x = a.name('input', dtype);
    return g.add('Add', [x, g.add('Mul', [a.value(a.operand('weight'), dtype), g.add('Sub', [a.name('end', dtype), x])])]);
  }),
  addcmul: rule('addcmul(input, tensor1, tensor2, *, value?)', (a, g) => fused(a, g, 'Mul')),
  addcdiv: rule('addcdiv(input, tensor1, tensor2, *, value?)', (a, g) => fused(a, g, 'Div')),
  round: rule('round(input, *, decimals?)', (a, g) => {
    const { dtype } = a.out, scale = 10 ** a.number('decimals', 0), x = a.name('input');
    if (!isFloat(dtype)) return g.add('Identity', [x]);
    if (scale === 1) return g.add('Round', [x]);
    return g.add('Div', [g.add('Round', [g.add('Mul', [x, g.constant(scale, dtype)])]), g.constant(scale, dtype)]);
  }),
  logit: rule('logit(input, eps?)', (a, g) => {
    const { dtype } = a.out, eps = a.raw('eps') as number | undefined, one = g.constant(1, dtype);
    let x = a.name('input', dtype);
    if (eps !== undefined) x = g.add('Min', [g.add('Max', [x, g.constant(eps, dtype)]), g.constant(1 - eps, dtype)]);
    return g.add('Log', [g.add('Div', [x, g.add('Sub', [one, x])])]);
  }),
  nanToNum: rule('nanToNum(input, nan?, posinf?, neginf?)', (a, g) => {
    const { dtype } = a.out, most = dtype === 'float64' ? Number.MAX_VALUE : dtype === 'float16' ? 65504 : 3.4028234663852886e38;
    const x = a.name('input');
    if (!isFloat(dtype)) return g.add('Identity', [x]);
    const put = (condition: Name, value: number, otherwise: Name): Name => g.add('Where', [condition, g.constant(value, dtype), otherwise]);
    const high = put(g.add('IsInf', [x], { detect_negative: 0 }), a.number('posinf', most), x);
    const low = put(g.add('IsInf', [x], { detect_positive: 0 }), a.number('neginf', -most), high);
    return put(g.add('IsNaN', [x]), a.number('nan', 0), low);
  }),
  fill: rule('fill(input, value)', (a, g) => {
    const value = a.operand('value');
    return g.add('Expand', [a.value(value, a.out.dtype), g.sizes(a.out.shape)]);
  }),
  zero: rule('zero(input)', (a, g) => g.add('Expand', [g.constant(a.out.dtype === 'bool' ? false : 0, a.out.dtype), g.sizes(a.out.shape)])),
  copy: rule('copy(input, src, nonBlocking?)', (a, g) => {
    const src = a.operand('src'), value = a.value(src, a.out.dtype);
    const sameShape = isNode(src) && src.shape.length === a.out.shape.length && src.shape.every((size, i) => size === a.out.shape[i]);
    return sameShape ? value : g.add('Expand', [value, g.sizes(a.out.shape)]);
  }),
};

function fused(a: Arguments, g: Graph, type: string): Name {
  const { dtype } = a.out, value = Number(a.raw('value') ?? 1);
  const term = g.add(type, [a.value(a.operand('tensor1'), dtype), a.value(a.operand('tensor2'), dtype)]);
  return g.add('Add', [a.name('input', dtype), value === 1 ? term : g.add('Mul', [term, g.constant(value, dtype)])]);
}

/** Casts: the result's dtype says all. */
const CASTS: Rules = Object.fromEntries(['to', 'castTo', 'float', 'double', 'long', 'int', 'short', 'char', 'byte', 'half', 'bfloat16', 'bool', 'type', 'cpu']
  .map((name) => [name, rule(`${name}(input, ...rest?)`, (a) => a.name('input', a.out.dtype))]));

const own: Rules = { ...UNARY, ...BINARY, ...OTHERS, ...CASTS };

export const ELEMENTWISE: Rules = { ...own, ...Object.fromEntries(Object.entries(ALIASES).filter(([, name]) => name in own).map(([alias, name]) => [alias, own[name]])) };
