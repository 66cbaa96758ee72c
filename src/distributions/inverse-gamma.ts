import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Gamma } from './gamma.ts';
import { TransformedDistribution } from './transformed.ts';
import { PowerTransform } from './transforms.ts';
import { constant } from './utils.ts';

const INVERSE_GAMMA = parameters('InverseGamma(concentration: operand, rate: operand, validateArgs: bool?)');
/** PyTorch's `InverseGamma(concentration, rate)`: 1 / x of Gamma(concentration, rate). */
export class InverseGamma extends TransformedDistribution<Gamma> {
  constructor(...args: ArgsOf<typeof INVERSE_GAMMA>) {
    const [concentration, rate, validateArgs] = INVERSE_GAMMA(...args), base = new Gamma(concentration, rate, { validateArgs: false });
    super(base, new PowerTransform(constant(base.rate, [], -1)), validateArgs);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration: constraints.positive, rate: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.positive;
  }

  get concentration(): Tensor {
    return this.baseDist.concentration;
  }

  get rate(): Tensor {
    return this.baseDist.rate;
  }

  /** Infinite for a concentration up to 1. */
  override get mean(): Tensor {
    return where(this.concentration.gt(1), this.rate.div(this.concentration.sub(1)), Infinity);
  }

  override get mode(): Tensor {
    return this.rate.div(this.concentration.add(1));
  }

  /** Infinite for a concentration up to 2. */
  override get variance(): Tensor {
    const { concentration: a, rate } = this;
    return where(a.gt(2), rate.square().div(a.sub(1).square().mul(a.sub(2))), Infinity);
  }

  override entropy(): Tensor {
    const { concentration: a, rate } = this;
    return a.add(rate.log()).add(a.lgamma()).sub(a.add(1).mul(a.digamma()));
  }
}
