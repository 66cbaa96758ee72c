/** Pooling over windows of up to three dims, and the gradient of averages. */
import { I32, I64, type TypedArray } from '../../core/dtype.ts';
import { INTS, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { POOL_OPS } from '../../ops/families.ts';
import { dim, dtype, offset, unsupported, volume } from './space.ts';

const at = (field: number, d: number): number => frame[INTS + 3 * field + d];

/** Windows along one dim: the positions begin, begin + step, ... below end; `covered` counts those in the padding too. */
interface Windows {
  readonly begin: Int32Array;
  readonly end: Int32Array;
  readonly covered: Int32Array;
  readonly step: number;
}

function windowsOf(d: number): Windows {
  const count = dim(1 + d), size = at(0, d), kernel = dim(4 + d), adaptive = frame[INTS + 12] === 1;
  const begin = new Int32Array(count), end = new Int32Array(count), covered = new Int32Array(count);
  const step = adaptive ? 1 : at(3, d);
  for (let o = 0; o < count; o++) {
    if (adaptive) {
      begin[o] = Math.floor((o * size) / count);
      end[o] = Math.ceil(((o + 1) * size) / count);
      covered[o] = end[o] - begin[o];
      continue;
    }
    const from = o * at(1, d) - at(2, d), to = from + (kernel - 1) * step + 1;
    covered[o] = Math.min(to, size + at(2, d)) - from;
    begin[o] = from < 0 ? from + Math.ceil(-from / step) * step : from;
    end[o] = Math.min(to, size);
  }
  return { begin, end, covered, step };
}

function max(O: TypedArray, X: TypedArray, I: Int32Array): void {
  const [D, H, W] = [0, 1, 2].map(windowsOf), rows = at(0, 1), columns = at(0, 2), plane = at(0, 0) * rows * columns;
  const lowest = O instanceof BigInt64Array ? -(2n ** 63n) : O instanceof Int32Array ? -(2 ** 31) : -Infinity;
  // A window that dilation leads around all elements has none; its index still names an element.
  const first = (windows: Windows, o: number, size: number): number => Math.min(windows.begin[o], size - 1);
  let o = offset(0), i = 2 * offset(2);
  for (let n = 0, x = offset(1); n < dim(0); n++, x += plane) {
    for (let d = 0; d < dim(1); d++) {
      for (let h = 0; h < dim(2); h++) {
        for (let w = 0; w < dim(3); w++, o++, i += 2) {
          let index = (first(D, d, at(0, 0)) * rows + first(H, h, rows)) * columns + first(W, w, columns);
          let best: number | bigint = lowest;
          for (let a = D.begin[d]; a < D.end[d]; a += D.step) {
            for (let b = H.begin[h]; b < H.end[h]; b += H.step) {
              for (let c = W.begin[w], k = (a * rows + b) * columns + c; c < W.end[w]; c += W.step, k += W.step) {
                const value = X[x + k];
                // A NaN is larger than everything; the last one counts.
                if (value > best || value !== value) {
                  best = value;
                  index = k;
                }
              }
            }
          }
          O[o] = best;
          I[i] = index;
          I[i + 1] = 0;
        }
      }
    }
  }
}

/** Averages, or with `spread` their transpose: every element of A shared out among its window of O. */
function average(O: TypedArray, A: TypedArray, spread: boolean): void {
  const [D, H, W] = [0, 1, 2].map(windowsOf), rows = at(0, 1), columns = at(0, 2), plane = at(0, 0) * rows * columns;
  const all = frame[INTS + 13] === 1, divisor = frame[INTS + 14], outs = volume(1, 4);
  const sums = new Float64Array(plane);
  for (let n = 0; n < dim(0); n++) {
    const x = offset(spread ? 0 : 1) + n * plane;
    let y = offset(spread ? 1 : 0) + n * outs;
    if (spread) sums.fill(0);
    for (let d = 0; d < dim(1); d++) {
      for (let h = 0; h < dim(2); h++) {
        for (let w = 0; w < dim(3); w++, y++) {
          const inside = (D.end[d] - D.begin[d]) * (H.end[h] - H.begin[h]) * (W.end[w] - W.begin[w]);
          const share = divisor !== 0 ? divisor : all ? D.covered[d] * H.covered[h] * W.covered[w] : inside;
          const g = spread ? (A[y] as number) / share : 0;
          let sum = 0;
          for (let a = D.begin[d]; a < D.end[d]; a++) {
            for (let b = H.begin[h]; b < H.end[h]; b++) {
              const row = (a * rows + b) * columns;
              if (spread) for (let c = W.begin[w]; c < W.end[w]; c++) sums[row + c] += g;
              else for (let c = W.begin[w]; c < W.end[w]; c++) sum += A[x + row + c] as number;
            }
          }
          if (!spread) O[y] = sum / share;
        }
      }
    }
    if (spread) for (let k = 0; k < plane; k++) O[x + k] = sums[k];
  }
}

export function pool(out: Storage, a: Storage, index: Storage | null): void {
  const code = dtype(1), op = POOL_OPS[frame[OP]];
  const integer = code === I32 || code === I64;
  if (code > I32 || (integer && op !== 'max')) throw unsupported('pool', code);
  const O = out.slab.view(code), A = a.slab.view(code);
  if (op === 'max') max(O, A, (index as Storage).slab.view(I32) as Int32Array);
  else average(O, A, op === 'avgGrad');
}
