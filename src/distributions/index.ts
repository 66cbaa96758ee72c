/** `flambeau/distributions`: PyTorch's `torch.distributions`. */
import './kl-same.ts';
import './kl-different.ts';

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
export { MultivariateNormal } from './multivariate-normal.ts';
export { Independent, type IndependentArgs } from './independent.ts';
export { MixtureSameFamily, type MixtureArgs } from './mixture.ts';
export { TransformedDistribution, type TransformedArgs } from './transformed.ts';
export {
  AbsTransform, AffineTransform, ComposeTransform, ExpTransform, PowerTransform, SigmoidTransform, SoftplusTransform, TanhTransform, Transform,
} from './transforms.ts';
export { klDivergence, registerKl, type Family } from './kl.ts';
export * as constraints from './constraints.ts';
