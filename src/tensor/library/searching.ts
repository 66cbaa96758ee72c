/** Where values fall: positions in sorted sequences, counts and histograms. */
import { show } from '../../core/args.ts';
import { BOOL, F32, F64, I32, I64, isFloating, isIntegral } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { sameShape } from '../../core/layout.ts';
import { named, type Named } from '../../core/named.ts';
import { rawCast } from '../dispatch.ts';
import { emptyShape, searchInto } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import { TensorCore } from '../core.ts';
import { computeType, resultType, type Scalar } from '../promotion.ts';
import { alongDim, pick } from '../selection.ts';
import { linspace } from '../create.ts';
import type { Tensor } from '../tensor.ts';

/** Positions of `values` in ascending rows; a scalar counts as a 0-d tensor. */
function positions(op: string, sequence: Tensor, values: Tensor | Scalar, right: boolean, narrow: boolean): Tensor {
  const type = resultType(sequence, values), compute = computeType(type);
  if (type === BOOL) throw new DTypeError(op, 'bool', 'expected number dtypes, got bool');
  const given = typeof values === 'object' ? values.detach() : sequence.detach().newFull([], values, { dtype: typeof values === 'boolean' ? 'bool' : Number.isInteger(Number(values)) ? 'int64' : 'float64' });
  const wanted = rawCast(given.ndim === 0 ? given.reshape([1]) : given, compute) as Tensor;
  const n = sequence.shape[sequence.ndim - 1], rows = (rawCast(sequence.detach(), compute) as Tensor).expand([...wanted.layout.shape.slice(0, -1), n]);
  const out = emptyShape(sequence, wanted.shape, I64);
  if (out.numel() > 0) searchInto(right ? 'right' : 'left', out, rows, wanted);
  const shaped = given.ndim === 0 ? out.reshape([]) : out;
  return narrow ? shaped.castTo(I32) : shaped;
}

/** The sequence in ascending order, by the indices that sort it. */
function inOrder(op: string, sequence: Tensor, sorter: Tensor): Tensor {
  if (sorter.dtypeCode !== I64) throw new DTypeError(op, sorter.dtype, `sorter must be int64, got ${sorter.dtype}`);
  if (!sameShape(sorter.shape, sequence.shape)) throw new ShapeError(op, `sorter must have the shape of sortedSequence, [${sequence.shape.join(', ')}], got [${sorter.shape.join(', ')}]`);
  return pick(op, sequence.detach(), alongDim(sorter, sequence.ndim - 1));
}

/**
 * Where each of `input` (a tensor or a number) can be inserted into the ascending last dim of `sortedSequence`: left of equal
 * elements, or right of them. The sequence is 1-d, or has the other dims of `input`. int64, or int32. PyTorch's
 * `torch.searchsorted`.
 */
export const searchsorted = operation("searchsorted(sortedSequence: Tensor, input: operand, *, outInt32: bool = false, right: bool = false, side: 'left'|'right'?, sorter: Tensor?, out: Tensor?)",
  (sequence, input, outInt32, right, side, sorter): Tensor => {
    if (side === 'left' && right) throw new ArgumentError('searchsorted', 'side', "must not be 'left' with right: true");
    if (sequence.ndim === 0) throw new ShapeError('searchsorted', 'sortedSequence must have at least 1 dimension');
    const shape = typeof input === 'object' ? input.shape : [];
    if (sequence.ndim > 1 && (shape.length === 0 || !sameShape(sequence.layout.shape.slice(0, -1), shape.slice(0, -1)))) {
      throw new ShapeError('searchsorted', `sortedSequence must be 1-d or have the dims of input but the last, got [${sequence.shape.join(', ')}] for [${shape.join(', ')}]`);
    }
    return positions('searchsorted', sorter === undefined ? sequence : inOrder('searchsorted', sequence, sorter), input, right || side === 'right', outInt32);
  });

/** The bucket of each element between ascending 1-d `boundaries`: left of equal ones, or right of them. int64, or int32. PyTorch's `torch.bucketize`. */
export const bucketize = operation('bucketize(input: operand, boundaries: Tensor, *, outInt32: bool = false, right: bool = false, out: Tensor?)', (input, boundaries, outInt32, right): Tensor => {
  if (boundaries.ndim !== 1) throw new ShapeError('bucketize', `boundaries must be 1-d, got shape [${boundaries.shape.join(', ')}]`);
  return positions('bucketize', boundaries, input, right, outInt32);
});

/** The bins of what lies inside, and one bin more for the rest, which {@link inner} takes away. */
const binned = (bins: Tensor, inside: Tensor, size: number): Tensor => bins.clamp(0, size - 1).where(inside, size).long();
const inner = (sums: Tensor): Tensor => sums.narrow(0, 0, sums.shape[0] - 1);

/** Sums of `weights` (ones without) by bin, as float64 or int64. */
export const tally = (bins: Tensor, size: number, weights: Tensor | undefined): Tensor =>
  bins.newZeros([size], { dtype: weights === undefined ? 'int64' : 'float64' }).scatterAdd(0, bins, weights === undefined ? bins.newOnes([]).expand(bins.shape) : weights.detach().castTo(F64));

/**
 * How often each number from 0 on occurs in a 1-d integer tensor: int64, at least `minlength` counts; with `weights`, the sums
 * of those (float32 for float32, else float64). PyTorch's `torch.bincount`.
 */
