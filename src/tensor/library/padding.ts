/** Padding of the last dims: linear maps with the folding of borders as their transpose, so that every order of gradient follows. */
import { BOOL } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { noGrad } from '../grad-mode.ts';
import { record, recording } from '../graph.ts';
import { copyInto, copyIntoBox, emptyShape, fillBox } from '../kernels.ts';
import { operation } from '../operation.ts';
import type { Scalar } from '../promotion.ts';
import type { Tensor } from '../tensor.ts';

/** Elements added before and after a dim. */
export interface Margin {
  readonly dim: number;
  readonly before: number;
  readonly after: number;
}

/** PyTorch's list of paddings: pairs from the last dim backwards; those of 0 are left out. */
export function marginsOf(op: string, x: Tensor, pad: readonly number[]): Margin[] {
  if (pad.length % 2 !== 0) throw new ArgumentError(op, 'pad', `must have an even number of values, got ${pad.length}`);
  if (pad.length > 2 * x.ndim) throw new ArgumentError(op, 'pad', `must have at most two values per dimension of shape [${x.shape.join(', ')}], got ${pad.length}`);
  const margins: Margin[] = [];
  for (let k = 0; k < pad.length; k += 2) {
    const margin = { dim: x.ndim - 1 - k / 2, before: pad[k], after: pad[k + 1] };
    const size = x.shape[margin.dim];
    if (size + margin.before + margin.after < 0) {
      throw new ShapeError(op, `pad (${margin.before}, ${margin.after}) removes more than the ${size} elements of dimension ${margin.dim} of shape [${x.shape.join(', ')}]`);
    }
    if (margin.before !== 0 || margin.after !== 0) margins.push(margin);
  }
  return margins;
}

const grown = (shape: readonly number[], margins: readonly Margin[]): number[] => {
  const sizes = [...shape];
  for (const { dim, before, after } of margins) sizes[dim] += before + after;
  return sizes;
};

/** `x` without what negative margins cut off. */
function cropped(x: Tensor, margins: readonly Margin[]): Tensor {
  let part = x;
  for (const { dim, before, after } of margins) {
    const start = Math.max(-before, 0);
    part = part.narrow(dim, start, Math.max(part.shape[dim] - start - Math.max(-after, 0), 0));
  }
  return part;
}

/** The part of a padded tensor in which the unpadded one stands. */
function center(out: Tensor, margins: readonly Margin[]): Tensor {
  let part = out;
  for (const { dim, before, after } of margins) {
    const start = Math.max(before, 0);
    part = part.narrow(dim, start, Math.max(part.shape[dim] - start - Math.max(after, 0), 0));
  }
  return part;
}

/** Elements of a padded tensor from which on only its margins are filled: smaller ones are filled whole, by a single call. */
const FILL_MARGINS = 65536;

/** Fills the margins: each dim's within the unpadded part of the dims before it in the list. */
function fillMargins(out: Tensor, margins: readonly Margin[], value: Scalar): void {
  const { strides } = out.layout, sizes = [...out.layout.shape];
  let first = 0;
  for (const { dim, before, after } of margins) {
    const size = sizes[dim], inner = size - Math.max(before, 0) - Math.max(after, 0);
    const fill = (from: number, count: number): void => {
      sizes[dim] = count;
      fillBox(out, first + from * strides[dim], sizes, value);
    };
    if (before > 0) fill(0, Math.min(before, size));
    if (after > 0) fill(Math.max(size - after, 0), Math.min(after, size));
    sizes[dim] = Math.max(inner, 0);
    first += Math.max(before, 0) * strides[dim];
  }
}

/** `x` with `value` around it; negative margins cut off. */
export function constantPad(x: Tensor, margins: readonly Margin[], value: Scalar): Tensor {
  const out = emptyShape(x, grown(x.shape, margins), x.dtypeCode);
  if (out.layout.numel < FILL_MARGINS) copyInto(out, value);
  else fillMargins(out, margins, value);
  const inner = margins.some(({ before, after }) => before < 0 || after < 0) ? noGrad(() => cropped(x, margins)) : x;
  const first = margins.reduce((at, { dim, before }) => at + Math.max(before, 0) * out.layout.strides[dim], 0);
  if (inner.layout.numel > 0) copyIntoBox(out, first, inner);
  if (recording(x)) {
    const back = margins.map(({ dim, before, after }) => ({ dim, before: -before, after: -after }));
    record('constantPadNd', out, [x], (g) => constantPad(g, back, 0));
  }
  return out;
}

