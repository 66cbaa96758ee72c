/** Lines through points and lines that carry more: steps, errors, stems, rules. */
import type { CallArgs } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Artist, LineArtist } from './artists.ts';
import { checkColor, cycle, type Hex } from './color.ts';
import { checkAlpha, checkLabel, checkLineStyle, checkZorder, type Format, lineOptionNames, type LineOptions, lineStyle, type LineStyleLike, parseFormat } from './style.ts';
import { checkNumber, checkOneOf, checkOptions, describe, isData, readOptions, sameLength, spread, toVector, type VectorLike } from './values.ts';

export type PlotArgs = readonly (VectorLike | string | LineOptions)[];

export type StepWhere = 'pre' | 'post' | 'mid';

/** Corners of stairs through points. */
function stepped(x: Float64Array, y: Float64Array, where: StepWhere): { x: Float64Array; y: Float64Array } {
  const [sx, sy]: [number[], number[]] = [[], []];
  const add = (a: number, b: number): void => void (sx.push(a), sy.push(b));
  for (let i = 0; i < x.length; i++) {
    if (i > 0) {
      const middle = (x[i - 1] + x[i]) / 2;
      if (where === 'pre') add(x[i - 1], y[i]);
      else if (where === 'post') add(x[i], y[i - 1]);
      else (add(middle, y[i - 1]), add(middle, y[i]));
    }
    add(x[i], y[i]);
  }
  return { x: Float64Array.from(sx), y: Float64Array.from(sy) };
}

/** `plot`'s groups of (y) or (x, y), each with an optional format, before one object of options for all. */
export function makeLines(op: string, args: PlotArgs, nextColor: () => Hex, where?: StepWhere): readonly LineArtist[] {
  const rest = [...args];
  const last = rest.at(-1);
  let options: LineOptions = {};
  if (rest.length > 0 && typeof last !== 'string' && !isData(last)) {
    checkOptions(op, last, lineOptionNames);
    options = (last ?? {}) as LineOptions;
    rest.pop();
  }
  if (rest.length === 0) throw new ArgumentError(op, 'y', 'is missing');
  const lines: LineArtist[] = [];
  while (rest.length > 0) {
    const first = toVector(op, rest.length > 1 && typeof rest[1] !== 'string' ? 'x' : 'y', rest.shift());
    const second = rest.length > 0 && typeof rest[0] !== 'string' ? toVector(op, 'y', rest.shift()) : undefined;
    const format: Format = typeof rest[0] === 'string' ? parseFormat(op, rest.shift() as string) : {};
    const y = second ?? first;
    const x = second ? first : Float64Array.from(first, (_, i) => i);
    sameLength(op, 'x', x, 'y', y);
    const style = lineStyle(op, options, format, nextColor), label = checkLabel(op, options.label);
    lines.push({ kind: 'line', ...(where ? stepped(x, y, where) : { x, y }), style, label });
  }
  return lines;
}

export interface StepOptions extends LineOptions {
  readonly where?: StepWhere;
}

/** `step(x, y, fmt?, { where })`. */
export function makeSteps(args: readonly (VectorLike | string | StepOptions)[], nextColor: () => Hex): readonly LineArtist[] {
  const op = 'step';
  const last = args.at(-1);
  if (typeof last === 'string' || isData(last) || last === undefined) return makeLines(op, args as PlotArgs, nextColor, 'pre');
  checkOptions(op, last, [...lineOptionNames, 'where']);
  const { where, ...style } = last as StepOptions;
  return makeLines(op, [...(args.slice(0, -1) as PlotArgs), style], nextColor, checkOneOf<StepWhere>(op, 'where', where ?? 'pre', ['pre', 'post', 'mid']));
}

/** The style of a plain line of one colour, as matplotlib's collections draw it. */
export function plainStyle(color: Hex, linewidth = 1.5, alpha = 1): LineArtist['style'] {
  return { color, linewidth, linestyle: '-', marker: 'None', markersize: 6, markerfacecolor: color, markeredgecolor: undefined, alpha, zorder: undefined };
}

export interface ErrorOptions {
  /** One distance for all, one per point, or [below, above]. */
  readonly xerr?: VectorLike | readonly [VectorLike, VectorLike];
  readonly yerr?: VectorLike | readonly [VectorLike, VectorLike];
  readonly elinewidth?: number;
  /** Half the length of the caps, in points. */
  readonly capsize?: number;
}

