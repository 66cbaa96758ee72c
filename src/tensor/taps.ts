/**
 * Weighted taps: every position of the output reads some positions of the input along one dim, each with a weight. The
 * reading is linear in the input and in the weights, and the three kernels (reading, its transpose, the gradient of the
 * weights) are each other's derivatives, so every order of gradient follows.
 */
import { Layout, type Shape } from '../core/layout.ts';
import { copyInto, emptyLike } from './kernels.ts';
import { tapsInto } from './kernels-spatial.ts';
import { record, recording, wantsGrad } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** Uninitialised, `[N, A, B]`, with its last two dims in memory in the order of those of `model`. */
function emptyAs(like: Tensor, [n, a, b]: Shape, model: Tensor): Tensor {
  const [, outer, inner] = model.layout.strides;
  return emptyLike(like, new Layout([n, a, b], outer < inner ? [a * b, 1, a] : [a * b, b, 1], 0), like.dtypeCode);
}

/** Rows of the last dim lie side by side: then they are read, added and multiplied as vectors. */
const hasRows = (x: Tensor): boolean => x.layout.strides[2] === 1;

/** A gradient, in rows where the other tensor of the kernel has them. */
const beside = (rows: boolean, g: Tensor): Tensor => (rows ? g.contiguous() : g);

const orNull = (x: Tensor | null): Tensor | null => (x !== null && wantsGrad(x) ? x : null);

/**
 * `[N, S, J]` read by `index` (int32) `[N, P, K]` along S and summed over K with the weights `[N, P, K]` (all 1 if null):
 * `[N, P, J]`. A negative index reads a zero. Index and weights may be one for all N.
 */
export function readTaps(op: string, x: Tensor, weight: Tensor | null, index: Tensor): Tensor {
  const [n, , inner] = x.shape, out = emptyAs(x, [n, index.shape[1], inner], x);
  tapsInto('read', x, out, weight, index);
  if (recording(x, weight)) {
    const size = x.shape[1], rows = hasRows(x);
    record(op, out, [orNull(x), orNull(weight)], (grad, node) => {
      const g = beside(rows, grad);
      return [
        node.needs(0) ? spreadTaps(op, g, node.saved<Tensor | null>(1), index, size) : null,
        node.needs(1) ? weighTaps(op, g, node.saved(0), index) : null,
      ];
    }, [orNull(weight) === null ? null : x, weight]);
  }
  return out;
}

/** The transpose of {@link readTaps}: `y` `[N, P, J]` added, weighted, to where it was read from, `[N, size, J]`. */
function spreadTaps(op: string, y: Tensor, weight: Tensor | null, index: Tensor, size: number): Tensor {
  const [n, , inner] = y.shape, out = emptyAs(y, [n, size, inner], y);
  copyInto(out, 0);
  tapsInto('spread', out, y, weight, index);
  if (recording(y, weight)) {
    const rows = hasRows(y);
    record(op, out, [orNull(y), orNull(weight)], (grad, node) => {
      const g = beside(rows, grad);
      return [
        node.needs(0) ? readTaps(op, g, node.saved<Tensor | null>(1), index) : null,
        node.needs(1) ? weighTaps(op, node.saved(0), g, index) : null,
      ];
    }, [orNull(weight) === null ? null : y, weight]);
  }
  return out;
}

/** The gradient of {@link readTaps} in its weights. */
function weighTaps(op: string, y: Tensor, x: Tensor, index: Tensor): Tensor {
  const out = emptyAs(y, index.shape, index);
  copyInto(out, 0);
  tapsInto('weigh', x, y, out, index);
  if (recording(y, x)) {
    const size = x.shape[1];
    record(op, out, [orNull(y), orNull(x)], (g, node) => [
      node.needs(0) ? readTaps(op, node.saved(1), g, index) : null,
      node.needs(1) ? spreadTaps(op, node.saved(0), g, index, size) : null,
    ], [y, x]);
  }
  return out;
}
