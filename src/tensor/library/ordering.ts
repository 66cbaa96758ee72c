/** What operations that order elements share: results that are elements of the input together with their indices. */
import { I64, isFloating } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { contiguousLayout } from '../../core/layout.ts';
import { named, type Named } from '../../core/named.ts';
import { resultLayout } from '../../core/result-layout.ts';
import { rawCast } from '../dispatch.ts';
import { record, recording } from '../graph.ts';
import { emptyLike } from '../kernels.ts';
import { computeType } from '../promotion.ts';
import { alongDim, place } from '../selection.ts';
import type { Tensor } from '../tensor.ts';

/** Elements of the input, and where along the dim each was. */
export type Ranked = Named<Tensor, 'values' | 'indices'>;

export const ranked = (values: Tensor, indices: Tensor): Ranked => named(['values', 'indices'] as const, [values, indices]);

type Run = (values: Tensor, indices: Tensor, source: Tensor, dim: number) => void;

/**
 * Runs a kernel that gives `size` elements along a dim and their indices. The gradient goes back to where the elements
 * came from. A 0-d tensor counts as one element.
 */
export function pickRanked(op: string, x: Tensor, dim: number, size: number, run: Run): Ranked {
  if (x.ndim === 0) {
    const [values, indices] = pickRanked(op, x.reshape([1]), 0, size, run);
    return size === 1 ? ranked(values.reshape([]), indices.reshape([])) : ranked(values, indices);
  }
  const shape = x.shape.map((n, i) => (i === dim ? size : n)), compute = computeType(x.dtypeCode);
  // Sorted elements lie as the input's do, in PyTorch too.
  const layout = op === 'sort' ? resultLayout(x.layout) : contiguousLayout(shape);
  const raw = emptyLike(x, layout, compute), indices = emptyLike(x, layout, I64);
  const source = x.layout.strides[dim] === 0 && x.shape[dim] > 1 ? x.detach().contiguous() : x;
  run(raw, indices, rawCast(source, compute) as Tensor, dim);
  const values = rawCast(raw, x.dtypeCode) as Tensor, of = x.shape;
  if (isFloating(x.dtypeCode) && recording(x)) record(op, values, [x], (g, node) => place(op, g, alongDim(node.saved(0), dim), of), [indices]);
  return ranked(values, indices);
}

/** Without the dim that was reduced to size 1. */
export const dropped = ({ values, indices }: Ranked, dim: number, keepdim: boolean): Ranked =>
  (keepdim || values.ndim === 0 ? ranked(values, indices) : ranked(values.squeeze(dim), indices.squeeze(dim)));

/** A dim that is reduced must have elements. */
export function requireSize(op: string, x: Tensor, dim: number): void {
  if (x.ndim > 0 && x.shape[dim] === 0) throw new ShapeError(op, `expected dimension ${dim} to have a size that is not 0`);
}
