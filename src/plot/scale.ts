/** An axis of a panel on a given stretch of pixels (or terminal dots): positions and labelled ticks. */
import { scaleLinear, scaleLog, tickFormat } from 'd3-scale';
import type { AxisState, ScaleName, Tick } from './axis.ts';
import { viewLimits } from './limits.ts';
import { symlog } from './transform.ts';

export interface AxisView {
  readonly domain: readonly [number, number];
  readonly scale: ScaleName;
  readonly log: boolean;
  readonly ticks: readonly Tick[];
  /** Unlabelled ticks between the decades of a log scale. */
  readonly minor: readonly number[];
  /** Position of a value; NaN for what has none (NaN itself, and non-positive values on a log scale). */
  readonly position: (value: number) => number;
}

export interface TickSpace {
  /** Wanted distance between ticks, in the unit of the range. */
  readonly spacing: number;
  /** Extent of a label along the axis, with the gap it needs. */
  readonly extent: (label: string) => number;
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function powerOfTen(exponent: number): string {
  return `10${String(exponent).replace('-', '⁻').replace(/\d/g, (digit) => superscripts[Number(digit)])}`;
}

/** Fixed decimals as the step needs them; very large and very small numbers share one exponent. */
function linearLabels(values: readonly number[], low: number, high: number, count: number): (value: number) => string {
  const largest = Math.max(...values.map(Math.abs), 0);
  const exponent = largest >= 1e6 || (largest > 0 && largest < 1e-3) ? Math.floor(Math.log10(largest) + 1e-9) : 0;
  // Two steps, for the power alone would be 0 for the least numbers.
  const shrink = (v: number): number => (v * 10 ** -Math.trunc(exponent / 2)) * 10 ** -(exponent - Math.trunc(exponent / 2));
  const decimals = tickFormat(shrink(low), shrink(high), count, 'f');
  const suffix = exponent === 0 ? '' : `e${exponent}`;
  return (v) => `${decimals(shrink(v))}${v === 0 ? '' : suffix}`.replace(/-/g, '−');
}

function wholeLabel(value: number): string {
  return String(value).replace('-', '−');
}

function linearTicks(domain: readonly [number, number], length: number, space: TickSpace, whole = false): readonly Tick[] {
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const scale = scaleLinear().domain([low, high]);
  for (let count = Math.max(2, Math.min(10, Math.floor(length / space.spacing))); ; count--) {
    const values = scale.ticks(count).filter((at) => !whole || Number.isInteger(at));
    const label = whole ? wholeLabel : linearLabels(values, low, high, count);
    const ticks = values.map((at) => ({ at, label: label(at) }));
    const needed = ticks.reduce((sum, tick) => sum + space.extent(tick.label), 0);
    if (needed <= length || count <= 1) return ticks;
  }
}

function logTicks(domain: readonly [number, number], length: number, space: TickSpace): { ticks: readonly Tick[]; minor: readonly number[] } {
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  // Within one decade powers of ten say too little: plain numbers as on a linear axis.
  if (last - first < 1) {
    const ticks = linearTicks(domain, length, space).filter((tick) => tick.at > 0);
    return { ticks, minor: [] };
  }
  const room = Math.max(1, Math.floor(length / Math.max(space.spacing, space.extent(powerOfTen(first)))));
  const step = Math.ceil((last - first + 1) / (room + 1));
  const ticks: Tick[] = [];
  const minor: number[] = [];
  for (let e = first - 1; e <= last; e++) {
    if (e >= first && (e - first) % step === 0) ticks.push({ at: 10 ** e, label: powerOfTen(e) });
    for (let k = 2; k < 10 && step === 1; k++) if (k * 10 ** e >= low && k * 10 ** e <= high) minor.push(k * 10 ** e);
  }
  return { ticks, minor };
}

/** Zero and powers of ten on both sides, as many as there is room for. */
function symlogTicks(domain: readonly [number, number], linthresh: number, length: number, space: TickSpace): readonly Tick[] {
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const first = Math.ceil(Math.log10(linthresh) - 1e-9);
  const last = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high))) + 1e-9);
  if (last < first) return linearTicks(domain, length, space);
  const { forward } = symlog(linthresh);
  const decade = (length * (forward(10 * linthresh) - forward(linthresh))) / (forward(high) - forward(low));
  const step = Math.max(1, Math.ceil(Math.max(space.spacing, space.extent(powerOfTen(first))) / decade));
  const powers = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  return [
    ...powers.toReversed().map((e) => ({ at: -(10 ** e), label: `−${powerOfTen(e)}` })), { at: 0, label: '0' },
    ...powers.map((e) => ({ at: 10 ** e, label: powerOfTen(e) })),
  ].filter(({ at }) => at >= low && at <= high);
}

function symlogScale(domain: readonly [number, number], linthresh: number, range: readonly [number, number]): (value: number) => number {
  const { forward } = symlog(linthresh);
  const linear = scaleLinear().domain(domain.map(forward)).range(range);
  return (value) => linear(forward(value));
}

export interface ViewOptions {
  readonly domain: readonly [number, number];
  readonly scale: ScaleName;
  readonly linthresh: number;
  readonly ticks: readonly Tick[] | null;
  readonly whole?: boolean;
}

export function makeView({ domain, scale, linthresh, ticks, whole }: ViewOptions, range: readonly [number, number], space: TickSpace): AxisView {
  const length = Math.abs(range[1] - range[0]);
  const [low, high] = [Math.min(...domain), Math.max(...domain)];
  const log = scale === 'log';
  const found = log ? logTicks(domain, length, space)
    : { ticks: scale === 'symlog' ? symlogTicks(domain, linthresh, length, space) : linearTicks(domain, length, space, whole), minor: [] };
  const at = log ? scaleLog().domain(domain).range(range) : scale === 'linear' ? scaleLinear().domain(domain).range(range)
    : symlogScale(domain, linthresh, range);
  return {
    domain, scale, log,
    ticks: ticks ? ticks.filter((tick) => tick.at >= low && tick.at <= high) : found.ticks,
    minor: ticks ? [] : found.minor,
    position: (value) => (Number.isFinite(value) && !(log && value <= 0) ? at(value) : Number.NaN),
  };
}

export function axisView({ range: shared }: AxisState, which: 'x' | 'y', range: readonly [number, number], space: TickSpace): AxisView {
  return makeView({ domain: viewLimits(shared, which), scale: shared.scale, linthresh: shared.linthresh, ticks: shared.ticks, whole: shared.whole }, range, space);
}
