/** taps: weighted reading of positions along an axis, and its two gradients. */
import { F32, F64, I32, type TypedArray } from '../../core/dtype.ts';
import { IndexRangeError } from '../../core/errors.ts';
import { INTS, NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { TAPS_OPS } from '../../ops/families.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';

function checkIndices(index: Int32Array): void {
  const ndim = frame[NDIM], size = frame[INTS];
  start(4);
  do if (index[cursor[3]] >= size) throw new IndexRangeError('taps', index[cursor[3]], size); while (advance(0, ndim - 2, 4) || advance(ndim - 1, ndim, 4));
}

export function taps(out: Storage, a: Storage, b: Storage | null, index: Storage): void {
  const code = dtype(0), op = TAPS_OPS[frame[OP]], ndim = frame[NDIM], last = ndim - 1;
  if (code !== F32 && code !== F64) throw unsupported('taps', code);
  if (volume(0, ndim) === 0) return;
  const I = index.slab.view(I32) as Int32Array;
  checkIndices(I);
  const all = [out, a, b].map((storage) => (storage === null ? null : storage.slab.view(code) as Exclude<TypedArray, BigInt64Array>));
  const [xk, yk, wk] = { read: [1, 0, 2], spread: [0, 1, 2], weigh: [2, 1, 0] }[op];
  const X = all[xk] as Float64Array, Y = all[yk] as Float64Array, W = all[wk] as Float64Array | null;
  const P = dim(last - 2), J = dim(last - 1), K = dim(last), step = frame[INTS + 1];
  const [xj, yp, yj, wp, wq, ip, iq] = [stride(xk, last - 1), stride(yk, last - 2), stride(yk, last - 1),
    W === null ? 0 : stride(wk, last - 2), W === null ? 0 : stride(wk, last), stride(3, last - 2), stride(3, last)];
  start(4);
  do {
    const x0 = cursor[xk], y0 = cursor[yk], w0 = W === null ? 0 : cursor[wk], i0 = cursor[3];
    for (let p = 0; p < P; p++) {
      const y = y0 + p * yp;
      if (op === 'read') {
        for (let j = 0; j < J; j++) {
          let sum = 0;
          for (let k = 0; k < K; k++) {
            const at = I[i0 + p * ip + k * iq], value = at < 0 ? 0 : X[x0 + j * xj + at * step];
            const term = W === null ? value : W[w0 + p * wp + k * wq] * value;
            sum = k === 0 ? term : sum + term;
          }
          Y[y + j * yj] = sum;
        }
        continue;
      }
      for (let k = 0; k < K; k++) {
        const at = I[i0 + p * ip + k * iq];
        if (at < 0) continue;
        const x = x0 + at * step;
        if (op === 'spread') {
          const w = W === null ? 1 : W[w0 + p * wp + k * wq];
          for (let j = 0; j < J; j++) X[x + j * xj] += w * Y[y + j * yj];
        } else {
          let sum = 0;
          for (let j = 0; j < J; j++) sum += Y[y + j * yj] * X[x + j * xj];
          (W as Float64Array)[w0 + p * wp + k * wq] += sum;
        }
      }
    }
  } while (advance(0, last - 2, 4));
}
