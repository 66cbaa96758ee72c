/** A backend around another one that tells of every kernel call before it runs. */
import { ARG, IMMEDIATE, OP, OPERAND, OPERAND_SIZE, frame } from '../core/frame.ts';
import type { Storage } from '../core/storage.ts';
import { BINARY_OPS, TERNARY_OPS, UNARY_OPS } from '../ops/elementwise.ts';
import {
  ARG_REDUCE_OPS, ARG_SCAN_OPS, CONV_OPS, FACTOR_OPS, NORM_OPS, OPTIM_OPS, ORTHOGONAL_OPS, POOL_OPS, RANDOM_OPS, RECURRENCE_OPS, REDUCE_OPS, SCAN_OPS, SCATTER_OPS, SEARCH_OPS, SELECT_OPS, SOFTMAX_GRAD_OPS, SOFTMAX_OPS, SORT_OPS, TAPS_OPS,
  TRIANGULAR_OPS,
} from '../ops/families.ts';
import { around } from './around.ts';
import type { Backend, Family } from './backend.ts';

type Operand = Storage | null;

/** Names of ops that say enough by themselves, by their family. */
const PLAIN: Readonly<Partial<Record<Family, readonly string[]>>> = {
  unary: UNARY_OPS, binary: BINARY_OPS, ternary: TERNARY_OPS, reduce: REDUCE_OPS, argReduce: ARG_REDUCE_OPS, scan: SCAN_OPS, argScan: ARG_SCAN_OPS,
  softmax: SOFTMAX_OPS, random: RANDOM_OPS,
};
/** Those that only qualify their family: `conv.forward`, `optimStep.adam`. */
const QUALIFIED: Readonly<Partial<Record<Family, readonly string[]>>> = {
  sort: SORT_OPS, select: SELECT_OPS, searchSorted: SEARCH_OPS, scatter: SCATTER_OPS, softmaxGrad: SOFTMAX_GRAD_OPS, norm: NORM_OPS, normGrad: NORM_OPS, conv: CONV_OPS,
  pool: POOL_OPS, taps: TAPS_OPS, triangular: TRIANGULAR_OPS, factor: FACTOR_OPS, orthogonal: ORTHOGONAL_OPS, optimStep: OPTIM_OPS, recurrence: RECURRENCE_OPS, recurrenceGrad: RECURRENCE_OPS,
};

/** What a call of a family computes, by the frame. */
function kernelName(family: Family): string {
  const op = frame[OP];
  if (family === 'copy') return frame[OPERAND + OPERAND_SIZE + ARG] === IMMEDIATE ? 'fill' : 'copy';
  return PLAIN[family]?.[op] ?? (QUALIFIED[family] === undefined ? family : `${family}.${QUALIFIED[family][op]}`);
}

/** Runs a kernel call: `family`, the name of what it computes, its operands in the order of the frame. */
export type Tell = (family: Family, name: string, operands: readonly Operand[], run: () => void) => void;

/** Wraps the backend that runs the kernels. */
export function observed(inner: Backend, tell: Tell): Backend {
  return around(inner, (family, kernel) => (...operands: readonly unknown[]): void => {
    // Of optimStep, the operands are one list.
    const list = family === 'optimStep' ? operands[0] as readonly Operand[] : operands as readonly Operand[];
    tell(family, kernelName(family), list, () => kernel(...operands));
  });
}
