/** matmul. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import * as math from '../src/backend/js/math/erf.ts';
import { BF16, BOOL, DTYPES, F16, F32, F64, I16, I32, I64, isFloating, type DTypeCode } from '../src/core/dtype.ts';
import { BackendError } from '../src/core/errors.ts';
import { ACTIVATIONS, type Activation } from '../src/ops/families.ts';
import { type Layout, operand, randomNumbers, read, readBig, run, viewOf, type Operand } from './helpers/frames.ts';
import { ulpSize } from './helpers/ulp.ts';

const ACTIVATE: Readonly<Record<Activation, (x: number) => number>> = {
  none: (x) => x, relu: (x) => Math.max(x, 0), sigmoid: (x) => 1 / (1 + Math.exp(-x)), tanh: Math.tanh,
  gelu: (x) => 0.5 * x * math.erfc(-x * Math.SQRT1_2), silu: (x) => x / (1 + Math.exp(-x)),
};

const FLOATS = [F32, F64, F16, BF16];

interface Problem {
  readonly dtype: DTypeCode;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batch?: number;
  /** Layouts of out, a, b and bias. */
  readonly layouts?: readonly [Layout, Layout, Layout];
  readonly bias?: 'none' | 'row' | 'column' | 'scalar' | 'full';
  readonly activation?: Activation;
  readonly accumulate?: boolean;
  /** b (or a) shared by all batches. */
  readonly shared?: 'a' | 'b';
}

function check(backend: Backend, p: Problem): void {
  const { dtype, M, N, K, batch, layouts = ['contiguous', 'contiguous', 'contiguous'], bias = 'none', activation = 'none', accumulate = false, shared } = p;
  const next = randomNumbers(M * 31 + N * 7 + K);
  const float = isFloating(dtype);
  const random = (): number => (float ? Math.fround(next() * 2 - 1) : Math.floor(next() * 21) - 10);
  const lead = batch === undefined ? [] : [batch], B = batch ?? 1;
  const a = operand(dtype, shared === 'a' ? [M, K] : [...lead, M, K], random, layouts[1]);
  const b = operand(dtype, shared === 'b' ? [K, N] : [...lead, K, N], random, layouts[2]);
  const out = operand(dtype, [...lead, M, N], accumulate ? random : () => 99, layouts[0]);
  const biasShape = { none: [], row: [N], column: [M], scalar: [], full: [M, N] }[bias];
  const c = bias === 'none' ? null : operand(dtype, biasShape, random);
  const before = read(out), A = read(a), Y = read(b), C = c && read(c);
  const inBatch = (o: Operand, is: boolean): number[] => (lead.length === 0 ? [] : is ? [0] : [o.strides[0]]);
  const tail = (o: Operand): readonly number[] => o.strides.slice(-2);
  const [am, ak] = tail(a), [bk, bn] = tail(b), [om, on] = tail(out);
  const biasStrides = { none: [], row: [0, 1], column: [1, 0], scalar: [0, 0], full: [N, 1] }[bias];
  const dims = [...lead, M, N, K];
  run(backend, 'matmul', {
    dims,
    operands: [
      viewOf(out, dims, [...inBatch(out, false), om, on, 0]), viewOf(a, dims, [...inBatch(a, shared === 'a'), am, 0, ak]),
      viewOf(b, dims, [...inBatch(b, shared === 'b'), 0, bn, bk]), c && viewOf(c, dims, [...lead.map(() => 0), ...biasStrides, 0]),
    ],
    ints: [ACTIVATIONS.indexOf(activation), accumulate ? 1 : 0],
  }, [out]);
  const got = read(out);
  for (let n = 0; n < B; n++) for (let i = 0; i < M; i++) for (let j = 0; j < N; j++) {
    let value = 0, size = 0;
    for (let k = 0; k < K; k++) {
      const term = A[((shared === 'a' ? 0 : n) * M + i) * K + k] * Y[((shared === 'b' ? 0 : n) * K + k) * N + j];
      value += term;
      size += Math.abs(term);
    }
    const at = (n * M + i) * N + j;
    const added = (C ? C[{ none: 0, row: j, column: i, scalar: 0, full: i * N + j }[bias]] : 0) + (accumulate ? before[at] : 0);
    const expected = ACTIVATE[activation](value + added);
    // Half floats are summed in float32 and rounded once.
    const rounded = dtype === F16 ? 2 ** -11 * Math.abs(expected) + 2 ** -25 : dtype === BF16 ? 2 ** -8 * Math.abs(expected) : 0;
    const allowed = float ? (4 + Math.sqrt(K)) * 2 * ulpSize(size + Math.abs(added) + Math.abs(expected), dtype === F64 ? F64 : F32) + rounded : 0;
    if (!(Math.abs(got[at] - expected) <= allowed)) {
      expect.fail(`${DTYPES[dtype]} ${JSON.stringify(p)} at [${n}, ${i}, ${j}]: got ${got[at]}, expected ${expected}, allowed ${allowed}`);
    }
  }
}

