/** distance: p-norms of the differences of all pairs of rows, and their gradients. Sums are float64's. */
import { F32, F64, type DTypeCode } from '../../core/dtype.ts';
import { NDIM, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';

type Elements = Float64Array;

function floats(family: string, storage: Storage): Elements {
  const code: DTypeCode = dtype(0);
  if (code !== F32 && code !== F64) throw unsupported(family, code);
  return storage.slab.view(code) as Elements;
}

export function distance(out: Storage, a: Storage, b: Storage): void {
  const ndim = frame[NDIM], last = ndim - 1, p = frameFloats[PARAMS];
  const O = floats('distance', out), A = floats('distance', a), B = floats('distance', b);
  if (volume(0, ndim) === 0) return;
  const M = dim(last), as = stride(1, last), bs = stride(2, last);
  start(3);
  do {
    let sum = 0;
    for (let m = 0, i = cursor[1], j = cursor[2]; m < M; m++, i += as, j += bs) {
      const d = Math.abs(A[i] - B[j]);
      if (p === 1) sum += d;
      else if (p === 2) sum += d * d;
      else if (p === Infinity) sum = d > sum || d !== d ? d : sum;
      else if (p === 0) sum += d === 0 ? 0 : 1;
      else sum += d ** p;
    }
    O[cursor[0]] = p === 2 ? Math.sqrt(sum) : p === 0 || p === 1 || p === Infinity ? sum : sum ** (1 / p);
  } while (advance(0, last, 3));
}

export function distanceGrad(out: Storage, a: Storage, b: Storage, g: Storage, y: Storage): void {
  const ndim = frame[NDIM], last = ndim - 1, p = frameFloats[PARAMS];
  const [O, A, B, G, Y] = [out, a, b, g, y].map((each) => floats('distanceGrad', each));
  if (volume(0, ndim) === 0) return;
  const single = dtype(0) === F32, R = dim(last - 1), M = dim(last), sums = new Float64Array(M);
  const os = stride(0, last), as = stride(1, last), bs = stride(2, last), br = stride(2, last - 1), gr = stride(3, last - 1), yr = stride(4, last - 1);
  start(5);
  do {
    sums.fill(0);
    for (let r = 0; r < R; r++) {
      const whole = Y[cursor[4] + r * yr], upstream = G[cursor[3] + r * gr];
      if (p === 0 || (whole === 0 && p !== 1 && p !== Infinity)) continue;
      const factor = p === 1 || p === Infinity ? upstream : upstream / whole ** (p - 1);
      for (let m = 0, i = cursor[1], j = cursor[2] + r * br; m < M; m++, i += as, j += bs) {
        const d = A[i] - B[j];
        if (p === 2) sums[m] += factor * d;
        // A distance has been rounded.
        else if (d === 0 || (p === Infinity && (single ? Math.fround(Math.abs(d)) : Math.abs(d)) !== whole)) continue;
        else sums[m] += (d < 0 ? -factor : factor) * (p === 1 || p === Infinity ? 1 : Math.abs(d) ** (p - 1));
      }
    }
    for (let m = 0, o = cursor[0]; m < M; m++, o += os) O[o] = sums[m];
  } while (advance(0, last - 2, 5) || advance(last - 2, last - 1, 5));
}
