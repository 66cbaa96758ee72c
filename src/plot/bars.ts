/** Bars at numbers or named categories. */
import type { CallArgs } from '../core/args.ts';
import type { Artist } from './artists.ts';
import type { Tick } from './axis.ts';
import { checkColor, type Hex } from './color.ts';
import { errorMarks } from './lines.ts';
import { checkAlpha, checkEdge, checkLabel, checkZorder, edgeOptionNames, type EdgeOptions } from './style.ts';
import { checkNumber, checkOneOf, checkText, readOptions, sameLength, spread, toVector, type VectorLike } from './values.ts';

export interface BarStyle extends EdgeOptions {
  readonly color?: string | readonly string[];
  readonly align?: 'center' | 'edge';
  /** Error bars: one distance for all, one per bar, or [below, above]. */
  readonly xerr?: VectorLike | readonly [VectorLike, VectorLike];
  readonly yerr?: VectorLike | readonly [VectorLike, VectorLike];
  readonly ecolor?: string;
  /** Half the length of the error bars' caps, in points. */
  readonly capsize?: number;
  readonly alpha?: number;
  readonly zorder?: number;
  readonly label?: string;
}

export interface BarOptions extends BarStyle {
  readonly width?: VectorLike;
  readonly bottom?: VectorLike;
}

export interface BarhOptions extends BarStyle {
  readonly height?: VectorLike;
  readonly left?: VectorLike;
}

/** Positions of bars: numbers, or names that stand at 0, 1, 2, ... */
export type Categories = VectorLike | readonly string[];

export type BarArgs = CallArgs<[width: VectorLike, bottom: VectorLike], BarOptions>;
export type BarhArgs = CallArgs<[height: VectorLike, left: VectorLike], BarhOptions>;

const keywords = ['align', 'color', ...edgeOptionNames, 'xerr', 'yerr', 'ecolor', 'capsize', 'alpha', 'zorder', 'label'];

export interface Bars {
  readonly artists: readonly Artist[];
  /** Of named categories. */
  readonly ticks: readonly Tick[] | undefined;
}

/** `bar` where `axis` is x, `barh` where it is y. */
export function makeBars(axis: 'x' | 'y', positions: Categories, lengths: VectorLike, rest: BarArgs | BarhArgs, nextColor: () => Hex): Bars {
  const upright = axis === 'x';
  const op = upright ? 'bar' : 'barh';
  const [thick, base] = upright ? ['width', 'bottom'] : ['height', 'left'];
  const options = readOptions<BarStyle & Readonly<Record<string, VectorLike | undefined>>>(op, [thick, base], keywords, rest);
  const names = Array.isArray(positions) && positions.some((name) => typeof name === 'string') ? positions : undefined;
  const at = names ? Float64Array.from(names, (_, i) => i) : toVector(op, axis, positions);
  const length = toVector(op, upright ? 'height' : 'width', lengths);
  sameLength(op, axis, at, upright ? 'height' : 'width', length);
  const thickness = spread(op, thick, options[thick] ?? 0.8, at.length);
  thickness.forEach((v) => checkNumber(op, thick, v, { min: 0 }));
  const from = spread(op, base, options[base] ?? 0, at.length);
  const shift = checkOneOf(op, 'align', options.align ?? 'center', ['center', 'edge']) === 'center' ? 0.5 : 0;
  const low = at.map((v, i) => v - shift * thickness[i]);
  const high = low.map((v, i) => v + thickness[i]);
  const end = from.map((v, i) => v + length[i]);
  const { color } = options;
  if (Array.isArray(color)) sameLength(op, axis, at, 'color', color);
  const box = upright ? { left: low, right: high, bottom: from, top: end } : { left: from, right: end, bottom: low, top: high };
  const middle = low.map((v, i) => (v + high[i]) / 2);
  const [x, y] = upright ? [middle, end] : [end, middle];
  const label = checkLabel(op, options.label);
  const alpha = checkAlpha(op, options.alpha);
  const edge = checkEdge(op, options);
  const marks = errorMarks(op, x, y, { ...options, elinewidth: 1.5 }, checkColor(op, 'ecolor', options.ecolor ?? 'k'), 1);
  const ticks = names?.map((name, i) => ({ at: i, label: checkText(op, axis, name) }));
  const colors = color === undefined ? [nextColor()] : [color].flat().map((name) => checkColor(op, 'color', name));
  return { artists: [{ kind: 'bar', ...box, along: upright ? 'y' : 'x', colors, edge, alpha, zorder: checkZorder(op, options.zorder), label }, ...marks], ticks };
}
