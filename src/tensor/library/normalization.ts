/** Normalization over channels, groups or trailing dims, with PyTorch's handling of running statistics. */
import { isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { numelOf, sameShape } from '../../core/layout.ts';
import { noGrad } from '../grad-mode.ts';
import { channelGroups, normalize, type Statistics } from '../normalize.ts';
import { operation } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

type Optional = Tensor | null | undefined;

function requireFloat(op: string, name: string, x: Optional): void {
  if (x && !isFloating(x.dtypeCode)) throw new DTypeError(op, x.dtype, `${name} must be floating point, got ${x.dtype}; write ${name}.float()`);
}

/** Parameters and statistics are of the input's dtype, or float32 beside an input of 16 bits. */
function requireDtype(op: string, name: string, x: Tensor, parameter: Optional): void {
  requireFloat(op, name, parameter);
  if (parameter && parameter.dtype !== x.dtype && !((x.dtype === 'float16' || x.dtype === 'bfloat16') && parameter.dtype === 'float32')) {
    throw new DTypeError(op, parameter.dtype, `${name} must have the input's dtype ${x.dtype}, got ${parameter.dtype}`);
  }
}

function requireVector(op: string, name: string, x: Tensor, vector: Optional, channels: number): void {
  requireDtype(op, name, x, vector);
  if (vector && (vector.ndim !== 1 || vector.shape[0] !== channels)) throw new ShapeError(op, `${name} must have shape [${channels}], one element per channel, got [${vector.shape.join(', ')}]`);
}

function requireEps(op: string, eps: number, training: boolean): void {
  if (!(training ? eps > 0 : eps >= 0)) throw new ArgumentError(op, 'eps', `must ${training ? 'be greater than 0 in training' : 'not be negative'}, got ${eps}`);
}

/** Moves a running statistic towards the batch's own. */
const follow = (running: Optional, value: Tensor, momentum: number): void => {
  if (running) noGrad(() => running.copy_(running.mul(1 - momentum).add(value.reshape([-1]), { alpha: momentum })));
};

export interface BatchNormCall {
  readonly weight: Optional;
  readonly bias: Optional;
  readonly runningMean: Optional;
  readonly runningVar: Optional;
  /** Take the statistics of the batch, and let the running ones follow; otherwise use the running ones. */
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
}

/** Beside 16-bit parameters the statistics are kept in 16 bits, too. */
const isRounded = (input: Tensor, ...parameters: readonly Optional[]): boolean => (input.dtype === 'float16' || input.dtype === 'bfloat16') && parameters.some((p) => p?.dtype === input.dtype);

/** No elements: there are no statistics to take, and PyTorch asks for no channels. */
function normalizeNothing(input: Tensor, weight: Optional, bias: Optional): Tensor {
  const scaled = weight && weight.numel() > 0 ? input.mul(weight.narrow(0, 0, 1)) : input.clone();
  return bias && bias.numel() > 0 ? scaled.add(bias.narrow(0, 0, 1)) : scaled;
}

export function batchNormOf(op: string, input: Tensor, { weight = null, bias = null, runningMean, runningVar, training, momentum, eps }: BatchNormCall): Tensor {
  requireFloat(op, 'input', input);
  if (input.numel() === 0) return normalizeNothing(input, weight, bias);
  if (input.ndim < 2) throw new ShapeError(op, `input must have at least 2 dimensions [N, C, ...], got shape [${input.shape.join(', ')}]`);
  requireEps(op, eps, training);
  const channels = input.shape[1];
  if (!training) for (const [name, value] of [['runningMean', runningMean], ['runningVar', runningVar]] as const) if (!value) throw new ArgumentError(op, name, 'must be given in evaluation mode');
  for (const [name, value] of Object.entries({ runningMean, runningVar, weight, bias })) requireVector(op, name, input, value, channels);
  const how = { shape: channelGroups(input, channels), perSample: false, weights: 'channel', eps, centered: true, rounded: isRounded(input, runningMean, weight) } as const;
  const fixed: Statistics | null = training ? null : { mean: runningMean as Tensor, variance: runningVar as Tensor };
  const { out, mean, variance } = normalize(input, weight, bias, how, fixed);
  const count = input.numel() / channels;
  if (training) {
    follow(runningMean, mean as Tensor, momentum);
    follow(runningVar, variance.mul(count / (count - 1)), momentum);
  }
  return out;
}

export function instanceNormOf(op: string, input: Tensor, { weight = null, bias = null, runningMean, runningVar, training, momentum, eps }: BatchNormCall): Tensor {
  requireFloat(op, 'input', input);
  if (input.numel() === 0) return normalizeNothing(input, weight, bias);
  if (input.ndim < 2) throw new ShapeError(op, `input must have at least 2 dimensions [N, C, ...], got shape [${input.shape.join(', ')}]`);
  requireEps(op, eps, training);
  const [samples, channels] = input.shape;
  if (!training) return batchNormOf(op, input, { weight, bias, runningMean, runningVar, training, momentum, eps });
  for (const [name, value] of Object.entries({ runningMean, runningVar, weight, bias })) requireVector(op, name, input, value, channels);
  const how = { shape: channelGroups(input, channels), perSample: true, weights: 'channel', eps, centered: true, rounded: isRounded(input, runningMean, weight) } as const;
  const { out, mean, variance } = normalize(input, weight, bias, how);
  const count = how.shape[3], perChannel = (statistic: Tensor): Tensor => statistic.reshape([samples, channels]).mean(0);
  follow(runningMean, perChannel(mean as Tensor), momentum);
  follow(runningVar, perChannel(variance.mul(count / (count - 1))), momentum);
  return out;
}

function requireTrailing(op: string, input: Tensor, normalizedShape: readonly number[], parameters: Readonly<Record<string, Optional>>): void {
  requireFloat(op, 'input', input);
  if (normalizedShape.length === 0) throw new ArgumentError(op, 'normalizedShape', 'must have at least one size');
  if (!sameShape(input.layout.shape.slice(Math.max(0, input.ndim - normalizedShape.length)), normalizedShape)) throw new ShapeError(op, `input must end in the shape [${normalizedShape.join(', ')}], got [${input.shape.join(', ')}]`);
  for (const [name, value] of Object.entries(parameters)) {
    requireFloat(op, name, value);
    if (value && !sameShape(value.layout.shape, normalizedShape)) throw new ShapeError(op, `${name} must have the shape [${normalizedShape.join(', ')}], got [${value.shape.join(', ')}]`);
  }
}

/** The sizes of rows of `normalizedShape`. */
function rowsOf(input: Tensor, normalizedShape: readonly number[]): [number, number, number, number] {
  const size = numelOf(normalizedShape);
  return [numelOf(input.layout.shape.slice(0, input.ndim - normalizedShape.length)), 1, 1, size];
}

export function layerNormOf(op: string, input: Tensor, normalizedShape: readonly number[], weight: Optional, bias: Optional, eps: number): Tensor {
  requireTrailing(op, input, normalizedShape, { weight, bias });
  requireDtype(op, 'weight', input, weight);
  requireDtype(op, 'bias', input, bias);
  return normalize(input, weight ?? null, bias ?? null, { shape: rowsOf(input, normalizedShape), perSample: true, weights: 'element', eps, centered: true }).out;
}

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 };

