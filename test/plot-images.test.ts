/** Pictures, matrices and what goes with them: pixels are looked up in the embedded images and in rendered PNGs. */
import { inflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { onBackends } from './fixtures/backends.ts';
import { tensor } from 'flambeau';
import * as plt from '../src/plot/index.ts';
import { colors, decodePng } from './fixtures/png.ts';
import { frames, groups, isSound, texts } from './fixtures/svg.ts';

beforeEach(() => plt.close('all'));

/** Pixels of the embedded images as `rrggbbaa`, row by row; they are written without a filter. */
function embedded(svg: string): string[][][] {
  return [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, data]) => {
    const png = Buffer.from(data, 'base64');
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const start = png.indexOf('IDAT') + 4;
    const raw = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
    return Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => raw.subarray(i * (4 * width + 1) + 1 + 4 * j, i * (4 * width + 1) + 5 + 4 * j).toString('hex')));
  });
}

describe('imshow', () => {
  const red = 'ff0000ff', green = '00ff00ff', blue = '0000ffff', white = 'ffffffff';

  it.each([
    ['(M, N, 3) from 0 to 1', [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 1, 1]]]],
    ['(M, N, 3) from 0 to 255', [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]]],
    ['(3, M, N) as PyTorch has it', [[[1, 0], [0, 1]], [[0, 1], [0, 1]], [[0, 0], [1, 1]]]],
    ['rows of typed arrays', [[Uint8Array.of(255, 0, 0), Uint8Array.of(0, 255, 0)], [Uint8Array.of(0, 0, 255), Uint8Array.of(255, 255, 255)]]],
    ['tensors', { tolist: () => [[[1, 0], [0, 1]], [[0, 1], [0, 1]], [[0, 0], [1, 1]]] }],
  ])('takes colours %s', (_, picture) => {
    plt.imshow(picture as plt.ArrayLikeND);
    expect(embedded(plt.toSVG())[0]).toEqual([[red, green], [blue, white]]);
  });

  it('takes a channel for transparency, and clips what is out of range', () => {
    plt.imshow([[[1, 0, 0, 0.5], [-1, 0.5, 0, 1]]]);
    expect(embedded(plt.toSVG())[0]).toEqual([['ff000080', '008000ff']]);
  });

  it('takes one channel as a matrix', () => {
    for (const X of [[[[0, 1], [2, 3]]], [[[0], [1]], [[2], [3]]], [[0, 1], [2, 3]]]) {
      plt.close();
      plt.imshow(X, 'gray');
      expect(embedded(plt.toSVG())[0]).toEqual([['000000ff', '555555ff'], ['aaaaaaff', 'ffffffff']]);
    }
  });

  it('maps by vmin, vmax and norm, and leaves NaN empty', () => {
    plt.imshow([[-5, 0, 5, 10, 50, Number.NaN]], { cmap: 'gray', vmin: 0, vmax: 10 });
    expect(embedded(plt.toSVG())[0][0]).toEqual(['000000ff', '000000ff', '808080ff', 'ffffffff', 'ffffffff', '00000000']);
    plt.close();
    plt.imshow([[1, 10, 100, 0]], { cmap: 'gray', norm: 'log' });
    expect(embedded(plt.toSVG())[0][0]).toEqual(['000000ff', '808080ff', 'ffffffff', '00000000']);
  });

  it('origin lower puts the first row below, with y upwards', () => {
    plt.imshow([[0], [1]], { cmap: 'gray', origin: 'lower' });
    expect(embedded(plt.toSVG())[0]).toEqual([['ffffffff'], ['000000ff']]);
    expect(plt.ylim()).toEqual([-0.5, 1.5]);
  });

  // Colours at 0, 0.5 and 1 as matplotlib has them, within rounding.
  it.each([
    ['viridis', '440154', '21918c', 'fde725'], ['magma', '000004', 'b73779', 'fcfdbf'], ['inferno', '000004', 'bc3754', 'fcffa4'], ['plasma', '0d0887', 'cc4778', 'f0f921'],
    ['gray', '000000', '808080', 'ffffff'], ['Blues', 'f7fbff', '6aaed6', '08306b'], ['coolwarm', '3b4cc0', 'dddcdc', 'b40426'], ['RdBu', '67001f', 'f6f7f7', '053061'], ['jet', '000080', '7dff7a', '800000'],
    ['hot', '0b0000', 'ff5c00', 'ffffff'], ['viridis_r', 'fde725', '20928c', '440154'],
  ] as const)('%s has the colours of matplotlib', (cmap, ...expected) => {
    plt.imshow([[0, 0.5, 1]], { cmap });
    const found = embedded(plt.toSVG())[0][0];
    expected.forEach((hex, i) => {
      for (let c = 0; c < 6; c += 2) expect(Math.abs(Number.parseInt(found[i].slice(c, c + 2), 16) - Number.parseInt(hex.slice(c, c + 2), 16)), `${cmap} at ${i / 2}: ${found[i]}`).toBeLessThanOrEqual(4);
    });
  });

  it('matshow numbers the columns on top', () => {
    plt.matshow([[1, 2], [3, 4]]);
    const svg = plt.toSVG();
    expect(texts(groups(svg, 'x axis')[0])).toEqual(['0', '1']);
    const [frame] = frames(svg);
    const ys = [...groups(svg, 'x axis')[0].matchAll(/<text x="[\d.]+" y="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.max(...ys)).toBeLessThan(frame.y);
  });
});

