/** Copies of a tensor with a part replaced, and elements written at positions. All differentiable. */
import { allocate } from '../../core/allocator.ts';
import { ITEM_SIZE } from '../../core/dtype.ts';
import { AutogradError, DTypeError, ShapeError } from '../../core/errors.ts';
import { sameShape } from '../../core/layout.ts';
import { recording } from '../graph.ts';
import { copyInto } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import { apart, atDims, indexArg, put_ } from '../selection.ts';
import type { Tensor } from '../tensor.ts';

/** A copy of `input` whose part (a view of the copy) is `src`, which must have the part's shape. */
function replaced(op: string, input: Tensor, src: Tensor, part: (copy: Tensor) => Tensor): Tensor {
  const target = part(input.detach());
  if (!sameShape(target.shape, src.shape)) throw new ShapeError(op, `src must have shape [${target.shape.join(', ')}] like the part that it replaces, got [${src.shape.join(', ')}]`);
  const copy = input.clone();
  part(copy).copy_(src);
  return copy;
}

/** A copy of `input` with one index of a dim replaced. PyTorch's `torch.select_scatter`. */
export const selectScatter = operation('selectScatter(input: Tensor, src: Tensor, dim: int, index: int)', (input, src, dim, index): Tensor => replaced('selectScatter', input, src, (x) => x.select(dim, index)));

/** A copy of `input` with the slice `start:end:step` of a dim replaced. PyTorch's `torch.slice_scatter`. */
export const sliceScatter = operation('sliceScatter(input: Tensor, src: Tensor, dim: int = 0, start: int?, end: int?, step: int = 1)', (input, src, dim, start, end, step): Tensor =>
  replaced('sliceScatter', input, src, (x) => x.slice(dim, start ?? null, end ?? null, step)));

/** A copy of `input` with a diagonal of two dims replaced. PyTorch's `torch.diagonal_scatter`. */
export const diagonalScatter = operation('diagonalScatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1)', (input, src, offset, dim1, dim2): Tensor =>
  replaced('diagonalScatter', input, src, (x) => x.diagonal(offset, dim1, dim2)));

/** A copy with the same strides and offset, in memory of its own. Not recorded. */
function sameGeometry(x: Tensor): Tensor {
  const { layout, dtypeCode } = x;
  const extent = layout.numel === 0 ? 0 : layout.shape.reduce((sum, size, i) => sum + (size - 1) * layout.strides[i], layout.offset + 1);
  const copy = x.wrap(allocate(extent * ITEM_SIZE[dtypeCode]), layout, dtypeCode);
  copyInto(copy, x);
  return copy;
}

/**
 * A copy of `input`, with its strides, in which the elements of a strided view of its memory are replaced; where gradients
 * are wanted the input must be contiguous. PyTorch's `torch.as_strided_scatter`.
 */
export const asStridedScatter = operation('asStridedScatter(input: Tensor, src: Tensor, size: ints, stride: ints, storageOffset: int?)', (input, src, size, stride, storageOffset): Tensor => {
  const { layout } = input, offset = storageOffset ?? layout.offset;
  if (layout.contiguous && layout.offset === 0) return replaced('asStridedScatter', input, src, (x) => x.asStrided(size, stride, offset));
  if (recording(input, src)) {
    if (!layout.contiguous || offset < layout.offset) throw new AutogradError('asStridedScatter: input must be contiguous, and written from its own offset on, where gradients are wanted');
    return replaced('asStridedScatter', input, src, (x) => x.asStrided(size, stride, offset - (x.storage === input.storage ? 0 : layout.offset)));
  }
  const copy = sameGeometry(input), part = copy.asStrided(size, stride, offset);
  if (!sameShape(part.shape, src.shape)) throw new ShapeError('asStridedScatter', `src must have shape [${part.shape.join(', ')}] like the part that it replaces, got [${src.shape.join(', ')}]`);
  part.copy_(src);
  return copy;
});

/** A copy of `input` with `source` written (or, with `accumulate`, added) at positions of the flattened tensor. PyTorch's `torch.put`. */
export const put = operation('put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = false)', (input, index, source, accumulate): Tensor => {
  const at = apart(input, indexArg('put', index));
  if (source.dtypeCode !== input.dtypeCode) throw new DTypeError('put', source.dtype, `source must have dtype ${input.dtype} like the tensor, got ${source.dtype}`);
  if (source.numel() !== at.numel()) throw new ShapeError('put', `source must have as many elements as index, ${at.numel()}, got ${source.numel()}`);
  const copy = input.rowMajorCopy(), flat = copy.view([-1]);
  put_('put', flat, atDims('put', flat.shape, [{ dim: 0, index: at }]), source.reshape([...at.shape]), accumulate);
  return copy;
});

export const PLACING_METHODS = { selectScatter, sliceScatter, diagonalScatter, asStridedScatter, put };
export const PLACING_IN_PLACE = { put };

declare module '../tensor.ts' {
  interface Tensor {
    selectScatter: Method<typeof selectScatter>;
    sliceScatter: Method<typeof sliceScatter>;
    diagonalScatter: Method<typeof diagonalScatter>;
    asStridedScatter: Method<typeof asStridedScatter>;
    put: Method<typeof put>;
    put_: Method<typeof put>;
  }
}
