/** Weighted bags: derivatives, and what padding hides. */
import { expect, test } from 'vitest';
import { autograd, nn, rand, randn, tensor, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;

onBackends(() => {
  const index = tensor([1, 2, 3, 3, 0, 6]).long();

  test.each([[[0, 2, 4]], [[0, 3]], [[0, 1, 1, 5]], [[0, 6]]])('bags at %j have two derivatives in the table and the weights', (starts) => {
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

  test('bags of one size are those of any size, and refuse the same indices', () => {
    const table = randn([50, 6], { dtype: 'float64', requiresGrad: true }), weights = rand([4, 5], { dtype: 'float64', requiresGrad: true });
    const bags = tensor([[3, 49, 0, 7, 7], [1, 2, 3, 4, 5], [9, 9, 9, 9, 9], [0, 10, 20, 30, 40]]).long(), offsets = tensor([0, 5, 10, 15]).long();
    // A fifth bag without samples makes the sizes differ.
    const apart = tensor([0, 5, 10, 15, 20]).long();
    for (const mode of ['sum', 'mean'] as const) for (const paddingIdx of [null, 7]) {
      const given = mode === 'sum' ? weights : null;
      const same = F.embeddingBag(bags, table, { mode, paddingIdx, perSampleWeights: given });
      const other = F.embeddingBag(bags.flatten(), table, apart, { mode, paddingIdx, perSampleWeights: given?.flatten() }).narrow(0, 0, 4);
      const flat = F.embeddingBag(bags.flatten(), table, offsets, { mode, paddingIdx, perSampleWeights: given?.flatten() });
      for (const each of [other, flat]) expect(same.sub(each).abs().max().item()).toBeLessThan(1e-14);
      const leaves = given === null ? [table] : [table, weights], g = randn([4, 6], { dtype: 'float64' });
      autograd.grad(same, leaves, g).forEach((each, k) => expect(each.sub(autograd.grad(other, leaves, g, { retainGraph: true })[k]).abs().max().item()).toBeLessThan(1e-14));
    }
    for (const wrong of [-1, 50, 2 ** 32]) expect(() => F.embeddingBag(tensor([[0, wrong]]).long(), table, { mode: 'sum' })).toThrow('embeddingBag');
  });
});
