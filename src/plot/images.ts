/** Matrices and pictures as pixels: imshow, pcolormesh, and what a colour bar needs to know of them. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Artist, ImageArtist } from './artists.ts';
import { luminance, toRgb } from './color.ts';
import { makeNorm, type Norm, type NormOptions, tableIndices } from './colormap.ts';
import { checkAlpha, checkEdge, type EdgeOptions } from './style.ts';
import { type ArrayLikeND, checkNumber, checkOneOf, describe, isData, type MatrixLike, toArray, toMatrix, toVector, type VectorLike } from './values.ts';

export interface ImshowOptions extends NormOptions {
  readonly aspect?: 'equal' | 'auto';
  readonly interpolation?: 'nearest' | 'bilinear' | 'none' | 'antialiased' | 'auto';
  readonly alpha?: number;
  readonly origin?: 'upper' | 'lower';
  /** left, right, bottom, top in data coordinates. */
  readonly extent?: readonly [number, number, number, number];
}

/** What was drawn with a colour map, for `colorbar`. */
export interface Mappable extends Norm {
  readonly alpha: number;
  /** The boundaries between a filled contour's colours. */
  readonly levels?: readonly number[];
}

interface Pixels {
  readonly rgba: Uint8Array;
  readonly shades: Float32Array;
}

/** Colours by a norm; NaN is transparent. */
function mapped(values: Float64Array, norm: Norm): Pixels {
  const table = norm.table.map(toRgb);
  const entries = tableIndices(values, norm);
  const rgba = new Uint8Array(4 * values.length);
  entries.forEach((entry, i) => {
    if (entry < 0) return;
    rgba.set(table[entry], 4 * i);
    rgba[4 * i + 3] = 255;
  });
  return { rgba, shades: Float32Array.from(entries, (entry) => entry / Math.max(1, table.length - 1)) };
}

/** Whether an array of three dimensions holds its channels first, as PyTorch's images do, or last, as matplotlib's. */
function channelsFirst(op: string, shape: readonly number[]): boolean {
  const isColor = (n: number): boolean => n === 1 || n === 3 || n === 4;
  if (shape.length === 3 && isColor(shape[2]) && !(shape[0] === 1 && shape[2] === 1)) return false;
  if (shape.length === 3 && isColor(shape[0])) return true;
  throw new ShapeError(op, `X must be (M, N), (M, N, 3 or 4) or PyTorch's (1, 3 or 4, M, N), got shape [${shape.join(', ')}]`);
}

/** RGB or RGBA from 0 to 1, or from 0 to 255 where a value exceeds 1. */
function colored(values: Float64Array, channels: number, first: boolean): Pixels {
  const size = values.length / channels;
  const scale = values.some((v) => v > 1) ? 1 : 255;
  const rgba = new Uint8Array(4 * size);
  const shades = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let transparent = false;
    for (let c = 0; c < 4; c++) {
      const v = c < channels ? values[first ? c * size + i : i * channels + c] : 255 / scale;
      transparent ||= Number.isNaN(v);
      rgba[4 * i + c] = Math.max(0, Math.min(255, Math.round(v * scale)));
    }
    if (transparent) rgba[4 * i + 3] = 0;
    shades[i] = luminance([rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]]);
  }
  return { rgba, shades };
}

function checkExtent(op: string, extent: unknown): readonly [number, number, number, number] {
  if (!Array.isArray(extent) || extent.length !== 4) throw new ArgumentError(op, 'extent', `must be [left, right, bottom, top], got ${describe(extent)}`);
  const [left, right, bottom, top] = extent.map((v) => checkNumber(op, 'extent', v));
  if (left === right || bottom === top) throw new ArgumentError(op, 'extent', `must span an area, got [${extent.join(', ')}]`);
  return [left, right, bottom, top];
}

