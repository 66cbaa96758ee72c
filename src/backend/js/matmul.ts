/** matmul: dims are [batch..., M, N, K]. Floats go through packed panels and a 4x4 tile of float64 sums. */
import { BF16, F16, F32, F64, I32, I64, type TypedArray } from '../../core/dtype.ts';
import { INTS, NDIM, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import * as f32 from './generated/matmul-f32.ts';
import * as f64 from './generated/matmul-f64.ts';
import { integerMatmul } from './matmul-int.ts';
import { advance, cursor, dim, dtype, start, stride, unsupported, volume } from './space.ts';
import { multiply, tile } from './tile.ts';
import { overWide } from './wide.ts';

interface Parts {
  readonly pack: (P: Float64Array, p: number, S: TypedArray, i: number, lanes: number, step: number, depth: number, deep: number) => void;
  readonly store: (
    O: TypedArray, oi: number, os: number, ot: number, V: Float64Array, v: number, rows: number, columns: number, pitch: number,
    bias: TypedArray | null, bi: number, bs: number, bt: number, activation: number, accumulate: boolean,
  ) => void;
  readonly rowByMatrix: Product;
  readonly dots: Product;
}
type Product = (
  V: Float64Array, A: TypedArray, ai: number, ak: number, B: TypedArray, bi: number, bn: number, bk: number, n: number, depth: number,
) => void;
const PARTS = [f32, f64] as unknown as readonly Parts[];

/** Below this many multiplications packing costs more than it saves. */
const SMALL = 256;
/** Float32 products of at most this depth are rounded step by step, as float32 hardware rounds them: see shallow(). */
const SHALLOW = 4;
/** Packed B panels of one block stay within this many elements (L2). */
const BLOCK_ELEMENTS = 1 << 15;

let panelA = new Float64Array(4096);
let panelsB = new Float64Array(4096);
let row = new Float64Array(1024);

/**
 * V[j] = sum over k of A[k] * B[k, j], every step rounded to float32 as a fused multiply-add. Training that is chaotic
 * (XOR at a learning rate of 10) follows PyTorch only with PyTorch's roundings, and so few terms have one order.
 */
const shallow: Product = (V, A, ai, ak, B, bi, bn, bk, n, depth) => {
  for (let j = 0; j < n; j++, bi += bn) {
    let sum = 0;
    for (let k = 0; k < depth; k++) sum = Math.fround((A[ai + k * ak] as number) * (B[bi + k * bk] as number) + sum);
    V[j] = sum;
  }
};

/** Float32 products of one row with so few columns have the order of additions of the native kernel: see narrow(). */
const NARROW = 16;

/**
 * V[j] = sum over k of A[k] * B[k, j] in eight sums of every eighth term, each step and their tree rounded to float32: the
 * gradient of a regression's weights, whose last digit decides where RMSprop goes near a minimum.
 */
const narrow: Product = (V, A, ai, ak, B, bi, bn, bk, n, depth) => {
  const { fround } = Math, whole = depth & ~7;
  for (let j = 0; j < n; j++, bi += bn) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0, k = 0, a = ai, b = bi;
    for (; k < whole; k += 8, a += 8 * ak, b += 8 * bk) {
      s0 = fround((A[a] as number) * (B[b] as number) + s0);
      s1 = fround((A[a + ak] as number) * (B[b + bk] as number) + s1);
      s2 = fround((A[a + 2 * ak] as number) * (B[b + 2 * bk] as number) + s2);
      s3 = fround((A[a + 3 * ak] as number) * (B[b + 3 * bk] as number) + s3);
      s4 = fround((A[a + 4 * ak] as number) * (B[b + 4 * bk] as number) + s4);
      s5 = fround((A[a + 5 * ak] as number) * (B[b + 5 * bk] as number) + s5);
      s6 = fround((A[a + 6 * ak] as number) * (B[b + 6 * bk] as number) + s6);
      s7 = fround((A[a + 7 * ak] as number) * (B[b + 7 * bk] as number) + s7);
    }
    for (; k < depth; k++, a += ak, b += bk) s0 = fround((A[a] as number) * (B[b] as number) + s0);
    V[j] = fround(fround(s0 + s4) + fround(s2 + s6)) + fround(fround(s1 + s5) + fround(s3 + s7));
  }
};

