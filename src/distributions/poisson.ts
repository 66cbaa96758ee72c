import { poisson } from '../tensor/distributions.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, type Shape } from './utils.ts';

const POISSON = parameters('Poisson(rate: operand, validateArgs: bool?)');
/** PyTorch's `Poisson(rate)`: counts, in the rate's dtype. */
export class Poisson extends Distribution {
  readonly rate: Tensor;

  constructor(...args: ArgsOf<typeof POISSON>) {
    const [given, validateArgs] = POISSON(...args), [rate] = broadcastAll(given);
    super(rate.shape, [], validateArgs);
    this.rate = rate;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { rate: constraints.nonnegative };
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegativeInteger;
  }

  override get mean(): Tensor {
    return this.rate;
  }

  override get mode(): Tensor {
    return this.rate.floor();
  }

  override get variance(): Tensor {
    return this.rate;
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return poisson(this.rate.expand(this.extendedShape(sampleShape)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [rate, count] = broadcastAll(this.rate, value);
    return count.xlogy(rate).sub(rate).sub(count.add(1).lgamma());
  }
}
