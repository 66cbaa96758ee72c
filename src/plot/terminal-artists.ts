/** Each kind of artist in the dots and half blocks of a terminal panel. */
import type { AreaArtist, Artist, BarArtist, ImageArtist, LineArtist, ScatterArtist, SpanArtist, TextArtist } from './artists.ts';
import { faded, type Hex, toHex } from './color.ts';
import { visibleOfCloud, visibleOfLine } from './decimate.ts';
import { Pen } from './pen.ts';
import { columnsOf, type Screen } from './screen.ts';
import type { TerminalPanel } from './terminal-layout.ts';

/** From light to dark, for terminals without colours. */
const shadeBlocks = ' ░▒▓█';

export function shadeBlock(shade: number): string {
  return shadeBlocks[Math.max(0, Math.min(4, Math.floor(shade * 4.999)))];
}

/** What a point of a filled area looks like; undefined where there is nothing. */
interface Paint {
  readonly color: Hex;
  readonly shade: number;
}

/** Fills half cells by their centre and size, in dots from the frame's corner. */
function paint(screen: Screen, panel: TerminalPanel, color: boolean, at: (x: number, y: number, tall: number) => Paint | undefined): void {
  for (let row = 0; row < panel.rows; row++) {
    for (let column = 0; column < panel.columns; column++) {
      const [x, y] = [panel.column + column, panel.row + row];
      if (color) {
        const [upper, lower] = [at(2 * column + 0.5, 4 * row + 0.5, 2), at(2 * column + 0.5, 4 * row + 2.5, 2)];
        if (upper || lower) screen.halves(x, y, upper?.color, lower?.color);
      } else {
        const whole = at(2 * column + 0.5, 4 * row + 1.5, 4);
        if (whole) screen.write(x, y, shadeBlock(whole.shade));
      }
    }
  }
}

/** The mean of the pixels in a part of an image or, where colours are classes, the pixel in its middle. */
function sample(image: ImageArtist, u0: number, u1: number, v0: number, v1: number): Paint | undefined {
  const clamp = (t: number, n: number): number => Math.max(0, Math.min(n - 1, Math.floor(t * n)));
  let [i0, i1] = [clamp(Math.min(v0, v1), image.rows), Math.min(image.rows, Math.ceil(Math.max(v0, v1) * image.rows))];
  let [j0, j1] = [clamp(Math.min(u0, u1), image.columns), Math.min(image.columns, Math.ceil(Math.max(u0, u1) * image.columns))];
  // Where pixels are larger than cells the one in the middle counts alone, so that edges stay sharp.
  if (!image.smooth || i1 - i0 <= 2) [i0, i1] = [clamp((v0 + v1) / 2, image.rows), clamp((v0 + v1) / 2, image.rows) + 1];
  if (!image.smooth || j1 - j0 <= 2) [j0, j1] = [clamp((u0 + u1) / 2, image.columns), clamp((u0 + u1) / 2, image.columns) + 1];
  const sum = [0, 0, 0];
  let [count, shade] = [0, 0];
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) {
      const k = i * image.columns + j;
      if (image.rgba[4 * k + 3] === 0) continue;
      for (let c = 0; c < 3; c++) sum[c] += image.rgba[4 * k + c];
      shade += image.shades[k];
      count++;
    }
  }
  if (count === 0) return undefined;
  const hex = toHex([sum[0] / count, sum[1] / count, sum[2] / count]);
  return { color: image.alpha < 1 ? faded(hex, image.alpha) : hex, shade: shade / count };
}

function drawImage(screen: Screen, panel: TerminalPanel, image: ImageArtist, color: boolean): void {
  const [left, right] = image.extent.slice(0, 2).map(panel.x.position);
  const [bottom, top] = image.extent.slice(2).map(panel.y.position);
  // The positions of the ends are those of dots, which are one wide.
  const along = (from: number, to: number) => (p: number): number => (p - from + Math.sign(to - from) * 0.5) / (to - from + Math.sign(to - from));
  const [u, v] = [along(left, right), along(top, bottom)];
  paint(screen, panel, color, (x, y, tall) => (u(x) >= 0 && u(x) <= 1 && v(y) >= 0 && v(y) <= 1 ? sample(image, u(x - 1), u(x + 1), v(y - tall / 2), v(y + tall / 2)) : undefined));
}

