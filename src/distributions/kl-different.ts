/** KL divergences between families, by PyTorch's formulas. */
import type { Tensor } from '../tensor/tensor.ts';
import { Bernoulli } from './bernoulli.ts';
import { Binomial } from './binomial.ts';
import { ContinuousBernoulli } from './continuous-bernoulli.ts';
import { Beta } from './dirichlet.ts';
import type { Distribution } from './distribution.ts';
import { Exponential } from './exponential.ts';
import { Gumbel, Pareto } from './extreme.ts';
import { Gamma } from './gamma.ts';
import { registerKl, type Family } from './kl.ts';
import { Laplace, Normal } from './location-scale.ts';
import { Poisson } from './poisson.ts';
import { Uniform } from './uniform.ts';
import { EULER, complement, constant } from './utils.ts';

const TWO_PI = 2 * Math.PI;

/** Pairs where p has values that q never takes. */
const INFINITE: readonly (readonly [Family, readonly Family[]])[] = [
  [Beta, [Pareto]],
  [ContinuousBernoulli, [Pareto]],
  [Exponential, [Beta, ContinuousBernoulli, Pareto, Uniform]],
  [Gamma, [Beta, ContinuousBernoulli, Pareto, Uniform]],
  [Gumbel, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Laplace, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Normal, [Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform]],
  [Pareto, [Beta, ContinuousBernoulli, Uniform]],
  [Poisson, [Bernoulli, Binomial]],
];
const infinite = (p: Distribution): Tensor => constant(p.mean, p.batchShape, Infinity);
for (const [p, others] of INFINITE) for (const q of others) registerKl(p, q)(infinite);

const xLogX = (x: Tensor): Tensor => x.xlogy(x);
/** The normalizer of a gamma density. */
const gammaNormalizer = (q: Gamma): Tensor => q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()));
/** E[log x] of a uniform x. */
const meanLog = (low: Tensor, high: Tensor): Tensor => xLogX(high).sub(xLogX(low)).div(high.sub(low)).sub(1);

/** E[log q(x)] of an x in [0, 1] of this mean. */
const meanLogDensity = (q: ContinuousBernoulli, mean: Tensor): Tensor => mean.mul(q.logits).add(q.probs.neg().log1p()).add(q.logNormalizer);

registerKl(Bernoulli, Poisson)((p, q) => p.entropy().neg().sub(p.probs.mul(q.rate.log()).sub(q.rate)));

registerKl(Beta, ContinuousBernoulli)((p, q) => p.entropy().add(meanLogDensity(q, p.mean)).neg());
registerKl(Beta, Exponential)((p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean)));
registerKl(Beta, Gamma)((p, q) => {
  const meanLogP = p.concentration1.digamma().sub(p.concentration1.add(p.concentration0).digamma());
  return p.entropy().neg().add(gammaNormalizer(q)).sub(q.concentration.sub(1).mul(meanLogP)).add(q.rate.mul(p.mean));
});
registerKl(Beta, Normal)((p, q) => {
  const { mean } = p, second = p.variance.add(mean.square()).mul(0.5), square = q.variance;
  return p.entropy().neg().add(square.mul(TWO_PI).log().mul(0.5)).add(second.sub(q.loc.mul(mean)).add(q.loc.square().mul(0.5)).div(square));
});
registerKl(Beta, Uniform)((p, q) => p.entropy().neg().add(q.high.sub(q.low).log()).maskedFill(q.low.gt(0).logicalOr(q.high.lt(1)), Infinity));

registerKl(ContinuousBernoulli, Exponential)((p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean)));
registerKl(ContinuousBernoulli, Normal)((p, q) => {
  const { mean } = p, square = q.variance, second = p.variance.add(mean.square()).sub(q.loc.mul(mean).mul(2)).add(q.loc.square());
  return p.entropy().neg().add(square.mul(TWO_PI).log().mul(0.5)).add(second.div(square.mul(2)));
});
// PyTorch's condition: a uniform distribution of just [0, 1] counts as one that p leaves.
registerKl(ContinuousBernoulli, Uniform)((p, q) => p.entropy().neg().add(q.high.sub(q.low).log()).maskedFill(q.low.ge(0).logicalOr(q.high.le(1)), Infinity));

registerKl(Exponential, Gamma)((p, q) => {
  const ratio = q.rate.div(p.rate);
  return q.concentration.neg().mul(ratio.log()).add(ratio).add(q.concentration.lgamma()).add(q.concentration.mul(EULER)).sub(1 + EULER);
});
registerKl(Exponential, Gumbel)((p, q) => {
  const product = p.rate.mul(q.scale), loc = q.loc.div(q.scale);
  return product.log().sub(1).sub(loc).add(loc.exp().mul(product).div(product.add(1))).add(product.reciprocal());
});
registerKl(Exponential, Normal)((p, q) => {
  const square = p.rate.square();
  return square.mul(q.variance).mul(TWO_PI).log().mul(0.5).sub(1).add(square.reciprocal().sub(q.loc.div(p.rate)).add(q.loc.square().mul(0.5)).div(q.variance));
});

