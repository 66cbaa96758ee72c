/** Decompositions: one matrix of growing size, and a thousand small ones. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, wave } from './inputs.ts';

/** n x n, well away from singular; S is symmetric positive definite, L its factor, b one right-hand side. */
function inputs(batch: number, n: number): { A: Tensor; S: Tensor; L: Tensor; b: Tensor } {
  const shape = batch === 1 ? [n, n] : [batch, n, n];
  const A = wave(batch * n * n).mul(wave(batch * n * n, 1)).view(shape).add(torch.eye(n)), S = A.matmul(A.mT).add(torch.eye(n).mul(n));
  return { A, S, L: torch.linalg.cholesky(S), b: wave(batch * n).view([...shape.slice(0, -1), 1]) };
}

const python = (batch: number, n: number): string => `${WAVE}shape = ${batch === 1 ? `[${n}, ${n}]` : `[${batch}, ${n}, ${n}]`}
A = (wave(${batch * n * n}) * wave(${batch * n * n}, 1.0)).view(shape) + torch.eye(${n})
S = A @ A.mT + ${n} * torch.eye(${n})
L = torch.linalg.cholesky(S)
b = wave(${batch * n}).view(shape[:-1] + [1])
`;

type Inputs = ReturnType<typeof inputs>;
const OPERATIONS: readonly (readonly [name: string, ours: (m: Inputs) => Tensor, theirs: string])[] = [
  ['cholesky', ({ S }) => torch.linalg.cholesky(S), 'torch.linalg.cholesky(S)'],
  ['solve_triangular', ({ L, b }) => torch.linalg.solveTriangular(L, b, { upper: false }), 'torch.linalg.solve_triangular(L, b, upper=False)'],
  ['solve_triangular of a matrix', ({ L, A }) => torch.linalg.solveTriangular(L, A, { upper: false }), 'torch.linalg.solve_triangular(L, A, upper=False)'],
  ['lu_factor', ({ S }) => torch.linalg.luFactor(S)[0], 'torch.linalg.lu_factor(S)[0]'],
  ['solve', ({ S, b }) => torch.linalg.solve(S, b), 'torch.linalg.solve(S, b)'],
  ['inv', ({ S }) => torch.linalg.inv(S), 'torch.linalg.inv(S)'],
  ['slogdet', ({ S }) => torch.linalg.slogdet(S)[1], 'torch.linalg.slogdet(S)[1]'],
  ['qr', ({ S }) => torch.linalg.qr(S)[1], 'torch.linalg.qr(S)[1]'],
  ['eigh', ({ S }) => torch.linalg.eigh(S)[0], 'torch.linalg.eigh(S)[0]'],
  ['svd', ({ S }) => torch.linalg.svd(S)[1], 'torch.linalg.svd(S)[1]'],
];

const SIZES = [[1000, 4], [1, 32], [1, 100], [1, 300], [1, 1000]] as const;

export const linalg: readonly Case[] = OPERATIONS.flatMap(([name, ours, theirs]) => SIZES.map(([batch, n]): Case => ({
  name: `${name} ${batch === 1 ? '' : `${batch} of `}${n}x${n}`,
  group: 'linalg',
  tolerance: 1e-4,
  nativeOnly: n > 100,
  make() {
    const given = inputs(batch, n);
    return { run: () => ours(given), result: () => ours(given) };
  },
  torch: { setup: python(batch, n), run: theirs, result: theirs },
})));
