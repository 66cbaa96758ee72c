import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { autograd, nn } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const double = { dtype: 'float64' } as const;
const leaf = (...shape: number[]): torch.Tensor => torch.randn(...shape, double).requiresGrad_();
const signs = (...shape: number[]): torch.Tensor => torch.randint(0, 2, shape).mul(2).sub(1).double();

const OPERATIONS: readonly (readonly [string, (...inputs: torch.Tensor[]) => torch.Tensor, () => torch.Tensor[]])[] = [
  ['layerNorm', (x, w, b) => F.layerNorm(x, [3, 4], w, b), () => [leaf(2, 3, 4), leaf(3, 4), leaf(3, 4)]],
  ['rmsNorm', (x, w) => F.rmsNorm(x, [4], w), () => [leaf(3, 4), leaf(4)]],
  ['groupNorm', (x, w, b) => F.groupNorm(x, 2, w, b), () => [leaf(2, 4, 3), leaf(4), leaf(4)]],
  ['groupNorm without space', (x, w, b) => F.groupNorm(x, 2, w, b), () => [leaf(3, 6), leaf(6), leaf(6)]],
  ['batchNorm', (x, w, b) => F.batchNorm(x, null, null, w, b, true), () => [leaf(3, 2, 4), leaf(2), leaf(2)]],
  ['batchNorm of vectors', (x, w, b) => F.batchNorm(x, null, null, w, b, true), () => [leaf(5, 9), leaf(9), leaf(9)]],
  ['batchNorm in evaluation', (x, w, b) => F.batchNorm(x, torch.ones(2, double), torch.full([2], 3, double), w, b), () => [leaf(3, 2, 4), leaf(2), leaf(2)]],
  ['instanceNorm', (x, w, b) => F.instanceNorm(x, { weight: w, bias: b }), () => [leaf(2, 2, 5), leaf(2), leaf(2)]],
  ['scaledDotProductAttention', (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }), () => [leaf(2, 3, 4), leaf(2, 3, 4), leaf(2, 3, 2)]],
  ['gaussianNllLoss', (x, y, v) => F.gaussianNllLoss(x, y, v.square().add(0.5)), () => [leaf(3, 2), leaf(3, 2), leaf(3, 2)]],
  ['cosineEmbeddingLoss', (x, y) => F.cosineEmbeddingLoss(x, y, torch.tensor([1, -1, 1]).double()), () => [leaf(3, 4), leaf(3, 4)]],
  ['hingeEmbeddingLoss', (x) => F.hingeEmbeddingLoss(x, signs(3, 4)), () => [leaf(3, 4)]],
  ['softMarginLoss', (x) => F.softMarginLoss(x, signs(3, 4)), () => [leaf(3, 4)]],
  ['multilabelSoftMarginLoss', (x) => F.multilabelSoftMarginLoss(x, torch.ones(3, 4, double)), () => [leaf(3, 4)]],
  ['multiMarginLoss', (x) => F.multiMarginLoss(x, torch.tensor([0n, 2n, 1n]), 2), () => [leaf(3, 4)]],
  ['tripletMarginLoss', (a, p, n) => F.tripletMarginLoss(a, p, n, 10), () => [leaf(3, 4), leaf(3, 4), leaf(3, 4)]],
];

onBackends(() => {
  describe.each(OPERATIONS)('%s', (name, run, inputs) => {
    test('has the gradients and second derivatives of its values', () => {
      torch.manualSeed(7);
      const given = inputs();
      // Targets are drawn inside: each evaluation draws the same.
      const fixed = (...tensors: torch.Tensor[]): torch.Tensor => {
        torch.manualSeed(8);
        return run(...tensors);
      };
      expect(autograd.gradcheck(fixed, given), name).toBe(true);
      expect(autograd.gradgradcheck(fixed, given), name).toBe(true);
    });
  });

  test('batch norm sees neither the layout of its input nor the size of its mean', () => {
    const x = torch.randn(7, 5, 6, double).add(1e6);
    const view = x.transpose(1, 2).contiguous().transpose(1, 2);
    const plain = F.batchNorm(x, null, null, { training: true });
    expect(torch.equal(F.batchNorm(view, null, null, { training: true }), plain)).toBe(true);
    expect(plain.var([0, 2], false).sub(1).abs().max().item()).toBeLessThan(1e-4);
  });

  test('norms inside vmap and jacobians are those of each sample', () => {
    const x = torch.randn(4, 3, 5), w = torch.randn(5);
    const each = torch.stack(x.unbind(0).map((sample) => F.layerNorm(sample, [5], w)));
    expect(torch.allclose(torch.func.vmap((sample: torch.Tensor) => F.layerNorm(sample, [5], w))(x), each, { atol: 1e-6 })).toBe(true);
    const jacobian = torch.func.jacrev((row: torch.Tensor) => F.layerNorm(row, [5], w))(x.index(0, 0)) as torch.Tensor;
    expect(jacobian.shape).toEqual([5, 5]);
    expect(jacobian.sum(1).abs().max().item()).toBeLessThan(1e-4);
  });
});
