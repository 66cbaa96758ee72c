/** Views as copies: `selectCopy(x, 0, 1)` is `x.select(0, 1).clone()`. PyTorch's functions of these names. */
import { functional, type Functional } from '../functional-form.ts';
import type { Tensor } from '../tensor.ts';

const VIEWS = {
  asStridedCopy: 'asStrided', detachCopy: 'detach', diagonalCopy: 'diagonal', expandCopy: 'expand', narrowCopy: 'narrow', permuteCopy: 'permute', selectCopy: 'select', sliceCopy: 'slice',
  splitCopy: 'split', splitWithSizesCopy: 'splitWithSizes', squeezeCopy: 'squeeze', tCopy: 't', transposeCopy: 'transpose', unbindCopy: 'unbind', unfoldCopy: 'unfold', unsqueezeCopy: 'unsqueeze', viewCopy: 'view',
} as const;
type Copies = { readonly [K in keyof typeof VIEWS]: Functional<(typeof VIEWS)[K]> };

const views = functional(Object.values(VIEWS)) as unknown as Readonly<Record<string, (...args: readonly unknown[]) => Tensor | Tensor[]>>;

export const {
  asStridedCopy, detachCopy, diagonalCopy, expandCopy, narrowCopy, permuteCopy, selectCopy, sliceCopy,
  splitCopy, splitWithSizesCopy, squeezeCopy, tCopy, transposeCopy, unbindCopy, unfoldCopy, unsqueezeCopy, viewCopy,
} = Object.fromEntries(Object.entries(VIEWS).map(([name, view]) => [name, (...args: readonly unknown[]): Tensor | Tensor[] => {
  const made = views[view](...args);
  return Array.isArray(made) ? made.map((part) => part.clone()) : made.clone();
}])) as unknown as Copies;

/** A copy. PyTorch's `torch.alias_copy`. */
export const { clone: aliasCopy } = functional(['clone']);

declare module '../tensor.ts' {
  interface Tensor {
    /** As `narrow`, a copy. PyTorch's `Tensor.narrow_copy`. */
    narrowCopy: Tensor['narrow'];
  }
}
