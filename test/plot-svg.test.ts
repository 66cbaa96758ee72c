import { beforeEach, describe, expect, it } from 'vitest';
import * as plt from '../src/plot/index.ts';

beforeEach(() => plt.close('all'));

/** Contents of the elements with this class, in order. */
function groups(svg: string, name: string): string[] {
  return [...svg.matchAll(new RegExp(`<g class="${name}"[^>]*>(.*?)</g>`, 'gs'))].map((match) => match[1]);
}

function texts(markup: string): string[] {
  return [...markup.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map((match) => match[1]);
}

function paths(svg: string): string[] {
  return [...svg.matchAll(/<path class="line" d="([^"]*)"/g)].map((match) => match[1]);
}

function points(d: string): [number, number][] {
  return [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
}

function frames(svg: string): { x: number; y: number; width: number; height: number }[] {
  return [...svg.matchAll(/<rect class="frame" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)]
    .map((match) => ({ x: Number(match[1]), y: Number(match[2]), width: Number(match[3]), height: Number(match[4]) }));
}

/** Parses far enough to know that every tag closes where it should. */
function wellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close) {
      if (open.pop() !== name) return false;
    } else if (!self) open.push(name);
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;|#39;)/.test(svg);
}

const line = Array.from({ length: 50 }, (_, i) => i);

