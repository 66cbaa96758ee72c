/** `nn.utils.skipInit`: modules whose parameters nobody has filled. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { defaultGenerator } from '../tensor/random-state.ts';
import { Module } from './module.ts';

/** Whether initialisers leave tensors as they are; a live binding. */
export let skipping = false;

/**
 * `new ModuleClass(...args)` without the work of the initialisers of `nn.init`: what they would have filled holds anything,
 * to be set by `loadStateDict` or otherwise. The default generator stays where it is. What a constructor fills by other means
 * is as ever, as are the statistics, ones and zeros of normalization layers. PyTorch's `torch.nn.utils.skip_init`.
 *
 * ```ts
 * const layer = nn.utils.skipInit(nn.Linear, 4096, 4096);
 * ```
 */
export function skipInit<M extends Module, A extends readonly unknown[]>(moduleClass: new (...args: A) => M, ...args: A): M {
  if (typeof moduleClass !== 'function' || !((moduleClass as { prototype?: unknown }).prototype instanceof Module)) throw new ArgumentError('skipInit', 'moduleClass', `must be a class of nn.Module, got ${show(moduleClass)}`);
  const outer = skipping, state = defaultGenerator.words.slice();
  skipping = true;
  try {
    return new moduleClass(...args);
  } finally {
    skipping = outer;
    defaultGenerator.words.set(state);
  }
}
