/** Attention as one operation of the graph: weights are made block by block in cache, and made again for the gradient. */
import { isFloating, type DTypeCode } from '../core/dtype.ts';
import { DIMS, INTS, OPERAND, OPERAND_SIZE, STRIDES, frame } from '../core/frame.ts';
import { contiguousLayout, sameShape, type Layout, type Shape } from '../core/layout.ts';
import { formatLayout, preserveFormat } from '../core/memory-format.ts';
import { absent, header, operand } from '../core/plan.ts';
import { active } from '../backend/select.ts';
import type { TensorCore } from './core.ts';
import { full } from './create.ts';
import { rawCast, spent } from './dispatch.ts';
import { gradEnabled } from './grad-mode.ts';
import { record, recording, wantsGrad, type Node } from './graph.ts';
import { copyInto, emptyLike, parameters } from './kernels.ts';
import { computeType } from './promotion.ts';
import type { Tensor } from './tensor.ts';

export interface AttentionOptions {
  readonly scale: number;
  /** A query sees the keys up to its own position. */
  readonly causal: boolean;
  /** Added to the scores, broadcast over them. */
  readonly bias: Tensor | null;
}

/** -infinity where a key lies after the query. */
const causalBias = (queries: number, keys: number, like: Tensor): Tensor => full([queries, keys], -Infinity, { dtype: like.dtype }).triu(1);

/** The definition: `softmax(scale q k^T + bias)`. */
export function attentionWeights(q: Tensor, k: Tensor, { scale, causal, bias }: AttentionOptions): Tensor {
  let scores = q.mul(scale).matmul(k.mT);
  if (bias !== null) scores = scores.add(bias);
  if (causal) scores = scores.add(causalBias(q.shape[q.ndim - 2], k.shape[k.ndim - 2], q));
  return scores.softmax(-1);
}

/** Whether the kernel can: floating dtypes with elements, at most two batch dims, a bias that is a constant. */
export const hasAttentionKernel = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor | null, batch: Shape): boolean =>
  isFloating(q.dtypeCode) && batch.length <= 2 && q.numel() > 0 && k.numel() > 0 && v.numel() > 0 && !batch.includes(0)
  && (bias === null || !recording(bias))
  && (k.shape[k.ndim - 2] === 1 || k.layout.strides[k.ndim - 2] !== 0);

// The dims of the kernel: [B, H, L, S, E, F].
const QUERY = [0, 1, 2, 4], KEY = [0, 1, 3, 4], VALUE = [0, 1, 3, 5], RESULT = [0, 1, 2, 5], BIAS = [0, 1, 2, 3];

/** An operand and the dims along which it moves; it has up to four, the first ones may be missing. */
type Moved = readonly [x: TensorCore | null, dims: readonly number[]];

function describe(sizes: Shape, { scale, causal }: AttentionOptions, operands: readonly Moved[]): void {
  header(0, 6, operands.length);
  for (let d = 0; d < 6; d++) frame[DIMS + d] = sizes[d];
  frame[INTS] = causal ? 1 : 0;
  parameters(scale);
  operands.forEach(([x, dims], k) => {
    if (x === null) return absent(k);
    const { shape, strides, offset } = x.layout, at = OPERAND + k * OPERAND_SIZE + STRIDES, missing = dims.length - shape.length;
    operand(k, x.storage, offset, x.dtypeCode);
    for (let d = 0; d < 6; d++) frame[at + d] = 0;
    shape.forEach((size, i) => (frame[at + dims[i + missing]] = size === 1 ? 0 : strides[i]));
  });
}

function sizesOf(q: Tensor, k: Tensor, v: Tensor, batch: Shape): number[] {
  const [b, h] = [1, 1, ...batch].slice(-2);
  return [b, h, q.shape[q.ndim - 2], k.shape[k.ndim - 2], q.shape[q.ndim - 1], v.shape[v.ndim - 1]];
}

