/** Convolution of integers: exact, as a product of matrices over the windows of the padded image. */
import { noGrad } from '../grad-mode.ts';
import { copyInto, emptyShape } from '../kernels.ts';
import type { ConvGeometry, Triple } from '../kernels-spatial.ts';
import type { Tensor } from '../tensor.ts';

/** A zero tensor of 3 spatial dims with `x` at `start`, `step` apart; what falls outside is dropped. */
function placed(x: Tensor, size: Triple, start: Triple, step: Triple): Tensor {
  const out = emptyShape(x, [x.shape[0], x.shape[1], ...size], x.dtypeCode);
  copyInto(out, 0);
  let from = x, to: Tensor = out;
  for (let d = 0; d < 3; d++) {
    const first = Math.max(0, Math.ceil(-start[d] / step[d])), count = Math.min(x.shape[d + 2], Math.ceil((size[d] - start[d]) / step[d])) - first;
    if (count <= 0) return out;
    from = from.narrow(d + 2, first, count);
    const begin = start[d] + first * step[d];
    to = to.narrow(d + 2, begin, (count - 1) * step[d] + 1).index(...new Array<string>(d + 2).fill(':'), `::${step[d]}`);
  }
  copyInto(to, from);
  return out;
}

/** Stride, dilation and groups over an image that holds all windows. */
function windows(x: Tensor, w: Tensor, g: ConvGeometry, out: Triple, stride: Triple, dilation: Triple): Tensor {
  const { groups, kernel } = g, batch = x.shape[0], inputs = w.shape[1], outputs = w.shape[0] / groups;
  const [, , d, h, v] = x.layout.strides;
  const view = x.asStrided(
    [batch, groups, ...out, inputs, ...kernel],
    [x.layout.strides[0], inputs * x.layout.strides[1], d * stride[0], h * stride[1], v * stride[2], x.layout.strides[1], d * dilation[0], h * dilation[1], v * dilation[2]]);
  const positions = out[0] * out[1] * out[2], depth = inputs * kernel[0] * kernel[1] * kernel[2];
  const columns = view.reshape([batch, groups, positions, depth]);
  return w.reshape([groups, outputs, depth]).matmul(columns.mT).reshape([batch, groups * outputs, ...out]);
}

const biased = (x: Tensor, bias: Tensor | null, shape: readonly number[]): Tensor =>
  (bias === null ? x : x.add(bias.reshape([-1, 1, 1, 1]))).reshape([...shape]);

/** The size of the image that the windows of `out` need. */
const needed = (out: Triple, g: ConvGeometry, stride: Triple): Triple => {
  const [a, b, c] = out.map((n, d) => (n - 1) * stride[d] + g.dilation[d] * (g.kernel[d] - 1) + 1);
  return [a, b, c];
};

export function integerConvolution(x: Tensor, w: Tensor, bias: Tensor | null, g: ConvGeometry, shape: readonly number[]): Tensor {
  return noGrad(() => {
    const image = placed(x.reshape([g.batch, -1, ...g.inSize]), needed(g.outSize, g, g.stride), g.padding, [1, 1, 1]);
    return biased(windows(image, w, g, g.outSize, g.stride, g.dilation), bias, shape);
  });
}

/** The convolution of the input spread out by the stride with the reversed, transposed weight. */
export function integerTransposed(x: Tensor, w: Tensor, bias: Tensor | null, g: ConvGeometry, shape: readonly number[]): Tensor {
  return noGrad(() => {
    const one: Triple = [1, 1, 1];
    const [a, b, c] = g.kernel.map((k, d) => g.dilation[d] * (k - 1) - g.padding[d]);
    const image = placed(x.reshape([g.batch, -1, ...g.outSize]), needed(g.inSize, g, one), [a, b, c], g.stride);
    const turned = w.reshape([g.groups, g.outputs, g.inputs, ...g.kernel]).transpose(1, 2).flip([3, 4, 5]).reshape([g.groups * g.inputs, g.outputs, ...g.kernel]);
    return biased(windows(image, turned, g, g.inSize, one, g.dilation), bias, shape);
  });
}
