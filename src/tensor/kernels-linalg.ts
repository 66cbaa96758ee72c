/** Kernel calls over matrices: factorisations and triangular systems, in the place of their operand, and distances of rows. */
import { DIMS, INTS, frame } from '../core/frame.ts';
import { numelOf } from '../core/layout.ts';
import { absent, dims, header, operand, strides } from '../core/plan.ts';
import { FACTOR_OPS, ORTHOGONAL_OPS, TRIANGULAR_OPS, type FactorOp, type OrthogonalOp, type TriangularOp } from '../ops/families.ts';
import { active } from '../backend/select.ts';
import type { Storage } from '../core/storage.ts';
import type { TensorCore } from './core.ts';
import { parameters } from './kernels.ts';

type Maybe = TensorCore | null;

/** See `factor` in the backend's contract; `a` is [..., M, N], all contiguous. */
export function factorInto(op: FactorOp, a: TensorCore, second: Maybe, info: TensorCore, x: Maybe = null, pivoting = true): void {
  const { shape } = a.layout, n = shape.length;
  header(FACTOR_OPS.indexOf(op), 4, 4);
  frame[DIMS] = numelOf(shape.slice(0, -2));
  frame[DIMS + 1] = shape[n - 2];
  frame[DIMS + 2] = shape[n - 1];
  frame[DIMS + 3] = x === null ? 0 : x.layout.shape[n - 1];
  frame[INTS] = pivoting ? 1 : 0;
  [a, second, info, x].forEach((each, k) => {
    if (each === null) absent(k);
    else operand(k, each.storage, each.layout.offset, each.dtypeCode);
  });
  active.factor(a.storage, second === null ? null : second.storage, info.storage, x === null ? null : x.storage);
}

/** See `orthogonal` in the backend's contract; `a` is [..., M, N], all contiguous. */
export function orthogonalInto(op: OrthogonalOp, a: TensorCore, values: TensorCore, info: Maybe, left: Maybe, right: Maybe, upper = false): void {
  const { shape } = a.layout, n = shape.length;
  header(ORTHOGONAL_OPS.indexOf(op), 5, 5);
  frame[DIMS] = numelOf(shape.slice(0, -2));
  frame[DIMS + 1] = shape[n - 2];
  frame[DIMS + 2] = shape[n - 1];
  frame[DIMS + 3] = left === null ? 0 : left.layout.shape[n - 1];
  frame[DIMS + 4] = right === null ? 0 : right.layout.shape[n - 2];
  frame[INTS] = upper ? 1 : 0;
  [a, values, info, left, right].forEach((each, k) => {
    if (each === null) absent(k);
    else operand(k, each.storage, each.layout.offset, each.dtypeCode);
  });
  const storage = (each: Maybe): Storage | null => (each === null ? null : each.storage);
  active.orthogonal(a.storage, values.storage, storage(info), storage(left), storage(right));
}

/** Replaces `x` [..., N, R], whose rows are contiguous, by the solution of t x = x; `t` is [..., N, N] of the same batch. */
export function triangularInto(op: TriangularOp, unit: boolean, x: TensorCore, t: TensorCore): void {
  const { shape } = x.layout, n = shape.length;
  header(TRIANGULAR_OPS.indexOf(op), n + 1, 2);
  dims([...shape.slice(0, -1), shape[n - 2], shape[n - 1]]);
  frame[INTS] = unit ? 1 : 0;
  const batch = n - 2, { strides: xs } = x.layout, { strides: ts } = t.layout;
  operand(0, x.storage, x.layout.offset, x.dtypeCode);
  strides(0, [...xs.slice(0, batch), xs[batch], 0, xs[batch + 1]]);
  operand(1, t.storage, t.layout.offset, t.dtypeCode);
  strides(1, [...ts.slice(0, batch), ts[batch], ts[batch + 1], 0]);
  active.triangular(x.storage, t.storage);
}

/** Places the operands of the distances of `a` [..., P, M] to `b` [..., R, M] in the frame: rows of ours, of theirs, or pairs [..., P, R]. */
function describePairs(a: TensorCore, b: TensorCore, p: number, operands: readonly (readonly [of: 'ours' | 'theirs' | 'pairs', tensor: TensorCore])[]): void {
  const n = a.layout.shape.length, batch = n - 2;
  header(0, n + 1, operands.length);
  dims([...a.layout.shape.slice(0, -1), b.layout.shape[n - 2], a.layout.shape[n - 1]]);
  parameters(p);
  operands.forEach(([of, tensor], k) => {
    const own = tensor.layout.strides, [first, second] = [own[batch], own[batch + 1]];
    operand(k, tensor.storage, tensor.layout.offset, tensor.dtypeCode);
    strides(k, [...own.slice(0, batch), ...{ ours: [first, 0, second], theirs: [0, first, second], pairs: [first, second, 0] }[of]]);
  });
}

/** `out` [..., P, R] receives the p-norm distances of the rows of `a` [..., P, M] and `b` [..., R, M]. */
export function distanceInto(out: TensorCore, a: TensorCore, b: TensorCore, p: number): void {
  describePairs(a, b, p, [['pairs', out], ['ours', a], ['theirs', b]]);
  active.distance(out.storage, a.storage, b.storage);
}

/** `out` [..., P, M] receives the gradient of `a` by `g`, that of the distances `y`. */
export function distanceGradInto(out: TensorCore, a: TensorCore, b: TensorCore, g: TensorCore, y: TensorCore, p: number): void {
  describePairs(a, b, p, [['ours', out], ['ours', a], ['theirs', b], ['pairs', g], ['pairs', y]]);
  active.distanceGrad(out.storage, a.storage, b.storage, g.storage, y.storage);
}