function flipRows({ rgba, shades }: Pixels, rows: number, columns: number): Pixels {
  const flipped = { rgba: new Uint8Array(rgba.length), shades: new Float32Array(shades.length) };
  for (let i = 0; i < rows; i++) {
    const from = rows - 1 - i;
    flipped.rgba.set(rgba.subarray(4 * from * columns, 4 * (from + 1) * columns), 4 * i * columns);
    flipped.shades.set(shades.subarray(from * columns, (from + 1) * columns), i * columns);
  }
  return flipped;
}

export interface Drawn {
  readonly artist: Artist;
  readonly mappable: Mappable | undefined;
}

export function makeImage(op: string, data: ArrayLikeND, options: ImshowOptions): Drawn & { readonly aspect: 'equal' | 'auto'; readonly whole: boolean } {
  const { shape, values } = toArray(op, 'X', data);
  if (values.length === 0 || shape.length < 2 || shape.length > 3) throw new ShapeError(op, `X must have two dimensions (or three, one of them colours), none of them empty, got shape [${shape.join(', ')}]`);
  const first = shape.length === 3 && channelsFirst(op, shape);
  const [rows, columns, channels] = shape.length === 2 ? [...shape, 1] : first ? [shape[1], shape[2], shape[0]] : shape;
  const norm = channels === 1 ? makeNorm(op, values, options) : undefined;
  let pixels = norm ? mapped(values, norm) : colored(values, channels, first);
  const upper = checkOneOf(op, 'origin', options.origin ?? 'upper', ['upper', 'lower']) === 'upper';
  if (!upper) pixels = flipRows(pixels, rows, columns);
  const interpolation = checkOneOf(op, 'interpolation', options.interpolation ?? 'nearest', ['nearest', 'bilinear', 'none', 'antialiased', 'auto']);
  const extent = checkExtent(op, options.extent ?? (upper ? [-0.5, columns - 0.5, rows - 0.5, -0.5] : [-0.5, columns - 0.5, -0.5, rows - 0.5]));
  const aspect = checkOneOf(op, 'aspect', options.aspect ?? 'equal', ['equal', 'auto']);
  const alpha = checkAlpha(op, options.alpha);
  const artist: ImageArtist = {
    kind: 'image', rows, columns, ...pixels, extent, alpha,
    // A short table is a list of classes, between which no colour lies.
    smooth: norm === undefined || norm.table.length >= 256, interpolation: interpolation === 'bilinear' ? 'bilinear' : 'nearest',
  };
  return { artist, mappable: norm && { ...norm, alpha }, aspect, whole: options.extent === undefined };
}

export interface PcolormeshOptions extends NormOptions, EdgeOptions {
  readonly alpha?: number;
  readonly shading?: 'auto' | 'flat' | 'nearest';
}

/** Edges of cells along one axis from `count + 1` edges or `count` centres. */
function cellEdges(op: string, argument: string, data: VectorLike | MatrixLike | undefined, count: number, along: 'rows' | 'columns'): Float64Array {
  if (data === undefined) return Float64Array.from({ length: count + 1 }, (_, i) => i);
  let { shape, values } = toArray(op, argument, data);
  if (shape.length === 2) {
    // matplotlib's meshgrid: one row of X, one column of Y.
    const [rows, columns] = shape;
    values = along === 'columns' ? values.slice(0, columns) : Float64Array.from({ length: rows }, (_, i) => values[i * columns]);
  }
  for (let i = 1; i < values.length; i++) {
    if (!((values[i] - values[i - 1]) * (values[1] - values[0]) > 0)) throw new ArgumentError(op, argument, `must increase (or decrease) from element to element, got ${values[i - 1]} before ${values[i]}`);
  }
  if (values.length === count + 1) return values;
  if (values.length !== count) throw new ShapeError(op, `${argument} must hold ${count} centres or ${count + 1} edges for the ${along} of C, got ${values.length}`);
  if (count === 1) return Float64Array.of(values[0] - 0.5, values[0] + 0.5);
  const half = (i: number): number => (values[i + 1] - values[i]) / 2;
  return Float64Array.from({ length: count + 1 }, (_, i) => (i === 0 ? values[0] - half(0) : values[i - 1] + half(Math.min(i - 1, count - 2))));
}

