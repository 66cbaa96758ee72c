/** One panel: what can be drawn on it. Methods carry matplotlib's names; arguments are checked at once and drawn later. */
import type { CallArgs } from '../core/args.ts';
import { type BarArgs, type BarhArgs, type Categories, makeBars } from './bars.ts';
import { type BoxplotOptions, type Datasets, makeBoxes, makePie, makeViolins, type PieOptions, type Spread, type ViolinplotOptions } from './boxes.ts';
import { checkColor } from './color.ts';
import { checkMappable, Colorbar, type ColorbarOptions } from './colorbar.ts';
import type { ColorMap } from './colormap.ts';
import { type ContourArgs, type ContourOptions, contourOptionNames, makeContours, makeFilledContours } from './contours.ts';
import { drawLossCurve, type LossCurveOptions, type LossSeries } from './curves.ts';
import { type ConfusionMatrixArgs, drawConfusionMatrix, drawHeatmap, type HeatmapOptions } from './heatmaps.ts';
import { type HistArgs, isDatasets, makeHist, makeStairs, type StairsOptions } from './histogram.ts';
import { type Drawn, type ImshowOptions, makeImage, makeMesh, type Mappable, type PcolormeshOptions } from './images.ts';
import {
  type ErrorbarArgs, type FillBetweenArgs, type LinesArgs, makeErrorbar, makeFill, makeLines, makeRule, makeSegments, makeSpan, makeStem, makeSteps, type PlotArgs, type RuleArgs,
  type SpanOptions, type StemOptions, type StepOptions,
} from './lines.ts';
import { type Cell, Panel } from './panel.ts';
import { type Classifier, type DecisionRegionsOptions, drawDecisionRegions } from './regions.ts';
import { makeScatter, type ScatterArgs } from './points.ts';
import { edgeOptionNames } from './style.ts';
import { type AnnotateArgs, makeAnnotation, makeText, type TextOptions } from './texts.ts';
import { type ArrayLikeND, isData, type MatrixLike, readOptions, type VectorLike } from './values.ts';

export interface HistResult {
  readonly counts: number[];
  readonly edges: number[];
}

/** Of several data sets. */
export interface HistResults {
  readonly counts: readonly number[][];
  readonly edges: number[];
}

/** Limits, scale and ticks of `other` become those of `first`. */
export function shareAxis(which: 'x' | 'y', first: Axes, other: Axes): void {
  const { range } = first[which];
  range.members = [...range.members, other];
  other[which].range = range;
}

const normNames = ['cmap', 'norm', 'vmin', 'vmax'] as const;

/** Splits the arrays of a call from the options that may follow them. */
function splitData<T extends object>(op: string, args: readonly unknown[], names: readonly string[]): { data: readonly unknown[]; options: T } {
  const last = args.at(-1);
  const given = args.length > 0 && last !== undefined && !isData(last);
  return { data: given ? args.slice(0, -1) : args.filter((arg) => arg !== undefined), options: readOptions<T>(op, [], names, given ? [last] : []) };
}

export class Axes extends Panel {
  /** The axes of the figure, among them this one. */
  readonly #family: Axes[];

  constructor(cell: Cell, family: Axes[], twin?: 'x' | 'y') {
    super(cell, twin);
    this.#family = family;
    family.push(this);
  }

