/** Order along a dim: all of it, the first elements, or the element of a rank. */
import { BOOL } from '../../core/dtype.ts';
import { DTypeError, ShapeError } from '../../core/errors.ts';
import { normalizeDim } from '../../core/layout.ts';
import { selectInto, sortInto } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import { dropped, pickRanked, ranked, requireSize, type Ranked } from './ordering.ts';
import type { Tensor } from '../tensor.ts';

/**
 * The elements along a dim in ascending (or descending) order as `values`, and where they were as `indices` (int64). Always
 * stable, also with `stable: false`; a NaN is larger than every number. PyTorch's `torch.sort`.
 */
export const sort = operation('sort(input: Tensor, dim: int = -1, descending: bool = false, *, stable: bool = false, out: Tensors?)', (input, dim, descending): Ranked => {
  const d = normalizeDim('sort', dim, input.ndim), size = input.ndim === 0 ? 1 : input.shape[d];
  return pickRanked('sort', input, d, size, (values, indices, source, at) => sortInto(descending ? 'descending' : 'ascending', values, indices, source, at));
});

/** The indices that sort a tensor along a dim: int64. PyTorch's `torch.argsort`. */
export const argsort = operation('argsort(input: Tensor, dim: int = -1, descending: bool = false, *, stable: bool = false)', (input, dim, descending): Tensor =>
  sort(input.detach(), normalizeDim('argsort', dim, input.ndim), descending).indices);

/** The elements sorted along the first dim. PyTorch's `torch.msort`. */
export const msort = operation('msort(input: Tensor, *, out: Tensor?)', (input): Tensor => sort(input, 0).values);

const refuseBool = (op: string, x: Tensor): void => {
  if (x.dtypeCode === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
};

/**
 * The `k` largest (or smallest) elements along a dim, in order also with `sorted: false`, ties by position, with their
 * indices. PyTorch's `torch.topk`.
 */
export const topk = operation('topk(input: Tensor, k: int, dim: int = -1, largest: bool = true, sorted: bool = true, *, out: Tensors?)', (input, k, dim, largest): Ranked => {
  refuseBool('topk', input);
  const d = normalizeDim('topk', dim, input.ndim), size = input.ndim === 0 ? 1 : input.shape[d];
  if (k < 0 || k > size) throw new ShapeError('topk', `k must be in [0, ${size}], the size of dimension ${d}, got ${k}`);
  return pickRanked('topk', input, d, input.ndim === 0 ? 1 : k, (values, indices, source, at) => {
    if (values.numel() > 0) selectInto(largest ? 'largest' : 'smallest', values, indices, source, at);
  });
});

/** The `k`-th smallest element along a dim (1 is the smallest) and its index; of equal ones in stable order. PyTorch's `torch.kthvalue`. */
export const kthvalue = operation('kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = false, *, out: Tensors?)', (input, k, dim, keepdim): Ranked => {
  refuseBool('kthvalue', input);
  const d = normalizeDim('kthvalue', dim, input.ndim), size = input.ndim === 0 ? 1 : input.shape[d];
  requireSize('kthvalue', input, d);
  if (k < 1 || k > size) throw new ShapeError('kthvalue', `k must be in [1, ${size}], the size of dimension ${d}, got ${k}`);
  return dropped(pickRanked('kthvalue', input, d, 1, (values, indices, source, at) => {
    if (values.numel() > 0) selectInto('kth', values, indices, source, at, k - 1);
  }), d, keepdim);
});

function middle(op: 'median' | 'nanmedian', input: Tensor, dim: number | undefined, keepdim: boolean): Tensor | Ranked {
  refuseBool(op, input);
  if (dim === undefined && input.numel() === 0) return input.sum().mul(NaN).castTo(input.dtypeCode);
  const source = dim === undefined ? input.reshape([-1]) : input, d = normalizeDim(op, dim ?? 0, source.ndim);
  requireSize(op, source, d);
  const result = dropped(pickRanked(op, source, d, 1, (values, indices, from, at) => {
    if (values.numel() > 0) selectInto(op, values, indices, from, at);
  }), d, keepdim);
  return dim === undefined ? result.values : result;
}

interface MedianOptions { readonly dim: number; readonly keepdim?: boolean; readonly out?: readonly Tensor[] }

/** A median: of all elements without a dim, else with the index. */
export interface MedianMethod {
  (): Tensor;
  (dim: number | MedianOptions, keepdim?: boolean | Omit<MedianOptions, 'dim'>, options?: { readonly out?: readonly Tensor[] }): Ranked;
}
interface Median {
  (input: Tensor): Tensor;
  (input: Tensor, ...args: Parameters<MedianMethod>): Ranked;
  readonly schema: string;
}

/**
 * The lower median: of all elements, or along a dim with its index. NaN where there is a NaN (nanmedian: of what is no NaN).
 * PyTorch's `torch.median`.
 */
export const median = operation('median(input: Tensor, dim: int?, keepdim: bool = false, *, out: Tensors?)', (input, dim, keepdim) => middle('median', input, dim, keepdim)) as unknown as Median;

/** The median of what is no NaN. PyTorch's `torch.nanmedian`. */
export const nanmedian = operation('nanmedian(input: Tensor, dim: int?, keepdim: bool = false, *, out: Tensors?)', (input, dim, keepdim) => middle('nanmedian', input, dim, keepdim)) as unknown as Median;

/** The commonest element along a dim, the smallest of several, and the last index of one. PyTorch's `torch.mode`. */
export const mode = operation('mode(input: Tensor, dim: int = -1, keepdim: bool = false, *, out: Tensors?)', (input, dim, keepdim): Ranked => {
  const d = normalizeDim('mode', dim, input.ndim);
  requireSize('mode', input, d);
  if (input.ndim === 0) return ranked(input.clone(), input.detach().newZeros([], { dtype: 'int64' }));
  const { values, indices } = sort(input.detach(), d), size = input.shape[d];
  // Where runs of equal elements begin, and so how long the run up to each position is.
  const begins = values.narrow(d, 1, size - 1).ne(values.narrow(d, 0, size - 1));
  const shape = input.shape.map((_, i) => (i === d ? size : 1));
  const at = indices.newTensor(Array.from({ length: size }, (_, i) => i)).reshape(shape);
  const first = at.narrow(d, 0, 1).expand(input.shape.map((n, i) => (i === d ? 1 : n)));
  const start = first.cat([at.narrow(d, 1, size - 1).where(begins, 0)], d).cummax(d).values;
  const index = indices.gather(d, at.sub(start).argmax(d, true));
  return dropped(ranked(input.gather(d, index), index), d, keepdim);
});

export const SORTING_METHODS = { sort, argsort, msort, topk, kthvalue, median, nanmedian, mode };

declare module '../tensor.ts' {
  interface Tensor {
    sort: Method<typeof sort>;
    argsort: Method<typeof argsort>;
    msort: Method<typeof msort>;
    topk: Method<typeof topk>;
    kthvalue: Method<typeof kthvalue>;
    median: MedianMethod;
    nanmedian: MedianMethod;
    mode: Method<typeof mode>;
  }
}
