/** Sampling of images at given positions: `gridSample` and `affineGrid`. */
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { numelOf } from '../core/layout.ts';
import { linspace, ones } from '../tensor/create.ts';
import { where } from '../tensor/elementwise.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { recording } from '../tensor/graph.ts';
import { stack } from '../tensor/composite.ts';
import { operation } from '../tensor/operation.ts';
import { readTaps } from '../tensor/taps.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { CUBIC_SLOPE } from './resample-taps.ts';
import { sloped } from './sloped.ts';

/** From so many channels on, two transposes cost less than reading the channels of a position one by one. */
const CHANNELS_TOGETHER = 8;

type PaddingMode = 'zeros' | 'border' | 'reflection';

interface Axis {
  /** Size of the input along the axis. */
  readonly size: number;
  readonly padding: PaddingMode;
  readonly alignCorners: boolean;
}

/** From [-1, 1] to positions of elements. */
const unnormalized = (x: Tensor, { size, alignCorners }: Axis): Tensor => (alignCorners ? x.add(1).mul((size - 1) / 2) : x.add(1).mul(size / 2).sub(0.5));

/** Positions within the input; NaN becomes 0. */
const clipped = (x: Tensor, size: number): Tensor => where(x.gt(0), x.clamp(null, size - 1), 0);

/** Mirrored at the centres of the border elements, or at their outer edges, as often as needed. */
function mirrored(x: Tensor, { size, alignCorners }: Axis): { readonly value: Tensor; readonly slope: Tensor } {
  const low = alignCorners ? 0 : -0.5, span = alignCorners ? size - 1 : size;
  if (span === 0) return { value: x.mul(0), slope: x.mul(0) };
  const from = x.sub(low), distance = from.abs();
  const rest = distance.fmod(span), isOdd = distance.div(span).floor().remainder(2).ne(0);
  const direction = where(from.lt(0), -1, ones([], { dtype: x.dtype }));
  return { value: where(isOdd, rest.neg().add(span + low), rest.add(low)), slope: direction.mul(where(isOdd, -1, ones([], { dtype: x.dtype }))) };
}

/** Positions moved into the input as the padding says; at its bounds they do not move with `x`, as in PyTorch. */
function padded(x: Tensor, axis: Axis): Tensor {
  const { size, padding } = axis;
  if (padding === 'zeros') return x;
  const within = (at: Tensor): Tensor => at.gt(0).logicalAnd(at.lt(size - 1)).to(x.dtype);
  if (padding === 'border') return sloped(x, (v) => clipped(v, size), within);
  return sloped(x, (v) => clipped(mirrored(v, axis).value, size), (v) => noGrad(() => {
    const { value, slope } = mirrored(v, axis);
    return slope.mul(within(value));
  }));
}