/** Distances below and above each point. */
function distances(op: string, argument: 'xerr' | 'yerr', value: NonNullable<ErrorOptions['xerr']>, count: number): readonly [Float64Array, Float64Array] {
  const pair = Array.isArray(value) && value.length === 2 && value.every((side) => isData(side) && typeof side !== 'number');
  const sides = pair ? (value as readonly VectorLike[]) : [value as VectorLike, value as VectorLike];
  const [below, above] = sides.map((side) => spread(op, argument, side, count));
  for (const v of [...below, ...above]) if (v < 0) throw new ArgumentError(op, argument, `must not be negative, got ${v}`);
  return [below, above];
}

/** Error bars and their caps, as lines with gaps. */
export function errorMarks(op: string, x: Float64Array, y: Float64Array, options: ErrorOptions, color: Hex, alpha: number): readonly LineArtist[] {
  const marks: LineArtist[] = [];
  const linewidth = checkNumber(op, 'elinewidth', options.elinewidth ?? 1.5, { min: 0 });
  const capsize = checkNumber(op, 'capsize', options.capsize ?? 0, { min: 0 });
  for (const axis of ['x', 'y'] as const) {
    const given = options[`${axis}err`];
    if (given === undefined) continue;
    const [below, above] = distances(op, `${axis}err`, given, x.length);
    const along = axis === 'x' ? x : y, across = axis === 'x' ? y : x;
    const ends = Float64Array.from({ length: 3 * x.length }, (_, i) => {
      const k = Math.floor(i / 3);
      return i % 3 === 0 ? along[k] - below[k] : i % 3 === 1 ? along[k] + above[k] : Number.NaN;
    });
    const stays = Float64Array.from(ends, (v, i) => (Number.isNaN(v) ? Number.NaN : across[Math.floor(i / 3)]));
    const [px, py] = axis === 'x' ? [ends, stays] : [stays, ends];
    marks.push({ kind: 'line', x: px, y: py, style: plainStyle(color, linewidth, alpha), label: undefined });
    if (capsize > 0) {
      const caps = { ...plainStyle(color, linewidth, alpha), linestyle: 'None', marker: axis === 'x' ? '|' : '_', markersize: 2 * capsize } as const;
      marks.push({ kind: 'line', x: px, y: py, style: caps, label: undefined });
    }
  }
  return marks;
}

export interface ErrorbarOptions extends LineOptions, ErrorOptions {
  /** A format string; `'none'` draws the error bars alone. */
  readonly fmt?: string;
  readonly ecolor?: string;
}

export type ErrorbarArgs = CallArgs<[yerr: NonNullable<ErrorOptions['yerr']>, xerr: NonNullable<ErrorOptions['xerr']>, fmt: string], ErrorbarOptions>;

/** `errorbar(x, y, yerr?, xerr?, fmt?, options?)`. */
export function makeErrorbar(xs: VectorLike, ys: VectorLike, rest: ErrorbarArgs, nextColor: () => Hex): readonly LineArtist[] {
  const op = 'errorbar';
  const options = readOptions<ErrorbarOptions>(op, ['yerr', 'xerr', 'fmt'], [...lineOptionNames, 'ecolor', 'elinewidth', 'capsize'], rest);
  const x = toVector(op, 'x', xs), y = toVector(op, 'y', ys);
  sameLength(op, 'x', x, 'y', y);
  const alone = options.fmt === 'none';
  const label = checkLabel(op, options.label);
  const style = lineStyle(op, options, alone || options.fmt === undefined ? {} : parseFormat(op, options.fmt), nextColor);
  const ecolor = options.ecolor === undefined ? style.color : checkColor(op, 'ecolor', options.ecolor);
  const marks = errorMarks(op, x, y, options, ecolor, style.alpha);
  return alone ? marks.map((mark, i) => (i === 0 ? { ...mark, label } : mark)) : [...marks, { kind: 'line', x, y, style, label }];
}

export interface StemOptions {
  /** Formats of the stems, of the points at their ends and of the line they stand on. */
  readonly linefmt?: string;
  readonly markerfmt?: string;
  readonly basefmt?: string;
  readonly bottom?: number;
  readonly label?: string;
}

