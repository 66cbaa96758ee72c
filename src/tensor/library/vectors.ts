/** Products of vectors, powers of their elements, and lengths that are bounded. */
import { broadcastShapes, normalizeDim } from '../../core/layout.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { isFloating } from '../../core/dtype.ts';
import { cat, stack } from '../composite.ts';
import { normOver } from '../reduction.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** The vector product along a dim of size 3; the other dims broadcast. */
export function crossOver(op: string, a: Tensor, b: Tensor, dim: number): Tensor {
  if (a.ndim !== b.ndim) throw new ShapeError(op, `both operands must have as many dimensions, got ${a.ndim} and ${b.ndim}`);
  const at = normalizeDim(op, dim, a.ndim);
  if (a.shape[at] !== 3 || b.shape[at] !== 3) throw new ShapeError(op, `dimension ${dim} of both operands must have size 3, got ${a.shape[at] ?? 1} and ${b.shape[at] ?? 1}`);
  broadcastShapes(op, a.shape, b.shape);
  const [a0, a1, a2] = a.unbind(at), [b0, b1, b2] = b.unbind(at);
  return stack([a1.mul(b2).sub(a2.mul(b1)), a2.mul(b0).sub(a0.mul(b2)), a0.mul(b1).sub(a1.mul(b0))], at);
}

/** The vector product along `dim`, by default the first of size 3. PyTorch's `torch.cross`. */
export const cross = operation('cross(input: Tensor, other: Tensor, dim: int?, *, out: Tensor?)', (input, other, dim): Tensor => {
  const first = input.shape.findIndex((size, i) => size === 3 && other.shape[i] === 3);
  if (dim === undefined && first < 0) throw new ShapeError('cross', `no dimension of [${input.shape.join(', ')}] has size 3`);
  return crossOver('cross', input, other, dim ?? first);
});

/** [1, x, x^2, ...] along a new last dim of size N. */
export function powersOf(op: string, x: Tensor, N: number): Tensor {
  if (N < 0) throw new ArgumentError(op, 'N', `must not be negative, got ${N}`);
  const column = x.unsqueeze(-1), ones = column.where(column.newZeros([], { dtype: 'bool' }), 1);
  if (N <= 1) return ones.narrow(-1, 0, N);
  return cat([ones, column.expand([...x.shape, N - 1]).cumprod(-1)], -1);
}

/** A matrix of powers of a vector's elements, `[n, N]` with N = n: falling from N - 1 on, or rising from 0. PyTorch's `torch.vander`. */
export const vander = operation('vander(x: Tensor, N: int?, increasing: bool = false)', (x, N, increasing): Tensor => {
  if (x.ndim !== 1) throw new ShapeError('vander', `x must be 1-d, got shape [${x.shape.join(', ')}]`);
  const powers = powersOf('vander', x, N ?? x.shape[0]);
  return increasing ? powers : powers.flip(-1);
});

/** The slices along `dim`, those whose p-norm exceeds `maxnorm` scaled down to it. PyTorch's `torch.renorm`. */
export const renorm = operation('renorm(input: Tensor, p: float, dim: int, maxnorm: float, *, out: Tensor?)', (input, p, dim, maxnorm): Tensor => {
  if (!isFloating(input.dtypeCode)) throw new DTypeError('renorm', input.dtype, `expected a floating point dtype, got ${input.dtype}`);
  if (input.ndim < 2) throw new ShapeError('renorm', `input must have at least 2 dimensions, got ${input.ndim}`);
  if (!(p > 0)) throw new ArgumentError('renorm', 'p', `must be positive, got ${p}`);
  if (!(maxnorm >= 0)) throw new ArgumentError('renorm', 'maxnorm', `must not be negative, got ${maxnorm}`);
  const at = normalizeDim('renorm', dim, input.ndim);
  const norms = normOver(input, p, input.shape.map((_, i) => i).filter((i) => i !== at), true);
  // PyTorch's guard against division by zero.
  const factor = norms.add(1e-7).reciprocal().mul(maxnorm).where(norms.gt(maxnorm), 1);
  return input.mul(factor);
});

export const VECTORS_METHODS = { cross, renorm };
export const VECTORS_IN_PLACE = { renorm };

declare module '../tensor.ts' {
  interface Tensor {
    cross: Method<typeof cross>;
    renorm: Method<typeof renorm>;
    renorm_: Method<typeof renorm>;
  }
}