  /** A second axes on the same place and x axis, with its own y axis on the right. */
  twinx(): Axes {
    const other = new Axes(this.cell, this.#family, 'x');
    shareAxis('x', this, other);
    other.y.side = 'far';
    return other;
  }

  /** A second axes on the same place and y axis, with its own x axis on top. */
  twiny(): Axes {
    const other = new Axes(this.cell, this.#family, 'y');
    shareAxis('y', this, other);
    other.x.side = 'far';
    return other;
  }

  /** `plot(y)`, `plot(x, y)`, `plot(x, y, 'r--o', { label })`: NaN and infinities leave gaps. */
  plot(...args: PlotArgs): void {
    this.add(() => makeLines('plot', args, this.nextColor));
  }

  /** `plot` on a logarithmic x axis. */
  semilogx(...args: PlotArgs): void {
    this.add(() => makeLines('semilogx', args, this.nextColor));
    this.setXscale('log');
  }

  /** `plot` on a logarithmic y axis. */
  semilogy(...args: PlotArgs): void {
    this.add(() => makeLines('semilogy', args, this.nextColor));
    this.setYscale('log');
  }

  /** `plot` on two logarithmic axes. */
  loglog(...args: PlotArgs): void {
    this.add(() => makeLines('loglog', args, this.nextColor));
    this.setXscale('log');
    this.setYscale('log');
  }

  /** `plot` in steps: `where` is `'pre'`, `'post'` or `'mid'`. */
  step(...args: readonly (VectorLike | string | StepOptions)[]): void {
    this.add(() => makeSteps(args, this.nextColor));
  }

  /** Points with error bars: `errorbar(x, y, yerr, { capsize: 3, fmt: 'o' })`. */
  errorbar(x: VectorLike, y: VectorLike, ...rest: ErrorbarArgs): void {
    this.add(() => makeErrorbar(x, y, rest, this.nextColor));
  }

  /** `stem(y)` or `stem(x, y)`: a line from zero to each value. */
  stem(...args: readonly (VectorLike | StemOptions)[]): void {
    this.add(() => makeStem(args));
  }

  /** The area between two curves (the second is 0 unless given), where `where` is true. */
  fillBetween(x: VectorLike, y1: VectorLike, ...rest: FillBetweenArgs): void {
    this.add(() => [makeFill('x', x, y1, rest, this.nextColor)]);
  }

  /** `fillBetween` for curves that run upwards. */
  fillBetweenx(y: VectorLike, x1: VectorLike, ...rest: FillBetweenArgs): void {
    this.add(() => [makeFill('y', y, x1, rest, this.nextColor)]);
  }

  /** Points of size `s` (square points) and colour `c`; numbers for `c` become colours by `cmap`. */
  scatter(x: VectorLike, y: VectorLike, ...rest: ScatterArgs): Mappable | undefined {
    let mappable: Mappable | undefined;
    this.add(() => {
      const made = makeScatter(x, y, rest, this.nextColor);
      mappable = made.mappable;
      return [made.artist];
    });
    if (mappable) this.mappables.push(mappable);
    return mappable;
  }

  /** Vertical bars at numbers or named categories. */
  bar(x: Categories, height: VectorLike, ...rest: BarArgs): void {
    this.#bars('x', x, height, rest);
  }

  /** Horizontal bars, the first one lowest. */
  barh(y: Categories, width: VectorLike, ...rest: BarhArgs): void {
    this.#bars('y', y, width, rest);
  }

  #bars(axis: 'x' | 'y', positions: Categories, lengths: VectorLike, rest: BarArgs | BarhArgs): void {
    this.add(() => {
      const { artists, ticks } = makeBars(axis, positions, lengths, rest, this.nextColor);
      if (ticks) this[axis].range.ticks = ticks;
      return artists;
    });
  }

  /** Counts in bins of equal width, between given edges, or by numpy's rules (`'auto'`); returns them with the edges. */
  hist(x: VectorLike, ...rest: HistArgs): HistResult;
  hist(x: readonly VectorLike[], ...rest: HistArgs): HistResults;
  hist(x: VectorLike | readonly VectorLike[], ...rest: HistArgs): HistResult | HistResults {
    let made: ReturnType<typeof makeHist> | undefined;
    this.add(() => (made = makeHist(x, rest, this.nextColor)).artists);
    const { counts, edges, log, horizontal } = made as ReturnType<typeof makeHist>;
    if (log) (horizontal ? this.x : this.y).range.scale = 'log';
    return isDatasets(x) ? { counts, edges } : { counts: counts[0], edges };
  }

  /** The outline of counts that were made elsewhere: one more edge than values. */
  stairs(values: VectorLike, edges?: VectorLike | StairsOptions, options: StairsOptions = {}): void {
    const [given, chosen] = edges === undefined || isData(edges) ? [edges, options] : [undefined, edges];
    this.add(() => [makeStairs(values, given, chosen, this.nextColor)]);
  }

  /**
   * A matrix as coloured cells, or a picture: (M, N), (M, N, 3 or 4), or a PyTorch image (1, 3 or 4, M, N); colours from 0
   * to 1 or to 255.
   */
  imshow(X: ArrayLikeND, ...rest: CallArgs<[cmap: ColorMap], ImshowOptions>): Mappable | undefined {
    const op = 'imshow';
    const made = makeImage(op, X, readOptions<ImshowOptions>(op, ['cmap'], ['norm', 'vmin', 'vmax', 'extent', 'origin', 'aspect', 'interpolation', 'alpha'], rest));
    this.aspect = made.aspect;
    this.x.range.whole = this.y.range.whole = made.whole;
    return this.#drawn(made);
  }

  #drawn({ artist, mappable }: Drawn): Mappable | undefined {
    this.artists.push(artist);
    if (mappable) this.mappables.push(mappable);
    return mappable;
  }

