/**
 * Derivatives of the elementwise ops: one row each, written with Tensor operations, so that higher orders follow. The
 * tables are exhaustive by type: an op without a row does not compile. `null` means no gradient flows.
 *
 * In a rule, g is the gradient of the result y; a, b, c (or x) are the operands, which may be numbers. `needs` says which of
 * them the rule reads: only those are saved. Gradients may be broadcast: the engine reduces them to the operand's shape.
 */
import { AutogradError } from '../core/errors.ts';
import type { BinaryOp, TernaryOp, UnaryOp } from '../ops/elementwise.ts';
import type { Tensor } from './tensor.ts';

export type Operand = Tensor | number;

export const A = 1, B = 2, C = 4, Y = 8;
export const X = A;

export interface UnaryRule {
  readonly needs: number;
  readonly grad: (g: Tensor, x: Tensor, y: Tensor, p0: number, p1: number) => Tensor | null;
}
export interface BinaryDerivative {
  readonly needs: number;
  readonly grad: (g: Tensor, a: Operand, b: Operand, y: Tensor, p0: number, p1: number) => Tensor | null;
}
export interface BinaryRule {
  readonly a: BinaryDerivative;
  readonly b: BinaryDerivative;
}
export interface TernaryDerivative {
  readonly needs: number;
  readonly grad: (g: Tensor, a: Operand, b: Operand, c: Operand, p0: number, p1: number) => Tensor | null;
}
export interface TernaryRule {
  readonly grads: readonly (TernaryDerivative | null)[];
}

const unary = (needs: number, grad: UnaryRule['grad']): UnaryRule => ({ needs, grad });
const d = (needs: number, grad: BinaryDerivative['grad']): BinaryDerivative => ({ needs, grad });
const t = (needs: number, grad: TernaryDerivative['grad']): TernaryDerivative => ({ needs, grad });
const both = (a: BinaryDerivative, b: BinaryDerivative): BinaryRule => ({ a, b });
const zero = unary(0, (g) => g.mul(0));
/** Piecewise constant: PyTorch returns zeros. */
const ZERO = d(0, (g) => g.mul(0));

const missing = (op: string, operand: string): BinaryDerivative => d(0, () => {
  throw new AutogradError(`${op}: the derivative with respect to ${operand} is not implemented`);
});

// Operands that may be numbers.
const times = (g: Tensor, x: Operand): Tensor => g.mul(x);
const tensor = (like: Tensor, x: Operand): Tensor => (typeof x === 'object' ? x : like.newFull([], x));

/** In the operand's own dtype: PyTorch rounds there when the operands' dtypes differ. */
const scaled = (x: Operand, factor: number): Operand => (typeof x === 'number' ? x * factor : factor === 1 ? x : x.mul(factor));

/** A row `a * slope(b)`, by the slope's own derivative; null where it is piecewise constant. */
function slope(name: BinaryOp, derivative: ((x: Tensor, p0: number, p1: number) => Tensor) | null): BinaryRule {
  return both(
    d(B, (g, _a, b, _y, p0, p1) => g.binaryRow(name, b, p0, p1)),
    derivative === null ? ZERO : d(A | B, (g, a, b, _y, p0, p1) => g.mul(a).mul(derivative(tensor(g, b), p0, p1))));
}
const slopeOfSigmoid = (s: Tensor): Tensor => s.neg().add(1).mul(s);

/** A loss of the difference of its operands. */
function loss(grad: (g: Tensor, a: Operand, b: Operand, sign: number, p0: number, p1: number) => Tensor): BinaryRule {
  return both(d(A | B, (g, a, b, _y, p0, p1) => grad(g, a, b, 1, p0, p1)), d(A | B, (g, a, b, _y, p0, p1) => grad(g, a, b, -1, p0, p1)));
}

const GELU_RATE = 1.5957691216057308; // 2 sqrt(2 / pi)
const TWO_OVER_SQRT_PI = 1.1283791670955126;
const INV_SQRT_2PI = 0.3989422804014327;

const piX = (x: Tensor): Tensor => x.mul(Math.PI);
/** Where x is too small to divide by (or NaN), the limit at 0. */
function unlessTiny(x: Tensor, limit: number, value: (x: Tensor) => Tensor): Tensor {
  const large = x.abs().gt(Number.EPSILON);
  return value(x.where(large, 1)).where(large, limit);
}

