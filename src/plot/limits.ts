/** The part of the data that an axes shows: matplotlib's margins, and none beyond an image or below a bar. */
import type { Artist } from './artists.ts';
import type { Axes } from './axes.ts';

const margin = 0.05;

/** Beyond this the span of an axis with its margins would overflow. */
export const largestLimit = 8e307;

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
      if (artist.along === which) for (const v of from) bounds.sticky.add(v);
      return;
    }
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
export function viewLimits(axes: Axes, which: 'x' | 'y'): readonly [number, number] {
  const axis = axes[which];
  const log = axis.scale === 'log';
  const bounds: Bounds = { low: Infinity, high: -Infinity, sticky: new Set() };
  for (const artist of axes.artists) includeArtist(bounds, artist, which, log);
  let { low, high } = bounds;
  if (low > high) [low, high] = log ? [1, 10] : [0, 1];
  else if (low === high) {
    const spread = log ? 0 : low === 0 ? margin : Math.abs(low) * margin;
    [low, high] = log ? [low / 10, high * 10] : [low - spread, high + spread];
  } else if (log) {
    const factor = (high / low) ** margin;
    [low, high] = [low / factor, high * factor];
  } else {
    const pad = high * margin - low * margin;
    if (!bounds.sticky.has(low)) low -= pad;
    if (!bounds.sticky.has(high)) high += pad;
  }
  const backwards = axes.artists.some((artist) => artist.kind === 'image' && (which === 'x' ? artist.extent[0] > artist.extent[1] : artist.extent[2] > artist.extent[3]));
  const first = axis.low ?? (backwards ? high : low);
  const last = axis.high ?? (backwards ? low : high);
  return first === last ? [first, first + (Math.abs(first) * margin || margin)] : [first, last];
}
