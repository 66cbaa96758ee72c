/** KL divergences between multivariate normal distributions of which one or both have a covariance of low rank. */
import { ShapeError } from '../core/errors.ts';
import { solveTriangular } from '../linalg/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { registerKl } from './kl.ts';
import { LowRankMultivariateNormal } from './low-rank-multivariate-normal.ts';
import { MultivariateNormal, mahalanobis } from './multivariate-normal.ts';
import { halfLogDet } from './of-scale-matrix.ts';

type AnyNormal = LowRankMultivariateNormal | MultivariateNormal;

const squares = (x: Tensor): Tensor => x.square().sum([-2, -1]);

/** From the logarithms of the determinants, the trace of Q^-1 P, and the squared distance of the means. */
const divergence = ({ eventShape: [n] }: AnyNormal, logDets: Tensor, trace: Tensor, distance: Tensor): Tensor => logDets.add(trace).add(distance).sub(n).mul(0.5);

function sameEvent(p: AnyNormal, q: AnyNormal): void {
  const [n] = p.eventShape, [m] = q.eventShape;
  if (n !== m) throw new ShapeError('klDivergence', `the eventShapes must be equal, got ${n} and ${m}`);
}

registerKl(LowRankMultivariateNormal, LowRankMultivariateNormal)((p, q) => {
  sameEvent(p, q);
  const { factor, diag } = p.unbroadcasted, { diag: other } = q.unbroadcasted, { whitened } = q;
  const ofDiagonal = diag.div(other).sum(-1).add(squares(factor.mul(other.rsqrt().unsqueeze(-1))));
  const trace = ofDiagonal.sub(squares(whitened.mul(diag.sqrt().unsqueeze(-2)))).sub(squares(whitened.matmul(factor)));
  return divergence(p, q.logDet.sub(p.logDet), trace, q.squaredDistance(q.loc.sub(p.loc)));
});

registerKl(MultivariateNormal, LowRankMultivariateNormal)((p, q) => {
  sameEvent(p, q);
  const factor = p.unbroadcastedScaleTril, { diag } = q.unbroadcasted;
  const trace = squares(factor.mul(diag.rsqrt().unsqueeze(-1))).sub(squares(q.whitened.matmul(factor)));
  return divergence(p, q.logDet.sub(halfLogDet(factor).mul(2)), trace, q.squaredDistance(q.loc.sub(p.loc)));
});

registerKl(LowRankMultivariateNormal, MultivariateNormal)((p, q) => {
  sameEvent(p, q);
  const { factor, diag } = p.unbroadcasted, left = q.unbroadcastedScaleTril;
  const within = (x: Tensor): Tensor => squares(solveTriangular(left, x, { upper: false }));
  return divergence(p, halfLogDet(left).mul(2).sub(p.logDet), within(factor).add(within(diag.sqrt().diagEmbed())), mahalanobis(left, q.loc.sub(p.loc)));
});
