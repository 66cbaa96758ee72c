/** The key of a colour map, beside its axes. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { largestLimit, type Tick } from './axis.ts';
import type { Mappable } from './images.ts';
import { type AxisView, makeView, type TickSpace } from './scale.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, toVector, type VectorLike } from './values.ts';

export interface ColorbarOptions {
  readonly label?: string;
  readonly orientation?: 'vertical' | 'horizontal';
  readonly ticks?: VectorLike;
  /** Length as a part of the axes' side. */
  readonly shrink?: number;
}

export const colorbarOptionNames = ['label', 'orientation', 'ticks', 'shrink'] as const;

export class Colorbar {
  readonly mappable: Mappable;
  readonly orientation: 'vertical' | 'horizontal';
  readonly shrink: number;
  label: string;
  #ticks: readonly Tick[] | null = null;

  constructor(mappable: Mappable, options: ColorbarOptions) {
    const op = 'colorbar';
    checkOptions(op, options, colorbarOptionNames);
    this.mappable = mappable;
    this.orientation = checkOneOf(op, 'orientation', options.orientation ?? 'vertical', ['vertical', 'horizontal']);
    this.shrink = checkNumber(op, 'shrink', options.shrink ?? 1, { min: 0.05, max: 1 });
    this.label = checkText(op, 'label', options.label ?? '');
    if (options.ticks !== undefined) this.setTicks(options.ticks);
    else if (mappable.levels && mappable.levels.length <= 12) this.#ticks = evenly(mappable.levels);
  }

  setLabel(label: string): void {
    this.label = checkText('setLabel', 'label', label);
  }

  setTicks(ticks: VectorLike, labels?: readonly (string | number)[]): void {
    const at = toVector('setTicks', 'ticks', ticks);
    if (labels !== undefined && labels.length !== at.length) throw new ShapeError('setTicks', `ticks and labels must have the same length, got ${at.length} and ${labels.length}`);
    this.#ticks = labels ? Array.from(at, (v, i) => ({ at: v, label: checkText('setTicks', 'labels', labels[i]) })) : evenly([...at]);
  }

  view(range: readonly [number, number], space: TickSpace): AxisView {
    const { vmin, vmax, scale } = this.mappable;
    // One value has one colour, which still needs a stretch to be shown on.
    const pad = vmin < vmax ? 0 : Math.abs(vmin) * 0.05 || 0.05;
    return makeView({ domain: [Math.max(vmin - pad, -largestLimit), Math.min(vmax + pad, largestLimit)], scale, linthresh: 2, ticks: this.#ticks }, range, space);
  }
}

/** Labels with as many decimals as the longest of them needs. */
function evenly(values: readonly number[]): readonly Tick[] {
  const short = values.map((at) => String(Number(at.toPrecision(6))));
  const decimals = Math.max(...short.map((text) => (text.includes('e') ? 0 : (text.split('.')[1] ?? '').length)));
  return values.map((at, i) => ({ at, label: (short[i].includes('e') ? short[i] : at.toFixed(decimals)).replaceAll('-', '−') }));
}

/** The mappable that `colorbar` shows: what it was given, else what the axes drew last. */
export function checkMappable(mappable: Mappable | undefined, last: Mappable | undefined): Mappable {
  const found = mappable ?? last;
  if (found === undefined) throw new ArgumentError('colorbar', 'mappable', 'is missing: nothing with a colour map was drawn (imshow, pcolormesh, contourf, or scatter with numbers for c)');
  if (typeof found !== 'object' || !('table' in found) || !('vmin' in found)) throw new ArgumentError('colorbar', 'mappable', 'must be what imshow, pcolormesh, contourf or scatter returned');
  return found;
}
