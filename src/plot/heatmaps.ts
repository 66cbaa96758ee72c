/** Matrices with named rows and columns and values in their cells: heat maps, confusion matrices, attention. */
import { format as formatter } from 'd3-format';
import { boolArg } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Axes } from './axes.ts';
import { type Hex, luminance, toRgb } from './color.ts';
import { colorTable, type ColorMap, tableIndices } from './colormap.ts';
import type { Mappable } from './images.ts';
import { type LinesArgs, makeSegments } from './lines.ts';
import { makeText } from './texts.ts';
import { checkOptions, checkText, describe, type Matrix, type MatrixLike, toArray, toMatrix, type VectorLike } from './values.ts';

/** How numbers are written: Python's format mini-language, such as `'d'`, `'.2f'`, `'.1%'`. */
export function numberFormat(op: string, argument: string, spec: unknown): (value: number) => string {
  if (typeof spec !== 'string') throw new ArgumentError(op, argument, `must be a format such as 'd', '.2f' or '.1%', got ${describe(spec)}`);
  try {
    // Python's g writes no trailing zeros, d3's does unless told.
    return formatter(spec.replace(/(?<!~)g$/, '~g'));
  } catch {
    throw new ArgumentError(op, argument, `must be a format such as 'd', '.2f' or '.1%', got ${describe(spec)}`);
  }
}

/** Whole numbers as they are, others with two digits. */
function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞';
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? String(value).replace('-', '−') : formatter('.2~g')(value);
}

function tickNames(op: string, argument: string, names: unknown, count: number): readonly string[] | undefined {
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) throw new ArgumentError(op, argument, `must be an array of names, got ${describe(names)}`);
  if (names.length !== count) throw new ShapeError(op, `${argument} must hold ${count} names, got ${names.length}`);
  return names.map((name) => checkText(op, argument, name));
}

interface Cells extends Matrix {
  readonly texts: readonly string[];
  readonly colors: readonly Hex[];
}

/** Writes into the cells what fits there. */
function annotate(axes: Axes, { columns, texts, colors }: Cells, fontsize: number): void {
  texts.forEach((text, i) => {
    if (text === '') return;
    axes.artists.push({ ...makeText('text', i % columns, Math.floor(i / columns), text, { ha: 'center', va: 'center', color: colors[i], fontsize }), room: 1 });
  });
}

export interface HeatmapOptions {
  readonly vmin?: number;
  readonly vmax?: number;
  readonly cmap?: ColorMap;
  readonly norm?: 'linear' | 'log';
  /** Writes the values, or those of another matrix, into the cells. */
  readonly annot?: boolean | MatrixLike;
  readonly fmt?: string;
  /** In points, of the values. */
  readonly fontsize?: number;
  /** Between cells, in points. */
  readonly linewidths?: number;
  readonly linecolor?: string;
  readonly cbar?: boolean;
  readonly cbarLabel?: string;
  readonly square?: boolean;
  readonly xticklabels?: readonly (string | number)[];
  readonly yticklabels?: readonly (string | number)[];
}

const heatmapNames = ['vmin', 'vmax', 'cmap', 'norm', 'annot', 'fmt', 'fontsize', 'linewidths', 'linecolor', 'cbar', 'cbarLabel', 'square', 'xticklabels', 'yticklabels'] as const;

/** seaborn's `heatmap`. */
export function drawHeatmap(axes: Axes, data: MatrixLike, options: HeatmapOptions, op = 'heatmap'): Mappable {
  checkOptions(op, options, heatmapNames);
  const matrix = toMatrix(op, 'data', data);
  const { rows, columns, values } = matrix;
  const { annot = false, vmin, vmax, cmap, norm } = options;
  const shown = typeof annot === 'boolean' ? matrix : toMatrix(op, 'annot', annot);
  if (shown.rows !== rows || shown.columns !== columns) throw new ShapeError(op, `annot must be ${rows} x ${columns} as the data, got ${shown.rows} x ${shown.columns}`);
  const write = options.fmt === undefined ? plainNumber : numberFormat(op, 'fmt', options.fmt);
  const xNames = tickNames(op, 'xticklabels', options.xticklabels, columns), yNames = tickNames(op, 'yticklabels', options.yticklabels, rows);
  const cbar = boolArg(op, 'cbar', options.cbar, true), square = boolArg(op, 'square', options.square);
  const nested = Array.from({ length: rows }, (_, i) => values.subarray(i * columns, (i + 1) * columns));
  const mappable = axes.imshow(nested, { cmap, norm, vmin, vmax, aspect: square ? 'equal' : 'auto' }) as Mappable;
  if (options.linewidths) {
    const between = (count: number): number[] => Array.from({ length: count - 1 }, (_, i) => i + 0.5);
    const line: LinesArgs = [{ colors: options.linecolor ?? 'w', linewidth: options.linewidths }];
    const lines = [...makeSegments('y', between(rows), -0.5, columns - 0.5, line), ...makeSegments('x', between(columns), -0.5, rows - 0.5, line)];
    axes.artists.push(...lines.map((artist) => ({ ...artist, fine: true } as const)));
  }
  if (annot !== false) {
    const colors = Array.from(tableIndices(values, mappable), (entry): Hex => (entry >= 0 && luminance(toRgb(mappable.table[entry])) < 0.55 ? '#ffffff' : '#262626'));
    annotate(axes, { ...shown, colors, texts: Array.from(shown.values, (v) => (Number.isNaN(v) ? '' : write(v))) }, options.fontsize ?? 10);
  }
  nameTicks(axes, xNames, yNames, rows, columns);
  if (cbar) axes.colorbar(mappable, { label: options.cbarLabel });
  return mappable;
}

