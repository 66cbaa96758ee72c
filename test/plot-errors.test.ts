import { beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, IndexRangeError, ShapeError } from '../src/core/errors.ts';
import * as plt from '../src/plot/index.ts';

beforeEach(() => plt.close('all'));

type Case = readonly [what: string, call: () => unknown, kind: typeof ArgumentError | typeof ShapeError | typeof IndexRangeError, message: RegExp];

const wrong = <T>(value: unknown): T => value as T;

const cases: readonly Case[] = [
  ['lengths that differ', () => plt.plot([1, 2, 3], [1, 2]), ShapeError, /^plot: x and y must have the same length, got 3 and 2$/],
  ['no data', () => plt.plot(), ArgumentError, /^plot: y is missing$/],
  ['text for data', () => plt.plot('r--'), ArgumentError, /^plot: y must be numbers/],
  ['text among the data', () => plt.plot(wrong([1, 'two'])), ArgumentError, /^plot: y must hold numbers, got "two" at index 1$/],
  ['null for data', () => plt.scatter(wrong(null), [1]), ArgumentError, /^scatter: x must be numbers .*got null$/],
  ['a matrix for a vector', () => plt.plot(wrong([[1, 2], [3, 4]])), ShapeError, /^plot: y must have one dimension .*element 0 holds 2 values$/],
  ['an unknown option', () => plt.plot([1], wrong({ colour: 'r' })), ArgumentError, /^plot: option 'colour' is unknown; expected one of color, label, /],
  ['an unknown option of each function', () => plt.imshow([[1]], wrong<plt.ImshowOptions>({ map: 1 })), ArgumentError, /^imshow: option 'map' is unknown; expected one of cmap, /],
  ['an unknown colour', () => plt.plot([1], { color: 'rde' }), ArgumentError, /^plot: color must be a colour .*got "rde"$/],
  ['a colour that is a way into the markup', () => plt.plot([1], { color: 'red" onload="x' }), ArgumentError, /^plot: color must be/],
  ['a colour that is not opaque', () => plt.plot([1], { color: 'transparent' }), ArgumentError, /^plot: color must be/],
  ['an unknown format', () => plt.plot([1], 'r?'), ArgumentError, /^plot: fmt must be .*cannot read "\?" in "r\?"$/],
  ['two colours in a format', () => plt.plot([1], 'rb'), ArgumentError, /cannot read "b" in "rb"/],
  ['an unknown line style', () => plt.plot([1], { linestyle: wrong('dashed-ish') }), ArgumentError, /^plot: linestyle must be one of -, --, -\., :, None, got "dashed-ish"$/],
  ['an unknown marker', () => plt.scatter([1], [1], { marker: wrong('%') }), ArgumentError, /^scatter: marker must be one of o, /],
  ['alpha outside of 0 to 1', () => plt.plot([1], { alpha: 2 }), ArgumentError, /^plot: alpha must be a number between 0 and 1, got 2$/],
  ['a negative width', () => plt.plot([1], { lw: -1 }), ArgumentError, /^plot: linewidth must be a number of at least 0, got -1$/],
  ['sizes that do not match', () => plt.scatter([1, 2, 3], [1, 2, 3], { s: [1, 2] }), ShapeError, /^scatter: x and s must have the same length, got 3 and 2$/],
  ['colours that do not match', () => plt.scatter([1, 2, 3], [1, 2, 3], { c: [1, 2] }), ShapeError, /^scatter: x and c must/],
  ['an index of 0', () => plt.subplot(2, 2, 0), IndexRangeError, /^subplot: index must be between 1 and 4 in a grid of 2 x 2, got 0$/],
  ['an index beyond the grid', () => plt.subplot(3, 1, 4), IndexRangeError, /^subplot: index must be between 1 and 3/],
  ['half a row', () => plt.subplot(1.5, 1, 1), ArgumentError, /^subplot: rows must be a whole number, got 1.5$/],
  ['a size of nothing', () => plt.figure({ figsize: [0, 3] }), ArgumentError, /^figure: figsize must be a number between/],
  ['a size that is no pair', () => plt.figure({ figsize: wrong(4) }), ArgumentError, /^figure: figsize must be \[width, height\] in inches, got 4$/],
  ['a dpi that is none', () => plt.figure({ dpi: Number.NaN }), ArgumentError, /^figure: dpi must be a number between 10 and 1200, got NaN$/],
  ['an unknown option of figure', () => plt.figure(wrong({ size: 3 })), ArgumentError, /^figure: option 'size' is unknown; expected one of figsize, dpi$/],
  ['a title that is no text', () => plt.title(wrong({})), ArgumentError, /^title: label must be a string, got Object$/],
  ['an infinite limit', () => plt.xlim(0, Infinity), ArgumentError, /^xlim: right must be/],
  ['equal limits', () => plt.ylim(1, 1), ArgumentError, /^ylim: top must differ from bottom, both are 1$/],
  ['a negative limit on a log scale', () => (plt.yscale('log'), plt.ylim(-1, 1)), ArgumentError, /^ylim: bottom must be positive on a log scale, got -1$/],
  ['an unknown scale', () => plt.xscale(wrong('sqrt')), ArgumentError, /^xscale: value must be one of linear, log, symlog, got "sqrt"$/],
  ['ragged rows', () => plt.imshow([[1, 2], [3]]), ShapeError, /^imshow: X is ragged: row 0 holds 2 values, row 1 1$/],
  ['a vector for a matrix', () => plt.imshow(wrong([1, 2])), ShapeError, /^imshow: X must have two dimensions/],
  ['an empty matrix', () => plt.imshow([]), ShapeError, /^imshow: X must have two dimensions/],
  ['an unknown map', () => plt.imshow([[1]], { cmap: wrong('jetlag') }), ArgumentError, /^imshow: cmap must be one of viridis, /],
  ['an extent without area', () => plt.imshow([[1]], { extent: [0, 0, 1, 2] }), ArgumentError, /^imshow: extent must span an area/],
  ['vmin above vmax', () => plt.imshow([[1]], { vmin: 2, vmax: 1 }), ArgumentError, /^imshow: vmin must not exceed vmax, got 2 and 1$/],
  ['bins that go down', () => plt.hist([1], { bins: [2, 1] }), ArgumentError, /^hist: bins must be at least two increasing edges$/],
  ['no bins', () => plt.hist([1], { bins: 0 }), ArgumentError, /^hist: bins must be a number between 1/],
  ['heights that do not match', () => plt.bar(['a', 'b'], [1]), ShapeError, /^bar: x and height must have the same length, got 2 and 1$/],
  ['more names than series', () => (plt.plot([1]), plt.legend(['a', 'b'])), ArgumentError, /^legend: labels holds 2 names for 1 series$/],
  ['an unknown place', () => plt.legend({ loc: wrong('middle') }), ArgumentError, /^legend: loc must be one of best, /],
  ['labels without ticks', () => plt.xticks([1, 2], ['a']), ShapeError, /^xticks: ticks and labels must have the same length, got 2 and 1$/],
  ['a position that is no number', () => plt.text(Number.NaN, 0, 'x'), ArgumentError, /^text: x must be a finite number, got NaN$/],
  ['a line at nowhere', () => plt.axhline(Number.NaN), ArgumentError, /^axhline: y must be a finite number, got NaN$/],
  ['a terminal of no width', () => plt.toTerminal({ columns: 0 }), ArgumentError, /^toTerminal: columns must be a number between 10 and 1000, got 0$/],
  ['a colour depth that is none', () => plt.toTerminal({ color: wrong(3) }), ArgumentError, /^toTerminal: color must be/],
  ['a picture without colours', () => plt.imshow([[[1, 2], [1, 2]], [[1, 2], [1, 2]]]), ShapeError, /^imshow: X must be \(M, N\), .*got shape \[2, 2, 2\]$/],
  ['too many dimensions', () => plt.imshow([[[[1]]]]), ShapeError, /^imshow: X must have two dimensions .*got shape \[1, 1, 1, 1\]$/],
  ['text in a picture', () => plt.imshow(wrong([[[0, 0, 'x']]])), ArgumentError, /^imshow: X must hold numbers, got "x" at \[0, 0, 2\]$/],
  ['an unknown norm', () => plt.imshow([[1]], { norm: wrong('cube') }), ArgumentError, /^imshow: norm must be one of linear, log, got "cube"$/],
  ['a limit without a logarithm', () => plt.imshow([[1]], { norm: 'log', vmin: 0 }), ArgumentError, /^imshow: vmin must be positive where norm is log, got 0$/],
  ['a map given twice', () => plt.imshow([[1]], 'gray', { cmap: 'magma' }), ArgumentError, /^imshow: parameter 'cmap' is given twice/],
  ['too many arguments', () => (plt.hist as (...args: unknown[]) => unknown)([1], 2, [0, 1], true, 5), ArgumentError, /^hist: arguments expected at most 3 positional \(bins, range, density\), got 4$/],
  ['a rule for bins that is none', () => plt.hist([1], { bins: wrong('doane') }), ArgumentError, /^hist: bins must be one of auto, fd, /],
  ['weights that do not match', () => plt.hist([1, 2], { weights: [1] }), ShapeError, /^hist: x and weights must have the same length, got 2 and 1$/],
  ['a range that goes down', () => plt.hist([1], { range: [2, 1] }), ArgumentError, /^hist: range must be \[low, high\], got \[2, 1\]$/],
  ['colours for other sets', () => plt.hist([[1, 2], [3, 4]], { color: ['r'] }), ArgumentError, /^hist: color must name one colour per data set \(2\), got 1$/],
  ['edges that do not match', () => plt.stairs([1, 2], [0, 1]), ArgumentError, /^stairs: edges must be one more than the values \(2\), got 2$/],
  ['a base that does not match', () => plt.bar([1, 2, 3], [1, 2, 3], { bottom: [1, 2] }), ShapeError, /^bar: bottom must hold one value or 3, got 2$/],
  ['a negative error', () => plt.errorbar([1], [1], -1), ArgumentError, /^errorbar: yerr must not be negative, got -1$/],
  ['an unknown step', () => plt.step([1], [1], { where: wrong('up') }), ArgumentError, /^step: where must be one of pre, post, mid, got "up"$/],
  ['truth values that do not match', () => plt.fillBetween([1, 2], [1, 2], 0, [true]), ShapeError, /^fillBetween: where must hold 2 truth values, got 1$/],
  ['a rule beyond the axes', () => plt.axhline(0, 0, 2), ArgumentError, /^axhline: xmax must be a number between 0 and 1, got 2$/],
  ['an arrow of an unknown style', () => plt.annotate('x', [0, 0], { arrowprops: { arrowstyle: wrong('fancy') } }), ArgumentError, /^annotate: arrowstyle must be one of ->, -, got "fancy"$/],
  ['a point that is none', () => plt.annotate('x', wrong([1])), ArgumentError, /^annotate: xy must be \[x, y\]/],
  ['a negative share', () => plt.pie([1, -1]), ArgumentError, /^pie: x must hold numbers of at least 0, got -1$/],
  ['no whole', () => plt.pie([0, 0]), ArgumentError, /^pie: x must have a positive sum, got 0$/],
  ['names that do not match', () => plt.boxplot([[1], [2, 3]], { tickLabels: ['a'] }), ShapeError, /^boxplot: tickLabels must hold 2 names, got 1$/],
  ['a grid of one row', () => plt.contour([[1, 2]]), ShapeError, /^contour: Z must have at least two rows and columns, got 1 x 2$/],
  ['levels that go down', () => plt.contourf([[1, 2], [3, 4]], { levels: [2, 1] }), ArgumentError, /^contourf: levels must be at least two increasing numbers, got \[2, 1\]$/],
  ['positions that do not match', () => plt.contourf([1, 2, 3], [1, 2], [[1, 2], [3, 4]]), ShapeError, /^contourf: X must hold 2 positions for Z of 2 x 2, got 3$/],
  ['a mesh that turns back', () => plt.pcolormesh([0, 2, 1], [0, 1], [[1, 2]]), ArgumentError, /^pcolormesh: X must increase/],
  ['a mesh that does not match', () => plt.pcolormesh([0, 1, 2, 3], [0, 1], [[1, 2]]), ShapeError, /^pcolormesh: X must hold 2 centres or 3 edges for the columns of C, got 4$/],
  ['a key to nothing', () => plt.colorbar(), ArgumentError, /^colorbar: mappable is missing: nothing with a colour map was drawn/],
  ['a key beside no axes', () => (plt.imshow([[1]]), plt.colorbar({ ax: wrong(3) })), ArgumentError, /^colorbar: ax must be an axes or an array of them, got 3$/],
  ['a matrix that is not square', () => plt.confusionMatrix([[1, 2]]), ShapeError, /^confusionMatrix: confusionMatrix must have as many columns as rows, got 1 x 2$/],
  ['labels that do not match', () => plt.confusionMatrix([0, 1], [0]), ShapeError, /^confusionMatrix: yTrue and yPred must have the same length, got 2 and 1$/],
  ['an unknown normalization', () => plt.confusionMatrix([[1]], { normalize: wrong('rows') }), ArgumentError, /^confusionMatrix: normalize must be 'true', 'pred' or 'all', got "rows"$/],
  ['a format that is none', () => plt.heatmap([[1]], { annot: true, fmt: 'huh?' }), ArgumentError, /^heatmap: fmt must be a format such as 'd', '\.2f' or '\.1%', got "huh\?"$/],
  ['names of other columns', () => plt.heatmap([[1, 2]], { xticklabels: ['a'] }), ShapeError, /^heatmap: xticklabels must hold 2 names, got 1$/],
  ['heads of nothing', () => plt.attention([[]]), ShapeError, /^attention: weights must be \(L, S\), /],
  ['images of different sizes', () => plt.makeGrid(wrong([[[[1]]], [[[1, 2]]]])), ShapeError, /^makeGrid: tensor is ragged/],
  ['half an image per row', () => plt.makeGrid([[[[1]]]], { nrow: 1.5 }), ArgumentError, /^makeGrid: nrow must be a whole number, got 1.5$/],
  ['a weight beyond one', () => plt.smooth([1], 1.5), ArgumentError, /^smooth: weight must be a number between 0 and 1, got 1.5$/],
  ['losses that are none', () => plt.lossCurve(wrong({ train: 'low' })), ArgumentError, /^lossCurve: train must be numbers, or \{ steps, values \}$/],
  ['steps that do not match', () => plt.lossCurve({ steps: [1], values: [1, 2] }), ShapeError, /^lossCurve: losses: steps and values must have the same length, got 1 and 2$/],
  ['points in three dimensions', () => plt.decisionRegions((p) => p.map(() => 0), [[1, 2, 3]]), ShapeError, /^decisionRegions: X must have two columns, got 3$/],
  ['a classifier of too little', () => plt.decisionRegions(() => [1], [[1, 2]]), ShapeError, /^decisionRegions: classify must return one answer for each of 10000 points, got shape \[1\]$/],
  ['classes that are none', () => plt.decisionRegions((p) => p.map(() => 0), [[1, 2]], [0.5]), ArgumentError, /^decisionRegions: y must hold classes 0, 1, 2, ..., got 0.5$/],
  ['ratios that do not match', () => plt.subplots(1, 2, { widthRatios: [1] }), ArgumentError, /^subplots: widthRatios must hold 2 numbers, got 1$/],
  ['a share that is none', () => plt.subplots(1, 2, { sharex: wrong('rows') }), ArgumentError, /^subplots: sharex must be one of none, all, row, col, got "rows"$/],
  ['labels of no ticks', () => plt.xticks(undefined, ['a']), ArgumentError, /^xticks: ticks must be given where labels are$/],
  ['a threshold of a scale without one', () => plt.yscale('log', { linthresh: 1 }), ArgumentError, /^yscale: linthresh belongs to the symlog scale, got it for log$/],
  ['axes of no figure', () => plt.sca(wrong({})), ArgumentError, /^sca: axes must be of an open figure$/],
  ['closing what is no figure', () => plt.close(wrong(3)), ArgumentError, /^close: which must be a figure or 'all', got 3$/],
];

