/** What is given by one of three matrices: a covariance, its inverse, or its lower Cholesky factor, which saves the factorization. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { eye } from '../tensor/create.ts';
import { choleskyInverse } from '../linalg/functions.ts';
import { cholesky, solveTriangular } from '../linalg/index.ts';
import { enableGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as constraints from './constraints.ts';
import { Distribution } from './distribution.ts';
import type { Shape } from './utils.ts';

const GIVEN = ['covarianceMatrix', 'precisionMatrix', 'scaleTril'] as const;
type Given = (typeof GIVEN)[number];
interface GivenMatrix { readonly name: Given; readonly matrix: Tensor }

/** The one of the three that was given. */
export function givenMatrix(op: string, ...three: readonly (Tensor | undefined)[]): GivenMatrix {
  const names = GIVEN.filter((_, i) => three[i] !== undefined);
  if (names.length !== 1) throw new ArgumentError(op, 'covarianceMatrix', `, precisionMatrix or scaleTril must be given, and only one of them, got ${names.length}`);
  const [name] = names, matrix = three[GIVEN.indexOf(name)] as Tensor;
  if (matrix.ndim < 2) throw new ShapeError(op, `${name} must have at least two dimensions`);
  return { name, matrix };
}

/** The lower triangular factor of the inverse of a matrix. */
function precisionToScaleTril(precision: Tensor): Tensor {
  const n = precision.shape[precision.ndim - 1];
  const inverse = cholesky(precision.flip([-2, -1])).flip([-2, -1]).transpose(-2, -1);
  return solveTriangular(inverse, eye(n, { dtype: precision.dtype }).expand([...precision.shape]), { upper: false });
}

const factorOf = ({ name, matrix }: GivenMatrix): Tensor => (name === 'scaleTril' ? matrix : name === 'covarianceMatrix' ? cholesky(matrix) : precisionToScaleTril(matrix));

/** Half the logarithm of the determinant of L L^T. */
export const halfLogDet = (scaleTril: Tensor): Tensor => scaleTril.diagonal(0, -2, -1).log().sum(-1);

export abstract class OfScaleMatrix extends Distribution {
  // In objects, since `expand` takes tensors for parameters of the batch.
  private readonly given: GivenMatrix;
  private readonly matrices: Partial<Record<Given, Tensor>>;
  private factored: { readonly factor: Tensor } | null = null;

  constructor(given: GivenMatrix, batchShape: Shape, eventShape: Shape, validateArgs: boolean | undefined) {
    super(batchShape, eventShape, validateArgs);
    this.given = given;
    this.matrices = { [given.name]: given.matrix.expand([...batchShape, ...given.matrix.shape.slice(-2)]) };
  }

  protected get matrixConstraints(): Readonly<Record<Given, constraints.Constraint>> {
    return { covarianceMatrix: constraints.positiveDefinite, precisionMatrix: constraints.positiveDefinite, scaleTril: constraints.lowerCholesky };
  }

  protected override isGiven(name: string): boolean {
    return name === this.given.name || !(GIVEN as readonly string[]).includes(name);
  }

  protected override checkParameters(): void {
    super.checkParameters();
    this.factored = { factor: factorOf(this.given) };
  }

  /** @internal The lower factor without the batch dims of the other parameters. */
  get unbroadcastedScaleTril(): Tensor {
    return (this.factored as { readonly factor: Tensor }).factor;
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

  protected override expanded(batchShape: Shape): object {
    const [n] = this.eventShape, { name } = this.given, matrix = this.matrices[name] as Tensor;
    return { ...super.expanded(batchShape), matrices: { [name]: matrix.expand([...batchShape, n, n]) } };
  }

  private matrix(name: Given, make: (factor: Tensor) => Tensor): Tensor {
    const [n] = this.eventShape;
    return this.matrices[name] ??= this.kept(enableGrad(() => make(this.unbroadcastedScaleTril).expand([...this.batchShape, n, n])));
  }
}
