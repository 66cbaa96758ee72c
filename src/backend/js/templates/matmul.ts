/** The parts of matmul that touch operands. Sums are float64; results are rounded once, after the epilogue. */
import { activate } from '../activation.ts';

type Elements = Float64Array;

/** Copies up to four lanes (`step` apart) of `depth` elements (`deep` apart) to P as [depth][4], missing lanes as zeros. */
export function pack(P: Float64Array, p: number, S: Elements, i: number, lanes: number, step: number, depth: number, deep: number): void {
  if (lanes === 4) {
    const j = i + step, k = j + step, l = k + step;
    for (let d = 0, at = 0; d < depth; d++, at += deep, p += 4) {
      P[p] = S[i + at];
      P[p + 1] = S[j + at];
      P[p + 2] = S[k + at];
      P[p + 3] = S[l + at];
    }
    return;
  }
  for (let d = 0, at = i; d < depth; d++, at += deep, p += 4) {
    for (let lane = 0; lane < 4; lane++) P[p + lane] = lane < lanes ? S[at + lane * step] : 0;
  }
}

/** out[i, j] = activation(V[i * 4 + j] + bias[i, j] + (accumulate ? out[i, j] : 0)); a null bias is absent. */
export function store(
  O: Elements, oi: number, os: number, ot: number, V: Float64Array, v: number, rows: number, columns: number, pitch: number,
  bias: Elements | null, bi: number, bs: number, bt: number, activation: number, accumulate: boolean,
): void {
  if (bias === null && activation === 0 && !accumulate) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) O[oi + i * os + j * ot] = V[v + i * pitch + j];
    return;
  }
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = oi + i * os + j * ot;
      let x = V[v + i * pitch + j];
      if (bias !== null) x += bias[bi + i * bs + j * bt];
      if (accumulate) x += O[at];
      O[at] = activate(activation, x);
    }
  }
}

/** One row of the product into V: n results from a row of `depth` elements of A, where B's columns lie together. */
export function rowByMatrix(
  V: Float64Array, A: Elements, ai: number, ak: number, B: Elements, bi: number, bn: number, bk: number, n: number, depth: number,
): void {
  V.fill(0, 0, n);
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const a = ai + k * ak, b = bi + k * bk;
    const a0 = A[a], a1 = A[a + ak], a2 = A[a + 2 * ak], a3 = A[a + 3 * ak];
    for (let j = 0, b0 = b, b1 = b + bk, b2 = b1 + bk, b3 = b2 + bk; j < n; j++, b0 += bn, b1 += bn, b2 += bn, b3 += bn) {
      V[j] += a0 * B[b0] + a1 * B[b1] + (a2 * B[b2] + a3 * B[b3]);
    }
  }
  for (; k < depth; k++) {
    const a = A[ai + k * ak];
    for (let j = 0, b = bi + k * bk; j < n; j++, b += bn) V[j] += a * B[b];
  }
}

/** The same where B's rows lie together, and for products too small to pack. */
export function dots(
  V: Float64Array, A: Elements, ai: number, ak: number, B: Elements, bi: number, bn: number, bk: number, n: number, depth: number,
): void {
  for (let j = 0; j < n; j++) {
    let s = 0, t = 0, k = 0, a = ai, b = bi + j * bn;
    for (; k + 2 <= depth; k += 2, a += 2 * ak, b += 2 * bk) {
      s += A[a] * B[b];
      t += A[a + ak] * B[b + bk];
    }
    if (k < depth) s += A[a] * B[b];
    V[j] = s + t;
  }
}
