/** A figure as SVG 1.1: deterministic, without ids, scripts or references, so that pages may hold several. */
import { type Artist, inDrawingOrder } from './artists.ts';
import { toRgb } from './color.ts';
import type { Figure } from './figure.ts';
import { imageUri } from './image.ts';
import { axisRoom, layout, type PlacedColorbar, type PlacedPanel } from './layout.ts';
import { type Labelled, legendEntries, legendSize, placeLegend } from './legend.ts';
import { element } from './markup.ts';
import { drawArtist, label, markerAt, markerOf, outlineOf, strokeOf } from './svg-artists.ts';
import { blockHeight, lineHeight, textWidth } from './text.ts';
import { point, sizes, unitsPerInch } from './units.ts';

const ink = '#1a1a1a';
const thin = 0.8 * point;

function drawGrid({ axes, frame, x, y }: PlacedPanel): string {
  if (axes.gridlines === 'none' || !axes.visible) return '';
  const lines: string[] = [];
  const draw = (view: typeof x, which: 'x' | 'y', values: readonly number[], opacity: number): void => {
    for (const value of values) {
      const p = view.position(value);
      const ends = which === 'x' ? { x1: p, x2: p, y1: frame.y, y2: frame.y + frame.height } : { x1: frame.x, x2: frame.x + frame.width, y1: p, y2: p };
      lines.push(element('line', { ...ends, stroke: '#b0b0b0', 'stroke-width': thin, 'stroke-opacity': opacity }));
    }
  };
  for (const [which, view] of [['x', x], ['y', y]] as const) {
    if (axes.gridlines !== 'both' && axes.gridlines !== which) continue;
    draw(view, which, view.ticks.map(({ at }) => at), 0.6);
    if (axes.minorGrid) draw(view, which, view.minor, 0.3);
  }
  return element('g', { class: 'grid' }, ...lines);
}

/** Ticks and labels below the frame, or above it. */
function drawXAxis({ axes, frame, x, xLabels }: PlacedPanel): string {
  const far = axes.x.side === 'far';
  const [base, out] = far ? [frame.y, -1] : [frame.y + frame.height, 1];
  const parts: string[] = [];
  const mark = (at: number, length: number): string => element('line', { x1: at, x2: at, y1: base, y2: base + out * length, stroke: ink, 'stroke-width': thin });
  const { rotation, size, every } = xLabels;
  const angle = (rotation * Math.PI) / 180;
  x.ticks.forEach((tick, i) => {
    const at = x.position(tick.at);
    parts.push(mark(at, sizes.tick));
    if (!axes.x.labelled || i % every !== 0) return;
    if (rotation === 0) {
      const extra = far ? -(blockHeight(tick.label, size) - lineHeight * size) : 0;
      const y = base + out * (sizes.tick + sizes.tickGap) + (far ? extra : 0.76 * size);
      parts.push(label(tick.label, at, y, { size, anchor: 'middle' }));
    } else {
      // The end of the text that is nearer to the axis stands at the tick; text that runs down starts there.
      const up = far ? rotation < 0 : rotation > 0;
      const [dx, dy] = [0.365 * size * Math.sin(angle), (far ? 0 : 0.73) * size * Math.cos(angle)];
      parts.push(label(tick.label, at + dx, base + out * (sizes.tick + sizes.tickGap) + dy, { size, anchor: up ? 'end' : 'start', rotate: -rotation }));
    }
  });
  for (const value of x.minor) parts.push(mark(x.position(value), sizes.minorTick));
  if (axes.x.label !== '') {
    const away = axisRoom(axes, xLabels, 'x');
    const top = far ? base - away : base + away - blockHeight(axes.x.label, sizes.axisLabel);
    parts.push(label(axes.x.label, frame.x + frame.width / 2, top + 0.95 * sizes.axisLabel, { size: sizes.axisLabel, anchor: 'middle' }));
  }
  return element('g', { class: 'x axis' }, ...parts);
}

