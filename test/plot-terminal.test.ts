/** Small figures as a terminal shows them, character by character. */
import { beforeEach, describe, expect, it } from 'vitest';
import * as plt from '../src/plot/index.ts';

beforeEach(() => plt.close('all'));

const drawn = (): string[] => plt.toTerminal({ columns: 40, rows: 11 }).split('\n');

describe('without colours', () => {
  it('bars are blocks, up and down', () => {
    plt.bar(['a', 'b', 'c'], [1, 3, -1]);
    expect(drawn()).toEqual([
      ' │             ⢠▄▄▄▄▄▄▄▄▄',
      ' │             ▐█████████',
      '2┤             ▐█████████',
      ' │             ▐█████████',
      ' │ ⢠▄▄▄▄▄▄▄▄▄  ▐█████████',
      ' │ ▐█████████  ▐█████████',
      '0┤ ⠘▀▀▀▀▀▀▀▀▀  ⠘▀▀▀▀▀▀▀▀▀  ⢰▆▆▆▆▆▆▆▆▆',
      ' │                         ▐█████████',
      ' │                         ⠘▀▀▀▀▀▀▀▀▀',
      ' └──────┬───────────┬───────────┬──────',
      '        a           b           c',
    ]);
  });

  it('confusion matrices have their counts in the cells', () => {
    plt.confusionMatrix([[9, 1], [2, 8]], { displayLabels: ['ham', 'spam'] });
    expect(drawn()).toEqual([
      '      True label',
      '           │███████        ██ 8',
      '        ham┤███9███   1    ▓▓',
      '           │███████        ▓▓ 6',
      '           │       ███████ ▒▒',
      '           │       ███████ ░░ 4',
      '       spam┤   2   ███8███ ░░',
      '           │       ███████    2',
      '           └───┬──────┬───',
      '              ham   spam',
      '            Predicted label',
    ]);
  });

  it('contours are shades, with their key', () => {
    plt.contourf([[0, 1, 2], [1, 2, 3], [2, 3, 4]]);
    plt.colorbar();
    expect(drawn()).toEqual([
      '2.0┤▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓█████████████ ██ 4.0',
      '   │▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓██████████ ██ 3.5',
      '1.5┤░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓███████ ▓▓ 3.0',
      '   │░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓███ ▓▓ 2.5',
      '1.0┤░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓ ▒▒ 2.0',
      '   │   ░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓ ░░ 1.5',
      '0.5┤       ░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▓ ░░ 1.0',
      '   │          ░░░░░░░▒▒▒▒▒▒▒▒▒▒▒    0.5',
      '0.0┤             ░░░░░░░▒▒▒▒▒▒▒▒    0.0',
      '   └┬─────────────┬────────────┬',
      '    0             1            2',
    ]);
  });

  it('a second y axis is on the right', () => {
    plt.plot([0, 1], [0, 1]);
    plt.twinx().plot([0, 1], [100, 0]);
    expect(drawn()).toEqual([
      '1.0┤ ⠠⢄⡀                        ⢀⡠⠄ ├100',
      '   │   ⠈⠑⠢⣀                  ⣀⠔⠊⠁   │',
      '   │       ⠉⠒⠤⣀          ⣀⠤⠒⠉       │',
      '   │           ⠑⠢⢄⡀  ⢀⡠⠔⠊           │',
      '0.5┤              ⢈⡱⢎⡁              ├50',
      '   │           ⡠⠔⠊⠁  ⠈⠑⠢⢄           │',
      '   │       ⣀⠤⠒⠉          ⠉⠒⠤⣀       │',
      '   │   ⢀⡠⠔⠉                  ⠉⠢⢄⡀   │',
      '0.0┤ ⠐⠊⠁                        ⠈⠑⠂ ├0',
      '   └─┬──────────────┬─────────────┬─',
      '    0.0            0.5           1.0',
    ]);
  });

  it('long names lose their ends rather than be left out', () => {
    plt.bar(['logistic regression', 'random forest', 'neural network'], [1, 2, 3]);
    expect(drawn().at(-1)?.trim()).toBe('logistic r… random for… neural net…');
  });
});

describe('with colours', () => {
  it('pictures are half blocks in their own colours', () => {
    plt.imshow([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 1, 1]]]);
    plt.axis('off');
    const e = '\u001b[';
    expect(plt.toTerminal({ columns: 10, rows: 5, color: 24 }).split('\n')).toEqual([
      ...new Array<string>(2).fill(`${e}38;2;255;0;0;48;2;255;0;0m▀▀▀▀▀${e}0m${e}38;2;0;255;0;48;2;0;255;0m▀▀▀▀▀${e}0m`),
      `${e}38;2;255;0;0;48;2;0;0;255m▀▀▀▀▀${e}0m${e}38;2;0;255;0;48;2;255;255;255m▀▀▀▀▀${e}0m`,
      ...new Array<string>(2).fill(`${e}38;2;0;0;255;48;2;0;0;255m▀▀▀▀▀${e}0m${e}38;2;255;255;255;48;2;255;255;255m▀▀▀▀▀${e}0m`),
    ]);
  });

  it('lines are seen before bars', () => {
    plt.bar([0], [10], { color: '#0000ff' });
    plt.axhline(5, { color: '#ff0000' });
    expect(plt.toTerminal({ columns: 30, rows: 9, color: 24 })).toContain('38;2;255;0;0;48;2;0;0;255m');
  });

  it('regions lie under their points', () => {
    plt.decisionRegions((points) => points.map(([a]) => (a > 0 ? 1 : 0)), [[-1, 0], [1, 0]], [0, 1], { alpha: 1 });
    const out = plt.toTerminal({ columns: 40, rows: 12, color: 24 });
    expect(out).toContain('48;2;31;119;180m');
    expect(out).toContain('48;2;255;127;14m');
  });
});
