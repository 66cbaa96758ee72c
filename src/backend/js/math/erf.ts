/** The error function and its relatives, in float64. */
import { horner } from './horner.ts';

// Coefficients, highest degree first: our own Chebyshev fits in 60 digits, relative error of each fit below 1e-17.
/** erf(x) / x in x^2 for |x| < 0.9. */
const ERF = [
  -8.493998797080943e-10, 1.4051482766989913e-08, -1.6276526722586205e-07, 1.6455328747938096e-06, -1.492530753550859e-05,
  0.00012055321382481122, -0.0008548326764466543, 0.0052239776217703725, -0.02686617064482373, 0.11283791670953794,
  -0.3761263890318373, 1.1283791670955126,
];
/** exp(x^2) erfc(x) in x - 0.875 for 0.5 <= x < 1.25. */
const ERFCX_HALF = [
  -8.178793859368783e-07, 2.6756701916034212e-06, -8.055394169675349e-06, 2.4813862578236507e-05, -7.415897873670597e-05,
  0.00021396106885577818, -0.0005950810820218508, 0.0015904825816719737, -0.004069537665061771, 0.009922776769590946,
  -0.022925811484455237, 0.04982841533122216, -0.10091439212620511, 0.18795692377318343, -0.3158338964908418,
  0.464311583202669,
];
/** The same in x - 1.75 for 1.25 <= x < 2.25. */
const ERFCX_NEAR = [
  4.417492923119904e-09, -1.7231936922238056e-08, 6.10957166942204e-08, -2.2725398650427258e-07, 8.271612171991292e-07,
  -2.9280568541038017e-06, 1.0086679472532009e-05, -3.375533949775925e-05, 0.0001095052887596298, -0.0003435333546547611,
  0.0010392045224333361, -0.0030209746513779716, 0.008404319207329055, -0.02225999524138917, 0.05576363008708727,
  -0.1309763455144852, 0.2849722347374364,
];
/** The same in x - 3 for 2.25 <= x < 4. */
const ERFCX_MIDDLE = [
  -4.8674106867670034e-12, 3.44145199469515e-11, -1.5898289071687895e-10, 7.195432718962419e-10, -3.3075363824995313e-09,
  1.4976523801867892e-08, -6.646969987997678e-08, 2.8926761221434027e-07, -1.2333668702855217e-06, 5.146436245518013e-06,
  -2.0989464607814042e-05, 8.355413968187552e-05, -0.00032412554448313477, 0.0012230390523726056, -0.004479431018373166,
  0.01588437115987146, -0.054372260007172865, 0.17900115118138996,
];
/** x exp(x^2) erfc(x) in 1 / x^2 for 4 <= x. */
const ERFCX_FAR = [
  -8931610.323176447, 4836621.347799336, -1275296.4942030776, 226606.97413765293, -32390.41683248253,
  4292.010458103612, -591.5863745407418, 91.56956342901483, -16.660453273034026, 3.7024883376704443,
  -1.0578554426748246, 0.42314218759724365, -0.2820947917738176, 0.5641895835477563,
];

/** e^(x^2) erfc(x) for x >= 0.5. */
function scaledTail(x: number): number {
  return x < 1.25 ? horner(ERFCX_HALF, x - 0.875)
    : x < 2.25 ? horner(ERFCX_NEAR, x - 1.75)
      : x < 4 ? horner(ERFCX_MIDDLE, x - 3)
        : horner(ERFCX_FAR, 1 / (x * x)) / x;
}

/** e^(sign * x^2): x^2 is head^2 + (x - head)(x + head), where head has few enough bits for an exact square. */
function expSquare(x: number, sign: 1 | -1): number {
  const head = Math.fround(x);
  return Math.exp(sign * head * head) * Math.exp(sign * (x - head) * (x + head));
}

/** erfc for x >= 0.5. */
const erfcTail = (x: number): number => (x >= 28 ? 0 : expSquare(x, -1) * scaledTail(x));

export function erf(x: number): number {
  const t = Math.abs(x);
  if (t < 0.9) return x * horner(ERF, x * x);
  if (x !== x) return x;
  const y = 1 - erfcTail(t);
  return x < 0 ? -y : y;
}

