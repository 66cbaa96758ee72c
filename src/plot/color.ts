/** Colours: matplotlib's names over CSS. */
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

/** Mixed with white: how a colour of this opacity looks on the page. */
export function faded(hex: Hex, alpha: number): Hex {
  const [r, g, b] = toRgb(hex).map((v) => v * alpha + 255 * (1 - alpha));
  return toHex([r, g, b]);
}

/** Relative luminance of sRGB, 0 for black to 1 for white (ITU-R BT.709 weights, no linearisation, as sklearn's displays need). */
export function luminance([r, g, b]: Rgb): number {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

export function checkColor(op: string, argument: string, value: unknown): Hex {
  const color = typeof value === 'string' ? parseColor(value) : undefined;
  if (color === undefined) throw new ArgumentError(op, argument, `must be a colour ('C0', 'tab:blue', 'r', 'steelblue', '#4682b4'), got ${describe(value)}`);
  return color;
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
