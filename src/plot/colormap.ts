/** Colour maps: matplotlib's names, from values to a table of colours. */
import { scaleLinear } from 'd3-scale';
import {
  interpolateInferno, interpolateMagma, interpolatePlasma, interpolateTurbo, interpolateViridis, schemeBlues, schemeBrBG, schemeBuGn, schemeBuPu, schemeGnBu,
  schemeGreens, schemeGreys, schemeOranges, schemeOrRd, schemePiYG, schemePRGn, schemePuBu, schemePuOr, schemePuRd, schemePurples, schemeRdBu, schemeRdYlBu,
  schemeRdYlGn, schemeReds, schemeSpectral, schemeYlGn, schemeYlGnBu, schemeYlOrBr, schemeYlOrRd,
} from 'd3-scale-chromatic';
import { ArgumentError } from '../core/errors.ts';
import { checkColor, cycle, finiteExtent, type Hex, parseColor } from './color.ts';
import { checkNumber, checkOneOf, describe } from './values.ts';

const black = '#000000';

/** A table of 256 colours. */
function sampled(at: (t: number) => string): readonly Hex[] {
  return Array.from({ length: 256 }, (_, i) => parseColor(at(i / 255)) ?? black);
}

/** Linear in RGB between evenly spaced anchors, as matplotlib makes its maps of ColorBrewer's schemes. */
function between(...anchors: readonly string[]): () => readonly Hex[] {
  return () => sampled(scaleLinear<string>().domain(anchors.map((_, i) => i / (anchors.length - 1))).range(anchors));
}

/** Each channel linear between points [t, value], both from 0 to 1. */
function channels(...rgb: readonly (readonly (readonly [number, number])[])[]): () => readonly Hex[] {
  const scales = rgb.map((points) => scaleLinear().domain(points.map(([t]) => t)).range(points.map(([, v]) => 255 * v)));
  return () => sampled((t) => `rgb(${scales.map((scale) => Math.round(scale(t))).join(', ')})`);
}

const maps = {
  viridis: () => sampled(interpolateViridis),
  plasma: () => sampled(interpolatePlasma),
  inferno: () => sampled(interpolateInferno),
  magma: () => sampled(interpolateMagma),
  turbo: () => sampled(interpolateTurbo),
  gray: between('#000000', '#ffffff'),
  binary: between('#ffffff', '#000000'),
  Greys: between(...schemeGreys[9]),
  Purples: between(...schemePurples[9]),
  Blues: between(...schemeBlues[9]),
  Greens: between(...schemeGreens[9]),
  Oranges: between(...schemeOranges[9]),
  Reds: between(...schemeReds[9]),
  YlOrBr: between(...schemeYlOrBr[9]),
  YlOrRd: between(...schemeYlOrRd[9]),
  OrRd: between(...schemeOrRd[9]),
  PuRd: between(...schemePuRd[9]),
  BuPu: between(...schemeBuPu[9]),
  GnBu: between(...schemeGnBu[9]),
  PuBu: between(...schemePuBu[9]),
  YlGnBu: between(...schemeYlGnBu[9]),
  BuGn: between(...schemeBuGn[9]),
  YlGn: between(...schemeYlGn[9]),
  PiYG: between(...schemePiYG[11]),
  PRGn: between(...schemePRGn[11]),
  BrBG: between(...schemeBrBG[11]),
  PuOr: between(...schemePuOr[11]),
  RdBu: between(...schemeRdBu[11]),
  RdYlBu: between(...schemeRdYlBu[11]),
  RdYlGn: between(...schemeRdYlGn[11]),
  Spectral: between(...schemeSpectral[11]),
  // Moreland, Diverging Color Maps for Scientific Visualization (2009).
  coolwarm: between(
    '#3b4cc0', '#4d68d7', '#6282ea', '#779af7', '#8db0fe', '#a3c2ff', '#b8d0f9', '#ccd9ee', '#dddddd', '#ecd3c5', '#f5c4ad', '#f7b194', '#f49a7b', '#ec7f63', '#de604d', '#cb3e38', '#b40426',
  ),
  bwr: between('#0000ff', '#ffffff', '#ff0000'),
  seismic: between('#00004d', '#0000ff', '#ffffff', '#ff0000', '#800000'),
  // Break points from matplotlib's documentation of the two maps that MATLAB made known.
  hot: channels([[0, 0.0416], [0.365079, 1], [1, 1]], [[0, 0], [0.365079, 0], [0.746032, 1], [1, 1]], [[0, 0], [0.746032, 0], [1, 1]]),
  jet: channels([[0, 0], [0.35, 0], [0.66, 1], [0.89, 1], [1, 0.5]], [[0, 0], [0.125, 0], [0.375, 1], [0.64, 1], [0.91, 0], [1, 0]], [[0, 0.5], [0.11, 1], [0.34, 1], [0.65, 0], [1, 0]]),
  tab10: () => cycle,
} as const satisfies Readonly<Record<string, () => readonly Hex[]>>;

