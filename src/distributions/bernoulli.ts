import { arange } from '../tensor/create.ts';
import { bernoulli } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { binaryCrossEntropyWithLogits } from '../nn/functional.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { ProbsOrLogits, givenOf } from './probs-or-logits.ts';
import { broadcastAll, complement, type Shape } from './utils.ts';

const BERNOULLI = parameters('Bernoulli(probs: operand?, logits: operand?, validateArgs: bool?)');
/** PyTorch's `Bernoulli(probs, logits)`: 1 with the probability given, else 0, in the parameter's dtype. */
export class Bernoulli extends ProbsOrLogits {
  constructor(...args: ArgsOf<typeof BERNOULLI>) {
    const [probs, logits, validateArgs] = BERNOULLI(...args), { parameter, value } = givenOf('Bernoulli', probs, logits);
    super(parameter, value, value.shape, [], validateArgs);
    this.checkParameters();
  }

  override get support(): constraints.Constraint {
    return constraints.boolean;
  }

  override get hasEnumerateSupport(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.probs;
  }

  /** NaN where both values are as likely. */
  override get mode(): Tensor {
    return this.probs.ge(0.5).to(this.probs.dtype).maskedFill(this.probs.eq(0.5), NaN);
  }

  override get variance(): Tensor {
    return this.probs.mul(complement(this.probs));
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return bernoulli(this.probs.expand(this.extendedShape(sampleShape)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [logits, target] = broadcastAll(this.logits, value);
    return binaryCrossEntropyWithLogits(logits, target.to(logits.dtype), { reduction: 'none' }).neg();
  }

  override entropy(): Tensor {
    return binaryCrossEntropyWithLogits(this.logits, this.probs, { reduction: 'none' });
  }

  protected override enumerated(expand: boolean): Tensor {
    return this.alongBatch(arange(2, { dtype: this.param.dtype }), expand);
  }
}
