/** Operations of a dozen elements: what a call costs before it computes anything. */
import * as torch from 'flambeau';
import { nn, type Tensor } from 'flambeau';
import type { Case } from './case.ts';

const F = nn.functional;

interface Inputs {
  /** [3, 4], [3, 4], [4], [4, 3]; indices [2] and classes [3]. */
  readonly x: Tensor;
  readonly y: Tensor;
  readonly v: Tensor;
  readonly w: Tensor;
  readonly i: Tensor;
  readonly c: Tensor;
}

function inputs(): Inputs {
  const x = torch.arange(12).mul(0.1).view(3, 4);
  return { x, y: x.add(1), v: torch.arange(4).mul(0.5), w: torch.arange(12).mul(0.2).view(4, 3), i: torch.tensor([0n, 2n]), c: torch.tensor([0n, 1n, 2n]) };
}

const PYTHON = `x = (torch.arange(12) * 0.1).view(3, 4); y = x + 1; v = torch.arange(4) * 0.5
w = (torch.arange(12) * 0.2).view(4, 3); i = torch.tensor([0, 2]); c = torch.tensor([0, 1, 2])`;

const rows: readonly (readonly [op: string, ours: (inputs: Inputs) => Tensor, python: string])[] = [
  ['add', ({ x, y }) => x.add(y), 'x.add(y)'],
  ['add of a row', ({ x, v }) => x.add(v), 'x.add(v)'],
  ['mul by a number', ({ x }) => x.mul(2), 'x.mul(2)'],
  ['sum over dim 1', ({ x }) => x.sum(1), 'x.sum(1)'],
  ['softmax', ({ x }) => x.softmax(1), 'x.softmax(1)'],
  ['matmul', ({ x, w }) => x.matmul(w), 'x.matmul(w)'],
  ['linear', ({ x, y }) => F.linear(x, y), 'F.linear(x, y)'],
  ['layerNorm', ({ x }) => F.layerNorm(x, [4]), 'F.layer_norm(x, [4])'],
  ['crossEntropy', ({ x, c }) => F.crossEntropy(x, c), 'F.cross_entropy(x, c)'],
  ['embedding', ({ w, i }) => F.embedding(i, w), 'F.embedding(i, w)'],
  ['view', ({ x }) => x.view(2, 6), 'x.view(2, 6)'],
  ['transpose', ({ x }) => x.transpose(0, 1), 'x.transpose(0, 1)'],
  ['select', ({ x }) => x.select(0, 1), 'x.select(0, 1)'],
  ['narrow', ({ x }) => x.narrow(1, 0, 2), 'x.narrow(1, 0, 2)'],
  ['unsqueeze', ({ x }) => x.unsqueeze(0), 'x.unsqueeze(0)'],
  ['cat', ({ x, y }) => torch.cat([x, y], 1), 'torch.cat([x, y], 1)'],
  ['stack', ({ x, y }) => torch.stack([x, y]), 'torch.stack([x, y])'],
];

export const small: readonly Case[] = rows.map(([op, ours, python]) => ({
  name: `${op}, 12 elements`,
  group: 'small',
  tolerance: 1e-5,
  make() {
    const given = inputs();
    return { run: () => ours(given), result: () => ours(given) };
  },
  torch: { setup: PYTHON, run: python, result: python },
}));
