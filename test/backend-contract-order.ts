/** sort, select, argScan, searchSorted and the scan of exponentials. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { BOOL, DTYPES, F32, F64, I32, I64, isFloating, type DTypeCode } from '../src/core/dtype.ts';
import { UnsupportedError } from '../src/core/errors.ts';
import { ARG_SCAN_OPS, SCAN_OPS, SEARCH_OPS, SELECT_OPS, SORT_OPS } from '../src/ops/families.ts';
import { operand, randomNumbers, read, run, viewOf, type Layout, type Operand } from './helpers/frames.ts';
import { expectClose } from './helpers/ulp.ts';

const COMPUTE = [F32, F64, I64, I32, BOOL];
const LAYOUTS: readonly Layout[] = ['contiguous', 'transposed', 'gaps'];
const SHAPES = [[1], [7], [200], [3, 40], [2, 3, 5], [2, 700]];

/** Small numbers with many ties, and for floats zeros of both signs, NaN and infinities. */
function values(dtype: DTypeCode, seed: number): () => number {
  const next = randomNumbers(seed);
  return () => {
    const r = next();
    if (dtype === BOOL) return r < 0.5 ? 0 : 1;
    if (!isFloating(dtype)) return Math.floor(r * 40) - 20;
    return r < 0.05 ? NaN : r < 0.1 ? -0 : r < 0.15 ? 0 : r < 0.18 ? Infinity : r < 0.21 ? -Infinity : Math.fround(r * 5 - 3);
  };
}

const less = (a: number, b: number): boolean => (Number.isNaN(b) ? !Number.isNaN(a) : a < b);
const ordered = (row: readonly number[], descending: boolean): number[] =>
  row.map((_, i) => i).sort((i, j) => (less(row[i], row[j]) ? -1 : less(row[j], row[i]) ? 1 : 0) * (descending ? -1 : 1) || i - j);
const rowsOf = (x: readonly number[], n: number): number[][] => Array.from({ length: n === 0 ? 0 : x.length / n }, (_, r) => x.slice(r * n, (r + 1) * n));

/** Calls `body` for every dtype, layout and shape with an operand of such values. */
function each(body: (a: Operand, n: number, layout: Layout, rows: readonly (readonly number[])[], name: string) => void): void {
  for (const dtype of COMPUTE) for (const layout of LAYOUTS) for (const shape of SHAPES) {
    const a = operand(dtype, shape, values(dtype, 3 + dtype), layout), n = shape[shape.length - 1];
    body(a, n, layout, rowsOf(read(a), n), `${DTYPES[dtype]} [${shape.join(', ')}] ${layout}`);
  }
}

