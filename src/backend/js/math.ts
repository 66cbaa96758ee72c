/** The functions that row expressions name, in float64 (or int32, or BigInt for int64) with PyTorch's meaning. */

// Coefficients, highest degree first: our own Chebyshev fits in 60 digits, relative error of each fit below 1e-17.
/** erf(x) / x in x^2 for |x| < 0.9. */
const ERF = [
  -8.493998797080943e-10, 1.4051482766989913e-08, -1.6276526722586205e-07, 1.6455328747938096e-06, -1.492530753550859e-05,
  0.00012055321382481122, -0.0008548326764466543, 0.0052239776217703725, -0.02686617064482373, 0.11283791670953794,
  -0.3761263890318373, 1.1283791670955126,
];
/** exp(x^2) erfc(x) in (x - 3) / (x + 3) + 0.34375 for 0.9 <= x < 2.25. */
const ERFCX_NEAR = [
  -2.781439994582695e-06, -4.107507668160961e-06, 2.021853515142718e-05, 4.452478617369411e-05, -0.00017900624728127117,
  -0.00037181457500669237, 0.0022043972232495958, 0.0006391803764616228, -0.030086974504327856, 0.11956397518347534,
  -0.28043980352487374, 0.4619236705224402, -0.5617600069441048, 0.32738727683892493,
];
/** The same in (x - 3) / (x + 3) - 0.09375 for 2.25 <= x < 6. */
const ERFCX_MIDDLE = [
  5.79578900722344e-07, 3.271696308390266e-06, -4.529415992342496e-06, -2.0034753063512202e-05, 4.675479137238802e-05,
  9.777899031294924e-05, -0.0005355742632201147, 0.0002802318990560749, 0.0045907853586702775, -0.02188747816575901,
  0.06081191113350047, -0.12531309193454052, 0.20696700281848962, -0.28391401169418445, 0.15045705267640175,
];
/** The same in (x - 2) / (x + 2) - 0.6875 for 6 <= x < 28. */
const ERFCX_FAR = [
  8.935042262297196e-06, -1.4198404037989477e-05, -2.047474442720085e-05, 5.073802993367364e-05, 3.320543890676773e-05,
  -0.00019576562368172712, 6.295412741933658e-05, 0.0007538426424040457, -0.0015025779801318018, -0.0012590203650976015,
  0.014403640463325637, -0.04696063598276211, 0.10666185854159864, -0.19562932700379035, 0.05201866020737079,
];

function horner(c: readonly number[], t: number): number {
  let y = c[0];
  for (let i = 1; i < c.length; i++) y = y * t + c[i];
  return y;
}

/** erfc for x >= 0.9. */
function erfcTail(x: number): number {
  if (x >= 28) return 0;
  const scaled = x < 2.25 ? horner(ERFCX_NEAR, (x - 3) / (x + 3) + 0.34375)
    : x < 6 ? horner(ERFCX_MIDDLE, (x - 3) / (x + 3) - 0.09375)
      : horner(ERFCX_FAR, (x - 2) / (x + 2) - 0.6875);
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
  if (Math.abs(x) < 0.9) {
    const y = x * horner(ERF, x * x);
    return x < 0.5 ? 1 - y : 0.5 - (y - 0.5);
  }
  if (x !== x) return x;
  return x < 0 ? 2 - erfcTail(-x) : erfcTail(x);
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
