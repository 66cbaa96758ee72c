/** How values are spread: boxplot, violinplot, and pie, which shows shares. */
import { boolArg } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Artist, Edge } from './artists.ts';
import type { Tick } from './axis.ts';
import { checkColor, cycle, type Hex } from './color.ts';
import { numberFormat } from './heatmaps.ts';
import { isDatasets, quantile } from './histogram.ts';
import { plainStyle } from './lines.ts';
import { checkAlpha } from './style.ts';
import { makeText } from './texts.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, type MatrixLike, spread, toArray, toVector, type VectorLike } from './values.ts';

/** One data set, several of them, or the columns of a matrix. */
export type Datasets = VectorLike | MatrixLike | readonly VectorLike[];

function toSets(op: string, x: Datasets): readonly Float64Array[] {
  const sorted = (values: Float64Array): Float64Array => values.filter((v) => Number.isFinite(v)).sort();
  if (isDatasets(x)) return x.map((set) => sorted(toVector(op, 'x', set)));
  const { shape, values } = toArray(op, 'x', x);
  if (shape.length > 2) throw new ShapeError(op, `x must be data sets or a matrix with one per column, got shape [${shape.join(', ')}]`);
  if (shape.length < 2) return [sorted(values)];
  return Array.from({ length: shape[1] }, (_, j) => sorted(values.filter((_, i) => i % shape[1] === j)));
}

interface Places {
  readonly positions: Float64Array;
  readonly widths: Float64Array;
  readonly ticks: readonly Tick[];
}

function placesOf(op: string, count: number, options: { readonly positions?: VectorLike; readonly widths?: VectorLike; readonly tickLabels?: readonly (string | number)[] }): Places {
  const positions = options.positions === undefined ? Float64Array.from({ length: count }, (_, i) => i + 1) : toVector(op, 'positions', options.positions);
  if (positions.length !== count) throw new ShapeError(op, `positions must hold ${count} values, got ${positions.length}`);
  const names = options.tickLabels;
  if (names !== undefined && (!Array.isArray(names) || names.length !== count)) throw new ShapeError(op, `tickLabels must hold ${count} names, got ${names.length}`);
  return { positions, widths: spread(op, 'widths', options.widths ?? 0.5, count), ticks: Array.from(positions, (at, i) => ({ at, label: names ? checkText(op, 'tickLabels', names[i]) : String(at) })) };
}

export interface BoxplotOptions {
  readonly tickLabels?: readonly (string | number)[];
  readonly positions?: VectorLike;
  readonly widths?: VectorLike;
  /** How far the whiskers reach, in boxes (1.5), or the percentiles at their ends. */
  readonly whis?: number | readonly [number, number];
  readonly showfliers?: boolean;
  readonly showmeans?: boolean;
  /** Filled boxes. */
  readonly patchArtist?: boolean;
  readonly orientation?: 'vertical' | 'horizontal';
}

export interface Spread {
  readonly artists: readonly Artist[];
  readonly ticks: readonly Tick[];
  readonly horizontal: boolean;
}

/** x and y change places where boxes lie. */
function turner(horizontal: boolean): (across: readonly number[], along: readonly number[]) => { x: Float64Array; y: Float64Array } {
  return (across, along) => (horizontal ? { x: Float64Array.from(along), y: Float64Array.from(across) } : { x: Float64Array.from(across), y: Float64Array.from(along) });
}

