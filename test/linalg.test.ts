/** What PyTorch's samples, which are small and well-behaved, do not show of the linear algebra. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { ArgumentError, type Tensor, linalg } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const f64 = { dtype: 'float64' } as const;
const random = (...shape: number[]): Tensor => {
  torch.manualSeed(shape.reduce((seed, n) => seed * 31 + n, 7));
  return torch.randn(shape, f64);
};
const eye = (n: number): Tensor => torch.eye(n, f64);
const largest = (x: Tensor): number => (x.numel() === 0 ? 0 : x.abs().max().item());
/** How far the columns are from orthonormal. */
const skewness = (q: Tensor): number => largest(q.mT.matmul(q).sub(eye(q.shape[q.ndim - 1])));

/** Wilkinson's matrix, whose largest eigenvalues come in pairs that agree to working precision. */
function wilkinson(n: number): Tensor {
  const rows = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_v, j) => (i === j ? Math.abs(i - (n - 1) / 2) : Math.abs(i - j) === 1 ? 1 : 0)));
  return torch.tensor(rows, f64);
}
const symmetric = (n: number): Tensor => random(n, n).add(random(n, n).mT).matmul(eye(n));

const SYMMETRIC: readonly (readonly [string, Tensor])[] = [
  ['a random matrix', symmetric(150).add(symmetric(150).mT)], ['the identity', eye(120)], ['zeros', torch.zeros([70, 70], f64)], ['ones, of rank 1', torch.ones([90, 90], f64)],
  ["Wilkinson's matrix", wilkinson(101)], ['two blocks', torch.cat([torch.cat([eye(40), torch.zeros([40, 40], f64)], 1), torch.cat([torch.zeros([40, 40], f64), symmetric(40).add(symmetric(40).mT)], 1)])],
  ['a projection', random(80, 5).matmul(random(80, 5).mT)], ['tiny numbers', symmetric(64).add(symmetric(64).mT).mul(1e-150)], ['huge numbers', symmetric(64).add(symmetric(64).mT).mul(1e150)],
  ['one element', torch.tensor([[3]], f64)],
];
const GENERAL: readonly (readonly [string, Tensor])[] = [
  ['a random square', random(120, 120)], ['a tall matrix', random(130, 40)], ['a wide matrix', random(40, 130)], ['zeros', torch.zeros([50, 30], f64)], ['rank 3', random(60, 3).matmul(random(3, 50))],
  ['ones', torch.ones([40, 40], f64)], ['graded columns', random(50, 50).mul(torch.logspace(0, -14, 50, f64))], ['tiny numbers', random(30, 30).mul(1e-200)], ['huge numbers', random(30, 30).mul(1e200)],
  ['the identity', eye(48)], ['one column', random(5, 1)], ['no column', torch.zeros([5, 0], f64)],
];

