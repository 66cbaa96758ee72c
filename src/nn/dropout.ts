/** Dropout: in training, elements or channels are dropped at random and the rest rescaled; in eval mode the identity. */
import type { Tensor } from '../tensor/tensor.ts';
import { probabilityArg } from './args.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { pyBool, pyFloat } from './repr.ts';

const DROPOUT = declared('(p: float = 0.5, inplace: bool = false)');

abstract class DropoutBase extends Module {
  readonly p: number;
  readonly inplace: boolean;

  constructor(...args: ArgsOf<typeof DROPOUT>) {
    super();
    const [p, inplace] = DROPOUT(new.target.name, args);
    this.p = probabilityArg(new.target.name, 'p', p, 0.5);
    this.inplace = inplace;
  }

  override extraRepr(): string {
    return `p=${pyFloat(this.p)}, inplace=${pyBool(this.inplace)}`;
  }
}

/** Zeroes each element with probability `p`. */
export class Dropout extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.dropout(input, this.p, this.training, this.inplace);
  }
}

/** Zeroes whole channels of `[N, C, L]`. */
export class Dropout1d extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.dropout1d(input, this.p, this.training, this.inplace);
  }
}

/** Zeroes whole channels of `[N, C, H, W]`. */
export class Dropout2d extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.dropout2d(input, this.p, this.training, this.inplace);
  }
}

/** Zeroes whole channels of `[N, C, D, H, W]`. */
export class Dropout3d extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.dropout3d(input, this.p, this.training, this.inplace);
  }
}

/** Sets elements to SELU's saturation value, so that mean and variance stay. */
export class AlphaDropout extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.alphaDropout(input, this.p, this.training);
  }
}

/** Sets whole channels to SELU's saturation value. */
export class FeatureAlphaDropout extends DropoutBase {
  forward(input: Tensor): Tensor {
    return F.featureAlphaDropout(input, this.p, this.training);
  }
}