describe('lines', () => {
  it('draws one path through every point, inside of the frame', () => {
    plt.plot([0, 1, 2, 4], [1, 3, 2, 5]);
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const drawn = points(paths(svg)[0]);
    expect(drawn).toHaveLength(4);
    for (const [x, y] of drawn) {
      expect(x).toBeGreaterThan(frame.x);
      expect(x).toBeLessThan(frame.x + frame.width);
      expect(y).toBeGreaterThan(frame.y);
      expect(y).toBeLessThan(frame.y + frame.height);
    }
    // Equal steps in x stay equal, and y grows upwards.
    expect(drawn[1][0] - drawn[0][0]).toBeCloseTo((drawn[3][0] - drawn[2][0]) / 2, 1);
    expect(drawn[3][1]).toBeLessThan(drawn[0][1]);
  });

  it('takes arrays, typed arrays, bigints, columns, and whatever has tolist()', () => {
    const expected = (() => {
      plt.plot([0, 1, 2], [4, 5, 7]);
      return paths(plt.toSVG())[0];
    })();
    for (const y of [Float32Array.of(4, 5, 7), BigInt64Array.of(4n, 5n, 7n), { tolist: () => [4, 5, 7] }, { tolist: () => [[4], [5], [7]] }]) {
      plt.close('all');
      plt.plot(y);
      expect(paths(plt.toSVG())[0]).toBe(expected);
    }
  });

  it('leaves a gap at NaN and infinities, and shows a lone point between gaps', () => {
    plt.plot([0, 1, 2, 3, 4, 5, 6], [0, 1, Number.NaN, 3, Infinity, 5, 6]);
    const d = paths(plt.toSVG())[0];
    expect(d.match(/M/g)).toHaveLength(3);
    expect(d).not.toMatch(/NaN|Infinity/);
  });

  it('thins out what falls into one pixel and keeps the extremes', () => {
    const y = Float64Array.from({ length: 200_000 }, (_, i) => Math.sin(i / 1000));
    y[100_001] = 9;
    y[150_003] = -7;
    plt.plot(y);
    const svg = plt.toSVG();
    const drawn = points(paths(svg)[0]);
    const [frame] = frames(svg);
    expect(drawn.length).toBeLessThanOrEqual(4 * Math.ceil(frame.width + 1));
    const ys = drawn.map((p) => p[1]);
    // Limits are 5% beyond -7 and 9.
    const at = (v: number): number => frame.y + frame.height * (1 - (v + 7 + 0.8) / 17.6);
    expect(Math.min(...ys)).toBeCloseTo(at(9), 1);
    expect(Math.max(...ys)).toBeCloseTo(at(-7), 1);
  });

  it('draws every point as long as there are at most four per pixel', () => {
    plt.plot(Array.from({ length: 1500 }, (_, i) => i % 7));
    expect(points(paths(plt.toSVG())[0])).toHaveLength(1500);
  });

  it('reads format strings and options', () => {
    plt.plot(line, line, 'r--o', { label: 'a', linewidth: 2, alpha: 0.5, markersize: 4 });
    plt.plot(line, 'C2:');
    plt.plot(line, 'ks');
    plt.plot([1, 2], [1, 2], 'b-', [3, 4], 'g.');
    const svg = plt.toSVG();
    const stroke = [...svg.matchAll(/class="line"[^>]*stroke="(#\w+)"[^>]*stroke-width="([\d.]+)"(?: stroke-dasharray="([^"]*)")?/g)];
    expect(stroke.map((match) => match[1])).toEqual(['#ff0000', '#2ca02c', '#0000ff']);
    expect(Number(stroke[0][2])).toBeCloseTo((2 * 100) / 72, 2);
    expect(stroke[0][3]).toBeDefined();
    expect(stroke[2][3]).toBeUndefined();
    expect(svg).toContain('stroke-opacity="0.5"');
    expect(svg.match(/<circle /g)).toHaveLength(50 + 2);
  });

  it('cycles through the ten colours of matplotlib', () => {
    for (let i = 0; i < 11; i++) plt.plot([i, i + 1]);
    const colors = [...plt.toSVG().matchAll(/class="line"[^>]*stroke="(#\w+)"/g)].map((match) => match[1]);
    expect(colors[0]).toBe('#1f77b4');
    expect(colors[1]).toBe('#ff7f0e');
    expect(colors[10]).toBe(colors[0]);
    expect(new Set(colors).size).toBe(10);
  });
});

describe('axes', () => {
  it('ticks are round, labelled with a true minus sign, and stand at their values', () => {
    plt.plot([-3, 3], [-0.5, 0.5]);
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const labels = texts(groups(svg, 'x axis')[0]);
    expect(labels).toEqual(['−3', '−2', '−1', '0', '1', '2', '3']);
    const zero = /<line x1="([\d.]+)"/.exec(groups(svg, 'x axis')[0].split('>0<')[0].split('>−1<')[1])?.[1];
    expect(Number(zero)).toBeCloseTo(frame.x + frame.width / 2, 1);
    expect(texts(groups(svg, 'y axis')[0])).toContain('−0.4');
  });

  it.each([
    ['large', [0, 5e7], /^(0\.0|\d\.\de7)$/], ['small', [0, 3e-5], /^(0\.0|\d\.\de−5)$/], ['thousands', [0, 50_000], /^\d+$/],
  ])('labels %s numbers readably', (_, y, pattern) => {
    plt.plot(y);
    for (const label of texts(groups(plt.toSVG(), 'y axis')[0])) expect(label).toMatch(pattern);
  });

  it('log scales label powers of ten, mark the steps between, and leave out what has no logarithm', () => {
    plt.plot([1, 2, 3, 4], [0.001, 1, 0, 1000]);
    plt.yscale('log');
    const svg = plt.toSVG();
    const axis = groups(svg, 'y axis')[0];
    expect(texts(axis)).toContain('10⁻³');
    expect(texts(axis)).toContain('10²');
    expect(axis.match(/<line /g)?.length).toBeGreaterThan(texts(axis).length * 3);
    expect(paths(svg)[0].match(/M/g)).toHaveLength(2);
  });

  it('draws something for no data, for one point and for constant data', () => {
    for (const y of [[], [3], [2, 2, 2], [Number.NaN], [0, 0], [1e308, -1e308], [5e-324, 0]]) {
      plt.close('all');
      plt.plot(y, 'o-');
      const svg = plt.toSVG();
      expect(wellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('an empty figure is a white page', () => {
    plt.figure({ figsize: [2, 1], dpi: 200 });
    const svg = plt.toSVG();
    expect(svg).toContain('width="400" height="200" viewBox="0 0 200 100"');
    expect(svg).toContain('fill="#ffffff"');
  });

  it('limits can be set, read and run backwards', () => {
    plt.plot([0, 10], [0, 10]);
    expect(plt.xlim()).toEqual([-0.5, 10.5]);
    expect(plt.xlim(2, 4)).toEqual([2, 4]);
  });

  it('one limit leaves the other to the data', () => {
    plt.plot([0, 10], [0, 10]);
    expect(plt.ylim(-5)).toEqual([-5, 10.5]);
    expect(plt.ylim([20, -20])).toEqual([20, -20]);
    const [first, last] = points(paths(plt.toSVG())[0]);
    expect(first[1]).toBeLessThan(last[1]);
  });

  it('ticks may be chosen and named', () => {
    plt.plot([0, 3]);
    plt.xticks([0, 1], ['zero', 'one']);
    plt.yticks([0, 2, 99]);
    const svg = plt.toSVG();
    expect(texts(groups(svg, 'x axis')[0])).toEqual(['zero', 'one']);
    expect(texts(groups(svg, 'y axis')[0])).toEqual(['0', '2']);
  });

  it('grid lines meet the ticks', () => {
    plt.plot([0, 1]);
    plt.grid(true, { axis: 'y' });
    const svg = plt.toSVG();
    expect(groups(svg, 'grid')[0].match(/<line /g)).toHaveLength(texts(groups(svg, 'y axis')[0]).length);
    plt.grid(false);
    expect(groups(plt.toSVG(), 'grid')).toHaveLength(0);
  });

  it("axis('off') leaves the data and the title", () => {
    plt.plot([0, 1]);
    plt.title('alone');
    plt.axis('off');
    const svg = plt.toSVG();
    expect(texts(svg)).toEqual(['alone']);
    expect(frames(svg)).toHaveLength(0);
    expect(paths(svg)).toHaveLength(1);
  });
});

describe('panels', () => {
  it('three rows share their edges and do not overlap, with titles between them', () => {
    for (const [i, name] of ['y true', 'y pred', 'y random'].entries()) {
      plt.subplot(3, 1, i + 1);
      plt.title(name);
      plt.plot([1000 ** i, -(1000 ** i)]);
    }
    const svg = plt.toSVG();
    const all = frames(svg);
    expect(all).toHaveLength(3);
    expect(new Set(all.map((f) => f.x)).size).toBe(1);
    expect(new Set(all.map((f) => f.height)).size).toBe(1);
    for (let i = 1; i < 3; i++) expect(all[i].y).toBeGreaterThan(all[i - 1].y + all[i - 1].height + 30);
    expect(texts(svg).filter((text) => text.startsWith('y '))).toEqual(['y true', 'y pred', 'y random']);
  });

  it('subplot returns to a panel that exists, and spans cells', () => {
    const first = plt.subplot(2, 2, 1);
    const low = plt.subplot(2, 2, [3, 4]);
    expect(plt.subplot(2, 2, 1)).toBe(first);
    first.plot([1, 2]);
    low.plot([1, 2]);
    const [a, b] = frames(plt.toSVG());
    expect(b.width).toBeGreaterThan(2 * a.width);
    expect(b.y).toBeGreaterThan(a.y + a.height);
  });

  it('figures, axes and pyplot functions are one state', () => {
    const [figure, [left, right]] = plt.subplots(1, 2);
    expect(plt.gcf()).toBe(figure);
    expect(plt.gca()).toBe(left);
    right.plot([1, 2]);
    right.setTitle('right');
    figure.suptitle('both');
    expect(texts(figure.toSVG())).toEqual(expect.arrayContaining(['right', 'both']));
    plt.close();
    expect(plt.gcf()).not.toBe(figure);
    plt.plot([1]);
    plt.clf();
    expect(paths(plt.toSVG())).toHaveLength(0);
  });
});

describe('other artists', () => {
  it('scatter maps numbers to colours and areas to radii', () => {
    plt.scatter([1, 2, 3], [1, 2, 3], { c: [0, 1, 2], s: [36, 144, 0], cmap: 'viridis' });
    const circles = [...plt.toSVG().matchAll(/<circle [^>]*r="([\d.]+)" fill="(#\w+)"/g)];
    expect([circles[0][2], circles[2][2]]).toEqual(['#440154', '#fde725']);
    // matplotlib's own colour in the middle of viridis.
    const middle = [0x21, 0x91, 0x8c];
    middle.forEach((v, i) => expect(Math.abs(Number.parseInt(circles[1][2].slice(1 + 2 * i, 3 + 2 * i), 16) - v)).toBeLessThanOrEqual(2));
    expect(Number(circles[1][1])).toBeCloseTo(2 * Number(circles[0][1]), 1);
    expect(Number(circles[2][1])).toBe(0);
  });

  it('bars stand on zero, at named categories', () => {
    plt.bar(['native', 'js'], [1, 4], { color: ['C0', 'C1'] });
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const bars = [...groups(svg, 'bars')[0].matchAll(/y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="(#\w+)"/g)].map((m) => m.slice(1));
    expect(bars.map((bar) => bar[3])).toEqual(['#1f77b4', '#ff7f0e']);
    expect(Number(bars[1][2])).toBeCloseTo(4 * Number(bars[0][2]), 0);
    expect(Number(bars[0][0]) + Number(bars[0][2])).toBeCloseTo(frame.y + frame.height, 1);
    expect(texts(groups(svg, 'x axis')[0])).toEqual(['native', 'js']);
  });

  it('hist counts every value once, the greatest in the last bin', () => {
    const { counts, edges } = plt.hist([0, 0.5, 1, 1, 2, 3, 4, Number.NaN], { bins: 4 });
    expect(edges).toEqual([0, 1, 2, 3, 4]);
    expect(counts).toEqual([2, 2, 1, 2]);
    expect(plt.hist([1, 1, 1]).counts.reduce((a, b) => a + b)).toBe(3);
    const density = plt.hist([1, 2, 2, 4], { bins: [0, 2, 4], density: true }).counts;
    expect(density.map((v) => v * 2).reduce((a, b) => a + b)).toBeCloseTo(1);
  });

  it('imshow keeps pixels square, the first row on top, and stretches only when asked', () => {
    plt.imshow([[0, 1, 2], [3, 4, 5]]);
    const svg = plt.toSVG();
    const [, width, height] = /<image [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
    expect(Number(width) / Number(height)).toBeCloseTo(1.5, 2);
    expect(plt.ylim()).toEqual([1.5, -0.5]);
    plt.close();
    plt.imshow([[0, 1], [1, 0]], { extent: [-1, 1, 0, 10], origin: 'lower', aspect: 'auto', cmap: ['#fdd', '#ddf'] });
    plt.plot([-1, 1], [0, 10]);
    expect(plt.xlim()).toEqual([-1, 1]);
    expect(plt.ylim()).toEqual([0, 10]);
    expect(plt.toSVG()).toMatch(/<image [^>]*preserveAspectRatio="none"[^>]*href="data:image\/png;base64,/);
  });

  it('rules cross the frame and text is anchored', () => {
    plt.plot([0, 10], [0, 10]);
    plt.axhline(5, { color: 'k', ls: '--' });
    plt.axvline(5);
    plt.text(5, 5, 'here', { ha: 'right', va: 'top', color: 'tab:red' });
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const [, x1, x2] = /<line class="rule" x1="([\d.]+)" x2="([\d.]+)"/.exec(svg) ?? [];
    expect([Number(x1), Number(x2)]).toEqual([frame.x, frame.x + frame.width].map((v) => expect.closeTo(v, 1)));
    expect(svg).toMatch(/text-anchor="end" fill="#d62728">here</);
  });

  it('legends list what has a label, in a corner that hides no data', () => {
    plt.plot([0, 1], [0, 1], { label: 'up' });
    plt.plot([0, 1], [0.5, 0.5]);
    plt.scatter([0], [0.2], { label: 'dots', c: 'k' });
    plt.plot([0, 1], [0.1, 0.2], { label: '_hidden' });
    plt.legend();
    const svg = plt.toSVG();
    expect(texts(groups(svg, 'legend')[0])).toEqual(['up', 'dots']);
    const [frame] = frames(svg);
    const [, x, y] = /<g class="legend"><rect x="([\d.]+)" y="([\d.]+)"/.exec(svg) ?? [];
    expect(Number(x)).toBeLessThan(frame.x + frame.width / 2);
    expect(Number(y)).toBeLessThan(frame.y + frame.height / 2);
    plt.legend({ loc: 'center' });
    const [, cx] = /<g class="legend"><rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(plt.toSVG())?.map(Number) ?? [];
    expect(cx).toBeGreaterThan(Number(x) + 100);
    plt.legend(['a', 'b'], { loc: 'lower right' });
    expect(texts(groups(plt.toSVG(), 'legend')[0])).toEqual(['a', 'b', 'dots']);
  });
});

describe('safety', () => {
  const evil = `</text><script>alert('1')</script> & "x" <b> \u0000\ud800`;

  it('escapes every text that a user can put into a figure', () => {
    plt.suptitle(evil);
    plt.title(evil);
    plt.xlabel(evil);
    plt.ylabel(evil);
    plt.plot([0, 1], { label: evil });
    plt.legend();
    plt.text(0, 0, evil);
    plt.xticks([0, 1], [evil, evil]);
    plt.bar([evil], [1]);
    for (const out of [plt.toSVG(), plt.toHTML().replace(/<script>\nconst page[^]*?<\/script>/, '')]) {
      expect(out).not.toContain('<script');
      expect(out).not.toContain('<b>');
      expect(out).not.toContain('\u0000');
    }
    expect(wellFormed(plt.toSVG())).toBe(true);
    expect(texts(plt.toSVG())).toContain('&lt;/text&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot; &lt;b&gt; \ufffd\ufffd');
  });

  it('gives the same bytes for the same figure', () => {
    const draw = (): string => {
      plt.close('all');
      plt.plot([1, 3, 2], 'o-', { label: 'a' });
      plt.imshow([[1, 2], [3, 4]]);
      plt.legend();
      return plt.toSVG();
    };
    expect(draw()).toBe(draw());
    expect(draw()).not.toMatch(/ id="|url\(|href="(?!data:)/);
  });
});
