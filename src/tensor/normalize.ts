/**
 * The one operation behind batch, layer, group, instance and RMS norm: elements are seen as [N, G, K, S], and every
 * group g (of every n, or over all n) is shifted by its mean, divided by its deviation, and scaled by a weight.
 */
import { BF16, type DTypeCode } from '../core/dtype.ts';
import { contiguousLayout, numelOf } from '../core/layout.ts';
import { rawResult, spent } from './dispatch.ts';
import { gradEnabled, noGrad } from './grad-mode.ts';
import { record, recording, wantsGrad, type Node } from './graph.ts';
import { emptyShape } from './kernels.ts';
import { normGradInto, normInto } from './kernels-norm.ts';
import { computeType } from './promotion.ts';
import type { TensorCore } from './core.ts';
import type { Tensor } from './tensor.ts';

export interface Normalization {
  /** The sizes [N, G, K, S] of the contiguous input. */
  readonly shape: readonly [number, number, number, number];
  /** Statistics per (n, g); otherwise per g over all n. */
  readonly perSample: boolean;
  /** The weight's index: the position in S, or g * K + k. */
  readonly weights: 'element' | 'channel';
  readonly eps: number;
  /** False leaves the mean (RMS norm): the variance is then the mean square. */
  readonly centered: boolean;
  /** Mean and inverse deviation are rounded to x's dtype before they are used, as PyTorch keeps them beside 16-bit parameters. */
  readonly rounded?: boolean;
}

/** Mean (null where none is taken) and biased variance per group. */
export interface Statistics {
  readonly mean: Tensor | null;
  readonly variance: Tensor;
}

export interface Normalized extends Statistics {
  readonly out: Tensor;
}

