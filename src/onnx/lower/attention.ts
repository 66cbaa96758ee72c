/** Scaled dot products, as PyTorch defines them: a query that sees no key gives 0. */
import type { DType } from '../../core/dtype.ts';
import type { Arguments } from '../arguments.ts';
import type { Graph, Name } from '../graph.ts';
import type { Node } from '../program.ts';
import { productOf, type Size } from '../sizes.ts';
import { rule, type Rules } from './rule.ts';

/** The scores with what the mask adds to them, and the queries that see nothing, `[..., L, 1]`. */
function masked(a: Arguments, g: Graph, scores: Name, mask: Node, dtype: DType): { readonly scores: Name; readonly blind: Name } {
  const last = g.ints([-1]), never = g.constant(-Infinity, dtype);
  const rows = (name: Name, type: string): Name => g.cast(g.add(type, [g.cast(name, 'bool', 'int32'), last], { keepdims: 1 }), 'int32', 'bool');
  if (mask.dtype === 'bool') {
    const blind = g.add('Not', [rows(a.of(mask), 'ReduceMax')]);
    return { scores: g.add('Where', [g.add('Or', [a.of(mask), blind]), scores, never]), blind };
  }
  const added = a.of(mask, dtype), blind = rows(g.add('Equal', [added, never]), 'ReduceMin');
  return { scores: g.add('Add', [scores, g.add('Where', [blind, g.constant(0, dtype), added])]), blind };
}

/** Heads of keys and values repeated to the number of the queries' heads. */
function repeated(a: Arguments, g: Graph, node: Node, heads: Size): Name {
  const axis = node.shape.length - 3, own = node.shape[axis];
  if (own === heads) return a.of(node);
  if (typeof own !== 'number' || typeof heads !== 'number') return g.fail('is exported with enableGqa only for numbers of heads that are not dynamic');
  const lead = node.shape.slice(0, axis), rest = node.shape.slice(axis + 1);
  const spread = g.add('Expand', [g.add('Unsqueeze', [a.of(node), g.ints([axis + 1])]), g.sizes([...lead, own, heads / own, ...rest])]);
  return g.reshape(spread, null, [...lead, productOf([own, heads / own]), ...rest]);
}

function attention(a: Arguments, g: Graph): Name {
  const query = a.node('query'), key = a.node('key'), value = a.node('value'), { dtype } = query, { shape } = query, rank = key.shape.length;
  const features = shape[shape.length - 1], mask = a.raw('attnMask'), dropped = a.number('dropoutP', 0);
  if (typeof features !== 'number') return g.fail('is exported only with a number of features that is not dynamic');
  const [k, v] = [key, value].map((node) => (a.bool('enableGqa') ? repeated(a, g, node, shape[shape.length - 3] ?? 1) : a.of(node)));
  const order = key.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const scaled = g.add('Mul', [a.of(query), g.constant(a.number('scale', 1 / Math.sqrt(features)), dtype)]);
  let scores = g.add('MatMul', [scaled, g.add('Transpose', [k], { perm: order })]), blind: Name | null = null;
  if (mask !== undefined) ({ scores, blind } = masked(a, g, scores, a.node('attnMask'), dtype));
  if (a.bool('isCausal')) {
    const later = g.add('Trilu', [g.add('Expand', [g.constant(-Infinity, 'float32'), g.sizes([shape[shape.length - 2], key.shape[rank - 2]])]), g.constant(1, 'int64')], { upper: 1 });
    scores = g.add('Add', [scores, g.cast(later, 'float32', dtype)]);
  }
  const weights = g.add('Softmax', [scores], { axis: -1 });
  const kept = dropped > 0 ? g.add('Dropout', [weights, g.constant(dropped, 'float32'), g.constant(true, 'bool')]) : weights;
  const out = g.add('MatMul', [kept, v]);
  return blind === null ? out : g.add('Where', [blind, g.constant(0, dtype), out]);
}

export const ATTENTION: Rules = {
  scaledDotProductAttention: rule('scaledDotProductAttention(query, key, value, attnMask?, dropoutP?, isCausal?, *, scale?, enableGqa?)', attention),
};
