/** norm and its gradient over [N, G, K, S]: batch, layer, group, instance and RMS norm. Sums are float64. */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { INTS, OP, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { NORM_OPS } from '../../ops/families.ts';
import { dim, dtype, offset, unsupported } from './space.ts';

type Floats = Float32Array | Float64Array;

/** The elements of an operand from its offset on; null where it is absent. */
function floats(storage: Storage | null, operand: number): Floats | null {
  if (storage === null) return null;
  const code = dtype(operand);
  if (code !== F32 && code !== F64) throw unsupported(NORM_OPS[frame[OP]], code);
  return (storage.slab.view(code) as TypedArray as Float32Array).subarray(offset(operand));
}

interface Geometry {
  /** Groups, runs of a group, and elements of a run: K segments of S. */
  readonly groups: number;
  readonly runs: number;
  readonly k: number;
  readonly s: number;
  readonly byElement: boolean;
  readonly given: boolean;
  readonly eps: number;
  start(group: number, run: number): number;
  /** The channel of a group's first segment. */
  channel(group: number): number;
}

function geometry(): Geometry {
  const [n, g, k, s] = [dim(0), dim(1), dim(2), dim(3)], perSample = frame[INTS] === 1, size = k * s;
  const shared = { k, s, byElement: frame[INTS + 1] === 1, given: frame[INTS + 2] === 1, eps: frameFloats[PARAMS] };
  return perSample
    ? { ...shared, groups: n * g, runs: 1, start: (group) => group * size, channel: (group) => (group % g) * k }
    : { ...shared, groups: g, runs: n, start: (group, run) => (run * g + group) * size, channel: (group) => group * k };
}

function statistics(A: Floats, mean: Floats | null, variance: Floats, group: number, { runs, k, s, start }: Geometry): void {
  const size = k * s;
  let sum = 0;
  if (mean !== null) {
    for (let r = 0; r < runs; r++) for (let i = start(group, r), end = i + size; i < end; i++) sum += A[i];
    mean[group] = sum / (runs * size);
  }
  const m = mean === null ? 0 : mean[group];
  let squares = 0;
  for (let r = 0; r < runs; r++) {
    for (let i = start(group, r), end = i + size; i < end; i++) {
      const d = A[i] - m;
      squares += d * d;
    }
  }
  variance[group] = squares / (runs * size);
}

export function norm(out: Storage, a: Storage, mean_: Storage | null, variance_: Storage, weight: Storage | null, bias: Storage | null): void {
  const how = geometry(), { groups, runs, k, s, byElement, given, eps } = how;
  const O = floats(out, 0) as Floats, A = floats(a, 1) as Floats, mean = floats(mean_, 2), variance = floats(variance_, 3) as Floats, W = floats(weight, 4), B = floats(bias, 5);
  if (runs * k * s === 0) return;
  for (let group = 0; group < groups; group++) {
    if (!given) statistics(A, mean, variance, group, how);
    const m = mean === null ? 0 : mean[group], scale = 1 / Math.sqrt(variance[group] + eps), channel = how.channel(group);
    for (let r = 0; r < runs; r++) {
      let i = how.start(group, r);
      for (let c = channel; c < channel + k; c++) {
        const w = W === null || byElement ? 1 : W[c], b = B === null || byElement ? 0 : B[c];
        for (let e = 0; e < s; e++, i++) {
          const x = (A[i] - m) * scale;
          O[i] = byElement ? x * (W === null ? 1 : W[e]) + (B === null ? 0 : B[e]) : x * w + b;
        }
      }
    }
  }
}

export function normGrad(dx_: Storage | null, dw_: Storage | null, db_: Storage | null, g: Storage, a: Storage, mean_: Storage | null, variance_: Storage, weight: Storage | null): void {
  const how = geometry(), { groups, runs, k, s, byElement, given, eps } = how;
  const dx = floats(dx_, 0), dw = floats(dw_, 1), db = floats(db_, 2), G = floats(g, 3) as Floats, A = floats(a, 4) as Floats;
  const mean = floats(mean_, 5), variance = floats(variance_, 6) as Floats, W = floats(weight, 7);
  const size = runs * k * s, weights = byElement ? s : dim(1) * k;
  if (size === 0) return;
  const toWeight = new Float64Array(weights), toBias = new Float64Array(weights);
  for (let group = 0; group < groups; group++) {
    const m = mean === null ? 0 : mean[group], scale = 1 / Math.sqrt(variance[group] + eps), channel = how.channel(group);
    let sum = 0, along = 0;
    for (let r = 0; r < runs; r++) {
      let i = how.start(group, r);
      for (let c = channel; c < channel + k; c++) {
        for (let e = 0; e < s; e++, i++) {
          const j = byElement ? e : c, x = (A[i] - m) * scale, u = W === null ? G[i] : G[i] * W[j];
          toWeight[j] += G[i] * x;
          toBias[j] += G[i];
          sum += u;
          along += u * x;
        }
      }
    }
    if (dx === null) continue;
    const first = given || mean === null ? 0 : sum / size, second = given ? 0 : along / size;
    for (let r = 0; r < runs; r++) {
      let i = how.start(group, r);
      for (let c = channel; c < channel + k; c++) {
        for (let e = 0; e < s; e++, i++) {
          const u = W === null ? G[i] : G[i] * W[byElement ? e : c];
          dx[i] = (u - first - (A[i] - m) * scale * second) * scale;
        }
      }
    }
  }
  for (let j = 0; j < weights; j++) {
    if (dw !== null) dw[j] = toWeight[j];
    if (db !== null) db[j] = toBias[j];
  }
}
