/** Where panels go: every label is measured first, so that nothing overlaps and panels stay aligned. */
import type { Axes } from './axes.ts';
import type { AxisState } from './axis.ts';
import type { Colorbar } from './colorbar.ts';
import type { Figure } from './figure.ts';
import { legendSize } from './legend.ts';
import { axisView, type AxisView } from './scale.ts';
import { blockHeight, blockWidth, textWidth } from './text.ts';
import { point, sizes } from './units.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The labels of an axis' ticks as they are drawn. */
export interface TickLabels {
  /** Degrees counter-clockwise. */
  readonly rotation: number;
  /** Font size in units. */
  readonly size: number;
  /** Every how many ticks one is labelled. */
  readonly every: number;
  /** Room across the axis. */
  readonly extent: number;
}

export interface PlacedColorbar {
  readonly bar: Colorbar;
  readonly frame: Rect;
  readonly view: AxisView;
}

export interface PlacedPanel {
  readonly axes: Axes;
  /** The area inside of the axes' frame. */
  readonly frame: Rect;
  readonly x: AxisView;
  readonly y: AxisView;
  readonly xLabels: TickLabels;
  readonly yLabels: TickLabels;
  readonly colorbars: readonly PlacedColorbar[];
  /** Where on the right nothing of the panel is any more. */
  readonly outside: number;
}

export interface Layout {
  readonly panels: readonly PlacedPanel[];
  /** Those beside several panels. */
  readonly colorbars: readonly PlacedColorbar[];
}

interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const tickSpace = sizes.tick + sizes.tickGap;

export function views(axes: Axes, frame: Rect): { x: AxisView; y: AxisView } {
  const small = axes.x.labelsize * point;
  return {
    x: axisView(axes.x, 'x', [frame.x, frame.x + frame.width], { spacing: 60, extent: (label) => textWidth(label, small) + 12 }),
    y: axisView(axes.y, 'y', [frame.y + frame.height, frame.y], { spacing: 30, extent: () => 1.9 * axes.y.labelsize * point }),
  };
}

function radians(degrees: number): number {
  return (Math.abs(degrees) * Math.PI) / 180;
}

/** Labels that were not turned by hand turn where they would collide, and thin out where even that does not help. */
function layLabels(state: AxisState, view: AxisView, which: 'x' | 'y'): TickLabels {
  const size = state.labelsize * point;
  if (!state.labelled || view.ticks.length === 0) return { rotation: 0, size, every: 1, extent: 0 };
  const places = view.ticks.map(({ at }) => view.position(at)).sort((a, b) => a - b);
  const room = places.reduce((least, p, i) => (i === 0 ? least : Math.min(least, p - places[i - 1])), Infinity);
  const widest = Math.max(...view.ticks.map(({ label }) => blockWidth(label, size)));
  const tallest = Math.max(...view.ticks.map(({ label }) => blockHeight(label, size)));
  let [rotation, every] = [state.rotation ?? 0, 1];
  if (state.rotation === null && which === 'x' && widest + 4 > room) {
    // Short labels stay upright and some are left out; names, all of which matter, turn.
    const numeric = view.ticks.every(({ label }) => /^[−\d.]*$/.test(label));
    if (numeric) every = Math.ceil((widest + 4) / room);
    else [rotation, every] = [room < 1.6 * size ? 90 : 45, Math.ceil((1.05 * size) / room)];
  } else if (state.rotation === null && which === 'y' && tallest > room + 1) every = Math.ceil((1.05 * size) / room);
  const [cos, sin] = [Math.cos(radians(rotation)), Math.sin(radians(rotation))];
  const height = rotation === 0 ? tallest - 0.2 * size : 0.97 * size;
  return { rotation, size, every, extent: which === 'x' ? widest * sin + height * cos : widest * cos + height * sin };
}

function colorbarThickness(bar: Colorbar, frame: Rect): number {
  return Math.max(7, Math.min(18, (bar.orientation === 'vertical' ? frame.height : frame.width) / 16));
}

/** Positions of the values of a colour bar on a stretch of the page. */
function colorbarView(bar: Colorbar, frame: Rect): AxisView {
  return bar.orientation === 'vertical'
    ? bar.view([frame.y + frame.height, frame.y], { spacing: 30, extent: () => 1.9 * sizes.tickLabel })
    : bar.view([frame.x, frame.x + frame.width], { spacing: 60, extent: (label) => textWidth(label, sizes.tickLabel) + 12 });
}

/** Room that a colour bar takes beside its frame, with ticks and label. */
function colorbarRoom(bar: Colorbar, frame: Rect): number {
  const labels = colorbarView(bar, frame).ticks.map(({ label }) => textWidth(label, sizes.tickLabel));
  const across = bar.orientation === 'vertical' ? Math.max(0, ...labels) : sizes.tickLabel;
  return sizes.colorbarGap + colorbarThickness(bar, frame) + tickSpace + across + (bar.label === '' ? 0 : sizes.labelGap + blockHeight(bar.label, sizes.axisLabel));
}