export const UNARY_RULES: Readonly<Record<UnaryOp, UnaryRule | null>> = {
  neg: unary(0, (g) => g.neg()),
  abs: unary(X, (g, x) => g.mul(x.sign())),
  sign: zero,
  square: unary(X, (g, x) => g.mulScaled(x, 2)),
  sqrt: unary(Y, (g, _x, y) => g.div(y.mul(2))),
  rsqrt: unary(Y, (g, _x, y) => g.mulScaled(y.pow(3), -0.5)),
  reciprocal: unary(Y, (g, _x, y) => g.mulScaled(y.square(), -1)),
  exp: unary(Y, (g, _x, y) => g.mul(y)),
  exp2: unary(Y, (g, _x, y) => g.mulScaled(y, Math.LN2)),
  expm1: unary(Y, (g, _x, y) => g.mul(y.add(1))),
  log: unary(X, (g, x) => g.div(x)),
  log2: unary(X, (g, x) => g.div(x.mul(Math.LN2))),
  log10: unary(X, (g, x) => g.div(x.mul(Math.LN10))),
  log1p: unary(X, (g, x) => g.div(x.add(1))),
  sin: unary(X, (g, x) => g.mul(x.cos())),
  cos: unary(X, (g, x) => g.mulScaled(x.sin(), -1)),
  tan: unary(Y, (g, _x, y) => g.mul(y.square().add(1))),
  asin: unary(X, (g, x) => g.mul(x.square().neg().add(1).rsqrt())),
  acos: unary(X, (g, x) => g.mulScaled(x.square().neg().add(1).rsqrt(), -1)),
  atan: unary(X, (g, x) => g.div(x.square().add(1))),
  sinh: unary(X, (g, x) => g.mul(x.cosh())),
  cosh: unary(X, (g, x) => g.mul(x.sinh())),
  tanh: unary(Y, (g, _x, y) => g.tanhGrad(y)),
  asinh: unary(X, (g, x) => g.mul(x.square().add(1).rsqrt())),
  acosh: unary(X, (g, x) => g.mul(x.square().sub(1).rsqrt())),
  atanh: unary(X, (g, x) => g.div(x.square().neg().add(1))),
  erf: unary(X, (g, x) => g.mulScaled(x.square().neg().exp(), TWO_OVER_SQRT_PI)),
  erfc: unary(X, (g, x) => g.mulScaled(x.square().neg().exp(), -TWO_OVER_SQRT_PI)),
  sigmoid: unary(Y, (g, _x, y) => g.sigmoidGrad(y)),
  relu: unary(Y, (g, _x, y) => g.reluGrad(y)),
  silu: unary(X, (g, x) => g.binaryRow('siluGrad', x)),
  softplus: unary(X, (g, x, _y, p0, p1) => g.binaryRow('softplusGrad', x, p0, p1)),
  logsigmoid: unary(X, (g, x) => g.binaryRow('logsigmoidGrad', x)),
  mish: unary(X, (g, x) => g.binaryRow('mishGrad', x)),
  gelu: unary(X, (g, x) => g.geluGrad(x)),
  geluTanh: unary(X, (g, x) => g.binaryRow('geluTanhGrad', x)),
  floor: zero,
  ceil: zero,
  trunc: zero,
  round: zero,
  isnan: null,
  isinf: null,
  isfinite: null,
  logicalNot: null,
  bitwiseNot: null,
  /** As PyTorch: the bounds themselves pass the gradient. */
  clampScalar: unary(X, (g, x, _y, p0, p1) => g.binaryRow('clampGrad', x, p0, p1)),
  leakyRelu: unary(X, (g, x, _y, p0) => g.binaryRow('leakyReluGrad', x, p0)),
  hardtanh: unary(X, (g, x, _y, p0, p1) => g.binaryRow('hardtanhGrad', x, p0, p1)),
  hardsigmoid: unary(X, (g, x) => g.binaryRow('hardsigmoidGrad', x)),
  hardswish: unary(X, (g, x) => g.binaryRow('hardswishGrad', x)),
  softshrink: unary(X, (g, x, _y, p0) => g.binaryRow('shrinkGrad', x, p0)),
  hardshrink: unary(X, (g, x, _y, p0) => g.binaryRow('shrinkGrad', x, p0)),
  threshold: unary(X, (g, x, _y, p0) => g.binaryRow('thresholdGrad', x, p0)),
  elu: unary(X, (g, x, _y, p0, p1) => g.binaryRow('eluGrad', x, p0, p1)),
  selu: unary(X, (g, x) => g.binaryRow('seluGrad', x)),
  frac: unary(0, (g) => g),
  signbit: null,
  isneginf: null,
  isposinf: null,
  angle: zero,
  deg2rad: unary(0, (g) => g.mul(Math.PI / 180)),
  rad2deg: unary(0, (g) => g.mul(180 / Math.PI)),
  sinc: unary(X, (g, x) => {
    const square = x.mul(piX(x)), zeros = square.eq(0);
    const slope = piX(x).mul(piX(x).cos()).sub(piX(x).sin()).div(square.where(zeros.logicalNot(), 1));
    return g.mul(slope.where(zeros.logicalNot(), 0));
  }),
  logit: unary(X, (g, x) => g.div(x.mul(x.neg().add(1))).where(x.ge(0).logicalAnd(x.le(1)), NaN)),
  entr: unary(X, (g, x) => g.mulScaled(x.log().add(1), -1)),
  erfcx: unary(X | Y, (g, x, y) => g.mul(x.mulScaled(y, 2).sub(TWO_OVER_SQRT_PI))),
  ndtr: unary(X, (g, x) => g.mulScaled(x.square().mul(-0.5).exp(), INV_SQRT_2PI)),
  /** NaN at minus infinity, as in PyTorch. */
  logNdtr: unary(X, (g, x) => g.div(x.mul(-Math.SQRT1_2).unaryRow('erfcx')).mul(0.7978845608028654).where(x.ne(-Infinity), NaN)),
  ndtri: unary(Y, (g, _x, y) => g.mulScaled(y.square().mul(0.5).exp(), 1 / INV_SQRT_2PI)),
  erfinv: unary(Y, (g, _x, y) => g.mulScaled(y.square().exp(), 1 / TWO_OVER_SQRT_PI)),
  lgamma: unary(X, (g, x) => g.mul(x.digamma())),
  digamma: unary(X, (g, x) => g.mul(x.unaryRow('polygamma', 1))),
  i0: unary(X, (g, x) => g.mul(x.unaryRow('i1'))),
  i0e: unary(X | Y, (g, x, y) => g.mul(x.unaryRow('i1e').sub(x.sign().mul(y)))),
  i1: unary(X, (g, x) => g.mul(unlessTiny(x, 0.5, (safe) => safe.i0().sub(safe.unaryRow('i1').div(safe))))),
  i1e: unary(X, (g, x) => g.mul(unlessTiny(x, 0.5, (safe) => safe.unaryRow('i0e').sub(safe.unaryRow('i1e').mul(safe.sign().add(safe.reciprocal())))))),
  polygamma: unary(X, (g, x, _y, p0) => g.mul(x.unaryRow('polygamma', p0 + 1))),
};

