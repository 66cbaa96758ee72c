/** Differences of neighbours. */
import { normalizeDim } from '../../core/layout.ts';
import { cat } from '../composite.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** Differences of neighbours along a dim, `n` times over, of `prepend`, the input and `append` joined. PyTorch's `torch.diff`. */
export const diff = operation('diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor?, append: Tensor?, *, out: Tensor?)', (input, n, dim, prepend, append): Tensor => {
  const d = normalizeDim('diff', dim, input.ndim);
  const parts = [prepend, input, append].filter((part) => part !== undefined);
  let out = parts.length === 1 ? input : cat(parts, d);
  for (let k = 0; k < n && out.shape[d] > 0; k++) {
    const size = out.shape[d] - 1, next = out.narrow(d, 1, size), previous = out.narrow(d, 0, size);
    out = input.dtype === 'bool' ? next.logicalXor(previous) : next.sub(previous);
  }
  return out;
});

export const DIFFERENCES_METHODS = { diff };

declare module '../tensor.ts' {
  interface Tensor {
    diff: Method<typeof diff>;
  }
}
