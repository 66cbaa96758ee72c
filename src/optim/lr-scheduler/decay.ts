/** Schedules that multiply the rates epoch by epoch. */
import { bind, intArg, numberArg, show, signature, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { between, LRScheduler, type Resume, type Schedulable } from './scheduler.ts';

type Factor = (epoch: number) => number;
type Factors = Factor | readonly Factor[];
type FactorArgs = CallArgs<[lrLambda: Factors, lastEpoch: number], Resume & { readonly lrLambda?: Factors }>;

function factors(op: string, given: unknown, groups: number): readonly Factor[] {
  const list = typeof given === 'function' ? Array.from({ length: groups }, () => given) : given;
  if (!Array.isArray(list) || list.length !== groups || list.some((fn) => typeof fn !== 'function')) {
    throw new ArgumentError(op, 'lrLambda', `must be a function, or one for each of the ${groups} groups, got ${show(given)}`);
  }
  return list as readonly Factor[];
}

const LAMBDA = signature('LambdaLR(optimizer, lrLambda, lastEpoch?)');

/** The initial rate times a function of the epoch; one function, or one per group. The state dict leaves the functions out. */
export class LambdaLR extends LRScheduler {
  private readonly lambdas: readonly Factor[];

  constructor(optimizer: Schedulable, ...args: FactorArgs) {
    const given = bind(LAMBDA, [optimizer, ...args]);
    super(optimizer, intArg('LambdaLR', 'lastEpoch', given.lastEpoch, -1));
    this.lambdas = factors('LambdaLR', given.lrLambda, this.groups.length);
    this.start();
  }

  getLr(): number[] {
    return this.baseLrs.map((base, i) => base * this.lambdas[i](this.lastEpoch));
  }

  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), lr_lambdas: this.lambdas.map(() => null) };
  }
}

const MULTIPLICATIVE = signature('MultiplicativeLR(optimizer, lrLambda, lastEpoch?)');

/** The rate before times a function of the epoch; one function, or one per group. */
export class MultiplicativeLR extends LRScheduler {
  private readonly lambdas: readonly Factor[];

  constructor(optimizer: Schedulable, ...args: FactorArgs) {
    const given = bind(MULTIPLICATIVE, [optimizer, ...args]);
    super(optimizer, intArg('MultiplicativeLR', 'lastEpoch', given.lastEpoch, -1));
    this.lambdas = factors('MultiplicativeLR', given.lrLambda, this.groups.length);
    this.start();
  }

  getLr(): number[] {
    return this.current.map((lr, i) => (this.isInitial ? lr : lr * this.lambdas[i](this.lastEpoch)));
  }

  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), lr_lambdas: this.lambdas.map(() => null) };
  }
}

const STEP = signature('StepLR(optimizer, stepSize, gamma?, lastEpoch?)');

/** Multiplies by `gamma` every `stepSize` epochs. */
export class StepLR extends LRScheduler {
  protected override readonly fields = ['stepSize', 'gamma'];
  readonly stepSize: number;
  readonly gamma: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[stepSize: number, gamma: number, lastEpoch: number], Resume & { readonly stepSize?: number; readonly gamma?: number }>) {
    const given = bind(STEP, [optimizer, ...args]);
    super(optimizer, intArg('StepLR', 'lastEpoch', given.lastEpoch, -1));
    this.stepSize = intArg('StepLR', 'stepSize', given.stepSize);
    if (this.stepSize < 1) throw new ArgumentError('StepLR', 'stepSize', `must be at least 1, got ${this.stepSize}`);
    this.gamma = numberArg('StepLR', 'gamma', given.gamma, 0.1);
    this.start();
  }

  getLr(): number[] {
    const keep = this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0;
    return this.current.map((lr) => (keep ? lr : lr * this.gamma));
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((base) => base * this.gamma ** Math.floor(this.lastEpoch / this.stepSize));
  }
}

const MULTI_STEP = signature('MultiStepLR(optimizer, milestones, gamma?, lastEpoch?)');

/** Multiplies by `gamma` at each of the milestones; one that is given twice counts twice. */
export class MultiStepLR extends LRScheduler {
  protected override readonly fields = ['milestones', 'gamma'];
  /** How often each epoch is a milestone. */
  readonly milestones: Readonly<Record<number, number>>;
  readonly gamma: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[milestones: readonly number[], gamma: number, lastEpoch: number], Resume & { readonly milestones?: readonly number[]; readonly gamma?: number }>) {
    const given = bind(MULTI_STEP, [optimizer, ...args]);
    super(optimizer, intArg('MultiStepLR', 'lastEpoch', given.lastEpoch, -1));
    if (!Array.isArray(given.milestones)) throw new ArgumentError('MultiStepLR', 'milestones', `must be an array of epochs, got ${show(given.milestones)}`);
    const counts: Record<number, number> = {};
    for (const epoch of given.milestones) counts[intArg('MultiStepLR', 'milestones', epoch)] = (counts[epoch as number] ?? 0) + 1;
    this.milestones = counts;
    this.gamma = numberArg('MultiStepLR', 'gamma', given.gamma, 0.1);
    this.start();
  }

  getLr(): number[] {
    const times = this.milestones[this.lastEpoch] ?? 0;
    return this.current.map((lr) => (times === 0 ? lr : lr * this.gamma ** times));
  }

  protected override closedForm(): number[] {
    const passed = Object.entries(this.milestones).reduce((n, [epoch, times]) => n + (Number(epoch) <= this.lastEpoch ? times : 0), 0);
    return this.baseLrs.map((base) => base * this.gamma ** passed);
  }
}

