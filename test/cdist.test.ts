/** Distances of all pairs of rows: values and gradients against float64 loops, ties, batches and second derivatives. */
import { describe, expect, test } from 'vitest';
import { autograd, cdist, func, randn, tensor, zeros, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

type Rows = readonly (readonly number[])[];

function norm(d: readonly number[], p: number): number {
  const sizes = d.map(Math.abs);
  if (p === 0) return sizes.filter((v) => v !== 0).length;
  return p === Infinity ? Math.max(...sizes) : sizes.reduce((sum, v) => sum + v ** p, 0) ** (1 / p);
}

/** The gradient of sum(g * distances) in the first rows. */
function slopes(a: Rows, b: Rows, g: Rows, p: number): number[][] {
  return a.map((x, i) => {
    const sums = x.map(() => 0);
    b.forEach((z, j) => {
      const d = x.map((v, k) => v - z[k]), y = norm(d, p);
      d.forEach((v, m) => {
        if (p === 0 || y === 0 || v === 0) return;
        sums[m] += g[i][j] * Math.sign(v) * (p === Infinity ? Number(Math.abs(v) === y) : (Math.abs(v) / y) ** (p - 1));
      });
    });
    return sums;
  });
}

const close = (got: Tensor, expected: unknown, bound: number): void => expect(got.double().sub(tensor(expected as number[][], { dtype: 'float64' })).abs().max().item()).toBeLessThan(bound);

onBackends(() => {
  describe.each([0, 0.5, 1, 1.5, 2, 3, Infinity])('p = %s', (p) => {
    test.each([['float64', 5, 7, 3, 1e-12], ['float32', 5, 7, 3, 1e-4], ['float64', 70, 65, 67, 1e-10], ['float32', 3, 130, 150, 3e-3], ['float64', 1, 1, 1, 1e-12]] as const)('%s, %s to %s rows of %s', (dtype, P, R, M, bound) => {
      const a = randn([P, M], { dtype, requiresGrad: true }), b = randn([R, M], { dtype, requiresGrad: true }), g = randn([P, R], { dtype });
      const y = cdist(a, b, { p, computeMode: 'donot_use_mm_for_euclid_dist' }), [x, z, up] = [a, b, g].map((t) => t.tolist() as number[][]);
      close(y, x.map((row) => z.map((other) => norm(row.map((v, k) => v - other[k]), p))), bound * (p === 0.5 ? M : 1));
      const [da, db] = autograd.grad(y, [a, b], g), across = z.map((_, j) => x.map((__, i) => up[i][j]));
      close(da, slopes(x, z, up, p), bound * (p === 0.5 ? 100 * M : 10));
      close(db, slopes(z, x, across, p), bound * (p === 0.5 ? 100 * M : 10));
    });

    test('rows that are not contiguous, batches that broadcast, and a transposed gradient', () => {
      const a = randn([4, 2, 3, 6], { dtype: 'float64' }).transpose(1, 3), b = randn([5, 9], { dtype: 'float64' }).narrow(1, 2, 4).t().unsqueeze(0);
      const left = a.narrow(3, 0, 2).detach().requiresGrad_(), right = b.narrow(2, 1, 2).detach().requiresGrad_(), y = cdist(left, right, { p });
      expect(y.shape).toEqual([4, 6, 3, 4]);
      const g = randn([4, 6, 4, 3], { dtype: 'float64' }).mT, [da, db] = autograd.grad(y, [left, right], g);
      let total = zeros([4, 2], { dtype: 'float64' });
      for (const i of [0, 3]) for (const j of [0, 5]) {
        const x = left.select(0, i).select(0, j).detach(), up = g.select(0, i).select(0, j);
        close(y.select(0, i).select(0, j).detach(), cdist(x, right.detach().squeeze(0), { p }).tolist(), 1e-12);
        close(da.select(0, i).select(0, j), slopes(x.tolist() as number[][], right.squeeze(0).tolist() as number[][], up.tolist() as number[][], p), 1e-9);
      }
      for (let i = 0; i < 4; i++) for (let j = 0; j < 6; j++) {
        total = total.add(tensor(slopes(right.squeeze(0).tolist() as number[][], left.select(0, i).select(0, j).tolist() as number[][], g.select(0, i).select(0, j).t().tolist() as number[][], p), { dtype: 'float64' }));
      }
      close(db.squeeze(0), total.tolist(), 1e-9);
    });

    test('vmap gives what a loop gives', () => {
      const a = randn([3, 4, 2], { dtype: 'float64' }), b = randn([5, 2], { dtype: 'float64' });
      close(func.vmap((x: Tensor) => cdist(x, b, { p }))(a) as Tensor, [0, 1, 2].map((i) => cdist(a.select(0, i), b, { p }).tolist()), 1e-12);
      if (p > 0) close(func.vmap(func.grad((x: Tensor) => cdist(x, b, { p }).sum()))(a) as Tensor, [0, 1, 2].map((i) => (func.grad((x: Tensor) => cdist(x, b, { p }).sum())(a.select(0, i)) as Tensor).tolist()), 1e-12);
    });
  });

  test.each([1.5, 2, 3])('two derivatives, p = %s', (p) => {
    const a = randn([3, 4], { dtype: 'float64', requiresGrad: true }), b = randn([5, 4], { dtype: 'float64', requiresGrad: true });
    for (const computeMode of p === 2 ? ['use_mm_for_euclid_dist', 'donot_use_mm_for_euclid_dist'] as const : ['use_mm_for_euclid_dist_if_necessary'] as const) {
      const apart = (x: Tensor, z: Tensor): Tensor => cdist(x, z, { p, computeMode });
      expect(autograd.gradcheck(apart, [a, b])).toBe(true);
      expect(autograd.gradgradcheck(apart, [a, b])).toBe(true);
    }
  });

  test('equal rows are at distance 0 and get no gradient; of equal differences each counts as the largest', () => {
    const rows = tensor([[1, 2], [4, 6]]).requiresGrad_();
    for (const p of [0.5, 1, 1.5, 2, 3, Infinity]) for (const mode of ['use_mm_for_euclid_dist', 'donot_use_mm_for_euclid_dist'] as const) {
      const y = cdist(rows, rows.detach(), { p, computeMode: mode });
      expect([y.index(0, 0).item(), y.index(1, 1).item()]).toEqual([0, 0]);
      expect(autograd.grad(y.diagonal().sum(), [rows])[0].tolist()).toEqual([[0, 0], [0, 0]]);
    }
    const a = tensor([[3, -3, 1]]).requiresGrad_();
    expect(autograd.grad(cdist(a, zeros(1, 3), { p: Infinity }), [a], tensor([[2]]))[0].tolist()).toEqual([[2, -2, 0]]);
  });

  test('a NaN stays, and no rows give no distances', () => {
    for (const p of [0.5, 1, 2, Infinity]) expect(cdist(tensor([[NaN, 9], [1, 1]]), tensor([[0, 0]]), { p }).isnan().tolist()).toEqual([[true], [false]]);
    const a = randn([3, 2]).requiresGrad_(), y = cdist(a, zeros(0, 2), { p: 1 });
    expect(y.shape).toEqual([3, 0]);
    expect(autograd.grad(y.sum(), [a])[0].tolist()).toEqual(zeros(3, 2).tolist());
  });
});
