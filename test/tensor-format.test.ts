import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { arange, empty, nn, noGrad, ones, setDefaultDtype, setPrintoptions, tensor, zeros, type DType, type Tensor } from 'flambeau';
import { fixed, scientific } from '../src/tensor/print-number.ts';

interface Case {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly requiresGrad: boolean;
  readonly text: string;
}

const { cases } = JSON.parse(readFileSync(new URL('./reference/printing.json', import.meta.url), 'utf8')) as { readonly cases: readonly Case[] };

function build({ data, dtype, shape, requiresGrad }: Case): Tensor {
  if (data.length === 0) return empty([...shape], { dtype });
  const values = data.map((value) => (typeof value === 'string' ? (/^-?\d+$/.test(value) ? BigInt(value) : Number(value)) : value));
  return tensor(values, { dtype }).reshape([...shape]).detach().requiresGrad_(requiresGrad);
}

afterEach(() => {
  setPrintoptions({ profile: 'default' });
  setDefaultDtype('float32');
});

describe('a tensor prints as PyTorch prints it', () => {
  test.each(cases)('$name', (row) => {
    const { sci_mode: sciMode, ...options } = row.options;
    if (Object.keys(row.options).length > 0) setPrintoptions({ ...options, sciMode });
    expect(String(build(row))).toBe(row.text);
  });
});

describe('the suffix of a tensor', () => {
  const x = tensor([1, 2], { requiresGrad: true });

  test('names the operation that made it', () => {
    expect(String(x.add(1))).toBe('tensor([2., 3.], grad_fn=<AddBackward0>)');
    expect(String(x.mul(x))).toBe('tensor([1., 4.], grad_fn=<MulBackward0>)');
    expect(String(x.sum())).toBe('tensor(3., grad_fn=<SumBackward0>)');
    expect(String(x.index([1]))).toBe('tensor([2.], grad_fn=<IndexBackward0>)');
  });

  test('names an in-place operation as its functional form, and a write through a view', () => {
    const y = x.clone();
    expect(String(y.mul_(3))).toBe('tensor([3., 6.], grad_fn=<MulBackward0>)');
    y.select(0, 0).fill_(7);
    expect(String(y)).toBe('tensor([7., 6.], grad_fn=<CopySlices>)');
  });

  test('is left out inside of noGrad and after detach', () => {
    expect(String(noGrad(() => x.add(1)))).toBe('tensor([2., 3.])');
    expect(String(x.add(1).detach())).toBe('tensor([2., 3.])');
  });

  test('names the dtype when it is not the default one', () => {
    setDefaultDtype('float64');
    expect(String(tensor([1, 2], { dtype: 'float32' }))).toBe('tensor([1., 2.], dtype=torch.float32)');
    expect(String(ones(2))).toBe('tensor([1., 1.])');
  });
});

test('views print their own elements', () => {
  const x = arange(12).reshape(3, 4);
  expect(String(x.t().index('1:3'))).toBe('tensor([[ 1,  5,  9],\n        [ 2,  6, 10]])');
  expect(String(x.index(1))).toBe('tensor([4, 5, 6, 7])');
  expect(String(ones(1).expand(3))).toBe('tensor([1., 1., 1.])');
});

test('console.log and string templates print the same text', () => {
  const x = zeros(2);
  expect(inspect(x)).toBe('tensor([0., 0.])');
  expect(`${x}`).toBe('tensor([0., 0.])');
});

test('a Parameter says so', () => {
  const { bias } = new nn.Linear(1, 2);
  noGrad(() => bias?.fill_(0.5));
  expect(String(bias)).toBe('Parameter containing:\ntensor([0.5000, 0.5000], requires_grad=True)');
  expect(inspect(bias)).toBe('Parameter containing:\ntensor([0.5000, 0.5000], requires_grad=True)');
});

test('ties round to even from the exact binary value', () => {
  expect([0.5, 1.5, 2.5, -0.5].map((x) => fixed(x, 0))).toEqual(['0', '2', '2', '-0']);
  expect([0.125, 0.375, 0.135].map((x) => fixed(x, 2))).toEqual(['0.12', '0.38', '0.14']);
  expect([1.5, 2.5, 12345, 1e-300, 0].map((x) => scientific(x, 0))).toEqual(['2e+00', '2e+00', '1e+04', '1e-300', '0e+00']);
  expect(fixed(1e22, 2)).toBe('10000000000000000000000.00');
});

describe('setPrintoptions', () => {
  test('keeps what is not named and sets everything by profile', () => {
    setPrintoptions({ precision: 1 });
    setPrintoptions({ linewidth: 20 });
    expect(String(tensor([1.25, 2.75, 3.5]))).toBe('tensor([1.2, 2.8,\n        3.5])');
    setPrintoptions({ profile: 'default' });
    expect(String(tensor([1.25]))).toBe('tensor([1.2500])');
  });

  test.each([
    [{ precision: -1 }], [{ precision: 1.5 }], [{ precision: 'four' }], [{ profile: 'long' }], [{ sciMode: 1 }], [{ sci_mode: true }], [{ linewidth: 0 }],
  ])('refuses %j', (options) => {
    expect(() => setPrintoptions(options)).toThrow(/^setPrintoptions: /);
  });
});
