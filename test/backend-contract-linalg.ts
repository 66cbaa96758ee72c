/** Factorisations and triangular systems of a backend, on matrices whose factors are exact or by what they give when multiplied. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { F32, F64, I32 } from '../src/core/dtype.ts';
import { FACTOR_OPS, ORTHOGONAL_OPS, TRIANGULAR_OPS, type FactorOp, type OrthogonalOp } from '../src/ops/families.ts';
import { operand, randomNumbers, read, run, viewOf, type Argument, type Operand } from './helpers/frames.ts';

type Matrix = number[][];

const product = (a: Matrix, b: Matrix): Matrix => a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, v, t) => sum + v * b[t][j], 0)));
const transpose = (a: Matrix): Matrix => (a[0] ?? []).map((_, j) => a.map((row) => row[j]));
const rows = (values: readonly number[], n: number): Matrix => Array.from({ length: values.length / n }, (_, i) => values.slice(i * n, i * n + n));

export function linalgContract(backend: () => Backend): void {
  const random = randomNumbers(11);
  const small = (): number => Math.floor(random() * 3) - 1;
  /** Integers, with powers of two (or ones) on the diagonal. */
  const triangle = (n: number, upper: boolean, unit: boolean): Matrix => Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_u, j) => (i === j ? (unit ? 1 : 2 ** Math.floor(random() * 2)) : (upper ? j > i : j < i) && j !== i && Math.abs(i - j) < 4 ? small() : 0)));
  const numbers = (m: number, n: number): Matrix => Array.from({ length: m }, () => Array.from({ length: n }, small));
  const filled = (dtype: number, batch: readonly Matrix[], shape: readonly number[]): Operand => operand(dtype as typeof F32, shape, (i) => batch.flat(2)[i]);
  const factor = (op: FactorOp, dims: readonly number[], operands: readonly Argument[], written: readonly Operand[], pivoting = 1): void =>
    run(backend(), 'factor', { op: FACTOR_OPS.indexOf(op), dims: [...dims], operands: [...operands], ints: [pivoting] }, [...written]);

  const orthogonal = (op: OrthogonalOp, dims: readonly number[], operands: readonly Argument[], written: readonly Operand[], upper = false): void =>
    run(backend(), 'orthogonal', { op: ORTHOGONAL_OPS.indexOf(op), dims: [...dims], operands: [...operands], ints: [upper ? 1 : 0] }, [...written]);
  const allNear = (values: Matrix, expected: Matrix, bound: number): void => {
    expect([values.length, values[0]?.length]).toEqual([expected.length, expected[0]?.length]);
    values.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - expected[i][j])).toBeLessThan(bound)));
  };
  const eye = (n: number): Matrix => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_u, j) => (i === j ? 1 : 0)));

  describe.each([[F32, 1], [F32, 5], [F64, 9], [F32, 17]] as const)('linear algebra of dtype %s and %s rows', (dtype, n) => {
    test('cholesky reads the upper triangle and leaves its factor', () => {
      const factors = [triangle(n, true, false), triangle(n, true, false)];
      const given = factors.map((u) => product(transpose(u), u).map((row, i) => row.map((v, j) => (j < i ? NaN : v))));
      const a = filled(dtype, given, [2, n, n]), info = operand(I32, [2], () => 9);
      factor('cholesky', [2, n, n, 0], [a, null, info, null], [a, info]);
      expect([read(a), read(info)]).toEqual([factors.flat(2), [0, 0]]);
    });

    test('cholesky names the first minor that is not positive', () => {
      const at = Math.floor(n / 2), matrix = triangle(n, true, true).map((row, i) => row.map((_, j) => (i !== j ? 0 : i === at ? -1 : 1)));
      const a = filled(dtype, [matrix], [1, n, n]), info = operand(I32, [1]);
      factor('cholesky', [1, n, n, 0], [a, null, info, null], [a, info]);
      expect(read(info)).toEqual([at + 1]);
    });

    test('lu without exchanges, of rectangles too', () => {
      for (const [m, w] of [[n, n], [n + 3, n], [n, n + 5]]) {
        const k = Math.min(m, w), left = [...triangle(k, false, true), ...numbers(m - k, k)], right = triangle(k, true, false).map((row, i) => [...row, ...numbers(k, w - k)[i]]);
        const a = filled(dtype, [product(left, right)], [1, m, w]), pivots = operand(I32, [1, k]), info = operand(I32, [1]);
        factor('lu', [1, m, w, 0], [a, pivots, info, null], [a, pivots, info], 0);
        const expected = Array.from({ length: m }, (_, i) => Array.from({ length: w }, (_u, j) => (j < i ? left[i][j] : right[i][j])));
        expect(rows(read(a), w)).toEqual(expected);
        expect([read(pivots), read(info)]).toEqual([Array.from({ length: k }, (_, i) => i + 1), [0]]);
      }
    });

    test('lu exchanges for the largest and names the first zero pivot', () => {
      const scaled = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_u, j) => ((i + 1) % n === j ? 2 : 0)));
      const a = filled(dtype, [scaled], [1, n, n]), pivots = operand(I32, [1, n]), info = operand(I32, [1]);
      factor('lu', [1, n, n, 0], [a, pivots, info, null], [a, pivots, info]);
      expect(rows(read(a), n)).toEqual(scaled.map((row, i) => row.map((_, j) => (i === j ? 2 : 0))));
      expect([read(pivots), read(info)]).toEqual([Array.from({ length: n }, () => n), [0]]);
      const zero = operand(dtype, [1, n, n], () => 0);
      factor('lu', [1, n, n, 0], [zero, pivots, info, null], [zero, pivots, info]);
      expect([read(info), read(pivots)]).toEqual([[1], Array.from({ length: n }, (_, i) => i + 1)]);
    });

    test('solve and inverse', () => {
      const matrices = [0, 1].map(() => [...product(triangle(n, false, true), triangle(n, true, true))].reverse()), x = [numbers(n, 3), numbers(n, 3)];
      const pivots = operand(I32, [2, n]), info = operand(I32, [2]);
      const a = filled(dtype, matrices, [2, n, n]), right = filled(dtype, matrices.map((m, b) => product(m, x[b])), [2, n, 3]);
      factor('solve', [2, n, n, 3], [a, pivots, info, right], [a, pivots, info, right]);
      const again = filled(dtype, matrices, [2, n, n]), inverse = operand(dtype, [2, n, n], () => NaN);
      factor('inverse', [2, n, n, n], [again, pivots, info, inverse], [again, pivots, info, inverse]);
      const near = (values: Matrix, expected: Matrix): void => values.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - expected[i][j])).toBeLessThan(dtype === F32 ? 2e-2 : 1e-9)));
      const solution = rows(read(right), 3), inverses = rows(read(inverse), n);
      matrices.forEach((m, b) => {
        near(product(m, solution.slice(b * n, b * n + n)), product(m, x[b]));
        near(product(m, inverses.slice(b * n, b * n + n)), m.map((_, i) => m.map((_u, j) => (i === j ? 1 : 0))));
      });
      expect(read(info)).toEqual([0, 0]);
    });

    test('qr gives R, orthonormal columns and the reflections they are made of', () => {
      for (const [m, w, l] of [[n, n, n], [n + 3, n, n], [n + 3, n, n + 3], [n, n + 5, n]]) {
        const k = Math.min(m, w), given = [numbers(m, w), numbers(m, w)], bound = (dtype === F32 ? 1e-6 : 1e-14) * (m + w);
        const a = filled(dtype, given, [2, m, w]), tau = operand(dtype, [2, k]), Q = operand(dtype, [2, m, l]), R = operand(dtype, [2, l, w]), again = operand(dtype, [2, m, l]);
        orthogonal('qr', [2, m, w, l, l], [a, tau, null, Q, R], [a, tau, Q, R]);
        const [q, r, packed] = [rows(read(Q), l), rows(read(R), w), rows(read(a), w)];
        given.forEach((matrix, b) => {
          const own = q.slice(b * m, b * m + m);
          allNear(product(own, r.slice(b * l, b * l + l)), matrix, bound * 4);
          allNear(product(transpose(own), own), eye(l), bound);
          r.slice(b * l, b * l + l).forEach((row, i) => expect(row).toEqual(row.map((_, j) => (j < i ? 0 : packed[b * m + i][j]))));
        });
        if (w > m) continue;
        orthogonal('columns', [2, m, w, l, 0], [a, tau, null, again, null], [again]);
        allNear(rows(read(again), l), q, bound);
      }
    });

    test.each([['lower'], ['upper']])('eigh reads the %s triangle, and tells of what is not finite', (side) => {
      const given = [numbers(n, n), numbers(n, n), numbers(n, n)].map((x) => x.map((row, i) => row.map((v, j) => v + x[j][i]))), bound = (dtype === F32 ? 2e-6 : 1e-14) * (n + 3);
      const read1 = (m: Matrix): Matrix => m.map((row, i) => row.map((v, j) => ((side === 'lower' ? j > i : j < i) ? NaN : v)));
      given[2][0][0] = Infinity;
      const make = (): [Operand, Operand, Operand] => [filled(dtype, given.map(read1), [3, n, n]), operand(dtype, [3, n]), operand(I32, [3], () => 9)];
      const [a, values, info] = make(), vectors = operand(dtype, [3, n, n]), [again, alone, told] = make();
      orthogonal('eigh', [3, n, n, n, 0], [a, values, info, vectors, null], [a, values, info, vectors], side === 'upper');
      orthogonal('eigh', [3, n, n, 0, 0], [again, alone, told, null, null], [again, alone, told], side === 'upper');
      expect([read(info), read(told)]).toEqual([[0, 0, -1], [0, 0, -1]]);
      const all = rows(read(vectors), n), [l, only] = [rows(read(values), n), rows(read(alone), n)];
      for (const b of [0, 1]) {
        const v = all.slice(b * n, b * n + n);
        allNear(product(given[b], v), v.map((row) => row.map((x, j) => x * l[b][j])), bound * 4);
        allNear(product(transpose(v), v), eye(n), bound);
        allNear([only[b]], [l[b]], bound * 4);
        expect(l[b]).toEqual([...l[b]].sort((x, y) => x - y));
      }
    });

    test('svd, with and without complete bases, and of what is not finite', () => {
      for (const [m, w] of [[n, n], [n + 3, n], [n, n + 5]]) {
        const k = Math.min(m, w), given = [numbers(m, w), numbers(m, w), numbers(m, w)], bound = (dtype === F32 ? 2e-6 : 1e-14) * (m + w);
        given[2][m - 1][w - 1] = NaN;
        for (const [l, r] of [[k, k], [m, w]]) {
          const [a, again] = [0, 1].map(() => filled(dtype, given, [3, m, w])), [values, alone] = [0, 1].map(() => operand(dtype, [3, k])), info = operand(I32, [3], () => 9);
          const U = operand(dtype, [3, m, l]), V = operand(dtype, [3, r, w]);
          orthogonal('svd', [3, m, w, l, r], [a, values, info, U, V], [a, values, info, U, V]);
          expect(read(info)).toEqual([0, 0, -1]);
          orthogonal('svd', [3, m, w, 0, 0], [again, alone, info, null, null], [again, alone, info]);
          expect(read(info)).toEqual([0, 0, -1]);
          const [u, v, s, only] = [rows(read(U), l), rows(read(V), w), rows(read(values), k), rows(read(alone), k)];
          for (const b of [0, 1]) {
            const left = u.slice(b * m, b * m + m), right = v.slice(b * r, b * r + r);
            allNear(product(left.map((row) => row.slice(0, k).map((x, j) => x * s[b][j])), right.slice(0, k)), given[b], bound * 4);
            allNear(product(transpose(left), left), eye(l), bound);
            allNear(product(right, transpose(right)), eye(r), bound);
            allNear([only[b]], [s[b]], bound * 4);
            expect(s[b]).toEqual([...s[b]].sort((x, y) => y - x));
          }
        }
      }
    });

    test.each([['lower', false], ['lower', true], ['upper', false], ['upper', true]] as const)('triangular %s (unit %s), also transposed and of one matrix for all', (side, unit) => {
      for (const [r, transposed, shared] of [[1, false, false], [1, true, true], [4, true, false], [19, false, true]] as const) {
        const matrices = (shared ? [0] : [0, 1]).map(() => triangle(n, side === 'upper', unit)), x = [numbers(n, r), numbers(n, r)];
        // What must not be read is NaN.
        const stored = matrices.map((m) => (transposed ? transpose(m) : m).map((row, i) => row.map((v, j) => ((side === 'upper') !== transposed ? j < i : j > i) || (unit && i === j) ? NaN : v)));
        const t = filled(dtype, stored, [stored.length, n, n]), right = filled(dtype, x.map((each, b) => product(matrices[shared ? 0 : b], each)), [2, n, r]);
        const batch = shared ? 0 : n * n;
        run(backend(), 'triangular', {
          op: TRIANGULAR_OPS.indexOf(side), dims: [2, n, n, r], ints: [unit ? 1 : 0],
          operands: [viewOf(right, [2, n, 1, r], [n * r, r, 0, 1]), viewOf(t, [2, n, n, 1], transposed ? [batch, 1, n, 0] : [batch, n, 1, 0])],
        }, [right]);
        expect(read(right).map((v) => v + 0)).toEqual(x.flat(2).map((v) => v + 0));
      }
    });
  });

  // Multiples of a half: the norms of 1, 2 and infinity are exact in both dtypes, but for the root.
  test.each([[F32, 1], [F32, 2], [F64, Infinity], [F64, 3], [F32, 0]] as const)('distances and their gradients, dtype %s, p = %s', (dtype, p) => {
    const [B, P, R, M] = [2, 3, 5, 4], value = (k: number) => (i: number): number => ((i * 7 + k * 3) % 9 - 4) / 2;
    const a = operand(dtype, [B, P, M], value(1)), b = operand(dtype, [R, M], value(2)), out = operand(dtype, [B, P, R]), g = operand(dtype, [B, P, R], value(3));
    const left = viewOf(a, [B, P, 1, M], [P * M, M, 0, 1]), right = viewOf(b, [1, 1, R, M], [0, 0, M, 1]), pairs = (o: typeof out) => viewOf(o, [B, P, R, 1], [P * R, R, 1, 0]);
    run(backend(), 'distance', { op: 0, dims: [B, P, R, M], operands: [pairs(out), left, right], params: [p] }, [out]);
    const [x, z, up] = [a, b, g].map(read), gradient = new Array<number>(B * P * M).fill(0);
    read(out).forEach((y, pair) => {
      const row = Math.floor(pair / R), j = pair % R, d = Array.from({ length: M }, (_, m) => x[row * M + m] - z[j * M + m]), sizes = d.map(Math.abs);
      const sum = sizes.reduce((all, v) => all + (p === 0 ? Number(v !== 0) : v ** p), 0), expected = p === Infinity ? Math.max(...sizes) : p === 0 ? sum : sum ** (1 / p);
      expect(Math.abs(y - expected)).toBeLessThanOrEqual(1e-6 * expected);
      if (expected > 0 && p > 0) d.forEach((v, m) => { gradient[row * M + m] += up[pair] * Math.sign(v) * (p === Infinity ? Number(Math.abs(v) === expected) : (Math.abs(v) / expected) ** (p - 1)); });
    });
    const grad = operand(dtype, [B, P, M], () => NaN), over = viewOf(grad, [B, P, 1, M], [P * M, M, 0, 1]);
    run(backend(), 'distanceGrad', { op: 0, dims: [B, P, R, M], operands: [over, left, right, pairs(g), pairs(out)], params: [p] }, [grad]);
    read(grad).forEach((v, i) => expect(Math.abs(v - gradient[i])).toBeLessThan(1e-5));
  });

  test('empty batches and matrices of no rows are left alone', () => {
    for (const [count, n] of [[0, 3], [2, 0]]) {
      const a = operand(F32, [count, n, n]), info = operand(I32, [count], () => 9);
      factor('cholesky', [count, n, n, 0], [a, null, info, null], [info]);
      expect(read(info)).toEqual(Array.from({ length: count }, () => 0));
    }
  });
}
