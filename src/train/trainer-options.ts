/** What a Trainer is told, checked. */
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Module } from '../nn/module.ts';
import { LRScheduler } from '../optim/lr-scheduler/scheduler.ts';
import { Generator } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Stepper } from './accumulation.ts';
import type { Callback } from './callback.ts';
import type { Metric } from './metrics/metric.ts';

/** A schedule and when it moves, Lightning's `lr_scheduler_config`. */
export interface SchedulerConfig {
  readonly scheduler: LRScheduler;
  /** After every epoch, or after every step of the optimizer. */
  readonly interval?: 'epoch' | 'step' | null;
  /** Epochs or steps between two moves. */
  readonly frequency?: number | null;
  /** What ReduceLROnPlateau looks at: `val_loss`, or `loss` without validation. */
  readonly monitor?: string | null;
}

/** An optimizer whose state is saved. */
export interface TrainedOptimizer extends Stepper {
  readonly paramGroups: readonly { readonly params: readonly Tensor[]; readonly lr: number | Tensor }[];
  stateDict(): object;
  loadStateDict(state: never): unknown;
}

/** Where numbers go: a SummaryWriter, or whatever else takes a number under a name. */
export interface Logger {
  addScalar(tag: string, value: number, globalStep: number): void;
  flush?(): void;
}

export type BatchMetric = Metric<readonly [preds: Tensor, target: Tensor], number | Tensor>;

export interface TrainerOptions<M extends Module = Module> {
  readonly model: M;
  /** Needed by `fit`. */
  readonly optimizer?: TrainedOptimizer | null;
  /** Needed by the steps unless they are overridden: `lossFn(preds, target)`. */
  readonly lossFn?: ((preds: Tensor, target: Tensor) => Tensor) | null;
  readonly scheduler?: LRScheduler | SchedulerConfig | null;
  /** Epochs in all, also of a run that goes on (1). */
  readonly maxEpochs?: number | null;
  /** Steps of the optimizer in all; -1 for no limit. */
  readonly maxSteps?: number | null;
  readonly accumulateGradBatches?: number | null;
  /** The largest joint norm of the gradients, or with the algorithm 'value' the largest element. */
  readonly gradientClipVal?: number | null;
  readonly gradientClipAlgorithm?: 'norm' | 'value' | null;
  readonly callbacks?: readonly Callback[] | null;
  /** Measured by name over every epoch of training (`accuracy`) and validation (`val_accuracy`). */
  readonly metrics?: Readonly<Record<string, BatchMetric>> | null;
  readonly logger?: Logger | null;
  /** Steps between two losses of the log (50). */
  readonly logEveryNSteps?: number | null;
  readonly checkValEveryNEpoch?: number | null;
  /** Batches of an epoch at most; the order and the random numbers of the rest are not drawn. */
  readonly limitTrainBatches?: number | null;
  readonly limitValBatches?: number | null;
  /** A bar on standard error, where that is a terminal (true). */
  readonly enableProgressBar?: boolean | null;
  /** What a loss that is NaN or infinite does: an error, leaving the batch out, or nothing. */
  readonly nonFiniteLoss?: 'error' | 'skip' | 'ignore' | null;
  /** Generators besides the default one and those of loaders, to be saved with the run. */
  readonly generators?: readonly Generator[] | null;
}

const SIGNATURE = signature('Trainer(*, model, optimizer?, lossFn?, scheduler?, maxEpochs?, maxSteps?, accumulateGradBatches?, gradientClipVal?, gradientClipAlgorithm?, callbacks?, metrics?, logger?, '
  + 'logEveryNSteps?, checkValEveryNEpoch?, limitTrainBatches?, limitValBatches?, enableProgressBar?, nonFiniteLoss?, generators?)');

export interface Settings {
  readonly scheduler: { readonly scheduler: LRScheduler; readonly interval: 'epoch' | 'step'; readonly frequency: number; readonly monitor: string | null } | null;
  readonly maxEpochs: number;
  readonly maxSteps: number;
  readonly accumulateGradBatches: number;
  readonly gradientClipVal: number | undefined;
  readonly gradientClipAlgorithm: 'norm' | 'value';
  readonly callbacks: readonly Callback[];
  readonly metrics: Readonly<Record<string, BatchMetric>>;
  readonly logger: Logger | null;
  readonly logEveryNSteps: number;
  readonly checkValEveryNEpoch: number;
  readonly limitTrainBatches: number;
  readonly limitValBatches: number;
  readonly enableProgressBar: boolean;
  readonly nonFiniteLoss: 'error' | 'skip' | 'ignore';
  readonly generators: readonly Generator[];
}