/** `stem(y)` or `stem(x, y)`: lines from a base to each value. */
export function makeStem(args: readonly (VectorLike | StemOptions)[]): readonly LineArtist[] {
  const op = 'stem';
  const last = args.at(-1);
  const given = last !== undefined && !isData(last);
  if (given) checkOptions(op, last, ['linefmt', 'markerfmt', 'basefmt', 'bottom', 'label']);
  const options = given ? (last as StemOptions) : {};
  const data = given ? args.slice(0, -1) : args;
  if (data.length < 1 || data.length > 2) throw new ArgumentError(op, 'arguments', `must be y or x, y, got ${data.length} arrays`);
  const y = toVector(op, 'y', data[data.length - 1]);
  const x = data.length === 2 ? toVector(op, 'x', data[0]) : Float64Array.from(y, (_, i) => i);
  sameLength(op, 'x', x, 'y', y);
  const bottom = checkNumber(op, 'bottom', options.bottom ?? 0);
  const style = (format: string): LineArtist['style'] => lineStyle(op, {}, parseFormat(op, format), () => cycle[0]);
  const stems = { x: Float64Array.from({ length: 3 * x.length }, (_, i) => x[Math.floor(i / 3)]), y: Float64Array.from({ length: 3 * x.length }, (_, i) => [bottom, y[Math.floor(i / 3)], Number.NaN][i % 3]) };
  const [low, high] = [x.reduce((a, b) => Math.min(a, b), Infinity), x.reduce((a, b) => Math.max(a, b), -Infinity)];
  return [
    { kind: 'line', ...stems, style: style(options.linefmt ?? 'C0-'), label: undefined },
    { kind: 'line', x: Float64Array.of(low, high), y: Float64Array.of(bottom, bottom), style: style(options.basefmt ?? 'C3-'), label: undefined },
    { kind: 'line', x, y, style: style(options.markerfmt ?? 'C0o'), label: checkLabel(op, options.label) },
  ];
}

export interface LinesOptions {
  readonly colors?: string | readonly string[];
  readonly linestyles?: LineStyleLike;
  readonly linewidth?: number;
  readonly alpha?: number;
  readonly label?: string;
}

export type LinesArgs = CallArgs<[colors: string | readonly string[], linestyles: LineStyleLike], LinesOptions>;

/** `hlines(y, xmin, xmax)` and `vlines(x, ymin, ymax)`. */
export function makeSegments(axis: 'x' | 'y', at: VectorLike, low: VectorLike, high: VectorLike, rest: LinesArgs): readonly LineArtist[] {
  const [op, other] = axis === 'y' ? ['hlines', 'x'] : ['vlines', 'y'];
  const options = readOptions<LinesOptions>(op, ['colors', 'linestyles'], ['linewidth', 'alpha', 'label'], rest);
  const stays = toVector(op, axis, at);
  const [from, to] = [spread(op, `${other}min`, low, stays.length), spread(op, `${other}max`, high, stays.length)];
  const colors = [options.colors ?? 'C0'].flat();
  if (colors.length !== 1) sameLength(op, axis, stays, 'colors', colors);
  const style = { ...plainStyle(cycle[0], checkNumber(op, 'linewidth', options.linewidth ?? 1.5, { min: 0 }), checkAlpha(op, options.alpha)), linestyle: checkLineStyle(op, options.linestyles ?? '-') };
  const label = checkLabel(op, options.label);
  return colors.map((name, group) => {
    const color = checkColor(op, 'colors', name);
    const members = colors.length === 1 ? Array.from(stays.keys()) : [group];
    const ends = Float64Array.from(members.flatMap((i) => [from[i], to[i], Number.NaN]));
    const fixed = Float64Array.from(members.flatMap((i) => [stays[i], stays[i], Number.NaN]));
    const [x, y] = axis === 'y' ? [ends, fixed] : [fixed, ends];
    return { kind: 'line', x, y, style: { ...style, color }, label: group === 0 ? label : undefined };
  });
}

export type RuleArgs = CallArgs<[from: number, to: number], LineOptions & { readonly xmin?: number; readonly xmax?: number; readonly ymin?: number; readonly ymax?: number }>;

function fraction(op: string, name: string, value: unknown): number {
  return checkNumber(op, name, value, { min: 0, max: 1 });
}

