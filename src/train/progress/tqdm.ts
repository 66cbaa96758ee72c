/** tqdm: how far a loop has come, how fast it is, and what it measures. */
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, type Bound, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { formatMeter, formatNum } from './meter.ts';
import { isTerminal, Screen, widthOf, type BarStream, type Line } from './screen.ts';

/** What `setPostfix` shows: numbers with three digits, tensors of one element as their number. */
export type Postfix = Readonly<Record<string, number | string | bigint | boolean | Tensor>>;

/** The options of Python's tqdm, under its names. */
export interface TqdmOptions {
  readonly desc?: string | null;
  /** How many there are; what is iterated over is asked for it. */
  readonly total?: number | null;
  /** Leaves the line when it is done (true). */
  readonly leave?: boolean | null;
  /** Where to draw: `process.stderr`. */
  readonly file?: BarStream | null;
  /** Width of the line; that of the terminal unless given. */
  readonly ncols?: number | null;
  /** Seconds between two drawings (0.1). */
  readonly mininterval?: number | null;
  /** True for `123456789#` instead of blocks, or characters from empty to full. */
  readonly ascii?: boolean | string | null;
  /** True shows nothing; false shows a last line also where there is no terminal; null shows nothing there. */
  readonly disable?: boolean | null;
  readonly unit?: string | null;
  readonly unitScale?: boolean | number | null;
  /** Weight of the last speed in the rate, from 0 (the mean over all) to 1 (0.3). */
  readonly smoothing?: number | null;
  /** `'{l_bar}{bar}{r_bar}'`, with tqdm's names. */
  readonly barFormat?: string | null;
  readonly initial?: number | null;
  readonly postfix?: Postfix | string | null;
  readonly unitDivisor?: number | null;
  /** Seconds before the bar is shown. */
  readonly delay?: number | null;
}

const NAMES = 'desc?, total?, leave?, file?, ncols?, mininterval?, ascii?, disable?, unit?, unitScale?, smoothing?, barFormat?, initial?, postfix?, unitDivisor?, delay?';
const TQDM = signature(`tqdm(${NAMES})`);
const RANGE = signature(`trange(*, ${NAMES})`);

function text(op: string, name: string, value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string') throw new ArgumentError(op, name, `must be a string, got ${show(value)}`);
  return value;
}

function atLeast(op: string, name: string, value: unknown, least: number, fallback: number): number {
  const number = numberArg(op, name, value, fallback);
  if (!(number >= least)) throw new ArgumentError(op, name, `must be at least ${least}, got ${number}`);
  return number;
}

/** The mean of what came, later ones weighing more, without the bias of the first. */
class Smoothed {
  private last = 0;
  private kept = 1;
  private readonly weight: number;

  constructor(weight: number) {
    this.weight = weight;
  }

  add(value: number): void {
    this.last = this.weight * value + (1 - this.weight) * this.last;
    this.kept *= 1 - this.weight;
  }

  get value(): number {
    return this.last / (1 - this.kept);
  }
}

const seconds = (): number => performance.now() / 1000;

/** A bar: `tqdm(iterable)` moves it by itself, one without is moved by `update`. */
export class ProgressBar {
  /** How many are done. */
  n: number;
  total: number | undefined;
  private desc: string;
  private postfix = '';
  private readonly options: Bound;
  private readonly stream: BarStream;
  private readonly interval: number;
  private readonly initial: number;
  private readonly delay: number;
  private readonly smoothing: number;
  /** 'drawn' on a terminal, 'last' for one line at the end elsewhere. */
  private readonly mode: 'drawn' | 'last' | 'off';
  private started = seconds();
  private drawnAt = -Infinity;
  private drawnN = 0;
  private screen: Screen | null = null;
  private times: Smoothed;
  private steps: Smoothed;
  private closed = false;
  private readonly line: Line = { text: (width) => this.render(width) };

