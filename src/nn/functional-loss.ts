/** Losses. `reduction` is 'mean' (default), 'sum' or 'none'. */
import { bind, boolArg, intArg, numberArg, signature, stringArg, type Bound, type CallArgs } from '../core/args.ts';
import { isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { sameShape } from '../core/layout.ts';
import { toBeChecked } from '../tensor/batching.ts';
import { Function, type Context } from '../tensor/function.ts';
import { fusedCrossEntropy } from '../tensor/fused.ts';
import { observer, visible } from '../tensor/observer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { logsigmoid } from './functional-activation.ts';
import { REDUCTIONS, reductionArg, tensorArg, type Maybe, type Reduction } from './args.ts';
import { reduce } from './reduce-loss.ts';

export type { Reduction } from './args.ts';

export interface ReductionOptions {
  readonly reduction?: Reduction;
}

/** A weight of a loss: a tensor or absent. */
function weightArg(op: string, name: string, given: Bound): Tensor | null {
  return given[name] === undefined ? null : tensorArg(op, name, given[name]);
}

function pair(op: string, input: Tensor, target: Tensor): void {
  tensorArg(op, 'input', input);
  tensorArg(op, 'target', target);
}

function requireSameShape(op: string, input: Tensor, target: Tensor): void {
  if (!sameShape(input.layout.shape, target.layout.shape)) throw new ShapeError(op, `input [${input.shape.join(', ')}] and target [${target.shape.join(', ')}] must have the same shape`);
}

/** Like PyTorch, warns where a regression target of another shape broadcasts: mostly a forgotten `view`. */
function warnBroadcast(op: string, input: Tensor, target: Tensor): void {
  if (!sameShape(input.layout.shape, target.layout.shape)) {
    process.emitWarning(`${op}: target [${target.shape.join(', ')}] differs from input [${input.shape.join(', ')}] and is broadcast; give them the same shape`);
  }
}

const squaredError = visible('squaredError', (input: Tensor, target: Tensor): Tensor => input.binaryRow('mse', target));
const absoluteError = visible('absoluteError', (input: Tensor, target: Tensor): Tensor => input.binaryRow('l1', target));
/** `x^2 / 2` of the difference x within `delta` of 0, linear with slope `delta` outside; times `scale`. */
const huberError = visible('huberError', (input: Tensor, target: Tensor, delta: number, scale: number): Tensor => input.binaryRow('huber', target, delta, scale));
const logisticError = visible('logisticError', (logits: Tensor, target: Tensor): Tensor => logits.binaryRow('bceWithLogits', target));

const MSE = signature('mseLoss(input, target, *, reduction?, weight?)');
/** `(input - target)^2`. */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions & { readonly weight?: Maybe<Tensor> } = {}): Tensor {
  pair('mseLoss', input, target);
  const given = bind(MSE, [input, target, options]);
  warnBroadcast('mseLoss', input, target);
  return weighted('mseLoss', squaredError(input, target), given);
}

/** Applies an elementwise `weight`, whose sum divides a mean. */
function weighted(op: string, loss: Tensor, given: Bound): Tensor {
  const reduction = reductionArg(op, given.reduction), weight = weightArg(op, 'weight', given);
  if (weight === null) return reduce(loss, reduction);
  requireSameShape(op, loss, weight);
  return reduction === 'mean' ? loss.mul(weight).sum().div(weight.sum()) : reduce(loss.mul(weight), reduction);
}

const L1 = signature('l1Loss(input, target, *, reduction?, weight?)');
/** `|input - target|`. */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions & { readonly weight?: Maybe<Tensor> } = {}): Tensor {
  pair('l1Loss', input, target);
  const given = bind(L1, [input, target, options]);
  warnBroadcast('l1Loss', input, target);
  return weighted('l1Loss', absoluteError(input, target), given);
}

const SMOOTH_L1 = signature('smoothL1Loss(input, target, *, reduction?, beta?)');
/** Quadratic below `beta`, linear above. */
export function smoothL1Loss(input: Tensor, target: Tensor, options: ReductionOptions & { readonly beta?: number } = {}): Tensor {
  pair('smoothL1Loss', input, target);
  const given = bind(SMOOTH_L1, [input, target, options]);
  const beta = numberArg('smoothL1Loss', 'beta', given.beta, 1);
  if (beta < 0) throw new ArgumentError('smoothL1Loss', 'beta', `must not be negative, got ${beta}`);
  warnBroadcast('smoothL1Loss', input, target);
  return reduce(beta === 0 ? absoluteError(input, target) : huberError(input, target, beta, 1 / beta), reductionArg('smoothL1Loss', given.reduction));
}

