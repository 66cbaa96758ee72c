/** QR by Householder reflections, a block of columns at a time (Golub and Van Loan, 5.2). */
import { block } from '../../../core/block.ts';
import { reflect, reflection } from '../../../core/reflection.ts';
import { length } from '../../../core/vectors.ts';
import { applyCompact, applyReflections, compact, REFLECTIONS } from './reflections.ts';

/** Factors n columns of m in place: R on and above the diagonal, the reflections below it. Returns their factors tau. */
export function factorQR(w: Float64Array, m: number, n: number): Float64Array {
  const k = Math.min(m, n), tau = new Float64Array(k);
  for (let start = 0; start < k; start += REFLECTIONS) {
    const end = Math.min(start + REFLECTIONS, k);
    for (let j = start; j < end; j++) {
      tau[j] = reflection(w, j * m + j, m - j);
      for (let c = j + 1; c < Math.min(start + REFLECTIONS, n); c++) reflect(tau[j], w, j * m + j, w, c * m + j, m - j);
    }
    const done = Math.min(start + REFLECTIONS, n);
    if (done < n) applyCompact(compact(w, m, 0, tau, start, end, m), block(w, done * m + start, m), n - done, false);
  }
  return tau;
}

/** The same with the longest remaining column taken first at every step; `order` receives which column stands where. */
export function factorPivotedQR(w: Float64Array, m: number, n: number, order: Int32Array): Float64Array {
  const k = Math.min(m, n), tau = new Float64Array(k);
  for (let j = 0; j < n; j++) order[j] = j;
  const lengths = Float64Array.from(order, (j) => length(w, j * m, m));
  for (let j = 0; j < k; j++) {
    let at = j;
    for (let c = j + 1; c < n; c++) if (lengths[c] > lengths[at]) at = c;
    if (at !== j) {
      const column = w.slice(at * m, at * m + m);
      w.copyWithin(at * m, j * m, j * m + m);
      w.set(column, j * m);
      lengths[at] = lengths[j];
      [order[j], order[at]] = [order[at], order[j]];
    }
    tau[j] = reflection(w, j * m + j, m - j);
    for (let c = j + 1; c < n; c++) {
      reflect(tau[j], w, j * m + j, w, c * m + j, m - j);
      lengths[c] = length(w, c * m + j + 1, m - j - 1);
    }
  }
  return tau;
}

/** The first `count` columns (of m) of the product of the reflections below the diagonal of w. */
export function columnsOfQ(w: Float64Array, m: number, tau: Float64Array, count: number): Float64Array {
  const q = new Float64Array(count * m);
  for (let c = 0; c < count; c++) q[c * m + c] = 1;
  if (tau.length > 0) applyReflections(w, m, 0, tau, q, count, m, true);
  return q;
}

/** Orthonormal columns (of m) that complete the given `count` orthonormal ones to a basis. */
export function completeBasis(columns: Float64Array, m: number, count: number): Float64Array {
  const w = new Float64Array(count * m);
  w.set(columns.subarray(0, count * m));
  const tau = factorQR(w, m, count);
  return columnsOfQ(w, m, tau, m).subarray(count * m);
}