/** Where a horizontal line at `y` enters and leaves the rings, from left to right. */
function crossings(rings: readonly { readonly x: Float64Array; readonly y: Float64Array }[], y: number): number[] {
  const found: number[] = [];
  for (const ring of rings) {
    for (let i = 0, j = ring.x.length - 1; i < ring.x.length; j = i++) {
      if (ring.y[i] > y !== ring.y[j] > y) found.push(ring.x[i] + ((y - ring.y[i]) * (ring.x[j] - ring.x[i])) / (ring.y[j] - ring.y[i]));
    }
  }
  return found.sort((a, b) => a - b);
}

function within(spans: readonly number[], x: number): boolean {
  let inside = false;
  for (const span of spans) if (span <= x) inside = !inside;
  return inside;
}

function drawArea(screen: Screen, panel: TerminalPanel, pen: Pen, artist: AreaArtist, color: boolean): void {
  const foot = { x: 0, y: pen.height - 1 };
  const parts = artist.parts.map(({ rings, ...part }) => ({
    ...part,
    rings: rings.map((ring) => ({
      x: ring.x.map((v) => (panel.x.log && v <= 0 ? foot.x : panel.x.position(v))), y: ring.y.map((v) => (panel.y.log && v <= 0 ? foot.y : panel.y.position(v))),
    })),
  }));
  // Without colours shades tell one opaque area from another.
  if (artist.sticky || (!color && artist.alpha === 1)) {
    const spans = new Map<number, number[][]>();
    paint(screen, panel, color, (x, y) => {
      let lines = spans.get(y);
      if (!lines) spans.set(y, (lines = parts.map(({ rings }) => crossings(rings, y))));
      const found = parts.findLast((_, i) => within(lines[i], x));
      return found?.fill && { color: artist.alpha < 1 ? faded(found.fill, artist.alpha) : found.fill, shade: found.shade };
    });
    return;
  }
  // A pattern of dots lets lines before it be seen; opaque areas are whole.
  for (const { rings, fill } of parts) {
    if (fill === undefined) continue;
    for (let j = 0; j < pen.height; j++) {
      const spans = crossings(rings, j + 0.01);
      for (let k = 0; k + 1 < spans.length; k += 2) {
        const [from, to] = [Math.max(0, Math.ceil(spans[k])), Math.min(pen.width - 1, Math.floor(spans[k + 1]))];
        if (artist.alpha === 1) pen.box(from, to, j, j, fill);
        else for (let i = from; i <= to; i++) if ((i + j) % 2 === 0) pen.dot(i, j, fill);
      }
    }
  }
}

function drawPoints(pen: Pen, artist: LineArtist | ScatterArtist, { x, y }: TerminalPanel): void {
  const px = artist.x.map(x.position);
  const py = artist.y.map(y.position);
  const all = Array.from(px.keys());
  const gap = (i: number): boolean => Number.isNaN(px[i] + py[i]);
  const color = (i: number): Hex => (artist.kind === 'line' ? artist.style.color : artist.colors[artist.colors.length === 1 ? 0 : i]);
  if (artist.kind === 'line' && artist.style.linestyle !== 'None') {
    let before = -1;
    for (const i of visibleOfLine(px, py, pen.width) ?? all) {
      if (gap(i)) before = -1;
      else {
        const from = before < 0 ? i : before;
        pen.line(px[from], py[from], px[i], py[i], artist.style.color, artist.style.linestyle);
        before = i;
      }
    }
  }
  const marker = artist.kind === 'line' ? artist.style.marker : artist.marker;
  if (marker === 'None') return;
  const large = marker !== '.' && marker !== ',' && marker !== '|' && marker !== '_' && px.length <= pen.width;
  for (const i of visibleOfCloud(px, py, pen.width) ?? all) if (!gap(i)) pen.marker(px[i], py[i], color(i), large);
}

