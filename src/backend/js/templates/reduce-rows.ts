/**
 * Folds of elements into float64 accumulators. `row` folds n elements from i in steps of s into one accumulator;
 * `columns` folds m rows (steps of t) of n neighbouring results (steps of s), element j into acc[j]. p is what
 * `deviations` subtracts (acc's neighbour for columns: the mean of each). The order of both lists is FOLDS in reduce.ts.
 */
type Elements = Float64Array;

/** Longer sums are made of partial sums of this many elements, which keeps float64 errors small. */
const BLOCK = 2048;

function sumRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  while (n > 0) {
    const block = n < BLOCK ? n : BLOCK;
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
    if (s === 1) for (; k + 4 <= block; k += 4, i += 4) {
      s0 += A[i];
      s1 += A[i + 1];
      s2 += A[i + 2];
      s3 += A[i + 3];
    }
    for (; k < block; k++, i += s) s0 += A[i];
    acc += s0 + s1 + (s2 + s3);
    n -= block;
  }
  return acc;
}

function prodRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  for (let k = 0; k < n; k++, i += s) acc *= A[i];
  return acc;
}

function maxRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  if (acc !== acc) return acc;
  for (let k = 0; k < n; k++, i += s) {
    const x = A[i];
    if (!(x <= acc)) {
      acc = x;
      if (x !== x) break;
    }
  }
  return acc;
}

function minRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  if (acc !== acc) return acc;
  for (let k = 0; k < n; k++, i += s) {
    const x = A[i];
    if (!(x >= acc)) {
      acc = x;
      if (x !== x) break;
    }
  }
  return acc;
}

function squaresRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  while (n > 0) {
    const block = n < BLOCK ? n : BLOCK;
    let part = 0;
    for (let k = 0; k < block; k++, i += s) {
      const x = A[i];
      part += x * x;
    }
    acc += part;
    n -= block;
  }
  return acc;
}

function absRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  while (n > 0) {
    const block = n < BLOCK ? n : BLOCK;
    let part = 0;
    for (let k = 0; k < block; k++, i += s) part += Math.abs(A[i]);
    acc += part;
    n -= block;
  }
  return acc;
}

function countRow(A: Elements, i: number, n: number, s: number, acc: number): number {
  for (let k = 0; k < n; k++, i += s) if (A[i] !== 0) acc++;
  return acc;
}

function deviationsRow(A: Elements, i: number, n: number, s: number, acc: number, p: number): number {
  while (n > 0) {
    const block = n < BLOCK ? n : BLOCK;
    let part = 0;
    for (let k = 0; k < block; k++, i += s) {
      const x = A[i] - p;
      part += x * x;
    }
    acc += part;
    n -= block;
  }
  return acc;
}

type Columns = (acc: Float64Array, A: Elements, i: number, n: number, s: number, m: number, t: number, p: Float64Array) => void;

const sumColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) acc[j] += A[k];
};

const prodColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) acc[j] *= A[k];
};

const maxColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) {
    const x = A[k];
    if (!(x <= acc[j]) && acc[j] === acc[j]) acc[j] = x;
  }
};

const minColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) {
    const x = A[k];
    if (!(x >= acc[j]) && acc[j] === acc[j]) acc[j] = x;
  }
};

const squaresColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) {
    const x = A[k];
    acc[j] += x * x;
  }
};

const absColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) acc[j] += Math.abs(A[k]);
};

const countColumns: Columns = (acc, A, i, n, s, m, t) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) if (A[k] !== 0) acc[j]++;
};

const deviationsColumns: Columns = (acc, A, i, n, s, m, t, p) => {
  for (; m > 0; m--, i += t) for (let j = 0, k = i; j < n; j++, k += s) {
    const x = A[k] - p[j];
    acc[j] += x * x;
  }
};

export const rows = [sumRow, prodRow, maxRow, minRow, squaresRow, absRow, countRow, deviationsRow] as const;
export const columns = [
  sumColumns, prodColumns, maxColumns, minColumns, squaresColumns, absColumns, countColumns, deviationsColumns,
] as const;

/** The position in the row of the first largest (`sign` 1) or smallest (-1) element, a NaN being both; n > 0. */
export function argRow(A: Elements, i: number, n: number, s: number, sign: number): number {
  let best = A[i], at = 0;
  for (let k = 0; k < n; k++, i += s) {
    const x = A[i];
    if (sign > 0 ? x > best : x < best) {
      best = x;
      at = k;
    }
    if (x !== x) return k;
  }
  return at;
}
