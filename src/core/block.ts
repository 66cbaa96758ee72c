/** Where a block of an array begins, and how far apart its rows and its columns are. */
export interface Block {
  readonly values: Float64Array;
  readonly at: number;
  readonly row: number;
  readonly col: number;
}

export const block = (values: Float64Array, at: number, row: number, col = 1): Block => ({ values, at, row, col });
