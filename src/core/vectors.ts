/** The inner loops of decompositions in TypeScript, over runs of adjacent float64 elements. */

/** The inner product of two runs of `n` adjacent elements. */
export function dot(a: Float64Array, a0: number, b: Float64Array, b0: number, n: number): number {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += a[a0 + i] * b[b0 + i];
    s1 += a[a0 + i + 1] * b[b0 + i + 1];
    s2 += a[a0 + i + 2] * b[b0 + i + 2];
    s3 += a[a0 + i + 3] * b[b0 + i + 3];
  }
  for (; i < n; i++) s0 += a[a0 + i] * b[b0 + i];
  return s0 + s1 + (s2 + s3);
}

/** y += f x over runs of `n` adjacent elements. */
export function axpy(f: number, x: Float64Array, x0: number, y: Float64Array, y0: number, n: number): void {
  for (let i = 0; i < n; i++) y[y0 + i] += f * x[x0 + i];
}

/** Turns two runs of `n` adjacent elements: (x, y) becomes (c x + s y, c y - s x). */
export function rotate(a: Float64Array, x: number, y: number, n: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const u = a[x + i], v = a[y + i];
    a[x + i] = c * u + s * v;
    a[y + i] = c * v - s * u;
  }
}

/** The euclidean length of `n` adjacent elements, scaled so that squares neither overflow nor vanish. */
export function length(a: Float64Array, a0: number, n: number): number {
  const plain = dot(a, a0, a, a0, n);
  if (plain > 1e-280 && plain < 1e300) return Math.sqrt(plain);
  let peak = 0;
  for (let i = 0; i < n; i++) peak = Math.max(peak, Math.abs(a[a0 + i]));
  if (!(peak > 0) || !Number.isFinite(peak)) return peak;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a[a0 + i] / peak) ** 2;
  return peak * Math.sqrt(sum);
}

/** The transpose of an [m, n] block as a new [n, m] one. */
export function transpose(a: Float64Array, a0: number, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[a0 + i * n + j];
  return out;
}
