/** Schedules that move the rate and, against it, the momentum (Smith, 2017; Smith and Topin, 2019). */
import { bind, boolArg, intArg, numberArg, show, signature, stringArg, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Optimizer } from '../optimizer.ts';
import { between, LRScheduler, perGroup, setRate, type AnyGroup, type Resume, type Schedulable } from './scheduler.ts';

type Numbers = number | readonly number[];
type MomentumGroup = AnyGroup & { momentum?: number; betas?: readonly [number, number] };

/** Whether the momentum is `betas[0]`; throws for an optimizer that has none. */
function usesBeta(op: string, groups: readonly MomentumGroup[]): boolean {
  const [group] = groups;
  if (group.momentum === undefined && group.betas === undefined) throw new ArgumentError(op, 'cycleMomentum', 'needs an optimizer with momentum or betas');
  return group.betas !== undefined;
}

function setMomentum(group: MomentumGroup, momentum: number): void {
  if (group.betas !== undefined) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}

function startMomentum(groups: readonly MomentumGroup[], base: readonly number[], max: readonly number[]): void {
  groups.forEach((group, i) => {
    setMomentum(group, max[i]);
    group.maxMomentum = max[i];
    group.baseMomentum = base[i];
  });
}

export interface CyclicLROptions extends Resume {
  readonly baseLr?: Numbers;
  readonly maxLr?: Numbers;
  readonly stepSizeUp?: number;
  readonly stepSizeDown?: number | null;
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  readonly gamma?: number;
  /** Scales the height of a cycle, by the number of the cycle (from 1) or of the step; `mode` does not count then. */
  readonly scaleFn?: ((x: number) => number) | null;
  readonly scaleMode?: 'cycle' | 'iterations';
  readonly cycleMomentum?: boolean;
  readonly baseMomentum?: Numbers;
  readonly maxMomentum?: Numbers;
}

const CYCLIC = signature('CyclicLR(optimizer, baseLr, maxLr, stepSizeUp?, stepSizeDown?, mode?, gamma?, scaleFn?, scaleMode?, cycleMomentum?, baseMomentum?, maxMomentum?, lastEpoch?)');

/** Up from `baseLr` to `maxLr` and down again, over and over, the momentum the other way round. Stepped after every batch. */
export class CyclicLR extends LRScheduler {
  protected override readonly fields = ['maxLrs', 'totalSize', 'stepRatio', 'mode', 'gamma', 'scaleMode', 'cycleMomentum', 'baseMomentums', 'maxMomentums'];
  private readonly maxLrs: readonly number[];
  private readonly totalSize: number;
  private readonly stepRatio: number;
  private readonly mode: 'triangular' | 'triangular2' | 'exp_range';
  private readonly gamma: number;
  private readonly scaleFn: ((x: number) => number) | null;
  private readonly scaleMode: 'cycle' | 'iterations';
  private readonly cycleMomentum: boolean;
  private readonly baseMomentums: readonly number[];
  private readonly maxMomentums: readonly number[];

