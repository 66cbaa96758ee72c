/** SummaryWriter: what a run shows in TensorBoard. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { numbersOf, tensorArg } from '../metrics/metric.ts';
import { EventFile, now, type EventFileOptions } from './event-file.ts';
import { summaryEvent, type Summary } from './events.ts';
import { makeHistogram, type Bins } from './histogram.ts';
import { hparamSummaries, type HParam } from './hparams.ts';
import { encodeImage, readPng } from './pictures.ts';
import { MOST_THRESHOLDS, prCurve } from './pr-curve.ts';

export interface SummaryWriterOptions {
  /** `runs/<date>_<time>_<host>` unless given. */
  readonly logDir?: string | null;
  /** Stands after the default `logDir`. */
  readonly comment?: string | null;
  /** Where a run that crashed goes on: what older files have from this step on is hidden. */
  readonly purgeStep?: number | null;
  /** Events that wait before they are written. */
  readonly maxQueue?: number | null;
  /** Seconds that an event waits at most. */
  readonly flushSecs?: number | null;
  readonly filenameSuffix?: string | null;
}

interface At {
  readonly globalStep?: number | null;
  /** Seconds since 1970; now unless given. */
  readonly walltime?: number | null;
}
type AtArgs = CallArgs<[globalStep: number | null, walltime: number | null], At>;

/** A figure of flambeau/plot, or whatever else draws itself as a PNG. */
export interface PngFigure {
  toPNG(): Promise<Uint8Array>;
}

const WRITER = signature('SummaryWriter(logDir?, comment?, purgeStep?, maxQueue?, flushSecs?, filenameSuffix?)');
const ADD = {
  scalar: signature('addScalar(tag, scalarValue, globalStep?, walltime?, newStyle?, doublePrecision?)'),
  scalars: signature('addScalars(globalStep?, walltime?)'),
  histogram: signature('addHistogram(tag, values, globalStep?, bins?, walltime?, maxBins?)'),
  image: signature('addImage(tag, imgTensor, globalStep?, walltime?, dataformats?)'),
  images: signature('addImages(tag, imgTensor, globalStep?, walltime?, dataformats?)'),
  figure: signature('addFigure(globalStep?, walltime?)'),
  text: signature('addText(tag, textString, globalStep?, walltime?)'),
  prCurve: signature('addPrCurve(tag, labels, predictions, globalStep?, numThresholds?, walltime?)'),
  hparams: signature('addHparams(hparamDomainDiscrete?, runName?, globalStep?)'),
};

function text(op: string, name: string, value: unknown): string {
  if (typeof value !== 'string') throw new ArgumentError(op, name, `must be a string, got ${show(value)}`);
  return value;
}

/** Two digits of a part of a date. */
const two = (part: number): string => String(part).padStart(2, '0');

function defaultDirectory(comment: string): string {
  const date = new Date(), month = date.toLocaleString('en-US', { month: 'short' });
  return join('runs', `${month}${two(date.getDate())}_${two(date.getHours())}-${two(date.getMinutes())}-${two(date.getSeconds())}_${hostname()}${comment}`);
}

function scalar(op: string, name: string, value: unknown): number {
  if (value instanceof Tensor) {
    if (value.numel() !== 1) throw new ArgumentError(op, name, `must have one element, got a tensor of shape [${value.shape.join(', ')}]`);
    return numbersOf(value)[0];
  }
  return typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : numberArg(op, name, value);
}

/**
 * Writes event files that TensorBoard shows, PyTorch's `torch.utils.tensorboard.SummaryWriter`. Events reach the file
 * after `maxQueue` of them or `flushSecs`, at `flush` and `close`, and when the process exits.
 *
 *     const writer = new SummaryWriter('runs/mnist');
 *     writer.addScalar('loss/train', loss, step);
 *     writer.addHistogram('fc1.weight', model.fc1.weight, step);
 *     await writer.close();
 */
export class SummaryWriter {
  readonly logDir: string;
  private readonly options: EventFileOptions;
  /** By their directories: `addScalars` has one for every name. */
  private readonly files = new Map<string, EventFile>();
  private readonly drawing = new Set<Promise<void>>();
  private closed = false;

  constructor(...args: CallArgs<[logDir: string | null, comment: string | null, purgeStep: number | null, maxQueue: number, flushSecs: number, filenameSuffix: string], SummaryWriterOptions>) {
    const op = 'SummaryWriter', given = bind(WRITER, args);
    const positive = (name: string, fallback: number): number => {
      const value = numberArg(op, name, given[name], fallback);
      if (!(value > 0)) throw new ArgumentError(op, name, `must be above 0, got ${value}`);
      return value;
    };
    this.options = {
      purgeStep: given.purgeStep === undefined ? undefined : intArg(op, 'purgeStep', given.purgeStep),
      maxQueue: positive('maxQueue', 10), flushSecs: positive('flushSecs', 120),
      filenameSuffix: text(op, 'filenameSuffix', given.filenameSuffix ?? ''),
    };
    this.logDir = text(op, 'logDir', given.logDir ?? defaultDirectory(text(op, 'comment', given.comment ?? '')));
    this.file(this.logDir);
  }

