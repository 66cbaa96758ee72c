/** Splitting: the pieces share one node, whose backward joins their gradients once. */
import { levelsOf, regions } from '../core/batch.ts';
import { noGrad } from './grad-mode.ts';
import { Node, edgeOf, recording } from './graph.ts';
import { joined } from './join.ts';
import type { Tensor } from './tensor.ts';

function share(x: Tensor, pieces: readonly Tensor[], dim: number): void {
  if (!recording(x) || pieces.length === 0) return;
  const shapes = pieces.map((piece) => [...piece.shape]);
  const node = new Node('Split', (grads) => {
    const given = (Array.isArray(grads) ? grads : [grads]) as readonly (Tensor | null)[];
    const like = given.find((g) => g !== null) as Tensor;
    return joined('cat', given.map((g, i) => g ?? like.newZeros(shapes[i])), dim);
  }, [edgeOf(x)], [x.slot], null, pieces[0].layout, x.dtypeCode);
  node.outputs = pieces.length;
  node.outputLayouts = pieces.map((piece) => piece.layout);
  if (regions !== 0) node.outputBatches = pieces.map((piece) => levelsOf(piece.storage));
  pieces.forEach((piece, slot) => {
    piece.node = node;
    piece.slot = slot;
    piece.needsGrad = true;
  });
}

/** Views along a dim, of the given sizes. What is written into one of them in place gives it a node of its own. */
export function splitViews(x: Tensor, sizes: readonly number[], dim: number): Tensor[] {
  let start = 0;
  const views = noGrad(() => sizes.map((size) => x.narrow(dim, (start += size) - size, size)));
  share(x, views, dim);
  return views;
}

/** The same for reading only: the pieces do not follow what is written into x. */
export function piecesOf(x: Tensor, sizes: readonly number[], dim: number): Tensor[] {
  let start = 0;
  const plain = x.detach(), pieces = sizes.map((size) => plain.narrow(dim, (start += size) - size, size).detach());
  share(x, pieces, dim);
  return pieces;
}
