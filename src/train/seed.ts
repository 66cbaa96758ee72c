/** One seed for a whole run. */
import { bind, intArg, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Generator, manualSeed } from '../tensor/random.ts';

const SIGNATURE = signature('seedEverything(seed?, *, generators?)');

/** Lightning's bounds of a seed. */
const MOST = 2 ** 32 - 1;

/**
 * Seeds everything that draws from PyTorch's random numbers, and returns the seed: Lightning's `seed_everything`. The
 * default generator gives initial weights, dropout, noise, the order of loaders without a generator of their own, and the
 * seeds of their workers; `generators` are others to start with the same seed. Without a seed it is that of the variable
 * `PL_GLOBAL_SEED`, or 0. Processes started from here inherit the variable.
 *
 * `Math.random` and `crypto` cannot be seeded: what draws from them, such as a transform, differs from run to run.
 */
export function seedEverything(seed?: number | bigint | null, options: { readonly generators?: readonly Generator[] } = {}): number {
  const op = 'seedEverything', given = bind(SIGNATURE, [seed ?? null, options]), fallback = process.env.PL_GLOBAL_SEED;
  if (given.seed === undefined && fallback !== undefined && !/^\d+$/.test(fallback)) throw new ArgumentError(op, 'PL_GLOBAL_SEED', `must be an integer, got ${show(fallback)}`);
  const value = intArg(op, 'seed', given.seed ?? Number(fallback ?? 0));
  if (value < 0 || value > MOST) throw new ArgumentError(op, 'seed', `must be from 0 to ${MOST}, got ${value}`);
  const generators = (given.generators ?? []) as readonly Generator[];
  if (!Array.isArray(generators) || generators.some((each) => !(each instanceof Generator))) throw new ArgumentError(op, 'generators', `must be a list of Generators, got ${show(generators)}`);
  manualSeed(value);
  for (const generator of generators) generator.manualSeed(value);
  process.env.PL_GLOBAL_SEED = String(value);
  return value;
}
