/** Transforms of geometry: `torchvision.transforms.v2`, with its draws from PyTorch's generator. */
import { show } from '../../core/args.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { declared, type ArgsOf } from '../../nn/declare.ts';
import { randint } from '../../tensor/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { centerCrop, checkResize, crop, horizontalFlip, imageSize, margins, pad, resize, resizedCrop, rotate, roundEven, sizePair, verticalFlip, type Interpolation, type PaddingMode } from './geometry.ts';
import { drawInt, drawRatio, drawUniform, RandomTransform, rangeArg, Transform } from './transform.ts';

const RESIZE = declared("(size: ints?, interpolation: 'nearest'|'nearest-exact'|'bilinear'|'bicubic' = 'bilinear', maxSize: int?, antialias: bool = true)");

/**
 * Resizes to `[height, width]`; of one number, the smaller edge to that. torchvision's `Resize`.
 *
 *     new Resize(256)(image);   // [3, 480, 640] -> [3, 256, 341]
 */
export class Resize extends Transform {
  readonly size: readonly number[] | undefined;
  readonly interpolation: Interpolation;
  readonly maxSize: number | undefined;
  readonly antialias: boolean;

  constructor(...args: ArgsOf<typeof RESIZE>) {
    super();
    [this.size, this.interpolation, this.maxSize, this.antialias] = RESIZE('Resize', args);
    checkResize('Resize', this.size, this.maxSize);
  }

  forward(input: Tensor): Tensor {
    return resize(input, this.size, this.interpolation, this.maxSize, this.antialias);
  }

  constructorArgs(): readonly unknown[] {
    return [this.size, this.interpolation, this.maxSize, this.antialias];
  }

  override extraRepr(): string {
    const { size, interpolation, antialias } = this;
    return this.described({ size, interpolation, antialias });
  }
}

const CROP = declared('(size: ints)');

/** The middle of an image, `[height, width]` or a square; zeros around a smaller one. torchvision's `CenterCrop`. */
export class CenterCrop extends Transform {
  readonly size: readonly [number, number];

  constructor(...args: ArgsOf<typeof CROP>) {
    super();
    this.size = sizePair('CenterCrop', 'size', CROP('CenterCrop', args)[0]);
  }

  forward(input: Tensor): Tensor {
    return centerCrop(input, this.size);
  }

  constructorArgs(): readonly unknown[] {
    return [this.size];
  }

  override extraRepr(): string {
    return this.described({ size: this.size });
  }
}

const PAD = declared("(padding: ints, fill: floats = [0], paddingMode: 'constant'|'edge'|'reflect'|'symmetric' = 'constant')");

/** Margins of one number, [left and right, top and bottom] or [left, top, right, bottom]. torchvision's `Pad`. */
export class Pad extends Transform {
  readonly padding: readonly number[];
  readonly fill: readonly number[];
  readonly paddingMode: PaddingMode;

  constructor(...args: ArgsOf<typeof PAD>) {
    super();
    [this.padding, this.fill, this.paddingMode] = PAD('Pad', args);
    margins('Pad', this.padding);
  }

  forward(input: Tensor): Tensor {
    return pad(input, this.padding, this.fill, this.paddingMode);
  }

  constructorArgs(): readonly unknown[] {
    return [this.padding, this.fill, this.paddingMode];
  }

  override extraRepr(): string {
    const { padding, fill, paddingMode } = this;
    return this.described({ padding, fill, padding_mode: paddingMode });
  }
}

const RANDOM_CROP = declared("(size: ints, padding: ints?, padIfNeeded: bool = false, fill: floats = [0], paddingMode: 'constant'|'edge'|'reflect'|'symmetric' = 'constant')");

/** A part of `[height, width]` from a random place, after padding. torchvision's `RandomCrop`. */
export class RandomCrop extends Transform {
  readonly size: readonly [number, number];
  readonly padding: readonly number[] | undefined;
  readonly padIfNeeded: boolean;
  readonly fill: readonly number[];
  readonly paddingMode: PaddingMode;

  constructor(...args: ArgsOf<typeof RANDOM_CROP>) {
    super();
    const [size, padding, padIfNeeded, fill, paddingMode] = RANDOM_CROP('RandomCrop', args);
    this.size = sizePair('RandomCrop', 'size', size);
    this.padding = padding;
    if (padding !== undefined) margins('RandomCrop', padding);
    this.padIfNeeded = padIfNeeded;
    this.fill = fill;
    this.paddingMode = paddingMode;
  }

  forward(input: Tensor): Tensor {
    const [height, width] = this.size, [h, w] = imageSize('RandomCrop', input);
    let [left, right, top, bottom] = margins('RandomCrop', this.padding ?? [0]);
    if (this.padIfNeeded) {
      const short = (need: number, have: number): number => Math.max(need - have, 0);
      const rows = short(height, h + top + bottom), columns = short(width, w + left + right);
      [top, bottom, left, right] = [top + rows, bottom + rows, left + columns, right + columns];
    }
    const ph = h + top + bottom, pw = w + left + right;
    if (ph < height || pw < width) throw new ShapeError('RandomCrop', `size [${height}, ${width}] is larger than the ${this.padding === undefined ? '' : 'padded '}image [${ph}, ${pw}]`);
    const padded = left !== 0 || right !== 0 || top !== 0 || bottom !== 0 ? pad(input, [left, top, right, bottom], this.fill, this.paddingMode) : input;
    // Where there is no choice, nothing is drawn.
    const place = (have: number, need: number): number => (have > need ? randint(0, have - need + 1, []).item() : 0);
    const y = place(ph, height), x = place(pw, width);
    return crop(padded, y, x, height, width);
  }

