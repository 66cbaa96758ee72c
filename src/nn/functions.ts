/**
 * What PyTorch has of `nn.functional` directly in `torch`: the same functions, or with an order of parameters of their own.
 * A loss takes its reduction by name or by PyTorch's code (0, 1, 2) and, as there, does not reduce unless told to.
 */
import { ArgumentError } from '../core/errors.ts';
import { installMethods, operation, type Operation } from '../tensor/operation.ts';
import { Tensor } from '../tensor/tensor.ts';
import { REDUCTIONS, type Reduction } from './args.ts';
import { hardshrink, prelu } from './functional-activation.ts';
import { ctcLoss as functionalCtcLoss } from './functional-ctc.ts';
import { embedding as functionalEmbedding, embeddingBag as functionalEmbeddingBag } from './functional-embedding.ts';
import * as losses from './functional-loss.ts';
import * as margins from './functional-loss-margin.ts';
import * as random from './functional-random.ts';

export { celu, hardshrink, prelu, selu, threshold } from './functional-activation.ts';
export { cosineSimilarity, pairwiseDistance } from './functional-distance.ts';
export { celu_, rrelu_, selu_, threshold_ } from './functional-inplace.ts';
export { bilinear } from './functional-layers.ts';
export { rrelu } from './functional-random.ts';
export { channelShuffle, nativeChannelShuffle, pixelShuffle, pixelUnshuffle } from './functional-shuffle.ts';

type Dropout<N extends string> = Operation<`${N}(input: Tensor, p: float, train: bool)`, Tensor>;

/** `p` and `train` are not optional here, as in PyTorch. */
function dropoutFunction<const N extends string>(name: N, run: typeof random.dropout, inplace = false): Dropout<N> {
  return operation(`${name}(input: Tensor, p: float, train: bool)`, ((input: Tensor, p: number, train: boolean): Tensor => run(input, p, train, inplace)) as never) as unknown as Dropout<N>;
}

/** As `nn.functional.dropout`. PyTorch's `torch.dropout`. */
export const dropout = dropoutFunction('dropout', random.dropout), dropout_ = dropoutFunction('dropout_', random.dropout, true);
/** As `nn.functional.dropout2d`: channels of `[N, C, ...]`. PyTorch's `torch.feature_dropout`. */
export const featureDropout = dropoutFunction('featureDropout', random.dropout2d), featureDropout_ = dropoutFunction('featureDropout_', random.dropout2d, true);
/** As `nn.functional.alphaDropout`. PyTorch's `torch.alpha_dropout`. */
export const alphaDropout = dropoutFunction('alphaDropout', random.alphaDropout), alphaDropout_ = dropoutFunction('alphaDropout_', random.alphaDropout, true);
/** As `nn.functional.featureAlphaDropout`. PyTorch's `torch.feature_alpha_dropout`. */
export const featureAlphaDropout = dropoutFunction('featureAlphaDropout', random.featureAlphaDropout), featureAlphaDropout_ = dropoutFunction('featureAlphaDropout_', random.featureAlphaDropout, true);

/** As `nn.functional.embedding`, the table first, no padding for a negative `paddingIdx`. PyTorch's `torch.embedding`. */
export const embedding = operation('embedding(weight: Tensor, indices: Tensor, paddingIdx: int = -1, scaleGradByFreq: bool = false, sparse: bool = false)', (weight, indices, paddingIdx, scaleGradByFreq, sparse): Tensor =>
  functionalEmbedding(indices, weight, { paddingIdx: paddingIdx < 0 ? null : paddingIdx, scaleGradByFreq, ...(sparse ? { sparse } : {}) }));

const MODES = ['sum', 'mean', 'max'] as const;

/**
 * As `nn.functional.embeddingBag`, the table first, the mode by name or by PyTorch's code. An array of the result alone: the
 * three tensors that PyTorch adds are for its own derivative. PyTorch's `torch.embedding_bag`.
 */
export const embeddingBag = operation(
  "embeddingBag(weight: Tensor, indices: Tensor, offsets: Tensor, scaleGradByFreq: bool = false, mode: 'sum'|'mean'|'max'|int = 'sum', sparse: bool = false, perSampleWeights: Tensor?, includeLastOffset: bool = false, paddingIdx: int?)",
  (weight, indices, offsets, scaleGradByFreq, mode, sparse, perSampleWeights, includeLastOffset, paddingIdx): readonly Tensor[] => {
    const name = typeof mode === 'number' ? MODES[mode] : mode;
    if (!MODES.includes(name)) throw new ArgumentError('embeddingBag', 'mode', `must be 0 ('sum'), 1 ('mean') or 2 ('max'), got ${mode}`);
    return [functionalEmbeddingBag(indices, weight, offsets, { scaleGradByFreq, mode: name, sparse, perSampleWeights, includeLastOffset, paddingIdx })];
  });

