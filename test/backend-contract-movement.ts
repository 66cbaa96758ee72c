/** copy, join, gather, scatter and nonzero. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { BF16, BOOL, DTYPES, F16, F32, F64, I16, I32, I64, I8, U8, isFloating, type DTypeCode } from '../src/core/dtype.ts';
import { BackendError, IndexRangeError } from '../src/core/errors.ts';
import { SCATTER_OPS } from '../src/ops/families.ts';
import { LAYOUTS, operand, positions, randomNumbers, read, readBig, run, viewOf, volume, type Operand } from './helpers/frames.ts';

const ALL = DTYPES.map((_, code) => code);
const INTEGER_BITS: Readonly<Record<number, number>> = { [I8]: 8, [U8]: 8, [I16]: 16, [I32]: 32 };

/** The value that a number has in a dtype, from first principles (numbers stay far below 2^53). */
function cast(x: number, to: DTypeCode): number {
  if (to === BOOL) return x === 0 ? 0 : 1;
  if (to === F64) return x;
  if (to === F32) return Math.fround(x);
  if (to === F16) return nearest(Math.fround(x), 10, -24, 65520);
  if (to === BF16) return nearest(Math.fround(x), 7, -133, 2 ** 128 * (1 - 2 ** -9));
  const whole = Math.trunc(x);
  if (to === I64) return whole + 0;
  const modulus = 2 ** INTEGER_BITS[to], wrapped = ((whole % modulus) + modulus) % modulus;
  return to !== U8 && wrapped >= modulus / 2 ? wrapped - modulus : wrapped;
}

/** Rounds to a float of so many fraction bits, ties to even; `overflow` is where infinity begins. */
function nearest(x: number, fraction: number, lowest: number, overflow: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  if (Math.abs(x) >= overflow) return x > 0 ? Infinity : -Infinity;
  const unit = 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - fraction, lowest);
  const scaled = x / unit, floor = Math.floor(scaled), rest = scaled - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) * unit;
}

/** Values that every source dtype can hold, in its range, with ties and signs where it has them. */
function samples(from: DTypeCode): number[] {
  if (from === BOOL) return [0, 1, 1, 0];
  if (from === U8) return [0, 1, 2, 127, 128, 200, 255];
  const small = [0, 1, -1, 2, 7, -8, 100, -128, 127];
  if (from === I8) return small;
  if (from === I16) return [...small, 1000, -32768, 32767, 2049, 2051];
  if (!isFloating(from)) return [...small, 1000, 32767, 2049, 2051, 65519, 65521, 16777217, -16777219, 2147483647, -2147483648];
  const floats = [...small, 0.5, -0.5, 1.5, -1.9, 2.99, 0.1, -0.1, 2049, 2051, 257, 259];
  return from === F16 || from === BF16 ? floats.map((x) => cast(x, from)) : [...floats, 65519, 65520, 1e-6, 5.96e-8, 2.98e-8, 2.99e-8, 6.1e-5, 123456.7].map((x) => cast(x, from));
}

