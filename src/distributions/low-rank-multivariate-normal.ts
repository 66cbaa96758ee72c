import { ShapeError } from '../core/errors.ts';
import { eye } from '../tensor/create.ts';
import { cholesky, solveTriangular } from '../linalg/index.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import { mahalanobis } from './multivariate-normal.ts';
import { halfLogDet } from './of-scale-matrix.ts';
import { sizes, standardNormal, type Shape } from './utils.ts';

/** The parameters without the batch dims of the others, and the lower Cholesky factor of `I + W^T D^-1 W`. */
interface Parts { readonly factor: Tensor; readonly diag: Tensor; readonly capacitance: Tensor }

const plusIdentity = (x: Tensor): Tensor => x.add(eye(x.shape[x.ndim - 1], { dtype: x.dtype }));
const transposed = (x: Tensor): Tensor => x.transpose(-2, -1);
/** W^T D^-1. */
const scaledBack = (factor: Tensor, diag: Tensor): Tensor => transposed(factor).div(diag.unsqueeze(-2));

const LOW_RANK = parameters('LowRankMultivariateNormal(loc: Tensor, covFactor: Tensor, covDiag: Tensor, validateArgs: bool?)');
/**
 * PyTorch's `LowRankMultivariateNormal(loc, covFactor, covDiag)`: means `[..., n]` and a covariance `W W^T + D` of a matrix
 * `[..., n, m]` and a diagonal `[..., n]`. Only matrices of m rows are factorized.
 */
export class LowRankMultivariateNormal extends Distribution {
  readonly loc: Tensor;
  readonly covFactor: Tensor;
  readonly covDiag: Tensor;
  private readonly parts: Parts;

  constructor(...args: ArgsOf<typeof LOW_RANK>) {
    const op = 'LowRankMultivariateNormal', [loc, covFactor, covDiag, validateArgs] = LOW_RANK(...args);
    if (loc.ndim < 1) throw new ShapeError(op, 'loc must have at least one dimension');
    if (covFactor.ndim < 2) throw new ShapeError(op, 'covFactor must have at least two dimensions');
    const n = loc.shape[loc.ndim - 1], m = covFactor.shape[covFactor.ndim - 1];
    if (covFactor.shape[covFactor.ndim - 2] !== n) throw new ShapeError(op, `covFactor must have ${n} rows, got ${sizes(covFactor.shape)}`);
    if (covDiag.shape[covDiag.ndim - 1] !== n) throw new ShapeError(op, `covDiag must have ${n} elements in its last dim, got ${sizes(covDiag.shape)}`);
    const batchShape = broadcastShapes(loc.shape.slice(0, -1), covFactor.shape.slice(0, -2), covDiag.shape.slice(0, -1));
    super(batchShape, [n], validateArgs);
    this.loc = loc.expand([...batchShape, n]);
    this.covFactor = covFactor.expand([...batchShape, n, m]);
    this.covDiag = covDiag.expand([...batchShape, n]);
    this.checkParameters();
    this.parts = { factor: covFactor, diag: covDiag, capacitance: cholesky(plusIdentity(scaledBack(covFactor, covDiag).matmul(covFactor))) };
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { loc: constraints.realVector, covFactor: constraints.independent(constraints.real, 2), covDiag: constraints.independent(constraints.positive, 1) };
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
    return this.parts.factor.square().sum(-1).add(this.parts.diag).expand(this.extendedShape());
  }

  /** The lower Cholesky factor of the covariance, of n rows. */
  get scaleTril(): Tensor {
    const root = this.parts.diag.sqrt().unsqueeze(-1), scaled = this.parts.factor.div(root);
    return this.square(root.mul(cholesky(plusIdentity(scaled.matmul(transposed(scaled))))));
  }

  get covarianceMatrix(): Tensor {
    const { factor, diag } = this.parts;
    return this.square(factor.matmul(transposed(factor)).add(diag.diagEmbed()));
  }

  get precisionMatrix(): Tensor {
    const { whitened } = this;
    return this.square(this.parts.diag.reciprocal().diagEmbed().sub(transposed(whitened).matmul(whitened)));
  }

  /** @internal The parameters without the batch dims of the others. */
  get unbroadcasted(): Parts {
    return this.parts;
  }

  /** @internal The inverse of the covariance is `D^-1 - A^T A` of this A. */
  get whitened(): Tensor {
    const { factor, diag, capacitance } = this.parts;
    return solveTriangular(capacitance, scaledBack(factor, diag), { upper: false });
  }

  /** @internal The logarithm of the covariance's determinant. */
  get logDet(): Tensor {
    return halfLogDet(this.parts.capacitance).mul(2).add(this.parts.diag.log().sum(-1));
  }

  /** @internal x^T C^-1 x of the covariance C. */
  squaredDistance(x: Tensor): Tensor {
    const { factor, diag, capacitance } = this.parts;
    return x.square().div(diag).sum(-1).sub(mahalanobis(capacitance, scaledBack(factor, diag).matmul(x.unsqueeze(-1)).squeeze(-1)));
  }

  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const { factor, diag } = this.parts, shape = this.extendedShape(sampleShape);
    const common = standardNormal(this.loc, [...shape.slice(0, -1), factor.shape[factor.ndim - 1]]), own = standardNormal(this.loc, shape);
    return this.loc.add(factor.matmul(common.unsqueeze(-1)).squeeze(-1)).add(diag.sqrt().mul(own));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.squaredDistance(value.sub(this.loc)).add(this.logDet).add(this.eventShape[0] * Math.log(2 * Math.PI)).mul(-0.5);
  }

  override entropy(): Tensor {
    return this.logDet.add(this.eventShape[0] * (1 + Math.log(2 * Math.PI))).mul(0.5).expand([...this.batchShape]);
  }

  private square(matrix: Tensor): Tensor {
    const [n] = this.eventShape;
    return matrix.expand([...this.batchShape, n, n]);
  }
}