/** `axhline(y, xmin, xmax)` where `axis` is y, `axvline(x, ymin, ymax)` where it is x. */
export function makeRule(axis: 'x' | 'y', at: number, rest: RuleArgs): Artist {
  const [op, other] = axis === 'y' ? ['axhline', 'x'] : ['axvline', 'y'];
  const options = readOptions<LineOptions & Readonly<Record<string, unknown>>>(op, [`${other}min`, `${other}max`], lineOptionNames, rest);
  const from = fraction(op, `${other}min`, options[`${other}min`] ?? 0), to = fraction(op, `${other}max`, options[`${other}max`] ?? 1);
  return { kind: 'rule', axis, at: checkNumber(op, axis, at), from, to, style: lineStyle(op, options, {}, () => cycle[0]), label: checkLabel(op, options.label) };
}

export interface SpanOptions {
  readonly color?: string;
  readonly facecolor?: string;
  readonly alpha?: number;
  readonly zorder?: number;
  readonly label?: string;
}

/** `axhspan(ymin, ymax)` where `axis` is y, `axvspan(xmin, xmax)` where it is x. */
export function makeSpan(axis: 'x' | 'y', low: number, high: number, options: SpanOptions): Artist {
  const op = axis === 'y' ? 'axhspan' : 'axvspan';
  checkOptions(op, options, ['color', 'facecolor', 'alpha', 'zorder', 'label']);
  return {
    kind: 'span', axis, low: checkNumber(op, `${axis}min`, low), high: checkNumber(op, `${axis}max`, high),
    color: checkColor(op, 'color', options.facecolor ?? options.color ?? 'C0'), alpha: checkAlpha(op, options.alpha), zorder: checkZorder(op, options.zorder), label: checkLabel(op, options.label),
  };
}

function join(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

export interface FillBetweenOptions {
  readonly where?: ArrayLike<boolean | number>;
  readonly color?: string;
  readonly facecolor?: string;
  readonly edgecolor?: string;
  readonly linewidth?: number;
  readonly alpha?: number;
  readonly zorder?: number;
  readonly label?: string;
}

export type FillBetweenArgs = CallArgs<[second: VectorLike, where: ArrayLike<boolean | number>], FillBetweenOptions & { readonly x2?: VectorLike; readonly y2?: VectorLike }>;

/** `fillBetween(x, y1, y2, where)` where `axis` is x, `fillBetweenx(y, x1, x2, where)` where it is y. */
export function makeFill(axis: 'x' | 'y', at: VectorLike, first: VectorLike, rest: FillBetweenArgs, nextColor: () => Hex): Artist {
  const [op, other] = axis === 'x' ? ['fillBetween', 'y'] : ['fillBetweenx', 'x'];
  const options = readOptions<FillBetweenOptions & Readonly<Record<string, VectorLike | undefined>>>(
    op, [`${other}2`, 'where'], ['color', 'facecolor', 'edgecolor', 'linewidth', 'alpha', 'zorder', 'label'], rest);
  const along = toVector(op, axis, at);
  const a = spread(op, `${other}1`, first, along.length), b = spread(op, `${other}2`, options[`${other}2`] ?? 0, along.length);
  const { where } = options;
  if (where !== undefined && (typeof where !== 'object' || where.length !== along.length)) throw new ShapeError(op, `where must hold ${along.length} truth values, got ${where.length ?? describe(where)}`);
  const rings: { x: Float64Array; y: Float64Array }[] = [];
  for (let start = 0; start < along.length; ) {
    const shown = (i: number): boolean => Number.isFinite(along[i] + a[i] + b[i]) && (where === undefined || Boolean(where[i]));
    let end = start;
    while (end < along.length && shown(end)) end++;
    if (end - start > 1) {
      const out = along.slice(start, end), back = out.toReversed();
      const p = join(out, back), q = join(a.slice(start, end), b.slice(start, end).toReversed());
      rings.push(axis === 'x' ? { x: p, y: q } : { x: q, y: p });
    }
    start = Math.max(end, start + 1);
  }
  const chosen = options.facecolor ?? options.color;
  const linewidth = checkNumber(op, 'linewidth', options.linewidth ?? 1, { min: 0 });
  const edge = options.edgecolor === undefined || options.edgecolor === 'none' ? undefined : { color: checkColor(op, 'edgecolor', options.edgecolor), width: linewidth };
  const alpha = checkAlpha(op, options.alpha), label = checkLabel(op, options.label);
  const fill = chosen === undefined ? nextColor() : checkColor(op, 'color', chosen);
  return { kind: 'area', parts: [{ rings, fill, shade: 0.35 }], edge, alpha, zorder: checkZorder(op, options.zorder), sticky: false, label };
}