export function makeBoxes(data: Datasets, options: BoxplotOptions): Spread {
  const op = 'boxplot';
  checkOptions(op, options, ['tickLabels', 'positions', 'widths', 'whis', 'showfliers', 'showmeans', 'patchArtist', 'orientation']);
  const sets = toSets(op, data);
  const { positions, widths, ticks } = placesOf(op, sets.length, { ...options, widths: options.widths ?? Math.min(0.5, Math.max(0.15, 0.15 * sets.length)) });
  const horizontal = checkOneOf(op, 'orientation', options.orientation ?? 'vertical', ['vertical', 'horizontal']) === 'horizontal';
  const fliers = boolArg(op, 'showfliers', options.showfliers, true), means = boolArg(op, 'showmeans', options.showmeans), filled = boolArg(op, 'patchArtist', options.patchArtist);
  const { whis = 1.5 } = options;
  const reach = Array.isArray(whis) ? whis.map((p) => checkNumber(op, 'whis', p, { min: 0, max: 100 })) : checkNumber(op, 'whis', whis, { min: 0 });
  const turn = turner(horizontal);
  const black: Hex = '#000000';
  const edge: Edge = { color: black, width: 1 };
  const artists = sets.flatMap((set, i): readonly Artist[] => {
    if (set.length === 0) return [];
    const [q1, median, q3] = [0.25, 0.5, 0.75].map((p) => quantile(set, p));
    const [lowest, highest] = typeof reach === 'number' ? [q1 - reach * (q3 - q1), q3 + reach * (q3 - q1)] : reach.map((p) => quantile(set, p / 100));
    const low = Math.min(q1, set.find((v) => v >= lowest) ?? q1), high = Math.max(q3, set.findLast((v) => v <= highest) ?? q3);
    const [p, half] = [positions[i], widths[i] / 2];
    const cap = half / 2;
    const line = (across: readonly number[], along: readonly number[], color = black): Artist => ({ kind: 'line', ...turn(across, along), style: plainStyle(color, 1), label: undefined });
    const box = turn([p - half, p + half, p + half, p - half, p - half], [q1, q1, q3, q3, q1]);
    const out = [...set].filter((v) => v < low || v > high);
    const ring = { ...plainStyle(black, 1), linestyle: 'None', marker: 'o', markersize: 6, markerfacecolor: undefined, markeredgecolor: black } as const;
    return [
      filled ? { kind: 'area', parts: [{ rings: [box], fill: cycle[0], shade: 0.5 }], edge, alpha: 1, sticky: false, label: undefined } : line([p - half, p + half, p + half, p - half, p - half], [q1, q1, q3, q3, q1]),
      line([p, p, Number.NaN, p, p, Number.NaN, p - cap, p + cap, Number.NaN, p - cap, p + cap], [q1, low, 0, q3, high, 0, low, low, 0, high, high]),
      line([p - half, p + half], [median, median], cycle[1]),
      ...(means ? [{ kind: 'line', ...turn([p], [set.reduce((sum, v) => sum + v, 0) / set.length]), style: { ...plainStyle(cycle[2]), linestyle: 'None', marker: '^', markersize: 6 }, label: undefined } as const] : []),
      ...(fliers && out.length > 0 ? [{ kind: 'line', ...turn(out.map(() => p), out), style: ring, label: undefined } as const] : []),
    ];
  });
  return { artists, ticks, horizontal };
}

export interface ViolinplotOptions {
  readonly positions?: VectorLike;
  readonly widths?: VectorLike;
  readonly tickLabels?: readonly (string | number)[];
  readonly showmeans?: boolean;
  readonly showmedians?: boolean;
  readonly showextrema?: boolean;
  readonly orientation?: 'vertical' | 'horizontal';
}

/** Gaussian density estimate with Scott's bandwidth, as scipy's gaussian_kde. */
function density(set: Float64Array, at: readonly number[]): number[] {
  const n = set.length;
  const mean = set.reduce((sum, v) => sum + v, 0) / n;
  const deviation = Math.sqrt(set.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, n - 1));
  const bandwidth = deviation * n ** -0.2 || 1;
  return at.map((t) => set.reduce((sum, v) => sum + Math.exp(-0.5 * ((t - v) / bandwidth) ** 2), 0) / n);
}

export function makeViolins(data: Datasets, options: ViolinplotOptions, color: Hex): Spread {
  const op = 'violinplot';
  checkOptions(op, options, ['positions', 'widths', 'tickLabels', 'showmeans', 'showmedians', 'showextrema', 'orientation']);
  const sets = toSets(op, data);
  const { positions, widths, ticks } = placesOf(op, sets.length, options);
  const horizontal = checkOneOf(op, 'orientation', options.orientation ?? 'vertical', ['vertical', 'horizontal']) === 'horizontal';
  const means = boolArg(op, 'showmeans', options.showmeans), medians = boolArg(op, 'showmedians', options.showmedians), extrema = boolArg(op, 'showextrema', options.showextrema, true);
  const turn = turner(horizontal);
  const artists = sets.flatMap((set, i): readonly Artist[] => {
    if (set.length === 0) return [];
    const [low, high, p, half] = [set[0], set[set.length - 1], positions[i], widths[i] / 2];
    const along = Array.from({ length: 100 }, (_, k) => low + ((high - low) * k) / 99);
    const thick = density(set, along);
    const most = Math.max(...thick);
    const body = turn([...thick.map((v) => p - (half * v) / most), ...thick.toReversed().map((v) => p + (half * v) / most)], [...along, ...along.toReversed()]);
    const marks = [...(extrema ? [low, high] : []), ...(means ? [set.reduce((sum, v) => sum + v, 0) / set.length] : []), ...(medians ? [quantile(set, 0.5)] : [])];
    const across = marks.flatMap(() => [p - half / 2, p + half / 2, Number.NaN]), at = marks.flatMap((v) => [v, v, Number.NaN]);
    const spine = extrema ? turn([...across, p, p], [...at, low, high]) : turn(across, at);
    return [
      { kind: 'area', parts: [{ rings: [body], fill: color, shade: 0.35 }], edge: undefined, alpha: 0.3, sticky: false, label: undefined },
      { kind: 'line', ...spine, style: plainStyle(color), label: undefined },
    ];
  });
  return { artists, ticks, horizontal };
}

