/**
 * PyTorch's CPU random streams over (generator state, output): the same numbers for the same seed, in the same order.
 * native/kernels/random.inc draws the same bits.
 */
import { cosTurn, logUnit, sinTurn } from './random-math.ts';
import { RNG_CACHED, RNG_HAS_CACHED, RNG_POSITION } from './rng.ts';
import type { TypedArray } from './dtype.ts';
import type { RandomOp } from '../ops/families.ts';

const STATE_WORDS = 624;
const SHIFT = 397;
/** From this range on, randint takes 64 bits per element (PyTorch >= 2.7), so that the modulo stays unbiased. */
const WIDE_RANGE = 2 ** 28;
const TWO_PI = 6.283185307179586;

/** Renews the MT19937 state vector in place. */
function renew(mt: Int32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) {
    const next = i + 1 < STATE_WORDS ? i + 1 : 0;
    const far = i + SHIFT < STATE_WORDS ? i + SHIFT : i + SHIFT - STATE_WORDS;
    const mixed = (mt[i] & 0x80000000) | (mt[next] & 0x7fffffff);
    mt[i] = mt[far] ^ (mixed >>> 1) ^ (-(mt[next] & 1) & 0x9908b0df);
  }
  mt[RNG_POSITION] = 0;
}

/** The next 32 random bits, as a signed integer. */
function nextWord(mt: Int32Array): number {
  if (mt[RNG_POSITION] >>> 0 >= STATE_WORDS) renew(mt);
  let y = mt[mt[RNG_POSITION]++];
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return y ^ (y >>> 18);
}

/** Uniform in [0, 1) with the 24 bits of a float32's significand. */
const uniform24 = (mt: Int32Array): number => (nextWord(mt) & 0xffffff) * 2 ** -24;

/** Uniform in [0, 1) with the 53 bits of a float64's significand. */
export function uniform53(mt: Int32Array): number {
  const high = nextWord(mt) & 0x1fffff;
  return (high * 2 ** 32 + (nextWord(mt) >>> 0)) * 2 ** -53;
}

const uniformFor = (out: TypedArray): ((mt: Int32Array) => number) => (out instanceof Float64Array ? uniform53 : uniform24);

/** `from` and `to - from` are rounded to the output's dtype first, and what rounds up to `to` becomes `from`, as in PyTorch. */
function fillUniform(out: TypedArray, offset: number, n: number, mt: Int32Array, from: number, to: number): void {
  const single = out instanceof Float32Array, low = single ? Math.fround(from) : from, end = single ? Math.fround(to) : to;
  const width = single ? Math.fround(end - low) : end - low, draw = uniformFor(out);
  for (let i = offset; i < offset + n; i++) {
    out[i] = draw(mt) * width + low;
    if (out[i] === end) out[i] = low;
  }
}

const cached = new Float64Array(1);
const cachedWords = new Int32Array(cached.buffer);

/** One normal number of the scalar path; every second one comes from the generator's cache. */
function nextNormal(mt: Int32Array): number {
  if (mt[RNG_HAS_CACHED] !== 0) {
    cachedWords[0] = mt[RNG_CACHED];
    cachedWords[1] = mt[RNG_CACHED + 1];
    mt[RNG_HAS_CACHED] = 0;
    return cached[0];
  }
  const u1 = uniform53(mt), u2 = uniform53(mt);
  // PyTorch takes log1p(-u2); 1 - u2 is exact for a 53-bit uniform.
  const radius = Math.sqrt(-2 * logUnit(1 - u2));
  const theta = TWO_PI * u1;
  cached[0] = radius * sinTurn(theta);
  mt[RNG_CACHED] = cachedWords[0];
  mt[RNG_CACHED + 1] = cachedWords[1];
  mt[RNG_HAS_CACHED] = 1;
  return radius * cosTurn(theta);
}

/** Turns 16 uniforms at `at` into normal numbers: Box-Muller of element j with element j + 8. */
function transformBlock(out: TypedArray, at: number, mean: number, std: number): void {
  for (let j = at; j < at + 8; j++) {
    const radius = Math.sqrt(-2 * logUnit(1 - (out[j] as number)));
    const theta = TWO_PI * (out[j + 8] as number);
    out[j] = radius * cosTurn(theta) * std + mean;
    out[j + 8] = radius * sinTurn(theta) * std + mean;
  }
}

