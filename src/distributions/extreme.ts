/** Gumbel, Pareto and Weibull: transforms of uniform and exponential numbers. */
import { finfo } from '../tensor/dtype-info.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Exponential } from './exponential.ts';
import { TransformedDistribution } from './transformed.ts';
import { AffineTransform, ExpTransform, PowerTransform } from './transforms.ts';
import { Uniform } from './uniform.ts';
import { EULER, broadcastAll, constant } from './utils.ts';

const GUMBEL = parameters('Gumbel(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `Gumbel(loc, scale)`. */
export class Gumbel extends TransformedDistribution<Uniform> {
  readonly loc: Tensor;
  readonly scale: Tensor;

  constructor(...args: ArgsOf<typeof GUMBEL>) {
    const [first, second, validateArgs] = GUMBEL(...args), [loc, scale] = broadcastAll(first, second), { tiny, eps } = finfo(loc.dtype);
    const base = new Uniform(constant(loc, loc.shape, tiny), constant(loc, loc.shape, 1 - eps), { validateArgs });
    const log = new ExpTransform().inv;
    super(base, [log, new AffineTransform(0, -1), log, new AffineTransform(loc, scale.neg())], validateArgs);
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

  override get mean(): Tensor {
    return this.loc.add(this.scale.mul(EULER));
  }

  override get mode(): Tensor {
    return this.loc;
  }

  override get stddev(): Tensor {
    return this.scale.mul(Math.PI / Math.sqrt(6));
  }

  override get variance(): Tensor {
    return this.stddev.square();
  }

  protected override logProbOf(value: Tensor): Tensor {
    const y = this.loc.sub(value).div(this.scale);
    return y.sub(y.exp()).sub(this.scale.log());
  }

  override entropy(): Tensor {
    return this.scale.log().add(1 + EULER);
  }
}

const PARETO = parameters('Pareto(scale: operand, alpha: operand, validateArgs: bool?)');
/** PyTorch's `Pareto(scale, alpha)`, from `scale` on. */
export class Pareto extends TransformedDistribution<Exponential> {
  readonly scale: Tensor;
  readonly alpha: Tensor;

  constructor(...args: ArgsOf<typeof PARETO>) {
    const [first, second, validateArgs] = PARETO(...args), [scale, alpha] = broadcastAll(first, second);
    super(new Exponential(alpha, { validateArgs }), [new ExpTransform(), new AffineTransform(0, scale)], validateArgs);
    this.scale = scale;
    this.alpha = alpha;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { alpha: constraints.positive, scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.greaterThanEq(this.scale);
  }

  /** Infinite for alpha up to 1. */
  override get mean(): Tensor {
    const a = this.alpha.clamp({ min: 1 });
    return a.mul(this.scale).div(a.sub(1));
  }

  override get mode(): Tensor {
    return this.scale;
  }

  /** Infinite for alpha up to 2. */
  override get variance(): Tensor {
    const a = this.alpha.clamp({ min: 2 });
    return this.scale.square().mul(a).div(a.sub(1).square().mul(a.sub(2)));
  }

  override entropy(): Tensor {
    return this.scale.div(this.alpha).log().add(this.alpha.reciprocal().add(1));
  }
}

const WEIBULL = parameters('Weibull(scale: operand, concentration: operand, validateArgs: bool?)');
/** PyTorch's `Weibull(scale, concentration)`. */
export class Weibull extends TransformedDistribution<Exponential> {
  readonly scale: Tensor;
  readonly concentration: Tensor;

  constructor(...args: ArgsOf<typeof WEIBULL>) {
    const [first, second, validateArgs] = WEIBULL(...args), [scale, concentration] = broadcastAll(first, second);
    const base = new Exponential(constant(scale, scale.shape, 1), { validateArgs });
    super(base, [new PowerTransform(concentration.reciprocal()), new AffineTransform(0, scale)], validateArgs);
    this.scale = scale;
    this.concentration = concentration;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { scale: constraints.positive, concentration: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.positive;
  }

  override get mean(): Tensor {
    return this.scale.mul(this.moment(1).exp());
  }

  override get mode(): Tensor {
    return this.scale.mul(this.concentration.sub(1).div(this.concentration).pow(this.concentration.reciprocal()));
  }

  override get variance(): Tensor {
    return this.scale.square().mul(this.moment(2).exp().sub(this.moment(1).mul(2).exp()));
  }

  override entropy(): Tensor {
    const inverse = this.concentration.reciprocal();
    return inverse.neg().add(1).mul(EULER).add(this.scale.mul(inverse).log()).add(1);
  }

  /** log gamma(1 + n / concentration). */
  private moment(n: number): Tensor {
    return this.concentration.reciprocal().mul(n).add(1).lgamma();
  }
}
