import { finfo } from '../tensor/dtype-info.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { Gamma } from './gamma.ts';
import { broadcastAll, type Shape } from './utils.ts';

const FISHER_SNEDECOR = parameters('FisherSnedecor(df1: operand, df2: operand, validateArgs: bool?)');
/** PyTorch's `FisherSnedecor(df1, df2)`, the F distribution: two Chi2 numbers per degree of freedom, one divided by the other. */
export class FisherSnedecor extends Distribution {
  readonly df1: Tensor;
  readonly df2: Tensor;

  constructor(...args: ArgsOf<typeof FISHER_SNEDECOR>) {
    const [first, second, validateArgs] = FISHER_SNEDECOR(...args), [df1, df2] = broadcastAll(first, second);
    super(df1.shape, [], validateArgs);
    this.df1 = df1;
    this.df2 = df2;
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { df1: constraints.positive, df2: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.positive;
  }

  override get hasRsample(): boolean {
    return true;
  }

  /** NaN for `df2` up to 2. */
  override get mean(): Tensor {
    const df2 = this.df2.maskedFill(this.df2.le(2), NaN);
    return df2.div(df2.sub(2));
  }

  /** NaN for `df1` up to 2. */
  override get mode(): Tensor {
    const { df1, df2 } = this;
    return df1.sub(2).div(df1).mul(df2).div(df2.add(2)).maskedFill(df1.le(2), NaN);
  }

  /** NaN for `df2` up to 4. */
  override get variance(): Tensor {
    const { df1 } = this, df2 = this.df2.maskedFill(this.df2.le(4), NaN);
    return df2.square().mul(2).mul(df1.add(df2).sub(2)).div(df1.mul(df2.sub(2).square()).mul(df2.sub(4)));
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const { tiny } = finfo(this.df1.dtype);
    const [above, below] = [this.df1, this.df2].map((df) => new Gamma(df.mul(0.5), df, false).rsample(sampleShape));
    return above.div(below).clamp({ min: tiny });
  }

  protected override logProbOf(value: Tensor): Tensor {
    const half1 = this.df1.mul(0.5), half2 = this.df2.mul(0.5), half = half1.add(half2), ratio = this.df1.div(this.df2);
    const normalizer = half.lgamma().sub(half1.lgamma()).sub(half2.lgamma()).add(half1.mul(ratio.log()));
    return normalizer.add(half1.sub(1).mul(value.log())).sub(half.mul(ratio.mul(value).log1p()));
  }
}
