/**
 * Layout of a generator's state: int32 words, the same memory for both backends.
 * PyTorch's CPU generator: MT19937 seeded with the low 32 bits of the seed, and one cached normal.
 */
export const RNG_WORDS = 632;
/** words 0..623: the MT19937 state vector; RNG_POSITION: next word to hand out, 624 = the vector must be renewed first. */
export const RNG_POSITION = 624;
/** 1 while RNG_CACHED holds the second normal of a pair drawn by the scalar path (fewer than 16 elements). */
export const RNG_HAS_CACHED = 625;
/** The cached normal, a float64 in words 626 and 627. */
export const RNG_CACHED = 626;
/** The seed given, low and high word. */
export const RNG_SEED = 628;

/** Writes the state that PyTorch's `manual_seed(seed)` gives. */
export function seedState(words: Int32Array, seed: bigint): void {
  let previous = Number(BigInt.asUintN(32, seed));
  words[0] = previous | 0;
  for (let i = 1; i < 624; i++) {
    const mixed = (previous ^ (previous >>> 30)) >>> 0;
    previous = (Math.imul(mixed, 1812433253) + i) >>> 0;
    words[i] = previous | 0;
  }
  words[RNG_POSITION] = 624;
  words[RNG_HAS_CACHED] = 0;
  words[RNG_CACHED] = 0;
  words[RNG_CACHED + 1] = 0;
  words[RNG_SEED] = Number(BigInt.asIntN(32, seed));
  words[RNG_SEED + 1] = Number(BigInt.asIntN(32, seed >> 32n));
}
