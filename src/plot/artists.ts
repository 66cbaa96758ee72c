/** What an axes holds: plain data, checked when it was added, that every renderer reads and none changes. */
import type { Hex } from './color.ts';
import type { LineStyle, Marker } from './style.ts';

export interface LineArtist {
  readonly kind: 'line';
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly style: LineStyle;
  readonly label: string | undefined;
}

export interface ScatterArtist {
  readonly kind: 'scatter';
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Areas in square points, one for all or one per point. */
  readonly sizes: Float64Array;
  /** One for all or one per point. */
  readonly colors: readonly Hex[];
  readonly marker: Marker;
  readonly alpha: number;
  readonly label: string | undefined;
}

/** Bars of `bar`, `barh` and `hist`: rectangles in data coordinates. */
export interface BarArtist {
  readonly kind: 'bar';
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly bottom: Float64Array;
  readonly top: Float64Array;
  /** The direction in which bars grow from their base, where limits keep no margin. */
  readonly along: 'x' | 'y';
  /** One for all or one per bar. */
  readonly colors: readonly Hex[];
  readonly alpha: number;
  readonly label: string | undefined;
}

export interface ImageArtist {
  readonly kind: 'image';
  readonly rows: number;
  readonly columns: number;
  readonly table: readonly Hex[];
  /** Row-major entries of the table, first row on top; -1 is transparent. */
  readonly pixels: Int16Array;
  /** left, right, bottom, top in data coordinates. */
  readonly extent: readonly [number, number, number, number];
  readonly alpha: number;
}

/** A line across the whole axes: `x` is vertical at that x. */
export interface RuleArtist {
  readonly kind: 'rule';
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly style: LineStyle;
  readonly label: string | undefined;
}

export interface TextArtist {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly color: Hex;
  /** In points. */
  readonly fontsize: number;
  readonly ha: 'left' | 'center' | 'right';
  readonly va: 'top' | 'center' | 'baseline' | 'bottom';
}

export type Artist = LineArtist | ScatterArtist | BarArtist | ImageArtist | RuleArtist | TextArtist;

const layers: Readonly<Record<Artist['kind'], number>> = { image: 0, bar: 1, scatter: 1, line: 2, rule: 2, text: 3 };

/** matplotlib's drawing order: images lowest, then areas and points, lines, texts; within a layer as added. */
export function inDrawingOrder(artists: readonly Artist[]): readonly Artist[] {
  return [...artists].sort((a, b) => layers[a.kind] - layers[b.kind]);
}
