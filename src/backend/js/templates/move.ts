/** Moving elements as they are; X are the int32 words of the indices, `xi` and `xs` count words. */
type Elements = Uint8Array;

export function moveRow(O: Elements, A: Elements, oi: number, ai: number, n: number, os: number, as: number): void {
  for (let i = 0, o = oi, a = ai; i < n; i++, o += os, a += as) O[o] = A[a];
}

export function gatherRow(
  O: Elements, S: Elements, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
): void {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x];
    O[o] = S[s + (index < 0 ? index + size : index) * step];
  }
}

export function setRow(
  O: Elements, S: Elements, X: Int32Array, oi: number, si: number, xi: number, n: number, os: number, ss: number, xs: number,
  size: number, step: number,
): void {
  for (let i = 0, o = oi, s = si, x = xi; i < n; i++, o += os, s += ss, x += xs) {
    const index = X[x];
    O[o + (index < 0 ? index + size : index) * step] = S[s];
  }
}
