/** Functions that draw: dropout of whole channels, dropout for SELU networks, Gumbel softmax, randomised leaky ReLU. */
import { bind, boolArg, intArg, numberArg, signature, type CallArgs } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { empty, emptyLike, onesLike, zeros, zerosLike } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { visible } from '../tensor/observer.ts';
import { bySample } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { probabilityArg, tensorArg } from './args.ts';

interface DropoutOptions { readonly p?: number; readonly training?: boolean; readonly inplace?: boolean }
type DropoutArgs = CallArgs<[p: number, training: boolean, inplace: boolean], DropoutOptions>;

/** One draw per sample and channel. */
function channelMask(input: Tensor): Tensor {
  return empty([input.shape[0], input.shape[1], ...input.layout.shape.slice(2).map(() => 1)], { dtype: input.dtype });
}

function dropoutBy(name: string, trainingByDefault: boolean, draw: (input: Tensor, p: number, inplace: boolean) => Tensor) {
  const sig = signature(`${name}(input, p?, training?, inplace?)`), run = visible(name, draw);
  return (input: Tensor, ...args: DropoutArgs): Tensor => {
    const given = bind(sig, [tensorArg(name, 'input', input), ...args]);
    const p = probabilityArg(name, 'p', given.p, 0.5), inplace = boolArg(name, 'inplace', given.inplace);
    if (p === 0 || !boolArg(name, 'training', given.training, trainingByDefault) || input.numel() === 0) return input;
    return run(input, p, inplace);
  };
}

/** Ones with probability `p`, zeros otherwise. */
const elementMask = (input: Tensor, p: number): Tensor => emptyLike(input).bernoulli_(p);

/** Zeroes elements with probability `p` and scales the others by `1 / (1 - p)`; PyTorch's masks for a seed. */
export const dropout = dropoutBy('dropout', true, (input, p, inplace) => {
  const mask = noGrad(() => (p === 1 ? zeros(input.shape, { dtype: input.dtype }) : elementMask(input, 1 - p).div_(1 - p)));
  return inplace ? input.mul_(mask) : input.mul(mask);
});

/** Zeroes whole channels `[N, C, ...]` and scales the others; an input for which `unbatched` holds is one sample. */
function channelDropout(name: string, unbatched: (ndim: number) => boolean, ranks: readonly number[] | null = null) {
  return dropoutBy(name, true, (input, p, inplace) => {
    const single = unbatched(input.ndim), least = single ? 1 : 2;
    if (ranks !== null && !ranks.includes(input.ndim)) throw new ShapeError(name, `input must have ${ranks.join(' or ')} dimensions, got shape [${input.shape.join(', ')}]`);
    if (input.ndim < least) throw new ShapeError(name, `input must have at least ${least} dimensions, got shape [${input.shape.join(', ')}]`);
    const batch = single ? input.unsqueeze(0) : input;
    const mask = noGrad(() => (p === 1 ? zeros([1], { dtype: input.dtype }) : channelMask(batch).bernoulli_(1 - p).div_(1 - p)));
    const factor = single && p !== 1 ? mask.squeeze(0) : mask;
    return inplace ? input.mul_(factor) : input.mul(factor);
  });
}

/** PyTorch's `F.dropout1d`: channels of `[N, C, L]` or `[C, L]`. */
export const dropout1d = channelDropout('dropout1d', (ndim) => ndim === 2, [2, 3]);
/** PyTorch's `F.dropout2d`: channels of `[N, C, H, W]`; every other shape counts as `[N, C, ...]`, as there. */
export const dropout2d = channelDropout('dropout2d', () => false);
/** PyTorch's `F.dropout3d`: channels of `[N, C, D, H, W]`; every other shape counts as `[C, ...]`, as there. */
export const dropout3d = channelDropout('dropout3d', (ndim) => ndim !== 5);

// SELU's negative saturation value, from Klambauer et al. (2017).
const SATURATION = 1.7580993408473766;

