/**
 * The elementary functions of the random generator, in float64 with plain multiplications and additions only, so that
 * native/kernels/random_math.inc, which does the same operations in the same order, gives the same bits on every
 * platform. Series are Taylor's: the arguments are reduced far enough that the next term is below 2^-56.
 */
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

const LN2_HI = 0.6931471804855391;         // the upper 33 bits of ln 2: its products with exponents are exact
const LN2_LO = 7.440617110012397e-11;      // ln 2 - LN2_HI
const SQRT_HALF_HIGH = 0x3fe6a09e;         // upper word of sqrt(1/2)

/** Natural logarithm of a normal number in (0, 1]; below 1 ulp. */
export function logUnit(x: number): number {
  float[0] = x;
  // x = 2^k * m with m in [sqrt(1/2), sqrt(2)).
  const k = (words[1] - SQRT_HALF_HIGH) >> 20;
  words[1] -= k << 20;
  const f = float[0] - 1;
  // ln(1 + f) = 2 atanh(s) with s = f / (2 + f), written as f - (f^2/2 - s * (f^2/2 + tail)) to keep f's own bits.
  const s = f / (2 + f);
  const z = s * s;
  const tail = z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * (2 / 13 + z * (2 / 15
    + z * (2 / 17 + z * (2 / 19 + z * (2 / 21))))))))));
  const half = 0.5 * (f * f);
  return k * LN2_HI - ((half - (s * (half + tail) + k * LN2_LO)) - f);
}

const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI_HI = 1.5707963267341256;     // the upper 33 bits of pi/2: its products with quadrants are exact
const HALF_PI_MID = 6.077100506303966e-11; // the next 33
const HALF_PI_LO = 2.0222662487959506e-21; // the rest

function sinPolynomial(r: number): number {
  const z = r * r;
  return r + r * (z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800
    + z * (1 / 6227020800 + z * (-1 / 1307674368000 + z * (1 / 355687428096000)))))))));
}

function cosPolynomial(r: number): number {
  const z = r * r;
  const half = 0.5 * z;
  const w = 1 - half;
  const tail = z * z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * (-1 / 3628800 + z * (1 / 479001600
    + z * (-1 / 87178291200 + z * (1 / 20922789888000)))))));
  return w + (((1 - w) - half) + tail);
}

const quadrantOf = (angle: number): number => Math.floor(angle * TWO_OVER_PI + 0.5);
const reduced = (angle: number, q: number): number => ((angle - q * HALF_PI_HI) - q * HALF_PI_MID) - q * HALF_PI_LO;

/** Cosine of an angle in [0, 2 pi]; about 1 ulp. */
export function cosTurn(angle: number): number {
  const q = quadrantOf(angle);
  const r = reduced(angle, q);
  const y = q & 1 ? sinPolynomial(r) : cosPolynomial(r);
  return (q + 1) & 2 ? -y : y;
}

/** Sine of an angle in [0, 2 pi]; about 1 ulp. */
export function sinTurn(angle: number): number {
  const q = quadrantOf(angle);
  const r = reduced(angle, q);
  const y = q & 1 ? cosPolynomial(r) : sinPolynomial(r);
  return q & 2 ? -y : y;
}
