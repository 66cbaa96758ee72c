/**
 * Where the samples of a resized dim lie: for every output position, which inputs it reads and with what weights. The
 * formulas are those of PyTorch's `interpolate`, in float32 where it computes so, since positions are rounded down.
 */

/** Tap k of output i reads input `indices[k][i]`, nothing if that is -1, with weight `weights[k][i]`, or 1. */
export interface Taps {
  readonly indices: readonly Int32Array[];
  readonly weights: readonly Float64Array[] | null;
}

export interface WeightedTaps extends Taps {
  readonly weights: readonly Float64Array[];
}

/** How positions of the output map to positions of the input. */
export interface Scaling {
  readonly input: number;
  readonly output: number;
  /** What the caller gave as `scaleFactor`, where it must be used as given. */
  readonly factor: number | null;
  readonly alignCorners: boolean;
  /** Rounds to the precision that PyTorch computes positions in. */
  readonly round: (x: number) => number;
}

/** Input positions per output position. */
function stepOf({ input, output, factor, alignCorners, round }: Scaling): number {
  if (alignCorners) return output > 1 ? round((input - 1) / (output - 1)) : 0;
  return factor !== null && factor > 0 ? round(1 / factor) : round(input / output);
}

/** Nearest neighbours: at the left edge of the output position or, `exact`, at its centre. */
export function nearestTaps(scaling: Scaling, exact: boolean): Taps {
  const { input, output, round } = scaling;
  const step = stepOf({ ...scaling, alignCorners: false });
  return { indices: [Int32Array.from({ length: output }, (_, i) => Math.min(Math.floor(exact ? round(round(i + 0.5) * step) : round(i * step)), input - 1))], weights: null };
}

/** Taps of the given count, by a function that fills in one output position. */
function tapsOf(output: number, count: number, fill: (i: number, set: (k: number, index: number, weight: number) => void) => void): WeightedTaps {
  const indices = Array.from({ length: count }, () => new Int32Array(output).fill(-1)), weights = Array.from({ length: count }, () => new Float64Array(output));
  for (let i = 0; i < output; i++) {
    fill(i, (k, index, weight) => {
      indices[k][i] = index;
      weights[k][i] = weight;
    });
  }
  return { indices, weights };
}

/** The input position of output i: the whole part, which may be -1 or less for `cubic`, and the rest. */
function positionOf(i: number, step: number, { input, alignCorners, round }: Scaling, cubic: boolean): [whole: number, rest: number] {
  const source = alignCorners ? round(step * i) : round(round(step * round(i + 0.5)) - 0.5);
  const at = cubic ? source : Math.max(source, 0);
  const whole = Math.min(Math.floor(at), input - 1);
  return [whole, Math.min(Math.max(round(at - whole), 0), 1)];
}

/** Two taps: linear between neighbours. */
export function linearTaps(scaling: Scaling): WeightedTaps {
  const step = stepOf(scaling), { input, output, round } = scaling;
  return tapsOf(output, 2, (i, set) => {
    const [whole, rest] = input === output ? [i, 0] : positionOf(i, step, scaling, false);
    set(0, whole, round(1 - rest));
    set(1, Math.min(whole + 1, input - 1), rest);
  });
}

/** The cubic convolution kernel of Keys (1981) at distance `x`, with slope `a` at 1. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

/** PyTorch's slope of bicubic resizing, also that of `gridSample`. */
export const CUBIC_SLOPE = -0.75;

/** Four taps; positions outside are those of the border. */
export function cubicTaps(scaling: Scaling): WeightedTaps {
  const step = stepOf(scaling), { input, output } = scaling;
  return tapsOf(output, 4, (i, set) => {
    const [whole, rest] = positionOf(i, step, scaling, true);
    for (let k = 0; k < 4; k++) set(k, Math.min(Math.max(whole + k - 1, 0), input - 1), cubic(rest - (k - 1), CUBIC_SLOPE));
  });
}

/** The taps by which the inputs read the outputs: those of the gradient. */
export function transposed({ indices, weights }: Taps, input: number): Taps {
  const readers = Array.from({ length: input }, (): { output: number; weight: number }[] => []);
  indices.forEach((list, k) => list.forEach((index, output) => {
    if (index >= 0) readers[index].push({ output, weight: weights === null ? 1 : weights[k][output] });
  }));
  const count = readers.reduce((most, { length }) => Math.max(most, length), 1);
  const taps = tapsOf(input, count, (i, set) => readers[i].forEach(({ output, weight }, k) => set(k, output, weight)));
  return weights === null ? { ...taps, weights: null } : taps;
}

/** Windows of several sizes as taps of one count. */
function windows(output: number, windowOf: (i: number) => { readonly start: number; readonly weights: readonly number[] }): WeightedTaps {
  const all = Array.from({ length: output }, (_, i) => windowOf(i));
  const count = all.reduce((most, { weights }) => Math.max(most, weights.length), 1);
  return tapsOf(output, count, (i, set) => {
    const { start, weights } = all[i];
    weights.forEach((weight, k) => set(k, start + k, weight));
  });
}

/** The windows of adaptive average pooling. */
export function areaTaps({ input, output }: Scaling): WeightedTaps {
  return windows(output, (i) => {
    const start = Math.floor((i * input) / output), end = Math.ceil(((i + 1) * input) / output);
    return { start, weights: new Array<number>(end - start).fill(1 / (end - start)) };
  });
}

/** Windows as wide as an output position where the input shrinks: PIL's filters, normalised. */
export function antialiasTaps(scaling: Scaling, kind: 'linear' | 'cubic'): WeightedTaps {
  const { input, output } = scaling;
  const step = stepOf(scaling), stretch = Math.max(step, 1);
  const support = (kind === 'linear' ? 1 : 2) * stretch;
  // PIL's slope, which PyTorch takes here and nowhere else.
  const filter = kind === 'linear' ? (x: number): number => Math.max(1 - Math.abs(x), 0) : (x: number): number => cubic(x, -0.5);
  return windows(output, (i) => {
    const center = step * (i + 0.5);
    const start = Math.max(Math.trunc(center - support + 0.5), 0), end = Math.min(Math.trunc(center + support + 0.5), input);
    const raw = Array.from({ length: Math.max(end - start, 1) }, (_, j) => filter((j + start - center + 0.5) / stretch));
    const total = raw.reduce((sum, w) => sum + w, 0);
    return { start: Math.min(start, input - 1), weights: raw.map((w) => (total === 0 ? 1 / raw.length : w / total)) };
  });
}

/** Taps whose weights are whole multiples of 2 to the power of `-shift`. */
export interface ByteTaps extends WeightedTaps {
  readonly shift: number;
}

/** The 16-bit weights with which PyTorch (after Pillow-SIMD) resizes bytes; taps that read the same input are one. */
export function byteTaps({ indices, weights }: WeightedTaps): ByteTaps {
  const merged = weights.map((list) => list.slice());
  for (let i = 0; i < indices[0].length; i++) {
    for (let k = 1; k < indices.length; k++) {
      const same = indices.findIndex((list) => list[i] === indices[k][i]);
      if (same === k) continue;
      merged[same][i] += merged[k][i];
      merged[k][i] = 0;
    }
  }
  const most = merged.reduce((high, list) => list.reduce((a, b) => Math.max(a, b), high), 0);
  let shift = 0;
  while (shift < 22 && 0.5 + most * 2 ** (shift + 1) < 2 ** 15) shift++;
  return { indices, weights: merged.map((list) => list.map((w) => Math.trunc(w * 2 ** shift + (w < 0 ? -0.5 : 0.5)))), shift };
}
