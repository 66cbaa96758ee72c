/** The line of a progress bar, character by character tqdm's. */
import { fill, general } from '../format.ts';

export interface Meter {
  readonly n: number;
  readonly total: number | undefined;
  /** Seconds. */
  readonly elapsed: number;
  /** Width of the whole line; undefined for a bar of ten characters, 0 for none. */
  readonly ncols: number | undefined;
  readonly desc: string;
  /** True for digits instead of blocks, or the characters themselves, emptiest first. */
  readonly ascii: boolean | string;
  readonly unit: string;
  /** True for SI prefixes, a number to multiply by. */
  readonly unitScale: boolean | number;
  readonly unitDivisor: number;
  /** Per second; the mean since the start unless given. */
  readonly rate: number | undefined;
  readonly barFormat: string | undefined;
  readonly postfix: string;
  readonly initial: number;
}

/** At most three digits and an SI prefix: 12.3k. */
export function formatSizeof(num: number, divisor = 1000): string {
  let value = num;
  for (const prefix of ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z']) {
    if (Math.abs(value) < 999.5) return value.toFixed(Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0) + prefix;
    value /= divisor;
  }
  return `${value.toFixed(1)}Y`;
}

/** Seconds as [H:]MM:SS. */
export function formatInterval(seconds: number): string {
  const whole = Math.max(0, Math.trunc(seconds)), two = (part: number): string => String(part).padStart(2, '0');
  const hours = Math.floor(whole / 3600), rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** Three significant digits, or all where these are no more. */
export function formatNum(value: number): string {
  const short = general(value, 3).replace(/e([+-])0/, 'e$1'), all = String(value);
  return short.length < all.length ? short : all;
}

const BLOCKS = ' ▏▎▍▌▋▊▉█', DIGITS = ' 123456789#';

function drawBar(part: number, width: number, ascii: boolean | string): string {
  const symbols = [...(typeof ascii === 'string' ? ascii : ascii ? DIGITS : BLOCKS)], steps = symbols.length - 1;
  const filled = Math.trunc(part * width * steps), full = Math.floor(filled / steps);
  if (full >= width) return symbols[steps].repeat(width);
  return symbols[steps].repeat(full) + symbols[filled % steps] + symbols[0].repeat(width - full - 1);
}

function rateText(value: number | undefined, scaled: boolean): string {
  return value === undefined ? '?' : scaled ? formatSizeof(value) : value.toFixed(2).padStart(5);
}

/** tqdm's `format_meter`. */
export function formatMeter(meter: Meter): string {
  const { elapsed, unit, desc, initial, barFormat } = meter, factor = typeof meter.unitScale === 'number' ? meter.unitScale : 1, scaled = meter.unitScale === true;
  // A count beyond its total has no end to be estimated.
  const known = meter.total !== undefined && meter.total > 0 && meter.n < meter.total + 0.5 ? meter.total * factor : undefined;
  const n = meter.n * factor, rate = meter.rate === undefined ? (elapsed > 0 ? (n - initial * factor) / elapsed : 0) : meter.rate * factor;
  const inverse = rate > 0 ? 1 / rate : undefined;
  const count = (value: number | undefined): string => (value === undefined ? '?' : scaled ? formatSizeof(value, meter.unitDivisor) : String(Number(value.toFixed(6))));
  const rateFmt = inverse !== undefined && inverse > 1 ? `${rateText(inverse, scaled)}s/${unit}` : `${rateText(rate > 0 ? rate : undefined, scaled)}${unit}/s`;
  const postfix = meter.postfix === '' ? '' : `, ${meter.postfix}`, prefix = desc === '' ? '' : `${desc}: `;
  const remaining = rate > 0 ? formatInterval(known === undefined ? 0 : (known - n) / rate) : '?', spent = formatInterval(elapsed);
  const part = known === undefined ? 0 : n / known;
  if (known === undefined && barFormat === undefined) return trimmed(`${prefix}${count(n)}${unit} [${spent}, ${rateFmt}${postfix}]`, meter.ncols);
  const left = `${prefix}${(part * 100).toFixed(0).padStart(3)}%|`, right = `| ${count(n)}/${count(known)} [${spent}<${remaining}, ${rateFmt}${postfix}]`;
  if (meter.ncols === 0) return left.slice(0, -1) + right.slice(1);
  const fields: Readonly<Record<string, string | number>> = {
    l_bar: left, r_bar: right, n, n_fmt: count(n), total: known ?? '?', total_fmt: count(known), percentage: part * 100, elapsed: spent, elapsed_s: elapsed,
    remaining, desc, unit, rate, rate_fmt: rateFmt, postfix,
  };
  const around = fill(barFormat ?? '{l_bar}{bar}{r_bar}', (name) => fields[name]), [before, after] = around.split('{bar}', 2);
  if (after === undefined) return trimmed(around, meter.ncols);
  const width = meter.ncols === undefined ? 10 : Math.max(1, meter.ncols - before.length - after.length);
  return trimmed(before + drawBar(part, width, meter.ascii) + after, meter.ncols);
}

const trimmed = (line: string, width: number | undefined): string => (width === undefined || width === 0 ? line : line.slice(0, width));
