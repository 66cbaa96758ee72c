/** Attention: scaled dot products, and the projections around them. */
import { dtypeName, isFloating, type DTypeCode } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { broadcastShapes } from '../core/layout.ts';
import { attentionWeights, fusedAttention, hasAttentionKernel, type AttentionOptions } from '../tensor/attention.ts';
import { cat } from '../tensor/composite.ts';
import { zeros } from '../tensor/create.ts';
import { operation } from '../tensor/operation.ts';
import { computeType } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { linear } from './functional-layers.ts';
import { pad } from './functional-pad.ts';
import { dropout } from './functional-random.ts';

const brackets = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** What to add to the scores, and which queries see nothing: their row is left unmasked, and their result is 0. */
interface Bias {
  readonly scores: Tensor;
  readonly blind: Tensor;
}

function biasOf(mask: Tensor, dtype: DTypeCode): Bias {
  if (mask.dtype === 'bool') {
    const blind = mask.any(-1, true).logicalNot();
    return { scores: zeros(mask.shape, { dtype: dtypeName(dtype) }).maskedFill(mask.logicalOr(blind).logicalNot(), -Infinity), blind };
  }
  const blind = mask.detach().eq(-Infinity).all(-1, true);
  return { scores: mask.castTo(dtype).maskedFill(blind, 0), blind };
}

function checkAttention(op: string, query: Tensor, key: Tensor, value: Tensor): void {
  for (const [name, x] of Object.entries({ query, key, value })) {
    if (!isFloating(x.dtypeCode) || x.dtypeCode !== query.dtypeCode) throw new DTypeError(op, x.dtype, `query, key and value must have one floating dtype, got ${x.dtype} for ${name} and ${query.dtype} for query`);
    if (x.ndim < 2) throw new ShapeError(op, `${name} must have at least 2 dimensions, got ${brackets(x.shape)}`);
  }
  if (query.shape.at(-1) !== key.shape.at(-1)) throw new ShapeError(op, `key must have the query's ${query.shape.at(-1)} features, got ${brackets(key.shape)}`);
  if (key.shape.at(-2) !== value.shape.at(-2)) throw new ShapeError(op, `value must have one row per key: ${key.shape.at(-2)}, got ${brackets(value.shape)}`);
}

/** Heads of keys and values repeated to the number of the queries' heads. */
function repeatHeads(op: string, name: string, x: Tensor, query: Tensor): Tensor {
  const heads = query.shape.at(-3) ?? 1, own = x.shape.at(-3) ?? 1;
  if (query.ndim < 3 || x.ndim < 3 || own === 0 || heads % own !== 0) throw new ShapeError(op, `the number of heads of the query ${brackets(query.shape)} must be a multiple of that of ${name} ${brackets(x.shape)}`);
  return heads === own ? x : x.repeatInterleave(heads / own, -3);
}

function composedAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, dropoutP: number): Tensor {
  const weights = attentionWeights(q, k, options);
  return (dropoutP > 0 ? dropout(weights, dropoutP) : weights).matmul(v);
}

/**
 * `softmax(query key^T * scale + mask) value`: query [..., L, E], key [..., S, E], value [..., S, Ev], batch dims broadcast.
 * A bool mask is true where a key may be seen, a floating one is added to the scores; a query that sees nothing gives 0.
 * `scale` is 1 / sqrt(E) by default; `enableGqa` shares heads of key and value. PyTorch's `F.scaled_dot_product_attention`.
 */
