/** EarlyStopping: a run ends when what it is watched by has stopped getting better. */
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Module } from '../nn/module.ts';
import type { Callback, Logs } from './callback.ts';
import type { Trainer } from './trainer.ts';

export type Mode = 'min' | 'max';

export interface EarlyStoppingOptions {
  /** Name of the number that is watched (`val_loss`). */
  readonly monitor?: string | null;
  /** What is no more than this much better is not better. */
  readonly minDelta?: number | null;
  /** How many checks in a row may bring nothing better (3). */
  readonly patience?: number | null;
  readonly mode?: Mode | null;
  /** Whether a missing number is an error (true) or passed over. */
  readonly strict?: boolean | null;
  /** Stops at once where the number is NaN or infinite. */
  readonly checkFinite?: boolean | null;
  /** Stops at once where the number is this good. */
  readonly stoppingThreshold?: number | null;
  /** Stops at once where the number is worse than this. */
  readonly divergenceThreshold?: number | null;
  /** Gives the model back the weights of its best check when the run stops (Keras). */
  readonly restoreBestWeights?: boolean | null;
  /** Epochs that are not looked at (Keras). */
  readonly startFromEpoch?: number | null;
}

const SIGNATURE = signature('EarlyStopping(monitor?, minDelta?, patience?, *, mode?, strict?, checkFinite?, stoppingThreshold?, divergenceThreshold?, restoreBestWeights?, startFromEpoch?)');

/** A number of the logs; undefined where there is none. */
export function monitored(op: string, monitor: string, logs: unknown, strict: boolean): number | undefined {
  if (!isOptions(logs)) throw new ArgumentError(op, 'logs', `must be an object of numbers by name, got ${show(logs)}`);
  const value = logs[monitor];
  if (value === undefined || value === null) {
    if (strict) throw new ArgumentError(op, 'monitor', `'${monitor}' is not among what was measured: ${Object.keys(logs).join(', ') || 'nothing'}`);
    return undefined;
  }
  return value instanceof Tensor ? Number(value.item()) : numberArg(op, monitor, value);
}

/** Whether a number is better than another; NaN never is. */
export const isBetter = (mode: Mode, value: number, than: number): boolean => (mode === 'min' ? value < than : value > than);

type Weights = Readonly<Record<string, Tensor>>;

/**
 * Stops when a number has not got better, by more than `minDelta`, for `patience` checks in a row: Lightning's
 * `EarlyStopping`, with `restoreBestWeights` and `startFromEpoch` of Keras.
 *
 *     const stopping = new EarlyStopping({ monitor: 'val_loss', patience: 5, restoreBestWeights: true });
 *     for (let epoch = 0; epoch < 100; epoch++) {
 *       // ... train and validate
 *       if (stopping.step({ val_loss: loss }, model)) break;
 *     }
 */
export class EarlyStopping implements Callback {
  readonly monitor: string;
  readonly minDelta: number;
  readonly patience: number;
  readonly mode: Mode;
  readonly restoreBestWeights: boolean;
  /** The best number so far, and the check (from 0) that brought it. */
  bestScore: number;
  bestEpoch = -1;
  /** Checks since then. */
  waitCount = 0;
  /** The check at which the run was stopped; -1 before. */
  stoppedEpoch = -1;
  /** Why, in words. */
  stoppingReason: string | null = null;
  private checks = 0;
  private best: Weights | null = null;
  private readonly strict: boolean;
  private readonly checkFinite: boolean;
  private readonly stoppingThreshold: number | undefined;
  private readonly divergenceThreshold: number | undefined;
  private readonly startFromEpoch: number;

