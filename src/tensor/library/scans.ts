/** Running extremes and sums of exponentials along a dim, and running sums and products in place. */
import { dtypeName, isFloating } from '../../core/dtype.ts';
import { DTypeError } from '../../core/errors.ts';
import { normalizeDim } from '../../core/layout.ts';
import { SCAN_OPS } from '../../ops/families.ts';
import { rawCast } from '../dispatch.ts';
import { noGrad } from '../grad-mode.ts';
import { record, recording } from '../graph.ts';
import { argScanInto, emptyShape, scanInto } from '../kernels.ts';
import { operation, type Method } from '../operation.ts';
import { computeType } from '../promotion.ts';
import { pickRanked, type Ranked } from './ordering.ts';
import type { Tensor } from '../tensor.ts';

const running = (op: 'cummax' | 'cummin', input: Tensor, dim: number): Ranked => {
  const d = normalizeDim(op, dim, input.ndim);
  return pickRanked(op, input, d, input.ndim === 0 ? 1 : input.shape[d], (values, indices, source, at) => argScanInto(op, values, indices, source, at));
};

/** The largest element so far along a dim, and where it was met last; NaN from the first NaN on. PyTorch's `torch.cummax`. */
export const cummax = operation('cummax(input: Tensor, dim: int, *, out: Tensors?)', (input, dim): Ranked => running('cummax', input, dim));

/** The smallest element so far along a dim, and where it was met last; NaN from the first NaN on. PyTorch's `torch.cummin`. */
export const cummin = operation('cummin(input: Tensor, dim: int, *, out: Tensors?)', (input, dim): Ranked => running('cummin', input, dim));

/** The logarithm of the running sum of exponentials along a dim, without overflow; floating dtypes. PyTorch's `torch.logcumsumexp`. */
export const logcumsumexp = operation('logcumsumexp(input: Tensor, dim: int, *, out: Tensor?)', (input, dim): Tensor => {
  if (!isFloating(input.dtypeCode)) throw new DTypeError('logcumsumexp', input.dtype, `expected a floating point dtype, got ${dtypeName(input.dtypeCode)}`);
  const d = normalizeDim('logcumsumexp', dim, input.ndim), compute = computeType(input.dtypeCode);
  const raw = emptyShape(input, input.shape, compute);
  scanInto(SCAN_OPS.indexOf('logcumsumexp'), raw, rawCast(input, compute), d);
  const out = rawCast(raw, input.dtypeCode) as Tensor;
  if (recording(input)) record('logcumsumexp', out, [input], (g, node) => pull(g, node.saved(0), node.saved(1), d), [input, out]);
  return out;
});

/** A linear map of logarithms applied to numbers of either sign: to their positive and negative parts apart. */
const signed = (g: Tensor, map: (log: Tensor) => Tensor): Tensor => {
  const part = (sign: 1 | -1): Tensor => {
    const size = g.mul(sign), kept = size.gt(0);
    return map(size.where(kept, 1).log().where(kept, -Infinity)).exp();
  };
  return part(1).sub(part(-1));
};

/** sum over j >= i of g[j] exp(x[i] - y[j]): the derivative, computed in logarithms, but linear in g for those of higher order. */
function pull(g: Tensor, x: Tensor, y: Tensor, dim: number): Tensor {
  const reversed = (log: Tensor): Tensor => (x.ndim === 0 ? log : logcumsumexp(log.flip(dim), dim).flip(dim));
  const out = noGrad(() => signed(g, (log) => reversed(log.sub(y)).add(x)));
  if (recording(g, x, y)) {
    record('logcumsumexp', out, [g, x, y], (h, node) => {
      const [u, a, b] = [node.saved(0), node.saved(1), node.saved(2)], back = push(h, a, b, dim);
      return [back, node.needs(1) ? h.mul(pull(u, a, b, dim)) : null, node.needs(2) ? u.mul(back).neg() : null];
    }, [g, x, y]);
  }
  return out;
}

/** The transpose of {@link pull}: sum over i <= j of h[i] exp(x[i] - y[j]). */
function push(h: Tensor, x: Tensor, y: Tensor, dim: number): Tensor {
  const out = noGrad(() => signed(h, (log) => logcumsumexp(log.add(x), dim).sub(y)));
  if (recording(h, x, y)) {
    record('logcumsumexp', out, [h, x, y], (k, node) => {
      const [u, a, b] = [node.saved(0), node.saved(1), node.saved(2)], back = pull(k, a, b, dim);
      return [back, node.needs(1) ? u.mul(back) : null, node.needs(2) ? k.mul(push(u, a, b, dim)).neg() : null];
    }, [h, x, y]);
  }
  return out;
}

const cumsum = operation('cumsum(input: Tensor, dim: int, *, dtype: dtype?)', (input, dim, dtype): Tensor => input.cumsum(dim, { dtype }));
const cumprod = operation('cumprod(input: Tensor, dim: int, *, dtype: dtype?)', (input, dim, dtype): Tensor => input.cumprod(dim, { dtype }));

export const SCANS_METHODS = { cummax, cummin, logcumsumexp };
export const SCANS_IN_PLACE = { cumsum, cumprod };

declare module '../tensor.ts' {
  interface Tensor {
    cummax: Method<typeof cummax>;
    cummin: Method<typeof cummin>;
    logcumsumexp: Method<typeof logcumsumexp>;
    cumsum_: Method<typeof cumsum>;
    cumprod_: Method<typeof cumprod>;
  }
}