describe('colour bars', () => {
  it('stand beside their axes, which makes room, and are labelled', () => {
    plt.figure({ figsize: [4, 3] });
    const image = plt.imshow([[0, 5], [10, 20]], 'magma');
    const before = frames(plt.toSVG())[0];
    plt.colorbar(image, { label: 'counts', ticks: [0, 10, 20] }).setLabel('pixels');
    const svg = plt.toSVG();
    const [after] = frames(svg);
    expect(after.width).toBeLessThanOrEqual(before.width);
    const [bar] = groups(svg, 'colorbar');
    expect(texts(bar)).toEqual(['0', '10', '20', 'pixels']);
    const [, x, , width] = /<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(bar)?.map(Number) ?? [];
    expect(x).toBeGreaterThan(after.x + after.width);
    expect(x + width).toBeLessThan(400);
    expect(embedded(bar)[0]).toHaveLength(256);
    expect([embedded(bar)[0][0][0], embedded(bar)[0][255][0]]).toEqual(['fcfdbfff', '000004ff']);
  });

  it('serve scatter and several axes, and lie below', () => {
    const [figure, axes] = plt.subplots(1, 3);
    axes.forEach((each) => each.scatter([1, 2], [1, 2], { c: [0, 1], cmap: 'coolwarm' }));
    figure.colorbar({ ax: axes });
    axes[0].colorbar({ orientation: 'horizontal' });
    const svg = figure.toSVG();
    const bars = groups(svg, 'colorbar');
    expect(bars).toHaveLength(2);
    const last = frames(svg).at(-1);
    const [, x] = /<image x="([\d.]+)"/.exec(bars[1])?.map(Number) ?? [];
    expect(x).toBeGreaterThan((last?.x ?? 0) + (last?.width ?? 0));
    expect(isSound(svg)).toBe(true);
  });
});