const HUBER = signature('huberLoss(input, target, reduction?, delta?)');
/** Quadratic below `delta`, with slope `delta` above. */
export function huberLoss(input: Tensor, target: Tensor, ...args: CallArgs<[reduction: Reduction, delta: number], ReductionOptions & { readonly delta?: number }>): Tensor {
  pair('huberLoss', input, target);
  const given = bind(HUBER, [input, target, ...args]);
  const delta = numberArg('huberLoss', 'delta', given.delta, 1);
  if (!(delta > 0)) throw new ArgumentError('huberLoss', 'delta', `must be greater than 0, got ${delta}`);
  warnBroadcast('huberLoss', input, target);
  return reduce(huberError(input, target, delta, 1), reductionArg('huberLoss', given.reduction));
}

/** The cross entropy of probabilities, with PyTorch's bounds at 0 and 1: -100 for the logarithm, 1e-12 for the divisor of the gradient. */
class BinaryCrossEntropy extends Function {
  static override forward(ctx: Context, input: Tensor, target: Tensor): Tensor {
    ctx.saveForBackward(input, target);
    const one = input.log().clamp({ min: -100 }), zero = input.neg().log1p().clamp({ min: -100 });
    return target.sub(1).mul(zero).sub(target.mul(one));
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    const [input, target] = ctx.savedTensors;
    const divisor = input.neg().add(1).mul(input).clamp({ min: 1e-12 });
    const toTarget = target.requiresGrad ? grad.mul(input.neg().log1p().sub(input.log())) : null;
    return [grad.mul(input.sub(target)).div(divisor), toTarget];
  }
}

interface BinaryOptions extends ReductionOptions { readonly weight?: Maybe<Tensor> }
const BCE = signature('binaryCrossEntropy(input, target, weight?, *, reduction?)');

/** `-(y log x + (1 - y) log(1 - x))` of probabilities x. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, ...args: CallArgs<[weight: Maybe<Tensor>], BinaryOptions>): Tensor {
  const op = 'binaryCrossEntropy';
  pair(op, input, target);
  const given = bind(BCE, [input, target, ...args]);
  requireSameShape(op, input, target);
  if (input.numel() > 0) {
    const all = toBeChecked(input.detach()), low = all.amin().item(), high = all.amax().item();
    if (!(low >= 0 && high <= 1) && !(Number.isNaN(low) || Number.isNaN(high))) throw new ArgumentError(op, 'input', `must be probabilities between 0 and 1, got values from ${low} to ${high}`);
  }
  const loss = BinaryCrossEntropy.apply(input, target) as Tensor;
  const weight = weightArg(op, 'weight', given);
  return reduce(weight === null ? loss : loss.mul(weight), reductionArg(op, given.reduction));
}

const BCE_LOGITS = signature('binaryCrossEntropyWithLogits(input, target, weight?, *, reduction?, posWeight?)');
/** binaryCrossEntropy of `sigmoid(input)`, without overflow; `posWeight` weighs the positive examples. */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, ...args: CallArgs<[weight: Maybe<Tensor>], BinaryOptions & { readonly posWeight?: Maybe<Tensor> }>): Tensor {
  const op = 'binaryCrossEntropyWithLogits';
  pair(op, input, target);
  const given = bind(BCE_LOGITS, [input, target, ...args]);
  requireSameShape(op, input, target);
  const weight = weightArg(op, 'weight', given), posWeight = weightArg(op, 'posWeight', given);
  const loss = posWeight === null ? logisticError(input, target)
    : target.neg().add(1).mul(input).sub(posWeight.sub(1).mul(target).add(1).mul(logsigmoid(input)));
  return reduce(weight === null ? loss : loss.mul(weight), reductionArg(op, given.reduction));
}

export interface ClassOptions extends ReductionOptions {
  /** One factor per class. */
  readonly weight?: Maybe<Tensor>;
  /** Targets of this class count nothing. */
  readonly ignoreIndex?: number;
}

