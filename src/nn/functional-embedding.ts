/** Rows of tables by index, alone or in bags, and one-hot vectors. */
import { bind, boolArg, intArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { sameShape } from '../core/layout.ts';
import { toBeChecked } from '../tensor/batching.ts';
import { arange, ones, tensor, zeros } from '../tensor/create.ts';
import { embedding as rowsOf } from '../tensor/embedding.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { recording } from '../tensor/graph.ts';
import { observer } from '../tensor/observer.ts';
import { operation } from '../tensor/operation.ts';
import { atDims, indexArg, pick } from '../tensor/selection.ts';
import { readTaps } from '../tensor/taps.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { toNumbers } from '../tensor/values.ts';
import { tensorArg, type Maybe } from './args.ts';

/** The identity, whose gradient is multiplied by `factor`. */
class ScaleGrad extends Function {
  static override forward(ctx: Context, input: Tensor, factor: Tensor): Tensor {
    ctx.saveForBackward(factor);
    return input.clone();
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    return [grad.mul(ctx.savedTensors[0]), null];
  }
}

const EMBEDDING = signature('embedding(input, weight, paddingIdx?, maxNorm?, normType?, scaleGradByFreq?, sparse?)');
interface EmbeddingOptions {
  readonly paddingIdx?: Maybe<number>;
  readonly maxNorm?: Maybe<number>;
  readonly normType?: Maybe<number>;
  readonly scaleGradByFreq?: Maybe<boolean>;
}

/** Rows of `weight` `[N, D]` by integer indices of any shape: `[...input.shape, D]`. */
export function embedding(input: Tensor, weight: Tensor,
  ...args: CallArgs<[paddingIdx: Maybe<number>, maxNorm: Maybe<number>, normType: Maybe<number>, scaleGradByFreq: Maybe<boolean>], EmbeddingOptions>): Tensor {
  tensorArg('embedding', 'input', input);
  tensorArg('embedding', 'weight', weight);
  const given = bind(EMBEDDING, [input, weight, ...args]);
  refuseSparse('embedding', weight, boolArg('embedding', 'sparse', given.sparse));
  const paddingIdx = given.paddingIdx === undefined ? null : intArg('embedding', 'paddingIdx', given.paddingIdx);
  if (given.maxNorm !== undefined) renormalize('embedding', weight, input.reshape([-1]), numberArg('embedding', 'maxNorm', given.maxNorm), numberArg('embedding', 'normType', given.normType, 2));
  const rows = rowsOf(weight, input, paddingIdx);
  if (!boolArg('embedding', 'scaleGradByFreq', given.scaleGradByFreq)) return rows;
  return ScaleGrad.apply(rows, noGrad(() => oneByOccurrences(input.reshape([-1]), weight).view([...input.shape, 1])));
}

/** For every index of a vector, one by how often it occurs. */
function oneByOccurrences(indices: Tensor, weight: Tensor): Tensor {
  const occurrences = zeros([weight.shape[0]], { dtype: weight.dtype }).indexAdd_(0, indices, ones([indices.numel()], { dtype: weight.dtype }));
  return occurrences.indexSelect(0, indices).reciprocal();
}

/** Without a gradient it makes no difference. */
function refuseSparse(op: string, weight: Tensor, sparse: boolean): void {
  if (sparse && recording(weight)) throw new ArgumentError(op, 'sparse', 'gradients are not supported: gradients are dense');
}

/** Scales the rows that are read, in place, to a norm of at most `maxNorm`. */
function renormalize(op: string, weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const rows = rowsOf(weight, indices, null, op), wide = rows.dtype === 'float64' ? rows : rows.to('float32');
    const norms = wide.norm(normType, 1, true);
    const scale = norms.add(1e-7).reciprocal().mul(maxNorm).where(norms.gt(maxNorm), 1);
    // A row that is read twice is written twice with the same values.
    weight.indexCopy_(0, indices, wide.mul(scale).to(weight.dtype));
  });
}

const ONE_HOT = signature('oneHot(input, numClasses?)');
/** PyTorch's `one_hot`: int64, with a last dimension of `numClasses` (-1: one more than the largest index). */
export function oneHot(input: Tensor, ...args: CallArgs<[numClasses: number], { readonly numClasses?: number }>): Tensor {
  const given = bind(ONE_HOT, [tensorArg('oneHot', 'input', input), ...args]);
  if (input.dtype !== 'int64' && input.dtype !== 'int32') throw new DTypeError('oneHot', input.dtype, `classes must be int64 or int32, got ${input.dtype}; write input.long()`);
  const empty = input.numel() === 0;
  const count = intArg('oneHot', 'numClasses', given.numClasses, -1);
  const all = count === -1 ? input : toBeChecked(input), largest = empty ? -1 : all.amax().item();
  const classes = count === -1 ? largest + 1 : count;
  if (classes < 1) throw new ArgumentError('oneHot', 'numClasses', `must be positive for an input of ${input.numel()} elements, got ${count}`);
  if (!empty && (all.amin().item() < 0 || largest >= classes)) throw new ArgumentError('oneHot', 'input', `must be classes from 0 to ${classes - 1}, got ${all.amin().item()} to ${largest}`);
  return zeros([...input.shape, classes], { dtype: 'int64' }).scatter_(-1, input.unsqueeze(-1), 1);
}

