/** softmax, log-softmax, cross entropy and their gradients. */
import { F32, F64, type DTypeCode, type TypedArray } from '../../core/dtype.ts';
import { IndexRangeError } from '../../core/errors.ts';
import { INTS, NDIM, OP, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { SOFTMAX_OPS } from '../../ops/families.ts';
import * as f32 from './generated/softmax-rows-f32.ts';
import * as f64 from './generated/softmax-rows-f64.ts';
import type { CastKernel } from './kernel-types.ts';
import { advance, cursor, dim, dtype, indexWidth, indexWords, start, stride, unsupported, volume } from './space.ts';

type Row = CastKernel<TypedArray, TypedArray>;
type GradRow = (
  O: TypedArray, G: TypedArray, Y: TypedArray, oi: number, gi: number, yi: number, n: number, os: number, gs: number, ys: number,
) => void;
type LossRow = (P: TypedArray, A: TypedArray, pi: number, ai: number, n: number, ps: number, as: number, target: number) => number;
type LossGradRow = (
  O: TypedArray, P: TypedArray, oi: number, pi: number, n: number, os: number, ps: number, target: number, scale: number,
) => void;
// By op, then dtype.
const ROWS = [[f32.softmaxRow, f64.softmaxRow], [f32.logSoftmaxRow, f64.logSoftmaxRow], [f32.logSumExpRow, f64.logSumExpRow]] as unknown as readonly (readonly Row[])[];
const GRADS = [[f32.softmaxGradRow, f64.softmaxGradRow], [f32.logSoftmaxGradRow, f64.logSoftmaxGradRow]] as unknown as readonly (readonly GradRow[])[];
const LOSSES = [f32.crossEntropyRow, f64.crossEntropyRow] as unknown as readonly LossRow[];
const LOSS_GRADS = [f32.crossEntropyGradRow, f64.crossEntropyGradRow] as unknown as readonly LossGradRow[];

function requireFloat(op: string, code: DTypeCode): void {
  if (code !== F32 && code !== F64) throw unsupported(op, code);
}

export function softmax(out: Storage, a: Storage): void {
  const code = dtype(1), ndim = frame[NDIM], last = ndim - 1, op = frame[OP];
  requireFloat(SOFTMAX_OPS[op], code);
  if (volume(0, ndim) === 0) return;
  const row = ROWS[op][code], y = out.slab.view(code), x = a.slab.view(code);
  const n = ndim > 0 ? dim(last) : 1, os = ndim > 0 ? stride(0, last) : 0, as = ndim > 0 ? stride(1, last) : 0;
  start(2);
  do row(y, x, cursor[0], cursor[1], n, os, as); while (advance(0, last, 2));
}

export function softmaxGrad(out: Storage, g: Storage, y: Storage): void {
  const code = dtype(1), ndim = frame[NDIM], last = ndim - 1, op = frame[OP];
  requireFloat(SOFTMAX_OPS[op], code);
  if (volume(0, ndim) === 0) return;
  const row = GRADS[op][code], result = out.slab.view(code), gradient = g.slab.view(code), output = y.slab.view(code);
  const n = ndim > 0 ? dim(last) : 1;
  const os = ndim > 0 ? stride(0, last) : 0, gs = ndim > 0 ? stride(1, last) : 0, ys = ndim > 0 ? stride(2, last) : 0;
  start(3);
  do row(result, gradient, output, cursor[0], cursor[1], cursor[2], n, os, gs, ys); while (advance(0, last, 3));
}

export function crossEntropy(loss: Storage, p: Storage, a: Storage, target: Storage): void {
  const code = dtype(2), last = frame[NDIM] - 1;
  requireFloat('crossEntropy', code);
  if (volume(0, last) === 0) return;
  const C = dim(last), ignored = frame[INTS], words = indexWords(target), width = indexWidth(3);
  start(4);
  do {
    const t = cursor[3] * width, index = words[t];
    const whole = width === 1 || words[t + 1] === index >> 31;
    if (whole && (index === ignored || (index >= 0 && index < C))) continue;
    const value = whole ? index : words[t + 1] * 4294967296 + (index >>> 0);
    throw new IndexRangeError('crossEntropy', value, C, `target ${value} is out of range for ${C} classes`);
  } while (advance(0, last, 4));
  const L = loss.slab.view(code), P = p.slab.view(code), A = a.slab.view(code), row = LOSSES[code], ps = stride(1, last), as = stride(2, last);
  // Classes that are far apart are read and written once.
  const staged = ps === 1 && as === 1 ? null : (code === F32 ? new Float32Array(C) : new Float64Array(C)), soft = staged === null ? null : staged.slice();
  do {
    const index = words[cursor[3] * width], inside = index >= 0 && index < C, p = cursor[1], a = cursor[2];
    let value: number;
    if (staged === null || soft === null) value = row(P, A, p, a, C, 1, 1, inside ? index : 0);
    else {
      for (let c = 0, i = a; c < C; c++, i += as) staged[c] = A[i] as number;
      value = row(soft, staged, 0, 0, C, 1, 1, inside ? index : 0);
      for (let c = 0, i = p; c < C; c++, i += ps) P[i] = soft[c];
    }
    L[cursor[0]] = index === ignored ? 0 : value;
  } while (advance(0, last, 4));
}

export function crossEntropyGrad(out: Storage, p: Storage, target: Storage, g: Storage): void {
  const code = dtype(1), last = frame[NDIM] - 1;
  requireFloat('crossEntropyGrad', code);
  if (volume(0, last) === 0) return;
  const C = dim(last), ignored = frame[INTS], factor = frameFloats[PARAMS], words = indexWords(target), width = indexWidth(2);
  const O = out.slab.view(code), P = p.slab.view(code), G = g.slab.view(code), row = LOSS_GRADS[code], os = stride(0, last), ps = stride(1, last);
  start(4);
  do {
    const index = words[cursor[2] * width], o = cursor[0];
    if (index === ignored || index < 0 || index >= C) for (let c = 0; c < C; c++) O[o + c * os] = 0;
    else row(O, P, o, cursor[1], C, os, ps, index, (G[cursor[3]] as number) * factor);
  } while (advance(0, last, 4));
}
