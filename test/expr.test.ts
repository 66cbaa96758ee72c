import { beforeEach, describe, expect, test } from 'vitest';
import { ExpressionError, ShapeError, autograd, expr, noGrad, ones, setBackend, tensor, type Tensor } from 'flambeau';
import { compileExpression } from '../src/expr/compile.ts';
import { UNARY, UNARY_OPS } from '../src/ops/elementwise.ts';
import { BACKENDS } from './fixtures/backends.ts';

const double = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64' });

/** An expression without values, from text. */
const evaluate = (text: string): unknown => compileExpression([text])([]);

describe('numbers alone', () => {
  test.each<[string, number | boolean]>([
    ['1 + 2 * 3', 7], ['(1 + 2) * 3', 9], ['-2**2', -4], ['(-2)**2', 4], ['2**-1', 0.5], ['2**3**2', 512], ['-2**-2', -0.25], ['--3', 3], ['+-+3', -3],
    ['7 // 2', 3], ['-7 // 2', -4], ['7 % 3', 1], ['-7 % 3', 2], ['7 % -3', -2], ['8 / 2 / 2', 2], ['8 - 2 - 1', 5], ['2 * 3 % 4', 2], ['2 * -3', -6],
    ['1 < 2', true], ['2 <= 1', false], ['1 == 1', true], ['1 != 1', false], ['1 + 1 > 1', true], ['~5', -6], ['6 & 3', 2], ['6 | 3', 7], ['1 | 2 & 3', 3], ['1 & 2 + 1', 1],
    ['1.5e3', 1500], ['.5', 0.5], ['5.', 5], ['1_000', 1000], ['1E-2', 0.01], ['pi', Math.PI], ['e', Math.E], ['-inf', -Infinity],
    ['sqrt(16) + abs(-2)', 6], ['max(1, 2)', 2], ['min(1, 2)', 1], ['pow(2, 3)', 8], ['where(1 < 2, 3, 4)', 3], ['relu(-3)', 0], ['exp(0)', 1],
  ])('%s is %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  test('give a number from a template too', () => {
    const n = 3;
    expect(expr`${n}**2 + 1`).toBe(10);
    expect(expr`nan`).toBeNaN();
  });
});

describe('a malformed expression points at its column', () => {
  const point = (strings: readonly string[]): { message: string; caret: number } => {
    try {
      compileExpression(strings);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const [first, source, caret] = error.message.split('\n');
      expect(source.slice(2)).toBe(error.source);
      expect(caret.indexOf('^')).toBe(error.column + 2);
      return { message: first, caret: error.column };
    }
    throw new Error('did not throw');
  };

  test.each<[string[], string, number]>([
    [['1 + '], 'expr: expected a value, got the end', 4],
    [['', ' ', ''], 'expr: expected an operator or the end, got a value', 7],
    [['', ' * * ', ''], "expr: expected a value, got '*'", 9],
    [['(', ' + 1'], "expr: '(' is never closed", 0],
    [['', ')'], "expr: expected an operator or the end, got ')'", 6],
    [['(1 2)'], "expr: expected ')', got the number 2", 3],
    [['1 < 2 < 3'], 'expr: comparisons cannot be chained: write (a < b) & (b < c)', 6],
    [['', ' ^ 2'], "expr: '^' is not a power: write ** for that, or logicalXor(a, b)", 7],
    [['x + 1'], "expr: unknown name 'x': write ${x} for a variable", 0],
    [['foo(1)'], "expr: unknown function 'foo'", 0],
    [['toString(1)'], "expr: unknown function 'toString'", 0],
    [['1 + sin'], "expr: 'sin' is a function: write sin(...)", 4],
    [['sin(1, 2)'], 'expr: sin takes 1 argument, got 2', 0],
    [['max()'], 'expr: max takes 1 to 2 arguments, got 0', 0],
    [['1 = 2'], "expr: '=' cannot assign here: write == to compare", 2],
    [['1 and 2'], "expr: expected an operator or the end, got 'and' (write & | ~)", 2],
    [['not 1'], "expr: 'not' is not an operator here: write & | ~", 0],
    [['2x'], "expr: a number cannot be followed by 'x'", 1],
    [['1 # 2'], "expr: unexpected character '#'", 2],
    [['1 ? 2 : 3'], "expr: there is no '?:': write where(condition, a, b)", 2],
    [[''], 'expr: expected a value, got the end', 0],
    [['1 +\n  * 2'], "expr: expected a value, got '*'", 6],
  ])('%j', (strings, message, column) => {
    expect(point(strings)).toEqual({ message, caret: column });
  });

  test('and is thrown at every evaluation', () => {
    const bad = (x: Tensor): unknown => expr`${x} +`;
    for (let i = 0; i < 2; i++) expect(() => bad(ones(1))).toThrow(ExpressionError);
  });
});