/** Which samples are in which bag: bag b holds samples `starts[b]` to `starts[b + 1] - 1`. */
interface Bags {
  readonly starts: readonly number[];
  /** Per sample: false for the padding index, which counts for nothing. */
  readonly kept: Uint8Array | null;
}

function startsOf(input: Tensor, offsets: Tensor | undefined, includeLastOffset: boolean): number[] {
  const op = 'embeddingBag', n = input.numel();
  if (input.ndim === 2) {
    if (offsets !== undefined) throw new ArgumentError(op, 'offsets', `must be absent for an input of 2 dimensions, got shape [${offsets.shape.join(', ')}]`);
    return Array.from({ length: input.shape[0] + 1 }, (_, b) => b * input.shape[1]);
  }
  if (input.ndim !== 1) throw new ShapeError(op, `input must have 1 or 2 dimensions, got shape [${input.shape.join(', ')}]`);
  if (offsets === undefined) throw new ArgumentError(op, 'offsets', 'must be given for an input of 1 dimension');
  if (offsets.ndim !== 1) throw new ShapeError(op, `offsets must have 1 dimension, got shape [${offsets.shape.join(', ')}]`);
  const starts = Array.from(toNumbers(op, indexArg(op, offsets)));
  if (includeLastOffset && starts.length === 0) throw new ArgumentError(op, 'offsets', 'must not be empty with includeLastOffset');
  if (!includeLastOffset) starts.push(n);
  if (starts.length > 1 && starts[0] !== 0) throw new ArgumentError(op, 'offsets', `must begin with 0, got ${starts[0]}`);
  starts.forEach((start, b) => {
    if (start > n || (b > 0 && start < starts[b - 1])) throw new ArgumentError(op, 'offsets', `must not decrease nor exceed the ${n} samples, got [${starts.join(', ')}]`);
  });
  return starts;
}

const countOf = ({ starts, kept }: Bags, b: number): number => {
  if (kept === null) return starts[b + 1] - starts[b];
  let count = 0;
  for (let i = starts[b]; i < starts[b + 1]; i++) count += kept[i];
  return count;
};

/** The size that all bags have if together they are all `n` samples, or null. */
function sizeOfAll({ starts }: Bags, n: number): number | null {
  const bags = starts.length - 1, size = bags === 0 ? 0 : n / bags;
  return starts[bags] === n && starts.every((start, b) => start === b * size) ? size : null;
}

/** The sum of each bag's rows, `[bags, D]`, each times its number of `scale` `[n]` if there are such. */
function sumBags(rows: Tensor, bags: Bags, scale: Tensor | null): Tensor {
  const { starts, kept } = bags, count = starts.length - 1, end = starts[count], [n, width] = rows.shape, size = sizeOfAll(bags, n);
  const mask = kept === null ? null : tensor(kept, { dtype: 'bool' });
  const used = mask === null ? rows : rows.where(mask.unsqueeze(1), 0), factors = mask === null || scale === null ? scale : scale.where(mask, 0);
  // Bags of one size need no scatter.
  if (size !== null) {
    const table = used.view([count, size, width]);
    return factors === null ? table.sum(1) : factors.view([count, 1, size]).matmul(table).view([count, width]);
  }
  const bag = new Int32Array(end);
  for (let b = 0; b < count; b++) bag.fill(b, starts[b], starts[b + 1]);
  const scaled = factors === null ? used : used.mul(factors.unsqueeze(1));
  return zeros([count, width], { dtype: rows.dtype }).indexAdd_(0, tensor(bag), end === n ? scaled : scaled.narrow(0, 0, end));
}

/** The same of bags of one size, read from the table `[N, D]` itself. */
function readBags(op: string, table: Tensor, samples: Tensor, { starts, kept }: Bags, scale: Tensor | null): Tensor {
  // The kernel skips what is negative, and its indices are int32: a gather tells those that are out of range.
  const rows = arange(table.shape[0], { dtype: 'int32' }), index = pick(op, rows, atDims(op, rows.shape, [{ dim: 0, index: samples }], false));
  const mask = kept === null ? null : tensor(kept, { dtype: 'bool' });
  const used = mask === null ? index : index.where(mask, -1), factors = mask === null || scale === null ? scale : scale.where(mask, 0);
  const inBags = (x: Tensor): Tensor => x.view([1, starts.length - 1, -1]);
  return readTaps(op, table.unsqueeze(0), factors === null ? null : inBags(factors), inBags(used)).squeeze(0);
}

