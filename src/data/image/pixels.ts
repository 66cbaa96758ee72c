/** What decoders give and encoders take, and how large an image may be. */
import type { Fail } from '../../io/source.ts';

/** 8 bits per sample, channels interleaved: gray, gray and alpha, RGB, or RGB and alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Samples from one pixel to the next, where there are more than channels. */
  readonly stride?: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The limit at which Pillow refuses an image as a decompression bomb: 1 GB of gray floats, doubled. */
const MAX_PIXELS = 178_956_970;
/** Deflate makes at most 1032 bytes out of one; the codes of a progressive JPEG, a bit per block of 64 pixels, are no better. */
const MAX_RATIO = 1032;
/** Room for the smallest files, whose headers outweigh their pixels. */
const SLACK_BYTES = 4096;

/** Refuses, before anything is allocated, sizes that the file cannot hold. `raw` is what its `packed` bytes unfold to. */
export function checkSize(width: number, height: number, raw: number, packed: number, fail: Fail): void {
  if (width === 0 || height === 0) fail(`has no pixels: ${width} x ${height}`);
  if (width * height > MAX_PIXELS) fail(`of ${width} x ${height} has more than ${MAX_PIXELS} pixels`);
  if (raw > packed * MAX_RATIO + SLACK_BYTES) fail(`of ${width} x ${height} needs ${raw} bytes of pixels, which ${packed} bytes of data cannot hold`);
}
