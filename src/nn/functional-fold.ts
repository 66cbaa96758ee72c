/** Blocks of images as columns, and back: `unfold` and `fold`, linear maps that are each other's transposes. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { Layout } from '../core/layout.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { record, recording } from '../tensor/graph.ts';
import { copyInto, emptyShape } from '../tensor/kernels.ts';
import { operation } from '../tensor/operation.ts';
import { constantPad, type Margin } from '../tensor/library/padding.ts';
import type { Tensor } from '../tensor/tensor.ts';

interface Blocks {
  /** Of the image, unpadded. */
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
  /** How many blocks fit per dim. */
  readonly count: readonly number[];
}

function pair(op: string, name: string, values: readonly number[], least: number): readonly number[] {
  if (values.length !== 1 && values.length !== 2) throw new ArgumentError(op, name, `must be one number or two, got ${values.length}`);
  for (const value of values) if (value < least) throw new ArgumentError(op, name, `must be at least ${least}, got ${value}`);
  return values.length === 1 ? [values[0], values[0]] : values;
}

type Lists = readonly [kernel: readonly number[], dilation: readonly number[], padding: readonly number[], stride: readonly number[]];

function blocksOf(op: string, size: readonly number[], [kernels, dilations, paddings, strides]: Lists): Blocks {
  const kernel = pair(op, 'kernelSize', kernels, 1), dilation = pair(op, 'dilation', dilations, 1);
  const padding = pair(op, 'padding', paddings, 0), stride = pair(op, 'stride', strides, 1);
  const count = size.map((n, i) => Math.floor((n + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1);
  if (count.some((n) => n < 1)) {
    throw new ShapeError(op, `a kernel of [${kernel.join(', ')}] with dilation [${dilation.join(', ')}] does not fit into [${size.join(', ')}] with padding [${padding.join(', ')}]`);
  }
  return { size, kernel, dilation, padding, stride, count };
}

const marginsOf = ({ padding }: Blocks): Margin[] => padding.flatMap((p, i) => (p === 0 ? [] : [{ dim: i + 2, before: p, after: p }]));

/** `[N, C, H, W]` to `[N, C, kh, kw, rows, columns]`. */
function gatherBlocks(x: Tensor, blocks: Blocks): Tensor {
  const { kernel, dilation, stride, count } = blocks;
  const out = noGrad(() => {
    const margins = marginsOf(blocks), image = margins.length === 0 ? x : constantPad(x, margins, 0);
    const { shape: [n, c], strides: [sn, sc, sh, sw], offset } = image.layout;
    const windows = new Layout([n, c, ...kernel, ...count], [sn, sc, sh * dilation[0], sw * dilation[1], sh * stride[0], sw * stride[1]], offset);
    const columns = emptyShape(x, windows.shape, x.dtypeCode);
    copyInto(columns, image.wrap(image.storage, windows, image.dtypeCode));
    return columns;
  });
  if (recording(x)) record('unfold', out, [x], (g) => addBlocks(g, blocks));
  return out;
}

/** `[N, C, kh, kw, rows, columns]` added up to `[N, C, H, W]`. */
function addBlocks(g: Tensor, blocks: Blocks): Tensor {
  const { size, kernel, dilation, padding, stride, count } = blocks;
  const out = noGrad(() => {
    const image = emptyShape(g, [g.shape[0], g.shape[1], ...size.map((n, i) => n + 2 * padding[i])], g.dtypeCode);
    copyInto(image, 0);
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        const at = [i * dilation[0], j * dilation[1]];
        const part = at.reduce((view, start, k) => view.slice(k + 2, start, start + (count[k] - 1) * stride[k] + 1, stride[k]), image);
        part.add_(g.select(2, i).select(2, j));
      }
    }
    return size.reduce((view, n, i) => view.narrow(i + 2, padding[i], n), image).contiguous();
  });
  if (recording(g)) record('fold', out, [g], (gg) => gatherBlocks(gg, blocks));
  return out;
}

/**
 * Sliding blocks of an image `[N, C, H, W]` or `[C, H, W]` as columns: `[N, C kh kw, blocks]`. PyTorch's `F.unfold`.
 */
export const unfold = operation('unfold(input: Tensor, kernelSize: ints, dilation: ints = [1], padding: ints = [0], stride: ints = [1])', (input, kernelSize, ...rest): Tensor => {
  if (input.ndim !== 3 && input.ndim !== 4) throw new ShapeError('unfold', `input must have 3 or 4 dimensions ([N, C, H, W] or [C, H, W]), got shape [${input.shape.join(', ')}]`);
  if (input.layout.shape.slice(input.ndim - 3).includes(0)) throw new ShapeError('unfold', `only the batch may be empty, got shape [${input.shape.join(', ')}]`);
  const batch = input.ndim === 4 ? input : input.unsqueeze(0);
  const blocks = blocksOf('unfold', batch.layout.shape.slice(2), [kernelSize, ...rest]);
  const columns = gatherBlocks(batch, blocks), [n, c, kh, kw, rows, cols] = columns.shape;
  const shape = [c * kh * kw, rows * cols];
  return columns.view(input.ndim === 4 ? [n, ...shape] : shape);
});

/**
 * Columns `[N, C kh kw, blocks]`, or `[C kh kw, blocks]`, added up to an image `[N, C, ...outputSize]`: overlapping blocks
 * sum. PyTorch's `F.fold`.
 */
export const fold = operation('fold(input: Tensor, outputSize: ints, kernelSize: ints, dilation: ints = [1], padding: ints = [0], stride: ints = [1])', (input, outputSize, kernelSize, ...rest): Tensor => {
  if (input.ndim !== 2 && input.ndim !== 3) throw new ShapeError('fold', `input must have 2 or 3 dimensions ([N, C kh kw, blocks]), got shape [${input.shape.join(', ')}]`);
  const batch = input.ndim === 3 ? input : input.unsqueeze(0);
  const size = pair('fold', 'outputSize', outputSize, 1), blocks = blocksOf('fold', size, [kernelSize, ...rest]);
  const { kernel: [kh, kw], count: [rows, cols] } = blocks, [n, channels, length] = batch.shape;
  if (channels % (kh * kw) !== 0 || channels === 0) throw new ShapeError('fold', `dimension ${input.ndim - 2} must be a multiple of the kernel's ${kh * kw} elements, got shape [${input.shape.join(', ')}]`);
  if (length !== rows * cols) throw new ShapeError('fold', `the last dimension must be the number of blocks, ${rows} * ${cols} = ${rows * cols}, got shape [${input.shape.join(', ')}]`);
  const image = addBlocks(batch.reshape([n, channels / (kh * kw), kh, kw, rows, cols]), blocks);
  return input.ndim === 3 ? image : image.squeeze(0);
});