  constructor(optimizer: Schedulable, ...args: CallArgs<[baseLr: Numbers, maxLr: Numbers, stepSizeUp: number, stepSizeDown: number | null], CyclicLROptions>) {
    const name = 'CyclicLR', given = bind(CYCLIC, [optimizer, ...args]);
    const scheduled = optimizer instanceof Optimizer && optimizer.paramGroups.some(({ initialLr }) => initialLr !== undefined);
    super(optimizer, intArg(name, 'lastEpoch', given.lastEpoch, -1));
    const base = perGroup(name, 'baseLr', given.baseLr, this.groups);
    this.maxLrs = perGroup(name, 'maxLr', given.maxLr, this.groups);
    const up = numberArg(name, 'stepSizeUp', given.stepSizeUp, 2000), down = numberArg(name, 'stepSizeDown', given.stepSizeDown, up);
    this.totalSize = up + down;
    this.stepRatio = up / this.totalSize;
    if (given.scaleFn !== undefined && typeof given.scaleFn !== 'function') throw new ArgumentError(name, 'scaleFn', `must be a function, got ${show(given.scaleFn)}`);
    this.scaleFn = (given.scaleFn as ((x: number) => number) | undefined) ?? null;
    this.mode = stringArg(name, 'mode', given.mode, ['triangular', 'triangular2', 'exp_range'], 'triangular');
    this.gamma = numberArg(name, 'gamma', given.gamma, 1);
    const scaleMode = stringArg(name, 'scaleMode', given.scaleMode, ['cycle', 'iterations'], 'cycle');
    this.scaleMode = this.scaleFn !== null ? scaleMode : this.mode === 'exp_range' ? 'iterations' : 'cycle';
    this.cycleMomentum = boolArg(name, 'cycleMomentum', given.cycleMomentum, true);
    this.baseMomentums = perGroup(name, 'baseMomentum', given.baseMomentum ?? 0.8, this.groups);
    this.maxMomentums = perGroup(name, 'maxMomentum', given.maxMomentum ?? 0.9, this.groups);
    if (this.cycleMomentum) usesBeta(name, this.groups);
    const own = this as { baseLrs: readonly number[] };
    if (this.lastEpoch === -1) {
      this.groups.forEach((group, i) => {
        setRate(group, base[i]);
        if (!scheduled) group.initialLr = base[i];
      });
      if (!scheduled) own.baseLrs = base;
      if (this.cycleMomentum) startMomentum(this.groups, this.baseMomentums, this.maxMomentums);
    }
    // As in PyTorch, an earlier schedule's rate holds until the first step.
    this.start();
    own.baseLrs = base;
  }

  private scale(cycle: number): number {
    const x = this.scaleMode === 'cycle' ? cycle : this.lastEpoch;
    if (this.scaleFn !== null) return this.scaleFn(x);
    return this.mode === 'triangular' ? 1 : this.mode === 'triangular2' ? 1 / 2 ** (x - 1) : this.gamma ** x;
  }

  getLr(): number[] {
    const { lastEpoch, totalSize, stepRatio } = this, cycle = Math.floor(1 + lastEpoch / totalSize);
    const x = 1 + lastEpoch / totalSize - cycle, height = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1);
    const rates = this.baseLrs.map((base, i) => base + (this.maxLrs[i] - base) * height * this.scale(cycle));
    if (this.cycleMomentum) {
      this.groups.forEach((group, i) => setMomentum(group, this.maxMomentums[i] - (this.maxMomentums[i] - this.baseMomentums[i]) * height * this.scale(cycle)));
    }
    return rates;
  }

  override stateDict(): Record<string, unknown> {
    const momentum = this.cycleMomentum ? { use_beta1: usesBeta('CyclicLR', this.groups) } : {};
    return { ...super.stateDict(), ...momentum, _scale_fn_custom: null };
  }
}

export interface OneCycleLROptions extends Resume {
  readonly maxLr?: Numbers;
  readonly totalSteps?: number | null;
  readonly epochs?: number | null;
  readonly stepsPerEpoch?: number | null;
  readonly pctStart?: number;
  readonly annealStrategy?: 'cos' | 'linear';
  readonly cycleMomentum?: boolean;
  readonly baseMomentum?: Numbers;
  readonly maxMomentum?: Numbers;
  readonly divFactor?: number;
  readonly finalDivFactor?: number;
  readonly threePhase?: boolean;
}

const ONE_CYCLE = signature('OneCycleLR(optimizer, maxLr, totalSteps?, epochs?, stepsPerEpoch?, pctStart?, annealStrategy?, cycleMomentum?, baseMomentum?, maxMomentum?, divFactor?, finalDivFactor?, threePhase?, lastEpoch?)');

type RateField = 'initialLr' | 'maxLr' | 'minLr';
type MomentumField = 'baseMomentum' | 'maxMomentum';
/** Up to a step, from one of the group's values to another. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [RateField, RateField];
  readonly momentum: readonly [MomentumField, MomentumField];
}

/** Up to `maxLr`, then down far below where it began, in `totalSteps` steps, the momentum the other way round. Stepped after every batch. */
export class OneCycleLR extends LRScheduler {
  protected override readonly fields = ['totalSteps', 'cycleMomentum'];
  readonly totalSteps: number;
  private readonly phases: readonly Phase[];
  private readonly strategy: 'cos' | 'linear';
  private readonly cycleMomentum: boolean;

