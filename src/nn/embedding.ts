/** Embedding: a table of vectors read by index. */
import type { DType } from '../core/dtype.ts';
import { bind, boolArg, intArg, numberArg, signature } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { empty } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { sizeArg, type Args, type Maybe } from './args.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { normal_ } from './init.ts';
import type { FactoryOptions } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyFloat } from './repr.ts';

const EMBEDDING = signature('Embedding(numEmbeddings, embeddingDim, paddingIdx?, maxNorm?, normType?, scaleGradByFreq?, sparse?, _weight?, device?, dtype?)');
const PRETRAINED = declared('(embeddings: Tensor, freeze: bool = true, paddingIdx: int?, maxNorm: float?, normType: float = 2, scaleGradByFreq: bool = false, sparse: bool = false)');
export interface EmbeddingOptions extends FactoryOptions {
  readonly numEmbeddings?: number;
  readonly embeddingDim?: number;
  /** A row that gets no gradient and starts as zeros; negative counts from the end. */
  readonly paddingIdx?: Maybe<number>;
  /** Rows with a larger norm are scaled down, in the table itself, when they are read. */
  readonly maxNorm?: Maybe<number>;
  readonly normType?: Maybe<number>;
  /** Divides the gradient of a row by how often it occurs in the batch. */
  readonly scaleGradByFreq?: Maybe<boolean>;
  readonly sparse?: Maybe<boolean>;
  readonly _weight?: Maybe<Tensor>;
}

/** Rows of `weight` `[numEmbeddings, embeddingDim]` by integer indices of any shape. */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  weight: Parameter;

  constructor(...args: Args<[numEmbeddings: number, embeddingDim: number], [paddingIdx: Maybe<number>, maxNorm: Maybe<number>, normType: Maybe<number>, scaleGradByFreq: Maybe<boolean>], EmbeddingOptions>) {
    super();
    const given = bind(EMBEDDING, args);
    const count = (this.numEmbeddings = sizeArg('Embedding', 'numEmbeddings', given.numEmbeddings));
    this.embeddingDim = sizeArg('Embedding', 'embeddingDim', given.embeddingDim);
    this.paddingIdx = paddingArg('Embedding', given.paddingIdx, count);
    this.maxNorm = given.maxNorm === undefined ? null : numberArg('Embedding', 'maxNorm', given.maxNorm);
    this.normType = numberArg('Embedding', 'normType', given.normType, 2);
    this.scaleGradByFreq = boolArg('Embedding', 'scaleGradByFreq', given.scaleGradByFreq);
    if (boolArg('Embedding', 'sparse', given.sparse)) throw new ArgumentError('Embedding', 'sparse', 'gradients are not supported: gradients are dense');
    if (given._weight instanceof Tensor) {
      this.weight = new Parameter(given._weight);
      if (this.weight.shape.join() !== `${count},${this.embeddingDim}`) throw new ShapeError('Embedding', `_weight must have shape [${count}, ${this.embeddingDim}], got [${this.weight.shape.join(', ')}]`);
    } else {
      this.weight = new Parameter(empty([count, this.embeddingDim], given.dtype === undefined ? {} : { dtype: given.dtype as DType }));
      this.resetParameters();
    }
  }

  /** The table `embeddings` `[N, D]` as a layer, which does not learn unless `freeze` is false. PyTorch's `Embedding.from_pretrained`. */
  static fromPretrained(...args: ArgsOf<typeof PRETRAINED>): Embedding {
    const name = 'Embedding.fromPretrained', [embeddings, freeze, ...rest] = PRETRAINED(name, args);
    if (embeddings.ndim !== 2) throw new ShapeError(name, `embeddings must have 2 dimensions, got shape [${embeddings.shape.join(', ')}]`);
    const [numEmbeddings, embeddingDim] = embeddings.shape, [paddingIdx, maxNorm, normType, scaleGradByFreq, sparse] = rest;
    const layer = new Embedding({ numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse, _weight: embeddings });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  resetParameters(): void {
    normal_(this.weight);
    const padding = this.paddingIdx;
    if (padding !== null) noGrad(() => this.weight.select(0, padding).fill_(0));
  }

  forward(input: Tensor): Tensor {
    return F.embedding(input, this.weight, this.paddingIdx, this.maxNorm, this.normType, this.scaleGradByFreq);
  }

  override extraRepr(): string {
    let text = `${this.numEmbeddings}, ${this.embeddingDim}`;
    if (this.paddingIdx !== null) text += `, padding_idx=${this.paddingIdx}`;
    if (this.maxNorm !== null) text += `, max_norm=${pyFloat(this.maxNorm)}`;
    if (this.normType !== 2) text += `, norm_type=${pyFloat(this.normType)}`;
    if (this.scaleGradByFreq) text += ', scale_grad_by_freq=True';
    return text;
  }
}

/** A row that is left out, counted from the start; null where there is none. */
export function paddingArg(op: string, value: unknown, count: number): number | null {
  if (value === undefined) return null;
  const index = intArg(op, 'paddingIdx', value);
  if (index < -count || index >= count) throw new ArgumentError(op, 'paddingIdx', `must be within ${count} embeddings, got ${index}`);
  return index < 0 ? index + count : index;
}
