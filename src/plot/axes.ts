/** One panel: its data, its labels and its limits. Methods carry matplotlib's names, checked eagerly and drawn later. */
import { bin } from 'd3-array';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Artist, TextArtist } from './artists.ts';
import { checkColor, type ColorMap, colorTable, cycle, finiteExtent, type Hex, tableIndices } from './color.ts';
import { largestLimit, viewLimits } from './limits.ts';
import { checkAlpha, checkLabel, type Format, lineOptionNames, type LineOptions, lineStyle, type Marker, markers, parseFormat } from './style.ts';
import {
  checkNumber, checkOneOf, checkOptions, checkText, describe, isData, type MatrixLike, sameLength, toMatrix, toVector, type VectorLike,
} from './values.ts';

/** Where an axes sits: rows and columns of a grid and the cells (from 0, both ends included) that it covers. */
export interface Cell {
  readonly rows: number;
  readonly columns: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface AxisState {
  label: string;
  scale: 'linear' | 'log';
  /** Explicit limits; null follows the data. */
  low: number | null;
  high: number | null;
  ticks: readonly Tick[] | null;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** In the order in which `best` prefers them. */
export const legendPlaces = [
  'best', 'upper right', 'upper left', 'lower left', 'lower right', 'center right', 'center left', 'lower center', 'upper center', 'center',
] as const;
export type LegendPlace = (typeof legendPlaces)[number];

export interface ScatterOptions {
  /** Area in square points, as in matplotlib. */
  readonly s?: VectorLike;
  /** A colour, or numbers that `cmap` turns into colours. */
  readonly c?: string | readonly string[] | VectorLike;
  readonly color?: string;
  readonly marker?: Marker;
  readonly cmap?: ColorMap;
  readonly vmin?: number;
  readonly vmax?: number;
  readonly alpha?: number;
  readonly label?: string;
}

export interface BarOptions {
  readonly color?: string | readonly string[];
  readonly alpha?: number;
  readonly label?: string;
  readonly width?: number;
  readonly height?: number;
}

export interface HistOptions {
  readonly bins?: number | VectorLike;
  readonly range?: readonly [number, number];
  readonly density?: boolean;
  readonly color?: string;
  readonly alpha?: number;
  readonly label?: string;
}

export interface ImshowOptions {
  readonly cmap?: ColorMap;
  readonly vmin?: number;
  readonly vmax?: number;
  /** left, right, bottom, top in data coordinates. */
  readonly extent?: readonly [number, number, number, number];
  readonly origin?: 'upper' | 'lower';
  readonly aspect?: 'equal' | 'auto';
  readonly alpha?: number;
}

export interface TextOptions {
  readonly color?: string;
  readonly fontsize?: number;
  readonly ha?: TextArtist['ha'];
  readonly va?: TextArtist['va'];
}

export type Limit = number | null | undefined;

function freshAxis(): AxisState {
  return { label: '', scale: 'linear', low: null, high: null, ticks: null };
}

export class Axes {
  readonly cell: Cell;
  readonly artists: Artist[] = [];
  readonly x: AxisState = freshAxis();
  readonly y: AxisState = freshAxis();
  heading = '';
  visible = true;
  gridlines: 'none' | 'x' | 'y' | 'both' = 'none';
  aspect: 'equal' | 'auto' = 'auto';
  legendAt: LegendPlace | undefined;
  #colors = 0;

  constructor(cell: Cell) {
    this.cell = cell;
  }

  #nextColor = (): Hex => cycle[this.#colors++ % cycle.length];

  /** Adds what `make` makes or, where an argument is bad, nothing: not even a step of the colour cycle. */
  #add(make: () => readonly Artist[]): void {
    const before = this.#colors;
    try {
      this.artists.push(...make());
    } catch (error) {
      this.#colors = before;
      throw error;
    }
  }

  /** `plot(y)`, `plot(x, y)`, `plot(x, y, 'r--o', { label })`: NaN and infinities leave gaps. */
  plot(...args: readonly (VectorLike | string | LineOptions)[]): void {
    const op = 'plot';
    const rest = [...args];
    const last = rest.at(-1);
    let options: LineOptions = {};
    if (rest.length > 0 && typeof last !== 'string' && !isData(last)) {
      checkOptions(op, last, lineOptionNames);
      options = (last ?? {}) as LineOptions;
      rest.pop();
    }
    if (rest.length === 0) throw new ArgumentError(op, 'y', 'is missing');
    this.#add(() => {
      const lines: Artist[] = [];
      // As in matplotlib, groups of (y), (x, y), each with an optional format, may follow one another.
      while (rest.length > 0) {
        const first = toVector(op, rest.length > 1 && typeof rest[1] !== 'string' ? 'x' : 'y', rest.shift());
        const second = rest.length > 0 && typeof rest[0] !== 'string' ? toVector(op, 'y', rest.shift()) : undefined;
        const format: Format = typeof rest[0] === 'string' ? parseFormat(op, rest.shift() as string) : {};
        const y = second ?? first;
        const x = second ? first : Float64Array.from(first, (_, i) => i);
        sameLength(op, 'x', x, 'y', y);
        lines.push({ kind: 'line', x, y, style: lineStyle(op, options, format, this.#nextColor), label: checkLabel(op, options.label) });
      }
      return lines;
    });
  }

  scatter(xs: VectorLike, ys: VectorLike, options: ScatterOptions = {}): void {
    const op = 'scatter';
    checkOptions(op, options, ['s', 'c', 'color', 'marker', 'cmap', 'vmin', 'vmax', 'alpha', 'label']);
    const x = toVector(op, 'x', xs);
    const y = toVector(op, 'y', ys);
    sameLength(op, 'x', x, 'y', y);
    const sizes = toVector(op, 's', options.s ?? 36);
    if (sizes.length !== 1) sameLength(op, 'x', x, 's', sizes);
    this.#add(() => [{
      kind: 'scatter', x, y, sizes, colors: this.#pointColors(options, x),
      marker: checkOneOf(op, 'marker', options.marker ?? 'o', markers),
      alpha: checkAlpha(op, options.alpha), label: checkLabel(op, options.label),
    }]);
  }

  #pointColors(options: ScatterOptions, x: Float64Array): readonly Hex[] {
    const op = 'scatter';
    const c = options.c ?? options.color;
    if (c === undefined) return [this.#nextColor()];
    if (typeof c === 'string') return [checkColor(op, 'c', c)];
    if (Array.isArray(c) && c.length > 0 && typeof c[0] === 'string') {
      sameLength(op, 'x', x, 'c', c);
      return c.map((color, i) => checkColor(op, `c[${i}]`, color));
    }
    const values = toVector(op, 'c', c);
    sameLength(op, 'x', x, 'c', values);
    const table = colorTable(op, options.cmap ?? 'viridis');
    const [low, high] = colorLimits(op, values, options);
    return Array.from(tableIndices(values, low, high, table.length), (i) => table[Math.max(0, i)]);
  }

  /** Vertical bars at numbers or named categories. */
  bar(x: VectorLike | readonly string[], height: VectorLike, options: BarOptions = {}): void {
    checkOptions('bar', options, ['width', 'color', 'alpha', 'label']);
    this.#bars('bar', 'x', x, toVector('bar', 'height', height), options.width, options);
  }

  /** Horizontal bars, the first one lowest. */
  barh(y: VectorLike | readonly string[], width: VectorLike, options: BarOptions = {}): void {
    checkOptions('barh', options, ['height', 'color', 'alpha', 'label']);
    this.#bars('barh', 'y', y, toVector('barh', 'width', width), options.height, options);
  }

  #bars(op: string, axis: 'x' | 'y', positions: VectorLike | readonly string[], lengths: Float64Array, thickness: number | undefined, options: BarOptions): void {
    const names = Array.isArray(positions) && positions.some((name) => typeof name === 'string') ? positions : undefined;
    const at = names ? Float64Array.from(names, (_, i) => i) : toVector(op, axis, positions);
    const ticks = names?.map((name, i) => ({ at: i, label: checkText(op, axis, name) }));
    sameLength(op, axis, at, axis === 'x' ? 'height' : 'width', lengths);
    const half = checkNumber(op, axis === 'x' ? 'width' : 'height', thickness ?? 0.8, { min: 0 }) / 2;
    const low = at.map((v) => v - half);
    const high = at.map((v) => v + half);
    const zero = new Float64Array(at.length);
    const { color } = options;
    if (Array.isArray(color)) sameLength(op, axis, at, 'color', color);
    const box = axis === 'x' ? { left: low, right: high, bottom: zero, top: lengths } : { left: zero, right: lengths, bottom: low, top: high };
    this.#add(() => [{
      kind: 'bar', ...box, along: axis === 'x' ? 'y' : 'x',
      colors: color === undefined ? [this.#nextColor()] : [color].flat().map((name) => checkColor(op, 'color', name)),
      alpha: checkAlpha(op, options.alpha), label: checkLabel(op, options.label),
    }]);
    if (ticks) this[axis].ticks = ticks;
  }

  /** Counts in bins of equal width (or between given edges); returns them with the edges. */
  hist(x: VectorLike, options: HistOptions = {}): { counts: number[]; edges: number[] } {
    const op = 'hist';
    checkOptions(op, options, ['bins', 'range', 'density', 'color', 'alpha', 'label']);
    const values = toVector(op, 'x', x).filter((v) => Number.isFinite(v));
    let edges: number[];
    if (options.bins === undefined || typeof options.bins === 'number') {
      const n = checkNumber(op, 'bins', options.bins ?? 10, { min: 1, max: 1e5 });
      if (!Number.isInteger(n)) throw new ArgumentError(op, 'bins', `must be a whole number, got ${n}`);
      let [low, high] = options.range ?? finiteExtent(values) ?? [0, 1];
      if (!(low <= high)) throw new ArgumentError(op, 'range', `must be [low, high], got [${low}, ${high}]`);
      if (low === high) [low, high] = [low - 0.5, high + 0.5];
      edges = Array.from({ length: n + 1 }, (_, i) => (i === n ? high : low + ((high - low) * i) / n));
    } else {
      edges = [...toVector(op, 'bins', options.bins)];
      if (edges.length < 2 || edges.some((edge, i) => i > 0 && !(edge > edges[i - 1]))) throw new ArgumentError(op, 'bins', 'must be at least two increasing edges');
    }
    const inside = [...values].filter((v) => v >= edges[0] && v <= edges[edges.length - 1]);
    const bins = bin<number, number>().domain([edges[0], edges[edges.length - 1]]).thresholds(edges.slice(1, -1))(inside);
    const counts = bins.map((b, i) => (options.density ? b.length / (inside.length * (edges[i + 1] - edges[i])) || 0 : b.length));
    this.#add(() => [{
      kind: 'bar', left: Float64Array.from(edges.slice(0, -1)), right: Float64Array.from(edges.slice(1)),
      bottom: new Float64Array(counts.length), top: Float64Array.from(counts), along: 'y',
      colors: [options.color === undefined ? this.#nextColor() : checkColor(op, 'color', options.color)],
      alpha: checkAlpha(op, options.alpha), label: checkLabel(op, options.label),
    }]);
    return { counts, edges };
  }

  /** A matrix as coloured cells; `extent` with `aspect: 'auto'` draws decision regions under points. */
  imshow(matrix: MatrixLike, options: ImshowOptions = {}): void {
    const op = 'imshow';
    checkOptions(op, options, ['cmap', 'vmin', 'vmax', 'extent', 'origin', 'aspect', 'alpha']);
    const { rows, columns, values } = toMatrix(op, 'matrix', matrix);
    const upper = checkOneOf(op, 'origin', options.origin ?? 'upper', ['upper', 'lower']) === 'upper';
    const [low, high] = colorLimits(op, values, options);
    const table = colorTable(op, options.cmap ?? 'viridis');
    const pixels = tableIndices(values, low, high, table.length);
    if (!upper) {
      const flipped = pixels.slice();
      for (let i = 0; i < rows; i++) pixels.set(flipped.subarray((rows - 1 - i) * columns, (rows - i) * columns), i * columns);
    }
    const extent = options.extent ?? (upper ? [-0.5, columns - 0.5, rows - 0.5, -0.5] : [-0.5, columns - 0.5, -0.5, rows - 0.5]);
    if (!Array.isArray(extent) || extent.length !== 4) throw new ArgumentError(op, 'extent', `must be [left, right, bottom, top], got ${describe(extent)}`);
    extent.forEach((v) => checkNumber(op, 'extent', v));
    const [left, right, bottom, top] = extent;
    if (left === right || bottom === top) throw new ArgumentError(op, 'extent', `must span an area, got [${extent.join(', ')}]`);
    const aspect = checkOneOf(op, 'aspect', options.aspect ?? 'equal', ['equal', 'auto']);
    this.artists.push({ kind: 'image', rows, columns, table, pixels, extent: [left, right, bottom, top], alpha: checkAlpha(op, options.alpha) });
    this.aspect = aspect;
  }

  axhline(y = 0, options: LineOptions = {}): void {
    this.#rule('axhline', 'y', y, options);
  }

  axvline(x = 0, options: LineOptions = {}): void {
    this.#rule('axvline', 'x', x, options);
  }

  #rule(op: string, axis: 'x' | 'y', at: number, options: LineOptions): void {
    checkOptions(op, options, lineOptionNames);
    this.artists.push({ kind: 'rule', axis, at: checkNumber(op, axis, at), style: lineStyle(op, options, {}, () => cycle[0]), label: checkLabel(op, options.label) });
  }

  /** Writes at a point of the data. */
  text(x: number, y: number, text: string, options: TextOptions = {}): void {
    const op = 'text';
    checkOptions(op, options, ['color', 'fontsize', 'ha', 'va']);
    this.artists.push({
      kind: 'text', x: checkNumber(op, 'x', x), y: checkNumber(op, 'y', y), text: checkText(op, 'text', text),
      color: checkColor(op, 'color', options.color ?? 'k'),
      fontsize: checkNumber(op, 'fontsize', options.fontsize ?? 10, { min: 1, max: 500 }),
      ha: checkOneOf(op, 'ha', options.ha ?? 'left', ['left', 'center', 'right']),
      va: checkOneOf(op, 'va', options.va ?? 'baseline', ['top', 'center', 'baseline', 'bottom']),
    });
  }

  setTitle(text: string): void {
    this.heading = checkText('title', 'label', text);
  }

  setXlabel(text: string): void {
    this.x.label = checkText('xlabel', 'label', text);
  }

  setYlabel(text: string): void {
    this.y.label = checkText('ylabel', 'label', text);
  }

  setXlim(left?: Limit | readonly [Limit, Limit], right?: Limit): void {
    this.#limit('xlim', this.x, ['left', 'right'], left, right);
  }

  setYlim(bottom?: Limit | readonly [Limit, Limit], top?: Limit): void {
    this.#limit('ylim', this.y, ['bottom', 'top'], bottom, top);
  }

  getXlim(): readonly [number, number] {
    return viewLimits(this, 'x');
  }

  getYlim(): readonly [number, number] {
    return viewLimits(this, 'y');
  }

  #limit(op: string, axis: AxisState, names: readonly [string, string], first: Limit | readonly [Limit, Limit], second: Limit): void {
    const pair: readonly Limit[] = Array.isArray(first) ? first : [first as Limit, second];
    const [low, high] = names.map((name, i) => {
      const value = pair[i];
      if (value === undefined || value === null) return null;
      checkNumber(op, name, value, { min: -largestLimit, max: largestLimit });
      if (axis.scale === 'log' && value <= 0) throw new ArgumentError(op, name, `must be positive on a log scale, got ${value}`);
      return value;
    });
    if (low !== null && low === high) throw new ArgumentError(op, names[1], `must differ from ${names[0]}, both are ${low}`);
    axis.low = low ?? axis.low;
    axis.high = high ?? axis.high;
  }

  setXscale(scale: 'linear' | 'log'): void {
    this.#scale('xscale', this.x, scale);
  }

  setYscale(scale: 'linear' | 'log'): void {
    this.#scale('yscale', this.y, scale);
  }

  #scale(op: string, axis: AxisState, scale: 'linear' | 'log'): void {
    axis.scale = checkOneOf(op, 'value', scale, ['linear', 'log']);
    if (axis.scale === 'linear') return;
    // Limits without a logarithm give way to the data, as in matplotlib.
    if (axis.low !== null && axis.low <= 0) axis.low = null;
    if (axis.high !== null && axis.high <= 0) axis.high = null;
  }

  setXticks(ticks: VectorLike, labels?: readonly (string | number)[]): void {
    this.#ticks('xticks', this.x, ticks, labels);
  }

  setYticks(ticks: VectorLike, labels?: readonly (string | number)[]): void {
    this.#ticks('yticks', this.y, ticks, labels);
  }

  #ticks(op: string, axis: AxisState, ticks: VectorLike, labels: readonly (string | number)[] | undefined): void {
    const at = toVector(op, 'ticks', ticks);
    if (labels !== undefined && labels.length !== at.length) throw new ShapeError(op, `ticks and labels must have the same length, got ${at.length} and ${labels.length}`);
    axis.ticks = Array.from(at, (v, i) => ({ at: v, label: labels ? checkText(op, 'labels', labels[i]) : String(v).replace('-', '−') }));
  }

  grid(visible = true, options: { readonly axis?: 'both' | 'x' | 'y' } = {}): void {
    checkOptions('grid', options, ['axis']);
    if (typeof visible !== 'boolean') throw new ArgumentError('grid', 'visible', `must be a boolean, got ${describe(visible)}`);
    const axis = checkOneOf('grid', 'axis', options.axis ?? 'both', ['both', 'x', 'y']);
    this.gridlines = visible ? axis : 'none';
  }

  /** Shows the labels of what was drawn, or names it anew in order: `legend(['train', 'test'])`. */
  legend(labels?: readonly string[] | { readonly loc?: LegendPlace }, options: { readonly loc?: LegendPlace } = {}): void {
    const op = 'legend';
    if (labels !== undefined && !Array.isArray(labels)) options = labels as { readonly loc?: LegendPlace };
    checkOptions(op, options, ['loc']);
    const place = checkOneOf(op, 'loc', options.loc ?? 'best', legendPlaces);
    const texts = Array.isArray(labels) ? labels.map((label) => checkText(op, 'labels', label)) : [];
    const named = this.artists.flatMap((artist, i) => (artist.kind === 'image' || artist.kind === 'text' ? [] : [i]));
    if (texts.length > named.length) throw new ArgumentError(op, 'labels', `holds ${texts.length} names for ${named.length} series`);
    texts.forEach((label, i) => {
      this.artists[named[i]] = { ...this.artists[named[i]], label } as Artist;
    });
    this.legendAt = place;
  }

  /** `'off'` hides frame, ticks and labels; `'equal'` gives both axes the same scale. */
  axis(option: 'on' | 'off' | 'equal' | 'auto'): void {
    const value = checkOneOf('axis', 'option', option, ['on', 'off', 'equal', 'auto']);
    if (value === 'on' || value === 'off') this.visible = value === 'on';
    else this.aspect = value;
  }
}

function colorLimits(op: string, values: Float64Array, options: { readonly vmin?: number; readonly vmax?: number }): readonly [number, number] {
  const [low, high] = finiteExtent(values) ?? [0, 1];
  const vmin = options.vmin === undefined ? low : checkNumber(op, 'vmin', options.vmin);
  const vmax = options.vmax === undefined ? high : checkNumber(op, 'vmax', options.vmax);
  if (vmin > vmax) throw new ArgumentError(op, 'vmin', `must not exceed vmax, got ${vmin} and ${vmax}`);
  return [vmin, vmax];
}
