/**
 * Connectionist temporal classification (Graves et al., 2006): the loss by the forward recursion in log space, its
 * gradient by the backward one. Loops over float64 arrays on every backend: the recursion is sequential in time. Under
 * createGraph the gradient is composed of tensor operations instead, so that it can be differentiated (PyTorch's cannot).
 */
import { show } from '../core/args.ts';
import { ArgumentError, DTypeError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { isFloating } from '../core/dtype.ts';
import { stack } from '../tensor/composite.ts';
import { ones, tensor } from '../tensor/create.ts';
import { Function, type Context } from '../tensor/function.ts';
import { isGradEnabled } from '../tensor/grad-mode.ts';
import { grad as gradientOf } from '../tensor/gradients.ts';
import { constantPad } from '../tensor/library/padding.ts';
import { operation } from '../tensor/operation.ts';
import { Tensor } from '../tensor/tensor.ts';
import { toNumbers } from '../tensor/values.ts';

interface Batch {
  /** `[time, batch, classes]`, row-major. */
  readonly logProbs: Float64Array;
  readonly sizes: readonly [time: number, batch: number, classes: number];
  /** Per sample: the classes with blanks before, between and after them. */
  readonly labels: readonly Int32Array[];
  readonly lengths: readonly number[];
}

/** log(exp(a) + exp(b) + exp(c)), with no exponential of what is certain. */
function logSum(a: number, b: number, c: number): number {
  const most = a > b ? (a > c ? a : c) : b > c ? b : c;
  if (most === -Infinity) return -Infinity;
  // The largest contributes 1; the impossible ones nothing. NaN goes through.
  let rest = 0, ones = 0;
  if (a === most) ones++;
  else if (a !== -Infinity) rest += Math.exp(a - most);
  if (b === most) ones++;
  else if (b !== -Infinity) rest += Math.exp(b - most);
  if (c === most) ones++;
  else if (c !== -Infinity) rest += Math.exp(c - most);
  return ones === 1 && rest === 0 ? most : most + Math.log(ones + rest);
}

/** Whether a path may step over the blank between labels s and s + 2. */
const skips = (labels: Int32Array, s: number): boolean => labels[s] !== labels[s + 2];

/** Log-probabilities of all beginnings: `alpha[t, s]` of those that are at label s after frame t. */
function forwardSums({ logProbs, sizes: [, batch, classes], labels, lengths }: Batch, b: number): Float64Array {
  const states = labels[b], width = states.length;
  const alpha = new Float64Array(lengths[b] * width).fill(-Infinity);
  for (let t = 0; t < lengths[b]; t++) {
    const row = t * width, frame = (t * batch + b) * classes;
    for (let s = 0; s < width; s++) {
      const stay = t === 0 ? (s < 2 ? 0 : -Infinity) : alpha[row - width + s];
      const step = t > 0 && s > 0 ? alpha[row - width + s - 1] : -Infinity;
      const jump = t > 0 && s > 1 && skips(states, s - 2) ? alpha[row - width + s - 2] : -Infinity;
      alpha[row + s] = logSum(stay, step, jump) + logProbs[frame + states[s]];
    }
  }
  return alpha;
}

/** The loss of a sample: minus the log-probability of all paths that end at its last label or the blank after it. */
function lossOf({ labels, lengths }: Batch, b: number, alpha: Float64Array): number {
  const width = labels[b].length;
  if (lengths[b] === 0) return width === 1 ? 0 : Infinity;
  const last = lengths[b] * width - 1;
  return -logSum(alpha[last], width > 1 ? alpha[last - 1] : -Infinity, -Infinity);
}

/** Writes the gradient of sample b's loss into `grad`: that through a log-softmax, as PyTorch defines it. */
function backwardSums(input: Batch, b: number, alpha: Float64Array, loss: number, grad: Float64Array): void {
  const { logProbs, sizes: [, batch, classes], labels, lengths } = input;
  const states = labels[b], width = states.length;
  const sums = new Float64Array(classes);
  let beta = new Float64Array(width), after = new Float64Array(width);
  for (let t = lengths[b] - 1; t >= 0; t--) {
    const frame = (t * batch + b) * classes, isLast = t === lengths[b] - 1;
    [beta, after] = [after, beta];
    sums.fill(-Infinity);
    for (let s = 0; s < width; s++) {
      const stay = isLast ? (s >= width - 2 ? 0 : -Infinity) : after[s];
      const step = !isLast && s + 1 < width ? after[s + 1] : -Infinity;
      const jump = !isLast && s + 2 < width && skips(states, s) ? after[s + 2] : -Infinity;
      beta[s] = logSum(stay, step, jump) + logProbs[frame + states[s]];
      sums[states[s]] = logSum(sums[states[s]], alpha[t * width + s] + beta[s], -Infinity);
    }
    for (let c = 0; c < classes; c++) {
      const logProb = logProbs[frame + c];
      grad[frame + c] = Math.exp(logProb) - Math.exp(sums[c] + loss - logProb);
    }
  }
}

class CtcLoss extends Function {
  static override forward(ctx: Context, logProbs: Tensor, input: Batch, zeroInfinity: boolean): Tensor {
    const batch = input.sizes[1];
    const alphas = Array.from({ length: batch }, (_, b) => forwardSums(input, b));
    const losses = Float64Array.from(alphas, (alpha, b) => lossOf(input, b, alpha));
    Object.assign(ctx, { input, alphas, losses, zeroInfinity });
    ctx.saveForBackward(logProbs);
    return tensor(zeroInfinity ? losses.map((loss) => (loss === Infinity ? 0 : loss)) : losses, { dtype: logProbs.dtype });
  }

  static override backward(ctx: Context, g: Tensor): (Tensor | null)[] {
    const [logProbs] = ctx.savedTensors, { input, alphas, losses, zeroInfinity } = ctx as unknown as { input: Batch; alphas: Float64Array[]; losses: Float64Array; zeroInfinity: boolean };
    if (isGradEnabled()) return [composedGradient(logProbs, input, Array.from(losses, (loss) => loss !== Infinity)).mul(g.unsqueeze(1)), null, null];
    const grad = new Float64Array(logProbs.numel());
    alphas.forEach((alpha, b) => {
      if (!(zeroInfinity && losses[b] === Infinity)) backwardSums(input, b, alpha, losses[b], grad);
    });
    return [tensor(grad).view(logProbs.shape).mul(g.to('float64').unsqueeze(1)).to(logProbs.dtype), null, null];
  }
}

/** Stands for log(0) where an infinity would make derivatives NaN. */
const IMPOSSIBLE = -1e30;

/** The losses as a composition of tensor operations, of any order of derivative. */
function composedLosses(logProbs: Tensor, { sizes: [time, batch], labels, lengths }: Batch): Tensor {
  const width = labels.reduce((most, { length }) => Math.max(most, length), 1), { dtype } = logProbs;
  const states = new Int32Array(batch * width), start = new Float64Array(batch * width).fill(IMPOSSIBLE), jumps = new Uint8Array(batch * width);
  labels.forEach((label, b) => {
    states.set(label, b * width);
    start.fill(0, b * width, b * width + Math.min(label.length, 2));
    for (let s = 2; s < label.length; s++) jumps[b * width + s] = Number(skips(label, s - 2));
  });
  const table = (values: Float64Array | Uint8Array): Tensor => tensor(values, { dtype: values instanceof Uint8Array ? 'bool' : dtype }).view([batch, width]);
  const emitted = logProbs.gather(2, tensor(states).view([1, batch, width]).expand([time, batch, width]));
  const canJump = table(jumps), lengthOf = tensor(lengths).unsqueeze(1);
  const shifted = (x: Tensor, by: number): Tensor => constantPad(x, [{ dim: 1, before: by, after: -by }], IMPOSSIBLE);
  let alpha = table(start).add(emitted.select(0, 0));
  for (let t = 1; t < time; t++) {
    const jump = width < 2 ? shifted(alpha, 1) : shifted(alpha, 2).where(canJump, IMPOSSIBLE);
    alpha = stack([alpha, shifted(alpha, 1), jump]).logsumexp(0).add(emitted.select(0, t)).where(lengthOf.gt(t), alpha);
  }
  const ends = labels.map(({ length }) => [length - 1, Math.max(length - 2, 0)]);
  const last = alpha.gather(1, tensor(ends).to('int64'));
  const isTwo = tensor(labels.map(({ length }) => [true, length > 1]));
  return last.where(isTwo, IMPOSSIBLE).logsumexp(1).neg();
}

/** What {@link backwardSums} computes, as a function that can be differentiated. */
function composedGradient(logProbs: Tensor, input: Batch, isFinite: readonly boolean[]): Tensor {
  const { sizes: [time], lengths } = input;
  const x = logProbs.mul(1);
  const [posterior] = gradientOf(composedLosses(x, input), [x], { gradOutputs: [ones([lengths.length], { dtype: x.dtype })], createGraph: true });
  const within = Array.from({ length: time }, (_, t) => lengths.map((length, b) => [t < length && isFinite[b]]));
  return x.exp().add(posterior).where(tensor(within), 0);
}

function lengthsOf(name: string, value: unknown, batch: number): number[] {
  const op = 'ctcLoss';
  if (value instanceof Tensor && isFloating(value.dtypeCode)) throw new DTypeError(op, value.dtype, `${name} must have an integer dtype, got ${value.dtype}`);
  const list = value instanceof Tensor ? Array.from(toNumbers(op, value)) : typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list)) throw new ArgumentError(op, name, `must be an integer Tensor or an array of integers, got ${show(value)}`);
  if (list.length !== batch) throw new ShapeError(op, `${name} must have one length per sample, ${batch}, got ${list.length}`);
  for (const length of list as unknown[]) if (!Number.isInteger(length) || (length as number) < 0) throw new ArgumentError(op, name, `must be non-negative integers, got ${show(length)}`);
  return list as number[];
}

