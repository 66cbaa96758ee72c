/** Calls of the recurrence kernels: the time loop of a recurrent layer. */
import { DIMS, INTS, frame } from '../core/frame.ts';
import { absent, header, operand } from '../core/plan.ts';
import type { Storage } from '../core/storage.ts';
import { RECURRENCE_OPS, type RecurrenceOp } from '../ops/families.ts';
import { active } from '../backend/select.ts';
import type { TensorCore } from './core.ts';

type Maybe = TensorCore | null;

const storageOf = (x: Maybe): Storage | null => (x === null ? null : x.storage);

function describe(cell: RecurrenceOp, reverse: boolean, shape: readonly number[], operands: readonly Maybe[]): void {
  header(RECURRENCE_OPS.indexOf(cell), 3, operands.length);
  for (let d = 0; d < 3; d++) frame[DIMS + d] = shape[d];
  frame[INTS] = reverse ? 1 : 0;
  operands.forEach((x, k) => {
    if (x === null) absent(k);
    else operand(k, x.storage, x.layout.offset, x.dtypeCode);
  });
}

/** Writes `out` [T, N, H], `saved` and the activations of `gates`; see `recurrence` in the backend's contract. All contiguous. */
export function recurrenceInto(cell: RecurrenceOp, reverse: boolean, out: TensorCore, saved: Maybe, gates: Maybe, h0: TensorCore, c0: Maybe, weight: TensorCore, bias: Maybe): void {
  describe(cell, reverse, out.layout.shape, [out, saved, gates, h0, c0, weight, bias]);
  active.recurrence(out.storage, storageOf(saved), storageOf(gates), h0.storage, storageOf(c0), weight.storage, storageOf(bias));
}

/** Writes `deltas` and, over what they hold, the gradients of the states. `states` is [T, N, H]. */
export function recurrenceGradInto(cell: RecurrenceOp, reverse: boolean, deltas: TensorCore, dh: TensorCore, cellOrKept: Maybe, g: Maybe, gates: Maybe, states: TensorCore, first: Maybe, weight: TensorCore): void {
  describe(cell, reverse, states.layout.shape, [deltas, dh, cellOrKept, g, gates, states, first, weight]);
  active.recurrenceGrad(deltas.storage, dh.storage, storageOf(cellOrKept), storageOf(g), storageOf(gates), states.storage, storageOf(first), weight.storage);
}
