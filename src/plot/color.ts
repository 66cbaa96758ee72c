/** Colours: matplotlib's names over CSS, and colour maps. */
import { scaleLinear } from 'd3-scale';
import { ArgumentError } from '../core/errors.ts';
import { describe } from './values.ts';

/** `#rrggbb`, the one form in which colours travel after parsing. */
export type Hex = `#${string}`;
export type Rgb = readonly [red: number, green: number, blue: number];

/** matplotlib's default cycle (Tableau 10). */
export const cycle = [
  '#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf',
] as const satisfies readonly Hex[];

const tableau = ['blue', 'orange', 'green', 'red', 'purple', 'brown', 'pink', 'gray', 'olive', 'cyan'];

const letters: Readonly<Record<string, Hex>> = {
  b: '#0000ff', g: '#008000', r: '#ff0000', c: '#00bfbf', m: '#bf00bf', y: '#bfbf00', k: '#000000', w: '#ffffff',
};

export function toHex([r, g, b]: Rgb): Hex {
  return `#${[r, g, b].map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')}`;
}

export function toRgb(hex: Hex): Rgb {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** One of matplotlib's letters, `C0`.. , `tab:blue`.. or any opaque CSS colour; undefined when it is none. */
export function parseColor(text: string): Hex | undefined {
  if (Object.hasOwn(letters, text)) return letters[text];
  const nth = /^C(\d+)$/.exec(text);
  if (nth) return cycle[Number(nth[1]) % cycle.length];
  if (text.startsWith('tab:')) return cycle[tableau.indexOf(text.slice(4).replace('grey', 'gray'))];
  // d3 reads CSS colours wherever it interpolates them, and answers `rgb(...)` only for what is one and opaque.
  const css = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(String(scaleLinear<string>().range([text, text])(0)));
  return css ? toHex([Number(css[1]), Number(css[2]), Number(css[3])]) : undefined;
}

export function checkColor(op: string, argument: string, value: unknown): Hex {
  const color = typeof value === 'string' ? parseColor(value) : undefined;
  if (color === undefined) throw new ArgumentError(op, argument, `must be a colour ('C0', 'tab:blue', 'r', 'steelblue', '#4682b4'), got ${describe(value)}`);
  return color;
}

// Anchors between which the maps are linear in RGB; viridis and plasma by van der Walt and Smith (CC0),
// the others by ColorBrewer (Apache-2.0) and Moreland (coolwarm).
const anchors: Readonly<Record<string, string>> = {
  viridis: '440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725',
  plasma: '0d0887 46039f 7201a8 9c179e bd3786 d8576b ed7953 fb9f3a fdca26 f0f921',
  gray: '000000 ffffff',
  Greys: 'ffffff d9d9d9 969696 525252 000000',
  Blues: 'f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b',
  Reds: 'fff5f0 fee0d2 fcbba1 fc9272 fb6a4a ef3b2c cb181d a50f15 67000d',
  RdBu: '67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061',
  coolwarm: '3b4cc0 688aef 99baff c9d8ef edd1c2 f7a789 e26952 b40426',
};

export type ColorMapName = 'viridis' | 'plasma' | 'gray' | 'Greys' | 'Blues' | 'Reds' | 'RdBu' | 'coolwarm';
/** A map's name, reversed with the suffix `_r`, or colours between which values fall into equal bins. */
export type ColorMap = ColorMapName | `${ColorMapName}_r` | readonly string[];

/** A map as a table of at most 256 colours, from the lowest value to the highest. */
export function colorTable(op: string, map: unknown): readonly Hex[] {
  if (Array.isArray(map)) {
    if (map.length === 0 || map.length > 256) throw new ArgumentError(op, 'cmap', `must list 1 to 256 colours, got ${map.length}`);
    return map.map((color, i) => checkColor(op, `cmap[${i}]`, color));
  }
  const reversed = typeof map === 'string' && map.endsWith('_r');
  const name = reversed ? map.slice(0, -2) : map;
  if (typeof name !== 'string' || !Object.hasOwn(anchors, name)) {
    throw new ArgumentError(op, 'cmap', `must be one of ${Object.keys(anchors).join(', ')} (each also with _r) or an array of colours, got ${describe(map)}`);
  }
  const colors = anchors[name].split(' ').map((hex) => `#${hex}`);
  if (reversed) colors.reverse();
  const scale = scaleLinear<string>().domain(colors.map((_, i) => (i * 255) / (colors.length - 1))).range(colors);
  return Array.from({ length: 256 }, (_, i) => parseColor(scale(i)) ?? '#000000');
}

/** Entries of a table for values between `low` and `high`; -1 where a value is NaN. */
export function tableIndices(values: Float64Array, low: number, high: number, size: number): Int16Array {
  const span = high - low;
  return Int16Array.from(values, (v) => {
    if (Number.isNaN(v)) return -1;
    const t = span > 0 ? (v - low) / span : v > low ? 1 : 0;
    return Math.max(0, Math.min(size - 1, Math.floor(t * size)));
  });
}

/** Least and greatest finite value, or undefined when there is none. */
export function finiteExtent(values: Iterable<number>): readonly [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : undefined;
}
