/** Scatter with arithmetic, in row-major order. X are the int32 words of the indices; `xi` and `xs` count words. */
type Elements = Float64Array;
type Row = (
  O: Elements, S: Elements, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
) => void;

const times = (a: number, b: number): number => a * b;

export const add: Row = (O, S, X, oi, si, xi, n, os, ss, xs, size, step) => {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x];
    O[o + (index < 0 ? index + size : index) * step] += S[s];
  }
};

export const mul: Row = (O, S, X, oi, si, xi, n, os, ss, xs, size, step) => {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x], at = o + (index < 0 ? index + size : index) * step;
    O[at] = times(O[at], S[s]);
  }
};

export const amax: Row = (O, S, X, oi, si, xi, n, os, ss, xs, size, step) => {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x], at = o + (index < 0 ? index + size : index) * step;
    O[at] = Math.max(O[at], S[s]);
  }
};

export const amin: Row = (O, S, X, oi, si, xi, n, os, ss, xs, size, step) => {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x], at = o + (index < 0 ? index + size : index) * step;
    O[at] = Math.min(O[at], S[s]);
  }
};
