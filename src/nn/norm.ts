/** Normalization layers. Statistics are kept under PyTorch's names, `running_mean`, `running_var` and `num_batches_tracked`. */
import { isOptions } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { ones, tensor, zeros } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensorArg } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyBool, pyFloat, pyTuple } from './repr.ts';

const BATCH = declared('(numFeatures: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = true, trackRunningStats: bool = true, device: string?, dtype: dtype?, *, bias: bool = true)');
const INSTANCE = declared('(numFeatures: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = false, trackRunningStats: bool = false, device: string?, dtype: dtype?, *, bias: bool = true)');
const SYNC = declared('(numFeatures: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = true, trackRunningStats: bool = true, processGroup: any?, device: string?, dtype: dtype?, *, bias: bool = true)');

/** PyTorch's `momentum=None`, a cumulative average, is an explicit null; absent it is the default. */
function isCumulative(args: readonly unknown[]): boolean {
  const last = args[args.length - 1];
  return args[2] === null || (isOptions(last) && last.momentum === null);
}

type Values = ReturnType<typeof BATCH>;

abstract class NormBase extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  /** Null takes the average of all batches. */
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  declare running_mean: Tensor | null;
  declare running_var: Tensor | null;
  declare num_batches_tracked: Tensor | null;

  constructor([numFeatures, eps, momentum, affine, trackRunningStats, , dtype, bias]: Values, cumulative: boolean) {
    super();
    if (numFeatures < 0) throw new ArgumentError(new.target.name, 'numFeatures', `must not be negative, got ${numFeatures}`);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = cumulative ? null : momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    const options = made(dtype);
    this.weight = affine ? new Parameter(ones(numFeatures, options)) : null;
    this.bias = affine && bias ? new Parameter(zeros(numFeatures, options)) : null;
    this.registerBuffer('running_mean', trackRunningStats ? zeros(numFeatures, options) : null);
    this.registerBuffer('running_var', trackRunningStats ? ones(numFeatures, options) : null);
    this.registerBuffer('num_batches_tracked', trackRunningStats ? tensor(0n) : null);
  }

  /** @internal Files of PyTorch before 0.4.1 do not count batches; it forgives that where a state dict has no version, as here none has. */
  protected override mayLack(name: string): boolean {
    return name === 'num_batches_tracked';
  }

  get runningMean(): Tensor | null {
    return this.running_mean;
  }

  get runningVar(): Tensor | null {
    return this.running_var;
  }

  get numBatchesTracked(): Tensor | null {
    return this.num_batches_tracked;
  }

  resetRunningStats(): void {
    this.running_mean?.zero_();
    this.running_var?.fill_(1);
    this.num_batches_tracked?.zero_();
  }

  resetParameters(): void {
    this.resetRunningStats();
    noGrad(() => {
      this.weight?.fill_(1);
      this.bias?.zero_();
    });
  }

  /** Numbers of dimensions of a batch that the layer takes. */
  protected abstract ranks(): readonly number[];

  protected checkInput(input: Tensor): void {
    tensorArg(this.constructor.name, 'input', input);
    if (!this.ranks().includes(input.ndim)) throw new ShapeError(this.constructor.name, `input must have ${this.ranks().join(' or ')} dimensions, got shape [${input.shape.join(', ')}]`);
  }

  override extraRepr(): string {
    const momentum = this.momentum === null ? 'None' : pyFloat(this.momentum);
    return `${this.numFeatures}, eps=${pyFloat(this.eps)}, momentum=${momentum}, affine=${pyBool(this.affine)}, bias=${pyBool(this.bias !== null)}, track_running_stats=${pyBool(this.trackRunningStats)}`;
  }
}

abstract class BatchNorm extends NormBase {
  forward(input: Tensor): Tensor {
    this.checkInput(input);
    const follows = this.training && this.trackRunningStats;
    let momentum = this.momentum ?? 0;
    if (follows && this.num_batches_tracked !== null) {
      this.num_batches_tracked.add_(1);
      if (this.momentum === null) momentum = 1 / this.num_batches_tracked.item();
    }
    const own = this.training || (this.running_mean === null && this.running_var === null);
    const kept = !this.training || follows;
    return F.batchNorm(input, kept ? this.running_mean : null, kept ? this.running_var : null, this.weight, this.bias, own, momentum, this.eps);
  }
}

/** Batch normalization of `[N, C]` or `[N, C, L]`. */
export class BatchNorm1d extends BatchNorm {
  constructor(...args: ArgsOf<typeof BATCH>) {
    super(BATCH(new.target.name, args), isCumulative(args));
  }

  protected ranks(): readonly number[] {
    return [2, 3];
  }
}

/** Batch normalization of `[N, C, H, W]`. */
export class BatchNorm2d extends BatchNorm {
  constructor(...args: ArgsOf<typeof BATCH>) {
    super(BATCH(new.target.name, args), isCumulative(args));
  }

  protected ranks(): readonly number[] {
    return [4];
  }
}

/** Batch normalization of `[N, C, D, H, W]`. */
export class BatchNorm3d extends BatchNorm {
  constructor(...args: ArgsOf<typeof BATCH>) {
    super(BATCH(new.target.name, args), isCumulative(args));
  }

  protected ranks(): readonly number[] {
    return [5];
  }
}

/** Batch normalization over all processes: here there is one, whose own statistics are those of all. */
export class SyncBatchNorm extends BatchNorm {
  constructor(...args: ArgsOf<typeof SYNC>) {
    const [numFeatures, eps, momentum, affine, trackRunningStats, , device, dtype, bias] = SYNC(new.target.name, args);
    super([numFeatures, eps, momentum, affine, trackRunningStats, device, dtype, bias], isCumulative(args));
  }