const REDUCTION = "reduction: 'none'|'mean'|'sum'|int = 'none'";
const CODES: readonly Reduction[] = ['none', 'mean', 'sum'];

function named(op: string, reduction: Reduction | number): Reduction {
  const name = typeof reduction === 'number' ? CODES[reduction] : reduction;
  if (!REDUCTIONS.includes(name)) throw new ArgumentError(op, 'reduction', `must be 0 ('none'), 1 ('mean') or 2 ('sum'), got ${reduction}`);
  return name;
}

/** As `nn.functional.klDiv`. PyTorch's `torch.kl_div`. */
export const klDiv = operation(`klDiv(input: Tensor, target: Tensor, ${REDUCTION}, *, logTarget: bool = false)`, (input, target, reduction, logTarget): Tensor =>
  losses.klDiv(input, target, { reduction: named('klDiv', reduction), logTarget }));
/** As `nn.functional.binaryCrossEntropyWithLogits`. PyTorch's `torch.binary_cross_entropy_with_logits`. */
export const binaryCrossEntropyWithLogits = operation(`binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, weight: Tensor?, posWeight: Tensor?, ${REDUCTION})`, (input, target, weight, posWeight, reduction): Tensor =>
  losses.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction: named('binaryCrossEntropyWithLogits', reduction) }));
/** As `nn.functional.cosineEmbeddingLoss`. PyTorch's `torch.cosine_embedding_loss`. */
export const cosineEmbeddingLoss = operation(`cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, ${REDUCTION})`, (input1, input2, target, margin, reduction): Tensor =>
  margins.cosineEmbeddingLoss(input1, input2, target, margin, { reduction: named('cosineEmbeddingLoss', reduction) }));
/** As `nn.functional.hingeEmbeddingLoss`. PyTorch's `torch.hinge_embedding_loss`. */
export const hingeEmbeddingLoss = operation(`hingeEmbeddingLoss(input: Tensor, target: Tensor, margin: float = 1, ${REDUCTION})`, (input, target, margin, reduction): Tensor =>
  margins.hingeEmbeddingLoss(input, target, margin, { reduction: named('hingeEmbeddingLoss', reduction) }));
/** As `nn.functional.marginRankingLoss`. PyTorch's `torch.margin_ranking_loss`. */
export const marginRankingLoss = operation(`marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, ${REDUCTION})`, (input1, input2, target, margin, reduction): Tensor =>
  margins.marginRankingLoss(input1, input2, target, margin, { reduction: named('marginRankingLoss', reduction) }));
/** As `nn.functional.poissonNllLoss`, nothing being optional. PyTorch's `torch.poisson_nll_loss`. */
export const poissonNllLoss = operation("poissonNllLoss(input: Tensor, target: Tensor, logInput: bool, full: bool, eps: float, reduction: 'none'|'mean'|'sum'|int)", (input, target, logInput, full, eps, reduction): Tensor =>
  margins.poissonNllLoss(input, target, logInput, full, { eps, reduction: named('poissonNllLoss', reduction) }));
/** As `nn.functional.tripletMarginLoss`. PyTorch's `torch.triplet_margin_loss`. */
export const tripletMarginLoss = operation(`tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1, p: float = 2, eps: float = 1e-6, swap: bool = false, ${REDUCTION})`,
  (anchor, positive, negative, margin, p, eps, swap, reduction): Tensor => margins.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, { reduction: named('tripletMarginLoss', reduction) }));
/** As `nn.functional.ctcLoss`. PyTorch's `torch.ctc_loss`. */
export const ctcLoss = operation(`ctcLoss(logProbs: Tensor, targets: Tensor, inputLengths: any, targetLengths: any, blank: int = 0, ${REDUCTION}, zeroInfinity: bool = false)`,
  (logProbs, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity): Tensor => functionalCtcLoss(logProbs, targets, inputLengths, targetLengths, blank, named('ctcLoss', reduction), zeroInfinity));

installMethods(Tensor.prototype, { prelu, hardshrink });

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** As `nn.functional.prelu`. */
    prelu(weight: Tensor | { readonly weight: Tensor }): Tensor;
    /** As `nn.functional.hardshrink`. */
    hardshrink(lambd?: number | { readonly lambd?: number }): Tensor;
  }
}
