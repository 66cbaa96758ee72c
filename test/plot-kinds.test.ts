/** What each kind of plot draws, read back from the SVG and, where shapes matter, from a terminal. */
import { beforeEach, describe, expect, it } from 'vitest';
import * as plt from '../src/plot/index.ts';
import { frames, groups, isSound, lines, rects, texts } from './fixtures/svg.ts';

beforeEach(() => plt.close('all'));

/** Position of a value on an axis of the only panel. */
function places(svg: string): { x: (v: number) => number; y: (v: number) => number } {
  const [frame] = frames(svg);
  const [x0, x1] = /data-x="(\S+) (\S+)"/.exec(svg)?.slice(1).map(Number) ?? [], [y0, y1] = /data-y="(\S+) (\S+)"/.exec(svg)?.slice(1).map(Number) ?? [];
  return { x: (v) => frame.x + (frame.width * (v - x0)) / (x1 - x0), y: (v) => frame.y + frame.height * (1 - (v - y0) / (y1 - y0)) };
}

describe('histograms', () => {
  // Edges, counts and numbers of bins of numpy 2.4 for these values.
  const x = [0.1, 0.4, 0.35, 2.2, 1.7, 0.9, 0.8, 1.1, 3, 2.5, 1.9, 1.2, 0.2, 0.6, 1.45];

  it.each([['auto', 5], ['fd', 3], ['sturges', 5], ['sqrt', 4], ['scott', 3], ['rice', 5]] as const)('%s makes as many bins as numpy', (bins, count) => {
    expect(plt.hist(x, { bins }).counts).toHaveLength(count);
  });

  it('bins may be given by position, and density integrates to one', () => {
    const { counts, edges } = plt.hist(x, 5, [0.1, 3], true);
    expect(edges).toEqual([0.1, 0.68, 1.26, 1.84, 2.42, 3].map((v) => expect.closeTo(v, 12)));
    expect(counts).toEqual([0.57471264, 0.45977011, 0.22988506, 0.22988506, 0.22988506].map((v) => expect.closeTo(v, 8)));
  });

  it('weighs values, and adds them up from either side', () => {
    expect(plt.hist(x, { bins: [0, 1, 1.5, 3], weights: x.map((_, i) => i) }).counts).toEqual([39, 32, 34]);
    expect(plt.hist([1, 2, 2, 3], { bins: 2, cumulative: true }).counts).toEqual([1, 4]);
    expect(plt.hist([1, 2, 2, 3], { bins: 2, cumulative: -1 }).counts).toEqual([4, 3]);
    expect(plt.hist([1, 2, 2, 3], { bins: 2, cumulative: true, density: true }).counts).toEqual([0.25, 1]);
  });

  it('puts several data sets side by side, or stacks them', () => {
    const sets = [[1, 1, 2], Float32Array.of(2, 2, 1)];
    const { counts } = plt.hist(sets, { bins: 2, label: ['a', 'b'] });
    expect(counts).toEqual([[2, 1], [1, 2]]);
    const [a, b] = groups(plt.toSVG(), 'bars').map(rects);
    expect(a[0].x + a[0].width).toBeCloseTo(b[0].x, 1);
    plt.close();
    plt.hist(sets, { bins: 2, stacked: true });
    const [low, high] = groups(plt.toSVG(), 'bars').map(rects);
    expect(high[0].y + high[0].height).toBeCloseTo(low[0].y, 1);
    expect(high[0].x).toBeCloseTo(low[0].x, 1);
  });

  it('draws outlines, filled outlines, and bars that lie', () => {
    plt.hist([1, 2, 2, 3], { bins: 2, histtype: 'step' });
    expect(lines(plt.toSVG())[0]).toHaveLength(6);
    plt.close();
    plt.hist([1, 2, 2, 3], { bins: 2, histtype: 'stepfilled', color: '#123456' });
    expect(groups(plt.toSVG(), 'area')[0]).toContain('fill="#123456"');
    plt.close();
    plt.hist([1, 2, 2, 3], { bins: 2, orientation: 'horizontal' });
    const [bars] = groups(plt.toSVG(), 'bars').map(rects);
    expect(bars[1].width / bars[0].width).toBeCloseTo(3, 1);
  });

  it('log: true counts on a logarithmic axis', () => {
    plt.hist([...new Array<number>(1000).fill(1), 2], { bins: 2, log: true });
    expect(texts(groups(plt.toSVG(), 'y axis')[0])).toContain('10²');
  });
});

