/** Functions behind the layers: linear, embedding, dropout and distances. */
import { bind, boolArg, intArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import { isFloating } from '../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { Function } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { emptyLike, oneHot as makeOneHot, zeros } from '../tensor/create.ts';
import { linear as fusedLinear } from '../tensor/linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { probabilityArg, type Maybe } from './args.ts';
import { tensorArg } from './functional-activation.ts';

/** `input W^T + bias`: input `[..., in]`, weight `[out, in]` or `[in]`, bias `[out]`. */
export function linear(input: Tensor, weight: Tensor, bias?: Maybe<Tensor>): Tensor {
  tensorArg('linear', 'input', input);
  tensorArg('linear', 'weight', weight);
  return fusedLinear(input, weight, bias === null || bias === undefined ? null : tensorArg('linear', 'bias', bias));
}

const DROPOUT = signature('dropout(input, p?, training?, inplace?)');
interface DropoutOptions { readonly p?: number; readonly training?: boolean; readonly inplace?: boolean }

/** Zeroes elements with probability `p` and scales the others by `1 / (1 - p)`; PyTorch's masks for a seed. */
export function dropout(input: Tensor, ...args: CallArgs<[p: number, training: boolean, inplace: boolean], DropoutOptions>): Tensor {
  const given = bind(DROPOUT, [tensorArg('dropout', 'input', input), ...args]);
  const p = probabilityArg('dropout', 'p', given.p, 0.5);
  const inplace = boolArg('dropout', 'inplace', given.inplace);
  if (p === 0 || !boolArg('dropout', 'training', given.training, true) || input.numel() === 0) return input;
  const mask = noGrad(() => (p === 1 ? zeros(input.shape, { dtype: input.dtype }) : emptyLike(input).bernoulli_(1 - p).div_(1 - p)));
  return inplace ? input.mul_(mask) : input.mul(mask);
}

/** The identity, whose gradient is multiplied by `factor`. */
class ScaleGrad extends Function {
  static override forward(ctx: { saveForBackward(...tensors: Tensor[]): void }, input: Tensor, factor: Tensor): Tensor {
    ctx.saveForBackward(factor);
    return input.clone();
  }

  static override backward(ctx: { readonly savedTensors: readonly Tensor[] }, grad: Tensor): (Tensor | null)[] {
    return [grad.mul(ctx.savedTensors[0]), null];
  }
}

const EMBEDDING = signature('embedding(input, weight, paddingIdx?, maxNorm?, normType?, scaleGradByFreq?, sparse?)');
interface EmbeddingOptions {
  readonly paddingIdx?: Maybe<number>;
  readonly maxNorm?: Maybe<number>;
  readonly normType?: Maybe<number>;
  readonly scaleGradByFreq?: Maybe<boolean>;
}

/** Rows of `weight` `[N, D]` by integer indices of any shape: `[...input.shape, D]`. */
export function embedding(input: Tensor, weight: Tensor,
  ...args: CallArgs<[paddingIdx: Maybe<number>, maxNorm: Maybe<number>, normType: Maybe<number>, scaleGradByFreq: Maybe<boolean>], EmbeddingOptions>): Tensor {
  tensorArg('embedding', 'input', input);
  tensorArg('embedding', 'weight', weight);
  const given = bind(EMBEDDING, [input, weight, ...args]);
  if (isFloating(input.dtypeCode) || input.dtype === 'bool') throw new DTypeError('embedding', input.dtype, `indices must be integers, got ${input.dtype}; write input.long()`);
  if (weight.ndim !== 2) throw new ShapeError('embedding', `weight must have 2 dimensions, got shape [${weight.shape.join(', ')}]`);
  if (boolArg('embedding', 'sparse', given.sparse)) throw new ArgumentError('embedding', 'sparse', 'gradients are not supported: gradients are dense');
  const indices = input.reshape([-1]);
  if (given.maxNorm !== undefined) renormalize(weight, indices, numberArg('embedding', 'maxNorm', given.maxNorm), numberArg('embedding', 'normType', given.normType, 2));
  let rows = weight.indexSelect(0, indices);
  const factor = gradFactor(indices, weight.shape[0], given.paddingIdx, boolArg('embedding', 'scaleGradByFreq', given.scaleGradByFreq));
  if (factor !== null) rows = ScaleGrad.apply(rows, factor.to(weight.dtype).unsqueeze(1)) as Tensor;
  return rows.view([...input.shape, weight.shape[1]]);
}

/** What the gradient of every row read is multiplied by: 0 for padding, 1 / occurrences when scaled by frequency. */
function gradFactor(indices: Tensor, count: number, paddingIdx: unknown, byFrequency: boolean): Tensor | null {
  if (paddingIdx === undefined && !byFrequency) return null;
  return noGrad(() => {
    let factor: Tensor | null = null;
    if (byFrequency) {
      const occurrences = zeros([count]).indexAdd_(0, indices, zeros([indices.numel()]).add_(1));
      factor = occurrences.indexSelect(0, indices).reciprocal();
    }
    if (paddingIdx === undefined) return factor;
    const padding = intArg('embedding', 'paddingIdx', paddingIdx);
    if (padding < -count || padding >= count) throw new ArgumentError('embedding', 'paddingIdx', `must be within ${count} embeddings, got ${padding}`);
    const kept = indices.ne(padding < 0 ? padding + count : padding).to('float32');
    return factor === null ? kept : factor.mul(kept);
  });
}

/** Scales the rows that are read, in place, to a norm of at most `maxNorm`. */
function renormalize(weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const norms = weight.norm(normType, 1, true);
    const read = zeros([weight.shape[0]]).indexFill_(0, indices, 1).unsqueeze(1).ne(0);
    const scale = norms.add(1e-7).reciprocal().mul(maxNorm);
    weight.mul_(read.logicalAnd(norms.gt(maxNorm)).where(scale, scale.mul(0).add(1)));
  });
}

/** PyTorch's `one_hot`: int64, with a last dimension of `numClasses` (-1: one more than the largest index). */
export function oneHot(input: Tensor, numClasses = -1): Tensor {
  return makeOneHot(tensorArg('oneHot', 'input', input), numClasses);
}
