/** Arithmetic that row expressions name, in float64 (or int32, or BigInt for int64) with PyTorch's meaning. */

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

const double = new Float64Array(1), words = new BigInt64Array(double.buffer);
const single = new Float32Array(1), word = new Int32Array(single.buffer);

/** The float64 next to a towards b. */
export function nextafter(a: number, b: number): number {
  if (a !== a || b !== b) return NaN;
  if (a === b) return b;
  double[0] = a === 0 ? 0 : a;
  words[0] = a === 0 ? 1n : words[0] + (a < b === a > 0 ? 1n : -1n);
  return a === 0 ? copysign(double[0], b) : double[0];
}

/** The same among float32 numbers. */
export function nextafterSingle(a: number, b: number): number {
  if (a !== a || b !== b) return NaN;
  if (a === b) return b;
  single[0] = a;
  word[0] = a === 0 ? 1 : word[0] + (a < b === a > 0 ? 1 : -1);
  return a === 0 ? copysign(single[0], b) : single[0];
}

/** sin(pi x), exactly 0 at integers. */
export function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  return Math.sin(Math.PI * (Math.abs(r) > 0.5 ? copysign(1 - Math.abs(r), r) : r));
}

/** sin(pi x) / (pi x) */
export function sinc(x: number): number {
  return x === 0 ? 1 : sinPi(x) / (Math.PI * x);
}

/** log(x / (1 - x)); around 1/2, where that cancels, 2 atanh(2x - 1). */
export function logit(x: number): number {
  const t = 2 * x - 1;
  return Math.abs(t) < 0.5 ? 2 * Math.atanh(t) : Math.log(x / (1 - x));
}

/** log(e^a + e^b) */
export function logaddexp(a: number, b: number): number {
  if (a === b) return a + Math.LN2;
  const d = Math.abs(a - b);
  return d !== d ? d : Math.max(a, b) + Math.log1p(Math.exp(-d));
}

/** log2(2^a + 2^b) */
export function logaddexp2(a: number, b: number): number {
  if (a === b) return a + 1;
  const d = Math.abs(a - b);
  return d !== d ? d : Math.max(a, b) + Math.log1p(Math.pow(2, -d)) * Math.LOG2E;
}

/** a log b, 0 where a is 0 and b a number. */
export function xlogy(a: number, b: number): number {
  return b !== b ? NaN : a === 0 ? 0 : a * Math.log(b);
}

/** a log(1 + b), 0 where a is 0 and b a number. */
export function xlog1py(a: number, b: number): number {
  return b !== b ? NaN : a === 0 ? 0 : a * Math.log1p(b);
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

/** The greatest common divisor, not negative but for the lowest int32, which has no negative. */
export function gcdInt(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, (a % b) | 0];
  return Math.abs(a) | 0;
}

export function lcmInt(a: number, b: number): number {
  const divisor = gcdInt(a, b);
  return divisor === 0 ? 0 : Math.abs(Math.imul((a / divisor) | 0, b)) | 0;
}

export function gcdBig(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? BigInt.asIntN(64, -a) : a;
}

export function lcmBig(a: bigint, b: bigint): bigint {
  const divisor = gcdBig(a, b);
  const multiple = divisor === 0n ? 0n : BigInt.asIntN(64, (a / divisor) * b);
  return multiple < 0n ? BigInt.asIntN(64, -multiple) : multiple;
}