/** The taps of a sample along some axes: whole positions `[N, axes, T, P]`, outside of the input where nothing is read, and their weights. */
interface Reading {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

function linearReading(x: Tensor, axis: Axis): Reading {
  const at = padded(x, axis), whole = noGrad(() => at.floor()), t = at.sub(whole);
  return { at: noGrad(() => stack([whole, whole.add(1)], 2)), weight: stack([t.neg().add(1), t], 2) };
}

function nearestReading(x: Tensor, axis: Axis): Reading {
  return { at: noGrad(() => padded(x, axis).round().unsqueeze(2)), weight: null };
}

/** Every tap of the cubic kernel is padded on its own. */
function cubicReading(x: Tensor, axis: Axis): Reading {
  const whole = noGrad(() => x.floor()), t = x.sub(whole), a = CUBIC_SLOPE;
  const near = (d: Tensor): Tensor => d.mul(a + 2).sub(a + 3).mul(d).mul(d).add(1);
  const far = (d: Tensor): Tensor => d.mul(a).sub(5 * a).mul(d).add(8 * a).mul(d).sub(4 * a);
  return {
    at: noGrad(() => stack([-1, 0, 1, 2].map((k) => padded(whole.add(k), axis)), 2)),
    weight: stack([far(t.add(1)), near(t), near(t.neg().add(1)), far(t.neg().add(2))], 2),
  };
}

/** Whole positions as int32 indices; what is outside, or NaN, is `outside`, or the first element where it has moved into the input. */
function indexOf(at: Tensor, { size, padding }: Axis, outside: number): Tensor {
  if (padding !== 'zeros') return clipped(at, size).to('int32');
  return where(at.clamp(0, size - 1).eq(at), at, outside).to('int32');
}

/** All combinations `[N, T * T..., P]` of what the axes have, the last axis fastest. */
function combined(axes: readonly Tensor[], join: (a: Tensor, b: Tensor, axis: number) => Tensor): Tensor {
  const [n, , points] = axes[0].shape;
  return axes.reduce((a, b, axis) => join(a.unsqueeze(2), b.unsqueeze(1), axis).view([n, a.shape[1] * b.shape[1], points]));
}

/** {@link readTaps} of any floating dtype. Half floats are rounded after every step, as PyTorch's are. */
function sampled(x: Tensor, weight: Tensor | null, index: Tensor): Tensor {
  const op = 'gridSample';
  if (x.dtype === 'float32' || x.dtype === 'float64') return readTaps(op, x, weight, index);
  const wide = x.to('float32');
  if (weight === null) return readTaps(op, wide, null, index).to(x.dtype);
  return weight.unbind(2).map((factor, k) => readTaps(op, wide, null, index.narrow(2, k, 1)).to(x.dtype).mul(factor.unsqueeze(2))).reduce((sum, term) => sum.add(term));
}

/** The first argument, on which the second has no influence: its gradient is zeros. */
class Unmoved extends Function {
  static override forward(ctx: Context, value: Tensor, grid: Tensor): Tensor {
    ctx.shape = grid.shape;
    return value;
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    return [grad, grad.newZeros(ctx.shape as number[])];
  }
}

function checkGrid(input: Tensor, grid: Tensor): void {
  const op = 'gridSample', spatial = input.ndim - 2;
  const shapes = `input [${input.shape.join(', ')}] and grid [${grid.shape.join(', ')}]`;
  if (spatial !== 2 && spatial !== 3) throw new ShapeError(op, `input must have 4 or 5 dimensions, got ${shapes}`);
  if (grid.ndim !== input.ndim || grid.shape[0] !== input.shape[0] || grid.shape[grid.ndim - 1] !== spatial) {
    throw new ShapeError(op, `grid must have shape [${[input.shape[0], ...new Array<string>(spatial).fill('any'), spatial].join(', ')}], got ${shapes}`);
  }
  if (input.layout.shape.slice(2).includes(0)) throw new ShapeError(op, `input must have non-empty spatial dimensions, got ${shapes}`);
  if (!input.isFloatingPoint()) throw new DTypeError(op, input.dtype, `input must have a floating point dtype, got ${input.dtype}`);
  if (input.dtype !== grid.dtype) throw new DTypeError(op, grid.dtype, `grid must have input's dtype ${input.dtype}, got ${grid.dtype}`);
}

/**
 * `input` `[N, C, H, W]` (or `[N, C, D, H, W]`) at the positions of `grid` `[N, Ho, Wo, 2]` (or `[N, Do, Ho, Wo, 3]`), whose
 * last dim is (x, y) or (x, y, z) in [-1, 1]: `[N, C, Ho, Wo]`. 'bicubic' is for two spatial dims. PyTorch's `F.grid_sample`.
 */
export const gridSample = operation(
  "gridSample(input: Tensor, grid: Tensor, mode: 'bilinear'|'nearest'|'bicubic' = 'bilinear', paddingMode: 'zeros'|'border'|'reflection' = 'zeros', alignCorners: bool = false)",
  (input, grid, mode, paddingMode, alignCorners): Tensor => {
    checkGrid(input, grid);
    const sizes = input.layout.shape.slice(2), n = sizes.length;
    if (mode === 'bicubic' && n !== 2) throw new ArgumentError('gridSample', 'mode', `'bicubic' is for 4 dimensions, got shape [${input.shape.join(', ')}]`);
    const [samples, channels] = input.layout.shape, spatial = grid.layout.shape.slice(1, -1), points = numelOf(spatial);
    const readingOf = mode === 'bilinear' ? linearReading : mode === 'nearest' ? nearestReading : cubicReading;
    // The grid's x belongs to the last dim. Axes of one size are one.
    const places = grid.reshape([samples, points, n]).transpose(1, 2), isSquare = sizes.every((size) => size === sizes[0]);
    const indices: Tensor[] = [], weights: Tensor[] = [];
    for (const [first, count] of isSquare ? [[0, n]] : sizes.map((_, i) => [i, 1])) {
      const axis = { size: sizes[first], padding: paddingMode, alignCorners };
      const { at, weight } = readingOf(unnormalized(places.narrow(1, n - first - count, count), axis), axis);
      for (let i = first; i < first + count; i++) {
        // So far below 0 that no combination with other axes comes out above.
        const outside = -numelOf(sizes.slice(0, i + 1));
        indices.push(noGrad(() => indexOf(at.select(1, first + count - 1 - i), axis, outside)));
        if (weight !== null) weights.push(weight.select(1, first + count - 1 - i));
      }
    }
    const index = noGrad(() => combined(indices, (a, b, axis) => a.mul(sizes[axis]).add(b))).transpose(1, 2);
    const weight = mode === 'nearest' ? null : combined(weights, (a, b) => a.mul(b)).transpose(1, 2);
    const rows = input.reshape([samples, channels, numelOf(sizes)]).transpose(1, 2);
    const out = sampled(channels < CHANNELS_TOGETHER ? rows : rows.contiguous(), weight, index).transpose(1, 2).reshape([samples, channels, ...spatial]);
    return mode === 'nearest' && recording(grid) ? Unmoved.apply(out, grid) : out;
  });

/** `n` positions from -1 to 1: of the border elements' centres when corners are aligned, else of all elements' centres. */
function positions(n: number, alignCorners: boolean, like: Tensor): Tensor {
  const steps = n <= 1 ? linspace(0, 0, n, { dtype: like.dtype }) : linspace(-1, 1, n, { dtype: like.dtype });
  return alignCorners ? steps : steps.mul(n - 1).div(n);
}

/**
 * The grid that {@link gridSample} takes for affine maps `theta` `[N, 2, 3]` and the output's `size` `[N, C, H, W]`, or
 * `[N, 3, 4]` and `[N, C, D, H, W]`. PyTorch's `F.affine_grid`.
 */
export const affineGrid = operation('affineGrid(theta: Tensor, size: ints, alignCorners: bool = false)', (theta, size, alignCorners): Tensor => {
  const n = size.length - 2;
  if (!theta.isFloatingPoint()) throw new DTypeError('affineGrid', theta.dtype, `theta must have a floating point dtype, got ${theta.dtype}`);
  if (n !== 2 && n !== 3) throw new ArgumentError('affineGrid', 'size', `must have 4 or 5 values, got [${size.join(', ')}]`);
  if (size.some((value) => value < 1)) throw new ArgumentError('affineGrid', 'size', `must be positive, got [${size.join(', ')}]`);
  if (theta.ndim !== 3 || theta.shape[0] !== size[0] || theta.shape[1] !== n || theta.shape[2] !== n + 1) {
    throw new ShapeError('affineGrid', `theta must have shape [${size[0]}, ${n}, ${n + 1}] for size [${size.join(', ')}], got [${theta.shape.join(', ')}]`);
  }
  const spatial = size.slice(2);
  const axes = spatial.map((length, i) => positions(length, alignCorners, theta).view(spatial.map((_, k) => (k === i ? length : 1))).expand(spatial));
  const base = stack([...axes.reverse(), ones(spatial, { dtype: theta.dtype })], -1).view([-1, n + 1]);
  return base.matmul(theta.transpose(1, 2)).view([size[0], ...spatial, n]);
});