export function matmulContract(backend: () => Backend): void {
  describe('matmul', () => {
    test('every small size', () => {
      for (const dtype of FLOATS) for (const M of [0, 1, 2, 5]) for (const N of [0, 1, 3, 4, 9]) for (const K of [0, 1, 2, 7]) check(backend(), { dtype, M, N, K });
    });

    test.each([
      [1, 1, 300], [1, 200, 33], [200, 1, 33], [3, 70, 41], [70, 3, 41], [17, 16, 15], [64, 48, 32], [65, 49, 33], [33, 130, 20], [9, 20, 300], [1, 37, 1], [4, 4, 600],
    ])('%i x %i x %i in all orientations', (M, N, K) => {
      for (const dtype of FLOATS) for (const a of ['contiguous', 'transposed'] as const) for (const b of ['contiguous', 'transposed'] as const) {
        for (const out of ['contiguous', 'transposed', 'gaps'] as const) check(backend(), { dtype, M, N, K, layouts: [out, a, b] });
      }
    });

    test('operands with gaps', () => {
      for (const dtype of FLOATS) for (const [M, N, K] of [[5, 6, 7], [1, 9, 20], [20, 1, 9], [30, 31, 32]]) check(backend(), { dtype, M, N, K, layouts: ['gaps', 'gaps', 'gaps'] });
    });

    test('batches, shared operands', () => {
      for (const dtype of [...FLOATS, I64, I32]) for (const [M, N, K] of [[2, 3, 4], [1, 5, 6], [12, 13, 14]]) {
        for (const shared of [undefined, 'a', 'b'] as const) check(backend(), { dtype, M, N, K, batch: 3, shared });
      }
      check(backend(), { dtype: F32, M: 2, N: 3, K: 4, batch: 0 });
    });

    test.each(['row', 'column', 'scalar', 'full'] as const)('a %s bias, each activation, adding to the output', (bias) => {
      for (const dtype of FLOATS) for (const [M, N, K] of [[3, 5, 4], [1, 20, 9], [20, 1, 9], [33, 18, 17]]) for (const activation of ACTIVATIONS) for (const accumulate of [false, true]) {
        check(backend(), { dtype, M, N, K, bias, activation, accumulate });
      }
    });

    test('no terms give the bias', () => {
      check(backend(), { dtype: F32, M: 6, N: 7, K: 0, bias: 'row' });
      check(backend(), { dtype: F32, M: 6, N: 7, K: 0, accumulate: true });
    });

    test('integers, with bias, relu and accumulation', () => {
      for (const dtype of [I32, I64]) for (const layouts of [['contiguous', 'contiguous', 'contiguous'], ['gaps', 'transposed', 'transposed']] as const) {
        check(backend(), { dtype, M: 9, N: 10, K: 11, layouts, bias: 'row', activation: 'relu', accumulate: true });
        check(backend(), { dtype, M: 1, N: 1, K: 40, layouts });
      }
    });

    test('integers wrap', () => {
      const one = (dtype: DTypeCode, x: bigint): Operand => {
        const out = operand(dtype, [1, 1]), a = operand(dtype, [1, 2], () => x), b = operand(dtype, [2, 1], () => x);
        run(backend(), 'matmul', { dims: [1, 1, 2], operands: [viewOf(out, [1, 1], [1, 1, 0]), viewOf(a, [1, 2], [2, 0, 1]), viewOf(b, [2, 1], [0, 1, 1]), null] }, [out]);
        return out;
      };
      expect(read(one(I32, 65537n))).toEqual([2 * 65536 * 2 + 2]);
      expect(readBig(one(I64, 2n ** 32n + 1n))).toEqual([BigInt.asIntN(64, 2n * (2n ** 32n + 1n) ** 2n)]);
    });

    test.each([BOOL, I16])('dtype %i is refused', (dtype) => {
      const o = operand(dtype, [1, 1, 1]);
      expect(() => run(backend(), 'matmul', { dims: [1, 1, 1], operands: [o, o, o, null].map((x) => x && viewOf(x, [1, 1, 1], [0, 0, 0])) })).toThrow(BackendError);
    });
  });
}
