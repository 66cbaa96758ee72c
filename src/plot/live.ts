/**
 * A figure that is redrawn in place on a terminal while a program runs. log-update would wrap lines itself and counts them
 * by the old width after a resize, so that pieces stay behind; the little that is needed is here.
 */
import type { Figure } from './figure.ts';
import type { Surroundings } from './output.ts';
import { chooseTarget, terminalColor } from './output.ts';
import { columnsOf } from './screen.ts';
import { checkNumber, checkOptions } from './values.ts';

const escape = '\u001b[';
const hideCursor = `${escape}?25l`;
const showCursor = `${escape}?25h`;
/** Terminals that know synchronized updates show a frame at once; the others ignore it. */
const [beginFrame, endFrame] = [`${escape}?2026h`, `${escape}?2026l`];

export interface LiveOptions {
  /** Least seconds between two frames (0.1); what comes sooner is not drawn. */
  readonly interval?: number;
  /** Lines of the figure; at most those of the terminal. */
  readonly rows?: number;
}

type Write = Surroundings['terminal']['write'];

/** Where cleaning up is asked for; tests put their own in its place. */
export interface Ending {
  readonly onEnd: (clean: () => void) => () => void;
}

/** At the end of the process, by itself or by a signal that nobody else handles. */
export const processEnd: Ending = {
  onEnd: (clean) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const handlers = signals.map((signal) => {
      const handler = (): void => {
        clean();
        process.removeListener(signal, handler);
        // Without another listener the signal does what it would have done.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      };
      process.on(signal, handler);
      return () => process.removeListener(signal, handler);
    });
    process.on('exit', clean);
    return () => {
      process.removeListener('exit', clean);
      for (const remove of handlers) remove();
    };
  },
};

export class Live {
  readonly #figure: () => Figure;
  readonly #surroundings: Surroundings;
  readonly #interval: number;
  readonly #rows: number | undefined;
  readonly #ending: Ending;
  readonly #now: () => number;
  #drawnAt = -Infinity;
  /** Widths of the lines on the screen, for they take more lines after the terminal got narrower. */
  #shown: readonly number[] = [];
  #release: (() => void) | undefined;
  #drawing = false;
  /** Where other output left the cursor in a line that it did not end; undefined at the start of a line. */
  #column: number | undefined;
  /** Whether the figure stands below such a line. */
  #below = false;
  #closed = false;

  constructor(figure: () => Figure, options: LiveOptions, surroundings: Surroundings, ending: Ending = processEnd, now: () => number = () => performance.now()) {
    const op = 'live';
    checkOptions(op, options, ['interval', 'rows']);
    this.#interval = 1000 * checkNumber(op, 'interval', options.interval ?? 0.1, { min: 0, max: 3600 });
    this.#rows = options.rows === undefined ? undefined : Math.floor(checkNumber(op, 'rows', options.rows, { min: 5, max: 1000 }));
    this.#figure = figure;
    this.#surroundings = surroundings;
    this.#ending = ending;
    this.#now = now;
  }

  /** Whether there is a terminal to draw on. */
  get active(): boolean {
    return !this.#closed && chooseTarget(this.#surroundings) === 'terminal';
  }

  /** Draws the figure as it is now, over what was drawn before; nothing where that was less than `interval` ago, or where there is no terminal. */
  draw(): void {
    if (!this.active || this.#now() - this.#drawnAt < this.#interval) return;
    this.flush();
  }

  /** Draws now, however short the time since the last frame. */
  flush(): void {
    if (!this.active) return;
    const { terminal } = this.#surroundings;
    this.#take();
    const columns = Math.max(20, Math.min(100, (terminal.columns ?? 80) - 1));
    const figure = this.#figure();
    // The last line stays free for the cursor: a figure as high as the terminal would scroll away.
    const room = Math.max(5, (terminal.rows ?? 25) - 1);
    const natural = Math.round((columns * figure.height) / figure.width / 2);
    const rows = Math.min(room, this.#rows ?? Math.max(natural, 9 * Math.max(1, ...figure.axes.map((axes) => axes.cell.rows))));
    const text = figure.toTerminal({ columns, rows, color: terminalColor(this.#surroundings) });
    const erase = this.#erase();
    this.#below = this.#column !== undefined;
    this.#write(`${beginFrame}${erase}${this.#below ? '\n' : ''}${text}\n${endFrame}`);
    this.#shown = text.split('\n').map((line) => columnsOf(line.replaceAll(/\u001b\[[\d;]*m/g, '')));
    this.#drawnAt = this.#now();
  }

  /** Draws the last state, shows the cursor again and leaves the figure where it is. */
  close(): void {
    if (this.#closed) return;
    if (this.#release) {
      this.flush();
      this.#giveBack();
    }
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(text: string): void {
    this.#drawing = true;
    try {
      this.#surroundings.terminal.write(text);
    } finally {
      this.#drawing = false;
    }
  }

  /** Moves to where the figure began and clears from there. */
  #erase(): string {
    const columns = this.#surroundings.terminal.columns ?? 80;
    const lines = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    this.#shown = [];
    if (lines === 0) return '';
    // Back into the line that was not ended, to go on where it stopped.
    return this.#below ? `${escape}${lines + 1}A\r${this.#column ? `${escape}${this.#column}C` : ''}${escape}J` : `${escape}${lines}A\r${escape}J`;
  }

  /** Hides the cursor and lets what others write to the terminal stand above the figure. */
  #take(): void {
    if (this.#release) return;
    const { terminal, beside = [] } = this.#surroundings;
    const forget = this.#ending.onEnd(() => this.#giveBack());
    const restore = [terminal, ...beside.filter((stream) => stream.isTTY)].map((stream) => this.#watch(stream));
    this.#release = () => {
      forget();
      for (const each of restore) each();
      terminal.write(showCursor);
    };
    this.#write(hideCursor);
  }

  /** Takes the figure away before anything else is written to a stream; gives back how to end that. */
  #watch(stream: { write: Write }): () => void {
    const own = Object.getOwnPropertyDescriptor(stream, 'write');
    const write = stream.write;
    const watched = (...args: Parameters<Write>): unknown => {
      if (this.#drawing) return write.apply(stream, args);
      const erase = this.#erase();
      if (erase !== '') this.#write(erase);
      this.#follow(String(args[0]));
      return write.apply(stream, args);
    };
    stream.write = watched;
    return () => {
      if (stream.write !== watched) return;
      if (own) Object.defineProperty(stream, 'write', own);
      else delete (stream as { write?: Write }).write;
    };
  }

  /** Keeps track of the column in which a text leaves the cursor. */
  #follow(text: string): void {
    const line = text.slice(text.lastIndexOf('\n') + 1);
    if (text.includes('\n')) this.#column = undefined;
    // A return, or a move to the first column, begins the line anew.
    const parts = line.split(/\r|\u001b\[[01]?G/);
    const width = columnsOf(parts[parts.length - 1].replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, ''));
    if (parts.length > 1) this.#column = width;
    else if (width > 0) this.#column = (this.#column ?? 0) + width;
  }

  #giveBack(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }
}
