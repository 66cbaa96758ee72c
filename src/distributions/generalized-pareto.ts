import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution, type ValueArgs } from './distribution.ts';
import { broadcastAll, complement, standardUniform, type Shape } from './utils.ts';

const GENERALIZED_PARETO = parameters('GeneralizedPareto(loc: operand, scale: operand, concentration: operand, validateArgs: bool?)');
/** PyTorch's `GeneralizedPareto(loc, scale, concentration)`: what exceeds `loc`; exponential for a concentration of 0, bounded below it. */
export class GeneralizedPareto extends Distribution {
  readonly loc: Tensor;
  readonly scale: Tensor;
  readonly concentration: Tensor;

  constructor(...args: ArgsOf<typeof GENERALIZED_PARETO>) {
    const [first, second, third, validateArgs] = GENERALIZED_PARETO(...args), [loc, scale, concentration] = broadcastAll(first, second, third);
    super(loc.shape, [], validateArgs);
    this.loc = loc;
    this.scale = scale;
    this.concentration = concentration;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.real, scale: constraints.positive, concentration: constraints.real };
  }

  override get support(): constraints.Constraint {
    const { loc, scale, concentration } = this;
    return constraints.interval(loc, where(concentration.lt(0), loc.sub(scale.div(concentration)), Infinity));
  }

  override get hasRsample(): boolean {
    return true;
  }

  /** NaN for a concentration from 1 on. */
  override get mean(): Tensor {
    const valid = this.concentration.lt(1);
    return where(valid, this.loc.add(this.scale.div(complement(where(valid, this.concentration, 0.5)))), NaN);
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** NaN for a concentration from 1/2 on. */
  override get variance(): Tensor {
    const valid = this.concentration.lt(0.5), c = where(valid, this.concentration, 0.25);
    return where(valid, this.scale.square().div(complement(c).square().mul(complement(c.mul(2)))), NaN);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.icdfOf(standardUniform(this.loc, this.extendedShape(sampleShape)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const z = this.standardized(value), c = this.nonzero, y = c.reciprocal().add(1);
    // A concentration of -1 is a uniform distribution, also at its end.
    const power = where(y.eq(0), y, y.mul(c.mul(z).log1p()));
    return where(this.isExponential, z, power).neg().sub(this.scale.log());
  }

  /** The logarithm of the probability of a value above the one given. */
  logSurvivalFunction(...args: ValueArgs): Tensor {
    return this.logSurvival(this.checked('logSurvivalFunction', args));
  }

  logCdf(...args: ValueArgs): Tensor {
    return this.logSurvival(this.checked('logCdf', args)).exp().neg().log1p();
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.logSurvival(value).expm1().neg();
  }

  protected override icdfOf(value: Tensor): Tensor {
    const { loc, scale } = this, c = this.nonzero, log = value.neg().log1p();
    return where(this.isExponential, loc.sub(scale.mul(log)), loc.add(scale.div(c).mul(c.neg().mul(log).expm1())));
  }

  override entropy(): Tensor {
    return this.scale.log().add(this.concentration).add(1);
  }

  private logSurvival(value: Tensor): Tensor {
    const z = this.standardized(value), c = this.nonzero;
    return where(this.isExponential, z, c.mul(z).log1p().div(c)).neg();
  }

  private standardized(value: Tensor): Tensor {
    return value.sub(this.loc).div(this.scale);
  }

  private get isExponential(): Tensor {
    return this.concentration.abs().le(1e-8);
  }

  /** The concentration where it is one, 1 elsewhere. */
  private get nonzero(): Tensor {
    return where(this.isExponential, 1, this.concentration);
  }
}
