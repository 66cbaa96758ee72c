/**
 * 500 random operations over permuted, sliced and broadcast tensors (fixtures/make-memory-orders.py): results have PyTorch's values,
 * and lie in memory as PyTorch's do.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

interface Case {
  readonly code: string;
  readonly shape: readonly number[];
  /** 0 for dims of size 1. */
  readonly strides: readonly number[];
  readonly values: readonly number[];
}

const CASES = JSON.parse(readFileSync(new URL('reference/memory-orders.json', import.meta.url), 'utf8')) as Case[];
const evaluate = (code: string): Tensor => (new Function('torch', `return ${code};`) as (of: typeof torch) => Tensor)(torch);

onBackends(() => {
  describe('the order of elements in memory', () => {
    test('is PyTorch\'s for results of elementwise operations, copies and sorts', () => {
      for (const { code, shape, strides, values } of CASES) {
        const result = evaluate(code);
        expect([result.shape, result.stride().map((stride, dim) => (shape[dim] > 1 ? stride : 0)), result.double().flatten().tolist()], code).toEqual([shape, strides, values]);
      }
    });

    test('of a leaf is its gradient\'s', () => {
      const leaf = torch.arange(6).float().view(2, 3).t().requiresGrad_();
      leaf.mul(torch.arange(6).view(3, 2)).sum().backward();
      expect([leaf.grad?.stride(), leaf.grad?.tolist()]).toEqual([[1, 3], [[0, 1], [2, 3], [4, 5]]]);
    });
  });
});
