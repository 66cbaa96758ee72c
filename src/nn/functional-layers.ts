/** Functions behind the linear layers. */
import { bind, isOptions, signature } from '../core/args.ts';
import { ShapeError } from '../core/errors.ts';
import { numelOf, sameShape } from '../core/layout.ts';
import { linear as fusedLinear } from '../tensor/linalg.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensorArg, type Maybe } from './args.ts';

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

/**
 * `y[..., k] = input1 W[k] input2 + bias[k]` for vectors in the last dims: inputs `[..., n]` and `[..., m]`, weight
 * `[out, n, m]`, bias `[out]`. PyTorch's `F.bilinear`.
 */
export const bilinear = operation('bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor?)', (input1, input2, weight, bias): Tensor => {
  if (weight.ndim !== 3) throw new ShapeError('bilinear', `weight must have 3 dimensions ([out, n, m]), got shape [${weight.shape.join(', ')}]`);
  const [out, n, m] = weight.shape, batch = input1.layout.shape.slice(0, -1);
  if (input1.ndim === 0 || input1.ndim !== input2.ndim || !sameShape(batch, input2.layout.shape.slice(0, -1))) {
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
