import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, constant, standardUniform, type Shape } from './utils.ts';

const UNIFORM = parameters('Uniform(low: operand, high: operand, validateArgs: bool?)');
/** PyTorch's `Uniform(low, high)` on [low, high). */
export class Uniform extends Distribution {
  readonly low: Tensor;
  readonly high: Tensor;

  constructor(...args: ArgsOf<typeof UNIFORM>) {
    const [lower, upper, validateArgs] = UNIFORM(...args), [low, high] = broadcastAll(lower, upper);
    super(low.shape, [], validateArgs);
    this.low = low;
    this.high = high;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { low: constraints.lessThan(this.high), high: constraints.greaterThan(this.low) };
  }

  override get support(): constraints.Constraint {
    return constraints.interval(this.low, this.high);
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.high.add(this.low).div(2);
  }

  override get mode(): Tensor {
    return constant(this.high, this.batchShape, NaN);
  }

  override get stddev(): Tensor {
    return this.width.div(Math.sqrt(12));
  }

  override get variance(): Tensor {
    return this.width.square().div(12);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.low.add(standardUniform(this.low, this.extendedShape(sampleShape)).mul(this.width));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const inside = this.low.le(value).logicalAnd(this.high.gt(value)).to(this.low.dtype);
    return inside.log().sub(this.width.log());
  }

  protected override cdfOf(value: Tensor): Tensor {
    return value.sub(this.low).div(this.width).clamp(0, 1);
  }

  protected override icdfOf(value: Tensor): Tensor {
    return value.mul(this.width).add(this.low);
  }

  override entropy(): Tensor {
    return this.width.log();
  }

  private get width(): Tensor {
    return this.high.sub(this.low);
  }
}
