/** Pooling layers: the functions of `nn.functional` with their parameters kept. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { perDim } from '../tensor/library/spatial.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { pyBool, pyTuple } from './repr.ts';

const MAX = declared('(kernelSize: ints, stride: ints?, padding: ints = [0], dilation: ints = [1], returnIndices: bool = false, ceilMode: bool = false)');
const AVG_1D = declared('(kernelSize: ints, stride: ints?, padding: ints = [0], ceilMode: bool = false, countIncludePad: bool = true)');
const AVG = declared('(kernelSize: ints, stride: ints?, padding: ints = [0], ceilMode: bool = false, countIncludePad: bool = true, divisorOverride: int?)');
const ADAPTIVE_AVG = declared('(outputSize: any)');
const ADAPTIVE_MAX = declared('(outputSize: any, returnIndices: bool = false)');
const LP = declared('(normType: float, kernelSize: ints, stride: ints?, ceilMode: bool = false)');
const UNPOOL = declared('(kernelSize: ints, stride: ints?, padding: ints = [0])');
const FRACTIONAL = declared('(kernelSize: ints, outputSize: ints?, outputRatio: floats?, returnIndices: bool = false, _randomSamples: Tensor?)');

/** One number for every dim prints as a number, several as a tuple. */
const shown = (list: readonly number[]): string => (list.length === 1 ? String(list[0]) : pyTuple(list));

abstract class MaxPoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly returnIndices: boolean;
  readonly ceilMode: boolean;

  constructor([kernelSize, stride, padding, dilation, returnIndices, ceilMode]: ReturnType<typeof MAX>) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.dilation = dilation;
    this.returnIndices = returnIndices;
    this.ceilMode = ceilMode;
  }

  override extraRepr(): string {
    return `kernel_size=${shown(this.kernelSize)}, stride=${shown(this.stride)}, padding=${shown(this.padding)}, dilation=${shown(this.dilation)}, ceil_mode=${pyBool(this.ceilMode)}`;
  }
}

/** Maxima over windows of sequences; with `returnIndices` the result is [output, indices]. */
export class MaxPool1d extends MaxPoolNd {
  constructor(...args: ArgsOf<typeof MAX>) {
    super(MAX('MaxPool1d', args));
  }

  forward(input: Tensor): Tensor {
    return F.maxPool1d(input, this.kernelSize, this.stride, this.padding, this.dilation, this.ceilMode, this.returnIndices) as Tensor;
  }
}

/** Maxima over windows of images; with `returnIndices` the result is [output, indices]. */
export class MaxPool2d extends MaxPoolNd {
  constructor(...args: ArgsOf<typeof MAX>) {
    super(MAX('MaxPool2d', args));
  }

  forward(input: Tensor): Tensor {
    return F.maxPool2d(input, this.kernelSize, this.stride, this.padding, this.dilation, this.ceilMode, this.returnIndices) as Tensor;
  }
}

/** Maxima over windows of volumes; with `returnIndices` the result is [output, indices]. */
export class MaxPool3d extends MaxPoolNd {
  constructor(...args: ArgsOf<typeof MAX>) {
    super(MAX('MaxPool3d', args));
  }

  forward(input: Tensor): Tensor {
    return F.maxPool3d(input, this.kernelSize, this.stride, this.padding, this.dilation, this.ceilMode, this.returnIndices) as Tensor;
  }
}

/** Means over windows of sequences. */
export class AvgPool1d extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(...args: ArgsOf<typeof AVG_1D>) {
    super();
    const [kernelSize, stride, padding, ceilMode, countIncludePad] = AVG_1D('AvgPool1d', args);
    this.kernelSize = perDim('AvgPool1d', 'kernelSize', kernelSize, 1, 1);
    this.stride = stride === undefined ? this.kernelSize : perDim('AvgPool1d', 'stride', stride, 1, 1);
    this.padding = perDim('AvgPool1d', 'padding', padding, 1, 0);
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
  }

  forward(input: Tensor): Tensor {
    return F.avgPool1d(input, this.kernelSize, this.stride, this.padding, this.ceilMode, this.countIncludePad);
  }

  override extraRepr(): string {
    return `kernel_size=${pyTuple(this.kernelSize)}, stride=${pyTuple(this.stride)}, padding=${pyTuple(this.padding)}`;
  }
}

abstract class AvgPoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor([kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride]: ReturnType<typeof AVG>) {
    super();
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride ?? null;
  }

  override extraRepr(): string {
    return `kernel_size=${shown(this.kernelSize)}, stride=${shown(this.stride)}, padding=${shown(this.padding)}`;
  }
}

/** Means over windows of images. */
export class AvgPool2d extends AvgPoolNd {
  constructor(...args: ArgsOf<typeof AVG>) {
    super(AVG('AvgPool2d', args));
  }