describe('as a PNG', () => {
  it('regions are whole, without seams between them, and one opacity is that of all', async () => {
    plt.figure({ figsize: [2, 2] });
    plt.contourf([[0, 1], [2, 3]], { levels: [0, 1, 2, 3], colors: ['#ff0000', '#00ff00', '#0000ff'], alpha: 0.5 });
    plt.axis('off');
    const seen = colors(decodePng(await plt.toPNG()));
    // Half of each colour over white; what lies between two colours is a mixture of both and never lighter.
    for (const color of ['ff8080', '80ff80', '8080ff']) expect([...seen].filter(([hex]) => close(hex, color)).reduce((sum, [, n]) => sum + n, 0), color).toBeGreaterThan(2000);
    const inner = decodePng(await plt.toPNG());
    for (let i = 30; i < 170; i++) expect(inner.at(i, i)).not.toBe('ffffff');
  });

  it('a colour bar runs from the lowest colour to the highest', async () => {
    plt.figure({ figsize: [3, 3] });
    const image = plt.imshow([[0, 1]], { cmap: ['#ff0000', '#0000ff'], aspect: 'auto' });
    plt.colorbar(image);
    const [, x, y, width, height] = /<g class="colorbar"><image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(plt.toSVG())?.map(Number) ?? [];
    const picture = decodePng(await plt.toPNG());
    const middle = Math.round(x + width / 2);
    expect([picture.at(middle, Math.round(y + 0.1 * height)), picture.at(middle, Math.round(y + 0.9 * height))]).toEqual(['0000ff', 'ff0000']);
  });
});

/** Whether two colours differ by rounding alone. */
function close(a: string, b: string): boolean {
  return [0, 2, 4].every((c) => Math.abs(Number.parseInt(a.slice(c, c + 2), 16) - Number.parseInt(b.slice(c, c + 2), 16)) <= 2);
}

describe('makeGrid', () => {
  const image = (v: number): number[][][] => [[[v, v], [v, v]]];

  it('puts images in rows with padding, gray ones in three channels', () => {
    const grid = plt.makeGrid([image(1), image(2), image(3)], { nrow: 2, padding: 1, padValue: 9 });
    expect(grid).toHaveLength(3);
    expect(grid[0]).toEqual([
      [9, 9, 9, 9, 9, 9, 9], [9, 1, 1, 9, 2, 2, 9], [9, 1, 1, 9, 2, 2, 9], [9, 9, 9, 9, 9, 9, 9],
      [9, 3, 3, 9, 9, 9, 9], [9, 3, 3, 9, 9, 9, 9], [9, 9, 9, 9, 9, 9, 9],
    ]);
    expect(grid[2]).toEqual(grid[0]);
  });

  it('takes eight per row and two pixels unless told, and gives one image back as it is', () => {
    const grid = plt.makeGrid(Array.from({ length: 9 }, (_, i) => image(i)));
    expect([grid[0].length, grid[0][0].length]).toEqual([2 * 4 + 2, 8 * 4 + 2]);
    expect(plt.makeGrid([image(5)])).toEqual([[[5, 5], [5, 5]], [[5, 5], [5, 5]], [[5, 5], [5, 5]]]);
    expect(plt.makeGrid(Array.from({ length: 5 }, () => [[1, 2], [3, 4]]), 5, 0)[0]).toEqual([[1, 2, 1, 2, 1, 2, 1, 2, 1, 2], [3, 4, 3, 4, 3, 4, 3, 4, 3, 4]]);
  });

  it('normalizes over all, over each, or over a range', () => {
    const pixels = (options: plt.MakeGridOptions): number[] => plt.makeGrid([[[[0, 2]]], [[[4, 8]]]], { padding: 0, normalize: true, ...options })[0][0];
    expect(pixels({})).toEqual([0, 0.25, 0.5, 1]);
    expect(pixels({ scaleEach: true })).toEqual([0, 1, 0, 1]);
    expect(pixels({ valueRange: [2, 4] })).toEqual([0, 0, 1, 1]);
  });
});

onBackends(() => {
  it('tensors are taken where arrays are', () => {
    plt.close('all');
    const images = tensor([[[[0, 1], [1, 0]]], [[[1, 1], [0, 0]]]]);
    plt.imshow(plt.makeGrid(images, { padding: 1 }));
    const [o, x] = ['000000ff', 'ffffffff'];
    expect(embedded(plt.toSVG())[0]).toEqual([[o, o, o, o, o, o, o], [o, o, x, o, x, x, o], [o, x, o, o, o, o, o], [o, o, o, o, o, o, o]]);
    expect(tensor(plt.makeGrid(images, { padding: 0 })).shape).toEqual([3, 2, 4]);
    expect(plt.confusionMatrix(tensor([0, 1, 1]), tensor([0, 1, 0]))).toEqual([[1, 0], [1, 1]]);
    expect(plt.smooth(tensor([1, 1]), 0.5)).toEqual([1, 1]);
  });
});

