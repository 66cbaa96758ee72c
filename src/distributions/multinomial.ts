import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import { Binomial } from './binomial.ts';
import { Categorical } from './categorical.ts';
import * as constraints from './constraints.ts';
import { OfCategorical } from './of-categorical.ts';
import { broadcastAll, complement, type Shape } from './utils.ts';

const MULTINOMIAL = parameters('Multinomial(totalCount: int = 1, probs: Tensor?, logits: Tensor?, validateArgs: bool?)');
/** PyTorch's `Multinomial(totalCount, probs, logits)`: how often each of K values came in `totalCount` draws. */
export class Multinomial extends OfCategorical {
  readonly totalCount: number;

  constructor(...args: ArgsOf<typeof MULTINOMIAL>) {
    const [totalCount, probs, logits, validateArgs] = MULTINOMIAL(...args);
    super(new Categorical(probs, logits, validateArgs), validateArgs);
    this.totalCount = totalCount;
  }

  override get support(): constraints.Constraint {
    return constraints.multinomial(this.totalCount);
  }

  override get mean(): Tensor {
    return this.probs.mul(this.totalCount);
  }

  override get variance(): Tensor {
    return this.mean.mul(complement(this.probs));
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const indices = this.categorical.sample([this.totalCount, ...sampleShape]).movedim(0, -1);
    const counts = indices.newZeros(this.extendedShape(sampleShape));
    return counts.scatterAdd(-1, indices, indices.newOnes([...indices.shape])).to(this.probs.dtype);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [logits, counts] = broadcastAll(this.logits, value);
    const possible = logits.maskedFill(counts.eq(0).logicalAnd(logits.eq(-Infinity)), 0);
    return counts.sum(-1).add(1).lgamma().sub(counts.add(1).lgamma().sum(-1)).add(possible.mul(counts).sum(-1));
  }

  override entropy(): Tensor {
    const n = this.totalCount, binomial = new Binomial({ totalCount: n, probs: this.probs, validateArgs: false });
    const counts = binomial.enumerateSupport(false).slice(0, 1);
    const expected = binomial.logProb(counts).exp().mul(counts.add(1).lgamma()).sum([0, -1]);
    const logFactorial = this.probs.newFull([], n + 1).lgamma();
    return this.categorical.entropy().mul(n).sub(logFactorial).add(expected);
  }
}
