/** A figure in a terminal: braille lines and points, half-block images, panels in their grid. */
import { ArgumentError } from '../core/errors.ts';
import { type Artist, type ImageArtist, inDrawingOrder, type LineArtist, type ScatterArtist } from './artists.ts';
import type { Axes } from './axes.ts';
import type { Hex } from './color.ts';
import { visibleOfCloud, visibleOfLine } from './decimate.ts';
import type { Figure } from './figure.ts';
import { legendEntries, type Labelled } from './legend.ts';
import { type Frame, Pen } from './pen.ts';
import { axisView, type AxisView } from './scale.ts';
import { type ColorDepth, columnsOf, Screen } from './screen.ts';
import { checkNumber, checkOptions, describe } from './values.ts';

export interface TerminalOptions {
  /** Width in characters (80). */
  readonly columns?: number;
  /** Height in lines; follows the figure's proportions and number of panels unless given. */
  readonly rows?: number;
  /** Whether to colour (false), or with how many bits: 4, 8 or 24; true is 8. */
  readonly color?: boolean | ColorDepth;
}

interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A panel in cells, with its views in dots, which count from the frame's corner. */
interface Panel extends Frame {
  readonly axes: Axes;
  readonly x: AxisView;
  readonly y: AxisView;
}

function views(axes: Axes, columns: number, rows: number): { x: AxisView; y: AxisView } {
  return {
    x: axisView(axes, 'x', [0, 2 * columns - 1], { spacing: 20, extent: (label) => 2 * columnsOf(label) + 6 }),
    y: axisView(axes, 'y', [4 * rows - 1, 0], { spacing: 9, extent: () => 4 }),
  };
}

function legendText(entry: Labelled): string {
  return `${entry.kind === 'line' || entry.kind === 'rule' ? '━━' : entry.kind === 'bar' ? '██' : '●'} ${entry.label}`;
}

function entriesOf(axes: Axes): readonly Labelled[] {
  return axes.legendAt === undefined ? [] : legendEntries(axes.artists);
}

function colorOf(entry: Labelled): Hex {
  return entry.kind === 'line' || entry.kind === 'rule' ? entry.style.color : (entry.colors[0] ?? '#000000');
}

function marginsOf(axes: Axes, rows: number, columns: number): Margins {
  const title = axes.heading === '' ? 0 : axes.heading.split('\n').length;
  if (!axes.visible) return { left: 0, right: 0, top: title, bottom: 0 };
  const { y } = views(axes, columns, rows);
  return {
    left: Math.max(1, ...y.ticks.map((tick) => columnsOf(tick.label) + 1)),
    right: 1,
    top: title + (axes.y.label === '' ? 0 : 1),
    bottom: 2 + (axes.x.label === '' ? 0 : 1) + (entriesOf(axes).length > 0 ? 1 : 0),
  };
}

function layout(figure: Figure, columns: number, rows: number): readonly Panel[] {
  const head = figure.heading === '' ? 0 : figure.heading.split('\n').length;
  const place = (axes: Axes, m: Margins): Omit<Panel, 'x' | 'y'> => {
    const edge = (i: number, n: number, size: number): number => Math.round((i * size) / n);
    const [left, right] = [edge(axes.cell.left, axes.cell.columns, columns), edge(axes.cell.right + 1, axes.cell.columns, columns)];
    const [top, bottom] = [edge(axes.cell.top, axes.cell.rows, rows - head), edge(axes.cell.bottom + 1, axes.cell.rows, rows - head)];
    return {
      axes, column: left + m.left, row: head + top + m.top,
      columns: Math.max(2, right - left - m.left - m.right), rows: Math.max(1, bottom - top - m.top - m.bottom),
    };
  };
  let around: Margins = { left: 6, right: 1, top: 1, bottom: 2 };
  for (let round = 0; round < 2; round++) {
    const all = figure.axes.map((axes) => {
      const frame = place(axes, around);
      return marginsOf(axes, frame.rows, frame.columns);
    });
    const max = (side: keyof Margins): number => Math.max(0, ...all.map((m) => m[side]));
    around = { left: max('left'), right: max('right'), top: max('top'), bottom: max('bottom') };
  }
  return figure.axes.map((axes) => {
    const full = place(axes, around);
    let { column, row } = full;
    let [width, height] = [full.columns, full.rows];
    const rough = views(axes, width, height);
    if (axes.aspect === 'equal' && !rough.x.log && !rough.y.log) {
      const span = (view: AxisView): number => Math.abs(view.domain[1] - view.domain[0]);
      const unit = Math.min((2 * width) / span(rough.x), (4 * height) / span(rough.y));
      width = Math.max(2, Math.round((unit * span(rough.x)) / 2));
      height = Math.max(1, Math.round((unit * span(rough.y)) / 4));
      column += Math.floor((full.columns - width) / 2);
      row += Math.floor((full.rows - height) / 2);
    }
    return { axes, column, row, columns: width, rows: height, ...views(axes, width, height) };
  });
}