/** `[N, C, d...]`, of `[C]` too. */
function classRows(op: string, input: Tensor, targetShape: readonly number[]): Tensor {
  if (!input.isFloatingPoint()) throw new DTypeError(op, input.dtype, `input must be floating point, got ${input.dtype}`);
  if (input.ndim === 0) throw new ShapeError(op, 'input must have at least 1 dimension, got a 0-d tensor');
  const axis = input.ndim === 1 ? 0 : 1;
  const expected = input.layout.shape.filter((_, i) => i !== axis);
  if (!sameShape(expected, targetShape)) {
    throw new ShapeError(op, `target must have shape [${expected.join(', ')}] for input [${input.shape.join(', ')}], got [${targetShape.join(', ')}]`);
  }
  return axis === 0 ? input.unsqueeze(0) : input;
}

function classWeight(op: string, given: Bound, classes: number): Tensor | null {
  const weight = weightArg(op, 'weight', given);
  if (weight !== null && (weight.ndim !== 1 || weight.shape[0] !== classes)) throw new ShapeError(op, `weight must have shape [${classes}], got [${weight.shape.join(', ')}]`);
  return weight;
}

function requireIndices(op: string, target: Tensor): void {
  if (isFloating(target.dtypeCode) || target.dtype === 'bool') throw new DTypeError(op, target.dtype, `class indices must be integers, got ${target.dtype}; write target.long()`);
}

/** Class indices `[N, d...]` of a dtype that the kernels read. */
function indices(target: Tensor): Tensor {
  const rows = target.ndim === 0 ? target.reshape([1]) : target;
  return rows.dtype === 'int64' || rows.dtype === 'int32' ? rows : rows.long();
}

/** Negative log likelihoods of `[N, C, d...]` at indices `[N, d...]`, not reduced; also what a mean's divisor sums. */
function nllRows(rows: Tensor, target: Tensor, weight: Tensor | null, ignoreIndex: number): { readonly losses: Tensor; readonly counted: Tensor; readonly factors: Tensor } {
  const counted = target.ne(ignoreIndex);
  const safe = target.where(counted, 0);
  const picked = rows.gather(1, safe.unsqueeze(1)).squeeze(1), weights = weight === null ? null : weight.indexSelect(0, safe.reshape([-1])).view(safe.shape);
  // Chosen, not multiplied by 0: ignored rows may hold infinities, and where all are ignored the mean's divisor is 0.
  return {
    losses: (weights === null ? picked : picked.mul(weights)).neg().where(counted, 0), counted,
    factors: weights === null ? counted.to(rows.dtype) : weights.where(counted, 0),
  };
}

const NLL = signature('nllLoss(input, target, weight?, *, ignoreIndex?, reduction?)');
/** `-weight[y] * input[y]` of log probabilities `[N, C, d...]` or `[C]` and class indices `[N, d...]`. */
export function nllLoss(input: Tensor, target: Tensor, ...args: CallArgs<[weight: Maybe<Tensor>], ClassOptions>): Tensor {
  const op = 'nllLoss';
  pair(op, input, target);
  const given = bind(NLL, [input, target, ...args]);
  requireIndices(op, target);
  const rows = classRows(op, input, target.shape);
  const weight = classWeight(op, given, rows.shape[1]);
  const ignoreIndex = intArg(op, 'ignoreIndex', given.ignoreIndex, -100);
  return nllReduced(rows, target, weight, ignoreIndex, reductionArg(op, given.reduction));
}

/** What every row has at its index; null if some are out of range, which those of an ignored class are when it is none of the classes. */
function pickedByAll(rows: Tensor, target: Tensor, ignoreIndex: number): Tensor | null {
  if (ignoreIndex >= 0 && ignoreIndex < rows.shape[1]) return null;
  try {
    return rows.gather(1, target.unsqueeze(1)).squeeze(1);
  } catch (error) {
    if (error instanceof IndexRangeError) return null;
    throw error;
  }
}

function nllReduced(rows: Tensor, target: Tensor, weight: Tensor | null, ignoreIndex: number, reduction: Reduction): Tensor {
  // Who observes may record a program, which must hold for targets that are ignored as well.
  const picked = weight === null && observer === null ? pickedByAll(rows, indices(target), ignoreIndex) : null;
  if (picked !== null) return (reduction === 'none' ? picked.reshape(target.shape) : reduction === 'sum' ? picked.sum() : picked.mean()).neg();
  const { losses, factors } = nllRows(rows, indices(target), weight, ignoreIndex);
  if (reduction === 'none') return losses.reshape(target.shape);
  return reduction === 'sum' ? losses.sum() : losses.sum().div(factors.sum());
}

const CROSS_ENTROPY = signature('crossEntropy(input, target, weight?, *, ignoreIndex?, reduction?, labelSmoothing?)');

