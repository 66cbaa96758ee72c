/**
 * Figures as matplotlib.pyplot's users know them: a current figure and current axes, or the objects themselves.
 *
 *     import * as plt from 'flambeau/plot';
 *     plt.subplot(2, 1, 1); plt.title('y true'); plt.plot(x, y);
 *     await plt.show();
 *
 * Data are arrays, typed arrays or tensors. Nothing here loads the tensor library.
 */
import { ArgumentError } from '../core/errors.ts';
import { attentionGrid, type AttentionOptions, drawAttention } from './attention.ts';
import type { Axes } from './axes.ts';
import type { Limit } from './axis.ts';
import type { Colorbar } from './colorbar.ts';
import { Figure, type FigureColorbarOptions, type FigureOptions, type PngOptions, type SubplotGridOptions } from './figure.ts';
import type { Mappable } from './images.ts';
import { Live, type LiveOptions } from './live.ts';
import { realSurroundings, type SaveOptions, showFigure, type Surroundings } from './output.ts';
import type { TerminalOptions } from './terminal.ts';
import { type ArrayLikeND, checkNumber, describe } from './values.ts';

export type { AttentionOptions } from './attention.ts';
export { Axes, type HistResult, type HistResults } from './axes.ts';
export type { Limit, ScaleName, TickOptions } from './axis.ts';
export type { BarhOptions, BarOptions } from './bars.ts';
export type { BoxplotOptions, Datasets, PieOptions, ViolinplotOptions } from './boxes.ts';
export { Colorbar, type ColorbarOptions } from './colorbar.ts';
export type { ColorMap, ColorMapName, NormOptions } from './colormap.ts';
export type { ContourOptions } from './contours.ts';
export { type LossCurveOptions, type LossSeries, smooth } from './curves.ts';
export { Figure, type FigureColorbarOptions, type FigureOptions, type PngOptions, type Share } from './figure.ts';
export type { ConfusionMatrixArgs, ConfusionMatrixOptions, HeatmapOptions } from './heatmaps.ts';
export type { HistOptions, StairsOptions } from './histogram.ts';
export type { ImshowOptions, Mappable, PcolormeshOptions } from './images.ts';
export type { ErrorbarOptions, FillBetweenOptions, LinesOptions, SpanOptions, StemOptions, StepOptions } from './lines.ts';
export { Live, type LiveOptions } from './live.ts';
export { type GridArgs, makeGrid, type MakeGridOptions } from './make-grid.ts';
export type { SaveOptions, Surroundings } from './output.ts';
export type { GridOptions, LegendOptions, LegendPlace, TickParams } from './panel.ts';
export type { ScatterOptions } from './points.ts';
export type { Classifier, DecisionRegionsOptions } from './regions.ts';
export type { LineOptions, LineStyleName, Marker } from './style.ts';
export type { TerminalOptions } from './terminal.ts';
export type { AnnotateOptions, TextOptions } from './texts.ts';
export type { ArrayLikeND, MatrixLike, VectorLike } from './values.ts';

export interface SubplotsOptions extends FigureOptions, SubplotGridOptions {}

const open: Figure[] = [];
let active: Figure | undefined;
/** What `show` closed last, so that `savefig` after `show` still has its figure. */
let shown: Figure | undefined;

/** Starts a figure and makes it current. */
export function figure(options: FigureOptions = {}): Figure {
  const number = open.reduce((largest, { number: n }) => Math.max(largest, n), 0) + 1;
  active = new Figure(number, options);
  open.push(active);
  return active;
}

/** The current figure; a new one where there is none. */
export function gcf(): Figure {
  return active ?? figure();
}

/** The current axes of the current figure. */
export function gca(): Axes {
  return gcf().gca();
}

export function subplot(rows: number, columns: number, index: number | readonly [number, number]): Axes {
  return gcf().subplot(rows, columns, index);
}

/**
 * A new figure with a full grid: `const [fig, axes] = subplots(2, 3, { sharex: true })`, axes row by row.
 */
