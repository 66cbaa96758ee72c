/**
 * Sums of float elements in the order of the native kernels on vectors of 64 bytes (native/kernels/reduce_rows.inc,
 * reduce_columns.inc), which makes the results those of the native backend, bit for bit. Blocks are summed in the element
 * type, LANES sums side by side, and folded into float64 totals.
 */
type Elements = Float64Array;

const round = (x: number): number => x;
const array = (n: number): Elements => new Float64Array(n);
const LANES = 8;

/** Neighbouring columns that are summed at once. */
export const STRIP = 8 * LANES;

const BLOCK = 4096;
const STAGE = 1024;
const FOLD_ROWS = 128;
const IN_FLIGHT = 4;

const lanes = new Float64Array(LANES);
const staged = array(STAGE);
const partial = new Float64Array(IN_FLIGHT * STRIP);

/** Puts into `lanes` the sums of n elements from i on: lane j has every LANES-th one from i + j. */
function longRow(A: Elements, i: number, n: number): void {
  const end = (i + n) | 0;
  for (let j = 0; j < LANES; j++) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0, k = (i + j) | 0, vectors = (n / LANES) | 0;
    for (; vectors >= 8; vectors -= 8, k = (k + 8 * LANES) | 0) {
      s0 = round(s0 + A[k]);
      s1 = round(s1 + A[(k + LANES) | 0]);
      s2 = round(s2 + A[(k + 2 * LANES) | 0]);
      s3 = round(s3 + A[(k + 3 * LANES) | 0]);
      s4 = round(s4 + A[(k + 4 * LANES) | 0]);
      s5 = round(s5 + A[(k + 5 * LANES) | 0]);
      s6 = round(s6 + A[(k + 6 * LANES) | 0]);
      s7 = round(s7 + A[(k + 7 * LANES) | 0]);
    }
    if (vectors >= 4) {
      s0 = round(s0 + A[k]);
      s1 = round(s1 + A[(k + LANES) | 0]);
      s2 = round(s2 + A[(k + 2 * LANES) | 0]);
      s3 = round(s3 + A[(k + 3 * LANES) | 0]);
      k = (k + 4 * LANES) | 0;
    }
    s0 = round(round(round(s0 + s4) + round(s2 + s6)) + round(round(s1 + s5) + round(s3 + s7)));
    for (; k < end; k = (k + LANES) | 0) s0 = round(s0 + A[k]);
    lanes[j] = s0;
  }
}

/** The same of four to seven whole vectors. */
function middleRow(A: Elements, i: number, n: number): void {
  const end = (i + n) | 0, vectors = (n / LANES) | 0;
  for (let j = 0; j < LANES; j++) {
    let k = (i + j) | 0, s0 = A[k], s1 = A[(k + LANES) | 0], s2 = A[(k + 2 * LANES) | 0];
    const s3 = A[(k + 3 * LANES) | 0];
    if (vectors > 4) s0 = round(s0 + A[(k + 4 * LANES) | 0]);
    if (vectors > 5) s1 = round(s1 + A[(k + 5 * LANES) | 0]);
    if (vectors > 6) s2 = round(s2 + A[(k + 6 * LANES) | 0]);
    s0 = round(round(s0 + s2) + round(s1 + s3));
    k = (k + vectors * LANES) | 0;
    if (k < end) s0 = round(s0 + A[k]);
    lanes[j] = s0;
  }
}

/** The same of fewer, where lanes from `width` on would be sums of nothing. */
function shortRow(A: Elements, i: number, n: number, width: number): void {
  const end = (i + n) | 0;
  for (let j = 0; j < width; j++) {
    let s = 0;
    for (let k = (i + j) | 0; k < end; k = (k + LANES) | 0) s = round(s + A[k]);
    lanes[j] = s;
  }
}