function fillNormal(out: TypedArray, offset: number, n: number, mt: Int32Array, mean: number, std: number, scalar: boolean): void {
  if (n < 16 || scalar) {
    for (let i = offset; i < offset + n; i++) out[i] = nextNormal(mt) * std + mean;
    return;
  }
  if (out instanceof Float32Array) {
    mean = Math.fround(mean);
    std = Math.fround(std);
  }
  fillUniform(out, offset, n, mt, 0, 1);
  const end = offset + n;
  for (let at = offset; at + 16 <= end; at += 16) transformBlock(out, at, mean, std);
  if (n % 16 !== 0) {
    fillUniform(out, end - 16, 16, mt, 0, 1);
    transformBlock(out, end - 16, mean, std);
  }
}

function fillBernoulli(out: TypedArray, offset: number, n: number, mt: Int32Array, p: number, perElement: boolean): void {
  const end = offset + n;
  if (perElement) {
    const draw = uniformFor(out);
    for (let i = offset; i < end; i++) out[i] = draw(mt) < (out[i] as number) ? 1 : 0;
  } else if (out instanceof BigInt64Array) {
    for (let i = offset; i < end; i++) out[i] = uniform53(mt) < p ? 1n : 0n;
  } else {
    for (let i = offset; i < end; i++) out[i] = uniform53(mt) < p ? 1 : 0;
  }
}

const pair = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);

/** `ints`: low and range as two words each, then 1 for one word per element up to a range of 2^32 (`random_()`). */
function fillRandint(out: TypedArray, offset: number, n: number, mt: Int32Array, ints: ArrayLike<number>): void {
  const low = pair(ints[0], ints[1]);
  const range = BigInt.asUintN(64, pair(ints[2], ints[3]));
  const end = offset + n;
  const narrow = range < (ints[4] === 1 ? 2n ** 32n : BigInt(WIDE_RANGE));
  if (narrow && !(out instanceof BigInt64Array)) {
    const r = Number(range), l = Number(low);
    for (let i = offset; i < end; i++) out[i] = (nextWord(mt) >>> 0) % r + l;
    return;
  }
  for (let i = offset; i < end; i++) {
    let bits = BigInt(nextWord(mt) >>> 0);
    if (!narrow) bits = (bits << 32n) | BigInt(nextWord(mt) >>> 0);
    const value = BigInt.asIntN(64, bits % range + low);
    if (out instanceof BigInt64Array) out[i] = value;
    else out[i] = Number(value);
  }
}

function fillExponential(out: TypedArray, offset: number, n: number, mt: Int32Array, rate: number): void {
  const scale = -1 / rate;
  // log1p(-u); 1 - u is exact for a 53-bit uniform.
  for (let i = offset; i < offset + n; i++) out[i] = scale * logUnit(1 - uniform53(mt));
}

function fillRandperm(out: TypedArray, offset: number, n: number, mt: Int32Array): void {
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const j = i + (nextWord(mt) >>> 0) % (n - i);
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  if (out instanceof BigInt64Array) for (let i = 0; i < n; i++) out[offset + i] = BigInt(order[i]);
  else out.set(order, offset);
}

/**
 * Draws `n` elements into `out` from `offset` on and advances `state` (src/core/rng.ts). Parameters as in the random
 * family of src/backend/backend.ts; `ints` are the family's INTS words. uniform, normal and exponential fill floats;
 * bernoulli and randint any dtype (bool as bytes); randperm int64 or int32.
 */
export function drawRandom(
  kind: RandomOp, out: TypedArray, offset: number, n: number, state: Int32Array, p0: number, p1: number,
  ints: ArrayLike<number>,
): void {
  switch (kind) {
    case 'uniform': return fillUniform(out, offset, n, state, p0, p1);
    case 'normal': return fillNormal(out, offset, n, state, p0, p1, ints[0] === 1);
    case 'bernoulli': return fillBernoulli(out, offset, n, state, p0, ints[0] === 1);
    case 'randint': return fillRandint(out, offset, n, state, ints);
    case 'exponential': return fillExponential(out, offset, n, state, p0);
    case 'randperm': return fillRandperm(out, offset, n, state);
  }
}
