/** Images in other dtypes and colors: `torchvision.transforms.v2.functional`, for `[..., C, H, W]`. */
import { show } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { BOOL, F32, F64, I16, I32, I64, I8, U8, dtypeCode, isFloating, type DTypeCode } from '../../core/dtype.ts';
import { conv2d } from '../../nn/functional-conv.ts';
import { pad } from '../../nn/functional-pad.ts';
import { linspace, tensor } from '../../tensor/create.ts';
import { stack } from '../../tensor/composite.ts';
import { operation } from '../../tensor/operation.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { imageSize } from './geometry.ts';

/** The largest value of an image: 1 for floats. */
const MAX_VALUE: Readonly<Record<DTypeCode, number>> = { [U8]: 255, [I8]: 127, [I16]: 32767, [I32]: 2147483647, [I64]: 9223372036854775807, [BOOL]: 1 };
const VALUE_BITS: Readonly<Record<DTypeCode, number>> = { [U8]: 8, [I8]: 7, [I16]: 15, [I32]: 31, [I64]: 63 };
const maxValue = (code: DTypeCode): number => (isFloating(code) ? 1 : MAX_VALUE[code]);

/**
 * An image of another dtype; with `scale` its values are stretched from the range of the one (0 to 1 for floats, 0 to 255
 * for bytes) to that of the other. torchvision's `to_dtype`.
 */
export const toDtype = operation("toDtype(image: Tensor, dtype: dtype = 'float32', scale: bool = false)", (image, dtype, scale): Tensor => {
  const from = image.dtypeCode, to = dtypeCode(dtype);
  if (from === to || !scale) return image.castTo(to);
  if (isFloating(from)) {
    if (isFloating(to)) return image.castTo(to);
    if ((from === F32 && (to === I32 || to === I64)) || (from === F64 && to === I64)) throw new DTypeError('toDtype', dtype, `${image.dtype} cannot be scaled to ${dtype}, which has more digits`);
    // The last thousandth keeps 1 from rounding over the top; every value gets an equal share of the range.
    return image.mul(maxValue(to) + 1 - 1e-3).castTo(to);
  }
  if (isFloating(to)) return image.castTo(to).mul(1 / maxValue(from));
  if (from === BOOL || to === BOOL) throw new DTypeError('toDtype', dtype, `${image.dtype} cannot be scaled to ${dtype}`);
  const shift = VALUE_BITS[from] - VALUE_BITS[to];
  return shift > 0 ? image.bitwiseRightShift(shift).castTo(to) : image.castTo(to).bitwiseLeftShift(-shift);
});

/** An image of bytes as float32 from 0 to 1; of another dtype as it is. torchvision's `to_tensor`, for images that are tensors already. */
export const toTensor = operation('toTensor(image: Tensor)', (image): Tensor => (image.dtypeCode === U8 ? image.castTo(F32).div(255) : image));

/** `(image - mean) / std`, with a mean and a standard deviation per channel (or one of each). torchvision's `normalize`. */
export const normalize = operation('normalize(image: Tensor, mean: floats, std: floats, inplace: bool = false)', (image, mean, std, inplace): Tensor => {
  imageSize('normalize', image);
  if (!isFloating(image.dtypeCode)) throw new DTypeError('normalize', image.dtype, `input must be floating: convert it with ToDtype('float32', true) first, got ${image.dtype}`);
  if (std.some((value) => value === 0)) throw new ArgumentError('normalize', 'std', `must not be 0, got ${show(std)}`);
  const channels = image.shape[image.ndim - 3];
  for (const [name, values] of [['mean', mean], ['std', std]] as const) {
    if (values.length !== 1 && values.length !== channels) throw new ArgumentError('normalize', name, `must have one value, or ${channels} for this image, got ${show(values)}`);
  }
  const column = (values: readonly number[]): Tensor => tensor(values as number[], { dtype: image.dtype }).view([-1, 1, 1]);
  return (inplace ? image.sub_(column(mean)) : image.sub(column(mean))).div_(column(std));
});

