/** What a legend lists, and the corner where it hides least. */
import type { Artist } from './artists.ts';
import type { LegendPlace } from './axes.ts';
import type { Panel, Rect } from './layout.ts';

export type Labelled = Exclude<Artist, { kind: 'image' | 'text' }> & { readonly label: string };

/** Artists with a label; as in matplotlib one that starts with an underscore stays out. */
export function legendEntries(artists: readonly Artist[]): readonly Labelled[] {
  return artists.filter((artist): artist is Labelled => 'label' in artist && artist.label !== undefined && artist.label !== '' && !artist.label.startsWith('_'));
}

function corner(place: Exclude<LegendPlace, 'best'>, frame: Rect, width: number, height: number, gap: number): Rect {
  const x = place.endsWith('left') ? frame.x + gap : frame.x + frame.width - gap - width;
  const y = place.startsWith('upper') ? frame.y + gap : frame.y + frame.height - gap - height;
  return { x, y, width, height };
}

/** Points of the data that lie inside of `box`, edges between neighbours of a line included. */
function hidden(panel: Panel, box: Rect): number {
  const inside = (x: number, y: number): boolean => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
  let count = 0;
  for (const artist of panel.axes.artists) {
    if (artist.kind === 'line' || artist.kind === 'scatter') {
      const stride = Math.max(1, Math.floor(artist.x.length / 1000));
      let [lastX, lastY] = [Number.NaN, Number.NaN];
      for (let i = 0; i < artist.x.length; i += stride) {
        const [x, y] = [panel.x.position(artist.x[i]), panel.y.position(artist.y[i])];
        if (inside(x, y)) count++;
        if (artist.kind === 'line' && artist.style.linestyle !== 'None') {
          for (let k = 1; k < 8; k++) if (inside(lastX + ((x - lastX) * k) / 8, lastY + ((y - lastY) * k) / 8)) count += 1 / 8;
        }
        [lastX, lastY] = [x, y];
      }
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
  if (place !== 'best') return corner(place, panel.frame, width, height, gap);
  let best = corner('upper right', panel.frame, width, height, gap);
  let least = hidden(panel, best);
  for (const other of ['upper left', 'lower left', 'lower right'] as const) {
    const box = corner(other, panel.frame, width, height, gap);
    const count = hidden(panel, box);
    if (count < least) [best, least] = [box, count];
  }
  return best;
}
