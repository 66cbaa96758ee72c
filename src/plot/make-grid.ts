/** torchvision.utils.make_grid: many images as one. */
import { boolArg, type CallArgs } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { finiteExtent } from './color.ts';
import { type ArrayLikeND, checkNumber, describe, readOptions, toArray } from './values.ts';

export interface MakeGridOptions {
  /** Images per row (8). */
  readonly nrow?: number;
  /** Pixels around each image (2). */
  readonly padding?: number;
  /** Shifts and scales to 0..1 by `valueRange`, else by the least and the greatest value. */
  readonly normalize?: boolean;
  readonly valueRange?: readonly [number, number];
  /** Normalizes each image by itself. */
  readonly scaleEach?: boolean;
  /** Of the pixels around the images (0). */
  readonly padValue?: number;
}

export type GridArgs = CallArgs<[nrow: number, padding: number, normalize: boolean, valueRange: readonly [number, number], scaleEach: boolean, padValue: number], MakeGridOptions>;

/** Images of one size: values in the order (image, channel, row, column). */
interface Batch {
  readonly shape: readonly [images: number, channels: number, height: number, width: number];
  readonly values: Float64Array;
}

function toBatch(op: string, data: ArrayLikeND): Batch {
  const { shape, values } = toArray(op, 'tensor', data);
  if (values.length === 0 || shape.length < 2 || shape.length > 4) throw new ShapeError(op, `tensor must be (B, C, H, W), (B, H, W), (C, H, W) or (H, W), none of them empty, got shape [${shape.join(', ')}]`);
  const [height, width] = shape.slice(-2);
  if (shape.length === 4) return { shape: [shape[0], shape[1], height, width], values };
  // Three dimensions are one image, as in torchvision, unless it could have no colours: then they are many without.
  const single = shape.length === 2 || shape[0] === 1 || shape[0] === 3;
  return { shape: single ? [1, shape.length === 2 ? 1 : shape[0], height, width] : [shape[0], 1, height, width], values };
}

function normalized(values: Float64Array, range: readonly [number, number] | undefined): Float64Array {
  const [low, high] = range ?? finiteExtent(values) ?? [0, 1];
  return values.map((v) => (Math.min(Math.max(v, low), high) - low) / Math.max(high - low, 1e-5));
}

/**
 * Puts images (B, C, H, W) side by side into one (3, H', W'), or (C, H', W') where C is neither 1 nor 3: nested arrays
 * that `imshow` and `torch.tensor` take. torchvision's `make_grid`.
 *
 *     plt.imshow(plt.makeGrid(samples, { nrow: 8, normalize: true }));
 */
export function makeGrid(tensor: ArrayLikeND, ...rest: GridArgs): number[][][] {
  const op = 'makeGrid';
  const options = readOptions<MakeGridOptions>(op, ['nrow', 'padding', 'normalize', 'valueRange', 'scaleEach', 'padValue'], [], rest);
  const count = (name: 'nrow' | 'padding', fallback: number, min: number): number => {
    const n = checkNumber(op, name, options[name] ?? fallback, { min, max: 10_000 });
    if (!Number.isInteger(n)) throw new ArgumentError(op, name, `must be a whole number, got ${n}`);
    return n;
  };
  const nrow = count('nrow', 8, 1), padding = count('padding', 2, 0);
  const padValue = checkNumber(op, 'padValue', options.padValue ?? 0);
  const normalize = boolArg(op, 'normalize', options.normalize), scaleEach = boolArg(op, 'scaleEach', options.scaleEach);
  const range = options.valueRange;
  if (range !== undefined && !(Array.isArray(range) && range.length === 2 && range[0] <= range[1])) throw new ArgumentError(op, 'valueRange', `must be [low, high], got ${Array.isArray(range) ? `[${range.join(', ')}]` : describe(range)}`);
  const { shape: [images, channels, height, width], values } = toBatch(op, tensor);
  const size = channels * height * width;
  const part = scaleEach ? size : values.length;
  const scaled = values.slice();
  for (let at = 0; normalize && at < values.length; at += part) scaled.set(normalized(values.subarray(at, at + part), range), at);
  // One image needs no frame.
  const around = images === 1 ? 0 : padding;
  const columns = Math.min(nrow, images), rows = Math.ceil(images / columns);
  const [high, wide] = [rows * (height + around) + around, columns * (width + around) + around];
  const planes = channels === 1 ? 3 : channels;
  const grid = Array.from({ length: planes }, () => Array.from({ length: high }, () => new Array<number>(wide).fill(padValue)));
  for (let k = 0; k < images; k++) {
    const [top, left] = [Math.floor(k / columns) * (height + around) + around, (k % columns) * (width + around) + around];
    for (let c = 0; c < planes; c++) {
      const start = k * size + (channels === 1 ? 0 : c) * height * width;
      for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) grid[c][top + i][left + j] = scaled[start + i * width + j];
    }
  }
  return grid;
}
