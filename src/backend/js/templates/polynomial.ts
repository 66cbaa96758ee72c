/** Polynomial evaluation and moments, in float64 and rounded once. */
type Elements = Float64Array;

/** Evaluates n points. Coefficients are `degree + 1` elements of C, `ck` apart, highest first, moving by cs per point. */
export function polyvalRow(
  O: Elements, C: Elements, X: Elements, oi: number, ci: number, xi: number, n: number, os: number, cs: number, xs: number,
  terms: number, ck: number,
): void {
  if (cs === 0 && terms === 4) {
    const c3 = C[ci], c2 = C[ci + ck], c1 = C[ci + 2 * ck], c0 = C[ci + 3 * ck];
    for (let i = 0, o = oi, a = xi; i < n; i++, o += os, a += xs) {
      const x = X[a];
      O[o] = ((c3 * x + c2) * x + c1) * x + c0;
    }
    return;
  }
  for (let i = 0, o = oi, a = xi, c = ci; i < n; i++, o += os, a += xs, c += cs) {
    const x = X[a];
    let y = 0;
    for (let k = 0, at = c; k < terms; k++, at += ck) y = y * x + C[at];
    O[o] = y;
  }
}

/** Adds to acc[k] the sum over n points of g * x^k for k < powers. */
export function momentsRow(
  acc: Float64Array, G: Elements, X: Elements, gi: number, xi: number, n: number, gs: number, xs: number, powers: number,
): void {
  // Four powers at a time keep their sums in registers; a pass for the next four starts from x^first.
  for (let first = 0; first < powers; first += 4) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let i = 0, g = gi, a = xi; i < n; i++, g += gs, a += xs) {
      const x = X[a];
      let t = G[g];
      for (let k = 0; k < first; k++) t *= x;
      s0 += t;
      t *= x;
      s1 += t;
      t *= x;
      s2 += t;
      s3 += t * x;
    }
    acc[first] += s0;
    if (first + 1 < powers) acc[first + 1] += s1;
    if (first + 2 < powers) acc[first + 2] += s2;
    if (first + 3 < powers) acc[first + 3] += s3;
  }
}
