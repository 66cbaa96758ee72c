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
    expect(plt.toSVG()).toBe(before);
    plt.plot([2, 1]);
    expect(plt.toSVG()).toContain('#ff7f0e');
  });
});
