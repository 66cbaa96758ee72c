/** Functions behind the layers: linear, embedding, dropout and distances. */
import { bind, boolArg, intArg, isOptions, numberArg, signature, type CallArgs } from '../core/args.ts';
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { embedding as rowsOf } from '../tensor/embedding.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { emptyLike, ones, zeros } from '../tensor/create.ts';
import { numelOf, sameShape } from '../core/layout.ts';
import { operation } from '../tensor/operation.ts';
import { linear as fusedLinear } from '../tensor/linalg.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { probabilityArg, tensorArg, type Maybe } from './args.ts';

const LINEAR = signature('linear(input, weight, bias?)');
/** `input W^T + bias`: input `[..., in]`, weight `[out, in]` or `[in]`, bias `[out]`. */
export function linear(input: Tensor, weight: Tensor, bias?: Maybe<Tensor> | { readonly bias?: Maybe<Tensor> }): Tensor {
  tensorArg('linear', 'input', input);
  tensorArg('linear', 'weight', weight);
  const given = isOptions(bias) ? bind(LINEAR, [input, weight, bias]).bias : bias;
  const added = given === null || given === undefined ? null : tensorArg('linear', 'bias', given);
  if (weight.ndim === 1) return added === null ? input.matmul(weight) : input.matmul(weight).add(added);
  return fusedLinear(input, weight, added);
}

/** The identity, whose gradient is multiplied by `factor`. */
class ScaleGrad extends Function {
  static override forward(ctx: Context, input: Tensor, factor: Tensor): Tensor {
    ctx.saveForBackward(factor);
    return input.clone();
  }

  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
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
  if (boolArg('embedding', 'sparse', given.sparse)) throw new ArgumentError('embedding', 'sparse', 'gradients are not supported: gradients are dense');
  const paddingIdx = given.paddingIdx === undefined ? null : intArg('embedding', 'paddingIdx', given.paddingIdx);
  if (given.maxNorm !== undefined) renormalize(weight, input, numberArg('embedding', 'maxNorm', given.maxNorm), numberArg('embedding', 'normType', given.normType, 2));
  const rows = rowsOf(weight, input, paddingIdx);
  if (!boolArg('embedding', 'scaleGradByFreq', given.scaleGradByFreq)) return rows;
  return ScaleGrad.apply(rows, noGrad(() => oneByOccurrences(input, weight)));
}

/** For every index, one by how often it occurs. */
function oneByOccurrences(input: Tensor, weight: Tensor): Tensor {
  const indices = input.reshape([-1]);
  const occurrences = zeros([weight.shape[0]], { dtype: weight.dtype }).indexAdd_(0, indices, ones([indices.numel()], { dtype: weight.dtype }));
  return occurrences.indexSelect(0, indices).reciprocal().view([...input.shape, 1]);
}

/** Scales the rows that are read, in place, to a norm of at most `maxNorm`. */
function renormalize(weight: Tensor, input: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const norms = weight.norm(normType, 1, true);
    const read = zeros([weight.shape[0]], { dtype: 'bool' }).indexFill_(0, input.reshape([-1]), true).unsqueeze(1);
    const scale = norms.add(1e-7).reciprocal().mul(maxNorm);
    weight.mul_(scale.where(read.logicalAnd(norms.gt(maxNorm)), 1));
  });
}

const ONE_HOT = signature('oneHot(input, numClasses?)');
/** PyTorch's `one_hot`: int64, with a last dimension of `numClasses` (-1: one more than the largest index). */
export function oneHot(input: Tensor, ...args: CallArgs<[numClasses: number], { readonly numClasses?: number }>): Tensor {
  const given = bind(ONE_HOT, [tensorArg('oneHot', 'input', input), ...args]);
  if (input.dtype !== 'int64' && input.dtype !== 'int32') throw new DTypeError('oneHot', input.dtype, `classes must be int64 or int32, got ${input.dtype}; write input.long()`);
  const empty = input.numel() === 0;
  const largest = empty ? -1 : input.amax().item();
  const count = intArg('oneHot', 'numClasses', given.numClasses, -1);
  const classes = count === -1 ? largest + 1 : count;
  if (classes < 1) throw new ArgumentError('oneHot', 'numClasses', `must be positive for an input of ${input.numel()} elements, got ${count}`);
  if (!empty && (input.amin().item() < 0 || largest >= classes)) throw new ArgumentError('oneHot', 'input', `must be classes from 0 to ${classes - 1}, got ${input.amin().item()} to ${largest}`);
  return zeros([...input.shape, classes], { dtype: 'int64' }).scatter_(-1, input.unsqueeze(-1), 1);
}

/**
 * `y[..., k] = input1 W[k] input2 + bias[k]` for vectors in the last dims: inputs `[..., n]` and `[..., m]`, weight
 * `[out, n, m]`, bias `[out]`. PyTorch's `F.bilinear`.
 */
export const bilinear = operation('bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor?)', (input1, input2, weight, bias): Tensor => {
  if (weight.ndim !== 3) throw new ShapeError('bilinear', `weight must have 3 dimensions ([out, n, m]), got shape [${weight.shape.join(', ')}]`);
  const [out, n, m] = weight.shape, batch = input1.shape.slice(0, -1);
  if (input1.ndim === 0 || input1.ndim !== input2.ndim || !sameShape(batch, input2.shape.slice(0, -1))) {
    throw new ShapeError('bilinear', `input1 and input2 must agree in all dimensions but the last, got shapes [${input1.shape.join(', ')}] and [${input2.shape.join(', ')}]`);
  }
  if (input1.shape.at(-1) !== n || input2.shape.at(-1) !== m) {
    throw new ShapeError('bilinear', `the inputs' last dimensions must be ${n} and ${m} for weight [${weight.shape.join(', ')}], got shapes [${input1.shape.join(', ')}] and [${input2.shape.join(', ')}]`);
  }
  if (bias !== undefined && (bias.ndim !== 1 || bias.shape[0] !== out)) throw new ShapeError('bilinear', `bias must have shape [${out}], got [${bias.shape.join(', ')}]`);
  const rows = numelOf(batch);
  const halfway = input1.reshape([rows, n]).matmul(weight.permute(1, 0, 2).reshape([n, out * m])).view([rows, out, m]);
  const product = halfway.matmul(input2.reshape([rows, m, 1])).view([...batch, out]);
  return bias === undefined ? product : product.add(bias);
});
