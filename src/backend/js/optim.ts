/** optimStep: one parameter's update, with its state and hyperparameters read from memory. */
import { BF16, F16, F32, F64, type TypedArray } from '../../core/dtype.ts';
import { NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { OPTIM_OPS } from '../../ops/families.ts';
import * as f32 from './generated/optim-steps-f32.ts';
import * as f64 from './generated/optim-steps-f64.ts';
import { dim, dtype, offset, unsupported } from './space.ts';
import { overWide } from './wide.ts';

// Both modules have the same functions; a call passes the arrays of its dtype.
type Steps = { readonly [K in keyof typeof f32]: (typeof f32)[K] extends (...args: infer A) => void ? (...args: { readonly [I in keyof A]: A[I] extends Float32Array | null ? A[I] | TypedArray : A[I] }) => void : never };
const STEPS = [f32, f64] as unknown as readonly Steps[];

type Operands = readonly (Storage | null)[];

/** Increments the step scalar and returns it; 1 where the operand is absent. */
function nextStep(operands: Operands, at: number): number {
  const storage = operands[at];
  if (!storage) return 1;
  const view = storage.slab.view(F32) as Float32Array;
  return ++view[offset(at)];
}

export function optimStep(operands: Operands): void {
  const op = OPTIM_OPS[frame[OP]], code = dtype(0), n = frame[NDIM] > 0 ? dim(0) : 1;
  if (code === F16 || code === BF16) {
    const [param, grad, ...rest] = operands;
    return overWide([param as Storage, grad], (p, g) => optimStep([p, g, ...rest]), 0);
  }
  if (code !== F32 && code !== F64) throw unsupported(op, code);
  const view = (at: number): TypedArray | null => operands[at]?.slab.view(code) ?? null;
  const given = (at: number): TypedArray => (operands[at] as Storage).slab.view(code);
  const scalar = (at: number): Float32Array => (operands[at] as Storage).slab.view(F32) as Float32Array;
  const last = operands.length - 1, hyper = (operands[last] as Storage).slab.view(F64) as Float64Array, h = offset(last);
  const steps = STEPS[code], t = nextStep(operands, last - 1);
  const p = offset(0), g = offset(1), s = offset(2), P = given(0), G = given(1);
  switch (op) {
    case 'sgd': return steps.sgd(P, G, view(2), p, g, s, n, t, hyper, h);
    case 'adam': return steps.adam(P, G, given(2), given(3), view(4), p, g, s, offset(3), offset(4), n, t, hyper, h);
    case 'rmsprop': return steps.rmsprop(P, G, given(2), view(3), view(4), p, g, s, offset(3), offset(4), n, hyper, h);
    case 'adagrad': return steps.adagrad(P, G, given(2), p, g, s, n, t, hyper, h);
    case 'adadelta': return steps.adadelta(P, G, given(2), given(3), p, g, s, offset(3), n, hyper, h);
    case 'adamax': return steps.adamax(P, G, given(2), given(3), p, g, s, offset(3), n, t, hyper, h);
    case 'nadam': return steps.nadam(P, G, given(2), given(3), scalar(4), p, g, s, offset(3), offset(4), n, t, hyper, h);
    case 'radam': return steps.radam(P, G, given(2), given(3), p, g, s, offset(3), n, t, hyper, h);
    case 'rprop': return steps.rprop(P, G, given(2), given(3), p, g, s, offset(3), n, hyper, h);
    case 'asgd': return steps.asgd(P, G, given(2), scalar(3), scalar(4), p, g, s, offset(3), offset(4), n, t, hyper, h);
  }
}