describe('bars', () => {
  it('stand on a base, carry error bars with caps, and have outlines', () => {
    plt.bar(['a', 'b'], [1, 2], 0.5, [1, 1], { yerr: [0.5, [0.25]].flat(), capsize: 4, edgecolor: 'k' });
    const svg = plt.toSVG();
    const at = places(svg);
    const [bars] = groups(svg, 'bars').map(rects);
    expect(bars[0].y + bars[0].height).toBeCloseTo(at.y(1), 1);
    expect(bars[1].y).toBeCloseTo(at.y(3), 1);
    expect(bars[0].width).toBeCloseTo(at.x(0.5) - at.x(0), 1);
    expect(svg).toMatch(/<rect [^>]*stroke="#000000"/);
    const [marks] = lines(svg);
    expect(marks.map(([, y]) => y)).toEqual([1.5, 2.5, 2.75, 3.25].map((v) => expect.closeTo(at.y(v), 1)));
    expect(groups(svg, 'markers')[0].match(/<line /g)).toHaveLength(4);
  });

  it('long names turn so that they do not overlap, numbers do not', () => {
    const names = ['logistic regression', 'random forest', 'gradient boosting', 'neural network'];
    plt.figure({ figsize: [5, 4] });
    plt.bar(names, [1, 2, 3, 4]);
    const svg = plt.toSVG();
    for (const name of names) expect(svg).toMatch(new RegExp(`text-anchor="end" transform="rotate\\(-45 [^>]*>${name}<`));
    plt.close();
    plt.bar([1, 2, 3], [1, 2, 3]);
    expect(groups(plt.toSVG(), 'x axis')[0]).not.toContain('rotate');
    plt.close();
    plt.bar(names, [1, 2, 3, 4]);
    plt.xticks({ rotation: 0 });
    expect(groups(plt.toSVG(), 'x axis')[0]).not.toContain('rotate');
  });

  it('rotated labels stay on the page', () => {
    plt.figure({ figsize: [4, 3] });
    plt.bar(['a very long name of a class', 'another one that is even longer'], [1, 2]);
    plt.xticks({ rotation: 90 });
    const [frame] = frames(plt.toSVG());
    expect(300 - frame.y - frame.height).toBeGreaterThan(150);
  });
});

