import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { TransformedDistribution } from './transformed.ts';
import { AffineTransform, PowerTransform } from './transforms.ts';
import { Uniform } from './uniform.ts';
import { EULER, broadcastAll, complement, constant } from './utils.ts';

const KUMARASWAMY = parameters('Kumaraswamy(concentration1: operand, concentration0: operand, validateArgs: bool?)');
/** PyTorch's `Kumaraswamy(concentration1, concentration0)` on (0, 1): near to Beta, with a cdf in closed form. */
export class Kumaraswamy extends TransformedDistribution<Uniform> {
  readonly concentration1: Tensor;
  readonly concentration0: Tensor;

  constructor(...args: ArgsOf<typeof KUMARASWAMY>) {
    const [first, second, validateArgs] = KUMARASWAMY(...args), [a, b] = broadcastAll(first, second);
    const base = new Uniform(constant(b, b.shape, 0), constant(b, b.shape, 1), { validateArgs });
    super(base, [new PowerTransform(b.reciprocal()), new AffineTransform(1, -1), new PowerTransform(a.reciprocal())], validateArgs);
    this.concentration1 = a;
    this.concentration0 = b;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration1: constraints.positive, concentration0: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.unitInterval;
  }

  override get mean(): Tensor {
    return this.moment(1);
  }

  /** NaN where a concentration is below 1. */
  override get mode(): Tensor {
    const { concentration1: a, concentration0: b } = this;
    return a.sub(1).div(a.mul(b).sub(1)).pow(a.reciprocal()).maskedFill(a.lt(1).logicalOr(b.lt(1)), NaN);
  }

  override get variance(): Tensor {
    return this.moment(2).sub(this.mean.square());
  }

  override entropy(): Tensor {
    const { concentration1: a, concentration0: b } = this, harmonic = b.add(1).digamma().add(EULER);
    return complement(b.reciprocal()).add(complement(a.reciprocal()).mul(harmonic)).sub(a.log()).sub(b.log());
  }

  /** E[x^n]. */
  private moment(n: number): Tensor {
    const { concentration1: a, concentration0: b } = this, order = a.reciprocal().mul(n).add(1);
    return b.mul(order.lgamma().add(b.lgamma()).sub(order.add(b).lgamma()).exp());
  }
}
