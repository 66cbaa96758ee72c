/** Joining tensors along a dim: what `cat`, `stack` and their relatives share. */
import { isFloating } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim, sameShape } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { record, recordingAny, wantsGrad } from './graph.ts';
import { emptyShape, joinInto } from './kernels.ts';
import { visible } from './observer.ts';
import { resultTypeOf } from './promotion.ts';
import type { Tensor } from './tensor.ts';

function requireSome(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0) throw new ArgumentError(op, 'tensors', 'must be a non-empty array of Tensors');
}

export function requireTensors(op: string, tensors: readonly Tensor[]): void {
  requireSome(op, tensors);
  tensors.forEach((x: unknown, i) => {
    if (!(x instanceof TensorCore)) throw new ArgumentError(op, `tensors[${i}]`, `must be a Tensor, got ${show(x)}`);
  });
}

/** The shape of tensors joined along dim `at`. */
function joinedShape(op: string, parts: readonly Tensor[], at: number): number[] {
  const first = parts[0].layout.shape, shape = first.slice();
  for (let k = 1; k < parts.length; k++) {
    const each = parts[k].layout.shape;
    let fits = each.length === first.length;
    for (let i = 0; i < first.length && fits; i++) fits = i === at || each[i] === first[i];
    if (!fits) throw new ShapeError(op, `shapes must match except in dimension ${at}, got [${first.join(', ')}] and [${each.join(', ')}]`);
    shape[at] += each[at];
  }
  return shape;
}

/** PyTorch's legacy rule: 1-d empty tensors join with anything. */
const joinsAnything = ({ layout }: Tensor): boolean => layout.numel === 0 && layout.shape.length === 1;

function withoutThose(tensors: readonly Tensor[]): readonly Tensor[] {
  for (const x of tensors) if (joinsAnything(x)) return tensors.filter((each) => !joinsAnything(each));
  return tensors;
}

/** Tensors (the caller checked that they are) joined along an existing dim; dtypes are promoted. */
export const joined = visible('joined', (op: string, tensors: readonly Tensor[], dim: number): Tensor => {
  requireSome(op, tensors);
  const parts = withoutThose(tensors);
  const type = resultTypeOf(tensors);
  if (parts.length === 0) return tensors[0].castTo(type).clone();
  const first = parts[0];
  if (first.ndim === 0) throw new ShapeError(op, 'a 0-d tensor cannot be concatenated; use stack');
  const at = normalizeDim(op, dim, first.ndim);
  const out = emptyShape(first, joinedShape(op, parts, at), type);
  joinInto(out, at, parts);
  if (isFloating(type) && recordingAny(parts)) {
    const sizes = parts.map((x) => x.shape[at]);
    record('cat', out, parts.map((x) => (wantsGrad(x) ? x : null)), (g) => {
      let from = 0;
      return sizes.map((size) => g.narrow(at, (from += size) - size, size));
    });
  }
  return out;
});

/** Tensors of one shape (the caller checked that they are tensors) joined along a new dim; dtypes are promoted. */
export const stacked = visible('stacked', (op: string, tensors: readonly Tensor[], dim: number): Tensor => {
  requireSome(op, tensors);
  const first = tensors[0].layout.shape;
  for (const { layout } of tensors) if (!sameShape(layout.shape, first)) throw new ShapeError(op, `shapes must be equal, got [${first.join(', ')}] and [${layout.shape.join(', ')}]`);
  const at = normalizeDim(op, dim, first.length + 1), type = resultTypeOf(tensors), shape = first.slice();
  shape.splice(at, 0, tensors.length);
  const out = emptyShape(tensors[0], shape, type);
  joinInto(out, at, tensors, true);
  if (isFloating(type) && recordingAny(tensors)) {
    const wanted = tensors.map(wantsGrad);
    record('stack', out, tensors.map((x, i) => (wanted[i] ? x : null)), (g) => wanted.map((wants, i) => (wants ? g.select(at, i) : null)));
  }
  return out;
});
