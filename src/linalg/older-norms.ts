/** Norms that PyTorch has directly in `torch`. */
import { ShapeError } from '../core/errors.ts';
import { normalizeDim, normalizeDims } from '../core/layout.ts';
import { operation } from '../tensor/operation.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { matrixNormOf } from './norms.ts';

/** The square root of the sum of squares over at most two dims, `[]` being all. PyTorch's `torch.frobenius_norm`. */
export const frobeniusNorm = operation('frobeniusNorm(input: Tensor, dim: ints, keepdim: bool = false, *, out: Tensor?)', (input, dim, keepdim): Tensor => {
  if (dim.length > 2) throw new ShapeError('frobeniusNorm', `expected at most 2 dimensions, got [${dim.join(', ')}]`);
  return input.norm(2, normalizeDims('frobeniusNorm', dim, input.ndim), keepdim);
});

/** The sum of the singular values. PyTorch's `torch.nuclear_norm`. */
export const nuclearNorm = operation('nuclearNorm(input: Tensor, dim: ints = [-2,-1], keepdim: bool = false, *, out: Tensor?)', (input, dim, keepdim): Tensor =>
  matrixNormOf('nuclearNorm', input, 'nuc', dim, keepdim));

/** The p-norms, p being `pow`, of all slices along a dim, which stays; of everything for -1. PyTorch's `torch.norm_except_dim`. */
export const normExceptDim = operation('normExceptDim(v: Tensor, pow: int = 2, dim: int = 0)', (v, pow, dim): Tensor => {
  if (dim === -1) return v.norm(pow);
  const at = normalizeDim('normExceptDim', dim, v.ndim), first = v.transpose(0, at);
  const norms = first.reshape([first.shape[0], -1]).norm(pow, 1);
  return norms.reshape([first.shape[0], ...new Array<number>(v.ndim - 1).fill(1)]).transpose(0, at);
});
