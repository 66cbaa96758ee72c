/** optimStep: one parameter's update, with its state and hyperparameters read from memory. */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { OPTIM_OPS } from '../../ops/families.ts';
import * as f32 from './generated/optim-steps-f32.ts';
import * as f64 from './generated/optim-steps-f64.ts';
import { dim, dtype, offset, unsupported } from './space.ts';

const STEPS = [f32, f64] as unknown as readonly {
  readonly sgd: (P: TypedArray, G: TypedArray, B: TypedArray | null, p: number, g: number, b: number, n: number, t: number, hyper: TypedArray, h: number) => void;
  readonly adam: (
    P: TypedArray, G: TypedArray, M: TypedArray, V: TypedArray, X: TypedArray | null, p: number, g: number, m: number, v: number, x: number,
    n: number, t: number, hyper: TypedArray, h: number,
  ) => void;
  readonly rmsprop: (
    P: TypedArray, G: TypedArray, V: TypedArray, B: TypedArray | null, A: TypedArray | null, p: number, g: number, v: number, b: number, a: number,
    n: number, hyper: TypedArray, h: number,
  ) => void;
}[];

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
  if (code !== F32 && code !== F64) throw unsupported(op, code);
  const view = (at: number): TypedArray | null => operands[at]?.slab.view(code) ?? null;
  const given = (at: number): TypedArray => (operands[at] as Storage).slab.view(code);
  const last = operands.length - 1, hyper = (operands[last] as Storage).slab.view(F64), h = offset(last);
  const steps = STEPS[code];
  if (op === 'sgd') {
    const t = nextStep(operands, 3);
    steps.sgd(given(0), given(1), view(2), offset(0), offset(1), offset(2), n, t, hyper, h);
  } else if (op === 'adam') {
    const t = nextStep(operands, 5);
    steps.adam(given(0), given(1), given(2), given(3), view(4), offset(0), offset(1), offset(2), offset(3), offset(4), n, t, hyper, h);
  } else {
    nextStep(operands, 5);
    steps.rmsprop(given(0), given(1), given(2), view(3), view(4), offset(0), offset(1), offset(2), offset(3), offset(4), n, hyper, h);
  }
}
