/** Both backends add in one order: sums and means of floats are the same bits on either. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Tensor, full, tensor, withBackend, zeros } from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';
import { randomNumbers } from './helpers/frames.ts';

const CASES = 2500;
const MEMORY = 1_000_000;
const DTYPES = ['float32', 'float64'] as const;
const OPS = ['sum', 'mean'] as const;
type DType = (typeof DTYPES)[number];
type Op = (typeof OPS)[number];

/** Of many magnitudes, so that hardly any other order gives the same bits; some are 0 or -0. */
const next = randomNumbers(11);
const numbers = Float64Array.from({ length: MEMORY }, () => {
  const x = (next() - 0.5) * 10 ** (next() * 6 - 3);
  return next() < 0.01 ? 0 * x : x;
});
const MEMORIES: Readonly<Record<DType, Tensor>> = { float32: tensor(Float32Array.from(numbers)), float64: tensor(numbers) };

/** The bits of the elements; a NaN is a NaN, whatever its bits. */
function bits(x: Tensor): bigint[] {
  const values = x.toTypedArray() as Float32Array | Float64Array;
  const words = values instanceof Float32Array ? new Uint32Array(values.buffer, values.byteOffset, values.length) : new BigUint64Array(values.buffer, values.byteOffset, values.length);
  return Array.from(values, (v, i) => (Number.isNaN(v) ? -1n : BigInt(words[i])));
}

const on = (backend: 'js' | 'native', op: Op, x: Tensor, dims: readonly number[]): bigint[] => withBackend(backend, () => bits(x[op]([...dims])));

interface Case {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly reduced: readonly number[];
}

const span = (shape: readonly number[], strides: readonly number[]): number => shape.reduce((sum, n, d) => sum + (n - 1) * strides[d], 1);

/** Where the code takes another way: around vectors, blocks, folds, strips. */
const SIZES = [1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 100, 127, 128, 129, 200, 257, 1000, 1024, 1025, 4097];
const SHAPES = [
  [65_536], [65_537], [131_072], [200_003], [2, 70_001], [3, 80_001], [2, 99_991], [70_001, 2], [66_000, 3], [257, 300], [300, 257], [1300, 200], [513, 128], [600, 130], [2000, 40],
  [9000, 17], [30, 50, 70], [3, 200, 140], [140, 3, 200], [5, 90, 2, 91], [2, 129, 8, 40], [3, 5, 30, 300],
];
const shapes = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.constantFrom(...SIZES), { maxLength: 4 }) },
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(...SHAPES) },
).filter((shape) => shape.reduce((a, b) => a * b, 1) <= 250_000);

/** Dims in any order in memory, some with gaps between them, some expanded. */
const cases: fc.Arbitrary<Case> = shapes.chain((shape) => {
  const dims = shape.map((_, d) => d), each = <T>(draw: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.tuple(...dims.map(() => draw));
  const order = fc.oneof(fc.constant(dims), fc.shuffledSubarray(dims, { minLength: dims.length }));
  const gaps = each(fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 2, 3) }));
  return fc.tuple(order, gaps, fc.subarray(dims), fc.nat(40)).map(([order, gaps, reduced, offset]) => {
    const strides = dims.map(() => 0);
    let step = 1;
    for (const d of [...order].reverse()) {
      step *= Math.max(gaps[d], 1);
      strides[d] = gaps[d] === 0 ? 0 : step;
      if (gaps[d] > 0) step *= shape[d];
    }
    return { shape, strides, offset, reduced };
  });
}).filter(({ shape, strides, offset }) => span(shape, strides) + offset <= MEMORY);

describe.skipIf(BACKENDS.length < 2)('sums on the js backend have the bits of the native ones', () => {
  test.each(DTYPES.flatMap((dtype) => OPS.map((op) => ({ dtype, op }))))('$op of $dtype over any dims of any layout', ({ dtype, op }) => {
    fc.assert(fc.property(cases, ({ shape, strides, offset, reduced }) => {
      const x = MEMORIES[dtype].asStrided([...shape], [...strides], offset);
      expect(on('js', op, x, reduced)).toEqual(on('native', op, x, reduced));
    }), { seed: 7, numRuns: CASES });
  }, 120_000);

  test.each(DTYPES)('%s over any dims between which memory has gaps, so that no two are walked as one', (dtype) => {
    for (const shape of SHAPES) for (let set = 0; set < 1 << shape.length; set++) {
      const strides = shape.map(() => 1);
      for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1] + 1;
      const x = MEMORIES[dtype].asStrided([...shape], strides, 0), dims = shape.flatMap((_, d) => ((set >> d) & 1 ? [d] : []));
      expect(on('js', 'sum', x, dims), `[${shape.join(', ')}] over [${dims.join(', ')}]`).toEqual(on('native', 'sum', x, dims));
    }
  });

  test.each(DTYPES)('every length of a %s row up to 700, contiguous and not', (dtype) => {
    for (let n = 1; n <= 700; n++) for (const step of [1, 2]) {
      const x = MEMORIES[dtype].asStrided([n], [step], n);
      expect(on('js', 'sum', x, [0]), `${n} elements, ${step} apart`).toEqual(on('native', 'sum', x, [0]));
    }
  });

  test.each(DTYPES)('every width of %s columns up to 270, of few rows and of many', (dtype) => {
    for (let width = 1; width <= 270; width++) for (const rows of [1, 3, 7, 131, 700]) {
      const x = MEMORIES[dtype].asStrided([rows, width], [width + 1, 1], width);
      expect(on('js', 'sum', x, [0]), `${rows} rows of ${width}`).toEqual(on('native', 'sum', x, [0]));
    }
  }, 60_000);

  test.each(DTYPES)('%s sums of nothing, of -0, and of what is not finite', (dtype) => {
    const special: [Tensor, number[]][] = [
      [zeros([0], { dtype }), [0]], [zeros([3, 0], { dtype }), [1]], [zeros([0, 3], { dtype }), [0]], [zeros([0, 3], { dtype }), [1]], [zeros([2, 0, 3], { dtype }), [0, 1]],
      [full([], -0, { dtype }), []], [full([5], -0, { dtype }), [0]], [full([70, 3], -0, { dtype }), [0]], [full([3, 200], -0, { dtype }), [1]],
      [tensor([1, Infinity, 2], { dtype }), [0]], [tensor([-Infinity, Infinity], { dtype }), [0]], [tensor([[1, NaN], [2, 3]], { dtype }), [0]],
      [full([300], dtype === 'float32' ? 3e38 : 1.7e308, { dtype }), [0]], [full([300, 2], dtype === 'float32' ? 1e-45 : 5e-324, { dtype }), [0]],
    ];
    for (const [x, dims] of special) for (const op of OPS) {
      expect(on('js', op, x, dims), `${op} of ${String(x)} over [${dims.join(', ')}]`).toEqual(on('native', op, x, dims));
    }
  });
});
