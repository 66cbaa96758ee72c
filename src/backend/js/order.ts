/** sort, select, argScan and searchSorted. */
import { BOOL, F32, F64, I32, I64, type TypedArray } from '../../core/dtype.ts';
import { INTS, NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { ARG_SCAN_OPS, SEARCH_OPS, SELECT_OPS, SORT_OPS } from '../../ops/families.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';

const BITS = 11, BUCKETS = 1 << BITS, MASK = BUCKETS - 1;
/** Rows of at most this many elements are ordered by insertion. */
const SHORT = 48;

const counts = new Uint32Array(BUCKETS);
// Keys of the row in work: unsigned words whose order is that of the elements. `low` is used by the 8-byte dtypes.
let high = new Uint32Array(0), low = new Uint32Array(0);
let places = new Int32Array(0), spare = new Int32Array(0);

function reserve(n: number): void {
  if (high.length >= n) return;
  const size = Math.max(n, 2 * high.length, 256);
  high = new Uint32Array(size);
  low = new Uint32Array(size);
  places = new Int32Array(size);
  spare = new Int32Array(size);
}

const TOP = 0x80000000 | 0;

/** Fills the keys; every NaN has the largest one, -0 that of 0. `flip` turns the order around. Returns how many are no NaN. */
function fillKeys(a: Storage, code: number, at: number, n: number, step: number, flip: number): number {
  let numbers = n;
  if (code === BOOL) {
    const bytes = a.slab.view(BOOL);
    for (let i = 0; i < n; i++) high[i] = (bytes[at + i * step] as number) ^ flip;
    return n;
  }
  const words = a.slab.view(I32) as Int32Array;
  if (code === F32 || code === I32) {
    for (let i = 0, k = at; i < n; i++, k += step) {
      const w = words[k];
      if (code === I32) high[i] = w ^ TOP ^ flip;
      else if ((w & 0x7fffffff) > 0x7f800000) {
        high[i] = -1 ^ flip;
        numbers--;
      } else high[i] = (w === TOP ? TOP : w < 0 ? ~w : w ^ TOP) ^ flip;
    }
    return numbers;
  }
  for (let i = 0, k = 2 * at; i < n; i++, k += 2 * step) {
    const l = words[k], h = words[k + 1];
    let x = h ^ TOP, y = l;
    if (code === F64) {
      const magnitude = h & 0x7fffffff;
      if (magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && l !== 0)) {
        x = y = -1;
        numbers--;
      } else if (h === TOP && l === 0) x = TOP;
      else if (h < 0) {
        x = ~h;
        y = ~l;
      }
    }
    high[i] = x ^ flip;
    low[i] = y ^ flip;
  }
  return numbers;
}

/** One stable pass over the bits of `keys` from `shift` on; false when all elements share them. */
function pass(keys: Uint32Array, shift: number, n: number): boolean {
  counts.fill(0);
  for (let i = 0; i < n; i++) counts[(keys[i] >>> shift) & MASK]++;
  if (counts[(keys[0] >>> shift) & MASK] === n) return false;
  for (let b = 0, total = 0; b < BUCKETS; b++) {
    const here = counts[b];
    counts[b] = total;
    total += here;
  }
  for (let i = 0; i < n; i++) {
    const p = places[i];
    spare[counts[(keys[p] >>> shift) & MASK]++] = p;
  }
  return true;
}

