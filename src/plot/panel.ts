/** What an axes is apart from its data: place, labels, limits, ticks, grid, legend. Methods carry matplotlib's names. */
import { boolArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import type { Artist } from './artists.ts';
import { type AxisState, freshAxis, type Limit, type ScaleName, setLimits, setScale, setTicks, type TickOptions } from './axis.ts';
import { cycle, type Hex } from './color.ts';
import type { Colorbar } from './colorbar.ts';
import type { Mappable } from './images.ts';
import { viewLimits } from './limits.ts';
import { checkNumber, checkOneOf, checkOptions, checkText, readOptions, type VectorLike } from './values.ts';

/** Where an axes sits: rows and columns of a grid and the cells (from 0, both ends included) that it covers. */
export interface Cell {
  readonly rows: number;
  readonly columns: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
  /** Relative widths of the columns and heights of the rows; equal unless given. */
  readonly widths?: readonly number[];
  readonly heights?: readonly number[];
}

/** In the order in which `best` prefers them. */
export const legendPlaces = [
  'best', 'upper right', 'upper left', 'lower left', 'lower right', 'center right', 'center left', 'lower center', 'upper center', 'center', 'outside',
] as const;
/** matplotlib's places inside of the axes, and `'outside'`: to the right of it. */
export type LegendPlace = (typeof legendPlaces)[number];

export interface LegendOptions {
  readonly loc?: LegendPlace;
  readonly ncols?: number;
  readonly title?: string;
  readonly fontsize?: number;
  readonly frameon?: boolean;
}

export interface LegendState {
  readonly place: LegendPlace;
  readonly ncols: number;
  readonly title: string;
  /** In points. */
  readonly fontsize: number;
  readonly frame: boolean;
}

export interface TickParams {
  readonly axis?: 'both' | 'x' | 'y';
  readonly labelsize?: number;
  readonly labelrotation?: number;
  /** Whether the tick labels of the x axis are above, those of the y axis on the right. */
  readonly labeltop?: boolean;
  readonly labelright?: boolean;
}

export interface GridOptions {
  readonly axis?: 'both' | 'x' | 'y';
  readonly which?: 'major' | 'minor' | 'both';
}

export class Panel {
  readonly cell: Cell;
  readonly artists: Artist[] = [];
  readonly x: AxisState = freshAxis(this);
  readonly y: AxisState = freshAxis(this);
  /** Set for an axes that shares the other's place: `x` for one with its own y axis on the right. */
  readonly twin: 'x' | 'y' | undefined;
  readonly mappables: Mappable[] = [];
  readonly colorbars: Colorbar[] = [];
  heading = '';
  visible = true;
  gridlines: 'none' | 'x' | 'y' | 'both' = 'none';
  minorGrid = false;
  aspect: 'equal' | 'auto' = 'auto';
  legendState: LegendState | undefined;
  #colors = 0;

  constructor(cell: Cell, twin?: 'x' | 'y') {
    this.cell = cell;
    this.twin = twin;
  }

  protected nextColor = (): Hex => cycle[this.#colors++ % cycle.length];

  /** Draws all of it or, where an argument is bad, nothing: not even a step of the colour cycle stays. */
  protected whole<T>(draw: () => T): T {
    const { artists, mappables, colorbars, x, y } = this;
    const lengths = [artists, mappables, colorbars].map((list) => list.length);
    const before = { colors: this.#colors, aspect: this.aspect, visible: this.visible, legend: this.legendState, x: { ...x }, y: { ...y }, xRange: { ...x.range }, yRange: { ...y.range } };
    try {
      return draw();
    } catch (error) {
      [artists, mappables, colorbars].forEach((list, i) => (list.length = lengths[i]));
      [this.#colors, this.aspect, this.visible, this.legendState] = [before.colors, before.aspect, before.visible, before.legend];
      Object.assign(x.range, before.xRange);
      Object.assign(y.range, before.yRange);
      Object.assign(x, before.x);
      Object.assign(y, before.y);
      throw error;
    }
  }

  /** Adds what `make` makes, or nothing. */
  protected add(make: () => readonly Artist[]): void {
    this.whole(() => {
      for (const artist of make()) this.artists.push(artist);
    });
  }

  /** Whether both axes are linear. */
  protected get isLinear(): boolean {
    return this.x.range.scale === 'linear' && this.y.range.scale === 'linear';
  }

  /** Forgets the data and everything that was set, as `cla` does; shared limits stay with those that share them. */
  clear(): void {
    this.artists.length = 0;
    this.mappables.length = 0;
    this.colorbars.length = 0;
    const { x, y } = this as { -readonly [K in 'x' | 'y']: AxisState };
    for (const axis of [x, y]) {
      const { range, labelled, side } = axis;
      Object.assign(axis, freshAxis(this), { labelled, side });
      if (range.members.length > 1) axis.range = range;
    }
    [this.heading, this.visible, this.gridlines, this.minorGrid, this.aspect, this.legendState, this.#colors] = ['', true, 'none', false, 'auto', undefined, 0];
  }

  setTitle(label: string): void {
    this.heading = checkText('title', 'label', label);
  }

  setXlabel(label: string): void {
    this.x.label = checkText('xlabel', 'label', label);
  }

  setYlabel(label: string): void {
    this.y.label = checkText('ylabel', 'label', label);
  }

  setXlim(left?: Limit | readonly [Limit, Limit], right?: Limit): void {
    setLimits('xlim', this.x, ['left', 'right'], left, right);
  }

  setYlim(bottom?: Limit | readonly [Limit, Limit], top?: Limit): void {
    setLimits('ylim', this.y, ['bottom', 'top'], bottom, top);
  }

  getXlim(): readonly [number, number] {
    return viewLimits(this.x.range, 'x');
  }

  getYlim(): readonly [number, number] {
    return viewLimits(this.y.range, 'y');
  }

  invertXaxis(): void {
    this.x.range.inverted = !this.x.range.inverted;
  }

  invertYaxis(): void {
    this.y.range.inverted = !this.y.range.inverted;
  }

  /** `symlog` is linear between -linthresh and linthresh (2 unless given) and logarithmic beyond. */
  setXscale(value: ScaleName, options: { readonly linthresh?: number } = {}): void {
    checkOptions('xscale', options, ['linthresh']);
    setScale('xscale', this.x, value, options.linthresh);
  }

  setYscale(value: ScaleName, options: { readonly linthresh?: number } = {}): void {
    checkOptions('yscale', options, ['linthresh']);
    setScale('yscale', this.y, value, options.linthresh);
  }

  /** Positions and, if wanted, names of the ticks; `[]` removes them. `setXticks({ rotation: 45 })` turns the labels there are. */
  setXticks(ticks?: VectorLike | TickOptions, labels?: readonly (string | number)[] | TickOptions, options?: TickOptions): void {
    this.#ticks('xticks', this.x, [ticks, labels, options]);
  }

  setYticks(ticks?: VectorLike | TickOptions, labels?: readonly (string | number)[] | TickOptions, options?: TickOptions): void {
    this.#ticks('yticks', this.y, [ticks, labels, options]);
  }

  #ticks(op: string, axis: AxisState, args: readonly unknown[]): void {
    const given = args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);
    const { ticks, labels, ...options } = readOptions<TickOptions & { readonly ticks?: VectorLike; readonly labels?: readonly (string | number)[] }>(op, ['ticks', 'labels'], ['rotation', 'fontsize'], given);
    setTicks(op, axis, ticks, labels, options);
  }

  tickParams(options: TickParams): void {
    const op = 'tickParams';
    checkOptions(op, options, ['axis', 'labelsize', 'labelrotation', 'labeltop', 'labelright']);
    const which = checkOneOf(op, 'axis', options.axis ?? 'both', ['both', 'x', 'y']);
    const size = options.labelsize === undefined ? undefined : checkNumber(op, 'labelsize', options.labelsize, { min: 1, max: 500 });
    const rotation = options.labelrotation === undefined ? undefined : checkNumber(op, 'labelrotation', options.labelrotation, { min: -360, max: 360 });
    const top = boolArg(op, 'labeltop', options.labeltop, this.x.side === 'far'), right = boolArg(op, 'labelright', options.labelright, this.y.side === 'far');
    for (const [name, axis] of [['x', this.x], ['y', this.y]] as const) {
      if (which !== 'both' && which !== name) continue;
      axis.labelsize = size ?? axis.labelsize;
      axis.rotation = rotation ?? axis.rotation;
      axis.side = (name === 'x' ? top : right) ? 'far' : 'near';
    }
  }

  grid(visible = true, options: GridOptions = {}): void {
    checkOptions('grid', options, ['axis', 'which']);
    const axis = checkOneOf('grid', 'axis', options.axis ?? 'both', ['both', 'x', 'y']);
    const which = checkOneOf('grid', 'which', options.which ?? 'major', ['major', 'minor', 'both']);
    this.gridlines = boolArg('grid', 'visible', visible) ? axis : 'none';
    this.minorGrid = visible && which !== 'major';
  }

  /** Shows the labels of what was drawn, or names it anew in order: `legend(['train', 'test'])`. */
  legend(labels?: readonly string[] | LegendOptions, options: LegendOptions = {}): void {
    const op = 'legend';
    if (labels !== undefined && !Array.isArray(labels)) options = labels as LegendOptions;
    checkOptions(op, options, ['loc', 'ncols', 'title', 'fontsize', 'frameon']);
    const state: LegendState = {
      place: checkOneOf(op, 'loc', options.loc ?? 'best', legendPlaces),
      ncols: Math.floor(checkNumber(op, 'ncols', options.ncols ?? 1, { min: 1, max: 100 })),
      title: checkText(op, 'title', options.title ?? ''),
      fontsize: checkNumber(op, 'fontsize', options.fontsize ?? 10, { min: 1, max: 500 }),
      frame: boolArg(op, 'frameon', options.frameon, true),
    };
    const texts = Array.isArray(labels) ? labels.map((label) => checkText(op, 'labels', label)) : [];
    const named = this.artists.flatMap((artist, i) => ('label' in artist ? [i] : []));
    if (texts.length > named.length) throw new ArgumentError(op, 'labels', `holds ${texts.length} names for ${named.length} series`);
    texts.forEach((label, i) => {
      this.artists[named[i]] = { ...this.artists[named[i]], label } as Artist;
    });
    this.legendState = state;
  }

  /** `'off'` hides frame, ticks and labels; `'equal'` gives both axes the same scale. */
  axis(option: 'on' | 'off' | 'equal' | 'auto'): void {
    const value = checkOneOf('axis', 'option', option, ['on', 'off', 'equal', 'auto']);
    if (value === 'on' || value === 'off') this.visible = value === 'on';
    else this.aspect = value;
  }

  /** A data unit is as long in x as in y, or as it comes. */
  setAspect(aspect: 'equal' | 'auto'): void {
    this.aspect = checkOneOf('setAspect', 'aspect', aspect, ['equal', 'auto']);
  }
}
