/** Text at a point of the data, perhaps with an arrow to another. */
import { ArgumentError } from '../core/errors.ts';
import type { TextArtist } from './artists.ts';
import { checkRotation } from './axis.ts';
import { checkColor } from './color.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, describe, readOptions } from './values.ts';

export interface TextOptions {
  readonly color?: string;
  readonly fontsize?: number;
  readonly fontweight?: 'normal' | 'bold';
  readonly rotation?: number | 'horizontal' | 'vertical';
  readonly ha?: TextArtist['ha'];
  readonly va?: TextArtist['va'];
}

const names = ['color', 'fontsize', 'fontweight', 'rotation', 'ha', 'va'] as const;

export function makeText(op: string, x: number, y: number, text: string, options: TextOptions): TextArtist {
  checkOptions(op, options, names);
  return {
    kind: 'text', x: checkNumber(op, 'x', x), y: checkNumber(op, 'y', y), offset: [0, 0], text: checkText(op, 'text', text),
    color: checkColor(op, 'color', options.color ?? 'k'),
    fontsize: checkNumber(op, 'fontsize', options.fontsize ?? 10, { min: 1, max: 500 }),
    weight: checkOneOf(op, 'fontweight', options.fontweight ?? 'normal', ['normal', 'bold']),
    rotation: checkRotation(op, options.rotation ?? 0),
    ha: checkOneOf(op, 'ha', options.ha ?? 'left', ['left', 'center', 'right']),
    va: checkOneOf(op, 'va', options.va ?? 'baseline', ['top', 'center', 'baseline', 'bottom']),
    arrow: undefined,
  };
}

export interface AnnotateOptions extends TextOptions {
  /** Where the text is; at the point unless given. */
  readonly xytext?: readonly [number, number];
  /** Whether `xytext` is a place in the data or a distance from the point in points. */
  readonly textcoords?: 'data' | 'offset points';
  /** An empty object draws a plain arrow from the text to the point. */
  readonly arrowprops?: { readonly arrowstyle?: '->' | '-'; readonly color?: string; readonly lw?: number };
}

export type AnnotateArgs = [options?: AnnotateOptions] | [xytext: readonly [number, number], options?: AnnotateOptions];

function checkPoint(op: string, argument: string, value: unknown): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw new ArgumentError(op, argument, `must be [x, y], got ${describe(value)}`);
  return [checkNumber(op, argument, value[0]), checkNumber(op, argument, value[1])];
}

/** `annotate(text, xy, xytext?, options?)`. */
export function makeAnnotation(text: string, xy: readonly [number, number], rest: AnnotateArgs): TextArtist {
  const op = 'annotate';
  const { xytext, textcoords, arrowprops, ...style } = readOptions<AnnotateOptions>(op, ['xytext'], ['textcoords', 'arrowprops', ...names], rest);
  const [x, y] = checkPoint(op, 'xy', xy);
  const given = xytext === undefined ? undefined : checkPoint(op, 'xytext', xytext);
  const apart = checkOneOf(op, 'textcoords', textcoords ?? 'data', ['data', 'offset points']) === 'offset points';
  checkOptions(op, arrowprops, ['arrowstyle', 'color', 'lw']);
  const arrow = arrowprops && {
    x, y, head: checkOneOf(op, 'arrowstyle', arrowprops.arrowstyle ?? '->', ['->', '-']) === '->',
    color: checkColor(op, 'color', arrowprops.color ?? 'k'), width: checkNumber(op, 'lw', arrowprops.lw ?? 1, { min: 0 }),
  };
  const [tx, ty] = given && !apart ? given : [x, y];
  return { ...makeText(op, tx, ty, text, style), offset: given && apart ? given : [0, 0], arrow };
}
