/** Distinct elements, or distinct slices along a dim. */
import { F64, I64, isFloating, isIntegral } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { normalizeDim } from '../../core/layout.ts';
import { named, type Named } from '../../core/named.ts';
import { nonzeroRows } from '../nonzero.ts';
import { operation, type Method } from '../operation.ts';
import { tally } from './searching.ts';
import { sort } from './sorting.ts';
import type { Tensor } from '../tensor.ts';

/** What was asked for: the distinct elements alone, or with the position of each input among them, or how often each occurs. */
export type Unique = Tensor | Named<Tensor, 'output' | 'inverseIndices' | 'counts'>;

function results(output: Tensor, inverse: Tensor | null, counts: Tensor | null): Unique {
  if (inverse === null && counts === null) return output;
  const names: ('output' | 'inverseIndices' | 'counts')[] = ['output'], values = [output];
  if (inverse !== null) {
    names.push('inverseIndices');
    values.push(inverse);
  }
  if (counts !== null) {
    names.push('counts');
    values.push(counts);
  }
  return named(names, values);
}

interface Runs {
  /** Position of the first element of each run. */
  readonly starts: Tensor;
  /** The run of each element. */
  readonly ids: Tensor;
  readonly counts: Tensor;
}

/** Runs of equal neighbours; `changed` tells for every element but the first whether it differs from the one before. */
function runsOf(changed: Tensor, size: number): Runs {
  const begins = changed.newOnes([Math.min(size, 1)]).cat([changed], 0);
  const starts = nonzeroRows(begins).reshape([-1]);
  const counts = starts.cat([starts.newFull([1], size)], 0).diff();
  return { starts, ids: begins.cumsum(0).sub(1), counts };
}

/** Of integers that lie close together, by counting each; null for others. */
function counted(x: Tensor, returnInverse: boolean, returnCounts: boolean): Unique | null {
  const size = x.numel();
  if (!isIntegral(x.dtypeCode) || size === 0) return null;
  const flat = x.reshape([-1]), low = Number(flat.amin().item()), high = Number(flat.amax().item());
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high - low >= 4 * size) return null;
  const places = flat.castTo(I64).sub(low), counts = tally(places, high - low + 1, undefined), found = nonzeroRows(counts).reshape([-1]);
  const inverse = returnInverse ? counts.ne(0).cumsum(0).sub(1).indexSelect(0, places).reshape(x.shape) : null;
  return results(found.add(low).castTo(x.dtypeCode), inverse, returnCounts ? counts.indexSelect(0, found) : null);
}

const differs = (flat: Tensor): Tensor => {
  const size = Math.max(flat.shape[0] - 1, 0), from = Math.min(flat.shape[0], 1);
  return flat.narrow(0, from, size).ne(flat.narrow(0, 0, size));
};

/** The slices along a dim as rows, or why there are none. */
function slices(op: string, x: Tensor, dim: number): { readonly dim: number; readonly rows: Tensor } {
  if (x.ndim === 0) throw new ShapeError(op, 'a 0-d tensor has no dimension to select');
  const d = normalizeDim(op, dim, x.ndim);
  if (x.layout.shape.some((size, i) => i !== d && size === 0)) throw new ShapeError(op, `other dimensions than ${d} must not be empty, got shape [${x.shape.join(', ')}]`);
  const moved = x.movedim(d, 0), width = moved.layout.shape.slice(1).reduce((a, b) => a * b, 1);
  return { dim: d, rows: moved.reshape([moved.shape[0], width]) };
}

const changedRows = (rows: Tensor): Tensor => {
  const size = Math.max(rows.shape[0] - 1, 0), from = Math.min(rows.shape[0], 1);
  return rows.narrow(0, from, size).ne(rows.narrow(0, 0, size)).any(1);
};

/** The order of rows by their first element, then their second, and so on; stable. */
function rowOrder(rows: Tensor): Tensor {
  const [n, width] = rows.shape;
  const values = (isFloating(rows.dtypeCode) ? rows.castTo(F64) : rows).toTypedArray();
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => {
    for (let j = 0, p = a * width, q = b * width; j < width; j++, p++, q++) {
      if (values[p] < values[q]) return -1;
      if (values[p] > values[q]) return 1;
    }
    return a - b;
  });
  return rows.newZeros([n], { dtype: 'int64' }).newTensor(order);
}