/** `places` becomes the positions of the n elements in order of their keys; stable. */
function order(n: number, wide: boolean): void {
  if (n > SHORT) {
    for (let i = 0; i < n; i++) places[i] = i;
    for (const keys of wide ? [low, high] : [high]) {
      for (let shift = 0; shift < 32; shift += BITS) if (pass(keys, shift, n)) [places, spare] = [spare, places];
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const h = high[i], l = low[i];
    let j = i;
    for (; j > 0; j--) {
      const p = places[j - 1];
      if (high[p] < h || (high[p] === h && (!wide || low[p] <= l))) break;
      places[j] = p;
    }
    places[j] = i;
  }
}

type Put = (to: number, from: number) => void;

/** Moves an element of the input to the values. */
function putter(values: Storage, a: Storage, code: number): Put {
  if (isWide(code)) {
    const y = values.slab.view(I32) as Int32Array, x = a.slab.view(I32) as Int32Array;
    return (to, from) => {
      y[2 * to] = x[2 * from];
      y[2 * to + 1] = x[2 * from + 1];
    };
  }
  const raw = code === F32 ? I32 : code, y = values.slab.view(raw), x = a.slab.view(raw);
  return (to, from) => {
    y[to] = x[from];
  };
}

const known = (code: number): boolean => code === F32 || code === F64 || code === I64 || code === I32 || code === BOOL;
const isWide = (code: number): boolean => code === F64 || code === I64;

/** Writes the elements at places [from, from + k) of the row at the cursors. */
function write(put: Put, words: Int32Array, from: number, k: number, step: number): void {
  const last = frame[NDIM] - 1, vs = stride(0, last), xs = stride(1, last);
  for (let i = 0; i < k; i++) {
    const p = places[from + i], at = 2 * (cursor[1] + i * xs);
    put(cursor[0] + i * vs, cursor[2] + p * step);
    words[at] = p;
    words[at + 1] = 0;
  }
}

export function sort(values: Storage, indices: Storage, a: Storage): void {
  const code = dtype(2), ndim = frame[NDIM], n = dim(ndim - 1), step = stride(2, ndim - 1);
  if (!known(code)) throw unsupported(SORT_OPS[frame[OP]], code);
  if (volume(0, ndim) === 0) return;
  reserve(n);
  const put = putter(values, a, code), words = indices.slab.view(I32) as Int32Array, flip = frame[OP] === 0 ? 0 : -1;
  start(3);
  do {
    fillKeys(a, code, cursor[2], n, step, flip);
    order(n, isWide(code));
    write(put, words, 0, n, step);
  } while (advance(0, ndim - 1, 3));
}

export function select(values: Storage, indices: Storage, a: Storage): void {
  const code = dtype(2), ndim = frame[NDIM], n = frame[INTS], step = frame[INTS + 1], op = SELECT_OPS[frame[OP]];
  if (!known(code)) throw unsupported(op, code);
  if (volume(0, ndim) === 0) return;
  reserve(n);
  const put = putter(values, a, code), words = indices.slab.view(I32) as Int32Array, k = dim(ndim - 1);
  start(3);
  do {
    const numbers = fillKeys(a, code, cursor[2], n, step, op === 'largest' ? -1 : 0);
    order(n, isWide(code));
    // NaNs are at the end, the first one first.
    const from = op === 'kth' ? frame[INTS + 2]
      : op === 'median' ? (numbers < n ? numbers : (n - 1) >> 1)
      : op === 'nanmedian' ? Math.max(numbers - 1, 0) >> 1 : 0;
    write(put, words, from, k, step);
  } while (advance(0, ndim - 1, 3));
}

export function argScan(values: Storage, indices: Storage, a: Storage): void {
  const code = dtype(2), ndim = frame[NDIM], last = ndim - 1, n = dim(last), smallest = ARG_SCAN_OPS[frame[OP]] === 'cummin';
  if (!known(code)) throw unsupported(ARG_SCAN_OPS[frame[OP]], code);
  if (volume(0, ndim) === 0) return;
  const y = values.slab.view(code), x = a.slab.view(code), words = indices.slab.view(I32) as Int32Array;
  const vs = stride(0, last), xs = stride(1, last), as = stride(2, last);
  start(3);
  do {
    let best = x[cursor[2]], at = 0;
    for (let i = 0; i < n; i++) {
      const each = x[cursor[2] + i * as];
      if (each !== each || (smallest ? each <= best : each >= best)) {
        best = each;
        at = i;
      }
      y[cursor[0] + i * vs] = best;
      words[2 * (cursor[1] + i * xs)] = at;
      words[2 * (cursor[1] + i * xs) + 1] = 0;
    }
  } while (advance(0, last, 3));
}

/** How many of the n ascending elements from `at` on come before `value`. */
function position(x: TypedArray, at: number, n: number, step: number, value: number | bigint, right: boolean): number {
  let from = 0, to = n;
  while (from < to) {
    const middle = (from + to) >>> 1, each = x[at + middle * step];
    // Negated, so that a NaN goes last.
    if (right ? !(each > value) : !(each >= value)) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function searchSorted(out: Storage, sequence: Storage, values: Storage): void {
  const code = dtype(1), ndim = frame[NDIM], last = ndim - 1, right = SEARCH_OPS[frame[OP]] === 'right';
  if (!known(code)) throw unsupported('searchSorted', code);
  if (volume(0, ndim) === 0) return;
  const words = out.slab.view(I32) as Int32Array, x = sequence.slab.view(code), v = values.slab.view(code);
  const n = frame[INTS], step = frame[INTS + 1], m = dim(last), os = stride(0, last), vs = stride(2, last);
  start(3);
  do {
    for (let i = 0; i < m; i++) {
      const at = 2 * (cursor[0] + i * os);
      words[at] = position(x, cursor[1], n, step, v[cursor[2] + i * vs], right);
      words[at + 1] = 0;
    }
  } while (advance(0, last, 3));
}