export const scaledDotProductAttention = operation(
  'scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, attnMask: Tensor?, dropoutP: float = 0, isCausal: bool = false, *, scale: float?, enableGqa: bool = false)',
  (query, key, value, attnMask, dropoutP, isCausal, scale, enableGqa): Tensor => {
    const op = 'scaledDotProductAttention';
    checkAttention(op, query, key, value);
    if (!(dropoutP >= 0 && dropoutP <= 1)) throw new ArgumentError(op, 'dropoutP', `must be between 0 and 1, got ${dropoutP}`);
    if (attnMask && isCausal) throw new ArgumentError(op, 'attnMask', 'must not be given together with isCausal');
    if (attnMask && attnMask.dtype !== 'bool' && !isFloating(attnMask.dtypeCode)) throw new DTypeError(op, attnMask.dtype, `attnMask must be bool or floating point, got ${attnMask.dtype}`);
    const [k, v] = ([['key', key], ['value', value]] as const).map(([name, x]) => (enableGqa ? repeatHeads(op, name, x, query) : x)), q = query;
    const queries = q.shape[q.ndim - 2], keys = k.shape[k.ndim - 2];
    const batch = broadcastShapes(op, broadcastShapes(op, q.layout.shape.slice(0, -2), k.layout.shape.slice(0, -2)), v.layout.shape.slice(0, -2));
    if (attnMask && broadcastShapes(op, attnMask.shape, [...batch, queries, keys]).join() !== [...batch, queries, keys].join()) throw new ShapeError(op, `attnMask ${brackets(attnMask.shape)} does not broadcast to the scores ${brackets([...batch, queries, keys])}`);
    const compute = computeType(query.dtypeCode), bias = attnMask ? biasOf(attnMask, compute) : null;
    const options = { scale: scale ?? 1 / Math.sqrt(q.shape[q.ndim - 1]), causal: isCausal, bias: bias === null ? null : bias.scores };
    const out = dropoutP === 0 && hasAttentionKernel(q, k, v, options.bias, batch) ? fusedAttention(q, k, v, options, batch) : composedAttention(q.castTo(compute), k.castTo(compute), v.castTo(compute), options, dropoutP);
    return (bias ? out.maskedFill(bias.blind, 0) : out).castTo(query.dtypeCode);
  });

/** A bool mask (true: not to be seen) as one to add; a floating one as it is. */
function additive(op: string, name: string, mask: Tensor, like: Tensor): Tensor {
  if (mask.dtype === 'bool') return zeros(mask.shape, { dtype: like.dtype }).maskedFill(mask, -Infinity);
  if (!isFloating(mask.dtypeCode)) throw new DTypeError(op, mask.dtype, `${name} must be bool or floating point, got ${mask.dtype}`);
  return mask;
}

