/** The time loop of an LSTM, a GRU or a plain network over [T, N, H], and its gradient. Sums are float64. */
import { F32, F64, type TypedArray } from '../../core/dtype.ts';
import { INTS, OP, frame } from '../../core/frame.ts';
import type { Storage } from '../../core/storage.ts';
import { RECURRENCE_OPS } from '../../ops/families.ts';
import { pack as packSingle } from './generated/matmul-f32.ts';
import { pack as packDouble } from './generated/matmul-f64.ts';
import { dim, dtype, offset, unsupported } from './space.ts';
import { multiply, tile } from './tile.ts';

type Floats = Float32Array | Float64Array;
type Pack = (P: Float64Array, p: number, S: TypedArray, i: number, lanes: number, step: number, depth: number, deep: number) => void;

/** The elements of an operand from its offset on; empty where it is absent. */
function floats(storage: Storage | null, operand: number): Floats {
  if (storage === null) return new Float64Array(0);
  const code = dtype(operand);
  if (code !== F32 && code !== F64) throw unsupported(`recurrence.${RECURRENCE_OPS[frame[OP]]}`, code);
  return (storage.slab.view(code) as TypedArray as Float32Array).subarray(offset(operand));
}

/** A [depth, columns] matrix in panels of four columns, made once for the products of all times. */
class Panels {
  private readonly pack: Pack;
  private readonly panels: Float64Array;
  private readonly rows: Float64Array;
  private readonly depth: number;
  private readonly columns: number;

  /** Element [k, j] is S[at + k * deep + j * step]. */
  constructor(S: Floats, at: number, depth: number, columns: number, deep: number, step: number) {
    this.pack = (S instanceof Float32Array ? packSingle : packDouble) as unknown as Pack;
    this.depth = depth;
    this.columns = columns;
    this.panels = new Float64Array(depth * (columns + 3 & ~3));
    this.rows = new Float64Array(4 * depth);
    for (let j = 0; j < columns; j += 4) this.pack(this.panels, j * depth, S, at + j * step, Math.min(4, columns - j), step, depth, deep);
  }

