/** gather, scatter and nonzero. Index tensors are read as int32 words; a valid index fits in its low word. */
import { BF16, BOOL, F16, I32, I64, type TypedArray } from '../../core/dtype.ts';
import { IndexRangeError } from '../../core/errors.ts';
import { INTS, NDIM, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { SCATTER_OPS } from '../../ops/families.ts';
import { RAW_BY_WIDTH, widthLog2 } from './copy.ts';
import { gatherRow as gather32, setRow as set32 } from './generated/move-i32.ts';
import { gatherRow as gather16, setRow as set16 } from './generated/move-u16.ts';
import { gatherRow as gather8, setRow as set8 } from './generated/move-u8.ts';
import * as bool from './generated/scatter-rows-bool.ts';
import * as f32 from './generated/scatter-rows-f32.ts';
import * as f64 from './generated/scatter-rows-f64.ts';
import * as i32 from './generated/scatter-rows-i32.ts';
import { gatherPairs, setPairs } from './pairs.ts';
import * as i64 from './scatter-big.ts';
import { advance, cursor, dim, dtype, elements, indexWidth, indexWords, start, stride, unsupported, volume } from './space.ts';

type Row = (
  O: TypedArray, S: TypedArray, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
) => void;
const GATHERS = [gather8, gather16, gather32, gatherPairs] as unknown as readonly Row[];
const SETS = [set8, set16, set32, setPairs] as unknown as readonly Row[];
// By dtype code. For bools, adding is "or" and multiplying "and".
const ARITHMETIC = [
  [f32.add, f32.mul, f32.amax, f32.amin], [f64.add, f64.mul, f64.amax, f64.amin], [i64.add, i64.mul, i64.amax, i64.amin],
  [i32.add, i32.mul, i32.amax, i32.amin], [bool.amax, bool.amin, bool.amax, bool.amin],
] as unknown as readonly (readonly Row[])[];

/** Throws for the first index (operand 2) outside of its axis; INTS are the axis size, its stride and whether negatives wrap. */
function checkIndices(op: string, words: Int32Array): void {
  const ndim = frame[NDIM], width = indexWidth(2), size = frame[INTS], lowest = frame[INTS + 2] === 1 ? -size : 0;
  const moving = ndim > 0 && stride(2, ndim - 1) !== 0;
  const n = moving ? dim(ndim - 1) : 1, step = ndim > 0 ? stride(2, ndim - 1) * width : 0;
  start(3);
  do {
    for (let i = 0, at = cursor[2] * width; i < n; i++, at += step) {
      const low = words[at], high = width === 2 ? words[at + 1] : low >> 31;
      if (low < lowest || low >= size || high !== low >> 31) throw new IndexRangeError(op, high * 4294967296 + (low >>> 0), size);
    }
  } while (advance(0, ndim - 1, 3));
}

function walk(row: Row, O: TypedArray, S: TypedArray, X: Int32Array): void {
  const ndim = frame[NDIM], last = ndim - 1, width = indexWidth(2), size = frame[INTS], step = frame[INTS + 1];
  const n = ndim > 0 ? dim(last) : 1;
  const os = ndim > 0 ? stride(0, last) : 0, ss = ndim > 0 ? stride(1, last) : 0, xs = ndim > 0 ? stride(2, last) * width : 0;
  start(3);
  do row(O, S, X, cursor[0], cursor[1], cursor[2] * width, n, os, ss, xs, size, step); while (advance(0, last, 3));
}

export function gather(out: Storage, src: Storage, index: Storage): void {
  if (volume(0, frame[NDIM]) === 0) return;
  const words = indexWords(index), width = widthLog2(dtype(0)), raw = RAW_BY_WIDTH[width];
  checkIndices('gather', words);
  walk(GATHERS[width], out.slab.view(raw), src.slab.view(raw), words);
}

export function scatter(out: Storage, src: Storage | null, index: Storage): void {
  const op = frame[OP], code = dtype(0);
  if (op > 0 && code > BOOL) throw unsupported(SCATTER_OPS[op], code);
  if (volume(0, frame[NDIM]) === 0) return;
  const words = indexWords(index);
  checkIndices(SCATTER_OPS[op], words);
  const width = widthLog2(code), view = op > 0 ? code : RAW_BY_WIDTH[width];
  walk(op > 0 ? ARITHMETIC[code][op - 1] : SETS[width], out.slab.view(view), elements(src, 1, code, view), words);
}

/** Whether the element at i is not zero; -0 of the half formats is zero too. */
function tester(a: Storage): (i: number) => boolean {
  const code = dtype(2);
  if (code === I64) {
    const words = a.slab.view(I32) as Int32Array;
    return (i) => (words[2 * i] | words[2 * i + 1]) !== 0;
  }
  if (code === F16 || code === BF16) {
    const bits = a.slab.view(code) as Uint16Array;
    return (i) => (bits[i] & 0x7fff) !== 0;
  }
  const view = a.slab.view(code);
  return (i) => view[i] !== 0;
}

const position: number[] = [];

export function nonzero(out: Storage, count: Storage, a: Storage): void {
  const ndim = frame[NDIM], capacity = frame[INTS];
  const rows = out.slab.view(I32) as Int32Array, total = count.slab.view(I32) as Int32Array;
  let found = 0;
  start(3);
  const first = 2 * cursor[0];
  if (volume(0, ndim) > 0) {
    const holds = tester(a);
    position.length = ndim;
    position.fill(0);
    do {
      if (holds(cursor[2])) {
        if (found < capacity) {
          for (let d = 0, at = first + 2 * found * ndim; d < ndim; d++, at += 2) {
            rows[at] = position[d];
            rows[at + 1] = 0;
          }
        }
        found++;
      }
      for (let d = ndim - 1; d >= 0 && ++position[d] === dim(d) && d > 0; d--) position[d] = 0;
    } while (advance(0, ndim, 3));
  }
  total[2 * cursor[1]] = found;
  total[2 * cursor[1] + 1] = 0;
}
