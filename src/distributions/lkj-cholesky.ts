import { ArgumentError } from '../core/errors.ts';
import { arange } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { cat } from '../tensor/library/joining.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Beta } from './dirichlet.ts';
import { Distribution } from './distribution.ts';
import { broadcastAll, complement, standardNormal, type Shape } from './utils.ts';

const LKJ_CHOLESKY = parameters('LKJCholesky(dim: int, concentration: operand = 1, validateArgs: bool?)');
/**
 * PyTorch's `LKJCholesky(dim, concentration)`: lower Cholesky factors of correlation matrices, whose density is proportional
 * to `det(L L^T) ** (concentration - 1)`. Drawn by the onion method of Lewandowski, Kurowicka and Joe (2009),
 * doi:10.1016/j.jmva.2009.04.008.
 */
export class LKJCholesky extends Distribution {
  readonly dim: number;
  readonly concentration: Tensor;

  constructor(...args: ArgsOf<typeof LKJ_CHOLESKY>) {
    const [dim, given, validateArgs] = LKJ_CHOLESKY(...args), [concentration] = broadcastAll(given);
    if (dim < 2) throw new ArgumentError('LKJCholesky', 'dim', `must be at least 2, got ${dim}`);
    super(concentration.shape, [dim, dim], validateArgs);
    this.dim = dim;
    this.concentration = concentration;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { concentration: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.corrCholesky;
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const { dim, concentration } = this, { dtype } = concentration, before = arange(dim, { dtype }).sub(1).clamp({ min: 0 });
    const marginal = concentration.add(0.5 * (dim - 2)).unsqueeze(-1);
    const radius = new Beta(before.add(0.5), marginal.sub(before.mul(0.5))).sample(sampleShape).sqrt().unsqueeze(-1);
    const rows = standardNormal(concentration, this.extendedShape(sampleShape)).tril(-1).narrow(-2, 1, dim - 1);
    const directions = rows.div(rows.square().sum(-1, true).sqrt());
    const below = radius.mul(cat([directions.newZeros([...directions.shape.slice(0, -2), 1, dim]), directions], -2));
    return below.add(complement(below.square().sum(-1)).clamp({ min: finfo(dtype).tiny }).sqrt().diagEmbed());
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { dim, concentration } = this, { dtype } = concentration, rest = dim - 1, alpha = concentration.add(0.5 * rest);
    const order = concentration.sub(1).mul(2).unsqueeze(-1).add(dim).sub(arange(2, dim + 1, { dtype }));
    const unnormalized = order.mul(value.diagonal(0, -2, -1).narrow(-1, 1, rest).log()).sum(-1);
    const normalizer = alpha.sub(0.5).mvlgamma(rest).add(0.5 * rest * Math.log(Math.PI)).sub(alpha.lgamma().mul(rest));
    return unnormalized.sub(normalizer);
  }
}
