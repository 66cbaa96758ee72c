/** Figures that are redrawn in place: what they write is played back on a small terminal of the test's own. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Live } from '../src/plot/live.ts';
import * as plt from '../src/plot/index.ts';

beforeEach(() => {
  plt.ioff();
  plt.close('all');
});

/** Understands what Live writes: newlines, carriage returns, cursor up, clear to the end, and modes, which it records. */
class Playback {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cursor = true;
  frames = 0;
  lines: string[] = [''];
  #row = 0;
  #column = 0;
  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }
  getColorDepth(): number {
    return 1;
  }
  write(text: string): boolean {
    for (const [, mode, on, count, command, char] of text.matchAll(/\u001b\[\?(\d+)([hl])|\u001b\[(\d*)([ACJ])|([^\u001b])/gs)) {
      if (mode === '25') this.cursor = on === 'h';
      else if (mode === '2026') this.frames += on === 'h' ? 1 : 0;
      else if (command === 'A') this.#row = Math.max(0, this.#row - Number(count || 1));
      else if (command === 'C') this.#column += Number(count || 1);
      else if (command === 'J') this.lines = [...this.lines.slice(0, this.#row), (this.lines[this.#row] ?? '').slice(0, this.#column)];
      else if (char === '\n') this.#move(this.#row + 1, 0);
      else if (char === '\r') this.#column = 0;
      else if (char !== undefined) this.#put(char);
    }
    return true;
  }
  #put(char: string): void {
    if (this.#column === this.columns) this.#move(this.#row + 1, 0);
    const line = this.lines[this.#row].padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + char + line.slice(this.#column + 1);
    this.#column++;
  }
  #move(row: number, column: number): void {
    [this.#row, this.#column] = [row, column];
    while (this.lines.length <= row) this.lines.push('');
  }
  /** What a terminal does with its long lines when it gets narrower. */
  rewrap(columns: number): void {
    const above = this.lines.slice(0, this.#row);
    this.lines = [...above.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gs')) ?? ['']), ''];
    this.columns = columns;
    this.#move(this.lines.length - 1, 0);
  }
  get text(): string {
    return this.lines.join('\n').trimEnd();
  }
}

interface Stage {
  readonly screen: Playback;
  readonly surroundings: plt.Surroundings;
  readonly live: Live;
  /** The clock, in milliseconds. */
  readonly clock: { now: number };
  readonly end: () => void;
}

function stage(overrides: Partial<plt.Surroundings> = {}, screen = new Playback(60, 30)): Stage {
  const surroundings: plt.Surroundings = { platform: 'linux', env: { TERM: 'xterm' }, folder: () => '', open: async () => false, ...overrides, terminal: overrides.terminal ?? screen };
  const clock = { now: 0 };
  let clean = (): void => {};
  const live = new Live(plt.gcf, {}, surroundings, { onEnd: (f) => ((clean = f), () => (clean = () => {})) }, () => clock.now);
  return { screen, surroundings, live, clock, end: () => clean() };
}

/** The figure as it would be drawn alone. */
function alone(columns: number, rows: number): string {
  return plt.toTerminal({ columns, rows }).trimEnd();
}

describe('a live figure', () => {
  it('is drawn over itself, with the cursor hidden meanwhile', () => {
    const { screen, live, clock } = stage();
    plt.plot([1, 2]);
    live.draw();
    expect(screen.cursor).toBe(false);
    const rows = screen.lines.length - 1;
    expect(screen.text).toBe(alone(59, rows));
    plt.cla();
    plt.plot([3, 1, 2]);
    plt.title('second');
    clock.now = 200;
    live.draw();
    expect(screen.text).toBe(alone(59, rows));
    expect(screen.frames).toBe(2);
    live.close();
    expect(screen.cursor).toBe(true);
    expect(screen.text).toBe(alone(59, rows));
  });

  it('draws no oftener than its interval, and the last state at the end', () => {
    const { screen, live, clock } = stage();
    for (let i = 0; i < 50; i++) {
      plt.cla();
      plt.title(`epoch ${i}`);
      clock.now = 10 * i;
      live.draw();
    }
    expect(screen.frames).toBe(5);
    expect(screen.text).toContain('epoch 40');
    live.close();
    expect(screen.text).toContain('epoch 49');
    expect(screen.text).not.toContain('epoch 40');
  });

  it('keeps what the program prints, above the figure', () => {
    const { screen, live, clock } = stage();
    plt.plot([1, 2]);
    for (let i = 1; i <= 3; i++) {
      live.flush();
      screen.write(`epoch ${i}\n`);
      clock.now += 1000;
    }
    screen.write('no newline yet');
    live.flush();
    const figure = alone(59, screen.lines.length - 5);
    expect(screen.text).toBe(`epoch 1\nepoch 2\nepoch 3\nno newline yet\n${figure}`);
  });

  it('lets a line go on that was not ended, and progress bars rewrite theirs', () => {
    const screen = new Playback(60, 30);
    const errors = { isTTY: true, write: (text: string) => screen.write(text) };
    const { live } = stage({ beside: [errors] }, screen);
    plt.plot([1, 2]);
    live.flush();
    screen.write('loading ');
    live.flush();
    screen.write('done\n');
    for (const percent of [10, 50, 90]) {
      errors.write(`\r${percent}% of the epoch`);
      live.flush();
    }
    expect(screen.text).toBe(`loading done\n90% of the epoch\n${alone(59, screen.lines.length - 3)}`);
    const { write } = errors;
    live.close();
    expect(errors.write).not.toBe(write);
    errors.write('after\n');
    expect(screen.text.endsWith('after')).toBe(true);
  });

  it('leaves nothing behind when the terminal gets narrower or wider', () => {
    const { screen, live } = stage();
    plt.plot([1, 2, 3]);
    screen.write('before\n');
    live.flush();
    for (const columns of [31, 47, 90, 25]) {
      screen.rewrap(columns);
      live.flush();
      const rows = screen.lines.length - 2;
      expect(screen.text).toBe(`before\n${alone(columns - 1, rows)}`);
    }
  });

  it('never is higher than the terminal', () => {
    const { screen, live } = stage({}, new Playback(100, 12));
    plt.subplots(4, 1);
    live.flush();
    live.flush();
    expect(screen.lines.length).toBe(12);
  });

  it.each([['no terminal', { isTTY: false, write: vi.fn() }, {}], ['a dumb terminal', { isTTY: true, write: vi.fn() }, { TERM: 'dumb' }]])('writes nothing where there is %s', (_, terminal, env) => {
    const { live } = stage({ terminal, env });
    const { write } = terminal;
    plt.plot([1, 2]);
    live.draw();
    live.flush();
    live.close();
    expect(terminal.write).toBe(write);
    expect(write).not.toHaveBeenCalled();
    expect(live.active).toBe(false);
  });

  it('shows the cursor and gives the terminal back when the process ends in between', () => {
    const { screen, live, end } = stage();
    const before = Object.getOwnPropertyDescriptor(screen, 'write');
    plt.plot([1, 2]);
    live.flush();
    expect(screen.cursor).toBe(false);
    end();
    expect(screen.cursor).toBe(true);
    expect(Object.getOwnPropertyDescriptor(screen, 'write')).toEqual(before);
  });

  it('ends with its scope', () => {
    const screen = new Playback(60, 30);
    const { surroundings } = stage({}, screen);
    plt.plot([1, 2]);
    {
      using live = plt.live({ interval: 0 }, surroundings);
      live.draw();
      expect(screen.cursor).toBe(false);
    }
    expect(screen.cursor).toBe(true);
  });

  it('may be another figure than the current one', () => {
    const { screen, surroundings } = stage();
    const first = plt.figure();
    first.suptitle('first');
    plt.figure().suptitle('second');
    const live = plt.live({ figure: first }, surroundings);
    live.flush();
    live.close();
    expect(screen.text).toContain('first');
    expect(() => plt.live({ figure: 3 as never })).toThrow(/^live: figure must be a figure, got 3$/);
    expect(() => plt.live({ interval: -1 })).toThrow(/^live: interval must be a number/);
  });
});

describe('interactive mode', () => {
  it('draw and pause show the current figure until ioff', async () => {
    const { screen, surroundings } = stage();
    plt.ion({ interval: 0 }, surroundings);
    expect(plt.isinteractive()).toBe(true);
    plt.plot([1, 2]);
    plt.draw();
    plt.title('now');
    await plt.pause(0);
    expect(screen.text).toContain('now');
    expect(screen.frames).toBe(2);
    plt.ioff();
    expect([plt.isinteractive(), screen.cursor]).toEqual([false, true]);
    plt.draw();
    expect(screen.frames).toBe(3);
    await expect(plt.pause(-1)).rejects.toThrow(/^pause: interval must be a number between 0 and 86400, got -1$/);
  });
});
