/** Each kind of artist as SVG, in the coordinates of its panel. */
import { line, symbol, symbolDiamond, symbolDiamond2, symbolPlus, symbolSquare, symbolStar, symbolTimes, symbolTriangle, type SymbolType } from 'd3-shape';
import type { Artist, BarArtist, ImageArtist, LineArtist, RuleArtist, ScatterArtist, TextArtist } from './artists.ts';
import type { Hex } from './color.ts';
import { visibleOfCloud, visibleOfLine } from './decimate.ts';
import { imageUri } from './image.ts';
import { type Panel, point } from './layout.ts';
import { element, escapeText, num } from './markup.ts';
import type { AxisView } from './scale.ts';
import { dashes, type LineStyle, type Marker } from './style.ts';
import { lineHeight, textLines } from './text.ts';

/** How browsers are told not to smooth an image. */
export const pixelated = ' style="image-rendering:pixelated"';

// Renderers lose precision far outside of the page.
const farAway = 1e6;

function positions(values: Float64Array, view: AxisView): Float64Array {
  return values.map((v) => Math.max(-farAway, Math.min(farAway, view.position(v))));
}

export function dashArray(style: LineStyle): string | undefined {
  const pattern = dashes[style.linestyle];
  return pattern.length === 0 ? undefined : pattern.map((length) => num(length * style.linewidth * point)).join(' ');
}

export function strokeOf(style: LineStyle): Record<string, string | number | undefined> {
  return { fill: 'none', stroke: style.color, 'stroke-width': style.linewidth * point, 'stroke-dasharray': dashArray(style), 'stroke-opacity': style.alpha < 1 ? style.alpha : undefined };
}

const shapes: Readonly<Record<Exclude<Marker, 'o' | '.' | ',' | 'None'>, { readonly type: SymbolType; readonly area: number; readonly turn?: number; readonly open?: true }>> = {
  s: { type: symbolSquare, area: 1 },
  '^': { type: symbolTriangle, area: 0.6 },
  v: { type: symbolTriangle, area: 0.6, turn: 180 },
  '<': { type: symbolTriangle, area: 0.6, turn: -90 },
  '>': { type: symbolTriangle, area: 0.6, turn: 90 },
  D: { type: symbolDiamond2, area: 1 },
  d: { type: symbolDiamond, area: 0.6 },
  x: { type: symbolTimes, area: 0.8, open: true },
  '+': { type: symbolPlus, area: 0.8, open: true },
  '*': { type: symbolStar, area: 0.5 },
};

/** A marker `size` units wide; symbols come from d3, whose sizes are areas. */
export function markerAt(marker: Marker, x: number, y: number, size: number, color: Hex, alpha: number): string {
  const opacity = alpha < 1 ? alpha : undefined;
  switch (marker) {
    case 'None':
      return '';
    case 'o':
    case '.':
      return element('circle', { cx: x, cy: y, r: marker === 'o' ? size / 2 : size / 4, fill: color, 'fill-opacity': opacity });
    case ',':
      return element('rect', { x: x - 0.5, y: y - 0.5, width: 1, height: 1, fill: color, 'fill-opacity': opacity });
    default: {
      const shape = shapes[marker];
      const path = symbol(shape.type, shape.area * size * size).digits(2)() ?? '';
      const transform = `translate(${num(x)},${num(y)})${shape.turn ? ` rotate(${shape.turn})` : ''}`;
      const paint = shape.open ? { fill: 'none', stroke: color, 'stroke-width': 1.5 * point, 'stroke-opacity': opacity } : { fill: color, 'fill-opacity': opacity };
      return element('path', { d: path, transform, ...paint });
    }
  }
}

function drawLine(artist: LineArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const { style } = artist;
  const x = positions(artist.x, viewX);
  const y = positions(artist.y, viewY);
  const kept = visibleOfLine(x, y, frame.width) ?? Array.from(x, (_, i) => i);
  const shown = (i: number): boolean => !Number.isNaN(x[i]) && !Number.isNaN(y[i]);
  const parts: string[] = [];
  if (style.linestyle !== 'None' && style.linewidth > 0) {
    const d = line<number>().defined(shown).x((i) => x[i]).y((i) => y[i]).digits(2)(kept);
    if (d) parts.push(element('path', { class: 'line', d, ...strokeOf(style), 'stroke-linejoin': 'round', 'stroke-linecap': style.linestyle === '-' ? 'round' : 'butt' }));
  }
  if (style.marker !== 'None') {
    const dots = (visibleOfCloud(x, y, frame.width) ?? kept).filter(shown);
    parts.push(element('g', { class: 'markers' }, ...dots.map((i) => markerAt(style.marker, x[i], y[i], style.markersize * point, style.color, style.alpha))));
  }
  return parts.join('');
}

