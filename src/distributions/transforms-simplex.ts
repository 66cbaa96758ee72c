/** Transforms of vectors into probabilities that add up to 1. */
import { ShapeError } from '../core/errors.ts';
import { arange } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { cat } from '../tensor/library/joining.ts';
import { logsigmoid } from '../nn/functional.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { Transform, insideUnit } from './transforms.ts';
import { complement, type Shape } from './utils.ts';

abstract class ToSimplex extends Transform {
  override get domain(): constraints.Constraint {
    return constraints.realVector;
  }

  override get codomain(): constraints.Constraint {
    return constraints.simplex;
  }

  override forwardShape(shape: Shape): Shape {
    if (shape.length < 1) throw new ShapeError(this.constructor.name, 'a value must have at least one dimension');
    return shape;
  }

  override inverseShape(shape: Shape): Shape {
    return this.forwardShape(shape);
  }

  override equals(other: Transform): boolean {
    return other.constructor === this.constructor;
  }
}

/** PyTorch's `SoftmaxTransform`: n numbers to n, one more than it takes; its inverse is the logarithm. */
export class SoftmaxTransform extends ToSimplex {
  override get bijective(): boolean {
    return false;
  }

  call(x: Tensor): Tensor {
    return x.softmax(-1);
  }

  override undo(y: Tensor): Tensor {
    return y.log();
  }
}

const first = (y: Tensor): Tensor => y.narrow(-1, 0, y.shape[y.ndim - 1] - 1);
/** The logarithms of n to 1. */
const logOffsets = (like: Tensor, n: number): Tensor => arange(n, 0, -1, { dtype: like.dtype }).log();

/** PyTorch's `StickBreakingTransform`: n numbers to n + 1, each a share of what is left by those before. */
export class StickBreakingTransform extends ToSimplex {
  call(x: Tensor): Tensor {
    const share = insideUnit(this.shifted(x).sigmoid()), one = share.newOnes([...share.shape.slice(0, -1), 1]);
    return cat([share, one], -1).mul(cat([one, complement(share).cumprod(-1)], -1));
  }

  override undo(y: Tensor): Tensor {
    const shares = first(y), left = complement(shares.cumsum(-1)).clamp({ min: finfo(y.dtype).tiny });
    return shares.log().sub(left.log()).add(logOffsets(y, y.shape[y.ndim - 1] - 1));
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const shifted = this.shifted(x);
    return logsigmoid(shifted).sub(shifted).add(first(y).log()).sum(-1);
  }

  override forwardShape(shape: Shape): Shape {
    return [...super.forwardShape(shape).slice(0, -1), shape[shape.length - 1] + 1];
  }

  override inverseShape(shape: Shape): Shape {
    return [...super.forwardShape(shape).slice(0, -1), shape[shape.length - 1] - 1];
  }

  private shifted(x: Tensor): Tensor {
    return x.sub(logOffsets(x, x.shape[x.ndim - 1]));
  }
}
