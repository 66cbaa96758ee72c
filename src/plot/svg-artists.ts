/** Each kind of artist as SVG, in the coordinates of its panel. */
import { line, symbol, symbolDiamond, symbolDiamond2, symbolPlus, symbolSquare, symbolStar, symbolTimes, symbolTriangle, type SymbolType } from 'd3-shape';
import type { AreaArtist, Artist, BarArtist, Edge, ImageArtist, LineArtist, RuleArtist, ScatterArtist, SpanArtist, TextArtist } from './artists.ts';
import type { Hex } from './color.ts';
import { visibleOfCloud, visibleOfLine } from './decimate.ts';
import { imageUri } from './image.ts';
import type { PlacedPanel as Panel } from './layout.ts';
import { element, escapeText, num } from './markup.ts';
import type { AxisView } from './scale.ts';
import { dashes, type LineStyle, type Marker } from './style.ts';
import { blockHeight, blockWidth, lineHeight, textLines } from './text.ts';
import { point } from './units.ts';

/** How browsers are told not to smooth an image. */
export const pixelated = ' style="image-rendering:pixelated"';

// Renderers lose precision far outside of the page.
const farAway = 1e6;

function clampFar(position: number): number {
  return Math.max(-farAway, Math.min(farAway, position));
}

function positions(values: Float64Array, view: AxisView): Float64Array {
  return values.map((v) => clampFar(view.position(v)));
}

export function dashArray(style: LineStyle): string | undefined {
  const pattern = dashes[style.linestyle];
  return pattern.length === 0 ? undefined : pattern.map((length) => num(length * style.linewidth * point)).join(' ');
}

export function strokeOf(style: LineStyle): Record<string, string | number | undefined> {
  return { fill: 'none', stroke: style.color, 'stroke-width': style.linewidth * point, 'stroke-dasharray': dashArray(style), 'stroke-opacity': style.alpha < 1 ? style.alpha : undefined };
}

export function outlineOf(edge: Edge | undefined, alpha = 1): Record<string, string | number | undefined> {
  if (edge === undefined) return {};
  const pattern = dashes[edge.linestyle ?? '-'].map((length) => num(length * edge.width * point)).join(' ');
  return { stroke: edge.color, 'stroke-width': edge.width * point, 'stroke-dasharray': pattern || undefined, 'stroke-opacity': alpha < 1 ? alpha : undefined };
}

const shapes: Readonly<Record<Exclude<Marker, 'o' | '.' | ',' | '|' | '_' | 'None'>, { readonly type: SymbolType; readonly area: number; readonly turn?: number; readonly open?: true }>> = {
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

export interface MarkerStyle {
  /** Undefined is hollow. */
  readonly face: Hex | undefined;
  readonly edge: Edge | undefined;
  readonly alpha: number;
}

/** A marker `size` units wide; symbols come from d3, whose sizes are areas. */
export function markerAt(marker: Marker, x: number, y: number, size: number, { face, edge, alpha }: MarkerStyle): string {
  const opacity = alpha < 1 ? alpha : undefined;
  const paint = { fill: face ?? 'none', 'fill-opacity': face ? opacity : undefined, ...outlineOf(edge, alpha) };
  // Markers of lines alone have no face to fill.
  const stroke = { fill: 'none', stroke: face ?? edge?.color, 'stroke-width': (edge?.width ?? 1.5) * point, 'stroke-opacity': opacity };
  switch (marker) {
    case 'None':
      return '';
    case 'o':
    case '.':
      return element('circle', { cx: x, cy: y, r: marker === 'o' ? size / 2 : size / 4, ...paint });
    case ',':
      return element('rect', { x: x - 0.5, y: y - 0.5, width: 1, height: 1, fill: face, 'fill-opacity': opacity });
    case '|':
      return element('line', { x1: x, x2: x, y1: y - size / 2, y2: y + size / 2, ...stroke });
    case '_':
      return element('line', { x1: x - size / 2, x2: x + size / 2, y1: y, y2: y, ...stroke });
    default: {
      const shape = shapes[marker];
      const path = symbol(shape.type, shape.area * size * size).digits(2)() ?? '';
      const transform = `translate(${num(x)},${num(y)})${shape.turn ? ` rotate(${shape.turn})` : ''}`;
      return element('path', { d: path, transform, ...(shape.open ? stroke : paint) });
    }
  }
}

export function markerOf(style: LineStyle): MarkerStyle {
  const open = style.marker === '|' || style.marker === '_';
  const edge = open ? { color: style.color, width: style.linewidth } : style.markeredgecolor && { color: style.markeredgecolor, width: 1 };
  return { face: style.markerfacecolor, edge, alpha: style.alpha };
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
    const look = markerOf(style);
    parts.push(element('g', { class: 'markers' }, dots.map((i) => markerAt(style.marker, x[i], y[i], style.markersize * point, look))));
  }
  return parts.join('');
}