function drawBars(pen: Pen, artist: BarArtist, { x, y }: TerminalPanel): void {
  for (let i = 0; i < artist.left.length; i++) {
    const [x0, x1] = [artist.left[i], artist.right[i]].map((v) => (x.log && v <= 0 ? 0 : x.position(v))).sort((a, b) => a - b);
    const [y0, y1] = [artist.bottom[i], artist.top[i]].map((v) => (y.log && v <= 0 ? pen.height - 1 : y.position(v))).sort((a, b) => a - b);
    if (Number.isNaN(x0 + x1 + y0 + y1)) continue;
    // A bar of no length is none, and neighbours do not share a dot.
    const [flat, thin] = artist.along === 'y' ? [y1 - y0, x1 - x0] : [x1 - x0, y1 - y0];
    if (flat === 0 && artist.along !== 'both') continue;
    const last = (from: number, to: number, across: boolean): number => (across && thin >= 2 ? Math.max(Math.round(from), Math.round(to) - 1) : Math.round(to));
    pen.box(Math.round(x0), last(x0, x1, artist.along !== 'x'), Math.round(y0), last(y0, y1, artist.along !== 'y'), artist.colors[i % artist.colors.length]);
  }
}

function drawSpan(pen: Pen, { axis, low, high, color, alpha }: SpanArtist, panel: TerminalPanel): void {
  const [p, q] = [low, high].map(panel[axis].position).sort((a, b) => a - b);
  if (Number.isNaN(p + q)) return;
  const [x0, x1, y0, y1] = axis === 'x' ? [p, q, 0, pen.height - 1] : [0, pen.width - 1, p, q];
  for (let i = Math.max(0, Math.round(x0)); i <= Math.min(pen.width - 1, x1); i++) {
    for (let j = Math.max(0, Math.round(y0)); j <= Math.min(pen.height - 1, y1); j++) if (alpha === 1 || (i + j) % 2 === 0) pen.dot(i, j, color);
  }
}

function drawText(screen: Screen, pen: Pen, artist: TextArtist, panel: TerminalPanel): void {
  // A character is about five points wide and ten high.
  const [px, py] = [panel.x.position(artist.x) + (artist.offset[0] * 2) / 5, panel.y.position(artist.y) - (artist.offset[1] * 4) / 10];
  if (Number.isNaN(px) || Number.isNaN(py)) return;
  // Half a number would be another number.
  if (artist.room !== undefined && 2 * columnsOf(artist.text) > Math.abs(panel.x.position(artist.x + artist.room) - px) + 1) return;
  if (artist.arrow) {
    const [tx, ty] = [panel.x.position(artist.arrow.x), panel.y.position(artist.arrow.y)];
    if (!Number.isNaN(tx + ty)) pen.line(px, py, tx, ty, artist.arrow.color, '-');
  }
  artist.text.split('\n').forEach((line, i) => {
    const shift = { left: 0, center: columnsOf(line) / 2, right: columnsOf(line) }[artist.ha];
    screen.write(panel.column + (px + 0.5) / 2 - shift, panel.row + Math.round(py / 4 - 0.5) + i, line, artist.color);
  });
}

export function drawArtist(screen: Screen, panel: TerminalPanel, artist: Artist, color: boolean): void {
  const pen = new Pen(screen, panel);
  switch (artist.kind) {
    case 'line': return artist.fine ? undefined : drawPoints(pen, artist, panel);
    case 'scatter': return drawPoints(pen, artist, panel);
    case 'image': return drawImage(screen, panel, artist, color);
    case 'area': return drawArea(screen, panel, pen, artist, color);
    case 'bar': return drawBars(pen, artist, panel);
    case 'span': return drawSpan(pen, artist, panel);
    case 'text': return drawText(screen, pen, artist, panel);
    case 'rule': {
      const p = panel[artist.axis].position(artist.at);
      const [from, to] = [artist.from, artist.to];
      const [x0, y0, x1, y1] = artist.axis === 'x' ? [p, (1 - from) * (pen.height - 1), p, (1 - to) * (pen.height - 1)] : [from * (pen.width - 1), p, to * (pen.width - 1), p];
      if (artist.style.linestyle !== 'None' && !Number.isNaN(p)) pen.line(x0, y0, x1, y1, artist.style.color, artist.style.linestyle);
    }
  }
}
