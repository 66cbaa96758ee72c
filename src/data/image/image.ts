/** Image files as tensors: torchvision.io's `read_image`, `decode_image`, `encode_png`, `encode_jpeg` and their kin. */
import { readFileSync } from 'node:fs';
import { show } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { writeAtomic } from '../../io/atomic.ts';
import { FileFormatError } from '../../io/errors.ts';
import type { Fail } from '../../io/source.ts';
import { tensor } from '../../tensor/create.ts';
import { operation } from '../../tensor/operation.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { decodeJpeg, encodeJpegBytes, isJpeg } from './jpeg.ts';
import type { Pixels } from './pixels.ts';
import { decodePng, encodePngBytes, isPng } from './png.ts';

/** The channels of a read image: those of the file, or converted. torchvision's `ImageReadMode`; its names work too. */
export const ImageReadMode = { UNCHANGED: 'UNCHANGED', GRAY: 'GRAY', GRAY_ALPHA: 'GRAY_ALPHA', RGB: 'RGB', RGB_ALPHA: 'RGB_ALPHA' } as const;
export type ImageReadMode = keyof typeof ImageReadMode;

const CHANNELS: Readonly<Record<ImageReadMode, number>> = { UNCHANGED: 0, GRAY: 1, GRAY_ALPHA: 2, RGB: 3, RGB_ALPHA: 4 };
const PARAMETERS = "mode: 'UNCHANGED'|'GRAY'|'GRAY_ALPHA'|'RGB'|'RGB_ALPHA' = 'UNCHANGED', applyExifOrientation: bool = false";

/** Weights of red, green and blue in the luma of ITU-R BT.601, in 2^16ths, as libjpeg has them. */
const RED = 19595, GREEN = 38470, BLUE = 7471;

/** Channels added (gray to colors, opaque alpha) and dropped. */
function converted(pixels: Pixels, target: number): Pixels {
  const { width, height, channels, stride = channels, data } = pixels;
  if (target === 0 || target === channels) return pixels;
  const count = width * height, out = new Uint8Array(count * target), colors = channels > 2 ? 3 : 1, hasAlpha = channels % 2 === 0;
  for (let i = 0; i < count; i++) {
    const from = i * stride, to = i * target;
    if (target > 2) for (let c = 0; c < 3; c++) out[to + c] = data[from + (colors === 3 ? c : 0)];
    else out[to] = colors === 1 ? data[from] : (RED * data[from] + GREEN * data[from + 1] + BLUE * data[from + 2] + 32768) >> 16;
    if (target % 2 === 0) out[to + target - 1] = hasAlpha ? data[from + channels - 1] : 255;
  }
  return { width, height, channels: target, data: out };
}

/** `[C, H, W]`: a channel after the other. */
function planar({ width, height, channels, stride = channels, data }: Pixels): Tensor {
  const count = width * height, planes = new Uint8Array(count * channels);
  for (let c = 0; c < channels; c++) {
    const plane = planes.subarray(c * count, (c + 1) * count);
    for (let i = 0, from = c; i < count; i++, from += stride) plane[i] = data[from];
  }
  return tensor(planes).view([channels, height, width]);
}

function decode(bytes: Uint8Array, mode: ImageReadMode, orient: boolean, fail: Fail): Tensor {
  if (isPng(bytes)) return planar(converted(decodePng(bytes, fail), CHANNELS[mode]));
  if (isJpeg(bytes)) return planar(converted(decodeJpeg(bytes, orient, fail), CHANNELS[mode]));
  return fail('is neither PNG nor JPEG');
}

function bytesOf(op: string, name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof Tensor && value.dtype === 'uint8' && value.ndim === 1) return value.toTypedArray() as Uint8Array;
  throw new ArgumentError(op, name, `must be bytes or a 1-d tensor of uint8, got ${show(value)}`);
}

function pathArg(op: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new ArgumentError(op, 'path', `must be a file name, got ${show(value)}`);
  return value;
}

