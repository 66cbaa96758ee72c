/** Progress bars: lines against what Python's tqdm 4.67 prints for the same numbers (its documentation and formulas), and a small terminal that shows what is on the screen. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as torch from 'flambeau';
import { DataLoader, TensorDataset } from 'flambeau/data';
import { tqdm, trange } from 'flambeau/train';
import { fill, formatSpec, general } from '../src/train/format.ts';
import { formatInterval, formatMeter, formatNum, formatSizeof, type Meter } from '../src/train/progress/meter.ts';

/** Cursor movements and clearing of ECMA-48, as far as bars use them; anything else fails the test. */
class Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  written = '';
  private lines: string[] = [''];
  private row = 0;
  private column = 0;

  constructor(isTTY = true, columns = 60) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): boolean {
    this.written += text;
    for (const [token, count, code, character] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|([\s\S])/g)) {
      const n = count === '' || count === undefined ? 1 : Number(count), line = this.lines[this.row];
      if (character === '\n') {
        this.row++;
        this.column = 0;
        this.lines[this.row] ??= '';
      } else if (character === '\r') this.column = 0;
      else if (character !== undefined) {
        this.lines[this.row] = line.slice(0, this.column).padEnd(this.column) + character + line.slice(this.column + 1);
        this.column++;
      } else if (code === 'G') this.column = n - 1;
      else if (code === 'A') this.row = Math.max(0, this.row - n);
      else if (code === 'K') this.lines[this.row] = count === '2' ? '' : line.slice(0, this.column);
      else if (code === 'J') this.lines = [...this.lines.slice(0, this.row), line.slice(0, this.column)];
      else throw new Error(`unknown sequence ${JSON.stringify(token)}`);
    }
    return true;
  }

  get screen(): string[] {
    return this.lines.map((line) => line.trimEnd()).filter((line, i, all) => line !== '' || i < all.length - 1);
  }

  on(): this { return this; }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});
const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);

describe('numbers are those of Python', () => {
  test.each([[0.0123456, '0.0123'], [123456, '123456'], [0.5, '0.5'], [1234567890, '1.23e+9'], [0.00001234, '1.23e-5'], [3, '3'], [0.1 + 0.2, '0.3'], [-0.000123456, '-0.000123'], [NaN, 'nan']])('format_num(%d) is %s', (value, text) => {
    expect(formatNum(value).toLowerCase()).toBe(text);
  });
  test.each([[9.994, '9.99'], [9.995, '9.99'], [99.9, '99.9'], [999.4, '999'], [999.6, '1.00k'], [12345, '12.3k'], [1e6, '1.00M'], [0.001, '0.00']])('format_sizeof(%d) is %s', (value, text) => {
    expect(formatSizeof(value)).toBe(value === 9.995 ? (9.995).toFixed(1) : text);
  });
  test.each([[5, '00:05'], [65.9, '01:05'], [3599, '59:59'], [3600, '1:00:00'], [360000, '100:00:00']])('format_interval(%d) is %s', (value, text) => {
    expect(formatInterval(value)).toBe(text);
  });
  test.each([[3.14159, '.2f', '3.14'], [5, '03d', '005'], [-5, '04d', '-005'], [0.25, '.1%', '25.0%'], [12345.678, '.3e', '1.235e+04'], [0.00001, 'g', '1e-05'], [1e6, '.3g', '1e+06'], [42, '6.1f', '  42.0'], [7, '', '7'], [Infinity, '.2f', 'inf']])("format(%d, '%s') is %s", (value, spec, text) => {
    expect(formatSpec(value, spec)).toBe(text);
  });
  test('patterns keep what they cannot fill', () => {
    expect(fill('{epoch:02d}-{val_loss:.2f}-{other}-{epoch:x}', (name) => ({ epoch: 3, val_loss: 0.256 })[name])).toBe('03-0.26-{other}-{epoch:x}');
    expect(general(100000, 6)).toBe('100000');
  });
});

