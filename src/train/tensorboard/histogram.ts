/** Histograms as TensorBoard draws them. */
import { show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { Histogram } from './events.ts';

/** 'tensorflow' has bins that grow by a tenth from 1e-12 on both sides of 0; a number is of bins of one width; a list has their ends. */
export type Bins = 'tensorflow' | number | readonly number[];

let growing: readonly number[] | undefined;

function growingLimits(): readonly number[] {
  const positive: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit);
  return [...positive.map((limit) => -limit).reverse(), 0, ...positive];
}

function limitsOf(op: string, bins: unknown, min: number, max: number): readonly number[] {
  if (bins === 'tensorflow') return (growing ??= growingLimits());
  if (typeof bins === 'number' && Number.isInteger(bins) && bins >= 1 && bins <= 1e6) {
    // Equal values stand in the middle of a range of 1, as in NumPy.
    const [low, high] = min === max ? [min - 0.5, max + 0.5] : [min, max];
    return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + (high - low) * i / bins));
  }
  if (Array.isArray(bins) && bins.length >= 2 && bins.every((limit, i) => Number.isFinite(limit) && (i === 0 || limit > bins[i - 1]))) return bins as readonly number[];
  throw new ArgumentError(op, 'bins', `must be 'tensorflow', a number of bins or growing limits, got ${show(bins)}`);
}

/** The bin that a value is in; the last one includes its end. */
function binOf(limits: readonly number[], value: number): number {
  let low = 0, high = limits.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= limits[middle]) low = middle;
    else high = middle;
  }
  return low;
}

export function makeHistogram(op: string, values: Float64Array, bins: unknown, maxBins: number | undefined): Histogram {
  if (values.length === 0) throw new ArgumentError(op, 'values', 'must have elements');
  let min = Infinity, max = -Infinity, sum = 0, sumSquares = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) throw new ArgumentError(op, 'values', `must be finite, got ${value}`);
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumSquares += value * value;
  }
  let limits = limitsOf(op, bins, min, max), counts = new Array<number>(limits.length - 1).fill(0);
  for (const value of values) if (value >= limits[0] && value <= limits[limits.length - 1]) counts[binOf(limits, value)]++;
  if (maxBins !== undefined && counts.length > maxBins) {
    const each = Math.ceil(counts.length / maxBins), starts = Array.from({ length: Math.ceil(counts.length / each) }, (_, i) => i * each);
    counts = starts.map((start) => counts.slice(start, start + each).reduce((total, count) => total + count, 0));
    limits = [...starts.map((start) => limits[start]), limits[limits.length - 1]];
  }
  const first = counts.findIndex((count) => count > 0), last = counts.findLastIndex((count) => count > 0);
  if (first < 0) throw new ArgumentError(op, 'bins', 'hold none of the values');
  // A bucket knows only its upper end: an empty one before gives the first its lower end.
  return { min, max, num: values.length, sum, sumSquares, bucketLimit: limits.slice(first, last + 2), bucket: [0, ...counts.slice(first, last + 1)] };
}