  forward(input: Tensor): Tensor {
    return F.avgPool2d(input, this.kernelSize, this.stride, this.padding, this.ceilMode, this.countIncludePad, this.divisorOverride);
  }
}

/** Means over windows of volumes. */
export class AvgPool3d extends AvgPoolNd {
  constructor(...args: ArgsOf<typeof AVG>) {
    super(AVG('AvgPool3d', args));
  }

  forward(input: Tensor): Tensor {
    return F.avgPool3d(input, this.kernelSize, this.stride, this.padding, this.ceilMode, this.countIncludePad, this.divisorOverride);
  }
}

abstract class AdaptivePoolNd extends Module {
  /** One size for all dims or one for each; null keeps the input's. */
  readonly outputSize: number | null | readonly (number | null)[];

  constructor(outputSize: unknown) {
    super();
    const valid = (n: unknown): boolean => n === null || Number.isSafeInteger(n);
    if (!(Array.isArray(outputSize) ? outputSize.every(valid) : valid(outputSize))) {
      throw new ArgumentError(new.target.name, 'outputSize', `must be an integer, null or an array of them, got ${show(outputSize)}`);
    }
    this.outputSize = outputSize as number | null | readonly (number | null)[];
  }

  override extraRepr(): string {
    const text = (n: number | null): string => (n === null ? 'None' : String(n));
    const { outputSize } = this;
    if (outputSize === null || typeof outputSize === 'number') return `output_size=${text(outputSize)}`;
    return `output_size=(${outputSize.map(text).join(', ')}${outputSize.length === 1 ? ',' : ''})`;
  }
}

/** Means over as many windows of sequences as asked for. */
export class AdaptiveAvgPool1d extends AdaptivePoolNd {
  constructor(...args: ArgsOf<typeof ADAPTIVE_AVG>) {
    super(ADAPTIVE_AVG('AdaptiveAvgPool1d', args)[0]);
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool1d(input, this.outputSize);
  }
}

/** Means over as many windows of images as asked for. */
export class AdaptiveAvgPool2d extends AdaptivePoolNd {
  constructor(...args: ArgsOf<typeof ADAPTIVE_AVG>) {
    super(ADAPTIVE_AVG('AdaptiveAvgPool2d', args)[0]);
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool2d(input, this.outputSize);
  }
}

/** Means over as many windows of volumes as asked for. */
export class AdaptiveAvgPool3d extends AdaptivePoolNd {
  constructor(...args: ArgsOf<typeof ADAPTIVE_AVG>) {
    super(ADAPTIVE_AVG('AdaptiveAvgPool3d', args)[0]);
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool3d(input, this.outputSize);
  }
}

/** Maxima over as many windows of sequences as asked for; with `returnIndices` the result is [output, indices]. */
export class AdaptiveMaxPool1d extends AdaptivePoolNd {
  readonly returnIndices: boolean;

  constructor(...args: ArgsOf<typeof ADAPTIVE_MAX>) {
    const [outputSize, returnIndices] = ADAPTIVE_MAX('AdaptiveMaxPool1d', args);
    super(outputSize);
    this.returnIndices = returnIndices;
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveMaxPool1d(input, this.outputSize, this.returnIndices) as Tensor;
  }
}

/** Maxima over as many windows of images as asked for; with `returnIndices` the result is [output, indices]. */
export class AdaptiveMaxPool2d extends AdaptivePoolNd {
  readonly returnIndices: boolean;

  constructor(...args: ArgsOf<typeof ADAPTIVE_MAX>) {
    const [outputSize, returnIndices] = ADAPTIVE_MAX('AdaptiveMaxPool2d', args);
    super(outputSize);
    this.returnIndices = returnIndices;
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveMaxPool2d(input, this.outputSize, this.returnIndices) as Tensor;
  }
}

/** Maxima over as many windows of volumes as asked for; with `returnIndices` the result is [output, indices]. */
export class AdaptiveMaxPool3d extends AdaptivePoolNd {
  readonly returnIndices: boolean;

  constructor(...args: ArgsOf<typeof ADAPTIVE_MAX>) {
    const [outputSize, returnIndices] = ADAPTIVE_MAX('AdaptiveMaxPool3d', args);
    super(outputSize);
    this.returnIndices = returnIndices;
  }

  forward(input: Tensor): Tensor {
    return F.adaptiveMaxPool3d(input, this.outputSize, this.returnIndices) as Tensor;
  }
}

abstract class LPPoolNd extends Module {
  readonly normType: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[] | null;
  readonly ceilMode: boolean;

  constructor([normType, kernelSize, stride, ceilMode]: ReturnType<typeof LP>) {
    super();
    this.normType = normType;
    this.kernelSize = kernelSize;
    this.stride = stride ?? null;
    this.ceilMode = ceilMode;
  }