function drawPoints(pen: Pen, artist: LineArtist | ScatterArtist, { x, y }: Panel): void {
  const px = artist.x.map(x.position);
  const py = artist.y.map(y.position);
  const all = Array.from(px, (_, i) => i);
  const gap = (i: number): boolean => Number.isNaN(px[i] + py[i]);
  const color = (i: number): Hex => (artist.kind === 'line' ? artist.style.color : artist.colors[artist.colors.length === 1 ? 0 : i]);
  if (artist.kind === 'line' && artist.style.linestyle !== 'None') {
    let previous: number | undefined;
    for (const i of visibleOfLine(px, py, pen.width) ?? all) {
      if (!gap(i)) pen.line(px[previous ?? i], py[previous ?? i], px[i], py[i], color(i), artist.style.linestyle);
      previous = gap(i) ? undefined : i;
    }
  }
  const marker = artist.kind === 'line' ? artist.style.marker : artist.marker;
  if (marker === 'None') return;
  const large = marker !== '.' && marker !== ',' && px.length <= pen.width;
  for (const i of visibleOfCloud(px, py, pen.width) ?? all) if (!gap(i)) pen.marker(px[i], py[i], color(i), large);
}

/** Entry of the colour table for a stretch of the picture: the mean of a smooth map, the middle of a list of colours. */
function sample(image: ImageArtist, u0: number, u1: number, v0: number, v1: number): number {
  const clamp = (t: number, n: number): number => Math.max(0, Math.min(n - 1, Math.floor(t * n)));
  const middle = image.pixels[clamp((v0 + v1) / 2, image.rows) * image.columns + clamp((u0 + u1) / 2, image.columns)];
  if (image.table.length < 256) return middle;
  let [sum, count] = [0, 0];
  const [i1, j1] = [Math.ceil(Math.max(v0, v1) * image.rows), Math.ceil(Math.max(u0, u1) * image.columns)];
  for (let i = clamp(Math.min(v0, v1), image.rows); i < Math.min(i1, image.rows); i++) {
    for (let j = clamp(Math.min(u0, u1), image.columns); j < Math.min(j1, image.columns); j++) {
      const entry = image.pixels[i * image.columns + j];
      if (entry >= 0) [sum, count] = [sum + entry, count + 1];
    }
  }
  return count === 0 ? middle : Math.round(sum / count);
}

function drawImage(screen: Screen, panel: Panel, image: ImageArtist, color: boolean): void {
  const [left, right] = image.extent.slice(0, 2).map(panel.x.position);
  const [bottom, top] = image.extent.slice(2).map(panel.y.position);
  const last = image.table.length - 1;
  for (let row = 0; row < panel.rows; row++) {
    for (let column = 0; column < panel.columns; column++) {
      const entry = (half: number, tall: number): number => {
        const [u0, u1] = [2 * column - 0.5, 2 * column + 1.5].map((p) => (p - left) / (right - left));
        const [v0, v1] = [4 * row + half - 0.5, 4 * row + half + tall - 0.5].map((p) => (p - top) / (bottom - top));
        const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
        return u >= 0 && u <= 1 && v >= 0 && v <= 1 ? sample(image, u0, u1, v0, v1) : -1;
      };
      const [x, y] = [panel.column + column, panel.row + row];
      if (color) {
        const [upper, lower] = [entry(0, 2), entry(2, 2)];
        screen.halves(x, y, upper < 0 ? undefined : image.table[upper], lower < 0 ? undefined : image.table[lower]);
      } else {
        const shade = entry(0, 4);
        if (shade >= 0) screen.write(x, y, ' ░▒▓█'[Math.min(4, Math.floor((shade / Math.max(1, last)) * 4.999))]);
      }
    }
  }
}

