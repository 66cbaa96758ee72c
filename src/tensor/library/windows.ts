/** Windows of signal processing, computed in float64 and rounded once. */
import { F64, dtypeCode, isFloating, type DType } from '../../core/dtype.ts';
import { ArgumentError, DTypeError } from '../../core/errors.ts';
import { arange, emptyTensor, finish } from '../create.ts';
import { noGrad } from '../grad-mode.ts';
import { operation } from '../operation.ts';
import { getDefaultDtype } from '../promotion.ts';
import { where } from '../elementwise.ts';
import type { Tensor } from '../tensor.ts';

interface Options { readonly dtype?: DType; readonly requiresGrad: boolean; readonly device?: string }

/** `shape` of 0 .. n - 1 and n: of one more than asked for, whose last is left out, where the window is periodic. */
function windowOf(op: string, length: number, periodic: boolean, { dtype = getDefaultDtype(), ...options }: Options, shape: (i: Tensor, last: number) => Tensor): Tensor {
  if (length < 0) throw new ArgumentError(op, 'windowLength', `must not be negative, got ${length}`);
  const code = dtypeCode(dtype);
  if (!isFloating(code)) throw new DTypeError(op, dtype, `expected a floating point dtype, got ${dtype}`);
  if (length < 2) return finish(op, length === 0 ? emptyTensor([0], code) : emptyTensor([1], code).fill_(1), { ...options });
  const last = periodic ? length : length - 1;
  const values = noGrad(() => shape(arange(length, { dtype: 'float64' }), last).castTo(code));
  return finish(op, values, { ...options });
}

/** alpha - beta cos(2 pi i / last) */
const cosine = (alpha: number, beta: number) => (i: Tensor, last: number): Tensor => i.mul(2 * Math.PI / last).cos().mul(-beta).add(alpha);

/** A raised cosine that ends in 0. PyTorch's `torch.hann_window`. */
export const hannWindow = operation('hannWindow(windowLength: int, periodic: bool = true, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (length, periodic, dtype, requiresGrad, device): Tensor =>
  windowOf('hannWindow', length, periodic, { dtype, requiresGrad, device }, cosine(0.5, 0.5)));

/** `alpha - beta cos(2 pi i / (n - 1))`. PyTorch's `torch.hamming_window`. */
export const hammingWindow = operation('hammingWindow(windowLength: int, periodic: bool = true, alpha: float = 0.54, beta: float = 0.46, *, dtype: dtype?, requiresGrad: bool = false, device: string?)',
  (length, periodic, alpha, beta, dtype, requiresGrad, device): Tensor => windowOf('hammingWindow', length, periodic, { dtype, requiresGrad, device }, cosine(alpha, beta)));

/** Two cosines: `0.42 - 0.5 cos(2 pi i / (n - 1)) + 0.08 cos(4 pi i / (n - 1))`. PyTorch's `torch.blackman_window`. */
export const blackmanWindow = operation('blackmanWindow(windowLength: int, periodic: bool = true, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (length, periodic, dtype, requiresGrad, device): Tensor =>
  windowOf('blackmanWindow', length, periodic, { dtype, requiresGrad, device }, (i, last) => i.mul(4 * Math.PI / last).cos().mul(0.08).add(cosine(0.42, 0.5)(i, last))));

/** A triangle that ends in 0. PyTorch's `torch.bartlett_window`. */
export const bartlettWindow = operation('bartlettWindow(windowLength: int, periodic: bool = true, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (length, periodic, dtype, requiresGrad, device): Tensor =>
  windowOf('bartlettWindow', length, periodic, { dtype, requiresGrad, device }, (i, last) => {
    const rising = i.mul(2 / last);
    return where(i.le(last / 2), rising, rising.neg().add(2));
  }));

/** Bessel's `I0(beta sqrt(1 - (2 i / (n - 1) - 1)^2)) / I0(beta)`. PyTorch's `torch.kaiser_window`. */
export const kaiserWindow = operation('kaiserWindow(windowLength: int, periodic: bool = true, beta: float = 12, *, dtype: dtype?, requiresGrad: bool = false, device: string?)', (length, periodic, beta, dtype, requiresGrad, device): Tensor =>
  windowOf('kaiserWindow', length, periodic, { dtype, requiresGrad, device }, (i, last) => {
    const x = i.mul(2 / last).sub(1), peak = emptyTensor([], F64).fill_(beta).i0();
    return x.square().neg().add(1).clampMin(0).sqrt().mul(beta).i0().div(peak);
  }));
