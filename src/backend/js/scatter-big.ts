/** templates/scatter-rows.ts for int64. */
type Row = (
  O: BigInt64Array, S: BigInt64Array, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
) => void;

const each = (fold: (a: bigint, b: bigint) => bigint): Row => (O, S, X, oi, si, xi, n, os, ss, xs, size, step) => {
  for (let i = 0; i < n; i++) {
    const index = X[xi + i * xs], at = oi + i * os + (index < 0 ? index + size : index) * step;
    O[at] = fold(O[at], S[si + i * ss]);
  }
};

export const add = each((a, b) => a + b);
export const mul = each((a, b) => a * b);
export const amax = each((a, b) => (a > b ? a : b));
export const amin = each((a, b) => (a < b ? a : b));
