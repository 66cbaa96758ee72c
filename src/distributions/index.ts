/** `flambeau/distributions`: PyTorch's `torch.distributions`. */
import './kl-same.ts';
import './kl-different.ts';
import './kl-low-rank.ts';

export { Distribution, type EnumerateArgs, type ExpandArgs, type SampleArgs, type ValueArgs } from './distribution.ts';
export { NotImplementedError } from './errors.ts';
export { Cauchy, Laplace, Normal } from './location-scale.ts';
export { HalfCauchy, HalfNormal, LogNormal } from './of-normal.ts';
export { Uniform } from './uniform.ts';
export { Bernoulli } from './bernoulli.ts';
export { Categorical } from './categorical.ts';
export { OneHotCategorical, OneHotCategoricalStraightThrough } from './one-hot-categorical.ts';
export { RelaxedBernoulli, RelaxedOneHotCategorical } from './relaxed.ts';
export { Multinomial } from './multinomial.ts';
export { Binomial } from './binomial.ts';
export { Geometric } from './geometric.ts';
export { Poisson } from './poisson.ts';
export { Exponential } from './exponential.ts';
export { Gumbel, Pareto, Weibull } from './extreme.ts';
export { Chi2, Gamma, StudentT } from './gamma.ts';
export { Beta, Dirichlet } from './dirichlet.ts';
export { NegativeBinomial } from './negative-binomial.ts';
export { ContinuousBernoulli } from './continuous-bernoulli.ts';
export { FisherSnedecor } from './fisher-snedecor.ts';
export { GeneralizedPareto } from './generalized-pareto.ts';
export { InverseGamma } from './inverse-gamma.ts';
export { Kumaraswamy } from './kumaraswamy.ts';
export { VonMises } from './von-mises.ts';
export { LogisticNormal } from './logistic-normal.ts';
export { LKJCholesky } from './lkj-cholesky.ts';
export { LowRankMultivariateNormal } from './low-rank-multivariate-normal.ts';
export { Wishart } from './wishart.ts';
export { MultivariateNormal } from './multivariate-normal.ts';
export { Independent, type IndependentArgs } from './independent.ts';
export { MixtureSameFamily, type MixtureArgs } from './mixture.ts';
export { TransformedDistribution, type TransformedArgs } from './transformed.ts';
export {
  AbsTransform, AffineTransform, ComposeTransform, ExpTransform, PowerTransform, SigmoidTransform, SoftplusTransform, TanhTransform, Transform,
  identityTransform,
} from './transforms.ts';
export { IndependentTransform, ReshapeTransform } from './transforms-shape.ts';
export { SoftmaxTransform, StickBreakingTransform } from './transforms-simplex.ts';
export { CorrCholeskyTransform, LowerCholeskyTransform, PositiveDefiniteTransform } from './transforms-matrix.ts';
export { CatTransform, StackTransform } from './transforms-joined.ts';
export { CumulativeDistributionTransform } from './cumulative.ts';
export { bijectTo, transformTo, type ConstraintRegistry } from './constraint-registry.ts';
export { klDivergence, registerKl, type Family } from './kl.ts';
export * as constraints from './constraints.ts';
