/** Metrics of numbers: how far predictions are from targets. */
import { bind, boolArg, intArg, signature, stringArg } from '../../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { fromArray } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { weightedMean } from './classification.ts';
import { Metric, numbersOf, tensorArg, type MetricState } from './metric.ts';

type Pair = readonly [preds: Tensor, target: Tensor];

interface Numbers {
  readonly preds: Float64Array;
  readonly target: Float64Array;
}

/** Both as numbers, row-major over `outputs` columns (any shape for one). */
function readPair(op: string, outputs: number, predsArg: unknown, targetArg: unknown): Numbers {
  const preds = tensorArg(op, 'preds', predsArg), target = tensorArg(op, 'target', targetArg);
  if (preds.shape.join() !== target.shape.join()) throw new ShapeError(op, `preds and target must have one shape, got [${preds.shape.join(', ')}] and [${target.shape.join(', ')}]`);
  if (outputs > 1 && (preds.ndim !== 2 || preds.shape[1] !== outputs)) throw new ShapeError(op, `preds must have shape [N, ${outputs}], got [${preds.shape.join(', ')}]`);
  return { preds: numbersOf(preds), target: numbersOf(target) };
}

function outputsArg(op: string, value: unknown): number {
  const count = intArg(op, 'numOutputs', value, 1);
  if (count < 1) throw new ArgumentError(op, 'numOutputs', `must be at least 1, got ${count}`);
  return count;
}

/** A number for one output, a float64 tensor for several. */
export type PerOutput<N extends number> = number extends N ? number | Tensor : N extends 1 ? number : Tensor;

export interface ErrorOptions<N extends number = number> {
  /** Columns that are measured on their own. */
  readonly numOutputs?: N | null;
}

abstract class ErrorMetric<N extends number> extends Metric<Pair, PerOutput<N>> {
  private readonly op: string;
  private readonly sums: Float64Array;
  private readonly count: Float64Array;

  constructor(op: string, numOutputs: unknown) {
    super();
    this.op = op;
    this.sums = this.sum('sums', outputsArg(op, numOutputs));
    this.count = this.sum('count');
  }

  protected abstract error(difference: number): number;

  protected finish(mean: number): number {
    return mean;
  }

  override update(preds: Tensor, target: Tensor): this {
    const { sums, count } = this, read = readPair(this.op, sums.length, preds, target);
    read.preds.forEach((value, i) => void (sums[i % sums.length] += this.error(value - read.target[i])));
    count[0] += read.preds.length / sums.length;
    return this;
  }

  override compute(): PerOutput<N> {
    const values = this.sums.map((sum) => this.finish(sum / this.count[0]));
    return (values.length === 1 ? values[0] : fromArray(values)) as PerOutput<N>;
  }
}

const SQUARED = signature('MeanSquaredError(squared?, numOutputs?)');

export interface SquaredErrorOptions<N extends number = number> extends ErrorOptions<N> {
  /** False for its root. */
  readonly squared?: boolean | null;
}

/** Mean of squared differences, scikit-learn's `mean_squared_error`, or with `squared: false` its root. */
export class MeanSquaredError<N extends number = 1> extends ErrorMetric<N> {
  readonly squared: boolean;

  constructor(...args: readonly [options?: SquaredErrorOptions<N>] | readonly [squared: boolean, options?: ErrorOptions<N>]) {
    const given = bind(SQUARED, args);
    super('MeanSquaredError', given.numOutputs);
    this.squared = boolArg('MeanSquaredError', 'squared', given.squared, true);
  }

  protected error(difference: number): number {
    return difference * difference;
  }

  protected override finish(mean: number): number {
    return this.squared ? mean : Math.sqrt(mean);
  }
}

const ABSOLUTE = signature('MeanAbsoluteError(numOutputs?)');

/** Mean of absolute differences, scikit-learn's `mean_absolute_error`. */
export class MeanAbsoluteError<N extends number = 1> extends ErrorMetric<N> {
  constructor(...args: readonly [options?: ErrorOptions<N>]) {
    super('MeanAbsoluteError', bind(ABSOLUTE, args).numOutputs);
  }

  protected error(difference: number): number {
    return Math.abs(difference);
  }
}

export type MultiOutput = 'uniform_average' | 'raw_values' | 'variance_weighted';

export interface R2Options<M extends MultiOutput = MultiOutput> {
  readonly numOutputs?: number | null;
  /** Number of independent variables, for the adjusted value. */
  readonly adjusted?: number | null;
  readonly multioutput?: M | null;
}

const R2 = signature('R2Score(numOutputs?, adjusted?, multioutput?)');

/**
 * Part of the variance of the targets that the predictions explain, scikit-learn's `r2_score`: 1 for perfect ones, 0 for
 * their mean, less for worse. Equal targets give 1 if they are hit and 0 if not. NaN below two samples.
 */
export class R2Score<M extends MultiOutput = 'uniform_average'> extends Metric<Pair, M extends 'raw_values' ? Tensor : number> {
  readonly adjusted: number;
  readonly multioutput: MultiOutput;
  private readonly count: Float64Array;
  private readonly mean: Float64Array;
  /** Sums of squared differences from the mean, and from the predictions. */
  private readonly spread: Float64Array;
  private readonly residual: Float64Array;

