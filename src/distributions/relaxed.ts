/** Continuous relaxations of Bernoulli and one-hot samples: they have gradients, and sharpen as the temperature falls. */
import { tensor } from '../tensor/create.ts';
import type { Scalar } from '../tensor/promotion.ts';
import { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import { Categorical } from './categorical.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { ProbsOrLogits, givenOf } from './probs-or-logits.ts';
import { TransformedDistribution } from './transformed.ts';
import { ExpTransform, SigmoidTransform } from './transforms.ts';
import { broadcastAll, clampProbs, standardUniform, type Shape } from './utils.ts';

/** A temperature in the dtype of the parameter. */
const temperatureOf = (value: Tensor | Scalar, { dtype }: Tensor): Tensor => (value instanceof Tensor ? value : tensor(Number(value), { dtype }));

/** The logits of a relaxed Bernoulli sample: PyTorch's `LogitRelaxedBernoulli`. */
class LogitRelaxedBernoulli extends ProbsOrLogits {
  // In an object, since `expand` takes tensors for parameters of the batch.
  private readonly heat: { readonly temperature: Tensor };

  constructor(temperature: Tensor | Scalar, probs: Tensor | Scalar | undefined, logits: Tensor | Scalar | undefined, validateArgs: boolean | undefined) {
    const { parameter, value } = givenOf('RelaxedBernoulli', probs, logits);
    super(parameter, value, value.shape, [], validateArgs);
    this.heat = { temperature: temperatureOf(temperature, value) };
    this.checkParameters();
  }

  get temperature(): Tensor {
    return this.heat.temperature;
  }

  override get support(): constraints.Constraint {
    return constraints.real;
  }

  override get hasRsample(): boolean {
    return true;
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const shape = this.extendedShape(sampleShape), probs = clampProbs(this.probs.expand(shape)), u = clampProbs(standardUniform(probs, shape));
    return u.log().sub(u.neg().log1p()).add(probs.log()).sub(probs.neg().log1p()).div(this.temperature);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [logits, x] = broadcastAll(this.logits, value), difference = logits.sub(x.mul(this.temperature));
    return this.temperature.log().add(difference).sub(difference.exp().log1p().mul(2));
  }
}

const RELAXED_BERNOULLI = parameters('RelaxedBernoulli(temperature: operand, probs: operand?, logits: operand?, validateArgs: bool?)');
/** PyTorch's `RelaxedBernoulli(temperature, probs, logits)` on (0, 1). */
export class RelaxedBernoulli extends TransformedDistribution<LogitRelaxedBernoulli> {
  constructor(...args: ArgsOf<typeof RELAXED_BERNOULLI>) {
    const [temperature, probs, logits, validateArgs] = RELAXED_BERNOULLI(...args);
    super(new LogitRelaxedBernoulli(temperature, probs, logits, validateArgs), new SigmoidTransform(), validateArgs);
  }

  override get support(): constraints.Constraint {
    return constraints.unitInterval;
  }

  get temperature(): Tensor {
    return this.baseDist.temperature;
  }

  get probs(): Tensor {
    return this.baseDist.probs;
  }

  get logits(): Tensor {
    return this.baseDist.logits;
  }
}

/** The logarithms of a relaxed one-hot sample: PyTorch's `ExpRelaxedCategorical`. */
class ExpRelaxedCategorical extends Distribution {
  readonly categorical: Categorical;
  // In an object, since `expand` takes tensors for parameters of the batch.
  private readonly heat: { readonly temperature: Tensor };

  constructor(temperature: Tensor | Scalar, probs: Tensor | undefined, logits: Tensor | undefined, validateArgs: boolean | undefined) {
    const categorical = new Categorical(probs, logits, validateArgs);
    super(categorical.batchShape, [categorical.numEvents], validateArgs);
    this.categorical = categorical;
    this.heat = { temperature: temperatureOf(temperature, categorical.logits) };
  }

  get temperature(): Tensor {
    return this.heat.temperature;
  }

  override get support(): constraints.Constraint {
    return constraints.realVector;
  }

  override get hasRsample(): boolean {
    return true;
  }

  protected override expanded(batchShape: Shape): object {
    return { categorical: this.categorical.expand(batchShape) };
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const { logits } = this.categorical, u = clampProbs(standardUniform(logits, this.extendedShape(sampleShape)));
    const scores = logits.sub(u.log().neg().log()).div(this.temperature);
    return scores.sub(scores.logsumexp(-1, true));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const k = this.categorical.numEvents, { temperature } = this, [logits, x] = broadcastAll(this.categorical.logits, value);
    const score = logits.sub(x.mul(temperature));
    const scale = temperature.newFull([...temperature.shape], k).lgamma().add(temperature.log().mul(k - 1));
    return score.sub(score.logsumexp(-1, true)).sum(-1).add(scale);
  }
}

const RELAXED_ONE_HOT = parameters('RelaxedOneHotCategorical(temperature: operand, probs: Tensor?, logits: Tensor?, validateArgs: bool?)');
/** PyTorch's `RelaxedOneHotCategorical(temperature, probs, logits)`, the Gumbel softmax: K numbers that add up to 1. */
export class RelaxedOneHotCategorical extends TransformedDistribution<ExpRelaxedCategorical> {
  constructor(...args: ArgsOf<typeof RELAXED_ONE_HOT>) {
    const [temperature, probs, logits, validateArgs] = RELAXED_ONE_HOT(...args);
    super(new ExpRelaxedCategorical(temperature, probs, logits, validateArgs), new ExpTransform(), validateArgs);
  }

  override get support(): constraints.Constraint {
    return constraints.simplex;
  }

  get temperature(): Tensor {
    return this.baseDist.temperature;
  }

  get probs(): Tensor {
    return this.baseDist.categorical.probs;
  }

  get logits(): Tensor {
    return this.baseDist.categorical.logits;
  }
}