registerKl(Gamma, Exponential)((p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.concentration).div(p.rate)));
registerKl(Gamma, Gumbel)((p, q) => {
  const a = p.concentration, product = p.rate.mul(q.scale), loc = q.loc.div(q.scale);
  const own = a.sub(1).mul(a.digamma()).sub(a.lgamma()).sub(a);
  return own.add(product.log().add(a.div(product))).add(loc.exp().mul(product.reciprocal().add(1).pow(a.neg())).sub(loc));
});
registerKl(Gamma, Normal)((p, q) => {
  const a = p.concentration, square = p.rate.square();
  const own = square.mul(q.variance).mul(TWO_PI).log().mul(0.5).sub(a).sub(a.lgamma()).add(a.sub(1).mul(a.digamma()));
  return own.add(a.square().add(a).mul(0.5).div(square).sub(q.loc.mul(a).div(p.rate)).add(q.loc.square().mul(0.5)).div(q.variance));
});

registerKl(Gumbel, Normal)((p, q) => {
  const ratio = p.scale.div(q.scale), distance = p.mean.sub(q.loc).div(q.scale);
  return ratio.div(Math.sqrt(TWO_PI)).log().neg().add(ratio.mul(Math.PI * 0.5).square().div(3)).add(distance.square().mul(0.5)).sub(1 + EULER);
});

registerKl(Laplace, Normal)((p, q) => {
  const ratio = p.scale.square().div(q.variance);
  return ratio.mul(2 / Math.PI).log().mul(-0.5).add(ratio).add(p.loc.sub(q.loc).square().mul(0.5).div(q.variance)).sub(1);
});

registerKl(Normal, Gumbel)((p, q) => {
  const mean = p.loc.div(q.scale), ratio = p.scale.div(q.scale).square(), loc = q.loc.div(q.scale);
  return ratio.log().mul(-0.5).add(mean.sub(loc)).add(mean.neg().add(ratio.mul(0.5)).add(loc).exp()).sub(0.5 * (1 + Math.log(TWO_PI)));
});
registerKl(Normal, Laplace)((p, q) => {
  const distance = p.loc.sub(q.loc), scaled = distance.div(p.scale);
  const first = p.scale.mul(Math.sqrt(2 / Math.PI)).mul(scaled.square().mul(-0.5).exp()), second = distance.mul(scaled.mul(Math.SQRT1_2).erf());
  return p.scale.div(q.scale).log().neg().add(first.add(second).div(q.scale)).sub(0.5 * (1 + Math.log(0.5 * Math.PI)));
});

registerKl(Pareto, Exponential)((p, q) => {
  const product = p.scale.mul(q.rate), { alpha } = p;
  return alpha.div(product).log().sub(alpha.reciprocal()).add(alpha.mul(product).div(alpha.sub(1))).sub(1).maskedFill(alpha.le(1), Infinity);
});
registerKl(Pareto, Gamma)((p, q) => {
  const { alpha } = p, meanLogP = p.scale.log().add(alpha.reciprocal());
  return alpha.log().sub(meanLogP).add(gammaNormalizer(q)).add(complement(q.concentration).mul(meanLogP))
    .add(q.rate.mul(alpha).mul(p.scale).div(alpha.sub(1))).sub(1).maskedFill(alpha.le(1), Infinity);
});
registerKl(Pareto, Normal)((p, q) => {
  const { alpha } = p, square = q.variance.mul(2), common = p.scale.div(alpha.sub(1));
  const spread = alpha.mul(common.square()).div(alpha.sub(2)).add(alpha.mul(common).sub(q.loc).square());
  return q.scale.mul(Math.sqrt(TWO_PI)).mul(alpha).div(p.scale).log().sub(alpha.reciprocal()).add(spread.div(square)).sub(1).maskedFill(alpha.le(2), Infinity);
});

registerKl(Uniform, Beta)((p, q) => {
  const low = complement(p.high), high = complement(p.low);
  const logs = q.concentration1.sub(1).mul(meanLog(p.low, p.high)).add(q.concentration0.sub(1).mul(meanLog(low, high)));
  const normalizer = q.concentration1.lgamma().add(q.concentration0.lgamma()).sub(q.concentration1.add(q.concentration0).lgamma());
  return normalizer.sub(p.entropy()).sub(logs).maskedFill(p.high.gt(1).logicalOr(p.low.lt(0)), Infinity);
});
registerKl(Uniform, ContinuousBernoulli)((p, q) => p.entropy().add(meanLogDensity(q, p.mean)).neg().maskedFill(p.high.ge(1).logicalOr(p.low.le(0)), Infinity));
registerKl(Uniform, Exponential)((p, q) => q.rate.mul(p.mean).sub(p.high.sub(p.low).mul(q.rate).log()).maskedFill(p.low.lt(0), Infinity));
registerKl(Uniform, Gamma)((p, q) => p.entropy().neg().add(gammaNormalizer(q)).add(complement(q.concentration).mul(meanLog(p.low, p.high))).add(q.rate.mul(p.mean))
  .maskedFill(p.low.lt(0), Infinity));
registerKl(Uniform, Gumbel)((p, q) => {
  const common = q.scale.div(p.high.sub(p.low)), high = p.high.sub(q.loc).div(q.scale), low = p.low.sub(q.loc).div(q.scale);
  return common.log().add(high.add(low).mul(0.5)).sub(common.mul(high.neg().exp().sub(low.neg().exp())));
});
registerKl(Uniform, Normal)((p, q) => q.scale.mul(Math.sqrt(TWO_PI)).log().sub(p.entropy()).add(p.variance.add(p.mean.sub(q.loc).square()).div(q.variance).mul(0.5)));
registerKl(Uniform, Pareto)((p, q) => {
  const width = p.high.sub(p.low);
  return meanLog(p.low, p.high).mul(q.alpha.add(1)).sub(q.alpha.mul(q.scale.pow(q.alpha)).mul(width).log()).maskedFill(p.low.lt(q.scale), Infinity);
});
