/** Convolution layers. */
import { ArgumentError } from '../core/errors.ts';
import { empty } from '../tensor/create.ts';
import { perDim } from '../tensor/library/spatial.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { kaimingUniform_ } from './init.ts';
import { resetBias } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyTuple } from './repr.ts';

const CONV = declared("(inChannels: int, outChannels: int, kernelSize: ints, stride: ints = [1], padding: 'same'|'valid'|ints = [0], dilation: ints = [1], groups: int = 1, bias: bool = true, paddingMode: 'zeros'|'reflect'|'replicate'|'circular' = 'zeros', device: string?, dtype: dtype?)");
const TRANSPOSED = declared("(inChannels: int, outChannels: int, kernelSize: ints, stride: ints = [1], padding: ints = [0], outputPadding: ints = [0], groups: int = 1, bias: bool = true, dilation: ints = [1], paddingMode: 'zeros' = 'zeros', device: string?, dtype: dtype?)");

type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';
type Padding = 'same' | 'valid' | readonly number[];
type Values = ReturnType<typeof CONV>;

abstract class ConvNd extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: Padding;
  readonly dilation: readonly number[];
  readonly outputPadding: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  weight: Parameter;
  bias: Parameter | null;

  constructor(dims: number, transposed: boolean, outputPadding: readonly number[],
    [inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, , dtype]: Values) {
    super();
    const op = new.target.name;
    for (const [name, value] of [['inChannels', inChannels], ['outChannels', outChannels], ['groups', groups]] as const) {
      if (value < 1) throw new ArgumentError(op, name, `must be at least 1, got ${value}`);
    }
    for (const [name, value] of [['inChannels', inChannels], ['outChannels', outChannels]] as const) {
      if (value % groups !== 0) throw new ArgumentError(op, name, `must be divisible by groups = ${groups}, got ${value}`);
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perDim(op, 'kernelSize', kernelSize, dims, 1);
    this.stride = perDim(op, 'stride', stride, dims, 1);
    this.padding = typeof padding === 'string' ? padding : perDim(op, 'padding', padding, dims, 0);
    if (padding === 'same' && this.stride.some((s) => s !== 1)) throw new ArgumentError(op, 'padding', "'same' is not supported for strided convolutions");
    this.dilation = perDim(op, 'dilation', dilation, dims, 1);
    this.outputPadding = perDim(op, 'outputPadding', outputPadding, dims, 0);
    this.groups = groups;
    this.paddingMode = paddingMode;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = new Parameter(empty([...channels, ...this.kernelSize], made(dtype)));
    this.bias = bias ? new Parameter(empty([outChannels], made(dtype))) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    kaimingUniform_(this.weight, Math.sqrt(5));
    if (this.bias) resetBias(this.bias, this.weight.numel() / this.weight.shape[0]);
  }

  /** The input with the margins of a padding mode other than zeros. */
  protected extended(input: Tensor): Tensor {
    const margins = this.kernelSize.flatMap((k, d) => {
      const total = this.dilation[d] * (k - 1), before = Math.floor(total / 2);
      if (this.padding === 'valid') return [[0, 0]];
      return this.padding === 'same' ? [[before, total - before]] : [[this.padding[d], this.padding[d]]];
    });
    return F.pad(input, margins.reverse().flat(), this.paddingMode as Exclude<PaddingMode, 'zeros'>);
  }

  override extraRepr(): string {
    const { padding, dilation, outputPadding } = this;
    let text = `${this.inChannels}, ${this.outChannels}, kernel_size=${pyTuple(this.kernelSize)}, stride=${pyTuple(this.stride)}`;
    if (typeof padding === 'string') text += `, padding=${padding}`;
    else if (padding.some((p) => p !== 0)) text += `, padding=${pyTuple(padding)}`;
    if (dilation.some((d) => d !== 1)) text += `, dilation=${pyTuple(dilation)}`;
    if (outputPadding.some((p) => p !== 0)) text += `, output_padding=${pyTuple(outputPadding)}`;
    if (this.groups !== 1) text += `, groups=${this.groups}`;
    if (this.bias === null) text += ', bias=False';
    if (this.paddingMode !== 'zeros') text += `, padding_mode=${this.paddingMode}`;
    return text;
  }
}

