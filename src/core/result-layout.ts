/**
 * How the result of an elementwise operation lies in memory: in the order of its operands' elements, as PyTorch's
 * TensorIterator has it. Random numbers are drawn in that order, so that what a seed gives depends on it.
 */
import { Layout, contiguousLayout, sameShape, type Shape } from './layout.ts';

/** A layout of `shape` without gaps whose elements lie in the order of the dims given, innermost first. */
export function denseLayout(shape: Shape, inner: readonly number[]): Layout {
  const strides = new Array<number>(shape.length).fill(1);
  let stride = 1;
  for (const dim of inner) {
    strides[dim] = stride;
    stride *= Math.max(shape[dim], 1);
  }
  return new Layout(shape, strides, 0);
}

/** Whether the elements fill a range of memory in the order of the dims given, innermost first, each once. */
export function isDense({ shape, strides }: Layout, inner: readonly number[]): boolean {
  let expected = 1;
  for (const dim of inner) {
    if (shape[dim] === 1) continue;
    if (strides[dim] !== expected) return false;
    expected *= shape[dim];
  }
  return true;
}

/** An operand's strides over `shape`: 0 along what is repeated, its own along a dim that both have once. */
function stridesOver(layout: Layout, shape: Shape): readonly number[] {
  if (sameShape(layout.shape, shape)) return layout.strides;
  const skip = shape.length - layout.shape.length;
  return shape.map((size, i) => (i < skip || (layout.shape[i - skip] === 1 && size !== 1) ? 0 : layout.strides[i - skip]));
}

/**
 * The dims from the innermost outwards: the first operand that moves along both of two dims decides which of them lies
 * further in. Where none does, they stay as they are, so the order is not total and neighbours are compared in turn.
 */
function innermostFirst(shape: Shape, operands: readonly (readonly number[])[]): number[] {
  const inner = shape.map((_, i) => shape.length - 1 - i);
  const liesFurtherOut = (dim: number, than: number): boolean | null => {
    for (const strides of operands) {
      const a = strides[dim], b = strides[than];
      if (a === 0 || b === 0) continue;
      if (a !== b) return a > b;
      if (shape[dim] > shape[than]) return true;
    }
    return null;
  };
  for (let i = 1; i < inner.length; i++) {
    let at = i;
    for (let below = i - 1; below >= 0; below--) {
      const further = liesFurtherOut(inner[below], inner[at]);
      if (further === false) break;
      if (further === null) continue;
      [inner[below], inner[at]] = [inner[at], inner[below]];
      at = below;
    }
  }
  return inner;
}

/** Whether the elements fill a range of memory in any order, each once. */
function fillsMemory(layout: Layout): boolean {
  return isDense(layout, layout.shape.map((_, i) => i).sort((a, b) => layout.strides[a] - layout.strides[b]));
}

/** The layout of a result made of these operands, which broadcast to `shape`. */
export function resultLayoutOf(shape: Shape, operands: readonly Layout[]): Layout {
  for (const layout of operands) if (!layout.contiguous) return reordered(shape, operands);
  // The same object as an operand's wherever possible: kernels then need one flat loop.
  for (const layout of operands) if (layout.shape === shape) return resultLayout(layout);
  return contiguousLayout(shape);
}

function reordered(shape: Shape, operands: readonly Layout[]): Layout {
  const [first] = operands;
  const alike = operands.every((layout) => sameShape(layout.shape, shape) && sameShape(layout.strides, first.strides));
  if (alike && fillsMemory(first)) return new Layout(shape, first.strides, 0);
  const inner = innermostFirst(shape, operands.map((layout) => stridesOver(layout, shape)));
  return inner.every((dim, i) => dim === shape.length - 1 - i) ? contiguousLayout(shape) : denseLayout(shape, inner);
}

/** The layout of a result made of one tensor, and of numbers. */
export const resultLayout = (layout: Layout): Layout => (layout.result ??= layout.contiguous ? contiguousLayout(layout.shape) : reordered(layout.shape, [layout]));

/** The dims of memory that is written, from the outermost inwards; null where they stand in that order. */
export function outermostFirst(layout: Layout): readonly number[] | null {
  if (layout.contiguous) return null;
  if (layout.order === undefined) {
    const order = layout.shape.map((_, i) => i).sort((a, b) => layout.strides[b] - layout.strides[a] || a - b);
    layout.order = order.every((dim, i) => dim === i) ? null : order;
  }
  return layout.order;
}
