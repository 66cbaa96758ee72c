/** The bars of a terminal, one below the other, drawn by cli-progress. */
import { createRequire } from 'node:module';
import type { MultiBar as MultiBarType, SingleBar } from 'cli-progress';

/** Where bars are drawn: `process.stderr`, or whatever else is written to. */
export interface BarStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a line shows, asked whenever it is drawn. */
export interface Line {
  text(width: number): string;
}

/** Columns that a line may have. */
export const widthOf = (stream: BarStream): number => (stream.columns ?? 80) - 1;

export const isTerminal = (stream: BarStream): boolean => stream.isTTY === true && process.env.TERM !== 'dumb';

/** A loop that computes asks at once, so that the library cannot be awaited; without a terminal it is never loaded. */
const load = (): typeof import('cli-progress') => createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');

const screens = new WeakMap<BarStream, Screen>();

export class Screen {
  private readonly bars = new Map<Line, SingleBar>();
  private readonly multi: MultiBarType;

  /** The screen of a terminal: all bars on it know of each other. */
  static of(stream: BarStream): Screen {
    let screen = screens.get(stream);
    if (screen === undefined) screens.set(stream, (screen = new Screen(stream)));
    return screen;
  }

  /** Whether bars are drawn there now. */
  static active(stream: BarStream): boolean {
    return (screens.get(stream)?.bars.size ?? 0) > 0;
  }

  private constructor(stream: BarStream) {
    const { MultiBar } = load();
    this.multi = new MultiBar({
      stream: stream as NodeJS.WritableStream, format: (_, { maxWidth }, { line }: { line: Line }) => line.text(maxWidth - 1),
      // Lines fit, and leave the last column free: to clear to the end from there would take its character. A log moves bars down, so that unchanged ones are drawn again as well.
      linewrap: true, forceRedraw: true, clearOnComplete: true, fps: 10,
      // A handler would keep Ctrl+C from ending the process, and there is no cursor to bring back.
      gracefulExit: false, hideCursor: null,
    });
    // A bar that is never closed must not keep the process alive.
    const release = (): void => void (this.multi as unknown as { readonly timer: NodeJS.Timeout | null }).timer?.unref();
    this.multi.on('start', release);
    this.multi.on('update-post', release);
  }

  add(line: Line): void {
    this.bars.set(line, this.multi.create(1, 0, { line }));
    this.multi.update();
  }

  draw(): void {
    this.multi.update();
  }

  /** Takes a line away; its last text may stay above the others. */
  remove(line: Line, text: string | null): void {
    const bar = this.bars.get(line);
    if (bar === undefined) return;
    this.bars.delete(line);
    if (text !== null) this.multi.log(ended(text));
    this.multi.remove(bar);
    if (this.bars.size === 0) this.multi.stop();
  }

  /** Text above the bars. */
  log(text: string): void {
    this.multi.log(ended(text));
    this.multi.update();
  }
}

/** Every line is cleared to its end: a longer bar may have been there. */
const ended = (text: string): string => `${text.replaceAll('\n', '\x1b[K\n')}\x1b[K\n`;
