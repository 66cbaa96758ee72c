/** Quantiles, means without NaN, both extremes at once. */
import { F32, F64, isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { named, type Named } from '../../core/named.ts';
import { normalizeDim } from '../../core/layout.ts';
import { toBeChecked } from '../batching.ts';
import { operation, type Method } from '../operation.ts';
import { sort } from './sorting.ts';
import type { Scalar } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

/** The quantiles asked for as a tensor, checked. */
function fractions(op: string, input: Tensor, q: Tensor | Scalar): Tensor {
  if (typeof q !== 'object') {
    const value = Number(q);
    if (!(value >= 0 && value <= 1)) throw new ArgumentError(op, 'q', `must be in [0, 1], got ${value}`);
    return input.detach().newFull([], value);
  }
  if (q.ndim > 1) throw new ShapeError(op, `q must be a number, a 0-d or a 1-d tensor, got shape [${q.shape.join(', ')}]`);
  if (q.dtypeCode !== input.dtypeCode) throw new DTypeError(op, q.dtype, `q must have the input's dtype ${input.dtype}, got ${q.dtype}`);
  const known = toBeChecked(q.detach());
  if (!known.ge(0).logicalAnd(known.le(1)).all().item()) throw new ArgumentError(op, 'q', 'must have values in [0, 1]');
  return q;
}

function quantiles(op: 'quantile' | 'nanquantile', input: Tensor, q: Tensor | Scalar, dim: number | undefined, keepdim: boolean, interpolation: Interpolation): Tensor {
  if (input.dtypeCode !== F32 && input.dtypeCode !== F64) throw new DTypeError(op, input.dtype, `expected float32 or float64, got ${input.dtype}`);
  const at = fractions(op, input, q), d = normalizeDim(op, dim ?? 0, input.ndim);
  if (input.numel() === 0) throw new ShapeError(op, 'expected at least one element, got an empty tensor');
  const rows = dim === undefined || input.ndim === 0 ? input.reshape([-1]) : input.movedim(d, -1);
  const sorted = sort(rows, -1).values, last = sorted.shape[sorted.ndim - 1] - 1, frozen = sorted.detach();
  // [..., Q]: the (fractional) position of each quantile in its sorted row.
  const flat = at.reshape([-1]);
  const ranks = op === 'quantile'
    ? flat.mul(last).where(frozen.narrow(-1, last, 1).isnan().logicalNot(), last)
    : flat.mul(frozen.isnan().logicalNot().sum(-1, true).sub(1).clampMin(0).castTo(input.dtypeCode));
  const rounded = interpolation === 'lower' ? ranks.floor() : interpolation === 'higher' ? ranks.ceil() : interpolation === 'nearest' ? ranks.round() : ranks;
  const below = rounded.detach().long();
  let values = sorted.gather(-1, below);
  if (interpolation === 'linear' || interpolation === 'midpoint') {
    const above = sorted.gather(-1, ranks.detach().ceil().long());
    values = values.lerp(above, interpolation === 'midpoint' ? 0.5 : ranks.sub(below));
  }
  const size = (kept: Tensor): Tensor => (!keepdim || input.ndim === 0 ? kept
    : dim === undefined ? kept.reshape([...kept.shape, ...input.shape.map(() => 1)]) : kept.unsqueeze(d + at.ndim));
  return size(at.ndim === 0 ? values.squeeze(-1) : values.movedim(-1, 0));
}

/**
 * The quantiles `q` (a number or a 1-d tensor, in [0, 1]) of all elements or along a dim, float32 or float64; several are
 * the first dim of the result. NaN where there is a NaN. PyTorch's `torch.quantile`.
 */
export const quantile = operation("quantile(input: Tensor, q: operand, dim: int?, keepdim: bool = false, *, interpolation: 'linear'|'lower'|'higher'|'midpoint'|'nearest' = 'linear', out: Tensor?)",
  (input, q, dim, keepdim, interpolation): Tensor => quantiles('quantile', input, q, dim, keepdim, interpolation));

/** The quantiles of what is no NaN. PyTorch's `torch.nanquantile`. */
export const nanquantile = operation("nanquantile(input: Tensor, q: operand, dim: int?, keepdim: bool = false, *, interpolation: 'linear'|'lower'|'higher'|'midpoint'|'nearest' = 'linear', out: Tensor?)",
  (input, q, dim, keepdim, interpolation): Tensor => quantiles('nanquantile', input, q, dim, keepdim, interpolation));

/** The mean of what is no NaN, over dims (all by default); floating dtypes. PyTorch's `torch.nanmean`. */
export const nanmean = operation('nanmean(input: Tensor, dim: ints?, keepdim: bool = false, *, dtype: dtype?, out: Tensor?)', (input, dim, keepdim, dtype): Tensor => {
  if (!isFloating(input.dtypeCode)) throw new DTypeError('nanmean', input.dtype, `expected a floating point dtype, got ${input.dtype}`);
  return input.nansum(dim ?? null, keepdim, { dtype }).div(input.detach().isnan().logicalNot().sum(dim ?? null, keepdim));
});

/** The smallest and the largest element, of all or along a dim, as `[min, max]`; a NaN wins. PyTorch's `torch.aminmax`. */
export const aminmax = operation('aminmax(input: Tensor, *, dim: int?, keepdim: bool = false, out: Tensors?)', (input, dim, keepdim): Named<Tensor, 'min' | 'max'> => {
  if (dim === undefined && input.numel() === 0) throw new ShapeError('aminmax', 'expected at least one element, got an empty tensor');
  if (dim !== undefined && input.ndim > 0 && input.shape[normalizeDim('aminmax', dim, input.ndim)] === 0) throw new ShapeError('aminmax', `expected dimension ${dim} to have a size that is not 0`);
  return named(['min', 'max'] as const, [input.amin(dim ?? null, keepdim), input.amax(dim ?? null, keepdim)]);
});

export const STATISTICS_METHODS = { quantile, nanquantile, nanmean, aminmax };

declare module '../tensor.ts' {
  interface Tensor {
    quantile: Method<typeof quantile>;
    nanquantile: Method<typeof nanquantile>;
    nanmean: Method<typeof nanmean>;
    aminmax: Method<typeof aminmax>;
  }
}