/** Half floats: in float32, rounded once. */
function halfMatmul(out: Storage, a: Storage, b: Storage, bias: Storage | null): void {
  overWide(bias === null ? [out, a, b] : [out, a, b, bias], (o, x, y, c = null) => matmul(o, x as Storage, y as Storage, c), frame[INTS + 1] === 1 ? 0 : 1);
}

export function matmul(out: Storage, a: Storage, b: Storage, bias: Storage | null): void {
  const code = dtype(1), ndim = frame[NDIM], batch = ndim - 3;
  if (volume(0, ndim - 1) === 0) return;
  if (code === I32 || code === I64) return integerMatmul(out, a, b, bias);
  if (code === F16 || code === BF16) return halfMatmul(out, a, b, bias);
  if (code !== F32 && code !== F64) throw unsupported('matmul', code);
  const parts = PARTS[code];
  const O = out.slab.view(code), A = a.slab.view(code), B = b.slab.view(code), C = bias === null ? null : bias.slab.view(code);
  const activation = frame[INTS], accumulate = frame[INTS + 1] === 1;
  const M = dim(batch), N = dim(batch + 1), K = dim(batch + 2);
  const om = stride(0, batch), on = stride(0, batch + 1), cm = C ? stride(3, batch) : 0, cn = C ? stride(3, batch + 1) : 0;
  const am = stride(1, batch), ak = stride(1, batch + 2), bn = stride(2, batch + 1), bk = stride(2, batch + 2);
  const operands = C ? 4 : 3;
  if (M * N * K <= SMALL || M === 1 || N === 1) {
    // A column is computed as the row of the transposed product.
    const turned = N === 1 && M > 1;
    const m = turned ? N : M, n = turned ? M : N;
    if (row.length < n) row = new Float64Array(n);
    const [L, R] = turned ? [B, A] : [A, B];
    const ls = turned ? bn : am, lk = turned ? bk : ak, rs = turned ? am : bn, rk = turned ? ak : bk;
    const os = turned ? on : om, ot = turned ? om : on, cs = turned ? cn : cm, ct = turned ? cm : cn;
    const product = code === F32 && K <= SHALLOW ? shallow : code === F32 && m === 1 && rs === 1 && n <= NARROW ? narrow : rs < rk && n > 4 ? parts.rowByMatrix : parts.dots;
    start(operands);
    do {
      const l = cursor[turned ? 2 : 1], r = cursor[turned ? 1 : 2];
      for (let i = 0; i < m; i++) {
        product(row, L, l + i * ls, lk, R, r, rs, rk, n, K);
        parts.store(O, cursor[0] + i * os, 0, ot, row, 0, 1, n, 0, C, cursor[3] + i * cs, 0, ct, activation, accumulate);
      }
    } while (advance(0, batch, operands));
    return;
  }
  const width = Math.max(4, Math.min((N + 3) & ~3, Math.floor(BLOCK_ELEMENTS / Math.max(K, 1)) & ~3));
  if (panelA.length < 4 * K) panelA = new Float64Array(4 * K);
  if (panelsB.length < width * K) panelsB = new Float64Array(width * K);
  start(operands);
  do {
    const oi = cursor[0], ai = cursor[1], bi = cursor[2], ci = cursor[3];
    for (let left = 0; left < N; left += width) {
      const right = Math.min(N, left + width);
      for (let j = left; j < right; j += 4) parts.pack(panelsB, (j - left) * K, B, bi + j * bn, Math.min(4, right - j), bn, K, bk);
      for (let i = 0; i < M; i += 4) {
        const rows = Math.min(4, M - i);
        parts.pack(panelA, 0, A, ai + i * am, rows, am, K, ak);
        for (let j = left; j < right; j += 4) {
          multiply(panelA, 0, panelsB, (j - left) * K, K);
          parts.store(O, oi + i * om + j * on, om, on, tile, 0, rows, Math.min(4, right - j), 4,
            C, ci + i * cm + j * cn, cm, cn, activation, accumulate);
        }
      }
    }
  } while (advance(0, batch, operands));
}