export const bincount = operation('bincount(input: Tensor, weights: Tensor?, minlength: int = 0)', (input, weights, minlength): Tensor => {
  if (!isIntegral(input.dtypeCode)) throw new DTypeError('bincount', input.dtype, `expected an integer dtype, got ${input.dtype}`);
  if (minlength < 0) throw new ArgumentError('bincount', 'minlength', `must not be negative, got ${minlength}`);
  if (input.ndim !== 1) throw new ShapeError('bincount', `input must be 1-d, got shape [${input.shape.join(', ')}]`);
  if (input.numel() === 0) return input.newZeros([minlength], { dtype: 'int64' });
  if (weights !== undefined && !sameShape(weights.shape, input.shape)) throw new ShapeError('bincount', `weights must have the input's shape [${input.shape.join(', ')}], got [${weights.shape.join(', ')}]`);
  const { min, max } = { min: input.amin().item() as number, max: input.amax().item() as number };
  if (min < 0) throw new ArgumentError('bincount', 'input', `must not have negative elements, got ${min}`);
  const counts = tally(input.castTo(I64), Math.max(max + 1, minlength), weights);
  return weights?.dtypeCode === F32 ? counts.castTo(F32) : counts;
});

/** The ends of a histogram: those given, else the data's; equal ones are moved apart by `margin`. */
function ends(op: string, input: Tensor, low: number, high: number, given: boolean, margin: number): [number, number] {
  if (low > high) throw new ArgumentError(op, 'range', `must not begin above its end, got [${low}, ${high}]`);
  let [from, to] = given ? [low, high] : input.numel() === 0 ? [0, 1] : [input.amin().item() as number, input.amax().item() as number];
  if (!Number.isFinite(from) || !Number.isFinite(to)) throw new ArgumentError(op, 'range', `must be finite, got [${from}, ${to}]`);
  if (from === to) [from, to] = [from - margin, to + margin];
  return [from, to];
}

const requireBins = (op: string, bins: number): void => {
  if (bins < 1) throw new ArgumentError(op, 'bins', `must be positive, got ${bins}`);
};

/**
 * How many elements fall into each of `bins` equal bins between `min` and `max` (of the data, when they are equal), in the
 * input's floating dtype; what lies outside counts nowhere. PyTorch's `torch.histc`.
 */
export const histc = operation('histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0, *, out: Tensor?)', (input, bins, min, max): Tensor => {
  if (!isFloating(input.dtypeCode)) throw new DTypeError('histc', input.dtype, `expected a floating point dtype, got ${input.dtype}`);
  requireBins('histc', bins);
  const x = input.detach().reshape([-1]), [from, to] = ends('histc', x, min, max, min !== max, 1);
  const at = binned(x.sub(from).mul(bins).div(to - from), x.ge(from).logicalAnd(x.le(to)), bins);
  return inner(tally(at, bins + 1, undefined)).castTo(input.dtypeCode);
});

/**
 * Counts (or the sums of `weight`, or with `density` their share per unit) of elements by bin, and the edges of the bins:
 * `bins` equal ones over `range` (or the data's), or between the ascending edges given as a 1-d tensor. The last bin
 * contains its end. float32 or float64. PyTorch's `torch.histogram`.
 */
export const histogram = operation('histogram(input: Tensor, bins: any, *, range: floats?, weight: Tensor?, density: bool = false, out: Tensors?)', (input, bins, range, weight, density): Named<Tensor, 'hist' | 'binEdges'> => {
  if (input.dtypeCode !== F32 && input.dtypeCode !== F64) throw new DTypeError('histogram', input.dtype, `expected float32 or float64, got ${input.dtype}`);
  if (weight !== undefined && !sameShape(weight.shape, input.shape)) throw new ShapeError('histogram', `weight must have the input's shape [${input.shape.join(', ')}], got [${weight.shape.join(', ')}]`);
  if (weight !== undefined && weight.dtypeCode !== input.dtypeCode) throw new DTypeError('histogram', weight.dtype, `weight must have the input's dtype ${input.dtype}, got ${weight.dtype}`);
  const x = input.detach().reshape([-1]), edges = binEdges(x, bins, range), count = edges.shape[0] - 1;
  requireBins('histogram', count);
  const [first, last] = [edges.narrow(0, 0, 1), edges.narrow(0, count, 1)];
  const at = binned(positions('histogram', edges, x, true, false).sub(1), x.ge(first).logicalAnd(x.le(last)), count);
  const sums = inner(tally(at, count + 1, weight?.reshape([-1])));
  const hist = density ? sums.castTo(F64).div(sums.sum()).div(edges.castTo(F64).diff()) : sums;
  return named(['hist', 'binEdges'] as const, [hist.castTo(input.dtypeCode), edges]);
});

function binEdges(x: Tensor, bins: unknown, range: readonly number[] | undefined): Tensor {
  if (bins instanceof TensorCore) {
    const edges = bins as Tensor;
    if (edges.ndim !== 1) throw new ShapeError('histogram', `bins must be 1-d, got shape [${edges.shape.join(', ')}]`);
    if (edges.dtypeCode !== x.dtypeCode) throw new DTypeError('histogram', edges.dtype, `bins must have the input's dtype ${x.dtype}, got ${edges.dtype}`);
    return edges.detach().clone();
  }
  if (typeof bins !== 'number' || !Number.isSafeInteger(bins)) throw new ArgumentError('histogram', 'bins', `must be an integer or a Tensor, got ${show(bins)}`);
  requireBins('histogram', bins);
  if (range !== undefined && range.length !== 2) throw new ArgumentError('histogram', 'range', `must be two numbers, got ${show(range)}`);
  const [from, to] = ends('histogram', x, range?.[0] ?? 0, range?.[1] ?? 0, range !== undefined, 0.5);
  return linspace(from, to, bins + 1, { dtype: x.dtype });
}

export const SEARCHING_METHODS = { bincount, histc, histogram };

declare module '../tensor.ts' {
  interface Tensor {
    bincount: Method<typeof bincount>;
    histc: Method<typeof histc>;
    histogram: Method<typeof histogram>;
  }
}