/** `nn.functional.conv1d` with a weight and a bias of its own; `paddingMode` says what stands around the input. */
export class Conv1d extends ConvNd {
  constructor(...args: ArgsOf<typeof CONV>) {
    super(1, false, [0], CONV('Conv1d', args));
  }

  forward(input: Tensor): Tensor {
    if (this.paddingMode !== 'zeros') return F.conv1d(this.extended(input), this.weight, this.bias, this.stride, 0, this.dilation, this.groups);
    return F.conv1d(input, this.weight, this.bias, this.stride, this.padding, this.dilation, this.groups);
  }
}

/** `nn.functional.conv2d` with a weight and a bias of its own. */
export class Conv2d extends ConvNd {
  constructor(...args: ArgsOf<typeof CONV>) {
    super(2, false, [0], CONV('Conv2d', args));
  }

  forward(input: Tensor): Tensor {
    if (this.paddingMode !== 'zeros') return F.conv2d(this.extended(input), this.weight, this.bias, this.stride, 0, this.dilation, this.groups);
    return F.conv2d(input, this.weight, this.bias, this.stride, this.padding, this.dilation, this.groups);
  }
}

/** `nn.functional.conv3d` with a weight and a bias of its own. */
export class Conv3d extends ConvNd {
  constructor(...args: ArgsOf<typeof CONV>) {
    super(3, false, [0], CONV('Conv3d', args));
  }

  forward(input: Tensor): Tensor {
    if (this.paddingMode !== 'zeros') return F.conv3d(this.extended(input), this.weight, this.bias, this.stride, 0, this.dilation, this.groups);
    return F.conv3d(input, this.weight, this.bias, this.stride, this.padding, this.dilation, this.groups);
  }
}

abstract class ConvTransposeNd extends ConvNd {
  declare readonly padding: readonly number[];

  constructor(dims: number, [inChannels, outChannels, kernelSize, stride, padding, outputPadding, groups, bias, dilation, mode, device, dtype]: ReturnType<typeof TRANSPOSED>) {
    super(dims, true, outputPadding, [inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, mode, device, dtype]);
  }

  /** What must be added to the output to have the size asked for: the sizes that the stride rounds to one input are all possible. */
  protected extra(input: Tensor, outputSize: readonly number[] | null | undefined): readonly number[] {
    if (outputSize === null || outputSize === undefined) return this.outputPadding;
    const op = this.constructor.name, dims = this.kernelSize.length;
    const skipped = input.ndim - dims, size = outputSize.length === input.ndim ? outputSize.slice(skipped) : outputSize;
    if (size.length !== dims) throw new ArgumentError(op, 'outputSize', `must have ${dims} or ${input.ndim} sizes, got [${outputSize.join(', ')}]`);
    return size.map((n, d) => {
      const least = (input.shape[skipped + d] - 1) * this.stride[d] - 2 * this.padding[d] + this.dilation[d] * (this.kernelSize[d] - 1) + 1;
      if (n < least || n > least + this.stride[d] - 1) {
        throw new ArgumentError(op, 'outputSize', `must be between ${least} and ${least + this.stride[d] - 1} in spatial dimension ${d}, got [${outputSize.join(', ')}]`);
      }
      return n - least;
    });
  }
}

/** `nn.functional.convTranspose1d` with a weight and a bias of its own; `outputSize` chooses among the sizes that the stride allows. */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(...args: ArgsOf<typeof TRANSPOSED>) {
    super(1, TRANSPOSED('ConvTranspose1d', args));
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.convTranspose1d(input, this.weight, this.bias, this.stride, this.padding, this.extra(input, outputSize), this.groups, this.dilation);
  }
}

/** `nn.functional.convTranspose2d` with a weight and a bias of its own. */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(...args: ArgsOf<typeof TRANSPOSED>) {
    super(2, TRANSPOSED('ConvTranspose2d', args));
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.convTranspose2d(input, this.weight, this.bias, this.stride, this.padding, this.extra(input, outputSize), this.groups, this.dilation);
  }
}

/** `nn.functional.convTranspose3d` with a weight and a bias of its own. */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(...args: ArgsOf<typeof TRANSPOSED>) {
    super(3, TRANSPOSED('ConvTranspose3d', args));
  }

  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.convTranspose3d(input, this.weight, this.bias, this.stride, this.padding, this.extra(input, outputSize), this.groups, this.dilation);
  }
}