  /** PyTorch's `get_logdir`. */
  getLogdir(): string {
    return this.logDir;
  }

  private file(directory: string): EventFile {
    let file = this.files.get(directory);
    if (file === undefined) this.files.set(directory, (file = new EventFile(directory, this.options)));
    return file;
  }

  private write(op: string, summary: Summary, { globalStep, walltime }: Readonly<Record<string, unknown>>, directory = this.logDir): void {
    if (this.closed) throw new ArgumentError(op, 'writer', 'is closed');
    const at = { step: intArg(op, 'globalStep', globalStep, 0), wallTime: numberArg(op, 'walltime', walltime, now()) };
    this.file(directory).add(summaryEvent(at, summary));
  }

  /** A number: a value, or a tensor of one element. */
  addScalar(tag: string, scalarValue: number | bigint | boolean | Tensor, ...args: CallArgs<[globalStep: number | null, walltime: number | null, newStyle: boolean, doublePrecision: boolean],
    At & { readonly newStyle?: boolean; readonly doublePrecision?: boolean }>): void {
    const op = 'addScalar', given = bind(ADD.scalar, [tag, scalarValue, ...args]), value = scalar(op, 'scalarValue', scalarValue);
    const double = boolArg(op, 'doublePrecision', given.doublePrecision);
    if (!boolArg(op, 'newStyle', given.newStyle)) this.write(op, { tag: text(op, 'tag', tag), value: { simpleValue: value } }, given);
    else this.write(op, { tag: text(op, 'tag', tag), plugin: { name: 'scalars' }, value: double ? { double: value } : { float: value } }, given);
  }

  /** Several numbers in one diagram. Each name is a run of its own, `<logDir>/<mainTag>_<name>`, as in PyTorch. */
  addScalars(mainTag: string, tagScalarDict: Readonly<Record<string, number | Tensor>>, ...args: AtArgs): void {
    const op = 'addScalars', given = bind(ADD.scalars, args), tag = text(op, 'mainTag', mainTag);
    if (!isOptions(tagScalarDict)) throw new ArgumentError(op, 'tagScalarDict', `must be an object of numbers by name, got ${show(tagScalarDict)}`);
    const values = Object.entries(tagScalarDict).map(([name, value]) => [name, scalar(op, name, value)] as const);
    const fixed = { ...given, walltime: given.walltime ?? now() };
    for (const [name, value] of values) this.write(op, { tag, value: { simpleValue: value } }, fixed, join(this.logDir, `${tag.replaceAll('/', '_')}_${name.replaceAll('/', '_')}`));
  }

  /** How values are spread; finite ones only. */
  addHistogram(tag: string, values: Tensor | ArrayLike<number>, ...args: CallArgs<[globalStep: number | null, bins: Bins, walltime: number | null, maxBins: number | null],
    At & { readonly bins?: Bins | null; readonly maxBins?: number | null }>): void {
    const op = 'addHistogram', given = bind(ADD.histogram, [tag, values, ...args]);
    if (!(values instanceof Tensor) && !Array.isArray(values) && !ArrayBuffer.isView(values)) throw new ArgumentError(op, 'values', `must be a Tensor or numbers, got ${show(values)}`);
    const numbers = values instanceof Tensor ? numbersOf(values) : Float64Array.from(values as ArrayLike<number>);
    const maxBins = given.maxBins === undefined ? undefined : intArg(op, 'maxBins', given.maxBins);
    if (maxBins !== undefined && maxBins < 1) throw new ArgumentError(op, 'maxBins', `must be at least 1, got ${maxBins}`);
    this.write(op, { tag: text(op, 'tag', tag), value: { histogram: makeHistogram(op, numbers, given.bins ?? 'tensorflow', maxBins) } }, given);
  }

  /** A picture: [C, H, W], or the dimensions that `dataformats` names ('HWC', 'HW'); uint8, or floats from 0 to 1. */
  addImage(tag: string, imgTensor: Tensor, ...args: CallArgs<[globalStep: number | null, walltime: number | null, dataformats: string], At & { readonly dataformats?: string | null }>): void {
    const op = 'addImage', given = bind(ADD.image, [tag, imgTensor, ...args]);
    this.write(op, { tag: text(op, 'tag', tag), value: { image: encodeImage(op, tensorArg(op, 'imgTensor', imgTensor), given.dataformats ?? 'CHW', ['CHW', 'HW', 'CHNW']) } }, given);
  }

