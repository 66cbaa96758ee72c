/** Activations. Every one takes a tensor of any shape and returns one of the same shape. */
import { bind, boolArg, intArg, numberArg, signature, stringArg, type CallArgs } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { where } from '../tensor/elementwise.ts';
import { Function, type Context } from '../tensor/function.ts';
import { recording } from '../tensor/graph.ts';
import { visible } from '../tensor/observer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensorArg } from './args.ts';
import { sloped } from './sloped.ts';

interface Inplace { readonly inplace?: boolean }
type InplaceArg = boolean | Inplace;

/** An activation whose only parameter is `inplace`. */
function simple(name: string, plain: (input: Tensor) => Tensor, overwrite = (input: Tensor): Tensor => written(input, plain)) {
  const sig = signature(`${name}(input, inplace?)`), compute = visible(name, plain);
  return (input: Tensor, inplace?: InplaceArg): Tensor => {
    tensorArg(name, 'input', input);
    // The common call, with the tensor alone, reads no options.
    return inplace !== undefined && boolArg(name, 'inplace', bind(sig, [input, inplace]).inplace) ? overwrite(input) : compute(input);
  };
}

/** The result written into its input, whose old values the derivative may still read. */
const written = (input: Tensor, compute: (input: Tensor) => Tensor): Tensor => input.copy_(compute(recording(input) ? input.clone() : input));

/** An activation with number parameters and `inplace`. */
function withNumbers<P extends readonly unknown[], O>(name: string, parameters: Readonly<Record<string, number>>, plain: (input: Tensor, ...values: number[]) => Tensor) {
  const names = Object.keys(parameters), compute = visible(name, plain);
  const sig = signature(`${name}(input, ${names.map((n) => `${n}?, `).join('')}inplace?)`);
  return (input: Tensor, ...args: CallArgs<P, O & Inplace>): Tensor => {
    tensorArg(name, 'input', input);
    const given = bind(sig, [input, ...args]);
    const run = (x: Tensor): Tensor => compute(x, ...names.map((n) => numberArg(name, n, given[n], parameters[n])));
    return boolArg(name, 'inplace', given.inplace) ? written(input, run) : run(input);
  };
}

export const relu = simple('relu', (x) => x.relu(), (x) => x.relu_());
export const relu6 = simple('relu6', (x) => bounded(x, 0, 6));
export const silu = simple('silu', (x) => x.silu());
export const mish = simple('mish', (x) => x.mul(x.softplus().tanh()));
export const hardsigmoid = simple('hardsigmoid', (x) => sloped(x, (v) => v.add(3).clamp_(0, 6).div_(6), (v) => v.abs().lt(3).to(v.dtype).div_(6)));
export const hardswish = simple('hardswish', (x) => sloped(x, (v) => v.add(3).clamp_(0, 6).mul_(v).div_(6),
  (v) => where(v.le(-3), 0, where(v.abs().lt(3), v.clamp(-3, 3).div(3).add(0.5), 1))));
export const sigmoid = (input: Tensor): Tensor => tensorArg('sigmoid', 'input', input).sigmoid();
export const tanh = (input: Tensor): Tensor => tensorArg('tanh', 'input', input).tanh();
export const logsigmoid = (input: Tensor): Tensor => tensorArg('logsigmoid', 'input', input).neg().softplus().neg();
export const softsign = (input: Tensor): Tensor => tensorArg('softsign', 'input', input).div(input.abs().add(1));
export const tanhshrink = (input: Tensor): Tensor => tensorArg('tanhshrink', 'input', input).sub(input.tanh());

// SELU's constants, from Klambauer et al. (2017).
const SELU_ALPHA = 1.6732632423543772848170429916717, SELU_SCALE = 1.0507009873554804934193349852946;

/** `x > 0 ? x : alpha * (exp(x / divisor) - 1)`; the branch that is not taken sees 0: it cannot overflow, and its gradient is no NaN. */
function exponential(x: Tensor, alpha: number, divisor = 1): Tensor {
  const bent = x.le(0), low = x.where(bent, 0);
  return (divisor === 1 ? low : low.div(divisor)).expm1().mul(alpha).where(bent, x);
}

