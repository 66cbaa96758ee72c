/** Elementwise methods: most follow from the op table; written out are those with parameters or options. */
import { BOOL, I64, U8, isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { bind, isOptions, lastArg, numberArg, show, signature, stringArg, type CallArgs } from '../core/args.ts';
import type { BinaryOp, TernaryOp, UnaryOp } from '../ops/elementwise.ts';
import { binary, binaryEntries, binary_, ternary, ternaryEntries, ternary_, unary, unaryEntries, unary_, type BinaryEntry } from './dispatch.ts';
import { canCastCode, defaultDTypeCode, resultType, type Scalar } from './promotion.ts';
import { TensorCore } from './core.ts';
import { recordZeros } from './graph.ts';
import { Movement } from './movement.ts';
import { nonzeroColumns } from './nonzero.ts';
import { visible } from './observer.ts';
import type { Tensor } from './tensor.ts';

export type Other = Tensor | Scalar;
export interface AlphaOption { readonly alpha?: number }
export interface RoundingOption { readonly roundingMode?: 'trunc' | 'floor' | null }

/** A tensor or number operand, or a clear error. */
export function operandArg(op: string, name: string, value: unknown): Other {
  if (value instanceof TensorCore || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value as Other;
  throw new ArgumentError(op, name, `must be a Tensor or a number, got ${show(value)}`);
}

/** A second operand, by position or by its name beside the options. */
type Operand<Options> = Other | (Options & { readonly other: Other });

/** Rows behind other methods, and those that PyTorch has as functions only. */
const WITHOUT_METHOD = [
  'clampScalar', 'hardtanh', 'hardsigmoid', 'hardswish', 'softshrink', 'hardshrink', 'threshold', 'elu', 'selu', 'mish', 'geluTanh', 'logsigmoid',
  'glu', 'mse', 'l1', 'huber', 'bceWithLogits', 'addScaled', 'entr', 'erfcx', 'ndtr', 'logNdtr', 'ndtri', 'i0e', 'i1', 'i1e', 'polygamma', 'xlog1py', 'zeta',
] as const satisfies readonly (UnaryOp | BinaryOp)[];
/** Rows that only derivatives use. */
const DERIVATIVE_ROWS = [
  'reluGrad', 'sigmoidGrad', 'tanhGrad', 'geluGrad', 'siluGrad', 'mishGrad', 'geluTanhGrad', 'softplusGrad', 'logsigmoidGrad', 'eluGrad', 'seluGrad', 'leakyReluGrad',
  'hardsigmoidGrad', 'hardswishGrad', 'clampGrad', 'hardtanhGrad', 'shrinkGrad', 'thresholdGrad', 'mulScaled',
] as const satisfies readonly BinaryOp[];
/** Methods without an in-place form, as in PyTorch. */
const WITHOUT_IN_PLACE = [
  'isnan', 'isinf', 'isfinite', 'isneginf', 'isposinf', 'signbit', 'angle', 'silu', 'maximum', 'minimum', 'fmax', 'fmin', 'logaddexp', 'logaddexp2', ...DERIVATIVE_ROWS,
] as const satisfies readonly (UnaryOp | BinaryOp)[];
/** PyTorch's other names of methods. */
export const ALIASES = {
  absolute: 'abs', negative: 'neg', sgn: 'sign', fix: 'trunc', arccos: 'acos', arccosh: 'acosh', arcsin: 'asin', arcsinh: 'asinh', arctan: 'atan', arctanh: 'atanh',
  arctan2: 'atan2', subtract: 'sub', multiply: 'mul', divide: 'div', trueDivide: 'div', greater: 'gt', greaterEqual: 'ge', less: 'lt', lessEqual: 'le', notEqual: 'ne', clip: 'clamp',
} as const satisfies Readonly<Record<string, UnaryOp | BinaryOp | 'clamp'>>;

type Hidden = (typeof WITHOUT_METHOD)[number] | (typeof DERIVATIVE_ROWS)[number];
type NotInPlace = (typeof WITHOUT_IN_PLACE)[number];
type PlainUnary = Exclude<UnaryOp, Hidden | 'leakyRelu' | 'gelu' | 'round' | 'softplus' | 'logit'>;
type PlainBinary = Exclude<BinaryOp, Hidden | 'add' | 'sub' | 'div'>;
type UnaryMethods = { [K in PlainUnary]: () => Tensor } & { [K in `${Exclude<PlainUnary, NotInPlace>}_`]: () => Tensor };
type Second<K> = K extends 'pow' | 'pow_' ? 'exponent' : K extends 'heaviside' | 'heaviside_' ? 'values' : 'other';
/** The second operand by position or by its name. */
type BinaryMethod<K> = (other: Other | { readonly [P in Second<K>]: Other }) => Tensor;
type BinaryMethods = { [K in PlainBinary]: BinaryMethod<K> } & { [K in `${Exclude<PlainBinary, NotInPlace>}_`]: BinaryMethod<K> };
type Named<Options> = (other: Operand<Options>, options?: Options) => Tensor;
type AliasMethod<K> = K extends UnaryOp ? () => Tensor : K extends 'sub' ? Named<AlphaOption> : K extends 'div' ? Named<RoundingOption>
  : K extends 'clamp' ? (...args: readonly unknown[]) => Tensor : BinaryMethod<K>;
type Aliases = typeof ALIASES;
type AliasMethods = { [K in keyof Aliases]: AliasMethod<Aliases[K]> } & { [K in keyof Aliases as `${K}_`]: AliasMethod<Aliases[K]> };

export interface Elementwise extends UnaryMethods, BinaryMethods, AliasMethods {
  /** @internal `self` where `other`, the input of relu, is positive, else 0. */
  reluGrad(other: Other): Tensor;
  /** @internal `self * other * (1 - other)`: `other` is the output of sigmoid. */
  sigmoidGrad(other: Other): Tensor;
  /** @internal `self * (1 - other^2)`: `other` is the output of tanh. */
  tanhGrad(other: Other): Tensor;
  /** @internal `self` times the slope of gelu at `other`, its input. */
  geluGrad(other: Other): Tensor;
}

const ALPHA = { add: signature('add(other, *, alpha?)'), sub: signature('sub(other, *, alpha?)'), rsub: signature('rsub(other, *, alpha?)') };
const DIV = signature('div(other, *, roundingMode?)'), DIV_ = signature('div_(other, *, roundingMode?)');
const CLAMP = signature('clamp(min?, max?)');
const ROUND = signature('round(*, decimals?)'), LOGIT = signature('logit(eps?)');

/** A factor: a number, or a boolean for 1 and 0. */
const factorArg = (op: string, name: string, value: unknown): number => (typeof value === 'boolean' ? Number(value) : numberArg(op, name, value, 1));

/** `add(x, 2 * y)` in one kernel when alpha is given. */
function scaledArgs(op: 'add' | 'sub', self: Tensor, args: readonly unknown[]): { other: Other; alpha: number } {
  const bound = bind(ALPHA[op], args);
  const other = operandArg(op, 'other', bound.other), alpha = factorArg(op, 'alpha', bound.alpha);
  if (typeof bound.alpha === 'boolean' && resultType(self, other) !== BOOL) throw new ArgumentError(op, 'alpha', `must be a number unless the result is bool, got ${alpha === 1}`);
  if (!Number.isInteger(alpha) && !isFloating(resultType(self, other))) throw new ArgumentError(op, 'alpha', `must be an integer for integer tensors, got ${alpha}`);
  return { other, alpha };
}

export abstract class Elementwise extends Movement {
  /** `self + alpha * other`. PyTorch's `add`. */
  add(other: Operand<AlphaOption>, options?: AlphaOption): Tensor {
    const self = this as unknown as Tensor;
    if (options === undefined && (typeof other === 'number' || other instanceof TensorCore)) return binary(binaryEntries.add, self, other);
    const { other: b, alpha } = scaledArgs('add', self, options === undefined ? [other] : [other, options]);
    return alpha === 1 ? binary(binaryEntries.add, self, b) : binary(binaryEntries.addScaled, self, b, alpha);
  }

  /** `self += alpha * other`. */
  add_(other: Operand<AlphaOption>, options?: AlphaOption): Tensor {
    const self = this as unknown as Tensor;
    const { other: b, alpha } = options === undefined && !isOptions(other) ? { other: operandArg('add_', 'other', other), alpha: 1 } : scaledArgs('add', self, options === undefined ? [other] : [other, options]);
    return alpha === 1 ? binary_(binaryEntries.add, self, b) : binary_(binaryEntries.addScaled, self, b, alpha);
  }

  /** `self - alpha * other`. PyTorch's `sub`. */
  sub(other: Operand<AlphaOption>, options?: AlphaOption): Tensor {
    const self = this as unknown as Tensor;
    if (options === undefined && (typeof other === 'number' || other instanceof TensorCore)) return binary(binaryEntries.sub, self, other);
    const { other: b, alpha } = scaledArgs('sub', self, options === undefined ? [other] : [other, options]);
    return alpha === 1 ? binary(binaryEntries.sub, self, b) : binary(binaryEntries.addScaled, self, b, -alpha);
  }

  /** `self -= alpha * other`. */
  sub_(other: Operand<AlphaOption>, options?: AlphaOption): Tensor {
    const self = this as unknown as Tensor;
    const { other: b, alpha } = options === undefined && !isOptions(other) ? { other: operandArg('sub_', 'other', other), alpha: 1 } : scaledArgs('sub', self, options === undefined ? [other] : [other, options]);
    return alpha === 1 ? binary_(binaryEntries.sub, self, b) : binary_(binaryEntries.addScaled, self, b, -alpha);
  }

  /** `self * self`; bools count as integers, as in PyTorch. */
  square(): Tensor {
    const self = this as unknown as Tensor;
    return unary(unaryEntries.square, this.dtypeCode === BOOL ? self.castTo(I64) : self);
  }

  /** `self *= self`. */
  square_(): Tensor {
    const self = this as unknown as Tensor;
    if (this.dtypeCode === BOOL) throw new DTypeError('square_', 'bool', "result type int64 can't be cast to the desired output type bool");
    return unary_(unaryEntries.square, self);
  }

  /** `other - alpha * self`. PyTorch's `rsub`. */
  rsub(other: Operand<AlphaOption>, options?: AlphaOption): Tensor {
    const self = this as unknown as Tensor;
    const bound = bind(ALPHA.rsub, options === undefined ? [other] : [other, options]);
    const alpha = numberArg('rsub', 'alpha', bound.alpha, 1);
    return binary(binaryEntries.sub, operandArg('rsub', 'other', bound.other), alpha === 1 ? self : self.mul(alpha));
  }

  /** `self / other`; `roundingMode` 'trunc' or 'floor' divides integers to integers. PyTorch's `div`. */
  div(other: Operand<RoundingOption>, options?: RoundingOption): Tensor {
    const self = this as unknown as Tensor;
    if (options === undefined && (typeof other === 'number' || other instanceof TensorCore)) return binary(binaryEntries.div, self, other);
    const bound = bind(DIV, options === undefined ? [other] : [other, options]);
    const b = operandArg('div', 'other', bound.other);
    if (bound.roundingMode === undefined) return binary(binaryEntries.div, self, b);
    const mode = stringArg('div', 'roundingMode', bound.roundingMode, ['trunc', 'floor'] as const);
    return recordZeros('div', roundedQuotient(self.detach(), typeof b === 'object' ? b.detach() : b, mode), [self, typeof b === 'object' ? b : null]);
  }

  /** `self /= other`; integers only with a `roundingMode`. */
  div_(other: Operand<RoundingOption>, options?: RoundingOption): Tensor {
    const self = this as unknown as Tensor;
    if (options === undefined && !isOptions(other)) return binary_(binaryEntries.div, self, operandArg('div_', 'other', other));
    const bound = bind(DIV_, options === undefined ? [other] : [other, options]), by = operandArg('div_', 'other', bound.other);
    return bound.roundingMode === undefined ? binary_(binaryEntries.div, self, by) : self.copy_(self.div(by, { roundingMode: bound.roundingMode as 'trunc' }));
  }

  /** Values limited to [min, max]; either bound may be a number, a tensor or absent. NaN stays NaN. */
  clamp(...args: readonly unknown[]): Tensor {
    const self = this as unknown as Tensor;
    const { min, max } = bind(CLAMP, args);
    if (min === undefined && max === undefined) throw new ArgumentError('clamp', 'min and max', 'are both absent; expected at least one');
    const lo = min === undefined ? undefined : operandArg('clamp', 'min', min), hi = max === undefined ? undefined : operandArg('clamp', 'max', max);
    if (typeof lo === 'object' || typeof hi === 'object') {
      // One kernel whose derivative tells the bounds from the values; integers have no infinite bound.
      if (self.isFloatingPoint()) return ternary(ternaryEntries.clamp, self, lo ?? -Infinity, hi ?? Infinity);
      const low = lo === undefined ? self : self.maximum(lo);
      return hi === undefined ? low : low.minimum(hi);
    }
    if (lo !== undefined && Number.isNaN(lo) || hi !== undefined && Number.isNaN(hi)) return self.mul(NaN);
    const bounds = [lo ?? -Infinity, hi ?? Infinity].map(Number);
    if (bounds.every((v) => Number.isInteger(v) || !Number.isFinite(v)) && !self.isFloatingPoint()) return clampInteger(self, lo, hi);
    return unary(unaryEntries.clampScalar, self.isFloatingPoint() ? self : self.castTo(0), bounds[0], bounds[1]);
  }

  /** Values limited to [min, max], in place. */
  clamp_(...args: readonly unknown[]): Tensor {
    const self = this as unknown as Tensor;
    const { min, max } = bind(CLAMP, args);
    if (typeof min !== 'object' && typeof max !== 'object' && self.isFloatingPoint() && (min !== undefined || max !== undefined)) {
      return unary_(unaryEntries.clampScalar, self, numberArg('clamp_', 'min', min, -Infinity), numberArg('clamp_', 'max', max, Infinity));
    }
    const clamped = self.clamp(...args);
    if (!canCastCode(clamped.dtypeCode, self.dtypeCode)) throw new DTypeError('clamp_', self.dtype, `result type ${clamped.dtype} can't be cast to the desired output type ${self.dtype}`);
    return self.copy_(clamped);
  }

  /** Values of at least `min`, a number or a tensor. PyTorch's `clamp_min`. */
  clampMin(min: Other): Tensor {
    return this.clamp(min);
  }

  /** Values of at most `max`, a number or a tensor. PyTorch's `clamp_max`. */
  clampMax(max: Other): Tensor {
    return this.clamp(null, max);
  }

  /** As `clampMin`, in place. */
  clampMin_(min: Other): Tensor {
    return this.clamp_(min);
  }

  /** As `clampMax`, in place. */
  clampMax_(max: Other): Tensor {
    return this.clamp_(null, max);
  }

  /** `log(x / (1 - x))`, of x limited to [eps, 1 - eps] where `eps` is given. PyTorch's `logit`. */
  logit(...args: CallArgs<[eps: number | null], { readonly eps?: number | null }>): Tensor {
    const self = this as unknown as Tensor;
    const { eps } = bind(LOGIT, args);
    if (eps === undefined) return unary(unaryEntries.logit, self);
    const limit = numberArg('logit', 'eps', eps), x = self.isFloatingPoint() ? self : self.castTo(defaultDTypeCode());
    // Limits that cross mean the upper one, as in PyTorch.
    return unary(unaryEntries.logit, x.clamp(limit, 1 - limit));
  }

  /** As `logit`, in place. */
  logit_(...args: CallArgs<[eps: number | null], { readonly eps?: number | null }>): Tensor {
    const self = this as unknown as Tensor;
    const { eps } = bind(LOGIT, args);
    return unary_(unaryEntries.logit, eps === undefined ? self : self.clamp_(numberArg('logit_', 'eps', eps), 1 - (eps as number)));
  }

  /** `x` where positive, else `negativeSlope * x`. */
  leakyRelu(negativeSlope = 0.01): Tensor {
    return unary(unaryEntries.leakyRelu, this as unknown as Tensor, numberArg('leakyRelu', 'negativeSlope', negativeSlope));
  }

  /** Gaussian error linear unit; `approximate: 'tanh'` for the cheaper form. */
  gelu(options?: { readonly approximate?: 'none' | 'tanh' }): Tensor {
    const self = this as unknown as Tensor;
    const mode = stringArg('gelu', 'approximate', options?.approximate, ['none', 'tanh'] as const, 'none');
    if (mode === 'none') return unary(unaryEntries.gelu, self);
    return unary(unaryEntries.geluTanh, self);
  }

  /** `log(1 + exp(beta * x)) / beta`, linear above the threshold. */
  softplus(beta = 1, threshold = 20): Tensor {
    return unary(unaryEntries.softplus, this as unknown as Tensor, beta, threshold);
  }

  /** To the nearest integer, halves to even; `decimals` shifts the point. */
  round(options?: { readonly decimals?: number }): Tensor {
    const self = this as unknown as Tensor;
    if (options === undefined) return unary(unaryEntries.round, self);
    const decimals = numberArg('round', 'decimals', bind(ROUND, [options]).decimals, 0);
    if (decimals === 0) return unary(unaryEntries.round, self);
    const scale = 10 ** Math.abs(decimals);
    return decimals > 0 ? unary(unaryEntries.round, self.mul(scale)).div(scale) : unary(unaryEntries.round, self.div(scale)).mul(scale);
  }

  /** As `round`, in place. */
  round_(options?: { readonly decimals?: number }): Tensor {
    const self = this as unknown as Tensor;
    return options === undefined ? unary_(unaryEntries.round, self) : self.copy_(self.round(options));
  }

  /** `self` where the condition holds, else `other`. */
  where(condition: Tensor, other: Other): Tensor {
    return where(condition, this as unknown as Tensor, other);
  }

  /** `self + weight * (end - self)`. */
  lerp(end: Tensor, weight: Other): Tensor {
    return ternary(ternaryEntries.lerp, this as unknown as Tensor, operandArg('lerp', 'end', end), operandArg('lerp', 'weight', weight));
  }

  /** `self += weight * (end - self)`. */
  lerp_(end: Tensor, weight: Other): Tensor {
    return ternary_(ternaryEntries.lerp, this as unknown as Tensor, operandArg('lerp_', 'end', end), operandArg('lerp_', 'weight', weight));
  }

  /** `self + value * tensor1 * tensor2`. */
  addcmul(...[tensor1, tensor2, value]: readonly unknown[]): Tensor {
    return ternary(ternaryEntries.addcmul, this as unknown as Tensor, operandArg('addcmul', 'tensor1', tensor1), operandArg('addcmul', 'tensor2', tensor2), factorArg('addcmul', 'value', value));
  }

  /** `self += value * tensor1 * tensor2`. */
  addcmul_(...[tensor1, tensor2, value]: readonly unknown[]): Tensor {
    return ternary_(ternaryEntries.addcmul, this as unknown as Tensor, operandArg('addcmul_', 'tensor1', tensor1), operandArg('addcmul_', 'tensor2', tensor2), factorArg('addcmul_', 'value', value));
  }

  /** `self + value * tensor1 / tensor2`. */
  addcdiv(...[tensor1, tensor2, value]: readonly unknown[]): Tensor {
    return ternary(ternaryEntries.addcdiv, this as unknown as Tensor, operandArg('addcdiv', 'tensor1', tensor1), operandArg('addcdiv', 'tensor2', tensor2), factorArg('addcdiv', 'value', value));
  }

  /** `self += value * tensor1 / tensor2`. */
  addcdiv_(...[tensor1, tensor2, value]: readonly unknown[]): Tensor {
    return ternary_(ternaryEntries.addcdiv, this as unknown as Tensor, operandArg('addcdiv_', 'tensor1', tensor1), operandArg('addcdiv_', 'tensor2', tensor2), factorArg('addcdiv_', 'value', value));
  }

  /** @internal The unary row of that name, also where there is no method. */
  unaryRow(name: UnaryOp, p0 = 0, p1 = 0): Tensor {
    return unary(unaryEntries[name], this as unknown as Tensor, p0, p1);
  }

  /** @internal The binary row of that name, also where there is no method. */
  binaryRow(name: BinaryOp, other: Other, p0 = 0, p1 = 0): Tensor {
    return binary(binaryEntries[name], this as unknown as Tensor, other, p0, p1);
  }

  /** @internal The ternary row of that name. */
  ternaryRow(name: TernaryOp, b: Other, c: Other, p0 = 0, p1 = 0): Tensor {
    return ternary(ternaryEntries[name], this as unknown as Tensor, b, c, p0, p1);
  }

  /** @internal `scale * self * other` in one kernel: what derivatives are made of. */
  mulScaled(other: Other, scale: number): Tensor {
    return binary(binaryEntries.mulScaled, this as unknown as Tensor, other, scale);
  }

  /** True for float16, bfloat16, float32, float64. */
  isFloatingPoint(): boolean {
    return this.dtypeCode < 2 || this.dtypeCode > 7;
  }
}

function roundedQuotient(a: Tensor, b: Other, mode: 'trunc' | 'floor'): Tensor {
  if (mode === 'floor') return binary(binaryEntries.floorDivide, a, b);
  const remainder = binary(binaryEntries.fmod, a, b);
  return remainder.isFloatingPoint() ? binary(binaryEntries.div, a, b).trunc() : binary(binaryEntries.floorDivide, a.sub(remainder), b);
}

/** Integers have no infinities: each bound is applied on its own. */
function clampInteger(x: Tensor, min: Scalar | undefined, max: Scalar | undefined): Tensor {
  const low = min === undefined || Number(min) === -Infinity ? x : x.maximum(min);
  return max === undefined || Number(max) === Infinity ? low : low.minimum(max);
}

/** Elements of `input` where the condition holds, else of `other`; all broadcast. With the condition alone, the positions of its true elements. PyTorch's `torch.where`. */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, input: Other, other: Other): Tensor;
export function where(condition: Tensor, input?: Other, other?: Other): Tensor | Tensor[] {
  if (!(condition instanceof TensorCore)) throw new ArgumentError('where', 'condition', `must be a bool Tensor, got ${show(condition)}`);
  if (input === undefined && other === undefined) return nonzeroColumns(condition);
  if (condition.dtypeCode !== BOOL && condition.dtypeCode !== U8) throw new ArgumentError('where', 'condition', `must have dtype bool, got ${condition.dtype}; compare it or cast with .to('bool')`);
  return choose(condition.castTo(BOOL), operandArg('where', 'input', input), operandArg('where', 'other', other));
}
const choose = visible('choose', (condition: Tensor, input: Other, other: Other): Tensor => ternary(ternaryEntries.where, condition, input, other));

const withoutMethod = ({ name }: { readonly name: string }): boolean => (WITHOUT_METHOD as readonly string[]).includes(name) || name in Elementwise.prototype;

const methods: Record<string, unknown> = {};
for (const entry of Object.values(unaryEntries)) {
  if (withoutMethod(entry)) continue;
  Object.assign(methods, {
    [entry.name](this: Tensor): Tensor {
      return unary(entry, this);
    },
    [`${entry.name}_`](this: Tensor): Tensor {
      return unary_(entry, this);
    },
  });
}
/** PyTorch's names of the second operand, where it is not `other`. */
export const SECOND: Readonly<Partial<Record<string, string>>> = { pow: 'exponent', heaviside: 'values' };
const binaryMethod = (entry: BinaryEntry): void => {
  const { name } = entry, second = SECOND[name] ?? 'other';
  const plain = signature(`${name}(${second})`), inPlace = signature(`${name}_(${second})`);
  Object.assign(methods, {
    [name](this: Tensor, other: Other): Tensor {
      return typeof other === 'number' || other instanceof TensorCore ? binary(entry, this, other) : binary(entry, this, operandArg(name, second, lastArg(plain, other)));
    },
    [`${name}_`](this: Tensor, other: Other): Tensor {
      return binary_(entry, this, operandArg(`${name}_`, second, lastArg(inPlace, other)));
    },
  });
};
for (const entry of Object.values(binaryEntries)) if (!withoutMethod(entry)) binaryMethod(entry);
for (const name of WITHOUT_IN_PLACE) delete methods[`${name}_`];
for (const [name, value] of Object.entries(methods)) Object.defineProperty(Elementwise.prototype, name, { value, writable: true, configurable: true, enumerable: false });
for (const [alias, name] of Object.entries(ALIASES)) {
  for (const suffix of ['', '_']) {
    const { [`${name}${suffix}`]: value } = Elementwise.prototype as unknown as Record<string, unknown>;
    Object.defineProperty(Elementwise.prototype, `${alias}${suffix}`, { value, writable: true, configurable: true, enumerable: false });
  }
}
