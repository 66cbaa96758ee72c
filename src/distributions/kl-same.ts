/** KL divergences within a family, by PyTorch's formulas. */
import { ShapeError } from '../core/errors.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import { solveTriangular } from '../linalg/index.ts';
import { Bernoulli } from './bernoulli.ts';
import { Binomial } from './binomial.ts';
import { Categorical } from './categorical.ts';
import { ContinuousBernoulli } from './continuous-bernoulli.ts';
import { Beta, Dirichlet } from './dirichlet.ts';
import { NotImplementedError } from './errors.ts';
import { Exponential } from './exponential.ts';
import { Gumbel, Pareto } from './extreme.ts';
import { Gamma } from './gamma.ts';
import { Geometric } from './geometric.ts';
import { Independent } from './independent.ts';
import { klDivergence, registerKl } from './kl.ts';
import { Cauchy, Laplace, Normal } from './location-scale.ts';
import { MultivariateNormal, mahalanobis } from './multivariate-normal.ts';
import { halfLogDet } from './of-scale-matrix.ts';
import { HalfNormal } from './of-normal.ts';
import { OneHotCategorical } from './one-hot-categorical.ts';
import { Poisson } from './poisson.ts';
import { TransformedDistribution } from './transformed.ts';
import { sameTransforms } from './transforms.ts';
import { Uniform } from './uniform.ts';
import { Wishart } from './wishart.ts';
import { EULER, complement, sumRightmost } from './utils.ts';

registerKl(Bernoulli, Bernoulli)((p, q) => {
  const ones = p.probs.mul(q.logits.neg().softplus().sub(p.logits.neg().softplus())).maskedFill(q.probs.eq(0), Infinity).maskedFill(p.probs.eq(0), 0);
  const zeros = complement(p.probs).mul(q.logits.softplus().sub(p.logits.softplus())).maskedFill(q.probs.eq(1), Infinity).maskedFill(p.probs.eq(1), 0);
  return ones.add(zeros);
});

registerKl(Beta, Beta)((p, q) => {
  const a = p.concentration1, b = p.concentration0, c = q.concentration1, d = q.concentration0, sumP = a.add(b), sumQ = c.add(d);
  return c.lgamma().add(d.lgamma()).add(sumP.lgamma()).sub(a.lgamma().add(b.lgamma()).add(sumQ.lgamma()))
    .add(a.sub(c).mul(a.digamma())).add(b.sub(d).mul(b.digamma())).add(sumQ.sub(sumP).mul(sumP.digamma()));
});

registerKl(Binomial, Binomial)((p, q) => {
  if (p.totalCount.lt(q.totalCount).any().item()) throw new NotImplementedError('klDivergence: of Binomials with a greater totalCount in q than in p is not known');
  return p.totalCount.mul(p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p())).maskedFill(p.totalCount.gt(q.totalCount), Infinity);
});

registerKl(Categorical, Categorical)((p, q) => p.probs.mul(p.logits.sub(q.logits)).maskedFill(q.probs.eq(0), Infinity).maskedFill(p.probs.eq(0), 0).sum(-1));
registerKl(OneHotCategorical, OneHotCategorical)((p, q) => klDivergence(p.categorical, q.categorical));

registerKl(ContinuousBernoulli, ContinuousBernoulli)((p, q) => p.mean.mul(p.logits.sub(q.logits))
  .add(p.logNormalizer.add(p.probs.neg().log1p())).sub(q.logNormalizer.add(q.probs.neg().log1p())));

registerKl(Dirichlet, Dirichlet)((p, q) => {
  const a = p.concentration, b = q.concentration, sumA = a.sum(-1), sumB = b.sum(-1);
  return sumA.lgamma().sub(sumB.lgamma()).sub(a.lgamma().sub(b.lgamma()).sum(-1)).add(a.sub(b).mul(a.digamma().sub(sumA.digamma().unsqueeze(-1))).sum(-1));
});

registerKl(Exponential, Exponential)((p, q) => {
  const ratio = q.rate.div(p.rate);
  return ratio.log().neg().add(ratio).sub(1);
});

registerKl(Gamma, Gamma)((p, q) => {
  const a = p.concentration, b = q.concentration;
  return b.mul(p.rate.div(q.rate).log()).add(b.lgamma().sub(a.lgamma())).add(a.sub(b).mul(a.digamma())).add(q.rate.sub(p.rate).mul(a.div(p.rate)));
});