describe('lines', () => {
  it('step goes where it is told', () => {
    for (const [where, corners] of [['pre', [[0, 1], [0, 3], [1, 3]]], ['post', [[0, 1], [1, 1], [1, 3]]], ['mid', [[0, 1], [0.5, 1], [0.5, 3], [1, 3]]]] as const) {
      plt.close();
      plt.step([0, 1], [1, 3], { where });
      const svg = plt.toSVG();
      const at = places(svg);
      expect(lines(svg)[0]).toEqual(corners.map(([x, y]) => [expect.closeTo(at.x(x), 1), expect.closeTo(at.y(y), 1)]));
    }
  });

  it('fillBetween leaves out what is not finite or not wanted', () => {
    plt.fillBetween([0, 1, 2, 3, 4, 5], [1, 1, Number.NaN, 1, 1, 1], { y2: 0, where: [true, true, true, true, true, false], alpha: 0.5 });
    const [area] = groups(plt.toSVG(), 'area');
    expect(area.match(/M/g)).toHaveLength(2);
    expect(area.match(/Z/g)).toHaveLength(2);
    expect(plt.toSVG()).toContain('<g class="area" opacity="0.5">');
  });

  it('errorbar takes one distance, one for each, or both sides', () => {
    plt.errorbar([0, 1], [0, 10], [[1, 2], [3, 4]], 0.1, 'o', { capsize: 3, label: 'mean' });
    plt.legend();
    const svg = plt.toSVG();
    const at = places(svg);
    expect(lines(svg)[0].map(([x]) => x)).toEqual([-0.1, 0.1, 0.9, 1.1].map((v) => expect.closeTo(at.x(v), 1)));
    expect(lines(svg)[1].map(([, y]) => y)).toEqual([-1, 3, 8, 14].map((v) => expect.closeTo(at.y(v), 1)));
    expect(texts(groups(svg, 'legend')[0])).toEqual(['mean']);
  });

  it('stem, hlines, vlines and parts of rules reach from where to where', () => {
    plt.stem([1, 2], [3, 4]);
    plt.hlines([1, 2], 0, [1, 2], { colors: ['r', 'b'] });
    plt.vlines(1, 0, 4, 'k', '--');
    plt.axhline(1, 0.25, 0.75);
    const svg = plt.toSVG();
    const at = places(svg);
    const [frame] = frames(svg);
    expect(lines(svg)[0].map(([, y]) => y)).toEqual([0, 3, 0, 4].map((v) => expect.closeTo(at.y(v), 1)));
    expect(svg).toMatch(/stroke="#0000ff"/);
    const [, x1, x2] = /<line class="rule" x1="([\d.]+)" x2="([\d.]+)"/.exec(svg) ?? [];
    expect([Number(x1), Number(x2)]).toEqual([0.25, 0.75].map((t) => expect.closeTo(frame.x + t * frame.width, 1)));
  });

  it('spans cover the whole frame in the other direction', () => {
    plt.plot([0, 10], [0, 10]);
    plt.axvspan(2, 3, { alpha: 0.5 });
    const svg = plt.toSVG();
    const [frame] = frames(svg), at = places(svg);
    const [, x, y, width, height] = /<rect class="span" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(svg)?.map(Number) ?? [];
    expect([x, width]).toEqual([expect.closeTo(at.x(2), 1), expect.closeTo(at.x(3) - at.x(2), 1)]);
    expect([y, height]).toEqual([expect.closeTo(frame.y, 1), expect.closeTo(frame.height, 1)]);
  });

  it('loglog is straight for a power, symlog keeps zero and both signs', () => {
    plt.loglog([1, 10, 100], [1, 100, 10_000]);
    const [[a, b, c]] = lines(plt.toSVG());
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 1);
    expect(b[1] - a[1]).toBeCloseTo(c[1] - b[1], 1);
    plt.close();
    plt.plot([-1000, -10, 0, 10, 1000], [0, 1, 2, 3, 4]);
    plt.xscale('symlog', { linthresh: 1 });
    const svg = plt.toSVG();
    const [points] = lines(svg);
    expect(points[2][0] - points[0][0]).toBeCloseTo(points[4][0] - points[2][0], 1);
    // matplotlib's transform: 10/9 for the linear part, then one per decade.
    expect((points[3][0] - points[2][0]) / (points[4][0] - points[2][0])).toBeCloseTo((10 / 9 + 1) / (10 / 9 + 3), 3);
    expect(texts(groups(svg, 'x axis')[0])).toEqual(expect.arrayContaining(['−10²', '0', '10²']));
  });

  it('zorder draws out of turn', () => {
    plt.plot([0, 1], [0, 1], { color: '#010101' });
    plt.scatter([0], [0], { c: '#020202', zorder: 5 });
    plt.bar([0], [1], { color: '#030303', zorder: 3 });
    const svg = plt.toSVG();
    expect([...svg.matchAll(/#0[123]0[123]0[123]/g)].map(([hex]) => hex)).toEqual(['#010101', '#030303', '#020202']);
  });

  it('annotate points from the text to the point', () => {
    plt.plot([0, 10], [0, 10]);
    plt.annotate('peak', [10, 10], { xytext: [2, 8], arrowprops: { color: 'r' } });
    plt.annotate('near', [5, 5], [10, 10], { textcoords: 'offset points' });
    const svg = plt.toSVG();
    const at = places(svg);
    const [, d] = /<path class="arrow" d="([^"]*)"[^>]*stroke="#ff0000"/.exec(svg) ?? [];
    const tip = [...(d ?? '').matchAll(/L([\d.]+),([\d.]+)/g)][0].slice(1).map(Number);
    expect(Math.hypot(tip[0] - at.x(10), tip[1] - at.y(10))).toBeLessThan(4);
    const [, x, y] = /<text x="([\d.]+)" y="([\d.]+)"[^>]*>near</.exec(svg)?.map(Number) ?? [];
    expect([x, y]).toEqual([expect.closeTo(at.x(5) + 1000 / 72, 1), expect.closeTo(at.y(5) - 1000 / 72, 1)]);
  });
});

