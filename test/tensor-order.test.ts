/** Sorting, selecting, searching and scans: what PyTorch's samples do not show. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { func, tensor, withBackend, type BackendName, type Tensor } from 'flambeau';

const int64 = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int64' });

describe.each<BackendName>(['native', 'js'])('on the %s backend', (backend) => {
  const on = (body: () => void) => (): void => withBackend(backend, body);

  test('sort is stable, keeps the sign of zeros and puts NaN beyond every number', on(() => {
    const x = tensor([0, NaN, -0, 1, -Infinity, 0]);
    expect(x.sort().indices.tolist()).toEqual([4, 0, 2, 5, 3, 1]);
    expect(x.sort().values.tolist()).toEqual([-Infinity, 0, -0, 0, 1, NaN]);
    expect(x.sort({ descending: true }).indices.tolist()).toEqual([1, 3, 0, 2, 5, 4]);
  }));

  test('every dtype sorts along every dim, as its float64 does', on(() => {
    torch.manualSeed(1);
    const x = torch.randint(0, 90, [7, 60, 5]);
    for (const dtype of ['float16', 'bfloat16', 'float32', 'float64', 'int8', 'uint8', 'int16', 'int32', 'int64'] as const) {
      for (const dim of [0, 1, 2]) {
        const { values, indices } = x.to(dtype).sort(dim, true), wide = x.double().sort(dim, true);
        expect(values.dtype).toBe(dtype);
        expect(torch.equal(values.double(), wide.values)).toBe(true);
        expect(torch.equal(indices, wide.indices)).toBe(true);
      }
    }
  }));

  test('topk of any share is the front of a stable sort', on(() => {
    torch.manualSeed(2);
    for (const x of [torch.randn(5000), torch.randint(0, 40, [5000]).float(), torch.arange(5000).float(), torch.ones(5000)]) {
      for (const largest of [true, false]) {
        const all = x.sort(0, largest);
        for (const k of [1, 10, 300, 1000, 5000]) {
          const { values, indices } = x.topk(k, 0, largest);
          expect(torch.equal(values, all.values.narrow(0, 0, k))).toBe(true);
          expect(torch.equal(indices, all.indices.narrow(0, 0, k))).toBe(true);
        }
      }
      const order = x.sort();
      for (const k of [1, 2500, 5000]) expect(x.kthvalue(k).indices.item()).toBe(order.indices.index(k - 1).item());
      expect(x.median(0).indices.item()).toBe(order.indices.index(2499).item());
    }
  }));

  test('expanded and empty tensors order like others', on(() => {
    const x = tensor([3, 1, 2]).expand(4, 3);
    expect(x.median(0).indices.tolist()).toEqual([1, 1, 1]);
    expect(x.kthvalue(4, 0).indices.tolist()).toEqual([3, 3, 3]);
    expect(x.topk(2, 0).values.tolist()).toEqual([[3, 1, 2], [3, 1, 2]]);
    expect(torch.zeros(0, 3).sort(0).indices.shape).toEqual([0, 3]);
    expect(torch.zeros(0).unique({ returnInverse: true, returnCounts: true }).counts.shape).toEqual([0]);
  }));

  test('results go where out says, all or none', on(() => {
    const values = torch.zeros(3), indices = int64([9, 9, 9]);
    expect(torch.sort(tensor([3, 1, 2]), { out: [values, indices] }).values).toBe(values);
    expect([values.tolist(), indices.tolist()]).toEqual([[1, 2, 3], [1, 2, 0]]);
    expect(() => torch.sort(tensor([5, 4, 6]), { out: [values, int64([0])] })).toThrow("sort: out must have the result's shape [3], got [1]");
    expect(() => torch.sort(tensor([5, 4, 6]), { out: [values, torch.zeros(3)] })).toThrow('sort: out[1] must be int64, got float32');
    expect(values.tolist()).toEqual([1, 2, 3]);
  }));

  test('searchsorted promotes, takes a sorter, and places NaN last', on(() => {
    expect(torch.searchsorted(int64([1, 2, 3]), tensor([2.5, NaN])).tolist()).toEqual([2, 3]);
    const x = tensor([3, 1, 2]);
    expect(torch.searchsorted(x, tensor([1, 2, 9]), { sorter: x.argsort(), right: true }).tolist()).toEqual([1, 2, 3]);
    expect(() => torch.searchsorted(x, 1, { sorter: int64([0, 1, 3]) })).toThrow('searchsorted: index 3 is out of range for size 3');
  }));

  test('histc and histogram leave out what lies outside', on(() => {
    const x = tensor([-5, 0, 1, 1.5, 2, NaN, Infinity]);
    expect(x.histc(2, 0, 2).tolist()).toEqual([1, 3]);
    expect(x.histogram(tensor([0, 1, 2])).hist.tolist()).toEqual([1, 3]);
    expect(torch.histogram(x, 2, { range: [0, 2], weight: torch.full([7], 0.5), density: true }).hist.tolist()).toEqual([0.25, 0.75]);
  }));

  test('forward and reverse derivatives of logcumsumexp agree, also of higher order', on(() => {
    const x = tensor([3, 1, 2]).double(), f = (v: Tensor): Tensor => v.logcumsumexp(0);
    expect(torch.allclose(func.jacfwd(f)(x) as Tensor, func.jacrev(f)(x) as Tensor)).toBe(true);
    const square = (v: Tensor): Tensor => f(v).pow(2).sum(), direct = (v: Tensor): Tensor => v.exp().cumsum(0).log().pow(2).sum();
    expect(torch.allclose(func.hessian(square)(x) as Tensor, func.hessian(direct)(x) as Tensor)).toBe(true);
  }));

  test('vmap sorts, selects and searches each sample', on(() => {
    const x = tensor([3, 1, 2, 9, 7, 8]).view(2, 3);
    expect(func.vmap((v: Tensor) => v.sort().indices)(x).tolist()).toEqual([[1, 2, 0], [1, 2, 0]]);
    expect(func.vmap((v: Tensor) => v.median())(x).tolist()).toEqual([2, 8]);
    expect(func.vmap((v: Tensor) => torch.searchsorted(tensor([1.5, 7.5]), v))(x).tolist()).toEqual([[1, 0, 1], [2, 1, 2]]);
  }));
});
