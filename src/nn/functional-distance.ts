/** Distances, similarities and normalisation by norms or by neighbouring channels. */
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts';
import { normalizeDim } from '../core/layout.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { constantPad } from '../tensor/library/padding.ts';
import { operation } from '../tensor/operation.ts';
import { getDefaultDtype } from '../tensor/promotion.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The cosine of the angle between `x1` and `x2` (broadcast) along `dim`; norms below `eps` count as `eps`. PyTorch's `F.cosine_similarity`. */
export const cosineSimilarity = operation('cosineSimilarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8)', (x1, x2, dim, eps): Tensor => {
  if (!x1.isFloatingPoint() && !x2.isFloatingPoint()) throw new DTypeError('cosineSimilarity', x1.dtype, `expected floating point tensors, got ${x1.dtype} and ${x2.dtype}`);
  const ndim = Math.max(x1.ndim, x2.ndim), at = normalizeDim('cosineSimilarity', dim, ndim) - ndim;
  // The sum of a dim of size 1 that is broadcast is over the other's elements.
  const size = Math.max(x1.shape.at(at) ?? 1, x2.shape.at(at) ?? 1);
  const unit = (x: Tensor): Tensor => {
    const full = (x.shape.at(at) ?? 1) === size && x.ndim >= -at ? x : x.expand([...new Array<number>(Math.max(-at - x.ndim, 0)).fill(1), ...x.shape].map((n, i, { length }) => (i === length + at ? size : n)));
    // The bound on the norm is no part of the graph.
    const norm = full.norm(2, at, true).clone();
    noGrad(() => norm.clamp_(eps));
    return full.div(norm);
  };
  return unit(x1).mul(unit(x2)).sum(at);
});

/** The p-norm of `x1 - x2 + eps` along the last dim. PyTorch's `F.pairwise_distance`. */
export const pairwiseDistance = operation('pairwiseDistance(x1: Tensor, x2: Tensor, p: float = 2, eps: float = 1e-6, keepdim: bool = false)', (x1, x2, p, eps, keepdim): Tensor => {
  const difference = x1.sub(x2);
  return (difference.isFloatingPoint() ? difference : difference.to(getDefaultDtype())).add(eps).norm(p, -1, keepdim);
});

/** `input` divided by its p-norm along `dim`, at least `eps`. PyTorch's `F.normalize`. */
export const normalize = operation('normalize(input: Tensor, p: float = 2, dim: int = 1, eps: float = 1e-12, *, out: Tensor?)', (input, p, dim, eps): Tensor =>
  input.div(input.norm(p, dim, true).clamp(eps)));

/**
 * `input` `[N, C, ...]` divided by `(k + alpha * m) ** beta`, with m the mean of the squares of `size` neighbouring
 * channels (Krizhevsky et al., 2012). PyTorch's `F.local_response_norm`.
 */
export const localResponseNorm = operation('localResponseNorm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1)', (input, size, alpha, beta, k): Tensor => {
  if (input.ndim < 3) throw new ShapeError('localResponseNorm', `input must have at least 3 dimensions ([N, C, ...]), got shape [${input.shape.join(', ')}]`);
  if (size < 1) throw new ArgumentError('localResponseNorm', 'size', `must be positive, got ${size}`);
  if (input.numel() === 0) return input;
  const padded = constantPad(input.mul(input), [{ dim: 1, before: Math.floor(size / 2), after: Math.floor((size - 1) / 2) }], 0);
  let sum = padded.narrow(1, 0, input.shape[1]);
  for (let i = 1; i < size; i++) sum = sum.add(padded.narrow(1, i, input.shape[1]));
  // Integers average to integers, as PyTorch's pools do.
  const mean = sum.isFloatingPoint() ? sum.div(size) : sum.floorDivide(size).to(getDefaultDtype());
  return input.div(mean.mul(alpha).add(k).pow(beta));
});