/** PyTorch sends half of the gradient each way where the operands are equal, and all of it both ways beside a NaN. */
const share = (g: Tensor, loses: Tensor, ties: Tensor): Tensor => g.where(ties.logicalNot(), g.mul(0.5)).where(loses.logicalNot(), 0);
const compare = (g: Tensor, a: Operand, b: Operand, name: 'gt' | 'lt' | 'eq' | 'ne' | 'ge' | 'le'): Tensor => tensor(g, a)[name](b);

export const BINARY_RULES: Readonly<Record<BinaryOp, BinaryRule | null>> = {
  add: both(d(0, (g) => g), d(0, (g) => g)),
  sub: both(d(0, (g) => g), d(0, (g) => g.neg())),
  mul: both(d(B, (g, _a, b) => times(g, b)), d(A, (g, a) => times(g, a))),
  div: both(d(B, (g, _a, b) => g.div(b)), d(A | B, (g, a, b) => g.mulScaled(tensor(g, a).div(b), -1).div(b))),
  addScaled: both(d(0, (g) => g), d(0, (g, _a, _b, _y, p0) => g.mul(p0))),
  floorDivide: null,
  remainder: both(d(0, (g) => g), d(A | B, (g, a, b) => g.mulScaled(tensor(g, a).div(b).floor(), -1))),
  fmod: both(d(0, (g) => g), d(A | B, (g, a, b) => g.mulScaled(tensor(g, a).div(b).trunc(), -1))),
  pow: both(
    d(A | B, (g, a, b) => powBase(g, tensor(g, a), b)),
    // 0 ** b has derivative 0 there for b >= 0, where log(0) would give NaN.
    d(A | B | Y, (g, a, b, y) => {
      const base = tensor(g, a), exponent = tensor(g, b);
      const value = g.mul(y.mul(base.log()));
      return value.where(base.eq(0).logicalAnd(exponent.ge(0)).logicalNot(), 0);
    })),
  maximum: both(d(A | B, (g, a, b) => share(g, compare(g, a, b, 'lt'), compare(g, a, b, 'eq'))), d(A | B, (g, a, b) => share(g, compare(g, a, b, 'gt'), compare(g, a, b, 'eq')))),
  minimum: both(d(A | B, (g, a, b) => share(g, compare(g, a, b, 'gt'), compare(g, a, b, 'eq'))), d(A | B, (g, a, b) => share(g, compare(g, a, b, 'lt'), compare(g, a, b, 'eq')))),
  fmax: both(
    d(A | B, (g, a, b) => g.mul(compare(g, a, b, 'ge').logicalOr(tensor(g, b).isnan()))),
    d(A | B, (g, a, b) => g.mul(compare(g, a, b, 'ge').logicalOr(tensor(g, b).isnan()).logicalNot()))),
  fmin: both(
    d(A | B, (g, a, b) => g.mul(compare(g, a, b, 'le').logicalOr(tensor(g, b).isnan()))),
    d(A | B, (g, a, b) => g.mul(compare(g, a, b, 'le').logicalOr(tensor(g, b).isnan()).logicalNot()))),
  atan2: both(
    d(A | B, (g, a, b) => g.mul(b).div(tensor(g, a).square().add(tensor(g, b).square()))),
    d(A | B, (g, a, b) => g.mulScaled(tensor(g, a), -1).div(tensor(g, a).square().add(tensor(g, b).square())))),
  hypot: both(d(A | Y, (g, a, _b, y) => g.mul(tensor(g, a).div(y))), d(B | Y, (g, _a, b, y) => g.mul(tensor(g, b).div(y)))),
  copysign: both(
    d(A | Y, (g, a, _b, y) => {
      const x = tensor(g, a);
      return g.mul(y.div(x)).where(x.ne(0), 0);
    }), ZERO),
  eq: null,
  ne: null,
  lt: null,
  le: null,
  gt: null,
  ge: null,
  logicalAnd: null,
  logicalOr: null,
  logicalXor: null,
  bitwiseAnd: null,
  bitwiseOr: null,
  bitwiseXor: null,
  bitwiseLeftShift: null,
  bitwiseRightShift: null,
  reluGrad: both(d(B, (g, _a, b) => g.reluGrad(tensor(g, b))), ZERO),
  sigmoidGrad: both(
    d(B, (g, _a, b) => g.sigmoidGrad(tensor(g, b))),
    d(A | B, (g, a, b) => g.mul(a).mul(tensor(g, b).mul(-2).add(1)))),
  tanhGrad: both(
    d(B, (g, _a, b) => g.tanhGrad(tensor(g, b))),
    d(A | B, (g, a, b) => g.mul(a).mulScaled(tensor(g, b), -2))),
  // The slope of ndtr(x) + x density(x) is density(x) (2 - x^2).
  geluGrad: both(
    d(B, (g, _a, b) => g.geluGrad(tensor(g, b))),
    d(A | B, (g, a, b) => {
      const square = tensor(g, b).square();
      return g.mul(a).mul(square.mul(-0.5).exp().mul(square.mul(-INV_SQRT_2PI).add(2 * INV_SQRT_2PI)));
    })),
  // With s the sigmoid and q = s (1 - s) its slope, that of s + x q is q (2 + x (1 - 2 s)).
  siluGrad: slope('siluGrad', (x) => {
    const s = x.sigmoid();
    return slopeOfSigmoid(s).mul(x.mul(s.mul(-2).add(1)).add(2));
  }),
  // With T = tanh(softplus(x)), that of T + x s (1 - T^2) is s (1 - T^2) (2 + x (1 - s) - 2 x s T).
  mishGrad: slope('mishGrad', (x) => {
    const s = x.sigmoid(), y = x.softplus().tanh();
    return s.mul(y.square().neg().add(1)).mul(x.mul(s.neg().add(1).sub(s.mul(y).mul(2))).add(2));
  }),
  // Of x s(u): with u's derivatives v and w, that of s + x q v is q (2 v + x (1 - 2 s) v^2 + x w).
  geluTanhGrad: slope('geluTanhGrad', (x) => {
    const square = x.square(), s = x.mul(square.mul(0.044715).add(1)).mul(GELU_RATE).sigmoid();
    const v = square.mul(3 * 0.044715).add(1).mul(GELU_RATE), w = x.mul(6 * 0.044715 * GELU_RATE);
    return slopeOfSigmoid(s).mul(v.mul(2).add(x.mul(s.mul(-2).add(1).mul(v.square()).add(w))));
  }),
  softplusGrad: slope('softplusGrad', (x, p0, p1) => slopeOfSigmoid(x.mul(p0).sigmoid()).mul(p0).where(x.mul(p0).le(p1), 0)),
  logsigmoidGrad: slope('logsigmoidGrad', (x) => slopeOfSigmoid(x.sigmoid()).neg()),
  eluGrad: slope('eluGrad', (x, p0, p1) => x.mul(p1).exp().mul(p0 * p1 * p1).where(x.lt(0), 0)),
  seluGrad: slope('seluGrad', (x) => x.newOnes([]).binaryRow('seluGrad', x).where(x.lt(0), 0)),
  leakyReluGrad: slope('leakyReluGrad', null),
  hardsigmoidGrad: slope('hardsigmoidGrad', null),
  hardswishGrad: slope('hardswishGrad', (x) => x.abs().lt(3).to(x.dtype).div(3)),
  clampGrad: slope('clampGrad', null),
  hardtanhGrad: slope('hardtanhGrad', null),
  shrinkGrad: slope('shrinkGrad', null),
  thresholdGrad: slope('thresholdGrad', null),
  mulScaled: both(d(B, (g, _a, b, _y, p0) => g.mulScaled(tensor(g, b), p0)), d(A, (g, a, _b, _y, p0) => g.mulScaled(tensor(g, a), p0))),
  glu: both(d(B, (g, _a, b) => g.binaryRow('glu', b)), d(A | B, (g, a, b) => g.ternaryRow('gluGrad', a, b))),
  mse: loss((g, a, b, sign) => g.ternaryRow('mseGrad', a, b, 2 * sign)),
  l1: loss((g, a, b, sign) => g.ternaryRow('l1Grad', a, b, sign)),
  huber: loss((g, a, b, sign, p0, p1) => g.ternaryRow('huberGrad', a, b, p0, sign * p1)),
  bceWithLogits: both(d(A | B, (g, a, b) => g.ternaryRow('bceWithLogitsGrad', a, b)), d(A, (g, a) => g.mulScaled(tensor(g, a), -1))),
  heaviside: both(missing('heaviside', 'input'), missing('heaviside', 'values')),
  nextafter: both(d(A | B, (g, a, b) => g.mul(compare(g, a, b, 'ne'))), ZERO),
  // By the sigmoid, whose own derivative stays finite where exp(b - a) does not.
  logaddexp: both(
    d(A | B, (g, a, b) => g.mul(tensor(g, a).sub(b).sigmoid())),
    d(A | B, (g, a, b) => g.mul(tensor(g, b).sub(a).sigmoid()))),
  logaddexp2: both(
    d(A | B, (g, a, b) => g.mul(tensor(g, a).sub(b).mul(Math.LN2).sigmoid())),
    d(A | B, (g, a, b) => g.mul(tensor(g, b).sub(a).mul(Math.LN2).sigmoid()))),
  xlogy: both(
    d(A | B, (g, a, b) => g.xlogy(b).where(tensor(g, a).eq(0).logicalAnd(tensor(g, b).le(0)).logicalNot(), 0)),
    d(A | B, (g, a, b) => times(g, a).div(b))),
  xlog1py: both(
    d(A | B, (g, a, b) => g.mul(tensor(g, b).log1p()).where(tensor(g, a).eq(0).logicalAnd(tensor(g, b).le(-1)).logicalNot(), 0)),
    d(A | B, (g, a, b) => times(g, a).div(tensor(g, b).add(1)))),
  gcd: null,
  lcm: null,
  zeta: both(missing('zeta', 'input'), d(A | B, (g, a, b) => g.mul(tensor(g, a).neg()).mul(tensor(g, a).add(1).binaryRow('zeta', b)))),
  igamma: both(missing('igamma', 'input'), d(A | B, (g, a, b) => g.mul(gammaDensity(tensor(g, a), tensor(g, b))))),
  igammac: both(missing('igammac', 'input'), d(A | B, (g, a, b) => g.mulScaled(gammaDensity(tensor(g, a), tensor(g, b)), -1))),
};