  /** PyTorch's `convert_sync_batchnorm`: with one process there is nothing to convert. */
  static convertSyncBatchnorm<M extends Module>(module: M, _processGroup?: unknown): M {
    if (!(module instanceof Module)) throw new ArgumentError('convertSyncBatchnorm', 'module', 'must be an nn.Module');
    return module;
  }

  protected ranks(): readonly number[] {
    return [2, 3, 4, 5];
  }
}

abstract class InstanceNorm extends NormBase {
  constructor(...args: ArgsOf<typeof INSTANCE>) {
    super(INSTANCE(new.target.name, args), isCumulative(args));
  }

  forward(input: Tensor): Tensor {
    this.checkInput(input);
    const [unbatched] = this.ranks(), channels = input.shape[input.ndim === unbatched ? 0 : 1];
    if (channels !== this.numFeatures && (this.affine || this.trackRunningStats)) throw new ShapeError(this.constructor.name, `input must have ${this.numFeatures} channels, got shape [${input.shape.join(', ')}]`);
    const batch = input.ndim === unbatched ? input.unsqueeze(0) : input;
    const out = F.instanceNorm(batch, this.running_mean, this.running_var, this.weight, this.bias, this.training || !this.trackRunningStats, this.momentum ?? 0, this.eps);
    return batch === input ? out : out.squeeze(0);
  }
}

/** Normalization of every channel of `[N, C, L]` or `[C, L]`. */
export class InstanceNorm1d extends InstanceNorm {
  protected ranks(): readonly number[] {
    return [2, 3];
  }
}

/** Normalization of every channel of `[N, C, H, W]` or `[C, H, W]`. */
export class InstanceNorm2d extends InstanceNorm {
  protected ranks(): readonly number[] {
    return [3, 4];
  }
}

/** Normalization of every channel of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class InstanceNorm3d extends InstanceNorm {
  protected ranks(): readonly number[] {
    return [4, 5];
  }
}

const LAYER = declared('(normalizedShape: ints, eps: float = 1e-5, elementwiseAffine: bool = true, bias: bool = true, device: string?, dtype: dtype?)');

/** Normalization over the trailing dims `normalizedShape`. */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(...args: ArgsOf<typeof LAYER>) {
    super();
    const [normalizedShape, eps, elementwiseAffine, bias, , dtype] = LAYER(new.target.name, args);
    this.normalizedShape = normalizedShape;
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones([...normalizedShape], made(dtype))) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros([...normalizedShape], made(dtype))) : null;
  }

  resetParameters(): void {
    noGrad(() => {
      this.weight?.fill_(1);
      this.bias?.zero_();
    });
  }

  forward(input: Tensor): Tensor {
    return F.layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${pyTuple(this.normalizedShape)}, eps=${pyFloat(this.eps)}, elementwise_affine=${pyBool(this.elementwiseAffine)}, bias=${pyBool(this.bias !== null)}`;
  }
}

const RMS = declared('(normalizedShape: ints, eps: float?, elementwiseAffine: bool = true, device: string?, dtype: dtype?)');

/** Division by the root mean square over the trailing dims `normalizedShape`. */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;

  constructor(...args: ArgsOf<typeof RMS>) {
    super();
    const [normalizedShape, eps, elementwiseAffine, , dtype] = RMS(new.target.name, args);
    this.normalizedShape = normalizedShape;
    this.eps = eps ?? null;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones([...normalizedShape], made(dtype))) : null;
  }

  resetParameters(): void {
    noGrad(() => this.weight?.fill_(1));
  }

  forward(input: Tensor): Tensor {
    return F.rmsNorm(input, this.normalizedShape, this.weight, this.eps);
  }

  override extraRepr(): string {
    return `${pyTuple(this.normalizedShape)}, eps=${this.eps === null ? 'None' : pyFloat(this.eps)}, elementwise_affine=${pyBool(this.elementwiseAffine)}`;
  }
}

const GROUP = declared('(numGroups: int, numChannels: int, eps: float = 1e-5, affine: bool = true, device: string?, dtype: dtype?, *, bias: bool = true)');

/** Normalization of groups of channels of `[N, C, ...]`. */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(...args: ArgsOf<typeof GROUP>) {
    super();
    const [numGroups, numChannels, eps, affine, , dtype, bias] = GROUP(new.target.name, args);
    if (numGroups < 1 || numChannels % numGroups !== 0) throw new ArgumentError('GroupNorm', 'numGroups', `must divide the ${numChannels} channels, got ${numGroups}`);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? new Parameter(ones(numChannels, made(dtype))) : null;
    this.bias = affine && bias ? new Parameter(zeros(numChannels, made(dtype))) : null;
  }

  resetParameters(): void {
    noGrad(() => {
      this.weight?.fill_(1);
      this.bias?.zero_();
    });
  }

  forward(input: Tensor): Tensor {
    return F.groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${pyFloat(this.eps)}, affine=${pyBool(this.affine)}, bias=${pyBool(this.bias !== null)}`;
  }
}

const LOCAL = declared('(size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1)');

/** Normalization by the neighbouring channels of `[N, C, ...]`. */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(...args: ArgsOf<typeof LOCAL>) {
    super();
    [this.size, this.alpha, this.beta, this.k] = LOCAL(new.target.name, args);
  }

  forward(input: Tensor): Tensor {
    return F.localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
  }

  override extraRepr(): string {
    return `${this.size}, alpha=${pyFloat(this.alpha)}, beta=${pyFloat(this.beta)}, k=${pyFloat(this.k)}`;
  }
}
