/** Positions of the non-zero elements. */
import { I64 } from '../core/dtype.ts';
import { elementOffset } from '../core/plan.ts';
import { REDUCE_OPS } from '../ops/families.ts';
import { rawCast } from './dispatch.ts';
import { emptyShape, nonzeroInto, reduceInto, scalarLike } from './kernels.ts';
import { computeType } from './promotion.ts';
import type { Tensor } from './tensor.ts';

const COUNT = REDUCE_OPS.indexOf('countNonzero');

/** int64 `[count, ndim]`, rows in row-major order. Two passes, so that the result is no larger than it must be. */
export function nonzeroRows(x: Tensor): Tensor {
  const input = rawCast(x, computeType(x.dtypeCode));
  const count = scalarLike(x, I64);
  reduceInto(COUNT, count, input, x.shape.map((_, i) => i), false);
  const rows = Number(count.storage.slab.view(I64)[elementOffset(count.storage, I64)]);
  const out = emptyShape(x, [rows, x.ndim], I64);
  if (rows > 0 && x.ndim > 0) nonzeroInto(out, count, input, rows);
  return out;
}

/** One int64 vector per dim of `x` (a 0-d tensor counts as one of length 1). */
export function nonzeroColumns(x: Tensor): Tensor[] {
  const flat = x.ndim === 0 ? x.detach().reshape([1]) : x;
  const rows = nonzeroRows(flat);
  return flat.shape.map((_, dim) => rows.select(1, dim));
}