/** Space between the frame and what is outside of it on the x and the y side, without colour bars. */
export function axisRoom(axes: Axes, labels: TickLabels, which: 'x' | 'y'): number {
  if (!axes.visible || axes.twin === which) return 0;
  const { label } = axes[which];
  const ticks = labels.extent === 0 ? sizes.tick : tickSpace + labels.extent;
  return ticks + (label === '' ? 0 : sizes.labelGap + blockHeight(label, sizes.axisLabel));
}

function margins(axes: Axes, frame: Rect, x: AxisView, y: AxisView): Margins {
  const title = axes.heading === '' ? 0 : sizes.titleGap + blockHeight(axes.heading, sizes.title);
  const half = axes.heading === '' ? 0 : Math.max(0, (blockWidth(axes.heading, sizes.title) - frame.width) / 2);
  const room: { -readonly [K in keyof Margins]: number } = { left: half, right: Math.max(half, 1), top: title, bottom: 0 };
  if (axes.visible) {
    const xLabels = layLabels(axes.x, x, 'x'), yLabels = layLabels(axes.y, y, 'y');
    const below = axisRoom(axes, xLabels, 'x'), beside = axisRoom(axes, yLabels, 'y');
    if (axes.x.side === 'near') room.bottom = below;
    else room.top += below;
    room.top = Math.max(room.top, axes.y.labelled ? axes.y.labelsize * point / 2 : 1);
    room.bottom = Math.max(room.bottom, 1);
    const far = axes.y.side === 'far';
    if (far) room.right = Math.max(room.right, beside);
    else room.left = Math.max(room.left, beside);
    if (axes.x.labelled && axes.twin !== 'x') {
      for (const { at, label } of x.ticks) {
        const [p, width] = [x.position(at), blockWidth(label, xLabels.size)];
        const turned = xLabels.rotation !== 0;
        room.left = Math.max(room.left, frame.x - p + (turned ? width * Math.cos(radians(xLabels.rotation)) : width / 2));
        room.right = Math.max(room.right, p + (turned ? 0.5 * xLabels.size : width / 2) - frame.x - frame.width);
      }
    }
  }
  for (const bar of axes.colorbars) room[bar.orientation === 'vertical' ? 'right' : 'bottom'] += colorbarRoom(bar, frame);
  if (axes.legendState?.place === 'outside') room.right += legendSize(axes).width + sizes.colorbarGap;
  return room;
}

/** Columns (or rows) of a grid: where each frame starts and how long it is. */
interface Tracks {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

function tracks(from: number, length: number, ratios: readonly number[], before: readonly number[], after: readonly number[], gap: number): Tracks {
  const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);
  const free = length - sum(before) - sum(after) - gap * (ratios.length - 1);
  const lengths = ratios.map((ratio) => Math.max(8, (free * ratio) / sum(ratios)));
  const starts: number[] = [];
  for (let i = 0, at = from; i < ratios.length; i++) {
    starts.push(at + before[i]);
    at += before[i] + lengths[i] + after[i] + gap;
  }
  return { starts, lengths };
}

/** Frames of all axes, given the space that each needs around it: panels of one column keep one width, of one row one height. */
function frames(all: readonly Axes[], area: Rect, around: readonly Margins[], gap: number): Rect[] {
  const grids = new Set(all.map(({ cell }) => `${cell.rows} ${cell.columns}`));
  const most = (side: keyof Margins, belongs: (axes: Axes) => boolean): number => Math.max(0, ...all.map((axes, i) => (belongs(axes) ? around[i][side] : 0)));
  return all.map(({ cell }) => {
    // Panels of different grids keep their margins equal, so that their edges meet.
    const track = (count: number, start: keyof typeof cell & ('left' | 'top'), end: keyof typeof cell & ('right' | 'bottom'), ratios: readonly number[] | undefined, from: number, length: number): Tracks => {
      const each = (side: 'left' | 'top' | 'right' | 'bottom'): number[] => Array.from({ length: count }, (_, i) => most(side, (axes) => grids.size > 1 || axes.cell[side] === i));
      return tracks(from, length, ratios ?? new Array<number>(count).fill(1), each(start), each(end), gap);
    };
    const x = track(cell.columns, 'left', 'right', cell.widths, area.x, area.width);
    const y = track(cell.rows, 'top', 'bottom', cell.heights, area.y, area.height);
    return {
      x: x.starts[cell.left], y: y.starts[cell.top],
      width: x.starts[cell.right] + x.lengths[cell.right] - x.starts[cell.left],
      height: y.starts[cell.bottom] + y.lengths[cell.bottom] - y.starts[cell.top],
    };
  });
}

