/** Generators: the state that random kernels read and advance. */
import { allocateOwn } from '../core/allocator.ts';
import { I32 } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { RNG_SEED, RNG_WORDS, seedState } from '../core/rng.ts';
import type { Storage } from '../core/storage.ts';

const DEFAULT_SEED = 67280421310721n; // PyTorch's default_rng_seed_val

/** PyTorch's `torch.Generator` for the CPU: a stream of its own. */
export class Generator {
  private memory: Storage | null = null;

  /** @internal Made at first use: importing the library allocates nothing and loads no binary. */
  get storage(): Storage {
    if (this.memory === null) {
      this.memory = allocateOwn(RNG_WORDS * 4);
      seedState(this.words, DEFAULT_SEED);
    }
    return this.memory;
  }

  /** @internal */
  get words(): Int32Array {
    const { slab, byteOffset } = this.storage;
    return slab.part(I32, byteOffset >> 2, (byteOffset >> 2) + RNG_WORDS) as Int32Array;
  }

  get device(): 'cpu' {
    return 'cpu';
  }

  /** Starts the stream of a seed (an integer; the generator uses its low 32 bits, as PyTorch's does). */
  manualSeed(seed: number | bigint): this {
    seedState(this.words, seedValue('manualSeed', seed));
    return this;
  }

  /** The seed this stream was started with. */
  initialSeed(): number {
    const words = this.words;
    return Number((BigInt(words[RNG_SEED + 1]) << 32n) | BigInt.asUintN(32, BigInt(words[RNG_SEED])));
  }

  /** Starts from a fresh random seed and returns it. */
  seed(): number {
    const value = Math.floor(Math.random() * 2 ** 53);
    this.manualSeed(value);
    return value;
  }
}

function seedValue(op: string, seed: unknown): bigint {
  if (typeof seed === 'bigint') return seed;
  if (typeof seed === 'number' && Number.isSafeInteger(seed)) return BigInt(seed);
  throw new ArgumentError(op, 'seed', `must be an integer, got ${show(seed)}`);
}

export const defaultGenerator = new Generator();

/** The state of the generator given, or of the default one. */
export function generatorState(generator: Generator | null | undefined): Storage {
  if (generator === undefined || generator === null) return defaultGenerator.storage;
  if (!(generator instanceof Generator)) throw new ArgumentError('random', 'generator', `must be a Generator, got ${show(generator)}`);
  return generator.storage;
}
