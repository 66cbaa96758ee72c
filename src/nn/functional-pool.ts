/** Pooling of sequences, images and volumes: `[N, C, ...]` or, unbatched, `[C, ...]`. */
import { DTypeError, ArgumentError, ShapeError } from '../core/errors.ts';
import { operation } from '../tensor/operation.ts';
import { adaptive, averages, indexed, maxima, regular, type WithIndices, type WindowArguments } from '../tensor/library/pooling.ts';
import { perDim, product, shapeText } from '../tensor/library/spatial.ts';
import type { Tensor } from '../tensor/tensor.ts';

const chosen = (result: WithIndices, returnIndices: boolean): Tensor | WithIndices => (returnIndices ? result : result.output);

function maxPool(op: string, dims: number, x: Tensor, kernelSize: readonly number[], stride: readonly number[] | undefined, padding: readonly number[],
  dilation: readonly number[], ceilMode: boolean): WithIndices {
  return maxima(op, x, regular(op, x, dims, { kernelSize, stride, padding, dilation, ceilMode }));
}

/**
 * Maxima over windows of `kernelSize`, `stride` apart (absent: the kernel's size), the input padded with -infinity; with
 * `returnIndices` also their positions, int64. PyTorch's `F.max_pool1d`.
 */
export const maxPool1d = indexed(7,
  operation('maxPool1d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false, returnIndices: bool = false)',
    (x, kernel, stride, padding, dilation, ceil, indices) => chosen(maxPool('maxPool1d', 1, x, kernel, stride, padding, dilation, ceil), indices)));

/** Maxima over windows of images. PyTorch's `F.max_pool2d`. */
export const maxPool2d = indexed(7,
  operation('maxPool2d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false, returnIndices: bool = false)',
    (x, kernel, stride, padding, dilation, ceil, indices) => chosen(maxPool('maxPool2d', 2, x, kernel, stride, padding, dilation, ceil), indices)));

/** Maxima over windows of volumes. PyTorch's `F.max_pool3d`. */
export const maxPool3d = indexed(7,
  operation('maxPool3d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false, returnIndices: bool = false)',
    (x, kernel, stride, padding, dilation, ceil, indices) => chosen(maxPool('maxPool3d', 3, x, kernel, stride, padding, dilation, ceil), indices)));

/** `maxPool1d` with indices. PyTorch's `torch.max_pool1d_with_indices`. */
export const maxPool1dWithIndices = operation('maxPool1dWithIndices(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false)',
  (x, kernel, stride, padding, dilation, ceil): WithIndices => maxPool('maxPool1dWithIndices', 1, x, kernel, stride, padding, dilation, ceil));

/** `maxPool2d` with indices. PyTorch's `F.max_pool2d_with_indices`. */
export const maxPool2dWithIndices = operation('maxPool2dWithIndices(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false)',
  (x, kernel, stride, padding, dilation, ceil): WithIndices => maxPool('maxPool2dWithIndices', 2, x, kernel, stride, padding, dilation, ceil));

/** `maxPool3d` with indices. PyTorch's `F.max_pool3d_with_indices`. */
export const maxPool3dWithIndices = operation('maxPool3dWithIndices(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], ceilMode: bool = false)',
  (x, kernel, stride, padding, dilation, ceil): WithIndices => maxPool('maxPool3dWithIndices', 3, x, kernel, stride, padding, dilation, ceil));

function avgPool(op: string, dims: number, x: Tensor, window: Omit<WindowArguments, 'dilation'>, countIncludePad: boolean, divisorOverride?: number): Tensor {
  if (divisorOverride === 0) throw new ArgumentError(op, 'divisorOverride', 'must not be zero');
  return averages(x, regular(op, x, dims, { ...window, dilation: [1] }, divisorOverride ?? 0, countIncludePad));
}

/**
 * Means over windows of `kernelSize`, `stride` apart (absent: the kernel's size), the input padded with zeros, which count
 * as elements unless `countIncludePad` is false. PyTorch's `F.avg_pool1d`.
 */
export const avgPool1d = operation('avgPool1d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], ceilMode: bool = false, countIncludePad: bool = true)',
  (x, kernelSize, stride, padding, ceilMode, include): Tensor => avgPool('avgPool1d', 1, x, { kernelSize, stride, padding, ceilMode }, include));

/** Means over windows of images; sums are divided by `divisorOverride` where that is given. PyTorch's `F.avg_pool2d`. */
export const avgPool2d = operation('avgPool2d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], ceilMode: bool = false, countIncludePad: bool = true, divisorOverride: int?)',
  (x, kernelSize, stride, padding, ceilMode, include, divisor): Tensor => avgPool('avgPool2d', 2, x, { kernelSize, stride, padding, ceilMode }, include, divisor));

