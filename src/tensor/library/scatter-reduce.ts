/** Elements combined at the positions of an index: sums, products, means and extremes, with their derivatives. */
import { I64, isFloating } from '../../core/dtype.ts';
import { DTypeError } from '../../core/errors.ts';
import { noGrad } from '../grad-mode.ts';
import { record, recording, wantsGrad, type Node } from '../graph.ts';
import { copyInto, emptyShape } from '../kernels.ts';
import { atLeast1d, checkSource, cropped, elementSelection, rowSelection } from '../indexing.ts';
import { operation, type Method } from '../operation.ts';
import { computeType } from '../promotion.ts';
import { erase, pick, place, writeSelected, type Selection } from '../selection.ts';
import type { Tensor } from '../tensor.ts';

type Reduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/** What a combination starts from where the tensor's own element does not count. */
function identity(reduce: Reduction, x: Tensor): number | bigint {
  if (reduce === 'sum' || reduce === 'mean') return 0;
  if (reduce === 'prod') return 1;
  if (isFloating(x.dtypeCode)) return reduce === 'amax' ? -Infinity : Infinity;
  if (x.dtypeCode === I64) return reduce === 'amax' ? -(2n ** 63n) : 2n ** 63n - 1n;
  return reduce === 'amax' ? -(2 ** 31) : 2 ** 31 - 1;
}

const KERNEL = { sum: 'add', prod: 'mul', mean: 'add', amax: 'amax', amin: 'amin' } as const;

/** How many elements met at each position. */
function counts(op: string, like: Tensor, selection: Selection, includeSelf: boolean): Tensor {
  const ones = emptyShape(like, selection.shape, like.dtypeCode);
  copyInto(ones, 1);
  const met = place(op, ones, selection, like.shape);
  return includeSelf ? met.add(1) : met.clamp(1);
}

/** A copy of `self` with `src` (of the selection's shape) combined into the selected elements. Not recorded. */
function combined(op: string, self: Tensor, selection: Selection, src: Tensor, reduce: Reduction, includeSelf: boolean): Tensor {
  const wide = computeType(self.dtypeCode);
  const out = emptyShape(self, self.shape, wide);
  copyInto(out, self);
  if (!includeSelf) writeSelected(op, 'set', out, selection, identity(reduce, out));
  writeSelected(op, KERNEL[reduce], out, selection, src);
  if (reduce !== 'mean') return out.castTo(self.dtypeCode);
  const met = counts(op, out, selection, includeSelf);
  return (isFloating(wide) ? out.div(met) : out.div(met, { roundingMode: 'floor' })).castTo(self.dtypeCode);
}

interface Context {
  readonly op: string;
  readonly selection: Selection;
  readonly reduce: Reduction;
  readonly includeSelf: boolean;
}

/** PyTorch's formulas (scatter_reduce_backward), over any selection. Extremes share their gradient among ties. */
function backward(g: Tensor, node: Node): (Tensor | null)[] {
  const { op, selection, reduce, includeSelf } = node.context as Context;
  for (let k = 0; k < selection.indices.length; k++) node.saved(3 + k);
  const at = (x: Tensor): Tensor => pick(op, x, selection);
  const into = (x: Tensor): Tensor => place(op, x, selection, g.shape);
  let forSelf: Tensor, forSource: Tensor;
  if (reduce === 'sum') [forSelf, forSource] = [g, at(g)];
  else if (reduce === 'mean') {
    const each = g.div(noGrad(() => counts(op, g, selection, includeSelf)));
    [forSelf, forSource] = [each, at(each)];
  } else {
    const self = node.saved(0), source = node.saved(1), result = node.saved(2);
    if (reduce === 'prod') {
      // The product of all factors of a position but one. With one zero among the sources only that source has a gradient.
      const ofSources = combine(op, self.maskedFill(self.eq(0), 1), selection, source, 'prod', includeSelf);
      forSelf = g.mul(ofSources).div(self.maskedFill(self.eq(0), 1));
      const zero = source.eq(0), zeros = at(into(zero.castTo(g.dtypeCode))), only = zero.logicalAnd(zeros.eq(1));
      const others = combine(op, self, selection, source.maskedFill(only, 1), 'prod', includeSelf);
      forSource = at(g.mul(others)).where(only, at(g.mul(result)).div(source.maskedFill(zero, 1)));
    } else {
      const ownIsResult = self.eq(result).castTo(g.dtypeCode), sourceIsResult = source.eq(at(result)).castTo(g.dtypeCode);
      const share = g.div(ownIsResult.add(into(sourceIsResult)));
      [forSelf, forSource] = [share.mul(ownIsResult), at(share).mul(sourceIsResult)];
    }
  }
  if (!includeSelf) forSelf = erase(op, forSelf, selection);
  return [node.needs(0) ? forSelf : null, node.needs(1) ? forSource : null];
}

function combine(op: string, self: Tensor, selection: Selection, src: Tensor, reduce: Reduction, includeSelf: boolean): Tensor {
  const out = noGrad(() => combined(op, self.detach(), selection, src.detach(), reduce, includeSelf));
  if (recording(self, src) && isFloating(self.dtypeCode)) {
    const extremes = reduce === 'sum' || reduce === 'mean' ? [null, null, null] : [self, src, out];
    record(op, out, [self, wantsGrad(src) ? src : null], backward, [...extremes, ...selection.indices], { op, selection, reduce, includeSelf } satisfies Context);
  }
  return out;
}

/**
 * A copy of `input` in which `src` is combined into the positions `index` along a dim, by sum, product, mean or extreme;
 * `includeSelf: false` leaves the input's own elements there out. `index` and `src` have the input's dims; the index may be
 * smaller than both. Differentiable. PyTorch's `torch.scatter_reduce`.
 */
export const scatterReduce = operation("scatterReduce(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: 'sum'|'prod'|'mean'|'amax'|'amin', *, includeSelf: bool = true, out: Tensor?)",
  (input, dim, index, src, reduce, includeSelf): Tensor => {
    if (src.dtypeCode !== input.dtypeCode) throw new DTypeError('scatterReduce', src.dtype, `src must have dtype ${input.dtype} like the tensor, got ${src.dtype}`);
    const selection = elementSelection('scatterReduce', input, dim, index, src);
    if (selection.shape.includes(0)) return input.clone();
    return combine('scatterReduce', input, selection, cropped(src, selection), reduce, includeSelf);
  });

/**
 * A copy of `input` in which the slices of `source` along a dim are combined into those at the positions of a vector, by
 * product, mean or extreme; `includeSelf: false` leaves the input's own elements there out. Differentiable. PyTorch's `torch.index_reduce`.
 */
export const indexReduce = operation("indexReduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: 'prod'|'mean'|'amax'|'amin', *, includeSelf: bool = true, out: Tensor?)",
  (input, dim, index, source, reduce, includeSelf): Tensor => {
    const selection = rowSelection('indexReduce', input, dim, index);
    const rows = checkSource('indexReduce', input, selection, source);
    const out = combine('indexReduce', atLeast1d(input), selection, rows, reduce, includeSelf);
    return input.ndim === 0 ? out.reshape([]) : out;
  });

export const SCATTER_REDUCE_METHODS = { scatterReduce, indexReduce };

declare module '../tensor.ts' {
  interface Tensor {
    scatterReduce: Method<typeof scatterReduce>;
    scatterReduce_: Method<typeof scatterReduce>;
    indexReduce: Method<typeof indexReduce>;
    indexReduce_: Method<typeof indexReduce>;
  }
}
