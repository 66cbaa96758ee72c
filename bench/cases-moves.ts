/** What moves, casts and counts: results of a million elements by operations that compute next to nothing. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';

interface Inputs {
  /** float32 [1000, 1000] of whole numbers. */
  readonly x: Tensor;
  readonly bf: Tensor;
  readonly half: Tensor;
  readonly mask: Tensor;
  readonly int: Tensor;
}

interface Row {
  readonly op: string;
  readonly ours: (inputs: Inputs) => Tensor;
  readonly python: string;
}

const SETUP = 'int = (torch.arange(1000000) * 7919 % 1009).view(1000, 1000) - 500; x = int.float(); bf = x.bfloat16(); half = x.half(); mask = x > 0';

const rows: readonly Row[] = [
  { op: 'flip of dim 0', ours: ({ x }) => x.flip(0), python: 'x.flip(0)' },
  { op: 'flip of dim 1', ours: ({ x }) => x.flip(1), python: 'x.flip(1)' },
  { op: 'arange int64', ours: () => torch.arange(1_000_000), python: 'torch.arange(1000000)' },
  { op: 'add bfloat16', ours: ({ bf }) => bf.add(bf), python: 'bf + bf' },
  { op: 'add float16', ours: ({ half }) => half.add(half), python: 'half + half' },
  { op: 'cast to float16', ours: ({ x }) => x.half(), python: 'x.half()' },
  { op: 'cast to bfloat16', ours: ({ x }) => x.bfloat16(), python: 'x.bfloat16()' },
  { op: 'cast of float16', ours: ({ half }) => half.float(), python: 'half.float()' },
  { op: 'bool and', ours: ({ mask }) => mask.bitwiseAnd(mask), python: 'mask & mask' },
  { op: 'floor division int64', ours: ({ int }) => torch.floorDivide(int, 3), python: 'int // 3' },
  { op: 'remainder int64', ours: ({ int }) => int.remainder(7), python: 'int % 7' },
  { op: 'repeat_interleave', ours: ({ x }) => x.narrow(0, 0, 250).repeatInterleave(4, 1), python: 'x[:250].repeat_interleave(4, 1)' },
  { op: 'masked_select', ours: ({ x, mask }) => x.maskedSelect(mask), python: 'x[mask]' },
  { op: 'unique int64, 10 thousand of', ours: ({ int }) => int.narrow(0, 0, 10).unique(), python: 'int[:10].unique()' },
  { op: 'index_add of rows', ours: ({ x, int }) => x.indexAdd(0, int.select(0, 0).abs().clamp(0, 999), x), python: 'x.index_add(0, int[0].abs().clamp(0, 999), x)' },
];

export const moves: readonly Case[] = rows.map((row): Case => ({
  name: `${row.op} 1M`,
  group: 'moves',
  make() {
    const int = torch.arange(1_000_000).mul(7919).remainder(1009).view(1000, 1000).sub(500), x = int.float();
    const inputs: Inputs = { x, int, bf: x.bfloat16(), half: x.half(), mask: x.gt(0) };
    return { run: () => row.ours(inputs), result: () => row.ours(inputs) };
  },
  torch: { setup: SETUP, run: row.python, result: row.python },
}));
