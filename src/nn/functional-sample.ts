/** Sampling of images at given positions: `gridSample` and `affineGrid`. */
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { numelOf } from '../core/layout.ts';
import { linspace, ones } from '../tensor/create.ts';
import { where } from '../tensor/elementwise.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { recording } from '../tensor/graph.ts';
import { stack } from '../tensor/composite.ts';
import { constantPad } from '../tensor/library/padding.ts';
import { operation } from '../tensor/operation.ts';
import { alongDim, pick } from '../tensor/selection.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { CUBIC_SLOPE } from './resample-taps.ts';
import { sloped } from './sloped.ts';

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

/** Whole positions as indices of the source, which has a border of zeros where the padding is zeros. */
function indexOf(whole: Tensor, { size, padding }: Axis): Tensor {
  // NaN is no index: it reads a zero, or the first element.
  return (padding === 'zeros' ? where(whole.gt(-1), whole.clamp(null, size).add(1), 0) : clipped(whole, size)).to('int32');
}

/** One axis of a sample: the indices that it reads and their weights. */
interface Reading {
  readonly index: Tensor;
  readonly weight: Tensor | null;
}

function linearReadings(x: Tensor, axis: Axis): Reading[] {
  const at = padded(x, axis), whole = noGrad(() => at.floor()), t = at.sub(whole);
  return [
    { index: noGrad(() => indexOf(whole, axis)), weight: t.neg().add(1) },
    { index: noGrad(() => indexOf(whole.add(1), axis)), weight: t },
  ];
}

function nearestReadings(x: Tensor, axis: Axis): Reading[] {
  return [{ index: noGrad(() => indexOf(padded(x, axis).round(), axis)), weight: null }];
}

/** Every tap of the cubic kernel is padded on its own. */
function cubicReadings(x: Tensor, axis: Axis): Reading[] {
  const whole = noGrad(() => x.floor()), t = x.sub(whole), a = CUBIC_SLOPE;
  const near = (d: Tensor): Tensor => d.mul(a + 2).sub(a + 3).mul(d).mul(d).add(1);
  const far = (d: Tensor): Tensor => d.mul(a).sub(5 * a).mul(d).add(8 * a).mul(d).sub(4 * a);
  const weights = [far(t.add(1)), near(t), near(t.neg().add(1)), far(t.neg().add(2))];
  return weights.map((weight, k) => ({ index: noGrad(() => indexOf(padded(whole.add(k - 1), axis), axis)), weight }));
}

/** The sum over all combinations of the axes' readings, the axes in the order of the input's dims. */
function combine(source: Tensor, axes: readonly (readonly Reading[])[]): Tensor {
  const [n, c, ...sizes] = source.shape, flat = source.reshape([n, c, numelOf(sizes)]);
  const isHalf = source.dtype !== 'float32' && source.dtype !== 'float64';
  const spatial = axes[0][0].index.layout.shape.slice(1), points = numelOf(spatial);
  const visit = (depth: number, index: Tensor | null, weight: Tensor | null, sum: Tensor | null): Tensor => {
    if (depth === axes.length) {
      const position = (index as Tensor).reshape([n, 1, points]);
      const value = pick('gridSample', flat, alongDim(position.expand([n, c, points]), 2));
      const factor = weight === null ? null : weight.reshape([n, 1, points]);
      if (sum === null) return factor === null ? value : value.mul(factor);
      // Half floats are rounded after every step, as PyTorch's are.
      return factor === null ? sum.add(value) : isHalf ? sum.add(value.mul(factor)) : sum.addcmul(value, factor);
    }
    let total = sum;
    for (const reading of axes[depth]) {
      const at = noGrad(() => (index === null ? reading.index : index.mul(sizes[depth]).add(reading.index)));
      total = visit(depth + 1, at, weight === null || reading.weight === null ? weight ?? reading.weight : weight.mul(reading.weight), total);
    }
    return total as Tensor;
  };
  return visit(0, null, null, null).view([n, c, ...spatial]);
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
    const readingsOf = mode === 'bilinear' ? linearReadings : mode === 'nearest' ? nearestReadings : cubicReadings;
    const axes = sizes.map((size, i) => {
      const axis = { size, padding: paddingMode, alignCorners };
      return readingsOf(unnormalized(grid.select(-1, n - 1 - i), axis), axis);
    });
    const source = paddingMode === 'zeros' ? constantPad(input, sizes.map((_, i) => ({ dim: i + 2, before: 1, after: 1 })), 0) : input;
    const out = combine(source, axes);
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