function colorChannels(op: string, image: Tensor): number {
  imageSize(op, image);
  const channels = image.shape[image.ndim - 3];
  if (channels !== 1 && channels !== 3) throw new ShapeError(op, `image must have 1 or 3 channels, got ${channels}`);
  return channels;
}

/** Luma of ITU-R BT.601 in the dtype's float: not rounded. */
function luma(image: Tensor): Tensor {
  const [r, g, b] = (isFloating(image.dtypeCode) ? image : image.castTo(F32)).unbind(-3);
  return r.mul(0.2989).add_(g, { alpha: 0.587 }).add_(b, { alpha: 0.114 }).unsqueeze(-3);
}

/** A gray image, of 1 channel or of 3 equal ones. torchvision's `rgb_to_grayscale`. */
export const rgbToGrayscale = operation('rgbToGrayscale(image: Tensor, numOutputChannels: int = 1)', (image, count): Tensor => {
  if (count !== 1 && count !== 3) throw new ArgumentError('rgbToGrayscale', 'numOutputChannels', `must be 1 or 3, got ${count}`);
  const gray = colorChannels('rgbToGrayscale', image) === 1 ? image.clone() : luma(image).castTo(image.dtypeCode);
  return count === 1 ? gray : gray.expand([...image.shape.slice(0, -3), 3, ...image.shape.slice(-2)]);
});

function factorArg(op: string, name: string, factor: number): number {
  if (!(factor >= 0)) throw new ArgumentError(op, name, `must not be negative, got ${factor}`);
  return factor;
}

/** `ratio` of one image and the rest of another, within the range of the dtype. */
function blend(image: Tensor, other: Tensor, ratio: number): Tensor {
  const base = isFloating(image.dtypeCode) ? image : image.castTo(F32);
  return base.mul(ratio).add_(other, { alpha: 1 - ratio }).clamp_(0, maxValue(image.dtypeCode)).castTo(image.dtypeCode);
}

/** Brighter by a factor: 0 is black, 1 the image. torchvision's `adjust_brightness`. */
export const adjustBrightness = operation('adjustBrightness(image: Tensor, brightnessFactor: float)', (image, factor): Tensor => {
  colorChannels('adjustBrightness', image);
  const base = isFloating(image.dtypeCode) ? image : image.castTo(F32);
  return base.mul(factorArg('adjustBrightness', 'brightnessFactor', factor)).clamp_(0, maxValue(image.dtypeCode)).castTo(image.dtypeCode);
});

/** More contrast by a factor: 0 is the mean gray, 1 the image. torchvision's `adjust_contrast`. */
export const adjustContrast = operation('adjustContrast(image: Tensor, contrastFactor: float)', (image, factor): Tensor => {
  const channels = colorChannels('adjustContrast', image), floating = isFloating(image.dtypeCode);
  const gray = channels === 3 ? luma(image) : floating ? image : image.castTo(F32);
  const mean = (floating || channels === 1 ? gray : gray.floor()).mean([-3, -2, -1], true);
  return blend(image, mean, factorArg('adjustContrast', 'contrastFactor', factor));
});

/** More color by a factor: 0 is gray, 1 the image. torchvision's `adjust_saturation`. */
export const adjustSaturation = operation('adjustSaturation(image: Tensor, saturationFactor: float)', (image, factor): Tensor => {
  factorArg('adjustSaturation', 'saturationFactor', factor);
  if (colorChannels('adjustSaturation', image) === 1) return image;
  return blend(image, isFloating(image.dtypeCode) ? luma(image) : luma(image).floor_(), factor);
});

/** The hue turned by a part of the circle, from -0.5 to 0.5. torchvision's `adjust_hue`. */
export const adjustHue = operation('adjustHue(image: Tensor, hueFactor: float)', (image, factor): Tensor => {
  if (!(factor >= -0.5 && factor <= 0.5)) throw new ArgumentError('adjustHue', 'hueFactor', `must be from -0.5 to 0.5, got ${factor}`);
  if (colorChannels('adjustHue', image) === 1 || image.numel() === 0) return image;
  const [h, s, v] = hsv(toDtype(image, 'float32', true));
  return toDtype(rgb(h.add(factor).remainder(1), s, v), image.dtype, true);
});

