/** Running sums and products along one row, accumulated in float64 (int32: wrapping). */
type Elements = Float64Array;

const wrap = (x: number): number => x;
const times = (a: number, b: number): number => a * b;

export function cumsumRow(O: Elements, A: Elements, oi: number, ai: number, n: number, os: number, as: number): void {
  let acc = 0;
  for (let i = 0, o = oi, a = ai; i < n; i++, o += os, a += as) {
    acc = wrap(acc + A[a]);
    O[o] = acc;
  }
}

export function cumprodRow(O: Elements, A: Elements, oi: number, ai: number, n: number, os: number, as: number): void {
  let acc = 1;
  for (let i = 0, o = oi, a = ai; i < n; i++, o += os, a += as) {
    acc = times(acc, A[a]);
    O[o] = acc;
  }
}
