/** A figure: panels on a page, and the forms in which it leaves. */
import { ArgumentError, IndexRangeError } from '../core/errors.ts';
import { Axes, type Cell } from './axes.ts';
import { figureToHTML } from './html.ts';
import { unitsPerInch } from './layout.ts';
import { saveFigure, type SaveOptions } from './output.ts';
import { rasterize } from './png.ts';
import { figureToSVG } from './svg.ts';
import { figureToTerminal, type TerminalOptions } from './terminal.ts';
import { checkNumber, checkOptions, checkText, describe } from './values.ts';

export interface FigureOptions {
  /** Width and height in inches. */
  readonly figsize?: readonly [number, number];
  /** Pixels per inch of a PNG, and of the nominal size of an SVG. */
  readonly dpi?: number;
}

export interface PngOptions {
  readonly dpi?: number;
}

function checkCount(op: string, argument: string, value: unknown): number {
  const n = checkNumber(op, argument, value, { min: 1, max: 1000 });
  if (!Number.isInteger(n)) throw new ArgumentError(op, argument, `must be a whole number, got ${n}`);
  return n;
}

function sameCell(a: Cell, b: Cell): boolean {
  return a.rows === b.rows && a.columns === b.columns && a.top === b.top && a.bottom === b.bottom && a.left === b.left && a.right === b.right;
}

export class Figure {
  readonly number: number;
  readonly axes: Axes[] = [];
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
    let axes = this.axes.find((known) => sameCell(known.cell, cell));
    if (!axes) this.axes.push((axes = new Axes(cell)));
    this.current = axes;
    return axes;
  }

  /** The current axes; the whole page where there is none yet. */
  gca(): Axes {
    return this.current ?? this.subplot(1, 1, 1);
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

