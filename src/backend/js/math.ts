/** The functions that row expressions name, in float64 (or int32, or BigInt for int64) with PyTorch's meaning. */

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

function horner(c: readonly number[], t: number): number {
  let y = c[0];
  for (let i = 1; i < c.length; i++) y = y * t + c[i];
  return y;
}

/** erfc for x >= 0.5. */
function erfcTail(x: number): number {
  if (x >= 28) return 0;
  const scaled = x < 1.25 ? horner(ERFCX_HALF, x - 0.875)
    : x < 2.25 ? horner(ERFCX_NEAR, x - 1.75)
      : x < 4 ? horner(ERFCX_MIDDLE, x - 3)
        : horner(ERFCX_FAR, 1 / (x * x)) / x;
  // x^2 = head^2 + (x - head)(x + head), where head has few enough bits for an exact square.
  const head = Math.fround(x);
  return Math.exp(-head * head) * Math.exp((head - x) * (head + x)) * scaled;
}

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
 * x times the normal distribution function. In the far tail erfc magnifies the rounding of its argument z by 2 z^2, so
 * that error is computed (Dekker's product) and corrected to first order.
 */
export function gelu(x: number): number {
  const z = -x * Math.SQRT1_2;
  if (!(z > 0.5 && z < 28)) return 0.5 * x * erfc(z);
  const head = split(-x), tail = -x - head;
  const error = ((head * SQRT1_2_HEAD - z) + head * SQRT1_2_TAIL + tail * SQRT1_2_HEAD) + tail * SQRT1_2_TAIL - x * SQRT1_2_LOW;
  return 0.5 * x * (erfc(z) - 1.1283791670955126 * Math.exp(-z * z) * error);
}

/** Rounds to the nearest integer, ties to even; keeps -0. */
export function roundHalfEven(x: number): number {
  const t = Math.abs(x);
  if (!(t < 4503599627370496)) return x;
  const r = t + 4503599627370496 - 4503599627370496;
  return x < 0 ? -r : x === 0 ? x : r;
}

/** C's pow, which gives 1 for 1^NaN and (-1)^(+-Infinity) where JavaScript gives NaN. */
export function pow(a: number, b: number): number {
  return a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : Math.pow(a, b);
}

export function copysign(a: number, b: number): number {
  const negative = b < 0 || (b === 0 && 1 / b < 0);
  const t = Math.abs(a);
  return negative ? -t : t;
}

/** Python's floor division as PyTorch computes it: from the exact remainder, so that it agrees with `remainder`. */
export function floorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const mod = a % b;
  let q = (a - mod) / b;
  if (mod !== 0 && mod < 0 !== b < 0) q -= 1;
  if (q === 0) return copysign(0, a / b);
  const floor = Math.floor(q);
  return q - floor > 0.5 ? floor + 1 : floor;
}

/** The remainder with the divisor's sign. */
export function remainder(a: number, b: number): number {
  const mod = a % b;
  return mod !== 0 && mod < 0 !== b < 0 ? mod + b : mod;
}

// The caller has refused zero divisors of integer dtypes.
export function floorDivideInt(a: number, b: number): number {
  return Math.floor(a / b) | 0;
}

export function remainderInt(a: number, b: number): number {
  const mod = a % b;
  return mod !== 0 && mod < 0 !== b < 0 ? mod + b : mod;
}

export function fmodInt(a: number, b: number): number {
  return (a % b) | 0;
}

/** Wrapping power; a negative exponent gives 0 except for bases 1 and -1. */
export function powInt(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b & 1 ? -1 : 1) : 0;
  let y = 1;
  for (let n = b, base = a; n > 0; n >>>= 1, base = Math.imul(base, base)) if (n & 1) y = Math.imul(y, base);
  return y;
}

export function shiftLeft(a: number, b: number): number {
  return b < 0 || b > 31 ? 0 : a << b;
}

export function shiftRight(a: number, b: number): number {
  return a >> (b < 0 || b > 31 ? 31 : b);
}

export function floorDivideBig(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

export function remainderBig(a: bigint, b: bigint): bigint {
  const mod = a % b;
  return mod !== 0n && mod < 0n !== b < 0n ? mod + b : mod;
}

export function fmodBig(a: bigint, b: bigint): bigint {
  return a % b;
}

export function powBig(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b & 1n ? -1n : 1n) : 0n;
  let y = 1n;
  for (let n = b, base = a; n > 0n; n >>= 1n, base = BigInt.asIntN(64, base * base)) if (n & 1n) y = BigInt.asIntN(64, y * base);
  return y;
}

export function shiftLeftBig(a: bigint, b: bigint): bigint {
  return b < 0n || b > 63n ? 0n : BigInt.asIntN(64, a << b);
}

export function shiftRightBig(a: bigint, b: bigint): bigint {
  return a >> (b < 0n || b > 63n ? 63n : b);
}