const CONSTANT = signature('ConstantLR(optimizer, factor?, totalIters?, lastEpoch?)');

/** The rate times `factor` for the first `totalIters` epochs. */
export class ConstantLR extends LRScheduler {
  protected override readonly fields = ['factor', 'totalIters'];
  readonly factor: number;
  readonly totalIters: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[factor: number, totalIters: number, lastEpoch: number], Resume & { readonly factor?: number; readonly totalIters?: number }>) {
    const given = bind(CONSTANT, [optimizer, ...args]);
    super(optimizer, intArg('ConstantLR', 'lastEpoch', given.lastEpoch, -1));
    this.factor = between('ConstantLR', 'factor', numberArg('ConstantLR', 'factor', given.factor, 1 / 3), 0, 1);
    this.totalIters = intArg('ConstantLR', 'totalIters', given.totalIters, 5);
    this.start();
  }

  getLr(): number[] {
    const { lastEpoch, factor } = this;
    if (lastEpoch === 0) return this.current.map((lr) => lr * factor);
    return this.current.map((lr) => (lastEpoch === this.totalIters ? lr * (1 / factor) : lr));
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((base) => base * (this.lastEpoch >= this.totalIters ? 1 : this.factor));
  }
}

const LINEAR = signature('LinearLR(optimizer, startFactor?, endFactor?, totalIters?, lastEpoch?)');

/** The rate times a factor that goes linearly from `startFactor` to `endFactor` in `totalIters` epochs. */
export class LinearLR extends LRScheduler {
  protected override readonly fields = ['startFactor', 'endFactor', 'totalIters'];
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(optimizer: Schedulable,
    ...args: CallArgs<[startFactor: number, endFactor: number, totalIters: number, lastEpoch: number], Resume & { readonly startFactor?: number; readonly endFactor?: number; readonly totalIters?: number }>) {
    const given = bind(LINEAR, [optimizer, ...args]);
    super(optimizer, intArg('LinearLR', 'lastEpoch', given.lastEpoch, -1));
    this.startFactor = between('LinearLR', 'startFactor', numberArg('LinearLR', 'startFactor', given.startFactor, 1 / 3), Number.MIN_VALUE, 1);
    this.endFactor = between('LinearLR', 'endFactor', numberArg('LinearLR', 'endFactor', given.endFactor, 1), 0, 1);
    this.totalIters = intArg('LinearLR', 'totalIters', given.totalIters, 5);
    this.start();
  }

  getLr(): number[] {
    const { lastEpoch, startFactor, totalIters } = this, slope = this.endFactor - startFactor;
    if (lastEpoch === 0) return this.current.map((lr) => lr * startFactor);
    if (this.isInitial || lastEpoch > totalIters) return this.current;
    return this.current.map((lr) => lr * (1 + slope / (totalIters * startFactor + (lastEpoch - 1) * slope)));
  }

  protected override closedForm(): number[] {
    const { lastEpoch, startFactor, totalIters } = this;
    return this.baseLrs.map((base) => base * (startFactor + ((this.endFactor - startFactor) * Math.min(totalIters, lastEpoch)) / totalIters));
  }
}

const EXPONENTIAL = signature('ExponentialLR(optimizer, gamma, lastEpoch?)');

/** Multiplies by `gamma` every epoch. */
export class ExponentialLR extends LRScheduler {
  protected override readonly fields = ['gamma'];
  readonly gamma: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[gamma: number, lastEpoch: number], Resume & { readonly gamma?: number }>) {
    const given = bind(EXPONENTIAL, [optimizer, ...args]);
    super(optimizer, intArg('ExponentialLR', 'lastEpoch', given.lastEpoch, -1));
    this.gamma = numberArg('ExponentialLR', 'gamma', given.gamma);
    this.start();
  }

  getLr(): number[] {
    return this.current.map((lr) => (this.isInitial ? lr : lr * this.gamma));
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((base) => base * this.gamma ** this.lastEpoch);
  }
}

const POLYNOMIAL = signature('PolynomialLR(optimizer, totalIters?, power?, lastEpoch?)');

/** The initial rate times (1 - epoch / totalIters) to the `power`. */
export class PolynomialLR extends LRScheduler {
  protected override readonly fields = ['totalIters', 'power'];
  readonly totalIters: number;
  readonly power: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[totalIters: number, power: number, lastEpoch: number], Resume & { readonly totalIters?: number; readonly power?: number }>) {
    const given = bind(POLYNOMIAL, [optimizer, ...args]);
    super(optimizer, intArg('PolynomialLR', 'lastEpoch', given.lastEpoch, -1));
    this.totalIters = intArg('PolynomialLR', 'totalIters', given.totalIters, 5);
    this.power = numberArg('PolynomialLR', 'power', given.power, 1);
    this.start();
  }

  getLr(): number[] {
    const { lastEpoch, totalIters } = this;
    if (this.isInitial || lastEpoch > totalIters) return this.current;
    const factor = ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** this.power;
    return this.current.map((lr) => lr * factor);
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((base) => base * (1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters) ** this.power);
  }
}
