/** Transforms of dtype and color: `torchvision.transforms.v2`, with its draws from PyTorch's generator. */
import { show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { DType } from '../../core/dtype.ts';
import { declared, type ArgsOf } from '../../nn/declare.ts';
import { empty, tensor } from '../../tensor/create.ts';
import { randperm } from '../../tensor/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, gaussianBlur, normalize, oddPair, rgbToGrayscale, toDtype, toTensor } from './color.ts';
import { erase, imageSize, roundEven } from './geometry.ts';
import { drawInt, drawProbability, drawRatio, drawUniform, probability, RandomTransform, rangeArg, Transform } from './transform.ts';

/** An image of bytes to float32 from 0 to 1. torchvision's `ToTensor`; images are tensors here already. */
export class ToTensor extends Transform {
  forward(input: Tensor): Tensor {
    return toTensor(input);
  }

  constructorArgs(): readonly unknown[] {
    return [];
  }
}

const TO_DTYPE = declared('(dtype: dtype, scale: bool = false)');

/** Another dtype; with `scale` from the range of the one to that of the other. torchvision's `ToDtype`. */
export class ToDtype extends Transform {
  readonly dtype: DType;
  readonly scale: boolean;

  constructor(...args: ArgsOf<typeof TO_DTYPE>) {
    super();
    [this.dtype, this.scale] = TO_DTYPE('ToDtype', args);
  }

  forward(input: Tensor): Tensor {
    return toDtype(input, this.dtype, this.scale);
  }

  constructorArgs(): readonly unknown[] {
    return [this.dtype, this.scale];
  }

  override extraRepr(): string {
    return `dtype=torch.${this.dtype}, scale=${this.scale ? 'True' : 'False'}`;
  }
}

const CONVERT = declared("(dtype: dtype = 'float32')");

/** {@link ToDtype} with `scale`. torchvision's `ConvertImageDtype`. */
export class ConvertImageDtype extends Transform {
  readonly dtype: DType;

  constructor(...args: ArgsOf<typeof CONVERT>) {
    super();
    [this.dtype] = CONVERT('ConvertImageDtype', args);
  }

  forward(input: Tensor): Tensor {
    return toDtype(input, this.dtype, true);
  }

  constructorArgs(): readonly unknown[] {
    return [this.dtype];
  }

  override extraRepr(): string {
    return `dtype=torch.${this.dtype}`;
  }
}

const NORMALIZE = declared('(mean: floats, std: floats, inplace: bool = false)');

/**
 * Subtracts a mean and divides by a standard deviation, per channel. torchvision's `Normalize`.
 *
 *     new Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
 */
export class Normalize extends Transform {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly inplace: boolean;

  constructor(...args: ArgsOf<typeof NORMALIZE>) {
    super();
    [this.mean, this.std, this.inplace] = NORMALIZE('Normalize', args);
    if (this.std.some((value) => value === 0)) throw new ArgumentError('Normalize', 'std', `must not be 0, got ${show(this.std)}`);
  }

  forward(input: Tensor): Tensor {
    return normalize(input, this.mean, this.std, this.inplace);
  }

  constructorArgs(): readonly unknown[] {
    return [this.mean, this.std, this.inplace];
  }

  override extraRepr(): string {
    const { mean, std, inplace } = this;
    return this.described({ mean, std, inplace });
  }
}

const GRAYSCALE = declared('(numOutputChannels: int = 1)');

/** A gray image of 1 or 3 channels. torchvision's `Grayscale`. */
export class Grayscale extends Transform {
  readonly numOutputChannels: number;

  constructor(...args: ArgsOf<typeof GRAYSCALE>) {
    super();
    [this.numOutputChannels] = GRAYSCALE('Grayscale', args);
    if (this.numOutputChannels !== 1 && this.numOutputChannels !== 3) throw new ArgumentError('Grayscale', 'numOutputChannels', `must be 1 or 3, got ${this.numOutputChannels}`);
  }

  forward(input: Tensor): Tensor {
    return rgbToGrayscale(input, this.numOutputChannels);
  }

  constructorArgs(): readonly unknown[] {
    return [this.numOutputChannels];
  }

  override extraRepr(): string {
    return `num_output_channels=${this.numOutputChannels}`;
  }
}

const RANDOM_GRAYSCALE = declared('(p: float = 0.1)');

/** Gray with probability `p`, in as many channels as before. torchvision's `RandomGrayscale`. */
export class RandomGrayscale extends RandomTransform {
  constructor(...args: ArgsOf<typeof RANDOM_GRAYSCALE>) {
    super(RANDOM_GRAYSCALE('RandomGrayscale', args)[0]);
  }

  protected transform(input: Tensor): Tensor {
    return rgbToGrayscale(input, input.shape[input.ndim - 3]);
  }
}

const JITTER = declared('(brightness: floats = [0], contrast: floats = [0], saturation: floats = [0], hue: floats = [0])');
type Range = readonly [number, number];

/** The range of factors of a strength or a given range; null where it changes nothing. */
function factors(name: string, value: readonly number[], center: number, least: number, most: number): Range | null {
  const wrong = (): never => {
    throw new ArgumentError('ColorJitter', name, `must be a number that is not negative or [low, high]${most === Infinity ? '' : `, from ${least} to ${most}`}, got ${show(value)}`);
  };
  if (value.length < 1 || value.length > 2 || (value.length === 1 && !(value[0] >= 0))) wrong();
  const [low, high] = value.length === 2 ? value : [center === 0 ? -value[0] : Math.max(center - value[0], 0), center + value[0]];
  if (!(low >= least && low <= high && high <= most)) wrong();
  return low === center && high === center ? null : [low, high];
}

/**
 * Brightness, contrast, saturation and hue changed by random factors, in a random order: a strength `b` draws from
 * `1 - b` to `1 + b`, of hue from `-b` to `b`. torchvision's `ColorJitter`.
 */
export class ColorJitter extends Transform {
  readonly brightness: Range | null;
  readonly contrast: Range | null;
  readonly saturation: Range | null;
  readonly hue: Range | null;

  constructor(...args: ArgsOf<typeof JITTER>) {
    super();
    const [brightness, contrast, saturation, hue] = JITTER('ColorJitter', args);
    this.brightness = factors('brightness', brightness, 1, 0, Infinity);
    this.contrast = factors('contrast', contrast, 1, 0, Infinity);
    this.saturation = factors('saturation', saturation, 1, 0, Infinity);
    this.hue = factors('hue', hue, 0, -0.5, 0.5);
  }

  forward(input: Tensor): Tensor {
    const order = Array.from(randperm(4).toTypedArray(), Number);
    const draw = (range: Range | null): number | null => (range === null ? null : drawUniform(range[0], range[1]));
    const drawn = [this.brightness, this.contrast, this.saturation, this.hue].map(draw), adjust: readonly ((image: Tensor, factor: number) => Tensor)[] = [adjustBrightness, adjustContrast, adjustSaturation, adjustHue];
    return order.reduce((image, i) => {
      const factor = drawn[i];
      return factor === null ? image : adjust[i](image, factor);
    }, input);
  }

  constructorArgs(): readonly unknown[] {
    return [this.brightness ?? 0, this.contrast ?? 0, this.saturation ?? 0, this.hue ?? 0];
  }

  override extraRepr(): string {
    const { brightness, contrast, saturation, hue } = this;
    return this.described(Object.fromEntries(Object.entries({ brightness, contrast, saturation, hue }).filter(([, range]) => range !== null)));
  }
}

const ERASING = declared('(p: float = 0.5, scale: floats = [0.02,0.33], ratio: floats = [0.3,3.3], value: any = 0, inplace: bool = false)');

/**
 * A random rectangle in `value`: a number, one per channel, or 'random' for normal noise. torchvision's `RandomErasing`.
 */
export class RandomErasing extends Transform {
  readonly p: number;
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
  readonly value: readonly number[] | 'random';
  readonly inplace: boolean;

  constructor(...args: ArgsOf<typeof ERASING>) {
    super();
    const [p, scale, ratio, value, inplace] = ERASING('RandomErasing', args);
    this.p = probability('RandomErasing', p);
    this.scale = rangeArg('RandomErasing', 'scale', scale);
    this.ratio = rangeArg('RandomErasing', 'ratio', ratio);
    if (this.scale[1] > 1) throw new ArgumentError('RandomErasing', 'scale', `must be at most 1, got ${show(scale)}`);
    const values: unknown = typeof value === 'number' ? [value] : value;
    if (values !== 'random' && !(Array.isArray(values) && values.every((item) => typeof item === 'number'))) throw new ArgumentError('RandomErasing', 'value', `must be a number, an array of them or 'random', got ${show(value)}`);
    this.value = values as readonly number[] | 'random';
    this.inplace = inplace;
  }

  forward(input: Tensor): Tensor {
    const [height, width] = imageSize('RandomErasing', input), channels = input.shape[input.ndim - 3];
    if (this.value !== 'random' && this.value.length !== 1 && this.value.length !== channels) throw new ArgumentError('RandomErasing', 'value', `must be one number, or ${channels} for this image, got ${show(this.value)}`);
    if (drawProbability() >= this.p) return input;
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = height * width * drawUniform(this.scale[0], this.scale[1]), ratio = drawRatio(this.ratio);
      const h = roundEven(Math.sqrt(area * ratio)), w = roundEven(Math.sqrt(area / ratio));
      if (!(h < height && w < width)) continue;
      const v = this.value === 'random' ? empty([channels, h, w]).normal_() : tensor(this.value as number[]).view([-1, 1, 1]);
      const i = drawInt(height - h + 1), j = drawInt(width - w + 1);
      return erase(input, i, j, h, w, v, this.inplace);
    }
    return input;
  }

  constructorArgs(): readonly unknown[] {
    return [this.p, this.scale, this.ratio, this.value, this.inplace];
  }

  override extraRepr(): string {
    const { p, scale, ratio, value, inplace } = this;
    return this.described({ p, scale, ratio, value, inplace });
  }
}

const BLUR = declared('(kernelSize: ints, sigma: floats = [0.1,2])');

/** Blurs by a Gaussian whose sigma is drawn from [low, high], or is the one given. torchvision's `GaussianBlur`. */
export class GaussianBlur extends Transform {
  readonly kernelSize: readonly [number, number];
  readonly sigma: readonly [number, number];

  constructor(...args: ArgsOf<typeof BLUR>) {
    super();
    const [kernelSize, sigma] = BLUR('GaussianBlur', args);
    this.kernelSize = oddPair('GaussianBlur', kernelSize);
    this.sigma = rangeArg('GaussianBlur', 'sigma', sigma.length === 1 ? [sigma[0], sigma[0]] : sigma);
  }

  forward(input: Tensor): Tensor {
    const sigma = drawUniform(this.sigma[0], this.sigma[1]);
    return gaussianBlur(input, this.kernelSize, [sigma, sigma]);
  }

  constructorArgs(): readonly unknown[] {
    return [this.kernelSize, this.sigma];
  }

  override extraRepr(): string {
    const { kernelSize, sigma } = this;
    return this.described({ kernel_size: kernelSize, sigma });
  }
}