const op = 'Trainer';

function scheduleOf(value: unknown): Settings['scheduler'] {
  if (value === undefined) return null;
  const config = value instanceof LRScheduler ? { scheduler: value } : value;
  if (!isOptions(config) || !(config.scheduler instanceof LRScheduler)) throw new ArgumentError(op, 'scheduler', `must be a schedule of optim.lrScheduler or { scheduler, interval, frequency, monitor }, got ${show(value)}`);
  const given = bind(signature('scheduler(*, scheduler, interval?, frequency?, monitor?)'), [config]), frequency = intArg(op, 'scheduler.frequency', given.frequency, 1);
  if (frequency < 1) throw new ArgumentError(op, 'scheduler.frequency', `must be at least 1, got ${frequency}`);
  return { scheduler: config.scheduler, interval: stringArg<'epoch' | 'step'>(op, 'scheduler.interval', given.interval, ['epoch', 'step'], 'epoch'), frequency, monitor: (given.monitor as string | undefined) ?? null };
}

export function readSettings(options: TrainerOptions): Settings {
  const given = bind(SIGNATURE, [options]);
  const count = (name: string, fallback: number, least = 1): number => {
    const value = given[name] === Infinity ? Infinity : intArg(op, name, given[name], fallback === Infinity ? -2 : fallback);
    if (value === -2 && given[name] === undefined) return Infinity;
    if (value < least) throw new ArgumentError(op, name, `must be at least ${least}, got ${value}`);
    return value;
  };
  const list = <T>(name: string, what: string, fits: (each: unknown) => boolean): readonly T[] => {
    const value = given[name] ?? [];
    if (!Array.isArray(value) || !value.every(fits)) throw new ArgumentError(op, name, `must be a list of ${what}, got ${show(value)}`);
    return value as T[];
  };
  if (!(given.model instanceof Module)) throw new ArgumentError(op, 'model', `must be an nn.Module, got ${show(given.model)}`);
  for (const [name, method] of [['optimizer', 'step'], ['logger', 'addScalar']] as const) {
    if (given[name] !== undefined && typeof (given[name] as Record<string, unknown>)[method] !== 'function') throw new ArgumentError(op, name, `must have ${method}(), got ${show(given[name])}`);
  }
  if (given.lossFn !== undefined && typeof given.lossFn !== 'function') throw new ArgumentError(op, 'lossFn', `must be a function of predictions and targets, got ${show(given.lossFn)}`);
  const clip = given.gradientClipVal === undefined ? undefined : numberArg(op, 'gradientClipVal', given.gradientClipVal);
  if (clip !== undefined && !(clip > 0)) throw new ArgumentError(op, 'gradientClipVal', `must be above 0, got ${clip}`);
  const metrics = given.metrics ?? {};
  if (!isOptions(metrics) || Object.values(metrics).some((each) => typeof (each as Partial<BatchMetric> | null)?.compute !== 'function')) throw new ArgumentError(op, 'metrics', `must be an object of metrics by name, got ${show(metrics)}`);
  return {
    scheduler: scheduleOf(given.scheduler), maxEpochs: count('maxEpochs', 1, 0), maxSteps: count('maxSteps', -1, -1),
    accumulateGradBatches: count('accumulateGradBatches', 1), gradientClipVal: clip,
    gradientClipAlgorithm: stringArg(op, 'gradientClipAlgorithm', given.gradientClipAlgorithm, ['norm', 'value'], 'norm'),
    callbacks: list<Callback>('callbacks', 'callbacks', (each) => typeof each === 'object' && each !== null), metrics: metrics as Settings['metrics'],
    logger: (given.logger as Logger | undefined) ?? null, logEveryNSteps: count('logEveryNSteps', 50), checkValEveryNEpoch: count('checkValEveryNEpoch', 1),
    limitTrainBatches: count('limitTrainBatches', Infinity), limitValBatches: count('limitValBatches', Infinity),
    enableProgressBar: boolArg(op, 'enableProgressBar', given.enableProgressBar, true),
    nonFiniteLoss: stringArg(op, 'nonFiniteLoss', given.nonFiniteLoss, ['error', 'skip', 'ignore'], 'error'),
    generators: list<Generator>('generators', 'Generators', (each) => each instanceof Generator),
  };
}