export function subplots(nrows = 1, ncols = 1, options: SubplotsOptions = {}): [Figure, Axes[]] {
  const { figsize, dpi, ...grid } = options;
  const created = figure({ figsize, dpi });
  try {
    return [created, created.subplots(nrows, ncols, grid)];
  } catch (error) {
    close(created);
    throw error;
  }
}

/** Makes an axes (and the figure that has it) the current one. */
export function sca(axes: Axes): void {
  const owner = open.find((each) => each.axes.includes(axes));
  if (!owner) throw new ArgumentError('sca', 'axes', 'must be of an open figure');
  active = owner;
  owner.sca(axes);
}

/** A second axes over the current one, with its own y axis on the right; it becomes the current one. */
export function twinx(): Axes {
  const other = gca().twinx();
  gcf().sca(other);
  return other;
}

/** A second axes over the current one, with its own x axis on top; it becomes the current one. */
export function twiny(): Axes {
  const other = gca().twiny();
  gcf().sca(other);
  return other;
}

type MethodName = { [K in keyof Axes]: Axes[K] extends (...args: never[]) => unknown ? K : never }[keyof Axes];

/** A method of whatever axes is current at the call. */
function current<K extends MethodName>(name: K): Axes[K] {
  const call = (...args: never[]): unknown => {
    const axes = gca();
    return (axes[name] as (...given: never[]) => unknown).apply(axes, args);
  };
  return call as Axes[K];
}

export const plot = current('plot');
export const semilogx = current('semilogx');
export const semilogy = current('semilogy');
export const loglog = current('loglog');
export const step = current('step');
export const errorbar = current('errorbar');
export const stem = current('stem');
export const fillBetween = current('fillBetween');
export const fillBetweenx = current('fillBetweenx');
export const scatter = current('scatter');
export const bar = current('bar');
export const barh = current('barh');
export const hist = current('hist');
export const stairs = current('stairs');
export const imshow = current('imshow');
export const matshow = current('matshow');
export const heatmap = current('heatmap');
export const confusionMatrix = current('confusionMatrix');
export const contour = current('contour');
export const contourf = current('contourf');
export const decisionRegions = current('decisionRegions');
export const boxplot = current('boxplot');
export const violinplot = current('violinplot');
export const pie = current('pie');
export const lossCurve = current('lossCurve');
export const pcolormesh = current('pcolormesh');
export const axhline = current('axhline');
export const axvline = current('axvline');
export const axhspan = current('axhspan');
export const axvspan = current('axvspan');
export const hlines = current('hlines');
export const vlines = current('vlines');
export const text = current('text');
export const annotate = current('annotate');
export const title = current('setTitle');
export const xlabel = current('setXlabel');
export const ylabel = current('setYlabel');
export const xscale = current('setXscale');
export const yscale = current('setYscale');
export const xticks = current('setXticks');
export const yticks = current('setYticks');
export const tickParams = current('tickParams');
export const grid = current('grid');
export const legend = current('legend');
export const axis = current('axis');

/** The key to the colours of what was drawn last, or of `mappable`, beside its axes or those of `ax`. */
export function colorbar(mappable?: Mappable | FigureColorbarOptions, options: FigureColorbarOptions = {}): Colorbar {
  return gcf().colorbar(mappable, options);
}

/**
 * Attention weights (L, S) on the current axes, or (H, L, S) as a grid of heads in a new figure, with one scale of colours.
 */
export function attention(weights: ArrayLikeND, options: AttentionOptions = {}): readonly Axes[] {
  const { rows, columns } = attentionGrid('attention', weights, options);
  if (rows * columns === 1) return drawAttention(gcf(), weights, options);
  const created = figure({ figsize: [2 + 2.6 * columns, 0.8 + 2.6 * rows] });
  try {
    return drawAttention(created, weights, options);
  } catch (error) {
    close(created);
    throw error;
  }
}

