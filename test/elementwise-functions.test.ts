/** What the recorded samples of the elementwise functions do not show: `out`, names, other dtypes, in-place forms and refusals. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { ArgumentError, AutogradError, DTypeError, Tensor, expr, ones, setBackend, tensor, zeros } from 'flambeau';
import { UNARY_OPS } from '../src/ops/elementwise.ts';
import { BACKENDS } from './fixtures/backends.ts';

afterAll(() => setBackend(BACKENDS[BACKENDS.length - 1]));

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));

  test('functions write into out and take their parameters by name', () => {
    const out = zeros(2);
    expect(torch.exp(tensor([0, 1]), { out })).toBe(out);
    expect(out.tolist()).toEqual([1, Math.fround(Math.E)]);
    torch.add(tensor([1, 2]), 3, { alpha: 2, out });
    expect(out.tolist()).toEqual([7, 8]);
    expect(torch.pow({ input: tensor([2, 3]), exponent: 2 }).tolist()).toEqual([4, 9]);
    expect(torch.heaviside(tensor([-1, 0, 2]), { values: tensor(0.5) } as never).tolist()).toEqual([0, 0.5, 1]);
    expect(torch.clamp({ input: tensor([1, 5]), max: 3 }).tolist()).toEqual([1, 3]);
    expect(tensor([1, 2]).maximum({ other: tensor([2, 1]) } as never).tolist()).toEqual([2, 2]);
    expect(() => torch.exp(tensor([1]), { out: zeros(1, { dtype: 'int64' }) })).toThrow(DTypeError);
    expect(() => torch.exp(tensor([1]), { into: out } as never)).toThrow(/^exp: option 'into' is unknown/);
    expect(() => torch.exp(1 as never)).toThrow(ArgumentError);
  });

  test('a number beside a tensor keeps its precision where options are given', () => {
    const x = tensor([1, 2], { dtype: 'float64' });
    expect(torch.add(0.1, x, { alpha: 2 }).tolist()).toEqual([2.1, 4.1]);
    expect(torch.div(7.5, tensor([2, 4], { dtype: 'int64' }), { roundingMode: 'floor' }).tolist()).toEqual([3, 1]);
    expect([torch.add(1, 2).item(), torch.add(1, 2).dtype, torch.div(1, 2).dtype]).toEqual([3, 'int64', 'float32']);
  });

  test('nextafter steps in the precision of the 16-bit floats', () => {
    const step = (dtype: 'float16' | 'bfloat16', from: number[], to: number[]): unknown => torch.nextafter(tensor(from).to(dtype), tensor(to).to(dtype)).tolist();
    expect(step('float16', [1, 1, 0, 0, -2, 5, Infinity, NaN], [2, 0, 1, -1, 0, 5, 0, 1])).toEqual([1 + 2 ** -10, 1 - 2 ** -11, 2 ** -24, -(2 ** -24), -2 + 2 ** -10, 5, 65504, NaN]);
    expect(step('bfloat16', [1, -1], [2, -2])).toEqual([1.0078125, -1.0078125]);
    const x = tensor([1, 2]).half().requiresGrad_();
    torch.nextafter(x, tensor([2, 2]).half()).sum().backward();
    expect(x.grad?.tolist()).toEqual([1, 0]);
    expect(tensor([1]).half().nextafter_(tensor([2]).half()).item()).toBe(1 + 2 ** -10);
  });

  test('frexp takes numbers apart in every floating dtype', () => {
    for (const dtype of ['float16', 'bfloat16', 'float32', 'float64'] as const) {
      const x = tensor([0.75, -10, 0, Infinity, 2 ** -24]).to(dtype);
      const { mantissa, exponent } = torch.frexp(x);
      expect([mantissa.dtype, exponent.dtype]).toEqual([dtype, 'int32']);
      expect([mantissa.tolist(), exponent.tolist()]).toEqual([[0.75, -0.625, 0, Infinity, 0.5], [0, 4, 0, 0, -23]]);
    }
    expect(torch.frexp(tensor([5e-324], { dtype: 'float64' })).exponent.tolist()).toEqual([-1073]);
    expect(() => torch.frexp(tensor([1n]))).toThrow(DTypeError);
  });

  test('isin compares as numbers, NaN with nothing', () => {
    expect(torch.isin(tensor([1, NaN, -0]), tensor([NaN, 0])).tolist()).toEqual([false, false, true]);
    expect(torch.isin(tensor([2n ** 60n, 2n ** 60n + 1n]), tensor([2n ** 60n])).tolist()).toEqual([true, false]);
    expect(torch.isin(tensor([1, 2, 3]), 2, { invert: true }).tolist()).toEqual([true, false, true]);
    expect(torch.isin(2, tensor([1, 2])).item()).toBe(true);
    expect(() => torch.isin(tensor([true]), tensor([true]))).toThrow(DTypeError);
  });

  test('nanToNum replaces what is given, else by the limits of the dtype', () => {
    const x = tensor([NaN, Infinity, -Infinity, 1]);
    expect(torch.nanToNum(x, 7, { neginf: -1 }).tolist()).toEqual([7, 3.4028234663852886e38, -1, 1]);
    expect(x.half().nanToNum().tolist()).toEqual([0, 65504, -65504, 1]);
    expect(x.nanToNum_(0, 2, 3).tolist()).toEqual([0, 2, 3, 1]);
  });

  test('floatPower computes in float64 and refuses to do so in place of another dtype', () => {
    expect(torch.floatPower(tensor([2n]), 0.5).dtype).toBe('float64');
    expect(torch.floatPower(2, tensor([3])).tolist()).toEqual([8]);
    expect(() => ones(2).floatPower_(2)).toThrow(DTypeError);
  });

  test('dtypes that PyTorch refuses are refused', () => {
    const integers = tensor([1n, 2n]), flags = tensor([true]);
    for (const name of ['frac', 'nextafter', 'logaddexp', 'logaddexp2', 'igamma', 'igammac'] as const) {
      expect(() => (torch[name] as (...args: Tensor[]) => Tensor)(integers, ...(name === 'frac' ? [] : [integers])), name).toThrow(DTypeError);
    }
    for (const name of ['gcd', 'lcm'] as const) for (const x of [flags, ones(1)]) expect(() => torch[name](x, x), name).toThrow(DTypeError);
    expect(() => torch.heaviside(ones(1), ones([1], { dtype: 'float64' }))).toThrow(/^heaviside: /);
    expect(() => torch.positive(flags)).toThrow(DTypeError);
    expect(() => torch.polygamma(-1, ones(1))).toThrow(ArgumentError);
    expect(() => torch.mvlgamma(ones(1), 0)).toThrow(ArgumentError);
    expect(() => flags.square_()).toThrow(DTypeError);
    expect(() => tensor([1n]).cumsum_(0).add_(0.5)).toThrow(DTypeError);
  });

  test('methods exist in place where PyTorch has them, and only there', () => {
    for (const name of ['frac', 'sgn', 'heaviside', 'logit', 'xlogy', 'sinc', 'gcd', 'ldexp', 'lgamma', 'erfinv', 'igamma', 'clip', 'clampMin', 'arccos', 'greaterEqual', 'trueDivide', 'square', 'cumsum']) {
      expect(typeof (Tensor.prototype as unknown as Record<string, unknown>)[`${name}_`], name).toBe('function');
    }
    for (const name of ['isnan_', 'isinf_', 'isfinite_', 'signbit_', 'silu_', 'maximum_', 'fmin_', 'logaddexp_', 'angle_', 'erfcx', 'ndtri', 'i1', 'zeta', 'polygammaGrad', 'reluGrad_']) {
      expect(name in Tensor.prototype, name).toBe(false);
    }
  });

  test('aliases are the same function, and special names the same values', () => {
    const x = tensor([0.3, 0.6]);
    expect(torch.arccos(x).tolist()).toEqual(x.acos().tolist());
    expect(torch.special.expit(x).tolist()).toEqual(x.sigmoid().tolist());
    expect(torch.special.gammaln(x).tolist()).toEqual(x.lgamma().tolist());
    expect(torch.special.multigammaln(x.add(1), 2).tolist()).toEqual(x.add(1).mvlgamma(2).tolist());
    expect(x.polygamma(1).tolist()).toEqual(torch.special.polygamma(1, x).tolist());
    expect(torch.special.softmax(x, 0).sum().item()).toBeCloseTo(1);
  });

  test('expr knows every function of the table', () => {
    const x = tensor([0.3, 0.6]);
    for (const name of UNARY_OPS.filter((op) => op.startsWith('i') && op.length <= 3)) expect(x.unaryRow(name).shape).toEqual([2]);
    expect(expr`erfcx(${x}) + logaddexp(${x}, 0)`.tolist()).toEqual(torch.special.erfcx(x).add(torch.logaddexp(x, tensor(0))).tolist());
    expect(expr`ndtri(${x})`.tolist()).toEqual(torch.special.ndtri(x).tolist());
  });

  test('a derivative that PyTorch lacks is refused when it is asked for', () => {
    const a = ones([1]).requiresGrad_();
    expect(() => torch.igamma(a, ones(1)).backward()).toThrow(AutogradError);
    expect(() => torch.special.zeta(a.add(1), ones(1)).sum().backward()).toThrow(/^zeta: the derivative with respect to input/);
  });
});
