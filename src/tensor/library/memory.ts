/** Tensors of given strides, and memory that grows. */
import { allocate } from '../../core/allocator.ts';
import { dtypeCode, ITEM_SIZE, type DType, type DTypeCode } from '../../core/dtype.ts';
import { AutogradError, ShapeError } from '../../core/errors.ts';
import { checkShape, Layout, MAX_ELEMENTS, sameShape } from '../../core/layout.ts';
import { formatLayout } from '../../core/memory-format.ts';
import { emptyTensor, finish, fromData } from '../create.ts';
import { copyInto } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import { defaultDTypeCode } from '../promotion.ts';
import { PlainTensor, type Tensor } from '../tensor.ts';

/** One past the last element that a layout reaches. */
function extentOf({ shape, strides, offset, numel }: Layout): number {
  return numel === 0 ? offset : shape.reduce((last, size, i) => last + (size - 1) * strides[i], offset + 1);
}

function strided(op: string, size: readonly number[], stride: readonly number[], dtype: DTypeCode): Tensor {
  checkShape(op, size);
  if (stride.length !== size.length) throw new ShapeError(op, `size and stride must have the same length, got ${size.length} and ${stride.length}`);
  if (stride.some((step) => step < 0)) throw new ShapeError(op, `strides must be non-negative integers, got [${stride.join(', ')}]`);
  const layout = new Layout([...size], [...stride], 0), extent = extentOf(layout);
  if (extent > MAX_ELEMENTS) throw new ShapeError(op, `size [${size.join(', ')}] and stride [${stride.join(', ')}] reach over ${extent} elements, at most ${MAX_ELEMENTS} are supported`);
  return new PlainTensor(allocate(extent * ITEM_SIZE[dtype]), layout, dtype);
}

const codeOf = (dtype: DType | undefined): DTypeCode | undefined => (dtype === undefined ? undefined : dtypeCode(dtype));

/** Uninitialised memory seen with the given sizes and strides. PyTorch's `torch.empty_strided`. */
export const emptyStrided = operation('emptyStrided(size: ints, stride: ints, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (size, stride, dtype, requiresGrad, device): Tensor =>
  finish('emptyStrided', strided('emptyStrided', size, stride, codeOf(dtype) ?? defaultDTypeCode()), { requiresGrad, device }));

/** `emptyStrided` with this tensor's dtype unless given. PyTorch's `Tensor.new_empty_strided`. */
export const newEmptyStrided = operation('newEmptyStrided(input: Tensor, size: ints, stride: ints, *, dtype: dtype?, requiresGrad: bool = false, device: string?)',
  (input, size, stride, dtype, requiresGrad, device): Tensor => finish('newEmptyStrided', strided('newEmptyStrided', size, stride, codeOf(dtype) ?? input.dtypeCode), { requiresGrad, device }));

/** `tensor(data)` with this tensor's dtype unless given. PyTorch's `Tensor.new_tensor`. */
export const newTensor = operation('newTensor(input: Tensor, data: data, *, dtype: dtype?, requiresGrad: bool = false, device: string?)',
  (input, data, dtype, requiresGrad, device): Tensor => finish('newTensor', fromData('newTensor', data, codeOf(dtype) ?? input.dtypeCode, requiresGrad), { requiresGrad, device }));

/** A 0-d tensor of a number, in the default float dtype unless given. PyTorch's `torch.scalar_tensor`. */
export const scalarTensor = operation('scalarTensor(s: scalar, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (s, dtype, requiresGrad, device): Tensor => {
  const out = emptyTensor([], codeOf(dtype) ?? defaultDTypeCode());
  copyInto(out, s);
  return finish('scalarTensor', out, { requiresGrad, device });
});

/**
 * Other sizes over the same memory, which grows where it is too small, for all its views; what it grows by is uninitialised.
 * Not for tensors that require grad. PyTorch's `Tensor.resize_`.
 */
export const resize_ = operation("resize_(input: Tensor, ...size: ints, *, memoryFormat: 'contiguousFormat'|'channelsLast'|'channelsLast3d'?)", (input, size, memoryFormat): Tensor => {
  checkShape('resize_', size);
  if (input.requiresGrad) throw new AutogradError('resize_: cannot resize a tensor that requires grad; use detach() first');
  if (memoryFormat === undefined && sameShape(size, input.shape)) return input;
  const { storage, dtypeCode: dtype, layout: old } = input;
  const dense = formatLayout('resize_', size, memoryFormat ?? null, null);
  const layout = old.offset === 0 ? dense : new Layout(dense.shape, dense.strides, old.offset);
  const needed = extentOf(layout) * ITEM_SIZE[dtype];
  if (needed > storage.byteLength) {
    const grown = allocate(needed);
    grown.slab.bytes.set(storage.slab.bytes.subarray(storage.byteOffset, storage.byteOffset + storage.byteLength), grown.byteOffset);
    storage.memory = grown.slab;
    storage.byteOffset = grown.byteOffset;
    storage.byteLength = needed;
  }
  (input as { -readonly [K in 'layout']: Layout }).layout = layout;
  storage.version++;
  return input;
});

export const MEMORY_METHODS = { newEmptyStrided, newTensor, resize_ };

declare module '../tensor.ts' {
  interface Tensor {
    newEmptyStrided: Method<typeof newEmptyStrided>;
    newTensor: Method<typeof newTensor>;
    resize_: Method<typeof resize_>;
  }
}
