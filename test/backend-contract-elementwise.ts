/** The elementwise part of the backend contract: every row, dtype and layout against the row's meaning in float64. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { math } from './helpers/js-math.ts';
import { BF16, BOOL, DTYPES, F16, F32, F64, I16, I32, I64, I8, U8, isFloating, type DTypeCode } from '../src/core/dtype.ts';
import { ArgumentError, BackendError, UnsupportedError } from '../src/core/errors.ts';
import { BINARY, TERNARY, UNARY, type Row } from '../src/ops/elementwise.ts';
import { type Argument, type Layout, operand, randomNumbers, read, readBig, run, viewOf, type Operand } from './helpers/frames.ts';
import { expectClose } from './helpers/ulp.ts';

type Meaning = (...x: number[]) => number | boolean;
const NAMES = Object.keys(math), HELPERS = Object.values(math);

/** The row's expression, compiled for the tests only. */
function meaning(row: Row, inputs: readonly string[], dtype: DTypeCode): Meaning {
  const text = dtype === F32 && row.single !== undefined ? row.single : isFloating(dtype) ? row.js : row.int ?? row.js;
  const make = new Function(...NAMES, `return (${[...inputs, 'p0', 'p1'].join(', ')}) => ${text}`) as (...h: unknown[]) => Meaning;
  return make(...HELPERS);
}

function takes(row: Row, dtype: DTypeCode): boolean {
  if (isFloating(dtype)) return row.types !== 'bits' && row.types !== 'integer';
  if (row.types === 'float' || row.types === 'real') return false;
  return dtype !== BOOL || (row.types !== 'number' && row.types !== 'integer');
}

/** What the result is stored as: the sum of bools is their "or". */
function stored(value: number | boolean, dtype: DTypeCode, row: Row): number {
  if (row.types === 'predicate') return value ? 1 : 0;
  if (dtype === BOOL) return row.types === 'bits' ? Number(value) & 1 : value ? 1 : 0;
  return dtype === I32 ? Number(value) | 0 : Number(value);
}

const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 2, -2, 10, -10, 100, -100, 1e-3, -1e-3, Infinity, -Infinity, NaN];