/** Ticks and labels to the left of the frame, or to the right. */
function drawYAxis({ axes, frame, y, yLabels }: PlacedPanel): string {
  const far = axes.y.side === 'far';
  const [base, out] = far ? [frame.x + frame.width, 1] : [frame.x, -1];
  const parts: string[] = [];
  const mark = (at: number, length: number): string => element('line', { x1: base, x2: base + out * length, y1: at, y2: at, stroke: ink, 'stroke-width': thin });
  const { rotation, size, every } = yLabels;
  y.ticks.forEach((tick, i) => {
    const at = y.position(tick.at);
    parts.push(mark(at, sizes.tick));
    if (!axes.y.labelled || i % every !== 0) return;
    const x = base + out * (sizes.tick + sizes.tickGap);
    const middle = (blockHeight(tick.label, size) - lineHeight * size) / 2;
    const upright = Math.abs(Math.abs(rotation) - 90) < 1;
    if (upright) parts.push(label(tick.label, x + (out < 0 ? -0.24 : 0.76) * size, at, { size, anchor: 'middle', rotate: -rotation }));
    else parts.push(label(tick.label, x, at + 0.365 * size - middle, { size, anchor: far ? 'start' : 'end', rotate: rotation ? -rotation : undefined }));
  });
  for (const value of y.minor) parts.push(mark(y.position(value), sizes.minorTick));
  if (axes.y.label !== '') {
    const away = axisRoom(axes, yLabels, 'y');
    const x = far ? base + away - blockHeight(axes.y.label, sizes.axisLabel) + sizes.axisLabel : base - away + 0.95 * sizes.axisLabel;
    parts.push(label(axes.y.label, x, frame.y + frame.height / 2, { size: sizes.axisLabel, anchor: 'middle', rotate: -90 }));
  }
  return element('g', { class: 'y axis' }, ...parts);
}

function drawHandle(entry: Labelled, x: number, y: number, width: number): string {
  const patch = { x, y: y - 3.5 * point, width, height: 7 * point };
  switch (entry.kind) {
    case 'line':
    case 'rule': {
      const line = entry.style.linestyle === 'None' ? '' : element('line', { x1: x, x2: x + width, y1: y, y2: y, ...strokeOf(entry.style) });
      return line + (entry.kind === 'line' ? markerAt(entry.style.marker, x + width / 2, y, entry.style.markersize * point, markerOf(entry.style)) : '');
    }
    case 'scatter':
      return markerAt(entry.marker, x + width / 2, y, Math.sqrt(Math.min(64, Math.max(0, entry.sizes[0] ?? 36))) * point, { face: entry.colors[0] ?? '#000000', edge: entry.edge, alpha: entry.alpha });
    case 'bar':
      return element('rect', { ...patch, fill: entry.colors[0], 'fill-opacity': entry.alpha < 1 ? entry.alpha : undefined, ...outlineOf(entry.edge, entry.alpha) });
    case 'area':
      return element('rect', { ...patch, fill: entry.parts[0]?.fill ?? 'none', 'fill-opacity': entry.alpha < 1 ? entry.alpha : undefined, ...outlineOf(entry.edge, entry.alpha) });
    case 'span':
      return element('rect', { ...patch, fill: entry.color, 'fill-opacity': entry.alpha < 1 ? entry.alpha : undefined });
  }
}

function drawLegend(panel: PlacedPanel): string {
  const state = panel.axes.legendState;
  const entries = legendEntries(panel.axes.artists);
  if (state === undefined || entries.length === 0) return '';
  const measured = legendSize(panel.axes);
  const { width, height, pad, handle, gap, row, size, columns, perColumn, title } = measured;
  const box = placeLegend(panel, state.place, measured);
  const back = state.frame ? [element('rect', { x: box.x, y: box.y, width, height, rx: 2.5 * point, fill: '#ffffff', 'fill-opacity': 0.8, stroke: '#cccccc', 'stroke-width': point })] : [];
  const heading = title === 0 ? [] : [label(state.title, box.x + width / 2, box.y + pad + 0.5 * row + 0.365 * size, { size, anchor: 'middle' })];
  return element('g', { class: 'legend' }, ...back, ...heading, ...entries.map((entry, i) => {
    const column = Math.floor(i / perColumn);
    const left = box.x + pad + columns.slice(0, column).reduce((sum, w) => sum + w + 1.5 * size, 0);
    const middle = box.y + pad + title + ((i % perColumn) + 0.5) * row;
    return drawHandle(entry, left, middle, handle) + label(entry.label, left + handle + gap, middle + 0.365 * size, { size, anchor: 'start' });
  }));
}

