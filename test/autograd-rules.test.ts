/** Every derivative of the op table, first and second order, against central differences. */
import { beforeEach, describe, expect, test } from 'vitest';
import { autograd, setBackend, tensor, type Tensor } from 'flambeau';
import { BINARY_OPS, TERNARY_OPS, UNARY_OPS, type BinaryOp, type UnaryOp } from '../src/ops/elementwise.ts';
import { binary, binaryEntries, binary_, ternary, ternaryEntries, ternary_, unary, unaryEntries, unary_ } from '../src/tensor/dispatch.ts';
import { BINARY_RULES, TERNARY_RULES, UNARY_RULES } from '../src/tensor/rules.ts';
import { BACKENDS } from './fixtures/backends.ts';

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

// Away from kinks, poles and the ends of the domain.
const ANY = [-2.3, -0.7, 0.4, 1.6], POSITIVE = [0.3, 0.9, 1.7, 3.2], INSIDE = [-0.8, -0.3, 0.2, 0.7], ABOVE_ONE = [1.2, 1.7, 2.4, 4];
const DOMAINS: Readonly<Partial<Record<UnaryOp, readonly number[]>>> = {
  sqrt: POSITIVE, rsqrt: POSITIVE, log: POSITIVE, log2: POSITIVE, log10: POSITIVE, log1p: POSITIVE, asin: INSIDE, acos: INSIDE, atanh: INSIDE, tan: INSIDE,
  acosh: ABOVE_ONE, logit: [0.1, 0.3, 0.6, 0.9], ndtri: [0.1, 0.3, 0.6, 0.9], erfinv: INSIDE, entr: POSITIVE, lgamma: POSITIVE, digamma: POSITIVE, polygamma: POSITIVE,
};
/** First parameters: a bound, an order of derivative, or any number. */
const FIRST: Readonly<Partial<Record<UnaryOp, number>>> = { clampScalar: -1, polygamma: 1 };
const LEFT: Readonly<Partial<Record<BinaryOp, readonly number[]>>> = { pow: POSITIVE, zeta: [1.3, 2.2, 3.1, 5], igamma: POSITIVE, igammac: POSITIVE };
/** Rows that PyTorch does not differentiate in the first operand, or not at all. */
const SECOND_ONLY: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['zeta', 'igamma', 'igammac']), NOT_AT_ALL: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['heaviside']);
const RIGHT: Readonly<Partial<Record<BinaryOp, readonly number[]>>> = {
  sigmoidGrad: [0.2, 0.6], tanhGrad: [-0.4, 0.6], xlogy: [0.4, 2.1], xlog1py: [-0.4, 2.1], zeta: [0.8, 2.1], igamma: [0.8, 2.1], igammac: [0.8, 2.1],
};

const check = (fn: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): void => {
  expect(autograd.gradcheck(fn, inputs)).toBe(true);
  expect(autograd.gradgradcheck(fn, inputs)).toBe(true);
};

describe.each(BACKENDS)('on the %s backend, derivatives of', (backend) => {
  beforeEach(() => setBackend(backend));

  describe('unary', () => {
    test.each(UNARY_OPS.filter((op) => UNARY_RULES[op] !== null))('%s', (op) => {
      const x = leaf([...(DOMAINS[op] ?? ANY)]);
      check((t) => unary(unaryEntries[op], t, FIRST[op] ?? 0.1, 1), [x]);
      check((t) => unary_(unaryEntries[op], t.mul(1), FIRST[op] ?? 0.1, 1), [x]);
    });
  });

  describe('binary', () => {
    test.each(BINARY_OPS.filter((op) => BINARY_RULES[op] !== null))('%s', (op) => {
      const left = [...(LEFT[op] ?? ANY)], right = [...(RIGHT[op] ?? [-1.4, 0.55])];
      const a = leaf([left.slice(0, 2), left.slice(2)]), b = leaf(right);
      const entry = binaryEntries[op];
      if (SECOND_ONLY.has(op) || NOT_AT_ALL.has(op)) {
        expect(() => binary(entry, a, 1.3).sum().backward()).toThrow(/derivative with respect to input is not implemented/);
        if (SECOND_ONLY.has(op)) check((y) => binary(entry, a.detach(), y), [b]);
        return;
      }
      check((x, y) => binary(entry, x, y, 0.7, 1.1), [a, b]);
      check((x) => binary(entry, x, 1.3, 0.7, 1.1), [a]);
      check((y) => binary(entry, 1.3, y, 0.7, 1.1), [b]);
      check((x, y) => binary_(entry, x.mul(1), y, 0.7), [a, b]);
    });
  });

  describe('ternary', () => {
    test.each(TERNARY_OPS.filter((op) => TERNARY_RULES[op] !== null))('%s', (op) => {
      const entry = ternaryEntries[op];
      const a = leaf([[-2.3, -0.7], [0.4, 1.6]]), b = leaf([-1.1, 0.55]), c = leaf([[0.9], [0.3]]);
      if (op === 'where') {
        const condition = tensor([[true, false], [false, true]]);
        check((x, y) => ternary(entry, condition, x, y), [a, b]);
        check((x) => ternary(entry, condition, x, 2), [a]);
        check((x) => ternary(entry, condition, 2, x), [a]);
        return;
      }
      check((x, y, z) => ternary(entry, x, y, z, 0.7, 1.1), [a, b, c]);
      check((x, z) => ternary(entry, x, 0.25, z, 0.7, 1.1), [a, c]);
      check((x, y, z) => ternary_(entry, x.mul(1), y, z, 0.7), [a, b, c]);
    });
  });

  test('pow with whole exponents is right for negative bases and at zero', () => {
    for (const exponent of [0, 1, 2, 3, 5, -1, -2]) check((x) => x.pow(exponent), [leaf(exponent < 0 ? ANY : [...ANY, 0])]);
    const zero = leaf([0, 2]);
    zero.pow(tensor([2, 3], { dtype: 'float64' })).sum().backward();
    expect(zero.grad?.tolist()).toEqual([0, 12]);
  });

  test('equal operands of maximum and minimum share the gradient', () => {
    const a = leaf([1, 2]), b = leaf([1, 3]);
    a.maximum(b).sum().backward();
    expect([a.grad?.tolist(), b.grad?.tolist()]).toEqual([[0.5, 0], [0.5, 1]]);
  });
});