function drawScatter(artist: ScatterArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const x = positions(artist.x, viewX);
  const y = positions(artist.y, viewY);
  const kept = visibleOfCloud(x, y, frame.width) ?? Array.from(x, (_, i) => i);
  const dots = kept.filter((i) => !Number.isNaN(x[i]) && !Number.isNaN(y[i]));
  const at = <T>(values: ArrayLike<T>, i: number): T => values[values.length === 1 ? 0 : i];
  const size = (i: number): number => Math.sqrt(Math.max(0, Math.min(1e8, at(artist.sizes, i) || 0))) * point;
  return element('g', { class: 'scatter' }, dots.map((i) => markerAt(artist.marker, x[i], y[i], size(i), { face: at(artist.colors, i), edge: artist.edge, alpha: artist.alpha })));
}

function drawBars(artist: BarArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const bars: string[] = [];
  const outline = outlineOf(artist.edge, artist.alpha);
  // On a log scale the base has no position: bars then stand on the frame.
  const px = (v: number): number => (viewX.log && v <= 0 ? frame.x : viewX.position(v));
  const py = (v: number): number => (viewY.log && v <= 0 ? frame.y + frame.height : viewY.position(v));
  for (let i = 0; i < artist.left.length; i++) {
    const [x0, x1, y0, y1] = [px(artist.left[i]), px(artist.right[i]), py(artist.bottom[i]), py(artist.top[i])];
    if ([x0, x1, y0, y1].some(Number.isNaN)) continue;
    bars.push(element('rect', {
      x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0),
      fill: artist.colors[i % artist.colors.length], 'fill-opacity': artist.alpha < 1 ? artist.alpha : undefined, ...outline,
    }));
  }
  // Anti-aliased edges would show as seams between the bars of a histogram.
  return element('g', { class: 'bars', 'shape-rendering': 'crispEdges' }, bars);
}

/** Rings as one path; what has no logarithm lies on the edge of the frame. */
function drawArea(artist: AreaArtist, { x: viewX, y: viewY, frame }: Panel): string {
  const px = (v: number): number => (viewX.log && v <= 0 ? frame.x : clampFar(viewX.position(v)));
  const py = (v: number): number => (viewY.log && v <= 0 ? frame.y + frame.height : clampFar(viewY.position(v)));
  const outline = outlineOf(artist.edge);
  const shapesOf = artist.parts.map(({ rings, fill }) => {
    const d = rings.map((ring) => {
      const [x, y] = [ring.x.map(px), ring.y.map(py)];
      const kept = visibleOfLine(x, y, frame.width) ?? Array.from(x.keys());
      return `M${kept.filter((i) => !Number.isNaN(x[i] + y[i])).map((i) => `${num(x[i])},${num(y[i])}`).join('L')}Z`;
    }).filter((path) => path !== 'MZ').join('');
    return d === '' ? '' : element('path', { d, fill: fill ?? 'none', 'fill-rule': 'evenodd', ...outline });
  });
  return element('g', { class: 'area', opacity: artist.alpha < 1 ? artist.alpha : undefined }, shapesOf);
}

function drawImage(artist: ImageArtist, { x: viewX, y: viewY }: Panel): string {
  const [left, right] = artist.extent.slice(0, 2).map(viewX.position);
  const [bottom, top] = artist.extent.slice(2).map(viewY.position);
  if ([left, right, bottom, top].some(Number.isNaN)) return '';
  const sharp = artist.interpolation === 'nearest' ? { 'image-rendering': 'optimizeSpeed', style: 'image-rendering:pixelated' } : {};
  return element('image', {
    x: Math.min(left, right), y: Math.min(top, bottom), width: Math.abs(right - left), height: Math.abs(bottom - top),
    preserveAspectRatio: 'none', ...sharp,
    opacity: artist.alpha < 1 ? artist.alpha : undefined, href: imageUri(artist, right < left, bottom < top),
  });
}

function drawRule({ axis, at, from, to, style }: RuleArtist, { x, y, frame }: Panel): string {
  const p = (axis === 'x' ? x : y).position(at);
  if (Number.isNaN(p) || style.linestyle === 'None') return '';
  const ends = axis === 'x' ? { x1: p, x2: p, y1: frame.y + frame.height * (1 - to), y2: frame.y + frame.height * (1 - from) }
    : { x1: frame.x + frame.width * from, x2: frame.x + frame.width * to, y1: p, y2: p };
  return element('line', { class: 'rule', ...ends, ...strokeOf(style) });
}

