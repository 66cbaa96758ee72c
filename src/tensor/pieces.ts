/**
 * Splitting for code that reads every piece: the pieces share one node, whose backward joins their gradients once. The
 * views of `split`, which may be written in place, each have a node of their own, and each of those fills a whole gradient.
 */
import { levelsOf, regions } from '../core/batch.ts';
import { cat } from './composite.ts';
import { Node, edgeOf, recording } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** Views along a dim, of the given sizes, for reading only. */
export function piecesOf(x: Tensor, sizes: readonly number[], dim: number): Tensor[] {
  let start = 0;
  const plain = x.detach(), pieces = sizes.map((size) => plain.narrow(dim, (start += size) - size, size).detach());
  if (!recording(x) || pieces.length === 0) return pieces;
  const node = new Node('Split', (grads) => {
    const given = (Array.isArray(grads) ? grads : [grads]) as readonly (Tensor | null)[];
    return cat(given.map((g, i) => g ?? pieces[i].newZeros([...pieces[i].shape])), dim);
  }, [edgeOf(x)], [x.slot], null, pieces[0].layout, x.dtypeCode);
  node.outputs = pieces.length;
  node.outputLayouts = pieces.map((piece) => piece.layout);
  if (regions !== 0) node.outputBatches = pieces.map((piece) => levelsOf(piece.storage));
  pieces.forEach((piece, slot) => {
    piece.node = node;
    piece.slot = slot;
    piece.needsGrad = true;
  });
  return pieces;
}
