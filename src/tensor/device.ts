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

const none = (): boolean => false;

/** There is none: seeding it and emptying its cache have no effect, as in PyTorch without one. */
export const cuda = {
  isAvailable: none,
  deviceCount: (): number => 0,
  manualSeed(_seed: number | bigint): void {},
  manualSeedAll(_seed: number | bigint): void {},
  emptyCache(): void {},
} as const;

/** Settings of other devices' libraries, which scripts make and read back; without effect. */
export const backends = {
  cudnn: { isAvailable: none, enabled: true, benchmark: false, deterministic: false, allowTf32: true },
  mps: { isAvailable: none, isBuilt: none },
};
