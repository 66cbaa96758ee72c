import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { NotImplementedError } from './errors.ts';
import { sumRightmost, type Shape } from './utils.ts';

/** A distribution among the arguments of another one. */
export function distributionArg(op: string, name: string, value: unknown): Distribution {
  if (!(value instanceof Distribution)) throw new ArgumentError(op, name, 'must be a Distribution');
  return value;
}

const INDEPENDENT = parameters('Independent(baseDistribution: any, reinterpretedBatchNdims: int, validateArgs: bool?)');
export type IndependentArgs<D> =
  | readonly [baseDistribution: D, reinterpretedBatchNdims: number, validateArgs?: boolean | null | { readonly validateArgs?: boolean | null }]
  | readonly [baseDistribution: D, options: { readonly reinterpretedBatchNdims: number; readonly validateArgs?: boolean | null }]
  | readonly [options: { readonly baseDistribution: D; readonly reinterpretedBatchNdims: number; readonly validateArgs?: boolean | null }];

/**
 * PyTorch's `Independent(base, n)`: the last n batch dims of another distribution become event dims, over which `logProb`
 * and `entropy` add up.
 */
export class Independent<D extends Distribution = Distribution> extends Distribution {
  readonly baseDist: D;
  readonly reinterpretedBatchNdims: number;

  constructor(...args: IndependentArgs<D>) {
    const [given, dims, validateArgs] = INDEPENDENT(...args as ArgsOf<typeof INDEPENDENT>);
    const base = distributionArg('Independent', 'baseDistribution', given);
    if (dims < 0 || dims > base.batchShape.length) {
      throw new ShapeError('Independent', `reinterpretedBatchNdims must be at most the ${base.batchShape.length} batch dims of the base, got ${dims}`);
    }
    const shape = [...base.batchShape, ...base.eventShape], cut = base.batchShape.length - dims;
    super(shape.slice(0, cut), shape.slice(cut), validateArgs);
    this.baseDist = base as D;
    this.reinterpretedBatchNdims = dims;
  }

  override get hasRsample(): boolean {
    return this.baseDist.hasRsample;
  }

  override get hasEnumerateSupport(): boolean {
    return this.reinterpretedBatchNdims === 0 && this.baseDist.hasEnumerateSupport;
  }

  override get support(): constraints.Constraint {
    const { support } = this.baseDist;
    return this.reinterpretedBatchNdims === 0 ? support : constraints.independent(support, this.reinterpretedBatchNdims);
  }

  override get mean(): Tensor {
    return this.baseDist.mean;
  }

  override get mode(): Tensor {
    return this.baseDist.mode;
  }

  override get variance(): Tensor {
    return this.baseDist.variance;
  }

  protected override expanded(batchShape: Shape): object {
    return { baseDist: this.baseDist.expand([...batchShape, ...this.eventShape.slice(0, this.reinterpretedBatchNdims)]) };
  }

  /** The base looks at its values itself. */
  protected override checkSample(): void {}

  protected override drawn(sampleShape: Shape): Tensor {
    return this.baseDist.sample(sampleShape);
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    return this.baseDist.rsample(sampleShape);
  }

  protected override logProbOf(value: Tensor): Tensor {
    return sumRightmost(this.baseDist.logProb(value), this.reinterpretedBatchNdims);
  }

  override entropy(): Tensor {
    return sumRightmost(this.baseDist.entropy(), this.reinterpretedBatchNdims);
  }

  protected override enumerated(expand: boolean): Tensor {
    if (this.reinterpretedBatchNdims > 0) throw new NotImplementedError('Independent: the product of several supports is not enumerated');
    return this.baseDist.enumerateSupport(expand);
  }

  override toString(): string {
    return `Independent(${this.baseDist}, ${this.reinterpretedBatchNdims})`;
  }
}