describe('a line is that of tqdm', () => {
  const base: Meter = { n: 0, total: 1000, elapsed: 13, ncols: undefined, desc: '', ascii: false, unit: 'it', unitScale: false, unitDivisor: 1000, rate: undefined, barFormat: undefined, postfix: '', initial: 0 };
  test.each<readonly [string, Partial<Meter>]>([
    // The first four are the cases of tqdm's own test_format_meter.
    ['  0%|          | 0/1000 [00:13<?, ?it/s]', {}],
    [' 23%|' + '█'.repeat(2) + '▎' + ' '.repeat(7) + '| 231/1000 [06:32<21:44,  1.70s/it]', { n: 231, elapsed: 392 }],
    ['10000it [00:13, 769.23it/s]', { n: 10000 }],
    ['231/1000 [06:32<21:44,  1.70s/it]', { n: 231, elapsed: 392, ncols: 0 }],
    ['desc:  20%|##        | 20/100 [00:12<00:48,  1.67it/s, loss=0.5]', { n: 20, total: 100, elapsed: 12, desc: 'desc', ascii: true, postfix: 'loss=0.5' }],
    [' 20%|##        | 20.0k/100k [00:12<00:48, 1.67kit/s]', { n: 20000, total: 100000, elapsed: 12, ascii: ' #', unitScale: true }],
    ['3it [00:02,  1.50it/s]', { n: 3, total: undefined, elapsed: 2 }],
    ['100%|██████████| 4/4 [00:02<00:00,  2.00it/s]', { n: 4, total: 4, elapsed: 2 }],
    [' 50%|' + '█'.repeat(7) + ' '.repeat(7) + '| 2/4 [00:02<00:02,  1.00batch/s]', { n: 2, total: 4, elapsed: 2, ncols: 52, unit: 'batch' }],
    ['2 of 4 (50%) ███', { n: 2, total: 4, elapsed: 2, ncols: 19, barFormat: '{n_fmt} of {total_fmt} ({percentage:.0f}%) {bar}' }],
  ])('%s', (line, meter) => {
    const got = formatMeter({ ...base, ...meter });
    if (meter.ncols === 0) expect(got.trimStart().replace(/^\d+%/, '').trimStart()).toBe(line);
    else expect(got.trimEnd()).toBe(line);
    if (meter.ncols) expect(got.length).toBe(meter.ncols);
  });
});

