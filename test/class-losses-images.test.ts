/** Class losses over [N, C, d...] are those of the rows [N d..., C], whatever the layout. */
import { expect, test } from 'vitest';
import { autograd, func, nn, ones, randint, randn, rand, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const rowsOf = (x: Tensor): Tensor => x.movedim(1, -1).reshape([-1, x.shape[1]]);
const apart = (a: Tensor, b: Tensor): number => a.double().sub(b.double()).abs().max().item();

onBackends(() => {
  for (const dtype of ['float64', 'float32', 'bfloat16'] as const) for (const shape of [[2, 5, 7], [3, 4, 5, 6], [2, 3, 17, 19], [1, 40, 2, 3, 4]]) {
    test(`${dtype} [${shape.join(', ')}]: values and gradients`, () => {
      const bound = { float64: 1e-12, float32: 1e-5, bfloat16: 0.1 }[dtype], [N, C, ...rest] = shape;
      const x = randn(shape, { dtype }).requiresGrad_(), strided = randn([N, ...rest, C], { dtype }).movedim(-1, 1).detach().requiresGrad_();
      const target = randint(0, C, [N, ...rest]), some = target.where(randn([N, ...rest]).gt(-0.5), -100);
      const weight = rand([C], { dtype });
      for (const logits of [x, strided]) for (const classes of [target, some, some.to('int32')]) for (const reduction of ['mean', 'sum', 'none'] as const) {
        for (const options of [{ reduction }, { reduction, weight }, { reduction, labelSmoothing: 0.2 }]) {
          const loss = (of: Tensor, to: Tensor): Tensor => F.crossEntropy(of, to, options).reshape([-1]);
          const whole = loss(logits, classes), rows = loss(rowsOf(logits), classes.reshape([-1])), g = ones([...whole.shape], { dtype });
          expect(apart(whole, rows)).toBeLessThanOrEqual(bound * (1 + rows.abs().max().item()));
          expect(apart(autograd.grad(whole, [logits], g)[0], autograd.grad(rows, [logits], g)[0])).toBeLessThanOrEqual(bound);
        }
        const nll = F.nllLoss(logits, classes, { reduction }), byRows = F.nllLoss(rowsOf(logits), classes.reshape([-1]), { reduction });
        expect(apart(nll.reshape([-1]), byRows.reshape([-1]))).toBeLessThanOrEqual(bound * (1 + byRows.abs().max().item()));
      }
    });
  }

  test('two derivatives, and vmap', () => {
    const x = randn([2, 3, 4], { dtype: 'float64', requiresGrad: true }), target = randint(0, 3, [2, 4]);
    const loss = (each: Tensor): Tensor => F.crossEntropy(each, target, { reduction: 'none' });
    expect(autograd.gradcheck(loss, [x])).toBe(true);
    expect(autograd.gradgradcheck(loss, [x])).toBe(true);
    const batch = randn([5, 2, 3, 4], { dtype: 'float64' }), gradient = func.grad((each: Tensor) => loss(each).sum());
    const mapped = func.vmap(gradient)(batch) as Tensor;
    for (let i = 0; i < 5; i++) expect(apart(mapped.select(0, i), gradient(batch.select(0, i)) as Tensor)).toBeLessThan(1e-14);
  });

  test('a vector of logits has one class', () => {
    const x = randn([4], { dtype: 'float64' }), target = randint(0, 4, []);
    expect(apart(F.crossEntropy(x, target), x.logsumexp(0).sub(x.index(target.item())))).toBeLessThan(1e-14);
    expect(apart(F.nllLoss(x, target), x.index(target.item()).neg())).toBe(0);
    expect(F.crossEntropy(x, target, { reduction: 'none' }).shape).toEqual([]);
  });
});