/** `clamp` with hardtanh's gradient: none at the bounds, all of it at NaN. */
class Bounded extends Function {
  static override forward(ctx: Context, input: Tensor, low: number, high: number): Tensor {
    const out = input.clamp(low, high);
    ctx.saveForBackward(out);
    ctx.bounds = [low, high];
    return out;
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    const [out] = ctx.savedTensors, [low, high] = ctx.bounds as [number, number];
    return [where(out.le(low).logicalOr(out.ge(high)), 0, grad), null, null];
  }
}

const bounded = (x: Tensor, low: number, high: number): Tensor => (recording(x) ? Bounded.apply(x, low, high) : x.clamp(low, high));

export const selu = simple('selu', (x) => exponential(x, SELU_ALPHA).mul(SELU_SCALE));
export const elu = withNumbers<[alpha: number, inplace: boolean], { readonly alpha?: number }>('elu', { alpha: 1 },
  (x, alpha) => exponential(x, alpha));
export const celu = withNumbers<[alpha: number, inplace: boolean], { readonly alpha?: number }>('celu', { alpha: 1 },
  (x, alpha) => {
    if (alpha === 0) throw new ArgumentError('celu', 'alpha', 'must not be 0');
    return exponential(x, alpha, alpha);
  });
export const leakyRelu = withNumbers<[negativeSlope: number, inplace: boolean], { readonly negativeSlope?: number }>('leakyRelu', { negativeSlope: 0.01 },
  (x, slope) => x.leakyRelu(slope));
export const hardtanh = withNumbers<[minVal: number, maxVal: number, inplace: boolean], { readonly minVal?: number; readonly maxVal?: number }>('hardtanh', { minVal: -1, maxVal: 1 },
  (x, low, high) => {
    if (low > high) throw new ArgumentError('hardtanh', 'minVal', `must not exceed maxVal, got ${low} and ${high}`);
    // Integers stay integers: PyTorch casts the bounds.
    return x.isFloatingPoint() ? bounded(x, low, high) : x.clamp(Math.trunc(low), Math.trunc(high));
  });
export const softplus = withNumbers<[beta: number, threshold: number], { readonly beta?: number; readonly threshold?: number }>('softplus', { beta: 1, threshold: 20 },
  (x, beta, threshold) => x.softplus(beta, threshold));
export const softshrink = withNumbers<[lambd: number], { readonly lambd?: number }>('softshrink', { lambd: 0.5 },
  (x, lambd) => {
    if (!(lambd >= 0)) throw new ArgumentError('softshrink', 'lambd', `must not be negative, got ${lambd}`);
    return x.sub(x.clamp(-lambd, lambd));
  });
export const hardshrink = withNumbers<[lambd: number], { readonly lambd?: number }>('hardshrink', { lambd: 0.5 },
  // NaN is within no bounds and stays.
  (x, lambd) => x.where(x.abs().le(lambd).logicalNot(), 0));

interface ThresholdOptions extends Inplace { readonly threshold?: number; readonly value?: number }
const THRESHOLD = signature('threshold(input, threshold, value, inplace?)');
/** `x > threshold ? x : value`. */
export function threshold(input: Tensor, ...args: CallArgs<[threshold: number, value: number, inplace: boolean], ThresholdOptions>): Tensor {
  const given = bind(THRESHOLD, [tensorArg('threshold', 'input', input), ...args]);
  const bound = numberArg('threshold', 'threshold', given.threshold), value = numberArg('threshold', 'value', given.value);
  // NaN is not below any threshold and stays. Integers stay integers: PyTorch casts both numbers.
  const cast = (number: number): number => (input.isFloatingPoint() ? number : Math.trunc(number));
  const run = (x: Tensor): Tensor => x.where(x.le(cast(bound)).logicalNot(), cast(value));
  return boolArg('threshold', 'inplace', given.inplace) ? written(input, run) : run(input);
}