function drawArtist(screen: Screen, panel: Panel, artist: Artist, color: boolean): void {
  const pen = new Pen(screen, panel);
  const { x, y } = panel;
  switch (artist.kind) {
    case 'line':
    case 'scatter':
      drawPoints(pen, artist, panel);
      return;
    case 'image':
      drawImage(screen, panel, artist, color);
      return;
    case 'rule': {
      const p = (artist.axis === 'x' ? x : y).position(artist.at);
      const [x0, y0, x1, y1] = artist.axis === 'x' ? [p, 0, p, pen.height - 1] : [0, p, pen.width - 1, p];
      if (artist.style.linestyle !== 'None' && !Number.isNaN(p)) pen.line(x0, y0, x1, y1, artist.style.color, artist.style.linestyle);
      return;
    }
    case 'bar':
      for (let i = 0; i < artist.left.length; i++) {
        const [x0, x1] = [artist.left[i], artist.right[i]].map((v) => (x.log && v <= 0 ? 0 : x.position(v))).sort((a, b) => a - b);
        const [y0, y1] = [artist.bottom[i], artist.top[i]].map((v) => (y.log && v <= 0 ? pen.height - 1 : y.position(v))).sort((a, b) => a - b);
        for (let px = Math.max(0, Math.round(x0)); px <= Math.min(pen.width - 1, x1); px++) {
          for (let py = Math.max(0, Math.round(y0)); py <= Math.min(pen.height - 1, y1); py++) pen.dot(px, py, artist.colors[i % artist.colors.length]);
        }
      }
      return;
    case 'text': {
      const [px, py] = [x.position(artist.x), y.position(artist.y)];
      if (Number.isNaN(px) || Number.isNaN(py)) return;
      artist.text.split('\n').forEach((line, i) => {
        const shift = { left: 0, center: columnsOf(line) / 2, right: columnsOf(line) }[artist.ha];
        screen.write(panel.column + px / 2 - shift, panel.row + Math.round(py / 4 - 0.5) + i, line, artist.color);
      });
    }
  }
}

/** Title, axes, labels and legend; grids are left out, for dots are too coarse to tell them from data. */
function drawFrame(screen: Screen, panel: Panel, titleRow: number): void {
  const { axes, column, row, columns, rows, x, y } = panel;
  axes.heading.split('\n').forEach((line, i) => screen.write(Math.max(0, column + (columns - columnsOf(line)) / 2), titleRow + i, line));
  if (!axes.visible) return;
  const base = row + rows;
  for (let i = 0; i < rows; i++) screen.write(column - 1, row + i, '│');
  screen.write(column - 1, base, `└${'─'.repeat(columns)}`);
  for (const tick of y.ticks) {
    const at = row + Math.floor(Math.round(y.position(tick.at)) / 4);
    screen.write(column - 1 - columnsOf(tick.label), at, tick.label);
    screen.write(column - 1, at, '┤');
  }
  let free = 0;
  for (const tick of x.ticks) {
    const at = column + Math.floor(Math.round(x.position(tick.at)) / 2);
    const width = columnsOf(tick.label);
    const from = Math.max(0, Math.min(screen.columns - width, at - Math.floor(width / 2)));
    screen.write(at, base, '┬');
    if (from < free) continue;
    screen.write(from, base + 1, tick.label);
    free = from + width + 1;
  }
  let below = base + 2;
  if (axes.x.label !== '') screen.write(column + (columns - columnsOf(axes.x.label)) / 2, below++, axes.x.label);
  if (axes.y.label !== '') screen.write(Math.max(0, column - 1 - Math.floor(columnsOf(axes.y.label) / 2)), row - 1, axes.y.label);
  const entries = entriesOf(axes);
  const total = entries.reduce((sum, entry) => sum + columnsOf(legendText(entry)) + 3, -3);
  let at = Math.max(0, column + Math.floor((columns - total) / 2));
  for (const entry of entries) {
    screen.write(at, below, legendText(entry), colorOf(entry));
    at += columnsOf(legendText(entry)) + 3;
  }
}

export function figureToTerminal(figure: Figure, options: TerminalOptions = {}): string {
  const op = 'toTerminal';
  checkOptions(op, options, ['columns', 'rows', 'color']);
  const { color = false } = options;
  if (![true, false, 1, 4, 8, 24].includes(color)) throw new ArgumentError(op, 'color', `must be a boolean, 1, 4, 8 or 24, got ${describe(color)}`);
  const depth: ColorDepth = color === true ? 8 : color === false ? 1 : color;
  const columns = Math.floor(checkNumber(op, 'columns', options.columns ?? 80, { min: 10, max: 1000 }));
  const stacked = Math.max(1, ...figure.axes.map((axes) => axes.cell.rows));
  // A character is about twice as high as wide; a panel of fewer than nine lines shows little.
  const natural = Math.max(Math.round((columns * figure.height) / figure.width / 2), 9 * stacked);
  const rows = Math.floor(checkNumber(op, 'rows', options.rows ?? natural, { min: 5, max: 1000 }));
  const screen = new Screen(columns, rows);
  figure.heading.split('\n').forEach((line, i) => screen.write((columns - columnsOf(line)) / 2, i, line));
  for (const panel of layout(figure, columns, rows)) {
    const lines = panel.axes.heading === '' ? 0 : panel.axes.heading.split('\n').length;
    for (const artist of inDrawingOrder(panel.axes.artists)) drawArtist(screen, panel, artist, depth > 1);
    drawFrame(screen, panel, panel.row - lines - (panel.axes.y.label === '' || !panel.axes.visible ? 0 : 1));
  }
  return screen.toString(depth);
}
