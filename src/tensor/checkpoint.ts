/**
 * Checkpointing: the graph of a function is recorded as always, but what its nodes save is thrown away and computed again
 * when backward asks for it (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016). Because the graph is the
 * true one, tensors closed over get their gradients, several outputs are no special case, and derivatives of higher order
 * follow: what is computed again is attached to the same inputs.
 */
import { boolArg, isOptions, show, stringArg } from '../core/args.ts';
import { running } from '../core/batch.ts';
import { ArgumentError, AutogradError } from '../core/errors.ts';
import { sameShape, type Shape } from '../core/layout.ts';
import { TensorCore } from './core.ts';
import { enableGrad, gradEnabled } from './grad-mode.ts';
import { setSavedHooks, type SavedHooks } from './graph.ts';
import { defaultGenerator } from './random-state.ts';
import { inRegion } from './region.ts';
import type { Tensor } from './tensor.ts';

export interface CheckpointOptions {
  /** Accepted so that scripts port: both of PyTorch's variants are the one that is not reentrant. */
  readonly useReentrant?: boolean | null;
  /** Draws the same random numbers again (the default). */
  readonly preserveRngState?: boolean;
  /** Whether what is computed again must have the shapes and dtypes of what was computed first ('default'), or is not compared ('none'). */
  readonly determinismCheck?: 'default' | 'none';
}

type AnyFunction = (...args: never[]) => unknown;

const NAMES = ['useReentrant', 'preserveRngState', 'determinismCheck'];

interface Described {
  readonly shape: Shape;
  readonly dtypeCode: number;
}

/** What one call of a checkpointed function saved, by order; emptied as backward takes it. */
class Segment implements SavedHooks {
  private readonly described: Described[] = [];
  private readonly found = new Map<number, Tensor>();
  private readonly again: () => void;
  private readonly compare: boolean;

  constructor(again: (hooks: SavedHooks) => void, compare: boolean) {
    this.compare = compare;
    this.again = () => {
      let count = 0;
      const hooks: SavedHooks = {
        pack: (tensor) => {
          this.accept(count++, tensor);
          return tensor;
        },
        unpack: (packed) => packed as Tensor,
      };
      again(hooks);
      if (count !== this.described.length) throw new AutogradError(`checkpoint: ${this.described.length} tensors were saved in the forward and ${count} when it was computed again: the function must do the same both times`);
    };
  }

  pack(tensor: Tensor): number {
    return this.described.push({ shape: tensor.shape, dtypeCode: tensor.dtypeCode }) - 1;
  }

  unpack(packed: unknown): Tensor {
    const at = packed as number;
    if (!this.found.has(at)) this.again();
    const tensor = this.found.get(at) as Tensor;
    this.found.delete(at);
    return tensor;
  }

  private accept(at: number, tensor: Tensor): void {
    const before = this.described[at];
    if (this.compare && before !== undefined && (before.dtypeCode !== tensor.dtypeCode || !sameShape(before.shape, tensor.shape))) {
      throw new AutogradError(`checkpoint: saved tensor ${at} had shape [${before.shape.join(', ')}] in the forward and [${tensor.shape.join(', ')}] (${tensor.dtype}) when it was computed again: the function must do the same both times`);
    }
    this.found.set(at, tensor);
  }
}

function withHooks<T>(hooks: SavedHooks, fn: () => T): T {
  const before = setSavedHooks(hooks);
  try {
    return fn();
  } finally {
    setSavedHooks(before);
  }
}

/**
 * Runs `fn(...args)` and keeps nothing for backward but what it is given: backward runs it again. Less memory for about
 * one more forward. `fn` must do the same each time, and its arguments must not be written in place in between; the state
 * of the default generator is restored for the second run. PyTorch's `torch.utils.checkpoint.checkpoint`.
 */
export function checkpoint<F extends AnyFunction>(fn: F, ...args: readonly [...Parameters<F>] | readonly [...Parameters<F>, CheckpointOptions]): ReturnType<F> {
  if (typeof fn !== 'function') throw new ArgumentError('checkpoint', 'function', `must be a function, got ${show(fn)}`);
  const all = args as readonly unknown[], last = all[all.length - 1];
  const named = isOptions(last) && Object.keys(last as object).length > 0 && Object.keys(last as object).every((key) => NAMES.includes(key));
  const options = (named ? last : {}) as Readonly<Record<string, unknown>>, inputs = named ? all.slice(0, -1) : all;
  boolArg('checkpoint', 'useReentrant', options.useReentrant);
  const preserve = boolArg('checkpoint', 'preserveRngState', options.preserveRngState, true);
  const compare = stringArg('checkpoint', 'determinismCheck', options.determinismCheck, ['default', 'none'], 'default') === 'default';
  const run = (): ReturnType<F> => (fn as unknown as (...given: readonly unknown[]) => ReturnType<F>)(...inputs);
  if (!gradEnabled) return run();
  const state = preserve ? defaultGenerator.words.slice() : null;
  const versions: number[] = [], levels = [...running];
  const tensors = inputs.filter((value): value is Tensor => value instanceof TensorCore);
  const segment = new Segment((hooks) => {
    tensors.forEach((x, i) => {
      if (x.storage.version !== versions[i]) throw new AutogradError(`checkpoint: argument ${inputs.indexOf(x)} was modified in place after the forward, which cannot be computed again`);
    });
    const now = state === null ? null : defaultGenerator.words.slice();
    if (state !== null) defaultGenerator.words.set(state);
    // Draws are per sample of the vmaps that ran then, not of those that run now.
    const current = running.splice(0, running.length, ...levels);
    try {
      withHooks(hooks, () => enableGrad(() => (levels.length > 0 ? inRegion(run) : run())));
    } finally {
      running.splice(0, running.length, ...current);
      if (now !== null) defaultGenerator.words.set(now);
    }
  }, compare);
  const result = withHooks(segment, run);
  for (const x of tensors) versions.push(x.storage.version);
  return result;
}