/** `inverse[order[i]] = ids[i]` */
const unsort = (order: Tensor, ids: Tensor): Tensor => order.newZeros([...order.shape]).scatter(0, order, ids);

/**
 * The distinct elements in ascending order (also with `sorted: false`), or with `dim` the distinct slices along it. With
 * `returnInverse` also the position among them of every element, with `returnCounts` also how often each occurs (int64).
 * NaNs are all distinct. PyTorch's `torch.unique`.
 */
export const unique = operation('unique(input: Tensor, sorted: bool = true, returnInverse: bool = false, returnCounts: bool = false, dim: int?)', (input, _sorted, returnInverse, returnCounts, dim): Unique => {
  const x = input.detach();
  if (dim === undefined) {
    const few = counted(x, returnInverse, returnCounts);
    if (few !== null) return few;
    const { values, indices } = sort(x.reshape([-1]), 0), { starts, ids, counts } = runsOf(differs(values), values.shape[0]);
    return results(values.indexSelect(0, starts), returnInverse ? unsort(indices, ids).reshape(x.shape) : null, returnCounts ? counts : null);
  }
  const { dim: d, rows } = slices('unique', x, dim), order = rowOrder(rows);
  const { starts, ids, counts } = runsOf(changedRows(rows.indexSelect(0, order)), rows.shape[0]);
  return results(x.indexSelect(d, order.indexSelect(0, starts)), returnInverse ? unsort(order, ids) : null, returnCounts ? counts : null);
}) as unknown as UniqueFunction;

/** One of each run of equal neighbours, or with `dim` of equal slices; the other results as in `unique`. PyTorch's `torch.unique_consecutive`. */
export const uniqueConsecutive = operation('uniqueConsecutive(input: Tensor, returnInverse: bool = false, returnCounts: bool = false, dim: int?)', (input, returnInverse, returnCounts, dim): Unique => {
  const x = input.detach();
  if (dim === undefined) {
    const flat = x.reshape([-1]), { starts, ids, counts } = runsOf(differs(flat), flat.shape[0]);
    return results(flat.indexSelect(0, starts), returnInverse ? ids.reshape(x.shape) : null, returnCounts ? counts : null);
  }
  const { dim: d, rows } = slices('uniqueConsecutive', x, dim), { starts, ids, counts } = runsOf(changedRows(rows), rows.shape[0]);
  return results(x.indexSelect(d, starts), returnInverse ? ids : null, returnCounts ? counts : null);
}) as unknown as UniqueConsecutiveFunction;

type Pair<K extends 'inverseIndices' | 'counts'> = Named<Tensor, 'output' | K>;
type All = Named<Tensor, 'output' | 'inverseIndices' | 'counts'>;
interface Flags { readonly returnInverse?: boolean; readonly returnCounts?: boolean; readonly dim?: number | null }
type Given<O extends Flags> = O extends { readonly returnInverse: true; readonly returnCounts: true } ? All
  : O extends { readonly returnInverse: true } ? Pair<'inverseIndices'> : O extends { readonly returnCounts: true } ? Pair<'counts'> : Tensor;
type UniqueOptions = Flags & { readonly sorted?: boolean };

/** By named flags the type of the result is known; by position it is one of them. */
export interface UniqueMethod {
  (): Tensor;
  <const O extends UniqueOptions>(options: O): Given<O>;
  (sorted: boolean, returnInverse?: boolean, returnCounts?: boolean, dim?: number | null): Unique;
}
export interface UniqueConsecutiveMethod {
  (): Tensor;
  <const O extends Flags>(options: O): Given<O>;
  (returnInverse: boolean, returnCounts?: boolean, dim?: number | null): Unique;
}
interface UniqueFunction {
  (input: Tensor): Tensor;
  <const O extends UniqueOptions>(input: Tensor, options: O): Given<O>;
  (input: Tensor, sorted: boolean, returnInverse?: boolean, returnCounts?: boolean, dim?: number | null): Unique;
  readonly schema: string;
}
interface UniqueConsecutiveFunction {
  (input: Tensor): Tensor;
  <const O extends Flags>(input: Tensor, options: O): Given<O>;
  (input: Tensor, returnInverse: boolean, returnCounts?: boolean, dim?: number | null): Unique;
  readonly schema: string;
}

export const UNIQUE_METHODS = { unique, uniqueConsecutive };

declare module '../tensor.ts' {
  interface Tensor {
    unique: UniqueMethod;
    uniqueConsecutive: UniqueConsecutiveMethod;
  }
}
