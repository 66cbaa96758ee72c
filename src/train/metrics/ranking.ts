/** Metrics of an order: how well scores put the samples of a class before the others, at any threshold. */
import { numberArg } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { fromArray } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { averageArg, weightedMean, type Average, type Averaged, type TaskArgs } from './classification.ts';
import { bindTask, readScores, type Labels, type TaskOptions } from './labels.ts';
import { Metric, type FloatList } from './metric.ts';

export type CurveAverage = Exclude<Average, 'micro'>;

export interface RankingOptions<A extends CurveAverage = CurveAverage> extends TaskOptions {
  readonly average?: A | null;
}

/** Samples of a class and others that have at least a score, from the highest score down: one point for each score. */
export interface Ranking {
  readonly thresholds: Float64Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

/** Equal scores are one point: their order means nothing. */
export function rank(scores: ArrayLike<number>, isPositive: (index: number) => boolean): Ranking {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[j] - scores[i]);
  const thresholds: number[] = [], truePositives: number[] = [], falsePositives: number[] = [];
  let tp = 0, fp = 0;
  order.forEach((at, i) => {
    if (isPositive(at)) tp++;
    else fp++;
    if (i + 1 < order.length && scores[order[i + 1]] === scores[at]) return;
    thresholds.push(scores[at]);
    truePositives.push(tp);
    falsePositives.push(fp);
  });
  return { thresholds: Float64Array.from(thresholds), truePositives: Float64Array.from(truePositives), falsePositives: Float64Array.from(falsePositives) };
}

const last = (values: Float64Array): number => values[values.length - 1] ?? 0;

/** Area under the curve of true over false positive rates (trapezoids), up to a false positive rate; NaN without both kinds. */
export function rocArea({ truePositives, falsePositives }: Ranking, maxFpr = 1): number {
  const positives = last(truePositives), negatives = last(falsePositives), limit = maxFpr * negatives;
  if (positives === 0 || negatives === 0) return NaN;
  let area = 0, tp = 0, fp = 0;
  for (let i = 0; i < truePositives.length && fp < limit; i++) {
    const nextTp = truePositives[i], nextFp = falsePositives[i], end = Math.min(nextFp, limit);
    if (nextFp > fp) area += (end - fp) * (tp + (tp + (nextTp - tp) * (end - fp) / (nextFp - fp))) / 2;
    tp = nextTp;
    fp = nextFp;
  }
  return area / (positives * negatives);
}

/** Sum of the precisions at each score, weighted by the recall gained there; NaN without positives. */
export function averagePrecisionOf({ truePositives, falsePositives }: Ranking): number {
  const positives = last(truePositives);
  let sum = 0, before = 0;
  truePositives.forEach((tp, i) => {
    sum += (tp - before) * tp / (tp + falsePositives[i]);
    before = tp;
  });
  return positives === 0 ? NaN : sum / positives;
}

/** Keeps every score: the value depends on the order of all. */
abstract class RankingMetric<A extends CurveAverage> extends Metric<readonly [preds: Tensor, target: Tensor], Averaged<A>> {
  protected readonly labels: Labels;
  private readonly average: Average;
  private readonly scores: FloatList;
  private readonly target: FloatList;

  constructor([labels, given]: ReturnType<typeof bindTask>) {
    super();
    this.labels = labels;
    this.average = averageArg(labels.op, given.average, 'macro');
    if (this.average === 'micro') throw new ArgumentError(labels.op, 'average', "must be 'macro', 'weighted' or 'none', got \"micro\"");
    this.scores = this.list('scores');
    this.target = this.list('target');
  }

  override update(preds: Tensor, target: Tensor): this {
    const read = readScores(this.labels, preds, target);
    this.scores.append(read.scores);
    this.target.append(read.target);
    return this;
  }

  protected abstract measure(ranking: Ranking): number;

  override compute(): Averaged<A> {
    return this.value() as Averaged<A>;
  }

  private value(): number | Tensor {
    const { labels: { task, size, ignoreIndex } } = this, scores = this.scores.values, target = this.target.values;
    const positives = new Float64Array(size);
    const values = Float64Array.from({ length: size }, (_, label) => {
      const at: number[] = [];
      for (let i = 0; i < scores.length / size; i++) if (target[task === 'multiclass' ? i : i * size + label] !== ignoreIndex) at.push(i);
      const isPositive = (i: number): boolean => (task === 'multiclass' ? target[i] === label : target[i * size + label] === 1);
      positives[label] = at.reduce((sum, i) => sum + Number(isPositive(i)), 0);
      return this.measure(rank(Float64Array.from(at, (i) => scores[i * size + label]), (i) => isPositive(at[i])));
    });
    if (task === 'binary') return values[0];
    if (this.average === 'none') return fromArray(values);
    return weightedMean(values, values.map((value, i) => (Number.isNaN(value) ? 0 : this.average === 'weighted' ? positives[i] : 1))) ?? NaN;
  }
}

export interface AUROCOptions<A extends CurveAverage = CurveAverage> extends RankingOptions<A> {
  /** Only the part of the curve up to this false positive rate, standardised to 0.5 for chance (McClish 1989); binary. */
  readonly maxFpr?: number | null;
}

/**
 * Area under the ROC curve, scikit-learn's `roc_auc_score`: the chance that a sample of the class scores higher than
 * another one, equal scores counting half. Several classes are each measured against the rest; those of which there are
 * no samples, or nothing else, have no value (NaN) and no part in the mean.
 */
export class AUROC<A extends CurveAverage = 'macro'> extends RankingMetric<A> {
  readonly maxFpr: number;

  constructor(...args: TaskArgs<AUROCOptions<A>>) {
    const bound = bindTask('AUROC', ', average?, maxFpr?', args), [{ task }, given] = bound;
    super(bound);
    this.maxFpr = numberArg('AUROC', 'maxFpr', given.maxFpr, 1);
    if (!(this.maxFpr > 0 && this.maxFpr <= 1)) throw new ArgumentError('AUROC', 'maxFpr', `must be above 0 and at most 1, got ${this.maxFpr}`);
    if (this.maxFpr < 1 && task !== 'binary') throw new ArgumentError('AUROC', 'maxFpr', 'belongs to the binary task');
  }

  protected measure(ranking: Ranking): number {
    const { maxFpr } = this, area = rocArea(ranking, maxFpr);
    if (maxFpr === 1) return area;
    const chance = maxFpr * maxFpr / 2;
    return (1 + (area - chance) / (maxFpr - chance)) / 2;
  }
}

/** Area under the steps of precision over recall, scikit-learn's `average_precision_score`. */
export class AveragePrecision<A extends CurveAverage = 'macro'> extends RankingMetric<A> {
  constructor(...args: TaskArgs<RankingOptions<A>>) {
    super(bindTask('AveragePrecision', ', average?', args));
  }

  protected measure(ranking: Ranking): number {
    return averagePrecisionOf(ranking);
  }
}