/** Divides by the root mean square over the trailing dims `normalizedShape`; `eps` defaults to the compute dtype's. PyTorch's `rms_norm`. */
export const rmsNorm = operation('rmsNorm(input: Tensor, normalizedShape: ints, weight: Tensor?, eps: float?)', (input, normalizedShape, weight, eps): Tensor => {
  const op = 'rmsNorm';
  requireTrailing(op, input, normalizedShape, { weight });
  const smallest = input.dtype === 'float64' ? EPSILON.float64 : EPSILON.float32;
  // A weight of another dtype promotes the product, as in PyTorch.
  const own = weight === undefined || weight.dtype === input.dtype ? weight ?? null : null;
  const { out } = normalize(input, own, null, { shape: rowsOf(input, normalizedShape), perSample: true, weights: 'element', eps: eps ?? smallest, centered: false });
  return weight === undefined || own !== null ? out : out.mul(weight).to(input.dtype);
});

export function groupNormOf(op: string, input: Tensor, numGroups: number, weight: Optional, bias: Optional, eps: number): Tensor {
  requireFloat(op, 'input', input);
  if (input.ndim < 2) throw new ShapeError(op, `input must have at least 2 dimensions [N, C, ...], got shape [${input.shape.join(', ')}]`);
  const channels = input.shape[1];
  if (numGroups < 1) throw new ArgumentError(op, 'numGroups', `must be at least 1, got ${numGroups}`);
  if (channels % numGroups !== 0) throw new ShapeError(op, `the ${channels} channels of the input [${input.shape.join(', ')}] cannot be divided into ${numGroups} groups`);
  requireVector(op, 'weight', input, weight, channels);
  requireVector(op, 'bias', input, bias, channels);
  return normalize(input, weight ?? null, bias ?? null, { shape: channelGroups(input, numGroups), perSample: true, weights: 'channel', eps, centered: true }).out;
}

const BATCH = 'input: Tensor, weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVar: Tensor?';

/**
 * Normalizes every channel of `[N, C, ...]` by the statistics of the batch (`training`, which also moves the running ones
 * by `momentum`) or by the running ones. PyTorch's `torch.batch_norm`, whose `cudnn_enabled` has no effect here.
 */
export const batchNorm = operation(`batchNorm(${BATCH}, training: bool, momentum: float, eps: float, cudnnEnabled: bool)`,
  (input, weight, bias, runningMean, runningVar, training, momentum, eps, _cudnnEnabled): Tensor => batchNormOf('batchNorm', input, { weight, bias, runningMean, runningVar, training, momentum, eps }));

/** Normalizes every channel of every sample of `[N, C, ...]`. PyTorch's `torch.instance_norm`, whose `cudnn_enabled` has no effect here. */
export const instanceNorm = operation(`instanceNorm(${BATCH}, useInputStats: bool, momentum: float, eps: float, cudnnEnabled: bool)`,
  (input, weight, bias, runningMean, runningVar, training, momentum, eps, _cudnnEnabled): Tensor => instanceNormOf('instanceNorm', input, { weight, bias, runningMean, runningVar, training, momentum, eps }));

/** Normalizes over the trailing dims `normalizedShape`. PyTorch's `torch.layer_norm`, whose `cudnn_enable` has no effect here. */
export const layerNorm = operation('layerNorm(input: Tensor, normalizedShape: ints, weight: Tensor?, bias: Tensor?, eps: float = 1e-5, cudnnEnable: bool = true)',
  (input, normalizedShape, weight, bias, eps): Tensor => layerNormOf('layerNorm', input, normalizedShape, weight, bias, eps));

/** Normalizes groups of channels of every sample of `[N, C, ...]`. PyTorch's `torch.group_norm`, whose `cudnn_enabled` has no effect here. */
export const groupNorm = operation('groupNorm(input: Tensor, numGroups: int, weight: Tensor?, bias: Tensor?, eps: float = 1e-5, cudnnEnabled: bool = true)',
  (input, numGroups, weight, bias, eps): Tensor => groupNormOf('groupNorm', input, numGroups, weight, bias, eps));
