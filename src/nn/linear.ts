/** Linear maps and changes of shape. */
import type { DType } from '../core/dtype.ts';
import { bind, boolArg, intArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { empty } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Args, Maybe } from './args.ts';
import { sizeArg } from './args.ts';
import * as F from './functional.ts';
import { kaimingUniform_, uniform_ } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyBool, pyTuple } from './repr.ts';

/** Where and as what a layer's parameters are made. */
export interface FactoryOptions {
  readonly device?: Maybe<string>;
  readonly dtype?: Maybe<DType>;
}

/** Returns its input, whatever it was constructed with. */
export class Identity extends Module {
  // PyTorch's accepts and ignores any arguments, so that it can stand in for any layer.
  constructor(..._ignored: readonly unknown[]) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input;
  }
}

const LINEAR = signature('Linear(inFeatures, outFeatures, bias?, device?, dtype?)');
export interface LinearOptions extends FactoryOptions {
  readonly inFeatures?: number;
  readonly outFeatures?: number;
  readonly bias?: Maybe<boolean>;
}

/** `y = x W^T + b`: input `[..., inFeatures]`, output `[..., outFeatures]`. */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(...args: Args<[inFeatures: number, outFeatures: number], [bias: Maybe<boolean>], LinearOptions>) {
    super();
    const given = bind(LINEAR, args);
    this.inFeatures = sizeArg('Linear', 'inFeatures', given.inFeatures);
    this.outFeatures = sizeArg('Linear', 'outFeatures', given.outFeatures);
    const options = given.dtype === undefined ? {} : { dtype: given.dtype as DType };
    this.weight = new Parameter(empty([this.outFeatures, this.inFeatures], options));
    this.bias = boolArg('Linear', 'bias', given.bias, true) ? new Parameter(empty([this.outFeatures], options)) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    kaimingUniform_(this.weight, Math.sqrt(5));
    if (this.bias) resetBias(this.bias, this.inFeatures);
  }

  forward(input: Tensor): Tensor {
    return F.linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${pyBool(this.bias !== null)}`;
  }
}

/** Uniform within 1/sqrt(fanIn), as PyTorch initialises the bias of linear and convolution layers. */
export function resetBias(bias: Parameter, fanIn: number): void {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(bias, -bound, bound);
}

const FLATTEN = signature('Flatten(startDim?, endDim?)');

/** Joins the dimensions from `startDim` to `endDim`. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(...args: CallArgs<[startDim: number, endDim: number], { readonly startDim?: number; readonly endDim?: number }>) {
    super();
    const given = bind(FLATTEN, args);
    this.startDim = intArg('Flatten', 'startDim', given.startDim, 1);
    this.endDim = intArg('Flatten', 'endDim', given.endDim, -1);
  }

  forward(input: Tensor): Tensor {
    return input.flatten(this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

const UNFLATTEN = signature('Unflatten(dim, unflattenedSize)');

/** Splits dimension `dim` into several; one of the sizes may be -1. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];

  constructor(...args: Args<[dim: number, unflattenedSize: readonly number[]], [], { readonly dim?: number; readonly unflattenedSize?: readonly number[] }>) {
    super();
    const given = bind(UNFLATTEN, args);
    this.dim = intArg('Unflatten', 'dim', given.dim);
    const size: unknown = given.unflattenedSize;
    if (!Array.isArray(size)) throw new ArgumentError('Unflatten', 'unflattenedSize', 'must be an array of sizes');
    this.unflattenedSize = size.map((n: unknown, i) => intArg('Unflatten', `unflattenedSize[${i}]`, n));
  }

  forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${pyTuple(this.unflattenedSize)}`;
  }
}