export type ColorMapName = keyof typeof maps;
/** A map's name, reversed with the suffix `_r`, or colours between which values fall into equal bins. */
export type ColorMap = ColorMapName | `${ColorMapName}_r` | readonly string[];

const tables = new Map<string, readonly Hex[]>();

/** A map as a table of at most 256 colours, from the lowest value to the highest. */
export function colorTable(op: string, map: unknown): readonly Hex[] {
  if (Array.isArray(map)) {
    if (map.length === 0 || map.length > 256) throw new ArgumentError(op, 'cmap', `must list 1 to 256 colours, got ${map.length}`);
    return map.map((color, i) => checkColor(op, `cmap[${i}]`, color));
  }
  const reversed = typeof map === 'string' && map.endsWith('_r');
  const name = reversed ? map.slice(0, -2) : map;
  if (typeof name !== 'string' || !Object.hasOwn(maps, name)) {
    throw new ArgumentError(op, 'cmap', `must be one of ${Object.keys(maps).join(', ')} (each also with _r) or an array of colours, got ${describe(map)}`);
  }
  let table = tables.get(map as string);
  if (!table) {
    table = maps[name as ColorMapName]();
    if (reversed) table = table.toReversed();
    tables.set(map as string, table);
  }
  return table;
}

/** How values become colours: what a colour bar shows. */
export interface Norm {
  readonly table: readonly Hex[];
  readonly vmin: number;
  readonly vmax: number;
  readonly scale: 'linear' | 'log';
}

export interface NormOptions {
  readonly cmap?: ColorMap;
  readonly norm?: 'linear' | 'log';
  readonly vmin?: number;
  readonly vmax?: number;
}

/** The norm of matplotlib's `cmap`, `norm`, `vmin` and `vmax`; what is not given follows the data. */
export function makeNorm(op: string, values: Float64Array, options: NormOptions): Norm {
  const scale = checkOneOf(op, 'norm', options.norm ?? 'linear', ['linear', 'log']);
  const [low, high] = finiteExtent(scale === 'log' ? values.filter((v) => v > 0) : values) ?? (scale === 'log' ? [1, 10] : [0, 1]);
  const limit = (name: 'vmin' | 'vmax', fallback: number): number => {
    const value = options[name];
    if (value === undefined) return fallback;
    if (scale === 'log' && !(value > 0)) throw new ArgumentError(op, name, `must be positive where norm is log, got ${describe(value)}`);
    return checkNumber(op, name, value);
  };
  const [vmin, vmax] = [limit('vmin', low), limit('vmax', high)];
  // A limit that was given may pass the data on the other side, which then has one colour.
  if (vmin > vmax && options.vmin !== undefined && options.vmax !== undefined) throw new ArgumentError(op, 'vmin', `must not exceed vmax, got ${vmin} and ${vmax}`);
  return { table: colorTable(op, options.cmap ?? 'viridis'), vmin: Math.min(vmin, vmax), vmax: Math.max(vmin, vmax), scale };
}

/** Entries of the norm's table; -1 where a value is NaN (or not positive on a log scale). */
export function tableIndices(values: ArrayLike<number>, { table, vmin, vmax, scale }: Norm): Int16Array {
  const f = scale === 'log' ? Math.log : Number;
  const [low, span, size] = [f(vmin), f(vmax) - f(vmin), table.length];
  return Int16Array.from(values, (v) => {
    if (Number.isNaN(v) || (scale === 'log' && v <= 0)) return -1;
    const t = span > 0 ? (f(v) - low) / span : v > vmin ? 1 : 0;
    return Math.max(0, Math.min(size - 1, Math.floor(t * size)));
  });
}
