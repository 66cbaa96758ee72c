/** What a legend lists, how large it is, and the place where it hides least. */
import type { Artist } from './artists.ts';
import type { Axes } from './axes.ts';
import type { PlacedPanel, Rect } from './layout.ts';
import { type LegendPlace, legendPlaces } from './panel.ts';
import { textWidth } from './text.ts';
import { point, sizes } from './units.ts';

export type Labelled = Extract<Artist, { label: string | undefined }> & { readonly label: string };

/** Artists with a label; as in matplotlib one that starts with an underscore stays out. */
export function legendEntries(artists: readonly Artist[]): readonly Labelled[] {
  return artists.filter((artist): artist is Labelled => 'label' in artist && artist.label !== undefined && artist.label !== '' && !artist.label.startsWith('_'));
}

export interface LegendSize {
  readonly width: number;
  readonly height: number;
  readonly pad: number;
  /** Length of the handles, and their distance from the text. */
  readonly handle: number;
  readonly gap: number;
  readonly row: number;
  readonly size: number;
  /** Widths of the columns, and how many entries each holds. */
  readonly columns: readonly number[];
  readonly perColumn: number;
  readonly title: number;
}

export function legendSize(axes: Axes): LegendSize {
  const entries = legendEntries(axes.artists);
  const size = (axes.legendState?.fontsize ?? 10) * point;
  const heading = axes.legendState?.title ?? '';
  const [pad, handle, gap, row] = [0.45 * size, 2 * size, 0.8 * size, 1.45 * size];
  const perColumn = Math.ceil(entries.length / (axes.legendState?.ncols ?? 1));
  const columns: number[] = [];
  for (let i = 0; i < entries.length; i += perColumn) columns.push(handle + gap + Math.max(...entries.slice(i, i + perColumn).map((entry) => textWidth(entry.label, size))));
  const title = heading === '' ? 0 : row;
  const inner = columns.reduce((sum, width) => sum + width, 0) + (columns.length - 1) * 1.5 * size;
  return { width: 2 * pad + Math.max(inner, textWidth(heading, size)), height: 2 * pad + row * perColumn + title, pad, handle, gap, row, size, columns, perColumn, title };
}

function boxAt(place: Exclude<LegendPlace, 'best' | 'outside'>, frame: Rect, width: number, height: number, gap: number): Rect {
  const along = (from: number, room: number, size: number, low: boolean, high: boolean): number =>
    low ? from + gap : high ? from + room - gap - size : from + (room - size) / 2;
  return {
    x: along(frame.x, frame.width, width, place.endsWith('left'), place.endsWith('right')),
    y: along(frame.y, frame.height, height, place.startsWith('upper'), place.startsWith('lower')),
    width, height,
  };
}

/** How much of a line lies in `box`, in steps of ten units. */
function hiddenOfLine(x: ArrayLike<number>, y: ArrayLike<number>, inside: (x: number, y: number) => boolean): number {
  let count = 0;
  for (let i = 1; i < x.length; i++) {
    const [dx, dy] = [x[i] - x[i - 1], y[i] - y[i - 1]];
    const steps = Math.min(100, Math.ceil(Math.hypot(dx, dy) / 10));
    for (let k = 1; k <= steps; k++) if (inside(x[i] - (dx * k) / steps, y[i] - (dy * k) / steps)) count++;
  }
  return count;
}

/** How much of the data lies inside of `box`. */
function hidden(panel: PlacedPanel, box: Rect): number {
  const inside = (x: number, y: number): boolean => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  const thinned = (xs: Float64Array, ys: Float64Array): readonly [Float64Array, Float64Array] => {
    const stride = Math.max(1, Math.floor(xs.length / 1000));
    const sample = <T>(_: T, i: number): boolean => i % stride === 0;
    return [xs.filter(sample).map(panel.x.position), ys.filter(sample).map(panel.y.position)];
  };
  let count = 0;
  for (const artist of panel.axes.artists) {
    if (artist.kind === 'line' || artist.kind === 'scatter') {
      const [x, y] = thinned(artist.x, artist.y);
      if (artist.kind === 'line' && artist.style.linestyle !== 'None') count += hiddenOfLine(x, y, inside);
      for (let i = 0; i < x.length; i++) if (inside(x[i], y[i])) count++;
    } else if (artist.kind === 'area' && !artist.sticky) {
      for (const ring of artist.parts.flatMap((part) => part.rings)) count += hiddenOfLine(...thinned(ring.x, ring.y), inside);
    } else if (artist.kind === 'text') {
      const [x, y, reach] = [panel.x.position(artist.x), panel.y.position(artist.y), textWidth(artist.text, artist.fontsize * point)];
      const from = { left: 0, center: -0.5, right: -1 }[artist.ha] * reach;
      for (const part of [0, 0.5, 1]) if (inside(x + artist.offset[0] * point + from + part * reach, y - artist.offset[1] * point)) count += 5;
    } else if (artist.kind === 'bar') {
      for (let i = 0; i < artist.left.length; i++) {
        const [x0, x1] = [panel.x.position(artist.left[i]), panel.x.position(artist.right[i])];
        const [y0, y1] = [panel.y.position(artist.bottom[i]), panel.y.position(artist.top[i])];
        const overlapX = Math.min(Math.max(x0, x1), box.x + box.width) - Math.max(Math.min(x0, x1), box.x);
        const overlapY = Math.min(Math.max(y0, y1), box.y + box.height) - Math.max(Math.min(y0, y1), box.y);
        if (overlapX > 0 && overlapY > 0) count++;
      }
    }
  }
  return count;
}

export function placeLegend(panel: PlacedPanel, place: LegendPlace, { width, height, size }: LegendSize): Rect {
  const gap = 0.5 * size;
  if (place === 'outside') return { x: panel.outside + sizes.colorbarGap, y: panel.frame.y, width, height };
  if (place !== 'best') return boxAt(place, panel.frame, width, height, gap);
  let best: Rect | undefined;
  let least = Infinity;
  for (const candidate of legendPlaces) {
    if (candidate === 'best' || candidate === 'outside') continue;
    const box = boxAt(candidate, panel.frame, width, height, gap);
    const count = hidden(panel, box);
    if (count < least) [best, least] = [box, count];
  }
  return best ?? boxAt('upper right', panel.frame, width, height, gap);
}
