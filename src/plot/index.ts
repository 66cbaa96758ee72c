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
import type { Axes, BarOptions, HistOptions, ImshowOptions, LegendPlace, Limit, ScatterOptions, TextOptions } from './axes.ts';
import { Figure, type FigureOptions, type PngOptions } from './figure.ts';
import { realSurroundings, type SaveOptions, showFigure, type Surroundings } from './output.ts';
import type { LineOptions } from './style.ts';
import type { TerminalOptions } from './terminal.ts';
import { describe, type MatrixLike, type VectorLike } from './values.ts';

export { Axes, type BarOptions, type HistOptions, type ImshowOptions, type LegendPlace, type Limit, type ScatterOptions, type TextOptions } from './axes.ts';
export type { ColorMap, ColorMapName } from './color.ts';
export { Figure, type FigureOptions, type PngOptions } from './figure.ts';
export type { SaveOptions, Surroundings } from './output.ts';
export type { LineOptions, LineStyleName, Marker } from './style.ts';
export type { TerminalOptions } from './terminal.ts';
export type { MatrixLike, VectorLike } from './values.ts';

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

/** A new figure with a full grid: `const [fig, axes] = subplots(2, 3)`, axes row by row. */
export function subplots(rows = 1, columns = 1, options: FigureOptions = {}): [Figure, Axes[]] {
  const created = figure(options);
  const axes = Array.from({ length: rows * columns }, (_, i) => created.subplot(rows, columns, i + 1));
  created.current = axes[0];
  return [created, axes];
}

export function plot(...args: readonly (VectorLike | string | LineOptions)[]): void {
  gca().plot(...args);
}

export function scatter(x: VectorLike, y: VectorLike, options: ScatterOptions = {}): void {
  gca().scatter(x, y, options);
}

export function bar(x: VectorLike | readonly string[], height: VectorLike, options: BarOptions = {}): void {
  gca().bar(x, height, options);
}

export function barh(y: VectorLike | readonly string[], width: VectorLike, options: BarOptions = {}): void {
  gca().barh(y, width, options);
}

export function hist(x: VectorLike, options: HistOptions = {}): { counts: number[]; edges: number[] } {
  return gca().hist(x, options);
}

export function imshow(matrix: MatrixLike, options: ImshowOptions = {}): void {
  gca().imshow(matrix, options);
}

export function axhline(y = 0, options: LineOptions = {}): void {
  gca().axhline(y, options);
}

export function axvline(x = 0, options: LineOptions = {}): void {
  gca().axvline(x, options);
}

export function text(x: number, y: number, label: string, options: TextOptions = {}): void {
  gca().text(x, y, label, options);
}

export function title(label: string): void {
  gca().setTitle(label);
}

export function suptitle(label: string): void {
  gcf().suptitle(label);
}

export function xlabel(label: string): void {
  gca().setXlabel(label);
}

export function ylabel(label: string): void {
  gca().setYlabel(label);
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

export function xscale(scale: 'linear' | 'log'): void {
  gca().setXscale(scale);
}

export function yscale(scale: 'linear' | 'log'): void {
  gca().setYscale(scale);
}

export function xticks(ticks: VectorLike, labels?: readonly (string | number)[]): void {
  gca().setXticks(ticks, labels);
}

export function yticks(ticks: VectorLike, labels?: readonly (string | number)[]): void {
  gca().setYticks(ticks, labels);
}

export function grid(visible = true, options: { readonly axis?: 'both' | 'x' | 'y' } = {}): void {
  gca().grid(visible, options);
}

export function legend(labels?: readonly string[] | { readonly loc?: LegendPlace }, options: { readonly loc?: LegendPlace } = {}): void {
  gca().legend(labels, options);
}

export function axis(option: 'on' | 'off' | 'equal' | 'auto'): void {
  gca().axis(option);
}

export function tightLayout(options: { readonly pad?: number } = {}): void {
  gcf().tightLayout(options);
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