  constructorArgs(): readonly unknown[] {
    return [this.size, this.padding, this.padIfNeeded, this.fill, this.paddingMode];
  }

  override extraRepr(): string {
    const { size, padding, padIfNeeded, fill, paddingMode } = this;
    return this.described({ size, ...(padding === undefined ? {} : { padding }), pad_if_needed: padIfNeeded, fill, padding_mode: paddingMode });
  }
}

const RESIZED_CROP = declared("(size: ints, scale: floats = [0.08,1], ratio: floats = [0.75,1.3333333333333333], interpolation: 'nearest'|'nearest-exact'|'bilinear'|'bicubic' = 'bilinear', antialias: bool = true)");
/** After so many parts that do not fit, torchvision takes the middle. */
const ATTEMPTS = 10;

/** A part of random area (of `scale` times the image's) and random `ratio` of width to height, resized. torchvision's `RandomResizedCrop`. */
export class RandomResizedCrop extends Transform {
  readonly size: readonly [number, number];
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
  readonly interpolation: Interpolation;
  readonly antialias: boolean;

  constructor(...args: ArgsOf<typeof RESIZED_CROP>) {
    super();
    const [size, scale, ratio, interpolation, antialias] = RESIZED_CROP('RandomResizedCrop', args);
    this.size = sizePair('RandomResizedCrop', 'size', size);
    this.scale = rangeArg('RandomResizedCrop', 'scale', scale);
    this.ratio = rangeArg('RandomResizedCrop', 'ratio', ratio);
    this.interpolation = interpolation;
    this.antialias = antialias;
  }

  forward(input: Tensor): Tensor {
    const [top, left, height, width] = this.place(imageSize('RandomResizedCrop', input));
    return resizedCrop(input, top, left, height, width, this.size, this.interpolation, this.antialias);
  }

  private place([height, width]: readonly [number, number]): readonly [number, number, number, number] {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = height * width * drawUniform(this.scale[0], this.scale[1]), ratio = drawRatio(this.ratio);
      const w = roundEven(Math.sqrt(area * ratio)), h = roundEven(Math.sqrt(area / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        const top = drawInt(height - h + 1);
        return [top, drawInt(width - w + 1), h, w];
      }
    }
    const ratio = width / height, [low, high] = this.ratio;
    const w = ratio > high ? roundEven(height * high) : width, h = ratio < low ? roundEven(width / low) : height;
    return [Math.floor((height - h) / 2), Math.floor((width - w) / 2), h, w];
  }

  constructorArgs(): readonly unknown[] {
    return [this.size, this.scale, this.ratio, this.interpolation, this.antialias];
  }

  override extraRepr(): string {
    const { size, scale, ratio, interpolation, antialias } = this;
    return this.described({ size, scale, ratio, interpolation, antialias });
  }
}

/** Mirrors left to right with probability `p`. torchvision's `RandomHorizontalFlip`. */
export class RandomHorizontalFlip extends RandomTransform {
  protected transform(input: Tensor): Tensor {
    return horizontalFlip(input);
  }
}

/** Mirrors top to bottom with probability `p`. torchvision's `RandomVerticalFlip`. */
export class RandomVerticalFlip extends RandomTransform {
  protected transform(input: Tensor): Tensor {
    return verticalFlip(input);
  }
}

const ROTATION = declared("(degrees: floats, interpolation: 'nearest'|'bilinear' = 'nearest', expand: bool = false, center: floats?, fill: floats = [0])");

/** Turns by a random angle of [low, high] degrees, or of -degrees to degrees. torchvision's `RandomRotation`. */
export class RandomRotation extends Transform {
  readonly degrees: readonly [number, number];
  readonly interpolation: 'nearest' | 'bilinear';
  readonly expand: boolean;
  readonly center: readonly number[] | undefined;
  readonly fill: readonly number[];

  constructor(...args: ArgsOf<typeof ROTATION>) {
    super();
    const [degrees, interpolation, expand, center, fill] = ROTATION('RandomRotation', args);
    const [low, high] = degrees.length === 1 && degrees[0] >= 0 ? [-degrees[0], degrees[0]] : degrees;
    if (degrees.length > 2 || !(low <= high)) throw new ArgumentError('RandomRotation', 'degrees', `must be a positive number or [low, high], got ${show(degrees)}`);
    if (center !== undefined && center.length !== 2) throw new ArgumentError('RandomRotation', 'center', `must be [x, y], got ${show(center)}`);
    this.degrees = [low, high];
    this.interpolation = interpolation;
    this.expand = expand;
    this.center = center;
    this.fill = fill;
  }

  forward(input: Tensor): Tensor {
    return rotate(input, drawUniform(this.degrees[0], this.degrees[1]), this.interpolation, this.expand, this.center, this.fill);
  }

  constructorArgs(): readonly unknown[] {
    return [this.degrees, this.interpolation, this.expand, this.center, this.fill];
  }

  override extraRepr(): string {
    const { degrees, interpolation, expand, fill } = this;
    return this.described({ degrees, interpolation, expand, fill });
  }
}