/** Means over windows of volumes; sums are divided by `divisorOverride` where that is given. PyTorch's `F.avg_pool3d`. */
export const avgPool3d = operation('avgPool3d(input: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], ceilMode: bool = false, countIncludePad: bool = true, divisorOverride: int?)',
  (x, kernelSize, stride, padding, ceilMode, include, divisor): Tensor => avgPool('avgPool3d', 3, x, { kernelSize, stride, padding, ceilMode }, include, divisor));

/** Means over `outputSize` windows that divide the input as evenly as they can. PyTorch's `F.adaptive_avg_pool1d`. */
export const adaptiveAvgPool1d = operation('adaptiveAvgPool1d(input: Tensor, outputSize: any)', (x, size): Tensor => averages(x, adaptive('adaptiveAvgPool1d', x, 1, size)));
/** The same for images; null in `outputSize` keeps the input's size. PyTorch's `F.adaptive_avg_pool2d`. */
export const adaptiveAvgPool2d = operation('adaptiveAvgPool2d(input: Tensor, outputSize: any)', (x, size): Tensor => averages(x, adaptive('adaptiveAvgPool2d', x, 2, size)));
/** The same for volumes. PyTorch's `F.adaptive_avg_pool3d`. */
export const adaptiveAvgPool3d = operation('adaptiveAvgPool3d(input: Tensor, outputSize: any)', (x, size): Tensor => averages(x, adaptive('adaptiveAvgPool3d', x, 3, size)));

/** Maxima over `outputSize` windows that divide the input as evenly as they can; null keeps the size. PyTorch's `F.adaptive_max_pool1d`. */
export const adaptiveMaxPool1d = indexed(3,
  operation('adaptiveMaxPool1d(input: Tensor, outputSize: any, returnIndices: bool = false)',
    (x, size, indices) => chosen(maxima('adaptiveMaxPool1d', x, adaptive('adaptiveMaxPool1d', x, 1, size)), indices)));
/** The same for images. PyTorch's `F.adaptive_max_pool2d`. */
export const adaptiveMaxPool2d = indexed(3,
  operation('adaptiveMaxPool2d(input: Tensor, outputSize: any, returnIndices: bool = false)',
    (x, size, indices) => chosen(maxima('adaptiveMaxPool2d', x, adaptive('adaptiveMaxPool2d', x, 2, size)), indices)));
/** The same for volumes. PyTorch's `F.adaptive_max_pool3d`. */
export const adaptiveMaxPool3d = indexed(3,
  operation('adaptiveMaxPool3d(input: Tensor, outputSize: any, returnIndices: bool = false)',
    (x, size, indices) => chosen(maxima('adaptiveMaxPool3d', x, adaptive('adaptiveMaxPool3d', x, 3, size)), indices)));

/** `adaptiveMaxPool1d` with indices, as `torch.adaptive_max_pool1d` gives them. PyTorch's `F.adaptive_max_pool1d_with_indices`. */
export const adaptiveMaxPool1dWithIndices = operation('adaptiveMaxPool1dWithIndices(input: Tensor, outputSize: any)',
  (x, size): WithIndices => maxima('adaptiveMaxPool1dWithIndices', x, adaptive('adaptiveMaxPool1dWithIndices', x, 1, size)));
/** PyTorch's `F.adaptive_max_pool2d_with_indices`. */
export const adaptiveMaxPool2dWithIndices = operation('adaptiveMaxPool2dWithIndices(input: Tensor, outputSize: any)',
  (x, size): WithIndices => maxima('adaptiveMaxPool2dWithIndices', x, adaptive('adaptiveMaxPool2dWithIndices', x, 2, size)));
/** PyTorch's `F.adaptive_max_pool3d_with_indices`. */
export const adaptiveMaxPool3dWithIndices = operation('adaptiveMaxPool3dWithIndices(input: Tensor, outputSize: any)',
  (x, size): WithIndices => maxima('adaptiveMaxPool3dWithIndices', x, adaptive('adaptiveMaxPool3dWithIndices', x, 3, size)));

function lpPool(op: string, dims: number, x: Tensor, normType: number, kernelSize: readonly number[], stride: readonly number[] | undefined, ceilMode: boolean): Tensor {
  const kernel = perDim(op, 'kernelSize', kernelSize, dims, 1);
  const mean = avgPool(op, dims, x.pow(normType), { kernelSize: kernel, stride, padding: [0], ceilMode }, true);
  return mean.sign().mul(mean.abs().relu()).mul(product(kernel)).pow(1 / normType);
}

