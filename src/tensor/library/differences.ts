/** Differences of neighbours, derivatives of sampled functions and their integrals. */
import { show } from '../../core/args.ts';
import { BOOL, isFloating } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { normalizeDim, normalizeDims } from '../../core/layout.ts';
import { TensorCore } from '../core.ts';
import { cat } from './joining.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** Differences of neighbours along a dim, `n` times over, of `prepend`, the input and `append` joined. PyTorch's `torch.diff`. */
export const diff = operation('diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor?, append: Tensor?, *, out: Tensor?)', (input, n, dim, prepend, append): Tensor => {
  if (input.ndim === 0) throw new ShapeError('diff', 'expected at least 1 dimension, got a 0-d tensor');
  if (n < 0) throw new ArgumentError('diff', 'n', `must not be negative, got ${n}`);
  const d = normalizeDim('diff', dim, input.ndim);
  for (const part of [prepend, append]) {
    if (part !== undefined && part.ndim !== input.ndim) throw new ShapeError('diff', `prepend and append must have ${input.ndim} dimensions as the input has, got ${part.ndim}`);
  }
  if (n === 0) return input.clone();
  const parts = [prepend, input, append].filter((part) => part !== undefined);
  let out = parts.length === 1 ? input : cat(parts, d);
  for (let k = 0; k < n && out.shape[d] > 0; k++) {
    const size = out.shape[d] - 1, next = out.narrow(d, 1, size), previous = out.narrow(d, 0, size);
    out = input.dtype === 'bool' ? next.logicalXor(previous) : next.sub(previous);
  }
  return out;
});

/** Elements [from, from + size) along a dim, from the end for a negative `from`. */
const part = (x: Tensor, dim: number, from: number, size: number): Tensor => x.narrow(dim, from < 0 ? from + x.shape[dim] : from, size);

/** The derivative along one dim, by steps of one size. */
function evenDerivative(f: Tensor, dim: number, step: number, order: number): Tensor {
  const n = f.shape[dim], at = (i: number): Tensor => part(f, dim, i, 1);
  const inner = part(f, dim, 2, n - 2).sub(part(f, dim, 0, n - 2)).div(2 * step);
  const [first, last] = order === 1
    ? [at(1).sub(at(0)).div(step), at(-1).sub(at(-2)).div(step)]
    : [at(1).mul(4).sub(at(0).mul(3)).sub(at(2)).div(2 * step), at(-1).mul(3).sub(at(-2).mul(4)).add(at(-3)).div(2 * step)];
  return cat([first, inner, last], dim);
}

/** The derivative along one dim of samples at the given coordinates: differences weighted so that parabolas are exact. */
function unevenDerivative(f: Tensor, dim: number, coordinates: Tensor, order: number): Tensor {
  const n = f.shape[dim], at = (i: number): Tensor => part(f, dim, i, 1);
  const shape = f.shape.map((_, i) => (i === dim ? -1 : 1));
  const steps = (isFloating(coordinates.dtypeCode) ? coordinates : coordinates.castTo(f.div(1).dtypeCode)).diff().reshape(shape);
  const h = part(steps, dim, 0, n - 2), k = part(steps, dim, 1, n - 2), both = h.add(k);
  const inner = part(f, dim, 1, n - 2).mul(k.sub(h).div(h.mul(k)))
    .sub(part(f, dim, 0, n - 2).mul(k.div(h.mul(both)))).add(part(f, dim, 2, n - 2).mul(h.div(k.mul(both))));
  /** A one-sided derivative from three samples, the outermost first; signed for the side. */
  const edge = (i: number, j: number, l: number, a: Tensor, b: Tensor): Tensor =>
    at(j).mul(a.add(b).div(a.mul(b))).sub(at(i).mul(a.mul(2).add(b).div(a.mul(a.add(b))))).sub(at(l).mul(a.div(b.mul(a.add(b)))));
  const step = (i: number): Tensor => part(steps, dim, i, 1);
  const [first, last] = order === 1
    ? [at(1).sub(at(0)).div(step(0)), at(-1).sub(at(-2)).div(step(-1))]
    : [edge(0, 1, 2, step(0), step(1)), edge(-1, -2, -3, step(-1), step(-2)).neg()];
  return cat([first, inner, last], dim);
}

type Spacing = number | Tensor;

/** One spacing per dim: steps as numbers, or coordinates as 1-d tensors. */
function spacings(spacing: unknown, count: number): readonly Spacing[] {
  if (spacing === undefined) return new Array<number>(count).fill(1);
  if (typeof spacing === 'number') return new Array<number>(count).fill(spacing);
  if (!Array.isArray(spacing) || !spacing.every((each) => typeof each === 'number' || each instanceof TensorCore)) {
    throw new ArgumentError('gradient', 'spacing', `must be a number, or an array of numbers or of 1-d Tensors, got ${show(spacing)}`);
  }
  if (spacing.length !== count) throw new ArgumentError('gradient', 'spacing', `must have one entry for each of the ${count} dims, got ${spacing.length}`);
  return spacing as readonly Spacing[];
}

