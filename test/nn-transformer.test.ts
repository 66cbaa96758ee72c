import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn } from 'flambeau';

const F = nn.functional;

describe('deepCopy', () => {
  test('copies parameters and buffers, keeps the class, its calls and what is shared inside', () => {
    const linear = new nn.Linear(2, 2);
    const model = new nn.Sequential(linear, new nn.BatchNorm1d(2), linear);
    const copy = model.deepCopy();
    expect(copy).toBeInstanceOf(nn.Sequential);
    expect(copy.at(0)).toBe(copy.at(2));
    const values = (module: nn.Module): unknown[] => Object.entries(module.stateDict()).map(([name, value]) => [name, value.tolist()]);
    expect(values(copy)).toEqual(values(model));
    const x = torch.randn(3, 2);
    copy.eval();
    copy.parameters()[0].detach().zero_();
    expect(torch.equal(copy(x), model.eval()(x))).toBe(false);
    expect(model.parameters()[0].abs().sum().item()).toBeGreaterThan(0);
    copy.train()(x);
    expect((copy.at(1) as nn.BatchNorm1d).numBatchesTracked?.item()).toBe(1);
    expect((model.at(1) as nn.BatchNorm1d).numBatchesTracked?.item()).toBe(0);
  });
});

describe('scaledDotProductAttention', () => {
  const [q, k, v] = [torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 4)];
  test('gives 0 where a query may see no key, with gradients that are numbers', () => {
    const mask = torch.ones(3, 5, { dtype: 'bool' });
    mask.select(0, 1).fill_(false);
    const query = q.clone().requiresGrad_();
    for (const attnMask of [mask, torch.zeros(3, 5).maskedFill(mask.logicalNot(), -Infinity)]) {
      const out = F.scaledDotProductAttention(query, k, v, attnMask);
      expect(out.select(1, 1).abs().sum().item()).toBe(0);
      const [grad] = torch.autograd.grad(out.sum(), [query]);
      expect(grad.isfinite().all().item()).toBe(true);
    }
  });

  test('shares the heads of keys and values', () => {
    const query = torch.randn(2, 6, 3, 4), key = torch.randn(2, 2, 5, 4), value = torch.randn(2, 2, 5, 4);
    const shared = F.scaledDotProductAttention(query, key, value, { enableGqa: true });
    const repeated = F.scaledDotProductAttention(query, key.repeatInterleave(3, 1), value.repeatInterleave(3, 1));
    expect(torch.equal(shared, repeated)).toBe(true);
    expect(() => F.scaledDotProductAttention(query, torch.randn(2, 4, 5, 4), value, { enableGqa: true })).toThrow(/must be a multiple/);
  });
});
