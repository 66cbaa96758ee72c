/** `nn.utils.parametrizations`: weights by length and direction, of bounded norm, and orthogonal ones. */
import { bind, boolArg, intArg, isOptions, numberArg, signature, stringArg, type CallArgs } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim, sameShape } from '../core/layout.ts';
import { matrixExp } from '../linalg/power.ts';
import { householderProduct, qr, reflectionsOf } from '../linalg/qr.ts';
import { solve } from '../linalg/solve.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { eye } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { randn } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { sizeArg } from './args.ts';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.ts';
import { normalize } from './functional-distance.ts';
import { Module } from './module.ts';
import { registerParametrization, type Parametrized } from './parametrize.ts';

/** The tensor to be parametrized, checked to be there. */
function tensorOf(op: string, module: unknown, name: unknown): Tensor {
  if (!(module instanceof Module)) throw new ArgumentError(op, 'module', 'must be an nn.Module');
  const value = typeof name === 'string' ? (module as unknown as Record<string, unknown>)[name] : undefined;
  if (!(value instanceof Tensor)) throw new ArgumentError(op, 'name', `must be that of a parameter or a buffer of ${module.constructor.name}, got ${JSON.stringify(name)}`);
  return value;
}

// --- weight normalization ----------------------------------------------------------------------------------------

/** The 2-norm over all dims but one, which are kept with size 1; for null the norm of all, without dims. */
export function normExceptDim(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return v.norm(2);
  const others = v.shape.flatMap((_, i) => (i === dim ? [] : [i]));
  return others.length === 0 ? v.abs() : v.norm(2, others, true);
}

/** A tensor of direction `v` and, along `dim`, of lengths `g`. */
export const ofLength = (g: Tensor, v: Tensor, dim: number | null): Tensor => v.mul(g.div(normExceptDim(v, dim)));

/** -1 counts as null, as in PyTorch. */
export function normDim(op: string, dim: unknown, weight: Tensor): number | null {
  return dim === null || dim === -1 ? null : normalizeDim(op, intArg(op, 'dim', dim, 0), weight.ndim);
}

/** `dim` as given, where null is not the default but the norm of all. */
export const givenDim = (args: readonly unknown[], at: number): unknown => {
  const last = args[args.length - 1];
  return args[at] !== undefined && !isOptions(args[at]) ? args[at] : isOptions(last) ? last.dim : undefined;
};

class _WeightNorm extends Module {
  readonly dim: number | null;

  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }

  forward(g: Tensor, v: Tensor): Tensor {
    return ofLength(g, v, this.dim);
  }

  rightInverse(weight: Tensor): readonly [Tensor, Tensor] {
    return [normExceptDim(weight, this.dim), weight];
  }
}

const WEIGHT_NORM = signature('weightNorm(module, name?, dim?)');

/**
 * Makes a weight the product of its lengths, `parametrizations.weight.original0`, and its directions, `original1`
 * (Salimans and Kingma, 2016): the lengths are 2-norms over all dims but `dim`, or over all for null. State dicts of the older
 * `nn.utils.weightNorm` are read, too. PyTorch's `torch.nn.utils.parametrizations.weight_norm`.
 */
export function weightNorm<M extends Module>(module: M, ...args: CallArgs<[name: string, dim: number | null], { readonly name?: string; readonly dim?: number | null }>): M & Parametrized {
  const op = 'weightNorm';
  const { name = 'weight' } = bind(WEIGHT_NORM, [module, ...args]) as { readonly name?: string };
  const dim = normDim(op, givenDim(args, 1), tensorOf(op, module, name));
  const result = registerParametrization(module, name, new _WeightNorm(dim), { unsafe: true });
  module.registerLoadStateDictPreHook((_module, state, prefix) => {
    const g = `${prefix}${name}_g`, v = `${prefix}${name}_v`;
    if (!(g in state && v in state)) return;
    state[`${prefix}parametrizations.${name}.original0`] = state[g];
    state[`${prefix}parametrizations.${name}.original1`] = state[v];
    delete state[g];
    delete state[v];
  });
  return result;
}

// --- spectral normalization --------------------------------------------------------------------------------------

/** The weight as a matrix of which `dim` are the rows. */
export function weightMatrix(weight: Tensor, dim: number): Tensor {
  return (dim === 0 ? weight : weight.movedim(dim, 0)).flatten(1);
}

