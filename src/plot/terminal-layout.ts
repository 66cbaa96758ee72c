/** Where panels go on a screen of characters. */
import type { Axes } from './axes.ts';
import type { Colorbar } from './colorbar.ts';
import type { Figure } from './figure.ts';
import { legendEntries, type Labelled } from './legend.ts';
import type { Frame } from './pen.ts';
import { axisView, type AxisView } from './scale.ts';
import { columnsOf } from './screen.ts';

interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A panel in cells, with its views in dots, which count from the frame's corner. */
export interface TerminalPanel extends Frame {
  readonly axes: Axes;
  readonly x: AxisView;
  readonly y: AxisView;
}

function views(axes: Axes, columns: number, rows: number): { x: AxisView; y: AxisView } {
  return {
    x: axisView(axes.x, 'x', [0, 2 * columns - 1], { spacing: 20, extent: (label) => 2 * columnsOf(label) + 6 }),
    y: axisView(axes.y, 'y', [4 * rows - 1, 0], { spacing: 9, extent: () => 4 }),
  };
}

/** Colour bars stand upright here, whatever way they lie on paper, for columns are what a terminal has. */
export function colorbarView(bar: Colorbar, rows: number): AxisView {
  return bar.view([4 * rows - 1, 0], { spacing: 9, extent: () => 4 });
}

/** Columns of a colour bar with the space before it and its labels. */
export function colorbarColumns(bar: Colorbar, rows: number): number {
  return 4 + Math.max(0, ...colorbarView(bar, rows).ticks.map((tick) => columnsOf(tick.label)));
}

export function entriesOf(axes: Axes): readonly Labelled[] {
  return axes.legendState === undefined ? [] : legendEntries(axes.artists);
}

/** Lines above the frame: title, y label, and what an x axis on top needs. */
export function linesAbove(axes: Axes): number {
  const title = axes.heading === '' ? 0 : axes.heading.split('\n').length;
  if (!axes.visible) return title;
  return title + (axes.y.label === '' ? 0 : 1) + (axes.x.side === 'far' && axes.twin !== 'x' ? 2 + (axes.x.label === '' ? 0 : 1) : 0);
}

function marginsOf(axes: Axes, rows: number, columns: number): Margins {
  const bars = axes.colorbars.reduce((sum, bar) => sum + colorbarColumns(bar, rows), 0);
  if (!axes.visible) return { left: 0, right: bars, top: linesAbove(axes), bottom: 0 };
  const { y } = views(axes, columns, rows);
  const labels = axes.twin === 'y' ? 0 : Math.max(1, ...y.ticks.map((tick) => (axes.y.labelled ? columnsOf(tick.label) + 1 : 1)));
  const far = axes.y.side === 'far';
  return {
    left: far ? 1 : labels,
    right: (far ? labels : 1) + bars,
    top: linesAbove(axes),
    bottom: (axes.x.side === 'far' ? 1 : 1 + (axes.x.labelled ? 1 : 0) + (axes.x.label === '' ? 0 : 1)) + (entriesOf(axes).length > 0 ? 1 : 0),
  };
}

export function terminalLayout(figure: Figure, columns: number, rows: number): readonly TerminalPanel[] {
  const head = figure.heading === '' ? 0 : figure.heading.split('\n').length;
  const beside = figure.colorbars.reduce((sum, { bar }) => sum + colorbarColumns(bar, rows), 0);
  const edge = (i: number, count: number, size: number, ratios: readonly number[] | undefined): number => {
    const all = ratios ?? new Array<number>(count).fill(1);
    const sum = (n: number): number => all.slice(0, n).reduce((total, v) => total + v, 0);
    return Math.round((sum(i) * size) / sum(count));
  };
  const place = (axes: Axes, m: Margins): Omit<TerminalPanel, 'x' | 'y'> => {
    const { cell } = axes;
    const [left, right] = [cell.left, cell.right + 1].map((i) => edge(i, cell.columns, columns - beside, cell.widths));
    const [top, bottom] = [cell.top, cell.bottom + 1].map((i) => edge(i, cell.rows, rows - head, cell.heights));
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
    if (axes.aspect === 'equal' && rough.x.scale === 'linear' && rough.y.scale === 'linear') {
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
