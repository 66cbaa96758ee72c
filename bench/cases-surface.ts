/** What scripts do between the big kernels: joining, indexing, scanning, reducing over a dim; 10 thousand and a million elements. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, label, wave } from './inputs.ts';

interface Row {
  readonly op: string;
  readonly group: string;
  /** What both sides build of n: names to tensors; the Python text makes the same ones. */
  readonly make: (n: number) => Readonly<Record<string, Tensor>>;
  readonly python: string;
  readonly ours: (inputs: Readonly<Record<string, Tensor>>) => Tensor;
  readonly run: string;
  readonly tolerance?: number;
}

/** An index without a pattern: multiples of a prime, modulo n. */
const scattered = (n: number): Tensor => torch.arange(n).mul(7919).remainder(n);
const SCATTERED = `def scattered(n):
    return torch.arange(n) * 7919 % n
`;
/** Cubes: [side, side, side] of about n elements. */
const side = (n: number): number => Math.round(Math.cbrt(n));
const cube = (n: number): Tensor => wave(side(n) ** 3).view(side(n), side(n), side(n));
const CUBE = `side = round(N ** (1 / 3))
x = wave(side ** 3).view(side, side, side)`;
const square = (n: number): Tensor => wave(n).view(n / 100, 100);

/** Attention's operands, of about n elements: [batch, 8 heads, 64 positions, 64], or fewer positions where n is small. */
const places = (n: number): number => (n < 100_000 ? 20 : 64);
const heads = (n: number, phase = 0): Tensor => {
  const batch = Math.max(Math.round(n / (8 * places(n) * 64)), 1);
  return wave(batch * 8 * places(n) * 64, phase).view(batch, 8, places(n), 64);
};
const HEADS = `n = 20 if N < 100000 else 64
b = max(round(N / (8 * n * 64)), 1)
x = wave(b * 8 * n * 64).view(b, 8, n, 64); y = wave(b * 8 * n * 64, 1.0).view(b, 8, n, 64)`;

const rows: readonly Row[] = [
  { group: 'scan', op: 'cumsum rows', make: (n) => ({ x: square(n) }), python: 'x = wave(N).view(N // 100, 100)', ours: ({ x }) => x.cumsum(1), run: 'x.cumsum(1)' },
  { group: 'gather', op: 'gather', make: (n) => ({ x: wave(n), i: scattered(n) }), python: 'x = wave(N); i = scattered(N)', ours: ({ x, i }) => x.gather(0, i), run: 'x.gather(0, i)' },
  { group: 'scatter', op: 'scatterAdd', make: (n) => ({ x: wave(n), z: torch.zeros(n), i: scattered(n) }), python: 'x = wave(N); z = torch.zeros(N); i = scattered(N)', ours: ({ x, z, i }) => z.scatterAdd(0, i, x), run: 'z.scatter_add(0, i, x)' },
  { group: 'scatter', op: 'indexPut', make: (n) => ({ x: wave(n), z: torch.zeros(n), i: scattered(n) }), python: 'x = wave(N); z = torch.zeros(N); i = scattered(N)', ours: ({ x, z, i }) => z.indexPut([i], x), run: 'z.index_put((i,), x)' },
  { group: 'ternary', op: 'where of a mask', make: (n) => ({ x: wave(n), y: wave(n, 1), m: wave(n, 2).gt(0) }), python: 'x = wave(N); y = wave(N, 1.0); m = wave(N, 2.0) > 0', ours: ({ x, y, m }) => torch.where(m, x, y), run: 'torch.where(m, x, y)' },
  { group: 'copy', op: 'cat', make: (n) => ({ x: square(n), y: square(n) }), python: 'x = wave(N).view(N // 100, 100); y = x.clone()', ours: ({ x, y }) => torch.cat([x, y], 1), run: 'torch.cat([x, y], 1)' },
  { group: 'copy', op: 'transpose copy', make: (n) => ({ x: square(n) }), python: 'x = wave(N).view(N // 100, 100)', ours: ({ x }) => x.t().contiguous(), run: 'x.t().contiguous()' },
  ...[0, 1, 2].map((dim): Row => ({ group: 'reduce', op: `sum over dim ${dim} of 3`, make: (n) => ({ x: cube(n) }), python: CUBE, ours: ({ x }) => x.sum(dim), run: `x.sum(${dim})` })),
  { group: 'copy', op: 'pad', make: (n) => ({ x: square(n) }), python: 'x = wave(N).view(N // 100, 100)', ours: ({ x }) => torch.nn.functional.pad(x, [1, 1, 2, 2]), run: 'F.pad(x, (1, 1, 2, 2))' },
  { group: 'matmul', op: "einsum 'bhid,bhjd->bhij'", make: (n) => ({ x: heads(n), y: heads(n, 1) }), python: HEADS, ours: ({ x, y }) => torch.einsum('bhid,bhjd->bhij', x, y), run: "torch.einsum('bhid,bhjd->bhij', x, y)" },
  { group: 'reduce', op: 'var of rows', make: (n) => ({ x: square(n) }), python: 'x = wave(N).view(N // 100, 100)', ours: ({ x }) => x.var(1), run: 'x.var(1)' },
  { group: 'reduce', op: 'logsumexp of rows', make: (n) => ({ x: square(n) }), python: 'x = wave(N).view(N // 100, 100)', ours: ({ x }) => x.logsumexp(1), run: 'x.logsumexp(1)' },
];

export const surface: readonly Case[] = rows.flatMap((row) => [10_000, 1_000_000].map((n): Case => ({
  name: `${row.op} ${label(n)}`,
  group: row.group,
  tolerance: row.tolerance ?? 1e-4,
  make() {
    const inputs = row.make(n);
    return { run: () => row.ours(inputs), result: () => row.ours(inputs) };
  },
  torch: { setup: `${WAVE}${SCATTERED}N = ${n}\n${row.python}`, run: row.run, result: row.run },
})));
