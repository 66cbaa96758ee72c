/** Every metric as a function of one batch, under torchmetrics' names. */
import type { Tensor } from '../../tensor/tensor.ts';
import {
  Accuracy, ConfusionMatrix, F1Score, FBetaScore, Precision, Recall, type Average, type Averaged, type ClassificationOptions, type ConfusionMatrixOptions, type FBetaOptions, type TaskArgs,
} from './classification.ts';
import { AUROC, AveragePrecision, type AUROCOptions, type CurveAverage, type RankingOptions } from './ranking.ts';
import { MeanAbsoluteError, MeanSquaredError, Perplexity, R2Score, type ErrorOptions, type MultiOutput, type PerOutput, type R2Options, type SquaredErrorOptions } from './regression.ts';

/** {@link Accuracy} of one batch. */
export function accuracy<A extends Average = 'micro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<ClassificationOptions<A>>): Averaged<A> {
  return new Accuracy<A>(...args).update(preds, target).compute();
}

/** {@link Precision} of one batch. */
export function precision<A extends Average = 'micro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<ClassificationOptions<A>>): Averaged<A> {
  return new Precision<A>(...args).update(preds, target).compute();
}

/** {@link Recall} of one batch. */
export function recall<A extends Average = 'micro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<ClassificationOptions<A>>): Averaged<A> {
  return new Recall<A>(...args).update(preds, target).compute();
}

/** {@link F1Score} of one batch. */
export function f1Score<A extends Average = 'micro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<ClassificationOptions<A>>): Averaged<A> {
  return new F1Score<A>(...args).update(preds, target).compute();
}

/** {@link FBetaScore} of one batch. */
export function fbetaScore<A extends Average = 'micro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<FBetaOptions<A>>): Averaged<A> {
  return new FBetaScore<A>(...args).update(preds, target).compute();
}

/** {@link ConfusionMatrix} of one batch. */
export function confusionMatrix(preds: Tensor, target: Tensor, ...args: TaskArgs<ConfusionMatrixOptions>): Tensor {
  return new ConfusionMatrix(...args).update(preds, target).compute();
}

/** {@link AUROC} of one batch. */
export function auroc<A extends CurveAverage = 'macro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<AUROCOptions<A>>): Averaged<A> {
  return new AUROC<A>(...args).update(preds, target).compute();
}

/** {@link AveragePrecision} of one batch. */
export function averagePrecision<A extends CurveAverage = 'macro'>(preds: Tensor, target: Tensor, ...args: TaskArgs<RankingOptions<A>>): Averaged<A> {
  return new AveragePrecision<A>(...args).update(preds, target).compute();
}

/** {@link R2Score} of one batch. */
export function r2Score<M extends MultiOutput = 'uniform_average'>(preds: Tensor, target: Tensor, options: R2Options<M> = {}): M extends 'raw_values' ? Tensor : number {
  return new R2Score<M>(options).update(preds, target).compute();
}

/** {@link MeanSquaredError} of one batch. */
export function meanSquaredError<const N extends number = 1>(preds: Tensor, target: Tensor, options: SquaredErrorOptions<N> = {}): PerOutput<N> {
  return new MeanSquaredError<N>(options).update(preds, target).compute();
}

/** {@link MeanAbsoluteError} of one batch. */
export function meanAbsoluteError<const N extends number = 1>(preds: Tensor, target: Tensor, options: ErrorOptions<N> = {}): PerOutput<N> {
  return new MeanAbsoluteError<N>(options).update(preds, target).compute();
}

/** {@link Perplexity} of one batch. */
export function perplexity(preds: Tensor, target: Tensor, options: { readonly ignoreIndex?: number | null } = {}): number {
  return new Perplexity(options).update(preds, target).compute();
}
