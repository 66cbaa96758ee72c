/** PyTorch's `torch.special`: special functions, elementwise, of integers in the default float dtype. */
import { ArgumentError } from '../../core/errors.ts';
import { unary, unaryEntries } from '../dispatch.ts';
import { operation, type Method } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { binaryFunction, unaryFunction } from './rows.ts';

/** `-x log x`; 0 at 0, minus infinity below. */
export const entr = unaryFunction('entr');
/** `exp(x^2) erfc(x)` */
export const erfcx = unaryFunction('erfcx');
/** The normal distribution function. */
export const ndtr = unaryFunction('ndtr');
/** Its logarithm, also where the function itself underflows. */
export const logNdtr = unaryFunction('logNdtr');
/** Its inverse, for probabilities in [0, 1]. */
export const ndtri = unaryFunction('ndtri');
/** Modified Bessel functions of the first kind, of order 0 and 1; with `e` times `exp(-|x|)`. */
export const i0e = unaryFunction('i0e'), i1 = unaryFunction('i1'), i1e = unaryFunction('i1e');
/** `input * log(1 + other)`, 0 where the input is 0 and the other a number. */
export const xlog1py = binaryFunction('xlog1py');
/** The Hurwitz zeta function: the sum of `(k + other) ** -input` over k >= 0. */
export const zeta = binaryFunction('zeta');

export const expit = unaryFunction('sigmoid', 'expit'), psi = unaryFunction('digamma', 'psi'), gammaln = unaryFunction('lgamma', 'gammaln');
export const gammainc = binaryFunction('igamma', 'gammainc'), gammaincc = binaryFunction('igammac', 'gammaincc');
export { digamma, erf, erfc, erfinv, exp2, expm1, i0, log1p, logit, round, sinc, xlogy } from './elementwise.ts';

function derivative(n: number, input: Tensor): Tensor {
  if (n < 0) throw new ArgumentError('polygamma', 'n', `must not be negative, got ${n}`);
  return n === 0 ? input.digamma() : unary(unaryEntries.polygamma, input, n);
}

/** The n-th derivative of the digamma function. PyTorch's `torch.polygamma`. */
export const polygamma = operation('polygamma(n: int, input: Tensor, *, out: Tensor?)', derivative);
const polygammaOf = operation('polygamma(input: Tensor, n: int)', (input, n): Tensor => derivative(n, input));

function multivariate(op: string, input: Tensor, p: number): Tensor {
  if (p < 1) throw new ArgumentError(op, 'p', `must be at least 1, got ${p}`);
  if (input.dtype === 'bool') throw new ArgumentError(op, 'input', 'must be a number tensor, got bool');
  const halves = Array.from({ length: p }, (_, k) => input.sub(k / 2).lgamma());
  return halves.reduce((sum, term) => sum.add(term)).add(p * (p - 1) / 4 * Math.log(Math.PI));
}

/** The logarithm of the multivariate gamma function of dimension `p`. PyTorch's `torch.mvlgamma`. */
export const mvlgamma = operation('mvlgamma(input: Tensor, p: int, *, out: Tensor?)', (input, p): Tensor => multivariate('mvlgamma', input, p));
export const multigammaln = operation('multigammaln(input: Tensor, p: int, *, out: Tensor?)', (input, p): Tensor => multivariate('multigammaln', input, p));

export const softmax = operation('softmax(input: Tensor, dim: int, *, dtype: dtype?)', (input, dim, dtype): Tensor => input.softmax(dim, dtype === undefined ? {} : { dtype }));
export const logSoftmax = operation('logSoftmax(input: Tensor, dim: int, *, dtype: dtype?)', (input, dim, dtype): Tensor => input.logSoftmax(dim, dtype === undefined ? {} : { dtype }));
export const logsumexp = operation('logsumexp(input: Tensor, dim: ints, keepdim: bool = false, *, out: Tensor?)', (input, dim, keepdim): Tensor => input.logsumexp(dim, keepdim));

export const SPECIAL_METHODS = { mvlgamma, polygamma: polygammaOf };

declare module '../tensor.ts' {
  interface Tensor {
    mvlgamma: Method<typeof mvlgamma>;
    mvlgamma_: Method<typeof mvlgamma>;
    polygamma: Method<typeof polygammaOf>;
    polygamma_: Method<typeof polygammaOf>;
  }
}