describe('confusion matrix', () => {
  // sklearn.metrics.confusion_matrix's example: rows are true classes.
  const yTrue = [2, 0, 2, 2, 0, 1], yPred = [0, 0, 2, 2, 0, 2];

  it('counts pairs, or shows counts', () => {
    expect(plt.confusionMatrix(yTrue, yPred)).toEqual([[2, 0, 0], [0, 0, 1], [1, 0, 2]]);
    const svg = plt.toSVG();
    expect(texts(groups(svg, 'x axis')[0])).toEqual(['0', '1', '2', 'Predicted label']);
    plt.close();
    expect(plt.confusionMatrix([[2, 1], [0, 3]], { displayLabels: ['ham', 'spam'], colorbar: false })).toEqual([[2, 1], [0, 3]]);
    const other = plt.toSVG();
    expect(texts(groups(other, 'y axis')[0])).toEqual(['ham', 'spam', 'True label']);
    expect(groups(other, 'colorbar')).toEqual([]);
  });

  it('takes names, in an order if told, of which unnamed ones are left out', () => {
    expect(plt.confusionMatrix(['ant', 'bird', 'cat', 'ant'], ['ant', 'ant', 'cat', 'bird'], { labels: ['bird', 'ant'] })).toEqual([[0, 1], [1, 1]]);
  });

  it.each([['true', [[1, 0, 0], [0, 0, 1], [1 / 3, 0, 2 / 3]]], ['pred', [[2 / 3, 0, 0], [0, 0, 1 / 3], [1 / 3, 0, 2 / 3]]], ['all', [[2 / 6, 0, 0], [0, 0, 1 / 6], [1 / 6, 0, 2 / 6]]]] as const)('normalizes over %s', (normalize, expected) => {
    expect(plt.confusionMatrix(yTrue, yPred, { normalize })).toEqual(expected.map((row) => row.map((v) => expect.closeTo(v, 12))));
    expect(texts(plt.toSVG())).toContain({ true: '0.67', pred: '0.67', all: '0.33' }[normalize]);
  });

  it('writes dark on light and light on dark, in the format that is wanted', () => {
    plt.confusionMatrix([[10, 0], [0, 10]], { cmap: 'Blues', valuesFormat: '.1f' });
    const svg = plt.toSVG();
    expect(svg).toMatch(/fill="#f7fbff">10\.0</);
    expect(svg).toMatch(/fill="#08306b">0\.0</);
  });

  it('shrinks values that would not fit into their cells', () => {
    plt.figure({ figsize: [3, 3] });
    plt.confusionMatrix(Array.from({ length: 10 }, () => new Array<number>(10).fill(12_345)), { colorbar: false });
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const [, size] = /font-size="([\d.]+)"[^>]*>12345</.exec(svg)?.map(Number) ?? [];
    expect(5 * 0.636 * size).toBeLessThan(frame.width / 10);
  });
});

