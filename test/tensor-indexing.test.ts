import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  DTypeError, IndexRangeError, ShapeError, arange, autograd, noGrad, ones, randn, setBackend, tensor, where, zeros,
  type DType, type Tensor,
} from 'flambeau';
import { embedding } from '../src/tensor/embedding.ts';
import type { Subscript } from '../src/tensor/indexing.ts';
import { BACKENDS } from './fixtures/backends.ts';

interface Data {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly shape: readonly number[];
  readonly items: readonly (number | boolean | string | null | readonly number[] | Data)[];
  readonly result: Data;
  readonly grad: readonly number[];
  readonly value: Data;
  readonly written: readonly number[];
}

const { cases } = JSON.parse(readFileSync(new URL('./reference/indexing.json', import.meta.url), 'utf8')) as { readonly cases: readonly Case[] };

const long = (data: readonly unknown[]): Tensor => tensor(data as number[], { dtype: 'int64' });
const double = (data: readonly unknown[]): Tensor => tensor(data as number[], { dtype: 'float64' });
const build = ({ dtype, shape, data }: Data): Tensor => tensor([...data], { dtype: dtype ?? 'float64' }).reshape([...shape]);
const subscript = (item: Case['items'][number]): Subscript => (typeof item === 'object' && item !== null && !Array.isArray(item) ? build(item as Data) : item as Subscript);
const flat = (x: Tensor): number[] => x.reshape(-1).tolist() as number[];
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const numbered = (shape: readonly number[]): Tensor => arange(1, count(shape) + 1).double().reshape([...shape]);