  /** @internal */
  constructor(given: Bound, total: number | undefined) {
    const op = 'tqdm';
    this.options = given;
    this.desc = text(op, 'desc', given.desc, '');
    this.total = given.total === undefined ? total : atLeast(op, 'total', given.total, 0, 0);
    if (this.total === Infinity) this.total = undefined;
    this.stream = (given.file as BarStream | undefined) ?? process.stderr;
    if (typeof this.stream.write !== 'function') throw new ArgumentError(op, 'file', `must be a stream, got ${show(given.file)}`);
    this.interval = atLeast(op, 'mininterval', given.mininterval, 0, 0.1);
    this.initial = numberArg(op, 'initial', given.initial, 0);
    this.delay = atLeast(op, 'delay', given.delay, 0, 0);
    this.smoothing = numberArg(op, 'smoothing', given.smoothing, 0.3);
    if (!(this.smoothing >= 0 && this.smoothing <= 1)) throw new ArgumentError(op, 'smoothing', `must be from 0 to 1, got ${this.smoothing}`);
    if (given.ncols !== undefined) atLeast(op, 'ncols', given.ncols, 0, 0);
    for (const [name, kinds] of [['ascii', ['boolean', 'string']], ['unitScale', ['boolean', 'number']], ['leave', ['boolean']], ['disable', ['boolean']], ['unit', ['string']], ['barFormat', ['string']], ['unitDivisor', ['number']]] as const) {
      if (given[name] !== undefined && !(kinds as readonly string[]).includes(typeof given[name])) throw new ArgumentError(op, name, `must be a ${kinds.join(' or a ')}, got ${show(given[name])}`);
    }
    if (typeof given.ascii === 'string' && [...given.ascii].length < 2) throw new ArgumentError(op, 'ascii', `must have at least two characters, got ${show(given.ascii)}`);
    this.n = this.drawnN = this.initial;
    this.times = new Smoothed(this.smoothing);
    this.steps = new Smoothed(this.smoothing);
    this.mode = given.disable === true ? 'off' : isTerminal(this.stream) ? 'drawn' : given.disable === false ? 'last' : 'off';
    if (given.postfix !== undefined) {
      if (isOptions(given.postfix)) this.setPostfix(given.postfix as Postfix);
      else this.postfix = text(op, 'postfix', given.postfix, '');
    }
    if (this.mode === 'drawn' && this.delay === 0) this.refresh();
  }

  /** True where nothing is ever shown. */
  get disable(): boolean {
    return this.mode === 'off';
  }

  /** `n` more are done; the line is drawn again when `mininterval` is over. */
  update(n = 1): void {
    this.n += numberArg('update', 'n', n);
    if (this.mode === 'drawn') this.redraw();
  }

  private redraw(): void {
    if (seconds() - this.drawnAt >= this.interval) this.refresh();
  }

  /** Draws the line now. */
  refresh(): void {
    const now = seconds();
    if (this.mode !== 'drawn' || this.closed || now - this.started < this.delay) return;
    if (this.n > this.drawnN && this.drawnAt > 0) {
      this.times.add(now - this.drawnAt);
      this.steps.add(this.n - this.drawnN);
    }
    this.drawnAt = now;
    this.drawnN = this.n;
    if (this.screen === null) {
      this.screen = Screen.of(this.stream);
      this.screen.add(this.line);
    } else this.screen.draw();
  }

  private render(width: number | undefined): string {
    const { options } = this, rate = this.smoothing === 0 || this.closed ? NaN : this.steps.value / this.times.value;
    return formatMeter({
      n: this.n, total: this.total, elapsed: seconds() - this.started, ncols: (options.ncols as number | undefined) ?? width, desc: this.desc,
      ascii: (options.ascii as boolean | string | undefined) ?? false, unit: (options.unit as string | undefined) ?? 'it',
      unitScale: (options.unitScale as boolean | number | undefined) ?? false, unitDivisor: (options.unitDivisor as number | undefined) ?? 1000,
      rate: Number.isFinite(rate) ? rate : undefined, barFormat: options.barFormat as string | undefined, postfix: this.postfix, initial: this.initial,
    });
  }

