/** Loss layers: each is the function of the same name in `nn.functional`, with its options fixed. */
import { bind, boolArg, intArg, numberArg, signature, stringArg, type Bound, type CallArgs, type Signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { reductionArg, type Maybe, type Reduction } from './args.ts';
import * as F from './functional.ts';
import type { ReductionOptions } from './functional-loss.ts';
import { Module } from './module.ts';

export abstract class Loss extends Module {
  readonly reduction: Reduction;

  constructor(reduction: unknown) {
    super();
    this.reduction = reductionArg(new.target.name, reduction);
  }
}

type Options<O> = CallArgs<[], O>;

const weightOf = (sig: Signature, given: Bound, name: string): Tensor | null => {
  const value = given[name];
  if (value === undefined) return null;
  if (!(value instanceof Tensor)) throw new ArgumentError(sig.name, name, 'must be a Tensor');
  return value;
};

const MSE = signature('MSELoss(*, reduction?)');
/** Mean squared error. */
export class MSELoss extends Loss {
  constructor(...args: Options<ReductionOptions>) {
    super(bind(MSE, args).reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}

const L1 = signature('L1Loss(*, reduction?)');
/** Mean absolute error. */
export class L1Loss extends Loss {
  constructor(...args: Options<ReductionOptions>) {
    super(bind(L1, args).reduction);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}

const SMOOTH_L1 = signature('SmoothL1Loss(*, reduction?, beta?)');
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(...args: Options<ReductionOptions & { readonly beta?: number }>) {
    const given = bind(SMOOTH_L1, args);
    super(given.reduction);
    this.beta = numberArg('SmoothL1Loss', 'beta', given.beta, 1);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

const HUBER = signature('HuberLoss(reduction?, delta?)');
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(...args: CallArgs<[reduction: Reduction, delta: number], ReductionOptions & { readonly delta?: number }>) {
    const given = bind(HUBER, args);
    super(given.reduction);
    this.delta = numberArg('HuberLoss', 'delta', given.delta, 1);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}

type WeightArgs<O> = CallArgs<[weight: Maybe<Tensor>], O & ReductionOptions & { readonly weight?: Maybe<Tensor> }>;

const BCE = signature('BCELoss(weight?, *, reduction?)');
/** Binary cross entropy of probabilities. */
export class BCELoss extends Loss {
  declare weight: Tensor | null;

  constructor(...args: WeightArgs<object>) {
    const given = bind(BCE, args);
    super(given.reduction);
    this.registerBuffer('weight', weightOf(BCE, given, 'weight'));
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

const BCE_LOGITS = signature('BCEWithLogitsLoss(weight?, *, reduction?, posWeight?)');
/** Binary cross entropy of `sigmoid(input)`, without overflow. */
export class BCEWithLogitsLoss extends Loss {
  declare weight: Tensor | null;
  /** Under PyTorch's state dict key; read it as `posWeight`. */
  declare pos_weight: Tensor | null;

  constructor(...args: WeightArgs<{ readonly posWeight?: Maybe<Tensor> }>) {
    const given = bind(BCE_LOGITS, args);
    super(given.reduction);
    this.registerBuffer('weight', weightOf(BCE_LOGITS, given, 'weight'));
    this.registerBuffer('pos_weight', weightOf(BCE_LOGITS, given, 'posWeight'));
  }

  get posWeight(): Tensor | null {
    return this.pos_weight;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, posWeight } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, reduction, posWeight });
  }
}

interface ClassOptions extends ReductionOptions {
  readonly weight?: Maybe<Tensor>;
  readonly ignoreIndex?: number;
}

const NLL = signature('NLLLoss(weight?, *, ignoreIndex?, reduction?)');
/** Negative log likelihood of log probabilities. */
export class NLLLoss extends Loss {
  declare weight: Tensor | null;
  readonly ignoreIndex: number;

  constructor(...args: WeightArgs<ClassOptions>) {
    const given = bind(NLL, args);
    super(given.reduction);
    this.registerBuffer('weight', weightOf(NLL, given, 'weight'));
    this.ignoreIndex = intArg('NLLLoss', 'ignoreIndex', given.ignoreIndex, -100);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.nllLoss(input, target, { weight: this.weight, ignoreIndex: this.ignoreIndex, reduction: this.reduction });
  }
}

const CROSS_ENTROPY = signature('CrossEntropyLoss(weight?, *, ignoreIndex?, reduction?, labelSmoothing?)');
/** Cross entropy of logits with class indices or class probabilities. */
export class CrossEntropyLoss extends Loss {
  declare weight: Tensor | null;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;

  constructor(...args: WeightArgs<ClassOptions & { readonly labelSmoothing?: number }>) {
    const given = bind(CROSS_ENTROPY, args);
    super(given.reduction);
    this.registerBuffer('weight', weightOf(CROSS_ENTROPY, given, 'weight'));
    this.ignoreIndex = intArg('CrossEntropyLoss', 'ignoreIndex', given.ignoreIndex, -100);
    this.labelSmoothing = numberArg('CrossEntropyLoss', 'labelSmoothing', given.labelSmoothing, 0);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

const KL = signature('KLDivLoss(*, reduction?, logTarget?)');
/** Kullback-Leibler divergence of log probabilities; use `reduction: 'batchmean'`. */
export class KLDivLoss extends Module {
  readonly reduction: Reduction | 'batchmean';
  readonly logTarget: boolean;

  constructor(...args: Options<{ readonly reduction?: Reduction | 'batchmean'; readonly logTarget?: boolean }>) {
    super();
    const given = bind(KL, args);
    this.reduction = stringArg<Reduction | 'batchmean'>('KLDivLoss', 'reduction', given.reduction, ['mean', 'sum', 'none', 'batchmean'], 'mean');
    this.logTarget = boolArg('KLDivLoss', 'logTarget', given.logTarget);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}
