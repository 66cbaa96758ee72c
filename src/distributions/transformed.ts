import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { Independent, distributionArg } from './independent.ts';
import { parameters, type ArgsOf } from './args.ts';
import { ComposeTransform, Transform, signOf } from './transforms.ts';
import { sizes, sumRightmost, type Shape } from './utils.ts';

type Transforms = Transform | readonly Transform[];
export type TransformedArgs =
  | readonly [baseDistribution: Distribution, transforms: Transforms, validateArgs?: boolean | null | { readonly validateArgs?: boolean | null }]
  | readonly [baseDistribution: Distribution, options: { readonly transforms: Transforms; readonly validateArgs?: boolean | null }]
  | readonly [options: { readonly baseDistribution: Distribution; readonly transforms: Transforms; readonly validateArgs?: boolean | null }];

/** The base in the shape that the transforms ask for, and the shapes of what they make of it. */
function fitted(base: Distribution, transforms: readonly Transform[]): { readonly base: Distribution; readonly batchShape: Shape; readonly eventShape: Shape } {
  const transform = new ComposeTransform(transforms), { domain, codomain } = transform;
  const shape = [...base.batchShape, ...base.eventShape], baseEvent = base.eventShape.length;
  if (shape.length < domain.eventDim) throw new ShapeError('TransformedDistribution', `the base must have at least ${domain.eventDim} dims, got ${sizes(shape)}`);
  const forward = transform.forwardShape(shape), wanted = transform.inverseShape(forward);
  let fitting = sizes(wanted) === sizes(shape) ? base : base.expand(wanted.slice(0, wanted.length - baseEvent));
  if (domain.eventDim > baseEvent) fitting = new Independent(fitting, domain.eventDim - baseEvent);
  const cut = forward.length - Math.max(codomain.eventDim, baseEvent + codomain.eventDim - domain.eventDim);
  return { base: fitting, batchShape: forward.slice(0, cut), eventShape: forward.slice(cut) };
}

const TRANSFORMED = parameters('TransformedDistribution(baseDistribution: any, transforms: any, validateArgs: bool?)');
/** PyTorch's `TransformedDistribution(base, transforms)`: what a transform, or several in turn, make of another distribution. */
export class TransformedDistribution<D extends Distribution = Distribution> extends Distribution {
  readonly baseDist: D;
  readonly transforms: readonly Transform[];

  constructor(...args: TransformedArgs) {
    const [given, list, validateArgs] = TRANSFORMED(...args as ArgsOf<typeof TRANSFORMED>);
    const transforms = (Array.isArray(list) ? list : [list]) as readonly unknown[];
    if (!transforms.every((part) => part instanceof Transform)) throw new ArgumentError('TransformedDistribution', 'transforms', `must be a Transform or an array of them, got ${show(list)}`);
    const { base, batchShape, eventShape } = fitted(distributionArg('TransformedDistribution', 'baseDistribution', given), transforms as readonly Transform[]);
    super(batchShape, eventShape, validateArgs);
    this.baseDist = base as D;
    this.transforms = transforms as readonly Transform[];
  }

  override get support(): constraints.Constraint {
    const last = this.transforms[this.transforms.length - 1] as Transform | undefined;
    if (last === undefined) return this.baseDist.support;
    const missing = this.eventShape.length - last.codomain.eventDim;
    return missing > 0 ? constraints.independent(last.codomain, missing) : last.codomain;
  }

  override get hasRsample(): boolean {
    return this.baseDist.hasRsample;
  }

  protected override expanded(batchShape: Shape): object {
    const shape = this.transforms.reduceRight((found, transform) => transform.inverseShape(found), [...batchShape, ...this.eventShape] as Shape);
    return { ...super.expanded(batchShape), baseDist: this.baseDist.expand(shape.slice(0, shape.length - this.baseDist.eventShape.length)) };
  }

  protected override drawn(sampleShape: Shape): Tensor {
    return this.forward(this.baseDist.sample(sampleShape));
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.forward(this.baseDist.rsample(sampleShape));
  }

  protected override logProbOf(value: Tensor): Tensor {
    let eventDim = this.eventShape.length, total: Tensor | null = null, y = value;
    for (const transform of [...this.transforms].reverse()) {
      const x = transform.inv.call(y);
      eventDim += transform.domain.eventDim - transform.codomain.eventDim;
      const term = sumRightmost(transform.logAbsDetJacobian(x, y), eventDim - transform.domain.eventDim).neg();
      total = total === null ? term : total.add(term);
      y = x;
    }
    const base = sumRightmost(this.baseDist.logProb(y), eventDim - this.baseDist.eventShape.length);
    return total === null ? base : total.add(base);
  }

  /** The base checks what the transforms' inverses give. */
  protected override get checksCdf(): boolean {
    return false;
  }

  protected override cdfOf(value: Tensor): Tensor {
    return this.monotone(this.baseDist.cdf(this.transforms.reduceRight((y, transform) => transform.inv.call(y), value)));
  }

  protected override icdfOf(value: Tensor): Tensor {
    return this.forward(this.baseDist.icdf(this.monotone(value)));
  }

  private forward(x: Tensor): Tensor {
    return this.transforms.reduce((value, transform) => transform.call(value), x);
  }

  /** Probabilities of a decreasing transform count from above. */
  private monotone(value: Tensor): Tensor {
    const sign = signOf(this.transforms);
    return sign === 1 ? value : value.sub(0.5).mul(sign).add(0.5);
  }
}
