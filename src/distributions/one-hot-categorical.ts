import { eye } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { oneHot } from '../nn/functional.ts';
import { parameters, type ArgsOf } from './args.ts';
import { Categorical } from './categorical.ts';
import * as constraints from './constraints.ts';
import { OfCategorical } from './of-categorical.ts';
import { complement, type Shape } from './utils.ts';

const ONE_HOT = parameters('OneHotCategorical(probs: Tensor?, logits: Tensor?, validateArgs: bool?)');
/** PyTorch's `OneHotCategorical(probs, logits)`: `Categorical` as vectors of K numbers, one of which is 1. */
export class OneHotCategorical extends OfCategorical {
  constructor(...args: ArgsOf<typeof ONE_HOT>) {
    const [probs, logits, validateArgs] = ONE_HOT(...args);
    super(new Categorical(probs, logits, validateArgs), validateArgs);
  }

  override get support(): constraints.Constraint {
    return constraints.oneHot;
  }

  override get hasEnumerateSupport(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.probs;
  }

  override get mode(): Tensor {
    return this.hot(this.probs.argmax(-1));
  }

  override get variance(): Tensor {
    return this.probs.mul(complement(this.probs));
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return this.hot(this.categorical.sample(sampleShape));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.categorical.logProb(value.argmax(-1));
  }

  override entropy(): Tensor {
    return this.categorical.entropy();
  }

  protected override enumerated(expand: boolean): Tensor {
    const n = this.categorical.numEvents, { batchShape } = this;
    const values = eye(n, { dtype: this.probs.dtype }).view([n, ...batchShape.map(() => 1), n]);
    return expand ? values.expand([n, ...batchShape, n]) : values;
  }

  private hot(indices: Tensor): Tensor {
    return oneHot(indices, this.categorical.numEvents).to(this.probs.dtype);
  }
}

/** PyTorch's `OneHotCategoricalStraightThrough`: the gradient of a sample is that of the probabilities. */
export class OneHotCategoricalStraightThrough extends OneHotCategorical {
  override get hasRsample(): boolean {
    return true;
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.sample(sampleShape).add(this.probs.sub(this.probs.detach()));
  }
}