function drawScatter(artist: ScatterArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const x = positions(artist.x, viewX);
  const y = positions(artist.y, viewY);
  const kept = visibleOfCloud(x, y, frame.width) ?? Array.from(x, (_, i) => i);
  const dots = kept.filter((i) => !Number.isNaN(x[i]) && !Number.isNaN(y[i]));
  const at = <T>(values: ArrayLike<T>, i: number): T => values[values.length === 1 ? 0 : i];
  const size = (i: number): number => Math.sqrt(Math.max(0, at(artist.sizes, i) || 0)) * point;
  return element('g', { class: 'scatter' }, ...dots.map((i) => markerAt(artist.marker, x[i], y[i], size(i), at(artist.colors, i), artist.alpha)));
}

function drawBars(artist: BarArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const bars: string[] = [];
  // On a log scale the base has no position: bars then stand on the frame.
  const px = (v: number): number => (viewX.log && v <= 0 ? frame.x : viewX.position(v));
  const py = (v: number): number => (viewY.log && v <= 0 ? frame.y + frame.height : viewY.position(v));
  for (let i = 0; i < artist.left.length; i++) {
    const [x0, x1, y0, y1] = [px(artist.left[i]), px(artist.right[i]), py(artist.bottom[i]), py(artist.top[i])];
    if ([x0, x1, y0, y1].some(Number.isNaN)) continue;
    bars.push(element('rect', {
      x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0),
      fill: artist.colors[i % artist.colors.length], 'fill-opacity': artist.alpha < 1 ? artist.alpha : undefined,
    }));
  }
  // Anti-aliased edges would show as seams between the bars of a histogram.
  return element('g', { class: 'bars', 'shape-rendering': 'crispEdges' }, ...bars);
}

function drawImage(artist: ImageArtist, { x: viewX, y: viewY }: Panel): string {
  const [left, right] = artist.extent.slice(0, 2).map(viewX.position);
  const [bottom, top] = artist.extent.slice(2).map(viewY.position);
  if ([left, right, bottom, top].some(Number.isNaN)) return '';
  return element('image', {
    x: Math.min(left, right), y: Math.min(top, bottom), width: Math.abs(right - left), height: Math.abs(bottom - top),
    preserveAspectRatio: 'none', 'image-rendering': 'optimizeSpeed', style: 'image-rendering:pixelated',
    opacity: artist.alpha < 1 ? artist.alpha : undefined, href: imageUri(artist, right < left, bottom < top),
  });
}

function drawRule({ axis, at, style }: RuleArtist, { x, y, frame }: Panel): string {
  const p = (axis === 'x' ? x : y).position(at);
  if (Number.isNaN(p) || style.linestyle === 'None') return '';
  const ends = axis === 'x' ? { x1: p, x2: p, y1: frame.y, y2: frame.y + frame.height } : { x1: frame.x, x2: frame.x + frame.width, y1: p, y2: p };
  return element('line', { class: 'rule', ...ends, ...strokeOf(style) });
}

export interface LabelStyle {
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly color?: string;
  readonly weight?: string;
  readonly rotate?: number;
}

/** Text whose first baseline is at (x, y). */
export function label(text: string, x: number, y: number, style: LabelStyle): string {
  const transform = style.rotate ? `rotate(${style.rotate} ${num(x)} ${num(y)})` : undefined;
  const lines = textLines(text);
  const attributes = { 'font-size': style.size, 'text-anchor': style.anchor, fill: style.color, 'font-weight': style.weight, transform };
  const spans = lines.length === 1
    ? [escapeText(text)]
    : lines.map((row, i) => element('tspan', { x, y: y + i * lineHeight * style.size }, escapeText(row)));
  return element('text', { x, y, ...attributes }, ...spans);
}

function drawText(artist: TextArtist, { x, y }: Panel): string {
  const [px, py] = [x.position(artist.x), y.position(artist.y)];
  if (Number.isNaN(px) || Number.isNaN(py)) return '';
  const size = artist.fontsize * point;
  const extra = (textLines(artist.text).length - 1) * lineHeight * size;
  // Cap height and descender of DejaVu Sans: 0.73 and 0.24 of the font size.
  const shift = { top: 0.76 * size, center: 0.365 * size - extra / 2, baseline: -extra, bottom: -0.24 * size - extra }[artist.va];
  const anchor = ({ left: 'start', center: 'middle', right: 'end' } as const)[artist.ha];
  return label(artist.text, px, py + shift, { size, anchor, color: artist.color });
}

export function drawArtist(artist: Artist, panel: Panel): string {
  switch (artist.kind) {
    case 'line': return drawLine(artist, panel);
    case 'scatter': return drawScatter(artist, panel);
    case 'bar': return drawBars(artist, panel);
    case 'image': return drawImage(artist, panel);
    case 'rule': return drawRule(artist, panel);
    case 'text': return drawText(artist, panel);
  }
}