/** The largest element of each bag's rows per column, the first of equal ones; 0 for a bag without any. */
function maxBags(rows: Tensor, bags: Bags): Tensor {
  const { starts, kept } = bags, count = starts.length - 1, [n, width] = rows.shape;
  const longest = starts.reduce((most, start, b) => (b === 0 ? 0 : Math.max(most, start - starts[b - 1])), 0);
  if (longest === 0 || count === 0) return rows.sum(0, true).mul(0).expand([count, width]).clone();
  if (kept === null && sizeOfAll(bags, n) !== null) return rows.view([count, longest, width]).max(1).values;
  const at = new Int32Array(count * longest), valid = new Uint8Array(count * longest), filled = new Uint8Array(count);
  for (let b = 0; b < count; b++) {
    for (let i = starts[b], k = b * longest; i < starts[b + 1]; i++, k++) {
      at[k] = i;
      valid[k] = kept === null ? 1 : kept[i];
      filled[b] |= valid[k];
    }
  }
  const table = rows.indexSelect(0, tensor(at)).where(tensor(valid, { dtype: 'bool' }).unsqueeze(1), -Infinity).view([count, longest, width]);
  return table.max(1).values.where(tensor(filled, { dtype: 'bool' }).unsqueeze(1), 0);
}

/**
 * Sums, means or maxima of bags of rows of `weight` `[N, D]`: `[bags, D]`. An `input` of indices `[bags, n]` has bags of one
 * size; a vector is cut at `offsets`. `perSampleWeights` are for 'sum'. PyTorch's `F.embedding_bag`.
 */
export const embeddingBag = operation(
  "embeddingBag(input: Tensor, weight: Tensor, offsets: Tensor?, maxNorm: float?, normType: float = 2, scaleGradByFreq: bool = false, mode: 'sum'|'mean'|'max' = 'mean', sparse: bool = false, perSampleWeights: Tensor?, includeLastOffset: bool = false, paddingIdx: int?)",
  (input, weight, offsets, maxNorm, normType, scaleGradByFreq, mode, sparse, perSampleWeights, includeLastOffset, paddingIdx): Tensor => {
    const op = 'embeddingBag';
    if (weight.ndim !== 2) throw new ShapeError(op, `weight must have 2 dimensions, got shape [${weight.shape.join(', ')}]`);
    const index = indexArg(op, input), size = weight.shape[0];
    const starts = startsOf(index, offsets, includeLastOffset);
    if (mode === 'max' && (scaleGradByFreq || sparse)) throw new ArgumentError(op, scaleGradByFreq ? 'scaleGradByFreq' : 'sparse', "is not for mode 'max'");
    refuseSparse(op, weight, sparse);
    if (perSampleWeights !== undefined) {
      if (mode !== 'sum') throw new ArgumentError(op, 'perSampleWeights', `are for mode 'sum', got '${mode}'`);
      if (!sameShape(perSampleWeights.shape, input.shape)) throw new ShapeError(op, `perSampleWeights must have the input's shape [${input.shape.join(', ')}], got [${perSampleWeights.shape.join(', ')}]`);
      if (perSampleWeights.dtype !== weight.dtype) throw new DTypeError(op, perSampleWeights.dtype, `perSampleWeights must have weight's dtype ${weight.dtype}, got ${perSampleWeights.dtype}`);
    }
    if (paddingIdx !== undefined && (paddingIdx < -size || paddingIdx >= size)) throw new ArgumentError(op, 'paddingIdx', `must be within ${size} embeddings, got ${paddingIdx}`);
    const samples = index.reshape([-1]);
    if (maxNorm !== undefined) renormalize(op, weight, samples, maxNorm, normType);
    const padding = paddingIdx === undefined ? null : paddingIdx < 0 ? paddingIdx + size : paddingIdx;
    const kept = padding === null ? null : Uint8Array.from(toNumbers(op, samples.ne(padding)));
    // Sums of half floats are float32's until the end.
    const wide = weight.dtype === 'float64' ? 'float64' : 'float32';
    const bags = { starts, kept }, factors = perSampleWeights === undefined ? null : perSampleWeights.reshape([-1]).to(wide);
    const counts = (): Float64Array => Float64Array.from({ length: starts.length - 1 }, (_, b) => Math.max(countOf(bags, b), 1));
    const finished = (sum: Tensor): Tensor => (mode === 'sum' ? sum : sum.div(tensor(counts(), { dtype: wide }).unsqueeze(1))).to(weight.dtype);
    // Who observes may record a program, which is made of rows.
    if (mode !== 'max' && !scaleGradByFreq && weight.dtype === wide && observer === null && (sizeOfAll(bags, samples.numel()) ?? 0) > 0) {
      return finished(readBags(op, weight, samples, bags, factors));
    }
    const picked = rowsOf(weight, samples, null, op).to(wide);
    const rows = scaleGradByFreq ? ScaleGrad.apply(picked, noGrad(() => oneByOccurrences(samples, weight).unsqueeze(1).to(wide))) : picked;
    if (mode === 'max') return maxBags(rows, bags).to(weight.dtype);
    return finished(sumBags(rows, bags, factors));
  });
