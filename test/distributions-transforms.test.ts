/** `flambeau/distributions`: transforms of events, and from constraints, against numbers that PyTorch gave (test/fixtures/make-distributions.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import {
  AffineTransform, CatTransform, CorrCholeskyTransform, CumulativeDistributionTransform, ExpTransform, Independent, IndependentTransform, LowerCholeskyTransform, Normal, NotImplementedError,
  PositiveDefiniteTransform, ReshapeTransform, SigmoidTransform, SoftmaxTransform, StackTransform, StickBreakingTransform, Transform, TransformedDistribution, bijectTo, constraints, identityTransform, transformTo,
} from 'flambeau/distributions';
import { onBackends } from './fixtures/backends.ts';

interface Recorded { readonly shape: readonly number[]; readonly values: readonly (number | string)[] }
interface Entry {
  readonly x: never; readonly y: Recorded; readonly inverse: Recorded; readonly logAbsDetJacobian?: Recorded;
  readonly eventDims: readonly number[]; readonly shapes: readonly (readonly number[])[];
}
const { transforms: recorded } = JSON.parse(readFileSync(new URL('reference/distributions.json', import.meta.url), 'utf8')) as { readonly transforms: Readonly<Record<string, Entry>> };
const f64 = (values: unknown, requiresGrad = false): Tensor => torch.tensor(values as never, { dtype: 'float64', requiresGrad });

const exp = new ExpTransform(), sigmoid = new SigmoidTransform(), over = (base: Transform): Transform => new IndependentTransform(base, 1);
const { positive, real } = constraints;
const TRANSFORMS: Readonly<Record<string, () => Transform>> = {
  independent: () => over(exp), reshape: () => new ReshapeTransform([3], [3, 1]), softmax: () => new SoftmaxTransform(), stickBreaking: () => new StickBreakingTransform(),
  corrCholesky: () => new CorrCholeskyTransform(), lowerCholesky: () => new LowerCholeskyTransform(), positiveDefinite: () => new PositiveDefiniteTransform(),
  cat: () => new CatTransform([exp, new AffineTransform(1, -2)], -1, [1, 2]), catOfVectors: () => new CatTransform([over(exp), over(sigmoid)], 0),
  catWithin: () => new CatTransform([over(exp), sigmoid], { dim: -1, lengths: [2, 1] }), stack: () => new StackTransform([exp, sigmoid, new AffineTransform(1, -2)], -1),
  cumulative: () => new CumulativeDistributionTransform(new Normal(f64([0.5, -1]), f64([1, 0.3]))), identity: () => identityTransform,
  bijectSimplex: () => bijectTo(constraints.simplex), bijectVector: () => bijectTo(constraints.independent(positive, 1)), transformSimplex: () => transformTo(constraints.simplex),
  bijectLess: () => bijectTo(constraints.lessThan(2)), bijectInterval: () => bijectTo(constraints.interval(-1, 3)), bijectUnit: () => bijectTo(constraints.unitInterval),
  transformPositiveDefinite: () => transformTo(constraints.positiveDefinite), bijectCat: () => bijectTo(constraints.cat([positive, real], -1, [1, 2])),
  bijectStack: () => bijectTo(constraints.stack([positive, real], -2)),
};

function expectClose(found: Tensor, { shape, values }: Recorded, what: string): void {
  expect(found.shape, what).toEqual(shape);
  Array.from(found.detach().toTypedArray(), Number).forEach((x, i) => expect(x, `${what}[${i}]`).toBeCloseTo(Number(values[i]), 9));
}

onBackends(() => {
  test.each(Object.entries(recorded))('%s has PyTorch\'s values, inverse and Jacobian', (name, { x: values, y: image, inverse, logAbsDetJacobian, eventDims, shapes }) => {
    const transform = TRANSFORMS[name](), x = f64(values), y = transform.call(x);
    expectClose(y, image, 'y');
    expectClose(transform.inv.call(y), inverse, 'inverse');
    if (logAbsDetJacobian === undefined) expect(() => transform.logAbsDetJacobian(x, y)).toThrow(NotImplementedError);
    else expectClose(transform.logAbsDetJacobian(x, y), logAbsDetJacobian, 'logAbsDetJacobian');
    expect([transform.domain.eventDim, transform.codomain.eventDim]).toEqual(eventDims);
    expect([transform.forwardShape(x.shape), transform.inverseShape(y.shape)]).toEqual(shapes);
    // As in PyTorch, constraints of different event dims can not be checked side by side.
    if (name !== 'catWithin') expect(transform.codomain.check(y).all().item()).toBeTruthy();
    expect(transform.equals(name === 'cumulative' ? transform : TRANSFORMS[name]())).toBe(true);
    expect(transform.equals(new AffineTransform(7, 7))).toBe(false);
  });

  test.each(Object.entries(recorded))('%s has gradients', (name, { x: values }) => {
    const transform = TRANSFORMS[name](), x = f64(values, true);
    expect(torch.autograd.gradcheck((at) => transform.call(at), [x])).toBe(true);
    // The inverse of a factor reads one triangle of it.
    expect(torch.autograd.gradcheck((at) => transform.inv.call(transform.call(at)), [x])).toBe(true);
    if (recorded[name].logAbsDetJacobian !== undefined) expect(torch.autograd.gradcheck((at) => transform.logAbsDetJacobian(at, transform.call(at)), [x])).toBe(true);
  });

  test('a distribution takes the event shape that its transform gives', () => {
    const base = new Independent(new Normal(torch.zeros(4, 3, { dtype: 'float64' }), 1), 1), factors = new TransformedDistribution(base, new CorrCholeskyTransform());
    expect([factors.batchShape, factors.eventShape]).toEqual([[4], [3, 3]]);
    const sample = factors.rsample([2]);
    expect(constraints.corrCholesky.check(sample).all().item()).toBeTruthy();
    expect(factors.logProb(sample).shape).toEqual([2, 4]);
    expect(factors.expand([5, 4]).sample().shape).toEqual([5, 4, 3, 3]);
  });

  test('float32 factors satisfy their constraint', () => {
    expect(constraints.corrCholesky.check(new CorrCholeskyTransform().call(torch.randn(50, 10))).all().item()).toBeTruthy();
    expect(constraints.simplex.check(new StickBreakingTransform().call(torch.randn(50, 4))).all().item()).toBeTruthy();
  });

  describe('what is wrong is named', () => {
    test('of transforms', () => {
      expect(() => new CorrCholeskyTransform().call(torch.zeros(4))).toThrow('CorrCholeskyTransform: x must have as many elements in its last dim as lie below the diagonal of a square matrix, got 4');
      expect(() => new ReshapeTransform([2], [3])).toThrow('ReshapeTransform: [2] and [3] have different numbers of elements');
      expect(() => new ReshapeTransform([2], [1, 2]).call(torch.zeros(3))).toThrow('ReshapeTransform: the last dims must be [2], got [3]');
      expect(() => new CatTransform([], 0)).toThrow('CatTransform: tseq must be an array of Transforms');
      expect(() => new CatTransform([exp], { lengths: [1, 2] })).toThrow('CatTransform: lengths must be 1 numbers, got 2');
      expect(() => new StackTransform([exp, exp]).call(torch.zeros(3))).toThrow('StackTransform: dim 0 of a value must have size 2, got [3]');
      expect(() => new IndependentTransform('exp', 1)).toThrow('IndependentTransform: baseTransform must be a Transform, got "exp"');
      expect(() => over(exp).call(torch.zeros([]))).toThrow('IndependentTransform: a value must have at least 1 dims, got []');
      expect(() => new CumulativeDistributionTransform(exp as never)).toThrow('CumulativeDistributionTransform: distribution must be a Distribution');
    });

    test('of constraints', () => {
      expect(constraints.cat([positive, real], 0, [1, 2]).check(f64([-1, 2, -3])).tolist()).toEqual([false, true, true]);
      expect(constraints.stack([positive, real], 1).check(f64([[1, -1], [-1, 0]])).tolist()).toEqual([[true, true], [false, true]]);
      expect(() => constraints.cat([positive], 0, [1, 2])).toThrow('cat: lengths must be 1 numbers, got 2');
      expect(() => constraints.stack([])).toThrow('stack: cseq must be an array of Constraints');
      expect(() => bijectTo(constraints.boolean)).toThrow('bijectTo: no transform is registered for Boolean()');
      expect(() => bijectTo(constraints.positiveDefinite)).toThrow(NotImplementedError);
      expect(() => transformTo('real' as never)).toThrow('transformTo: constraint must be a Constraint, got "real"');
    });
  });

  test('a transform is registered for one\'s own constraint', () => {
    class Even extends constraints.Constraint {
      check(value: Tensor): Tensor {
        return value.remainder(2).eq(0);
      }

      override toString(): string {
        return 'Even()';
      }
    }
    expect(() => transformTo(new Even())).toThrow('transformTo: no transform is registered for Even()');
    transformTo.register(Even, () => new AffineTransform(0, 2));
    expect(transformTo(new Even()).call(f64([1, 2])).tolist()).toEqual([2, 4]);
    expect(() => bijectTo(new Even())).toThrow(NotImplementedError);
  });
});

test('a transform of one\'s own needs no inverse until one is asked for', () => {
  class Planar extends Transform {
    override get domain(): constraints.Constraint { return constraints.realVector; }
    override get codomain(): constraints.Constraint { return constraints.realVector; }
    override get bijective(): boolean { return false; }
    call(z: Tensor): Tensor { return z.add(z.sum(-1, true).tanh().mul(0.5)); }
    override logAbsDetJacobian(z: Tensor, _x: Tensor): Tensor { return z.sum(-1).tanh().square().neg().add(2).log(); }
  }
  const d = new TransformedDistribution(new Independent(new Normal(torch.zeros(2), torch.ones(2)), 1), [new Planar()]);
  expect([d.rsample([3]).shape, d.eventShape]).toEqual([[3, 2], [2]]);
  expect(() => new Planar().undo(torch.zeros(2))).toThrow(NotImplementedError);
  expect(() => new Planar().undo(torch.zeros(2))).toThrow(/^Planar cannot be undone/);
});