  /** `imshow` of a matrix with whole ticks and the column numbers on top. */
  matshow(A: MatrixLike, options: ImshowOptions = {}): Mappable {
    const mappable = this.imshow(A, options) as Mappable;
    this.x.side = 'far';
    return mappable;
  }

  /** `pcolormesh(C)` or `pcolormesh(X, Y, C)`: cells between edges (or around centres) that need not be even. */
  pcolormesh(...args: readonly (VectorLike | MatrixLike | PcolormeshOptions)[]): Mappable {
    const op = 'pcolormesh';
    const { data, options } = splitData<PcolormeshOptions>(op, args, [...normNames, ...edgeOptionNames, 'alpha', 'shading']);
    return this.#drawn(makeMesh(op, data, options, this.isLinear)) as Mappable;
  }

  /** Lines of equal value: `contour(Z)`, `contour(X, Y, Z)`, each perhaps with `levels`. */
  contour(...args: ContourArgs): Mappable {
    return this.#contours('contour', args, makeContours);
  }

  /** `contour` with the bands between the levels filled. */
  contourf(...args: ContourArgs): Mappable {
    return this.#contours('contourf', args, makeFilledContours);
  }

  #contours(op: string, args: ContourArgs, make: typeof makeContours): Mappable {
    const { data, options } = splitData<ContourOptions>(op, args, contourOptionNames);
    const { artists, mappable } = make(data, options);
    this.artists.push(...artists);
    this.mappables.push(mappable);
    return mappable;
  }

  /**
   * Where a classifier decides what: `classify` gets the points of a grid around `X` and answers with classes, with scores
   * by class (n, k), or with one probability or score for each, which is drawn with its boundary. Points `X` of classes
   * `y` lie on top.
   */
  decisionRegions(classify: Classifier, X: MatrixLike, y?: VectorLike | readonly string[], options: DecisionRegionsOptions = {}): Mappable | undefined {
    return this.whole(() => drawDecisionRegions(this, classify, X, y, options));
  }

  /** Boxes from the first to the third quartile with the median, whiskers and outliers, of each data set. */
  boxplot(x: Datasets, options: BoxplotOptions = {}): void {
    this.#spread(() => makeBoxes(x, options));
  }

  /** The estimated density of each data set, on both sides of its position. */
  violinplot(dataset: Datasets, options: ViolinplotOptions = {}): void {
    this.#spread(() => makeViolins(dataset, options, this.nextColor()), options.tickLabels !== undefined);
  }

  #spread(make: () => Spread, named = true): void {
    this.add(() => {
      const { artists, ticks, horizontal } = make();
      if (named) this[horizontal ? 'y' : 'x'].range.ticks = ticks;
      return artists;
    });
  }

  /** Shares of a whole, counter-clockwise from the right. */
  pie(x: VectorLike, options: PieOptions = {}): void {
    this.add(() => makePie(x, options, this.nextColor));
    this.aspect = 'equal';
    this.visible = false;
  }

  /** Losses by step, pale as they are and smoothed as TensorBoard does; several by name: `{ train, validation }`. */
  lossCurve(losses: LossSeries | Readonly<Record<string, LossSeries>>, options: LossCurveOptions = {}): void {
    this.add(() => drawLossCurve(this, losses, options, (color) => (color === undefined ? this.nextColor() : checkColor('lossCurve', 'color', color))));
    if (this.artists.some((artist) => artist.kind === 'line' && artist.label !== undefined)) this.legend();
  }

  /** seaborn's heat map: cells with values (`annot`), names of rows and columns, and a colour bar. */
  heatmap(data: MatrixLike, options: HeatmapOptions = {}): Mappable {
    return this.whole(() => drawHeatmap(this, data, options));
  }

  /**
   * sklearn's display of a confusion matrix, of counts (rows are true classes) or of true and predicted labels; returns
   * the counts, or what `normalize` makes of them.
   */
  confusionMatrix(...args: ConfusionMatrixArgs): number[][] {
    return this.whole(() => drawConfusionMatrix(this, args));
  }

  /** The key to the colours of what was drawn last, or of `mappable`, beside this axes. */
  colorbar(mappable?: Mappable | ColorbarOptions, options: ColorbarOptions = {}): Colorbar {
    const [given, chosen] = mappable !== undefined && !('table' in mappable) ? [undefined, mappable] : [mappable as Mappable | undefined, options];
    const bar = new Colorbar(checkMappable(given, this.mappables.at(-1)), chosen);
    this.colorbars.push(bar);
    return bar;
  }

  /** A horizontal line across the axes or, from xmin to xmax (0 to 1), a part of it. */
  axhline(y = 0, ...rest: RuleArgs): void {
    this.add(() => [makeRule('y', y, rest)]);
  }

  /** A vertical line across the axes or, from ymin to ymax (0 to 1), a part of it. */
  axvline(x = 0, ...rest: RuleArgs): void {
    this.add(() => [makeRule('x', x, rest)]);
  }

  /** A horizontal band across the axes. */
  axhspan(ymin: number, ymax: number, options: SpanOptions = {}): void {
    this.add(() => [makeSpan('y', ymin, ymax, options)]);
  }

  /** A vertical band across the axes. */
  axvspan(xmin: number, xmax: number, options: SpanOptions = {}): void {
    this.add(() => [makeSpan('x', xmin, xmax, options)]);
  }

  /** Horizontal lines at `y` from `xmin` to `xmax`. */
  hlines(y: VectorLike, xmin: VectorLike, xmax: VectorLike, ...rest: LinesArgs): void {
    this.add(() => makeSegments('y', y, xmin, xmax, rest));
  }

  /** Vertical lines at `x` from `ymin` to `ymax`. */
  vlines(x: VectorLike, ymin: VectorLike, ymax: VectorLike, ...rest: LinesArgs): void {
    this.add(() => makeSegments('x', x, ymin, ymax, rest));
  }

  /** Writes at a point of the data. */
  text(x: number, y: number, s: string, options: TextOptions = {}): void {
    this.add(() => [makeText('text', x, y, s, options)]);
  }

  /** Writes at a point or, with `xytext` and `arrowprops`, away from it with an arrow to it. */
  annotate(text: string, xy: readonly [number, number], ...rest: AnnotateArgs): void {
    this.add(() => [makeAnnotation(text, xy, rest)]);
  }
}
