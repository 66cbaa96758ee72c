/** Attention as heat maps: one, or one per head side by side. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Axes } from './axes.ts';
import type { ColorMap } from './colormap.ts';
import type { Figure } from './figure.ts';
import { drawHeatmap } from './heatmaps.ts';
import { type ArrayLikeND, checkNumber, checkOptions, toArray } from './values.ts';

export interface AttentionOptions {
  /** Names of the keys (columns) and of the queries (rows). */
  readonly xticklabels?: readonly (string | number)[];
  readonly yticklabels?: readonly (string | number)[];
  /** Of the heads (`Head 1`, ...). */
  readonly titles?: readonly string[];
  readonly ncols?: number;
  readonly cmap?: ColorMap;
  /** The weight of the last colour: the greatest one unless given. */
  readonly vmax?: number;
  readonly annot?: boolean;
  readonly fmt?: string;
}

const attentionOptionNames = ['xticklabels', 'yticklabels', 'titles', 'ncols', 'cmap', 'vmax', 'annot', 'fmt'] as const;

/** Heads of (L, S), (H, L, S) or (1, H, L, S), as nn.MultiheadAttention gives them for one sample. */
function toHeads(op: string, weights: ArrayLikeND): readonly Float64Array[][] {
  const { shape, values } = toArray(op, 'weights', weights);
  const [heads, rows, columns] = shape.length === 2 ? [1, ...shape] : shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  if (values.length === 0 || (shape.length !== 2 && shape.length !== 3 && !(shape.length === 4 && shape[0] === 1))) throw new ShapeError(op, `weights must be (L, S), (H, L, S) or (1, H, L, S), none of them empty, got shape [${shape.join(', ')}]`);
  return Array.from({ length: heads }, (_, h) => Array.from({ length: rows }, (_, i) => values.subarray((h * rows + i) * columns, (h * rows + i + 1) * columns)));
}

/** How many panels a grid of heads has in a row. */
export function attentionGrid(op: string, weights: ArrayLikeND, options: AttentionOptions): { readonly rows: number; readonly columns: number } {
  const heads = toHeads(op, weights).length;
  const columns = checkNumber(op, 'ncols', options.ncols ?? Math.min(4, Math.ceil(Math.sqrt(heads))), { min: 1, max: 1000 });
  if (!Number.isInteger(columns)) throw new ArgumentError(op, 'ncols', `must be a whole number, got ${columns}`);
  return { rows: Math.ceil(heads / Math.min(columns, heads)), columns: Math.min(columns, heads) };
}

/** Draws on the current axes or, where there are several heads, on a grid of the figure's with one scale of colours. */
export function drawAttention(figure: Figure, weights: ArrayLikeND, options: AttentionOptions): readonly Axes[] {
  const op = 'attention';
  checkOptions(op, options, attentionOptionNames);
  const heads = toHeads(op, weights);
  const { rows, columns } = attentionGrid(op, weights, options);
  const { titles } = options;
  if (titles !== undefined && titles.length !== heads.length) throw new ShapeError(op, `titles must hold ${heads.length} names, got ${titles.length}`);
  const vmax = options.vmax ?? heads.reduce((most, head) => head.reduce((m, row) => row.reduce((a, v) => (v > a ? v : a), m), most), 0);
  const { xticklabels, yticklabels, annot, fmt, cmap = 'viridis' } = options;
  const axes = heads.length === 1 ? [figure.gca()] : figure.subplots(rows, columns, { sharex: true, sharey: true }).slice(0, heads.length);
  heads.forEach((head, h) => {
    drawHeatmap(axes[h], head, { cmap, vmin: 0, vmax, xticklabels, yticklabels, annot, fmt, square: true, cbar: heads.length === 1 }, op);
    if (heads.length > 1 || titles) axes[h].setTitle(titles?.[h] ?? `Head ${h + 1}`);
    if (axes[h].cell.left === 0) axes[h].setYlabel('query');
    if (axes[h].cell.bottom === rows - 1) axes[h].setXlabel('key');
  });
  if (heads.length > 1) {
    for (let i = figure.axes.length - rows * columns + heads.length; i < figure.axes.length; i++) figure.axes[i].visible = false;
    figure.colorbar(axes[0].mappables[0], { ax: axes });
  }
  return axes;
}