  /** The line as it is now. */
  toString(): string {
    return this.render(undefined);
  }

  /** What stands before the bar. */
  setDescription(desc = '', refresh = false): void {
    this.desc = text('setDescription', 'desc', desc, '');
    if (refresh) this.refresh();
  }

  /**
   * What stands after the rate: `bar.setPostfix({ loss })`. It is shown at the next drawing, or at once with `refresh`,
   * which in tqdm is the default: a terminal takes longer to draw than many steps do.
   */
  setPostfix(values: Postfix, refresh = false): void {
    if (!isOptions(values)) throw new ArgumentError('setPostfix', 'values', `must be an object, got ${show(values)}`);
    // Nothing is read or written where nobody looks.
    if (this.mode === 'off') return;
    this.postfix = Object.entries(values).map(([name, value]) => `${name}=${shown(value)}`).join(', ');
    if (refresh) this.refresh();
    else if (this.mode === 'drawn') this.redraw();
  }

  setPostfixStr(postfix: string, refresh = false): void {
    this.postfix = text('setPostfixStr', 'postfix', postfix, '');
    if (refresh) this.refresh();
  }

  /** Starts anew, with another total if one is given. */
  reset(total?: number): void {
    if (total !== undefined) this.total = atLeast('reset', 'total', total, 0, 0);
    this.n = this.drawnN = this.initial;
    this.started = seconds();
    this.drawnAt = -Infinity;
    this.closed = false;
    this.times = new Smoothed(this.smoothing);
    this.steps = new Smoothed(this.smoothing);
    if (this.delay === 0) this.refresh();
  }

  /** Draws the last state, or takes the line away with `leave: false`. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const leave = this.options.leave ?? true;
    if (this.mode === 'last' && leave === true) this.stream.write(`${this.render(undefined)}\n`);
    if (this.screen === null) return;
    this.screen.remove(this.line, leave === true ? this.render(widthOf(this.stream)) : null);
    this.screen = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal Walks through, from the start again if it has been walked before. */
  *walk<T>(source: Iterable<T>): Generator<T, void, undefined> {
    if (this.closed) this.reset();
    try {
      for (const item of source) {
        yield item;
        this.update();
      }
    } finally {
      this.close();
    }
  }

  /** @internal */
  async *walkAsync<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    if (this.closed) this.reset();
    try {
      for await (const item of source) {
        yield item;
        this.update();
      }
    } finally {
      this.close();
    }
  }
}

function shown(value: Postfix[string]): string {
  if (value instanceof Tensor) return value.numel() === 1 ? formatNum(Number(value.detach().item())) : `[${value.shape.join(', ')}]`;
  return typeof value === 'number' ? formatNum(value) : String(value);
}

type Source = Partial<Iterable<unknown> & AsyncIterable<unknown>> & { readonly length?: unknown; readonly size?: unknown };

const isSource = (value: unknown): value is Source => (typeof value === 'string' || (typeof value === 'object' && value !== null) || typeof value === 'function')
  && (Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value));

/** How many there are, where that is known: `length` of arrays and loaders, `size` of sets, rows of tensors. */
function countOf(source: Source): number | undefined {
  if (source instanceof Tensor) return source.shape[0];
  // A loader over a stream throws when it is asked.
  try {
    for (const count of [source.length, source.size]) if (typeof count === 'number' && Number.isFinite(count)) return count;
  } catch {
    return undefined;
  }
  return undefined;
}

