/** A figure as SVG 1.1: deterministic, without ids, scripts or references, so that pages may hold several. */
import { type Artist, inDrawingOrder } from './artists.ts';
import type { Figure } from './figure.ts';
import { layout, type Panel, point, sizes, unitsPerInch } from './layout.ts';
import { type Labelled, legendEntries, placeLegend } from './legend.ts';
import { element } from './markup.ts';
import { drawArtist, label, markerAt, strokeOf } from './svg-artists.ts';
import { blockHeight, lineHeight, textWidth } from './text.ts';

const ink = '#1a1a1a';
const thin = 0.8 * point;

function drawGrid({ axes, frame, x, y }: Panel): string {
  if (axes.gridlines === 'none' || !axes.visible) return '';
  const style = { stroke: '#b0b0b0', 'stroke-width': thin, 'stroke-opacity': 0.6 };
  const lines: string[] = [];
  if (axes.gridlines !== 'y') for (const { at } of x.ticks) lines.push(element('line', { x1: x.position(at), x2: x.position(at), y1: frame.y, y2: frame.y + frame.height, ...style }));
  if (axes.gridlines !== 'x') for (const { at } of y.ticks) lines.push(element('line', { x1: frame.x, x2: frame.x + frame.width, y1: y.position(at), y2: y.position(at), ...style }));
  return element('g', { class: 'grid' }, ...lines);
}

function drawXAxis({ axes, frame, x }: Panel): string {
  const base = frame.y + frame.height;
  const parts: string[] = [];
  const mark = (at: number, length: number): string => element('line', { x1: at, x2: at, y1: base, y2: base + length, stroke: ink, 'stroke-width': thin });
  for (const tick of x.ticks) {
    const at = x.position(tick.at);
    parts.push(mark(at, sizes.tick), label(tick.label, at, base + sizes.tick + sizes.tickGap + 0.76 * sizes.tickLabel, { size: sizes.tickLabel, anchor: 'middle' }));
  }
  for (const value of x.minor) parts.push(mark(x.position(value), sizes.minorTick));
  if (axes.x.label !== '') {
    const top = base + sizes.tick + sizes.tickGap + sizes.tickLabel + sizes.labelGap;
    parts.push(label(axes.x.label, frame.x + frame.width / 2, top + 0.8 * sizes.axisLabel, { size: sizes.axisLabel, anchor: 'middle' }));
  }
  return element('g', { class: 'x axis' }, ...parts);
}

function drawYAxis({ axes, frame, y, ylabelAt }: Panel): string {
  const parts: string[] = [];
  const mark = (at: number, length: number): string => element('line', { x1: frame.x - length, x2: frame.x, y1: at, y2: at, stroke: ink, 'stroke-width': thin });
  for (const tick of y.ticks) {
    const at = y.position(tick.at);
    parts.push(mark(at, sizes.tick), label(tick.label, frame.x - sizes.tick - sizes.tickGap, at + 0.365 * sizes.tickLabel, { size: sizes.tickLabel, anchor: 'end' }));
  }
  for (const value of y.minor) parts.push(mark(y.position(value), sizes.minorTick));
  if (axes.y.label !== '') {
    const x = frame.x - ylabelAt - blockHeight(axes.y.label, sizes.axisLabel) + sizes.axisLabel;
    parts.push(label(axes.y.label, x, frame.y + frame.height / 2, { size: sizes.axisLabel, anchor: 'middle', rotate: -90 }));
  }
  return element('g', { class: 'y axis' }, ...parts);
}

function drawHandle(entry: Labelled, x: number, y: number, width: number): string {
  switch (entry.kind) {
    case 'line':
    case 'rule': {
      const line = entry.style.linestyle === 'None' ? '' : element('line', { x1: x, x2: x + width, y1: y, y2: y, ...strokeOf(entry.style) });
      return line + (entry.kind === 'line' ? markerAt(entry.style.marker, x + width / 2, y, entry.style.markersize * point, entry.style.color, entry.style.alpha) : '');
    }
    case 'scatter':
      return markerAt(entry.marker, x + width / 2, y, Math.sqrt(Math.min(64, Math.max(0, entry.sizes[0] ?? 36))) * point, entry.colors[0] ?? '#000000', entry.alpha);
    case 'bar':
      return element('rect', { x, y: y - 3.5 * point, width, height: 7 * point, fill: entry.colors[0], 'fill-opacity': entry.alpha < 1 ? entry.alpha : undefined });
  }
}