function drawColorbar({ bar, frame, view }: PlacedColorbar): string {
  const upright = bar.orientation === 'vertical';
  const { table, alpha } = bar.mappable;
  const rgba = new Uint8Array(4 * table.length);
  // Images start on top, where a bar ends.
  table.forEach((color, i) => rgba.set([...toRgb(color), 255], 4 * (upright ? table.length - 1 - i : i)));
  const [rows, columns] = upright ? [table.length, 1] : [1, table.length];
  const parts = [
    element('image', { x: frame.x, y: frame.y, width: frame.width, height: frame.height, preserveAspectRatio: 'none', 'image-rendering': 'optimizeSpeed', style: 'image-rendering:pixelated', opacity: alpha < 1 ? alpha : undefined, href: imageUri({ rows, columns, rgba }, false, false) }),
    element('rect', { x: frame.x, y: frame.y, width: frame.width, height: frame.height, fill: 'none', stroke: ink, 'stroke-width': thin }),
  ];
  const size = sizes.tickLabel;
  const [right, foot] = [frame.x + frame.width, frame.y + frame.height];
  let widest = 0;
  for (const { at, label: name } of view.ticks) {
    const p = view.position(at);
    widest = Math.max(widest, textWidth(name, size));
    if (upright) parts.push(element('line', { x1: right, x2: right + sizes.tick, y1: p, y2: p, stroke: ink, 'stroke-width': thin }), label(name, right + sizes.tick + sizes.tickGap, p + 0.365 * size, { size, anchor: 'start' }));
    else parts.push(element('line', { x1: p, x2: p, y1: foot, y2: foot + sizes.tick, stroke: ink, 'stroke-width': thin }), label(name, p, foot + sizes.tick + sizes.tickGap + 0.76 * size, { size, anchor: 'middle' }));
  }
  if (bar.label !== '') {
    const away = sizes.tick + sizes.tickGap + sizes.labelGap;
    if (upright) parts.push(label(bar.label, right + away + widest + 0.95 * sizes.axisLabel, frame.y + frame.height / 2, { size: sizes.axisLabel, anchor: 'middle', rotate: -90 }));
    else parts.push(label(bar.label, frame.x + frame.width / 2, foot + away + size + 0.95 * sizes.axisLabel, { size: sizes.axisLabel, anchor: 'middle' }));
  }
  return element('g', { class: 'colorbar' }, ...parts);
}

function drawPanel(panel: PlacedPanel): string {
  const { axes, frame } = panel;
  const box = { x: frame.x, y: frame.y, width: frame.width, height: frame.height };
  const ordered = inDrawingOrder(axes.artists);
  const draw = (wanted: (kind: Artist['kind']) => boolean): string[] => ordered.filter(({ kind }) => wanted(kind)).map((artist) => drawArtist(artist, panel));
  const viewBox = [frame.x, frame.y, frame.width, frame.height].map((v) => String(Math.round(v * 100) / 100)).join(' ');
  // A nested viewport clips without an id that another figure on the same page could share.
  const inner = element('svg', { ...box, viewBox, overflow: 'hidden' }, ...draw((kind) => kind === 'image'), drawGrid(panel), ...draw((kind) => kind !== 'image' && kind !== 'text'));
  const above = sizes.titleGap + blockHeight(axes.heading, sizes.title) + (axes.x.side === 'far' ? axisRoom(axes, panel.xLabels, 'x') : 0);
  const title = axes.heading === '' ? '' : label(axes.heading, frame.x + frame.width / 2, frame.y - above + lineHeight * sizes.title - 0.1 * sizes.title, { size: sizes.title, anchor: 'middle' });
  const scaleOf = (which: 'x' | 'y'): string | undefined => {
    const { scale, linthresh } = axes[which].range;
    return scale === 'linear' ? undefined : scale === 'log' ? 'log' : `symlog ${linthresh}`;
  };
  const readout = { 'data-x': panel.x.domain.join(' '), 'data-y': panel.y.domain.join(' '), 'data-xscale': scaleOf('x'), 'data-yscale': scaleOf('y') };
  const surround = axes.visible ? [
    ...(axes.twin === 'x' ? [] : [drawXAxis(panel)]), ...(axes.twin === 'y' ? [] : [drawYAxis(panel)]),
    ...(axes.twin === undefined ? [element('rect', { class: 'frame', ...box, fill: 'none', stroke: ink, 'stroke-width': thin })] : []),
  ] : [];
  return element('g', { class: 'axes', ...readout, 'data-frame': viewBox }, inner, ...surround, ...draw((kind) => kind === 'text'), title, ...panel.colorbars.map(drawColorbar));
}

function summary(figure: Figure): string {
  return [figure.heading, ...figure.axes.map((axes) => axes.heading)].filter((text) => text !== '').join('; ') || 'figure';
}

/** Transparent figures have no page behind them. */
export function figureToSVG(figure: Figure, transparent = false): string {
  const { width, height } = figure;
  const zoom = figure.dpi / unitsPerInch;
  const heading = figure.heading === '' ? '' : label(figure.heading, width / 2, figure.pad * sizes.tickLabel + 0.85 * sizes.suptitle, { size: sizes.suptitle, anchor: 'middle' });
  const { panels, colorbars } = layout(figure);
  return `${element('svg', {
    xmlns: 'http://www.w3.org/2000/svg', width: Math.round(width * zoom), height: Math.round(height * zoom), viewBox: `0 0 ${width} ${height}`,
    role: 'img', 'aria-label': summary(figure), 'font-family': 'DejaVu Sans, Verdana, sans-serif', fill: ink,
  }, ...(transparent ? [] : [element('rect', { width, height, fill: '#ffffff' })]), heading, ...panels.map(drawPanel), ...colorbars.map(drawColorbar), ...panels.map(drawLegend))}\n`;
}
