/** Images resized, cut, turned and padded: `torchvision.transforms.v2.functional`, for `[..., C, H, W]`. */
import { show } from '../../core/args.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { F32, F64, U8, isFloating } from '../../core/dtype.ts';
import { interpolate } from '../../nn/functional-interpolate.ts';
import { pad as padFunction } from '../../nn/functional-pad.ts';
import { gridSample } from '../../nn/functional-sample.ts';
import { linspace, tensor } from '../../tensor/create.ts';
import { cat, stack } from '../../tensor/composite.ts';
import { operation } from '../../tensor/operation.ts';
import type { Tensor } from '../../tensor/tensor.ts';

export type Interpolation = 'nearest' | 'nearest-exact' | 'bilinear' | 'bicubic';
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';

/** Height and width of an image. */
export function imageSize(op: string, image: Tensor): [height: number, width: number] {
  if (image.ndim < 3) throw new ShapeError(op, `input must be an image [..., C, H, W], got shape [${image.shape.join(', ')}]`);
  return [image.shape[image.ndim - 2], image.shape[image.ndim - 1]];
}

/** Python's `round`: halves go to the even neighbour. */
export function roundEven(x: number): number {
  const down = Math.floor(x), rest = x - down;
  return rest === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** [height, width] of one number or two. */
export function sizePair(op: string, name: string, size: readonly number[]): [number, number] {
  if (size.length < 1 || size.length > 2 || size.some((n) => n < 1)) throw new ArgumentError(op, name, `must be one or two positive integers, got ${show(size)}`);
  return [size[0], size[size.length - 1]];
}

/** `[1, N, C, H, W]` of any leading dims as the `[N, C, H, W]` that the functions of nn take, and back. */
function batched(image: Tensor, run: (batch: Tensor) => Tensor): Tensor {
  const lead = image.shape.slice(0, -3), out = run(image.reshape([-1, ...image.shape.slice(-3)]));
  return out.reshape([...lead, ...out.shape.slice(1)]);
}

/** Size after resizing: one number is that of the smaller edge, and the larger one is at most `maxSize`. */
function resizedSize([height, width]: readonly [number, number], size: readonly number[] | undefined, maxSize: number | undefined): [number, number] {
  const short = Math.min(height, width), long = Math.max(height, width);
  let newShort: number, newLong: number;
  if (size === undefined) [newShort, newLong] = [Math.trunc(((maxSize as number) * short) / long), maxSize as number];
  else if (size.length === 2) return [size[0], size[1]];
  else {
    [newShort, newLong] = [size[0], Math.trunc((size[0] * long) / short)];
    if (maxSize !== undefined && newLong > maxSize) [newShort, newLong] = [Math.trunc((maxSize * newShort) / newLong), maxSize];
  }
  return width <= height ? [newLong, newShort] : [newShort, newLong];
}

/** Checks what {@link resize} may be given; classes do so when they are made. */
export function checkResize(op: string, size: readonly number[] | undefined, maxSize: number | undefined): void {
  if (size !== undefined) sizePair(op, 'size', size);
  if (size === undefined && maxSize === undefined) throw new ArgumentError(op, 'size', 'is missing, and maxSize too');
  if (maxSize !== undefined && (maxSize < 1 || (size !== undefined && (size.length !== 1 || maxSize <= size[0])))) {
    throw new ArgumentError(op, 'maxSize', `must be greater than a size of one number, got ${maxSize} with size ${show(size)}`);
  }
}

/**
 * An image resized to `[height, width]`, or, for one number, its smaller edge to that. Bytes stay bytes. torchvision's `resize`.
 * `antialias` is for 'bilinear' and 'bicubic'.
 */
export const resize = operation(
  "resize(image: Tensor, size: ints?, interpolation: 'nearest'|'nearest-exact'|'bilinear'|'bicubic' = 'bilinear', maxSize: int?, antialias: bool = true)",
  (image, size, interpolation, maxSize, antialias): Tensor => {
    checkResize('resize', size, maxSize);
    const from = imageSize('resize', image), to = resizedSize(from, size, maxSize);
    if (to[0] < 1 || to[1] < 1) throw new ShapeError('resize', `[${from.join(', ')}] would become [${to.join(', ')}]`);
    if (from[0] === to[0] && from[1] === to[1]) return image;
    const smooth = interpolation === 'bilinear' || interpolation === 'bicubic';
    const direct = [F32, F64, U8].includes(image.dtypeCode);
    const out = batched(direct ? image : image.castTo(F32), (batch) => interpolate(batch, { size: to, mode: interpolation, ...(smooth ? { alignCorners: false, antialias } : {}) }));
    return direct ? out : (isFloating(image.dtypeCode) ? out : out.round()).castTo(image.dtypeCode);
  });

/** The part of an image from `top` and `left` on; what lies outside of it is 0. torchvision's `crop`. */
export const crop = operation('crop(image: Tensor, top: int, left: int, height: int, width: int)', (image, top, left, height, width): Tensor => {
  const [h, w] = imageSize('crop', image);
  if (height < 0 || width < 0) throw new ArgumentError('crop', 'height', `and width must not be negative, got ${height} and ${width}`);
  const y = Math.min(Math.max(top, 0), h), x = Math.min(Math.max(left, 0), w);
  const inside = image.narrow(-2, y, Math.max(Math.min(top + height, h) - y, 0)).narrow(-1, x, Math.max(Math.min(left + width, w) - x, 0));
  const missing = (start: number, length: number, size: number): [number, number] => {
    const before = Math.min(Math.max(-start, 0), length);
    return [before, Math.min(Math.max(start + length - size, 0), length - before)];
  };
  const margins = [...missing(left, width, w), ...missing(top, height, h)];
  return margins.every((margin) => margin === 0) ? inside : padFunction(inside, margins);
});

/** The middle of an image, with zeros around it where it is smaller. torchvision's `center_crop`. */
export const centerCrop = operation('centerCrop(image: Tensor, outputSize: ints)', (image, outputSize): Tensor => {
  const [height, width] = sizePair('centerCrop', 'outputSize', outputSize), [h, w] = imageSize('centerCrop', image);
  const before = (size: number, have: number): number => (size > have ? Math.floor((size - have) / 2) : 0), after = (size: number, have: number): number => (size > have ? Math.floor((size - have + 1) / 2) : 0);
  const padded = height > h || width > w ? padFunction(image, [before(width, w), after(width, w), before(height, h), after(height, h)]) : image;
  const [ph, pw] = imageSize('centerCrop', padded);
  return crop(padded, roundEven((ph - height) / 2), roundEven((pw - width) / 2), height, width);
});

/** {@link crop}, then {@link resize}. torchvision's `resized_crop`. */
export const resizedCrop = operation(
  "resizedCrop(image: Tensor, top: int, left: int, height: int, width: int, size: ints, interpolation: 'nearest'|'nearest-exact'|'bilinear'|'bicubic' = 'bilinear', antialias: bool = true)",
  (image, top, left, height, width, size, interpolation, antialias): Tensor => resize(crop(image, top, left, height, width), { size, interpolation, antialias }));

/** Mirrored left to right. torchvision's `horizontal_flip`. */
export const horizontalFlip = operation('horizontalFlip(image: Tensor)', (image): Tensor => {
  imageSize('horizontalFlip', image);
  return image.flip(-1);
});

/** Mirrored top to bottom. torchvision's `vertical_flip`. */
export const verticalFlip = operation('verticalFlip(image: Tensor)', (image): Tensor => {
  imageSize('verticalFlip', image);
  return image.flip(-2);
});

/** [left, right, top, bottom] of one margin, of [horizontal, vertical] or of [left, top, right, bottom]. */
export function margins(op: string, padding: readonly number[]): [number, number, number, number] {
  const [a, b = a, c = a, d = b] = padding;
  if (![1, 2, 4].includes(padding.length)) throw new ArgumentError(op, 'padding', `must be 1, 2 or 4 integers, got ${show(padding)}`);
  return [a, c, b, d];
}

/** Indices of a mirror that repeats the border. */
const mirrored = (size: number, before: number, after: number): Int32Array => Int32Array.from({ length: before + size + after }, (_, i) => {
  const at = i - before;
  return at < 0 ? -at - 1 : at >= size ? 2 * size - 1 - at : at;
});

/**
 * An image with margins: one number for all of them, [left and right, top and bottom], or [left, top, right, bottom].
 * 'constant' fills with `fill`, 'edge' repeats the border, 'reflect' and 'symmetric' mirror without and with it. torchvision's `pad`.
 */
export const pad = operation("pad(image: Tensor, padding: ints, fill: floats = [0], paddingMode: 'constant'|'edge'|'reflect'|'symmetric' = 'constant')", (image, padding, fill, paddingMode): Tensor => {
  const sides = margins('pad', padding), [h, w] = imageSize('pad', image), [left, right, top, bottom] = sides;
  const colors = fillOf('pad', image, fill);
  if (paddingMode === 'constant') {
    if (colors.length === 1) return padFunction(image, sides, 'constant', colors[0]);
    return stack(colors.map((color, c) => padFunction(image.select(-3, c), sides, 'constant', color)), -3);
  }
  if (colors.length > 1) throw new ArgumentError('pad', 'fill', `of several values is only for paddingMode 'constant', got '${paddingMode}'`);
  if (paddingMode === 'symmetric') {
    if (sides.some((side) => side < 0) || Math.max(left, right) > w || Math.max(top, bottom) > h) throw new ArgumentError('pad', 'padding', `must be from 0 to the size [${h}, ${w}] to mirror, got ${show(padding)}`);
    return image.indexSelect(-2, tensor(mirrored(h, top, bottom))).indexSelect(-1, tensor(mirrored(w, left, right)));
  }
  const mode = paddingMode === 'edge' ? 'replicate' : 'reflect';
  return batched(isFloating(image.dtypeCode) ? image : image.castTo(F32), (batch) => padFunction(batch, sides, mode)).castTo(image.dtypeCode);
});

/** The fill as one value or as many as channels. */
export function fillOf(op: string, image: Tensor, fill: readonly number[]): readonly number[] {
  const channels = image.shape[image.ndim - 3];
  if (fill.length !== 1 && fill.length !== channels) throw new ArgumentError(op, 'fill', `must be one value, or ${channels} for this image, got ${show(fill)}`);
  return fill;
}

/** The map from output to input of a rotation around `center`, relative to the middle: the first two rows of its matrix. */
function rotation(angle: number, [x, y]: readonly [number, number]): readonly number[] {
  const radians = (angle * Math.PI) / 180, cos = Math.cos(radians), sin = Math.sin(radians);
  return [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y];
}

/** [width, height] of the box around a rotated image. Positions are cut to 1e-4, so that roundings do not add a pixel. */
function boundingSize([a, b, c, d, e, f]: readonly number[], width: number, height: number): [number, number] {
  const corners = [[-1, -1], [-1, 1], [1, 1], [1, -1]].map(([sx, sy]) => [(sx * width) / 2, (sy * height) / 2]);
  const extent = (values: readonly number[], half: number): number => {
    const cut = (v: number): number => Math.fround(Math.fround(Math.trunc(Math.fround(Math.fround(v + half) * 1e4))) * Math.fround(1e-4));
    return Math.ceil(cut(Math.max(...values))) - Math.floor(cut(Math.min(...values)));
  };
  return [extent(corners.map(([x, y]) => a * x + b * y + c), width / 2), extent(corners.map(([x, y]) => d * x + e * y + f), height / 2)];
}

/** Positions in the input, from -1 to 1, of the pixels of an output of `[outHeight, outWidth]`: `[1, outHeight, outWidth, 2]`. */
function gridOf([a, b, c, d, e, f]: readonly number[], [width, height]: readonly [number, number], [outWidth, outHeight]: readonly [number, number], dtype: 'float32' | 'float64'): Tensor {
  const line = (n: number): Tensor => linspace((1 - n) / 2, (n - 1) / 2, n, { dtype });
  const x = line(outWidth).view([1, outWidth]), y = line(outHeight).view([outHeight, 1]);
  const along = (p: number, q: number, r: number, size: number): Tensor => x.mul(p / (0.5 * size)).add(y.mul(q / (0.5 * size))).add(r / (0.5 * size));
  return stack([along(a, b, c, width), along(d, e, f, height)], -1).unsqueeze(0);
}

/**
 * An image turned counterclockwise by `angle` degrees around `center` [x, y] (its middle); what comes in from outside is `fill`.
 * `expand` makes the result large enough for all of it. torchvision's `rotate`.
 */
export const rotate = operation("rotate(image: Tensor, angle: float, interpolation: 'nearest'|'bilinear' = 'nearest', expand: bool = false, center: floats?, fill: floats = [0])", (image, angle, interpolation, expand, center, fill): Tensor => {
  const [height, width] = imageSize('rotate', image), turn = ((angle % 360) + 360) % 360;
  if (!Number.isFinite(angle)) throw new ArgumentError('rotate', 'angle', `must be finite, got ${angle}`);
  if (center !== undefined && center.length !== 2) throw new ArgumentError('rotate', 'center', `must be [x, y], got ${show(center)}`);
  const colors = fillOf('rotate', image, fill);
  if (center === undefined) {
    if (turn === 0) return image.clone();
    if (turn === 180 || ((expand || width === height) && turn % 90 === 0)) return image.rot90(turn / 90, [-2, -1]);
  }
  const map = rotation(turn, center === undefined ? [0, 0] : [center[0] - width / 2, center[1] - height / 2]);
  const out = expand ? boundingSize(map, width, height) : ([width, height] as [number, number]);
  const code = isFloating(image.dtypeCode) ? image.dtypeCode : F32;
  const turned = batched(image.castTo(code), (batch) => {
    const grid = gridOf(map, [width, height], out, 'float64').castTo(code).expand([batch.shape[0], -1, -1, -1]);
    // A channel of ones says how much of a pixel comes from inside.
    const sampled = gridSample(cat([batch, batch.select(1, 0).mul(0).add(1).unsqueeze(1)], 1), grid, { mode: interpolation });
    const channels = batch.shape[1], inside = sampled.narrow(1, channels, 1), colored = tensor(colors as number[], { dtype: batch.dtype }).view([1, -1, 1, 1]);
    const pixels = sampled.narrow(1, 0, channels);
    return interpolation === 'nearest' ? colored.where(inside.lt(0.5), pixels) : pixels.sub(colored).mul(inside).add(colored);
  });
  return isFloating(image.dtypeCode) ? turned : turned.round().castTo(image.dtypeCode);
});

/** The values `v` (one, one per channel, or `[C, h, w]`) in place of a rectangle. torchvision's `erase`. */
export const erase = operation('erase(image: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = false)', (image, i, j, h, w, v, inplace): Tensor => {
  imageSize('erase', image);
  const out = inplace ? image : image.clone();
  out.narrow(-2, i, h).narrow(-1, j, w).copy_(v.castTo(image.dtypeCode));
  return out;
});
