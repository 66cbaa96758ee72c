/** Names for parts of a program. */
import { ArgumentError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import type { ProfilerEvent } from './event.ts';
import { recorders } from './profile.ts';
import type { Recorder } from './recorder.ts';

class Recording implements Disposable {
  private readonly open: readonly (readonly [Recorder, ProfilerEvent])[];

  constructor(name: string) {
    this.open = recorders().map((recorder) => [recorder, recorder.open(name, 'user')] as const);
  }

  [Symbol.dispose](): void {
    for (const [recorder, event] of this.open) recorder.close(event);
  }

  /** What follows the first await of an async function runs between other things: only its end is known. */
  later<T>(promise: Promise<T>): Promise<T> {
    this[Symbol.dispose]();
    for (const [, event] of this.open) event.async = true;
    return promise.finally(() => {
      for (const [recorder, event] of this.open) event.end = recorder.now();
    });
  }
}

/**
 * PyTorch's `torch.profiler.record_function`: a row and a span of its own for a part of the program. `recordFunction(name, fn)`
 * returns what `fn` returns; `using _ = recordFunction(name)` lasts until the end of the block. Costs nothing much while
 * nothing is profiled.
 *
 *     const logits = recordFunction('forward', () => model(x));
 */
export function recordFunction(name: string): Disposable;
export function recordFunction<T>(name: string, fn: () => T): T;
export function recordFunction<T>(name: string, fn?: () => T): T | Disposable {
  if (typeof name !== 'string') throw new ArgumentError('recordFunction', 'name', `must be a string, got ${show(name)}`);
  if (fn !== undefined && typeof fn !== 'function') throw new ArgumentError('recordFunction', 'fn', `must be a function, got ${show(fn)}`);
  const recording = new Recording(name);
  if (fn === undefined) return recording;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    recording[Symbol.dispose]();
    throw error;
  }
  if (result instanceof Promise) return recording.later(result) as T;
  recording[Symbol.dispose]();
  return result;
}
