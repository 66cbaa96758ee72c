/** Lines and bands of equal value over a grid, by d3-contour's marching squares. */
import { contours } from 'd3-contour';
import { bisectRight, ticks } from 'd3-array';
import { ArgumentError } from '../core/errors.ts';
import type { AreaPart, Artist } from './artists.ts';
import { largestLimit } from './axis.ts';
import { checkColor, finiteExtent, type Hex } from './color.ts';
import { makeNorm, type Norm, type NormOptions, tableIndices } from './colormap.ts';
import { type Mappable, toGrid } from './images.ts';
import { plainStyle } from './lines.ts';
import { checkAlpha, checkLineStyle, type LineStyleLike } from './style.ts';
import { checkNumber, checkOneOf, type MatrixLike, toVector, type VectorLike } from './values.ts';

export interface ContourOptions extends NormOptions {
  /** How many levels, about, or which. */
  readonly levels?: number | VectorLike;
  /** Colours of the levels (contour) or of the bands (contourf) instead of a map. */
  readonly colors?: string | readonly string[];
  readonly alpha?: number;
  readonly linewidths?: number;
  readonly linestyles?: LineStyleLike;
  /** Whether values beyond the first and the last level are filled too. */
  readonly extend?: 'neither' | 'both' | 'min' | 'max';
}

/** `Z` or `X, Y, Z`, then perhaps levels, then perhaps options. */
export type ContourArgs = readonly (VectorLike | MatrixLike | ContourOptions)[];

export const contourOptionNames = ['levels', 'colors', 'cmap', 'norm', 'vmin', 'vmax', 'alpha', 'linewidths', 'linestyles', 'extend'] as const;