/** Where an expression is well conditioned, or defined at all, in place of the whole line. */
const DOMAIN: Readonly<Record<string, (x: number) => number>> = {
  acosh: (x) => 1 + Math.abs(x), atanh: (x) => (Math.abs(x) < 1 ? x : 1 / x / 1.0625), asin: (x) => (Math.abs(x) < 1 ? x : 1 / x),
  acos: (x) => (Math.abs(x) < 1 ? x * 0.9 : 0.9 / x), logit: (x) => Math.abs(Math.sin(x)), ndtri: (x) => Math.abs(Math.sin(x)), erfinv: Math.sin, log: Math.abs, log2: Math.abs, log10: Math.abs, sqrt: Math.abs, rsqrt: Math.abs,
};
/** The size against which rounding shows where terms may cancel: |a| + |p0 * b| and the like, not the result. */
const SCALE: Readonly<Record<string, (x: readonly number[], p0: number) => number>> = {
  addScaled: ([a, b], p0) => Math.abs(a) + Math.abs(p0 * b),
  addcmul: ([a, b, c], p0) => Math.abs(a) + Math.abs(p0 * b * c),
  addcdiv: ([a, b, c], p0) => Math.abs(a) + Math.abs(p0 * (b / c)),
  lerp: ([a, b, c]) => (Math.abs(a) + Math.abs(b)) * (1 + Math.abs(c)),
  tanhGrad: ([a, b]) => Math.abs(a) * (1 + b * b),
  lgamma: ([x]) => Math.max(1, Math.abs(math.lgamma(x))),
  // Two terms of opposite sign, each near |x| log |x| below 0.
  digamma: ([x]) => Math.max(1, Math.abs(math.digamma(x)), x < 0 ? Math.abs(math.digamma(1 - x)) : 0),
  logaddexp: ([a, b]) => Math.max(Math.abs(a), Math.abs(b), 1),
  logaddexp2: ([a, b]) => Math.max(Math.abs(a), Math.abs(b), 1),
  sigmoidGrad: ([a, b]) => Math.abs(a * b) * (1 + Math.abs(b)),
  geluGrad: ([a, b]) => Math.abs(a) * (1 + Math.abs(b)),
  siluGrad: ([a, b]) => Math.abs(a) * (1 + Math.abs(b)),
  mishGrad: ([a, b]) => Math.abs(a) * (1 + Math.abs(b)),
  geluTanh: ([x]) => Math.abs(x),
  geluTanhGrad: ([a, b]) => Math.abs(a) * (1 + Math.abs(b)),
  hardswishGrad: ([a, b]) => Math.abs(a) * (1 + Math.abs(b)),
  // The rounding of p0 * x counts |p0 * x| times in the exponential.
  softplus: ([x], p0) => Math.max(x, 0) + Math.exp(Math.min(p0 * x, 0)) * (1 + Math.abs(p0 * x)) / p0,
  softplusGrad: ([a]) => Math.abs(a),
  eluGrad: ([a]) => Math.abs(a),
  // The other factor may have few digits left.
  seluGrad: ([a]) => Math.abs(a),
  logsigmoidGrad: ([a]) => Math.abs(a),
  glu: ([a]) => Math.abs(a),
  gluGrad: ([a, b]) => Math.abs(a * b),
  bceWithLogits: ([a, b]) => Math.abs((1 - b) * a) + Math.abs(a) + Math.log1p(Math.exp(-Math.abs(a))),
  bceWithLogitsGrad: ([a, , c]) => Math.abs(a) * (1 + Math.abs(c)),
};
/** IEEE 754 leaves open which of 0 and -0 is the larger. */
const UNSIGNED_ZERO = new Set(['maximum', 'minimum', 'fmax', 'fmin', 'clamp', 'clampScalar', 'hardtanh']);
const INTEGER_SHIFT = new Set(['bitwiseLeftShift', 'bitwiseRightShift']);
const INTEGER_DIVISION = new Set(['floorDivide', 'remainder', 'fmod']);

function inputValues(op: string, dtype: DTypeCode, count: number, operandIndex: number): number[] {
  const next = randomNumbers(dtype * 100 + operandIndex * 10 + op.length);
  const round = dtype === F32 ? Math.fround : (x: number): number => x;
  return Array.from({ length: count }, (_, i) => {
    if (dtype === BOOL) return next() < 0.5 ? 0 : 1;
    if (!isFloating(dtype)) {
      const x = Math.floor(next() * 41) - 20;
      if (operandIndex > 0 && INTEGER_DIVISION.has(op) && x === 0) return 7;
      if (operandIndex > 0 && op === 'pow') return x % 5;
      return operandIndex > 0 && INTEGER_SHIFT.has(op) ? Math.abs(x) : x;
    }
    // Every pair of special values meets: operands walk the list at different speeds.
    const n = SPECIAL.length;
    const special = i < n * n ? SPECIAL[operandIndex === 0 ? i % n : Math.floor(i / n) % n] : undefined;
    const x = special ?? (next() - 0.5) * 10 ** (Math.floor(next() * 5) - 1);
    return round((DOMAIN[op] ?? ((v: number) => v))(x));
  });
}

const FAMILIES = [
  { method: 'unary', rows: UNARY as Record<string, Row>, inputs: ['x'] },
  { method: 'binary', rows: BINARY as Record<string, Row>, inputs: ['a', 'b'] },
  { method: 'ternary', rows: TERNARY as Record<string, Row>, inputs: ['a', 'b', 'c'] },
] as const;
const COMPUTE = [F32, F64, I64, I32, BOOL];