let interactive: Live | undefined;

/** Interactive mode: from now on `draw` and `pause` show the current figure in the terminal, each time in the same place. */
export function ion(options: LiveOptions = {}, surroundings: Surroundings = realSurroundings()): void {
  interactive ??= new Live(leaving, options, surroundings);
}

/** Ends interactive mode; the last figure stays. */
export function ioff(): void {
  interactive?.close();
  interactive = undefined;
}

export function isinteractive(): boolean {
  return interactive !== undefined;
}

/** Redraws the current figure in interactive mode, not oftener than its interval; else, and without a terminal, does nothing. */
export function draw(): void {
  interactive?.draw();
}

/** Draws, whenever the last time was, and waits for `interval` seconds, in which the program's other tasks go on. */
export async function pause(interval: number): Promise<void> {
  const seconds = checkNumber('pause', 'interval', interval, { min: 0, max: 86_400 });
  interactive?.flush();
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

/**
 * A figure (the current one unless given) that is redrawn in place by `draw`, until `close`.
 *
 *     using live = plt.live();
 *     for (...) { plt.cla(); plt.lossCurve(losses); live.draw(); }
 */
export function live(options: LiveOptions & { readonly figure?: Figure } = {}, surroundings: Surroundings = realSurroundings()): Live {
  const { figure: chosen, ...rest } = options;
  if (chosen !== undefined && !(chosen instanceof Figure)) throw new ArgumentError('live', 'figure', `must be a figure, got ${describe(chosen)}`);
  return new Live(chosen ? () => chosen : leaving, rest, surroundings);
}

/** Sets the limits that are given, of the two, and returns both. */
export function xlim(left?: Limit | readonly [Limit, Limit], right?: Limit): readonly [number, number] {
  gca().setXlim(left, right);
  return gca().getXlim();
}

export function ylim(bottom?: Limit | readonly [Limit, Limit], top?: Limit): readonly [number, number] {
  gca().setYlim(bottom, top);
  return gca().getYlim();
}

export function suptitle(label: string): void {
  gcf().suptitle(label);
}

export function tightLayout(options: { readonly pad?: number } = {}): void {
  gcf().tightLayout(options);
}

/** Empties the current axes. */
export function cla(): void {
  gca().clear();
}

/** Empties the current figure. */
export function clf(): void {
  gcf().clear();
}

/** Forgets the current figure, a given one, or all of them. */
export function close(which?: Figure | 'all'): void {
  if (which === 'all') open.length = 0;
  else if (which !== undefined && !(which instanceof Figure)) throw new ArgumentError('close', 'which', `must be a figure or 'all', got ${describe(which)}`);
  const target = which instanceof Figure ? which : active;
  const at = target ? open.indexOf(target) : -1;
  if (at >= 0) open.splice(at, 1);
  if (which === 'all' || target === active) active = open.at(-1);
  if (which === 'all' || target === shown) shown = undefined;
}

function leaving(): Figure {
  return active ?? shown ?? figure();
}

export function toSVG(): string {
  return leaving().toSVG();
}

export function toHTML(): string {
  return leaving().toHTML();
}

export async function toPNG(options: PngOptions = {}): Promise<Uint8Array> {
  return leaving().toPNG(options);
}

export function toTerminal(options: TerminalOptions = {}): string {
  return leaving().toTerminal(options);
}

/** Writes the current figure as `.svg`, `.html` or `.png`; a file is whole or not there. */
export async function savefig(path: string, options: SaveOptions = {}): Promise<void> {
  return leaving().savefig(path, options);
}

/**
 * Shows the open figures and closes them: in a terminal that can draw them, else in the browser, else as an HTML
 * file whose path is printed.
 */
export async function show(surroundings: Surroundings = realSurroundings()): Promise<void> {
  const figures = open.splice(0);
  shown = active ?? shown;
  active = undefined;
  for (const each of figures) await showFigure(each, surroundings);
}