interface Tqdm {
  <T, U>(iterable: Iterable<T> & AsyncIterable<U>, ...args: CallArgs<[desc: string, total: number, leave: boolean], TqdmOptions>): ProgressBar & Iterable<T> & AsyncIterable<U>;
  <T>(iterable: Iterable<T>, ...args: CallArgs<[desc: string, total: number, leave: boolean], TqdmOptions>): ProgressBar & Iterable<T>;
  <T>(iterable: AsyncIterable<T>, ...args: CallArgs<[desc: string, total: number, leave: boolean], TqdmOptions>): ProgressBar & AsyncIterable<T>;
  (options?: TqdmOptions): ProgressBar;
  /** Prints above the bars, where `console.log` would tear them. */
  write(text: string, options?: { readonly file?: BarStream }): void;
}

function make(...args: readonly unknown[]): ProgressBar {
  if (args[0] !== undefined && args[0] !== null && !isSource(args[0]) && !isOptions(args[0])) throw new ArgumentError('tqdm', 'iterable', `must be iterable, got ${show(args[0])}`);
  const [source, ...rest] = isSource(args[0]) || args[0] === undefined || args[0] === null ? args : [undefined, ...args];
  if (source === undefined || source === null) return new ProgressBar(bind(TQDM, rest), undefined);
  const walked = source as Source, bar = new ProgressBar(bind(TQDM, rest), countOf(walked));
  if (Symbol.iterator in Object(walked)) Object.defineProperty(bar, Symbol.iterator, { value: () => bar.walk(walked as Iterable<unknown>) });
  if (Symbol.asyncIterator in Object(walked)) Object.defineProperty(bar, Symbol.asyncIterator, { value: () => bar.walkAsync(walked as AsyncIterable<unknown>) });
  return bar;
}

const WRITE = signature('write(text, *, file?)');

function write(line: string, options: { readonly file?: BarStream } = {}): void {
  const given = bind(WRITE, [text('write', 'text', line, ''), options]), stream = (given.file as BarStream | undefined) ?? process.stdout;
  // Standard output and standard error are one terminal: bars on the other are moved as well.
  const drawn = [stream, process.stderr].find((each) => isTerminal(each) && isTerminal(stream) && Screen.active(each));
  if (drawn === undefined) stream.write(`${line}\n`);
  else Screen.of(drawn).log(line);
}

/**
 * Shows a bar over anything that can be iterated, Python's `tqdm`: what goes in comes out, sync from sync and async from
 * async (a DataLoader gives both). Without an iterable, `update` moves the bar and `close` ends it. Bars below bars are
 * drawn below. Where standard error is no terminal nothing is shown, or one last line with `disable: false`.
 *
 *     const bar = tqdm(loader, { desc: `epoch ${epoch}` });
 *     for (const [x, y] of bar) bar.setPostfix({ loss: step(x, y) });
 */
export const tqdm: Tqdm = Object.assign(make as Omit<Tqdm, 'write'> as Tqdm, { write });

/** `tqdm` over the numbers of a range: `trange(n)`, `trange(start, stop)`, `trange(start, stop, step)`. */
export function trange(...args: readonly [...range: number[], options: TqdmOptions] | readonly number[]): ProgressBar & Iterable<number> {
  const op = 'trange', last = args[args.length - 1], options = isOptions(last) ? last : {}, numbers = (isOptions(last) ? args.slice(0, -1) : args) as readonly number[];
  bind(RANGE, [options]);
  if (numbers.length < 1 || numbers.length > 3) throw new ArgumentError(op, 'arguments', `expected 1 to 3 numbers (start, stop, step), got ${numbers.length}`);
  numbers.forEach((value, i) => intArg(op, ['start', 'stop', 'step'][i], value));
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  if (step === 0) throw new ArgumentError(op, 'step', 'must not be 0');
  const range = {
    length: Math.max(0, Math.ceil((stop - start) / step)),
    *[Symbol.iterator]() { for (let i = 0; i < this.length; i++) yield start + i * step; },
  };
  return tqdm(range, options as TqdmOptions);
}