  /** A batch of pictures as one grid of eight columns: [N, C, H, W], or 'NHWC'. */
  addImages(tag: string, imgTensor: Tensor, ...args: CallArgs<[globalStep: number | null, walltime: number | null, dataformats: string], At & { readonly dataformats?: string | null }>): void {
    const op = 'addImages', given = bind(ADD.images, [tag, imgTensor, ...args]);
    this.write(op, { tag: text(op, 'tag', tag), value: { image: encodeImage(op, tensorArg(op, 'imgTensor', imgTensor), given.dataformats ?? 'NCHW', ['CHNW']) } }, given);
  }

  /** A figure of flambeau/plot as it is now; its picture is there when the promise is, and `close` waits for it. */
  addFigure(tag: string, figure: PngFigure, ...args: AtArgs): Promise<void> {
    const op = 'addFigure', given = bind(ADD.figure, args), name = text(op, 'tag', tag);
    if (typeof (figure as Partial<PngFigure> | null)?.toPNG !== 'function') throw new ArgumentError(op, 'figure', `must be a Figure, got ${show(figure)}`);
    const fixed = { ...given, walltime: given.walltime ?? now() };
    const drawn = figure.toPNG().then((png) => this.write(op, { tag: name, value: { image: readPng(op, png) } }, fixed));
    const done = drawn.finally(() => this.drawing.delete(done));
    this.drawing.add(done);
    return done;
  }

  /** Text, shown as Markdown. */
  addText(tag: string, textString: string, ...args: AtArgs): void {
    const op = 'addText', given = bind(ADD.text, [tag, textString, ...args]);
    this.write(op, { tag: `${text(op, 'tag', tag)}/text_summary`, plugin: { name: 'text' }, value: { text: text(op, 'textString', textString) } }, given);
  }

  /** Precision and recall of a binary decision, by 0 or 1 and its probability, at `numThresholds` (127, not more) thresholds. */
  addPrCurve(tag: string, labels: Tensor, predictions: Tensor, ...args: CallArgs<[globalStep: number | null, numThresholds: number, walltime: number | null], At & { readonly numThresholds?: number | null }>): void {
    const op = 'addPrCurve', given = bind(ADD.prCurve, [tag, labels, predictions, ...args]), count = intArg(op, 'numThresholds', given.numThresholds, MOST_THRESHOLDS);
    if (count < 2 || count > MOST_THRESHOLDS) throw new ArgumentError(op, 'numThresholds', `must be from 2 to ${MOST_THRESHOLDS}, got ${count}`);
    this.write(op, prCurve(op, text(op, 'tag', tag), numbersOf(tensorArg(op, 'labels', labels)), numbersOf(tensorArg(op, 'predictions', predictions)), count), given);
  }

  /**
   * Hyperparameters of a run and what came of them, for TensorBoard's dashboard of them: a run of its own below `logDir`,
   * named by the time unless `runName` is given.
   */
  addHparams(hparamDict: Readonly<Record<string, HParam>>, metricDict: Readonly<Record<string, number | Tensor>>,
    ...args: readonly [hparamDomainDiscrete?: Readonly<Record<string, readonly HParam[]>> | null, runName?: string | null, globalStep?: number | null]): void {
    const op = 'addHparams', [domains, ...rest] = args, given = bind(ADD.hparams, [null, ...rest]);
    if (!isOptions(metricDict)) throw new ArgumentError(op, 'metricDict', `must be an object of numbers by name, got ${show(metricDict)}`);
    const metrics = Object.entries(metricDict).map(([name, value]) => [name, scalar(op, name, value)] as const);
    const summaries = hparamSummaries(op, hparamDict, Object.keys(metricDict), domains ?? {});
    const directory = join(this.logDir, text(op, 'runName', given.runName ?? String(now())));
    for (const summary of summaries) this.write(op, summary, given, directory);
    for (const [tag, value] of metrics) this.write(op, { tag, value: { simpleValue: value } }, given, directory);
    if (directory === this.logDir) return;
    this.files.get(directory)?.close();
    this.files.delete(directory);
  }

  /** Writes what waits; it is on the disk when this returns. Figures that are still drawn follow. */
  flush(): void {
    for (const file of this.files.values()) file.flush();
  }

  /** Waits for figures, writes what is left and ends the files. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.flush();
    try {
      await Promise.all(this.drawing);
    } finally {
      this.closed = true;
      for (const file of this.files.values()) file.close();
      this.files.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
