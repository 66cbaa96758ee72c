/** The elementwise functions of the `torch` namespace: the rows of src/ops/elementwise.ts, and methods with parameters of their own. */
import type { UnaryOp } from '../../ops/elementwise.ts';
import { ALIASES, type AlphaOption, type RoundingOption } from '../elementwise.ts';
import { operation } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { binaryFunction, unaryFunction, type UnaryFunction } from './rows.ts';

function unaryFunctions<const K extends readonly UnaryOp[]>(names: K): { readonly [P in K[number]]: UnaryFunction<P> } {
  return Object.fromEntries(names.map((name) => [name, unaryFunction(name)])) as unknown as { readonly [P in K[number]]: UnaryFunction<P> };
}

export const {
  abs, sign, square, sqrt, rsqrt, reciprocal, neg, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan,
  sinh, cosh, tanh, asinh, acosh, atanh, erf, erfc, erfinv, sigmoid, relu, floor, ceil, trunc, frac, isnan, isinf, isfinite, isneginf, isposinf,
  signbit, logicalNot, bitwiseNot, angle, deg2rad, rad2deg, sinc, lgamma, digamma, i0,
} = unaryFunctions([
  'abs', 'sign', 'square', 'sqrt', 'rsqrt', 'reciprocal', 'neg', 'exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan',
  'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf', 'erfc', 'erfinv', 'sigmoid', 'relu', 'floor', 'ceil', 'trunc', 'frac', 'isnan', 'isinf', 'isfinite', 'isneginf', 'isposinf',
  'signbit', 'logicalNot', 'bitwiseNot', 'angle', 'deg2rad', 'rad2deg', 'sinc', 'lgamma', 'digamma', 'i0',
]);

export const absolute = unaryFunction(ALIASES.absolute, 'absolute'), negative = unaryFunction(ALIASES.negative, 'negative');
export const sgn = unaryFunction(ALIASES.sgn, 'sgn'), fix = unaryFunction(ALIASES.fix, 'fix');
export const arccos = unaryFunction(ALIASES.arccos, 'arccos'), arccosh = unaryFunction(ALIASES.arccosh, 'arccosh');
export const arcsin = unaryFunction(ALIASES.arcsin, 'arcsin'), arcsinh = unaryFunction(ALIASES.arcsinh, 'arcsinh');
export const arctan = unaryFunction(ALIASES.arctan, 'arctan'), arctanh = unaryFunction(ALIASES.arctanh, 'arctanh');

export const add = binaryFunction<AlphaOption>('add'), sub = binaryFunction<AlphaOption>('sub'), mul = binaryFunction('mul'), div = binaryFunction<RoundingOption>('div');
export const subtract = binaryFunction<AlphaOption>('sub', 'subtract'), multiply = binaryFunction('mul', 'multiply');
export const divide = binaryFunction<RoundingOption>('div', 'divide'), trueDivide = binaryFunction('div', 'trueDivide');
export const floorDivide = binaryFunction('floorDivide'), remainder = binaryFunction('remainder'), fmod = binaryFunction('fmod'), pow = binaryFunction('pow');
export const maximum = binaryFunction('maximum'), minimum = binaryFunction('minimum'), fmax = binaryFunction('fmax'), fmin = binaryFunction('fmin');
export const atan2 = binaryFunction('atan2'), arctan2 = binaryFunction('atan2', 'arctan2'), hypot = binaryFunction('hypot'), copysign = binaryFunction('copysign');
export const eq = binaryFunction('eq'), ne = binaryFunction('ne'), lt = binaryFunction('lt'), le = binaryFunction('le'), gt = binaryFunction('gt'), ge = binaryFunction('ge');
export const notEqual = binaryFunction('ne', 'notEqual'), less = binaryFunction('lt', 'less'), lessEqual = binaryFunction('le', 'lessEqual');
export const greater = binaryFunction('gt', 'greater'), greaterEqual = binaryFunction('ge', 'greaterEqual');
export const logicalAnd = binaryFunction('logicalAnd'), logicalOr = binaryFunction('logicalOr'), logicalXor = binaryFunction('logicalXor');
export const bitwiseAnd = binaryFunction('bitwiseAnd'), bitwiseOr = binaryFunction('bitwiseOr'), bitwiseXor = binaryFunction('bitwiseXor');
export const bitwiseLeftShift = binaryFunction('bitwiseLeftShift'), bitwiseRightShift = binaryFunction('bitwiseRightShift');
export const heaviside = binaryFunction('heaviside'), logaddexp = binaryFunction('logaddexp'), logaddexp2 = binaryFunction('logaddexp2'), xlogy = binaryFunction('xlogy');
export const gcd = binaryFunction('gcd'), lcm = binaryFunction('lcm'), igamma = binaryFunction('igamma'), igammac = binaryFunction('igammac');

// The others have parameters of their own; their methods say what they mean.
export const clamp = operation('clamp(input: Tensor, min: operand?, max: operand?, *, out: Tensor?)', (input, min, max): Tensor => input.clamp(min, max));
export const clip = operation('clip(input: Tensor, min: operand?, max: operand?, *, out: Tensor?)', (input, min, max): Tensor => input.clamp(min, max));
export const clampMin = operation('clampMin(input: Tensor, min: operand, *, out: Tensor?)', (input, min): Tensor => input.clampMin(min));
export const clampMax = operation('clampMax(input: Tensor, max: operand, *, out: Tensor?)', (input, max): Tensor => input.clampMax(max));
export const lerp = operation('lerp(input: Tensor, end: Tensor, weight: operand, *, out: Tensor?)', (input, end, weight): Tensor => input.lerp(end, weight));
export const addcmul = operation('addcmul(input: Tensor, tensor1: operand, tensor2: operand, *, value: scalar?, out: Tensor?)',
  (input, tensor1, tensor2, value): Tensor => input.addcmul(tensor1, tensor2, value === undefined ? {} : { value: value as number }));
export const addcdiv = operation('addcdiv(input: Tensor, tensor1: operand, tensor2: operand, *, value: scalar?, out: Tensor?)',
  (input, tensor1, tensor2, value): Tensor => input.addcdiv(tensor1, tensor2, value === undefined ? {} : { value: value as number }));
export const round = operation('round(input: Tensor, *, decimals: int = 0, out: Tensor?)', (input, decimals): Tensor => (decimals === 0 ? input.round() : input.round({ decimals })));
export const logit = operation('logit(input: Tensor, eps: float?, *, out: Tensor?)', (input, eps): Tensor => input.logit(eps ?? null));
export const rsub = operation('rsub(input: Tensor, other: operand, *, alpha: scalar?)', (input, other, alpha): Tensor => input.rsub(other, alpha === undefined ? {} : { alpha: Number(alpha) }));
