/** softmax, log-softmax, log-sum-exp, cross entropy and gradients, one row at a time, in float64 and rounded at the end. */
type Elements = Float64Array;

function largest(A: Elements, ai: number, n: number, as: number): number {
  let max = -Infinity;
  for (let i = 0, a = ai; i < n; i++, a += as) if (A[a] > max) max = A[a];
  return max;
}

export function softmaxRow(O: Elements, A: Elements, oi: number, ai: number, n: number, os: number, as: number): void {
  const max = largest(A, ai, n, as);
  let sum = 0;
  for (let i = 0, o = oi, a = ai; i < n; i++, o += os, a += as) {
    const e = Math.exp(A[a] - max);
    sum += e;
    O[o] = e;
  }
  const scale = 1 / sum;
  for (let i = 0, o = oi; i < n; i++, o += os) O[o] *= scale;
}

export function logSoftmaxRow(O: Elements, A: Elements, oi: number, ai: number, n: number, os: number, as: number): void {
  const max = largest(A, ai, n, as);
  let sum = 0;
  for (let i = 0, a = ai; i < n; i++, a += as) sum += Math.exp(A[a] - max);
  const log = Math.log(sum);
  for (let i = 0, o = oi, a = ai; i < n; i++, o += os, a += as) O[o] = A[a] - max - log;
}

/** Of infinite maxima the exponentials are taken as they are. */
export function logSumExpRow(O: Elements, A: Elements, oi: number, ai: number, n: number, _os: number, as: number): void {
  const max = largest(A, ai, n, as), shift = max - max === 0 ? max : 0;
  let sum = 0;
  for (let i = 0, a = ai; i < n; i++, a += as) sum += Math.exp(A[a] - shift);
  O[oi] = Math.log(sum) + shift;
}

export function softmaxGradRow(
  O: Elements, G: Elements, Y: Elements, oi: number, gi: number, yi: number, n: number, os: number, gs: number, ys: number,
): void {
  let dot = 0;
  for (let i = 0, g = gi, y = yi; i < n; i++, g += gs, y += ys) dot += G[g] * Y[y];
  for (let i = 0, o = oi, g = gi, y = yi; i < n; i++, o += os, g += gs, y += ys) O[o] = (G[g] - dot) * Y[y];
}

export function logSoftmaxGradRow(
  O: Elements, G: Elements, Y: Elements, oi: number, gi: number, yi: number, n: number, os: number, gs: number, ys: number,
): void {
  let sum = 0;
  for (let i = 0, g = gi; i < n; i++, g += gs) sum += G[g];
  for (let i = 0, o = oi, g = gi, y = yi; i < n; i++, o += os, g += gs, y += ys) O[o] = G[g] - Math.exp(Y[y]) * sum;
}

/** P receives softmax(A); returns -log softmax(A)[target]. */
export function crossEntropyRow(
  P: Elements, A: Elements, pi: number, ai: number, n: number, ps: number, as: number, target: number,
): number {
  const max = largest(A, ai, n, as);
  let sum = 0;
  for (let i = 0, p = pi, a = ai; i < n; i++, p += ps, a += as) {
    const e = Math.exp(A[a] - max);
    sum += e;
    P[p] = e;
  }
  const scale = 1 / sum;
  for (let i = 0, p = pi; i < n; i++, p += ps) P[p] *= scale;
  return Math.log(sum) - (A[ai + target * as] - max);
}

/** O = (P - onehot(target)) * scale. */
export function crossEntropyGradRow(
  O: Elements, P: Elements, oi: number, pi: number, n: number, os: number, ps: number, target: number, scale: number,
): void {
  for (let i = 0, o = oi, p = pi; i < n; i++, o += os, p += ps) O[o] = P[p] * scale;
  O[oi + target * os] = (P[pi + target * ps] - 1) * scale;
}
