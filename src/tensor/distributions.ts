/** Rarer distributions, from PyTorch's streams and by its float64 formulas. */
import { BOOL, F64, I32, isFloating } from '../core/dtype.ts';
import { bind, numberArg, show, signature, type Signature } from '../core/args.ts';
import { ArgumentError, DTypeError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { uniform53 } from '../core/random-streams.ts';
import { RNG_WORDS } from '../core/rng.ts';
import { TensorCore } from './core.ts';
import { refill } from './dispatch.ts';
import { drawInto, type Draw } from './draw.ts';
import { noGrad } from './grad-mode.ts';
import { copyInto, emptyLike } from './kernels.ts';
import { generatorState, type Generator } from './random-state.ts';
import { drawnBySample } from './sample-loop.ts';
import { elements } from './values.ts';
import type { Tensor } from './tensor.ts';

const CAUCHY = signature('cauchy_(median?, sigma?, *, generator?)');
const GEOMETRIC = signature('geometric_(p, *, generator?)');
const LOG_NORMAL = signature('logNormal_(mean?, std?, *, generator?)');
const POISSON = signature('poisson(input, *, generator?)');

/** Fills `self` with a function of float64 draws, one scalar draw per element in the order of memory. */
function transform(sig: Signature, self: Tensor, kind: Draw, generator: unknown, p0: number, p1: number, fn: (draws: Tensor) => Tensor): Tensor {
  if (self.dtypeCode === BOOL) throw new DTypeError(sig.name, 'bool', 'expected a number dtype, got bool');
  const { shape, strides } = self.layout;
  const order = shape.map((_, i) => i).sort((i, j) => strides[j] - strides[i] || i - j);
  const draws = emptyLike(self, contiguousLayout(order.map((i) => shape[i])), F64);
  // The scalar stream whatever the size: a stretched view is never contiguous.
  const serial = emptyLike(self, contiguousLayout([draws.numel(), 2]), F64).select(1, 0);
  return refill(sig.name, self, () => noGrad(() => {
    drawInto(serial, kind, p0, p1, generatorState(generator as Generator | undefined));
    copyInto(draws.view([draws.numel()]), serial);
    const back = new Array<number>(order.length);
    order.forEach((from, to) => (back[from] = to));
    copyInto(self, fn(draws).permute(back));
  }));
}

export function cauchyInto(self: Tensor, args: readonly unknown[]): Tensor {
  const { median, sigma, generator } = bind(CAUCHY, args);
  const center = numberArg('cauchy_', 'median', median, 0), width = numberArg('cauchy_', 'sigma', sigma, 1);
  if (!(width > 0)) throw new ArgumentError('cauchy_', 'sigma', `must be positive, got ${width}`);
  requireFloat('cauchy_', self);
  // The ends are cut so that the tangent stays finite.
  return transform(CAUCHY, self, 'uniform', generator, 0, 1, (u) => u.clamp(Number.EPSILON, 1 - Number.EPSILON).sub(0.5).mul(Math.PI).tan().mul(width).add(center));
}

export function geometricInto(self: Tensor, args: readonly unknown[]): Tensor {
  const { p, generator } = bind(GEOMETRIC, args);
  const probability = numberArg('geometric_', 'p', p);
  if (!(probability > 0 && probability < 1)) throw new ArgumentError('geometric_', 'p', `must be between 0 and 1, got ${probability}`);
  return transform(GEOMETRIC, self, 'uniform', generator, 0, 1, (u) => u.log().div(Math.log1p(-probability)).ceil());
}

export function logNormalInto(self: Tensor, args: readonly unknown[]): Tensor {
  const { mean, std, generator } = bind(LOG_NORMAL, args);
  const deviation = numberArg('logNormal_', 'std', std, 2);
  if (!(deviation > 0)) throw new ArgumentError('logNormal_', 'std', `must be positive, got ${deviation}`);
  requireFloat('logNormal_', self);
  return transform(LOG_NORMAL, self, 'normal', generator, numberArg('logNormal_', 'mean', mean, 1), deviation, (x) => x.exp());
}

function requireFloat(op: string, self: Tensor): void {
  if (!isFloating(self.dtypeCode)) throw new DTypeError(op, self.dtype, `expected a floating point dtype, got ${self.dtype}`);
}

/** Poisson counts with the rates in `input`, in its dtype. PyTorch's `torch.poisson`. */
export function poisson(...args: readonly unknown[]): Tensor {
  const { input, generator } = bind(POISSON, args);
  return countsOf(input, generator);
}

const countsOf = drawnBySample('poisson', (input: unknown, generator: unknown): Tensor => {
  if (!(input instanceof TensorCore)) throw new ArgumentError('poisson', 'input', `must be a Tensor, got ${show(input)}`);
  const rates = input as Tensor;
  requireFloat('poisson', rates);
  const values = elements(noGrad(() => rates.detach().castTo(F64).contiguous())) as Float64Array;
  if (values.some((rate) => !(rate >= 0))) throw new ArgumentError('poisson', 'input', 'must hold non-negative rates');
  const counts = emptyLike(rates, contiguousLayout(rates.shape), F64);
  const state = rates.wrap(generatorState(generator as Generator | undefined), contiguousLayout([RNG_WORDS]), I32);
  const words = elements(state) as Int32Array, out = elements(counts) as Float64Array;
  values.forEach((rate, i) => (out[i] = rate === 0 ? 0 : rate < 10 ? multiplied(rate, words) : rejected(rate, words)));
  return counts.castTo(rates.dtypeCode);
});

/** Knuth: how many uniforms can be multiplied before the product falls below exp(-rate). */
function multiplied(rate: number, words: Int32Array): number {
  const limit = Math.exp(-rate);
  for (let count = 0, product = 1; ; count++) {
    product *= uniform53(words);
    if (product <= limit) return count;
  }
}

/** Hörmann's transformed rejection with squeeze (PTRS, 1993). */
function rejected(rate: number, words: Int32Array): number {
  const root = Math.sqrt(rate), logRate = Math.log(rate);
  const b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4), limit = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform53(words) - 0.5, v = uniform53(words);
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor((2 * a / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= limit) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    if (Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (distance * distance) + b) <= -rate + k * logRate - logFactorial(k)) return k;
  }
}

/** log(k!): the product for small k, else Stirling's series, exact to the last digits from 16 on. */
function logFactorial(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const x = k + 1, inverse = 1 / x, square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
