/** How the losses of elements become one. */
import { release } from '../core/allocator.ts';
import { observer } from '../tensor/observer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Reduction } from './args.ts';

/**
 * Reduces a loss that was just made. Nobody else has seen it, and the derivatives of sum and mean do not read it: its memory
 * is the next temporary's, while it is still in a cache.
 */
export function reduce(loss: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return loss;
  const out = reduction === 'mean' ? loss.mean() : loss.sum();
  if (observer === null && loss.base === null && loss.gradFn?.holds(loss) !== true) release(loss.storage);
  return out;
}
