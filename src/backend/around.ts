/** A backend whose kernels are other ones, made from those of a backend inside. */
import { FAMILIES, type Backend, type Family } from './backend.ts';

type Kernels = Readonly<Record<Family, (...operands: readonly unknown[]) => void>>;

/** `make` gives the kernel of a family from the one inside. */
export function around(inner: Backend, make: (family: Family, kernel: (...operands: readonly unknown[]) => void) => unknown): Backend {
  const kernels = inner as unknown as Kernels;
  const methods = Object.fromEntries(FAMILIES.map((family) => [family, make(family, (...operands) => kernels[family](...operands))]));
  return {
    ...methods,
    name: inner.name,
    setNumThreads: (threads: number) => inner.setNumThreads(threads),
    numThreads: () => inner.numThreads(),
  } as unknown as Backend;
}
