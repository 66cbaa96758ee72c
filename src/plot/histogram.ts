/** Counts in bins. */
import { bisectRight } from 'd3-array';
import type { CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Artist } from './artists.ts';
import { checkColor, finiteExtent, type Hex } from './color.ts';
import { plainStyle } from './lines.ts';
import { checkAlpha, checkEdge, checkLabel, edgeOptionNames, type EdgeOptions } from './style.ts';
import { checkNumber, checkOneOf, checkOptions, describe, isData, readOptions, sameLength, toVector, type VectorLike } from './values.ts';

const rules = ['auto', 'fd', 'sturges', 'sqrt', 'scott', 'rice'] as const;
/** numpy's rules for the number of bins. */
export type BinRule = (typeof rules)[number];

export interface HistOptions extends EdgeOptions {
  /** How many, their edges, or a rule that finds out. */
  readonly bins?: number | VectorLike | BinRule;
  readonly range?: readonly [number, number];
  readonly density?: boolean;
  /** One weight per value (per data set, where there are several). */
  readonly weights?: VectorLike | readonly VectorLike[];
  /** Counts up to and with each bin; -1 adds from the right. */
  readonly cumulative?: boolean | -1;
  readonly histtype?: 'bar' | 'barstacked' | 'step' | 'stepfilled';
  readonly orientation?: 'vertical' | 'horizontal';
  /** Width of the bars as a part of their bin. */
  readonly rwidth?: number;
  readonly log?: boolean;
  readonly stacked?: boolean;
  readonly color?: string | readonly string[];
  readonly alpha?: number;
  readonly label?: string | readonly string[];
}

export type HistArgs = CallArgs<[bins: number | VectorLike | BinRule, range: readonly [number, number], density: boolean], HistOptions>;

const keywords = ['weights', 'cumulative', 'histtype', 'orientation', 'rwidth', 'log', 'stacked', 'color', ...edgeOptionNames, 'alpha', 'label'];

/** numpy's quantile of sorted values: linear between neighbours. */
export function quantile(sorted: Float64Array, p: number): number {
  const at = (sorted.length - 1) * p;
  const i = Math.floor(at);
  return i + 1 < sorted.length ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

/** Width of a bin by numpy's rules; 0 where the data have no width. */
function ruleWidth(rule: BinRule, values: Float64Array): number {
  const n = values.length;
  const [low, high] = finiteExtent(values) ?? [0, 0];
  const span = high - low;
  switch (rule) {
    case 'sqrt': return span / Math.sqrt(n);
    case 'rice': return span / (2 * Math.cbrt(n));
    case 'sturges': return span / (Math.log2(n) + 1);
    case 'fd': {
      const sorted = values.toSorted();
      return n === 0 ? 0 : (2 * (quantile(sorted, 0.75) - quantile(sorted, 0.25))) / Math.cbrt(n);
    }
    case 'scott': {
      const mean = values.reduce((sum, v) => sum + v, 0) / n;
      return Math.cbrt((24 * Math.sqrt(Math.PI)) / n) * Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n);
    }
    case 'auto': {
      const [fd, sturges] = [ruleWidth('fd', values), ruleWidth('sturges', values)];
      return fd > 0 ? Math.min(fd, sturges) : sturges;
    }
  }
}

