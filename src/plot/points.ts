/** Scattered points. */
import type { CallArgs } from '../core/args.ts';
import type { ScatterArtist } from './artists.ts';
import { checkColor, type Hex } from './color.ts';
import { makeNorm, type NormOptions, tableIndices } from './colormap.ts';
import type { Mappable } from './images.ts';
import { checkAlpha, checkFill, checkLabel, checkZorder, type Marker, markers } from './style.ts';
import { checkNumber, checkOneOf, readOptions, sameLength, toVector, type VectorLike } from './values.ts';

export interface ScatterOptions extends NormOptions {
  /** Area in square points, as in matplotlib. */
  readonly s?: VectorLike;
  /** A colour, or numbers that `cmap` turns into colours. */
  readonly c?: string | readonly string[] | VectorLike;
  readonly color?: string | readonly string[];
  readonly marker?: Marker;
  readonly alpha?: number;
  /** Of the outlines, in points. */
  readonly linewidths?: number;
  readonly edgecolors?: string;
  readonly zorder?: number;
  readonly label?: string;
}

export type ScatterArgs = CallArgs<[s: VectorLike, c: string | readonly string[] | VectorLike, marker: Marker], ScatterOptions>;

interface PointColors {
  readonly colors: readonly Hex[];
  readonly mappable: Mappable | undefined;
}

function pointColors(op: string, options: ScatterOptions, x: Float64Array, alpha: number, nextColor: () => Hex): PointColors {
  const c = options.c ?? options.color;
  if (c === undefined) return { colors: [nextColor()], mappable: undefined };
  if (typeof c === 'string') return { colors: [checkColor(op, 'c', c)], mappable: undefined };
  if (Array.isArray(c) && c.length > 0 && typeof c[0] === 'string') {
    sameLength(op, 'x', x, 'c', c);
    return { colors: c.map((color, i) => checkColor(op, `c[${i}]`, color)), mappable: undefined };
  }
  const values = toVector(op, 'c', c);
  sameLength(op, 'x', x, 'c', values);
  const norm = makeNorm(op, values, options);
  return { colors: Array.from(tableIndices(values, norm), (i) => norm.table[Math.max(0, i)]), mappable: { ...norm, alpha } };
}

export function makeScatter(xs: VectorLike, ys: VectorLike, rest: ScatterArgs, nextColor: () => Hex): { readonly artist: ScatterArtist; readonly mappable: Mappable | undefined } {
  const op = 'scatter';
  const options = readOptions<ScatterOptions>(op, ['s', 'c', 'marker'], ['color', 'cmap', 'norm', 'vmin', 'vmax', 'alpha', 'linewidths', 'edgecolors', 'zorder', 'label'], rest);
  const x = toVector(op, 'x', xs), y = toVector(op, 'y', ys);
  sameLength(op, 'x', x, 'y', y);
  const sizes = toVector(op, 's', options.s ?? 36);
  if (sizes.length !== 1) sameLength(op, 'x', x, 's', sizes);
  const marker = checkOneOf(op, 'marker', options.marker ?? 'o', markers), alpha = checkAlpha(op, options.alpha), label = checkLabel(op, options.label);
  const outline = checkFill(op, 'edgecolors', options.edgecolors ?? 'none');
  const edge = outline && { color: outline, width: checkNumber(op, 'linewidths', options.linewidths ?? 1, { min: 0 }) };
  const { colors, mappable } = pointColors(op, options, x, alpha, nextColor);
  return { artist: { kind: 'scatter', x, y, sizes, colors, edge, marker, alpha, zorder: checkZorder(op, options.zorder), label }, mappable };
}
