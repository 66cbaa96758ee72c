/** Moving 8-byte elements as pairs of int32 words: bits are kept, and int64 needs no BigInt. Indices count elements. */

export function movePairs(O: Int32Array, A: Int32Array, oi: number, ai: number, n: number, os: number, as: number): void {
  for (let i = 0, o = 2 * oi, a = 2 * ai; i < n; i++, o += 2 * os, a += 2 * as) {
    O[o] = A[a];
    O[o + 1] = A[a + 1];
  }
}

/** As gatherRow and setRow in templates/move.ts. */
export function gatherPairs(
  O: Int32Array, S: Int32Array, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
): void {
  for (let i = 0, o = 2 * oi, s = si, x = xi; i < n; i++, o += 2 * os, s += ss, x += xs) {
    const index = X[x];
    const from = 2 * (s + (index < 0 ? index + size : index) * step);
    O[o] = S[from];
    O[o + 1] = S[from + 1];
  }
}

export function setPairs(
  O: Int32Array, S: Int32Array, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
): void {
  for (let i = 0, o = oi, s = 2 * si, x = xi; i < n; i++, o += os, s += 2 * ss, x += xs) {
    const index = X[x];
    const to = 2 * (o + (index < 0 ? index + size : index) * step);
    O[to] = S[s];
    O[to + 1] = S[s + 1];
  }
}
