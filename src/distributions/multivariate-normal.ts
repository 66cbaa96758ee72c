import { ArgumentError, ShapeError } from '../core/errors.ts';
import { eye } from '../tensor/create.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import { choleskyInverse } from '../linalg/functions.ts';
import { cholesky, solveTriangular } from '../linalg/index.ts';
import { enableGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { standardNormal, type Shape } from './utils.ts';

const GIVEN = ['covarianceMatrix', 'precisionMatrix', 'scaleTril'] as const;
type Given = (typeof GIVEN)[number];

/** The lower triangular factor of the inverse of a matrix. */
function precisionToScaleTril(precision: Tensor): Tensor {
  const n = precision.shape[precision.ndim - 1];
  const inverse = cholesky(precision.flip([-2, -1])).flip([-2, -1]).transpose(-2, -1);
  return solveTriangular(inverse, eye(n, { dtype: precision.dtype }).expand([...precision.shape]), { upper: false });
}

/** The squared distance of the standardized `x`: |L^-1 x|^2 over the last dim; the batch dims broadcast. */
export function mahalanobis(scaleTril: Tensor, x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1], batch = broadcastShapes(scaleTril.shape.slice(0, -2), x.shape.slice(0, -1));
  const column = x.expand([...batch, n]).unsqueeze(-1);
  return solveTriangular(scaleTril.expand([...batch, n, n]), column, { upper: false }).square().sum([-2, -1]);
}

/** Half the logarithm of the determinant of L L^T. */
export const halfLogDet = (scaleTril: Tensor): Tensor => scaleTril.diagonal(0, -2, -1).log().sum(-1);

const SCHEMA = parameters('MultivariateNormal(loc: Tensor, covarianceMatrix: Tensor?, precisionMatrix: Tensor?, scaleTril: Tensor?, validateArgs: bool?)');
/**
 * PyTorch's `MultivariateNormal(loc, covarianceMatrix | precisionMatrix | scaleTril)`: means `[..., n]` and one of three
 * matrices `[..., n, n]`: the covariance, its inverse, or its lower Cholesky factor, which saves the factorization.
 */
export class MultivariateNormal extends Distribution {
  readonly loc: Tensor;
  private readonly parameter: Given;
  private readonly matrices: Partial<Record<Given, Tensor>> = {};
  private factor: Tensor | null = null;

  constructor(...args: ArgsOf<typeof SCHEMA>) {
    const op = 'MultivariateNormal', [loc, covarianceMatrix, precisionMatrix, scaleTril, validateArgs] = SCHEMA(...args);
    if (loc.ndim < 1) throw new ShapeError(op, 'loc must have at least one dimension');
    const all = { covarianceMatrix, precisionMatrix, scaleTril }, names = GIVEN.filter((name) => all[name] !== undefined);
    if (names.length !== 1) throw new ArgumentError(op, 'covarianceMatrix', `, precisionMatrix or scaleTril must be given, and only one of them, got ${names.length}`);
    const [name] = names, matrix = all[name] as Tensor, n = loc.shape[loc.ndim - 1];
    if (matrix.ndim < 2) throw new ShapeError(op, `${name} must have at least two dimensions`);
    const batchShape = broadcastShapes(matrix.shape.slice(0, -2), loc.shape.slice(0, -1));
    super(batchShape, [n], validateArgs);
    this.loc = loc.expand([...batchShape, n]);
    this.parameter = name;
    this.matrices[name] = matrix.expand([...batchShape, ...matrix.shape.slice(-2)]);
    this.checkParameters();
    this.factor = name === 'scaleTril' ? matrix : name === 'covarianceMatrix' ? cholesky(matrix) : precisionToScaleTril(matrix);
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return {
      loc: constraints.realVector, covarianceMatrix: constraints.positiveDefinite, precisionMatrix: constraints.positiveDefinite, scaleTril: constraints.lowerCholesky,
    };
  }

  protected override isGiven(name: string): boolean {
    return name === 'loc' || name === this.parameter;
  }

  override get support(): constraints.Constraint {
    return constraints.realVector;
  }

  override get hasRsample(): boolean {
    return true;
  }

  /** @internal The lower factor without the batch dims of `loc`. */
  get unbroadcastedScaleTril(): Tensor {
    return this.factor as Tensor;
  }

  get scaleTril(): Tensor {
    return this.matrix('scaleTril', (factor) => factor);
  }

  get covarianceMatrix(): Tensor {
    return this.matrix('covarianceMatrix', (factor) => factor.matmul(factor.transpose(-2, -1)));
  }

  get precisionMatrix(): Tensor {
    return this.matrix('precisionMatrix', (factor) => choleskyInverse(factor));
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

  protected override expanded(batchShape: Shape): object {
    const [n] = this.eventShape, given = this.matrices[this.parameter] as Tensor;
    return { loc: this.loc.expand([...batchShape, n]), factor: this.factor, matrices: { [this.parameter]: given.expand([...batchShape, n, n]) } };
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

  private matrix(name: Given, make: (factor: Tensor) => Tensor): Tensor {
    const [n] = this.eventShape;
    return this.matrices[name] ??= this.kept(enableGrad(() => make(this.unbroadcastedScaleTril).expand([...this.batchShape, n, n])));
  }
}
