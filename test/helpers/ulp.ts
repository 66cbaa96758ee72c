/** Distances in units in the last place. */
import { expect } from 'vitest';
import { F32, type DTypeCode } from '../../src/core/dtype.ts';

/** The spacing of float32 (or float64) numbers at |x|, the smallest subnormal at least. */
export function ulpSize(x: number, dtype: DTypeCode): number {
  const [bits, lowest] = dtype === F32 ? [23, -149] : [52, -1074];
  const t = Math.abs(x);
  if (t === 0) return 2 ** lowest;
  let exponent = Math.floor(Math.log2(t));
  if (2 ** exponent > t) exponent--;
  else if (2 ** (exponent + 1) <= t) exponent++;
  return 2 ** Math.max(exponent - bits, lowest);
}

const LARGEST32 = 3.4028234663852886e38;

/**
 * Fails unless `got` is within `ulp` of the exact value, or of its correct rounding. `expected` comes from float64
 * arithmetic: for float64 results of bound 2 and more it is itself allowed one ulp. `scale` replaces the size of the
 * result where terms may cancel.
 */
export function expectClose(got: number, expected: number, dtype: DTypeCode, ulp: number, where: () => string, scale = Math.abs(expected)): void {
  const rounded = dtype === F32 ? Math.fround(expected) : expected;
  if (Object.is(got, rounded) || (got !== got && expected !== expected)) return;
  const unit = ulpSize(Number.isFinite(scale) ? scale : expected, dtype);
  const allowed = (dtype === F32 || ulp < 1 ? ulp : ulp + 1) * unit;
  if (Math.abs(got - expected) <= allowed && (got !== 0 || rounded !== 0)) return;
  // Beyond the largest float32 the neighbour of infinity is LARGEST32.
  if (dtype === F32 && ulp >= 1 && Math.abs(expected) > LARGEST32 * (1 - 2 ** -22) && Math.abs(got) >= LARGEST32 * (1 - 2 ** -22) && got > 0 === expected > 0) return;
  if (got === 0 && rounded === 0 && ulp > 0.5) return;
  expect.fail(`${where()}: got ${got}, expected ${expected}, ${(Math.abs(got - expected) / unit).toFixed(2)} ulp off (bound ${ulp})`);
}
