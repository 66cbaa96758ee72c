import { ArgumentError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { Transform, type Sign } from './transforms.ts';

/** PyTorch's `CumulativeDistributionTransform(distribution)`: the cdf, to probabilities; its inverse is the icdf. */
export class CumulativeDistributionTransform extends Transform {
  readonly distribution: Distribution;

  constructor(distribution: Distribution) {
    super();
    if (!(distribution instanceof Distribution)) throw new ArgumentError('CumulativeDistributionTransform', 'distribution', 'must be a Distribution');
    this.distribution = distribution;
  }

  override get domain(): constraints.Constraint {
    return this.distribution.support;
  }

  override get codomain(): constraints.Constraint {
    return constraints.unitInterval;
  }

  override get sign(): Sign {
    return 1;
  }

  call(x: Tensor): Tensor {
    return this.distribution.cdf(x);
  }

  override undo(y: Tensor): Tensor {
    return this.distribution.icdf(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return this.distribution.logProb(x);
  }
}
