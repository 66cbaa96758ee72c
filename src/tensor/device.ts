/** The CPU is the only device; scripts ask for one all the same. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';

/**
 * The device `type`, `'cpu'` or `'cpu:0'`: what tensors have as `device` and take as `device`. Throws for any other.
 * PyTorch's `torch.device`, so that `device(cuda.isAvailable() ? 'cuda' : 'cpu')` ports.
 */
export function device(type: string, index?: number): 'cpu' {
  if ((type !== 'cpu' && type !== 'cpu:0') || (index !== undefined && index !== 0)) {
    const given = index === undefined ? show(type) : `${show(type)}, ${show(index)}`;
    throw new ArgumentError('device', 'type', `must be 'cpu', the only device, got ${given}`);
  }
  return 'cpu';
}

/** There is none. */
export const cuda = { isAvailable: (): boolean => false, deviceCount: (): number => 0 } as const;
