/** Memory formats, views in place, memory that grows, and integers that hold no such float. */
import * as torch from 'flambeau';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../src/io/elements.ts';
import { elements } from '../src/tensor/values.ts';
import { onBackends } from './fixtures/backends.ts';

describe('memory formats', () => {
  const x = torch.arange(24).float().view(1, 2, 3, 4);

  test('channelsLast puts the channels innermost and changes no element', () => {
    const moved = x.to({ memoryFormat: torch.channelsLast });
    expect(moved.stride()).toEqual([24, 1, 8, 2]);
    expect([moved.isContiguous(), moved.isContiguous({ memoryFormat: 'channelsLast' }), moved.equal(x)]).toEqual([false, true, true]);
    expect(moved.contiguous(torch.channelsLast)).toBe(moved);
    expect(moved.contiguous().stride()).toEqual([24, 12, 4, 1]);
    expect(x.view(1, 2, 1, 3, 4).double({ memoryFormat: torch.channelsLast3d }).stride()).toEqual([24, 1, 24, 8, 2]);
  });

  test('preserveFormat keeps the order of the elements, without gaps', () => {
    const moved = x.clone({ memoryFormat: torch.channelsLast });
    expect(torch.emptyLike(moved, { memoryFormat: torch.preserveFormat }).stride()).toEqual([24, 1, 8, 2]);
    expect(x.slice(3, 0, 4, 2).transpose(0, 1).clone({ memoryFormat: 'preserveFormat' }).stride()).toEqual([6, 12, 2, 1]);
    expect([torch.zerosLike(moved).stride(), moved.clone().stride(), moved.add(1).stride()]).toEqual([[24, 1, 8, 2], [24, 1, 8, 2], [24, 1, 8, 2]]);
  });

  test('a gradient passes through', () => {
    const leaf = torch.ones(1, 2, 3, 4, { requiresGrad: true });
    leaf.contiguous({ memoryFormat: 'channelsLast' }).mul(x).sum().backward();
    expect(leaf.grad?.equal(x)).toBe(true);
  });

  test('of other dims or names are refused', () => {
    expect(() => x.view(-1).contiguous('channelsLast')).toThrow("contiguous: memoryFormat 'channelsLast' needs 4 dimensions, got 1");
    expect(() => x.clone({ memoryFormat: 'nhwc' as 'channelsLast' })).toThrow("clone: memoryFormat must be one of 'contiguousFormat'");
    expect(() => torch.empty(2, { memoryFormat: 'preserveFormat' })).toThrow("empty: memoryFormat must not be 'preserveFormat'");
  });
});

onBackends(() => {
  describe('the elements of a tensor that nobody holds any more', () => {
    const later = (): void => {
      for (let i = 0; i < 200; i++) torch.full([20_000], 5);
    };

    test.each([100, 5000, 20_000, 200_000])('stay as they are while their array of %i is held', (n) => {
      const held = Array.from({ length: 5 }, () => elements(torch.full([n], 3)) as Float32Array);
      for (let i = 0; i < 3_000_000 / n; i++) torch.full([n], 5);
      expect(held.map((values) => values.every((x) => x === 3))).toEqual([true, true, true, true, true]);
    });

    test('get into files whatever is allocated meanwhile', () => {
      const x = torch.arange(20_000).float().view(100, 200), bytes = [bytesOf(x.t().contiguous()), bytesOf(x.add(1))];
      later();
      const read = (from: Uint8Array): number[] => Array.from(new Float32Array(from.slice().buffer));
      expect(read(bytes[0])).toEqual((x.t().tolist() as number[][]).flat());
      expect(read(bytes[1])).toEqual((x.add(1).tolist() as number[][]).flat());
    });
  });
});

describe('views in place', () => {
  test('the tensor continues in its new shape, and so does its gradient', () => {
    const leaf = torch.ones(3, { requiresGrad: true });
    const x = leaf.mul(2);
    expect(x.unsqueeze_(0)).toBe(x);
    x.mul(torch.ones(4, 1)).sum().backward();
    expect(leaf.grad?.tolist()).toEqual([8, 8, 8]);
  });

  test('a leaf that requires grad is refused, and one outside of gradients collects in its new shape', () => {
    const leaf = torch.zeros(2, 3, { requiresGrad: true });
    expect(() => leaf.t_()).toThrow('t_: a leaf tensor that requires grad');
    torch.noGrad(() => leaf.t_());
    leaf.sum().backward();
    expect(leaf.grad?.shape).toEqual([3, 2]);
  });

  test('what was saved of the tensor for a derivative is stale', () => {
    const x = torch.ones(3, { requiresGrad: true }).exp();
    x.unsqueeze_(0);
    expect(() => x.sum().backward()).toThrow('modified by an inplace operation');
  });
});

test('memory that grows does so for all views', () => {
  const x = torch.arange(6).float(), view = x.view(2, 3);
  x.resize_(100);
  expect(x.slice(0, 0, 6).tolist()).toEqual([0, 1, 2, 3, 4, 5]);
  x.fill_(7);
  expect(view.tolist()).toEqual([[7, 7, 7], [7, 7, 7]]);
  expect(x.resize_([2, 2]).shape).toEqual([2, 2]);
  expect(() => torch.zeros(2, { requiresGrad: true }).resize_(4)).toThrow('resize_: cannot resize a tensor that requires grad');
});

onBackends(() => {
  test('floats that no integer holds become the same from arrays, fills and casts', () => {
    const values = [NaN, 1e20, -3e9, 300.7];
    const expected = { int64: [-(2 ** 63), -(2 ** 63), -3e9, 300], int32: [-(2 ** 31), -(2 ** 31), -(2 ** 31), 300], int16: [0, 0, 0, 300], uint8: [0, 0, 0, 44] } as const;
    for (const dtype of ['int64', 'int32', 'int16', 'uint8'] as const) {
      const read = (x: torch.Tensor): number[] => Array.from(x.toTypedArray(), Number);
      expect(read(torch.tensor(values, { dtype }))).toEqual(expected[dtype]);
      expect(read(torch.tensor(values).to(dtype))).toEqual(expected[dtype]);
      expect(values.flatMap((value) => read(torch.zeros(1, { dtype }).fill_(value)))).toEqual(expected[dtype]);
    }
  });

  test('a combination by index leaves elements out that the index does not name', () => {
    const x = torch.tensor([10, 20, 30]), index = torch.tensor([0n, 0n, 2n]), src = torch.tensor([1, 3, 5]);
    expect(x.scatterReduce(0, index, src, 'mean', { includeSelf: false }).tolist()).toEqual([2, 20, 5]);
    expect(x.scatterReduce(0, index, src, 'mean').tolist()).toEqual([14 / 3, 20, 17.5].map(Math.fround));
    expect(x.scatterReduce(0, index, src, 'amin', { includeSelf: false }).tolist()).toEqual([1, 20, 5]);
    expect(torch.indexReduce(x.long(), 0, index, src.long(), 'prod', { includeSelf: false }).tolist()).toEqual([3, 20, 5]);
  });
});