/** The largest part of `frame`, centred, in which a data unit is as long in x as in y. */
function squared(axes: Axes, frame: Rect, x: AxisView, y: AxisView): Rect {
  if (axes.aspect !== 'equal' || x.scale !== 'linear' || y.scale !== 'linear') return frame;
  const spanX = Math.abs(x.domain[1] - x.domain[0]);
  const spanY = Math.abs(y.domain[1] - y.domain[0]);
  const unit = Math.min(frame.width / spanX, frame.height / spanY);
  const [width, height] = [unit * spanX, unit * spanY];
  return { x: frame.x + (frame.width - width) / 2, y: frame.y + (frame.height - height) / 2, width, height };
}

/** A colour bar to the right of (or below) `frame`, `away` from it. */
function placeColorbar(bar: Colorbar, frame: Rect, away: number): PlacedColorbar {
  const thickness = colorbarThickness(bar, frame);
  const upright = bar.orientation === 'vertical';
  const length = bar.shrink * (upright ? frame.height : frame.width);
  const place: Rect = upright
    ? { x: frame.x + frame.width + away + sizes.colorbarGap, y: frame.y + (frame.height - length) / 2, width: thickness, height: length }
    : { x: frame.x + (frame.width - length) / 2, y: frame.y + frame.height + away + sizes.colorbarGap, width: length, height: thickness };
  return { bar, frame: place, view: colorbarView(bar, place) };
}

function placePanel(axes: Axes, full: Rect): PlacedPanel {
  const rough = views(axes, full);
  const frame = squared(axes, full, rough.x, rough.y);
  const { x, y } = views(axes, frame);
  const xLabels = layLabels(axes.x, x, 'x'), yLabels = layLabels(axes.y, y, 'y');
  const away = { vertical: axes.y.side === 'far' ? axisRoom(axes, yLabels, 'y') : 0, horizontal: axes.x.side === 'near' ? axisRoom(axes, xLabels, 'x') : 0 };
  const colorbars = axes.colorbars.map((bar) => {
    const placed = placeColorbar(bar, frame, away[bar.orientation]);
    away[bar.orientation] += colorbarRoom(bar, frame);
    return placed;
  });
  return { axes, frame, x, y, xLabels, yLabels, colorbars, outside: frame.x + frame.width + away.vertical };
}

/** The least rectangle around all of them. */
function around(rects: readonly Rect[]): Rect {
  const [x, y] = [Math.min(...rects.map((r) => r.x)), Math.min(...rects.map((r) => r.y))];
  return { x, y, width: Math.max(...rects.map((r) => r.x + r.width)) - x, height: Math.max(...rects.map((r) => r.y + r.height)) - y };
}

export function layout(figure: Figure): Layout {
  const pad = figure.pad * sizes.tickLabel;
  const head = figure.heading === '' ? 0 : blockHeight(figure.heading, sizes.suptitle) + sizes.titleGap;
  const page: Rect = { x: pad, y: pad + head, width: Math.max(1, figure.width - 2 * pad), height: Math.max(1, figure.height - 2 * pad - head) };
  const beside = figure.colorbars.reduce((sum, { bar }) => sum + (bar.orientation === 'vertical' ? colorbarRoom(bar, page) : 0), 0);
  const below = figure.colorbars.reduce((sum, { bar }) => sum + (bar.orientation === 'horizontal' ? colorbarRoom(bar, page) : 0), 0);
  const area: Rect = { ...page, width: Math.max(1, page.width - beside), height: Math.max(1, page.height - below) };
  // Ticks depend on the frame and the frame on the width of the ticks' labels: the second round settles both.
  let spaces: readonly Margins[] = figure.axes.map(() => ({ left: 40, right: 10, top: 10, bottom: 25 }));
  for (let round = 0; round < 2; round++) {
    const boxes = frames(figure.axes, area, spaces, pad);
    spaces = figure.axes.map((axes, i) => {
      const { x, y } = views(axes, boxes[i]);
      return margins(axes, boxes[i], x, y);
    });
  }
  const boxes = frames(figure.axes, area, spaces, pad);
  const panels = figure.axes.map((axes, i) => placePanel(axes, boxes[i]));
  const away = { vertical: 0, horizontal: 0 };
  const colorbars = figure.colorbars.map(({ bar, axes }) => {
    const members = panels.filter((panel) => axes.includes(panel.axes));
    const frame = around((members.length > 0 ? members : panels).map((panel) => panel.frame));
    const outer = spaces.reduce((most, space) => Math.max(most, bar.orientation === 'vertical' ? space.right : space.bottom), 0);
    const placed = placeColorbar(bar, frame, outer + away[bar.orientation]);
    away[bar.orientation] += colorbarRoom(bar, frame);
    return placed;
  });
  return { panels, colorbars };
}
