/**
 * `optim.lrScheduler`: learning rates that follow the epochs. A schedule writes `group.lr`, which is memory that the
 * update kernel reads. The formulas are PyTorch's recursive ones, so that schedules acting on one optimizer compose.
 */
import { bind, intArg, numberArg, show, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Optimizer, type BaseHyper, type Group } from './optimizer.ts';

type AnyGroup = Group<BaseHyper>;
/** What schedules need of an optimizer, whatever its hyperparameters. */
export type Schedulable = Pick<Optimizer, 'step' | 'zeroGrad'> & { readonly paramGroups: readonly AnyGroup[] };

const rate = (group: AnyGroup): number => (group.lr instanceof Tensor ? Number(group.lr.item()) : group.lr);

function setRate(group: AnyGroup, value: number): void {
  if (group.lr instanceof Tensor) group.lr.fill_(value);
  else group.lr = value;
}

export abstract class LRScheduler {
  readonly optimizer: Schedulable;
  lastEpoch: number;
  /** The learning rate of every group before any schedule. */
  readonly baseLrs: readonly number[];
  protected stepCount = 0;
  private lastLr: readonly number[] = [];

  constructor(optimizer: Schedulable, lastEpoch = -1) {
    const name = this.constructor.name;
    if (!(optimizer instanceof Optimizer)) throw new ArgumentError(name, 'optimizer', `must be an Optimizer, got ${show(optimizer)}`);
    this.optimizer = optimizer;
    this.lastEpoch = intArg(name, 'lastEpoch', lastEpoch);
    if (lastEpoch === -1) for (const group of this.groups) group.initialLr = rate(group);
    this.baseLrs = this.groups.map((group, i) => {
      if (group.initialLr === undefined) throw new ArgumentError(name, 'lastEpoch', `${lastEpoch} resumes a schedule, but group ${i} has no initialLr`);
      return group.initialLr;
    });
  }

  /** The learning rates of this epoch, by the rates before. */
  protected abstract rates(): number[];

  protected get groups(): readonly AnyGroup[] {
    return this.optimizer.paramGroups;
  }

  protected get current(): number[] {
    return this.groups.map(rate);
  }

  /** Moves to the next epoch. Called after `optimizer.step()`. */
  step(): void {
    this.stepCount++;
    this.lastEpoch++;
    const rates = this.rates();
    this.groups.forEach((group, i) => setRate(group, rates[i]));
    this.lastLr = rates;
  }

  /** The rates that the last step set. */
  getLastLr(): readonly number[] {
    return this.lastLr;
  }

  stateDict(): Record<string, unknown> {
    return { last_epoch: this.lastEpoch, _step_count: this.stepCount, _last_lr: [...this.lastLr], base_lrs: [...this.baseLrs] };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.lastEpoch = intArg('loadStateDict', 'last_epoch', state.last_epoch);
    this.stepCount = intArg('loadStateDict', '_step_count', state._step_count);
    this.lastLr = state._last_lr as readonly number[];
    (this as { baseLrs: readonly number[] }).baseLrs = state.base_lrs as readonly number[];
  }
}

interface Resume { readonly lastEpoch?: number }

const LAMBDA = signature('LambdaLR(optimizer, lrLambda, lastEpoch?)');
type Factor = (epoch: number) => number;

/** The initial rate times a function of the epoch; one function, or one per group. */
export class LambdaLR extends LRScheduler {
  private readonly lambdas: readonly Factor[];

  constructor(optimizer: Schedulable, lrLambda: Factor | readonly Factor[], ...args: CallArgs<[lastEpoch: number], Resume>) {
    const given = bind(LAMBDA, [optimizer, lrLambda, ...args]);
    super(optimizer, intArg('LambdaLR', 'lastEpoch', given.lastEpoch, -1));
    this.lambdas = typeof lrLambda === 'function' ? this.groups.map(() => lrLambda) : lrLambda;
    if (!Array.isArray(this.lambdas) || this.lambdas.length !== this.groups.length || this.lambdas.some((fn) => typeof fn !== 'function')) {
      throw new ArgumentError('LambdaLR', 'lrLambda', `must be a function, or one for each of the ${this.groups.length} groups, got ${show(lrLambda)}`);
    }
    this.step();
  }

  protected rates(): number[] {
    return this.baseLrs.map((base, i) => base * this.lambdas[i](this.lastEpoch));
  }
}

const STEP = signature('StepLR(optimizer, stepSize, gamma?, lastEpoch?)');

/** Multiplies by `gamma` every `stepSize` epochs. */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[stepSize: number, gamma: number, lastEpoch: number], Resume & { readonly stepSize?: number; readonly gamma?: number }>) {
    const given = bind(STEP, [optimizer, ...args]);
    super(optimizer, intArg('StepLR', 'lastEpoch', given.lastEpoch, -1));
    this.stepSize = intArg('StepLR', 'stepSize', given.stepSize);
    if (this.stepSize < 1) throw new ArgumentError('StepLR', 'stepSize', `must be at least 1, got ${this.stepSize}`);
    this.gamma = numberArg('StepLR', 'gamma', given.gamma, 0.1);
    this.step();
  }

  protected rates(): number[] {
    const keep = this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0;
    return this.current.map((lr) => (keep ? lr : lr * this.gamma));
  }
}

const EXPONENTIAL = signature('ExponentialLR(optimizer, gamma, lastEpoch?)');

/** Multiplies by `gamma` every epoch. */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[gamma: number, lastEpoch: number], Resume & { readonly gamma?: number }>) {
    const given = bind(EXPONENTIAL, [optimizer, ...args]);
    super(optimizer, intArg('ExponentialLR', 'lastEpoch', given.lastEpoch, -1));
    this.gamma = numberArg('ExponentialLR', 'gamma', given.gamma);
    this.step();
  }

  protected rates(): number[] {
    return this.current.map((lr) => (this.lastEpoch === 0 ? lr : lr * this.gamma));
  }
}

const COSINE = signature('CosineAnnealingLR(optimizer, TMax, etaMin?, lastEpoch?)');

/** From the initial rate to `etaMin` and back along a cosine of half period `TMax` (Loshchilov and Hutter, 2017). */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number;
  readonly etaMin: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[TMax: number, etaMin: number, lastEpoch: number], Resume & { readonly TMax?: number; readonly etaMin?: number }>) {
    const given = bind(COSINE, [optimizer, ...args]);
    super(optimizer, intArg('CosineAnnealingLR', 'lastEpoch', given.lastEpoch, -1));
    this.TMax = numberArg('CosineAnnealingLR', 'TMax', given.TMax);
    this.etaMin = numberArg('CosineAnnealingLR', 'etaMin', given.etaMin, 0);
    this.step();
  }

  protected rates(): number[] {
    const { TMax, etaMin, lastEpoch } = this;
    const cosine = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / TMax);
    if (lastEpoch === 0) return this.current;
    if (this.stepCount === 1) return this.baseLrs.map((base) => etaMin + ((base - etaMin) * cosine(lastEpoch)) / 2);
    // At the trough the ratio of cosines below would divide by zero.
    const leavesTrough = (lastEpoch - 1 - TMax) % (2 * TMax) === 0;
    return this.current.map((lr, i) => (leavesTrough
      ? lr + ((this.baseLrs[i] - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2
      : (cosine(lastEpoch) / cosine(lastEpoch - 1)) * (lr - etaMin) + etaMin));
  }
}
