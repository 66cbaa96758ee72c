/** A grid of terminal cells: text, braille dots (2 x 4 per cell) and half blocks, with colours. */
import { type Hex, toRgb } from './color.ts';

/** Bits of colour as `tty.WriteStream.getColorDepth` counts them: 1 none, 4 the sixteen, 8 the 256, 24 all. */
export type ColorDepth = 1 | 4 | 8 | 24;

// Bits of U+2800..U+28FF by row and column of the dot.
const brailleBits = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

// Dots of a solid cell that a block character shows without gaps.
const blocks: Readonly<Record<number, string>> = { 0xff: '█', 0xc0: '▂', 0xe4: '▄', 0xf6: '▆', 0x47: '▌', 0xb8: '▐', 0x1b: '▀' };

const sixteen = ['000000', 'cd0000', '00cd00', 'cdcd00', '0000ee', 'cd00cd', '00cdcd', 'e5e5e5', '7f7f7f', 'ff0000', '00ff00', 'ffff00', '5c5cff', 'ff00ff', '00ffff', 'ffffff']
  .map((hex) => toRgb(`#${hex}`));
const cubeLevels = [0, 95, 135, 175, 215, 255];

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0);
}

function nearest(value: number, levels: readonly number[]): number {
  return levels.reduce((best, level, i) => (Math.abs(level - value) < Math.abs(levels[best] - value) ? i : best), 0);
}

function colorCode(color: Hex, depth: ColorDepth, background: boolean): string {
  const rgb = toRgb(color);
  const lead = background ? 48 : 38;
  if (depth === 24) return `${lead};2;${rgb.join(';')}`;
  if (depth === 8) {
    const cube = rgb.map((v) => nearest(v, cubeLevels));
    const grey = Math.max(0, Math.min(23, Math.round(((rgb[0] + rgb[1] + rgb[2]) / 3 - 8) / 10)));
    const level = 8 + 10 * grey;
    const useGrey = distance(rgb, [level, level, level]) < distance(rgb, cube.map((i) => cubeLevels[i]));
    return `${lead};5;${useGrey ? 232 + grey : 16 + 36 * cube[0] + 6 * cube[1] + cube[2]}`;
  }
  const best = sixteen.reduce((found, candidate, i) => (distance(candidate, rgb) < distance(sixteen[found], rgb) ? i : found), 0);
  return String((best < 8 ? 30 : 82) + best + (background ? 10 : 0));
}

/** Columns that a character takes: two for the wide scripts and emoji, none for combining marks. */
function cellsOf(char: string): number {
  if (/\p{Mark}/u.test(char)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u.test(char) ? 2 : 1;
}

/** Control characters could move the cursor or run a terminal's commands: none gets through. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, ' ');
}

export function columnsOf(text: string): number {
  let sum = 0;
  for (const char of plain(text)) sum += cellsOf(char);
  return sum;
}

export class Screen {
  readonly columns: number;
  readonly rows: number;
  readonly #text: (string | undefined)[];
  readonly #dots: Uint8Array;
  /** Cells that `fill` made. */
  readonly #solid: Uint8Array;
  readonly #front: (Hex | undefined)[];
  readonly #back: (Hex | undefined)[];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    const size = columns * rows;
    this.#text = new Array<string | undefined>(size).fill(undefined);
    this.#dots = new Uint8Array(size);
    this.#solid = new Uint8Array(size);
    this.#front = new Array<Hex | undefined>(size).fill(undefined);
    this.#back = new Array<Hex | undefined>(size).fill(undefined);
  }

  write(column: number, row: number, text: string, color?: Hex): void {
    if (row < 0 || row >= this.rows) return;
    let at = Math.round(column);
    for (const char of plain(text)) {
      const width = cellsOf(char);
      if (width > 0 && at >= 0 && at + width <= this.columns) {
        const cell = row * this.columns + at;
        this.#text[cell] = char;
        this.#front[cell] = color;
        if (width === 2) this.#text[cell + 1] = '';
      }
      at += width;
    }
  }

  #cellOf(x: number, y: number): number {
    const [column, row] = [x >> 1, y >> 2];
    return x < 0 || y < 0 || column >= this.columns || row >= this.rows ? -1 : row * this.columns + column;
  }

  /** Lights a dot of a line or a point, which shows before whatever fills the cell; the cell takes the colour of the last one. */
  dot(x: number, y: number, color: Hex): void {
    const cell = this.#cellOf(x, y);
    if (cell < 0) return;
    if (this.#solid[cell] !== 0) {
      this.#back[cell] = this.#front[cell];
      this.#dots[cell] = this.#solid[cell] = 0;
    } else if (this.#text[cell] !== undefined && this.#dots[cell] === 0) {
      if (this.#text[cell] === '▀') this.#back[cell] = this.#front[cell];
      this.#text[cell] = undefined;
    }
    this.#dots[cell] |= brailleBits[y & 3][x & 1];
    this.#front[cell] = color;
  }

  /** A dot of a filled shape: cells that are full, or full to a line, become blocks. */
  fill(x: number, y: number, color: Hex): void {
    const cell = this.#cellOf(x, y);
    if (cell < 0) return;
    if (this.#solid[cell] === 0) this.#dots[cell] = 0;
    this.#text[cell] = undefined;
    this.#solid[cell] = 1;
    this.#dots[cell] |= brailleBits[y & 3][x & 1];
    this.#front[cell] = color;
  }

  /** Fills the upper and the lower half of a cell. */
  halves(column: number, row: number, upper: Hex | undefined, lower: Hex | undefined): void {
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    const cell = row * this.columns + column;
    this.#text[cell] = upper === undefined ? (lower === undefined ? undefined : '▄') : '▀';
    this.#front[cell] = upper ?? lower;
    this.#back[cell] = upper === undefined ? undefined : lower;
  }

  #char(cell: number): string {
    const dots = this.#dots[cell];
    return this.#text[cell] ?? (dots === 0 ? ' ' : ((this.#solid[cell] === 0 ? undefined : blocks[dots]) ?? String.fromCharCode(0x2800 + dots)));
  }

  /** The colours of a cell as SGR codes; black is the terminal's own foreground, which shows on any background. */
  #codes(cell: number, depth: ColorDepth): string {
    if (depth === 1) return '';
    const [front, back] = [this.#front[cell], this.#back[cell]];
    const codes: string[] = [];
    if (front !== undefined && (front !== '#000000' || back !== undefined) && this.#char(cell) !== ' ') codes.push(colorCode(front, depth, false));
    if (back !== undefined) codes.push(colorCode(back, depth, true));
    return codes.join(';');
  }

  /** Lines without trailing blanks. */
  toString(depth: ColorDepth): string {
    const lines: string[] = [];
    for (let start = 0; start < this.#text.length; start += this.columns) {
      let end = start + this.columns;
      while (end > start && this.#char(end - 1) === ' ' && (depth === 1 || this.#back[end - 1] === undefined)) end--;
      let line = '';
      let state = '';
      for (let cell = start; cell < end; cell++) {
        const codes = this.#codes(cell, depth);
        if (codes !== state) line += `${state === '' ? '' : '\u001b[0m'}${codes === '' ? '' : `\u001b[${codes}m`}`;
        state = codes;
        line += this.#char(cell);
      }
      lines.push(state === '' ? line : `${line}\u001b[0m`);
    }
    return lines.join('\n');
  }
}