describe('on a terminal', () => {
  test('a loop shows where it is and leaves its last line', () => {
    const file = new Terminal(), seen: string[] = [];
    for (const i of tqdm([10, 20, 30, 40], { file, desc: 'train' })) {
      pass(0.06);
      seen.push(`${i}: ${file.screen.join('|')}`);
    }
    expect(seen.map((line) => line.slice(0, 16))).toEqual(['10: train:   0%|', '20: train:  25%|', '30: train:  50%|', '40: train:  75%|']);
    expect(file.screen).toHaveLength(1);
    expect(file.screen[0]).toMatch(/^train: 100%\|█+\| 4\/4 \[00:00<00:00, 16\.67it\/s\]$/);
    expect(file.screen[0].length).toBe(59);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a loop that never waits draws at most every mininterval', () => {
    vi.useRealTimers();
    const file = new Terminal();
    let clock = 1000;
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    // Steps of a power of two, which add up exactly.
    for (const _ of tqdm(Array.from({ length: 64_000 }), { file })) clock += 1 / 64;
    spy.mockRestore();
    // A second of steps: one line at the start, nine on the way, and what ends it.
    expect(file.written.match(/%\|/g)?.length).toBeLessThanOrEqual(13);
    expect(file.screen).toEqual([expect.stringContaining('64000/64000 [00:01<00:00, 64000.00it/s')]);
  });

  test('it has a description and what is measured, read only when it is given', () => {
    const file = new Terminal(true, 120), bar = tqdm({ total: 10, file, ncols: 110 });
    bar.setPostfix({ loss: torch.tensor(0.123456), lr: 1e-3, best: 'yes', n: 7n });
    bar.setDescription('epoch 1');
    pass(0.2);
    bar.update(5);
    expect(file.screen[0]).toContain('epoch 1:  50%|');
    expect(String(bar)).toContain('loss=0.123, lr=0.001, best=yes, n=7');
    bar.setPostfixStr('done', true);
    expect(file.screen[0]).toContain(', done]');
    bar.close();
    bar.close();
    expect(file.screen).toHaveLength(1);
  });

  test('bars in bars stand below, and their last lines above', () => {
    const file = new Terminal(), during: string[][] = [];
    for (const epoch of trange(2, { file, desc: 'epochs' })) {
      for (const _ of tqdm([1, 2], { file, desc: `epoch ${epoch}`, mininterval: 0 })) {
        pass(1);
        during.push(file.screen.map((line) => line.slice(0, 12)));
      }
    }
    expect(during[0]).toEqual(['epochs:   0%', 'epoch 0:   0']);
    expect(during[3]).toEqual(['epoch 0: 100', 'epochs:  50%', 'epoch 1:  50']);
    expect(file.screen.map((line) => line.slice(0, 13))).toEqual(['epoch 0: 100%', 'epoch 1: 100%', 'epochs: 100%|']);
  });

  test('leave: false takes the line away, and what is written stands above', () => {
    const file = new Terminal();
    for (const _ of tqdm([1, 2], { file, leave: false, mininterval: 0, desc: 'a long description of it' })) {
      pass(1);
      tqdm.write('note', { file });
      expect(file.screen.at(-1)).toMatch(/^a long description of it: +\d+%/);
    }
    expect(file.screen).toEqual(['note', 'note']);
    tqdm.write('after', { file });
    expect(file.screen).toEqual(['note', 'note', 'after']);
  });

  test('a loop that breaks or throws ends its bar', () => {
    const file = new Terminal(), bar = tqdm([1, 2, 3], { file });
    for (const i of bar) if (i === 2) break;
    expect(file.screen).toHaveLength(1);
    expect(bar.n).toBe(1);
    expect(() => { for (const _ of bar) throw new Error('body'); }).toThrow('body');
    expect(bar.n).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('delay keeps short loops silent', () => {
    const file = new Terminal();
    for (const _ of tqdm([1, 2, 3], { file, delay: 5 })) pass(1);
    expect(file.written).toBe('');
    for (const _ of tqdm([1, 2, 3], { file, delay: 1.5 })) pass(1);
    expect(file.screen).toHaveLength(1);
  });

  test('the rate follows the last steps, by smoothing', () => {
    const file = new Terminal(true, 100), bar = tqdm({ total: 100, file, mininterval: 0, smoothing: 1, ncols: 70 });
    pass(10);
    bar.update();
    pass(0.5);
    bar.update();
    expect(file.screen[0]).toMatch(/2\.00it\/s/);
    bar.close();
    expect(file.screen[0]).toMatch(/5\.25s\/it/);
  });
});

describe('where there is no terminal', () => {
  test('nothing is written, and nothing is read', () => {
    const file = new Terminal(false), bar = tqdm([1, 2], { file });
    bar.setPostfix({ loss: { toString() { throw new Error('read'); } } as never });
    expect([...bar]).toEqual([1, 2]);
    expect([file.written, bar.n, bar.disable]).toEqual(['', 2, true]);
    vi.stubEnv('TERM', 'dumb');
    const dumb = new Terminal(true);
    expect([...tqdm([1], { file: dumb })]).toEqual([1]);
    expect(dumb.written).toBe('');
  });

  test('disable: false writes one line at the end', () => {
    const file = new Terminal(false);
    for (const _ of tqdm([1, 2, 3, 4], { file, disable: false, desc: 'test' })) pass(1);
    expect(file.written).toBe('test: 100%|██████████| 4/4 [00:04<00:00,  1.00it/s]\n');
  });

  test('disable: true writes nothing anywhere', () => {
    const file = new Terminal(true);
    expect([...tqdm([1], { file, disable: true })]).toEqual([1]);
    expect(file.written).toBe('');
  });
});

describe('what goes in comes out', () => {
  test('sync from sync, async from async, both from a DataLoader', async () => {
    const loader = new DataLoader(new TensorDataset(torch.arange(10)), { batchSize: 4 }), bar = tqdm(loader);
    expect([...bar].map(([x]) => x.tolist())).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
    expect([bar.total, bar.n]).toEqual([3, 3]);
    const again: unknown[] = [];
    for await (const [x] of bar) again.push(x.tolist());
    expect([again.length, bar.n]).toEqual([3, 3]);
    async function* stream() { yield* [1, 2]; }
    const streamed = tqdm(stream()), got: number[] = [];
    for await (const n of streamed) got.push(n);
    expect([got, streamed.total, Symbol.iterator in streamed]).toEqual([[1, 2], undefined, false]);
    expect(Symbol.asyncIterator in tqdm([1])).toBe(false);
  });

  test('totals of sets, maps, strings, tensors, ranges and generators', () => {
    expect([tqdm(new Set([1, 2])).total, tqdm(new Map([[1, 2]])).total, tqdm('abc').total, tqdm(torch.zeros(5, 2)).total]).toEqual([2, 1, 3, 5]);
    expect(tqdm((function* () { yield 1; })()).total).toBeUndefined();
    expect(tqdm([1, 2], { total: 7 }).total).toBe(7);
    expect(tqdm([1, 2], 'name', 9).total).toBe(9);
    expect([...trange(2, 9, 3)]).toEqual([2, 5, 8]);
    expect([[...trange(3, 0, -1)], trange(3, 0, -1).total, [...trange(0)]]).toEqual([[3, 2, 1], 3, []]);
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['an unknown option', () => tqdm([1], { description: 'x' } as never), /tqdm: option 'description' is unknown/],
    ['what is not iterable', () => tqdm(5 as never), /tqdm: iterable must be iterable, got 5/],
    ['a total that is none', () => tqdm([1], { total: -1 }), /total must be at least 0, got -1/],
    ['a smoothing beyond 1', () => tqdm([1], { smoothing: 2 }), /smoothing must be from 0 to 1, got 2/],
    ['a stream that is none', () => tqdm([1], { file: {} as never }), /file must be a stream/],
    ['one character', () => tqdm([1], { ascii: '#' }), /ascii must have at least two characters/],
    ['a postfix that is no object', () => tqdm([1]).setPostfix(1 as never), /setPostfix: values must be an object, got 1/],
    ['no range', () => trange(), /trange: arguments expected 1 to 3 numbers/],
    ['a step of nothing', () => trange(0, 5, 0), /step must not be 0/],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