/** The classes of every sample with blanks between, from `[N, S]` or from one vector of all. */
function labelsOf(targets: Tensor, lengths: readonly number[], blank: number, classes: number): Int32Array[] {
  const op = 'ctcLoss';
  if (isFloating(targets.dtypeCode) || targets.dtype === 'bool') throw new DTypeError(op, targets.dtype, `targets must have an integer dtype, got ${targets.dtype}; cast it with .long()`);
  if (targets.ndim !== 1 && targets.ndim !== 2) throw new ShapeError(op, `targets must have 1 or 2 dimensions, got shape [${targets.shape.join(', ')}]`);
  const total = lengths.reduce((sum, length) => sum + length, 0), longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  if (targets.ndim === 2 && (targets.shape[0] !== lengths.length || targets.shape[1] < longest)) {
    throw new ShapeError(op, `targets must have shape [${lengths.length}, at least ${longest}], got [${targets.shape.join(', ')}]`);
  }
  if (targets.ndim === 1 && targets.shape[0] < total) throw new ShapeError(op, `targets must hold the ${total} classes of all samples, got ${targets.shape[0]}`);
  const values = toNumbers(op, targets);
  let start = 0;
  return lengths.map((length, b) => {
    const from = targets.ndim === 2 ? b * targets.shape[1] : start;
    start += length;
    const labels = new Int32Array(2 * length + 1).fill(blank);
    for (let s = 0; s < length; s++) {
      const label = values[from + s];
      if (label < 0 || label >= classes) throw new IndexRangeError(op, label, classes, `target ${label} is out of range for ${classes} classes`);
      labels[2 * s + 1] = label;
    }
    return labels;
  });
}

