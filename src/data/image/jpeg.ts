/** JPEG by mozjpeg (libjpeg-turbo) in WebAssembly: @jsquash/jpeg. Instantiated at the first image, and synchronously. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Fail } from '../../io/source.ts';
import { checkSize, type Pixels } from './pixels.ts';

/** What Emscripten puts on the object that its factory is given. */
interface Decoder {
  decode(bytes: Uint8Array, preserveOrientation: boolean): { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number } | null;
}
interface Encoder {
  encode(rgba: Uint8Array, width: number, height: number, options: object): Uint8Array | null;
}
type Factory = (overrides: object) => Promise<unknown>;

/** What of WebAssembly is used; the types of Node have only part of it. */
interface Instance {
  readonly exports: object;
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object, imports: object) => Instance } };

const compiled = new Map<string, { readonly factory: Factory; readonly wasm: object }>();

/** An instance of a codec; `printed` gets what libjpeg warns of. */
function instantiate<Codec>(path: string, printed: string[]): Codec {
  let parts = compiled.get(path);
  if (parts === undefined) {
    const require = createRequire(import.meta.url);
    const { default: factory } = require(`@jsquash/jpeg/codec/${path}.js`) as { default: Factory };
    compiled.set(path, parts = { factory, wasm: new WebAssembly.Module(readFileSync(require.resolve(`@jsquash/jpeg/codec/${path}.wasm`))) });
  }
  const { factory, wasm } = parts;
  const codec = {
    noInitialRun: true,
    print: (text: string) => void printed.push(text),
    printErr: (text: string) => void printed.push(text),
    instantiateWasm(imports: object, receive: (instance: Instance) => void): object {
      const instance = new WebAssembly.Instance(wasm, imports);
      receive(instance);
      return instance.exports;
    },
  };
  // Everything has been done when it returns; the promise only says so once more.
  void factory(codec);
  return codec as unknown as Codec;
}

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

/** The size in the frame header (SOF), behind segments whose lengths lead to it (ITU T.81, B.1.1). */
function frameOf(bytes: Uint8Array, fail: Fail): Frame {
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return fail(`has no marker at byte ${at}`);
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    // TEM and RSTn stand alone.
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else {
      if (marker === 0xd9 || marker === 0xda) return fail('has no frame before its data');
      const length = bytes[at + 2] * 256 + bytes[at + 3];
      const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
      if (isFrame && at + 10 <= bytes.length) {
        if (bytes[at + 4] !== 8) return fail(`has ${bytes[at + 4]} bits per sample instead of 8`);
        return { height: bytes[at + 5] * 256 + bytes[at + 6], width: bytes[at + 7] * 256 + bytes[at + 8], components: bytes[at + 9] };
      }
      at += 2 + length;
    }
  }
  return fail('ended before its frame header');
}

let decoder: Decoder | undefined;
const warnings: string[] = [];

/** The pixels of a JPEG: gray or RGB. `orient` turns and mirrors them as its EXIF data says. */
export function decodeJpeg(bytes: Uint8Array, orient: boolean, fail: Fail): Pixels {
  const frame = frameOf(bytes, fail);
  if (frame.components !== 1 && frame.components !== 3) fail(`has ${frame.components} components: only gray and YCbCr or RGB images are read`);
  checkSize(frame.width, frame.height, frame.width * frame.height * frame.components, bytes.length, fail);
  decoder ??= instantiate<Decoder>('dec/mozjpeg_dec', warnings);
  warnings.length = 0;
  let image: ReturnType<Decoder['decode']>;
  try {
    image = decoder.decode(bytes, orient);
  } catch {
    // An exception of C++ leaves what it had allocated behind: the next image gets a new instance.
    decoder = undefined;
    return fail(`cannot be decoded${warnings.length === 0 ? '' : `: ${warnings.join(', ')}`}`);
  }
  if (image === null) return fail('cannot be decoded');
  // libjpeg fills up with gray what is missing.
  if (warnings.some((text) => text.includes('Premature end'))) fail('is truncated');
  return { width: image.width, height: image.height, channels: frame.components, stride: 4, data: image.data };
}

/** mozjpeg's numbers for a color space and, beside it, baseline coding with libjpeg's own tables, as torchvision writes. */
const GRAYSCALE = 1, YCBCR = 3;
const OPTIONS = {
  baseline: true, arithmetic: false, progressive: false, optimize_coding: false, smoothing: 0, quant_table: 0, trellis_multipass: false, trellis_opt_zero: false,
  trellis_opt_table: false, trellis_loops: 1, auto_subsample: false, chroma_subsample: 2, separate_chroma_quality: false,
};

let encoder: Encoder | undefined;

export function encodeJpegBytes({ width, height, channels, data }: Pixels, quality: number): Uint8Array {
  encoder ??= instantiate<Encoder>('enc/mozjpeg_enc', []);
  const count = width * height, rgba = new Uint8Array(count * 4).fill(255);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) rgba[4 * i + c] = data[i * channels + (channels === 1 ? 0 : c)];
  const encoded = encoder.encode(rgba, width, height, { ...OPTIONS, quality, chroma_quality: quality, color_space: channels === 1 ? GRAYSCALE : YCBCR });
  if (encoded === null) throw new Error('encodeJpeg: mozjpeg gave nothing');
  return new Uint8Array(encoded);
}
