/** Numbers beside small dtypes, integers between fractions, and results in given tensors: recorded from PyTorch 2.13. */
import * as torch from 'flambeau';
import { describe, expect, test } from 'vitest';
import { onBackends } from './fixtures/backends.ts';

onBackends(() => {
  const half = (...values: number[]) => torch.tensor(values, { dtype: 'float16' }), bytes = (...values: number[]) => torch.tensor(values, { dtype: 'uint8' });

  describe('a number, or a 0-d tensor, beside a small dtype', () => {
    test('is rounded to half floats, but as a factor and where it divides', () => {
      expect(half(1.7).add(1.68766).tolist()).toEqual([3.38671875]);
      expect(half(1.7, 3.25).add_(1.68766).tolist()).toEqual([3.38671875, 4.9375]);
      expect(torch.fmod(torch.tensor(1, { dtype: 'bfloat16' }), 0.1).item()).toBe(0.09912109375);
      expect(half(0.1).eq(0.1).tolist()).toEqual([true]);
      expect(torch.tensor(1.7, { dtype: 'float64' }).div(half(-2.5, -0.3, 2.3)).tolist()).toEqual([-0.68017578125, -5.66796875, 0.73876953125]);
      expect(half(3.25).mul(0.3).tolist()).toEqual([0.97509765625]);
    });

    test('wraps to integers', () => {
      expect(bytes(6, 10).lt(-1).tolist()).toEqual([true, true]);
      expect(torch.fmax(bytes(7, 3), torch.tensor(-1n)).tolist()).toEqual([255, 255]);
      expect(bytes(4, 255).floorDivide_(torch.tensor(-9n)).tolist()).toEqual([0, 1]);
      expect(torch.tensor([127], { dtype: 'int8' }).ge(torch.tensor(32767, { dtype: 'int16' })).tolist()).toEqual([true]);
    });
  });

  test('integers between fractions are PyTorch\'s', () => {
    expect(torch.arange(0, 3, 0.7, { dtype: 'uint8' }).tolist()).toEqual([0, 0, 0, 0, 0]);
    expect(torch.arange(1.5, 4.5, 1.5, { dtype: 'int64' }).tolist()).toEqual([1, 2, 3]);
    expect(() => torch.arange(0, 3, 0.7, { dtype: 'int64' })).toThrow('arange: step must not be zero as an int64, got 0.7');
    expect(torch.linspace(-2, 5.5, 4, { dtype: 'uint8' }).tolist()).toEqual([254, 171, 88, 5]);
    expect(torch.trapezoid(torch.tensor([[127, 127, 127]], { dtype: 'int8' })).tolist()).toEqual([382]);
  });

  describe('out', () => {
    const x = torch.arange(6).float().view(2, 3);

    test('takes the results of reductions and scans', () => {
      const out = torch.empty(3);
      expect(torch.sum(x, 0, { out })).toBe(out);
      expect(out.tolist()).toEqual([3, 5, 7]);
      expect(torch.cumsum(torch.ones(3), 0, { out }).tolist()).toEqual([1, 2, 3]);
      expect(torch.std(x, 1, { unbiased: false, out: torch.empty(2) }).tolist()).toEqual(x.std(1, { unbiased: false }).tolist());
      const [values, indices] = torch.max(x, 1, { out: [torch.empty(2), torch.empty(2, { dtype: 'int64' })] });
      expect([values.tolist(), indices.tolist()]).toEqual([[2, 5], [2, 2]]);
    });

    test('takes the shape of the result where it is empty, and is refused where it does not fit', () => {
      expect(torch.add(x, 1, { out: torch.empty(0) }).tolist()).toEqual([[1, 2, 3], [4, 5, 6]]);
      expect(() => torch.sum(x, 0, { out: torch.empty(2) })).toThrow("sum: out must have the result's shape [3], got [2]");
      expect(() => torch.mean(x, { out: torch.empty([], { dtype: 'int64' }) })).toThrow("mean: result type float32 can't be cast to the desired output type int64");
    });
  });

  test('clamp_ refuses what its dtype cannot hold', () => {
    expect(() => torch.tensor([1n]).clamp_(torch.tensor([0.5]))).toThrow("clamp_: result type float32 can't be cast to the desired output type int64");
  });
});
