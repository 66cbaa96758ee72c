/** Transforms into Cholesky factors and positive definite matrices. */
import { ShapeError } from '../core/errors.ts';
import { eye } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { cholesky } from '../linalg/index.ts';
import { cat } from '../tensor/library/joining.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { TanhTransform, Transform } from './transforms.ts';
import { belowDiagonal, sizeBelow, triangleOf } from './triangular.ts';
import { complement, sizes, type Shape } from './utils.ts';

abstract class OfMatrix extends Transform {
  override get domain(): constraints.Constraint {
    return constraints.independent(constraints.real, 2);
  }

  override get bijective(): boolean {
    return false;
  }

  override equals(other: Transform): boolean {
    return other.constructor === this.constructor;
  }
}

const withDiagonal = (x: Tensor, diagonal: Tensor): Tensor => x.tril(-1).add(diagonal.diagEmbed());
const exponential = (x: Tensor): Tensor => withDiagonal(x, x.diagonal(0, -2, -1).exp());
const logarithm = (y: Tensor): Tensor => withDiagonal(y, y.diagonal(0, -2, -1).log());

/** PyTorch's `LowerCholeskyTransform`: the lower triangle of a matrix, with the exponential of its diagonal. */
export class LowerCholeskyTransform extends OfMatrix {
  override get codomain(): constraints.Constraint {
    return constraints.lowerCholesky;
  }

  call(x: Tensor): Tensor {
    return exponential(x);
  }

  override undo(y: Tensor): Tensor {
    return logarithm(y);
  }
}

/** PyTorch's `PositiveDefiniteTransform`: L L^T of what {@link LowerCholeskyTransform} gives. */
export class PositiveDefiniteTransform extends OfMatrix {
  override get codomain(): constraints.Constraint {
    return constraints.positiveDefinite;
  }

  call(x: Tensor): Tensor {
    const factor = exponential(x);
    return factor.matmul(factor.transpose(-2, -1));
  }

  override undo(y: Tensor): Tensor {
    return logarithm(cholesky(y));
  }
}

/** What of 1 the squares to the left of each element leave. */
function leftBefore(y: Tensor): Tensor {
  const n = y.shape[y.ndim - 1], left = complement(y.square().cumsum(-1));
  return cat([y.newOnes([...y.shape.slice(0, -1), 1]), left.narrow(-1, 0, n - 1)], -1);
}

/**
 * PyTorch's `CorrCholeskyTransform`: n (n - 1) / 2 numbers to the lower Cholesky factor of an n x n correlation matrix, row by
 * row; tanh makes them shares of what the squares before leave of a row's norm 1.
 */
export class CorrCholeskyTransform extends Transform {
  override get domain(): constraints.Constraint {
    return constraints.realVector;
  }

  override get codomain(): constraints.Constraint {
    return constraints.corrCholesky;
  }

  call(x: Tensor): Tensor {
    const { eps } = finfo(x.dtype), n = sizeBelow('CorrCholeskyTransform', x.shape[x.ndim - 1]);
    const shares = belowDiagonal(x.tanh().clamp(eps - 1, 1 - eps), n), left = complement(shares.square()).sqrt().cumprod(-1);
    const before = cat([left.newOnes([...left.shape.slice(0, -1), 1]), left.narrow(-1, 0, n - 1)], -1);
    return shares.add(eye(n, { dtype: x.dtype })).mul(before);
  }

  override undo(y: Tensor): Tensor {
    const share = triangleOf(y, -1).div(triangleOf(leftBefore(y), -1).sqrt());
    return share.log1p().sub(share.neg().log1p()).div(2);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const left = triangleOf(complement(y.square().cumsum(-1)), -2);
    return left.log().sum(-1).mul(0.5).add(new TanhTransform().logAbsDetJacobian(x).sum(-1));
  }

  override forwardShape(shape: Shape): Shape {
    if (shape.length < 1) throw new ShapeError('CorrCholeskyTransform', 'a value must have at least one dimension');
    const n = sizeBelow('CorrCholeskyTransform', shape[shape.length - 1]);
    return [...shape.slice(0, -1), n, n];
  }

  override inverseShape(shape: Shape): Shape {
    const n = shape[shape.length - 1];
    if (shape.length < 2 || shape[shape.length - 2] !== n) throw new ShapeError('CorrCholeskyTransform', `a factor must be square, got ${sizes(shape)}`);
    return [...shape.slice(0, -2), n * (n - 1) / 2];
  }

  override equals(other: Transform): boolean {
    return other instanceof CorrCholeskyTransform;
  }
}
