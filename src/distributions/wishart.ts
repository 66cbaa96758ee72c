import { ArgumentError } from '../core/errors.ts';
import { arange, tensor } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { choleskySolve } from '../linalg/functions.ts';
import { slogdet } from '../linalg/index.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Chi2 } from './gamma.ts';
import { OfScaleMatrix, givenMatrix, halfLogDet } from './of-scale-matrix.ts';
import { belowDiagonal } from './triangular.ts';
import { standardNormal, type Shape } from './utils.ts';

const REDRAWS = 10;

const SCHEMA = parameters('Wishart(df: operand, covarianceMatrix: Tensor?, precisionMatrix: Tensor?, scaleTril: Tensor?, validateArgs: bool?)');
/**
 * PyTorch's `Wishart(df, covarianceMatrix | precisionMatrix | scaleTril)`: the sums of `df` outer products of normal vectors
 * with themselves, positive definite matrices `[..., n, n]`; `df`, above n - 1, need not be a whole number. Drawn by Bartlett's
 * decomposition.
 */
export class Wishart extends OfScaleMatrix {
  readonly df: Tensor;

  constructor(...args: ArgsOf<typeof SCHEMA>) {
    const op = 'Wishart', [df, covarianceMatrix, precisionMatrix, scaleTril, validateArgs] = SCHEMA(...args);
    const given = givenMatrix(op, covarianceMatrix, precisionMatrix, scaleTril), { matrix } = given;
    const freedom = df instanceof Tensor ? df : tensor(Number(df), { dtype: matrix.dtype });
    const batchShape = broadcastShapes(matrix.shape.slice(0, -2), freedom.shape), n = matrix.shape[matrix.ndim - 1];
    super(given, batchShape, matrix.shape.slice(-2), validateArgs);
    this.df = freedom.expand(batchShape);
    if (freedom.detach().le(n - 1).any().item()) throw new ArgumentError(op, 'df', `must be greater than ${n - 1} for matrices of ${n} rows, found ${freedom.detach()}`);
    if (freedom.detach().lt(n).any().item()) process.emitWarning(`${op}: samples with df between ${n - 1} and ${n} are likely to be singular`);
    this.checkParameters();
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { ...this.matrixConstraints, df: constraints.greaterThan(this.eventShape[0] - 1) };
  }

  override get support(): constraints.Constraint {
    return constraints.positiveDefinite;
  }

  override get hasRsample(): boolean {
    return true;
  }

  override get mean(): Tensor {
    return this.covarianceMatrix.mul(this.perMatrix(this.df));
  }

  /** NaN for `df` up to n + 1. */
  override get mode(): Tensor {
    const factor = this.df.sub(this.eventShape[0] + 1);
    return this.covarianceMatrix.mul(this.perMatrix(factor.maskedFill(factor.le(0), NaN)));
  }

  override get variance(): Tensor {
    const { covarianceMatrix } = this, diagonal = covarianceMatrix.diagonal(0, -2, -1);
    return covarianceMatrix.square().add(diagonal.unsqueeze(-1).mul(diagonal.unsqueeze(-2))).mul(this.perMatrix(this.df));
  }

  /**
   * PyTorch asks for the regular samples where it means to ask for the singular ones: it throws them away and draws once
   * more, and from then on redraws the singular ones. A seed gives its samples.
   */
  protected override drawnWithGrad(sampleShape: Shape): Tensor {
    const count = sampleShape.reduce((product, size) => product * size, 1), shape = [...this.batchShape, ...this.eventShape];
    let sample = this.bartlett(sampleShape).reshape([count, ...shape]), again = this.isRegular(sample);
    for (let i = 0; i < REDRAWS && again.any().item(); i++) {
      const places = again.nonzero().squeeze(-1), fresh = this.bartlett([places.shape[0]]);
      sample = sample.indexCopy(0, places, fresh);
      again = again.indexCopy(0, places, this.isRegular(fresh, true));
    }
    return sample.reshape([...sampleShape, ...shape]);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { df, unbroadcastedScaleTril: factor } = this, [n] = this.eventShape;
    const trace = choleskySolve(value, factor).diagonal(0, -2, -1).sum(-1);
    return df.sub(n + 1).div(2).mul(slogdet(value).logabsdet).sub(trace.div(2)).sub(df.div(2).mvlgamma(n)).sub(df.mul(this.halfLogDet2));
  }

  override entropy(): Tensor {
    const { df } = this, [n] = this.eventShape;
    return this.halfLogDet2.mul(n + 1).add(df.div(2).mvlgamma(n)).sub(df.sub(n + 1).div(2).mul(this.meanDigamma)).add(df.mul(n / 2));
  }

  /** @internal The derivative of the logarithm of the multivariate gamma function at df / 2. */
  get meanDigamma(): Tensor {
    return this.df.div(2).unsqueeze(-1).sub(this.steps.div(2)).digamma().sum(-1);
  }

  /** Half the logarithm of the determinant of 2 L L^T. */
  private get halfLogDet2(): Tensor {
    return halfLogDet(this.unbroadcastedScaleTril).add(this.eventShape[0] * Math.LN2 / 2);
  }

  /** 0 to n - 1. */
  private get steps(): Tensor {
    return arange(this.eventShape[0], { dtype: this.df.dtype });
  }

  private bartlett(sampleShape: Shape): Tensor {
    const [n] = this.eventShape, chi2 = new Chi2(this.df.unsqueeze(-1).sub(this.steps), false).rsample(sampleShape);
    const diagonal = chi2.sqrt().clamp({ min: finfo(chi2.dtype).eps });
    const below = standardNormal(this.df, [...sampleShape, ...this.batchShape, n * (n - 1) / 2]);
    const factor = this.unbroadcastedScaleTril.matmul(diagonal.diagEmbed().add(belowDiagonal(below, n)));
    return factor.matmul(factor.transpose(-2, -1));
  }

  /** Of every sample whether a matrix of its batch is positive definite, or with `not` is none. */
  private isRegular(sample: Tensor, not = false): Tensor {
    const regular = noGrad(() => this.support.check(sample.detach())), batch = this.batchShape.reduce((product, size) => product * size, 1);
    return (not ? regular.logicalNot() : regular).reshape([sample.shape[0], batch]).any(-1);
  }

  private perMatrix(x: Tensor): Tensor {
    return x.unsqueeze(-1).unsqueeze(-1);
  }
}