/** The `normType`-th root of the sum of `normType`-th powers over every window. PyTorch's `F.lp_pool1d`. */
export const lpPool1d = operation('lpPool1d(input: Tensor, normType: float, kernelSize: ints, stride: ints?, ceilMode: bool = false)',
  (x, norm, kernel, stride, ceil): Tensor => lpPool('lpPool1d', 1, x, norm, kernel, stride, ceil));
/** The same for images. PyTorch's `F.lp_pool2d`. */
export const lpPool2d = operation('lpPool2d(input: Tensor, normType: float, kernelSize: ints, stride: ints?, ceilMode: bool = false)',
  (x, norm, kernel, stride, ceil): Tensor => lpPool('lpPool2d', 2, x, norm, kernel, stride, ceil));
/** The same for volumes. PyTorch's `F.lp_pool3d`. */
export const lpPool3d = operation('lpPool3d(input: Tensor, normType: float, kernelSize: ints, stride: ints?, ceilMode: bool = false)',
  (x, norm, kernel, stride, ceil): Tensor => lpPool('lpPool3d', 3, x, norm, kernel, stride, ceil));

function maxUnpool(op: string, dims: number, x: Tensor, indices: Tensor, kernelSize: readonly number[], strides: readonly number[] | undefined,
  paddings: readonly number[], outputSize: readonly number[] | undefined): Tensor {
  const kernel = perDim(op, 'kernelSize', kernelSize, dims, 1), padding = perDim(op, 'padding', paddings, dims, 0);
  const stride = strides === undefined || strides.length === 0 ? kernel : perDim(op, 'stride', strides, dims, 1);
  if (indices.dtype !== 'int64') throw new DTypeError(op, indices.dtype, `indices must be int64, got ${indices.dtype}; write indices.long()`);
  if (x.ndim !== dims + 1 && x.ndim !== dims + 2) throw new ShapeError(op, `input must have ${dims + 1} (unbatched) or ${dims + 2} dimensions, got shape ${shapeText(x)}`);
  if (indices.shape.join() !== x.shape.join()) throw new ShapeError(op, `indices must have the input's shape ${shapeText(x)}, got ${shapeText(indices)}`);
  const lead = x.layout.shape.slice(0, x.ndim - dims);
  const natural = x.layout.shape.slice(x.ndim - dims).map((n, d) => (n - 1) * stride[d] + kernel[d] - 2 * padding[d]);
  const size = outputSize === undefined ? natural : outputSize.length === dims + 2 ? outputSize.slice(2) : outputSize;
  if (size.length !== dims) throw new ArgumentError(op, 'outputSize', `must have ${dims} or ${dims + 2} sizes, got [${size.join(', ')}]`);
  size.forEach((n, d) => {
    if (n !== natural[d] && (n <= natural[d] - stride[d] || n >= natural[d] + stride[d])) {
      throw new ArgumentError(op, 'outputSize', `must be less than the stride [${stride.join(', ')}] away from [${natural.join(', ')}], got [${size.join(', ')}]`);
    }
  });
  if (size.some((n) => n < 1)) throw new ShapeError(op, `the output size [${size.join(', ')}] is too small for an input of shape ${shapeText(x)}`);
  const planes = product(lead);
  return x.newZeros([planes, product(size)]).scatter(1, indices.reshape([planes, -1]), x.reshape([planes, -1])).reshape([...lead, ...size]);
}

/** Puts what `maxPool1d` gave back to where it was found, zeros elsewhere; `outputSize` settles a size that pooling rounded. PyTorch's `F.max_unpool1d`. */
export const maxUnpool1d = operation('maxUnpool1d(input: Tensor, indices: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], outputSize: ints?)',
  (x, indices, kernel, stride, padding, size): Tensor => maxUnpool('maxUnpool1d', 1, x, indices, kernel, stride, padding, size));
/** The same for images. PyTorch's `F.max_unpool2d`. */
export const maxUnpool2d = operation('maxUnpool2d(input: Tensor, indices: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], outputSize: ints?)',
  (x, indices, kernel, stride, padding, size): Tensor => maxUnpool('maxUnpool2d', 2, x, indices, kernel, stride, padding, size));
/** The same for volumes. PyTorch's `F.max_unpool3d`. */
export const maxUnpool3d = operation('maxUnpool3d(input: Tensor, indices: Tensor, kernelSize: ints, stride: ints?, padding: ints = [0], outputSize: ints?)',
  (x, indices, kernel, stride, padding, size): Tensor => maxUnpool('maxUnpool3d', 3, x, indices, kernel, stride, padding, size));

