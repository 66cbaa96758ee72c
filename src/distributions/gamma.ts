import { finfo } from '../tensor/dtype-info.ts';
import { gammainc } from '../tensor/library/special.ts';
import type { Scalar } from '../tensor/promotion.ts';
import { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { standardGamma } from './gamma-sampler.ts';
import { broadcastAll, complement, standardNormal, type Shape } from './utils.ts';

abstract class GammaFamily extends Distribution {
  readonly concentration: Tensor;
  readonly rate: Tensor;

  constructor(concentration: Tensor | Scalar, rate: Tensor | Scalar, validateArgs: boolean | undefined) {
    const [a, b] = broadcastAll(concentration, rate);
    super(a.shape, [], validateArgs);
    this.concentration = a;
    this.rate = b;
    this.checkParameters();
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegative;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get mode(): Tensor {
    return this.concentration.sub(1).div(this.rate).clamp({ min: 0 });
  }

  override get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const shape = this.extendedShape(sampleShape);
    const value = standardGamma(this.concentration.expand(shape)).div(this.rate.expand(shape));
    // Written past autograd: the clamp is no part of the derivative.
    value.data.clamp_({ min: finfo(value.dtype).tiny });
    return value;
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration, rate } = this;
    return concentration.xlogy(rate).add(concentration.sub(1).xlogy(value)).sub(rate.mul(value)).sub(concentration.lgamma());
  }

  /** Without a gradient to the concentration, as in PyTorch. */
  protected override cdfOf(value: Tensor): Tensor {
    return gammainc(this.concentration, this.rate.mul(value));
  }

  override entropy(): Tensor {
    const { concentration, rate } = this;
    return concentration.sub(rate.log()).add(concentration.lgamma()).add(complement(concentration).mul(concentration.digamma()));
  }
}

const GAMMA = parameters('Gamma(concentration: operand, rate: operand, validateArgs: bool?)');
/** PyTorch's `Gamma(concentration, rate)`. */
export class Gamma extends GammaFamily {
  constructor(...args: ArgsOf<typeof GAMMA>) {
    super(...GAMMA(...args) as [Tensor | Scalar, Tensor | Scalar, boolean | undefined]);
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration: constraints.positive, rate: constraints.positive };
  }
}

const CHI2 = parameters('Chi2(df: operand, validateArgs: bool?)');
/** PyTorch's `Chi2(df)`: Gamma(df / 2, 1 / 2). KL divergences are those of `Gamma`. */
export class Chi2 extends Gamma {
  constructor(...args: ArgsOf<typeof CHI2>) {
    const [df, validateArgs] = CHI2(...args);
    super(df instanceof Tensor ? df.mul(0.5) : Number(df) * 0.5, 0.5, validateArgs);
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { df: constraints.positive };
  }

  /** Degrees of freedom. */
  get df(): Tensor {
    return this.concentration.mul(2);
  }
}

const STUDENT_T = parameters('StudentT(df: operand, loc: operand = 0, scale: operand = 1, validateArgs: bool?)');
/** PyTorch's `StudentT(df, loc, scale)`: a normal number divided by the root of a Chi2 one per degree of freedom. */
export class StudentT extends Distribution {
  readonly df: Tensor;
  readonly loc: Tensor;
  readonly scale: Tensor;

  constructor(...args: ArgsOf<typeof STUDENT_T>) {
    const [df, loc, scale, validateArgs] = STUDENT_T(...args), all = broadcastAll(df, loc, scale);
    super(all[0].shape, [], validateArgs);
    [this.df, this.loc, this.scale] = all;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { df: constraints.positive, loc: constraints.real, scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.real;
  }

  override get hasRsample(): boolean {
    return true;
  }

  /** NaN for up to one degree of freedom. */
  override get mean(): Tensor {
    return this.loc.maskedFill(this.df.le(1), NaN);
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** Infinite for up to two degrees of freedom, NaN for up to one. */
  override get variance(): Tensor {
    const { df, scale } = this, few = df.le(2);
    const some = df.maskedFill(few, 3);
    return scale.square().mul(some).div(some.sub(2)).maskedFill(few, Infinity).maskedFill(df.le(1), NaN);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const x = standardNormal(this.df, this.extendedShape(sampleShape));
    const z = new Chi2(this.df, { validateArgs: false }).rsample(sampleShape);
    return this.loc.add(this.scale.mul(x.mul(z.div(this.df).rsqrt())));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { df, loc, scale } = this, y = value.sub(loc).div(scale);
    const normalizer = scale.log().add(df.log().mul(0.5)).add(0.5 * Math.log(Math.PI)).add(df.mul(0.5).lgamma()).sub(df.add(1).mul(0.5).lgamma());
    return df.add(1).mul(-0.5).mul(y.square().div(df).log1p()).sub(normalizer);
  }

  override entropy(): Tensor {
    const { df, scale } = this, half = df.mul(0.5), next = df.add(1).mul(0.5);
    const logBeta = half.lgamma().add(0.5 * Math.log(Math.PI)).sub(next.lgamma());
    return scale.log().add(next.mul(next.digamma().sub(half.digamma()))).add(df.log().mul(0.5)).add(logBeta);
  }
}
