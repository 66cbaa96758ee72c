import { ArgumentError } from '../core/errors.ts';
import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { binaryCrossEntropyWithLogits } from '../nn/functional.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { ProbsOrLogits, givenOf } from './probs-or-logits.ts';
import { broadcastAll, clampProbs, complement, standardUniform, type Shape } from './utils.ts';

const CONTINUOUS_BERNOULLI = parameters('ContinuousBernoulli(probs: operand?, logits: operand?, lims: floats = [0.499,0.501], validateArgs: bool?)');
/**
 * PyTorch's `ContinuousBernoulli(probs, logits, lims)` on [0, 1], of a density proportional to `probs^x (1 - probs)^(1 - x)`.
 * Its formulas are 0/0 at `probs = 0.5`: between `lims` they are Taylor series.
 */
export class ContinuousBernoulli extends ProbsOrLogits {
  private readonly lims: readonly [number, number];

  constructor(...args: ArgsOf<typeof CONTINUOUS_BERNOULLI>) {
    const op = 'ContinuousBernoulli', [probs, logits, lims, validateArgs] = CONTINUOUS_BERNOULLI(...args), { parameter, value } = givenOf(op, probs, logits);
    if (lims.length !== 2) throw new ArgumentError(op, 'lims', `must be two numbers, got ${lims.length}`);
    super(parameter, parameter === 'probs' ? clampProbs(value) : value, value.shape, [], validateArgs);
    this.lims = [lims[0], lims[1]];
    this.checkParameters();
  }

  override get support(): constraints.Constraint {
    return constraints.unitInterval;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    const far = this.far, x = this.probs.sub(0.5), slope = this.slope(far);
    const taylor = x.square().mul(16 / 45).add(1 / 3).mul(x).add(0.5);
    return this.either(far.div(far.mul(2).sub(1)).sub(slope.reciprocal()), taylor);
  }

  override get variance(): Tensor {
    const far = this.far, x = this.probs.sub(0.5).square();
    const taylor = x.mul(128 / 945).sub(1 / 15).mul(x).add(1 / 12);
    return this.either(far.mul(far.sub(1)).div(far.mul(2).sub(1).square()).add(this.slope(far).square().reciprocal()), taylor);
  }

  /** The logarithm of what the density is multiplied with to add up to 1. */
  get logNormalizer(): Tensor {
    const far = this.far, x = this.probs.sub(0.5).square();
    const exact = this.slope(far).abs().log().sub(far.mul(2).sub(1).abs().log());
    return this.either(exact, x.mul(104 / 45).add(4 / 3).mul(x).add(Math.LN2));
  }

  protected override probsFrom(logits: Tensor): Tensor {
    return clampProbs(super.probsFrom(logits));
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.icdfOf(standardUniform(this.probs, this.extendedShape(sampleShape)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [logits, target] = broadcastAll(this.logits, value);
    return this.logNormalizer.sub(binaryCrossEntropyWithLogits(logits, target, { reduction: 'none' }));
  }

  protected override cdfOf(value: Tensor): Tensor {
    const far = this.far, power = far.pow(value).mul(complement(far).pow(complement(value)));
    return this.either(power.add(far).sub(1).div(far.mul(2).sub(1)), value).maskedFill(value.le(0), 0).maskedFill(value.ge(1), 1);
  }

  protected override icdfOf(value: Tensor): Tensor {
    const far = this.far, base = far.neg().log1p();
    return this.either(value.mul(far.mul(2).sub(1)).sub(far).log1p().sub(base).div(this.slope(far)), value);
  }

  override entropy(): Tensor {
    const { probs } = this, zero = probs.neg().log1p();
    return this.mean.mul(zero.sub(probs.log())).sub(this.logNormalizer).sub(zero);
  }

  private get outside(): Tensor {
    return this.probs.le(this.lims[0]).logicalOr(this.probs.gt(this.lims[1]));
  }

  /** The probabilities, away from 1/2. */
  private get far(): Tensor {
    return where(this.outside, this.probs, this.lims[0]);
  }

  private slope(far: Tensor): Tensor {
    return far.log().sub(far.neg().log1p());
  }

  private either(exact: Tensor, taylor: Tensor): Tensor {
    return where(this.outside, exact, taylor);
  }
}
