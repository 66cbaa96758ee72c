/** A schedule that follows a measured quantity. */
import { bind, intArg, numberArg, show, signature, stringArg, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { rate } from '../optimizer.ts';
import { LRScheduler, perGroup, setRate, type Schedulable } from './scheduler.ts';

export interface ReduceLROnPlateauOptions {
  readonly mode?: 'min' | 'max';
  readonly factor?: number;
  readonly patience?: number;
  readonly threshold?: number;
  readonly thresholdMode?: 'rel' | 'abs';
  readonly cooldown?: number;
  readonly minLr?: number | readonly number[];
  readonly eps?: number;
}

const PLATEAU = signature('ReduceLROnPlateau(optimizer, mode?, factor?, patience?, threshold?, thresholdMode?, cooldown?, minLr?, eps?)');

/** Multiplies the rates by `factor` when what is given to `step` has not got better for more than `patience` epochs. */
export class ReduceLROnPlateau extends LRScheduler {
  protected override readonly fields = [
    'factor', 'minLrs', 'patience', 'cooldown', 'eps', 'mode', 'threshold', 'thresholdMode', 'best', 'cooldownCounter', 'numBadEpochs',
  ];
  readonly mode: 'min' | 'max';
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: 'rel' | 'abs';
  readonly cooldown: number;
  readonly minLrs: readonly number[];
  readonly eps: number;
  /** The best value so far. */
  best: number;
  cooldownCounter = 0;
  numBadEpochs = 0;

  constructor(optimizer: Schedulable, ...args: CallArgs<[mode: 'min' | 'max', factor: number, patience: number, threshold: number, thresholdMode: 'rel' | 'abs'], ReduceLROnPlateauOptions>) {
    const name = 'ReduceLROnPlateau', given = bind(PLATEAU, [optimizer, ...args]);
    super(optimizer);
    this.mode = stringArg(name, 'mode', given.mode, ['min', 'max'], 'min');
    this.factor = numberArg(name, 'factor', given.factor, 0.1);
    if (!(this.factor < 1)) throw new ArgumentError(name, 'factor', `must be below 1, got ${this.factor}`);
    this.patience = intArg(name, 'patience', given.patience, 10);
    this.threshold = numberArg(name, 'threshold', given.threshold, 1e-4);
    this.thresholdMode = stringArg(name, 'thresholdMode', given.thresholdMode, ['rel', 'abs'], 'rel');
    this.cooldown = intArg(name, 'cooldown', given.cooldown, 0);
    this.minLrs = perGroup(name, 'minLr', given.minLr ?? 0, this.groups);
    this.eps = numberArg(name, 'eps', given.eps, 1e-8);
    this.best = this.mode === 'min' ? Infinity : -Infinity;
    this.lastEpoch = 0;
    this.lastLr = this.current;
  }

  getLr(): number[] {
    return this.current;
  }

  private isBetter(value: number): boolean {
    const { best, threshold } = this, sign = this.mode === 'min' ? -1 : 1;
    const bar = this.thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return this.mode === 'min' ? value < bar : value > bar;
  }

  /** Ends an epoch with the measured value. */
  override step(metrics?: number | Tensor): void {
    const value = metrics instanceof Tensor ? Number(metrics.item()) : metrics;
    if (typeof value !== 'number') throw new ArgumentError('ReduceLROnPlateau.step', 'metrics', `must be a number, got ${show(metrics)}`);
    this.lastEpoch++;
    if (this.isBetter(value)) {
      this.best = value;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.current;
  }

  private reduce(): void {
    this.groups.forEach((group, i) => {
      const before = rate(group), after = Math.max(before * this.factor, this.minLrs[i] ?? 0);
      if (before - after > this.eps) setRate(group, after);
    });
  }
}