registerKl(Gumbel, Gumbel)((p, q) => {
  const ratio = p.scale.div(q.scale), locQ = q.loc.div(q.scale), locP = p.loc.div(q.scale);
  return ratio.log().neg().sub(locQ).add(locP).add(ratio.mul(EULER)).add(locQ.add(ratio.add(1).lgamma()).sub(locP).exp()).sub(1 + EULER);
});

registerKl(Geometric, Geometric)((p, q) => p.entropy().neg().sub(q.probs.neg().log1p().div(p.probs)).sub(q.logits));
registerKl(HalfNormal, HalfNormal)((p, q) => klDivergence(p.baseDist, q.baseDist));

registerKl(Laplace, Laplace)((p, q) => {
  const ratio = p.scale.div(q.scale), distance = p.loc.sub(q.loc).abs();
  return ratio.log().neg().add(distance.div(q.scale)).add(ratio.mul(distance.neg().div(p.scale).exp())).sub(1);
});

registerKl(MultivariateNormal, MultivariateNormal)((p, q) => {
  const [n] = p.eventShape, left = q.unbroadcastedScaleTril, right = p.unbroadcastedScaleTril;
  if (n !== q.eventShape[0]) throw new ShapeError('klDivergence', `the eventShapes must be equal, got ${n} and ${q.eventShape[0]}`);
  const shape = [...broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2)), n, n];
  const trace = solveTriangular(left.expand(shape), right.expand(shape), { upper: false }).square().sum([-2, -1]);
  return halfLogDet(left).sub(halfLogDet(right)).add(trace.add(mahalanobis(left, q.loc.sub(p.loc))).sub(n).mul(0.5));
});

registerKl(Normal, Normal)((p, q) => {
  const ratio = p.scale.div(q.scale).square(), distance = p.loc.sub(q.loc).div(q.scale).square();
  return ratio.add(distance).sub(1).sub(ratio.log()).mul(0.5);
});

registerKl(Pareto, Pareto)((p, q) => {
  const alphas = q.alpha.div(p.alpha);
  return q.alpha.mul(p.scale.div(q.scale).log()).sub(alphas.log()).add(alphas).sub(1).maskedFill(p.scale.lt(q.scale), Infinity);
});

registerKl(Poisson, Poisson)((p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)));

registerKl(TransformedDistribution, TransformedDistribution)((p, q) => {
  if (!sameTransforms(p.transforms, q.transforms) || p.eventShape.join() !== q.eventShape.join()) {
    throw new NotImplementedError(`klDivergence: of ${p.constructor.name} and ${q.constructor.name} is known for the same transforms and eventShape only`);
  }
  return klDivergence(p.baseDist, q.baseDist);
});

registerKl(Uniform, Uniform)((p, q) => q.high.sub(q.low).div(p.high.sub(p.low)).log().maskedFill(q.low.gt(p.low).logicalOr(q.high.lt(p.high)), Infinity));

registerKl(Independent, Independent)((p, q) => {
  if (p.reinterpretedBatchNdims !== q.reinterpretedBatchNdims) throw new NotImplementedError('klDivergence: of Independents with different reinterpretedBatchNdims is not known');
  return sumRightmost(klDivergence(p.baseDist, q.baseDist), p.reinterpretedBatchNdims);
});

registerKl(Cauchy, Cauchy)((p, q) => p.scale.add(q.scale).square().add(p.loc.sub(q.loc).square()).log().sub(p.scale.mul(q.scale).mul(4).log()));

registerKl(Wishart, Wishart)((p, q) => {
  const [n] = p.eventShape, left = q.unbroadcastedScaleTril, right = p.unbroadcastedScaleTril;
  if (n !== q.eventShape[0]) throw new ShapeError('klDivergence', `the eventShapes must be equal, got ${n} and ${q.eventShape[0]}`);
  const trace = solveTriangular(left, right, { upper: false }).square().sum([-2, -1]);
  return q.df.mul(halfLogDet(left).sub(halfLogDet(right))).add(p.df.div(2).mul(trace.sub(n)))
    .add(q.df.div(2).mvlgamma(n)).sub(p.df.div(2).mvlgamma(n)).add(p.df.sub(q.df).div(2).mul(p.meanDigamma));
});
