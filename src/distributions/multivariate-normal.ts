import { ShapeError } from '../core/errors.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import { solveTriangular } from '../linalg/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { OfScaleMatrix, givenMatrix, halfLogDet } from './of-scale-matrix.ts';
import { standardNormal, type Shape } from './utils.ts';

/** The squared distance of the standardized `x`: |L^-1 x|^2 over the last dim; the batch dims broadcast. */
export function mahalanobis(scaleTril: Tensor, x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1], batch = broadcastShapes(scaleTril.shape.slice(0, -2), x.shape.slice(0, -1));
  const column = x.expand([...batch, n]).unsqueeze(-1);
  return solveTriangular(scaleTril.expand([...batch, n, n]), column, { upper: false }).square().sum([-2, -1]);
}

const SCHEMA = parameters('MultivariateNormal(loc: Tensor, covarianceMatrix: Tensor?, precisionMatrix: Tensor?, scaleTril: Tensor?, validateArgs: bool?)');
/**
 * PyTorch's `MultivariateNormal(loc, covarianceMatrix | precisionMatrix | scaleTril)`: means `[..., n]` and one of three
 * matrices `[..., n, n]`.
 */
export class MultivariateNormal extends OfScaleMatrix {
  readonly loc: Tensor;

  constructor(...args: ArgsOf<typeof SCHEMA>) {
    const op = 'MultivariateNormal', [loc, covarianceMatrix, precisionMatrix, scaleTril, validateArgs] = SCHEMA(...args);
    if (loc.ndim < 1) throw new ShapeError(op, 'loc must have at least one dimension');
    const given = givenMatrix(op, covarianceMatrix, precisionMatrix, scaleTril), n = loc.shape[loc.ndim - 1];
    const batchShape = broadcastShapes(given.matrix.shape.slice(0, -2), loc.shape.slice(0, -1));
    super(given, batchShape, [n], validateArgs);
    this.loc = loc.expand([...batchShape, n]);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.realVector, ...this.matrixConstraints };
  }

  override get support(): constraints.Constraint {
    return constraints.realVector;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  override get variance(): Tensor {
    return this.unbroadcastedScaleTril.square().sum(-1).expand(this.extendedShape());
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const eps = standardNormal(this.loc, this.extendedShape(sampleShape));
    return this.loc.add(this.unbroadcastedScaleTril.matmul(eps.unsqueeze(-1)).squeeze(-1));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const factor = this.unbroadcastedScaleTril, [n] = this.eventShape;
    return mahalanobis(factor, value.sub(this.loc)).add(n * Math.log(2 * Math.PI)).mul(-0.5).sub(halfLogDet(factor));
  }

  override entropy(): Tensor {
    return halfLogDet(this.unbroadcastedScaleTril).add(0.5 * this.eventShape[0] * (1 + Math.log(2 * Math.PI))).expand([...this.batchShape]);
  }
}