export function erfc(x: number): number {
  if (x >= 0.5) return erfcTail(x);
  return x > -0.9 ? 1 - x * horner(ERF, x * x) : x !== x ? x : 2 - erfcTail(-x);
}

const SPLITTER = 134217729; // 2^27 + 1: Veltkamp's split of a double into halves whose products are exact
const SQRT1_2_LOW = -4.833646656726457e-17; // sqrt(1/2) - Math.SQRT1_2
const split = (x: number): number => {
  const t = SPLITTER * x;
  return t - (t - x);
};
const SQRT1_2_HEAD = split(Math.SQRT1_2), SQRT1_2_TAIL = Math.SQRT1_2 - SQRT1_2_HEAD;

/**
 * The normal distribution function. In the far tail erfc magnifies the rounding of its argument z by 2 z^2, so that
 * error is computed (Dekker's product) and corrected to first order.
 */
export function ndtr(x: number): number {
  const z = -x * Math.SQRT1_2;
  if (!(z > 0.5 && z < 28)) return 0.5 * erfc(z);
  const head = split(-x), tail = -x - head;
  const error = ((head * SQRT1_2_HEAD - z) + head * SQRT1_2_TAIL + tail * SQRT1_2_HEAD) + tail * SQRT1_2_TAIL - x * SQRT1_2_LOW;
  return 0.5 * (erfc(z) - 1.1283791670955126 * Math.exp(-z * z) * error);
}

/** x times the normal distribution function. */
export function gelu(x: number): number {
  return x * ndtr(x);
}

/** The derivative of gelu. */
export function geluSlope(x: number): number {
  return ndtr(x) + x * (0.3989422804014327 * Math.exp(-x * x / 2));
}

/** e^(x^2) erfc(x). */
export function erfcx(x: number): number {
  if (x >= 0.5) return scaledTail(x);
  if (!(x <= -0.5)) return Math.exp(x * x) * erfc(x);
  return x < -27 ? Infinity : 2 * expSquare(x, 1) - erfcx(-x);
}

/** The logarithm of the normal distribution function. */
export function logNdtr(x: number): number {
  return x < -1 ? Math.log(erfcx(-x * Math.SQRT1_2) / 2) - x * x / 2 : Math.log1p(-ndtr(-x));
}

/** erfinv(x) / x in x^2 for |x| <= 0.5. */
const ERFINV = [
  0.11314166859159029, -0.07607360776328573, 0.07345020539520401, 0.008446011584224939, 0.03159332043375326,
  0.031145242581416724, 0.036522988083139016, 0.042832578482160585, 0.05173148498700453, 0.06495961132717862,
  0.08655212936268364, 0.1275561753044084, 0.23201366653465907, 0.886226925452758,
];

/**
 * The z > 0 whose normal tail is q, for 0 < q <= 0.25: formula 26.2.23 of Abramowitz and Stegun (4 digits), then Newton
 * on log(tail) - log(q), which is nearly linear in z and neither overflows nor cancels.
 */
function normalTail(q: number): number {
  if (q === 0) return Infinity;
  const logq = Math.log(q), t = Math.sqrt(-2 * logq);
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let k = 0; k < 2; k++) {
    const scaled = erfcx(z * Math.SQRT1_2);
    z += 1.2533141373155003 * scaled * (Math.log(scaled / 2) - z * z / 2 - logq);
  }
  return z;
}

export function erfinv(x: number): number {
  const t = Math.abs(x);
  if (!(t > 0.5)) return x * horner(ERFINV, x * x);
  const y = normalTail((1 - t) / 2) * Math.SQRT1_2;
  return x < 0 ? -y : y;
}

/** The inverse of ndtr. */
export function ndtri(p: number): number {
  if (p < 0.25) return p < 0 ? NaN : -normalTail(p);
  if (p > 0.75) return p > 1 ? NaN : normalTail(1 - p);
  const x = 2 * p - 1;
  return Math.SQRT2 * x * horner(ERFINV, x * x);
}