function drawSpan({ axis, low, high, color, alpha }: SpanArtist, { x, y, frame }: Panel): string {
  const [p, q] = [low, high].map((axis === 'x' ? x : y).position);
  if (Number.isNaN(p + q)) return '';
  const box = axis === 'x' ? { x: Math.min(p, q), y: frame.y, width: Math.abs(q - p), height: frame.height } : { x: frame.x, y: Math.min(p, q), width: frame.width, height: Math.abs(q - p) };
  return element('rect', { class: 'span', ...box, fill: color, 'fill-opacity': alpha < 1 ? alpha : undefined });
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

/** A line from the text to its point, which it does not quite reach, with an open head. */
function drawArrow({ arrow }: TextArtist, from: readonly [number, number], size: number, { x, y }: Panel): string {
  if (!arrow) return '';
  const [tx, ty] = [x.position(arrow.x), y.position(arrow.y)];
  const [dx, dy] = [tx - from[0], ty - from[1]];
  const length = Math.hypot(dx, dy);
  if (!(length > size)) return '';
  const [ux, uy] = [dx / length, dy / length];
  const [start, tip] = [[from[0] + ux * 0.4 * size, from[1] + uy * 0.4 * size], [tx - 2 * point * ux, ty - 2 * point * uy]];
  const head = 5 * point;
  const wing = (turn: 1 | -1): string => `${num(tip[0] - head * (ux * 0.87 - turn * uy * 0.5))},${num(tip[1] - head * (uy * 0.87 + turn * ux * 0.5))}`;
  const d = `M${num(start[0])},${num(start[1])}L${num(tip[0])},${num(tip[1])}${arrow.head ? `M${wing(1)}L${num(tip[0])},${num(tip[1])}L${wing(-1)}` : ''}`;
  return element('path', { class: 'arrow', d, fill: 'none', stroke: arrow.color, 'stroke-width': arrow.width * point });
}

function drawText(artist: TextArtist, panel: Panel): string {
  const [px, py] = [panel.x.position(artist.x) + artist.offset[0] * point, panel.y.position(artist.y) - artist.offset[1] * point];
  if (Number.isNaN(px) || Number.isNaN(py)) return '';
  const wanted = artist.fontsize * point;
  const room = artist.room === undefined ? Infinity : 0.9 * Math.abs(panel.x.position(artist.x + artist.room) - px);
  const size = Math.min(wanted, (wanted * room) / blockWidth(artist.text, wanted));
  const extra = (textLines(artist.text).length - 1) * lineHeight * size;
  // Cap height and descender of DejaVu Sans: 0.73 and 0.24 of the font size.
  const shift = { top: 0.76 * size, center: 0.365 * size - extra / 2, baseline: -extra, bottom: -0.24 * size - extra }[artist.va];
  const anchor = ({ left: 'start', center: 'middle', right: 'end' } as const)[artist.ha];
  const [width, height] = [blockWidth(artist.text, size), blockHeight(artist.text, size)];
  // The arrow starts at the side of the text that faces its point.
  const middle = { left: px + width / 2, center: px, right: px - width / 2 }[artist.ha];
  const centre = { top: py + height / 2, center: py, baseline: py - height / 2 + 0.2 * size, bottom: py - height / 2 }[artist.va];
  const [tx, ty] = artist.arrow ? [panel.x.position(artist.arrow.x) - middle, panel.y.position(artist.arrow.y) - centre] : [0, 0];
  const reach = Math.min(Math.abs(width / 2 / tx), Math.abs((height / 2 + 1) / ty), 1) || 0;
  const written = label(artist.text, px, py + shift, { size, anchor, color: artist.color, weight: artist.weight === 'bold' ? 'bold' : undefined, rotate: artist.rotation ? -artist.rotation : undefined });
  return drawArrow(artist, [middle + tx * reach, centre + ty * reach], size, panel) + written;
}

export function drawArtist(artist: Artist, panel: Panel): string {
  switch (artist.kind) {
    case 'line': return drawLine(artist, panel);
    case 'scatter': return drawScatter(artist, panel);
    case 'bar': return drawBars(artist, panel);
    case 'area': return drawArea(artist, panel);
    case 'image': return drawImage(artist, panel);
    case 'rule': return drawRule(artist, panel);
    case 'span': return drawSpan(artist, panel);
    case 'text': return drawText(artist, panel);
  }
}