/** Shapes and layouts (output, then inputs in turn). */
const CASES: readonly { readonly name: string; readonly shape: readonly number[]; readonly layouts: readonly Layout[] }[] = [
  { name: 'contiguous', shape: [450], layouts: ['contiguous', 'contiguous', 'contiguous', 'contiguous'] },
  { name: 'a single element', shape: [], layouts: ['contiguous', 'contiguous', 'contiguous', 'contiguous'] },
  { name: 'no elements', shape: [3, 0], layouts: ['contiguous', 'contiguous', 'contiguous', 'contiguous'] },
  { name: 'a scalar on the right', shape: [37], layouts: ['contiguous', 'contiguous', 'broadcast', 'broadcast'] },
  { name: 'a scalar on the left', shape: [37], layouts: ['contiguous', 'broadcast', 'contiguous', 'contiguous'] },
  { name: 'a row against a column', shape: [5, 19], layouts: ['contiguous', 'contiguous', 'broadcast', 'transposed'] },
  { name: 'gaps in the output', shape: [4, 9], layouts: ['gaps', 'contiguous', 'transposed', 'contiguous'] },
  { name: 'transposed output and gaps', shape: [7, 6], layouts: ['transposed', 'gaps', 'transposed', 'broadcast'] },
  { name: 'four dimensions', shape: [2, 3, 4, 5], layouts: ['contiguous', 'transposed', 'gaps', 'broadcast'] },
];

