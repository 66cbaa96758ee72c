/** `metrics`: how good a model is, over batches, with the names of torchmetrics and torcheval. */
export {
  Accuracy, ConfusionMatrix, F1Score, FBetaScore, Precision, Recall, type Average, type Averaged, type ClassificationOptions, type ConfusionMatrixOptions, type FBetaOptions, type TaskArgs,
} from './classification.ts';
export { AUROC, AveragePrecision, type AUROCOptions, type CurveAverage, type RankingOptions } from './ranking.ts';
export { MeanAbsoluteError, MeanSquaredError, Perplexity, R2Score, type ErrorOptions, type MultiOutput, type PerOutput, type R2Options, type SquaredErrorOptions } from './regression.ts';
export { ExponentialMovingAverage, Mean, RunningMean, Throughput, type ExponentialMovingAverageOptions } from './aggregation.ts';
export { Metric, type FloatList, type MetricState } from './metric.ts';
export type { Task, TaskOptions } from './labels.ts';
export * as functional from './functional.ts';
