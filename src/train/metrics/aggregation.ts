/** Means of numbers that a loop produces: losses, rates, times. */
import { bind, boolArg, intArg, numberArg, show, signature } from '../../core/args.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Metric, numbersOf, type FloatList, type MetricState } from './metric.ts';

/** A number, or the elements of a tensor. */
function readNumbers(op: string, name: string, value: unknown): Float64Array {
  if (value instanceof Tensor) return numbersOf(value);
  if (typeof value !== 'number') throw new ArgumentError(op, name, `must be a number or a Tensor, got ${show(value)}`);
  return Float64Array.of(value);
}

/**
 * Weighted mean of everything given, torcheval's `Mean`; a loss weighted by the size of its batch gives the mean over
 * the samples.
 *
 *     const mean = new Mean();
 *     mean.update(loss, images.shape[0]);
 */
export class Mean extends Metric<readonly [input: number | Tensor, weight?: number | Tensor], number> {
  private readonly weighted: Float64Array;
  private readonly weights: Float64Array;

  constructor() {
    super();
    this.weighted = this.sum('weighted_sum');
    this.weights = this.sum('weights');
  }

  override update(input: number | Tensor, weight: number | Tensor = 1): this {
    const values = readNumbers('Mean', 'input', input), weights = readNumbers('Mean', 'weight', weight);
    if (weights.length !== 1 && weights.length !== values.length) throw new ShapeError('Mean', `weight must be one number, or one for each of the ${values.length} elements of input, got ${weights.length}`);
    for (const each of weights) if (!(each >= 0)) throw new ArgumentError('Mean', 'weight', `must be at least 0, got ${each}`);
    values.forEach((value, i) => {
      const own = weights.length === 1 ? weights[0] : weights[i];
      if (own === 0) return;
      this.weighted[0] += value * own;
      this.weights[0] += own;
    });
    return this;
  }

  override compute(): number {
    return this.weighted[0] / this.weights[0];
  }
}

const RUNNING = signature('RunningMean(window?)');

/** Mean of the last `window` (5) updates, torchmetrics' `RunningMean`; an update with a tensor counts as the mean of its elements. */
export class RunningMean extends Metric<readonly [value: number | Tensor], number> {
  readonly window: number;
  private readonly recent: FloatList;

  constructor(...args: readonly [window?: number | { readonly window?: number | null } | null]) {
    super();
    this.window = intArg('RunningMean', 'window', bind(RUNNING, args).window, 5);
    if (this.window < 1) throw new ArgumentError('RunningMean', 'window', `must be at least 1, got ${this.window}`);
    this.recent = this.list('recent');
  }

  override update(value: number | Tensor): this {
    const values = readNumbers('RunningMean', 'value', value);
    this.recent.append([average(values)]);
    this.trim();
    return this;
  }

  protected override absorb(state: MetricState): void {
    super.absorb(state);
    this.trim();
  }

  private trim(): void {
    const { values } = this.recent;
    if (values.length > this.window) this.recent.values = values.slice(-this.window);
  }

  override compute(): number {
    return average(this.recent.values);
  }
}

const average = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export interface ExponentialMovingAverageOptions {
  /** Part of the old value that stays at an update, from 0 (the last value) to below 1. */
  readonly smoothing?: number | null;
  /** Divides by the weight that has been given so far, so that the first values are not drawn to 0 (as in Adam and TensorBoard). */
  readonly debias?: boolean | null;
}

const EMA = signature('ExponentialMovingAverage(smoothing?, debias?)');

/** Mean in which older values fade: `smoothing * before + (1 - smoothing) * value`. Values that are not finite are passed over. */
export class ExponentialMovingAverage extends Metric<readonly [value: number | Tensor], number> {
  readonly smoothing: number;
  readonly debias: boolean;
  /** The mean and its weight. */
  private readonly faded: Float64Array;

  constructor(...args: readonly [options?: ExponentialMovingAverageOptions] | readonly [smoothing: number | null | undefined, options?: Omit<ExponentialMovingAverageOptions, 'smoothing'>]) {
    super();
    const given = bind(EMA, args);
    this.smoothing = numberArg('ExponentialMovingAverage', 'smoothing', given.smoothing, 0.9);
    if (!(this.smoothing >= 0 && this.smoothing < 1)) throw new ArgumentError('ExponentialMovingAverage', 'smoothing', `must be from 0 to below 1, got ${this.smoothing}`);
    this.debias = boolArg('ExponentialMovingAverage', 'debias', given.debias, true);
    this.faded = this.sum('faded', 2);
  }

  override update(value: number | Tensor): this {
    const { smoothing, faded, debias } = this;
    for (const each of readNumbers('ExponentialMovingAverage', 'value', value)) {
      if (!Number.isFinite(each)) continue;
      const keep = debias || faded[1] > 0 ? smoothing : 0;
      faded[0] = keep * faded[0] + (1 - keep) * each;
      faded[1] = keep * faded[1] + (1 - keep);
    }
    return this;
  }

  /** The average with the value: order matters to it, so that a batch has no value of its own. */
  override forward(value: number | Tensor): number {
    return this.update(value).compute();
  }

  protected override absorb(): void {
    throw new ArgumentError('mergeState', 'metrics', 'cannot be moving averages: their value depends on the order of the updates');
  }

  override compute(): number {
    return this.faded[0] / this.faded[1];
  }
}

/** Samples per second, torcheval's `Throughput`: `update(numProcessed, elapsedTimeSec)`. Merged parts ran side by side. */
export class Throughput extends Metric<readonly [numProcessed: number, elapsedTimeSec: number], number> {
  private readonly processed: Float64Array;
  private readonly seconds: Float64Array;

  constructor() {
    super();
    this.processed = this.sum('num_total');
    this.seconds = this.sum('elapsed_time_sec');
  }

  override update(numProcessed: number, elapsedTimeSec: number): this {
    const count = intArg('Throughput', 'numProcessed', numProcessed), seconds = numberArg('Throughput', 'elapsedTimeSec', elapsedTimeSec);
    if (count < 0) throw new ArgumentError('Throughput', 'numProcessed', `must be at least 0, got ${count}`);
    if (!(seconds > 0)) throw new ArgumentError('Throughput', 'elapsedTimeSec', `must be above 0, got ${seconds}`);
    this.processed[0] += count;
    this.seconds[0] += seconds;
    return this;
  }

  /** One after the other; only parts of other processes ran at the same time. */
  override forward(numProcessed: number, elapsedTimeSec: number): number {
    this.update(numProcessed, elapsedTimeSec);
    return numProcessed / elapsedTimeSec;
  }

  protected override absorb({ num_total: [count], elapsed_time_sec: [seconds] }: MetricState): void {
    this.processed[0] += count;
    this.seconds[0] = Math.max(this.seconds[0], seconds);
  }

  override compute(): number {
    return this.processed[0] / this.seconds[0];
  }
}
