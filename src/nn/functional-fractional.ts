/** Fractional max pooling (Graham 2014): windows of one size at pseudo-random distances. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { F32 } from '../core/dtype.ts';
import { tensor } from '../tensor/create.ts';
import { rand } from '../tensor/random.ts';
import { operation } from '../tensor/operation.ts';
import { indexed, requireImage, withIndices, type WithIndices } from '../tensor/library/pooling.ts';
import { perDim, product, shapeText } from '../tensor/library/spatial.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Where the windows begin along one dim, by PyTorch's arithmetic in the dtype of the input. */
function beginnings(sample: number, size: number, count: number, kernel: number, round: (x: number) => number): readonly number[] {
  const begins: number[] = [], alpha = count > 1 ? round((size - kernel) / (count - 1)) : 0;
  for (let i = 0; i < count - 1; i++) begins.push(Math.trunc(round(round(i + sample) * alpha)) - Math.trunc(round(sample * alpha)));
  return [...begins, size - kernel];
}

/** For every output of every plane the position of its maximum; a NaN is larger than everything, and the last one counts. */
function positions(values: ArrayLike<number>, size: readonly number[], planes: number, begin: (plane: number, d: number) => readonly number[],
  kernel: readonly number[]): number[] {
  const [D, H, W] = [...new Array<number>(3 - size.length).fill(1), ...size], [kd, kh, kw] = [...new Array<number>(3 - size.length).fill(1), ...kernel];
  const found: number[] = [], none = [0], skip = 3 - size.length;
  for (let p = 0; p < planes; p++) {
    const [zs, ys, xs] = [0, 1, 2].map((d) => (d < skip ? none : begin(p, d - skip)));
    for (const z of zs) {
      for (const y of ys) {
        for (const x of xs) {
          let index = (z * H + y) * W + x, best = -Infinity;
          for (let a = z; a < z + kd; a++) {
            for (let b = y; b < y + kh; b++) {
              for (let c = x; c < x + kw; c++) {
                const at = (a * H + b) * W + c, value = values[p * D * H * W + at];
                if (value > best || Number.isNaN(value)) {
                  best = value;
                  index = at;
                }
              }
            }
          }
          found.push(index);
        }
      }
    }
  }
  return found;
}

function fractional(op: string, dims: number, x: Tensor, kernelSize: readonly number[], outputSize: readonly number[] | undefined,
  outputRatio: readonly number[] | undefined, samples: Tensor | undefined): WithIndices {
  if ((outputSize === undefined) === (outputRatio === undefined)) throw new ArgumentError(op, 'outputSize', 'or outputRatio must be given, and not both');
  const kernel = perDim(op, 'kernelSize', kernelSize, dims, 1);
  requireImage(op, x, dims);
  const size = x.layout.shape.slice(x.ndim - dims), lead = x.layout.shape.slice(0, x.ndim - dims);
  if (outputRatio !== undefined && outputRatio.length !== 1 && outputRatio.length !== dims) throw new ArgumentError(op, 'outputRatio', `must be one number or ${dims}, got [${outputRatio.join(', ')}]`);
  const out = outputRatio === undefined ? perDim(op, 'outputSize', outputSize as readonly number[], dims, 1)
    : size.map((n, d) => Math.trunc(n * outputRatio[outputRatio.length === 1 ? 0 : d]));
  if (out.some((n, d) => n < 1 || n + kernel[d] - 1 > size[d])) {
    throw new ShapeError(op, `windows of [${kernel.join(', ')}] do not fit [${out.join(', ')}] times into an input of shape ${shapeText(x)}`);
  }
  const planes = product(lead), batch = x.ndim === dims + 2 ? lead[0] : 1, channels = lead[lead.length - 1];
  const draws = samples ?? rand([batch, channels, dims], { dtype: x.dtype });
  if (draws.shape.join() !== [batch, channels, dims].join()) throw new ShapeError(op, `_randomSamples must have shape [${batch}, ${channels}, ${dims}], got ${shapeText(draws)}`);
  const numbers = draws.double().toTypedArray() as Float64Array, values = x.detach().double().toTypedArray() as Float64Array;
  const round = x.dtypeCode === F32 ? Math.fround : (n: number): number => n;
  // PyTorch draws for the last dim of an image first, for a volume's dims in order.
  const sample = (plane: number, d: number): number => numbers[plane * dims + (dims === 2 ? 1 - d : d)];
  const found = positions(values, size, planes, (p, d) => beginnings(sample(p, d), size[d], out[d], kernel[d], round), kernel);
  const indices = tensor(found, { dtype: 'int64' }).reshape([...lead, ...out]);
  const output = x.reshape([planes, product(size)]).gather(1, indices.reshape([planes, -1])).reshape([...lead, ...out]);
  return withIndices(output, indices);
}

/**
 * Maxima over windows of `kernelSize` whose number is `outputSize`, or `outputRatio` (each in (0, 1)) of the input's size;
 * their distances are drawn from the random stream, or given as `_randomSamples` `[N, C, 2]`. PyTorch's `F.fractional_max_pool2d`.
 */
export const fractionalMaxPool2d = indexed(5, operation(
  'fractionalMaxPool2d(input: Tensor, kernelSize: ints, outputSize: ints?, outputRatio: floats?, returnIndices: bool = false, _randomSamples: Tensor?)',
  (x, kernel, size, ratio, both, samples): Tensor | WithIndices => {
    const result = fractional('fractionalMaxPool2d', 2, x, kernel, size, ratio, samples);
    return both ? result : result.output;
  }));

/** The same for volumes, with samples `[N, C, 3]`. PyTorch's `F.fractional_max_pool3d`. */
export const fractionalMaxPool3d = indexed(5, operation(
  'fractionalMaxPool3d(input: Tensor, kernelSize: ints, outputSize: ints?, outputRatio: floats?, returnIndices: bool = false, _randomSamples: Tensor?)',
  (x, kernel, size, ratio, both, samples): Tensor | WithIndices => {
    const result = fractional('fractionalMaxPool3d', 3, x, kernel, size, ratio, samples);
    return both ? result : result.output;
  }));