/** Sets elements to SELU's saturation value and rescales, so that mean and variance stay. */
function alphaBy(name: string, maskOf: (input: Tensor, p: number) => Tensor) {
  return dropoutBy(name, false, (input, p, inplace) => {
    if (p === 1) return inplace ? input.mul_(0) : input.mul(0);
    const scale = 1 / Math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p));
    const [factor, shift] = noGrad(() => {
      const kept = maskOf(input, 1 - p);
      // Half floats are rounded after each of these steps, as in PyTorch.
      return [kept.mul(scale), kept.sub(1).mul(SATURATION * scale).add(SATURATION * scale * p)];
    });
    return inplace ? input.mul_(factor).add_(shift) : input.mul(factor).add(shift);
  });
}

/** PyTorch's `F.alpha_dropout`, per element. */
export const alphaDropout = alphaBy('alphaDropout', elementMask);
/** PyTorch's `F.feature_alpha_dropout`, per channel. */
export const featureAlphaDropout = alphaBy('featureAlphaDropout', (input, p) => {
  if (input.ndim < 2) throw new ShapeError('featureAlphaDropout', `input must have at least 2 dimensions, got shape [${input.shape.join(', ')}]`);
  return channelMask(input).bernoulli_(p);
});

const GUMBEL = signature('gumbelSoftmax(logits, tau?, hard?, eps?, dim?)');
interface GumbelOptions { readonly tau?: number; readonly hard?: boolean; readonly eps?: number; readonly dim?: number }

/** Samples of the Gumbel-softmax distribution; `hard` gives one-hot samples whose gradient is that of the soft ones. */
export function gumbelSoftmax(logits: Tensor, ...args: CallArgs<[tau: number, hard: boolean, eps: number, dim: number], GumbelOptions>): Tensor {
  const given = bind(GUMBEL, [tensorArg('gumbelSoftmax', 'logits', logits), ...args]);
  const tau = numberArg('gumbelSoftmax', 'tau', given.tau, 1), dim = intArg('gumbelSoftmax', 'dim', given.dim, -1);
  const noise = noGrad(() => emptyLike(logits, { memoryFormat: 'contiguousFormat' }).exponential_().log().neg());
  const soft = logits.add(noise).div(tau).softmax(dim);
  if (!boolArg('gumbelSoftmax', 'hard', given.hard)) return soft;
  const hard = noGrad(() => zerosLike(soft).scatter_(dim, soft.argmax(dim, true), 1));
  return hard.sub(soft.detach()).add(soft);
}

/** Draws where the mask is true, ones elsewhere. */
const slopesWhere = bySample('rrelu', (mask: Tensor, dtype: DType, lower: number, upper: number): Tensor => {
  const draws = empty([mask.sum().item()], { dtype: 'float64' }).uniform_(lower, upper);
  return onesLike(mask, { dtype }).maskedScatter(mask, draws.to(dtype));
});

const RRELU = signature('rrelu(input, lower?, upper?, training?, inplace?)');
interface RreluOptions { readonly lower?: number; readonly upper?: number; readonly training?: boolean; readonly inplace?: boolean }

/** Leaky ReLU whose slope is drawn per negative element while training, and is the middle of the range otherwise. */
export function rrelu(input: Tensor, ...args: CallArgs<[lower: number, upper: number, training: boolean, inplace: boolean], RreluOptions>): Tensor {
  const given = bind(RRELU, [tensorArg('rrelu', 'input', input), ...args]);
  const lower = numberArg('rrelu', 'lower', given.lower, 1 / 8), upper = numberArg('rrelu', 'upper', given.upper, 1 / 3);
  if (!(lower <= upper)) throw new ArgumentError('rrelu', 'lower', `must not exceed upper, got ${lower} and ${upper}`);
  const inplace = boolArg('rrelu', 'inplace', given.inplace);
  const slopes = noGrad(() => {
    const negative = input.le(0);
    if (!boolArg('rrelu', 'training', given.training)) return onesLike(input).maskedFill(negative, (lower + upper) / 2);
    return slopesWhere(negative, input.dtype, lower, upper);
  });
  return inplace ? input.mul_(slopes) : input.mul(slopes);
}
