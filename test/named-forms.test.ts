import * as torch from 'flambeau';
import { expect, it } from 'vitest';

const x = torch.arange(6).view(2, 3).float();

it('takes the parameters of view and shape methods by name', () => {
  expect(x.unsqueeze({ dim: 0 }).shape).toEqual([1, 2, 3]);
  expect(x.transpose({ dim0: 0, dim1: 1 }).shape).toEqual([3, 2]);
  expect(x.unsqueeze(0).squeeze({ dim: 0 }).shape).toEqual([2, 3]);
  expect(x.split(2, { dim: 1 }).map((part) => part.shape)).toEqual([[2, 2], [2, 1]]);
  expect(x.chunk(3, { dim: 1 })).toHaveLength(3);
  expect(x.unbind({ dim: 1 })).toHaveLength(3);
  expect(x.tril({ diagonal: -1 }).tolist()).toEqual([[0, 0, 0], [3, 0, 0]]);
  expect(x.roll(1, { dims: 1 }).tolist()).toEqual([[2, 0, 1], [5, 3, 4]]);
  expect(x.sub(3).leakyRelu({ negativeSlope: 0.5 }).tolist()).toEqual([[-1.5, -1, -0.5], [0, 1, 2]]);
});

it('takes options after tensors that are given one by one', () => {
  const [rows, columns] = torch.meshgrid(torch.arange(2), torch.arange(3), { indexing: 'xy' });
  expect([rows.tolist(), columns.tolist()]).toEqual([[[0, 1], [0, 1], [0, 1]], [[0, 0], [1, 1], [2, 2]]]);
});

it('takes the parameters of indexing methods by name, in functions too', () => {
  const index = torch.tensor([[0n, 1n], [1n, 0n]]), rows = torch.tensor([1n, 0n]), src = torch.ones(2, 2);
  expect(x.gather({ dim: 1, index }).equal(x.gather(1, index))).toBe(true);
  expect(torch.gather(x, 1, { index }).equal(x.gather(1, index))).toBe(true);
  expect(x.scatter({ dim: 1, index, src }).equal(x.scatter(1, index, src))).toBe(true);
  expect(x.scatter(1, index, { value: 3, reduce: 'add' }).tolist()).toEqual([[3, 4, 2], [6, 7, 5]]);
  expect(x.scatterAdd(1, index, { src }).equal(x.scatterAdd(1, index, src))).toBe(true);
  expect(x.indexAdd(0, rows, { source: x, alpha: 2 }).tolist()).toEqual([[6, 9, 12], [3, 6, 9]]);
  expect(x.indexCopy({ dim: 0, index: rows, source: x }).tolist()).toEqual([[3, 4, 5], [0, 1, 2]]);
  expect(x.indexFill(0, rows, { value: 1 }).sum().item()).toBe(6);
  expect(x.indexPut([0], { values: 5, accumulate: true }).tolist()).toEqual([[5, 6, 7], [3, 4, 5]]);
  expect(torch.take(x, { index: rows }).tolist()).toEqual([1, 0]);
  expect(x.takeAlongDim({ indices: index, dim: 1 }).equal(x.takeAlongDim(index, 1))).toBe(true);
  expect(torch.maskedFill(x, { mask: x.gt(1), value: 0 }).sum().item()).toBe(1);
  expect(x.equal({ other: x })).toBe(true);
});

it('takes sizes and dims of variadic methods by name', () => {
  expect(x.view({ size: [3, 2] }).shape).toEqual([3, 2]);
  expect(x.view({ dtype: 'int32' }).dtype).toBe('int32');
  expect(x.reshape({ shape: [6] }).shape).toEqual([6]);
  expect(x.permute({ dims: [1, 0] }).shape).toEqual([3, 2]);
  expect(x.unsqueeze(0).expand({ size: [4, -1, -1] }).shape).toEqual([4, 2, 3]);
  expect(x.repeat({ repeats: [2, 1] }).shape).toEqual([4, 3]);
  expect(x.tile({ dims: [2] }).shape).toEqual([2, 6]);
  expect(torch.flip(x, { dims: [0] }).tolist()).toEqual([[3, 4, 5], [0, 1, 2]]);
  expect(x.flatten({ startDim: 1 }).shape).toEqual([2, 3]);
  expect(x.diagonal({ offset: 1 }).tolist()).toEqual([1, 5]);
  expect(torch.movedim(x, { source: 0, destination: 1 }).shape).toEqual([3, 2]);
  expect(x.repeatInterleave(2, { dim: 0 }).shape).toEqual([4, 3]);
});

it('has the types of every overload in functions', () => {
  const largest: torch.Tensor = torch.max(x), { indices } = torch.max(x, 1), columns: torch.Tensor[] = torch.nonzero(x, { asTuple: true });
  expect([largest.item(), indices.tolist(), columns.length]).toEqual([5, [2, 2], 2]);
});

it('writes into out, which has the dtype of the result and no memory of an input', () => {
  const index = torch.tensor([5n, 0n]), out = torch.zeros(2);
  expect(torch.take(x, index, { out })).toBe(out);
  expect(out.tolist()).toEqual([5, 0]);
  expect(() => torch.take(x, index, { out: torch.zeros(2, { dtype: 'float64' }) })).toThrow('take: out must have dtype float32, got float64');
  expect(() => torch.take(x, index, { out: x.view(-1).narrow(0, 0, 2) })).toThrow('take: out must not share memory with an input');
});

it('refuses a parameter that is unknown, missing or given twice', () => {
  expect(() => (x.unsqueeze as (o: object) => torch.Tensor).call(x, { dimension: 0 })).toThrow("unsqueeze: option 'dimension' is unknown; expected one of dim");
  expect(() => (x.transpose as (o: object) => torch.Tensor).call(x, { dim0: 0 })).toThrow("transpose: parameter 'dim1' is missing");
  expect(() => (x.split as (n: number, d: number, o: object) => torch.Tensor[]).call(x, 2, 1, { dim: 1 })).toThrow("split: parameter 'dim' is given twice");
});