export type BorderMode = 'reflect' | 'replicate' | 'circular';

/** The elements of `inner` (a dim without its margins) that one margin of `count` repeats, in the order of the margin. */
function repeated(inner: Tensor, mode: BorderMode, dim: number, count: number, before: boolean): Tensor {
  const size = inner.shape[dim];
  if (mode === 'circular') return inner.narrow(dim, before ? size - count : 0, count);
  if (mode === 'reflect') return inner.narrow(dim, before ? 1 : size - 1 - count, count);
  return inner.narrow(dim, before ? 0 : size - 1, 1);
}

/** Visits both margins of a dim of the padded tensor: the margin, what it repeats, and whether in reverse order. */
function eachMargin(whole: Tensor, mode: BorderMode, { dim, before, after }: Margin, visit: (margin: Tensor, source: Tensor, reverse: boolean) => void): void {
  const inner = whole.narrow(dim, before, whole.shape[dim] - before - after);
  if (before > 0) visit(whole.narrow(dim, 0, before), repeated(inner, mode, dim, before, true), mode === 'reflect');
  if (after > 0) visit(whole.narrow(dim, whole.shape[dim] - after, after), repeated(inner, mode, dim, after, false), mode === 'reflect');
}

/** `x` continued at its borders. The margins are not negative; those of 'reflect' are smaller than their dims, of 'circular' no larger. */
function extend(x: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  const out = emptyShape(x, grown(x.shape, margins), x.dtypeCode);
  noGrad(() => {
    copyInto(center(out, margins), x);
    // Each dim is filled within the unpadded part of the dims that follow, and with the margins of those before.
    margins.forEach((margin, k) => {
      eachMargin(center(out, margins.slice(k + 1)), mode, margin, (part, source, reverse) => copyInto(part, reverse ? source.flip(margin.dim) : source));
    });
  });
  if (recording(x)) record(mode, out, [x], (g) => fold(g, margins, mode));
  return out;
}

/** The transpose of {@link extend}: every margin added to the elements that it repeats. */
function fold(g: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  const out = noGrad(() => {
    const sum = g.detach().clone();
    for (let k = margins.length - 1; k >= 0; k--) {
      const { dim } = margins[k];
      eachMargin(center(sum, margins.slice(k + 1)), mode, margins[k], (part, source, reverse) => {
        source.add_(mode === 'replicate' ? part.sum(dim, true) : reverse ? part.flip(dim) : part);
      });
    }
    return center(sum, margins).clone();
  });
  if (recording(g)) record(mode, out, [g], (gg) => extend(gg, margins, mode));
  return out;
}

/** `x` continued at its borders; negative margins cut off: of 'circular' first, of the others last, as in PyTorch. */
export function borderPad(op: string, x: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  const added = margins.map(({ dim, before, after }) => ({ dim, before: Math.max(before, 0), after: Math.max(after, 0) }));
  const cut = margins.map(({ dim, before, after }) => ({ dim, before: Math.min(before, 0), after: Math.min(after, 0) }));
  const source = mode === 'circular' ? cropped(x, cut) : x;
  for (const { dim, before, after } of added) {
    const size = source.shape[dim], most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : size > 0 ? Infinity : 0;
    if (Math.max(before, after) > most) {
      throw new ShapeError(op, `${mode} pads at most ${most} elements of dimension ${dim} of shape [${x.shape.join(', ')}], got (${before}, ${after})`);
    }
  }
  const out = extend(source, added.filter(({ before, after }) => before > 0 || after > 0), mode);
  return mode === 'circular' ? out : cropped(out, cut);
}

/** `input` with `value` around its last dims; `pad` has two numbers per dim, from the last one backwards. PyTorch's `torch.constant_pad_nd`. */
export const constantPadNd = operation('constantPadNd(input: Tensor, pad: ints, value: scalar = 0)', (input, pad, value): Tensor =>
  constantPad(input, marginsOf('constantPadNd', input, pad), input.dtypeCode === BOOL ? Boolean(value) : value));

