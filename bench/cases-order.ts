/** Sorting, selecting, scanning and searching: 10 thousand and a million elements. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { label } from './inputs.ts';

interface Row {
  readonly op: string;
  readonly ours: (x: Tensor, s: Tensor) => Tensor;
  /** With x, the same elements in order as s, and N. */
  readonly python: string;
  readonly tolerance?: number;
}

/** Distinct numbers without a pattern: multiples of a prime, modulo n, around 0. */
const shuffled = (n: number): Tensor => torch.arange(n).mul(7919).remainder(n).float().sub(n / 2).div(1000);
const SETUP = 'x = ((torch.arange(N) * 7919 % N).float() - N / 2) / 1000; s = x.sort().values';

const rows: readonly Row[] = [
  { op: 'sort', ours: (x) => x.sort().values, python: 'x.sort().values' },
  { op: 'sort of rows of 100', ours: (x) => x.view(-1, 100).sort().values, python: 'x.view(-1, 100).sort().values' },
  { op: 'sort of int64', ours: (x) => x.mul(1000).long().sort().values, python: '(x * 1000).long().sort().values' },
  { op: 'topk 10', ours: (x) => x.topk(10).values, python: 'x.topk(10).values' },
  { op: 'topk of a tenth', ours: (x) => x.topk(x.numel() / 10).values, python: 'x.topk(N // 10).values' },
  { op: 'median', ours: (x) => x.median(), python: 'x.median()' },
  { op: 'quantile', ours: (x) => x.quantile(0.9), python: 'x.quantile(0.9)' },
  { op: 'unique', ours: (x) => x.unique(), python: 'x.unique()' },
  { op: 'cumsum of all', ours: (x) => x.cumsum(0), python: 'x.cumsum(0)' },
  { op: 'cummax', ours: (x) => x.cummax(0).values, python: 'x.cummax(0).values' },
  { op: 'logcumsumexp', ours: (x) => x.logcumsumexp(0), python: 'x.logcumsumexp(0)' },
  { op: 'searchsorted', ours: (x, s) => torch.searchsorted(s, x), python: 'torch.searchsorted(s, x)' },
  { op: 'histc', ours: (x) => x.histc(100, -4, 4), python: 'x.histc(100, -4, 4)' },
];

export const order: readonly Case[] = rows.flatMap((row) => [10_000, 1_000_000].map((n): Case => ({
  name: `${row.op} ${label(n)}`,
  group: 'order',
  tolerance: row.tolerance,
  make() {
    const x = shuffled(n), s = x.sort().values;
    return { run: () => row.ours(x, s), result: () => row.ours(x, s) };
  },
  torch: { setup: `N = ${n}\n${SETUP}`, run: row.python, result: row.python },
})));
