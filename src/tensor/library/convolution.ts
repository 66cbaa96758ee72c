/**
 * Convolution as three bilinear maps that are each other's derivatives: of input and weight, of the output's gradient and
 * the weight (the transposed convolution), and of input and output's gradient. So every order of gradient follows.
 */
import { BOOL, isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { rawCast, rawResult, spent } from '../dispatch.ts';
import { record, recording } from '../graph.ts';
import { emptyShape } from '../kernels.ts';
import { convInto, type ConvGeometry } from '../kernels-spatial.ts';
import type { ConvOp } from '../../ops/families.ts';
import { operation } from '../operation.ts';
import { computeType } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';
import { integerConvolution, integerTransposed } from './convolution-integer.ts';
import { dense, perDim, shapeText, triple } from './spatial.ts';

/** A convolution's geometry, and the shapes of its three tensors. */
interface Plan {
  readonly geometry: ConvGeometry;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  readonly weightShape: readonly number[];
}

/** One kernel call. Half floats are computed in float32 and rounded once. */
function convolved(op: ConvOp, m: Plan, shape: readonly number[], a: Tensor, b: Tensor, bias: Tensor | null = null): Tensor {
  const compute = computeType(a.dtypeCode), out = emptyShape(a, shape, compute);
  const input = (x: Tensor): Tensor => dense(rawCast(x, compute) as Tensor);
  const left = input(a), right = input(b), added = bias === null ? null : input(bias);
  convInto(op, m.geometry, out, left, right, added);
  spent(left, a);
  spent(right, b);
  return rawResult(out, a.dtypeCode);
}

function correlate(x: Tensor, w: Tensor, bias: Tensor | null, m: Plan): Tensor {
  const out = convolved('forward', m, m.outShape, x, w, bias);
  if (recording(x, w, bias)) {
    record('convolution', out, [x, w, bias], (g, node) => [
      node.needs(0) ? spread(g, node.saved(1), null, m) : null,
      node.needs(1) ? weigh(node.saved(0), g, m) : null,
      node.needs(2) ? sumOfChannels(g) : null,
    ], [x, w]);
  }
  return out;
}

/** The transpose of {@link correlate} in its input. */
function spread(g: Tensor, w: Tensor, bias: Tensor | null, m: Plan): Tensor {
  const out = convolved('inputGrad', m, m.inShape, g, w, bias);
  if (recording(g, w, bias)) {
    record('convolutionInput', out, [g, w, bias], (gg, node) => [
      node.needs(0) ? correlate(gg, node.saved(1), null, m) : null,
      node.needs(1) ? weigh(gg, node.saved(0), m) : null,
      node.needs(2) ? sumOfChannels(gg) : null,
    ], [g, w]);
  }
  return out;
}

/** The transpose of {@link correlate} in its weight. */
function weigh(x: Tensor, g: Tensor, m: Plan): Tensor {
  const out = convolved('weightGrad', m, m.weightShape, x, g);
  if (recording(x, g)) {
    record('convolutionWeight', out, [x, g], (gg, node) => [
      node.needs(0) ? spread(node.saved(1), gg, null, m) : null,
      node.needs(1) ? correlate(node.saved(0), gg, null, m) : null,
    ], [x, g]);
  }
  return out;
}

const sumOfChannels = (g: Tensor): Tensor => g.sum([0, ...g.layout.shape.slice(2).map((_, i) => i + 2)]);

type Padding = 'same' | 'valid' | readonly number[];

interface Checked {
  /** With a batch dim. */
  readonly x: Tensor;
  readonly unbatched: boolean;
  readonly bias: Tensor | null;
}

/** The checks that convolution and transposed convolution share; `outputs` is the number of output channels. */
function checked(op: string, dims: number, input: Tensor, weight: Tensor, bias: Tensor | undefined, groups: number, outputs: number): Checked {
  if (groups < 1) throw new ArgumentError(op, 'groups', `must be at least 1, got ${groups}`);
  if (weight.ndim !== dims + 2) throw new ShapeError(op, `weight must have ${dims + 2} dimensions, got shape ${shapeText(weight)}`);
  if (input.ndim !== dims + 2 && input.ndim !== dims + 1) throw new ShapeError(op, `input must have ${dims + 1} (unbatched) or ${dims + 2} dimensions, got shape ${shapeText(input)}`);
  if (weight.shape[0] < groups || weight.shape[0] % groups !== 0) {
    throw new ShapeError(op, `weight of shape ${shapeText(weight)} must have a first dimension that is a multiple of groups = ${groups}`);
  }
  for (let d = 2; d < dims + 2; d++) if (weight.shape[d] === 0) throw new ShapeError(op, `weight must have a kernel, got shape ${shapeText(weight)}`);
  if (bias !== undefined && (bias.ndim !== 1 || bias.shape[0] !== outputs)) throw new ShapeError(op, `bias must have shape [${outputs}], got ${shapeText(bias)}`);
  for (const [name, other] of [['weight', weight], ['bias', bias]] as const) {
    if (other !== undefined && other.dtypeCode !== input.dtypeCode) throw new DTypeError(op, other.dtype, `${name} must have the dtype of input, ${input.dtype}, got ${other.dtype}`);
  }
  if (input.dtypeCode === BOOL) throw new DTypeError(op, 'bool', 'expected a number dtype, got bool');
  const unbatched = input.ndim === dims + 1;
  return { x: unbatched ? input.unsqueeze(0) : input, unbatched, bias: bias ?? null };
}

function convolution(op: string, dims: number, input: Tensor, weight: Tensor, givenBias: Tensor | undefined,
  strides: readonly number[], paddings: Padding, dilations: readonly number[], groups: number): Tensor {
  const stride = perDim(op, 'stride', strides, dims, 1), dilation = perDim(op, 'dilation', dilations, dims, 1);
  const { x, unbatched, bias } = checked(op, dims, input, weight, givenBias, groups, weight.shape[0]);
  const inputs = weight.shape[1], kernel = weight.layout.shape.slice(2), size = x.layout.shape.slice(2);
  if (x.shape[1] !== inputs * groups) {
    throw new ShapeError(op, `input of shape ${shapeText(input)} must have ${inputs * groups} channels for a weight of shape ${shapeText(weight)} and groups = ${groups}, got ${x.shape[1]}`);
  }
  if (paddings === 'same' && stride.some((s) => s !== 1)) throw new ArgumentError(op, 'padding', "'same' is not supported for strided convolutions");
  // 'same' puts the odd one of an uneven padding at the end.
  const total = kernel.map((k, d) => dilation[d] * (k - 1));
  const padding = paddings === 'valid' ? total.map(() => 0) : paddings === 'same' ? total.map((t) => Math.floor(t / 2)) : perDim(op, 'padding', paddings, dims, 0);
  const padded = size.map((n, d) => n + (paddings === 'same' ? total[d] : 2 * padding[d]));
  const out = padded.map((n, d) => Math.floor((n - total[d] - 1) / stride[d]) + 1);
  if (padded.some((n, d) => n < total[d] + 1) || size.includes(0)) {
    throw new ShapeError(op, `the kernel [${total.map((t) => t + 1).join(', ')}] is larger than the padded input [${padded.join(', ')}] (input ${shapeText(input)}, weight ${shapeText(weight)})`);
  }
  const geometry: ConvGeometry = {
    batch: x.shape[0], groups, inputs, outputs: weight.shape[0] / groups, inSize: triple(size, 1), outSize: triple(out, 1),
    kernel: triple(kernel, 1), stride: triple(stride, 1), padding: triple(padding, 0), dilation: triple(dilation, 1),
  };
  const map = { geometry, inShape: x.shape, outShape: [x.shape[0], weight.shape[0], ...out], weightShape: weight.shape };
  const result = isFloating(x.dtypeCode) ? correlate(x, weight, bias, map)
    : integerConvolution(x, weight, bias, geometry, map.outShape);
  return unbatched ? result.squeeze(0) : result;
}

function transposed(op: string, dims: number, input: Tensor, weight: Tensor, givenBias: Tensor | undefined,
  strides: readonly number[], paddings: readonly number[], outputPaddings: readonly number[], groups: number, dilations: readonly number[]): Tensor {
  const stride = perDim(op, 'stride', strides, dims, 1), dilation = perDim(op, 'dilation', dilations, dims, 1);
  const padding = perDim(op, 'padding', paddings, dims, 0), extra = perDim(op, 'outputPadding', outputPaddings, dims, 0);
  const { x, unbatched, bias } = checked(op, dims, input, weight, givenBias, groups, weight.shape[1] * groups);
  if (x.shape[1] !== weight.shape[0]) {
    throw new ShapeError(op, `input of shape ${shapeText(input)} must have ${weight.shape[0]} channels for a weight of shape ${shapeText(weight)}, got ${x.shape[1]}`);
  }
  const kernel = weight.layout.shape.slice(2), size = x.layout.shape.slice(2);
  if (extra.some((n, d) => n >= stride[d] && n >= dilation[d])) {
    throw new ArgumentError(op, 'outputPadding', `must be smaller than stride or dilation, got [${extra.join(', ')}] with stride [${stride.join(', ')}] and dilation [${dilation.join(', ')}]`);
  }
  const out = size.map((n, d) => (n - 1) * stride[d] - 2 * padding[d] + dilation[d] * (kernel[d] - 1) + extra[d] + 1);
  if (out.some((n) => n < 1) || size.includes(0)) throw new ShapeError(op, `the output size [${out.join(', ')}] is too small (input ${shapeText(input)}, weight ${shapeText(weight)})`);
  // Seen from the convolution whose transpose this is, input and output change places.
  const geometry: ConvGeometry = {
    batch: x.shape[0], groups, inputs: weight.shape[1], outputs: weight.shape[0] / groups, inSize: triple(out, 1), outSize: triple(size, 1),
    kernel: triple(kernel, 1), stride: triple(stride, 1), padding: triple(padding, 0), dilation: triple(dilation, 1),
  };
  const map = { geometry, inShape: [x.shape[0], weight.shape[1] * groups, ...out], outShape: x.shape, weightShape: weight.shape };
  const result = isFloating(x.dtypeCode) ? spread(x, weight, bias, map)
    : integerTransposed(x, weight, bias, geometry, map.inShape);
  return unbatched ? result.squeeze(0) : result;
}

/**
 * Correlation of `input` `[N, C, L]` (or `[C, L]`) with `weight` `[O, C / groups, K]`, plus `bias` `[O]`. `padding` is a
 * number of zeros on both sides, 'valid' (none) or 'same' (as many as keep the size; stride 1). PyTorch's `F.conv1d`.
 */
export const conv1d = operation("conv1d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: 'same'|'valid'|ints = [0], dilation: ints = [1], groups: int = 1)",
  (input, weight, bias, stride, padding, dilation, groups): Tensor => convolution('conv1d', 1, input, weight, bias, stride, padding, dilation, groups));

/** The same over images: `input` `[N, C, H, W]` (or `[C, H, W]`), `weight` `[O, C / groups, K, L]`. PyTorch's `F.conv2d`. */
export const conv2d = operation("conv2d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: 'same'|'valid'|ints = [0], dilation: ints = [1], groups: int = 1)",
  (input, weight, bias, stride, padding, dilation, groups): Tensor => convolution('conv2d', 2, input, weight, bias, stride, padding, dilation, groups));

/** The same over volumes: `input` `[N, C, D, H, W]` (or `[C, D, H, W]`). PyTorch's `F.conv3d`. */
export const conv3d = operation("conv3d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: 'same'|'valid'|ints = [0], dilation: ints = [1], groups: int = 1)",
  (input, weight, bias, stride, padding, dilation, groups): Tensor => convolution('conv3d', 3, input, weight, bias, stride, padding, dilation, groups));

/**
 * The transpose of `conv1d`: `input` `[N, C, L]` (or `[C, L]`), `weight` `[C, O / groups, K]`, `bias` `[O]`.
 * `outputPadding` adds to one end of the output. PyTorch's `F.conv_transpose1d`.
 */
export const convTranspose1d = operation('convTranspose1d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: ints = [0], outputPadding: ints = [0], groups: int = 1, dilation: ints = [1])',
  (input, weight, bias, stride, padding, extra, groups, dilation): Tensor => transposed('convTranspose1d', 1, input, weight, bias, stride, padding, extra, groups, dilation));

/** The transpose of `conv2d`: `weight` is `[C, O / groups, K, L]`. PyTorch's `F.conv_transpose2d`. */
export const convTranspose2d = operation('convTranspose2d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: ints = [0], outputPadding: ints = [0], groups: int = 1, dilation: ints = [1])',
  (input, weight, bias, stride, padding, extra, groups, dilation): Tensor => transposed('convTranspose2d', 2, input, weight, bias, stride, padding, extra, groups, dilation));

/** The transpose of `conv3d`. PyTorch's `F.conv_transpose3d`. */
export const convTranspose3d = operation('convTranspose3d(input: Tensor, weight: Tensor, bias: Tensor?, stride: ints = [1], padding: ints = [0], outputPadding: ints = [0], groups: int = 1, dilation: ints = [1])',
  (input, weight, bias, stride, padding, extra, groups, dilation): Tensor => transposed('convTranspose3d', 3, input, weight, bias, stride, padding, extra, groups, dilation));