export function elementwiseContract(backend: () => Backend): void {
  const { name: backendName } = backend();
  describe.each(FAMILIES)('$method', ({ method, rows, inputs }) => {
    const ops = Object.keys(rows).map((op, index) => ({ op, index, row: rows[op] })).filter(({ row }) => backendName === 'js' || row.native !== false);

    test.each(ops)('$op', ({ op, index, row }) => {
      for (const dtype of COMPUTE) if (takes(row, dtype)) for (const c of CASES) check(op, index, row, dtype, c.shape, c.layouts, c.name);
    });

    test.each(ops)('$op in place', ({ op, index, row }) => {
      for (const dtype of COMPUTE) {
        if (!takes(row, dtype) || (row.types === 'predicate' && dtype !== BOOL) || (op === 'where' && dtype !== BOOL)) continue;
        check(op, index, row, dtype, [29], ['contiguous', 'contiguous', 'contiguous', 'contiguous'], 'in place', true);
        check(op, index, row, dtype, [3, 5], ['gaps', 'gaps', 'transposed', 'contiguous'], 'in place with gaps', true);
      }
    });

    test.each(ops.filter(({ row }) => COMPUTE.some((dtype) => !takes(row, dtype))))('$op refuses the dtypes that it does not take', ({ index, row }) => {
      for (const dtype of COMPUTE.filter((d) => !takes(row, d))) {
        const all = [0, ...inputs].map(() => operand(dtype, [2]));
        expect(() => run(backend(), method, { op: index, dims: [2], operands: all })).toThrow(UnsupportedError);
      }
    });

    function check(op: string, index: number, row: Row, dtype: DTypeCode, shape: readonly number[], layouts: readonly Layout[], name: string, inPlace = false): void {
      // PyTorch has no shifts of bools, so they have no meaning to check.
      if (dtype === BOOL && INTEGER_SHIFT.has(op)) return;
      const total = shape.reduce((a, b) => a * b, 1);
      const p = dtype === F32 || dtype === F64 ? [0.75, 1.5] : [-3, 5];
      const args: Operand[] = inputs.map((_, k) => {
        const type = op === 'where' && k === 0 ? BOOL : dtype;
        const values = inputValues(op, type, total, k);
        const layout = layouts[k + 1];
        // A broadcast operand repeats what its first row holds.
        const row0 = layout === 'broadcast' && shape.length ? values.slice(0, total / shape[0]) : values;
        return operand(type, shape, (i) => row0[i % Math.max(row0.length, 1)] ?? 0, layout);
      });
      const given = args.map(read);
      const result = inPlace ? args[0] : operand(row.types === 'predicate' ? BOOL : dtype, shape, () => 0, layouts[0]);
      const evaluate = meaning(row, inputs, dtype);
      run(backend(), method, { op: index, dims: shape, operands: [result, ...args], params: p });
      const got = read(result);
      for (let i = 0; i < total; i++) {
        const x = given.map((values) => values[i]);
        const expected = stored(evaluate(...x, p[0], p[1]), dtype, row);
        const where = (): string => `${op} ${DTYPES[dtype]} ${name} at ${i}: (${x.join(', ')})`;
        if (!isFloating(dtype) || row.types === 'predicate') {
          if (got[i] !== expected) expect.fail(`${where()}: got ${got[i]}, expected ${expected}`);
        } else if (!(got[i] === 0 && expected === 0 && UNSIGNED_ZERO.has(op))) expectClose(got[i], expected, dtype, row.ulp, where, SCALE[op]?.(x, p[0]));
      }
    }
  });

  describe('immediates', () => {
    const at = (op: string): number => Object.keys(BINARY).indexOf(op);

    test('on either side, in every dtype', () => {
      for (const dtype of [F32, F64, I64, I32]) {
        const x = operand(dtype, [2, 3], (i) => i - 2), out = operand(dtype, [2, 3]);
        const three: Argument = { value: dtype === I64 ? 3n : 3, dtype };
        run(backend(), 'binary', { op: at('sub'), dims: [2, 3], operands: [out, three, x] });
        expect(read(out)).toEqual([5, 4, 3, 2, 1, 0]);
        run(backend(), 'binary', { op: at('sub'), dims: [2, 3], operands: [out, x, three] });
        expect(read(out)).toEqual([-5, -4, -3, -2, -1, 0]);
      }
    });

    test('are rounded to the operand dtype first', () => {
      const x = operand(F32, [1], () => 1), out = operand(F32, [1]);
      run(backend(), 'binary', { op: at('mul'), dims: [1], operands: [out, x, { value: 0.1, dtype: F32 }] });
      expect(read(out)).toEqual([Math.fround(0.1)]);
    });

    test('as both branches of where, for all ten dtypes', () => {
      for (let dtype = 0; dtype < DTYPES.length; dtype++) {
        const condition = operand(BOOL, [3], (i) => i % 2), out = operand(dtype, [3]);
        const value = (v: number): Argument => ({ value: dtype === I64 ? BigInt(v) : v, dtype });
        run(backend(), 'ternary', { op: 0, dims: [3], operands: [out, condition, value(1), value(0)] });
        expect(read(out)).toEqual([0, 1, 0]);
        const y = operand(dtype, [3], () => 1);
        run(backend(), 'ternary', { op: 0, dims: [3], operands: [out, condition, value(0), y] });
        expect(read(out)).toEqual([1, 0, 1]);
      }
    });
  });

  describe('small dtypes', () => {
    const layouts: readonly Layout[] = ['contiguous', 'transposed', 'gaps'];
    const [add, lt] = ['add', 'lt'].map((op) => Object.keys(BINARY).indexOf(op));

    test.each([F16, BF16, I16, I8, U8])('%i beside its compute dtype, in every layout and in place', (small) => {
      const wide = isFloating(small) ? F32 : I32, shape = [7, 6];
      for (const layout of layouts) {
        const a = operand(small, shape, (i) => i + 100, layout), b = operand(wide, shape, (i) => (wide === F32 ? i / 7 : 3 * i)), out = operand(small, shape, () => 0, layout);
        const rounded = operand(small, shape), sum = read(a).map((x, i) => (wide === F32 ? Math.fround(x + read(b)[i]) : x + read(b)[i]));
        run(backend(), 'copy', { dims: shape, operands: [rounded, operand(wide, shape, (i) => sum[i])] });
        run(backend(), 'binary', { op: add, dims: shape, operands: [out, a, b] });
        expect(read(out)).toEqual(read(rounded));
        const below = operand(BOOL, shape);
        run(backend(), 'binary', { op: lt, dims: shape, operands: [below, b, a] });
        expect(read(below)).toEqual(read(a).map((x, i) => Number(read(b)[i] < x)));
        run(backend(), 'binary', { op: add, dims: shape, operands: [a, a, b] });
        expect(read(a)).toEqual(read(rounded));
        const square = operand(wide, shape), before = read(a);
        run(backend(), 'unary', { op: Object.keys(UNARY).indexOf('square'), dims: shape, operands: [square, a] });
        expect(read(square)).toEqual(before.map((x) => (wide === F32 ? Math.fround(x * x) : x * x)));
      }
    });

    test('numbers beside float16 stay float32', () => {
      const x = operand(F16, [3], (i) => i + 1), out = operand(F32, [3]);
      run(backend(), 'binary', { op: Object.keys(BINARY).indexOf('mul'), dims: [3], operands: [out, x, { value: 0.1, dtype: F32 }] });
      expect(read(out)).toEqual([1, 2, 3].map((v) => Math.fround(v * Math.fround(0.1))));
    });

  });

  describe('int64', () => {
    const binary = (op: string, a: bigint, b: bigint, params: number[] = []): bigint => {
      const out = operand(I64, [1]);
      run(backend(), 'binary', { op: Object.keys(BINARY).indexOf(op), dims: [1], operands: [out, operand(I64, [1], () => a), operand(I64, [1], () => b)], params });
      return readBig(out)[0];
    };
    const max = 2n ** 63n - 1n, min = -(2n ** 63n);

    test('wraps around', () => {
      expect(binary('add', max, 1n)).toBe(min);
      expect(binary('sub', min, 1n)).toBe(max);
      expect(binary('mul', 2n ** 40n + 3n, 2n ** 30n + 5n)).toBe(BigInt.asIntN(64, (2n ** 40n + 3n) * (2n ** 30n + 5n)));
      expect(binary('pow', 3n, 50n)).toBe(BigInt.asIntN(64, 3n ** 50n));
      expect(binary('addScaled', max, 2n ** 40n, [4])).toBe(BigInt.asIntN(64, max + 2n ** 42n));
    });

    test('keeps all 64 bits', () => {
      expect(binary('maximum', 2n ** 60n + 1n, 2n ** 60n)).toBe(2n ** 60n + 1n);
      expect(binary('floorDivide', -(2n ** 60n) - 1n, 2n)).toBe(-(2n ** 59n) - 1n);
      expect(binary('remainder', -(2n ** 60n) - 1n, 4n)).toBe(3n);
      expect(binary('bitwiseXor', 2n ** 62n, 1n)).toBe(2n ** 62n + 1n);
      expect(binary('bitwiseLeftShift', 1n, 62n)).toBe(2n ** 62n);
      expect(binary('bitwiseRightShift', min, 70n)).toBe(-1n);
    });

    test('clampScalar takes infinite bounds', () => {
      const out = operand(I64, [2]), x = operand(I64, [2], (i) => (i ? max : min));
      run(backend(), 'unary', { op: Object.keys(UNARY).indexOf('clampScalar'), dims: [2], operands: [out, x], params: [-Infinity, 7] });
      expect(readBig(out)).toEqual([min, 7n]);
    });
  });

  test('integer division by zero throws before anything is written', () => {
    for (const op of INTEGER_DIVISION) {
      for (const dtype of [I32, I64]) {
        const out = operand(dtype, [3], () => 9), a = operand(dtype, [3], () => 5), b = operand(dtype, [3], (i) => 2 - i);
        expect(() => run(backend(), 'binary', { op: Object.keys(BINARY).indexOf(op), dims: [3], operands: [out, a, b] })).toThrow(ArgumentError);
        expect(read(out)).toEqual([9, 9, 9]);
      }
    }
  });

  test('operands may share a slab', () => {
    const whole = operand(F32, [12], (i) => i);
    const part = (from: number): Operand => viewOf(whole, [4], [1], whole.offset + from);
    run(backend(), 'binary', { op: 0, dims: [4], operands: [part(8), part(0), part(4)] });
    expect(read(whole)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 4, 6, 8, 10]);
  });
}
