/** reduce, argReduce, scan, polyval and moments. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { BOOL, DTYPES, F32, F64, I32, I64, isFloating, type DTypeCode } from '../src/core/dtype.ts';
import { UnsupportedError } from '../src/core/errors.ts';
import { ARG_REDUCE_OPS, REDUCE_OPS, type ReduceOp } from '../src/ops/families.ts';
import { type Layout, operand, randomNumbers, read, readBig, run, viewOf, volume, type Operand } from './helpers/frames.ts';
import { expectClose, ulpSize } from './helpers/ulp.ts';

const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const variance = (x: readonly number[], correction: number): number => {
  const mean = sum(x) / x.length;
  return x.length === 0 ? NaN : sum(x.map((v) => (v - mean) ** 2)) / Math.max(x.length - correction, 0);
};
const extreme = (x: readonly number[], pick: (...v: number[]) => number): number => (x.some(Number.isNaN) ? NaN : pick(...x));

const MEANING: Readonly<Record<ReduceOp, (x: readonly number[], correction: number) => number>> = {
  sum, mean: (x) => sum(x) / x.length, prod: (x) => x.reduce((a, b) => a * b, 1),
  amax: (x) => extreme(x, Math.max), amin: (x) => extreme(x, Math.min),
  any: (x) => Number(x.some((v) => v !== 0)), all: (x) => Number(x.every((v) => v !== 0)),
  sumSquares: (x) => sum(x.map((v) => v * v)), sumAbs: (x) => sum(x.map(Math.abs)), countNonzero: (x) => x.filter((v) => v !== 0).length,
  var: variance, std: (x, correction) => Math.sqrt(variance(x, correction)),
};
const FLOAT_ONLY: readonly ReduceOp[] = ['mean', 'sumSquares', 'sumAbs', 'var', 'std'];
const COMPUTE = [F32, F64, I64, I32, BOOL];

function resultType(op: ReduceOp, dtype: DTypeCode): DTypeCode {
  if (op === 'any' || op === 'all') return BOOL;
  if (op === 'countNonzero') return I64;
  return (op === 'sum' || op === 'prod') && !isFloating(dtype) ? I64 : dtype;
}

/** [kept..., reduced...] with the strides of a tensor whose dims were permuted so. */
const SPACES: readonly { readonly shape: readonly number[]; readonly kept: number; readonly layout: Layout; readonly order?: readonly number[] }[] = [
  { shape: [1], kept: 0, layout: 'contiguous' },
  { shape: [], kept: 0, layout: 'contiguous' },
  { shape: [1031], kept: 0, layout: 'contiguous' },
  { shape: [37, 5], kept: 0, layout: 'transposed' },
  { shape: [5, 70], kept: 1, layout: 'contiguous' },
  { shape: [70, 9], kept: 1, layout: 'transposed' },
  { shape: [33, 4], kept: 1, layout: 'gaps' },
  { shape: [6, 7], kept: 2, layout: 'contiguous' },
  { shape: [3, 40, 11], kept: 2, layout: 'contiguous', order: [0, 2, 1] },
  { shape: [3, 40, 11], kept: 1, layout: 'contiguous', order: [1, 0, 2] },
  { shape: [2, 3, 4, 5], kept: 2, layout: 'gaps', order: [1, 3, 0, 2] },
  { shape: [4, 6], kept: 1, layout: 'broadcast' },
  { shape: [4, 6], kept: 1, layout: 'broadcast', order: [1, 0] },
];

const permuted = (o: Operand, order?: readonly number[]): Operand => (order ? viewOf(o, order.map((d) => o.shape[d]), order.map((d) => o.strides[d])) : o);

function values(dtype: DTypeCode, op: ReduceOp): (i: number) => number {
  const next = randomNumbers(7 + dtype);
  return () => {
    const r = next();
    if (dtype === BOOL) return r < 0.8 ? 1 : 0;
    if (!isFloating(dtype)) return op === 'prod' ? (r < 0.97 ? (r < 0.5 ? 1 : -1) : 2) : Math.floor(r * 41) - 20;
    return dtype === F32 ? Math.fround(op === 'prod' ? 0.9 + 0.2 * r : r * 4 - 1) : op === 'prod' ? 0.9 + 0.2 * r : r * 4 - 1;
  };
}

/** Strides of out over the whole space: 0 along reduced dims. */
const outputView = (out: Operand, ndim: number): Operand => viewOf(out, out.shape, [...out.strides, ...new Array<number>(ndim - out.shape.length).fill(0)]);

