/** `flambeau/distributions`: distributions made of others, gradients, shapes, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import {
  AffineTransform, Bernoulli, Beta, Binomial, Categorical, Cauchy, Chi2, ComposeTransform, ContinuousBernoulli, Dirichlet, Distribution, ExpTransform, Exponential, FisherSnedecor, Gamma,
  GeneralizedPareto, Geometric, Gumbel, HalfCauchy, HalfNormal, Independent, InverseGamma, Kumaraswamy, LKJCholesky, Laplace, LogNormal, LogisticNormal, LowRankMultivariateNormal, MixtureSameFamily,
  Multinomial, MultivariateNormal, NegativeBinomial, Normal, NotImplementedError, OneHotCategorical,
  OneHotCategoricalStraightThrough, Pareto, Poisson, PowerTransform, RelaxedBernoulli, RelaxedOneHotCategorical, SigmoidTransform, SoftplusTransform, StudentT, TanhTransform, TransformedDistribution, Uniform,
  VonMises, Weibull, Wishart, constraints, klDivergence, registerKl,
} from 'flambeau/distributions';
import { onBackends } from './fixtures/backends.ts';

const { composed } = JSON.parse(readFileSync(new URL('reference/distributions.json', import.meta.url), 'utf8')) as {
  readonly composed: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
};
const { tensor, manualSeed, autograd } = torch;
const f64 = (values: unknown, requiresGrad = false): Tensor => tensor(values as never, { dtype: 'float64', requiresGrad });
const seeded = (draw: () => Tensor): Tensor => {
  manualSeed(3);
  return draw();
};

const mixture = (): MixtureSameFamily => new MixtureSameFamily(new Categorical({ probs: f64([[0.2, 0.8], [0.5, 0.5]]) }), new Normal(f64([[0, 1], [2, -1]]), f64([[1, 0.5], [0.3, 2]])));
const vectors = (): MixtureSameFamily => new MixtureSameFamily(
  new Categorical({ probs: f64([0.2, 0.3, 0.5]) }), new Independent(new Normal(f64([[0, 1], [2, -1], [3, 4]]), f64([[1, 0.5], [0.3, 2], [1, 1]])), 1));
const squashed = (): Distribution => new TransformedDistribution(new Normal(f64([0.5, -1]), f64([1, 0.3])), [new TanhTransform(), new AffineTransform(1, -2)]);
const logistic = (): Distribution => new TransformedDistribution(new Uniform(f64([0, 0]), f64([1, 1])), [new SigmoidTransform().inv, new AffineTransform({ loc: f64([1, 2]), scale: f64([0.5, 2]) })]);
const coupled = (): Distribution => new TransformedDistribution(new Normal(torch.zeros(3, 2, { dtype: 'float64' }), 1), [new AffineTransform(f64([1, 2]), f64([0.5, 2]), { eventDim: 1 }), new SoftplusTransform()]);
const independent = (): Independent => new Independent(new Normal(f64([[0, 1], [2, -1]]), f64([[1, 0.5], [0.3, 2]])), 1);
const v = (): Tensor => f64([0.3, 0.9]);

const COMPOSED: Readonly<Record<string, () => Tensor>> = {
  mixLogProb: () => mixture().logProb(v()), mixCdf: () => mixture().cdf(v()), mixMean: () => mixture().mean, mixVariance: () => mixture().variance,
  mixSample: () => seeded(() => mixture().sample([3])),
  mixVectorLogProb: () => vectors().logProb(v()), mixVectorMean: () => vectors().mean, mixVectorVariance: () => vectors().variance, mixVectorSample: () => seeded(() => vectors().sample([3])),
  squashedLogProb: () => squashed().logProb(f64([0.5, 2.5])), squashedCdf: () => squashed().cdf(f64([0.5, 2.5])), squashedIcdf: () => squashed().icdf(f64([0.3, 0.6])),
  squashedSample: () => seeded(() => squashed().sample([2])),
  logisticLogProb: () => logistic().logProb(v()), logisticCdf: () => logistic().cdf(v()), logisticSample: () => seeded(() => logistic().rsample()),
  coupledLogProb: () => coupled().logProb(f64([0.7, 0.2])), independentLogProb: () => independent().logProb(v()), independentEntropy: () => independent().entropy(),
  expandedSample: () => seeded(() => new Gumbel(f64([1, 2]), 0.5).expand([3, 2]).sample()),
  straightThrough: () => seeded(() => new OneHotCategoricalStraightThrough({ logits: f64([0.1, 1, 0.3]) }).rsample([4])),
};

const POSITIVE = [0.7, 1.9], REAL = [0.3, -1.2];
/** A family's parameters, a value that has a derivative, and whether samples have one. */
const DIFFERENTIABLE: readonly (readonly [string, (a: Tensor, b: Tensor) => Distribution, number[], number[], unknown])[] = [
  ['Normal', (a, b) => new Normal(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['Laplace', (a, b) => new Laplace(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['Cauchy', (a, b) => new Cauchy(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['Gumbel', (a, b) => new Gumbel(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['LogNormal', (a, b) => new LogNormal(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['HalfNormal', (a, b) => new HalfNormal(a.mul(b)), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Uniform', (a, b) => new Uniform(a, b), [0.3, 1.2], [2, 3], [0.5, 1.4]],
  ['Exponential', (a, b) => new Exponential(a.mul(b)), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Pareto', (a, b) => new Pareto(a, b), [0.05, 0.2], POSITIVE, [0.1, 0.4]],
  ['Weibull', (a, b) => new Weibull(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Gamma', (a, b) => new Gamma(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Beta', (a, b) => new Beta(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Dirichlet', (a, b) => new Dirichlet(a.mul(b)), POSITIVE, POSITIVE, [0.1, 0.9]],
  ['StudentT', (a, b) => new StudentT(a, 0.5, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Bernoulli', (a, b) => new Bernoulli({ logits: a.mul(b) }), REAL, POSITIVE, [1, 0]],
  ['Geometric', (a, b) => new Geometric({ logits: a.mul(b) }), REAL, POSITIVE, [1, 0]],
  ['Binomial', (a, b) => new Binomial(3, { logits: a.mul(b) }), REAL, POSITIVE, [1, 2]],
  ['Categorical', (a, b) => new Categorical({ logits: a.mul(b) }), REAL, POSITIVE, [1, 0]],
  ['MultivariateNormal', (a, b) => new MultivariateNormal(a, { covarianceMatrix: b.diagEmbed().add(0.3) }), REAL, POSITIVE, [0.1, 0.4]],
  ['LowRankMultivariateNormal', (a, b) => new LowRankMultivariateNormal(a, b.unsqueeze(-1), b), REAL, POSITIVE, [0.1, 0.4]],
  ['Wishart', (a, b) => new Wishart(b.sum().add(1), { scaleTril: a.mul(tensor([[0], [1]])).mul(tensor([1, 0])).add(b.diagEmbed()) }), REAL, POSITIVE, [[0.8, 0.3], [0.3, 0.5]]],
  ['ContinuousBernoulli', (a, b) => new ContinuousBernoulli({ logits: a.mul(b) }), REAL, POSITIVE, [0.1, 0.4]],
  ['GeneralizedPareto', (a, b) => new GeneralizedPareto(0.05, b, a), REAL, POSITIVE, [0.1, 0.4]],
  ['InverseGamma', (a, b) => new InverseGamma(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['Kumaraswamy', (a, b) => new Kumaraswamy(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['FisherSnedecor', (a, b) => new FisherSnedecor(a, b), POSITIVE, POSITIVE, [0.1, 0.4]],
  ['LogisticNormal', (a, b) => new LogisticNormal(a, b), REAL, POSITIVE, [0.1, 0.4, 0.5]],
  ['NegativeBinomial', (a, b) => new NegativeBinomial(b, { logits: a }), REAL, POSITIVE, [1, 3]],
  ['VonMises', (a, b) => new VonMises(a, b), REAL, POSITIVE, [0.1, 0.4]],
  ['LKJCholesky', (a, b) => new LKJCholesky(2, a.mul(b)), POSITIVE, POSITIVE, [[1, 0], [0.6, 0.8]]],
];
// Their samples' gradients are approximations, compared with PyTorch's own in distributions.test.ts.
const APPROXIMATE = ['Gamma', 'Beta', 'Dirichlet', 'StudentT', 'InverseGamma', 'FisherSnedecor', 'Wishart'];
const WITHOUT_ENTROPY = ['FisherSnedecor', 'LogisticNormal', 'NegativeBinomial', 'VonMises', 'LKJCholesky'];
// Two Weibulls and two Kumaraswamys have different transforms.
const WITHOUT_KL = ['Weibull', 'StudentT', 'GeneralizedPareto', 'Kumaraswamy', 'FisherSnedecor', 'NegativeBinomial', 'VonMises', 'LKJCholesky'];

onBackends(() => {
  test.each(Object.entries(COMPOSED))('%s of a composed distribution is PyTorch\'s', (name, compute) => {
    const found = compute(), { shape, values } = composed[name];
    expect(found.shape).toEqual(shape);
    Array.from(found.detach().toTypedArray(), Number).forEach((x, i) => expect(x).toBeCloseTo(values[i], 9));
  });

  describe('gradients are those of finite differences', () => {
    test.each(DIFFERENTIABLE)('of %s', (name, family, first, second, value) => {
      const inputs = [f64(first, true), f64(second, true)], at = f64(value);
      expect(autograd.gradcheck((a, b) => family(a, b).logProb(at), inputs)).toBe(true);
      if (!WITHOUT_ENTROPY.includes(name)) expect(autograd.gradcheck((a, b) => family(a, b).entropy(), inputs)).toBe(true);
      const made = family(inputs[0], inputs[1]);
      if (made.hasRsample && !APPROXIMATE.includes(name)) expect(autograd.gradcheck((a, b) => seeded(() => family(a, b).rsample([3])), inputs)).toBe(true);
      if (!WITHOUT_KL.includes(name)) {
        const other = family(f64(first).mul(0.9), f64(second).mul(1.1));
        expect(autograd.gradcheck((a, b) => klDivergence(family(a, b), other), inputs)).toBe(true);
      }
    });

    test('of Poisson and Multinomial', () => {
      expect(autograd.gradcheck((rate) => new Poisson(rate).logProb(f64([1, 4])), [f64(POSITIVE, true)])).toBe(true);
      expect(autograd.gradcheck((logits) => new Multinomial(3, { logits }).logProb(f64([1, 2])), [f64(REAL, true)])).toBe(true);
    });

    test('of a Wishart sample to its scale, which PyTorch refuses', () => {
      const scaleTril = f64([[0.7, 0], [0.3, 1.9]], true);
      expect(autograd.gradcheck((factor) => seeded(() => new Wishart(3, { scaleTril: factor.tril() }).rsample([2])), [scaleTril])).toBe(true);
    });

    test('and a gamma sample refuses a second one', () => {
      const a = f64(POSITIVE, true), [first] = autograd.grad(new Gamma(a, 1).rsample().sum(), [a], { createGraph: true });
      expect(() => autograd.grad(first.sum(), [a])).toThrow('first derivatives only');
    });
  });

  test('relaxed samples have gradients, and expand', () => {
    const families = [(a: Tensor) => new RelaxedBernoulli(0.5, { logits: a }), (a: Tensor) => new RelaxedOneHotCategorical(f64(0.5), { logits: a })];
    for (const family of families) {
      expect(autograd.gradcheck((a) => seeded(() => family(a).rsample([3])), [f64(REAL, true)])).toBe(true);
      expect(autograd.gradcheck((a) => family(a).logProb(f64([0.3, 0.7])), [f64(REAL, true)])).toBe(true);
      const d = family(f64([REAL])), wide = d.expand([4, ...d.batchShape.slice(1)]);
      expect(wide.sample([5]).shape).toEqual([5, 4, 2]);
      expect(() => d.mean).toThrow(NotImplementedError);
    }
  });

  test('REINFORCE reads as in PyTorch', () => {
    const logits = torch.zeros(4, { requiresGrad: true });
    const m = new Categorical({ logits }), action = m.sample();
    m.logProb(action).mul(2).neg().backward();
    const grad = (logits.grad as Tensor).tolist() as number[];
    expect(grad[action.item()]).toBeCloseTo(-1.5, 6);
    expect(m.entropy().item()).toBeCloseTo(Math.log(4), 6);
  });

  test('every family expands to a batch shape and keeps its values', () => {
    const one = torch.tensor([0.5]), square = torch.eye(2);
    const families: Distribution[] = [
      new Normal(one, one), new Laplace(one, one), new Cauchy(one, one), new Gumbel(one, one), new LogNormal(one, one), new HalfNormal(one), new HalfCauchy(one),
      new Uniform(0, one), new Bernoulli(one), new Geometric(one), new Binomial(3, one), new Poisson(one), new Exponential(one), new Pareto(one, one), new Weibull(one, one),
      new Gamma(one, one), new Chi2(one), new StudentT(one), new Beta(one, one), new Dirichlet(torch.ones(1, 3)), new Categorical(torch.ones(1, 3)),
      new OneHotCategorical(torch.ones(1, 3)), new Multinomial(2, torch.ones(1, 3)), new MultivariateNormal(torch.zeros(1, 2), square), new Independent(new Normal(torch.zeros(1, 2), 1), 1),
      new MixtureSameFamily(new Categorical(torch.ones(1, 2)), new Normal(torch.zeros(1, 2), 1)), new TransformedDistribution(new Normal(one, one), new ExpTransform()),
      new NegativeBinomial(3, one), new ContinuousBernoulli(one), new FisherSnedecor(one, one), new GeneralizedPareto(one, one, one), new InverseGamma(one, one), new Kumaraswamy(one, one),
      new VonMises(one, one), new LogisticNormal(torch.zeros(1, 2), 1), new LKJCholesky(3, one), new LowRankMultivariateNormal(torch.zeros(1, 2), torch.ones(2, 1), torch.ones(2)),
      new Wishart(torch.full([1], 4), { covarianceMatrix: square }),
    ];
    for (const d of families) {
      const wide = d.expand([4, 3]), sample = wide.sample([2]);
      expect(wide.constructor).toBe(d.constructor);
      expect([wide.batchShape, wide.eventShape], String(d)).toEqual([[4, 3], d.eventShape]);
      expect(sample.shape, String(d)).toEqual([2, 4, 3, ...d.eventShape]);
      expect(wide.logProb(sample).shape, String(d)).toEqual([2, 4, 3]);
      expect(wide.logProb(sample).allclose(d.logProb(sample), 1e-4, 1e-5), String(d)).toBe(true);
      if (![TransformedDistribution, LogisticNormal, LKJCholesky].includes(wide.constructor as never)) expect(wide.mean.shape.slice(0, 2), String(d)).toEqual([4, 3]);
    }
  });

  test('samples have the moments of their distribution', () => {
    manualSeed(0);
    const families: Distribution[] = [
      new Gamma(0.5, 2), new Gamma(30, 2), new Beta(2, 3), new StudentT(12, 1, 2), new Binomial(40, { probs: torch.tensor(0.4) }), new Binomial(9, { probs: torch.tensor(0.8) }), new Poisson(30), new Weibull(2, 3),
    ];
    for (const d of families) {
      const n = 20000, sample = d.sample([n]), deviation = d.stddev.item();
      expect(Math.abs(sample.mean().item() - d.mean.item()), String(d)).toBeLessThan(5 * deviation / Math.sqrt(n));
      expect(sample.std().item() / deviation, String(d)).toBeCloseTo(1, 1);
    }
  });

  test('every transform is undone by its inverse, and has the logarithm of its derivative', () => {
    const transforms = [new ExpTransform(), new SigmoidTransform(), new TanhTransform(), new SoftplusTransform(), new PowerTransform(f64(1.7)), new AffineTransform(1, -2),
      new ComposeTransform([new ExpTransform(), new AffineTransform(f64([1, 2]), 3)])];
    for (const transform of transforms) {
      const x = f64([0.4, 1.3], true), y = transform.call(x);
      expect(transform.inv.call(y).allclose(x, 1e-9, 1e-9), String(transform)).toBe(true);
      const [slope] = autograd.grad(y.sum(), [x], { retainGraph: true });
      expect(transform.logAbsDetJacobian(x, y).allclose(slope.abs().log(), 1e-9, 1e-9), String(transform)).toBe(true);
      expect(transform.inv.logAbsDetJacobian(y, x).allclose(slope.abs().log().neg(), 1e-9, 1e-9), String(transform)).toBe(true);
      expect(transform.inv.inv).toBe(transform);
    }
  });

  test('a KL divergence of one\'s own families is registered, and holds for subclasses', () => {
    class Shifted extends Normal {}
    expect(klDivergence(new Shifted(0, 1), new Normal(1, 1)).item()).toBeCloseTo(0.5, 6);
    registerKl(Shifted, Shifted)((p) => p.loc.mul(0).add(7));
    expect(klDivergence(new Shifted(0, 1), new Shifted(1, 1)).item()).toBe(7);
    expect(klDivergence(new Shifted(0, 1), new Normal(1, 1)).item()).toBeCloseTo(0.5, 6);
    expect(() => klDivergence(new Normal(0, 1), new StudentT(3))).toThrow('klDivergence: no KL(p || q) is registered for p of Normal and q of StudentT');
  });

  test('constraints tell what is inside', () => {
    const inside = (constraint: constraints.Constraint, value: unknown): unknown => constraint.check(tensor(value as never)).tolist();
    expect(inside(constraints.simplex, [[0.5, 0.5], [0.5, 0.6]])).toEqual([true, false]);
    expect(inside(constraints.integerInterval(0, 3), [0, 1.5, 4])).toEqual([true, false, false]);
    expect(inside(constraints.lowerCholesky, [[[1, 0], [2, 3]], [[1, 1], [2, 3]], [[0, 0], [2, 3]]])).toEqual([true, false, false]);
    expect(inside(constraints.positiveDefinite, [[2, 1], [1, 2]])).toBe(true);
    expect(inside(constraints.positiveDefinite, [[1, 2], [2, 1]])).toBe(false);
    expect(inside(constraints.positiveSemidefinite, [[1, 1], [1, 1]])).toBe(true);
    expect(inside(constraints.square, [[1, 2, 3], [2, 1, 3]])).toBe(false);
    expect(inside(constraints.corrCholesky, [[1, 0], [0.6, 0.8]])).toBe(true);
    expect(String(constraints.interval(0, 2))).toBe('Interval(lowerBound=0, upperBound=2)');
    expect(String(constraints.realVector)).toBe('IndependentConstraint(Real(), 1)');
  });

  test('what is wrong is named', () => {
    const normal = new Normal(torch.zeros(3), 1);
    expect(() => new Normal(0, -1)).toThrow('Normal: scale must satisfy the constraint GreaterThan(lowerBound=0), found tensor(-1.)');
    expect(() => new Normal(0, 'one' as never)).toThrow('Normal: scale must be a Tensor or a number, got "one"');
    expect(() => new Normal({ loc: 0, sigma: 1 } as never)).toThrow("Normal: option 'sigma' is unknown; expected one of loc, scale, validateArgs");
    expect(() => new Uniform(1, 0)).toThrow('Uniform: low must satisfy the constraint LessThan');
    expect(() => new Categorical({})).toThrow('Categorical: probs or logits must be given, but not both');
    expect(() => new Bernoulli({ probs: 0.5, logits: 0 })).toThrow('Bernoulli: probs or logits must be given, but not both');
    expect(() => new Bernoulli(1.5)).toThrow('Bernoulli: probs must satisfy the constraint Interval(lowerBound=0, upperBound=1), found tensor(1.5000)');
    expect(() => new NegativeBinomial(3, { probs: 1 })).toThrow('NegativeBinomial: probs must satisfy the constraint HalfOpenInterval(lowerBound=0, upperBound=1), found tensor(1.)');
    expect(() => new LKJCholesky(1)).toThrow('LKJCholesky: dim must be at least 2, got 1');
    expect(() => new Wishart(1, { covarianceMatrix: torch.eye(2) })).toThrow('Wishart: df must be greater than 1 for matrices of 2 rows, found tensor(1.)');
    expect(() => new Wishart(3)).toThrow('and only one of them, got 0');
    expect(() => new LowRankMultivariateNormal(torch.zeros(2), torch.ones(3, 1), torch.ones(2))).toThrow('LowRankMultivariateNormal: covFactor must have 2 rows, got [3, 1]');
    expect(() => new ContinuousBernoulli({ probs: 0.5, lims: [0.4] })).toThrow('ContinuousBernoulli: lims must be two numbers, got 1');
    expect(() => new GeneralizedPareto(0, 1, -0.5).logSurvivalFunction(tensor(3))).toThrow('GeneralizedPareto.logSurvivalFunction: value must be within the support Interval');
    expect(() => new Geometric(0)).toThrow('Geometric: probs must be positive');
    expect(() => new Categorical(tensor(0.5))).toThrow('Categorical: probs must have at least one dimension');
    expect(() => new Chi2(-1)).toThrow('Chi2: df must satisfy');
    expect(() => new MultivariateNormal(torch.zeros(2), tensor([[1, 2], [2, 1]]))).toThrow('MultivariateNormal: covarianceMatrix must satisfy the constraint PositiveDefinite()');
    expect(() => new MultivariateNormal(torch.zeros(2))).toThrow('and only one of them, got 0');
    expect(() => new Independent(normal, 2)).toThrow('Independent: reinterpretedBatchNdims must be at most the 1 batch dims of the base, got 2');
    expect(() => new MixtureSameFamily(new Categorical(torch.ones(2)), normal)).toThrow('MixtureSameFamily: mixtureDistribution has 2 components, componentDistribution 3');
    expect(() => new TransformedDistribution(normal, 'exp' as never)).toThrow('TransformedDistribution: transforms must be a Transform or an array of them, got "exp"');
    expect(() => normal.logProb(torch.zeros(4))).toThrow('Normal.logProb: value of shape [4] does not broadcast with batchShape and eventShape [3]');
    expect(() => normal.logProb(tensor([NaN, 0, 0]))).toThrow('Normal.logProb: value must be within the support Real()');
    expect(() => normal.logProb(1 as never)).toThrow('Normal.logProb: value must be a Tensor, got 1');
    expect(() => new Dirichlet(torch.ones(3)).logProb(torch.ones(2))).toThrow('Dirichlet.logProb: the right-most dims of value must be the eventShape [3], got [2]');
    expect(() => new Poisson(3).logProb(tensor(0.5))).toThrow('Poisson.logProb: value must be within the support IntegerGreaterThan(lowerBound=0)');
    expect(() => normal.sample(3 as never)).toThrow('Normal.sample: sampleShape must be an array of sizes, got 3');
    expect(() => normal.sample([-1])).toThrow('Normal.sample: sampleShape[0] must not be negative, got -1');
    expect(() => new Bernoulli(0.5).rsample()).toThrow(NotImplementedError);
    expect(() => normal.enumerateSupport()).toThrow('Normal has no enumerateSupport');
  });

  test('VonMises angles lie within a turn, are NaN without a concentration and the location of an endless one', () => {
    manualSeed(0);
    const d = new VonMises(f64([3, -3, 0]), f64([1, 50, 1e-7])), sample = d.sample([4000]);
    expect(sample.abs().le(Math.PI).all().item()).toBeTruthy();
    const length = torch.hypot(sample.cos().mean(0), sample.sin().mean(0));
    expect(length.sub(d.variance.neg().add(1)).abs().lt(0.05).all().item()).toBeTruthy();
    expect(new VonMises(f64([1, 1]), f64([NaN, 1e20]), false).sample().tolist()).toEqual([NaN, 1]);
    expect(torch.func.vmap((k: Tensor) => new VonMises(0, k, false).sample([3]), { randomness: 'different' })(f64([1, 5])).shape).toEqual([2, 3]);
  });

  test('GeneralizedPareto has the logarithms of its cdf and of what is above', () => {
    const d = new GeneralizedPareto(f64([0, 1]), 2, f64([0, 0.7])), value = f64([1.5, 4]), cdf = d.cdf(value);
    expect(d.logCdf(value).exp().allclose(cdf)).toBe(true);
    expect(d.logSurvivalFunction(value).exp().allclose(cdf.neg().add(1))).toBe(true);
  });

  test('low rank and Wishart matrices are those of the parameters', () => {
    const low = new LowRankMultivariateNormal(f64([0, 1]), f64([[2], [0.3]]), f64([0.4, 1.5])), full = new MultivariateNormal(f64([0, 1]), { covarianceMatrix: low.covarianceMatrix });
    const wishart = new Wishart(3, { precisionMatrix: low.precisionMatrix });
    for (const name of ['scaleTril', 'covarianceMatrix', 'precisionMatrix'] as const) for (const d of [low, wishart]) expect(d[name].allclose(full[name], 1e-9, 1e-9), name).toBe(true);
    expect(klDivergence(low, full).item()).toBeCloseTo(0, 9);
    expect(wishart.sample([0]).shape).toEqual([0, 2, 2]);
    expect(new Wishart(torch.zeros(0), { covarianceMatrix: torch.eye(2) }).sample([3]).shape).toEqual([3, 0, 2, 2]);
    expect(new LKJCholesky(3, torch.zeros(0)).sample([2]).shape).toEqual([2, 0, 3, 3]);
  });

  test('checks are turned off for one distribution or for all', () => {
    expect(new Normal(0, -1, false).validateArgs).toBe(false);
    expect(new Normal({ loc: 0, scale: -1, validateArgs: false }).logProb({ value: tensor(NaN) }).item()).toBeNaN();
    Distribution.setDefaultValidateArgs(false);
    try {
      expect(new Normal(0, -1).validateArgs).toBe(false);
    } finally {
      Distribution.setDefaultValidateArgs(true);
    }
  });

  test('probabilities that are computed from logits outlive the tidy in which they were first asked for', () => {
    const d = new Bernoulli({ logits: tensor([0, 1]) });
    torch.tidy(() => void d.probs);
    expect((d.probs.tolist() as number[])[0]).toBe(0.5);
  });

  test('a distribution prints as in PyTorch', () => {
    expect(String(new Normal(0, 1))).toBe('Normal(loc: tensor(0.), scale: tensor(1.))');
    expect(String(new Categorical({ logits: torch.zeros(2, 3) }))).toBe('Categorical(logits: torch.Size([2, 3]))');
    expect(String(new Independent(new Normal(torch.zeros(2), 1), 1))).toBe('Independent(Normal(loc: torch.Size([2]), scale: torch.Size([2])), 1)');
  });
});
