/** Attention and its gradient over [B, H, L, S, E, F]. One query at a time; sums are float64. */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { INTS, PARAMS, frame, frameFloats } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { dim, dtype, offset, stride, unsupported } from './space.ts';

type Floats = Float32Array | Float64Array;

const QUERIES = 2, KEYS = 3, FEATURES = 4, VALUES = 5;

/** An operand and where its head begins. */
class Heads {
  readonly values: Floats;
  private readonly operand: number;
  at = 0;

  constructor(storage: Storage, operand: number) {
    const code = dtype(operand);
    if (code !== F32 && code !== F64) throw unsupported('attention', code);
    this.values = storage.slab.view(code) as TypedArray as Floats;
    this.operand = operand;
  }

  moveTo(sample: number, head: number): void {
    this.at = offset(this.operand) + sample * this.along(0) + head * this.along(1);
  }

  along(d: number): number {
    return stride(this.operand, d);
  }
}

const maybeHeads = (storage: Storage | null, operand: number): Heads | null => (storage === null ? null : new Heads(storage, operand));

function eachHead(operands: readonly (Heads | null)[], run: () => void): void {
  for (let sample = 0; sample < dim(0); sample++) {
    for (let head = 0; head < dim(1); head++) {
      for (const each of operands) each?.moveTo(sample, head);
      run();
    }
  }
}

/** P[s] = the weights of query l over the keys it sees; returns how many those are. */
function weigh(P: Float64Array, l: number, q: Heads, k: Heads, bias: Heads | null): number {
  const seen = frame[INTS] === 1 ? Math.min(l + 1, dim(KEYS)) : dim(KEYS), scale = frameFloats[PARAMS];
  const features = dim(FEATURES), qe = q.along(FEATURES), ke = k.along(FEATURES), Q = q.values, K = k.values;
  let largest = -Infinity;
  for (let s = 0; s < seen; s++) {
    let sum = 0;
    for (let e = 0, i = q.at + l * q.along(QUERIES), j = k.at + s * k.along(KEYS); e < features; e++, i += qe, j += ke) sum += Q[i] * K[j];
    const score = sum * scale + (bias === null ? 0 : bias.values[bias.at + l * bias.along(QUERIES) + s * bias.along(KEYS)]);
    P[s] = score;
    if (score > largest || score !== score) largest = score;
  }
  let total = 0;
  for (let s = 0; s < seen; s++) total += P[s] = Math.exp(P[s] - largest);
  for (let s = 0; s < seen; s++) P[s] /= total;
  return seen;
}

export function attention(out: Storage, q_: Storage, k_: Storage, v_: Storage, bias_: Storage | null): void {
  const o = new Heads(out, 0), q = new Heads(q_, 1), k = new Heads(k_, 2), v = new Heads(v_, 3), bias = maybeHeads(bias_, 4);
  const P = new Float64Array(dim(KEYS)), sums = new Float64Array(dim(VALUES));
  eachHead([o, q, k, v, bias], () => {
    for (let l = 0; l < dim(QUERIES); l++) {
      const seen = weigh(P, l, q, k, bias);
      sums.fill(0);
      for (let s = 0; s < seen; s++) for (let f = 0, i = v.at + s * v.along(KEYS); f < sums.length; f++, i += v.along(VALUES)) sums[f] += P[s] * v.values[i];
      for (let f = 0, i = o.at + l * o.along(QUERIES); f < sums.length; f++, i += o.along(VALUES)) o.values[i] = sums[f];
    }
  });
}

export function attentionGrad(dq_: Storage, dk_: Storage, dv_: Storage, g_: Storage, q_: Storage, k_: Storage, v_: Storage, bias_: Storage | null): void {
  const dq = new Heads(dq_, 0), dk = new Heads(dk_, 1), dv = new Heads(dv_, 2), g = new Heads(g_, 3);
  const q = new Heads(q_, 4), k = new Heads(k_, 5), v = new Heads(v_, 6), bias = maybeHeads(bias_, 7);
  const keys = dim(KEYS), features = dim(FEATURES), values = dim(VALUES), scale = frameFloats[PARAMS];
  const P = new Float64Array(keys), D = new Float64Array(keys), ofQuery = new Float64Array(features);
  const ofKeys = new Float64Array(keys * features), ofValues = new Float64Array(keys * values);
  eachHead([dq, dk, dv, g, q, k, v, bias], () => {
    ofKeys.fill(0);
    ofValues.fill(0);
    for (let l = 0; l < dim(QUERIES); l++) {
      const seen = weigh(P, l, q, k, bias), gl = g.at + l * g.along(QUERIES), ql = q.at + l * q.along(QUERIES);
      let dot = 0;
      for (let s = 0; s < seen; s++) {
        let sum = 0;
        for (let f = 0, i = gl, j = v.at + s * v.along(KEYS); f < values; f++, i += g.along(VALUES), j += v.along(VALUES)) {
          sum += g.values[i] * v.values[j];
          ofValues[s * values + f] += P[s] * g.values[i];
        }
        D[s] = sum;
        dot += sum * P[s];
      }
      ofQuery.fill(0);
      for (let s = 0; s < seen; s++) {
        const d = P[s] * (D[s] - dot) * scale;
        for (let e = 0, i = ql, j = k.at + s * k.along(KEYS); e < features; e++, i += q.along(FEATURES), j += k.along(FEATURES)) {
          ofQuery[e] += d * k.values[j];
          ofKeys[s * features + e] += d * q.values[i];
        }
      }
      for (let e = 0, i = dq.at + l * dq.along(QUERIES); e < features; e++, i += dq.along(FEATURES)) dq.values[i] = ofQuery[e];
    }
    for (let s = 0; s < keys; s++) {
      for (let e = 0; e < features; e++) dk.values[dk.at + s * dk.along(KEYS) + e * dk.along(FEATURES)] = ofKeys[s * features + e];
      for (let f = 0; f < values; f++) dv.values[dv.at + s * dv.along(KEYS) + f * dv.along(VALUES)] = ofValues[s * values + f];
    }
  });
}
