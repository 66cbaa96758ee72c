/** Padding of the last dims: linear maps with the folding of borders as their transpose, so that every order of gradient follows. */
import { BOOL } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { noGrad } from '../grad-mode.ts';
import { record, recording } from '../graph.ts';
import { copyInto, copyIntoBox, emptyShape, fillBox, repeatWithin } from '../kernels.ts';
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

const outermostFirst = (margins: readonly Margin[]): Margin[] => [...margins].sort((a, b) => a.dim - b.dim);

/** The position of a dim of `size` that each position of one of its margins repeats, both counted without the margins. */
function sourcesOf(mode: BorderMode, size: number, count: number, before: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    if (mode === 'circular') return before ? size - count + i : i;
    if (mode === 'reflect') return before ? count - i : size - 2 - i;
    return before ? 0 : size - 1;
  });
}

/** `x` continued at its borders. The margins are not negative; those of 'reflect' are smaller than their dims, of 'circular' no larger. */
function extend(x: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  const out = emptyShape(x, grown(x.shape, margins), x.dtypeCode);
  const first = margins.reduce((at, { dim, before }) => at + before * out.layout.strides[dim], 0);
  if (x.layout.numel > 0) copyIntoBox(out, first, x);
  // The outermost dim first: its margins repeat whole slices, in which the margins of the dims inside are filled later.
  for (const { dim, before, after } of outermostFirst(margins)) {
    const size = x.shape[dim];
    const fill = (to: number, count: number, isBefore: boolean): void => {
      const sources = sourcesOf(mode, size, count, isBefore);
      if (mode === 'circular') repeatWithin(out, dim, to, [before + sources[0]], count);
      else repeatWithin(out, dim, to, sources.map((source) => before + source), 1);
    };
    if (before > 0) fill(0, before, true);
    if (after > 0) fill(before + size, after, false);
  }
  if (recording(x)) record(mode, out, [x], (g) => fold(g, margins, mode));
  return out;
}

/** Positions of a margin from which on it is turned round and added whole, instead of one position at a time. */
const ADD_WHOLE = 8;

/** A new tensor of `g` without margins, each added to what it repeats: `margins` from the outermost dim on. */
function folded(g: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  if (margins.length === 0) return g.clone();
  const [{ dim, before, after }, ...inside] = margins, size = g.shape[dim] - before - after;
  const sum = folded(g.narrow(dim, before, size), inside, mode);
  const add = (from: number, count: number, isBefore: boolean): void => {
    const whole = g.narrow(dim, from, count), part = inside.length > 0 ? folded(whole, inside, mode) : whole;
    const sources = sourcesOf(mode, size, count, isBefore);
    if (mode === 'replicate') sum.narrow(dim, sources[0], 1).add_(count === 1 ? part : part.sum(dim, true));
    else if (mode === 'circular') sum.narrow(dim, sources[0], count).add_(part);
    else if (count < ADD_WHOLE) sources.forEach((source, i) => sum.select(dim, source).add_(part.select(dim, i)));
    else sum.narrow(dim, sources[count - 1], count).add_(part.flip(dim));
  };
  if (before > 0) add(0, before, true);
  if (after > 0) add(before + size, after, false);
  return sum;
}

/** The transpose of {@link extend}: every margin added to the elements that it repeats. */
function fold(g: Tensor, margins: readonly Margin[], mode: BorderMode): Tensor {
  const out = noGrad(() => folded(g.detach(), outermostFirst(margins), mode));
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

