/** Standard gamma and Dirichlet samples: PyTorch's `_standard_gamma` and `_sample_dirichlet`, the same draws in the same order. */
import { AutogradError } from '../core/errors.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { Function, type Context } from '../tensor/function.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { drawnBySample, bySample } from '../tensor/sample-loop.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { dirichletGradient, gammaGradient } from './gamma-gradient.ts';
import { float64Like, float64Of, streamOf, type Stream } from './sampling.ts';

// PyTorch's constants are float32 ones.
const THIRD = Math.fround(1 / 3), SQUEEZE = Math.fround(0.0331);

/** Marsaglia and Tsang (2000), doi:10.1145/358407.358414. */
function drawOne(alpha: number, { uniform, normal }: Stream): number {
  if (alpha === 0) return 0;
  const scale = alpha < 1 ? (1 - uniform()) ** (1 / alpha) : 1;
  const d = (alpha < 1 ? alpha + 1 : alpha) - THIRD, c = 1 / Math.sqrt(9 * d);
  for (;;) {
    let x = 0, y = 0;
    do {
      x = normal();
      y = 1 + c * x;
    } while (y <= 0);
    const v = y * y * y, u = 1 - uniform(), xx = x * x;
    if (u < 1 - SQUEEZE * xx * xx || Math.log(u) < 0.5 * xx + d * (1 - v + Math.log(v))) return scale * d * v;
  }
}

/** float64 samples. */
const gammas = drawnBySample('standardGamma', (concentration: unknown): Tensor => {
  const x = concentration as Tensor, alphas = float64Of(x), stream = streamOf(x), { out, values } = float64Like(x);
  // A NaN would never be accepted.
  for (let i = 0; i < values.length; i++) values[i] = Number.isNaN(alphas[i]) ? NaN : drawOne(alphas[i], stream);
  return out;
}) as (concentration: Tensor) => Tensor;

type Pointwise = (x: number, a: number, total: number) => number;
const pointwise = bySample('sampleGradient', (fn: Pointwise, x: Tensor, a: Tensor, total: Tensor): Tensor => {
  const xs = float64Of(x), as = float64Of(a), totals = float64Of(total), { out, values } = float64Like(x);
  for (let i = 0; i < values.length; i++) values[i] = fn(xs[i], as[i], totals[i]);
  return out.castTo(x.dtypeCode);
});

/** A sample's derivative, which has none itself. */
class SampleGradient extends Function {
  static override forward(_ctx: Context, fn: Pointwise, x: Tensor, a: Tensor, total: Tensor): Tensor {
    return pointwise(fn, x, a, total);
  }

  static override backward(): never {
    throw new AutogradError('rsample: samples of Gamma, Beta, Dirichlet, Chi2 and StudentT have first derivatives only');
  }
}

class StandardGamma extends Function {
  static override forward(ctx: Context, concentration: Tensor): Tensor {
    const sample = gammas(concentration).clamp({ min: finfo(concentration.dtype).tiny }).castTo(concentration.dtypeCode);
    ctx.saveForBackward(sample, concentration);
    return sample;
  }

  static override backward(ctx: Context, grad: Tensor): Tensor {
    const [sample, concentration] = ctx.savedTensors;
    return grad.mul(SampleGradient.apply((x, a) => gammaGradient(a, x), sample, concentration, concentration));
  }
}

class StandardDirichlet extends Function {
  static override forward(ctx: Context, concentration: Tensor): Tensor {
    const { tiny, eps } = finfo(concentration.dtype), drawn = gammas(concentration);
    const sample = noGrad(() => drawn.div(drawn.sum(-1, true)).clamp(tiny, 1 - eps / 2).castTo(concentration.dtypeCode));
    ctx.saveForBackward(sample, concentration);
    return sample;
  }

  static override backward(ctx: Context, grad: Tensor): Tensor {
    const [sample, concentration] = ctx.savedTensors;
    const total = concentration.sum(-1, true).expand([...concentration.shape]);
    return SampleGradient.apply(dirichletGradient, sample, concentration, total).mul(grad.sub(sample.mul(grad).sum(-1, true)));
  }
}

/** Gamma(concentration, 1) samples of the concentration's shape and dtype, differentiable once. */
export const standardGamma = (concentration: Tensor): Tensor => StandardGamma.apply(concentration);
/** Dirichlet samples along the last dim, differentiable once. */
export const standardDirichlet = (concentration: Tensor): Tensor => StandardDirichlet.apply(concentration);