/**
 * Cross entropy of logits `[N, C, d...]` or `[C]` with class indices `[N, d...]`, or with class probabilities of the
 * logits' own shape.
 */
export function crossEntropy(input: Tensor, target: Tensor, ...args: CallArgs<[weight: Maybe<Tensor>], ClassOptions & { readonly labelSmoothing?: number }>): Tensor {
  const op = 'crossEntropy';
  pair(op, input, target);
  const given = bind(CROSS_ENTROPY, [input, target, ...args]);
  const reduction = reductionArg(op, given.reduction);
  const smoothing = numberArg(op, 'labelSmoothing', given.labelSmoothing, 0);
  if (!(smoothing >= 0 && smoothing <= 1)) throw new ArgumentError(op, 'labelSmoothing', `must be between 0 and 1, got ${smoothing}`);
  // Floats of the shape of class indices are indices of the wrong dtype, as JS numbers give them: the cast is what helps.
  if (isFloating(target.dtypeCode) && target.ndim !== input.ndim - 1) return crossEntropyOfProbabilities(input, target, given, reduction, smoothing);
  requireIndices(op, target);
  const rows = classRows(op, input, target.shape);
  const classes = rows.shape[1];
  const weight = classWeight(op, given, classes);
  const ignoreIndex = intArg(op, 'ignoreIndex', given.ignoreIndex, -100);
  if (weight === null && smoothing === 0) {
    const losses = fusedCrossEntropy(rows, indices(target), ignoreIndex);
    if (reduction === 'none') return losses.reshape(target.shape);
    return reduction === 'sum' ? losses.sum() : losses.sum().div(target.ne(ignoreIndex).sum());
  }
  const logProbabilities = rows.logSoftmax(1);
  const nll = nllReduced(logProbabilities, target, weight, ignoreIndex, reduction);
  if (smoothing === 0) return nll;
  const { counted, factors } = nllRows(logProbabilities, indices(target), weight, ignoreIndex);
  const all = (weight === null ? logProbabilities : logProbabilities.mul(weight.view([classes, ...rows.shape.slice(2).map(() => 1)]))).sum(1).neg();
  const losses = all.where(counted, 0);
  const smooth = reduction === 'none' ? losses.reshape(target.shape) : reduction === 'sum' ? losses.sum() : losses.sum().div(factors.sum());
  return nll.mul(1 - smoothing).add(smooth.mul(smoothing / classes));
}

function crossEntropyOfProbabilities(input: Tensor, target: Tensor, given: Bound, reduction: Reduction, smoothing: number): Tensor {
  const op = 'crossEntropy';
  if (input.ndim === 0) throw new ShapeError(op, 'input must have at least 1 dimension, got a 0-d tensor');
  requireSameShape(op, input, target);
  if (given.ignoreIndex !== undefined && intArg(op, 'ignoreIndex', given.ignoreIndex) >= 0) throw new ArgumentError(op, 'ignoreIndex', 'is not supported for class probabilities');
  const axis = input.ndim === 1 ? 0 : 1, classes = input.shape[axis];
  const weight = classWeight(op, given, classes);
  const smoothed = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes);
  const shape = input.shape.map((_, i) => (i === axis ? classes : 1));
  const terms = input.logSoftmax(axis).mul(weight === null ? smoothed : smoothed.mul(weight.view(shape)));
  const losses = terms.sum(axis).neg();
  if (reduction === 'none') return losses;
  // A mean is over the examples: class probabilities are not weighted by their targets.
  return reduction === 'sum' ? losses.sum() : losses.sum().div(input.numel() / classes);
}

const KL = signature('klDiv(input, target, *, reduction?, logTarget?)');
/** `target * (log target - input)` of log probabilities; 'batchmean' is the mathematical definition. */
export function klDiv(input: Tensor, target: Tensor, options: { readonly reduction?: Reduction | 'batchmean'; readonly logTarget?: boolean } = {}): Tensor {
  const op = 'klDiv';
  pair(op, input, target);
  const given = bind(KL, [input, target, options]);
  const reduction = stringArg<Reduction | 'batchmean'>(op, 'reduction', given.reduction, [...REDUCTIONS, 'batchmean'], 'mean');
  const loss = boolArg(op, 'logTarget', given.logTarget) ? target.exp().mul(target.sub(input)) : target.mul(target.clamp({ min: 1e-45 }).log()).sub(target.mul(input));
  if (reduction !== 'batchmean') return reduce(loss, reduction);
  return input.ndim === 0 ? loss.sum() : loss.sum().div(input.shape[0]);
}
