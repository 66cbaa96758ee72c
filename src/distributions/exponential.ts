import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, complement, constant, type Shape } from './utils.ts';

const EXPONENTIAL = parameters('Exponential(rate: operand, validateArgs: bool?)');
/** PyTorch's `Exponential(rate)`, of mean 1 / rate. */
export class Exponential extends Distribution {
  readonly rate: Tensor;

  constructor(...args: ArgsOf<typeof EXPONENTIAL>) {
    const [given, validateArgs] = EXPONENTIAL(...args), [rate] = broadcastAll(given);
    super(rate.shape, [], validateArgs);
    this.rate = rate;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { rate: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegative;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.rate.reciprocal();
  }

  override get mode(): Tensor {
    return constant(this.rate, this.batchShape, 0);
  }

  override get stddev(): Tensor {
    return this.rate.reciprocal();
  }

  override get variance(): Tensor {
    return this.rate.pow(-2);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.rate.newEmpty(this.extendedShape(sampleShape)).exponential_().div(this.rate);
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.rate.log().sub(this.rate.mul(value));
  }

  protected override cdfOf(value: Tensor): Tensor {
    return complement(this.rate.neg().mul(value).exp());
  }

  protected override icdfOf(value: Tensor): Tensor {
    return value.neg().log1p().neg().div(this.rate);
  }

  override entropy(): Tensor {
    return complement(this.rate.log());
  }
}