export function movementContract(backend: () => Backend): void {
  describe('copy', () => {
    test.each(ALL)('dtype %i backwards', (dtype) => {
      const shape = [5, 70], values = (i: number): number => (dtype === BOOL ? Number(i % 3 === 0) : i % 100);
      const source = operand(dtype, shape, values), given = read(source);
      for (const axes of [[0], [1], [0, 1]]) {
        const first = axes.reduce((at, d) => at + (shape[d] - 1) * source.strides[d], source.offset), strides = source.strides.map((step, d) => (axes.includes(d) ? -step : step));
        for (const to of [dtype, F64]) {
          const out = operand(to, shape);
          run(backend(), 'copy', { dims: shape, operands: [out, viewOf(source, shape, strides, first)] });
          const turned = (d: number, i: number): number => (axes.includes(d) ? shape[d] - 1 - i : i);
          expect(read(out)).toEqual(given.map((_, i) => given[turned(0, Math.floor(i / 70)) * 70 + turned(1, i % 70)]));
        }
      }
    });

    test.each(ALL)('from dtype %i to every dtype', (from) => {
      for (const to of ALL) {
        const values = samples(from);
        for (const layout of LAYOUTS) {
          const source = operand(from, [values.length], (i) => values[i], layout === 'broadcast' ? 'contiguous' : layout), out = operand(to, [values.length], () => 0, layout === 'broadcast' ? 'gaps' : 'contiguous');
          run(backend(), 'copy', { dims: [values.length], operands: [out, source] });
          const got = read(out);
          values.forEach((x, i) => {
            const expected = cast(x, to);
            if (!(got[i] === expected)) expect.fail(`${DTYPES[from]} to ${DTYPES[to]} (${layout}): ${x} became ${got[i]}, expected ${expected}`);
          });
        }
      }
    });

    test('keeps infinities and NaN between floats', () => {
      const floats = [F32, F64, F16, BF16];
      for (const from of floats) for (const to of floats) {
        const source = operand(from, [4], (i) => [Infinity, -Infinity, NaN, -0][i]), out = operand(to, [4]);
        run(backend(), 'copy', { dims: [4], operands: [out, source] });
        expect(read(out)).toEqual([Infinity, -Infinity, NaN, -0]);
      }
    });

    test('overflowing float16 and bfloat16 become infinite', () => {
      const source = operand(F32, [2], (i) => [1e6, -3.4e38][i]);
      for (const [to, expected] of [[F16, [Infinity, -Infinity]], [BF16, [999424, -Infinity]]] as const) {
        const out = operand(to, [2]);
        run(backend(), 'copy', { dims: [2], operands: [out, source] });
        expect(read(out)).toEqual(expected);
      }
    });

    test('NaN is true', () => {
      const out = operand(BOOL, [1]);
      run(backend(), 'copy', { dims: [1], operands: [out, operand(F32, [1], () => NaN)] });
      expect(read(out)).toEqual([1]);
    });

    test('int64 beyond 2^53 rounds once', () => {
      const values = [2n ** 53n + 1n, 2n ** 60n + 2n ** 36n + 1n, -(2n ** 60n) - 2n ** 36n - 1n, 2n ** 63n - 1n, -(2n ** 63n)];
      const source = operand(I64, [5], (i) => values[i]);
      const doubles = operand(F64, [5]), floats = operand(F32, [5]), ints = operand(I32, [5]);
      for (const out of [doubles, floats, ints]) run(backend(), 'copy', { dims: [5], operands: [out, source] });
      expect(read(doubles)).toEqual(values.map(Number));
      expect(read(floats)).toEqual([2 ** 53, 2 ** 60 + 2 ** 37, -(2 ** 60) - 2 ** 37, 2 ** 63, -(2 ** 63)]);
      expect(read(ints)).toEqual(values.map((v) => Number(BigInt.asIntN(32, v))));
    });

    test('floats that do not fit become the smallest int64, or the low bits of the smallest int32', () => {
      const values = [NaN, Infinity, -Infinity, 1e20, -1e20, 3e9, -3e9, 2147483648, -2147483648, 40000, 300, -1.5];
      const smallest = -(2n ** 63n);
      const wide = [smallest, smallest, smallest, smallest, smallest, 3000000000n, -3000000000n, 2147483648n, -2147483648n, 40000n, 300n, -1n];
      const words = [-2147483648, -2147483648, -2147483648, -2147483648, -2147483648, -2147483648, -2147483648, -2147483648, -2147483648, 40000, 300, -1];
      for (const from of [F32, F64]) {
        const source = operand(from, [12], (i) => values[i]), long = operand(I64, [12]);
        run(backend(), 'copy', { dims: [12], operands: [long, source] });
        expect(readBig(long)).toEqual(wide);
        for (const [to, narrowed] of [[I32, words], [I16, Array.from(new Int16Array(words))], [I8, Array.from(new Int8Array(words))], [U8, Array.from(new Uint8Array(words))]] as const) {
          const out = operand(to, [12]);
          run(backend(), 'copy', { dims: [12], operands: [out, source] });
          expect(read(out)).toEqual(narrowed);
        }
      }
    });

    test('floats become int64 exactly', () => {
      const values = [2 ** 40 + 0.5, -(2 ** 40) - 0.5, 2 ** 62, -(2 ** 63), -1, -0.5, 4294967296, -4294967297];
      const out = operand(I64, [8]);
      run(backend(), 'copy', { dims: [8], operands: [out, operand(F64, [8], (i) => values[i])] });
      expect(readBig(out)).toEqual(values.map((v) => BigInt(Math.trunc(v))));
    });

    test('moves every dtype through every layout', () => {
      for (const dtype of ALL) for (const from of LAYOUTS) for (const to of LAYOUTS.slice(0, 3)) for (const shape of [[], [0], [70], [3, 4], [2, 3, 5], [2, 80]]) {
        const source = operand(dtype, shape, (i) => i % 2, from === 'broadcast' && shape.length === 0 ? 'contiguous' : from), out = operand(dtype, shape, () => 0, to);
        run(backend(), 'copy', { dims: shape, operands: [out, source] });
        expect(read(out)).toEqual(read(source));
      }
    });

    test('keeps all bits of an int64', () => {
      const values = [-1n, 2n ** 63n - 1n, -(2n ** 51n) + 5n], source = operand(I64, [3], (i) => values[i]), out = operand(I64, [3], () => 0, 'gaps');
      run(backend(), 'copy', { dims: [3], operands: [out, source] });
      expect(readBig(out)).toEqual(values);
    });

    test('an immediate fills, in every dtype and layout', () => {
      for (const dtype of ALL) for (const layout of LAYOUTS.slice(0, 3)) for (const shape of [[], [0], [5], [3, 70]]) {
        const out = operand(dtype, shape, () => 0, layout);
        run(backend(), 'copy', { dims: shape, operands: [out, { value: dtype === I64 ? 1n : 1, dtype }] });
        expect(read(out)).toEqual(new Array(volume(shape)).fill(1));
      }
      const out = operand(I64, [2]);
      run(backend(), 'copy', { dims: [2], operands: [out, { value: -(2n ** 62n) - 1n, dtype: I64 }] });
      expect(readBig(out)).toEqual([-(2n ** 62n) - 1n, -(2n ** 62n) - 1n]);
    });
  });

  describe('join', () => {
    test.each(ALL)('to dtype %i: rows side by side, cast, from rows with gaps or none at all', (to) => {
      const next = randomNumbers(9), below = (n: number): number => Math.floor(next() * n);
      for (let round = 0; round < 60; round++) {
        const rows = below(5), gap = below(3), widths = Array.from({ length: 1 + below(7) }, () => [0, 1, 2, 5, 70][below(5)]), columns = widths.reduce((a, b) => a + b, 0);
        const parts = widths.map((width) => {
          const dtype = below(3) === 0 ? below(DTYPES.length) : to, values = samples(dtype).filter((x) => to === U8 || to === I8 || to === BOOL ? x >= 0 && x < 128 : true);
          return operand(dtype, [rows, width], () => values[below(values.length)], (['contiguous', 'broadcast'] as const)[below(2)]);
        });
        const whole = operand(to, [rows, columns + gap]), out = viewOf(whole, [rows, columns], [columns + gap, 1]);
        const inputs = parts.map((part) => viewOf(part, [rows], [part.strides[0]]));
        run(backend(), 'join', { dims: [rows, columns], operands: [out, ...inputs], ints: widths }, [out]);
        const expected = Array.from({ length: rows }, (_, r) => parts.flatMap((part, k) => read(part).slice(r * widths[k], (r + 1) * widths[k]))).flat();
        expect(read(out), `${rows} rows of ${widths.join(' + ')}`).toEqual(expected.map((x) => cast(x, to)));
      }
    });
  });

  describe('gather', () => {
    // A [4, 5] source, gathered along dim 0 by a [3, 5] index: out[i, j] = src[index[i, j], j].
    const source = (dtype: DTypeCode): Operand => operand(dtype, [4, 5], (i) => (dtype === BOOL ? i % 2 : i));
    const along0 = (src: Operand): Operand => viewOf(src, [3, 5], [0, src.strides[1]]);

    test('whole elements of all ten dtypes by int64 and int32 indices', () => {
      const picked = [3, 0, 1, 2, 3, 0, 0, 0, 0, 0, 1, 3, 1, 3, 1];
      for (const dtype of ALL) for (const type of [I64, I32]) for (const layout of LAYOUTS.slice(0, 3)) {
        const src = source(dtype), index = operand(type, [3, 5], (i) => picked[i], layout), out = operand(dtype, [3, 5], () => 0, layout);
        run(backend(), 'gather', { dims: [3, 5], operands: [out, along0(src), index], ints: [4, 5, 0] });
        expect(read(out)).toEqual(picked.map((row, i) => (dtype === BOOL ? (row * 5 + (i % 5)) % 2 : row * 5 + (i % 5))));
      }
    });

    test('rows by a broadcast index', () => {
      const src = source(F32), index = operand(I64, [3], (i) => [2, 0, 2][i]), out = operand(F32, [3, 5]);
      run(backend(), 'gather', { dims: [3, 5], operands: [out, along0(src), viewOf(index, [3, 5], [1, 0])], ints: [4, 5, 0] });
      expect(read(out)).toEqual([10, 11, 12, 13, 14, 0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    });

    test('negative indices count from the end where asked', () => {
      const src = source(F64), index = operand(I64, [1], () => -1), out = operand(F64, [1]);
      const call = { dims: [1], operands: [out, viewOf(src, [1], [0]), index] };
      run(backend(), 'gather', { ...call, ints: [4, 5, 1] });
      expect(read(out)).toEqual([15]);
      expect(() => run(backend(), 'gather', { ...call, ints: [4, 5, 0] })).toThrow(IndexRangeError);
    });

    test('an index out of range throws, with its value, before anything is written', () => {
      for (const [type, bad] of [[I64, 4n], [I64, -1n], [I64, 2n ** 32n], [I32, 4], [I32, -5]] as const) {
        const src = source(F32), index = operand(type, [3], (i) => (i === 2 ? bad : 0)), out = operand(F32, [3], () => 7);
        const call = (): void => run(backend(), 'gather', { dims: [3], operands: [out, viewOf(src, [3], [0]), index], ints: [4, 5, type === I32 ? 1 : 0] });
        expect(call).toThrow(IndexRangeError);
        try {
          call();
        } catch (error) {
          expect(error).toMatchObject({ index: Number(bad), size: 4 });
        }
        expect(read(out)).toEqual([7, 7, 7]);
      }
    });

    test('nothing from nothing', () => {
      const out = operand(F32, [0]);
      run(backend(), 'gather', { dims: [0], operands: [out, viewOf(source(F32), [0], [0]), operand(I64, [0])], ints: [4, 5, 0] });
    });
  });

  describe('scatter', () => {
    const COMPUTE = [F32, F64, I64, I32];
    const fold: Readonly<Record<string, (a: number, b: number) => number>> = {
      set: (_, b) => b, add: (a, b) => a + b, mul: (a, b) => a * b, amax: Math.max, amin: Math.min,
    };

    test.each(SCATTER_OPS.map((op, index) => ({ op, index })))('$op with repeated indices, in order', ({ op, index }) => {
      const targets = [1, 1, 2, 0, 1, 2, 2, 2, 0, 1];
      for (const dtype of op === 'set' ? ALL : COMPUTE) for (const type of [I64, I32]) for (const layout of LAYOUTS.slice(0, 3)) {
        const initial = (i: number): number => (dtype === BOOL ? 1 : i + 1), value = (i: number): number => (dtype === BOOL ? i % 2 : (i * 7) % 5);
        const out = operand(dtype, [3, 2], initial), src = operand(dtype, [5, 2], value, layout), at = operand(type, [5, 2], (i) => targets[i], layout);
        // Only the elements of the whole target may change.
        run(backend(), 'scatter', { op: index, dims: [5, 2], operands: [viewOf(out, [5, 2], [0, 1]), src, at], ints: [3, 2, 0] }, [out]);
        const expected = Array.from({ length: 6 }, (_, i) => initial(i));
        for (let i = 0; i < 10; i++) expected[targets[i] * 2 + (i % 2)] = fold[op](expected[targets[i] * 2 + (i % 2)], value(i));
        expect(read(out)).toEqual(expected);
      }
    });

    test('an immediate source, negative indices', () => {
      const out = operand(F32, [4], (i) => i);
      run(backend(), 'scatter', { op: 1, dims: [3], operands: [viewOf(out, [3], [0]), { value: 10, dtype: F32 }, operand(I64, [3], (i) => [-1, 0, -1][i])], ints: [4, 1, 1] }, [out]);
      expect(read(out)).toEqual([10, 1, 2, 23]);
    });

    test('an index out of range throws before anything is written', () => {
      for (const op of [0, 1]) {
        const out = operand(F32, [4], (i) => i), at = operand(I64, [2], (i) => [0, 4][i]);
        expect(() => run(backend(), 'scatter', { op, dims: [2], operands: [viewOf(out, [2], [0]), operand(F32, [2]), at], ints: [4, 1, 0] }, [out])).toThrow(IndexRangeError);
        expect(read(out)).toEqual([0, 1, 2, 3]);
      }
    });

    test('arithmetic of the small dtypes is refused', () => {
      const out = operand(F16, [4]);
      expect(() => run(backend(), 'scatter', { op: 1, dims: [1], operands: [viewOf(out, [1], [0]), operand(F16, [1]), operand(I64, [1])], ints: [4, 1, 0] })).toThrow(BackendError);
    });
  });

  describe('nonzero', () => {
    test('positions in row-major order, of every compute dtype and layout', () => {
      for (const dtype of [F32, F64, I64, I32, BOOL]) for (const layout of LAYOUTS) for (const shape of [[7], [3, 4], [2, 3, 4]]) {
        const a = operand(dtype, shape, (i) => (i % 3 === 1 ? 1 : 0), layout), total = volume(shape);
        const out = operand(I64, [total, shape.length], () => -7), count = operand(I64, [1]);
        run(backend(), 'nonzero', { dims: shape, operands: [viewOf(out, [], []), viewOf(count, [], []), a], ints: [total] }, [out, count]);
        const values = read(a), expected: number[] = [];
        values.forEach((x, i) => {
          if (x === 0) return;
          const at: number[] = [];
          for (let d = shape.length - 1, rest = i; d >= 0; rest = Math.floor(rest / shape[d]), d--) at.unshift(rest % shape[d]);
          expected.push(...at);
        });
        expect(read(count)).toEqual([expected.length / shape.length]);
        expect(read(out)).toEqual([...expected, ...new Array<number>(total * shape.length - expected.length).fill(-7)]);
      }
    });

    test('writes no more rows than fit, and counts all', () => {
      const a = operand(F32, [5], (i) => i - 1), out = operand(I64, [2]), count = operand(I64, [1]);
      run(backend(), 'nonzero', { dims: [5], operands: [viewOf(out, [], []), viewOf(count, [], []), a], ints: [2] }, [out, count]);
      expect(read(out)).toEqual([0, 2]);
      expect(read(count)).toEqual([4]);
    });

    test('a scalar has rows without columns; NaN is not zero and -0 is', () => {
      const count = operand(I64, [1]);
      for (const [value, expected] of [[NaN, 1], [-0, 0], [0.5, 1]]) {
        run(backend(), 'nonzero', { dims: [], operands: [viewOf(operand(I64, [1]), [], []), viewOf(count, [], []), operand(F32, [], () => value)], ints: [1] }, [count]);
        expect(read(count)).toEqual([expected]);
      }
    });
  });

  test('an operand helper puts elements where its strides say', () => {
    expect(positions(operand(F32, [2, 2], () => 0, 'transposed')).map((at) => at - 16)).toEqual([0, 1, 2, 3].map((i) => (i >> 1) + 2 * (i & 1)));
  });
}