export interface PieOptions {
  readonly labels?: readonly (string | number)[];
  readonly colors?: readonly string[];
  /** Writes each share: a format of the percentage, such as `'.1f'`, after which a percent sign follows. */
  readonly autopct?: string;
  readonly explode?: VectorLike;
  /** Where the first wedge starts, in degrees counter-clockwise from the x axis. */
  readonly startangle?: number;
  readonly counterclock?: boolean;
  readonly radius?: number;
  readonly alpha?: number;
}

export function makePie(data: VectorLike, options: PieOptions, nextColor: () => Hex): readonly Artist[] {
  const op = 'pie';
  checkOptions(op, options, ['labels', 'colors', 'autopct', 'explode', 'startangle', 'counterclock', 'radius', 'alpha']);
  const values = toVector(op, 'x', data);
  if (values.some((v) => !(v >= 0))) throw new ArgumentError(op, 'x', `must hold numbers of at least 0, got ${values.find((v) => !(v >= 0))}`);
  const total = values.reduce((sum, v) => sum + v, 0);
  if (!(total > 0) || !Number.isFinite(total)) throw new ArgumentError(op, 'x', `must have a positive sum, got ${total}`);
  const { labels, colors } = options;
  if (labels !== undefined && labels.length !== values.length) throw new ShapeError(op, `labels must hold ${values.length} names, got ${labels.length}`);
  if (colors !== undefined && colors.length === 0) throw new ArgumentError(op, 'colors', 'must not be empty');
  const explode = spread(op, 'explode', options.explode ?? 0, values.length);
  const radius = checkNumber(op, 'radius', options.radius ?? 1, { min: 1e-6 });
  const percent = options.autopct === undefined ? undefined : numberFormat(op, 'autopct', options.autopct);
  const alpha = checkAlpha(op, options.alpha);
  const turn = boolArg(op, 'counterclock', options.counterclock, true) ? 1 : -1;
  let angle = (checkNumber(op, 'startangle', options.startangle ?? 0) * Math.PI) / 180;
  const texts: Artist[] = [];
  const wedges = Array.from(values, (value, i): Artist => {
    const sweep = (turn * 2 * Math.PI * value) / total;
    const middle = angle + sweep / 2;
    const [cx, cy] = [explode[i] * radius * Math.cos(middle), explode[i] * radius * Math.sin(middle)];
    // A corner per degree is finer than a pixel of a common page.
    const steps = Math.max(1, Math.ceil(Math.abs(sweep) * (180 / Math.PI)));
    const arc = Array.from({ length: steps + 1 }, (_, k) => angle + (sweep * k) / steps);
    const ring = { x: Float64Array.from([cx, ...arc.map((a) => cx + radius * Math.cos(a))]), y: Float64Array.from([cy, ...arc.map((a) => cy + radius * Math.sin(a))]) };
    const fill = colors ? checkColor(op, 'colors', colors[i % colors.length]) : nextColor();
    const place = (at: number): [number, number] => [cx + at * radius * Math.cos(middle), cy + at * radius * Math.sin(middle)];
    const label = labels === undefined ? '' : checkText(op, 'labels', labels[i]);
    if (label !== '') texts.push(makeText(op, ...place(1.1), label, { ha: Math.cos(middle) >= 0 ? 'left' : 'right', va: 'center' }));
    if (percent) texts.push(makeText(op, ...place(0.6), `${percent((100 * value) / total)}%`, { ha: 'center', va: 'center' }));
    angle += sweep;
    return { kind: 'area', parts: [{ rings: [ring], fill, shade: (i % 4) / 4 + 0.25 }], edge: undefined, alpha, sticky: false, label: label === '' ? undefined : label };
  });
  return [...wedges, ...texts];
}