/** The sum of n > 0 contiguous elements, at most BLOCK of them. */
function block(A: Elements, i: number, n: number): number {
  let width = LANES;
  if (n >= 8 * LANES) longRow(A, i, n);
  else if (n >= 4 * LANES) middleRow(A, i, n);
  else {
    while (width >= 2 * n) width >>= 1;
    shortRow(A, i, n, width);
  }
  for (width >>= 1; width > 0; width >>= 1) for (let j = 0; j < width; j++) lanes[j] = round(lanes[j] + lanes[j + width]);
  return lanes[0];
}

/** `total` and the sum of n elements from i on, s apart. */
export function sumRun(A: Elements, i: number, n: number, s: number, total: number): number {
  if (s === 1) {
    for (; n > BLOCK; n -= BLOCK, i += BLOCK) total += block(A, i, BLOCK);
    return total + block(A, i, n);
  }
  for (; n > 0; n -= STAGE) {
    const count = n < STAGE ? n : STAGE;
    for (let k = 0; k < count; k++, i += s) staged[k] = A[i];
    total += block(staged, 0, count);
  }
  return total;
}

/** Adds m rows of n neighbouring columns, t apart, to partial[p] and those after it. */
function addRows(p: number, A: Elements, i: number, n: number, m: number, t: number): void {
  let j = 0;
  for (; j + 8 <= n; j += 8, p += 8) {
    let s0 = partial[p], s1 = partial[p + 1], s2 = partial[p + 2], s3 = partial[p + 3];
    let s4 = partial[p + 4], s5 = partial[p + 5], s6 = partial[p + 6], s7 = partial[p + 7];
    for (let r = m, k = i + j; r > 0; r--, k = (k + t) | 0) {
      s0 = round(s0 + A[k]);
      s1 = round(s1 + A[(k + 1) | 0]);
      s2 = round(s2 + A[(k + 2) | 0]);
      s3 = round(s3 + A[(k + 3) | 0]);
      s4 = round(s4 + A[(k + 4) | 0]);
      s5 = round(s5 + A[(k + 5) | 0]);
      s6 = round(s6 + A[(k + 6) | 0]);
      s7 = round(s7 + A[(k + 7) | 0]);
    }
    partial[p] = s0;
    partial[p + 1] = s1;
    partial[p + 2] = s2;
    partial[p + 3] = s3;
    partial[p + 4] = s4;
    partial[p + 5] = s5;
    partial[p + 6] = s6;
    partial[p + 7] = s7;
  }
  for (; j < n; j++, p++) {
    let s = partial[p];
    for (let r = m, k = i + j; r > 0; r--, k = (k + t) | 0) s = round(s + A[k]);
    partial[p] = s;
  }
}

/** Adds m rows of n neighbouring columns, t apart, to totals[first] and those after it. */
function sumPiece(
  totals: Float64Array, first: number, A: Elements, i: number, n: number, m: number, t: number, inFlight: number,
): void {
  for (; m > 0; m -= FOLD_ROWS, i += FOLD_ROWS * t) {
    const rows = m < FOLD_ROWS ? m : FOLD_ROWS, each = Math.floor(rows / inFlight), whole = each * inFlight;
    partial.fill(0, 0, inFlight * n);
    for (let u = 0; u < inFlight; u++) addRows(u * n, A, i + u * t, n, each, inFlight * t);
    addRows(0, A, i + whole * t, n, rows - whole, t);
    for (let width = (inFlight * n) >> 1; width >= n; width >>= 1) {
      for (let j = 0; j < width; j++) partial[j] = round(partial[j] + partial[j + width]);
    }
    for (let j = 0; j < n; j++) totals[first + j] += partial[j];
  }
}

/** Adds m rows of n <= STRIP neighbouring columns, t apart, to `totals`. The fewer vectors in a row, the more rows in flight. */
export function sumStrip(totals: Float64Array, A: Elements, i: number, n: number, m: number, t: number): void {
  if (n === STRIP) return sumPiece(totals, 0, A, i, n, m, t, 1);
  const half = n > 4 * LANES ? 4 * LANES : 0, rest = n - half;
  if (half > 0) sumPiece(totals, 0, A, i, half, m, t, 2);
  sumPiece(totals, half, A, i + half, rest, m, t, rest > LANES ? 2 : IN_FLIGHT);
}