  constructor(...args: readonly [options?: EarlyStoppingOptions] | readonly [monitor: string, options?: Omit<EarlyStoppingOptions, 'monitor'>]
    | readonly [monitor: string, minDelta: number, patience?: number | EarlyStoppingOptions, options?: EarlyStoppingOptions]) {
    const op = 'EarlyStopping', given = bind(SIGNATURE, args);
    const optional = (name: string): number | undefined => (given[name] === undefined ? undefined : numberArg(op, name, given[name]));
    this.monitor = (given.monitor as string | undefined) ?? 'val_loss';
    if (typeof this.monitor !== 'string') throw new ArgumentError(op, 'monitor', `must be a string, got ${show(this.monitor)}`);
    this.minDelta = numberArg(op, 'minDelta', given.minDelta, 0);
    if (!(this.minDelta >= 0)) throw new ArgumentError(op, 'minDelta', `must be at least 0, got ${this.minDelta}`);
    this.patience = intArg(op, 'patience', given.patience, 3);
    this.startFromEpoch = intArg(op, 'startFromEpoch', given.startFromEpoch, 0);
    for (const name of ['patience', 'startFromEpoch'] as const) if (this[name] < 0) throw new ArgumentError(op, name, `must be at least 0, got ${this[name]}`);
    this.mode = stringArg(op, 'mode', given.mode, ['min', 'max'], 'min');
    this.strict = boolArg(op, 'strict', given.strict, true);
    this.checkFinite = boolArg(op, 'checkFinite', given.checkFinite, true);
    this.restoreBestWeights = boolArg(op, 'restoreBestWeights', given.restoreBestWeights);
    this.stoppingThreshold = optional('stoppingThreshold');
    this.divergenceThreshold = optional('divergenceThreshold');
    this.bestScore = this.mode === 'min' ? Infinity : -Infinity;
  }

  /** Looks at the numbers of an epoch; true when the run should stop. The model's weights are kept and restored here. */
  step(logs: Logs | Readonly<Record<string, number | Tensor>>, model?: Module): boolean {
    const value = monitored('EarlyStopping', this.monitor, logs, this.strict), epoch = this.checks++;
    if (this.restoreBestWeights && model === undefined) throw new ArgumentError('EarlyStopping.step', 'model', 'is missing: restoreBestWeights needs it');
    if (value === undefined || epoch < this.startFromEpoch) return false;
    this.stoppingReason = this.judge(value, epoch, model);
    if (this.stoppingReason === null) return false;
    this.stoppedEpoch = epoch;
    if (this.best !== null && model !== undefined) model.loadStateDict(this.best);
    return true;
  }

  private judge(value: number, epoch: number, model: Module | undefined): string | null {
    const { monitor, mode, minDelta, stoppingThreshold, divergenceThreshold } = this;
    if (this.checkFinite && !Number.isFinite(value)) return `${monitor} is ${value} (best ${this.bestScore})`;
    const better = isBetter(mode, mode === 'min' ? value + minDelta : value - minDelta, this.bestScore);
    if (better) {
      this.bestScore = value;
      this.bestEpoch = epoch;
      this.waitCount = 0;
      if (this.restoreBestWeights && model !== undefined) this.best = copyOf(model.stateDict());
    } else this.waitCount++;
    if (stoppingThreshold !== undefined && isBetter(mode, value, stoppingThreshold)) return `${monitor} has reached ${value}, better than ${stoppingThreshold}`;
    if (divergenceThreshold !== undefined && isBetter(mode, divergenceThreshold, value)) return `${monitor} has reached ${value}, worse than ${divergenceThreshold}`;
    return !better && this.waitCount >= Math.max(this.patience, 1) ? `${monitor} did not improve in the last ${this.waitCount} checks (best ${this.bestScore})` : null;
  }

  onEpochEnd(trainer: Trainer, logs: Logs): void {
    if (!(this.monitor in logs) && !trainer.isValidated && trainer.settings.checkValEveryNEpoch > 1) return;
    if (this.step(logs, trainer.model)) trainer.shouldStop = true;
  }

  stateDict(): object {
    const { bestScore, bestEpoch, waitCount, stoppedEpoch, checks, best, stoppingReason } = this;
    return { best_score: bestScore, best_epoch: bestEpoch, wait_count: waitCount, stopped_epoch: stoppedEpoch, checks, stopping_reason: stoppingReason, best_weights: best };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const op = 'EarlyStopping.loadStateDict', read = (name: string): number => numberArg(op, name, isOptions(state) ? state[name] : undefined);
    const [bestScore, bestEpoch, waitCount, stoppedEpoch, checks] = ['best_score', 'best_epoch', 'wait_count', 'stopped_epoch', 'checks'].map(read);
    Object.assign(this, { bestScore, bestEpoch, waitCount, stoppedEpoch, checks, stoppingReason: state.stopping_reason ?? null, best: isOptions(state.best_weights) ? copyOf(state.best_weights as Weights) : null });
  }
}

/** A state dict's tensors are the living ones. */
const copyOf = (state: Weights): Weights => Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, tensor.detach().clone()]));
