import { ArgumentError } from '../core/errors.ts';
import { finfo } from '../tensor/dtype-info.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { binaryCrossEntropyWithLogits } from '../nn/functional.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { ProbsOrLogits, givenOf } from './probs-or-logits.ts';
import { broadcastAll, constant, type Shape } from './utils.ts';

const GEOMETRIC = parameters('Geometric(probs: operand?, logits: operand?, validateArgs: bool?)');
/** PyTorch's `Geometric(probs, logits)`: failures before the first success. */
export class Geometric extends ProbsOrLogits {
  constructor(...args: ArgsOf<typeof GEOMETRIC>) {
    const [probs, logits, validateArgs] = GEOMETRIC(...args), { parameter, value } = givenOf('Geometric', probs, logits);
    super(parameter, value, value.shape, [], validateArgs);
    this.checkParameters();
    if (this.validateArgs && parameter === 'probs' && !value.detach().gt(0).all().item()) throw new ArgumentError('Geometric', 'probs', `must be positive, found ${value.detach()}`);
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegativeInteger;
  }

  override get mean(): Tensor {
    return this.probs.reciprocal().sub(1);
  }

  override get mode(): Tensor {
    return constant(this.probs, this.batchShape, 0);
  }

  override get variance(): Tensor {
    return this.mean.div(this.probs);
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const u = this.probs.newEmpty(this.extendedShape(sampleShape)).uniform_(finfo(this.probs.dtype).tiny, 1);
    return u.log().div(this.probs.neg().log1p()).floor();
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [count, probs] = broadcastAll(value, this.probs);
    return count.mul(probs.maskedFill(probs.eq(1).logicalAnd(count.eq(0)), 0).neg().log1p()).add(this.probs.log());
  }

  override entropy(): Tensor {
    return binaryCrossEntropyWithLogits(this.logits, this.probs, { reduction: 'none' }).div(this.probs);
  }
}
