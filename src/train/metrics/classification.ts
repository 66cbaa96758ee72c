/** Metrics of decisions: how many of them were right, class by class. */
import { numberArg, stringArg, type Bound } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { fromArray } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { bindTask, readDecisions, thresholdArg, topKArg, type Labels, type Task, type TaskOptions } from './labels.ts';
import { Metric } from './metric.ts';

/** 'none' gives one value to each class or label. */
export type Average = 'micro' | 'macro' | 'weighted' | 'none';
const AVERAGES: readonly Average[] = ['micro', 'macro', 'weighted', 'none'];

/** One number, or for the average 'none' a float64 tensor with one for each class or label. */
export type Averaged<A extends Average> = A extends 'none' ? Tensor : number;

export interface ClassificationOptions<A extends Average = Average> extends TaskOptions {
  /** Probabilities above it are decisions for 1 (binary and multilabel). */
  readonly threshold?: number | null;
  readonly average?: A | null;
  /** Counts a class among the k largest scores as the decision (multiclass). */
  readonly topK?: number | null;
  /** The value of 0 / 0: 0, 1 or NaN. */
  readonly zeroDivision?: number | null;
}

export type TaskArgs<O extends TaskOptions> = readonly [options?: O] | readonly [task: Task | null | undefined, options?: Omit<O, 'task'>];

export const averageArg = (op: string, value: unknown, fallback: Average): Average => stringArg(op, 'average', value, AVERAGES, fallback);

/** True and false positives and negatives of every class: torchmetrics' `StatScores`. */
abstract class CountMetric<A extends Average> extends Metric<readonly [preds: Tensor, target: Tensor], Averaged<A>> {
  protected readonly labels: Labels;
  protected readonly average: Average;
  protected readonly given: Bound;
  private readonly threshold: number;
  private readonly topK: number;
  private readonly zeroDivision: number;
  private readonly truePositives: Float64Array;
  private readonly falsePositives: Float64Array;
  private readonly falseNegatives: Float64Array;
  private readonly total: Float64Array;

  constructor(op: string, names: string, args: readonly unknown[]) {
    super();
    [this.labels, this.given] = bindTask(op, `, threshold?, average?, topK?, zeroDivision?${names}`, args);
    this.threshold = thresholdArg(op, this.given.threshold);
    this.average = averageArg(op, this.given.average, 'micro');
    this.topK = topKArg(this.labels, this.given.topK);
    this.zeroDivision = numberArg(op, 'zeroDivision', this.given.zeroDivision, 0);
    if (this.zeroDivision !== 0 && this.zeroDivision !== 1 && !Number.isNaN(this.zeroDivision)) throw new ArgumentError(op, 'zeroDivision', `must be 0, 1 or NaN, got ${this.zeroDivision}`);
    const { size } = this.labels;
    this.truePositives = this.sum('truePositives', size);
    this.falsePositives = this.sum('falsePositives', size);
    this.falseNegatives = this.sum('falseNegatives', size);
    this.total = this.sum('total', size);
  }

  override update(preds: Tensor, target: Tensor): this {
    const { task, size, ignoreIndex } = this.labels, read = readDecisions(this.labels, preds, target, this.threshold, this.topK);
    const block = task === 'multilabel' ? inner(target) : 1;
    read.target.forEach((truth, i) => {
      if (truth === ignoreIndex) return;
      const decided = read.preds[i];
      if (task === 'multiclass') {
        if (decided === truth) this.truePositives[truth]++;
        else {
          this.falseNegatives[truth]++;
          this.falsePositives[decided]++;
        }
        this.total[0]++;
        return;
      }
      const label = Math.floor(i / block) % size;
      if (truth === 1 && decided === 1) this.truePositives[label]++;
      else if (truth === 1) this.falseNegatives[label]++;
      else if (decided === 1) this.falsePositives[label]++;
      this.total[label]++;
    });
    return this;
  }

  /** The part and the whole whose quotient is the value. */
  protected abstract quotient(tp: number, fp: number, fn: number, total: number): readonly [number, number];

  override compute(): Averaged<A> {
    return this.value() as Averaged<A>;
  }

  private value(): number | Tensor {
    const { truePositives: tp, falsePositives: fp, falseNegatives: fn, labels: { task }, average, zeroDivision } = this;
    const divide = ([part, whole]: readonly [number, number]): number => (whole === 0 ? zeroDivision : part / whole);
    const total = (i: number): number => this.total[task === 'multiclass' ? 0 : i];
    if (average !== 'none' && added(this.total) === 0) return NaN;
    if (task === 'binary' || average === 'micro') return divide(this.quotient(added(tp), added(fp), added(fn), added(this.total)));
    const values = tp.map((_, i) => divide(this.quotient(tp[i], fp[i], fn[i], total(i))));
    if (average === 'none') return fromArray(values);
    // A class that is neither there nor ever decided for has no part in the mean, as in scikit-learn.
    const weights = tp.map((_, i) => (average === 'weighted' ? tp[i] + fn[i] : task === 'multiclass' && tp[i] + fp[i] + fn[i] === 0 ? 0 : 1));
    return weightedMean(values, weights) ?? zeroDivision;
  }
}

/** How many elements one label has within a sample: the dimensions after the second. */
const inner = (target: Tensor): number => target.shape.slice(2).reduce((product, n) => product * n, 1);

const added = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** The mean of the values with a weight; undefined without any. */
export function weightedMean(values: Float64Array, weights: Float64Array): number | undefined {
  const whole = added(weights);
  return whole === 0 ? undefined : values.reduce((sum, value, i) => sum + (weights[i] === 0 ? 0 : value * weights[i]), 0) / whole;
}