export type GeluApproximation = 'none' | 'tanh';
const GELU = signature('gelu(input, *, approximate?)');

/** `x * P(X <= x)` for a standard normal X, exact or by Hendrycks and Gimpel's tanh approximation. */
export function gelu(input: Tensor, options: { readonly approximate?: GeluApproximation } = {}): Tensor {
  const given = bind(GELU, [tensorArg('gelu', 'input', input), options]);
  return input.gelu({ approximate: stringArg<GeluApproximation>('gelu', 'approximate', given.approximate, ['none', 'tanh'], 'none') });
}

const PRELU = signature('prelu(input, weight)');
/** `x > 0 ? x : weight * x`, with one weight or one per channel (dimension 1). */
export function prelu(input: Tensor, slope: Tensor | { readonly weight: Tensor }): Tensor {
  const given = bind(PRELU, [tensorArg('prelu', 'input', input), slope]);
  const weight = tensorArg('prelu', 'weight', given.weight);
  if (weight.ndim > 1) throw new ArgumentError('prelu', 'weight', `must have at most 1 dimension, got shape [${weight.shape.join(', ')}]`);
  const perChannel = weight.numel() !== 1;
  if (perChannel && (input.ndim < 2 || input.shape[1] !== weight.numel())) {
    throw new ArgumentError('prelu', 'weight', `must have 1 element or one per channel of input [${input.shape.join(', ')}], got ${weight.numel()}`);
  }
  const shape = input.shape.map((_, i) => (perChannel && i === 1 ? weight.numel() : 1));
  const positive = input.gt(0);
  // The branch that is not taken sees 0: weight's gradient is no NaN there.
  return input.where(positive, weight.view(shape).mul(input.where(positive.logicalNot(), 0)));
}

const GLU = signature('glu(input, dim?)');
/** The first half of `dim` times the sigmoid of the second. */
export function glu(input: Tensor, ...args: CallArgs<[dim: number], { readonly dim?: number }>): Tensor {
  const given = bind(GLU, [tensorArg('glu', 'input', input), ...args]);
  const dim = intArg('glu', 'dim', given.dim, -1);
  const size = input.size(dim);
  if (size % 2 !== 0) throw new ArgumentError('glu', 'dim', `must have an even size, got ${size} in shape [${input.shape.join(', ')}]`);
  return input.narrow(dim, 0, size / 2).mul(input.narrow(dim, size / 2, size / 2).sigmoid());
}

interface SoftmaxOptions { readonly dim?: number; readonly dtype?: DType }
const SOFTMAX = signature('softmax(input, dim?, dtype?)');

/** PyTorch's implicit dim: 0 for 0, 1 and 3 dimensions, otherwise 1. */
const implicitDim = (ndim: number): number => (ndim === 0 || ndim === 1 || ndim === 3 ? 0 : 1);

function softmaxArgs(op: string, input: Tensor, args: readonly unknown[]): [Tensor, number] {
  tensorArg(op, 'input', input);
  const given = bind(SOFTMAX, [input, ...args]);
  return [given.dtype === undefined ? input : input.to(given.dtype as DType), intArg(op, 'dim', given.dim, implicitDim(input.ndim))];
}

type SoftmaxArgs = CallArgs<[dim: number, dtype: DType], SoftmaxOptions>;
export function softmax(input: Tensor, ...args: SoftmaxArgs): Tensor {
  const [x, dim] = softmaxArgs('softmax', input, args);
  return x.softmax(dim);
}

export function logSoftmax(input: Tensor, ...args: SoftmaxArgs): Tensor {
  const [x, dim] = softmaxArgs('logSoftmax', input, args);
  return x.logSoftmax(dim);
}

export function softmin(input: Tensor, ...args: SoftmaxArgs): Tensor {
  const [x, dim] = softmaxArgs('softmin', input, args);
  return x.neg().softmax(dim);
}
