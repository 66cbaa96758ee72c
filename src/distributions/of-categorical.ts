/** What is drawn by a Categorical of the same parameters, as vectors of K numbers. */
import type { Tensor } from '../tensor/tensor.ts';
import type { Categorical } from './categorical.ts';
import type * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import type { Shape } from './utils.ts';

export abstract class OfCategorical extends Distribution {
  /** @internal The indices. */
  readonly categorical: Categorical;

  constructor(categorical: Categorical, validateArgs: boolean | undefined) {
    super(categorical.batchShape, [categorical.numEvents], validateArgs);
    this.categorical = categorical;
  }

  get probs(): Tensor {
    return this.categorical.probs;
  }

  get logits(): Tensor {
    return this.categorical.logits;
  }

  get paramShape(): Shape {
    return this.categorical.paramShape;
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return this.categorical.argConstraints;
  }

  protected override expanded(batchShape: Shape): object {
    return { categorical: this.categorical.expand(batchShape) };
  }
}
