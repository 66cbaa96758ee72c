/** Batches of any loader, taken one by one and put back into order where a run goes on. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';

/** A DataLoader, an array of batches, a generator: anything that gives batches, at once or later. */
export type Batches = Iterable<unknown> | AsyncIterable<unknown>;

/** How many batches there are, where the loader knows. */
export function batchCount(batches: Batches): number | undefined {
  // A loader over a stream throws when it is asked.
  try {
    const { length } = batches as { readonly length?: unknown };
    return typeof length === 'number' && Number.isFinite(length) ? length : undefined;
  } catch {
    return undefined;
  }
}

/** The generator that a loader draws its order from; undefined for the default one. */
export function generatorOf(batches: Batches): Generator | undefined {
  const { generator } = batches as { readonly generator?: unknown };
  return generator instanceof Generator ? generator : undefined;
}

export function checkBatches(op: string, batches: unknown): Batches {
  const object: object = Object(batches);
  if (batches === null || batches === undefined || !(Symbol.iterator in object || Symbol.asyncIterator in object)) throw new ArgumentError(op, 'loader', `must be iterable, got ${show(batches)}`);
  return batches as Batches;
}

/** Workers need a loop that waits: what can be read asynchronously is. */
export function open(batches: Batches): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}

/** Inputs and target of a batch: the last of an array is the target, `{ input, target }` are by name. */
export function split(op: string, batch: unknown): { readonly inputs: readonly unknown[]; readonly target: Tensor } {
  if (Array.isArray(batch) && batch.length >= 2 && batch[batch.length - 1] instanceof Tensor) return { inputs: batch.slice(0, -1), target: batch[batch.length - 1] as Tensor };
  if (isOptions(batch) && 'input' in batch && batch.target instanceof Tensor) return { inputs: [batch.input], target: batch.target };
  throw new ArgumentError(op, 'batch', `must be [input, ..., target] or { input, target } unless ${op} is overridden, got ${show(batch)}`);
}

/** What a model is given to predict: a batch without its target. */
export function inputsOf(batch: unknown): readonly unknown[] {
  if (Array.isArray(batch)) return batch.length > 1 ? batch.slice(0, -1) : batch;
  return isOptions(batch) && 'input' in batch ? [batch.input] : [batch];
}

/** Samples of a batch: the first dimension of its first tensor; 1 where there is none. */
export function sizeOf(batch: unknown): number {
  if (batch instanceof Tensor) return batch.ndim > 0 ? batch.shape[0] : 1;
  const parts = Array.isArray(batch) ? batch : isOptions(batch) ? Object.values(batch) : [];
  const tensor = parts.find((part): part is Tensor => part instanceof Tensor && part.ndim > 0);
  return tensor?.shape[0] ?? 1;
}

/** Lets signals, timers and the abort of a run through, at most every 20 ms: a loop over a plain loader never waits. */
export class Breather {
  private last = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.last < 20) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.last = performance.now();
  }
}