  constructor(...args: readonly [options?: R2Options<M>] | readonly [numOutputs: number | null | undefined, options?: Omit<R2Options<M>, 'numOutputs'>]) {
    super();
    const given = bind(R2, args), outputs = outputsArg('R2Score', given.numOutputs);
    this.adjusted = intArg('R2Score', 'adjusted', given.adjusted, 0);
    if (this.adjusted < 0) throw new ArgumentError('R2Score', 'adjusted', `must be at least 0, got ${this.adjusted}`);
    this.multioutput = stringArg('R2Score', 'multioutput', given.multioutput, ['uniform_average', 'raw_values', 'variance_weighted'], 'uniform_average');
    this.count = this.sum('count');
    this.mean = this.sum('mean', outputs);
    this.spread = this.sum('spread', outputs);
    this.residual = this.sum('residual', outputs);
  }

  override update(preds: Tensor, target: Tensor): this {
    const outputs = this.mean.length, read = readPair('R2Score', outputs, preds, target);
    const count = read.target.length / outputs, mean = new Float64Array(outputs), spread = new Float64Array(outputs), residual = new Float64Array(outputs);
    read.target.forEach((value, i) => void (mean[i % outputs] += value / count));
    read.target.forEach((value, i) => {
      spread[i % outputs] += (value - mean[i % outputs]) ** 2;
      residual[i % outputs] += (value - read.preds[i]) ** 2;
    });
    if (count > 0) this.absorb({ count: Float64Array.of(count), mean, spread, residual });
    return this;
  }

  /** Joins two parts by their means (Chan, Golub and LeVeque 1979): sums of squares would cancel for targets far from 0. */
  protected override absorb({ count: [count], mean, spread, residual }: MetricState): void {
    const before = this.count[0], total = before + count;
    if (count === 0) return;
    this.mean.forEach((own, i) => {
      const difference = mean[i] - own;
      this.mean[i] += difference * count / total;
      this.spread[i] += spread[i] + difference * difference * before * count / total;
      this.residual[i] += residual[i];
    });
    this.count[0] = total;
  }

  override compute(): M extends 'raw_values' ? Tensor : number {
    return this.value() as M extends 'raw_values' ? Tensor : number;
  }

  private value(): number | Tensor {
    const { spread, residual, adjusted, multioutput, count: [count] } = this;
    const adjust = (r2: number): number => (adjusted === 0 ? r2 : count - adjusted - 1 <= 0 ? NaN : 1 - (1 - r2) * (count - 1) / (count - adjusted - 1));
    const values = spread.map((all, i) => (count < 2 ? NaN : all === 0 ? Number(residual[i] === 0) : 1 - residual[i] / all));
    if (multioutput === 'raw_values') return fromArray(values.map(adjust));
    const equal = values.map(() => 1);
    return adjust((multioutput === 'uniform_average' ? weightedMean(values, equal) : weightedMean(values, spread) ?? weightedMean(values, equal)) ?? NaN);
  }
}

const PERPLEXITY = signature('Perplexity(ignoreIndex?)');

/**
 * Perplexity of a language model: e to the mean cross entropy of the target tokens, torchmetrics' `Perplexity`. `preds`
 * are logits [..., V] and `target` token indices [...].
 */
export class Perplexity extends Metric<Pair, number> {
  readonly ignoreIndex: number | undefined;
  private readonly totals: Float64Array;

  constructor(...args: readonly [ignoreIndex?: number | { readonly ignoreIndex?: number | null } | null]) {
    super();
    const { ignoreIndex } = bind(PERPLEXITY, args);
    this.ignoreIndex = ignoreIndex === undefined ? undefined : intArg('Perplexity', 'ignoreIndex', ignoreIndex);
    // The sum of the negative log probabilities, and how many.
    this.totals = this.sum('totals', 2);
  }

  override update(predsArg: Tensor, targetArg: Tensor): this {
    const op = 'Perplexity', preds = tensorArg(op, 'preds', predsArg).detach(), target = tensorArg(op, 'target', targetArg);
    if (!preds.isFloatingPoint()) throw new DTypeError(op, preds.dtype, `preds must be logits of a floating-point dtype, got ${preds.dtype}`);
    if (target.isFloatingPoint()) throw new DTypeError(op, target.dtype, `target must be token indices of an integer dtype, got ${target.dtype}: write .to('int64')`);
    if (preds.ndim < 1 || preds.shape.slice(0, -1).join() !== target.shape.join()) {
      throw new ShapeError(op, `preds must have the shape of target and one more dimension, got [${preds.shape.join(', ')}] and [${target.shape.join(', ')}]`);
    }
    const size = preds.shape[preds.ndim - 1], tokens = numbersOf(target);
    for (const token of tokens) if (token !== this.ignoreIndex && !(token >= 0 && token < size)) throw new ArgumentError(op, 'target', `must be tokens below ${size}, got ${token}`);
    const kept = target.reshape([-1, 1]).to('int64'), index = this.ignoreIndex === undefined ? kept : kept.maskedFill(kept.eq(this.ignoreIndex), 0);
    const logProbs = numbersOf(preds.reshape([-1, size]).logSoftmax(1).gather(1, index));
    tokens.forEach((token, i) => {
      if (token === this.ignoreIndex) return;
      this.totals[0] -= logProbs[i];
      this.totals[1]++;
    });
    return this;
  }

  override compute(): number {
    return Math.exp(this.totals[0] / this.totals[1]);
  }
}
