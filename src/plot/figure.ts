/** A figure: panels on a page, and the forms in which it leaves. */
import { ArgumentError, IndexRangeError } from '../core/errors.ts';
import { Axes, shareAxis } from './axes.ts';
import { checkMappable, Colorbar, colorbarOptionNames, type ColorbarOptions } from './colorbar.ts';
import { figureToHTML } from './html.ts';
import type { Mappable } from './images.ts';
import { unitsPerInch } from './units.ts';
import { saveFigure, type SaveOptions } from './output.ts';
import type { Cell } from './panel.ts';
import { rasterize } from './png.ts';
import { figureToSVG } from './svg.ts';
import { figureToTerminal, type TerminalOptions } from './terminal.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, describe, readOptions } from './values.ts';

export interface FigureOptions {
  /** Width and height in inches. */
  readonly figsize?: readonly [number, number];
  /** Pixels per inch of a PNG, and of the nominal size of an SVG. */
  readonly dpi?: number;
}

/** Which panels of a grid share an axis: all of them, those of a row or of a column, or none. */
export type Share = boolean | 'none' | 'all' | 'row' | 'col';

export interface SubplotGridOptions {
  readonly sharex?: Share;
  readonly sharey?: Share;
  /** Relative widths of the columns and heights of the rows. */
  readonly widthRatios?: readonly number[];
  readonly heightRatios?: readonly number[];
}

export interface FigureColorbarOptions extends ColorbarOptions {
  /** The axes that it belongs to; beside several it is one for all of them. */
  readonly ax?: Axes | readonly Axes[];
}

/** A colour bar beside several axes. */
export interface SharedColorbar {
  readonly bar: Colorbar;
  readonly axes: readonly Axes[];
}

export interface PngOptions {
  readonly dpi?: number;
}

function checkCount(op: string, argument: string, value: unknown): number {
  const n = checkNumber(op, argument, value, { min: 1, max: 1000 });
  if (!Number.isInteger(n)) throw new ArgumentError(op, argument, `must be a whole number, got ${n}`);
  return n;
}

function checkShare(op: string, argument: string, value: unknown): 'all' | 'row' | 'col' | 'none' {
  if (value === undefined || value === false) return 'none';
  return value === true ? 'all' : checkOneOf(op, argument, value, ['none', 'all', 'row', 'col']);
}

function checkRatios(op: string, argument: string, value: unknown, count: number): readonly number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length !== count) throw new ArgumentError(op, argument, `must hold ${count} numbers, got ${Array.isArray(value) ? value.length : describe(value)}`);
  return value.map((v) => checkNumber(op, argument, v, { min: 1e-3, max: 1e6 }));
}

function sameCell(a: Cell, b: Cell): boolean {
  return a.rows === b.rows && a.columns === b.columns && a.top === b.top && a.bottom === b.bottom && a.left === b.left && a.right === b.right;
}

export class Figure {
  readonly number: number;
  readonly axes: Axes[] = [];
  readonly colorbars: SharedColorbar[] = [];
  readonly dpi: number;
  /** In units of the drawing (hundredths of an inch). */
  readonly width: number;
  readonly height: number;
  heading = '';
  /** Space around panels, in font sizes. */
  pad = 1.08;
  current: Axes | undefined;

  constructor(number: number, options: FigureOptions = {}) {
    const op = 'figure';
    checkOptions(op, options, ['figsize', 'dpi']);
    const figsize = options.figsize ?? [6.4, 4.8];
    if (!Array.isArray(figsize) || figsize.length !== 2) throw new ArgumentError(op, 'figsize', `must be [width, height] in inches, got ${describe(figsize)}`);
    for (const inches of figsize) checkNumber(op, 'figsize', inches, { min: 0.5, max: 200 });
    this.number = number;
    this.width = figsize[0] * unitsPerInch;
    this.height = figsize[1] * unitsPerInch;
    this.dpi = checkNumber(op, 'dpi', options.dpi ?? 100, { min: 10, max: 1200 });
  }

  /** The axes at a cell of a grid, counted from 1 along rows; `[first, last]` spans cells. Makes it if it is new. */
  subplot(rows: number, columns: number, index: number | readonly [number, number]): Axes {
    const op = 'subplot';
    checkCount(op, 'rows', rows);
    checkCount(op, 'columns', columns);
    const [first, last] = Array.isArray(index) ? (index as readonly [number, number]) : [index as number, index as number];
    for (const n of [first, last]) {
      if (typeof n !== 'number' || !Number.isInteger(n)) throw new ArgumentError(op, 'index', `must be a whole number or [first, last], got ${describe(n)}`);
      if (n < 1 || n > rows * columns) {
        throw new IndexRangeError(op, n, rows * columns, `index must be between 1 and ${rows * columns} in a grid of ${rows} x ${columns}, got ${n}`);
      }
    }
    const lines = [first, last].map((n) => Math.floor((n - 1) / columns));
    const posts = [first, last].map((n) => (n - 1) % columns);
    const cell: Cell = { rows, columns, top: Math.min(...lines), bottom: Math.max(...lines), left: Math.min(...posts), right: Math.max(...posts) };
    const axes = this.axes.find((known) => known.twin === undefined && sameCell(known.cell, cell)) ?? new Axes(cell, this.axes);
    this.current = axes;
    return axes;
  }

