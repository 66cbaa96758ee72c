/** Where panels go: every label is measured first, so that nothing overlaps and panels stay aligned. */
import type { Axes } from './axes.ts';
import type { Figure } from './figure.ts';
import { axisView, type AxisView } from './scale.ts';
import { blockHeight, blockWidth, textWidth } from './text.ts';

/** Drawing units are hundredths of an inch, whatever the dpi; styles are given in points. */
export const unitsPerInch = 100;
export const point = unitsPerInch / 72;

export const sizes = {
  tickLabel: 10 * point,
  axisLabel: 10 * point,
  title: 12 * point,
  suptitle: 14 * point,
  legend: 10 * point,
  tick: 3.5 * point,
  minorTick: 2 * point,
  tickGap: 3.5 * point,
  labelGap: 4 * point,
  titleGap: 6 * point,
} as const;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Panel {
  readonly axes: Axes;
  /** The area inside of the axes' frame. */
  readonly frame: Rect;
  readonly x: AxisView;
  readonly y: AxisView;
  /** Distance from the frame to the y label, beyond the tick labels. */
  readonly ylabelAt: number;
}

interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function views(axes: Axes, frame: Rect): { x: AxisView; y: AxisView } {
  return {
    x: axisView(axes, 'x', [frame.x, frame.x + frame.width], { spacing: 60, extent: (label) => textWidth(label, sizes.tickLabel) + 12 }),
    y: axisView(axes, 'y', [frame.y + frame.height, frame.y], { spacing: 30, extent: () => 1.9 * sizes.tickLabel }),
  };
}

function labelWidth(view: AxisView): number {
  return Math.max(0, ...view.ticks.map((tick) => textWidth(tick.label, sizes.tickLabel)));
}

function margins(axes: Axes, frame: Rect, x: AxisView, y: AxisView): Margins {
  const title = axes.heading === '' ? 0 : sizes.titleGap + blockHeight(axes.heading, sizes.title);
  const half = axes.heading === '' ? 0 : Math.max(0, (blockWidth(axes.heading, sizes.title) - frame.width) / 2);
  if (!axes.visible) return { left: half, right: half, top: title, bottom: 0 };
  const tickSpace = sizes.tick + sizes.tickGap;
  const lastTick = x.ticks.at(-1);
  const overhang = lastTick ? x.position(lastTick.at) + textWidth(lastTick.label, sizes.tickLabel) / 2 - (frame.x + frame.width) : 0;
  return {
    left: Math.max(half, tickSpace + labelWidth(y) + (axes.y.label === '' ? 0 : sizes.labelGap + blockHeight(axes.y.label, sizes.axisLabel))),
    right: Math.max(half, overhang, 1),
    top: Math.max(title, sizes.tickLabel / 2),
    bottom: tickSpace + sizes.tickLabel + (axes.x.label === '' ? 0 : sizes.labelGap + blockHeight(axes.x.label, sizes.axisLabel)),
  };
}

function widest(all: readonly Margins[]): Margins {
  const max = (side: keyof Margins): number => Math.max(0, ...all.map((m) => m[side]));
  return { left: max('left'), right: max('right'), top: max('top'), bottom: max('bottom') };
}

function frameOf({ cell }: Axes, area: Rect, around: Margins, gap: number): Rect {
  const width = (area.width + gap) / cell.columns;
  const height = (area.height + gap) / cell.rows;
  const x = area.x + cell.left * width + around.left;
  const y = area.y + cell.top * height + around.top;
  return {
    x,
    y,
    width: Math.max(8, area.x + (cell.right + 1) * width - gap - around.right - x),
    height: Math.max(8, area.y + (cell.bottom + 1) * height - gap - around.bottom - y),
  };
}

/** The largest part of `frame`, centred, in which a data unit is as long in x as in y. */
function squared(axes: Axes, frame: Rect, x: AxisView, y: AxisView): Rect {
  if (axes.aspect !== 'equal' || x.log || y.log) return frame;
  const spanX = Math.abs(x.domain[1] - x.domain[0]);
  const spanY = Math.abs(y.domain[1] - y.domain[0]);
  const unit = Math.min(frame.width / spanX, frame.height / spanY);
  const [width, height] = [unit * spanX, unit * spanY];
  return { x: frame.x + (frame.width - width) / 2, y: frame.y + (frame.height - height) / 2, width, height };
}

export function layout(figure: Figure): readonly Panel[] {
  const pad = figure.pad * sizes.tickLabel;
  const head = figure.heading === '' ? 0 : blockHeight(figure.heading, sizes.suptitle) + sizes.titleGap;
  const area: Rect = { x: pad, y: pad + head, width: Math.max(1, figure.width - 2 * pad), height: Math.max(1, figure.height - 2 * pad - head) };
  // Ticks depend on the frame and the frame on the width of the ticks' labels: the second round settles both.
  let around: Margins = { left: 40, right: 10, top: 10, bottom: 25 };
  for (let round = 0; round < 2; round++) {
    around = widest(figure.axes.map((axes) => {
      const frame = frameOf(axes, area, around, pad);
      const { x, y } = views(axes, frame);
      return margins(axes, frame, x, y);
    }));
  }
  return figure.axes.map((axes) => {
    const full = frameOf(axes, area, around, pad);
    const rough = views(axes, full);
    const frame = squared(axes, full, rough.x, rough.y);
    const { x, y } = views(axes, frame);
    return { axes, frame, x, y, ylabelAt: sizes.tick + sizes.tickGap + labelWidth(y) + sizes.labelGap };
  });
}