describe('bad arguments name the function, the argument and what came', () => {
  it.each(cases)('%s', (_, call, kind, message) => {
    expect(call).toThrow(kind);
    plt.close('all');
    expect(call).toThrow(message);
  });

  it('leave the figure as it was', () => {
    plt.plot([1, 2]);
    const before = plt.toSVG();
    expect(() => plt.plot([1, 2], [1])).toThrow();
    expect(() => plt.scatter([1], [1], { alpha: -1 })).toThrow();
    expect(() => plt.imshow([[1]], { alpha: 3 })).toThrow();
    expect(() => plt.plot([1, 2], 'r', [3], 'huh')).toThrow();
    expect(() => plt.bar(['a', 'b'], [1, 2], { color: 'x' })).toThrow();
    expect(() => plt.hist([[1, 2], [3, 4]], { alpha: 2 })).toThrow();
    expect(() => plt.heatmap([[1]], { xticklabels: ['a', 'b'] })).toThrow();
    expect(() => plt.heatmap([[1, 2], [3, 4]], { linewidths: 1, linecolor: 'x', annot: true })).toThrow();
    expect(() => plt.heatmap([[1]], { cbarLabel: wrong({}) })).toThrow();
    expect(() => plt.confusionMatrix([[1]], { xticksRotation: 1000 })).toThrow();
    expect(() => plt.decisionRegions((p) => p.map(() => 0.5), [[1, 2]], [0], { cmap: wrong('jetlag') })).toThrow();
    expect(() => plt.confusionMatrix([[1]], { cmap: wrong('jetlag') })).toThrow();
    expect(() => plt.lossCurve([1], { smoothing: 2 })).toThrow();
    expect(() => plt.decisionRegions((p) => p.map(() => 0), [[1, 2]], [0], { alpha: 3 })).toThrow();
    expect(() => plt.subplots(0, 1)).toThrow();
    expect(plt.toSVG()).toBe(before);
    plt.plot([2, 1]);
    expect(plt.toSVG()).toContain('#ff7f0e');
  });
});
