import { arange } from '../tensor/create.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import { binomial } from '../tensor/binomial.ts';
import * as constraints from './constraints.ts';
import { NotImplementedError } from './errors.ts';
import { ProbsOrLogits } from './probs-or-logits.ts';
import { broadcastAll, complement, eitherOf, type Shape } from './utils.ts';

const BINOMIAL = parameters('Binomial(totalCount: operand = 1, probs: operand?, logits: operand?, validateArgs: bool?)');
/** PyTorch's `Binomial(totalCount, probs, logits)`: successes among `totalCount` trials, in the parameter's dtype. */
export class Binomial extends ProbsOrLogits {
  readonly totalCount: Tensor;

  constructor(...args: ArgsOf<typeof BINOMIAL>) {
    const [count, probs, logits, validateArgs] = BINOMIAL(...args), parameter = eitherOf('Binomial', probs, logits);
    const [totalCount, value] = broadcastAll(count, (parameter === 'probs' ? probs : logits) as Tensor | Scalar);
    super(parameter, value, value.shape, [], validateArgs);
    this.totalCount = totalCount.to(value.dtype);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { totalCount: constraints.nonnegativeInteger, ...super.argConstraints };
  }

  override get support(): constraints.Constraint {
    return constraints.integerInterval(0, this.totalCount);
  }

  override get hasEnumerateSupport(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.totalCount.mul(this.probs);
  }

  override get mode(): Tensor {
    return this.totalCount.add(1).mul(this.probs).floor().minimum(this.totalCount);
  }

  override get variance(): Tensor {
    return this.mean.mul(complement(this.probs));
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const shape = this.extendedShape(sampleShape);
    return binomial(this.totalCount.expand(shape), this.probs.expand(shape));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { totalCount: n, logits } = this;
    // The gradient of max(logits, 0) at 0 is 1/2.
    const positivePart = logits.clamp({ min: 0 }).add(logits).sub(logits.clamp({ max: 0 })).div(2);
    const normalizer = n.mul(positivePart).add(n.mul(logits.abs().neg().exp().log1p())).sub(n.add(1).lgamma());
    return value.mul(logits).sub(value.add(1).lgamma()).sub(n.sub(value).add(1).lgamma()).sub(normalizer);
  }

  /** Of one count for the whole batch. */
  override entropy(): Tensor {
    const logProb = this.logProbOf(this.values('entropy', false));
    return logProb.exp().mul(logProb).sum(0).neg();
  }

  protected override enumerated(expand: boolean): Tensor {
    return this.values('enumerateSupport', expand);
  }

  private values(method: string, expand: boolean): Tensor {
    const total = this.totalCount.max().item();
    if (this.totalCount.min().item() !== total) throw new NotImplementedError(`Binomial has no ${method} for several values of totalCount`);
    return this.alongBatch(arange(1 + total, { dtype: this.param.dtype }), expand);
  }
}