/** The dim of the outputs, unless one is given. */
export const outputDim = (op: string, module: Module, dim: unknown, weight: Tensor): number =>
  normalizeDim(op, intArg(op, 'dim', dim, [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((each) => module instanceof each) ? 1 : 0), weight.ndim);

/** A random vector of length 1. */
export const unitVector = (like: Tensor, size: number, eps: number): Tensor => normalize(like.newEmpty(size).normal_(0, 1), { dim: 0, eps });

class _SpectralNorm extends Module {
  readonly dim: number;
  readonly eps: number;
  readonly nPowerIterations: number;
  /** The singular vectors of the largest singular value, from the left and the right. */
  declare _u: Tensor;
  declare _v: Tensor;

  constructor(weight: Tensor, nPowerIterations: number, dim: number, eps: number) {
    super();
    this.dim = dim;
    this.eps = eps;
    this.nPowerIterations = nPowerIterations;
    if (weight.ndim === 1) return;
    noGrad(() => {
      const matrix = weightMatrix(weight, dim);
      const u = unitVector(weight, matrix.shape[0], eps), v = unitVector(weight, matrix.shape[1], eps);
      this.registerBuffer('_u', u);
      this.registerBuffer('_v', v);
      this.iterate(matrix, 15);
    });
  }

  /** In place, so that what shares the buffers sees it. */
  private iterate(matrix: Tensor, count: number): void {
    noGrad(() => {
      for (let i = 0; i < count; i++) {
        this._u.copy_(normalize(matrix.mv(this._v), { dim: 0, eps: this.eps }));
        this._v.copy_(normalize(matrix.mT.mv(this._u), { dim: 0, eps: this.eps }));
      }
    });
  }

  forward(weight: Tensor): Tensor {
    if (weight.ndim === 1) return normalize(weight, { dim: 0, eps: this.eps });
    const matrix = weightMatrix(weight, this.dim);
    if (this.training) this.iterate(matrix, this.nPowerIterations);
    // Copies: backward needs these, and the next access in training changes the buffers.
    const u = this._u.clone(), v = this._v.clone();
    return weight.div(u.dot(matrix.mv(v)));
  }

  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

const SPECTRAL_NORM = signature('spectralNorm(module, name?, nPowerIterations?, eps?, dim?)');

export interface SpectralNormOptions {
  readonly name?: string;
  /** At every access in training mode. */
  readonly nPowerIterations?: number;
  /** Added where a vector is divided by its norm. */
  readonly eps?: number;
  /** Of the outputs: 0, and 1 for transposed convolutions. */
  readonly dim?: number | null;
}

/** The checked arguments of both forms. */
export function spectralArgs(module: Module, args: readonly unknown[]): { name: string; weight: Tensor; nPowerIterations: number; eps: number; dim: number } {
  const op = 'spectralNorm', given = bind(SPECTRAL_NORM, [module, ...args]);
  const name = (given.name ?? 'weight') as string, weight = tensorOf(op, module, name);
  const nPowerIterations = given.nPowerIterations === undefined ? 1 : sizeArg(op, 'nPowerIterations', given.nPowerIterations, 1);
  return { name, weight, nPowerIterations, eps: numberArg(op, 'eps', given.eps, 1e-12), dim: outputDim(op, module, given.dim, weight) };
}

/**
 * Divides a weight by an estimate of its largest singular value, all dims but `dim` taken as columns, and a vector by its
 * norm (Miyato et al., 2018). The singular vectors, `parametrizations.weight.0._u` and `_v`, begin at random and get
 * better by `nPowerIterations` at every access in training mode. PyTorch's `torch.nn.utils.parametrizations.spectral_norm`.
 */
export function spectralNorm<M extends Module>(module: M, ...args: CallArgs<[name: string, nPowerIterations: number, eps: number, dim: number | null], SpectralNormOptions>): M & Parametrized {
  const { name, weight, nPowerIterations, eps, dim } = spectralArgs(module, args);
  return registerParametrization(module, name, new _SpectralNorm(weight, nPowerIterations, dim, eps));
}

// --- orthogonal weights ------------------------------------------------------------------------------------------

export type OrthogonalMap = 'matrix_exp' | 'cayley' | 'householder';
const MAPS: readonly OrthogonalMap[] = ['matrix_exp', 'cayley', 'householder'];

const identityLike = (x: Tensor, n: number): Tensor => eye(n, { dtype: x.dtype });

/** The Q of A = Q R with a positive diagonal of R, which makes it unique. */
function orthogonalFactor(A: Tensor): Tensor {
  const [Q, R] = qr(A);
  return Q.mul(R.diagonal(0, -2, -1).sign().unsqueeze(-2));
}

class _Orthogonal extends Module {
  readonly shape: readonly number[];
  readonly orthogonalMap: OrthogonalMap;
  readonly useTrivialization: boolean;
  /** What the map's matrix is multiplied by (Lezcano-Casado, 2019). */
  declare base: Tensor | null;

  constructor(weight: Tensor, orthogonalMap: OrthogonalMap, useTrivialization: boolean) {
    super();
    this.shape = weight.shape;
    this.orthogonalMap = orthogonalMap;
    this.useTrivialization = useTrivialization;
    if (useTrivialization) this.registerBuffer('base', null);
  }

  forward(input: Tensor): Tensor {
    const wide = input.size(-2) < input.size(-1), X = wide ? input.mT : input;
    const Q = this.orthogonalMap === 'householder' ? ofReflections(X) : ofSkew(X, this.orthogonalMap);
    const turned = this.useTrivialization ? (this.base as Tensor).matmul(Q) : Q;
    return wide ? turned.mT : turned;
  }

  /** Of the two other maps without a base, no inverse is known. */
  get rightInverse(): ((value: Tensor) => Tensor) | undefined {
    if (this.useTrivialization) return (value) => noGrad(() => this.rebase(value));
    return this.orthogonalMap === 'householder' ? (value) => noGrad(() => this.reflectionsFor(value)) : undefined;
  }

  /** The value as a tall matrix. */
  private tall(value: Tensor): Tensor {
    if (!sameShape(value.shape, this.shape)) throw new ShapeError('orthogonal', `expected a value of shape [${this.shape.join(', ')}], got [${value.shape.join(', ')}]`);
    return value.size(-2) < value.size(-1) ? value.mT : value;
  }

  /** Makes the value the base, at which the original is minus the identity: the diagonal holds the reflections' signs. */
  private rebase(value: Tensor): Tensor {
    const Q = this.tall(value), n = Q.size(-2), k = Q.size(-1);
    const full = n === k ? Q : Q.cat([randn([...Q.layout.shape.slice(0, -2), n, n - k], { dtype: Q.dtype })], -1);
    this.registerBuffer('base', n === k && isOrthogonal(Q) ? Q.clone() : orthogonalFactor(full));
    const original = value.newZeros([...value.shape]);
    original.diagonal(0, -2, -1).fill_(-1);
    return original;
  }

  private reflectionsFor(value: Tensor): Tensor {
    const [A, tau] = reflectionsOf('orthogonal', this.tall(value));
    // With a positive diagonal of R; where there is no reflection, tau is exactly zero, and the sign is the other.
    const diagonal = A.diagonal(0, -2, -1);
    diagonal.copy_(diagonal.sign().mul(tau.eq(0).to(A.dtype).mul(-2).add(1)));
    return value.size(-2) < value.size(-1) ? A.mT.contiguous() : A;
  }
}

function isOrthogonal(Q: Tensor): boolean {
  const n = Q.size(-2);
  return Q.mT.matmul(Q).allclose(identityLike(Q, Q.size(-1)).expand([...Q.layout.shape.slice(0, -2), Q.size(-1), Q.size(-1)]), { atol: 10 * n * finfo(Q.dtype).eps });
}

/** By the vectors below the diagonal of X, with the signs on it. */
function ofReflections(X: Tensor): Tensor {
  const A = X.tril(-1), tau = A.mul(A).sum(-2).add(1).reciprocal().mul(2);
  // The signs are no parameters, whatever is added to them.
  const signs = X.detach().diagonal(0, -2, -1).trunc();
  return householderProduct(A, tau).mul(signs.unsqueeze(-2));
}

/** By the skew-symmetric matrix of which X [..., n, k] is the lower part of the first columns. */
function ofSkew(X: Tensor, map: 'matrix_exp' | 'cayley'): Tensor {
  const n = X.size(-2), k = X.size(-1), lower = X.tril();
  const square = n === k ? lower : lower.cat([X.newZeros([...X.layout.shape.slice(0, -2), n, n - k])], -1);
  const A = square.sub(square.mT), half = A.mul(0.5), one = identityLike(A, n);
  const Q = map === 'matrix_exp' ? matrixExp(A) : solve(one.sub(half), one.add(half));
  return n === k ? Q : Q.narrow(-1, 0, k);
}

const ORTHOGONAL = signature('orthogonal(module, name?, orthogonalMap?, *, useTrivialization?)');

export interface OrthogonalOptions {
  readonly name?: string;
  readonly orthogonalMap?: OrthogonalMap | null;
  /** Multiplies by a constant matrix, `parametrizations.weight.0.base`, so that training begins at zero. */
  readonly useTrivialization?: boolean;
}

/**
 * Makes a weight `[..., m, n]` matrices of orthonormal columns, or rows where there are fewer of them: by the exponential
 * ('matrix_exp', the default for square ones) or the Cayley transform ('cayley') of a skew-symmetric matrix, or by
 * reflections ('householder', the default otherwise). It begins as the weight if that is orthogonal, otherwise as the Q of
 * its QR decomposition. PyTorch's `torch.nn.utils.parametrizations.orthogonal`.
 */
export function orthogonal<M extends Module>(module: M, ...args: CallArgs<[name: string, orthogonalMap: OrthogonalMap | null], OrthogonalOptions>): M & Parametrized {
  const op = 'orthogonal', given = bind(ORTHOGONAL, [module, ...args]);
  const name = (given.name ?? 'weight') as string, weight = tensorOf(op, module, name);
  if (weight.ndim < 2) throw new ShapeError(op, `needs a tensor with at least 2 dimensions, got shape [${weight.shape.join(', ')}]`);
  const map = stringArg(op, 'orthogonalMap', given.orthogonalMap, MAPS, weight.size(-1) === weight.size(-2) ? 'matrix_exp' : 'householder');
  return registerParametrization(module, name, new _Orthogonal(weight, map, boolArg(op, 'useTrivialization', given.useTrivialization, true)), { unsafe: true });
}
