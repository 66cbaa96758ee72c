/** Losses of margins, distances and distributions: each is the function of the same name in `nn.functional`. */
import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Reduction } from './args.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Loss } from './loss.ts';

const GAUSSIAN = declared("(*, full: bool = false, eps: float = 1e-6, reduction: 'mean'|'sum'|'none' = 'mean')");

/** Negative log likelihood of normal distributions of given expectations and variances. */
export class GaussianNLLLoss extends Loss {
  readonly full: boolean;
  readonly eps: number;

  constructor(...args: ArgsOf<typeof GAUSSIAN>) {
    const [full, eps, reduction] = GAUSSIAN(new.target.name, args);
    super(reduction);
    this.full = full;
    this.eps = eps;
  }

  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return F.gaussianNllLoss(input, target, variance, this.full, this.eps, this.reduction);
  }
}

const POISSON = declared("(logInput: bool = true, full: bool = false, *, eps: float = 1e-8, reduction: 'mean'|'sum'|'none' = 'mean')");

/** Negative log likelihood of Poisson distributions. */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;

  constructor(...args: ArgsOf<typeof POISSON>) {
    const [logInput, full, eps, reduction] = POISSON(new.target.name, args);
    super(reduction);
    this.logInput = logInput;
    this.full = full;
    this.eps = eps;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.poissonNllLoss(input, target, this.logInput, this.full, { eps: this.eps, reduction: this.reduction });
  }
}

const MARGIN_0 = declared("(margin: float = 0, *, reduction: 'mean'|'sum'|'none' = 'mean')");
const MARGIN_1 = declared("(margin: float = 1, *, reduction: 'mean'|'sum'|'none' = 'mean')");

abstract class MarginLoss extends Loss {
  readonly margin: number;

  constructor([margin, reduction]: readonly [margin: number, reduction: Reduction]) {
    super(reduction);
    this.margin = margin;
  }

  protected options(): { readonly margin: number; readonly reduction: Reduction } {
    return { margin: this.margin, reduction: this.reduction };
  }
}

/** Whether pairs of vectors point the same way (target 1) or not (-1). */
export class CosineEmbeddingLoss extends MarginLoss {
  constructor(...args: ArgsOf<typeof MARGIN_0>) {
    super(MARGIN_0(new.target.name, args));
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.cosineEmbeddingLoss(input1, input2, target, this.options());
  }
}

/** Which of two inputs ranks higher (target 1: the first, -1: the second). */
export class MarginRankingLoss extends MarginLoss {
  constructor(...args: ArgsOf<typeof MARGIN_0>) {
    super(MARGIN_0(new.target.name, args));
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.marginRankingLoss(input1, input2, target, this.options());
  }
}

/** Distances of similar (target 1) and dissimilar (-1) pairs. */
export class HingeEmbeddingLoss extends MarginLoss {
  constructor(...args: ArgsOf<typeof MARGIN_1>) {
    super(MARGIN_1(new.target.name, args));
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.hingeEmbeddingLoss(input, target, this.options());
  }
}

const PLAIN = declared("(*, reduction: 'mean'|'sum'|'none' = 'mean')");

/** The logistic loss of targets 1 and -1. */
export class SoftMarginLoss extends Loss {
  constructor(...args: ArgsOf<typeof PLAIN>) {
    super(PLAIN(new.target.name, args)[0]);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction });
  }
}

/** Margins between the labels of a sample and all other classes. */
export class MultiLabelMarginLoss extends Loss {
  constructor(...args: ArgsOf<typeof PLAIN>) {
    super(PLAIN(new.target.name, args)[0]);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}

const WEIGHTED = declared("(weight: Tensor?, *, reduction: 'mean'|'sum'|'none' = 'mean')");

/** Binary cross entropy of logits, averaged over the classes. */
export class MultiLabelSoftMarginLoss extends Loss {
  declare weight: Tensor | null;

  constructor(...args: ArgsOf<typeof WEIGHTED>) {
    const [weight, reduction] = WEIGHTED(new.target.name, args);
    super(reduction);
    this.registerBuffer('weight', weight ?? null);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelSoftMarginLoss(input, target, this.weight, { reduction: this.reduction });
  }
}

const MULTI = declared("(p: int = 1, margin: float = 1, weight: Tensor?, *, reduction: 'mean'|'sum'|'none' = 'mean')");

/** Margins between the class of a sample and all others. */
export class MultiMarginLoss extends Loss {
  readonly p: number;
  readonly margin: number;
  declare weight: Tensor | null;

  constructor(...args: ArgsOf<typeof MULTI>) {
    const [p, margin, weight, reduction] = MULTI(new.target.name, args);
    super(reduction);
    if (p !== 1 && p !== 2) throw new ArgumentError('MultiMarginLoss', 'p', `must be 1 or 2, got ${p}`);
    this.p = p;
    this.margin = margin;
    this.registerBuffer('weight', weight ?? null);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.multiMarginLoss(input, target, this.p, this.margin, this.weight, { reduction: this.reduction });
  }
}

const TRIPLET = declared("(margin: float = 1, p: float = 2, eps: float = 1e-6, swap: bool = false, *, reduction: 'mean'|'sum'|'none' = 'mean')");

const requireMargin = (name: string, margin: number): void => {
  if (!(margin > 0)) throw new ArgumentError(name, 'margin', `must be greater than 0, got ${margin}`);
};

/** How much nearer a positive is to the anchor than a negative, by p-norms. */
export class TripletMarginLoss extends Loss {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;

  constructor(...args: ArgsOf<typeof TRIPLET>) {
    const [margin, p, eps, swap, reduction] = TRIPLET(new.target.name, args);
    super(reduction);
    requireMargin('TripletMarginLoss', margin);
    this.margin = margin;
    this.p = p;
    this.eps = eps;
    this.swap = swap;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return F.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, { reduction });
  }
}

const WITH_DISTANCE = declared("(*, distanceFunction: distance?, margin: float = 1, swap: bool = false, reduction: 'mean'|'sum'|'none' = 'mean')");

/** The same with a distance of one's own: a function or a module of two tensors. */
export class TripletMarginWithDistanceLoss extends Loss {
  readonly distanceFunction: ((a: Tensor, b: Tensor) => Tensor) | null;
  readonly margin: number;
  readonly swap: boolean;

  constructor(...args: ArgsOf<typeof WITH_DISTANCE>) {
    const [distanceFunction, margin, swap, reduction] = WITH_DISTANCE(new.target.name, args);
    super(reduction);
    requireMargin('TripletMarginWithDistanceLoss', margin);
    this.distanceFunction = distanceFunction ?? null;
    this.margin = margin;
    this.swap = swap;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction, margin, swap, reduction } = this;
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction, margin, swap, reduction });
  }
}

const CTC = declared("(blank: int = 0, reduction: 'mean'|'sum'|'none' = 'mean', zeroInfinity: bool = false)");

/** Connectionist temporal classification: all alignments of a target sequence with log probabilities [T, N, C]. */
export class CTCLoss extends Loss {
  readonly blank: number;
  readonly zeroInfinity: boolean;

  constructor(...args: ArgsOf<typeof CTC>) {
    const [blank, reduction, zeroInfinity] = CTC(new.target.name, args);
    super(reduction);
    this.blank = blank;
    this.zeroInfinity = zeroInfinity;
  }

  forward(logProbs: Tensor, targets: Tensor, inputLengths: Tensor | number | readonly number[], targetLengths: Tensor | number | readonly number[]): Tensor {
    return F.ctcLoss(logProbs, targets, inputLengths, targetLengths, this.blank, this.reduction, this.zeroInfinity);
  }
}
