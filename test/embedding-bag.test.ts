/** Weighted bags: derivatives, and what padding hides. */
import { expect, test } from 'vitest';
import { autograd, nn, rand, randn, tensor, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;

onBackends(() => {
  const index = tensor([1, 2, 3, 3, 0, 6]).long();

  test.each([[[0, 2, 4]], [[0, 1, 1, 5]], [[0, 6]]])('bags at %j have two derivatives in the table and the weights', (starts) => {
    const table = randn([7, 3], { dtype: 'float64', requiresGrad: true }), weights = rand([6], { dtype: 'float64', requiresGrad: true }), offsets = tensor(starts).long();
    for (const paddingIdx of [null, 3]) {
      const sum = (w: Tensor, s: Tensor): Tensor => F.embeddingBag(index, w, offsets, { mode: 'sum', perSampleWeights: s, paddingIdx });
      expect(autograd.gradcheck(sum, [table, weights])).toBe(true);
      expect(autograd.gradgradcheck(sum, [table, weights])).toBe(true);
      for (const mode of ['mean', 'max'] as const) expect(autograd.gradcheck((w: Tensor) => F.embeddingBag(index, w, offsets, { mode, paddingIdx }), [table])).toBe(true);
    }
  });

  test.each([[[0, 2, 4], [5, 0, 16.5]], [[0, 1, 1, 5], [1, 0, 6.5, 14]]])('a weight of a padded sample counts for nothing, NaN or not: bags at %j', (starts, expected) => {
    const table = tensor([[5], [1], [2], [3], [0], [0], [7]]), weights = tensor([1, 2, NaN, NaN, 0.5, 2]);
    const bags = F.embeddingBag(index, table, tensor(starts).long(), { mode: 'sum', perSampleWeights: weights, paddingIdx: 3 });
    expect(bags.flatten().tolist()).toEqual(expected);
  });
});
