/** Activations. Every one takes a tensor of any shape and returns one of the same shape. */
import { bind, boolArg, intArg, numberArg, signature, stringArg, type CallArgs } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { recording } from '../tensor/graph.ts';
import { visible } from '../tensor/observer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensorArg } from './args.ts';

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
export const relu6 = simple('relu6', (x) => x.unaryRow('hardtanh', 0, 6));
export const silu = simple('silu', (x) => x.silu());
export const mish = simple('mish', (x) => x.unaryRow('mish'));
export const hardsigmoid = simple('hardsigmoid', (x) => x.unaryRow('hardsigmoid'));
export const hardswish = simple('hardswish', (x) => x.unaryRow('hardswish'));
export const sigmoid = (input: Tensor): Tensor => tensorArg('sigmoid', 'input', input).sigmoid();
export const tanh = (input: Tensor): Tensor => tensorArg('tanh', 'input', input).tanh();
export const logsigmoid = visible('logsigmoid', (input: Tensor): Tensor => tensorArg('logsigmoid', 'input', input).unaryRow('logsigmoid'));
export const softsign = (input: Tensor): Tensor => tensorArg('softsign', 'input', input).div(input.abs().add(1));
export const tanhshrink = (input: Tensor): Tensor => tensorArg('tanhshrink', 'input', input).sub(input.tanh());

export const selu = simple('selu', (x) => x.unaryRow('selu'));
export const elu = withNumbers<[alpha: number, inplace: boolean], { readonly alpha?: number }>('elu', { alpha: 1 },
  (x, alpha) => x.unaryRow('elu', alpha, 1));
export const celu = withNumbers<[alpha: number, inplace: boolean], { readonly alpha?: number }>('celu', { alpha: 1 },
  (x, alpha) => {
    if (alpha === 0) throw new ArgumentError('celu', 'alpha', 'must not be 0');
    return x.unaryRow('elu', alpha, 1 / alpha);
  });
export const leakyRelu = withNumbers<[negativeSlope: number, inplace: boolean], { readonly negativeSlope?: number }>('leakyRelu', { negativeSlope: 0.01 },
  (x, slope) => x.leakyRelu(slope));
export const hardtanh = withNumbers<[minVal: number, maxVal: number, inplace: boolean], { readonly minVal?: number; readonly maxVal?: number }>('hardtanh', { minVal: -1, maxVal: 1 },
  (x, low, high) => {
    if (low > high) throw new ArgumentError('hardtanh', 'minVal', `must not exceed maxVal, got ${low} and ${high}`);
    // Integers stay integers: PyTorch casts the bounds.
    return x.isFloatingPoint() ? x.unaryRow('hardtanh', low, high) : x.clamp(Math.trunc(low), Math.trunc(high));
  });
export const softplus = withNumbers<[beta: number, threshold: number], { readonly beta?: number; readonly threshold?: number }>('softplus', { beta: 1, threshold: 20 },
  (x, beta, threshold) => x.softplus(beta, threshold));
export const softshrink = withNumbers<[lambd: number], { readonly lambd?: number }>('softshrink', { lambd: 0.5 },
  (x, lambd) => {
    if (!(lambd >= 0)) throw new ArgumentError('softshrink', 'lambd', `must not be negative, got ${lambd}`);
    return x.unaryRow('softshrink', lambd);
  });
export const hardshrink = withNumbers<[lambd: number], { readonly lambd?: number }>('hardshrink', { lambd: 0.5 },
  (x, lambd) => x.unaryRow('hardshrink', lambd));

const thresholded = visible('threshold', (x: Tensor, bound: number, value: number): Tensor => x.unaryRow('threshold', bound, value));
interface ThresholdOptions extends Inplace { readonly threshold?: number; readonly value?: number }
const THRESHOLD = signature('threshold(input, threshold, value, inplace?)');
/** `x > threshold ? x : value`. */
export function threshold(input: Tensor, ...args: CallArgs<[threshold: number, value: number, inplace: boolean], ThresholdOptions>): Tensor {
  const given = bind(THRESHOLD, [tensorArg('threshold', 'input', input), ...args]);
  const bound = numberArg('threshold', 'threshold', given.threshold), value = numberArg('threshold', 'value', given.value);
  // Integers stay integers: PyTorch casts both numbers.
  const cast = (number: number): number => (input.isFloatingPoint() ? number : Math.trunc(number));
  const run = (x: Tensor): Tensor => thresholded(x, cast(bound), cast(value));
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

const gated = visible('gated', (value: Tensor, gate: Tensor): Tensor => value.binaryRow('glu', gate));
const GLU = signature('glu(input, dim?)');
/** The first half of `dim` times the sigmoid of the second. */
export function glu(input: Tensor, ...args: CallArgs<[dim: number], { readonly dim?: number }>): Tensor {
  const given = bind(GLU, [tensorArg('glu', 'input', input), ...args]);
  const dim = intArg('glu', 'dim', given.dim, -1);
  const size = input.size(dim);
  if (size % 2 !== 0) throw new ArgumentError('glu', 'dim', `must have an even size, got ${size} in shape [${input.shape.join(', ')}]`);
  const [value, gate] = input.split([size / 2, size / 2], dim);
  return gated(value, gate);
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
