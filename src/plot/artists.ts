/** What an axes holds: plain data, checked when it was added, that every renderer reads and none changes. */
import type { Hex } from './color.ts';
import type { LineStyle, LineStyleName, Marker } from './style.ts';

export interface LineArtist {
  readonly kind: 'line';
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly style: LineStyle;
  readonly label: string | undefined;
  /** Left out where lines are too coarse to tell them from data. */
  readonly fine?: true;
}

/** What may be drawn out of its kind's turn; lines say so in their style. */
interface Layered {
  readonly zorder?: number | undefined;
}

/** An outline; `width` is in points. */
export interface Edge {
  readonly color: Hex;
  readonly width: number;
  readonly linestyle?: LineStyleName;
}

export interface ScatterArtist extends Layered {
  readonly kind: 'scatter';
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Areas in square points, one for all or one per point. */
  readonly sizes: Float64Array;
  /** One for all or one per point. */
  readonly colors: readonly Hex[];
  readonly edge: Edge | undefined;
  readonly marker: Marker;
  readonly alpha: number;
  readonly label: string | undefined;
}

/** Rectangles in data coordinates: bars, bins, cells of an uneven mesh. */
export interface BarArtist extends Layered {
  readonly kind: 'bar';
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly bottom: Float64Array;
  readonly top: Float64Array;
  /** The direction in which bars grow from their base, where limits keep no margin; a mesh keeps none anywhere. */
  readonly along: 'x' | 'y' | 'both';
  /** One for all or one per bar. */
  readonly colors: readonly Hex[];
  readonly edge: Edge | undefined;
  readonly alpha: number;
  readonly label: string | undefined;
}

/** Rings of one colour, filled by the even-odd rule. */
export interface AreaPart {
  readonly rings: readonly { readonly x: Float64Array; readonly y: Float64Array }[];
  readonly fill: Hex | undefined;
  /** From 0 to 1, for terminals without colours. */
  readonly shade: number;
}

/** Filled shapes, each painted over those before it and all of them together with one opacity, so that no seams show. */
export interface AreaArtist extends Layered {
  readonly kind: 'area';
  readonly parts: readonly AreaPart[];
  readonly edge: Edge | undefined;
  readonly alpha: number;
  /** Whether limits end exactly where the area does. */
  readonly sticky: boolean;
  readonly label: string | undefined;
}

export interface ImageArtist {
  readonly kind: 'image';
  readonly rows: number;
  readonly columns: number;
  /** Row-major pixels of four bytes, first row on top. */
  readonly rgba: Uint8Array;
  /** From 0 to 1, for terminals without colours. */
  readonly shades: Float32Array;
  /** Whether pixels may be averaged where there are more of them than cells; classes may not. */
  readonly smooth: boolean;
  readonly interpolation: 'nearest' | 'bilinear';
  /** left, right, bottom, top in data coordinates. */
  readonly extent: readonly [number, number, number, number];
  readonly alpha: number;
}

/** A line across the whole axes or, in fractions of it, a part: `x` is vertical at that x. */
export interface RuleArtist {
  readonly kind: 'rule';
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly style: LineStyle;
  readonly label: string | undefined;
}

/** A band across the whole axes: `x` is between two values of x. */
export interface SpanArtist extends Layered {
  readonly kind: 'span';
  readonly axis: 'x' | 'y';
  readonly low: number;
  readonly high: number;
  readonly color: Hex;
  readonly alpha: number;
  readonly label: string | undefined;
}

export interface TextArtist {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  /** Distance of the text from (x, y) in points, upwards positive. */
  readonly offset: readonly [number, number];
  readonly text: string;
  readonly color: Hex;
  /** In points. */
  readonly fontsize: number;
  readonly weight: 'normal' | 'bold';
  /** Counter-clockwise, in degrees. */
  readonly rotation: number;
  readonly ha: 'left' | 'center' | 'right';
  readonly va: 'top' | 'center' | 'baseline' | 'bottom';
  /** Width in units of x that the text must keep within, for which it gets smaller. */
  readonly room?: number;
  /** Where an arrow from the text points to. */
  readonly arrow: { readonly x: number; readonly y: number; readonly head: boolean; readonly color: Hex; readonly width: number } | undefined;
}

export type Artist = LineArtist | ScatterArtist | BarArtist | AreaArtist | ImageArtist | RuleArtist | SpanArtist | TextArtist;

const layers: Readonly<Record<Artist['kind'], number>> = { image: 0, bar: 1, area: 1, span: 1, scatter: 1, line: 2, rule: 2, text: 3 };

function layerOf(artist: Artist): number {
  return ('style' in artist ? artist.style.zorder : 'zorder' in artist ? artist.zorder : undefined) ?? layers[artist.kind];
}

/** matplotlib's drawing order: images lowest, then areas and points, lines, texts, unless told; within a layer as added. */
export function inDrawingOrder(artists: readonly Artist[]): readonly Artist[] {
  return [...artists].sort((a, b) => layerOf(a) - layerOf(b));
}