const weightShape = ({ shape: [, g, k, s], weights }: Normalization): number[] => (weights === 'element' ? [1, 1, 1, s] : [1, g, k, 1]);
const statisticsShape = ({ shape: [n, g], perSample }: Normalization): number[] => [perSample ? n : 1, g, 1, 1];
const reducedDims = ({ perSample }: Normalization): number[] => (perSample ? [2, 3] : [0, 2, 3]);

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias`, by the groups' own statistics or by given ones (then constants, as
 * in evaluation). Weight and bias have as many elements as the index they go by. The result has x's dtype and shape.
 */
export function normalize(x: Tensor, weight: Tensor | null, bias: Tensor | null, how: Normalization, given: Statistics | null = null): Normalized {
  const { out, mean, variance } = noGrad(() => forward(x, weight, bias, how, given));
  if (recording(x, weight, bias)) {
    record('normalize', out, [x, weight, bias].map((t) => (t !== null && wantsGrad(t) ? t : null)), backward, [x, weight, bias, mean, variance], { how, fixed: given !== null } satisfies Context);
  }
  return { out, mean, variance };
}

interface Context {
  readonly how: Normalization;
  readonly fixed: boolean;
}

/** Kernels take some elements; 16-bit statistics go by tensor operations. */
const hasKernel = (how: Normalization): boolean => !(how.rounded && how.centered) && numelOf(how.shape) > 0;

const plain = (x: Tensor, compute: DTypeCode): Tensor => x.castTo(compute).contiguous();
const maybePlain = (x: Tensor | null | undefined, compute: DTypeCode): Tensor | null => (x ? plain(x, compute) : null);

/** Gives copies back: `pairs` of what a kernel took and what that was made of. */
function spentAll(pairs: readonly (readonly [Tensor | null, Tensor | null])[]): void {
  for (const [copy, of] of pairs) if (copy !== null && of !== null) spent(copy, of);
}

function forward(x: Tensor, weight: Tensor | null, bias: Tensor | null, how: Normalization, given: Statistics | null): Normalized {
  if (!hasKernel(how)) return composed(x, weight, bias, how, given);
  const compute = computeType(x.dtypeCode), shape = statisticsShape(how);
  const out = emptyShape(x, x.shape, compute);
  const mean = how.centered ? maybePlain(given?.mean, compute) ?? emptyShape(x, shape, compute) : null;
  const variance = given === null ? emptyShape(x, shape, compute) : plain(given.variance, compute);
  const input = plain(x, compute), w = maybePlain(weight, compute), b = maybePlain(bias, compute);
  normInto(how, given !== null, out, input, mean, variance, w, b);
  spentAll([[input, x], [w, weight], [b, bias]]);
  return { out: rawResult(out, x.dtypeCode), mean, variance };
}

function composed(x: Tensor, weight: Tensor | null, bias: Tensor | null, how: Normalization, given: Statistics | null): Normalized {
  const compute = computeType(x.dtypeCode);
  const input = x.castTo(compute).reshape([...how.shape]);
  const dims = reducedDims(how);
  const mean = !how.centered ? null : given?.mean?.castTo(compute).reshape(statisticsShape(how)) ?? input.mean(dims, true);
  const centered = mean === null ? input : input.sub(mean);
  const variance = given?.variance.castTo(compute).reshape(statisticsShape(how)) ?? centered.square().mean(dims, true);
  const out = how.rounded && mean !== null ? roundedStatistics(input, mean, variance, x.dtypeCode, how) : centered.mul(variance.add(how.eps).rsqrt());
  return { out: affine(out, weight, bias, how).reshape([...x.shape]).castTo(x.dtypeCode), mean, variance };
}

/** With mean and inverse deviation rounded to 16 bits; in bfloat16 the sum of squares and the variance, too. */
function roundedStatistics(input: Tensor, mean: Tensor, variance: Tensor, dtype: DTypeCode, { shape: [n, , k, s], perSample, eps }: Normalization): Tensor {
  const keep = (t: Tensor): Tensor => t.castTo(dtype).castTo(input.dtypeCode);
  const count = (perSample ? 1 : n) * k * s;
  const spread = dtype === BF16 ? keep(keep(variance.mul(count)).div(count)) : variance;
  return input.sub(keep(mean)).mul(keep(spread.add(eps).rsqrt()));
}

function affine(x: Tensor, weight: Tensor | null, bias: Tensor | null, how: Normalization): Tensor {
  const flat = weightShape(how);
  const scaled = weight === null ? x : x.mul(weight.castTo(x.dtypeCode).reshape(flat));
  return bias === null ? scaled : scaled.add(bias.castTo(x.dtypeCode).reshape(flat));
}

function backward(g: Tensor, node: Node): (Tensor | null)[] {
  const { how, fixed } = node.context as Context;
  const [x, weight, bias, mean, variance] = [0, 1, 2, 3, 4].map((k) => node.saved<Tensor | null>(k)) as [Tensor, Tensor | null, Tensor | null, Tensor | null, Tensor];
  if (gradEnabled || !hasKernel(how)) return composedBackward(g, node);
  const compute = computeType(x.dtypeCode);
  const of = (k: number, like: Tensor | null): Tensor | null => (like !== null && node.needs(k) ? emptyShape(like, like.shape, compute) : null);
  const dx = of(0, x), dw = of(1, weight), db = of(2, bias);
  const gradient = plain(g, compute), input = plain(x, compute), w = maybePlain(weight, compute);
  normGradInto(how, fixed, dx, dw, db, gradient, input, mean, variance, w);
  spentAll([[gradient, g], [input, x], [w, weight]]);
  const as = (raw: Tensor | null, like: Tensor | null): Tensor | null => (raw === null ? null : rawResult(raw, (like as Tensor).dtypeCode));
  return [as(dx, x), as(dw, weight), as(db, bias)];
}

/** The same from tensor operations, for second derivatives and where there is no kernel. */
function composedBackward(g: Tensor, node: Node): (Tensor | null)[] {
  const { how, fixed } = node.context as Context;
  const x = node.saved(0), weight = node.saved<Tensor | null>(1), bias = node.saved<Tensor | null>(2);
  const compute = computeType(x.dtypeCode);
  const dims = reducedDims(how), flat = weightShape(how);
  const input = x.castTo(compute).reshape([...how.shape]), grad = g.castTo(compute).reshape([...how.shape]);
  let mean = node.saved<Tensor | null>(3), variance = node.saved(4);
  if (mean !== null) mean = mean.reshape(statisticsShape(how));
  variance = variance.reshape(statisticsShape(how));
  // For a second derivative the statistics must be seen as functions of the input.
  if (gradEnabled && !fixed) {
    if (mean !== null) mean = input.mean(dims, true);
    variance = (mean === null ? input : input.sub(mean)).square().mean(dims, true);
  }
  const scale = variance.add(how.eps).rsqrt();
  const normalized = (mean === null ? input : input.sub(mean)).mul(scale);
  const overWeights = flat.flatMap((size, i) => (size === 1 ? [i] : []));
  const ofWeight = (full: Tensor, like: Tensor): Tensor => (overWeights.length === 0 ? full : full.sum(overWeights, true)).reshape([...like.shape]).castTo(like.dtypeCode);
  const toWeight = node.needs(1) ? ofWeight(grad.mul(normalized), weight as Tensor) : null;
  const toBias = node.needs(2) ? ofWeight(grad, bias as Tensor) : null;
  if (!node.needs(0)) return [null, toWeight, toBias];
  let inner = weight === null ? grad : grad.mul(weight.castTo(compute).reshape(flat));
  if (!fixed) {
    const along = normalized.mul(inner.mul(normalized).mean(dims, true));
    inner = (mean === null ? inner : inner.sub(inner.mean(dims, true))).sub(along);
  }
  return [inner.mul(scale).reshape([...x.shape]).castTo(x.dtypeCode), toWeight, toBias];
}

/** The sizes of an input [N, C, ...] in `groups` groups of channels. */
export function channelGroups(x: TensorCore, groups: number): [number, number, number, number] {
  const [n, c] = x.layout.shape;
  const { shape } = contiguousLayout(x.layout.shape.slice(2));
  return [n, groups, c / groups, numelOf(shape)];
}