export interface Ring {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Arrays of a call and the levels that may follow them. */
function splitLevels(op: string, data: readonly unknown[], options: ContourOptions): { grid: Grid; levels: ContourOptions['levels'] } {
  const positional = data.length === 2 || data.length === 4;
  if (data.length < 1 || data.length > 4) throw new ArgumentError(op, 'arguments', `must be Z or X, Y, Z, each perhaps with levels, got ${data.length} arrays`);
  if (positional && options.levels !== undefined) throw new ArgumentError(op, 'levels', 'is given twice, by position and by name');
  return { grid: toGrid(op, positional ? data.slice(0, -1) : data), levels: positional ? (data[data.length - 1] as VectorLike) : options.levels };
}

/** matplotlib's choice: round numbers that enclose the data, about seven unless told. */
function chooseLevels(op: string, values: Float64Array, given: ContourOptions['levels'], filled: boolean): readonly number[] {
  if (given !== undefined && typeof given !== 'number') {
    const levels = [...toVector(op, 'levels', given)];
    if (levels.length < (filled ? 2 : 1) || levels.some((v, i) => !Number.isFinite(v) || (i > 0 && !(v > levels[i - 1])))) throw new ArgumentError(op, 'levels', `must be ${filled ? 'at least two ' : ''}increasing numbers, got [${levels.join(', ')}]`);
    return levels;
  }
  const count = checkNumber(op, 'levels', given ?? 7, { min: 1, max: 1000 });
  // Further apart, the span of the levels would overflow.
  const [low, high] = (finiteExtent(values) ?? [0, 1]).map((v) => Math.max(-largestLimit, Math.min(largestLimit, v)));
  if (low === high) return filled ? [low - 0.5, low + 0.5] : [low];
  const inner = ticks(low, high, count);
  const step = inner.length > 1 ? inner[1] - inner[0] : high - low;
  // Where low and high are no round numbers themselves, one more level lies beyond each.
  const below = inner[0] > low ? [inner[0] - step] : [], above = inner[inner.length - 1] < high ? [inner[inner.length - 1] + step] : [];
  return filled ? [...below, ...inner, ...above] : inner;
}

/** Rings around values of at least `level`, in the coordinates of the grid. */
export function rings({ rows, columns, values, x, y }: Grid, level: number): readonly Ring[] {
  const at = (axis: Float64Array, t: number): number => {
    // d3 puts a grid point in the middle of a cell of one unit, and the border half a cell outside.
    const u = Math.max(0, Math.min(axis.length - 1, t - 0.5));
    const i = Math.min(axis.length - 2, Math.floor(u));
    return axis[i] + (u - i) * (axis[i + 1] - axis[i]);
  };
  // Not a number is outside of every level.
  const known = Array.from(values, (v) => (Number.isNaN(v) ? -Infinity : v));
  const { coordinates } = contours().size([columns, rows]).contour(known, level);
  return coordinates.flatMap((polygon) => polygon.map((ring) => ({ x: Float64Array.from(ring, ([u]) => at(x, u)), y: Float64Array.from(ring, ([, v]) => at(y, v)) })));
}

function levelColors(op: string, options: ContourOptions, count: number): readonly Hex[] | undefined {
  if (options.colors === undefined) return undefined;
  const colors = [options.colors].flat().map((color) => checkColor(op, 'colors', color));
  if (colors.length === 0) throw new ArgumentError(op, 'colors', 'must not be empty');
  // matplotlib repeats them.
  return Array.from({ length: count }, (_, i) => colors[i % colors.length]);
}

/** Colours of bands, each that of the value in its middle. */
function bandColors(levels: readonly number[], norm: Norm): readonly Hex[] {
  const middles = levels.slice(1).map((v, i) => (norm.scale === 'log' ? Math.sqrt(v * levels[i]) : (v + levels[i]) / 2));
  return Array.from(tableIndices(middles, norm), (entry) => norm.table[Math.max(0, entry)]);
}

export interface Contours {
  readonly artists: readonly Artist[];
  readonly mappable: Mappable;
}

/** `contourf`: the bands between levels, painted from the lowest, each over those before it. */
export function makeFilledContours(data: readonly unknown[], options: ContourOptions): Contours {
  const op = 'contourf';
  const { grid, levels: wanted } = splitLevels(op, data, options);
  const levels = chooseLevels(op, grid.values, wanted, true);
  const extend = checkOneOf(op, 'extend', options.extend ?? 'neither', ['neither', 'both', 'min', 'max']);
  const alpha = checkAlpha(op, options.alpha);
  const norm = makeNorm(op, Float64Array.from(levels), options);
  const bands = levels.length - 1;
  const colors = levelColors(op, options, bands) ?? bandColors(levels, norm);
  const shade = (i: number): number => (bands > 1 ? i / (bands - 1) : 0.5);
  const parts: AreaPart[] = colors.map((fill, i) => ({ rings: rings(grid, levels[i]), fill, shade: shade(i) }));
  if (extend === 'both' || extend === 'min') parts.unshift({ rings: rings(grid, -Number.MAX_VALUE), fill: colors[0], shade: 0 });
  // What lies beyond the last level has its colour, or is cut out of every part, by the even-odd rule.
  const beyond = rings(grid, levels[bands]);
  const filled = extend === 'both' || extend === 'max' ? parts
    : grid.values.some((v) => v > levels[bands]) ? parts.map((part) => ({ ...part, rings: [...part.rings, ...beyond] })) : parts;
  const [vmin, vmax] = [levels[0], levels[bands]];
  // A colour bar is even in the values, while bands need not be.
  const table = Array.from({ length: 256 }, (_, i) => colors[Math.max(0, Math.min(bands - 1, bisectRight(levels, vmin + ((i + 0.5) / 256) * (vmax - vmin)) - 1))]);
  return {
    artists: [{ kind: 'area', parts: filled, edge: undefined, alpha, sticky: true, label: undefined }],
    mappable: { table, vmin, vmax, scale: 'linear', alpha, levels },
  };
}

/** Stretches of a ring that do not run along the border of the grid, one after another with gaps. */
function withoutBorder(all: readonly Ring[], { x, y, rows, columns }: Grid): { x: Float64Array; y: Float64Array } {
  const [px, py]: [number[], number[]] = [[], []];
  const edges = [x[0], x[columns - 1]], sides = [y[0], y[rows - 1]];
  for (const ring of all) {
    let open = false;
    for (let i = 1; i < ring.x.length; i++) {
      const along = edges.some((edge) => ring.x[i] === edge && ring.x[i - 1] === edge) || sides.some((side) => ring.y[i] === side && ring.y[i - 1] === side);
      if (along) {
        open = false;
        continue;
      }
      if (!open) {
        px.push(Number.NaN, ring.x[i - 1]);
        py.push(Number.NaN, ring.y[i - 1]);
      }
      open = true;
      px.push(ring.x[i]);
      py.push(ring.y[i]);
    }
  }
  return { x: Float64Array.from(px), y: Float64Array.from(py) };
}

/** `contour`: a line at each level. */
export function makeContours(data: readonly unknown[], options: ContourOptions): Contours {
  const op = 'contour';
  const { grid, levels: wanted } = splitLevels(op, data, options);
  const levels = chooseLevels(op, grid.values, wanted, false);
  const alpha = checkAlpha(op, options.alpha);
  const norm = makeNorm(op, Float64Array.from(levels), options);
  const linewidth = checkNumber(op, 'linewidths', options.linewidths ?? 1.5, { min: 0 });
  const linestyle = checkLineStyle(op, options.linestyles ?? '-');
  const colors = levelColors(op, options, levels.length) ?? Array.from(tableIndices(levels, norm), (entry) => norm.table[Math.max(0, entry)]);
  const artists = levels.map((level, i): Artist => ({ kind: 'line', ...withoutBorder(rings(grid, level), grid), style: { ...plainStyle(colors[i], linewidth, alpha), linestyle }, label: undefined }));
  return { artists, mappable: { ...norm, alpha } };
}
