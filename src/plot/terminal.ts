/** A figure in a terminal: braille lines and points, half-block images, block bars, panels in their grid. */
import { ArgumentError } from '../core/errors.ts';
import { inDrawingOrder } from './artists.ts';
import type { Hex } from './color.ts';
import type { Colorbar } from './colorbar.ts';
import type { Figure } from './figure.ts';
import type { Labelled } from './legend.ts';
import { type ColorDepth, columnsOf, Screen } from './screen.ts';
import { drawArtist, shadeBlock } from './terminal-artists.ts';
import { colorbarColumns, colorbarView, entriesOf, linesAbove, terminalLayout, type TerminalPanel } from './terminal-layout.ts';
import { checkNumber, checkOptions, describe } from './values.ts';

export interface TerminalOptions {
  /** Width in characters (80). */
  readonly columns?: number;
  /** Height in lines; follows the figure's proportions and number of panels unless given. */
  readonly rows?: number;
  /** Whether to colour (false), or with how many bits: 4, 8 or 24; true is 8. */
  readonly color?: boolean | ColorDepth;
}

function legendText(entry: Labelled): string {
  return `${entry.kind === 'line' || entry.kind === 'rule' ? '━━' : entry.kind === 'scatter' ? '●' : '██'} ${entry.label}`;
}

function colorOf(entry: Labelled): Hex {
  switch (entry.kind) {
    case 'line':
    case 'rule': return entry.style.color;
    case 'span': return entry.color;
    case 'area': return entry.parts[0]?.fill ?? '#000000';
    default: return entry.colors[0] ?? '#000000';
  }
}

/** Names that would collide lose their ends; numbers are whole or left out. */
function shortened(label: string, room: number): string {
  return columnsOf(label) <= room || /^[−\d.e⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*$/.test(label) ? label : `${[...label].slice(0, room - 1).join('')}…`;
}

function drawXAxis(screen: Screen, panel: TerminalPanel): void {
  const { axes: { x: state, y: { side: ySide } }, column, row, columns, rows, x } = panel;
  const far = state.side === 'far';
  const base = far ? row - 1 : row + rows;
  const [left, right] = far ? ['┌', '┐'] : ['└', '┘'];
  screen.write(ySide === 'far' ? column : column - 1, base, ySide === 'far' ? `${'─'.repeat(columns)}${right}` : `${left}${'─'.repeat(columns)}`);
  let free = 0;
  const room = Math.max(4, Math.floor(columns / Math.max(1, x.ticks.length)) - 1);
  for (const tick of x.ticks) {
    const at = column + Math.floor(Math.round(x.position(tick.at)) / 2);
    screen.write(at, base, far ? '┴' : '┬');
    const text = shortened(tick.label.split('\n')[0], room);
    const width = columnsOf(text);
    const from = Math.max(0, Math.min(screen.columns - width, at - Math.floor(width / 2)));
    if (!state.labelled || from < free) continue;
    screen.write(from, far ? base - 1 : base + 1, text);
    free = from + width + 1;
  }
  if (state.label !== '') screen.write(column + (columns - columnsOf(state.label)) / 2, far ? base - 2 : base + (state.labelled ? 2 : 1), state.label);
}

function drawYAxis(screen: Screen, { axes, column, row, columns, rows, y }: TerminalPanel): void {
  const far = axes.y.side === 'far';
  const base = far ? column + columns : column - 1;
  for (let i = 0; i < rows; i++) screen.write(base, row + i, '│');
  let free = -1;
  for (const tick of y.ticks.toSorted((a, b) => y.position(a.at) - y.position(b.at))) {
    const at = row + Math.floor(Math.round(y.position(tick.at)) / 4);
    screen.write(base, at, far ? '├' : '┤');
    if (!axes.y.labelled || at === free) continue;
    const text = tick.label.split('\n')[0];
    screen.write(far ? base + 1 : base - columnsOf(text), at, text);
    free = at;
  }
  if (axes.y.label !== '') screen.write(Math.max(0, Math.min(screen.columns - columnsOf(axes.y.label), base - Math.floor(columnsOf(axes.y.label) / 2))), row - 1 - (axes.x.side === 'far' && axes.twin !== 'x' ? 2 + (axes.x.label === '' ? 0 : 1) : 0), axes.y.label);
}

/** Title, axes, labels and legend; grids are left out, for dots are too coarse to tell them from data. */
function drawFrame(screen: Screen, panel: TerminalPanel): void {
  const { axes, column, row, columns, rows } = panel;
  axes.heading.split('\n').forEach((line, i) => screen.write(Math.max(0, column + (columns - columnsOf(line)) / 2), row - linesAbove(axes) + i, line));
  const entries = entriesOf(axes);
  if (axes.visible) {
    if (axes.twin !== 'x') drawXAxis(screen, panel);
    if (axes.twin !== 'y') drawYAxis(screen, panel);
  }
  const under = axes.visible ? (axes.x.side === 'far' ? 1 : 1 + (axes.x.labelled ? 1 : 0) + (axes.x.label === '' ? 0 : 1)) : 0;
  const total = entries.reduce((sum, entry) => sum + columnsOf(legendText(entry)) + 3, -3);
  let at = Math.max(0, column + Math.floor((columns - total) / 2));
  for (const entry of entries) {
    screen.write(at, row + rows + under, legendText(entry), colorOf(entry));
    at += columnsOf(legendText(entry)) + 3;
  }
}

function drawColorbar(screen: Screen, bar: Colorbar, column: number, row: number, rows: number, color: boolean): void {
  const view = colorbarView(bar, rows);
  const { table } = bar.mappable;
  const entry = (half: number): Hex => table[Math.max(0, Math.min(table.length - 1, Math.floor((1 - (half + 0.5) / (2 * rows)) * table.length)))];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < 2; j++) {
      if (color) screen.halves(column + j, row + i, entry(2 * i), entry(2 * i + 1));
      else screen.write(column + j, row + i, shadeBlock(1 - (i + 0.5) / rows));
    }
  }
  for (const tick of view.ticks) screen.write(column + 3, row + Math.floor(Math.round(view.position(tick.at)) / 4), tick.label);
  if (bar.label !== '') screen.write(Math.max(0, Math.min(column, screen.columns - columnsOf(bar.label))), row - 1, bar.label);
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
  const panels = terminalLayout(figure, columns, rows);
  for (const panel of panels) {
    for (const artist of inDrawingOrder(panel.axes.artists)) drawArtist(screen, panel, artist, depth > 1);
    drawFrame(screen, panel);
    let at = panel.column + panel.columns + 1;
    for (const bar of panel.axes.colorbars) {
      drawColorbar(screen, bar, at, panel.row, panel.rows, depth > 1);
      at += colorbarColumns(bar, panel.rows);
    }
  }
  let at = columns - figure.colorbars.reduce((sum, { bar }) => sum + colorbarColumns(bar, rows), 0) + 1;
  for (const { bar, axes } of figure.colorbars) {
    const members = panels.filter((panel) => axes.includes(panel.axes));
    const top = Math.min(...members.map((panel) => panel.row)), foot = Math.max(...members.map((panel) => panel.row + panel.rows));
    drawColorbar(screen, bar, at, top, foot - top, depth > 1);
    at += colorbarColumns(bar, rows);
  }
  return screen.toString(depth);
}