/** Queries, keys and values of all heads by one packed weight [3 E, E]; as few products as there are distinct inputs. */
function projectPacked(query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor[] {
  const size = query.shape[query.ndim - 1];
  const cut = (x: Tensor | undefined, from: number, count: number): Tensor | undefined => x?.narrow(0, from * size, count * size);
  if (key !== value) return [query, key, value].map((x, i) => linear(x, weight.narrow(0, i * size, size), cut(bias, i, 1)));
  if (query === key) return linear(query, weight, bias).chunk(3, -1);
  return [linear(query, weight.narrow(0, 0, size), cut(bias, 0, 1)), ...linear(key, weight.narrow(0, size, 2 * size), cut(bias, 1, 2)).chunk(2, -1)];
}

/** [length, batch, embed] as [batch * heads, length, head]. */
const intoHeads = (x: Tensor, rows: number, head: number): Tensor => x.reshape([x.shape[0], rows, head]).transpose(0, 1);

const INPUTS = 'query: Tensor, key: Tensor, value: Tensor, embedDimToCheck: int, numHeads: int, inProjWeight: Tensor?, inProjBias: Tensor?, biasK: Tensor?, biasV: Tensor?, addZeroAttn: bool, dropoutP: float';
const OPTIONS = 'outProjWeight: Tensor, outProjBias: Tensor?, training: bool = true, keyPaddingMask: Tensor?, needWeights: bool = true, attnMask: Tensor?, useSeparateProjWeight: bool = false';
const LATE = 'qProjWeight: Tensor?, kProjWeight: Tensor?, vProjWeight: Tensor?, staticK: Tensor?, staticV: Tensor?, averageAttnWeights: bool = true, isCausal: bool = false';

/**
 * Attention with several heads over projections of its inputs: query [L, N, E] or [L, E], key and value [S, N, ...] or
 * [S, ...]. Returns the output and, with `needWeights`, the weights (averaged over the heads with `averageAttnWeights`),
 * otherwise null. In masks, true means not to be seen. PyTorch's `F.multi_head_attention_forward`.
 */
export const multiHeadAttentionForward = operation(`multiHeadAttentionForward(${INPUTS}, ${OPTIONS}, ${LATE})`, (query_, key_, value_, embedDimToCheck, numHeads, inProjWeight, inProjBias, biasK, biasV, addZeroAttn,
  dropoutP, outProjWeight, outProjBias, training, keyPaddingMask_, needWeights, attnMask_, useSeparateProjWeight, qProjWeight, kProjWeight, vProjWeight,
  staticK, staticV, averageAttnWeights, isCausal_): [output: Tensor, weights: Tensor | null] => {
  const op = 'multiHeadAttentionForward';
  const batched = checkRanks(op, query_, key_, value_, keyPaddingMask_, attnMask_, numHeads);
  const lift = (x: Tensor): Tensor => (batched ? x : x.unsqueeze(1));
  const query = lift(query_), key = key_ === query_ ? query : lift(key_), value = value_ === key_ ? key : lift(value_);
  const [queries, samples, size] = query.shape, rows = samples * numHeads, head = size / numHeads;
  if (size !== embedDimToCheck) throw new ShapeError(op, `query must have ${embedDimToCheck} features, got ${brackets(query_.shape)}`);
  if (!Number.isInteger(head)) throw new ArgumentError(op, 'numHeads', `must divide the ${size} features, got ${numHeads}`);
  if (isCausal_ && attnMask_ === undefined) throw new ArgumentError(op, 'attnMask', 'must be given with isCausal, which is only a hint about it');
  if (useSeparateProjWeight ? key.layout.shape.slice(0, 2).join() !== value.layout.shape.slice(0, 2).join() : key.shape.join() !== value.shape.join()) {
    throw new ShapeError(op, `key ${brackets(key_.shape)} and value ${brackets(value_.shape)} do not fit each other`);
  }
  const causal = isCausal_ && keyPaddingMask_ === undefined && !needWeights;
  let padding = keyPaddingMask_ === undefined ? undefined : additive(op, 'keyPaddingMask', batched ? keyPaddingMask_ : keyPaddingMask_.unsqueeze(0), query);
  let mask = causal || attnMask_ === undefined ? undefined : additive(op, 'attnMask', attnMask_, query);
  if (mask !== undefined) {
    const expected = mask.ndim === 2 ? [queries, key.shape[0]] : [rows, queries, key.shape[0]];
    if (mask.shape.join() !== expected.join()) throw new ShapeError(op, `attnMask must have shape ${brackets(expected)}, got ${brackets(mask.shape)}`);
    if (mask.ndim === 2) mask = mask.unsqueeze(0);
  }

  const given = (name: string, weight: Tensor | undefined): Tensor => {
    if (weight === undefined) throw new ArgumentError(op, name, `must be given with useSeparateProjWeight ${useSeparateProjWeight}`);
    return weight;
  };
  let [q, k, v] = useSeparateProjWeight
    ? [[query, given('qProjWeight', qProjWeight)], [key, given('kProjWeight', kProjWeight)], [value, given('vProjWeight', vProjWeight)]].map(([x, weight], i) => linear(x, weight, inProjBias?.narrow(0, i * size, size)))
    : projectPacked(query, key, value, given('inProjWeight', inProjWeight), inProjBias);
  const oneMore = (x: Tensor | undefined): Tensor | undefined => (x === undefined ? undefined : pad(x, [0, 1]));
  if ((biasK === undefined) !== (biasV === undefined)) throw new ArgumentError(op, biasK === undefined ? 'biasK' : 'biasV', 'must be given together with the other');
  if (biasK !== undefined && biasV !== undefined) {
    if (staticK || staticV) throw new ArgumentError(op, 'biasK', 'cannot be added to a static key or value');
    k = cat([k, biasK.expand([1, samples, size])]);
    v = cat([v, biasV.expand([1, samples, size])]);
    mask = oneMore(mask);
    padding = oneMore(padding);
  }
  q = intoHeads(q, rows, head);
  k = staticK === undefined ? intoHeads(k, rows, head) : checkStatic(op, 'staticK', staticK, rows, head);
  v = staticV === undefined ? intoHeads(v, rows, head) : checkStatic(op, 'staticV', staticV, rows, head);
  if (addZeroAttn) {
    const nothing = zeros([rows, 1, head], { dtype: k.dtype });
    k = cat([k, nothing], 1);
    v = cat([v, nothing], 1);
    mask = oneMore(mask);
    padding = oneMore(padding);
  }
  const keys = k.shape[1];
  if (padding !== undefined) {
    if (padding.shape.join() !== `${samples},${keys}`) throw new ShapeError(op, `keyPaddingMask must have shape ${brackets([samples, key.shape[0]])}, got ${brackets((keyPaddingMask_ as Tensor).shape)}`);
    const perHead = padding.reshape([samples, 1, 1, keys]).expand([samples, numHeads, 1, keys]).reshape([rows, 1, keys]);
    mask = mask === undefined ? perHead : mask.add(perHead);
  }
  const probability = training ? dropoutP : 0;
  const output = (heads: Tensor): Tensor => {
    const joined = linear(heads.transpose(0, 1).reshape([queries * samples, size]), outProjWeight, outProjBias).reshape([queries, samples, -1]);
    return batched ? joined : joined.squeeze(1);
  };
  if (!needWeights) {
    // A mask per sample and head, or one for all; without either only `causal` may be left.
    const perHead = mask === undefined || mask.shape[0] === 1 ? mask : mask.reshape([samples, numHeads, -1, keys]);
    const [qh, kh, vh] = [q, k, v].map((x) => x.reshape([samples, numHeads, -1, head]));
    return [output(scaledDotProductAttention(qh, kh, vh, perHead, probability, causal).reshape([rows, queries, head])), null];
  }
  let scores = q.mul(Math.sqrt(1 / head)).matmul(k.mT);
  if (mask !== undefined) scores = scores.add(mask);
  let weights = scores.softmax(-1);
  if (probability > 0) weights = dropout(weights, probability);
  const result = output(weights.matmul(v));
  weights = weights.reshape([samples, numHeads, queries, keys]);
  if (averageAttnWeights) weights = weights.mean(1);
  return [result, batched ? weights : weights.squeeze(0)];
});

function checkStatic(op: string, name: string, x: Tensor, rows: number, head: number): Tensor {
  if (x.ndim !== 3 || x.shape[0] !== rows || x.shape[2] !== head) throw new ShapeError(op, `${name} must have shape [${rows}, S, ${head}], got ${brackets(x.shape)}`);
  return x;
}

/** Whether the inputs have a batch dimension; all must agree. */
function checkRanks(op: string, query: Tensor, key: Tensor, value: Tensor, padding: Tensor | undefined, mask: Tensor | undefined, numHeads: number): boolean {
  const { ndim } = query;
  if (ndim !== 2 && ndim !== 3) throw new ShapeError(op, `query must have 2 (no batch) or 3 dimensions, got ${brackets(query.shape)}`);
  for (const [name, x] of Object.entries({ key, value })) if (x.ndim !== ndim) throw new ShapeError(op, `${name} must have ${ndim} dimensions as the query, got ${brackets(x.shape)}`);
  if (padding !== undefined && padding.ndim !== ndim - 1) throw new ShapeError(op, `keyPaddingMask must have ${ndim - 1} dimensions, got ${brackets(padding.shape)}`);
  if (mask !== undefined && mask.ndim !== 2 && mask.ndim !== 3) throw new ShapeError(op, `attnMask must have 2 or 3 dimensions, got ${brackets(mask.shape)}`);
  if (numHeads < 1) throw new ArgumentError(op, 'numHeads', `must be at least 1, got ${numHeads}`);
  return ndim === 3;
}