function isEven(edges: Float64Array): boolean {
  const step = (edges[edges.length - 1] - edges[0]) / (edges.length - 1);
  return edges.every((edge, i) => Math.abs(edge - edges[0] - i * step) <= 1e-9 * Math.abs(step));
}

/** `pcolormesh(C)` or `pcolormesh(X, Y, C)`: even cells are one image, others are rectangles. */
export function makeMesh(op: string, args: readonly unknown[], options: PcolormeshOptions, linear: boolean): Drawn {
  if (args.length !== 1 && args.length !== 3) throw new ArgumentError(op, 'arguments', `must be C or X, Y, C, got ${args.length} arrays`);
  checkOneOf(op, 'shading', options.shading ?? 'auto', ['auto', 'flat', 'nearest']);
  const { rows, columns, values } = toMatrix(op, 'C', args[args.length - 1]);
  const [xs, ys] = args.length === 3 ? (args as readonly VectorLike[]) : [];
  const x = cellEdges(op, 'X', xs, columns, 'columns');
  const y = cellEdges(op, 'Y', ys, rows, 'rows');
  const norm = makeNorm(op, values, options);
  const alpha = checkAlpha(op, options.alpha);
  const edge = checkEdge(op, options);
  const mappable = { ...norm, alpha };
  if (linear && edge === undefined && isEven(x) && isEven(y) && x[0] < x[columns] && y[0] < y[rows]) {
    const pixels = flipRows(mapped(values, norm), rows, columns);
    const extent = [x[0], x[columns], y[0], y[rows]] as const;
    return { artist: { kind: 'image', rows, columns, ...pixels, extent, alpha, smooth: norm.table.length >= 256, interpolation: 'nearest' }, mappable };
  }
  const entries = tableIndices(values, norm);
  const shown = Array.from(entries.keys()).filter((i) => entries[i] >= 0);
  const pick = (edges: Float64Array, index: (i: number) => number): Float64Array => Float64Array.from(shown, (i) => edges[index(i)]);
  const column = (i: number): number => i % columns, row = (i: number): number => Math.floor(i / columns);
  return {
    artist: {
      kind: 'bar', along: 'both', edge, alpha, label: undefined, colors: shown.map((i) => norm.table[entries[i]]),
      left: pick(x, column), right: pick(x, (i) => column(i) + 1), bottom: pick(y, row), top: pick(y, (i) => row(i) + 1),
    },
    mappable,
  };
}

/** Values of X, Y, Z of `contour`: a grid with the position of each column and row. */
export function toGrid(op: string, args: readonly unknown[]): { rows: number; columns: number; values: Float64Array; x: Float64Array; y: Float64Array } {
  const { rows, columns, values } = toMatrix(op, 'Z', args[args.length - 1]);
  if (rows < 2 || columns < 2) throw new ShapeError(op, `Z must have at least two rows and columns, got ${rows} x ${columns}`);
  const axis = (argument: 'X' | 'Y', count: number): Float64Array => {
    if (args.length === 1) return Float64Array.from({ length: count }, (_, i) => i);
    const data = args[argument === 'X' ? 0 : 1];
    if (!isData(data)) throw new ArgumentError(op, argument, `must be numbers, got ${describe(data)}`);
    const { shape, values: all } = toArray(op, argument, data);
    const line = shape.length !== 2 ? toVector(op, argument, all) : argument === 'X' ? all.slice(0, columns) : Float64Array.from({ length: rows }, (_, i) => all[i * shape[1]]);
    if (line.length !== count) throw new ShapeError(op, `${argument} must hold ${count} positions for Z of ${rows} x ${columns}, got ${line.length}`);
    return line;
  };
  return { rows, columns, values, x: axis('X', columns), y: axis('Y', rows) };
}
