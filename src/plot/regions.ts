/** Where a classifier decides what: its answers over a grid, and the points it learnt from. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { AreaPart } from './artists.ts';
import type { Axes } from './axes.ts';
import { cycle, finiteExtent, type Hex } from './color.ts';
import { type ColorMap, colorTable } from './colormap.ts';
import { makeContours, rings } from './contours.ts';
import type { Mappable } from './images.ts';
import { checkAlpha } from './style.ts';
import { type ArrayLikeND, checkNumber, checkOptions, checkText, describe, type MatrixLike, toArray, toMatrix, type VectorLike } from './values.ts';

export interface DecisionRegionsOptions {
  /** Points of the grid in each direction (100). */
  readonly gridResolution?: number;
  /** How far the grid reaches beyond the points (1). */
  readonly eps?: number;
  readonly xlim?: readonly [number, number];
  readonly ylim?: readonly [number, number];
  /** Of the regions (0.3), or of the response (0.8). */
  readonly alpha?: number;
  /** Colours of the classes, or of the response of one output (RdBu). */
  readonly cmap?: ColorMap;
  /** Where the boundary of one output lies: 0.5 where it is a probability, else 0. */
  readonly threshold?: number;
  /** Names of the classes, which a legend then shows. */
  readonly classNames?: readonly string[];
}

const decisionOptionNames = ['gridResolution', 'eps', 'xlim', 'ylim', 'alpha', 'cmap', 'threshold', 'classNames'] as const;

/**
 * The classifier: gets points [x0, x1] and answers with a class for each, with a score for each class (n, k), or with one
 * probability or score for each.
 */
export type Classifier = (points: number[][]) => ArrayLikeND;

interface Answers {
  /** Scores by class (n, k), where classes without scores have 0 and 1. */
  readonly scores: Float64Array | undefined;
  /** One output for each point. */
  readonly response: Float64Array | undefined;
  readonly classes: number;
}

function readAnswers(op: string, answer: ArrayLikeND, count: number): Answers {
  const { shape, values } = toArray(op, 'classify', answer);
  if (shape[0] !== count || shape.length > 2 || values.length === 0) throw new ShapeError(op, `classify must return one answer for each of ${count} points, got shape [${shape.join(', ')}]`);
  if (shape.length === 2 && shape[1] > 1) return { scores: values, response: undefined, classes: shape[1] };
  if (!values.every((v) => Number.isInteger(v) && v >= 0 && v < 1000)) return { scores: undefined, response: values, classes: 2 };
  const classes = 1 + values.reduce((most, v) => Math.max(most, v), 0);
  const scores = new Float64Array(count * classes);
  values.forEach((v, i) => (scores[i * classes + v] = 1));
  return { scores, response: undefined, classes };
}

function range(op: string, name: 'xlim' | 'ylim', given: unknown, values: Float64Array, eps: number): readonly [number, number] {
  if (given !== undefined) {
    if (!Array.isArray(given) || given.length !== 2 || !(given[0] < given[1])) throw new ArgumentError(op, name, `must be [low, high], got ${Array.isArray(given) ? `[${given.join(', ')}]` : describe(given)}`);
    return [checkNumber(op, name, given[0]), checkNumber(op, name, given[1])];
  }
  const [low, high] = finiteExtent(values) ?? [0, 1];
  // Without a margin a single point would span nothing.
  const room = low === high && eps === 0 ? 1 : eps;
  return [low - room, high + room];
}

/** Regions as nested areas: part i holds the classes from i on, so that no seam shows between neighbours. */
function nested(scores: Float64Array, classes: number, x: Float64Array, y: Float64Array, colors: readonly Hex[]): readonly AreaPart[] {
  const n = x.length * y.length;
  return Array.from({ length: classes }, (_, i): AreaPart => {
    const shade = classes > 1 ? i / (classes - 1) : 0.5;
    if (i === 0) return { rings: [frame(x, y)], fill: colors[0], shade };
    const margin = new Float64Array(n);
    for (let p = 0; p < n; p++) {
      let [below, above] = [-Infinity, -Infinity];
      for (let k = 0; k < classes; k++) {
        const score = scores[p * classes + k];
        if (k < i) below = Math.max(below, score);
        else above = Math.max(above, score);
      }
      margin[p] = above - below;
    }
    return { rings: rings({ rows: y.length, columns: x.length, values: margin, x, y }, 0), fill: colors[i], shade };
  });
}

function frame(x: Float64Array, y: Float64Array): { x: Float64Array; y: Float64Array } {
  const [left, right, low, high] = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
  return { x: Float64Array.of(left, right, right, left), y: Float64Array.of(low, low, high, high) };
}