  /** A full grid of axes, row by row; shared axes have common limits, and labels only at the outer panels. */
  subplots(rows = 1, columns = 1, options: SubplotGridOptions = {}): Axes[] {
    const op = 'subplots';
    checkOptions(op, options, ['sharex', 'sharey', 'widthRatios', 'heightRatios']);
    const n = checkCount(op, 'nrows', rows) * checkCount(op, 'ncols', columns);
    const [sharex, sharey] = (['sharex', 'sharey'] as const).map((name) => checkShare(op, name, options[name]));
    const widths = checkRatios(op, 'widthRatios', options.widthRatios, columns), heights = checkRatios(op, 'heightRatios', options.heightRatios, rows);
    const made = Array.from({ length: n }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return new Axes({ rows, columns, top: row, bottom: row, left: column, right: column, widths, heights }, this.axes);
    });
    for (const [which, share] of [['x', sharex], ['y', sharey]] as const) {
      made.forEach((axes, i) => {
        const first = share === 'all' ? 0 : share === 'row' ? i - (i % columns) : share === 'col' ? i % columns : i;
        if (first !== i) shareAxis(which, made[first], axes);
      });
    }
    made.forEach(({ x, y, cell }) => {
      if (sharex === 'all' || sharex === 'col') x.labelled = cell.bottom === rows - 1;
      if (sharey === 'all' || sharey === 'row') y.labelled = cell.left === 0;
    });
    this.current = made[0];
    return made;
  }

  /** The key to the colours of `mappable`, else of what the current axes drew last, beside its axes or those of `ax`. */
  colorbar(mappable?: Mappable | FigureColorbarOptions, given: FigureColorbarOptions = {}): Colorbar {
    const op = 'colorbar';
    const [source, rest] = mappable !== undefined && !('table' in mappable) ? [undefined, mappable] : [mappable as Mappable | undefined, given];
    const { ax, ...options } = readOptions<FigureColorbarOptions>(op, [], ['ax', ...colorbarOptionNames], [rest]);
    if (Array.isArray(ax)) {
      const axes = ax as readonly Axes[];
      const bar = new Colorbar(checkMappable(source, axes.flatMap((each) => each.mappables).at(-1)), options);
      this.colorbars.push({ bar, axes });
      return bar;
    }
    const owner = (ax as Axes | undefined) ?? this.axes.find((axes) => source !== undefined && axes.mappables.includes(source)) ?? this.gca();
    if (!(owner instanceof Axes)) throw new ArgumentError(op, 'ax', `must be an axes or an array of them, got ${describe(owner)}`);
    return owner.colorbar(checkMappable(source, owner.mappables.at(-1)), options);
  }

  /** The current axes; the whole page where there is none yet. */
  gca(): Axes {
    return this.current ?? this.subplot(1, 1, 1);
  }

  /** Makes an axes that this figure has the current one. */
  sca(axes: Axes): void {
    if (!this.axes.includes(axes)) throw new ArgumentError('sca', 'axes', 'must be of this figure');
    this.current = axes;
  }

  suptitle(text: string): void {
    this.heading = checkText('suptitle', 'text', text);
  }

  /** Panels never overlap; this sets the space between them, in font sizes. */
  tightLayout(options: { readonly pad?: number } = {}): void {
    checkOptions('tightLayout', options, ['pad']);
    this.pad = checkNumber('tightLayout', 'pad', options.pad ?? 0.6, { min: 0, max: 20 });
  }

  clear(): void {
    this.axes.length = 0;
    this.colorbars.length = 0;
    this.current = undefined;
    this.heading = '';
  }

  toSVG(): string {
    return figureToSVG(this);
  }

  /** A page that needs nothing else: the SVG inside, and the data under the pointer written below it. */
  toHTML(): string {
    return figureToHTML(this);
  }

  async toPNG(options: PngOptions = {}): Promise<Uint8Array> {
    checkOptions('toPNG', options, ['dpi']);
    const dpi = checkNumber('toPNG', 'dpi', options.dpi ?? this.dpi, { min: 10, max: 1200 });
    return rasterize(figureToSVG(this), dpi / this.dpi);
  }

  toTerminal(options: TerminalOptions = {}): string {
    return figureToTerminal(this, options);
  }

  /** Writes `.svg`, `.html` or `.png`, whole or not at all; the content is settled when the call returns. */
  async savefig(path: string, options: SaveOptions = {}): Promise<void> {
    return saveFigure(this, path, options);
  }
}