/** Named ticks in the middle of the cells; without names, whole numbers where they are few. */
function nameTicks(axes: Axes, xNames: readonly string[] | undefined, yNames: readonly string[] | undefined, rows: number, columns: number): void {
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  if (xNames ?? columns <= 20) axes.setXticks(count(columns), xNames);
  if (yNames ?? rows <= 20) axes.setYticks(count(rows), yNames);
}

type Labels = VectorLike | readonly string[];

export interface ConfusionMatrixOptions {
  /** Classes and their order, where predictions are given; those that occur, sorted, unless given. */
  readonly labels?: readonly (string | number)[];
  readonly displayLabels?: readonly (string | number)[];
  /** Counts as parts of the true class (rows), of the predicted class (columns) or of all. */
  readonly normalize?: 'true' | 'pred' | 'all';
  readonly includeValues?: boolean;
  readonly valuesFormat?: string;
  readonly cmap?: ColorMap;
  readonly colorbar?: boolean;
  readonly xticksRotation?: number | 'horizontal' | 'vertical';
  readonly fontsize?: number;
}

const confusionNames = ['labels', 'displayLabels', 'normalize', 'includeValues', 'valuesFormat', 'cmap', 'colorbar', 'xticksRotation', 'fontsize'] as const;

/** Class labels: strings, or numbers of arrays and tensors. */
function toLabels(op: string, argument: string, value: unknown): readonly (string | number)[] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'string')) return value.map((item) => checkText(op, argument, item));
  return [...toArray(op, argument, value).values];
}

interface Counts {
  readonly counts: Matrix;
  readonly names: readonly (string | number)[];
}

function countPairs(op: string, yTrue: unknown, yPred: unknown, labels: readonly (string | number)[] | undefined): Counts {
  const [truth, guess] = [toLabels(op, 'yTrue', yTrue), toLabels(op, 'yPred', yPred)];
  if (truth.length !== guess.length) throw new ShapeError(op, `yTrue and yPred must have the same length, got ${truth.length} and ${guess.length}`);
  const names = labels ?? [...new Set([...truth, ...guess])].sort((a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1));
  const n = names.length;
  if (n === 0) throw new ArgumentError(op, 'yTrue', 'must not be empty');
  const index = new Map(names.map((name, i) => [name, i]));
  const values = new Float64Array(n * n);
  truth.forEach((label, i) => {
    const [row, column] = [index.get(label), index.get(guess[i])];
    if (row !== undefined && column !== undefined) values[row * n + column]++;
  });
  return { counts: { rows: n, columns: n, values }, names };
}

function normalizeCounts(op: string, { rows: n, values }: Matrix, by: ConfusionMatrixOptions['normalize']): Float64Array {
  if (by === undefined) return values;
  if (by !== 'true' && by !== 'pred' && by !== 'all') throw new ArgumentError(op, 'normalize', `must be 'true', 'pred' or 'all', got ${describe(by)}`);
  const totals = new Float64Array(by === 'all' ? 1 : n);
  const group = (i: number): number => (by === 'true' ? Math.floor(i / n) : by === 'pred' ? i % n : 0);
  values.forEach((v, i) => (totals[group(i)] += v));
  return values.map((v, i) => v / totals[group(i)] || 0);
}

/** sklearn's ConfusionMatrixDisplay: of counts, or of true and predicted labels. Returns what is in the cells. */
export function drawConfusionMatrix(axes: Axes, args: readonly unknown[]): number[][] {
  const op = 'confusionMatrix';
  const pair = args.length > 1 && (Array.isArray(args[1]) || ArrayBuffer.isView(args[1]) || typeof (args[1] as { tolist?: unknown } | undefined)?.tolist === 'function');
  const options = (args[pair ? 2 : 1] ?? {}) as ConfusionMatrixOptions;
  checkOptions(op, options, confusionNames);
  const { counts, names } = pair ? countPairs(op, args[0], args[1], options.labels) : { counts: toMatrix(op, 'confusionMatrix', args[0]), names: options.labels };
  const n = counts.rows;
  if (counts.columns !== n) throw new ShapeError(op, `confusionMatrix must have as many columns as rows, got ${n} x ${counts.columns}`);
  const values = normalizeCounts(op, counts, options.normalize);
  const display = tickNames(op, 'displayLabels', options.displayLabels ?? names ?? Array.from({ length: n }, (_, i) => i), n);
  const write = options.valuesFormat === undefined ? (options.normalize === undefined ? plainNumber : numberFormat(op, 'valuesFormat', '.2g')) : numberFormat(op, 'valuesFormat', options.valuesFormat);
  const table = colorTable(op, options.cmap ?? 'viridis');
  const includeValues = boolArg(op, 'includeValues', options.includeValues, true), colorbar = boolArg(op, 'colorbar', options.colorbar, true);
  const rows = Array.from({ length: n }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);
  const mappable = axes.imshow(rows, { cmap: options.cmap ?? 'viridis' }) as Mappable;
  if (includeValues) {
    // As in sklearn: the map's other end, on either side of the middle of the values.
    const threshold = (mappable.vmin + mappable.vmax) / 2;
    const colors = Array.from(values, (v) => (v < threshold ? table[table.length - 1] : table[0]));
    annotate(axes, { rows: n, columns: n, values, colors, texts: Array.from(values, write) }, options.fontsize ?? 10);
  }
  nameTicks(axes, display, display, n, n);
  if (options.xticksRotation !== undefined) axes.setXticks({ rotation: options.xticksRotation });
  axes.setXlabel('Predicted label');
  axes.setYlabel('True label');
  if (colorbar) axes.colorbar(mappable);
  return rows;
}

export type ConfusionMatrixArgs = [confusionMatrix: MatrixLike, options?: ConfusionMatrixOptions] | [yTrue: Labels, yPred: Labels, options?: ConfusionMatrixOptions];
