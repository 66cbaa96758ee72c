/** Rows of a table by index: what `nn.functional.embedding` computes. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { show } from '../core/args.ts';
import { noGrad } from './grad-mode.ts';
import { record, recording } from './graph.ts';
import { visible } from './observer.ts';
import { atDims, indexArg, pick, place } from './selection.ts';
import type { Tensor } from './tensor.ts';

/**
 * `[...indices.shape, D]`: rows of `weight` `[N, D]`. The gradient adds the rows up; row `paddingIdx` gets none. Negative
 * indices are out of range, as in PyTorch.
 */
export const embedding = visible('embedding', (weight: Tensor, indices: Tensor, paddingIdx: number | null = null, op = 'embedding'): Tensor => {
  if (weight.ndim !== 2) throw new ShapeError(op, `weight must have 2 dimensions, got shape [${weight.shape.join(', ')}]`);
  const rows = weight.shape[0];
  if (paddingIdx !== null && !(Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows)) {
    throw new ArgumentError(op, 'paddingIdx', `must be within ${rows} embeddings, got ${show(paddingIdx)}`);
  }
  const index = indexArg(op, indices);
  const selection = atDims(op, weight.shape, [{ dim: 0, index }], false);
  if (paddingIdx === null || !recording(weight)) return pick(op, weight, selection);
  const out = noGrad(() => pick(op, weight, selection));
  const padding = paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  record(op, out, [weight], (g, node) => {
    const kept = node.saved(0).ne(padding).unsqueeze(-1);
    return place(op, g.where(kept, 0), selection, weight.shape);
  }, [index]);
  return out;
});