/**
 * The loss of label sequences without alignment: `logProbs` `[T, N, C]` (or `[T, C]`) are log-softmax outputs, `targets`
 * `[N, S]` or all samples' classes in one vector, the lengths integer tensors or arrays. 'mean' divides each loss by its
 * target's length first. The gradient is that through a log-softmax, as PyTorch defines it. PyTorch's `F.ctc_loss`.
 */
export const ctcLoss = operation(
  "ctcLoss(logProbs: Tensor, targets: Tensor, inputLengths: any, targetLengths: any, blank: int = 0, reduction: 'mean'|'sum'|'none' = 'mean', zeroInfinity: bool = false)",
  (logProbs, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity): Tensor => {
    const op = 'ctcLoss';
    if (logProbs.ndim !== 2 && logProbs.ndim !== 3) throw new ShapeError(op, `logProbs must have 2 or 3 dimensions ([T, N, C] or [T, C]), got shape [${logProbs.shape.join(', ')}]`);
    if (logProbs.dtype !== 'float32' && logProbs.dtype !== 'float64') throw new DTypeError(op, logProbs.dtype, `logProbs must be float32 or float64, got ${logProbs.dtype}`);
    const batched = logProbs.ndim === 3 ? logProbs : logProbs.unsqueeze(1), [time, batch, classes] = batched.shape;
    if (blank < 0 || blank >= classes) throw new ArgumentError(op, 'blank', `must be one of the ${classes} classes, got ${blank}`);
    const lengths = lengthsOf('inputLengths', inputLengths, batch), targetCounts = lengthsOf('targetLengths', targetLengths, batch);
    for (const length of lengths) if (length > time) throw new ArgumentError(op, 'inputLengths', `must be at most ${time}, the frames of logProbs [${logProbs.shape.join(', ')}], got ${length}`);
    const labels = labelsOf(targets, targetCounts, blank, classes);
    const input: Batch = { logProbs: Float64Array.from(toNumbers(op, batched)), sizes: [time, batch, classes], labels, lengths };
    const losses = CtcLoss.apply(batched, input, zeroInfinity);
    if (reduction === 'none') return logProbs.ndim === 3 ? losses : losses.squeeze(0);
    return reduction === 'sum' ? losses.sum() : losses.div(tensor(targetCounts.map((n) => Math.max(n, 1)), { dtype: losses.dtype })).mean();
  });