  override extraRepr(): string {
    return `norm_type=${this.normType}, kernel_size=${shown(this.kernelSize)}, stride=${this.stride === null ? 'None' : shown(this.stride)}, ceil_mode=${pyBool(this.ceilMode)}`;
  }
}

/** Roots of sums of powers over windows of sequences. */
export class LPPool1d extends LPPoolNd {
  constructor(...args: ArgsOf<typeof LP>) {
    super(LP('LPPool1d', args));
  }

  forward(input: Tensor): Tensor {
    return F.lpPool1d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}

/** Roots of sums of powers over windows of images. */
export class LPPool2d extends LPPoolNd {
  constructor(...args: ArgsOf<typeof LP>) {
    super(LP('LPPool2d', args));
  }

  forward(input: Tensor): Tensor {
    return F.lpPool2d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}

/** Roots of sums of powers over windows of volumes. */
export class LPPool3d extends LPPoolNd {
  constructor(...args: ArgsOf<typeof LP>) {
    super(LP('LPPool3d', args));
  }

  forward(input: Tensor): Tensor {
    return F.lpPool3d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}

abstract class MaxUnpoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  constructor(name: string, dims: number, [kernelSize, stride, padding]: ReturnType<typeof UNPOOL>) {
    super();
    this.kernelSize = perDim(name, 'kernelSize', kernelSize, dims, 1);
    this.stride = stride === undefined ? this.kernelSize : perDim(name, 'stride', stride, dims, 1);
    this.padding = perDim(name, 'padding', padding, dims, 0);
  }

  override extraRepr(): string {
    return `kernel_size=${pyTuple(this.kernelSize)}, stride=${pyTuple(this.stride)}, padding=${pyTuple(this.padding)}`;
  }
}

/** Puts the maxima of sequences back to where `MaxPool1d` found them. */
export class MaxUnpool1d extends MaxUnpoolNd {
  constructor(...args: ArgsOf<typeof UNPOOL>) {
    super('MaxUnpool1d', 1, UNPOOL('MaxUnpool1d', args));
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool1d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

/** Puts the maxima of images back to where `MaxPool2d` found them. */
export class MaxUnpool2d extends MaxUnpoolNd {
  constructor(...args: ArgsOf<typeof UNPOOL>) {
    super('MaxUnpool2d', 2, UNPOOL('MaxUnpool2d', args));
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool2d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

/** Puts the maxima of volumes back to where `MaxPool3d` found them. */
export class MaxUnpool3d extends MaxUnpoolNd {
  constructor(...args: ArgsOf<typeof UNPOOL>) {
    super('MaxUnpool3d', 3, UNPOOL('MaxUnpool3d', args));
  }

  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool3d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

abstract class FractionalMaxPoolNd extends Module {
  readonly kernelSize: readonly number[];
  readonly outputSize: readonly number[] | null;
  readonly outputRatio: readonly number[] | null;
  readonly returnIndices: boolean;
  declare _random_samples: Tensor | null;

  constructor(name: string, [kernelSize, outputSize, outputRatio, returnIndices, samples]: ReturnType<typeof FRACTIONAL>) {
    super();
    if ((outputSize === undefined) === (outputRatio === undefined)) throw new ArgumentError(name, 'outputSize', 'or outputRatio must be given, and not both');
    if (outputRatio?.some((ratio) => !(ratio > 0 && ratio < 1))) throw new ArgumentError(name, 'outputRatio', `must be between 0 and 1, got [${outputRatio.join(', ')}]`);
    this.kernelSize = kernelSize;
    this.outputSize = outputSize ?? null;
    this.outputRatio = outputRatio ?? null;
    this.returnIndices = returnIndices;
    this.registerBuffer('_random_samples', samples ?? null);
  }
}

/** Maxima over windows of images at pseudo-random distances. */
export class FractionalMaxPool2d extends FractionalMaxPoolNd {
  constructor(...args: ArgsOf<typeof FRACTIONAL>) {
    super('FractionalMaxPool2d', FRACTIONAL('FractionalMaxPool2d', args));
  }

  forward(input: Tensor): Tensor {
    return F.fractionalMaxPool2d(input, this.kernelSize, this.outputSize, this.outputRatio, this.returnIndices, this._random_samples) as Tensor;
  }
}

/** Maxima over windows of volumes at pseudo-random distances. */
export class FractionalMaxPool3d extends FractionalMaxPoolNd {
  constructor(...args: ArgsOf<typeof FRACTIONAL>) {
    super('FractionalMaxPool3d', FRACTIONAL('FractionalMaxPool3d', args));
  }

  forward(input: Tensor): Tensor {
    return F.fractionalMaxPool3d(input, this.kernelSize, this.outputSize, this.outputRatio, this.returnIndices, this._random_samples) as Tensor;
  }
}