/** Memory in the order of `like`'s, so that heads which lie side by side do so again. */
function layoutAs(like: Tensor, shape: Shape): Layout {
  return sameShape(like.shape, shape) ? formatLayout('attention', shape, preserveFormat, like.layout) : contiguousLayout(shape);
}

/** A kernel's result in `dtype`, in the same order in memory. */
function inLayout(raw: Tensor, dtype: DTypeCode): Tensor {
  if (raw.dtypeCode === dtype) return raw;
  const out = emptyLike(raw, raw.layout, dtype);
  copyInto(out, raw);
  spent(raw, out);
  return out;
}

interface Context {
  readonly options: AttentionOptions;
  readonly batch: Shape;
}

/**
 * `softmax(scale q k^T + bias) v` for q [..., L, E], k [..., S, E], v [..., S, F], whose batch dims broadcast to `batch`, where
 * {@link hasAttentionKernel}. The bias has the dtype that is computed in.
 */
export function fusedAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, batch: Shape): Tensor {
  const compute = computeType(q.dtypeCode), { bias } = options;
  const raw = emptyLike(q, layoutAs(q, [...batch, q.shape[q.ndim - 2], v.shape[v.ndim - 1]]), compute);
  const wide = [q, k, v].map((x) => rawCast(x, compute)), [a, b, c] = wide;
  describe(sizesOf(q, k, v, batch), options, [[raw, RESULT], [a, QUERY], [b, KEY], [c, VALUE], [bias, BIAS]]);
  active.attention(raw.storage, a.storage, b.storage, c.storage, bias === null ? null : bias.storage);
  [q, k, v].forEach((x, i) => spent(wide[i], x));
  const out = inLayout(raw, q.dtypeCode);
  if (recording(q, k, v)) {
    record('scaledDotProductAttention', out, [q, k, v].map((x) => (wantsGrad(x) ? x : null)), backward, [q, k, v, bias], { options, batch } satisfies Context);
  }
  return out;
}

function backward(g: Tensor, node: Node): (Tensor | null)[] {
  const { options, batch } = node.context as Context;
  const [q, k, v] = [node.saved(0), node.saved(1), node.saved(2)], bias = node.saved<Tensor | null>(3);
  const compute = computeType(q.dtypeCode);
  if (gradEnabled) return composed(g, q, k, v, { ...options, bias });
  const fresh = (x: Tensor): Tensor => emptyLike(x, layoutAs(x, [...batch, x.shape[x.ndim - 2], x.shape[x.ndim - 1]]), compute);
  const dq = fresh(q), dk = fresh(k), dv = fresh(v), wide = [g, q, k, v].map((x) => rawCast(x, compute)), [d, a, b, c] = wide;
  describe(sizesOf(q, k, v, batch), options, [[dq, QUERY], [dk, KEY], [dv, VALUE], [d, RESULT], [a, QUERY], [b, KEY], [c, VALUE], [bias, BIAS]]);
  active.attentionGrad(dq.storage, dk.storage, dv.storage, d.storage, a.storage, b.storage, c.storage, bias === null ? null : bias.storage);
  [g, q, k, v].forEach((x, i) => spent(wide[i], x));
  return [dq, dk, dv].map((x) => inLayout(x, q.dtypeCode));
}

/** The same gradients from tensor operations. */
function composed(...[g, q, k, v, options]: Parameters<typeof composedIn>): Tensor[] {
  const [wide, ...inputs] = [g, q, k, v].map((x) => x.castTo(computeType(q.dtypeCode))) as [Tensor, Tensor, Tensor, Tensor];
  return composedIn(wide, ...inputs, options).map((x) => x.castTo(q.dtypeCode));
}

function composedIn(g: Tensor, q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor[] {
  const weights = attentionWeights(q, k, options), of = g.matmul(v.mT);
  const scores = weights.mul(of.sub(of.mul(weights).sum(-1, true))).mul(options.scale);
  return [scores.matmul(k), scores.mT.matmul(q), weights.mT.matmul(g)];
}
