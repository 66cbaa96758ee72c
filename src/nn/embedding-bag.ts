/** Bags of embeddings: their sums, means or maxima without the embeddings themselves. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { empty } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sizeArg, type Maybe } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import { paddingArg } from './embedding.ts';
import * as F from './functional.ts';
import { normal_ } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyFloat } from './repr.ts';

const BAG = declared("(numEmbeddings: int, embeddingDim: int, maxNorm: float?, normType: float = 2, scaleGradByFreq: bool = false, mode: 'sum'|'mean'|'max' = 'mean', sparse: bool = false, _weight: Tensor?, includeLastOffset: bool = false, paddingIdx: int?, device: string?, dtype: dtype?)");

const PRETRAINED = declared("(embeddings: Tensor, freeze: bool = true, maxNorm: float?, normType: float = 2, scaleGradByFreq: bool = false, mode: 'sum'|'mean'|'max' = 'mean', sparse: bool = false, includeLastOffset: bool = false, paddingIdx: int?)");

/** One row per bag of indices: `input` [bags, n], or a vector cut at `offsets`. */
export class EmbeddingBag extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly paddingIdx: number | null;
  readonly mode: 'sum' | 'mean' | 'max';
  readonly includeLastOffset: boolean;
  weight: Parameter;

  constructor(...args: ArgsOf<typeof BAG>) {
    super();
    const name = 'EmbeddingBag';
    const [numEmbeddings, embeddingDim, maxNorm, normType, scaleGradByFreq, mode, sparse, weight, includeLastOffset, paddingIdx, , dtype] = BAG(name, args);
    if (sparse) throw new ArgumentError(name, 'sparse', 'gradients are not supported: gradients are dense');
    this.numEmbeddings = sizeArg(name, 'numEmbeddings', numEmbeddings);
    this.embeddingDim = sizeArg(name, 'embeddingDim', embeddingDim);
    this.maxNorm = maxNorm ?? null;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.paddingIdx = paddingArg(name, paddingIdx, numEmbeddings);
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
    if (weight === undefined) {
      this.weight = new Parameter(empty([numEmbeddings, embeddingDim], made(dtype)));
      this.resetParameters();
    } else {
      if (weight.shape.join() !== `${numEmbeddings},${embeddingDim}`) throw new ShapeError(name, `_weight must have shape [${numEmbeddings}, ${embeddingDim}], got [${weight.shape.join(', ')}]`);
      this.weight = new Parameter(weight);
    }
  }

  /** The table `embeddings` `[N, D]` as a layer, which does not learn unless `freeze` is false. PyTorch's `EmbeddingBag.from_pretrained`. */
  static fromPretrained(...args: ArgsOf<typeof PRETRAINED>): EmbeddingBag {
    const name = 'EmbeddingBag.fromPretrained', [embeddings, freeze, ...rest] = PRETRAINED(name, args);
    if (embeddings.ndim !== 2) throw new ShapeError(name, `embeddings must have 2 dimensions, got shape [${embeddings.shape.join(', ')}]`);
    const [numEmbeddings, embeddingDim] = embeddings.shape, [maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx] = rest;
    const layer = new EmbeddingBag({ numEmbeddings, embeddingDim, maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx, _weight: embeddings });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  resetParameters(): void {
    normal_(this.weight);
    const padding = this.paddingIdx;
    if (padding !== null) noGrad(() => this.weight.select(0, padding).fill_(0));
  }

  forward(input: Tensor, offsets?: Maybe<Tensor>, perSampleWeights?: Maybe<Tensor>): Tensor {
    const { weight, maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx } = this;
    return F.embeddingBag(input, weight, offsets, maxNorm, normType, scaleGradByFreq, mode, false, perSampleWeights, includeLastOffset, paddingIdx);
  }

  override extraRepr(): string {
    let text = `${this.numEmbeddings}, ${this.embeddingDim}`;
    if (this.maxNorm !== null) text += `, max_norm=${pyFloat(this.maxNorm)}`;
    if (this.normType !== 2) text += `, norm_type=${pyFloat(this.normType)}`;
    if (this.scaleGradByFreq) text += ', scale_grad_by_freq=True';
    text += `, mode='${this.mode}'`;
    return this.paddingIdx === null ? text : `${text}, padding_idx=${this.paddingIdx}`;
  }
}
