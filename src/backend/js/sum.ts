/** sum and mean of floats, walked as native/kernels/reduce.inc walks them: the order of the additions is the native backend's. */
import { F32, type TypedArray } from '../../core/dtype.ts';
import { INTS, MAX_DIMS, NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import * as f32 from './generated/sum-order-f32.ts';
import * as f64 from './generated/sum-order-f64.ts';
import { dim, dtype, offset, stride, volume } from './space.ts';

interface Kernels {
  readonly STRIP: number;
  readonly sumRun: (A: TypedArray, i: number, n: number, s: number, total: number) => number;
  readonly sumStrip: (totals: Float64Array, A: TypedArray, i: number, n: number, m: number, t: number) => void;
}
const SINGLE = f32 as unknown as Kernels, DOUBLE = f64 as unknown as Kernels;

/** Elements per total: what is more is cut into groups of this many. */
const SPLIT = 65536;
const FOLD_ROWS = 128;

/** Axes of more than one position, adjacent ones merged, and a position of two operands along them. */
class Axes {
  n = 0;
  out = 0;
  at = 0;
  private readonly sizes = new Int32Array(MAX_DIMS);
  private readonly outs = new Int32Array(MAX_DIMS);
  private readonly steps = new Int32Array(MAX_DIMS);
  private readonly index = new Int32Array(MAX_DIMS);

  start(out: number, at: number): void {
    this.n = 0;
    this.out = out;
    this.at = at;
  }

  push(size: number, out: number, step: number): void {
    if (size === 1) return;
    const { sizes, outs, steps } = this, last = this.n - 1;
    if (last >= 0 && outs[last] === out * size && steps[last] === step * size) size *= sizes[last];
    else this.n++;
    sizes[this.n - 1] = size;
    outs[this.n - 1] = out;
    steps[this.n - 1] = step;
    this.index[this.n - 1] = 0;
  }

  // The innermost axis: one position where there is none.
  get size(): number { return this.n > 0 ? this.sizes[this.n - 1] : 1; }
  get outStep(): number { return this.n > 0 ? this.outs[this.n - 1] : 0; }
  get step(): number { return this.n > 0 ? this.steps[this.n - 1] : 1; }
  pop(): void {
    if (this.n > 0) this.n--;
  }

  /** Moves to the next position; after the last one returns false, back at the first. */
  advance(): boolean {
    const { sizes, outs, steps, index } = this;
    for (let d = this.n - 1; d >= 0; d--) {
      this.out += outs[d];
      this.at += steps[d];
      if (++index[d] < sizes[d]) return true;
      this.out -= outs[d] * sizes[d];
      this.at -= steps[d] * sizes[d];
      index[d] = 0;
    }
    return false;
  }
}

/** The kept dims, and the reduced ones without the innermost: that one is the run, `length` elements at `apart`. */
const kept = new Axes(), runs = new Axes();
let length = 1, apart = 1;
const order = new Int32Array(MAX_DIMS);

function readSpace(): void {
  const from = frame[INTS], to = frame[NDIM];
  kept.start(offset(0), offset(1));
  for (let d = 0; d < from; d++) kept.push(dim(d), stride(0, d), stride(1, d));
  // The smallest stride innermost; 0, which reads an element again, outermost.
  let n = 0;
  for (let d = from; d < to; d++) {
    const s = stride(1, d);
    let at = n++;
    for (; at > 0; at--) {
      const before = stride(1, order[at - 1]);
      if (before === 0 || (before >= s && s !== 0)) break;
      order[at] = order[at - 1];
    }
    order[at] = d;
  }
  runs.start(0, 0);
  for (let i = 0; i < n; i++) runs.push(dim(order[i]), 0, stride(1, order[i]));
  length = runs.size;
  apart = runs.step;
  runs.pop();
}

/** Writes the sums divided by `divisor`. There are outputs. */
export function sum(out: Storage, a: Storage, divisor: number): void {
  const code = dtype(1), elements = volume(frame[INTS], frame[NDIM]);
  const y = out.slab.view(code), source = a.slab.view(code), kernels = code === F32 ? SINGLE : DOUBLE;
  readSpace();
  if (elements === 0) do y[kept.out] = 0 / divisor; while (kept.advance());
  else if ((apart !== 1 || length === 1) && kept.n > 0 && kept.step === 1) sumColumns(kernels, y, source, divisor);
  else sumRows(kernels, y, source, elements, divisor);
}

/** One result at a time. */
function sumRows(kernels: Kernels, y: TypedArray, source: TypedArray, elements: number, divisor: number): void {
  const piece = runs.n === 0 ? Math.min(length, SPLIT) : length;
  const group = elements > SPLIT ? Math.max(Math.floor(SPLIT / piece), 1) : Infinity;
  do {
    let total = 0, part = 0, pieces = 0;
    do {
      for (let from = 0; from < length; from += piece) {
        part = kernels.sumRun(source, kept.at + runs.at + from * apart, Math.min(piece, length - from), apart, part);
        if (++pieces < group) continue;
        total += part;
        part = pieces = 0;
      }
    } while (runs.advance());
    y[kept.out] = (total + part) / divisor;
  } while (kept.advance());
}

const parts = new Float64Array(Math.max(SINGLE.STRIP, DOUBLE.STRIP)), totals = new Float64Array(parts.length);

/** A strip of neighbouring results at a time. */
function sumColumns(kernels: Kernels, y: TypedArray, source: TypedArray, divisor: number): void {
  const width = kept.size, outStep = kept.outStep, strip = Math.min(width, kernels.STRIP);
  kept.pop();
  const single = runs.n === 0, piece = single ? Math.max(Math.floor(SPLIT / strip), FOLD_ROWS) : length;
  const group = single ? 1 : Math.max(Math.floor(SPLIT / (length * strip)), 1);
  do {
    for (let first = 0; first < width; first += strip) {
      const columns = Math.min(strip, width - first), base = kept.at + first;
      let pieces = 0;
      totals.fill(0, 0, columns);
      parts.fill(0, 0, columns);
      do {
        for (let from = 0; from < length; from += piece) {
          kernels.sumStrip(parts, source, base + runs.at + from * apart, columns, Math.min(piece, length - from), apart);
          if (++pieces < group) continue;
          for (let j = 0; j < columns; j++) totals[j] += parts[j];
          parts.fill(0, 0, columns);
          pieces = 0;
        }
      } while (runs.advance());
      for (let j = 0, at = kept.out + first * outStep; j < columns; j++, at += outStep) y[at] = (totals[j] + parts[j]) / divisor;
    }
  } while (kept.advance());
}