/** Indices of the classes of the points, and their names: numbers stand for themselves. */
function classesOf(op: string, y: VectorLike | readonly string[], count: number): { indices: readonly number[]; names: readonly string[] } {
  if (Array.isArray(y) && y.some((label) => typeof label === 'string')) {
    const labels = y.map((label) => checkText(op, 'y', label));
    const names = [...new Set(labels)].sort();
    if (labels.length !== count) throw new ShapeError(op, `X and y must have the same length, got ${count} and ${labels.length}`);
    return { indices: labels.map((label) => names.indexOf(label)), names };
  }
  const { values } = toArray(op, 'y', y);
  if (values.length !== count) throw new ShapeError(op, `X and y must have the same length, got ${count} and ${values.length}`);
  for (const v of values) if (!Number.isInteger(v) || v < 0 || v >= 1000) throw new ArgumentError(op, 'y', `must hold classes 0, 1, 2, ..., got ${v}`);
  return { indices: [...values], names: [] };
}

export function drawDecisionRegions(axes: Axes, classify: Classifier, X: MatrixLike, y: VectorLike | readonly string[] | undefined, options: DecisionRegionsOptions): Mappable | undefined {
  const op = 'decisionRegions';
  checkOptions(op, options, decisionOptionNames);
  if (typeof classify !== 'function') throw new ArgumentError(op, 'classify', `must be a function of points, got ${describe(classify)}`);
  const { rows: count, columns, values } = toMatrix(op, 'X', X);
  if (columns !== 2) throw new ShapeError(op, `X must have two columns, got ${columns}`);
  const size = checkNumber(op, 'gridResolution', options.gridResolution ?? 100, { min: 2, max: 2000 });
  if (!Number.isInteger(size)) throw new ArgumentError(op, 'gridResolution', `must be a whole number, got ${size}`);
  const eps = checkNumber(op, 'eps', options.eps ?? 1, { min: 0 });
  const [px, py] = [0, 1].map((k) => Float64Array.from({ length: count }, (_, i) => values[2 * i + k]));
  const line = ([low, high]: readonly [number, number]): Float64Array => Float64Array.from({ length: size }, (_, i) => low + ((high - low) * i) / (size - 1));
  const gx = line(range(op, 'xlim', options.xlim, px, eps)), gy = line(range(op, 'ylim', options.ylim, py, eps));
  const known = y === undefined ? undefined : classesOf(op, y, count);
  const { classNames } = options;
  const answers = readAnswers(op, classify(Array.from({ length: size * size }, (_, i) => [gx[i % size], gy[Math.floor(i / size)]])), size * size);
  const classes = (known?.indices ?? []).reduce((most, v) => Math.max(most, v + 1), answers.classes);
  const names = classNames ?? (known && known.names.length > 0 ? known.names : undefined);
  if (classNames !== undefined && (!Array.isArray(classNames) || classNames.length < classes)) throw new ShapeError(op, `classNames must hold ${classes} names, got ${classNames.length}`);
  let mappable: Mappable | undefined;
  const colors = classColors(op, answers.response ? (options.cmap ?? 'RdBu_r') : options.cmap, classes);
  if (answers.response) mappable = drawResponse(axes, answers.response, gx, gy, options);
  else if (answers.scores) {
    const parts = nested(answers.scores, answers.classes, gx, gy, colors);
    axes.artists.push({ kind: 'area', parts, edge: undefined, alpha: checkAlpha(op, options.alpha ?? 0.3), sticky: true, label: undefined });
  }
  for (let k = 0; known && k < classes; k++) {
    const members = known.indices.flatMap((v, i) => (v === k ? [i] : []));
    axes.scatter(members.map((i) => px[i]), members.map((i) => py[i]), { c: colors[k], edgecolors: 'w', linewidths: 0.8, label: names?.[k] });
  }
  if (known && names) axes.legend();
  return mappable;
}

function classColors(op: string, cmap: ColorMap | undefined, classes: number): readonly Hex[] {
  if (cmap === undefined) return Array.from({ length: classes }, (_, i) => cycle[i % cycle.length]);
  const table = colorTable(op, cmap);
  // A list of colours is taken in order, a map is sampled from end to end.
  return Array.from({ length: classes }, (_, i) => (table.length < 256 ? table[i % table.length] : table[Math.round((255 * i) / Math.max(1, classes - 1))]));
}

/** One output as filled contours around its boundary, which is a line. */
function drawResponse(axes: Axes, response: Float64Array, x: Float64Array, y: Float64Array, options: DecisionRegionsOptions): Mappable {
  const probability = response.every((v) => !(v < 0 || v > 1));
  const threshold = checkNumber('decisionRegions', 'threshold', options.threshold ?? (probability ? 0.5 : 0));
  const grid = Array.from({ length: y.length }, (_, i) => response.subarray(i * x.length, (i + 1) * x.length));
  const reach = response.reduce((most, v) => Math.max(most, Number.isFinite(v) ? Math.abs(v - threshold) : 0), 0) || 1;
  const [low, high] = probability ? [0, 1] : [threshold - reach, threshold + reach];
  const levels = Array.from({ length: 11 }, (_, i) => low + ((high - low) * i) / 10);
  const mappable = axes.contourf(x, y, grid, { levels, cmap: options.cmap ?? 'RdBu_r', alpha: options.alpha ?? 0.8 });
  // A line of one colour is nothing that a colour bar could show.
  axes.artists.push(...makeContours([x, y, grid], { levels: [threshold], colors: 'k', linewidths: 1 }).artists);
  return mappable;
}
