import { poisson } from '../tensor/distributions.ts';
import { logsigmoid } from '../nn/functional.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Gamma } from './gamma.ts';
import { ProbsOrLogits } from './probs-or-logits.ts';
import { broadcastAll, eitherOf, type Shape } from './utils.ts';

const NEGATIVE_BINOMIAL = parameters('NegativeBinomial(totalCount: operand, probs: operand?, logits: operand?, validateArgs: bool?)');
/** PyTorch's `NegativeBinomial(totalCount, probs, logits)`: successes of probability `probs` before `totalCount` failures. */
export class NegativeBinomial extends ProbsOrLogits {
  readonly totalCount: Tensor;

  constructor(...args: ArgsOf<typeof NEGATIVE_BINOMIAL>) {
    const [count, probs, logits, validateArgs] = NEGATIVE_BINOMIAL(...args), parameter = eitherOf('NegativeBinomial', probs, logits);
    const [totalCount, value] = broadcastAll(count, (parameter === 'probs' ? probs : logits) as Tensor | Scalar);
    super(parameter, value, value.shape, [], validateArgs);
    this.totalCount = totalCount.to(value.dtype);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { totalCount: constraints.nonnegative, probs: constraints.halfOpenInterval(0, 1), logits: constraints.real };
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegativeInteger;
  }

  override get mean(): Tensor {
    return this.totalCount.mul(this.logits.exp());
  }

  override get mode(): Tensor {
    return this.totalCount.sub(1).mul(this.logits.exp()).floor().clamp({ min: 0 });
  }

  override get variance(): Tensor {
    return this.mean.div(this.logits.neg().sigmoid());
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return poisson(new Gamma(this.totalCount, this.logits.neg().exp(), false).sample(sampleShape));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { totalCount: n, logits } = this, total = n.add(value);
    const normalizer = value.add(1).lgamma().add(n.lgamma()).sub(total.lgamma()).maskedFill(total.eq(0), 0);
    return n.mul(logsigmoid(logits.neg())).add(value.mul(logsigmoid(logits))).sub(normalizer);
  }
}