/** Of the gamma distribution of shape a. */
const gammaDensity = (a: Tensor, x: Tensor): Tensor => a.sub(1).mul(x.log()).sub(x).sub(a.lgamma()).exp();

function powBase(g: Tensor, a: Tensor, b: Operand): Tensor {
  if (typeof b === 'number') {
    if (b === 0) return g.mul(0);
    if (b === 1) return g;
    return g.mulScaled(b === 2 ? a : a.pow(b - 1), b);
  }
  const value = g.mul(b.mul(a.pow(b.sub(1))));
  return value.where(b.ne(0), 0);
}

/** g where the operands are less than delta apart. */
const within = (g: Tensor, a: Operand, b: Operand, delta: number): Tensor => g.where(tensor(g, a).sub(b).abs().lt(delta), 0);

export const TERNARY_RULES: Readonly<Record<TernaryOp, TernaryRule | null>> = {
  where: { grads: [null, t(A, (g, a) => g.where(a as Tensor, 0)), t(A, (g, a) => g.where((a as Tensor).logicalNot(), 0))] },
  clamp: {
    grads: [
      t(A | B | C, (g, a, b, c) => g.mul((a as Tensor).ge(b).logicalAnd((a as Tensor).le(c)))),
      t(A | B | C, (g, a, b, c) => g.mul(c === Infinity ? (a as Tensor).lt(b) : (a as Tensor).lt(b).logicalAnd(tensor(g, b).lt(c)))),
      t(A | B | C, (g, a, b, c) => g.mul(b === -Infinity ? (a as Tensor).gt(c) : (a as Tensor).gt(c).logicalOr(tensor(g, b).ge(c)))),
    ],
  },
  lerp: {
    grads: [
      t(C, (g, _a, _b, c) => g.mul(tensor(g, c).neg().add(1))),
      t(C, (g, _a, _b, c) => g.mul(c)),
      t(A | B, (g, a, b) => g.mul(tensor(g, b).sub(a))),
    ],
  },
  addcmul: {
    grads: [t(0, (g) => g), t(C, (g, _a, _b, c, p0) => g.mul(scaled(c, p0))), t(B, (g, _a, b, _c, p0) => g.mul(scaled(b, p0)))],
  },
  addcdiv: {
    grads: [
      t(0, (g) => g),
      t(C, (g, _a, _b, c, p0) => g.div(c).mul(p0)),
      t(B | C, (g, _a, b, c, p0) => g.mul(tensor(g, scaled(b, -p0)).div(tensor(g, c).square()))),
    ],
  },
  gluGrad: {
    grads: [
      t(B | C, (g, _a, b, c) => g.ternaryRow('gluGrad', b, c)),
      t(A | C, (g, a, _b, c) => g.ternaryRow('gluGrad', a, c)),
      t(A | B | C, (g, a, b, c) => g.ternaryRow('gluGrad', times(tensor(g, a), b), c).mul(tensor(g, c).sigmoid().mul(-2).add(1))),
    ],
  },
  mseGrad: {
    grads: [
      t(B | C, (g, _a, b, c, p0) => g.ternaryRow('mseGrad', b, c, p0)),
      t(A, (g, a, _b, _c, p0) => g.mulScaled(tensor(g, a), p0)),
      t(A, (g, a, _b, _c, p0) => g.mulScaled(tensor(g, a), -p0)),
    ],
  },
  l1Grad: { grads: [t(B | C, (g, _a, b, c, p0) => g.ternaryRow('l1Grad', b, c, p0)), t(0, (g) => g.mul(0)), t(0, (g) => g.mul(0))] },
  huberGrad: {
    grads: [
      t(B | C, (g, _a, b, c, p0, p1) => g.ternaryRow('huberGrad', b, c, p0, p1)),
      t(A | B | C, (g, a, b, c, p0, p1) => within(g.mulScaled(tensor(g, a), p1), b, c, p0)),
      t(A | B | C, (g, a, b, c, p0, p1) => within(g.mulScaled(tensor(g, a), -p1), b, c, p0)),
    ],
  },
  bceWithLogitsGrad: {
    grads: [
      t(B | C, (g, _a, b, c) => g.ternaryRow('bceWithLogitsGrad', b, c)),
      t(A | B, (g, a, b) => g.ternaryRow('gluGrad', a, b)),
      t(A, (g, a) => g.mulScaled(tensor(g, a), -1)),
    ],
  },
  nanToNum: { grads: [t(A, (g, a) => g.mul((a as Tensor).isfinite())), null, null] },
};

