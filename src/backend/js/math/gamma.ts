/** The gamma function's relatives, in float64. Polynomials are our own Chebyshev fits in 40 digits and more. */
import { horner } from './horner.ts';
import { sinPi } from './arithmetic.ts';
import { erfc } from './erf.ts';

/** log gamma(1 + z) / z for |z| <= 0.5. */
const LGAMMA_ONE = [
  0.21762817640022097, -0.22471180158915516, -0.14857260899606312, 0.1528715168258553, 0.14011729595820724,
  -0.14497971020532596, 0.01333577663873192, -0.014509338086091672, 0.057003000096539545, -0.059850048562680856,
  0.054501409023364235, -0.057737256640806416, 0.0626116167474043, -0.06678275881746833, 0.07142491150666906,
  -0.07692423568567124, 0.08335423437020126, -0.09095442301348973, 0.10009944506030896, -0.1113342530365414,
  0.1255096697597847, -0.14404989701106719, 0.16955717699509998, -0.2073855510262953, 0.2705808084277935,
  -0.4006856343865406, 0.8224670334241132, -0.5772156649015329,
];
/** log gamma(2 + z) / z for |z| <= 0.5. */
const LGAMMA_TWO = [
  2.7475390051909663e-07, -5.811277768921246e-07, 9.242852225162277e-07, -1.9743106888421067e-06, 4.3828545383846665e-06,
  -9.45628851510172e-06, 2.050601970174762e-05, -4.4923727564247656e-05, 9.945761692157133e-05, -0.00022315497746292723,
  0.0005096695196526673, -0.0011927539009983087, 0.002890510330865901, -0.007385551028935545, 0.02058080842778338,
  -0.06735230105319563, 0.3224670334241132, 0.42278433509846713,
];
/** What Stirling's formula lacks, times x, in 1 / x^2 for x >= 8.5. */
const STIRLING = [
  0.005196041772783029, -0.0018956627985661561, 0.0008415498761143852, -0.0005952371356647239, 0.0007936507914552451,
  -0.002777777777775886, 0.08333333333333333,
];
/** (log x - 1 / 2x - digamma x) x^2 in 1 / x^2 for x >= 10. */
const DIGAMMA = [
  0.06980456110893661, -0.02091510643296764, 0.0075745722331386186, -0.004166662567441337, 0.0039682539614681435,
  -0.008333333333329107, 0.08333333333333333,
];
const LOG_PI = 1.1447298858494002, HALF_LOG_TWO_PI = 0.9189385332046728;

/** log |gamma(x)|; infinite at the poles 0, -1, -2, ... */
export function lgamma(x: number): number {
  const a = Math.abs(x);
  if (a === Infinity) return Infinity;
  // Steps of the argument are exact in all branches, so that the zeros at 1 and 2 keep their digits.
  if (a < 0.5) return a === 0 ? Infinity : x * horner(LGAMMA_ONE, x) - Math.log(a);
  if (x < 0) return x === Math.floor(x) ? Infinity : LOG_PI - Math.log(a * Math.abs(sinPi(a))) - lgamma(a);
  if (a <= 1.5) return (a - 1) * horner(LGAMMA_ONE, a - 1);
  if (a < 2.5) return (a - 2) * horner(LGAMMA_TWO, a - 2);
  if (a < 8.5) {
    let product = 1, y = a;
    while (y >= 2.5) product *= y -= 1;
    return Math.log(product) + (y - 2) * horner(LGAMMA_TWO, y - 2);
  }
  return (a - 0.5) * (Math.log(a) - 1) + (HALF_LOG_TWO_PI - 0.5) + horner(STIRLING, 1 / (a * a)) / a;
}

/** pi / tan(pi x) */
function cotPi(x: number): number {
  return Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
}

export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x < 0) return x === Math.floor(x) ? NaN : digamma(1 - x) - cotPi(x);
  let sum = 0, y = x;
  for (; y < 10; y++) sum += 1 / y;
  const t = 1 / (y * y);
  return Math.log(y) - 0.5 / y - t * horner(DIGAMMA, t) - sum;
}

/** B_2k / (2k)! for k = 1, 2, ...: the Euler-Maclaurin formula's coefficients. */
const EULER_MACLAURIN = [
  1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11,
  -3.3896802963225828e-13, 8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19,
];

/** a^-s, by multiplication for the small whole s of polygamma. */
function inversePower(a: number, s: number): number {
  if (s > 16 || s !== Math.floor(s)) return Math.pow(a, -s);
  const inverse = 1 / a;
  let y = inverse;
  for (let k = 1; k < s; k++) y *= inverse;
  return y;
}

