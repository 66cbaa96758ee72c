/** The polynomial with the given coefficients, highest degree first. */
export function horner(c: readonly number[], t: number): number {
  let y = c[0];
  for (let i = 1; i < c.length; i++) y = y * t + c[i];
  return y;
}
