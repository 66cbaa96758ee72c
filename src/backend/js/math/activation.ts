/** Activations, their slopes and losses that row expressions name, in float64. */

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The derivative of the sigmoid. */
export function sigmoidSlope(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return e / ((1 + e) * (1 + e));
}

/** The derivative of `x sigmoid(x)`. */
export function siluSlope(x: number): number {
  return sigmoid(x) * (1 + x * sigmoid(-x));
}

/** tanh(softplus(x)) = n / (n + m), from e^-|x|. */
function mishParts(x: number): { readonly n: number; readonly m: number } {
  const t = Math.exp(-Math.abs(x));
  return x < 0 ? { n: t * (t + 2), m: 2 } : { n: 1 + 2 * t, m: 2 * t * t };
}

/** `x tanh(softplus(x))` */
export function mish(x: number): number {
  const { n, m } = mishParts(x);
  return x * n / (n + m);
}

/** Its derivative: with T the tanh, `T + x sigmoid(x) (1 - T^2)`. */
export function mishSlope(x: number): number {
  const { n, m } = mishParts(x), d = n + m;
  return n / d + x * sigmoid(x) * (m * (n + d) / (d * d));
}

const RATE = 1.5957691216057308, CUBIC = 0.044715; // 2 sqrt(2 / pi)

/** What gelu's tanh approximation has in the place of a constant: it is `x sigmoid(x geluRate(x))`. */
export function geluRate(x: number): number {
  return RATE * (1 + CUBIC * x * x);
}

/** The derivative of gelu's tanh approximation. */
export function geluTanhSlope(x: number): number {
  const u = x * geluRate(x);
  return sigmoid(u) + x * sigmoidSlope(u) * (RATE * (1 + 3 * CUBIC * x * x));
}

/** `d^2 / 2` within `delta` of 0, linear with slope `delta` outside: with c the d limited so, both are `c (d - c / 2)`. */
export function huber(d: number, delta: number): number {
  const c = Math.min(Math.max(d, -delta), delta);
  return c * (d - c / 2);
}