  constructor(optimizer: Schedulable, ...args: CallArgs<[maxLr: Numbers, totalSteps: number | null, epochs: number | null, stepsPerEpoch: number | null], OneCycleLROptions>) {
    const name = 'OneCycleLR', given = bind(ONE_CYCLE, [optimizer, ...args]);
    super(optimizer, intArg(name, 'lastEpoch', given.lastEpoch, -1));
    const positive = (option: 'totalSteps' | 'epochs' | 'stepsPerEpoch'): number => {
      const value = intArg(name, option, given[option]);
      if (value < 1) throw new ArgumentError(name, option, `must be at least 1, got ${value}`);
      return value;
    };
    if (given.totalSteps === undefined && (given.epochs === undefined || given.stepsPerEpoch === undefined)) throw new ArgumentError(name, 'totalSteps', 'must be given, or epochs and stepsPerEpoch');
    this.totalSteps = given.totalSteps !== undefined ? positive('totalSteps') : positive('epochs') * positive('stepsPerEpoch');
    const share = between(name, 'pctStart', numberArg(name, 'pctStart', given.pctStart, 0.3), 0, 1) * this.totalSteps;
    const up: Phase = { end: share - 1, lr: ['initialLr', 'maxLr'], momentum: ['maxMomentum', 'baseMomentum'] };
    this.phases = boolArg(name, 'threePhase', given.threePhase) ? [
      up, { end: 2 * share - 2, lr: ['maxLr', 'initialLr'], momentum: ['baseMomentum', 'maxMomentum'] },
      { end: this.totalSteps - 1, lr: ['initialLr', 'minLr'], momentum: ['maxMomentum', 'maxMomentum'] },
    ] : [up, { end: this.totalSteps - 1, lr: ['maxLr', 'minLr'], momentum: ['baseMomentum', 'maxMomentum'] }];
    this.strategy = stringArg(name, 'annealStrategy', given.annealStrategy, ['cos', 'linear'], 'cos');
    this.cycleMomentum = boolArg(name, 'cycleMomentum', given.cycleMomentum, true);
    if (this.cycleMomentum) usesBeta(name, this.groups);
    if (this.lastEpoch === -1) {
      const max = perGroup(name, 'maxLr', given.maxLr, this.groups), divide = numberArg(name, 'divFactor', given.divFactor, 25), finalDivide = numberArg(name, 'finalDivFactor', given.finalDivFactor, 1e4);
      this.groups.forEach((group, i) => {
        group.initialLr = max[i] / divide;
        group.maxLr = max[i];
        group.minLr = group.initialLr / finalDivide;
      });
      (this as { baseLrs: readonly number[] }).baseLrs = max.map((lr) => lr / divide);
      if (this.cycleMomentum) startMomentum(this.groups, perGroup(name, 'baseMomentum', given.baseMomentum ?? 0.85, this.groups), perGroup(name, 'maxMomentum', given.maxMomentum ?? 0.95, this.groups));
    }
    this.start();
  }

  private anneal(from: number, to: number, share: number): number {
    return this.strategy === 'cos' ? to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1) : (to - from) * share + from;
  }

  getLr(): number[] {
    const at = this.lastEpoch;
    if (at > this.totalSteps) throw new ArgumentError('OneCycleLR.step', 'totalSteps', `was ${this.totalSteps}: there is no step ${at}`);
    const last = this.phases.length - 1, p = this.phases.findIndex(({ end }, i) => at <= end || i === last), phase = this.phases[p];
    const start = p === 0 ? 0 : this.phases[p - 1].end, share = (at - start) / (phase.end - start);
    return this.groups.map((group) => {
      const value = (field: RateField | MomentumField): number => numberArg('OneCycleLR', `group.${field}`, group[field]);
      if (this.cycleMomentum) setMomentum(group, this.anneal(value(phase.momentum[0]), value(phase.momentum[1]), share));
      return this.anneal(value(phase.lr[0]), value(phase.lr[1]), share);
    });
  }

  override stateDict(): Record<string, unknown> {
    const momentum = this.cycleMomentum ? { use_beta1: usesBeta('OneCycleLR', this.groups) } : {};
    return { ...super.stateDict(), ...momentum, _anneal_func_type: this.strategy };
  }
}
