/** What a legend lists, and the place where it hides least. */
import type { Artist } from './artists.ts';
import { type LegendPlace, legendPlaces } from './axes.ts';
import type { Panel, Rect } from './layout.ts';

export type Labelled = Exclude<Artist, { kind: 'image' | 'text' }> & { readonly label: string };

/** Artists with a label; as in matplotlib one that starts with an underscore stays out. */
export function legendEntries(artists: readonly Artist[]): readonly Labelled[] {
  return artists.filter((artist): artist is Labelled => 'label' in artist && artist.label !== undefined && artist.label !== '' && !artist.label.startsWith('_'));
}

function boxAt(place: Exclude<LegendPlace, 'best'>, frame: Rect, width: number, height: number, gap: number): Rect {
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
function hidden(panel: Panel, box: Rect): number {
  const inside = (x: number, y: number): boolean => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  let count = 0;
  for (const artist of panel.axes.artists) {
    if (artist.kind === 'line' || artist.kind === 'scatter') {
      const stride = Math.max(1, Math.floor(artist.x.length / 1000));
      const sample = <T>(_: T, i: number): boolean => i % stride === 0;
      const [x, y] = [artist.x.filter(sample).map(panel.x.position), artist.y.filter(sample).map(panel.y.position)];
      if (artist.kind === 'line' && artist.style.linestyle !== 'None') count += hiddenOfLine(x, y, inside);
      for (let i = 0; i < x.length; i++) if (inside(x[i], y[i])) count++;
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

export function placeLegend(panel: Panel, place: LegendPlace, width: number, height: number, gap: number): Rect {
  if (place !== 'best') return boxAt(place, panel.frame, width, height, gap);
  let best: Rect | undefined;
  let least = Infinity;
  for (const candidate of legendPlaces) {
    if (candidate === 'best') continue;
    const box = boxAt(candidate, panel.frame, width, height, gap);
    const count = hidden(panel, box);
    if (count < least) [best, least] = [box, count];
  }
  return best ?? boxAt('upper right', panel.frame, width, height, gap);
}
