/** Lines and points in the dots of a terminal screen. */
import type { Hex } from './color.ts';
import type { Screen } from './screen.ts';
import type { LineStyleName } from './style.ts';

/** A rectangle of cells. */
export interface Frame {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
}

// Dots on and off along a line.
const rhythm: Readonly<Record<LineStyleName, readonly [on: number, off: number]>> = { '-': [1, 0], '--': [4, 3], '-.': [5, 2], ':': [1, 2], None: [0, 1] };

/** Puts dots of one panel: cuts at the frame and moves to the screen's coordinates. */
export class Pen {
  readonly #screen: Screen;
  readonly #frame: Frame;
  readonly width: number;
  readonly height: number;
  #step = 0;

  constructor(screen: Screen, frame: Frame) {
    this.#screen = screen;
    this.#frame = frame;
    this.width = 2 * frame.columns;
    this.height = 4 * frame.rows;
  }

  dot(x: number, y: number, color: Hex): void {
    const [i, j] = [Math.round(x), Math.round(y)];
    if (i >= 0 && j >= 0 && i < this.width && j < this.height) this.#screen.dot(i + 2 * this.#frame.column, j + 4 * this.#frame.row, color);
  }

  /** A rectangle of whole dots. */
  box(x0: number, x1: number, y0: number, y1: number, color: Hex): void {
    for (let i = Math.max(0, x0); i <= Math.min(this.width - 1, x1); i++) {
      for (let j = Math.max(0, y0); j <= Math.min(this.height - 1, y1); j++) this.#screen.fill(i + 2 * this.#frame.column, j + 4 * this.#frame.row, color);
    }
  }

  line(x0: number, y0: number, x1: number, y1: number, color: Hex, style: LineStyleName): void {
    // Liang-Barsky, so that a segment costs no more than the frame is wide.
    let [from, to] = [0, 1];
    for (const [delta, room] of [[x0 - x1, x0], [x1 - x0, this.width - 1 - x0], [y0 - y1, y0], [y1 - y0, this.height - 1 - y0]]) {
      if (delta === 0 && room < 0) return;
      if (delta < 0) from = Math.max(from, room / delta);
      if (delta > 0) to = Math.min(to, room / delta);
    }
    if (!(from <= to)) return;
    const [on, off] = rhythm[style];
    const [startX, startY] = [x0 + from * (x1 - x0), y0 + from * (y1 - y0)];
    const [dx, dy] = [(to - from) * (x1 - x0), (to - from) * (y1 - y0)];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
    for (let k = 0; k <= steps; k++) {
      if (k > 0) this.#step++;
      if (this.#step % (on + off) < on) this.dot(startX + (dx * k) / steps, startY + (dy * k) / steps, color);
    }
  }

  marker(x: number, y: number, color: Hex, large: boolean): void {
    this.dot(x, y, color);
    if (!large) return;
    for (const [dx, dy] of [[1, 0], [0, 1], [1, 1]]) this.dot(Math.floor(x) + dx, Math.floor(y) + dy, color);
  }
}
