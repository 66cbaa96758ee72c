import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { columnsOf } from '../src/plot/screen.ts';
import * as plt from '../src/plot/index.ts';
import { colors, decodePng } from './fixtures/png.ts';

const folder = mkdtempSync(join(tmpdir(), 'flambeau-plot-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => plt.close('all'));

describe('PNG', () => {
  it('has the size of the figure and the colours of what is in it', async () => {
    plt.figure({ figsize: [3, 2] });
    plt.plot([0, 1, 0], { color: '#ff0000', linewidth: 3 });
    const picture = decodePng(await plt.toPNG());
    expect([picture.width, picture.height]).toEqual([300, 200]);
    const seen = colors(picture);
    expect(seen.get('ff0000')).toBeGreaterThan(300);
    expect(seen.get('ffffff')).toBeGreaterThan(300 * 200 * 0.7);
    const fine = decodePng(await plt.toPNG({ dpi: 200 }));
    expect([fine.width, fine.height]).toEqual([600, 400]);
  });

  it('writes text without a font on the system', async () => {
    plt.figure({ figsize: [3, 2] });
    plt.axis('off');
    const blank = colors(decodePng(await plt.toPNG()));
    expect([...blank.keys()]).toEqual(['ffffff']);
    plt.title('Ωμέγα −10⁻³ Ж');
    const seen = colors(decodePng(await plt.toPNG()));
    expect(seen.get('1a1a1a')).toBeGreaterThan(30);
  });

  it('shows the pixels of an image sharply and the right way up', async () => {
    plt.figure({ figsize: [2, 2] });
    plt.imshow([[0, 1], [2, 3]], { cmap: ['#ff0000', '#00ff00', '#0000ff', '#ffff00'] });
    plt.axis('off');
    const picture = decodePng(await plt.toPNG());
    expect([picture.at(60, 60), picture.at(140, 60), picture.at(60, 140), picture.at(140, 140)]).toEqual(['ff0000', '00ff00', '0000ff', 'ffff00']);
    const seen = colors(picture);
    for (const color of ['ff0000', '00ff00', '0000ff', 'ffff00']) expect(seen.get(color)).toBeGreaterThan(7000);
  });
});

describe('HTML', () => {
  it('is one page that loads nothing', () => {
    plt.plot([1, 2, 3]);
    plt.title('a < b');
    const page = plt.toHTML();
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('<title>a &lt; b</title>');
    expect(page).toContain('<svg xmlns=');
    expect(page).not.toMatch(/\s(?:src|href)="(?!data:)|@import|url\(|fetch\(|import\(/);
    expect(page.match(/https?:\/\/[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });
});

describe('the page tells what is under the pointer', () => {
  /** Runs the page's script with as much of a browser as it needs, and moves the pointer to the middle of the frame. */
  function readout(): string {
    const page = plt.toHTML();
    const [, script] = /<script>([^]*)<\/script>/.exec(page) ?? [];
    const [, attributes] = /<g class="axes"([^>]*)>/.exec(page) ?? [];
    const dataset = Object.fromEntries([...attributes.matchAll(/data-(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const [x, y, width, height] = dataset.frame.split(' ').map(Number);
    const out = { textContent: '' };
    let move = (_: unknown): void => {};
    const figure = { addEventListener: (name: string, listener: typeof move) => (name === 'pointermove' ? (move = listener) : undefined), getScreenCTM: () => ({ inverse: () => undefined }) };
    class DOMPoint {
      x = x + width / 2;
      y = y + height / 4;
      matrixTransform = (): this => this;
    }
    runInNewContext(script, { document: { querySelector: (name: string) => (name === 'svg' ? figure : out), querySelectorAll: () => [{ dataset }] }, DOMPoint });
    move({});
    return out.textContent;
  }

  it.each([['linear', [0, 8], 'x = 5   y = 6'], ['log', [1, 10_000], 'x = 5   y = 1000'], ['symlog', [-100, 100], `x = 5   y = ${(2 * 10 ** ((10 / 9 + Math.log10(50)) / 2 - 10 / 9)).toPrecision(5)}`]] as const)('on a %s axis', (scale, limits, expected) => {
    plt.plot([0, 10], limits);
    plt.xlim(0, 10);
    plt.yscale(scale);
    plt.ylim(limits);
    expect(readout()).toBe(expected);
  });
});

describe('terminal', () => {
  it('draws a curve, its axes and its title within the asked size', () => {
    plt.plot(Array.from({ length: 300 }, (_, i) => Math.sin(i / 30)));
    plt.title('sine');
    plt.xlabel('step');
    const lines = plt.toTerminal({ columns: 60, rows: 20 }).split('\n');
    expect(lines).toHaveLength(20);
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(60);
    expect(lines[0].trim()).toBe('sine');
    expect(lines.at(-1)?.trim()).toBe('step');
    expect(lines.join('')).toMatch(/[\u2801-\u28ff]{3}/);
    expect(lines.join('\n')).toMatch(/−1\.0┤/);
    expect(lines.join('\n')).toMatch(/└─.*┬/);
    expect(lines.at(-2)).toMatch(/\b0\b.*\b300\b/);
  });

  it('puts the highest point on top and the lowest below, at their columns', () => {
    plt.plot([0, 10], [0, 10], 'k.');
    const lines = plt.toTerminal({ columns: 40, rows: 12 }).split('\n');
    const at = lines.flatMap((line, row) => [...line].flatMap((char, column) => (/[\u2801-\u28ff]/.test(char) ? [[row, column]] : [])));
    expect(at).toHaveLength(2);
    expect(at[0][0]).toBeLessThan(at[1][0]);
    expect(at[0][1]).toBeGreaterThan(at[1][1]);
  });

  it('stacks panels in the order of the grid', () => {
    for (const [i, name] of ['y true', 'y pred', 'y random'].entries()) {
      plt.subplot(3, 1, i + 1);
      plt.plot([i, 1, 2]);
      plt.title(name);
    }
    const lines = plt.toTerminal().split('\n');
    const rows = ['y true', 'y pred', 'y random'].map((name) => lines.findIndex((line) => line.includes(name)));
    expect(rows[0]).toBe(0);
    expect(rows[1]).toBeGreaterThan(rows[0] + 6);
    expect(rows[2]).toBeGreaterThan(rows[1] + 6);
  });

  it('colours only when asked, and closes every colour on its line', () => {
    plt.plot([1, 2, 3], { label: 'up' });
    plt.plot([3, 2, 1]);
    plt.legend();
    expect(plt.toTerminal()).not.toContain('\u001b');
    for (const [color, code] of [[4, /\u001b\[(3|9)\dm/], [8, /\u001b\[38;5;\d+m/], [24, /\u001b\[38;2;31;119;180m/]] as const) {
      const out = plt.toTerminal({ color });
      expect(out).toMatch(code);
      for (const line of out.split('\n')) expect((line.match(/\u001b\[[\d;]+m/g) ?? []).at(-1) ?? '\u001b[0m').toBe('\u001b[0m');
      expect(out.replace(/\u001b\[[\d;]*m/g, '')).toBe(plt.toTerminal());
    }
  });

  it('draws images with half blocks, or with shades where there is no colour', () => {
    plt.imshow([[0, 255], [255, 0]], { cmap: 'gray' });
    plt.axis('off');
    expect(plt.toTerminal({ columns: 20, rows: 10, color: 24 })).toMatch(/\u001b\[38;2;0;0;0;48;2;0;0;0m▀/);
    const shades = plt.toTerminal({ columns: 20, rows: 10 }).split('\n').filter((line) => line.includes('█'));
    expect(shades.length).toBeGreaterThan(6);
    expect(shades[0].indexOf('█')).toBeGreaterThan(shades[shades.length - 1].indexOf('█'));
  });

  it('draws bars, rules, texts and log scales', () => {
    plt.subplot(1, 2, 1);
    plt.bar(['a', 'b'], [1, 1000]);
    plt.yscale('log');
    plt.subplot(1, 2, 2);
    plt.plot([0, 1e-300], [0, 1]);
    plt.axhline(0.5, { ls: '--' });
    plt.text(0, 0.8, 'note');
    const out = plt.toTerminal({ columns: 70 });
    expect(out).toMatch(/██/);
    expect(out).toContain('10²');
    expect(out).toContain('note');
    expect(out).not.toMatch(/NaN|undefined/);
  });

  it('lets no control character of a label through', () => {
    plt.title('a\u001b]0;title\u0007b\u009bc');
    plt.plot([1], { label: '\u001b[2J' });
    plt.legend();
    expect(plt.toTerminal()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('survives a terminal that is far too small', () => {
    for (let i = 1; i <= 12; i++) plt.subplot(3, 4, i).plot([1, 2]);
    const lines = plt.toTerminal({ columns: 10, rows: 5 }).split('\n');
    expect(lines).toHaveLength(5);
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(10);
  });
});

describe('savefig', () => {
  it('writes by extension, makes the folder and leaves nothing beside the file', async () => {
    plt.plot([1, 2]);
    for (const name of ['a.svg', 'a.html', 'a.PNG']) await plt.savefig(join(folder, 'new', name));
    expect(readdirSync(join(folder, 'new')).sort()).toEqual(['a.PNG', 'a.html', 'a.svg']);
    expect(readFileSync(join(folder, 'new', 'a.svg'), 'utf8')).toBe(plt.toSVG());
    decodePng(readFileSync(join(folder, 'new', 'a.PNG')));
  });

  it('leaves the page out where it is to be transparent', async () => {
    plt.plot([1, 2]);
    await plt.savefig(join(folder, 'clear.svg'), { transparent: true });
    expect(readFileSync(join(folder, 'clear.svg'), 'utf8')).toBe(plt.toSVG().replace('<rect width="640" height="480" fill="#ffffff"/>', ''));
  });

  it('settles the content at the call, awaited or not', async () => {
    plt.plot([1, 2]);
    const svg = plt.toSVG();
    const first = plt.savefig(join(folder, 'settled.svg'));
    plt.clf();
    await first;
    expect(readFileSync(join(folder, 'settled.svg'), 'utf8')).toBe(svg);
  });

  it('keeps the old file when it cannot write the new one', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    plt.plot([1, 2]);
    await expect(plt.savefig(join(path, 'inside.svg'))).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('names the extensions it knows', async () => {
    await expect(plt.savefig('figure.pdf')).rejects.toThrow(/^savefig: path must end in \.svg, \.html or \.png, got "figure\.pdf"$/);
    await expect(plt.savefig(7 as never)).rejects.toThrow(/savefig: path must be a file name, got 7/);
  });
});

describe('show', () => {
  function surroundings(overrides: Omit<Partial<plt.Surroundings>, 'terminal'> & { terminal?: Partial<plt.Surroundings['terminal']> }): { at: plt.Surroundings; output: () => string; opened: string[] } {
    let output = '';
    const opened: string[] = [];
    const terminal = { isTTY: false, write: (text: string) => (output += text), ...overrides.terminal };
    const at: plt.Surroundings = {
      platform: 'linux', env: {}, folder: () => folder,
      open: async (path) => {
        opened.push(path);
        return true;
      },
      ...overrides, terminal,
    };
    return { at, output: () => output, opened };
  }

  it('draws in a terminal, as wide as it is, in its colours', async () => {
    plt.plot([1, 2, 3]);
    const { at, output, opened } = surroundings({ terminal: { isTTY: true, columns: 50, getColorDepth: () => 8 }, env: { DISPLAY: ':0', TERM: 'xterm-256color' } });
    await plt.show(at);
    expect(output()).toMatch(/\u001b\[38;5;/);
    const lines = output().replace(/\u001b\[[\d;]*m/g, '').split('\n');
    expect(Math.max(...lines.map(columnsOf))).toBeLessThan(50);
    expect(Math.max(...lines.map(columnsOf))).toBeGreaterThan(40);
    expect(opened).toEqual([]);
  });

  it('honours NO_COLOR', async () => {
    plt.plot([1, 2, 3]);
    const { at, output } = surroundings({ terminal: { isTTY: true, columns: 50, getColorDepth: () => 24 }, env: { NO_COLOR: '1' } });
    await plt.show(at);
    expect(output()).toMatch(/[\u2801-\u28ff]/);
    expect(output()).not.toContain('\u001b');
  });

  it.each([
    ['linux with a display', 'linux', { DISPLAY: ':0' }, false],
    ['linux under wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, false],
    ['a dumb terminal on a desktop', 'linux', { DISPLAY: ':0', TERM: 'dumb' }, true],
    ['macOS', 'darwin', {}, false],
    ['Windows', 'win32', {}, false],
  ] as const)('opens the page on %s', async (_, platform, env, isTTY) => {
    plt.plot([1, 2, 3]);
    const { at, output, opened } = surroundings({ platform, env, terminal: { isTTY } });
    await plt.show(at);
    expect(opened).toEqual([join(folder, 'figure-1.html')]);
    expect(readFileSync(opened[0], 'utf8')).toMatch(/^<!doctype html>/);
    expect(output()).toBe('');
  });

  it.each([
    ['there is neither terminal nor display', 'linux', {}],
    ['a build server runs it', 'darwin', { CI: 'true' }],
    ['it runs on a Mac at the other end of ssh', 'darwin', { SSH_CONNECTION: 'x' }],
  ] as const)('only writes the page where %s', async (_, platform, env) => {
    plt.plot([1, 2, 3]);
    const { at, output, opened } = surroundings({ platform, env });
    await plt.show(at);
    expect(opened).toEqual([]);
    expect(output()).toBe(`figure 1: ${join(folder, 'figure-1.html')}\n`);
    expect(readFileSync(join(folder, 'figure-1.html'), 'utf8')).toContain('<svg');
  });

  it('prints the path when the browser does not open', async () => {
    plt.plot([1, 2, 3]);
    const { at, output } = surroundings({ env: { DISPLAY: ':0' }, open: async () => false });
    await plt.show(at);
    expect(output()).toContain('figure-1.html');
  });

  it('shows every open figure and starts afresh, while savefig still has the last one', async () => {
    plt.figure();
    plt.title('first');
    plt.figure();
    plt.title('second');
    const { at, output } = surroundings({ terminal: { isTTY: true } });
    await plt.show(at);
    expect(output()).toMatch(/first[^]*second/);
    expect(plt.toSVG()).toContain('>second<');
    plt.plot([1, 2]);
    expect(plt.toSVG()).not.toContain('>second<');
  });
});

describe('import', () => {
  it('reaches neither the tensor library nor, before the first PNG, its renderer', () => {
    const statics = readdirSync('src/plot').flatMap((name) => {
      const source = readFileSync(join('src/plot', name), 'utf8');
      return [...source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)'/gm)].map((match) => match[1]);
    });
    const elsewhere = new Set(statics.filter((from) => !from.startsWith('./') && !from.startsWith('node:')));
    expect([...elsewhere].sort()).toEqual(['../core/args.ts', '../core/errors.ts', 'd3-array', 'd3-contour', 'd3-format', 'd3-scale', 'd3-scale-chromatic', 'd3-shape']);
  });
});
