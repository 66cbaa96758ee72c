/** Layers that move or resample pixels, and windows. */
import type { Tensor } from '../tensor/tensor.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { pyFloat, pyTuple } from './repr.ts';

type Sizes = number | readonly number[];
type Interpolation = 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area' | 'nearest-exact';

const UPSAMPLE = declared("(size: any?, scaleFactor: any?, mode: 'nearest'|'linear'|'bilinear'|'bicubic'|'trilinear'|'area'|'nearest-exact' = 'nearest', alignCorners: bool?, recomputeScaleFactor: bool?)");
const UPSAMPLING = declared('(size: any?, scaleFactor: any?)');

const pyInts = (sizes: Sizes): string => (typeof sizes === 'number' ? String(sizes) : pyTuple(sizes));
const pyFloats = (factors: Sizes): string => (typeof factors === 'number' ? pyFloat(factors) : `(${factors.map(pyFloat).join(', ')}${factors.length === 1 ? ',' : ''})`);

interface Resampling {
  readonly size: unknown;
  readonly scaleFactor: unknown;
  readonly mode: Interpolation;
  readonly alignCorners: boolean | undefined;
  readonly recomputeScaleFactor: boolean | undefined;
}

/** The spatial dims of `[N, C, ...]` resized, to a size or by a factor. */
abstract class Resample extends Module {
  readonly size: Sizes | null;
  readonly scaleFactor: Sizes | null;
  readonly mode: Interpolation;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;

  constructor({ size, scaleFactor, mode, alignCorners, recomputeScaleFactor }: Resampling) {
    super();
    this.size = (size as Sizes | undefined) ?? null;
    this.scaleFactor = (scaleFactor as Sizes | undefined) ?? null;
    this.mode = mode;
    this.alignCorners = alignCorners ?? null;
    this.recomputeScaleFactor = recomputeScaleFactor ?? null;
  }

  forward(input: Tensor): Tensor {
    return F.interpolate(input, this.size, this.scaleFactor, this.mode, this.alignCorners, this.recomputeScaleFactor);
  }

  override extraRepr(): string {
    const extent = this.scaleFactor === null ? `size=${this.size === null ? 'None' : pyInts(this.size)}` : `scale_factor=${pyFloats(this.scaleFactor)}`;
    return `${extent}, mode='${this.mode}'`;
  }
}

/** Resizes in any mode of `F.interpolate`. */
export class Upsample extends Resample {
  constructor(...args: ArgsOf<typeof UPSAMPLE>) {
    const [size, scaleFactor, mode, alignCorners, recomputeScaleFactor] = UPSAMPLE(new.target.name, args);
    super({ size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
  }
}

/** Nearest neighbours. */
export class UpsamplingNearest2d extends Resample {
  constructor(...args: ArgsOf<typeof UPSAMPLING>) {
    const [size, scaleFactor] = UPSAMPLING(new.target.name, args);
    super({ size, scaleFactor, mode: 'nearest', alignCorners: undefined, recomputeScaleFactor: undefined });
  }
}

/** Bilinear, with aligned corners. */
export class UpsamplingBilinear2d extends Resample {
  constructor(...args: ArgsOf<typeof UPSAMPLING>) {
    const [size, scaleFactor] = UPSAMPLING(new.target.name, args);
    super({ size, scaleFactor, mode: 'bilinear', alignCorners: true, recomputeScaleFactor: undefined });
  }
}

const UP = declared('(upscaleFactor: int)'), DOWN = declared('(downscaleFactor: int)'), GROUPS = declared('(groups: int)');

/** `[..., C r^2, H, W]` to `[..., C, H r, W r]`. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(...args: ArgsOf<typeof UP>) {
    super();
    [this.upscaleFactor] = UP(new.target.name, args);
  }

  forward(input: Tensor): Tensor {
    return F.pixelShuffle(input, this.upscaleFactor);
  }

  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}

/** `[..., C, H r, W r]` to `[..., C r^2, H, W]`. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(...args: ArgsOf<typeof DOWN>) {
    super();
    [this.downscaleFactor] = DOWN(new.target.name, args);
  }

  forward(input: Tensor): Tensor {
    return F.pixelUnshuffle(input, this.downscaleFactor);
  }

  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}

/** Channels of `[N, C, ...]` interleaved from their groups. */
export class ChannelShuffle extends Module {
  readonly groups: number;

  constructor(...args: ArgsOf<typeof GROUPS>) {
    super();
    [this.groups] = GROUPS(new.target.name, args);
  }

  forward(input: Tensor): Tensor {
    return F.channelShuffle(input, this.groups);
  }

  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}

const FOLD = declared('(outputSize: any, kernelSize: any, dilation: any = 1, padding: any = 0, stride: any = 1)');
const UNFOLD = declared('(kernelSize: any, dilation: any = 1, padding: any = 0, stride: any = 1)');

/** Sums windows `[N, C k, windows]` into images `[N, C, ...outputSize]`. */
export class Fold extends Module {
  readonly outputSize: Sizes;
  readonly kernelSize: Sizes;
  readonly dilation: Sizes;
  readonly padding: Sizes;
  readonly stride: Sizes;

  constructor(...args: ArgsOf<typeof FOLD>) {
    super();
    [this.outputSize, this.kernelSize, this.dilation, this.padding, this.stride] = FOLD(new.target.name, args) as [Sizes, Sizes, Sizes, Sizes, Sizes];
  }

  forward(input: Tensor): Tensor {
    return F.fold(input, this.outputSize, this.kernelSize, this.dilation, this.padding, this.stride);
  }

  override extraRepr(): string {
    return `output_size=${pyInts(this.outputSize)}, kernel_size=${pyInts(this.kernelSize)}, dilation=${pyInts(this.dilation)}, padding=${pyInts(this.padding)}, stride=${pyInts(this.stride)}`;
  }
}

/** Windows `[N, C k, windows]` of images `[N, C, ...]`. */
export class Unfold extends Module {
  readonly kernelSize: Sizes;
  readonly dilation: Sizes;
  readonly padding: Sizes;
  readonly stride: Sizes;

  constructor(...args: ArgsOf<typeof UNFOLD>) {
    super();
    [this.kernelSize, this.dilation, this.padding, this.stride] = UNFOLD(new.target.name, args) as [Sizes, Sizes, Sizes, Sizes];
  }

  forward(input: Tensor): Tensor {
    return F.unfold(input, this.kernelSize, this.dilation, this.padding, this.stride);
  }

  override extraRepr(): string {
    return `kernel_size=${pyInts(this.kernelSize)}, dilation=${pyInts(this.dilation)}, padding=${pyInts(this.padding)}, stride=${pyInts(this.stride)}`;
  }
}
