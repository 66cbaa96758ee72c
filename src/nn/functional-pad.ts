/** Padding: `nn.functional.pad` in all modes. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { operation } from '../tensor/operation.ts';
import { borderPad, constantPadNd, marginsOf } from '../tensor/library/padding.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * `input` with margins around its last dims: `pad` is (before, after) of the last dim, then of the one before it, and so on;
 * negative ones cut off. 'constant' fills with `value` (0). The other modes take as many pairs as the input has spatial dims:
 * 'reflect' mirrors without the border element, 'replicate' repeats it, 'circular' wraps around. PyTorch's `F.pad`.
 */
export const pad = operation("pad(input: Tensor, pad: ints, mode: 'constant'|'reflect'|'replicate'|'circular' = 'constant', value: scalar?)", (input, margins, mode, value): Tensor => {
  if (mode === 'constant') return constantPadNd(input, margins, value ?? 0);
  const given = marginsOf('pad', input, margins);
  if (value !== undefined && value !== 0) throw new ArgumentError('pad', 'value', `is only for mode 'constant', got ${String(value)} with '${mode}'`);
  const spatial = margins.length / 2;
  if (spatial < 1 || spatial > 3 || (input.ndim !== spatial + 1 && input.ndim !== spatial + 2)) {
    throw new ShapeError('pad', `mode '${mode}' takes 2, 4 or 6 margins of an input with one or two dimensions more than pairs, got ${margins.length} for shape [${input.shape.join(', ')}]`);
  }
  const sizes = input.layout.shape.slice(-spatial).map((size, i) => size + margins[2 * (spatial - 1 - i)] + margins[2 * (spatial - 1 - i) + 1]);
  if (mode !== 'circular' && sizes.every((size) => size < 1)) throw new ShapeError('pad', `[${margins.join(', ')}] leaves nothing of shape [${input.shape.join(', ')}]`);
  return borderPad('pad', input, given, mode);
});
