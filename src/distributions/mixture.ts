import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import { Categorical } from './categorical.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { distributionArg } from './independent.ts';
import { sizes, type Shape } from './utils.ts';

export type MixtureArgs<D> =
  | readonly [mixtureDistribution: Categorical, componentDistribution: D, validateArgs?: boolean | null | { readonly validateArgs?: boolean | null }]
  | readonly [options: { readonly mixtureDistribution: Categorical; readonly componentDistribution: D; readonly validateArgs?: boolean | null }];

const MIXTURE = parameters('MixtureSameFamily(mixtureDistribution: any, componentDistribution: any, validateArgs: bool?)');
/**
 * PyTorch's `MixtureSameFamily(mixture, components)`: one of K distributions of a family, its last batch dim, with the
 * probabilities of a `Categorical`. Samples have no gradients.
 */
export class MixtureSameFamily<D extends Distribution = Distribution> extends Distribution {
  readonly mixtureDistribution: Categorical;
  readonly componentDistribution: D;

  constructor(...args: MixtureArgs<D>) {
    const op = 'MixtureSameFamily', [mixture, given, validateArgs] = MIXTURE(...args as ArgsOf<typeof MIXTURE>);
    if (!(mixture instanceof Categorical)) throw new ArgumentError(op, 'mixtureDistribution', 'must be a Categorical');
    const components = distributionArg(op, 'componentDistribution', given), batchShape = components.batchShape.slice(0, -1);
    const fits = mixture.batchShape.every((_, i, { length }) => {
      const a = mixture.batchShape[length - 1 - i], b = batchShape[batchShape.length - 1 - i] as number | undefined;
      return b === undefined || a === b || a === 1 || b === 1;
    });
    if (!fits) throw new ShapeError(op, `mixtureDistribution of batchShape ${sizes(mixture.batchShape)} does not fit components of batchShape ${sizes(components.batchShape)}`);
    const count = components.batchShape[components.batchShape.length - 1];
    if (count !== mixture.numEvents) throw new ShapeError(op, `mixtureDistribution has ${mixture.numEvents} components, componentDistribution ${count ?? 'none'}`);
    super(batchShape, components.eventShape, validateArgs);
    this.mixtureDistribution = mixture;
    this.componentDistribution = components as D;
  }

  override get support(): constraints.Constraint {
    return new constraints.MixtureSameFamilyConstraint(this.componentDistribution.support);
  }

  override get mean(): Tensor {
    return this.average(this.componentDistribution.mean);
  }

  override get variance(): Tensor {
    const spread = this.componentDistribution.mean.sub(this.padded(this.mean)).square();
    return this.average(this.componentDistribution.variance).add(this.average(spread));
  }

  protected override expanded(batchShape: Shape): object {
    return {
      mixtureDistribution: this.mixtureDistribution.expand(batchShape),
      componentDistribution: this.componentDistribution.expand([...batchShape, this.mixtureDistribution.numEvents]),
    };
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const picks = this.mixtureDistribution.sample(sampleShape), samples = this.componentDistribution.sample(sampleShape);
    const dim = sampleShape.length + this.batchShape.length, ones = this.eventShape.map(() => 1);
    const lead = samples.shape.slice(0, dim);
    const index = picks.expand(lead).reshape([...lead, 1, ...ones]).expand([...lead, 1, ...this.eventShape]);
    return samples.gather(dim, index).squeeze(dim);
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.componentDistribution.logProb(this.padded(value)).add(this.mixtureDistribution.logits.logSoftmax(-1)).logsumexp(-1);
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.componentDistribution.cdf(this.padded(value)).mul(this.mixtureDistribution.probs).sum(-1);
  }

  /** With a dim for the components. */
  private padded(x: Tensor): Tensor {
    return x.unsqueeze(-1 - this.eventShape.length);
  }

  /** Weighs the components' values. */
  private average(values: Tensor): Tensor {
    const { probs } = this.mixtureDistribution, events = this.eventShape.length;
    return values.mul(probs.reshape([...probs.shape, ...this.eventShape.map(() => 1)])).sum(-1 - events);
  }

  override toString(): string {
    return `MixtureSameFamily(${this.mixtureDistribution}, ${this.componentDistribution})`;
  }
}
