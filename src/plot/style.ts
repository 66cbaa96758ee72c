/** Line and marker styles, and matplotlib's format strings. */
import { ArgumentError } from '../core/errors.ts';
import type { Edge } from './artists.ts';
import { checkColor, type Hex, parseColor } from './color.ts';
import { checkNumber, checkOneOf, checkText } from './values.ts';

export const lineStyles = ['-', '--', '-.', ':', 'None'] as const;
export type LineStyleName = (typeof lineStyles)[number];

const longNames: Readonly<Record<string, LineStyleName>> = { solid: '-', dashed: '--', dashdot: '-.', dotted: ':', none: 'None', '': 'None', ' ': 'None' };
/** matplotlib's short and long names. */
export type LineStyleLike = LineStyleName | 'solid' | 'dashed' | 'dashdot' | 'dotted' | 'none' | '';

export function checkLineStyle(op: string, value: unknown): LineStyleName {
  return checkOneOf(op, 'linestyle', typeof value === 'string' && Object.hasOwn(longNames, value) ? longNames[value] : value, lineStyles);
}

/** Dashes in multiples of the line width. */
export const dashes: Readonly<Record<LineStyleName, readonly number[]>> = {
  '-': [], '--': [3.7, 1.6], '-.': [6.4, 1.6, 1, 1.6], ':': [1, 1.65], None: [],
};

export const markers = ['o', '.', ',', 's', '^', 'v', '<', '>', 'D', 'd', 'x', '+', '*', '|', '_', 'None'] as const;
export type Marker = (typeof markers)[number];

export interface LineOptions {
  readonly color?: string;
  readonly label?: string;
  /** In points. */
  readonly linewidth?: number;
  readonly linestyle?: LineStyleLike;
  readonly marker?: Marker | '';
  /** Diameter in points. */
  readonly markersize?: number;
  /** The line's colour unless given; `'none'` leaves markers hollow. */
  readonly markerfacecolor?: string;
  readonly markeredgecolor?: string;
  readonly alpha?: number;
  /** Greater ones are drawn later: images have 0, areas and points 1, lines 2. */
  readonly zorder?: number;
  /** matplotlib's short names. */
  readonly c?: string;
  readonly lw?: number;
  readonly ls?: LineStyleLike;
  readonly ms?: number;
  readonly mfc?: string;
  readonly mec?: string;
}

export const lineOptionNames = ['color', 'label', 'linewidth', 'linestyle', 'marker', 'markersize', 'markerfacecolor', 'markeredgecolor', 'alpha', 'zorder', 'c', 'lw', 'ls', 'ms', 'mfc', 'mec'] as const;

export interface LineStyle {
  readonly color: Hex;
  readonly linewidth: number;
  readonly linestyle: LineStyleName;
  readonly marker: Marker;
  readonly markersize: number;
  /** Inside and outline of markers; undefined inside is hollow, undefined outline is none. */
  readonly markerfacecolor: Hex | undefined;
  readonly markeredgecolor: Hex | undefined;
  readonly alpha: number;
  readonly zorder: number | undefined;
}

export interface Format {
  color?: Hex;
  linestyle?: LineStyleName;
  marker?: Marker;
}

/** Reads `'r--o'`: a colour, a line and a marker, each optional and in any order. A marker alone means no line. */
export function parseFormat(op: string, text: string): Format {
  const format: Format = {};
  const whole = text.length > 1 ? parseColor(text) : undefined;
  if (whole) return { color: whole };
  for (let i = 0; i < text.length; ) {
    const rest = text.slice(i);
    const line = (['--', '-.', '-', ':'] as const).find((name) => rest.startsWith(name));
    const color = /^C\d+/.exec(rest)?.[0] ?? rest[0];
    const marker = markers.find((name) => name === rest[0]);
    if (line && !format.linestyle) {
      format.linestyle = line;
      i += line.length;
    } else if (marker && !format.marker) {
      format.marker = marker;
      i += 1;
    } else if (/^([bgrcmykw]|C\d+)$/.test(color) && !format.color) {
      format.color = parseColor(color);
      i += color.length;
    } else {
      throw new ArgumentError(op, 'fmt', `must be a colour, a line (-, --, -., :) and a marker (${markers.slice(0, -1).join(' ')}), such as 'r--o'; cannot read ${JSON.stringify(rest)} in ${JSON.stringify(text)}`);
    }
  }
  if (format.marker && !format.linestyle) format.linestyle = 'None';
  return format;
}

export function checkAlpha(op: string, value: unknown): number {
  return value === undefined ? 1 : checkNumber(op, 'alpha', value, { min: 0, max: 1 });
}

export function checkZorder(op: string, value: unknown): number | undefined {
  return value === undefined ? undefined : checkNumber(op, 'zorder', value);
}

export function checkLabel(op: string, value: unknown): string | undefined {
  return value === undefined ? undefined : checkText(op, 'label', value);
}

export function lineStyle(op: string, options: LineOptions, format: Format, nextColor: () => Hex): LineStyle {
  const chosen = options.color ?? options.c;
  const linestyle = options.linestyle ?? options.ls;
  const face = options.markerfacecolor ?? options.mfc;
  const edge = options.markeredgecolor ?? options.mec;
  const color = chosen === undefined ? (format.color ?? nextColor()) : checkColor(op, 'color', chosen);
  return {
    color,
    linewidth: checkNumber(op, 'linewidth', options.linewidth ?? options.lw ?? 1.5, { min: 0 }),
    linestyle: linestyle === undefined ? (format.linestyle ?? '-') : checkLineStyle(op, linestyle),
    marker: options.marker === undefined ? (format.marker ?? 'None') : checkOneOf(op, 'marker', options.marker || 'None', markers),
    markersize: checkNumber(op, 'markersize', options.markersize ?? options.ms ?? 6, { min: 0 }),
    markerfacecolor: face === undefined ? color : checkFill(op, 'markerfacecolor', face),
    markeredgecolor: edge === undefined ? (face === 'none' ? color : undefined) : checkFill(op, 'markeredgecolor', edge),
    alpha: checkAlpha(op, options.alpha),
    zorder: checkZorder(op, options.zorder),
  };
}

/** A colour, or undefined for `'none'`. */
export function checkFill(op: string, argument: string, value: unknown): Hex | undefined {
  return value === 'none' ? undefined : checkColor(op, argument, value);
}

export interface EdgeOptions {
  /** Colour of the outline; `'none'` draws none. */
  readonly edgecolor?: string;
  /** Of the outline, in points. */
  readonly linewidth?: number;
}

export const edgeOptionNames = ['edgecolor', 'linewidth'] as const;

/** The outline that `edgecolor` and `linewidth` ask for; none unless one of them is given. */
export function checkEdge(op: string, { edgecolor, linewidth }: EdgeOptions): Edge | undefined {
  if (edgecolor === undefined && linewidth === undefined) return undefined;
  const color = checkFill(op, 'edgecolor', edgecolor ?? 'k');
  const width = checkNumber(op, 'linewidth', linewidth ?? 1, { min: 0 });
  return color === undefined || width === 0 ? undefined : { color, width };
}