/** The same values with gaps between the elements and the dims in another order. */
function scattered(x: Tensor): Tensor {
  const order = x.shape.map((_, i) => x.ndim - 1 - i);
  const wide = zeros([...order.map((i) => x.shape[i]), 2], { dtype: x.dtype });
  const view = wide.select(-1, 1).permute(order);
  view.copy_(x);
  return view;
}

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  describe('subscripts read, write and differentiate as in PyTorch', () => {
    test.each(cases.map((row) => [JSON.stringify(row.items).slice(0, 90), JSON.stringify(row.shape), row] as const))('%s of %s', (_items, _shape, row) => {
      const items = row.items.map(subscript);
      for (const x of [numbered(row.shape), scattered(numbered(row.shape))]) {
        const leaf = x.detach().requiresGrad_();
        const out = leaf.index(...items);
        expect(out.shape).toEqual(row.result.shape);
        expect(flat(out)).toEqual(row.result.data);
        out.mul(arange(out.numel()).remainder(7).add(1).double().reshape([...out.shape])).sum().backward();
        expect(leaf.grad === null ? new Array(x.numel()).fill(0) : flat(leaf.grad)).toEqual(row.grad);
        x.indexPut_(items, build(row.value));
        expect(flat(x)).toEqual(row.written);
      }
    });
  });

  describe('basic subscripts', () => {
    test('give views that share memory', () => {
      const x = zeros(3, 4);
      x.index(1, '::2').fill_(5);
      expect(x.tolist()).toEqual([[0, 0, 0, 0], [5, 0, 5, 0], [0, 0, 0, 0]]);
      x.index().fill_(1);
      expect(x.sum().item()).toBe(12);
    });

    test('return a copy as soon as a list or mask takes part', () => {
      const x = zeros(3);
      x.index([0, 1]).fill_(5);
      expect(x.tolist()).toEqual([0, 0, 0]);
    });

    test('accept spaces, bigints and a slice of an axis of every kind', () => {
      const x = arange(6);
      expect(x.index(' 1 : 5 : 2 ').tolist()).toEqual([1, 3]);
      expect(x.index(2n).item()).toBe(2);
    });
  });

  describe('indexPut_', () => {
    test('broadcasts numbers and tensors, and casts to the dtype that is there', () => {
      const x = zeros(2, 3);
      x.indexPut_([':', [0, 2]], tensor([[1], [2]]));
      expect(x.tolist()).toEqual([[1, 0, 1], [2, 0, 2]]);
      const n = long([1, 2, 3]);
      n.indexPut_([[0]], 7.9);
      expect(n.tolist()).toEqual([7, 2, 3]);
      n.indexPut_(n.gt(2), 0);
      expect(n.tolist()).toEqual([0, 2, 0]);
    });

    test('counts repeated indices with accumulate', () => {
      const x = zeros(3);
      x.indexPut_([[0, 0, 2]], tensor([1, 2, 4]), true);
      expect(x.tolist()).toEqual([3, 0, 4]);
      x.indexPut_(['1:'], 1, { accumulate: true });
      expect(x.tolist()).toEqual([3, 1, 5]);
    });

    test('lets the last of repeated indices win without it', () => {
      expect(zeros(2).indexPut_([[1, 1, 1]], tensor([1, 2, 3])).tolist()).toEqual([0, 3]);
    });

    test('drops leading dimensions of size 1 of the value', () => {
      expect(zeros(2, 2).indexPut_([0], tensor([[[1, 2]]])).tolist()).toEqual([[1, 2], [0, 0]]);
      expect(zeros(3).indexPut_([[0, 2]], tensor([[1, 2]])).tolist()).toEqual([1, 0, 2]);
    });

    test('reads an index or value before it overwrites it', () => {
      const x = long([2, 0, 1]);
      x.indexPut_([x], x);
      expect(x.tolist()).toEqual([0, 1, 2]);
    });

    test('is differentiable in the tensor and in the value, through repeated indices too', () => {
      const x = randn([2, 3], { dtype: 'float64', requiresGrad: true }), v = randn([2, 1], { dtype: 'float64', requiresGrad: true });
      const put = (accumulate: boolean) => (a: Tensor, b: Tensor) => a.mul(1).indexPut_([':', long([0, 2])], b, accumulate).square();
      const putPairs = (a: Tensor, b: Tensor) => a.mul(1).indexPut_([[0, 0, 1], [1, 1, 2]], b.sum(), true).square();
      for (const fn of [put(false), put(true), putPairs]) {
        expect(autograd.gradcheck(fn, [x, v])).toBe(true);
        expect(autograd.gradgradcheck(fn, [x, v])).toBe(true);
      }
    });

    test('through a view reaches the base', () => {
      const w = double([1, 2, 3, 4]).requiresGrad_(), v = double([10]).requiresGrad_();
      const x = w.mul(2);
      x.view(2, 2).index(1).indexPut_([[0]], v.mul(3));
      expect(x.tolist()).toEqual([2, 4, 30, 8]);
      x.square().sum().backward();
      expect(w.grad?.tolist()).toEqual([8, 16, 0, 32]);
      expect(v.grad?.tolist()).toEqual([180]);
    });

    test('refuses a leaf that requires grad and an expanded tensor', () => {
      expect(() => ones(2, { requiresGrad: true }).indexPut_([[0]], 1)).toThrow(/leaf/);
      const wide = ones(1).expand(3);
      expect(() => wide.indexPut_([[0]], 2)).toThrow(ShapeError);
      expect(wide.tolist()).toEqual([1, 1, 1]);
    });

    test('works for every dtype', () => {
      for (const dtype of ['float32', 'float64', 'int64', 'int32', 'bool', 'int16', 'int8', 'uint8', 'float16', 'bfloat16'] as const) {
        const x = zeros([2, 2], { dtype });
        x.indexPut_([[1, 0], [1, 0]], 1);
        expect(x.double().tolist(), dtype).toEqual([[1, 0], [0, 1]]);
        expect(x.index([1], [1]).double().tolist(), dtype).toEqual([1]);
        x.indexPut_([[0], [0]], 1, true);
        expect(x.index(0, 0).double().item(), dtype).toBe(dtype === 'bool' ? 1 : 2);
      }
    });
  });

  describe('gather and scatter', () => {
    const src = double([[1, 2, 3], [4, 5, 6]]);
    const index = long([[2, 0], [1, 1]]);

    test('gather picks along one dimension', () => {
      expect(src.gather(1, index).tolist()).toEqual([[3, 1], [5, 5]]);
      expect(src.gather(0, long([[1, 0]])).tolist()).toEqual([[4, 2]]);
      expect(tensor(5).gather(0, long([0, 0])).tolist()).toEqual([5, 5]);
      expect(src.gather(-1, index.int()).tolist()).toEqual([[3, 1], [5, 5]]);
      expect(src.t().gather(1, long([[1], [0], [1]])).tolist()).toEqual([[4], [2], [6]]);
    });

    test('scatter sets, adds or multiplies', () => {
      const into = ones([2, 3], { dtype: 'float64' });
      const values = double([[10, 20], [30, 40]]);
      expect(into.scatter(1, long([[2, 0], [1, 0]]), values).tolist()).toEqual([[20, 1, 10], [40, 30, 1]]);
      expect(into.scatter(1, index, 7).tolist()).toEqual([[7, 1, 7], [1, 7, 1]]);
      expect(into.scatter(1, index, { value: 7 }).tolist()).toEqual([[7, 1, 7], [1, 7, 1]]);
      expect(into.scatter(1, index, values, { reduce: 'add' }).tolist()).toEqual([[21, 1, 11], [1, 71, 1]]);
      expect(into.scatter(1, index, values, { reduce: 'multiply' }).tolist()).toEqual([[20, 1, 10], [1, 1200, 1]]);
      expect(into.scatterAdd(1, index, values).tolist()).toEqual([[21, 1, 11], [1, 71, 1]]);
      expect(into.tolist()).toEqual([[1, 1, 1], [1, 1, 1]]);
      into.scatter_(0, long([[1, 1, 1]]), 0);
      expect(into.tolist()).toEqual([[1, 1, 1], [0, 0, 0]]);
    });

    test('use only the part of src that the index covers', () => {
      expect(zeros([2, 2], { dtype: 'float64' }).scatterAdd(0, long([[1]]), src).tolist()).toEqual([[0, 0], [1, 0]]);
    });

    test('have first and second derivatives', () => {
      const a = randn([2, 3], { dtype: 'float64', requiresGrad: true }), b = randn([2, 2], { dtype: 'float64', requiresGrad: true });
      const unique = long([[2, 0], [1, 0]]);
      const functions: ((x: Tensor, y: Tensor) => Tensor)[] = [
        (x) => x.gather(1, index).square(),
        (x, y) => x.scatter(1, unique, y).square(),
        (x) => x.scatter(1, index, 2).square(),
        (x, y) => x.scatterAdd(1, index, y).square(),
        (x, y) => x.scatter(1, index, y, { reduce: 'add' }).square(),
      ];
      for (const fn of functions) {
        const inputs = fn.length === 1 ? [a] : [a, b];
        expect(autograd.gradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
        expect(autograd.gradgradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
      }
    });

    test("scatter's multiply has no derivative and says so", () => {
      expect(() => src.clone().requiresGrad_().scatter(1, index, 2, { reduce: 'multiply' })).toThrow(/no derivative/);
      expect(noGrad(() => src.clone().requiresGrad_().scatter(1, index, 2, { reduce: 'multiply' })).tolist()).toEqual([[2, 2, 6], [4, 20, 6]]);
    });

    test('refuse indices out of range, other ranks and float indices, and write nothing', () => {
      const into = zeros([2, 3], { dtype: 'float64' });
      expect(() => src.gather(1, long([[3]]))).toThrow(IndexRangeError);
      expect(() => src.gather(1, long([[-1]]))).toThrow(IndexRangeError);
      expect(() => into.scatter_(1, long([[0, 3]]), 1)).toThrow(IndexRangeError);
      expect(() => into.scatterAdd_(1, long([[0], [-1]]), double([[1], [1]]))).toThrow(IndexRangeError);
      expect(() => src.gather(1, long([0]))).toThrow(ShapeError);
      expect(() => src.gather(1, long([[0], [0], [0]]))).toThrow(ShapeError);
      expect(() => into.scatter_(1, long([[0, 1]]), double([[1]]))).toThrow(ShapeError);
      expect(() => into.scatter_(1, long([[0]]), tensor([[1]]))).toThrow(DTypeError);
      expect(() => src.gather(1, tensor([[0]]))).toThrow("gather: index must have an integer dtype, got float32; cast it with .to('int64')");
      expect(() => src.gather(2, index)).toThrow(ShapeError);
      expect(() => into.scatter_(1, index, 1, { reduce: 'mean' as 'add' })).toThrow(/reduce must be one of/);
      expect(into.sum().item()).toBe(0);
    });
  });

  describe('rows by index', () => {
    const x = double([[1, 2], [3, 4], [5, 6]]);

    test('indexSelect, indexAdd, indexCopy and indexFill', () => {
      expect(x.indexSelect(0, long([2, 0, 2])).tolist()).toEqual([[5, 6], [1, 2], [5, 6]]);
      expect(x.indexSelect(1, long([1])).tolist()).toEqual([[2], [4], [6]]);
      expect(x.indexAdd(0, long([0, 0]), double([[1, 1], [2, 2]])).tolist()).toEqual([[4, 5], [3, 4], [5, 6]]);
      expect(x.indexAdd(0, long([2]), double([[1, 1]]), { alpha: -2 }).tolist()).toEqual([[1, 2], [3, 4], [3, 4]]);
      expect(x.indexCopy(1, long([0]), double([[7], [8], [9]])).tolist()).toEqual([[7, 2], [8, 4], [9, 6]]);
      expect(x.indexFill(0, long([-1, 0]), 0).tolist()).toEqual([[0, 0], [3, 4], [0, 0]]);
      expect(x.indexFill(0, long([1]), tensor(9)).tolist()).toEqual([[1, 2], [9, 9], [5, 6]]);
      expect(tensor(3).indexSelect(0, long([0])).shape).toEqual([]);
      const y = x.clone();
      y.indexAdd_(0, long([1]), double([[1, 1]]));
      y.indexCopy_(0, long([0]), double([[0, 0]]));
      y.indexFill_(0, long([2]), -1);
      expect(y.tolist()).toEqual([[0, 0], [4, 5], [-1, -1]]);
    });

    test('fills a row that is named twice once, also in the gradient of the value', () => {
      const value = double([3]).squeeze().requiresGrad_();
      x.indexFill(0, long([1, 1]), value).sum().backward();
      expect(value.grad?.item()).toBe(2);
    });

    test('have first and second derivatives', () => {
      const a = randn([3, 2], { dtype: 'float64', requiresGrad: true }), b = randn([2, 2], { dtype: 'float64', requiresGrad: true });
      const at = long([2, 0]), repeated = long([1, 1]);
      const functions: ((p: Tensor, q: Tensor) => Tensor)[] = [
        (p) => p.indexSelect(0, repeated).square(), (p, q) => p.indexAdd(0, repeated, q, { alpha: 3 }).square(),
        (p, q) => p.indexCopy(0, at, q).square(), (p) => p.indexFill(0, at, 2).square(), (p, q) => p.indexFill(0, at, q.sum()).square(),
      ];
      for (const fn of functions) {
        const inputs = fn.length === 1 ? [a] : [a, b];
        expect(autograd.gradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
        expect(autograd.gradgradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
      }
    });

    test('refuse what does not fit and write nothing', () => {
      const y = x.clone();
      expect(() => y.indexSelect(0, long([3]))).toThrow(IndexRangeError);
      expect(() => y.indexSelect(0, long([-1]))).toThrow(IndexRangeError);
      expect(() => y.indexSelect(0, long([[0]]))).toThrow(ShapeError);
      expect(() => y.indexAdd_(0, long([0]), double([[1, 1], [2, 2]]))).toThrow(ShapeError);
      expect(() => y.indexAdd_(0, long([0, 9]), double([[1, 1], [2, 2]]))).toThrow(IndexRangeError);
      expect(() => y.indexCopy_(0, long([0]), tensor([[1, 1]]))).toThrow(DTypeError);
      expect(long([1, 2]).indexFill(0, long([0]), 7.9).tolist()).toEqual([7, 2]);
      expect(() => long([1, 2]).indexFill_(0, long([0]), NaN)).toThrow(DTypeError);
      expect(y.tolist()).toEqual(x.tolist());
    });
  });

  describe('masks', () => {
    const x = double([[1, 2], [3, 4]]);
    const mask = tensor([[true, false], [true, true]]);

    test('maskedSelect, maskedFill and maskedScatter broadcast', () => {
      expect(x.maskedSelect(mask).tolist()).toEqual([1, 3, 4]);
      expect(x.maskedSelect(tensor([false, true])).tolist()).toEqual([2, 4]);
      expect(double([5, 6]).maskedSelect(mask).tolist()).toEqual([5, 5, 6]);
      expect(tensor(5).maskedSelect(tensor(true)).tolist()).toEqual([5]);
      expect(x.maskedFill(mask, 0).tolist()).toEqual([[0, 2], [0, 0]]);
      expect(x.maskedFill(tensor([true, false]), tensor(9)).tolist()).toEqual([[9, 2], [9, 4]]);
      expect(x.maskedScatter(mask, double([7, 8, 9, 10])).tolist()).toEqual([[7, 2], [8, 9]]);
      const y = x.clone();
      y.maskedFill_(mask, -1);
      y.maskedScatter_(tensor([[true, false], [false, false]]), double([50]));
      expect(y.tolist()).toEqual([[50, 2], [-1, -1]]);
      expect(long([1, 2]).maskedFill(tensor([true, false]), -5.5).tolist()).toEqual([-5, 2]);
      expect(tensor([true, false]).maskedFill(tensor([false, true]), 1).tolist()).toEqual([true, true]);
    });

    test('have first and second derivatives', () => {
      const a = randn([2, 2], { dtype: 'float64', requiresGrad: true }), b = randn([3], { dtype: 'float64', requiresGrad: true });
      const functions: ((p: Tensor, q: Tensor) => Tensor)[] = [
        (p) => p.maskedSelect(mask).square(), (p) => p.index(mask).square(), (p) => p.maskedFill(mask, 2).square(),
        (p, q) => p.maskedFill(mask, q.sum()).square(), (p, q) => p.maskedScatter(mask, q).square(), (p, q) => p.mul(1).maskedFill_(mask, q.prod()).square(),
      ];
      for (const fn of functions) {
        const inputs = fn.length === 1 ? [a] : [a, b];
        expect(autograd.gradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
        expect(autograd.gradgradcheck(fn as (...all: Tensor[]) => Tensor, inputs)).toBe(true);
      }
    });

    test('refuse other dtypes and shapes', () => {
      expect(() => x.maskedSelect(tensor([1, 0]))).toThrow(DTypeError);
      expect(() => x.maskedFill_(tensor([true, false, true]), 0)).toThrow(ShapeError);
      expect(() => double([1, 2]).maskedFill_(mask, 0)).toThrow(ShapeError);
      expect(() => x.maskedScatter(mask, double([1]))).toThrow(ShapeError);
      expect(() => long([1]).maskedFill(tensor([true]), Infinity)).toThrow(DTypeError);
    });
  });

  describe('take and takeAlongDim', () => {
    const x = double([[1, 2, 3], [4, 5, 6]]);

    test('read positions of the flattened tensor, or along a dimension with broadcasting', () => {
      expect(x.takeAlongDim(long([[-1]]), 1).tolist()).toEqual([[3], [6]]);
      expect(x.take(long([[0, 5], [-1, 2]])).tolist()).toEqual([[1, 6], [6, 3]]);
      expect(x.takeAlongDim(long([[5, 0]])).tolist()).toEqual([6, 1]);
      expect(x.takeAlongDim(long([[2], [0]]), 1).tolist()).toEqual([[3], [4]]);
      expect(x.takeAlongDim(long([[1]]), { dim: 1 }).tolist()).toEqual([[2], [5]]);
      expect(() => x.take(long([6]))).toThrow(IndexRangeError);
    });

    test('are differentiable', () => {
      const a = randn([2, 3], { dtype: 'float64', requiresGrad: true });
      expect(autograd.gradgradcheck((p: Tensor) => p.take(long([0, 0, 5])).square(), [a])).toBe(true);
      expect(autograd.gradgradcheck((p: Tensor) => p.takeAlongDim(long([[1]]), 1).square(), [a])).toBe(true);
    });
  });

  describe('nonzero', () => {
    test('lists positions in row-major order, for every layout and dtype', () => {
      const x = tensor([[0, 2, 0], [3, 0, -1]]);
      expect(x.nonzero().tolist()).toEqual([[0, 1], [1, 0], [1, 2]]);
      expect(x.nonzero().dtype).toBe('int64');
      expect(x.t().nonzero().tolist()).toEqual([[0, 1], [1, 0], [2, 1]]);
      expect(x.nonzero({ asTuple: true }).map((column) => column.tolist())).toEqual([[0, 1, 1], [1, 0, 2]]);
      expect(x.half().nonzero().tolist()).toEqual([[0, 1], [1, 0], [1, 2]]);
      expect(tensor([NaN, 0, -0]).nonzero().tolist()).toEqual([[0]]);
      expect(zeros(2, 2).nonzero().shape).toEqual([0, 2]);
      expect(tensor(3).nonzero().shape).toEqual([1, 0]);
      expect(tensor(0).nonzero().shape).toEqual([0, 0]);
      expect(tensor(3).nonzero({ asTuple: true }).map((column) => column.tolist())).toEqual([[0]]);
    });
  });

  test('where with a condition alone gives the positions of its true elements', () => {
    expect(where(tensor([[0, 2], [3, 0]]).ne(0)).map((column) => column.tolist())).toEqual([[0, 1], [1, 0]]);
  });

  test('functions without options refuse one instead of ignoring it', () => {
    expect(() => (ones(2).take as (...args: unknown[]) => unknown)(long([0]), { mode: 'clip' })).toThrow(/^take: option 'mode' is unknown/);
    expect(() => (ones(2).maskedFill as (...args: unknown[]) => unknown)(tensor([true, false]), 1, 2)).toThrow(/^maskedFill: arguments expected at most 2 positional/);
  });

  describe('embedding', () => {
    const table = double([[1, 2], [3, 4], [5, 6]]);

    test('reads rows by indices of any shape and integer dtype', () => {
      expect(embedding(table, long([[2, 0], [1, 1]])).tolist()).toEqual([[[5, 6], [1, 2]], [[3, 4], [3, 4]]]);
      expect(embedding(table, tensor(1, { dtype: 'int32' })).tolist()).toEqual([3, 4]);
      expect(embedding(table, long([2]).byte()).tolist()).toEqual([[5, 6]]);
      expect(embedding(table, long([]).reshape(0)).shape).toEqual([0, 2]);
    });

    test('adds up the gradient of repeated rows and none for the padding', () => {
      const w = table.clone().requiresGrad_();
      embedding(w, long([0, 2, 2])).sum().backward();
      expect(w.grad?.tolist()).toEqual([[1, 1], [0, 0], [2, 2]]);
      const padded = table.clone().requiresGrad_();
      embedding(padded, long([0, 2, 2]), -1).sum().backward();
      expect(padded.grad?.tolist()).toEqual([[1, 1], [0, 0], [0, 0]]);
      for (const padding of [null, 1]) {
        const fn = (t: Tensor): Tensor => embedding(t, long([0, 2, 2])).square().add(padding ?? 0);
        expect(autograd.gradgradcheck(fn, [w])).toBe(true);
      }
    });

    test('refuses indices out of range, floats and a padding outside of the table', () => {
      expect(() => embedding(table, long([3]))).toThrow(IndexRangeError);
      expect(() => embedding(table, long([-1]))).toThrow(IndexRangeError);
      expect(() => embedding(table, tensor([0]))).toThrow(DTypeError);
      expect(() => embedding(table, long([0]), 3)).toThrow(/paddingIdx/);
    });
  });

  describe('bad subscripts', () => {
    const x = zeros(3, 4);
    test.each<[string, () => unknown, RegExp]>([
      ['an integer out of range', () => x.index(3), /^index: index 3 is out of range for dimension 0 with size 3$/],
      ['a negative integer out of range', () => x.index(0, -5), /index -5 is out of range for dimension 1 with size 4/],
      ['too many', () => x.index(0, 0, 0), /too many indices: 3 for a tensor of 2 dimensions/],
      ['an integer of a 0-d tensor', () => tensor(1).index(0), /too many indices/],
      ['a list out of range', () => x.index([0, 3]), /^index: index 3 is out of range for size 3/],
      ['a list out of range beside another', () => x.index([0, 0], [1, 4]), /^index: index 4 is out of range for size 4/],
      ['a float tensor', () => x.index(tensor([0])), /index must have an integer dtype, got float32; cast it with \.to\('int64'\)/],
      ['a fraction', () => x.index(0.5), /must be an integer, a slice string, null, a list/],
      ['a fraction in a list', () => x.index([0.5]), /must hold integers or booleans, got 0\.5/],
      ['NaN', () => x.index(NaN), /got NaN/],
      ['undefined', () => x.index(undefined as unknown as null), /got undefined/],
      ['a mask of another shape', () => x.index(tensor([true, false])), /mask of shape \[2\] does not match/],
      ['a mask with too many dimensions', () => x.index(zeros([3, 4, 1], { dtype: 'bool' })), /too many indices/],
      ['lists that do not broadcast', () => x.index([0, 1], [0, 1, 2]), /index tensors could not be broadcast together, got shapes \[2\] and \[3\]/],
      ['a ragged list', () => x.index([[0], [1, 2]] as unknown as number[]), /ragged/],
      ['a list of both kinds', () => x.index([true, 0] as unknown as number[]), /must not mix/],
      ['a malformed slice', () => x.index('1-3'), /must be a slice like '1:3'/],
      ['a slice with step 0', () => x.index('::0'), /positive slice step/],
      ['a slice with a negative step', () => x.index('::-1'), /positive slice step/],
      ['two ellipses', () => x.index('...', '...'), /at most one '\.\.\.'/],
      ['a value that does not broadcast', () => x.indexPut_([[0, 1]], ones(3)), /cannot be broadcast to the indexed shape \[2, 4\]/],
      ['a value of another kind', () => x.indexPut_([0], 'a' as unknown as number), /values must be a Tensor or a number/],
    ])('%s throws', (_name, fn, message) => {
      expect(fn).toThrow(message);
      expect(x.sum().item()).toBe(0);
    });

    test('out of range in indexPut_ writes nothing', () => {
      for (const items of [[[0, 3]], [[0, 1], [0, 4]], [':', [0, -5]]] as Subscript[][]) {
        expect(() => x.indexPut_(items, 1)).toThrow(IndexRangeError);
        expect(() => x.indexPut_(items, 1, true)).toThrow(IndexRangeError);
      }
      expect(x.sum().item()).toBe(0);
    });
  });

  test('an index that is modified before backward is refused', () => {
    const w = randn([3], { requiresGrad: true }), at = long([0, 1]);
    const out = w.index(at).sum();
    at.fill_(2);
    expect(() => out.backward()).toThrow(/modified by an inplace operation/);
  });
});
