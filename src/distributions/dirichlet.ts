import { ShapeError } from '../core/errors.ts';
import { stack } from '../tensor/library/joining.ts';
import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { oneHot } from '../nn/functional.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { standardDirichlet } from './gamma-sampler.ts';
import { broadcastAll, complement, type Shape } from './utils.ts';

const DIRICHLET = parameters('Dirichlet(concentration: Tensor, validateArgs: bool?)');
/** PyTorch's `Dirichlet(concentration)`: probabilities that add up to 1 along the last dim. */
export class Dirichlet extends Distribution {
  readonly concentration: Tensor;

  constructor(...args: ArgsOf<typeof DIRICHLET>) {
    const [concentration, validateArgs] = DIRICHLET(...args);
    if (concentration.ndim < 1) throw new ShapeError('Dirichlet', 'concentration must have at least one dimension');
    super(concentration.shape.slice(0, -1), concentration.shape.slice(-1), validateArgs);
    this.concentration = concentration;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration: constraints.independent(constraints.positive, 1) };
  }

  override get support(): constraints.Constraint {
    return constraints.simplex;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.concentration.div(this.concentration.sum(-1, true));
  }

  override get mode(): Tensor {
    const above = this.concentration.sub(1).clamp({ min: 0 }), mode = above.div(above.sum(-1, true));
    const corner = oneHot(mode.argmax(-1), this.eventShape[0]).to(mode.dtype);
    return where(this.concentration.lt(1).all(-1, true), corner, mode);
  }

  override get variance(): Tensor {
    const total = this.concentration.sum(-1, true);
    return this.concentration.mul(total.sub(this.concentration)).div(total.square().mul(total.add(1)));
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return standardDirichlet(this.concentration.expand(this.extendedShape(sampleShape)));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration } = this;
    return concentration.sub(1).xlogy(value).sum(-1).add(concentration.sum(-1).lgamma()).sub(concentration.lgamma().sum(-1));
  }

  override entropy(): Tensor {
    const { concentration } = this, total = concentration.sum(-1), k = this.eventShape[0];
    return concentration.lgamma().sum(-1).sub(total.lgamma()).sub(total.neg().add(k).mul(total.digamma()))
      .sub(concentration.sub(1).mul(concentration.digamma()).sum(-1));
  }
}

const BETA = parameters('Beta(concentration1: operand, concentration0: operand, validateArgs: bool?)');
/** PyTorch's `Beta(concentration1, concentration0)` on (0, 1): a Dirichlet distribution of two parts, the first of which it is. */
export class Beta extends Distribution {
  private readonly dirichlet: Dirichlet;

  constructor(...args: ArgsOf<typeof BETA>) {
    const [first, second, validateArgs] = BETA(...args), both = broadcastAll(first, second);
    super(both[0].shape, [], validateArgs);
    this.dirichlet = new Dirichlet(stack(both, -1), { validateArgs: false });
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration1: constraints.positive, concentration0: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.unitInterval;
  }

  override get hasRsample(): boolean {
    return true;
  }

  get concentration1(): Tensor {
    return this.dirichlet.concentration.select(-1, 0);
  }

  get concentration0(): Tensor {
    return this.dirichlet.concentration.select(-1, 1);
  }

  override get mean(): Tensor {
    return this.concentration1.div(this.concentration1.add(this.concentration0));
  }

  override get mode(): Tensor {
    return this.dirichlet.mode.select(-1, 0);
  }

  override get variance(): Tensor {
    const total = this.concentration1.add(this.concentration0);
    return this.concentration1.mul(this.concentration0).div(total.square().mul(total.add(1)));
  }

  protected override expanded(batchShape: Shape): object {
    return { dirichlet: this.dirichlet.expand(batchShape) };
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.dirichlet.rsample(sampleShape).select(-1, 0);
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.dirichlet.logProb(stack([value, complement(value)], -1));
  }

  override entropy(): Tensor {
    return this.dirichlet.entropy();
  }
}