/**
 * Part of right decisions, torchmetrics' `Accuracy`: over all samples ('micro'), or the recall of every class ('macro'
 * is scikit-learn's `balanced_accuracy_score` where every class occurs).
 *
 *     const accuracy = new Accuracy('multiclass', { numClasses: 10 });
 *     for (const [images, labels] of loader) accuracy.update(model(images), labels);
 *     accuracy.compute();
 *
 * `preds` are class indices or scores [N, C, ...] and `target` class indices [N, ...]; for the binary and multilabel
 * tasks both have one shape, and preds are bits, probabilities or logits.
 */
export class Accuracy<A extends Average = 'micro'> extends CountMetric<A> {
  constructor(...args: TaskArgs<ClassificationOptions<A>>) {
    super('Accuracy', '', args);
  }

  protected quotient(tp: number, fp: number, fn: number, total: number): readonly [number, number] {
    return this.labels.task === 'multiclass' ? [tp, tp + fn] : [total - fp - fn, total];
  }
}

/** Part of the decisions for a class that were right, scikit-learn's `precision_score`. */
export class Precision<A extends Average = 'micro'> extends CountMetric<A> {
  constructor(...args: TaskArgs<ClassificationOptions<A>>) {
    super('Precision', '', args);
  }

  protected quotient(tp: number, fp: number): readonly [number, number] {
    return [tp, tp + fp];
  }
}

/** Part of the samples of a class that were found, scikit-learn's `recall_score`. */
export class Recall<A extends Average = 'micro'> extends CountMetric<A> {
  constructor(...args: TaskArgs<ClassificationOptions<A>>) {
    super('Recall', '', args);
  }

  protected quotient(tp: number, _fp: number, fn: number): readonly [number, number] {
    return [tp, tp + fn];
  }
}

export interface FBetaOptions<A extends Average = Average> extends ClassificationOptions<A> {
  /** Recall counts beta times as much as precision. */
  readonly beta?: number | null;
}

/** Weighted harmonic mean of precision and recall, scikit-learn's `fbeta_score`. */
export class FBetaScore<A extends Average = 'micro'> extends CountMetric<A> {
  readonly beta: number;

  constructor(...args: TaskArgs<FBetaOptions<A>>) {
    super('FBetaScore', ', beta?', args);
    this.beta = numberArg('FBetaScore', 'beta', this.given.beta, 1);
    if (!(this.beta > 0)) throw new ArgumentError('FBetaScore', 'beta', `must be above 0, got ${this.beta}`);
  }

  protected quotient(tp: number, fp: number, fn: number): readonly [number, number] {
    const square = this.beta * this.beta;
    return [(1 + square) * tp, (1 + square) * tp + square * fn + fp];
  }
}

/** Harmonic mean of precision and recall, scikit-learn's `f1_score`. */
export class F1Score<A extends Average = 'micro'> extends CountMetric<A> {
  constructor(...args: TaskArgs<ClassificationOptions<A>>) {
    super('F1Score', '', args);
  }

  protected quotient(tp: number, fp: number, fn: number): readonly [number, number] {
    return [2 * tp, 2 * tp + fp + fn];
  }
}

export interface ConfusionMatrixOptions extends TaskOptions {
  readonly threshold?: number | null;
  /** Divides by the sum of the true class (rows), of the predicted one (columns) or of all. */
  readonly normalize?: 'true' | 'pred' | 'all' | 'none' | null;
}

/**
 * How often a sample of class i (row) was taken for class j (column), scikit-learn's `confusion_matrix`: [C, C], [2, 2]
 * for the binary task, [L, 2, 2] for several labels; int64 counts, or float64 parts with `normalize`.
 */
export class ConfusionMatrix extends Metric<readonly [preds: Tensor, target: Tensor], Tensor> {
  private readonly labels: Labels;
  private readonly threshold: number;
  private readonly normalize: 'true' | 'pred' | 'all' | 'none';
  private readonly counts: Float64Array;
  /** Rows of one matrix. */
  private readonly side: number;

  constructor(...args: TaskArgs<ConfusionMatrixOptions>) {
    super();
    const [labels, given] = bindTask('ConfusionMatrix', ', threshold?, normalize?', args);
    this.labels = labels;
    this.threshold = thresholdArg(labels.op, given.threshold);
    this.normalize = stringArg(labels.op, 'normalize', given.normalize, ['true', 'pred', 'all', 'none'], 'none');
    this.side = labels.task === 'multiclass' ? labels.size : 2;
    this.counts = this.sum('counts', this.side ** 2 * (labels.task === 'multilabel' ? labels.size : 1));
  }

  override update(preds: Tensor, target: Tensor): this {
    const { labels, side, counts } = this, read = readDecisions(labels, preds, target, this.threshold);
    const block = inner(target);
    read.target.forEach((truth, i) => {
      if (truth === labels.ignoreIndex) return;
      const matrix = labels.task === 'multilabel' ? Math.floor(i / block) % labels.size : 0;
      counts[(matrix * side + truth) * side + read.preds[i]]++;
    });
    return this;
  }

  override compute(): Tensor {
    const { counts, side, normalize, labels } = this;
    const shape = labels.task === 'multilabel' ? [labels.size, side, side] : [side, side];
    const matrix = fromArray(counts.slice()).reshape(shape);
    if (normalize === 'none') return matrix.to('int64');
    const sums = normalize === 'all' ? matrix.sum([-2, -1], true) : matrix.sum(normalize === 'true' ? -1 : -2, true);
    // A class without samples has a row of zeros.
    return matrix.div(sums.clamp({ min: 1 }));
  }
}