function drawLegend(panel: Panel): string {
  const entries = legendEntries(panel.axes.artists);
  if (panel.axes.legendAt === undefined || entries.length === 0) return '';
  const size = sizes.legend;
  const [pad, handle, gap, row] = [0.45 * size, 2 * size, 0.8 * size, 1.45 * size];
  const width = 2 * pad + handle + gap + Math.max(...entries.map((entry) => textWidth(entry.label, size)));
  const height = 2 * pad + row * entries.length;
  const box = placeLegend(panel, panel.axes.legendAt, width, height, 0.5 * size);
  return element('g', { class: 'legend' },
    element('rect', { x: box.x, y: box.y, width, height, rx: 2.5 * point, fill: '#ffffff', 'fill-opacity': 0.8, stroke: '#cccccc', 'stroke-width': point }),
    ...entries.map((entry, i) => {
      const middle = box.y + pad + (i + 0.5) * row;
      return drawHandle(entry, box.x + pad, middle, handle) + label(entry.label, box.x + pad + handle + gap, middle + 0.365 * size, { size, anchor: 'start' });
    }));
}

function drawPanel(panel: Panel): string {
  const { axes, frame } = panel;
  const box = { x: frame.x, y: frame.y, width: frame.width, height: frame.height };
  const ordered = inDrawingOrder(axes.artists);
  const draw = (wanted: (kind: Artist['kind']) => boolean): string[] => ordered.filter(({ kind }) => wanted(kind)).map((artist) => drawArtist(artist, panel));
  const viewBox = [frame.x, frame.y, frame.width, frame.height].map((v) => String(Math.round(v * 100) / 100)).join(' ');
  // A nested viewport clips without an id that another figure on the same page could share.
  const inner = element('svg', { ...box, viewBox, overflow: 'hidden' }, ...draw((kind) => kind === 'image'), drawGrid(panel), ...draw((kind) => kind !== 'image' && kind !== 'text'));
  const title = axes.heading === '' ? '' : label(axes.heading, frame.x + frame.width / 2,
    frame.y - sizes.titleGap - blockHeight(axes.heading, sizes.title) + lineHeight * sizes.title - 0.1 * sizes.title, { size: sizes.title, anchor: 'middle' });
  const readout = { 'data-x': panel.x.domain.join(' '), 'data-y': panel.y.domain.join(' '), 'data-log': `${panel.x.log ? 'x' : ''}${panel.y.log ? 'y' : ''}` };
  const surround = axes.visible ? [drawXAxis(panel), drawYAxis(panel), element('rect', { class: 'frame', ...box, fill: 'none', stroke: ink, 'stroke-width': thin })] : [];
  return element('g', { class: 'axes', ...readout, 'data-frame': viewBox }, inner, ...surround, ...draw((kind) => kind === 'text'), title, drawLegend(panel));
}

function summary(figure: Figure): string {
  return [figure.heading, ...figure.axes.map((axes) => axes.heading)].filter((text) => text !== '').join('; ') || 'figure';
}

export function figureToSVG(figure: Figure): string {
  const { width, height } = figure;
  const zoom = figure.dpi / unitsPerInch;
  const heading = figure.heading === '' ? '' : label(figure.heading, width / 2, figure.pad * sizes.tickLabel + 0.85 * sizes.suptitle, { size: sizes.suptitle, anchor: 'middle' });
  return `${element('svg', {
    xmlns: 'http://www.w3.org/2000/svg', width: Math.round(width * zoom), height: Math.round(height * zoom), viewBox: `0 0 ${width} ${height}`,
    role: 'img', 'aria-label': summary(figure), 'font-family': 'DejaVu Sans, Verdana, sans-serif', fill: ink,
  }, element('rect', { width, height, fill: '#ffffff' }), heading, ...layout(figure).map(drawPanel))}\n`;
}