onBackends(() => {
  describe('factors give the matrix back, and their bases are orthonormal', () => {
    test.each(SYMMETRIC)('eigh of %s', (_, A) => {
      const [L, V] = linalg.eigh(A), scale = Math.max(largest(A), Number.MIN_VALUE), n = A.shape[0];
      expect(largest(V.mul(L).matmul(V.mT).div(scale).sub(A.div(scale)))).toBeLessThan(1e-14 * n);
      expect(skewness(V)).toBeLessThan(1e-14 * Math.sqrt(n) + 1e-15 * n);
      expect(largest(linalg.eigvalsh(A).div(scale).sub(L.div(scale)))).toBeLessThan(1e-14 * n);
      expect((L.tolist() as number[]).every((value, i, all) => i === 0 || all[i - 1] <= value)).toBe(true);
    });

    test.each(GENERAL)('svd of %s', (_, A) => {
      const scale = Math.max(largest(A), Number.MIN_VALUE), n = Math.max(...A.shape);
      const [U, S, Vh] = linalg.svd(A, false);
      expect(largest(U.mul(S.div(scale)).matmul(Vh).sub(A.div(scale)))).toBeLessThan(1e-14 * n);
      const [whole, , rows] = linalg.svd(A);
      for (const basis of [U, Vh.mT, whole, rows.mT]) expect(skewness(basis)).toBeLessThan(3e-15 * n + 1e-14);
      expect(largest(linalg.svdvals(A).sub(S).div(scale))).toBeLessThan(1e-14 * n);
    });

    test.each(GENERAL.filter(([name]) => name !== 'huge numbers'))('qr and lu of %s', (_, A) => {
      const scale = Math.max(largest(A), Number.MIN_VALUE), n = Math.max(...A.shape);
      for (const mode of ['reduced', 'complete'] as const) {
        const [Q, R] = linalg.qr(A, mode);
        expect(largest(Q.matmul(R.div(scale)).sub(A.div(scale)))).toBeLessThan(1e-15 * n);
        expect(skewness(Q)).toBeLessThan(1e-14);
        expect(largest(R.tril(-1))).toBe(0);
      }
      const [P, L, U] = linalg.lu(A);
      expect(largest(P.matmul(L).matmul(U.div(scale)).sub(A.div(scale)))).toBeLessThan(1e-14 * n);
      expect(largest(L)).toBeLessThanOrEqual(A.numel() === 0 ? 0 : 1);
    });

    test('cholesky and solve of a large system', () => {
      const A = random(130, 130).matmul(random(130, 130).mT).add(eye(130)), B = random(130, 70);
      const L = linalg.cholesky(A);
      expect(largest(L.matmul(L.mT).sub(A))).toBeLessThan(1e-11);
      expect(largest(L.triu(1))).toBe(0);
      expect(largest(A.matmul(linalg.solve(A, B)).sub(B))).toBeLessThan(1e-8);
      for (const upper of [true, false]) {
        const T = upper ? L.mT : L;
        expect(largest(T.matmul(linalg.solveTriangular(T, B, { upper })).sub(B))).toBeLessThan(1e-10);
      }
    });

    test('small singular values keep their digits', () => {
      const S = linalg.svdvals(torch.diag(torch.tensor([1e-12, 1, 1e-6], f64)).matmul(torch.tensor([[1, 0, 0], [0, 0, 1], [0, 1, 0]], f64)));
      expect(S.tolist()).toEqual([1, 1e-6, 1e-12]);
    });
  });

  test('eig finds real spectra, of defective matrices too, and refuses complex ones', () => {
    const basis = random(40, 40).mul(0.1).add(eye(40).mul(2)), spectrum = torch.linspace(-3, 5, 40, f64);
    const A = basis.mul(spectrum).matmul(linalg.inv(basis));
    const [L, V] = linalg.eig(A);
    expect((L.tolist() as number[]).sort((a, b) => a - b)).toEqual((spectrum.tolist() as number[]).map((value) => expect.closeTo(value, 9) as number));
    expect(largest(A.matmul(V).sub(V.mul(L)))).toBeLessThan(1e-12);
    expect(linalg.eigvals(torch.tensor([[2, 1, 0], [0, 2, 1], [0, 0, 2]])).tolist()).toEqual([2, 2, 2]);
    expect(() => linalg.eig(torch.tensor([[0, -1], [1, 0]]))).toThrow(/real eigenvalues/);
    const x = torch.tensor([[2, 1], [0.5, 3]], { ...f64, requiresGrad: true });
    expect(torch.autograd.gradcheck((a: Tensor) => linalg.eigvals(a), [x])).toBe(true);
    expect(torch.autograd.gradgradcheck((a: Tensor) => linalg.eig(a).eigenvectors.abs(), [x])).toBe(true);
  });

  test('the gradient of det is that of the cofactors where matrices are singular, beside others', () => {
    const rows = [[[1, 2, 3], [2, 4, 6], [0, 1, 5]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[2, 0, 0], [0, 3, 0], [0, 0, 4]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]];
    const A = torch.tensor(rows, { ...f64, requiresGrad: true });
    linalg.det(A).sum().backward();
    const expected = torch.tensor([[[14, -10, 2], [-7, 5, -1], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]], [[12, 0, 0], [0, 8, 0], [0, 0, 6]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]], f64);
    expect(largest(A.grad!.sub(expected))).toBeLessThan(1e-12);
  });

  test('vectors of decompositions are differentiable twice, in what does not depend on their signs', () => {
    const A = random(4, 3).requiresGrad_(), square = random(3, 3).requiresGrad_();
    const checks: readonly (readonly [(x: Tensor) => Tensor, Tensor])[] = [
      [(x) => linalg.svd(x, false).U.square(), A], [(x) => linalg.svd(x, false).Vh.square(), A], [(x) => linalg.svd(x.mT, false).Vh.square(), A], [(x) => linalg.eigh(x.add(x.mT)).eigenvectors.square(), square],
      [(x) => linalg.qr(x).Q, A], [(x) => linalg.qr(x.mT).R, A], [(x) => linalg.lu(x).L, A], [(x) => linalg.lu(x.mT).U, A], [(x) => torch.svd(x).V.square(), A],
    ];
    for (const [fn, x] of checks) {
      expect(torch.autograd.gradcheck(fn, [x])).toBe(true);
      expect(torch.autograd.gradgradcheck(fn, [x])).toBe(true);
    }
  });

  test('what is singular, indefinite or not finite is refused by the functions that need it otherwise, and reported by the others', () => {
    const singular = torch.tensor([[1, 2], [2, 4]]);
    for (const run of [() => linalg.inv(singular), () => linalg.solve(singular, torch.ones(2)), () => torch.inverse(singular), () => linalg.cholesky(singular.neg()), () => linalg.svd(singular.mul(NaN)), () => linalg.eigh(singular.div(0))]) {
      expect(run).toThrow(ArgumentError);
    }
    expect(linalg.invEx(singular).info.item()).toBe(2);
    expect(linalg.choleskyEx(torch.tensor([[1, 0], [0, -1]])).info.item()).toBe(2);
    expect(linalg.matrixRank(torch.tensor([[1, 2], [2, 4]])).item()).toBe(1);
    expect(linalg.cond(singular, 1).item()).toBe(Infinity);
  });

  describe.each(['float32', 'float64'] as const)('kernels of %s', (dtype) => {
    const eps = dtype === 'float32' ? 1.2e-7 : 2.3e-16;

    test.each([[1], [4], [8], [9], [16], [33], [70]])('batches of %i rows agree with single matrices and with what they factor', (n) => {
      const A = random(3, 19, n, n).add(eye(n).mul(3)).to(dtype), S = A.matmul(A.mT).add(torch.eye(n, { dtype }));
      const B = random(19, n, 3).to(dtype), L = linalg.cholesky(S), bound = eps * 100 * n;
      expect(largest(L.matmul(L.mT).sub(S).div(largest(S)))).toBeLessThan(eps * (n + 4));
      expect(largest(S.matmul(linalg.solve(S, B.expand(3, 19, n, 3))).sub(B))).toBeLessThan(bound * largest(S));
      expect(largest(S.matmul(linalg.inv(S)).sub(torch.eye(n, { dtype })))).toBeLessThan(bound * largest(S));
      const [P, lower, upper] = linalg.lu(A);
      expect(largest(P.matmul(lower).matmul(upper).sub(A))).toBeLessThan(bound);
      const X = linalg.solveTriangular(L.select(0, 0), B, { upper: false });
      expect(largest(L.select(0, 0).matmul(X).sub(B))).toBeLessThan(bound * largest(L));
      const right = linalg.solveTriangular(L.mT, B.mT, { upper: true, left: false });
      expect(largest(right.matmul(L.mT).sub(B.mT))).toBeLessThan(bound * largest(L));
      expect(linalg.cholesky(S.select(1, 5)).sub(L.select(1, 5)).abs().max().item()).toBe(0);
      expect(largest(linalg.slogdet(S).logabsdet.sub(L.diagonal(0, -2, -1).log().sum(-1).mul(2)))).toBeLessThan(bound);
    });

    test.each([[1], [4], [8], [9], [33], [70]])('QR, eigh and svd of batches of %i rows, of views too', (n) => {
      const A = random(2, 7, n + 1, n).to(dtype).mT, S = A.matmul(A.mT), bound = eps * 20 * (n + 1);
      const near = (x: Tensor, y: Tensor): void => expect(largest(x.sub(y).div(Math.max(1, largest(y))))).toBeLessThan(bound);
      const unit = torch.eye(n, { dtype });
      const [Q, R] = linalg.qr(A), [L, V] = linalg.eigh(S, 'U'), [U, values, Vh] = linalg.svd(A, false);
      near(Q.matmul(R), A);
      near(V.mul(L.unsqueeze(-2)).matmul(V.mT), S);
      near(U.mul(values.unsqueeze(-2)).matmul(Vh), A);
      for (const basis of [Q, V, U, Vh.mT]) near(basis.mT.matmul(basis), unit);
      near(values.square().flip(-1), L);
      near(linalg.svdvals(A.select(1, 3)), values.select(1, 3));
      near(torch.func.vmap((x: Tensor) => linalg.eigvalsh(x))(S) as Tensor, L);
      const [packed, tau] = [A.mT.select(0, 0).select(0, 0), torch.zeros([n], { dtype })];
      near(linalg.householderProduct(packed, tau), torch.eye(n + 1, { dtype }).narrow(1, 0, n));
    });

    test('empty ones, one element, NaN and infinities', () => {
      const of = (rows: number[][]): Tensor => torch.tensor(rows, { dtype });
      expect(linalg.inv(torch.zeros([0, 3, 3], { dtype })).shape).toEqual([0, 3, 3]);
      expect(linalg.solve(torch.zeros([2, 0, 0], { dtype }), torch.zeros([2, 0, 4], { dtype })).shape).toEqual([2, 0, 4]);
      expect(linalg.det(torch.zeros([2, 0, 0], { dtype })).tolist()).toEqual([1, 1]);
      expect(linalg.choleskyEx(torch.zeros([2, 0, 0], { dtype })).info.tolist()).toEqual([0, 0]);
      expect(linalg.luFactor(torch.zeros([2, 0, 3], { dtype })).pivots.shape).toEqual([2, 0]);
      expect([linalg.inv(of([[4]])).item(), linalg.cholesky(of([[4]])).item(), linalg.det(of([[-4]])).item()]).toEqual([0.25, 2, -4]);
      expect([linalg.inv(of([[Infinity]])).item(), linalg.cholesky(of([[Infinity]])).item()]).toEqual([0, Infinity]);
      expect(linalg.inv(of([[NaN, 1], [1, 2]])).isnan().all().item()).toBe(true);
      expect(linalg.choleskyEx(of([[4, NaN], [2, NaN]])).info.item()).toBe(2);
      expect(linalg.solveTriangular(of([[2, NaN], [2, 0]]), of([[2], [1]]), { upper: false }).tolist()).toEqual([[1], [-Infinity]]);
    });
  });

  test('einsum contracts several operands, diagonals and ellipses as sums over all indices do', () => {
    const a = random(2, 3), b = random(3, 4), c = random(4, 4), d = random(2, 4);
    const chain = torch.einsum('ij,jk,kk,ik->i', a, b, c, d);
    expect(largest(chain.sub(a.matmul(b).mul(c.diagonal()).mul(d).sum(1)))).toBeLessThan(1e-13);
    const q = random(2, 3, 5, 4), k = random(2, 3, 6, 4);
    expect(largest(torch.einsum('bhid,bhjd->bhij', q, k).sub(q.matmul(k.mT)))).toBeLessThan(1e-13);
    expect(largest(torch.einsum('...ij,...kj->...ki', q, k).sub(k.matmul(q.mT)))).toBeLessThan(1e-13);
    expect(() => torch.einsum('ij,jk->ik', a, a)).toThrow(/einsum: operand 1 has size 2 in j, others have 3/);
  });

  test('decompositions run inside of vmap, and jacobians through them', () => {
    const batch = random(3, 4, 4).matmul(random(3, 4, 4).mT).add(eye(4));
    const { vmap, hessian } = torch.func;
    expect(largest(vmap((x: Tensor) => linalg.inv(x))(batch).sub(linalg.inv(batch)))).toBeLessThan(1e-12);
    expect(hessian((x: Tensor) => linalg.slogdet(x).logabsdet)(batch.select(0, 0)).shape).toEqual([4, 4, 4, 4]);
  });
});