/** Hue, saturation and value, each from 0 to 1 (Smith 1978, as Pillow computes them). */
function hsv(image: Tensor): readonly [Tensor, Tensor, Tensor] {
  const [r, g] = image.unbind(-3), high = image.amax(-3), low = image.amin(-3), range = high.sub(low), flat = high.eq(low);
  const orOne = (x: Tensor): Tensor => x.maskedFill(flat, 1);
  const [rc, gc, bc] = high.unsqueeze(-3).sub(image).div(orOne(range).unsqueeze(-3)).unbind(-3);
  const isRed = high.eq(r), isGreen = high.eq(g).logicalAnd(isRed.logicalNot());
  const sixth = bc.sub(gc).where(isRed, rc.add(2).sub(bc).where(isGreen, gc.add(4).sub(rc)));
  return [sixth.mul(1 / 6).add(1).fmod(1), range.div(orOne(high)), high];
}

/** Which of value, p, q and t each channel takes in the six sectors of the hue. */
const SECTORS = [[0, 2, 1, 1, 3, 0], [3, 0, 0, 2, 1, 1], [1, 1, 3, 0, 0, 2]];

function rgb(h: Tensor, s: Tensor, v: Tensor): Tensor {
  const sixths = h.mul(6), sector = sixths.floor(), f = sixths.sub(sector), at = sector.long().remainder(6), sf = s.mul(f), rest = s.neg().add(1);
  const part = (x: Tensor): Tensor => x.mul(v).clamp(0, 1);
  const choices = stack([v, part(rest), part(sf.neg().add(1)), part(sf.add(rest))], -3);
  return choices.gather(-3, stack(SECTORS.map((channel) => tensor(channel, { dtype: 'int64' }).take(at)), -3));
}

/**
 * An image blurred by a Gaussian of `kernelSize` [width, height] (odd) pixels and `sigma`. torchvision's `gaussian_blur`.
 */
export const gaussianBlur = operation('gaussianBlur(image: Tensor, kernelSize: ints, sigma: floats?)', (image, kernelSize, sigma): Tensor => {
  imageSize('gaussianBlur', image);
  const [kx, ky] = oddPair('gaussianBlur', kernelSize), sigmas = sigma ?? [kx, ky].map((size) => size * 0.15 + 0.35);
  if (sigmas.length < 1 || sigmas.length > 2 || sigmas.some((value) => !(value > 0))) throw new ArgumentError('gaussianBlur', 'sigma', `must be one or two positive numbers, got ${show(sigmas)}`);
  const code = isFloating(image.dtypeCode) ? image.dtypeCode : F32, channels = image.shape[image.ndim - 3];
  const line = (size: number, width: number): Tensor => {
    const limit = (size - 1) / (2 * Math.SQRT2);
    return linspace(-limit, limit, size, { dtype: image.castTo(code).dtype }).div(width).pow(2).neg().softmax(0);
  };
  const kernel = line(ky, sigmas[sigmas.length - 1]).unsqueeze(-1).mul(line(kx, sigmas[0])).expand([channels, 1, ky, kx]);
  const batch = image.castTo(code).reshape([-1, ...image.shape.slice(-3)]), [x, y] = [kx >> 1, ky >> 1];
  const out = conv2d(pad(batch, [x, x, y, y], 'reflect'), kernel, { groups: channels }).reshape(image.shape);
  return isFloating(image.dtypeCode) ? out : out.round().castTo(image.dtypeCode);
});

/** A kernel's size: one odd number or two. */
export function oddPair(op: string, size: readonly number[]): [number, number] {
  if (size.length < 1 || size.length > 2 || size.some((n) => n < 1 || n % 2 === 0)) throw new ArgumentError(op, 'kernelSize', `must be one or two odd positive integers, got ${show(size)}`);
  return [size[0], size[size.length - 1]];
}
