/** What an in-place write means for the graph: the tensor, its base and all views of it continue from the new value. */
import { levelsOf, regions } from '../core/batch.ts';
import { contiguousLayout, sameShape, Layout } from '../core/layout.ts';
import { Node, edgeOf, type Gradients } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** `self` was written in place by the operation of `node`, whose input 0 is the value before. */
export function rebaseHistory(self: Tensor, node: Node): void {
  const base = self.base;
  if (base === null) {
    self.node = node;
    self.slot = 0;
    self.needsGrad = true;
    return;
  }
  // A write through a view: the base's new history is its old one, with the viewed part replaced.
  const old = edgeOf(base), oldSlot = base.slot;
  const geometry = self.layout, whole = base.layout;
  const slices = new Node('CopySlices', (g) => copySlices(g, node, geometry, whole),
    [old, ...node.next.slice(1)], [oldSlot, ...node.slots.slice(1)], [], whole, base.dtypeCode);
  if (regions !== 0) slices.batch = levelsOf(base.storage);
  base.node = slices;
  base.slot = 0;
  base.needsGrad = true;
}

/** Gradients of (old base, further inputs): the viewed part goes through the operation, the rest passes. Differentiable. */
function copySlices(g: Tensor, node: Node, geometry: Layout, whole: Layout): Gradients {
  const inBase = g.clone();
  const { shape, strides, offset } = translate(geometry, whole);
  const part = inBase.asStrided(shape, strides, offset);
  const results = node.apply(part.clone());
  const list: readonly (Tensor | null | undefined)[] = Array.isArray(results) ? results : [results as Tensor | null];
  const first = list[0];
  if (first === null || first === undefined) part.fill_(0);
  else part.copy_(sameShape(first.shape, part.shape) ? first : first.sumToSize([...part.shape]));
  return [inBase, ...list.slice(1)];
}

/** The view's geometry over a contiguous copy of its base. Exact when the view's strides decompose over the base's. */
function translate(view: Layout, base: Layout): Layout {
  if (base.contiguous) return new Layout(view.shape, view.strides, view.offset - base.offset);
  const order = base.strides.map((_, i) => i).filter((i) => base.shape[i] !== 1).sort((i, j) => base.strides[j] - base.strides[i]);
  const target = contiguousLayout(base.shape).strides;
  const decompose = (distance: number): number => {
    let rest = distance, moved = 0;
    for (const i of order) {
      const steps = base.strides[i] === 0 ? 0 : Math.floor(rest / base.strides[i]);
      rest -= steps * base.strides[i];
      moved += steps * target[i];
    }
    return moved;
  };
  return new Layout(view.shape, view.strides.map(decompose), decompose(view.offset - base.offset));
}