describe('heat maps', () => {
  it('write values, name rows and columns, and part cells', () => {
    plt.heatmap([[0.5, 1], [0.25, -3]], { annot: true, fmt: '.2f', xticklabels: ['a', 'b'], yticklabels: ['c', 'd'], linewidths: 1, cbar: false });
    const svg = plt.toSVG();
    expect(texts(svg)).toEqual(expect.arrayContaining(['0.50', '1.00', '0.25', '−3.00', 'a', 'b', 'c', 'd']));
    expect(svg.match(/class="line"/g)).toHaveLength(2);
    plt.close();
    plt.heatmap([[1, 2]], { annot: [[7, 8]] });
    expect(texts(plt.toSVG())).toEqual(expect.arrayContaining(['7', '8']));
  });

  it('attention draws one panel per head with one scale', () => {
    const weights = [[[1, 0], [0.5, 0.5]], [[0.2, 0.8], [0, 1]], [[1, 0], [1, 0]]];
    const axes = plt.attention(weights, { xticklabels: ['<s>', 'hi'], yticklabels: ['<s>', 'hi'] });
    expect(axes).toHaveLength(3);
    const svg = plt.toSVG();
    expect(frames(svg)).toHaveLength(3);
    expect(groups(svg, 'colorbar')).toHaveLength(1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Head 1', 'Head 3', '&lt;s&gt;', 'key', 'query']));
    plt.close('all');
    plt.attention(weights[0], { titles: ['layer 0'] });
    expect(texts(plt.toSVG())).toContain('layer 0');
  });
});

describe('grids of panels', () => {
  it('shared axes have common limits and labels at the outer panels only', () => {
    const [figure, axes] = plt.subplots(2, 2, { sharex: 'col', sharey: true });
    axes[0].plot([0, 1], [0, 1]);
    axes[2].plot([0, 5], [0, 1]);
    axes[3].plot([0, 1], [0, 9]);
    expect(axes[0].getXlim()).toEqual(axes[2].getXlim());
    expect(axes[1].getXlim()).not.toEqual(axes[0].getXlim());
    expect(axes[0].getYlim()).toEqual(axes[3].getYlim());
    axes[3].setYlim(0, 3);
    expect(axes[0].getYlim()).toEqual([0, 3]);
    const svg = figure.toSVG();
    expect(groups(svg, 'x axis').map((axis) => texts(axis).length > 0)).toEqual([false, false, true, true]);
    expect(groups(svg, 'y axis').map((axis) => texts(axis).length > 0)).toEqual([true, false, true, false]);
  });

  it('rows and columns may differ in size', () => {
    const [figure] = plt.subplots(1, 2, { widthRatios: [3, 1] });
    const [a, b] = frames(figure.toSVG());
    expect(a.width / b.width).toBeCloseTo(3, 1);
  });

  it('twinx has its own y axis on the right of the same frame', () => {
    plt.plot([1, 2], [1, 2]);
    const left = plt.gca(), right = plt.twinx();
    right.plot([1, 4], [100, 200]);
    plt.ylabel('right');
    expect(left.getXlim()).toEqual(right.getXlim());
    const svg = plt.toSVG();
    expect(frames(svg)).toHaveLength(1);
    expect(groups(svg, 'y axis')).toHaveLength(2);
    const [frame] = frames(svg);
    const xs = [...groups(svg, 'y axis')[1].matchAll(/<text x="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...xs)).toBeGreaterThan(frame.x + frame.width);
    expect(Math.max(...xs)).toBeLessThan(640);
    plt.sca(left);
    expect(plt.gca()).toBe(left);
  });

  it('legends stand outside, in columns, with a title', () => {
    for (const label of ['a', 'b', 'c']) plt.plot([1, 2], { label });
    plt.legend({ loc: 'outside', ncols: 2, title: 'runs' });
    const svg = plt.toSVG();
    const [frame] = frames(svg);
    const [, x, , width] = /<g class="legend"><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(svg)?.map(Number) ?? [];
    expect(x).toBeGreaterThan(frame.x + frame.width);
    expect(x + width).toBeLessThan(640);
    expect(texts(groups(svg, 'legend')[0])).toEqual(['runs', 'a', 'b', 'c']);
  });

  it('cla empties the axes and keeps its place', () => {
    const [, [first]] = plt.subplots(1, 2);
    plt.plot([1, 2]);
    plt.imshow([[1]]);
    plt.colorbar();
    plt.title('x');
    plt.cla();
    expect(plt.gca()).toBe(first);
    expect(groups(plt.toSVG(), 'colorbar')).toEqual([]);
    expect(texts(plt.toSVG())).not.toContain('x');
    expect(frames(plt.toSVG())).toHaveLength(2);
  });
});
