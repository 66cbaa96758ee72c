/** Matrices under vmap: one kernel call for all samples, the numbers of PyTorch's own batch dims, and errors that tell which sample. */
import { describe, expect, test, vi } from 'vitest';
import { Tensor, arange, corrcoef, cov, eye, frexp, func, isin, linalg, matrixExp, quantile, stack, tensor, vmap } from 'flambeau';
import { backend } from '../src/backend/select.ts';
import { onBackends } from './fixtures/backends.ts';

const { grad, hessian, jacrev } = func;
const lin = (shape: readonly number[], a = 1): Tensor => arange(shape.reduce((n, k) => n * k, 1), { dtype: 'float64' }).mul(0.7).add(a).sin().reshape([...shape]);
const square = lin([2, 3, 4, 4]).add(eye(4).mul(3)), positive = square.matmul(square.mT), right = lin([2, 3, 4, 2], 0.3);
const close = (a: Tensor, b: Tensor): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.to('float64').sub(b).abs().max().item()).toBeLessThan(1e-9);
};

/** How often each kernel family is called. */
function callsOf(run: () => unknown): Readonly<Record<'factor' | 'triangular', number>> {
  const spies = (['factor', 'triangular'] as const).map((family) => vi.spyOn(backend(), family));
  try {
    run();
    return { factor: spies[0].mock.calls.length, triangular: spies[1].mock.calls.length };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
}

type OfMatrices = (A: Tensor, B: Tensor) => Tensor | readonly Tensor[];
const OPERATIONS: Readonly<Record<string, readonly [OfMatrices, factor: number, triangular: number]>> = {
  cholesky: [(A) => linalg.cholesky(A), 1, 0],
  choleskySolve: [(A, B) => B.choleskySolve(linalg.cholesky(A)), 1, 2],
  solve: [(A, B) => linalg.solve(A, B), 1, 0],
  inv: [(A) => linalg.inv(A), 1, 0],
  lu: [(A) => linalg.lu(A), 1, 0],
  luSolve: [(A, B) => { const [LU, pivots] = linalg.luFactor(A); return linalg.luSolve(LU, pivots, B); }, 1, 2],
  solveTriangular: [(A, B) => linalg.solveTriangular(A, B, { upper: true }), 0, 1],
  slogdet: [(A) => linalg.slogdet(A), 1, 0],
  det: [(A) => linalg.det(A), 1, 0],
};
const WHOLE: Readonly<Record<string, OfMatrices>> = {
  ...Object.fromEntries(Object.entries(OPERATIONS).map(([name, [run]]) => [name, run])),
  eigvalsh: (A) => linalg.eigvalsh(A), svdvals: (A) => linalg.svdvals(A), qr: (A) => linalg.qr(A), pinv: (A) => linalg.pinv(A), matrixExp: (A) => matrixExp(A.mul(0.1)),
  lstsq: (A, B) => linalg.lstsq(A, B)[0], cond: (A) => linalg.cond(A), frexp: (A) => frexp(A),
};

onBackends(() => {
  test.each(Object.entries(OPERATIONS))('%s of a batch, and of a batch of batches, is one call', (_name, [run, factor, triangular]) => {
    const once = { factor, triangular };
    expect(callsOf(() => vmap(run)(positive.select(0, 0), right.select(0, 0)))).toEqual(once);
    expect(callsOf(() => vmap(vmap(run))(positive, right))).toEqual(once);
    expect(callsOf(() => vmap(run, [0, null])(positive, right.select(0, 0)))).toEqual(once);
  });

  test.each(Object.entries(WHOLE))('%s has the numbers of batch dims', (_name, run) => {
    const expected = [run(positive, right)].flat() as Tensor[];
    const same = (found: unknown): void => ([found].flat() as Tensor[]).forEach((x, i) => close(x, expected[i]));
    same(vmap(run)(positive, right));
    same(vmap(vmap(run))(positive, right));
    same(vmap(vmap(run), 1, 1)(positive, right));
  });

  describe('the log likelihood of a Gaussian process', () => {
    const x = lin([5], 0.2).mul(2), y = lin([3, 5], 0.9), scale = tensor([0.5, 0.7, 0.9], { dtype: 'float64' });
    const loss = (s: Tensor, t: Tensor): Tensor => {
      const K = x.unsqueeze(0).sub(x.unsqueeze(1)).div(s).square().mul(-0.5).exp().add(eye(5).mul(0.1)), L = linalg.cholesky(K);
      const a = linalg.solveTriangular(L, t.unsqueeze(-1), { upper: false });
      return a.square().sum().mul(0.5).add(L.diagonal().log().sum());
    };

    test('has per sample gradients and Hessians, each factored in one call', () => {
      const each = [0, 1, 2].map((i) => [scale.select(0, i), y.select(0, i)] as const);
      const gradients = vmap(grad(loss))(scale, y), second = vmap(hessian(loss))(scale, y);
      close(gradients, stack(each.map(([s, t]) => grad(loss)(s, t))));
      close(second, stack(each.map(([s, t]) => hessian(loss)(s, t))));
      const h = 1e-5, at = (d: number): Tensor => vmap(loss)(scale.add(d), y), slope = (d: number): Tensor => vmap(grad(loss))(scale.add(d), y);
      expect(at(h).sub(at(-h)).div(2 * h).sub(gradients).abs().max().item()).toBeLessThan(1e-7);
      expect(slope(h).sub(slope(-h)).div(2 * h).sub(second).abs().max().item()).toBeLessThan(1e-6);
      expect(callsOf(() => vmap(grad(loss))(scale, y)).factor).toBe(1);
    });
  });

  test('a shared matrix gets a gradient per sample', () => {
    const A = positive.select(0, 0).select(0, 0), B = right.select(0, 0);
    const f = (a: Tensor, b: Tensor): Tensor => linalg.solve(a, b).pow(3).sum().add(linalg.eigvalsh(a).square().sum()).mul(b.sum());
    close(vmap(grad(f), [null, 0])(A, B), stack([0, 1, 2].map((i) => grad(f)(A, B.select(0, i)))));
    const values = (a: Tensor): Tensor => linalg.svdvals(a).add(linalg.qr(a)[1].diagonal());
    close(vmap(jacrev(values))(B.mT.matmul(B)), stack([0, 1, 2].map((i) => jacrev(values)(B.mT.matmul(B).select(0, i)))));
  });

  test('one singular matrix of a batch is named', () => {
    const A = stack([eye(2), eye(2).mul(0), eye(2)]);
    expect(() => vmap((a: Tensor) => linalg.inv(a))(A)).toThrow(/matrix 1 of the batch/);
    expect(() => vmap((a: Tensor) => linalg.cholesky(a))(A)).toThrow(/matrix 1 of the batch/);
    expect(vmap((a: Tensor) => linalg.invEx(a).info)(A).tolist()).toEqual([0, 1, 0]);
  });

  test('a map over no matrices gives none', () => {
    const none = positive.select(0, 0).narrow(0, 0, 0);
    expect(vmap((a: Tensor) => linalg.inv(a))(none).shape).toEqual([0, 4, 4]);
    expect(vmap((a: Tensor) => linalg.eigvalsh(a))(none).shape).toEqual([0, 4]);
  });

  test('statistics with batched parameters, and members of one set, are not taken sample by sample', () => {
    const rows = lin([3, 2, 6]), q = tensor([0.1, 0.5, 0.9], { dtype: 'float64' }), weights = lin([3, 6]).abs();
    const spy = vi.spyOn(Tensor.prototype, 'select');
    const quantiles = vmap((r: Tensor, f: Tensor) => quantile(r, f))(rows, q), covariances = vmap((r: Tensor, w: Tensor) => cov(r, { aweights: w }))(rows, weights);
    const members = vmap((r: Tensor) => isin(r, tensor([2, 5])))(arange(6).reshape([2, 3]));
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
    close(quantiles, stack([0, 1, 2].map((i) => quantile(rows.select(0, i), q.select(0, i)))));
    close(covariances, stack([0, 1, 2].map((i) => cov(rows.select(0, i), { aweights: weights.select(0, i) }))));
    close(vmap((r: Tensor) => corrcoef(r))(rows), stack([0, 1, 2].map((i) => corrcoef(rows.select(0, i)))));
    expect(members.tolist()).toEqual([[false, false, true], [false, false, true]]);
    expect(() => vmap((r: Tensor, f: Tensor) => quantile(r, f))(rows, q.add(0.2))).toThrow(/\[0, 1\]/);
  });
});