export function reduceContract(backend: () => Backend): void {
  describe('reduce', () => {
    test.each(REDUCE_OPS.map((op, index) => ({ op, index })))('$op', ({ op, index }) => {
      for (const dtype of COMPUTE) {
        if (!isFloating(dtype) && FLOAT_ONLY.includes(op)) continue;
        for (const space of SPACES) {
          const a = permuted(operand(dtype, space.shape, values(dtype, op), space.layout), space.order);
          const kept = a.shape.slice(0, space.kept), count = volume(a.shape.slice(space.kept));
          for (const layout of ['contiguous', 'transposed'] as const) {
            const out = operand(resultType(op, dtype), kept, () => 0, layout);
            run(backend(), 'reduce', { op: index, dims: a.shape, operands: [outputView(out, a.shape.length), a], ints: [space.kept], params: [1] }, [out]);
            const got = read(out), all = read(a);
            got.forEach((x, i) => {
              const group = all.slice(i * count, (i + 1) * count);
              const expected = MEANING[op](group, 1);
              const where = (): string => `${op} ${DTYPES[dtype]} of [${a.shape.join(', ')}] keeping ${space.kept} (${space.layout}) at ${i}`;
              if (!isFloating(dtype) || !isFloating(out.dtype) || op.startsWith('am')) return expect(x, where()).toBe(expected);
              expectClose(x, expected, dtype, op === 'prod' ? 2 + count / 2 : 4 + Math.sqrt(count), where, op === 'prod' ? undefined : Math.max(Math.abs(expected), sum(group.map(Math.abs)) / (op === 'mean' ? count : op === 'sum' ? 1 : Infinity)));
            });
          }
        }
      }
    });

    test('of no elements', () => {
      const expected: Partial<Record<ReduceOp, number>> = { sum: 0, prod: 1, any: 0, all: 1, mean: NaN, var: NaN, std: NaN, countNonzero: 0, sumSquares: 0, sumAbs: 0 };
      for (const dtype of COMPUTE) for (const [op, value] of Object.entries(expected)) {
        if (!isFloating(dtype) && FLOAT_ONLY.includes(op as ReduceOp)) continue;
        const out = operand(resultType(op as ReduceOp, dtype), [2], () => 1);
        run(backend(), 'reduce', { op: REDUCE_OPS.indexOf(op as ReduceOp), dims: [2, 0], operands: [outputView(out, 2), operand(dtype, [2, 0])], ints: [1], params: [1] }, [out]);
        expect(read(out), `${op} ${DTYPES[dtype]}`).toEqual([value, value]);
      }
    });

    test('into no results', () => {
      const out = operand(F32, [0]);
      run(backend(), 'reduce', { dims: [0, 3], operands: [outputView(out, 2), operand(F32, [0, 3])], ints: [1] }, [out]);
    });

    test('NaN propagates through amax and amin, wherever it is', () => {
      for (const op of ['amax', 'amin'] as const) for (const dtype of [F32, F64]) for (const n of [1, 5, 67]) for (let at = 0; at < n; at += 11) {
        for (const [shape, kept, order] of [[[n], 0], [[n, 3], 1, [1, 0]]] as const) {
          const a = permuted(operand(dtype, shape, (i) => (Math.floor(i / (shape[1] ?? 1)) === at ? NaN : i)), order);
          const out = operand(dtype, a.shape.slice(0, kept));
          run(backend(), 'reduce', { op: REDUCE_OPS.indexOf(op), dims: a.shape, operands: [outputView(out, a.shape.length), a], ints: [kept] }, [out]);
          expect(read(out).every(Number.isNaN)).toBe(true);
        }
      }
    });

    test('infinities', () => {
      const a = operand(F32, [3], (i) => [-Infinity, -Infinity, -Infinity][i]), out = operand(F32, []);
      run(backend(), 'reduce', { op: REDUCE_OPS.indexOf('amax'), dims: [3], operands: [outputView(out, 1), a], ints: [0] }, [out]);
      expect(read(out)).toEqual([-Infinity]);
    });

    test('a long float32 sum stays within 1e-6 of the sum of its terms', () => {
      const next = randomNumbers(3), n = 1_000_003;
      const a = operand(F32, [n]), view = a.storage.slab.view(F32) as Float32Array;
      let exact = 0;
      for (let i = 0; i < n; i++) exact += view[a.offset + i] = next();
      const out = operand(F32, []);
      run(backend(), 'reduce', { dims: [n], operands: [outputView(out, 1), viewOf(a, [n], [1])], ints: [0] }, [out]);
      expect(Math.abs(read(out)[0] - exact)).toBeLessThan(1e-6 * exact);
    });

    test('the variance of far numbers with a small spread', () => {
      const a = operand(F32, [100], (i) => 1e4 + (i % 2)), out = operand(F32, []);
      run(backend(), 'reduce', { op: REDUCE_OPS.indexOf('var'), dims: [100], operands: [outputView(out, 1), a], ints: [0], params: [0] }, [out]);
      expect(read(out)[0]).toBeCloseTo(0.25, 6);
    });

    test('integer sums and products have 64 bits and wrap', () => {
      const out = operand(I64, []);
      const call = (op: ReduceOp, a: Operand): bigint => {
        run(backend(), 'reduce', { op: REDUCE_OPS.indexOf(op), dims: a.shape, operands: [outputView(out, 1), a], ints: [0] }, [out]);
        return readBig(out)[0];
      };
      expect(call('sum', operand(I32, [9], () => 2147483647))).toBe(9n * 2147483647n);
      expect(call('prod', operand(I32, [3], () => -2147483648))).toBe(BigInt.asIntN(64, (-(2n ** 31n)) ** 3n));
      expect(call('sum', operand(I64, [2], () => 2n ** 63n - 1n))).toBe(-2n);
      expect(call('prod', operand(I64, [2], () => 2n ** 40n + 1n))).toBe(BigInt.asIntN(64, (2n ** 40n + 1n) ** 2n));
      expect(call('amax', operand(I64, [3], (i) => -(2n ** 60n) + BigInt(i)))).toBe(-(2n ** 60n) + 2n);
      expect(call('amin', operand(I64, [3], (i) => 2n ** 60n + BigInt(i)))).toBe(2n ** 60n);
    });

    test('float-only ops refuse integers', () => {
      const out = operand(I64, []);
      expect(() => run(backend(), 'reduce', { op: REDUCE_OPS.indexOf('mean'), dims: [2], operands: [outputView(out, 1), operand(I64, [2])], ints: [0] })).toThrow(UnsupportedError);
    });
  });

  describe('argReduce', () => {
    test.each(ARG_REDUCE_OPS.map((op, index) => ({ op, index })))('$op: the first of equals, over any dims', ({ op, index }) => {
      for (const dtype of COMPUTE) for (const space of SPACES) {
        const next = randomNumbers(dtype + 1);
        const a = permuted(operand(dtype, space.shape, () => Math.floor(next() * (dtype === BOOL ? 2 : 30)) - (dtype === BOOL ? 0 : 12), space.layout), space.order);
        const kept = a.shape.slice(0, space.kept), count = volume(a.shape.slice(space.kept)), out = operand(I64, kept);
        run(backend(), 'argReduce', { op: index, dims: a.shape, operands: [outputView(out, a.shape.length), a], ints: [space.kept] }, [out]);
        const all = read(a);
        expect(read(out), `${DTYPES[dtype]} [${a.shape.join(', ')}] keeping ${space.kept}`).toEqual(Array.from({ length: volume(kept) }, (_, i) => {
          const group = all.slice(i * count, (i + 1) * count);
          return group.indexOf(op === 'argmax' ? Math.max(...group) : Math.min(...group));
        }));
      }
    });

    test('the first NaN is both the largest and the smallest', () => {
      for (const dtype of [F32, F64]) for (const index of [0, 1]) for (const n of [4, 40]) {
        const out = operand(I64, []);
        run(backend(), 'argReduce', { op: index, dims: [n], operands: [outputView(out, 1), operand(dtype, [n], (i) => (i >= n - 2 ? NaN : i === 1 ? Infinity : -Infinity))], ints: [0] }, [out]);
        expect(read(out)).toEqual([n - 2]);
      }
    });

    test('compares all bits of an int64', () => {
      const out = operand(I64, []);
      run(backend(), 'argReduce', { op: 0, dims: [3], operands: [outputView(out, 1), operand(I64, [3], (i) => 2n ** 60n + BigInt(i))], ints: [0] }, [out]);
      expect(read(out)).toEqual([2]);
    });
  });

  describe('scan', () => {
    test.each([{ op: 'cumsum', index: 0 }, { op: 'cumprod', index: 1 }])('$op along the last dim', ({ op, index }) => {
      for (const dtype of [F32, F64, I64, I32]) for (const layout of ['contiguous', 'transposed', 'gaps'] as const) for (const shape of [[0], [1], [70], [3, 9], [2, 3, 5]]) {
        const next = randomNumbers(5), a = operand(dtype, shape, () => (isFloating(dtype) ? Math.fround(next() + 0.5) : Math.floor(next() * 5) - 2), layout), out = operand(dtype, shape, () => 0, layout);
        run(backend(), 'scan', { op: index, dims: shape, operands: [out, a] });
        const n = shape[shape.length - 1];
        let acc = 0, size = 0;
        const x = read(a);
        read(out).forEach((y, i) => {
          acc = i % n === 0 ? x[i] : op === 'cumsum' ? acc + x[i] : acc * x[i];
          size = i % n === 0 ? Math.abs(x[i]) : op === 'cumsum' ? size + Math.abs(x[i]) : Math.abs(acc);
          if (!isFloating(dtype)) return expect(y).toBe(dtype === I32 ? acc | 0 : acc + 0);
          expectClose(y, acc, dtype, 2 + (i % n), () => `${op} ${DTYPES[dtype]} at ${i}`, size);
        });
      }
    });

    test('integers wrap', () => {
      const out = operand(I32, [2]);
      run(backend(), 'scan', { op: 1, dims: [2], operands: [out, operand(I32, [2], () => 65537)] });
      expect(read(out)).toEqual([65537, 131073]);
      const wide = operand(I64, [2]);
      run(backend(), 'scan', { op: 0, dims: [2], operands: [wide, operand(I64, [2], () => 2n ** 63n - 1n)] });
      expect(readBig(wide)[1]).toBe(-2n);
    });
  });

  describe('polynomials', () => {
    test('polyval of every degree and layout', () => {
      for (const dtype of [F32, F64]) for (const terms of [1, 2, 3, 4, 5, 9]) for (const shape of [[], [0], [1], [67], [5, 7]]) for (const layout of ['contiguous', 'transposed', 'gaps'] as const) {
        const next = randomNumbers(terms), random = (): number => (dtype === F32 ? Math.fround(next() * 4 - 2) : next() * 4 - 2);
        const c = operand(dtype, [terms], random, layout), x = operand(dtype, shape, random, layout), out = operand(dtype, shape, () => 0, layout);
        const loops = shape.map(() => 0);
        run(backend(), 'polyval', { dims: [...shape, terms], operands: [viewOf(out, shape, [...out.strides, 0]), viewOf(c, [terms], [...loops, c.strides[0]]), viewOf(x, shape, [...x.strides, 0])] }, [out]);
        const coefficients = read(c), points = read(x);
        read(out).forEach((y, i) => {
          const expected = coefficients.reduce((acc, k) => acc * points[i] + k, 0);
          const size = coefficients.reduce((acc, k) => acc * Math.abs(points[i]) + Math.abs(k), 0);
          expectClose(y, expected, dtype, 2 * terms, () => `${DTYPES[dtype]} of ${terms} terms at ${points[i]}`, size);
        });
      }
    });

    test('polyval with other coefficients for each row', () => {
      const c = operand(F64, [2, 3], (i) => i + 1), x = operand(F64, [2, 4], (i) => i), out = operand(F64, [2, 4]);
      run(backend(), 'polyval', { dims: [2, 4, 3], operands: [viewOf(out, [2, 4], [4, 1, 0]), viewOf(c, [2, 3], [3, 0, 1]), viewOf(x, [2, 4], [4, 1, 0])] }, [out]);
      expect(read(out)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((v) => (v < 4 ? v * v + 2 * v + 3 : 4 * v * v + 5 * v + 6)));
    });

    test('moments: sums of g x^k, highest power first', () => {
      for (const dtype of [F32, F64]) for (const powers of [1, 2, 3, 4, 5, 6, 11]) for (const n of [0, 1, 7, 130]) for (const layout of ['contiguous', 'gaps'] as const) {
        const next = randomNumbers(powers), random = (): number => (dtype === F32 ? Math.fround(next() * 2 - 1) : next() * 2 - 1);
        const g = operand(dtype, [n], random, layout), x = operand(dtype, [n], random, layout), out = operand(dtype, [powers], () => 0, layout);
        run(backend(), 'moments', { dims: [n, powers], operands: [viewOf(out, [powers], [0, out.strides[0]]), viewOf(g, [n], [g.strides[0], 0]), viewOf(x, [n], [x.strides[0], 0])] }, [viewOf(out, [powers], out.strides)]);
        const gradient = read(g), points = read(x);
        read(out).forEach((y, k) => {
          const terms = gradient.map((v, i) => v * points[i] ** (powers - 1 - k));
          expect(Math.abs(y - sum(terms)), `${DTYPES[dtype]} power ${powers - 1 - k} of ${powers}, n ${n}`).toBeLessThanOrEqual((4 + Math.sqrt(n) + powers) * ulpSize(sum(terms.map(Math.abs)), dtype));
        });
      }
    });

    test('integers are refused', () => {
      expect(() => run(backend(), 'polyval', { dims: [2, 1], operands: [operand(I32, [2]), operand(I32, [1]), operand(I32, [2])].map((o) => viewOf(o, [2], [1, 0])) })).toThrow();
    });
  });
}
