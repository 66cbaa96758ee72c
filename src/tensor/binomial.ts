/** Binomial draws: PyTorch's sampler on PyTorch's uniforms. */
import { F64, I32 } from '../core/dtype.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { uniform53 } from '../core/random-streams.ts';
import { RNG_WORDS } from '../core/rng.ts';
import { noGrad } from './grad-mode.ts';
import { recordZeros } from './graph.ts';
import { emptyLike } from './kernels.ts';
import { broadcastTensors } from './library/joining.ts';
import { operation } from './operation.ts';
import { generatorState, type Generator } from './random-state.ts';
import { drawnBySample } from './sample-loop.ts';
import { elements } from './values.ts';
import type { Tensor } from './tensor.ts';

/** How many of `count` trials succeed with probability `prob`, both broadcast, in their dtype: float32 or float64. PyTorch's `torch.binomial`. */
export const binomial = operation('binomial(count: Tensor, prob: Tensor, generator: generator?)', (count, prob, generator): Tensor => {
  for (const [name, x] of [['count', count], ['prob', prob]] as const) {
    if (x.dtype !== 'float32' && x.dtype !== 'float64') throw new DTypeError('binomial', x.dtype, `${name} must be float32 or float64, got ${x.dtype}`);
  }
  if (count.dtypeCode !== prob.dtypeCode) throw new DTypeError('binomial', prob.dtype, `prob must have count's dtype ${count.dtype}, got ${prob.dtype}`);
  const [counts, probs] = broadcastTensors(count, prob);
  return recordZeros('binomial', draws(counts, probs, generator), [count, prob]);
});

const draws = drawnBySample('binomial', (count: Tensor, prob: Tensor, generator: Generator | undefined): Tensor => {
  const plain = (x: Tensor): Float64Array => elements(noGrad(() => x.detach().castTo(F64).contiguous())) as Float64Array;
  const counts = plain(count), probs = plain(prob);
  for (const [name, values] of [['count', counts], ['prob', probs]] as const) {
    if (values.some(Number.isNaN)) throw new ArgumentError('binomial', name, 'must not hold NaN');
  }
  if (counts.some((n, i) => n === Infinity && probs[i] > 0 && probs[i] < 1)) throw new ArgumentError('binomial', 'count', 'must be finite');
  const out = emptyLike(count, contiguousLayout(count.shape), F64), values = elements(out) as Float64Array;
  const state = count.wrap(generatorState(generator), contiguousLayout([RNG_WORDS]), I32), words = elements(state) as Int32Array;
  counts.forEach((n, i) => (values[i] = sample(n, probs[i], words)));
  return out.castTo(count.dtypeCode);
});

function sample(count: number, prob: number, words: Int32Array): number {
  if (count <= 0 || prob <= 0) return 0;
  if (prob >= 1) return count;
  // The rarer outcome is counted.
  const rare = prob <= 0.5 ? prob : 1 - prob;
  const drawn = count * rare >= 10 ? rejected(count, rare, words) : inverted(count, rare, words);
  return prob <= 0.5 ? drawn : count - drawn;
}

/** How many geometric waiting times fit into `count` trials. */
function inverted(count: number, prob: number, words: Int32Array): number {
  const logFailure = Math.log1p(-prob);
  for (let waited = 0, successes = 0; ; successes++) {
    waited += Math.ceil(Math.log(uniform53(words)) / logFailure);
    if (waited > count) return successes;
  }
}

/** Hörmann's transformed rejection with squeeze (BTRS, 1993). */
function rejected(count: number, prob: number, words: Int32Array): number {
  const deviation = Math.sqrt(count * prob * (1 - prob));
  const b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * prob, c = count * prob + 0.5, limit = 0.92 - 4.2 / b;
  const odds = prob / (1 - prob), alpha = (2.83 + 5.1 / b) * deviation, m = Math.floor((count + 1) * prob);
  for (;;) {
    const u = uniform53(words) - 0.5, v = uniform53(words), distance = 0.5 - Math.abs(u);
    const k = Math.floor((2 * a / distance + b) * u + c);
    if (k < 0 || k > count) continue;
    if (distance >= 0.07 && v <= limit) return k;
    const bound = (m + 0.5) * Math.log((m + 1) / (odds * (count - m + 1))) + (count + 1) * Math.log((count - m + 1) / (count - k + 1))
      + (k + 0.5) * Math.log(odds * (count - k + 1) / (k + 1)) + tail(m) + tail(count - m) - tail(k) - tail(count - k);
    if (Math.log(v * alpha / (a / (distance * distance) + b)) <= bound) return k;
  }
}

const TAILS = [
  0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
  0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
];
/** What Stirling's formula lacks of log(k!). */
function tail(k: number): number {
  if (k <= 9) return TAILS[Math.trunc(k)];
  const square = (k + 1) * (k + 1);
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}
