/** Normal, Laplace and Cauchy: a location and a scale. */
import { finfo } from '../tensor/dtype-info.ts';
import type { Scalar } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, constant, standardNormal, type Shape } from './utils.ts';

abstract class LocationScale extends Distribution {
  readonly loc: Tensor;
  readonly scale: Tensor;

  constructor(given: readonly [Tensor | Scalar, Tensor | Scalar, boolean | undefined]) {
    const [loc, scale] = broadcastAll(given[0], given[1]);
    super(loc.shape, [], given[2]);
    this.loc = loc;
    this.scale = scale;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.real, scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.real;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** (value - loc) / scale. */
  protected standardized(value: Tensor): Tensor {
    return value.sub(this.loc).div(this.scale);
  }
}

const NORMAL = parameters('Normal(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `Normal(loc, scale)`: mean and standard deviation, numbers or tensors that broadcast. */
export class Normal extends LocationScale {
  constructor(...args: ArgsOf<typeof NORMAL>) {
    super(NORMAL(...args));
  }

  override get stddev(): Tensor {
    return this.scale;
  }

  override get variance(): Tensor {
    return this.scale.square();
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return standardNormal(this.loc, this.extendedShape(sampleShape)).mul(this.scale).add(this.loc);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.loc.add(standardNormal(this.loc, this.extendedShape(sampleShape)).mul(this.scale));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return value.sub(this.loc).square().div(this.variance.mul(2)).neg().sub(this.scale.log()).sub(Math.log(Math.sqrt(2 * Math.PI)));
  }

  protected override cdfOf(value: Tensor): Tensor {
    return value.sub(this.loc).mul(this.scale.reciprocal()).div(Math.SQRT2).erf().add(1).mul(0.5);
  }

  protected override icdfOf(value: Tensor): Tensor {
    return this.loc.add(this.scale.mul(value.mul(2).sub(1).erfinv()).mul(Math.SQRT2));
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + 0.5 * Math.log(2 * Math.PI));
  }
}

const LAPLACE = parameters('Laplace(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `Laplace(loc, scale)`. */
export class Laplace extends LocationScale {
  constructor(...args: ArgsOf<typeof LAPLACE>) {
    super(LAPLACE(...args));
  }

  override get variance(): Tensor {
    return this.scale.square().mul(2);
  }

  override get stddev(): Tensor {
    return this.scale.mul(Math.SQRT2);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const { loc, scale } = this;
    const u = loc.newEmpty(this.extendedShape(sampleShape)).uniform_(finfo(loc.dtype).eps - 1, 1);
    return loc.sub(scale.mul(u.sign()).mul(u.abs().neg().log1p()));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.scale.mul(2).log().neg().sub(value.sub(this.loc).abs().div(this.scale));
  }

  protected override cdfOf(value: Tensor): Tensor {
    const centred = value.sub(this.loc);
    return centred.sign().mul(centred.abs().neg().div(this.scale).expm1()).mul(-0.5).add(0.5);
  }

  protected override icdfOf(value: Tensor): Tensor {
    const term = value.sub(0.5);
    return this.loc.sub(this.scale.mul(term.sign()).mul(term.abs().mul(-2).log1p()));
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1);
  }
}

const CAUCHY = parameters('Cauchy(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `Cauchy(loc, scale)`: median and half width at half maximum. Its mean is NaN, its variance infinite. */
export class Cauchy extends LocationScale {
  constructor(...args: ArgsOf<typeof CAUCHY>) {
    super(CAUCHY(...args));
  }

  override get mean(): Tensor {
    return constant(this.loc, this.batchShape, NaN);
  }

  override get variance(): Tensor {
    return constant(this.loc, this.batchShape, Infinity);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.loc.add(this.loc.newEmpty(this.extendedShape(sampleShape)).cauchy_().mul(this.scale));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.scale.log().add(Math.log(Math.PI)).add(this.standardized(value).square().log1p()).neg();
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.standardized(value).atan().div(Math.PI).add(0.5);
  }

  protected override icdfOf(value: Tensor): Tensor {
    return value.sub(0.5).mul(Math.PI).tan().mul(this.scale).add(this.loc);
  }

  override entropy(): Tensor {
    return this.scale.log().add(Math.log(4 * Math.PI));
  }
}