describe('boxplot', () => {
  it('shows quartiles, whiskers within 1.5 boxes, and outliers', () => {
    plt.boxplot([[1, 2, 3, 4, 5, 100]], { tickLabels: ['a'] });
    const svg = plt.toSVG();
    const at = places(svg);
    const [box, whiskers, median] = lines(svg);
    // Linear interpolation between order statistics: 2.25, 3.5, 4.75.
    expect(box.map(([, y]) => y)).toEqual([2.25, 2.25, 4.75, 4.75, 2.25].map((v) => expect.closeTo(at.y(v), 1)));
    expect(whiskers.map(([, y]) => y).slice(0, 4)).toEqual([2.25, 1, 4.75, 5].map((v) => expect.closeTo(at.y(v), 1)));
    expect(median[0][1]).toBeCloseTo(at.y(3.5), 1);
    const [, cy] = /<circle cx="[\d.]+" cy="([\d.]+)"/.exec(svg)?.map(Number) ?? [];
    expect(cy).toBeCloseTo(at.y(100), 1);
    expect(texts(groups(svg, 'x axis')[0])).toEqual(['a']);
  });

  it('takes the columns of a tensor, percentiles for whiskers, and lies', () => {
    plt.boxplot({ tolist: () => [[1, 10], [2, 20], [3, 30]] }, { whis: [0, 100], orientation: 'horizontal', patchArtist: true });
    const svg = plt.toSVG();
    expect(groups(svg, 'area')).toHaveLength(2);
    expect(texts(groups(svg, 'y axis')[0])).toEqual(['1', '2']);
    expect(svg).not.toContain('<circle');
  });

  it('violins are widest where values are densest', () => {
    plt.violinplot([[0, 4.9, 5, 5.1, 10]], { showmedians: true });
    const svg = plt.toSVG();
    const at = places(svg);
    const corners = [...groups(svg, 'area')[0].matchAll(/([\d.]+),([\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
    const [, y] = corners.reduce((left, corner) => (corner[0] < left[0] ? corner : left));
    expect(y).toBeCloseTo(at.y(5), -1);
    expect(isSound(svg)).toBe(true);
  });
});

describe('pie', () => {
  it('gives each its share, with labels and percentages', () => {
    plt.pie([1, 1, 2], { labels: ['a', 'b', 'c'], autopct: '.0f' });
    const svg = plt.toSVG();
    expect(groups(svg, 'area')).toHaveLength(3);
    expect(texts(svg)).toEqual(['a', '25%', 'b', '25%', 'c', '50%']);
    expect(frames(svg)).toHaveLength(0);
  });
});

describe('contours', () => {
  const axis = Array.from({ length: 41 }, (_, i) => -2 + i / 10);
  const cone = axis.map((y) => axis.map((x) => Math.hypot(x, y)));

  it('lie where the values are', () => {
    plt.contour(axis, axis, cone, { levels: [1] });
    const svg = plt.toSVG();
    const at = places(svg);
    const [circle] = lines(svg);
    const radii = circle.map(([x, y]) => Math.hypot((x - at.x(0)) / (at.x(1) - at.x(0)), (y - at.y(0)) / (at.y(0) - at.y(1))));
    expect(Math.min(...radii)).toBeGreaterThan(0.98);
    expect(Math.max(...radii)).toBeLessThan(1.02);
  });

  it('do not run along the border', () => {
    plt.contour([[0, 1], [0, 1]], [0.5]);
    const [points] = lines(plt.toSVG());
    expect(points).toHaveLength(2);
    expect(new Set(points.map(([x]) => x)).size).toBe(1);
  });

  it('filled ones reach to the border of the data, in the colours of the map', () => {
    const mappable = plt.contourf(axis, axis, cone, 5, { cmap: 'viridis' });
    expect(plt.xlim()).toEqual([-2, 2]);
    expect(mappable.levels).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    plt.colorbar();
    const svg = plt.toSVG();
    const fills = [...groups(svg, 'area')[0].matchAll(/fill="(#\w+)"/g)].map((match) => match[1]);
    expect(fills).toHaveLength(6);
    expect(texts(groups(svg, 'colorbar')[0])).toEqual(['0.0', '0.5', '1.0', '1.5', '2.0', '2.5', '3.0']);
    expect(isSound(svg)).toBe(true);
  });

  it('leave NaN and what lies beyond the levels empty, unless they extend', () => {
    plt.contourf([[0, 1, 2], [0, Number.NaN, 2], [0, 1, 2]], { levels: [0.5, 1.5], colors: ['#ff0000'] });
    const [, d] = /<path d="([^"]*)" fill="#ff0000" fill-rule="evenodd"/.exec(groups(plt.toSVG(), 'area')[0]) ?? [];
    expect((d ?? '').match(/M/g)?.length).toBeGreaterThan(1);
    plt.close();
    plt.contourf([[0, 1, 2], [0, 1, 2]], { levels: [0.5, 1, 1.5], extend: 'both' });
    expect(groups(plt.toSVG(), 'area')[0].match(/<path/g)).toHaveLength(3);
  });

  it('pcolormesh places cells between uneven edges, around centres, and on log scales', () => {
    plt.pcolormesh([0, 1, 10], [0, 1], [[1, 2]]);
    const svg = plt.toSVG();
    const at = places(svg);
    const [cells] = groups(svg, 'bars').map(rects);
    expect(cells[1].x).toBeCloseTo(at.x(1), 1);
    expect(cells[1].width).toBeCloseTo(at.x(10) - at.x(1), 1);
    expect(plt.xlim()).toEqual([0, 10]);
    plt.close();
    plt.pcolormesh([[1, 2], [3, 4]]);
    expect(plt.toSVG()).toContain('<image ');
    expect([plt.xlim(), plt.ylim()]).toEqual([[0, 2], [0, 2]]);
    plt.close();
    plt.pcolormesh([10, 20], [1, 2], [[1, 2], [3, 4]]);
    expect(plt.xlim()).toEqual([5, 25]);
    plt.close();
    plt.xscale('log');
    plt.pcolormesh([1, 10, 100], [0, 1], [[1, 2]]);
    const [wide] = groups(plt.toSVG(), 'bars').map(rects);
    expect(wide[0].width).toBeCloseTo(wide[1].width, 1);
  });
});

describe('decision regions', () => {
  const X = [[0, 0], [1, 1], [4, 4]];

  it('asks once for the whole grid and draws the points on top by class', () => {
    const asked: number[] = [];
    plt.decisionRegions((points) => (asked.push(points.length), points.map(([a, b]) => (a + b > 4 ? 2 : a > 0.5 ? 1 : 0))), X, [0, 1, 2], { gridResolution: 50, classNames: ['a', 'b', 'c'] });
    expect(asked).toEqual([2500]);
    expect([plt.xlim(), plt.ylim()]).toEqual([[-1, 5], [-1, 5]]);
    const svg = plt.toSVG();
    expect([...groups(svg, 'area')[0].matchAll(/fill="(#\w+)"/g)].map((match) => match[1])).toEqual(['#1f77b4', '#ff7f0e', '#2ca02c']);
    expect(groups(svg, 'scatter')).toHaveLength(3);
    expect(texts(groups(svg, 'legend')[0])).toEqual(['a', 'b', 'c']);
  });

  it('puts the boundary of two scores where they are equal', () => {
    plt.decisionRegions((points) => points.map(([a]) => [2 - a, a - 2]), X, ['cat', 'cat', 'dog'], { alpha: 1 });
    const svg = plt.toSVG();
    const at = places(svg);
    const second = [...groups(svg, 'area')[0].matchAll(/<path d="([^"]*)"/g)][1][1];
    expect(Math.min(...[...second.matchAll(/([\d.]+),/g)].map((match) => Number(match[1])))).toBeCloseTo(at.x(2), 0);
    expect(texts(groups(svg, 'legend')[0])).toEqual(['cat', 'dog']);
  });

  it('draws one probability as bands with its boundary at 0.5', () => {
    const mappable = plt.decisionRegions((points) => points.map(([a]) => [1 / (1 + Math.exp(-a))]), X);
    expect([mappable?.vmin, mappable?.vmax]).toEqual([0, 1]);
    const svg = plt.toSVG();
    expect(new Set(lines(svg)[0].map(([x]) => Math.round(x - places(svg).x(0))))).toEqual(new Set([0]));
  });
});

describe('loss curves', () => {
  it("smooth is TensorBoard's debiased average", () => {
    expect(plt.smooth([3, 1, 2], 0.5)).toEqual([3, 5 / 3, 13 / 7].map((v) => expect.closeTo(v, 12)));
    expect(plt.smooth([3, 1, 2], 0)).toEqual([3, 1, 2]);
    expect(plt.smooth([4, 4, 4], 0.99)).toEqual([4, 4, 4].map((v) => expect.closeTo(v, 9)));
    const [a, gap, b] = plt.smooth([1, Number.NaN, 1], 0.9);
    expect([a, gap, b]).toEqual([expect.closeTo(1), Number.NaN, expect.closeTo(1)]);
    expect(plt.smooth([], 0.5)).toEqual([]);
  });

  it('draws each series pale and smoothed in one colour, named in the legend', () => {
    plt.lossCurve({ train: [3, 2, 1], validation: { steps: [0, 2], values: Float32Array.of(3, 2) } }, { ylabel: 'nll' });
    const svg = plt.toSVG();
    expect(lines(svg)).toHaveLength(4);
    const strokes = [...svg.matchAll(/class="line"[^>]*stroke="(#\w+)"[^>]*/g)].map(([whole, color]) => [color, whole.includes('stroke-opacity')]);
    expect(strokes).toEqual([['#1f77b4', true], ['#1f77b4', false], ['#ff7f0e', true], ['#ff7f0e', false]]);
    expect(texts(groups(svg, 'legend')[0])).toEqual(['train', 'validation']);
    expect(texts(svg)).toEqual(expect.arrayContaining(['step', 'nll']));
    plt.close();
    plt.lossCurve([1, 2, 3], { smoothing: 0 });
    expect(lines(plt.toSVG())).toHaveLength(1);
  });
});

describe('every kind', () => {
  const nothing: readonly (readonly [string, () => unknown])[] = [
    ['step', () => plt.step([], [])], ['stem', () => plt.stem([])], ['errorbar', () => plt.errorbar([], [], 1)], ['fillBetween', () => plt.fillBetween([], [])], ['scatter', () => plt.scatter([], [])],
    ['bar', () => plt.bar([], [])], ['barh', () => plt.barh([], [])], ['hist', () => plt.hist([])], ['hlines', () => plt.hlines([], 0, 1)], ['boxplot', () => plt.boxplot([[], [1]])],
    ['violinplot', () => plt.violinplot([[], [2, 2]])], ['lossCurve', () => plt.lossCurve([])], ['loglog', () => plt.loglog([0, -1], [1, 2])], ['contourf', () => plt.contourf([[1, 1], [1, 1]])],
    ['contour', () => plt.contour([[Number.NaN, Number.NaN], [Number.NaN, Number.NaN]])], ['imshow', () => plt.imshow([[Number.NaN]])], ['pcolormesh', () => plt.pcolormesh([[Infinity, Number.NaN]])],
    ['heatmap', () => plt.heatmap([[Number.NaN, 1]], { annot: true })], ['confusionMatrix', () => plt.confusionMatrix([[0]], { normalize: 'true' })], ['stairs', () => plt.stairs([Number.NaN, 1], { fill: true })],
    ['fillBetween on a log scale', () => (plt.yscale('log'), plt.fillBetween([1, 2], [1, 10]))], ['large values', () => plt.fillBetween([0, 1], [1e308, -1e308])], ['colorbar of one value', () => (plt.imshow([[3]]), plt.colorbar())],
  ];
  it.each(nothing)('%s draws no data, one value or no number at all without a flaw', (_, draw) => {
    draw();
    expect(isSound(plt.toSVG())).toBe(true);
    expect(plt.toTerminal()).not.toMatch(/NaN|undefined|Infinity/);
    expect(plt.toTerminal({ color: 24, columns: 30 }).split('\n').length).toBeGreaterThan(5);
  });
});