/**
 * Derivatives of a sampled function along dims (all by default), one tensor each: central differences of second order inside,
 * one-sided ones of `edgeOrder` 1 or 2 at the edges. `spacing` is a step, or a step or the coordinates for each dim.
 * PyTorch's `torch.gradient`.
 */
export const gradient = operation('gradient(input: Tensor, *, spacing: any?, dim: ints?, edgeOrder: int = 1)', (input, spacing, dim, edgeOrder): Tensor[] => {
  if (input.dtypeCode === BOOL) throw new DTypeError('gradient', 'bool', 'expected a number dtype, got bool');
  if (edgeOrder !== 1 && edgeOrder !== 2) throw new ArgumentError('gradient', 'edgeOrder', `must be 1 or 2, got ${edgeOrder}`);
  const dims = dim === undefined ? input.shape.map((_, i) => i) : normalizeDims('gradient', dim, input.ndim);
  const steps = spacings(spacing, dims.length);
  if (input.ndim === 0) return [];
  dims.forEach((d, i) => {
    if (input.shape[d] < edgeOrder + 1) throw new ShapeError('gradient', `expected sizes of at least edgeOrder + 1 = ${edgeOrder + 1}, got ${input.shape[d]} in dimension ${d}`);
    const step = steps[i];
    if (step instanceof TensorCore && (step.ndim !== 1 || step.shape[0] !== input.shape[d])) {
      throw new ShapeError('gradient', `coordinates of dimension ${d} must have shape [${input.shape[d]}], got [${step.shape.join(', ')}]`);
    }
  });
  return dims.map((d, i) => {
    const step = steps[i];
    return step instanceof TensorCore ? unevenDerivative(input, d, step, edgeOrder) : evenDerivative(input, d, step, edgeOrder);
  });
});

/** Areas between neighbours along a dim: their mean times the distance. */
function trapezoids(op: string, y: Tensor, x: Tensor | undefined, dx: number | undefined, dim: number): { readonly areas: Tensor; readonly dim: number } {
  if (y.dtypeCode === BOOL || x?.dtypeCode === BOOL) throw new DTypeError(op, 'bool', 'expected number dtypes, got bool');
  if (y.ndim === 0) throw new ShapeError(op, 'expected at least 1 dimension, got a 0-d tensor');
  if (x !== undefined && dx !== undefined) throw new ArgumentError(op, 'dx', 'must not be given together with x');
  const d = normalizeDim(op, dim, y.ndim), size = Math.max(y.shape[d] - 1, 0);
  const sums = part(y, d, Math.min(y.shape[d], 1), size).add(part(y, d, 0, size));
  if (x === undefined) return { areas: sums.mul(dx ?? 1).div(2), dim: d };
  if (x.ndim === 1 && x.shape[0] !== y.shape[d]) throw new ShapeError(op, `x must have one value for each of the ${y.shape[d]} samples, got ${x.shape[0]}`);
  const shape = x.ndim === 1 ? y.shape.map((_, i) => (i === d ? -1 : 1)) : [...new Array<number>(Math.max(y.ndim - x.ndim, 0)).fill(1), ...x.shape];
  const at = x.reshape(shape), steps = at.shape[d] === 0 ? at : at.diff(1, d);
  return { areas: sums.mul(steps).div(2), dim: d };
}

function integral(op: string, y: Tensor, x: Tensor | undefined, dx: number | undefined, dim: number): Tensor {
  const { areas, dim: d } = trapezoids(op, y, x, dx, dim), n = y.shape[d];
  if (x !== undefined) return areas.sum(d);
  if (n === 0) return y.newZeros(y.shape.filter((_, i) => i !== d));
  return y.sum(d).sub(y.select(d, 0).add(y.select(d, n - 1)).div(2)).mul(dx ?? 1);
}

/**
 * The integral along a dim by the trapezoidal rule, of samples at `x` (1-d, or of y's shape) or `dx` apart; integers give
 * floats. PyTorch's `torch.trapezoid`.
 */
export const trapezoid = operation('trapezoid(y: Tensor, x: Tensor?, *, dx: float?, dim: int = -1)', (y, x, dx, dim): Tensor => integral('trapezoid', y, x, dx, dim));

/** PyTorch's older name of `trapezoid`. */
export const trapz = operation('trapz(y: Tensor, x: Tensor?, *, dx: float?, dim: int = -1)', (y, x, dx, dim): Tensor => integral('trapz', y, x, dx, dim));

/** The integral up to each sample but the first, by the trapezoidal rule; arguments as in `trapezoid`. PyTorch's `torch.cumulative_trapezoid`. */
export const cumulativeTrapezoid = operation('cumulativeTrapezoid(y: Tensor, x: Tensor?, *, dx: float?, dim: int = -1)', (y, x, dx, dim): Tensor => {
  const { areas, dim: d } = trapezoids('cumulativeTrapezoid', y, x, dx, dim);
  return areas.cumsum(d);
});

export const DIFFERENCES_METHODS = { diff };

declare module '../tensor.ts' {
  interface Tensor {
    diff: Method<typeof diff>;
  }
}