describe.each(BACKENDS)('on the %s backend', (backend) => {
  beforeEach(() => setBackend(backend));
  const a = double([1, 2, 3]), b = double([4, 5, -6]), flags = tensor([true, false, true]);

  test('operators are the methods of the same meaning', () => {
    expect(expr`${a} + ${b}`.tolist()).toEqual(a.add(b).tolist());
    expect(expr`${a} - ${b} * 2`.tolist()).toEqual(a.sub(b.mul(2)).tolist());
    expect(expr`1 - ${a}`.tolist()).toEqual([0, -1, -2]);
    expect(expr`2 / ${a}`.tolist()).toEqual([2, 1, 2 / 3]);
    expect(expr`2**${a}`.tolist()).toEqual([2, 4, 8]);
    expect(expr`-${a}**2`.tolist()).toEqual([-1, -4, -9]);
    expect(expr`${a}**2**0.5`.tolist()).toEqual(a.pow(2 ** 0.5).tolist());
    expect(expr`${b} // 4`.tolist()).toEqual([1, 1, -2]);
    expect(expr`${b} % 4`.tolist()).toEqual([0, 1, 2]);
    expect(expr`${a} @ ${b}`.item()).toBe(4 + 10 - 18);
    expect(expr`${a} @ ${b} + 1`.item()).toBe(-3);
    expect(expr`${a} > 1.5`.tolist()).toEqual([false, true, true]);
    expect(expr`(${a} > 1) & (${b} > 0) | ${flags}`.tolist()).toEqual([true, true, true]);
    expect(expr`~${flags}`.tolist()).toEqual([false, true, false]);
    expect(expr`${a} == ${a} + 0`.tolist()).toEqual([true, true, true]);
  });

  test('functions and constants of the op table are known by name', () => {
    expect(expr`sin(${a}) + cos(pi)`.tolist()).toEqual(a.sin().add(-1).tolist());
    expect(expr`max(${a}, ${b})`.tolist()).toEqual([4, 5, 3]);
    expect(expr`max(${a}, 2)`.tolist()).toEqual([2, 2, 3]);
    expect(expr`max(${b})`.item()).toBe(5);
    expect(expr`min(0, ${b})`.tolist()).toEqual([0, 0, -6]);
    expect(expr`where(${flags}, ${a}, 0)`.tolist()).toEqual([1, 0, 3]);
    expect(expr`where(${a} > 1, ${a}, -${b})`.tolist()).toEqual([-4, 2, 3]);
    expect(expr`clamp(${b}, -1, 4)`.tolist()).toEqual([4, 4, -1]);
    expect(expr`sum((${a} - ${b})**2) / 3`.item()).toBe((9 + 9 + 81) / 3);
    expect(expr`sum(${a}, 0)`.item()).toBe(6);
    expect(expr`atan2(${a}, ${b})`.tolist()).toEqual(a.atan2(b).tolist());
    for (const name of UNARY_OPS.filter((op) => op !== 'bitwiseNot' && !/\bp[01]\b/.test(UNARY[op].js))) {
      const x = double([0.25, 0.5]);
      const viaExpr = (compileExpression([`${name}(`, ')'])([x]) as Tensor).tolist();
      expect(viaExpr, name).toEqual(x.unaryRow(name).tolist());
    }
  });

  test('numbers, booleans and tensors of other dtypes take part by the promotion rules', () => {
    const n = tensor([1, 2], { dtype: 'int64' });
    expect(expr`${n} * 2 + 1`.dtype).toBe('int64');
    expect(expr`${n} * 0.5`.dtype).toBe('float32');
    expect(expr`${n} / 2`.dtype).toBe('float32');
    expect(expr`${n} + ${a.index('0:2')}`.dtype).toBe('float64');
    expect(expr`${true} + ${n}`.tolist()).toEqual([2, 3]);
    expect(expr`${2n} * ${n}`.tolist()).toEqual([2, 4]);
  });

  test('is differentiable, twice too', () => {
    const x = double([0.5, -1.2]).requiresGrad_(), w = double(0.7).requiresGrad_();
    const fn = (p: Tensor, q: Tensor): Tensor => expr`${q} * ${p}**3 - sin(${p}) / (1 + exp(-${q})) + 2`;
    expect(autograd.gradcheck(fn, [x, w])).toBe(true);
    expect(autograd.gradgradcheck(fn, [x, w])).toBe(true);
    expect(noGrad(() => fn(x, w)).requiresGrad).toBe(false);
  });

  test('is parsed once per call site, whatever the values', () => {
    const f = (x: Tensor | number): unknown => expr`${x} * 2`;
    expect(f(3)).toBe(6);
    expect((f(ones(1)) as Tensor).tolist()).toEqual([2]);
    expect(f(4)).toBe(8);
  });

  test('passes the errors of the operations on', () => {
    expect(() => expr`${a} + ${ones(2)}`).toThrow(ShapeError);
    expect(() => expr`${a} @ 2`).toThrow(/operands of @ must both be tensors/);
    expect(() => expr`${a} + ${'1' as unknown as number}`).toThrow('expr: value 2 must be a Tensor or a number, got "1"');
    expect(() => expr`${undefined as unknown as number} + 1`).toThrow('expr: value 1 must be a Tensor or a number, got undefined');
    expect(() => expr`erf(2)`).toThrow(/argument of erf must be a Tensor/);
  });
});