  /** V [samples, columns] = (or with `add` +=) the product of rows A[at + n * pitch ...] and the matrix. */
  product(V: Float64Array, samples: number, A: Floats, at: number, pitch: number, add = false): void {
    for (let n = 0; n < samples; n += 4) {
      const rows = Math.min(4, samples - n);
      this.pack(this.rows, 0, A, at + n * pitch, rows, pitch, this.depth, 1);
      for (let j = 0; j < this.columns; j += 4) {
        multiply(this.rows, 0, this.panels, j * this.depth, this.depth);
        const columns = Math.min(4, this.columns - j);
        for (let r = 0; r < rows; r++) {
          const to = (n + r) * this.columns + j;
          for (let c = 0; c < columns; c++) V[to + c] = add ? V[to + c] + tile[4 * r + c] : tile[4 * r + c];
        }
      }
    }
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Geometry {
  readonly cell: (typeof RECURRENCE_OPS)[number];
  readonly samples: number;
  readonly hidden: number;
  /** Elements of a row of gates. */
  readonly width: number;
  /** The times in the order of the steps. */
  readonly times: readonly number[];
}

function geometry(): Geometry {
  const cell = RECURRENCE_OPS[frame[OP]], time = dim(0), hidden = dim(2);
  const times = Array.from({ length: time }, (_, step) => (frame[INTS] === 1 ? time - 1 - step : step));
  return { cell, samples: dim(1), hidden, width: hidden * (cell === 'lstm' ? 4 : cell === 'gru' ? 3 : 1), times };
}

export function recurrence(out: Storage, saved: Storage | null, gates: Storage | null, h0: Storage, c0: Storage | null, weight: Storage, bias: Storage | null): void {
  const { cell, samples, hidden, width, times } = geometry();
  const O = floats(out, 0), S = floats(saved, 1), G = gates === null ? O : floats(gates, 2), B = floats(bias, 6);
  const panels = new Panels(floats(weight, 5), 0, hidden, width, 1, hidden), own = new Float64Array(samples * width);
  const size = samples * hidden;
  let H = floats(h0, 3), h = 0, C = floats(c0, 4), c = 0;
  for (const t of times) {
    panels.product(own, samples, H, h, hidden);
    for (let n = 0; n < samples; n++) {
      const g = (t * samples + n) * width, o = (t * samples + n) * hidden, m = n * width, before = n * hidden;
      for (let j = 0; j < hidden; j++) {
        if (cell === 'lstm') {
          const i = G[g + j] = sigmoid(G[g + j] + own[m + j]), f = G[g + hidden + j] = sigmoid(G[g + hidden + j] + own[m + hidden + j]);
          const k = G[g + 2 * hidden + j] = Math.tanh(G[g + 2 * hidden + j] + own[m + 2 * hidden + j]);
          const open = G[g + 3 * hidden + j] = sigmoid(G[g + 3 * hidden + j] + own[m + 3 * hidden + j]);
          S[o + j] = f * C[c + before + j] + i * k;
          O[o + j] = open * Math.tanh(S[o + j]);
        } else if (cell === 'gru') {
          const biased = (gate: number): number => own[m + gate * hidden + j] + (bias === null ? 0 : B[gate * hidden + j]);
          const r = G[g + j] = sigmoid(G[g + j] + biased(0)), z = G[g + hidden + j] = sigmoid(G[g + hidden + j] + biased(1));
          S[o + j] = biased(2);
          const next = G[g + 2 * hidden + j] = Math.tanh(G[g + 2 * hidden + j] + r * S[o + j]);
          O[o + j] = (H[h + before + j] - next) * z + next;
        } else {
          const x = O[o + j] + own[m + j];
          O[o + j] = cell === 'tanh' ? Math.tanh(x) : x <= 0 ? 0 : x;
        }
      }
    }
    H = O;
    h = t * size;
    C = S;
    c = h;
  }
}

export function recurrenceGrad(deltas: Storage, dh: Storage, cellOrKept: Storage | null, g: Storage | null, gates: Storage | null, states: Storage, first: Storage | null, weight: Storage): void {
  const { cell, samples, hidden, width, times } = geometry();
  const D = floats(deltas, 0), Y = floats(dh, 1), P = floats(cellOrKept, 2), U = floats(g, 3), G = floats(gates, 4), S = floats(states, 5), F = floats(first, 6), W = floats(weight, 7);
  const size = samples * hidden, deltaWidth = cell === 'gru' ? 4 * hidden : width;
  const panels = new Panels(W, 0, cell === 'gru' ? 2 * hidden : width, hidden, hidden, 1);
  const ofKept = cell === 'gru' ? new Panels(W, 2 * hidden * hidden, hidden, hidden, hidden, 1) : null;
  const own = new Float64Array(size);
  for (let step = times.length - 1; step >= 0; step--) {
    const t = times[step], [B, b] = step === 0 ? [F, 0] : [S, times[step - 1] * size], d0 = t * samples * deltaWidth;
    for (let n = 0; n < samples; n++) {
      const a = (t * samples + n) * width, s = (t * samples + n) * hidden, d = d0 + n * deltaWidth, at = n * hidden;
      for (let j = 0; j < hidden; j++) {
        const y = g === null ? Y[at + j] : Y[at + j] + U[s + j];
        own[at + j] = 0;
        if (cell === 'lstm') {
          const i = G[a + j], f = G[a + hidden + j], k = G[a + 2 * hidden + j], o = G[a + 3 * hidden + j], th = Math.tanh(S[s + j]);
          const dc = P[at + j] + y * o * (1 - th * th);
          D[d + j] = dc * k * i * (1 - i);
          D[d + hidden + j] = dc * B[b + at + j] * f * (1 - f);
          D[d + 2 * hidden + j] = dc * i * (1 - k * k);
          D[d + 3 * hidden + j] = y * th * o * (1 - o);
          P[at + j] = dc * f;
        } else if (cell === 'gru') {
          const r = G[a + j], z = G[a + hidden + j], next = G[a + 2 * hidden + j], dn = y * (1 - z) * (1 - next * next);
          D[d + j] = dn * r;
          D[d + hidden + j] = dn * P[s + j] * r * (1 - r);
          D[d + 2 * hidden + j] = (B[b + at + j] - next) * y * z * (1 - z);
          D[d + 3 * hidden + j] = dn;
          own[at + j] = y * z;
        } else {
          const result = S[s + j];
          D[d + j] = cell === 'tanh' ? y * (1 - result * result) : result <= 0 ? 0 : y;
        }
      }
    }
    panels.product(own, samples, D, cell === 'gru' ? d0 + hidden : d0, deltaWidth, true);
    ofKept?.product(own, samples, D, d0, deltaWidth, true);
    Y.set(own);
  }
}
