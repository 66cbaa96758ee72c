/** Losses of margins, distances and parametrised distributions. `reduction` is 'mean' (default), 'sum' or 'none'. */
import { isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes, sameShape } from '../core/layout.ts';
import { toBeChecked } from '../tensor/batching.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { operation } from '../tensor/operation.ts';
import { floatType } from '../tensor/promotion.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Reduction } from './args.ts';
import { logsigmoid } from './functional-activation.ts';
import { pairwiseDistance } from './functional-distance.ts';
import { reduce } from './reduce-loss.ts';

const REDUCTION = "reduction: 'mean'|'sum'|'none' = 'mean'";

/** A margin is a float in PyTorch, so that integers give floats. */
const asFloat = (x: Tensor): Tensor => (x.isFloatingPoint() ? x : x.castTo(floatType(x.dtypeCode)));
const brackets = (x: Tensor): string => `[${x.shape.join(', ')}]`;

/**
 * Negative log likelihood of a normal distribution with expectation `input` and variance `var` (of input's shape, without
 * its last dim, or with size 1 in one; or a number), kept above `eps`. `full` adds the constant term. PyTorch's `F.gaussian_nll_loss`.
 */
export const gaussianNllLoss = operation(`gaussianNllLoss(input: Tensor, target: Tensor, var: operand, full: bool = false, eps: float = 1e-6, ${REDUCTION})`,
  (input, target, variance, full, eps, reduction): Tensor => {
    const op = 'gaussianNllLoss';
    let spread = variance instanceof Tensor ? variance : input.detach().mul(0).add(Number(variance));
    if (!sameShape(spread.layout.shape, input.layout.shape)) {
      const { shape } = spread, differing = input.shape.flatMap((size, i) => (size === shape[i] ? [] : [shape[i]]));
      if (shape.join() === input.layout.shape.slice(0, -1).join()) spread = spread.unsqueeze(-1);
      else if (spread.ndim !== input.ndim || differing.join() !== '1') throw new ShapeError(op, `var ${brackets(spread)} must have the shape of the input ${brackets(input)}, without its last dimension or with size 1 in one`);
    }
    if (toBeChecked(spread.detach()).lt(0).any().item()) throw new ArgumentError(op, 'var', 'must not have negative entries');
    // The bound does not enter the gradient.
    const bounded = spread.clone();
    noGrad(() => bounded.clamp_({ min: eps }));
    const loss = bounded.log().add(input.sub(target).square().div(bounded)).mul(0.5);
    return reduce(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
  });

/**
 * Negative log likelihood of a Poisson distribution whose expectation is `exp(input)`, or with `logInput: false` the input
 * itself; `full` adds Stirling's approximation for targets above 1. PyTorch's `F.poisson_nll_loss`.
 */
export const poissonNllLoss = operation(`poissonNllLoss(input: Tensor, target: Tensor, logInput: bool = true, full: bool = false, *, eps: float = 1e-8, ${REDUCTION})`,
  (input, target, logInput, full, eps, reduction): Tensor => {
    const loss = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
    if (!full) return reduce(loss, reduction);
    const stirling = target.mul(target.log()).sub(target).add(target.mul(2 * Math.PI).log().mul(0.5));
    return reduce(loss.add(stirling.maskedFill(target.le(1), 0)), reduction);
  });

/**
 * `1 - cos(input1, input2)` where the target is 1, and how far the cosine exceeds `margin` where it is -1: inputs [N, D]
 * with a target [N], or [D] with a 0-d one. PyTorch's `F.cosine_embedding_loss`.
 */
export const cosineEmbeddingLoss = operation(`cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, *, ${REDUCTION})`,
  (input1, input2, target, margin, reduction): Tensor => {
    if (target.ndim > 1) throw new ShapeError('cosineEmbeddingLoss', `target must have 0 or 1 dimensions, got ${brackets(target)}`);
    for (const [name, x] of [['input1', input1], ['input2', input2]] as const) {
      if (x.ndim !== target.ndim + 1) throw new ShapeError('cosineEmbeddingLoss', `${name} must have ${target.ndim + 1} dimensions for a target ${brackets(target)}, got ${brackets(x)}`);
    }
    const dim = target.ndim, tiny = 1e-12;
    const lengths = input1.mul(input1).sum(dim).add(tiny).mul(input2.mul(input2).sum(dim).add(tiny)).sqrt();
    const cosine = input1.mul(input2).sum(dim).div(lengths);
    const alike = cosine.neg().add(1).where(target.eq(1), 0);
    return reduce(alike.add(cosine.sub(margin).clampMin(0).where(target.eq(-1), 0)), reduction);
  });

/** The input where the target is 1, `max(0, margin - input)` where it is -1. PyTorch's `F.hinge_embedding_loss`. */
export const hingeEmbeddingLoss = operation(`hingeEmbeddingLoss(input: Tensor, target: Tensor, margin: float = 1, *, ${REDUCTION})`,
  (input, target, margin, reduction): Tensor => {
    const below = asFloat(input.neg()).add(margin).clampMin(0).where(target.ne(1), 0);
    return reduce(below.add(input.where(target.ne(-1), 0)), reduction);
  });

/** `max(0, -target * (input1 - input2) + margin)`. PyTorch's `F.margin_ranking_loss`. */
export const marginRankingLoss = operation(`marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, *, ${REDUCTION})`,
  (input1, input2, target, margin, reduction): Tensor => {
    if (input1.ndim !== input2.ndim || input1.ndim !== target.ndim) throw new ShapeError('marginRankingLoss', `all inputs must have as many dimensions, got ${brackets(input1)}, ${brackets(input2)} and ${brackets(target)}`);
    return reduce(asFloat(target.neg().mul(input1.sub(input2))).add(margin).clampMin(0), reduction);
  });

/** `log(1 + exp(-target * input))`. PyTorch's `F.soft_margin_loss`. */
export const softMarginLoss = operation(`softMarginLoss(input: Tensor, target: Tensor, *, ${REDUCTION})`,
  (input, target, reduction): Tensor => reduce(target.neg().mul(input).exp().log1p(), reduction));

/** An input [N, C], [C] or 0-d as rows. */
function rowsOf(op: string, input: Tensor): Tensor {
  if (input.ndim === 0) return input.reshape([1, 1]);
  if (input.ndim > 2 || input.shape[input.ndim - 1] === 0) throw new ShapeError(op, `input must have shape [N, C] or [C] with at least one class, got ${brackets(input)}`);
  return input.ndim === 1 ? input.unsqueeze(0) : input;
}

function requireClasses(op: string, target: Tensor, lowest: number, classes: number): void {
  if (target.numel() === 0) return;
  const all = toBeChecked(target), low = all.amin().item(), high = all.amax().item();
  if (low < lowest || high >= classes) throw new IndexRangeError(op, low < lowest ? low : high, classes, `target ${low < lowest ? low : high} is out of range for ${classes} classes`);
}

function requireIndices(op: string, target: Tensor): void {
  if (isFloating(target.dtypeCode) || target.dtype === 'bool') throw new DTypeError(op, target.dtype, `class indices must be integers, got ${target.dtype}; write target.long()`);
}

/**
 * `sum over i != y of weight[y] * max(0, margin - input[y] + input[i])^p / C` for logits [N, C] or [C] and class indices
 * [N] or 0-d; `p` is 1 or 2. PyTorch's `F.multi_margin_loss`.
 */
export const multiMarginLoss = operation(`multiMarginLoss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1, weight: Tensor?, *, ${REDUCTION})`,
  (input, target, p, margin, weight, reduction): Tensor => {
    const op = 'multiMarginLoss';
    if (p !== 1 && p !== 2) throw new ArgumentError(op, 'p', `must be 1 or 2, got ${p}`);
    requireIndices(op, target);
    const rows = rowsOf(op, input), [count, classes] = rows.shape;
    if (target.ndim > 1 || target.numel() !== count) throw new ShapeError(op, `target must have ${count} elements for the input ${brackets(input)}, got ${brackets(target)}`);
    if (weight && (weight.ndim !== 1 || weight.shape[0] !== classes)) throw new ShapeError(op, `weight must have shape [${classes}], got ${brackets(weight)}`);
    requireClasses(op, target, 0, classes);
    const index = target.long().reshape([count, 1]);
    const others = rows.detach().mul(0).add(1).scatter(1, index, 0);
    // Not clampMin, whose gradient at 0 is 1: PyTorch's is 0 here.
    let terms = rows.sub(rows.gather(1, index)).add(margin).relu();
    if (p === 2) terms = terms.square();
    if (weight) terms = terms.mul(weight.indexSelect(0, index.reshape([-1])).unsqueeze(1));
    const losses = terms.mul(others).sum(1).div(classes);
    return reduce(input.ndim < 2 ? losses.reshape(target.shape) : losses, reduction);
  });

/**
 * `sum of max(0, 1 - input[y] + input[i]) / C` over the labels y of a sample and the classes i that are no labels: target
 * rows list the labels up to the first -1. Input and target are [N, C] or [C]. PyTorch's `F.multilabel_margin_loss`.
 */
export const multilabelMarginLoss = operation(`multilabelMarginLoss(input: Tensor, target: Tensor, *, ${REDUCTION})`,
  (input, target, reduction): Tensor => {
    const op = 'multilabelMarginLoss';
    requireIndices(op, target);
    const rows = rowsOf(op, input), classes = rows.shape[1];
    if (!sameShape(input.layout.shape, target.layout.shape) && !(input.ndim + target.ndim === 1 && target.numel() === 1)) throw new ShapeError(op, `target ${brackets(target)} must have the shape of the input ${brackets(input)}`);
    requireClasses(op, target, -1, classes);
    const labels = target.long().reshape(rows.shape);
    const valid = labels.ge(0).long().cumprod(1);
    const index = labels.clampMin(0);
    const isLabel = valid.mul(0).scatterAdd(1, index, valid).gt(0);
    const terms = rows.unsqueeze(1).sub(rows.gather(1, index).unsqueeze(2)).add(1).relu();
    const counted = valid.bool().unsqueeze(2).logicalAnd(isLabel.logicalNot().unsqueeze(1));
    const losses = terms.where(counted, 0).sum([1, 2]).div(classes);
    return reduce(input.ndim < 2 ? losses.squeeze(0) : losses, reduction);
  });

/** Mean over the classes (last dim) of the binary cross entropy of logits with labels 0 and 1. PyTorch's `F.multilabel_soft_margin_loss`. */
export const multilabelSoftMarginLoss = operation(`multilabelSoftMarginLoss(input: Tensor, target: Tensor, weight: Tensor?, *, ${REDUCTION})`,
  (input, target, weight, reduction): Tensor => {
    const terms = target.mul(logsigmoid(input)).add(target.neg().add(1).mul(logsigmoid(input.neg()))).neg();
    return reduce((weight ? terms.mul(weight) : terms).mean(-1), reduction);
  });

type Distance = (a: Tensor, b: Tensor) => Tensor;

/** How much farther the negative is from the anchor than the positive, short of `margin`; `swap` takes the nearer of anchor and positive. */
function triplet(op: string, [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor], distance: Distance, margin: number, swap: boolean, reduction: Reduction): Tensor {
  if (!(margin > 0)) throw new ArgumentError(op, 'margin', `must be greater than 0, got ${margin}`);
  if (anchor.ndim !== positive.ndim || positive.ndim !== negative.ndim) throw new ShapeError(op, `anchor, positive and negative must have as many dimensions, got ${brackets(anchor)}, ${brackets(positive)} and ${brackets(negative)}`);
  const near = distance(anchor, positive), direct = distance(anchor, negative);
  const far = swap ? direct.minimum(distance(positive, negative)) : direct;
  return reduce(near.sub(far).add(margin).clampMin(0), reduction);
}

/** `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the p-norm of the difference plus `eps`. PyTorch's `F.triplet_margin_loss`. */
export const tripletMarginLoss = operation(
  `tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1, p: float = 2, eps: float = 1e-6, swap: bool = false, *, ${REDUCTION})`,
  (anchor, positive, negative, margin, p, eps, swap, reduction): Tensor => {
    broadcastShapes('tripletMarginLoss', broadcastShapes('tripletMarginLoss', anchor.shape, positive.shape), negative.shape);
    return triplet('tripletMarginLoss', [anchor, positive, negative], (a, b) => pairwiseDistance(a, b, p, eps), margin, swap, reduction);
  });

/** The same with a distance of one's own; the default is the euclidean one. PyTorch's `F.triplet_margin_with_distance_loss`. */
export const tripletMarginWithDistanceLoss = operation(
  `tripletMarginWithDistanceLoss(anchor: Tensor, positive: Tensor, negative: Tensor, *, distanceFunction: distance?, margin: float = 1, swap: bool = false, ${REDUCTION})`,
  (anchor, positive, negative, distanceFunction, margin, swap, reduction): Tensor => {
    return triplet('tripletMarginWithDistanceLoss', [anchor, positive, negative], distanceFunction ?? ((a, b) => pairwiseDistance(a, b)), margin, swap, reduction);
  });
