/** The part of the data that an axes shows: matplotlib's margins, and none beyond an image or below a bar. */
import type { Artist } from './artists.ts';
import { type AxisRange, largestLimit } from './axis.ts';
import { symlog } from './transform.ts';

const margin = 0.05;
/** The least positive number that is not denormal, whose logarithm is exact enough. */
const leastPositive = 2.2250738585072014e-308;

interface Bounds {
  low: number;
  high: number;
  /** Edges that get no margin. */
  readonly sticky: Set<number>;
}

function include(bounds: Bounds, value: number, positive: boolean): void {
  if (!Number.isFinite(value) || (positive && value <= 0)) return;
  bounds.low = Math.min(bounds.low, Math.max(value, -largestLimit));
  bounds.high = Math.max(bounds.high, Math.min(value, largestLimit));
}

function includeArtist(bounds: Bounds, artist: Artist, which: 'x' | 'y', positive: boolean): void {
  switch (artist.kind) {
    case 'line':
    case 'scatter': {
      const values = artist[which];
      const others = artist[which === 'x' ? 'y' : 'x'];
      for (let i = 0; i < values.length; i++) if (Number.isFinite(others[i])) include(bounds, values[i], positive);
      return;
    }
    case 'bar': {
      const [from, to] = which === 'x' ? [artist.left, artist.right] : [artist.bottom, artist.top];
      for (const edges of [from, to]) for (const v of edges) include(bounds, v, positive);
      if (artist.along === which || artist.along === 'both') for (const v of from) bounds.sticky.add(v);
      if (artist.along === 'both') for (const v of to) bounds.sticky.add(v);
      return;
    }
    case 'area':
      for (const { rings } of artist.parts) {
        for (const ring of rings) {
          for (const v of ring[which]) {
            include(bounds, v, positive);
            if (artist.sticky) bounds.sticky.add(v);
          }
        }
      }
      return;
    case 'span':
      if (artist.axis === which) for (const v of [artist.low, artist.high]) include(bounds, v, positive);
      return;
    case 'image': {
      const edges = which === 'x' ? artist.extent.slice(0, 2) : artist.extent.slice(2);
      for (const v of edges) {
        include(bounds, v, positive);
        bounds.sticky.add(v);
      }
      return;
    }
    case 'rule':
      if (artist.axis === which) include(bounds, artist.at, positive);
      return;
    case 'text':
      return;
  }
}

/** First and last value of an axis, the first greater than the last where it runs backwards. */
export function viewLimits(range: AxisRange, which: 'x' | 'y'): readonly [number, number] {
  const log = range.scale === 'log';
  const bounds: Bounds = { low: Infinity, high: -Infinity, sticky: new Set() };
  const artists = range.members.flatMap((member) => member.artists);
  for (const artist of artists) includeArtist(bounds, artist, which, log);
  let { low, high } = bounds;
  if (low > high) [low, high] = log ? [1, 10] : [0, 1];
  else if (low === high) {
    const spread = log ? 0 : low === 0 ? margin : Math.abs(low) * margin;
    [low, high] = log ? [Math.max(low / 10, leastPositive), Math.min(high * 10, largestLimit)] : [low - spread, high + spread];
  } else if (log) {
    const factor = (high / low) ** margin;
    [low, high] = [bounds.sticky.has(low) ? low : low / factor, bounds.sticky.has(high) ? high : high * factor];
    // A margin below the least or above the greatest number would be 0 or infinite.
    [low, high] = [Math.max(low, leastPositive), Math.min(high, largestLimit)];
  } else if (range.scale === 'symlog') {
    const { forward, back } = symlog(range.linthresh);
    const pad = (forward(high) - forward(low)) * margin;
    [low, high] = [Math.max(back(forward(low) - pad), -largestLimit), Math.min(back(forward(high) + pad), largestLimit)];
  } else {
    const pad = high * margin - low * margin;
    if (!bounds.sticky.has(low)) low -= pad;
    if (!bounds.sticky.has(high)) high += pad;
  }
  const backwards = artists.some((artist) => artist.kind === 'image' && (which === 'x' ? artist.extent[0] > artist.extent[1] : artist.extent[2] > artist.extent[3]));
  const first = range.low ?? (backwards ? high : low);
  const last = range.high ?? (backwards ? low : high);
  const limits: readonly [number, number] = first === last ? [first, first + (Math.abs(first) * margin || margin)] : [first, last];
  return range.inverted ? [limits[1], limits[0]] : limits;
}