function binEdges(op: string, values: Float64Array, bins: HistOptions['bins'], range: unknown): number[] {
  if (bins !== undefined && typeof bins !== 'number' && typeof bins !== 'string') {
    const edges = [...toVector(op, 'bins', bins)];
    if (edges.length < 2 || edges.some((edge, i) => i > 0 && !(edge > edges[i - 1]))) throw new ArgumentError(op, 'bins', 'must be at least two increasing edges');
    return edges;
  }
  if (range !== undefined && !(Array.isArray(range) && range.length === 2 && range[0] <= range[1])) throw new ArgumentError(op, 'range', `must be [low, high], got ${Array.isArray(range) ? `[${range.join(', ')}]` : describe(range)}`);
  let [low, high] = (range as readonly [number, number] | undefined)?.map((v) => checkNumber(op, 'range', v)) ?? finiteExtent(values) ?? [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  let n = bins ?? 10;
  if (typeof n === 'string') {
    const inside = values.filter((v) => v >= low && v <= high);
    const width = ruleWidth(checkOneOf(op, 'bins', n, rules), inside);
    // Data with an extreme outlier ask for more bins than anybody can see.
    n = width > 0 ? Math.min(1e5, Math.max(1, Math.ceil((high - low) / width))) : 1;
  }
  checkNumber(op, 'bins', n, { min: 1, max: 1e5 });
  if (!Number.isInteger(n)) throw new ArgumentError(op, 'bins', `must be a whole number, got ${n}`);
  return Array.from({ length: n + 1 }, (_, i) => (i === n ? high : low + ((high - low) * i) / n));
}

/** Sums of weights per bin; a value on an edge belongs to the bin on its right, on the last one to the last bin. */
function binCounts(values: Float64Array, weights: Float64Array | undefined, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  const last = edges[edges.length - 1];
  values.forEach((v, i) => {
    if (!(v >= edges[0] && v <= last)) return;
    counts[Math.min(counts.length, bisectRight(edges, v)) - 1] += weights?.[i] ?? 1;
  });
  return counts;
}

function accumulate(counts: readonly number[], edges: readonly number[], density: boolean, cumulative: HistOptions['cumulative']): number[] {
  const total = counts.reduce((sum, v) => sum + v, 0);
  const widths = counts.map((_, i) => edges[i + 1] - edges[i]);
  const heights = density ? counts.map((v, i) => v / (total * widths[i]) || 0) : [...counts];
  if (!cumulative) return heights;
  const mass = density ? heights.map((v, i) => v * widths[i]) : heights;
  if (cumulative === -1) mass.reverse();
  for (let i = 1; i < mass.length; i++) mass[i] += mass[i - 1];
  return cumulative === -1 ? mass.toReversed() : mass;
}

/** Several data sets are an array of arrays or tensors; rows of one value are one column. */
export function isDatasets(x: unknown): x is readonly VectorLike[] {
  return Array.isArray(x) && x.length > 0 && x.every((item) => isData(item) && typeof item === 'object') && x.some((item) => !('length' in Object(item)) || (item as ArrayLike<unknown>).length !== 1);
}

/** The outline of bins from `base` to `top`, along x. */
function outline(edges: readonly number[], base: readonly number[], top: readonly number[], closed: boolean): { x: Float64Array; y: Float64Array } {
  const x = [edges[0], ...top.flatMap((_, i) => [edges[i], edges[i + 1]]), edges[edges.length - 1]];
  const y = [base[0], ...top.flatMap((v) => [v, v]), base[base.length - 1]];
  if (closed) for (let i = base.length - 1; i >= 0; i--) (x.push(edges[i + 1], edges[i]), y.push(base[i], base[i]));
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

export interface Histogram {
  readonly artists: readonly Artist[];
  readonly counts: readonly number[][];
  readonly edges: number[];
  readonly log: boolean;
  readonly horizontal: boolean;
}

export function makeHist(data: VectorLike | readonly VectorLike[], rest: HistArgs, nextColor: () => Hex): Histogram {
  const op = 'hist';
  const options = readOptions<HistOptions>(op, ['bins', 'range', 'density'], keywords, rest);
  const many = isDatasets(data);
  const sets = (many ? data : [data as VectorLike]).map((set) => toVector(op, 'x', set));
  const weights = options.weights === undefined ? undefined : (many ? (options.weights as readonly VectorLike[]) : [options.weights as VectorLike]).map((w) => toVector(op, 'weights', w));
  if (weights) sets.forEach((set, i) => sameLength(op, 'x', set, 'weights', weights[i] ?? []));
  const edges = binEdges(op, Float64Array.from(sets.flatMap((set) => [...set.filter((v) => Number.isFinite(v))])), options.bins, options.range);
  const histtype = checkOneOf(op, 'histtype', options.histtype ?? 'bar', ['bar', 'barstacked', 'step', 'stepfilled']);
  const horizontal = checkOneOf(op, 'orientation', options.orientation ?? 'vertical', ['vertical', 'horizontal']) === 'horizontal';
  const stacked = options.stacked === true || histtype === 'barstacked';
  const counts = sets.map((set, i) => accumulate(binCounts(set, weights?.[i], edges), edges, options.density === true, options.cumulative));
  const rwidth = checkNumber(op, 'rwidth', options.rwidth ?? (many && !stacked ? 0.8 : 1), { min: 0, max: 1 });
  const given = options.color === undefined ? undefined : [options.color].flat();
  if (given && given.length !== sets.length) throw new ArgumentError(op, 'color', `must name one colour per data set (${sets.length}), got ${given.length}`);
  const labels = options.label === undefined ? [] : [options.label].flat().map((label) => checkLabel(op, label));
  const alpha = checkAlpha(op, options.alpha), edge = checkEdge(op, options);
  const base = new Array<number>(edges.length - 1).fill(0);
  const artists = counts.map((heights, k): Artist => {
    const color = given ? checkColor(op, 'color', given[k]) : nextColor();
    const top = heights.map((v, i) => (stacked ? base[i] : 0) + v);
    const under = stacked ? [...base] : heights.map(() => 0);
    if (stacked) top.forEach((v, i) => (base[i] = v));
    const label = labels[k];
    if (histtype === 'step' || histtype === 'stepfilled') {
      const ring = outline(edges, under, top, histtype === 'stepfilled');
      const turned = horizontal ? { x: ring.y, y: ring.x } : ring;
      if (histtype === 'step') return { kind: 'line', ...turned, style: plainStyle(color, options.linewidth ?? 1.5, alpha), label };
      return { kind: 'area', parts: [{ rings: [turned], fill: color, shade: 0.5 }], edge, alpha, sticky: false, label };
    }
    const [slots, slot] = stacked ? [1, 0] : [sets.length, k];
    const widths = heights.map((_, i) => ((edges[i + 1] - edges[i]) * rwidth) / slots);
    const low = Float64Array.from(heights, (_, i) => (edges[i] + edges[i + 1]) / 2 + widths[i] * (slot - slots / 2));
    const high = slots === 1 && rwidth === 1 ? Float64Array.from(edges.slice(1)) : low.map((v, i) => v + widths[i]);
    const start = slots === 1 && rwidth === 1 ? Float64Array.from(edges.slice(0, -1)) : low;
    const [bottom, end] = [Float64Array.from(under), Float64Array.from(top)];
    const box = horizontal ? { left: bottom, right: end, bottom: start, top: high } : { left: start, right: high, bottom, top: end };
    return { kind: 'bar', ...box, along: horizontal ? 'x' : 'y', colors: [color], edge, alpha, label };
  });
  return { artists, counts, edges, log: options.log === true, horizontal };
}

export interface StairsOptions {
  readonly baseline?: number;
  readonly fill?: boolean;
  readonly orientation?: 'vertical' | 'horizontal';
  readonly color?: string;
  readonly linewidth?: number;
  readonly alpha?: number;
  readonly label?: string;
}

/** `stairs(values, edges?)`: the outline of counts that were made elsewhere. */
export function makeStairs(data: VectorLike, given: VectorLike | undefined, options: StairsOptions, nextColor: () => Hex): Artist {
  const op = 'stairs';
  checkOptions(op, options, ['baseline', 'fill', 'orientation', 'color', 'linewidth', 'alpha', 'label']);
  const values = [...toVector(op, 'values', data)];
  const edges = given === undefined ? Array.from({ length: values.length + 1 }, (_, i) => i) : [...toVector(op, 'edges', given)];
  if (edges.length !== values.length + 1) throw new ArgumentError(op, 'edges', `must be one more than the values (${values.length}), got ${edges.length}`);
  const base = values.map(() => checkNumber(op, 'baseline', options.baseline ?? 0));
  const ring = outline(edges, base, values, options.fill === true);
  const turned = checkOneOf(op, 'orientation', options.orientation ?? 'vertical', ['vertical', 'horizontal']) === 'horizontal' ? { x: ring.y, y: ring.x } : ring;
  const alpha = checkAlpha(op, options.alpha), label = checkLabel(op, options.label), linewidth = checkNumber(op, 'linewidth', options.linewidth ?? 1.5, { min: 0 });
  const color = options.color === undefined ? nextColor() : checkColor(op, 'color', options.color);
  if (options.fill) return { kind: 'area', parts: [{ rings: [turned], fill: color, shade: 0.5 }], edge: undefined, alpha, sticky: false, label };
  return { kind: 'line', ...turned, style: plainStyle(color, linewidth, alpha), label };
}
