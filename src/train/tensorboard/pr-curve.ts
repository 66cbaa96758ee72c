/** Precision and recall at thresholds, for TensorBoard's slider (plugin pr_curves, PrCurvePluginData). */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { message, type Summary } from './events.ts';

/** Of even thresholds from 0 to 1; TensorBoard reads no more. */
export const MOST_THRESHOLDS = 127;

/** Rows of true positives, false positives, true negatives, false negatives, precision and recall. */
export function prCurve(op: string, tag: string, labels: Float64Array, predictions: Float64Array, thresholds: number): Summary {
  if (labels.length !== predictions.length || labels.length === 0) throw new ShapeError(op, `labels and predictions must have the same number of elements, at least one, got ${labels.length} and ${predictions.length}`);
  const tp = new Array<number>(thresholds).fill(0), fp = new Array<number>(thresholds).fill(0);
  predictions.forEach((score, i) => {
    if (!(score >= 0 && score <= 1)) throw new ArgumentError(op, 'predictions', `must be from 0 to 1, got ${score}`);
    if (labels[i] !== 0 && labels[i] !== 1) throw new ArgumentError(op, 'labels', `must be 0 or 1, got ${labels[i]}`);
    (labels[i] === 1 ? tp : fp)[Math.floor(score * (thresholds - 1))]++;
  });
  // At a threshold counts what is there and above.
  for (const counts of [tp, fp]) for (let i = thresholds - 2; i >= 0; i--) counts[i] += counts[i + 1];
  const fn = tp.map((count) => tp[0] - count), part = (count: number, all: number): number => (all === 0 ? 0 : count / all);
  const rows = [tp, fp, fp.map((count) => fp[0] - count), fn, tp.map((count, i) => part(count, count + fp[i])), tp.map((count, i) => part(count, count + fn[i]))];
  const content = message((pbf) => pbf.writeVarintField(2, thresholds));
  return { tag, plugin: { name: 'pr_curves', content }, value: { floats: rows.flat(), shape: [rows.length, thresholds] } };
}
