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

it('refuses a parameter that is unknown, missing or given twice', () => {
  expect(() => (x.unsqueeze as (o: object) => torch.Tensor).call(x, { dimension: 0 })).toThrow("unsqueeze: option 'dimension' is unknown; expected one of dim");
  expect(() => (x.transpose as (o: object) => torch.Tensor).call(x, { dim0: 0 })).toThrow("transpose: parameter 'dim1' is missing");
  expect(() => (x.split as (n: number, d: number, o: object) => torch.Tensor[]).call(x, 2, 1, { dim: 1 })).toThrow("split: parameter 'dim' is given twice");
});