/** The Hurwitz zeta function: the sum of (q + k)^-s over k >= 0, by the Euler-Maclaurin formula. */
export function zeta(s: number, q: number): number {
  if (s === 1) return Infinity;
  if (s < 1) return NaN;
  if (q <= 0) {
    if (q === Math.floor(q)) return Infinity;
    if (s !== Math.floor(s)) return NaN;
  }
  let sum = 0, a = q, term = 0;
  // Ten terms, and as many as lead a negative q to 10 and beyond.
  for (let k = 0; k < 10 || a <= 10; k++, a++) {
    term = inversePower(a, s);
    sum += term;
    if (a > 0 && term < sum * 1e-17) return sum;
  }
  const last = inversePower(a, s);
  sum += last * a / (s - 1) + 0.5 * last;
  let factor = s * last / a;
  for (let k = 0; k < EULER_MACLAURIN.length; k++) {
    const correction = factor * EULER_MACLAURIN[k];
    sum += correction;
    if (Math.abs(correction) < Math.abs(sum) * 1e-17) break;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (a * a);
  }
  return sum;
}

/** The derivative of digamma. */
function trigamma(x: number): number {
  if (x < 0.5) {
    const sine = sinPi(x);
    return (Math.PI / sine) ** 2 - trigamma(1 - x);
  }
  return x === Infinity ? 0 : zeta(2, x);
}

/** The n-th derivative of digamma. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (n === 1) return trigamma(x);
  let factorial = 1;
  for (let k = 2; k <= n && factorial < Infinity; k++) factorial *= k;
  return (n % 2 === 0 ? -factorial : factorial) * zeta(n + 1, x);
}

/**
 * x^a e^-x / gamma(a + 1). Near x = a the powers cancel: there it is e^(a (log(1 + m) - m)) with m = (x - a) / a, over
 * Stirling's series (A. R. DiDonato and A. H. Morris, ACM TOMS 12, 1986).
 */
function gammaKernel(a: number, x: number): number {
  if (a < 10 || Math.abs(x - a) > 0.4 * a) return Math.exp(a * Math.log(x) - x - lgamma(a + 1));
  const m = (x - a) / a;
  return Math.exp(a * (Math.log1p(m) - m) - horner(STIRLING, 1 / (a * a)) / a) / Math.sqrt(2 * Math.PI * a);
}

/** The series of the lower part, for x < a + 1. */
function lowerGamma(a: number, x: number): number {
  let sum = 1, term = 1;
  for (let n = 1; term > sum * 1e-17; n++) sum += term *= x / (a + n);
  return gammaKernel(a, x) * sum;
}

/** The continued fraction of the upper part, for x >= a + 1 (W. J. Lentz's evaluation). */
function upperGamma(a: number, x: number): number {
  let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (let n = 1; n < 100000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return gammaKernel(a, x) * a * h;
}

/** d_0k of N. M. Temme, SIAM J. Math. Anal. 10 (1979): the first correction in eta, highest degree first. */
const TEMME = [0.0003527336860670194, 0.0011574074074074073, -0.014814814814814815, 0.08333333333333333, -0.3333333333333333];

/** Both parts for shapes beyond 10^6, where the loops would be long: Temme's uniform expansion, of relative error 1 / a. */
function wideGamma(a: number, x: number, upper: boolean): number {
  const m = (x - a) / a;
  const half = Math.abs(m) < 1e-3 ? m * m * (0.5 - m * (1 / 3 - m * (0.25 - m * (0.2 - m / 6)))) : m - Math.log1p(m);
  const eta = Math.sign(m) * Math.sqrt(2 * half);
  const bend = Math.abs(eta) < 0.1 ? horner(TEMME, eta) : 1 / m - 1 / eta;
  const rest = Math.exp(-a * half) / Math.sqrt(2 * Math.PI * a) * bend, z = eta * Math.sqrt(a / 2);
  return upper ? erfc(z) / 2 + rest : erfc(-z) / 2 - rest;
}

/** The share below x of the gamma distribution of shape a, or above it; NaN where neither has a meaning. */
function gammaShare(a: number, x: number, upper: boolean): number {
  if (a < 0 || x < 0) return NaN;
  if (a === 0) return x > 0 ? (upper ? 0 : 1) : NaN;
  if (x === 0) return upper ? 1 : 0;
  if (a === Infinity) return x === Infinity ? NaN : upper ? 1 : 0;
  if (x === Infinity) return upper ? 0 : 1;
  if (a !== a || x !== x) return NaN;
  if (a > 1e6) return wideGamma(a, x, upper);
  if (x < a + 1) return upper ? 1 - lowerGamma(a, x) : lowerGamma(a, x);
  return upper ? upperGamma(a, x) : 1 - upperGamma(a, x);
}

/** The regularized lower incomplete gamma function. */
export function igamma(a: number, x: number): number {
  return gammaShare(a, x, false);
}

/** The regularized upper incomplete gamma function. */
export function igammac(a: number, x: number): number {
  return gammaShare(a, x, true);
}
