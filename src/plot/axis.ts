/** One axis of a panel: what it shows, from where to where, and how it is labelled. */
import type { Artist } from './artists.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { checkNumber, checkOneOf, checkText, toVector, type VectorLike } from './values.ts';

const scaleNames = ['linear', 'log', 'symlog'] as const;
export type ScaleName = (typeof scaleNames)[number];

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Whatever has artists, seen from an axis that several panels share. */
export interface Member {
  readonly artists: readonly Artist[];
}

/** What panels with a shared axis have in common. */
export interface AxisRange {
  scale: ScaleName;
  /** Half width of the linear part of a symlog scale. */
  linthresh: number;
  /** Explicit limits; null follows the data of all members. */
  low: number | null;
  high: number | null;
  inverted: boolean;
  /** Whether values between whole numbers mean nothing, as between the rows of a matrix. */
  whole: boolean;
  /** null chooses them. */
  ticks: readonly Tick[] | null;
  members: readonly Member[];
}

export interface AxisState {
  label: string;
  /** The side of the ticks and labels: `near` is bottom or left, `far` top or right. */
  side: 'near' | 'far';
  /** Inner panels of a shared grid keep their ticks and drop the labels. */
  labelled: boolean;
  /** Of the tick labels, in degrees counter-clockwise; null turns them only where they would collide. */
  rotation: number | null;
  /** Of the tick labels, in points. */
  labelsize: number;
  range: AxisRange;
}

export function freshAxis(member: Member): AxisState {
  return {
    label: '', side: 'near', labelled: true, rotation: null, labelsize: 10,
    range: { scale: 'linear', linthresh: 2, low: null, high: null, inverted: false, whole: false, ticks: null, members: [member] },
  };
}

/** Beyond this spans, margins and steps of ticks along an axis could overflow. */
export const largestLimit = 1e300;

export type Limit = number | null | undefined;

/** Both limits are checked before either is set; `null` and `undefined` leave one as it is. */
export function setLimits(op: string, { range }: AxisState, names: readonly [string, string], first: Limit | readonly [Limit, Limit], second: Limit): void {
  const pair: readonly Limit[] = Array.isArray(first) ? first : [first as Limit, second];
  const [low, high] = names.map((name, i) => {
    const value = pair[i];
    if (value === undefined || value === null) return null;
    checkNumber(op, name, value, { min: -largestLimit, max: largestLimit });
    if (range.scale === 'log' && value <= 0) throw new ArgumentError(op, name, `must be positive on a log scale, got ${value}`);
    return value;
  });
  if (low !== null && low === high) throw new ArgumentError(op, names[1], `must differ from ${names[0]}, both are ${low}`);
  if (low !== null || high !== null) range.inverted = false;
  range.low = low ?? range.low;
  range.high = high ?? range.high;
}

export function setScale(op: string, { range }: AxisState, scale: ScaleName, linthresh: number | undefined): void {
  const name = checkOneOf(op, 'value', scale, scaleNames);
  if (linthresh !== undefined && name !== 'symlog') throw new ArgumentError(op, 'linthresh', `belongs to the symlog scale, got it for ${name}`);
  range.linthresh = checkNumber(op, 'linthresh', linthresh ?? 2, { min: 1e-300 });
  range.scale = name;
  if (name !== 'log') return;
  // Limits without a logarithm give way to the data, as in matplotlib.
  if (range.low !== null && range.low <= 0) range.low = null;
  if (range.high !== null && range.high <= 0) range.high = null;
}

export interface TickOptions {
  /** Degrees counter-clockwise. */
  readonly rotation?: number | 'horizontal' | 'vertical';
  readonly fontsize?: number;
}

export function checkRotation(op: string, value: unknown): number {
  if (value === 'horizontal') return 0;
  return value === 'vertical' ? 90 : checkNumber(op, 'rotation', value, { min: -360, max: 360 });
}

export function setTicks(op: string, axis: AxisState, ticks: VectorLike | undefined, labels: readonly (string | number)[] | undefined, options: TickOptions): void {
  if (ticks === undefined && labels !== undefined) throw new ArgumentError(op, 'ticks', 'must be given where labels are');
  const rotation = options.rotation === undefined ? axis.rotation : checkRotation(op, options.rotation);
  const labelsize = checkNumber(op, 'fontsize', options.fontsize ?? axis.labelsize, { min: 1, max: 500 });
  if (ticks !== undefined) {
    const at = toVector(op, 'ticks', ticks);
    if (labels !== undefined && labels.length !== at.length) throw new ShapeError(op, `ticks and labels must have the same length, got ${at.length} and ${labels.length}`);
    axis.range.ticks = Array.from(at, (v, i) => ({ at: v, label: labels ? checkText(op, 'labels', labels[i]) : String(v).replaceAll('-', '−') }));
  }
  axis.rotation = rotation;
  axis.labelsize = labelsize;
}
