/** Joining tensors along a dim: what `cat`, `stack` and their relatives share. */
import { isFloating } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { Layout, normalizeDim, sameShape } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { record, recording, wantsGrad } from './graph.ts';
import { copyInto, emptyShape } from './kernels.ts';
import { visible } from './observer.ts';
import { resultTypeOf } from './promotion.ts';
import type { Tensor } from './tensor.ts';

export function requireTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0) throw new ArgumentError(op, 'tensors', 'must be a non-empty array of Tensors');
  tensors.forEach((x: unknown, i) => {
    if (!(x instanceof TensorCore)) throw new ArgumentError(op, `tensors[${i}]`, `must be a Tensor, got ${show(x)}`);
  });
}

/** Tensors joined along an existing dim; dtypes are promoted. */
export const joined = visible('joined', (op: string, tensors: readonly Tensor[], dim: number): Tensor => {
  requireTensors(op, tensors);
  // PyTorch's legacy rule: 1-d empty tensors join with anything.
  const parts = tensors.filter((x) => !(x.ndim === 1 && x.shape[0] === 0));
  const type = resultTypeOf(tensors);
  if (parts.length === 0) return tensors[0].castTo(type).clone();
  const first = parts[0];
  if (first.ndim === 0) throw new ShapeError(op, 'a 0-d tensor cannot be concatenated; use stack');
  const at = normalizeDim(op, dim, first.ndim);
  for (const x of parts) {
    if (x.ndim !== first.ndim || x.shape.some((size, i) => i !== at && size !== first.shape[i])) {
      throw new ShapeError(op, `shapes must match except in dimension ${at}, got [${first.shape.join(', ')}] and [${x.shape.join(', ')}]`);
    }
  }
  const sizes = parts.map((x) => x.shape[at]);
  const out = emptyShape(first, first.shape.map((size, i) => (i === at ? sizes.reduce((a, b) => a + b, 0) : size)), type);
  let start = 0;
  parts.forEach((x, k) => {
    copyInto(piece(out, at, start, sizes[k]), x);
    start += sizes[k];
  });
  if (recording(...parts) && isFloating(type)) {
    record('cat', out, parts.map((x) => (wantsGrad(x) ? x : null)), (g) => {
      let from = 0;
      return sizes.map((size) => g.narrow(at, (from += size) - size, size));
    });
  }
  return out;
});

/** `length` indices of a dim from `start`, outside of any graph and unchecked. */
export function piece(out: Tensor, dim: number, start: number, length: number): Tensor {
  const { shape, strides, offset } = out.layout;
  return out.wrap(out.storage, new Layout(shape.map((size, i) => (i === dim ? length : size)), strides, offset + start * strides[dim]), out.dtypeCode);
}

/** Tensors of one shape joined along a new dim; dtypes are promoted. */
export function stacked(op: string, tensors: readonly Tensor[], dim: number): Tensor {
  requireTensors(op, tensors);
  const { shape } = tensors[0];
  for (const x of tensors) if (!sameShape(x.shape, shape)) throw new ShapeError(op, `shapes must be equal, got [${shape.join(', ')}] and [${x.shape.join(', ')}]`);
  const at = normalizeDim(op, dim, shape.length + 1);
  return joined(op, tensors.map((x) => x.unsqueeze(at)), at);
}
