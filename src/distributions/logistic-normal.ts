import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import type { Independent } from './independent.ts';
import { Normal } from './location-scale.ts';
import { TransformedDistribution } from './transformed.ts';
import { StickBreakingTransform } from './transforms-simplex.ts';

const LOGISTIC_NORMAL = parameters('LogisticNormal(loc: operand, scale: operand, validateArgs: bool?)');
/** PyTorch's `LogisticNormal(loc, scale)`: n normal numbers as n + 1 probabilities along the last dim. */
export class LogisticNormal extends TransformedDistribution<Independent<Normal>> {
  constructor(...args: ArgsOf<typeof LOGISTIC_NORMAL>) {
    const [loc, scale, validateArgs] = LOGISTIC_NORMAL(...args), base = new Normal(loc, scale, { validateArgs: false });
    super(base.batchShape.length === 0 ? base.expand([1]) : base, new StickBreakingTransform(), validateArgs);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.real, scale: constraints.positive };
  }

  override get support(): constraints.Constraint {
    return constraints.simplex;
  }

  get loc(): Tensor {
    return this.baseDist.baseDist.loc;
  }

  get scale(): Tensor {
    return this.baseDist.baseDist.scale;
  }
}
