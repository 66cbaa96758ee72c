/** Curves of training: TensorBoard's smoothing and the loss plot made of it. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Axes } from './axes.ts';
import type { LineArtist } from './artists.ts';
import type { Hex } from './color.ts';
import { plainStyle } from './lines.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, isData, toVector, type VectorLike } from './values.ts';

/**
 * TensorBoard's smoothing: an exponential moving average of `weight` (0 leaves the values, towards 1 is smoother), without
 * the pull to zero at its start. What is not finite stays and is not averaged.
 *
 *     smooth([3, 1, 2], 0.5) // [3, 1.67, 1.86]
 */
export function smooth(values: VectorLike, weight = 0.6): number[] {
  const op = 'smooth';
  const w = checkNumber(op, 'weight', weight, { min: 0, max: 1 });
  let [last, count] = [0, 0];
  const data = toVector(op, 'values', values);
  // At weight 1 only the start would count, as in TensorBoard.
  return Array.from(data, (v) => {
    if (!Number.isFinite(v)) return v;
    if (w === 1) return data.find((first) => Number.isFinite(first)) as number;
    last = last * w + (1 - w) * v;
    count++;
    return last / (1 - w ** count);
  });
}

/** A series of losses: values at 0, 1, 2, ..., or at given steps. */
export type LossSeries = VectorLike | { readonly steps: VectorLike; readonly values: VectorLike };

export interface LossCurveOptions {
  /** TensorBoard's weight of the moving average (0.6). */
  readonly smoothing?: number;
  readonly label?: string;
  readonly color?: string;
  readonly xlabel?: string;
  readonly ylabel?: string;
  readonly yscale?: 'linear' | 'log';
}

interface Series {
  readonly name: string | undefined;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

function toSeries(op: string, name: string | undefined, given: LossSeries): Series {
  const argument = name ?? 'losses';
  if (isData(given)) {
    const y = toVector(op, argument, given);
    return { name, x: Float64Array.from(y.keys()), y };
  }
  if (typeof given !== 'object' || given === null || !('values' in given) || !('steps' in given)) throw new ArgumentError(op, argument, 'must be numbers, or { steps, values }');
  const [x, y] = [toVector(op, `${argument}.steps`, given.steps), toVector(op, `${argument}.values`, given.values)];
  if (x.length !== y.length) throw new ShapeError(op, `${argument}: steps and values must have the same length, got ${x.length} and ${y.length}`);
  return { name, x, y };
}

function seriesOf(op: string, losses: unknown): readonly Series[] {
  if (isData(losses)) return [toSeries(op, undefined, losses)];
  if (typeof losses !== 'object' || losses === null) throw new ArgumentError(op, 'losses', 'must be numbers, { steps, values }, or an object of such by name');
  if ('steps' in losses && 'values' in losses) return [toSeries(op, undefined, losses as LossSeries)];
  return Object.entries(losses).map(([name, series]) => toSeries(op, name, series as LossSeries));
}

/** Each series pale as it is, and smoothed over it in the same colour. */
export function drawLossCurve(axes: Axes, losses: LossSeries | Readonly<Record<string, LossSeries>>, options: LossCurveOptions, color: (name: string | undefined) => Hex): readonly LineArtist[] {
  const op = 'lossCurve';
  checkOptions(op, options, ['smoothing', 'label', 'color', 'xlabel', 'ylabel', 'yscale']);
  const weight = checkNumber(op, 'smoothing', options.smoothing ?? 0.6, { min: 0, max: 1 });
  const series = seriesOf(op, losses);
  const xlabel = checkText(op, 'xlabel', options.xlabel ?? 'step'), ylabel = checkText(op, 'ylabel', options.ylabel ?? 'loss');
  const scale = checkOneOf(op, 'yscale', options.yscale ?? 'linear', ['linear', 'log']);
  const label = options.label === undefined ? undefined : checkText(op, 'label', options.label);
  const lines = series.flatMap(({ name, x, y }): readonly LineArtist[] => {
    const style = plainStyle(color(options.color));
    const smoothed = weight === 0 ? [] : [{ kind: 'line', x, y, style: { ...style, linewidth: 1, alpha: 0.3 }, label: undefined, fine: true } as const];
    return [...smoothed, { kind: 'line', x, y: weight === 0 ? y : Float64Array.from(smooth(y, weight)), style, label: name ?? label }];
  });
  axes.setXlabel(xlabel);
  axes.setYlabel(ylabel);
  axes.setYscale(scale);
  return lines;
}
