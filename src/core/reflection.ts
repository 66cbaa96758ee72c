/** Householder reflections H = I - tau v v^T with v[0] = 1, as LAPACK makes them (Golub and Van Loan, 5.1). */
import { axpy, dot, length } from './vectors.ts';

/** Below this, reciprocals overflow: low ranks let what remains of a matrix shrink without end. */
const TINY = 1e-290;

/** Makes the reflection that maps x [n] to (beta, 0, ...): beta replaces x[0], v the rest. Returns tau. */
export function reflection(x: Float64Array, x0: number, n: number): number {
  const tail = length(x, x0 + 1, n - 1);
  if (tail === 0) return 0;
  const alpha = x[x0], beta = alpha < 0 ? Math.hypot(alpha, tail) : -Math.hypot(alpha, tail);
  if (Math.abs(beta) < TINY) {
    for (let i = 0; i < n; i++) x[x0 + i] *= 2 ** 500;
    const tau = reflection(x, x0, n);
    x[x0] *= 2 ** -500;
    return tau;
  }
  const scale = 1 / (alpha - beta);
  for (let i = 1; i < n; i++) x[x0 + i] *= scale;
  x[x0] = beta;
  return (beta - alpha) / beta;
}

/** y -= tau v (v^T y), v[0] taken as 1. */
export function reflect(tau: number, v: Float64Array, v0: number, y: Float64Array, y0: number, n: number): void {
  if (tau === 0) return;
  const f = -tau * (y[y0] + dot(v, v0 + 1, y, y0 + 1, n - 1));
  y[y0] += f;
  axpy(f, v, v0 + 1, y, y0 + 1, n - 1);
}
