/** Convolution, pooling, padding, resizing and what else works on images. */
import { tensor } from '../../tensor/create.ts';
import type { Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import { isStatic, plus, productOf, type Size } from '../sizes.ts';
import { sliced, windows } from './movement.ts';
import { isFloat, rule, type Rule, type Rules } from './rule.ts';

/** One number per spatial dim. */
const perDim = (values: readonly number[] | undefined, dims: number, fallback: number): number[] =>
  (values === undefined || values.length === 0 ? new Array<number>(dims).fill(fallback) : values.length === dims ? [...values] : new Array<number>(dims).fill(values[0]));

/** Runs `make` on an input with a batch dim, which an unbatched one gets for as long. */
function batched(a: Arguments, g: Graph, dims: number, make: (x: Name, shape: readonly Size[]) => Name[]): Name[] {
  const input = a.node('input'), single = input.shape.length === dims + 1;
  const x = single ? g.add('Unsqueeze', [a.name('input'), g.ints([0])]) : a.name('input');
  const results = make(x, single ? [1, ...input.shape] : input.shape);
  return single ? results.map((name) => g.add('Squeeze', [name, g.ints([0])])) : results;
}

const conv = (dims: number): [string, Rule] => [`conv${dims}d`, rule(`conv${dims}d(input, weight, bias?, stride?, padding?, dilation?, groups?)`, (a, g) =>
  batched(a, g, dims, (x) => {
    const weight = a.node('weight').shape as readonly number[], kernel = weight.slice(2);
    const dilations = perDim(a.ints('dilation'), dims, 1), mode = a.raw('padding');
    const before: number[] = [], after: number[] = [];
    if (typeof mode === 'string') {
      kernel.forEach((k, d) => {
        const total = mode === 'same' ? dilations[d] * (k - 1) : 0;
        before.push(Math.floor(total / 2));
        after.push(total - Math.floor(total / 2));
      });
    } else before.push(...perDim(a.ints('padding'), dims, 0)), after.push(...before);
    const inputs = [x, a.name('weight'), ...(a.has('bias') ? [a.name('bias')] : [])];
    return [g.add('Conv', inputs, { kernel_shape: kernel, strides: perDim(a.ints('stride'), dims, 1), pads: [...before, ...after], dilations, group: a.number('groups', 1) })];
  }))];

const transposedConv = (dims: number): [string, Rule] => [`convTranspose${dims}d`, rule(`convTranspose${dims}d(input, weight, bias?, stride?, padding?, outputPadding?, groups?, dilation?)`, (a, g) =>
  batched(a, g, dims, (x) => {
    const padding = perDim(a.ints('padding'), dims, 0), kernel = (a.node('weight').shape as readonly number[]).slice(2);
    return [g.add('ConvTranspose', [x, a.name('weight'), ...(a.has('bias') ? [a.name('bias')] : [])], {
      kernel_shape: kernel, strides: perDim(a.ints('stride'), dims, 1), pads: [...padding, ...padding], output_padding: perDim(a.ints('outputPadding'), dims, 0),
      dilations: perDim(a.ints('dilation'), dims, 1), group: a.number('groups', 1),
    })];
  }))];

interface Window { readonly kernel: readonly number[]; readonly strides: readonly number[]; readonly padding: readonly number[] }
function windowOf(a: Arguments, dims: number): Window {
  const kernel = perDim(a.ints('kernelSize'), dims, 1), stride = a.ints('stride');
  return { kernel, strides: stride === undefined || stride.length === 0 ? kernel : perDim(stride, dims, 1), padding: perDim(a.ints('padding'), dims, 0) };
}

/** Positions within a plane; ONNX counts them through batch and channels. */
function inPlane(g: Graph, index: Name, plane: Size): Name {
  return g.add('Mod', [index, g.number(plane, 'int64')]);
}

const maxPool = (name: string, dims: number, always: boolean): [string, Rule] =>
  [name, rule(`${name}(input, kernelSize, stride?, padding?, dilation?, ceilMode?, returnIndices?)`, (a, g) => batched(a, g, dims, (x, shape) => {
    const { kernel, strides, padding } = windowOf(a, dims), { dtype } = a.node('input');
    const attributes = { kernel_shape: kernel, strides, pads: [...padding, ...padding], dilations: perDim(a.ints('dilation'), dims, 1), ceil_mode: a.bool('ceilMode') ? 1 : 0 };
    if (!isFloat(dtype)) return g.fail('is exported only for floating dtypes');
    if (!always && !a.bool('returnIndices')) return [g.add('MaxPool', [x], attributes)];
    const [output, indices] = g.addMany('MaxPool', [x], attributes, 2);
    return [output, inPlane(g, indices, productOf(shape.slice(2)))];
  }))];

const avgPool = (dims: number): [string, Rule] =>
  [`avgPool${dims}d`, rule(`avgPool${dims}d(input, kernelSize, stride?, padding?, ceilMode?, countIncludePad?, divisorOverride?)`, (a, g) => batched(a, g, dims, (x) => {
    const { kernel, strides, padding } = windowOf(a, dims), { dtype } = a.node('input'), divisor = a.raw('divisorOverride');
    if (!isFloat(dtype)) return g.fail('is exported only for floating dtypes');
    const ceil = a.bool('ceilMode'), include = a.bool('countIncludePad', true);
    const attributes = { kernel_shape: kernel, strides, pads: [...padding, ...padding], ceil_mode: ceil ? 1 : 0, count_include_pad: divisor !== undefined || include ? 1 : 0 };
    if (divisor === undefined) return [g.add('AveragePool', [x], attributes)];
    if (ceil) return g.fail('is exported with divisorOverride only without ceilMode');
    return [g.add('Mul', [g.add('AveragePool', [x], attributes), g.constant(kernel.reduce((p, n) => p * n, 1) / (divisor as number), dtype)])];
  }))];

/** The root of the sum of powers over every window, from their mean; of a negative sum 0, as in PyTorch. */
const lpPool = (dims: number): [string, Rule] =>
  [`lpPool${dims}d`, rule(`lpPool${dims}d(input, normType, kernelSize, stride?, ceilMode?)`, (a, g) => batched(a, g, dims, (x) => {
    const { kernel, strides } = windowOf(a, dims), { dtype } = a.node('input'), p = a.number('normType'), volume = kernel.reduce((all, n) => all * n, 1);
    const mean = g.add('AveragePool', [g.add('Pow', [x, g.constant(p, dtype)])], { kernel_shape: kernel, strides, ceil_mode: a.bool('ceilMode') ? 1 : 0, count_include_pad: 1 });
    const kept = g.add('Mul', [g.add('Relu', [mean]), g.constant(volume, dtype)]);
    return [g.add('Pow', [g.add('Mul', [g.add('Sign', [mean]), kept]), g.constant(1 / p, dtype)])];
  }))];

/** Windows that divide the input as evenly as they can: one pooling where they are equal, else one reduction per window and dim. */
function adaptive(a: Arguments, g: Graph, dims: number, kind: 'Max' | 'Mean', withIndices: boolean): Name[] {
  return batched(a, g, dims, (x, shape) => {
    const size: readonly Size[] = shape.slice(2), target: readonly Size[] = a.out.shape.slice(-dims);
    if (withIndices) {
      if (!isStatic(size) || !isStatic(target) || size.some((n, d) => n % target[d] !== 0)) return g.fail('is exported with returnIndices only where the output size divides the input size');
      const kernel = size.map((n, d) => n / target[d]), [output, indices] = g.addMany('MaxPool', [x], { kernel_shape: kernel, strides: kernel }, 2);
      return [output, inPlane(g, indices, productOf(size))];
    }
    if (target.every((n) => n === 1)) return [g.add(kind === 'Max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [x])];
    if (isStatic(size) && isStatic(target) && size.every((n, d) => n % target[d] === 0)) {
      const kernel = size.map((n, d) => n / target[d]);
      return [g.add(kind === 'Max' ? 'MaxPool' : 'AveragePool', [x], { kernel_shape: kernel, strides: kernel })];
    }
    return [target.reduce<Name>((name, wanted, d) => {
      const axis = d + 2, from = size[d];
      if (from === wanted) return name;
      if (typeof wanted !== 'number' || (typeof from !== 'number' && wanted !== 1)) return g.fail('is exported over a dynamic dim only to a size of 1');
      const reduced = (part: Name): Name => g.add(`Reduce${kind}`, [part, g.ints([axis])], { keepdims: 1 });
      if (typeof from !== 'number') return reduced(name);
      const windowsOf = Array.from({ length: wanted }, (_, i) => [Math.floor((i * from) / wanted), Math.ceil(((i + 1) * from) / wanted)]);
      return g.add('Concat', windowsOf.map(([start, end]) => reduced(sliced(g, name, axis, start, end))), { axis });
    }, x)];
  });
}

const adaptiveAvg = (dims: number): [string, Rule] => [`adaptiveAvgPool${dims}d`, rule(`adaptiveAvgPool${dims}d(input, outputSize)`, (a, g) => adaptive(a, g, dims, 'Mean', false))];
const adaptiveMax = (name: string, dims: number, always: boolean): [string, Rule] =>
  [name, rule(`${name}(input, outputSize, returnIndices?)`, (a, g) => adaptive(a, g, dims, 'Max', always || a.bool('returnIndices')))];

const PAD_MODES: Readonly<Record<string, string>> = { constant: 'constant', reflect: 'reflect', replicate: 'edge' };

/** PyTorch lists pairs from the last dim on, ONNX all befores and then all afters. */
function padded(a: Arguments, g: Graph): Name {
  const input = a.node('input'), rank = input.shape.length, given = a.sizes('pad'), mode = a.string('mode', 'constant');
  const before = new Array<Size>(rank).fill(0), after = new Array<Size>(rank).fill(0);
  for (let k = 0; k < given.length; k += 2) [before[rank - 1 - k / 2], after[rank - 1 - k / 2]] = [given[k], given[k + 1]];
  const bool = input.dtype === 'bool', compute = bool ? 'int32' : input.dtype, x = a.name('input', compute);
  if (mode === 'constant') {
    const value = a.raw('value') ?? 0;
    return g.cast(g.add('Pad', [x, g.sizes([...before, ...after]), g.constant(Number(value), compute)]), compute, input.dtype);
  }
  if (!isStatic(before) || !isStatic(after)) return g.fail(`is exported with mode '${mode}' only with margins that follow no dynamic axis`);
  if (mode === 'circular') return g.cast(wrapped(g, x, input.shape, before, after), compute, input.dtype);
  const grown = g.add('Pad', [x, g.ints([...before, ...after].map((n) => Math.max(n, 0)))], { mode: PAD_MODES[mode] });
  return g.cast(cropped(g, grown, before, after), compute, input.dtype);
}

/** What negative margins cut off. */
const cropped = (g: Graph, x: Name, before: readonly number[], after: readonly number[]): Name => before.reduce<Name>((name, start, dim) =>
  (start >= 0 && after[dim] >= 0 ? name : g.add('Slice', [name, g.ints([Math.max(-start, 0)]), g.ints([after[dim] < 0 ? after[dim] : Infinity]), g.ints([dim])])), x);

/** The ends of every dim repeated at the other one; as slices, which every operator set has. */
function wrapped(g: Graph, input: Name, shape: readonly Size[], before: readonly number[], after: readonly number[]): Name {
  return shape.reduce<Name>((x, size, dim) => {
    const first = before[dim], last = after[dim], kept = plus(plus(size, Math.min(first, 0)), Math.min(last, 0));
    if (first <= 0 && last <= 0) return x;
    const parts = [...(first > 0 ? [sliced(g, x, dim, plus(kept, first, -1), kept)] : []), x, ...(last > 0 ? [sliced(g, x, dim, 0, last)] : [])];
    return g.add('Concat', parts, { axis: dim });
  }, cropped(g, input, before, after));
}

const RESIZE: Readonly<Record<string, string>> = { nearest: 'nearest', 'nearest-exact': 'nearest', linear: 'linear', bilinear: 'linear', trilinear: 'linear', bicubic: 'cubic' };

function resized(a: Arguments, g: Graph): Name {
  const input = a.node('input'), mode = a.string('mode', g.op === 'upsampleBilinear' ? 'bilinear' : 'nearest'), dims = input.shape.length - 2;
  if (mode === 'area') return adaptive(a, g, dims, 'Mean', false)[0];
  if (!isFloat(input.dtype)) return g.fail('is exported only for floating dtypes');
  const type = RESIZE[mode], corners = a.bool('alignCorners', g.op === 'upsampleBilinear'), antialias = a.bool('antialias');
  const attributes = {
    mode: type, antialias: antialias ? 1 : undefined,
    coordinate_transformation_mode: mode === 'nearest' ? 'asymmetric' : corners ? 'align_corners' : 'half_pixel',
    nearest_mode: mode === 'nearest' ? 'floor' : mode === 'nearest-exact' ? 'round_prefer_ceil' : undefined,
    cubic_coeff_a: type === 'cubic' ? { float: antialias ? -0.5 : -0.75 } : undefined,
  };
  const factors = a.has('scaleFactor') && !a.bool('recomputeScaleFactor') ? a.raw('scaleFactor') : undefined;
  if (factors === undefined) return g.add('Resize', [a.name('input'), '', '', g.sizes([...input.shape.slice(0, 2), ...a.out.shape.slice(2)])], attributes);
  const list = Array.isArray(factors) ? factors as number[] : [factors as number];
  return g.add('Resize', [a.name('input'), '', g.constant([1, 1, ...perDim(list, dims, 1)], 'float32')], attributes);
}

/** Sliding blocks as columns: every element of every block picked by its position in the padded plane. */
function columns(a: Arguments, g: Graph): Name {
  const input = a.node('input'), single = input.shape.length === 3, shape = single ? [1, ...input.shape] : input.shape;
  const [kernel, dilation, padding, stride] = ['first', 'second', 'third', 'fourth'].map((name, i) => perDim(a.ints(name), 2, [1, 1, 0, 1][i]));
  const channels = shape[1], plane: readonly Size[] = shape.slice(2);
  if (!isStatic(plane) || typeof channels !== 'number') return g.fail('is exported only for images whose size is not dynamic');
  const [height, width] = plane.map((n, d) => n + 2 * padding[d]), counts = [height, width].map((n, d) => Math.floor((n - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1);
  const index: number[][] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      index.push(Array.from({ length: counts[0] * counts[1] }, (_, block) =>
        (Math.floor(block / counts[1]) * stride[0] + i * dilation[0]) * width + (block % counts[1]) * stride[1] + j * dilation[1]));
    }
  }
  const x = single ? g.add('Unsqueeze', [a.name('input'), g.ints([0])]) : a.name('input');
  const padding4 = [0, 0, ...padding, 0, 0, ...padding], grown = padding.some((n) => n > 0) ? g.add('Pad', [x, g.ints(padding4)]) : x;
  const flat = g.reshape(grown, null, [shape[0], channels, height * width]);
  const picked = g.add('Gather', [flat, g.initializer(tensor(index, { dtype: 'int64' }))], { axis: 2 });
  return g.reshape(picked, null, a.out.shape);
}

function folded(a: Arguments, g: Graph): Name {
  const single = a.node('input').shape.length === 2, x = single ? g.add('Unsqueeze', [a.name('input'), g.ints([0])]) : a.name('input');
  const kernel = perDim(a.ints('kernelSize'), 2, 1), padding = perDim(a.ints('padding'), 2, 0);
  const image = g.add('Col2Im', [x, g.ints(perDim(a.ints('outputSize'), 2, 1)), g.ints(kernel)],
    { dilations: perDim(a.ints('dilation'), 2, 1), pads: [...padding, ...padding], strides: perDim(a.ints('stride'), 2, 1) });
  return single ? g.add('Squeeze', [image, g.ints([0])]) : image;
}

export const SPATIAL: Rules = {
  ...Object.fromEntries([1, 2, 3].flatMap((dims) => [
    conv(dims), transposedConv(dims), avgPool(dims), lpPool(dims), adaptiveAvg(dims),
    maxPool(`maxPool${dims}d`, dims, false), maxPool(`maxPool${dims}dWithIndices`, dims, true),
    adaptiveMax(`adaptiveMaxPool${dims}d`, dims, false), adaptiveMax(`adaptiveMaxPool${dims}dWithIndices`, dims, true),
  ])),
  pad: rule('pad(input, pad, mode?, value?)', padded),
  constantPadNd: rule('constantPadNd(input, pad, value?)', padded),
  interpolate: rule('interpolate(input, size?, scaleFactor?, mode?, alignCorners?, recomputeScaleFactor?, antialias?)', resized),
  upsample: rule('upsample(input, size?, scaleFactor?, mode?, alignCorners?)', resized),
  upsampleNearest: rule('upsampleNearest(input, size?, scaleFactor?)', resized),
  upsampleBilinear: rule('upsampleBilinear(input, size?, scaleFactor?)', resized),
  // The method (dimension, size, step), or F.unfold (kernelSize, dilation, padding, stride).
  unfold: rule('unfold(input, first, second, third, fourth?)', (a, g) => (typeof a.raw('first') === 'number' ? windows(a, g) : columns(a, g))),
  localResponseNorm: rule('localResponseNorm(input, size, alpha?, beta?, k?)', (a, g) => {
    const size = a.number('size'), { shape } = a.node('input');
    // Of an even size ONNX has the longer half on the other side.
    if (size % 2 === 0) return g.fail('is exported only with an odd size');
    // onnxruntime takes images only: all that comes after the channels is one of their dims.
    const flat = shape.length === 4 ? a.name('input') : g.reshape(a.name('input'), null, [...shape.slice(0, 2), productOf(shape.slice(2)), 1]);
    const out = g.add('LRN', [flat], { size, alpha: { float: a.number('alpha', 1e-4) }, beta: { float: a.number('beta', 0.75) }, bias: { float: a.number('k', 1) } });
    return shape.length === 4 ? out : g.reshape(out, null, shape);
  }),
  fold: rule('fold(input, outputSize, kernelSize, dilation?, padding?, stride?)', folded),
  pixelShuffle: rule('pixelShuffle(input, upscaleFactor)', (a, g) => {
    const { shape } = a.node('input'), r = a.number('upscaleFactor'), attributes = { blocksize: r, mode: 'CRD' };
    if (shape.length === 4) return g.add('DepthToSpace', [a.name('input')], attributes);
    const flat = g.reshape(a.name('input'), null, [productOf(shape.slice(0, -3)), ...shape.slice(-3)]);
    return g.reshape(g.add('DepthToSpace', [flat], attributes), null, a.out.shape);
  }),
  gridSample: rule('gridSample(input, grid, mode?, paddingMode?, alignCorners?)', (a, g) => {
    const mode = a.string('mode', 'bilinear'), old = g.opset < 20;
    return g.add('GridSample', [a.name('input'), a.name('grid')], {
      mode: old ? mode : { bilinear: 'linear', bicubic: 'cubic', nearest: 'nearest' }[mode], padding_mode: a.string('paddingMode', 'zeros'), align_corners: a.bool('alignCorners') ? 1 : 0,
    });
  }),
};
