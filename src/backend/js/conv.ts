/**
 * Convolution and its gradients, as products of packed panels: the image is copied once with zeros around it, and then the
 * element that tap k of output q meets is at `tap[k] + base[q]` of that copy. Sums are float64, rounded once.
 */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { INTS, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { CONV_OPS } from '../../ops/families.ts';
import { dim, dtype, offset, unsupported, volume } from './space.ts';
import { multiply, tile } from './tile.ts';

interface Geometry {
  readonly batch: number;
  readonly groups: number;
  /** Channels per group. */
  readonly outputs: number;
  readonly inputs: number;
  /** Elements of an input plane, an output plane and a kernel plane. */
  readonly inPlane: number;
  readonly outPlane: number;
  readonly kernelPlane: number;
  /** Elements of a padded plane. */
  readonly padded: number;
  /** Where the padded copy holds what tap (channel, position) of output 0 meets, and what tap 0 of every output meets. */
  readonly tap: Int32Array;
  readonly base: Int32Array;
  /** Of every element of an input plane its place in a padded one, or -1 when no tap meets it. */
  readonly inside: Int32Array;
}

const at = (field: number, d: number): number => frame[INTS + 3 * field + d];

function geometry(): Geometry {
  const extent = (d: number): number => (dim(4 + d) === 0 || dim(7 + d) === 0 ? 0 : (dim(4 + d) - 1) * at(1, d) + (dim(7 + d) - 1) * at(3, d) + 1);
  const rows = extent(1), columns = extent(2), padded = extent(0) * rows * columns;
  const place = (z: number, y: number, x: number): number => (z * rows + y) * columns + x;
  const outPlane = volume(4, 7), kernelPlane = volume(7, 10), inputs = dim(3);
  const base = new Int32Array(outPlane), tap = new Int32Array(inputs * kernelPlane), inside = new Int32Array(at(0, 0) * at(0, 1) * at(0, 2));
  let q = 0, k = 0, i = 0;
  for (let z = 0; z < dim(4); z++) for (let y = 0; y < dim(5); y++) for (let x = 0; x < dim(6); x++) base[q++] = place(z * at(1, 0), y * at(1, 1), x * at(1, 2));
  for (let c = 0; c < inputs; c++) {
    for (let z = 0; z < dim(7); z++) for (let y = 0; y < dim(8); y++) for (let x = 0; x < dim(9); x++) tap[k++] = c * padded + place(z * at(3, 0), y * at(3, 1), x * at(3, 2));
  }
  for (let z = 0; z < at(0, 0); z++) {
    for (let y = 0; y < at(0, 1); y++) {
      for (let x = 0; x < at(0, 2); x++) {
        const a = z + at(2, 0), b = y + at(2, 1), c = x + at(2, 2);
        inside[i++] = a < extent(0) && b < rows && c < columns ? place(a, b, c) : -1;
      }
    }
  }
  return { batch: dim(0), groups: dim(1), outputs: dim(2), inputs, inPlane: inside.length, outPlane, kernelPlane, padded, tap, base, inside };
}

const whole = (n: number): number => (n + 3) & ~3;
/** Panels of one block stay within this many elements (L2). */
const BLOCK_ELEMENTS = 1 << 15;
const blockOf = (depth: number, columns: number): number => Math.max(4, Math.min(whole(columns), Math.floor(BLOCK_ELEMENTS / Math.max(depth, 1)) & ~3));

/** P[panel][depth][4] of `lanes` rows of S, `step` apart, whose elements are `deep` apart; missing lanes are zeros. */
function packRows(P: Float64Array, S: TypedArray, from: number, lanes: number, step: number, depth: number, deep: number): void {
  for (let lane = 0; lane < whole(lanes); lane++) {
    let p = (lane >> 2) * 4 * depth + (lane & 3), s = from + lane * step;
    for (let d = 0; d < depth; d++, p += 4, s += deep) P[p] = lane < lanes ? S[s] as number : 0;
  }
}

/** The same of X[along[lane] + down[d]]. */
function packTaps(P: Float64Array, X: Float64Array, along: Int32Array, from: number, lanes: number, down: Int32Array): void {
  const depth = down.length;
  for (let lane = 0; lane < whole(lanes); lane++) {
    let p = (lane >> 2) * 4 * depth + (lane & 3);
    const start = lane < lanes ? along[from + lane] : -1;
    for (let d = 0; d < depth; d++, p += 4) P[p] = start < 0 ? 0 : X[start + down[d]];
  }
}

/** The planes of one image and group, with zeros around them. */
function pad(P: Float64Array, S: TypedArray, from: number, g: Geometry): void {
  const { inside, inPlane, padded } = g;
  P.fill(0);
  for (let c = 0; c < g.inputs; c++) {
    for (let i = 0, s = from + c * inPlane, p = c * padded; i < inPlane; i++, s++) if (inside[i] >= 0) P[p + inside[i]] = S[s] as number;
  }
}

/** Multiplies all panels of A with those of B; `take` gets the position and size of every tile. */
function tiles(A: Float64Array, rows: number, B: Float64Array, columns: number, depth: number, take: (i: number, j: number, height: number, width: number) => void): void {
  for (let i = 0; i < rows; i += 4) {
    for (let j = 0; j < columns; j += 4) {
      multiply(A, i * depth, B, j * depth, depth);
      take(i, j, Math.min(4, rows - i), Math.min(4, columns - j));
    }
  }
}

function forward(O: TypedArray, X: TypedArray, W: TypedArray, C: TypedArray | null): void {
  const g = geometry(), { outPlane, outputs } = g;
  const depth = g.tap.length, block = blockOf(depth, outPlane);
  const A = new Float64Array(whole(outputs) * depth), B = new Float64Array(block * depth), P = new Float64Array(g.inputs * g.padded);
  for (let group = 0; group < g.groups; group++) {
    packRows(A, W, offset(2) + group * outputs * depth, outputs, depth, depth, 1);
    for (let n = 0; n < g.batch; n++) {
      const unit = n * g.groups + group;
      pad(P, X, offset(1) + unit * g.inputs * g.inPlane, g);
      for (let left = 0; left < outPlane; left += block) {
        const columns = Math.min(block, outPlane - left);
        packTaps(B, P, g.base, left, columns, g.tap);
        tiles(A, outputs, B, columns, depth, (i, j, height, width) => {
          for (let r = 0; r < height; r++) {
            const bias = C === null ? 0 : C[offset(3) + group * outputs + i + r] as number;
            const to = offset(0) + (unit * outputs + i + r) * outPlane + left + j;
            for (let c = 0; c < width; c++) O[to + c] = tile[4 * r + c] + bias;
          }
        });
      }
    }
  }
}

function inputGrad(O: TypedArray, G: TypedArray, W: TypedArray, C: TypedArray | null): void {
  const g = geometry(), { outPlane, outputs, inPlane } = g;
  const taps = g.tap.length, block = blockOf(outputs, outPlane);
  const A = new Float64Array(whole(taps) * outputs), B = new Float64Array(block * outputs), P = new Float64Array(g.inputs * g.padded);
  for (let group = 0; group < g.groups; group++) {
    packRows(A, W, offset(2) + group * outputs * taps, taps, 1, outputs, taps);
    for (let n = 0; n < g.batch; n++) {
      const unit = n * g.groups + group;
      P.fill(0);
      for (let left = 0; left < outPlane; left += block) {
        const columns = Math.min(block, outPlane - left);
        packRows(B, G, offset(1) + unit * outputs * outPlane + left, columns, 1, outputs, outPlane);
        tiles(A, taps, B, columns, outputs, (i, j, height, width) => {
          for (let r = 0; r < height; r++) for (let c = 0; c < width; c++) P[g.tap[i + r] + g.base[left + j + c]] += tile[4 * r + c];
        });
      }
      for (let c = 0; c < g.inputs; c++) {
        const bias = C === null ? 0 : C[offset(3) + group * g.inputs + c] as number, to = offset(0) + (unit * g.inputs + c) * inPlane;
        for (let i = 0; i < inPlane; i++) O[to + i] = (g.inside[i] < 0 ? 0 : P[c * g.padded + g.inside[i]]) + bias;
      }
    }
  }
}

function weightGrad(O: TypedArray, X: TypedArray, G: TypedArray): void {
  const g = geometry(), { outPlane, outputs } = g;
  const taps = g.tap.length, block = blockOf(outPlane, taps);
  const A = new Float64Array(whole(outputs) * outPlane), B = new Float64Array(block * outPlane), P = new Float64Array(g.inputs * g.padded);
  const sums = new Float64Array(outputs * taps);
  for (let group = 0; group < g.groups; group++) {
    sums.fill(0);
    for (let n = 0; n < g.batch; n++) {
      const unit = n * g.groups + group;
      pad(P, X, offset(1) + unit * g.inputs * g.inPlane, g);
      packRows(A, G, offset(2) + unit * outputs * outPlane, outputs, outPlane, outPlane, 1);
      for (let left = 0; left < taps; left += block) {
        const columns = Math.min(block, taps - left);
        packTaps(B, P, g.tap, left, columns, g.base);
        tiles(A, outputs, B, columns, outPlane, (i, j, height, width) => {
          for (let r = 0; r < height; r++) for (let c = 0; c < width; c++) sums[(i + r) * taps + left + j + c] += tile[4 * r + c];
        });
      }
    }
    for (let i = 0, to = offset(0) + group * sums.length; i < sums.length; i++) O[to + i] = sums[i];
  }
}

export function conv(out: Storage, a: Storage, b: Storage, bias: Storage | null): void {
  const code = dtype(1), op = CONV_OPS[frame[OP]];
  if (code !== F32 && code !== F64) throw unsupported('conv', code);
  const O = out.slab.view(code), A = a.slab.view(code), B = b.slab.view(code), C = bias === null ? null : bias.slab.view(code);
  if (op === 'forward') forward(O, A, B, C);
  else if (op === 'inputGrad') inputGrad(O, A, B, C);
  else weightGrad(O, A, B);
}
