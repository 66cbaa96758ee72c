/** Tensors as the images of TensorBoard. */
import { show } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { encodePng } from '../../plot/image.ts';
import { cat } from '../../tensor/composite.ts';
import { zeros } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { numbersOf } from '../metrics/metric.ts';
import type { EncodedImage } from './events.ts';

/** Letters of the dimensions in the order wanted: batch, channels, height, width. */
const ORDER = 'NCHW';
/** Images beside each other in a grid. */
const COLUMNS = 8;

/** Any order of two to four dimensions as [C, H, W], a batch as one grid. */
function arrange(op: string, image: Tensor, dataformats: unknown, letters: readonly string[]): Tensor {
  const format = typeof dataformats === 'string' ? dataformats.toUpperCase() : '';
  if (!letters.includes([...format].sort().join(''))) throw new ArgumentError(op, 'dataformats', `must name every dimension once (${letters.map((each) => [...ORDER].filter((letter) => each.includes(letter)).join('')).join(', ')}, in any order), got ${show(dataformats)}`);
  if (image.ndim !== format.length) throw new ShapeError(op, `the image must have the ${format.length} dimensions of ${format}, got [${image.shape.join(', ')}]`);
  const present = [...ORDER].filter((letter) => format.includes(letter));
  const ordered = image.detach().permute(present.map((letter) => format.indexOf(letter)));
  return format.length === 4 ? grid(ordered) : format.length === 2 ? ordered.unsqueeze(0) : ordered;
}

/** Rows of up to eight images; the places of the last row that are left are black. */
function grid(images: Tensor): Tensor {
  const [count, channels, height, width] = images.shape, columns = Math.min(count, COLUMNS), rows = Math.ceil(count / columns);
  const missing = rows * columns - count;
  const whole = missing === 0 ? images : cat([images, zeros([missing, channels, height, width], { dtype: images.dtype })]);
  return whole.reshape([rows, columns, channels, height, width]).permute([2, 0, 3, 1, 4]).reshape([channels, rows * height, columns * width]);
}

/** One (grey), two (grey and alpha), three or four channels; uint8 from 0 to 255, bool, or floats from 0 to 1, which are clipped. */
export function encodeImage(op: string, image: Tensor, dataformats: unknown, letters: readonly string[]): EncodedImage {
  if (image.numel() === 0) throw new ShapeError(op, `the image must have pixels, got [${image.shape.join(', ')}]`);
  if (!image.isFloatingPoint() && image.dtype !== 'uint8' && image.dtype !== 'bool') throw new DTypeError(op, image.dtype, `the image must be uint8, or floats from 0 to 1, got ${image.dtype}`);
  const arranged = arrange(op, image, dataformats, letters), [channels, height, width] = arranged.shape;
  if (channels > 4) throw new ShapeError(op, `the image must have 1 to 4 channels, got ${channels}`);
  const values = numbersOf(arranged.contiguous()), scale = image.dtype === 'uint8' ? 1 : 255, plane = height * width;
  const colours = channels < 3 ? [0, 0, 0] : [0, 1, 2], alpha = channels % 2 === 0 ? channels - 1 : undefined;
  // Uint8ClampedArray rounds; PyTorch's cast to uint8 cuts off.
  const byte = (channel: number, at: number): number => Math.floor(Math.min(Math.max(values[channel * plane + at] * scale, 0), 255));
  const rgba = new Uint8Array(plane * 4);
  for (let at = 0; at < plane; at++) {
    for (let i = 0; i < 3; i++) rgba[at * 4 + i] = byte(colours[i], at);
    rgba[at * 4 + 3] = alpha === undefined ? 255 : byte(alpha, at);
  }
  return { height, width, png: encodePng(width, height, rgba) };
}

const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG with its size, which stands in its first chunk. */
export function readPng(op: string, png: Uint8Array): EncodedImage {
  if (!(png instanceof Uint8Array) || png.length < 24 || !PNG_START.equals(png.subarray(0, 8))) throw new ArgumentError(op, 'figure', 'must give the bytes of a PNG');
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20), png };
}
