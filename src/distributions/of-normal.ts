/** HalfNormal and HalfCauchy: absolute values of centred ones; LogNormal: exp of a normal one. */
import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Cauchy, Normal } from './location-scale.ts';
import { TransformedDistribution } from './transformed.ts';
import { AbsTransform, ExpTransform } from './transforms.ts';
import { constant } from './utils.ts';

abstract class Half<D extends Normal | Cauchy> extends TransformedDistribution<D> {
  constructor(base: D, validateArgs: boolean | undefined) {
    super(base, new AbsTransform(), validateArgs);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.nonnegative;
  }

  get scale(): Tensor {
    return this.baseDist.scale;
  }

  override get mode(): Tensor {
    return constant(this.scale, this.batchShape, 0);
  }

  protected override get checksCdf(): boolean {
    return true;
  }

  protected override logProbOf(value: Tensor): Tensor {
    return where(value.ge(0), this.baseDist.logProb(value).add(Math.LN2), -Infinity);
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.baseDist.cdf(value).mul(2).sub(1);
  }

  protected override icdfOf(value: Tensor): Tensor {
    return this.baseDist.icdf(value.add(1).div(2));
  }

  override entropy(): Tensor {
    return this.baseDist.entropy().sub(Math.LN2);
  }
}

const HALF_NORMAL = parameters('HalfNormal(scale: operand, validateArgs: bool?)');
/** PyTorch's `HalfNormal(scale)`: |x| of Normal(0, scale). */
export class HalfNormal extends Half<Normal> {
  constructor(...args: ArgsOf<typeof HALF_NORMAL>) {
    const [scale, validateArgs] = HALF_NORMAL(...args);
    super(new Normal(0, scale, { validateArgs: false }), validateArgs);
  }

  override get mean(): Tensor {
    return this.scale.mul(Math.sqrt(2 / Math.PI));
  }

  override get variance(): Tensor {
    return this.scale.square().mul(1 - 2 / Math.PI);
  }
}

const HALF_CAUCHY = parameters('HalfCauchy(scale: operand, validateArgs: bool?)');
/** PyTorch's `HalfCauchy(scale)`: |x| of Cauchy(0, scale). Mean and variance are infinite. */
export class HalfCauchy extends Half<Cauchy> {
  constructor(...args: ArgsOf<typeof HALF_CAUCHY>) {
    const [scale, validateArgs] = HALF_CAUCHY(...args);
    super(new Cauchy(0, scale, { validateArgs: false }), validateArgs);
  }

  override get mean(): Tensor {
    return constant(this.scale, this.batchShape, Infinity);
  }

  override get variance(): Tensor {
    return this.baseDist.variance;
  }
}

const LOG_NORMAL = parameters('LogNormal(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `LogNormal(loc, scale)`: exp(x) of Normal(loc, scale). */
export class LogNormal extends TransformedDistribution<Normal> {
  constructor(...args: ArgsOf<typeof LOG_NORMAL>) {
    const [loc, scale, validateArgs] = LOG_NORMAL(...args);
    super(new Normal(loc, scale, { validateArgs: false }), new ExpTransform(), validateArgs);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.real, scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.positive;
  }

  get loc(): Tensor {
    return this.baseDist.loc;
  }

  get scale(): Tensor {
    return this.baseDist.scale;
  }

  override get mean(): Tensor {
    return this.loc.add(this.scale.square().div(2)).exp();
  }

  override get mode(): Tensor {
    return this.loc.sub(this.scale.square()).exp();
  }

  override get variance(): Tensor {
    const square = this.scale.square();
    return square.expm1().mul(this.loc.mul(2).add(square).exp());
  }

  override entropy(): Tensor {
    return this.baseDist.entropy().add(this.loc);
  }
}