/**
 * An image file, PNG or JPEG, as `[C, H, W]` uint8; its channels are those of the file unless a mode is given. PNGs of 16
 * bits lose the lower 8. An image larger than its file can hold is refused before memory is taken for it, and a truncated
 * one throws a FileFormatError. torchvision's `read_image`.
 *
 *     const x = readImage('cat.jpg', 'RGB');   // [3, H, W]
 */
export const readImage = operation(`readImage(path: string, ${PARAMETERS})`, (path, mode, orient): Tensor =>
  decode(readFileSync(pathArg('readImage', path)), mode, orient, (problem) => {
    throw new FileFormatError('readImage', path, problem);
  }));

/** Like {@link readImage}, of bytes in memory: a Uint8Array, or a tensor as {@link readFile} gives it. torchvision's `decode_image`. */
export const decodeImage = operation(`decodeImage(input: any, ${PARAMETERS})`, (input, mode, orient): Tensor =>
  decode(bytesOf('decodeImage', 'input', input), mode, orient, (problem) => {
    throw new FileFormatError('decodeImage', 'the given bytes', problem);
  }));

/** The bytes of a file as a 1-d tensor of uint8. torchvision's `read_file`. */
export const readFile = operation('readFile(path: string)', (path): Tensor => tensor(Uint8Array.from(readFileSync(pathArg('readFile', path)))));

/** Channels interleaved, of an image `[C, H, W]`. */
function pixelsOf(op: string, input: Tensor): Pixels {
  if (input.dtype !== 'uint8') throw new DTypeError(op, input.dtype, `input must be uint8, got ${input.dtype}`);
  const [channels, height, width] = input.shape;
  if (input.ndim !== 3 || (channels !== 1 && channels !== 3) || height === 0 || width === 0) throw new ShapeError(op, `input must be an image [1 or 3, H, W], got [${input.shape.join(', ')}]`);
  return { width, height, channels, data: input.permute(1, 2, 0).contiguous().toTypedArray() as Uint8Array };
}

function inRange(op: string, name: string, value: number, least: number, most: number): number {
  if (value < least || value > most) throw new ArgumentError(op, name, `must be from ${least} to ${most}, got ${value}`);
  return value;
}

const pngOf = (op: string, input: Tensor, level: number): Uint8Array => encodePngBytes(pixelsOf(op, input), inRange(op, 'compressionLevel', level, 0, 9));
const jpegOf = (op: string, input: Tensor, quality: number): Uint8Array => encodeJpegBytes(pixelsOf(op, input), inRange(op, 'quality', quality, 1, 100));

/** An image `[1 or 3, H, W]` of uint8 as the bytes of a PNG, a 1-d tensor. torchvision's `encode_png`. */
export const encodePng = operation('encodePng(input: Tensor, compressionLevel: int = 6)', (input, level): Tensor => tensor(pngOf('encodePng', input, level)));

/** An image `[1 or 3, H, W]` of uint8 as the bytes of a JPEG, a 1-d tensor. torchvision's `encode_jpeg`. */
export const encodeJpeg = operation('encodeJpeg(input: Tensor, quality: int = 75)', (input, quality): Tensor => tensor(jpegOf('encodeJpeg', input, quality)));

/** Writes an image `[1 or 3, H, W]` of uint8 as a PNG. torchvision's `write_png`. */
export const writePng = operation('writePng(input: Tensor, filename: string, compressionLevel: int = 6)', (input, filename, level): void =>
  writeAtomic(pathArg('writePng', filename), [pngOf('writePng', input, level)]));

/** Writes an image `[1 or 3, H, W]` of uint8 as a JPEG. torchvision's `write_jpeg`. */
export const writeJpeg = operation('writeJpeg(input: Tensor, filename: string, quality: int = 75)', (input, filename, quality): void =>
  writeAtomic(pathArg('writeJpeg', filename), [jpegOf('writeJpeg', input, quality)]));