export function orderContract(backend: () => Backend): void {
  describe('sort', () => {
    test.each(SORT_OPS)('%s is stable and puts NaN beyond every number', (op) => {
      each((a, _n, layout, rows, name) => {
        const y = operand(a.dtype, a.shape, () => 0, layout), x = operand(I64, a.shape, () => 0, layout);
        run(backend(), 'sort', { op: SORT_OPS.indexOf(op), dims: a.shape, operands: [y, x, a] }, [y, x]);
        const order = rows.map((row) => ordered(row, op === 'descending'));
        expect(read(x), name).toEqual(order.flat());
        expect(read(y), name).toEqual(order.flatMap((at, r) => at.map((i) => rows[r][i])));
      });
    });

    test('compares all bits of an int64, and both words of a float64', () => {
      const y = operand(I64, [3]), x = operand(I64, [3]);
      run(backend(), 'sort', { op: 0, dims: [3], operands: [y, x, operand(I64, [3], (i) => [2n ** 60n + 1n, -(2n ** 60n), 2n ** 60n][i])] }, [y, x]);
      expect(read(x)).toEqual([1, 2, 0]);
      const z = operand(F64, [3]);
      run(backend(), 'sort', { op: 0, dims: [3], operands: [z, x, operand(F64, [3], (i) => [1 + 2 ** -52, 1, 1 + 2 ** -51][i])] }, [z, x]);
      expect(read(x)).toEqual([1, 0, 2]);
    });

    test('small integers are refused: the caller converts them', () => {
      const y = operand(5, [2]);
      expect(() => run(backend(), 'sort', { op: 0, dims: [2], operands: [y, operand(I64, [2]), operand(5, [2])] })).toThrow();
    });
  });

  describe('select', () => {
    test.each(SELECT_OPS)('%s', (op) => {
      each((a, n, _layout, rows, name) => {
        for (const k of op === 'smallest' || op === 'largest' ? [1, Math.ceil(n / 2), n] : [1]) {
          const shape = [...a.shape.slice(0, -1), k], y = operand(a.dtype, shape), x = operand(I64, shape);
          const rank = Math.floor(n / 3), still = viewOf(a, shape, [...a.strides.slice(0, -1), 0]);
          run(backend(), 'select', { op: SELECT_OPS.indexOf(op), dims: shape, operands: [y, x, still], ints: [n, a.strides[a.strides.length - 1], rank] }, [y, x]);
          const at = rows.map((row) => {
            const order = ordered(row, op === 'largest'), numbers = row.filter((v) => !Number.isNaN(v)).length;
            const from = op === 'kth' ? rank : op === 'median' ? (numbers < n ? numbers : (n - 1) >> 1) : op === 'nanmedian' ? Math.max(numbers - 1, 0) >> 1 : 0;
            return order.slice(from, from + k);
          });
          expect(read(x), name).toEqual(at.flat());
          expect(read(y), name).toEqual(at.flatMap((places, r) => places.map((i) => rows[r][i])));
        }
      });
    });
  });

  describe('argScan', () => {
    test.each(ARG_SCAN_OPS)('%s gives the last index of equal elements and of NaNs', (op) => {
      each((a, _n, layout, rows, name) => {
        const y = operand(a.dtype, a.shape, () => 0, layout), x = operand(I64, a.shape, () => 0, layout);
        run(backend(), 'argScan', { op: ARG_SCAN_OPS.indexOf(op), dims: a.shape, operands: [y, x, a] }, [y, x]);
        const at = rows.map((row) => {
          let best = 0;
          return row.map((v, i) => {
            if (Number.isNaN(v) || (!Number.isNaN(row[best]) && (op === 'cummax' ? v >= row[best] : v <= row[best]))) best = i;
            return best;
          });
        });
        expect(read(x), name).toEqual(at.flat());
        expect(read(y), name).toEqual(at.flatMap((places, r) => places.map((i) => rows[r][i])));
      });
    });
  });

  describe('searchSorted', () => {
    test.each(SEARCH_OPS)('%s of equal elements, NaN last', (op) => {
      for (const dtype of COMPUTE) for (const layout of LAYOUTS) for (const n of [0, 1, 2, 9, 300]) {
        const next = values(dtype, 11), row = Array.from({ length: n }, next).filter((v) => !Number.isNaN(v)).sort((p, q) => p - q);
        const sequence = operand(dtype, [2, row.length], (i) => row[i % row.length], layout), v = operand(dtype, [2, 37], values(dtype, 12), layout), out = operand(I64, [2, 37], () => 0, layout);
        const still = viewOf(sequence, [2, 37], [sequence.strides[0], 0]);
        run(backend(), 'searchSorted', { op: SEARCH_OPS.indexOf(op), dims: [2, 37], operands: [out, still, v], ints: [row.length, sequence.strides[1]] }, [out]);
        const expected = read(v).map((x) => (Number.isNaN(x) ? row.length : row.filter((s) => (op === 'left' ? s < x : s <= x)).length));
        expect(read(out), `${DTYPES[dtype]} ${layout} ${n}`).toEqual(expected);
      }
    });
  });

  describe('logcumsumexp', () => {
    const op = SCAN_OPS.indexOf('logcumsumexp');

    test('of numbers of every size, without overflow', () => {
      for (const dtype of [F32, F64]) for (const layout of LAYOUTS) for (const shape of [[1], [600], [3, 20]]) {
        const next = randomNumbers(6), a = operand(dtype, shape, () => Math.fround((next() - 0.5) * 1500), layout), out = operand(dtype, shape, () => 0, layout);
        run(backend(), 'scan', { op, dims: shape, operands: [out, a] }, [out]);
        const n = shape[shape.length - 1];
        let peak = -Infinity, sum = 0;
        const x = read(a);
        read(out).forEach((y, i) => {
          if (i % n === 0) [peak, sum] = [-Infinity, 0];
          const top = Math.max(peak, x[i]);
          sum = sum * Math.exp(peak - top) + Math.exp(x[i] - top);
          peak = top;
          expectClose(y, peak + Math.log(sum), dtype, 4, () => `${DTYPES[dtype]} at ${i}`);
        });
      }
    });

    test('infinities and NaN as in the formula', () => {
      for (const dtype of [F32, F64]) {
        const out = operand(dtype, [7]);
        run(backend(), 'scan', { op, dims: [7], operands: [out, operand(dtype, [7], (i) => [-Infinity, -Infinity, 1, Infinity, 2, NaN, 1][i])] });
        expect(read(out)).toEqual([-Infinity, -Infinity, 1, Infinity, Infinity, NaN, NaN]);
      }
    });

    test('integers are refused', () => {
      expect(() => run(backend(), 'scan', { op, dims: [2], operands: [operand(I32, [2]), operand(I32, [2])] })).toThrow(UnsupportedError);
    });
  });
}
