/** Convolution and pooling of a backend against plain loops, with guarded memory. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { F32, F64, I32, I64 } from '../src/core/dtype.ts';
import { IndexRangeError } from '../src/core/errors.ts';
import { CONV_OPS, POOL_OPS, TAPS_OPS } from '../src/ops/families.ts';
import { operand, randomNumbers, read, run, viewOf, volume, type Operand } from './helpers/frames.ts';

type Triple = readonly [number, number, number];

interface Problem {
  readonly lead: readonly [batch: number, groups: number, outputs: number, inputs: number];
  readonly size: Triple;
  readonly kernel: Triple;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
}

const outSize = ({ size, kernel, stride, padding, dilation }: Problem): number[] =>
  size.map((n, d) => Math.floor((n + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1);

const indices = (shape: readonly number[]): number[][] => shape.reduce<number[][]>((all, n) => all.flatMap((i) => Array.from({ length: n }, (_, k) => [...i, k])), [[]]);
const flat = (index: readonly number[], shape: readonly number[]): number => index.reduce((at, i, d) => at * shape[d] + i, 0);

/** Every product of one image: where its factors and its sum stand in their planes. */
function products(p: Problem): [x: number, y: number, w: number][] {
  const out = outSize(p);
  return indices(out).flatMap((q) => indices(p.kernel).flatMap((k): [number, number, number][] => {
    const at = q.map((o, d) => o * p.stride[d] + k[d] * p.dilation[d] - p.padding[d]);
    return at.every((i, d) => i >= 0 && i < p.size[d]) ? [[flat(at, p.size), flat(q, out), flat(k, p.kernel)]] : [];
  }));
}

const PROBLEMS: readonly (readonly [string, Problem])[] = [
  ['an image', { lead: [2, 1, 3, 2], size: [1, 5, 6], kernel: [1, 3, 2], stride: [1, 1, 1], padding: [0, 1, 1], dilation: [1, 1, 1] }],
  ['groups, stride and dilation', { lead: [2, 3, 2, 2], size: [1, 7, 9], kernel: [1, 2, 3], stride: [1, 2, 3], padding: [0, 2, 1], dilation: [1, 3, 2] }],
  ['a volume', { lead: [1, 1, 2, 3], size: [4, 3, 5], kernel: [2, 3, 1], stride: [2, 1, 1], padding: [1, 1, 0], dilation: [1, 1, 1] }],
  ['a long sequence', { lead: [1, 1, 5, 1], size: [1, 1, 300], kernel: [1, 1, 7], stride: [1, 1, 1], padding: [0, 0, 3], dilation: [1, 1, 1] }],
  ['one tap', { lead: [3, 1, 20, 18], size: [1, 3, 4], kernel: [1, 1, 1], stride: [1, 1, 1], padding: [0, 0, 0], dilation: [1, 1, 1] }],
  ['more padding than input', { lead: [1, 1, 2, 2], size: [1, 1, 2], kernel: [1, 1, 4], stride: [1, 1, 1], padding: [0, 0, 7], dilation: [1, 1, 2] }],
];

export function spatialContract(backend: () => Backend): void {
  const random = randomNumbers(7);
  const small = (): number => Math.floor(random() * 7) - 3;

  describe.each(PROBLEMS)('conv over %s', (_, p) => {
    const [n, g, o, i] = p.lead, out = outSize(p), [inPlane, outPlane, taps] = [p.size, out, p.kernel].map(volume);
    test.each([F32, F64].flatMap((dtype) => CONV_OPS.map((op, code) => [op, code, dtype] as const)))('%s (op %s, dtype %s)', (op, code, dtype) => {
      const x = operand(dtype, [n * g * i * inPlane], small), y = operand(dtype, [n * g * o * outPlane], small), w = operand(dtype, [g * o * i * taps], small);
      const bias = op === 'weightGrad' ? null : operand(dtype, [g * (op === 'forward' ? o : i)], small);
      const target = [y, x, w][code], result = operand(dtype, target.shape);
      const [xs, ys, ws] = [x, y, w].map(read), plane = [outPlane, inPlane, 1][code];
      const expected = Array.from({ length: target.shape[0] }, (_unused, at) => (bias === null ? 0 : read(bias)[Math.floor(at / plane) % bias.shape[0]]));
      for (const [batch, group, output, input] of indices(p.lead)) {
        const unit = batch * g + group;
        for (const [a, b, c] of products(p)) {
          const at = [(unit * i + input) * inPlane + a, (unit * o + output) * outPlane + b, ((group * o + output) * i + input) * taps + c];
          if (op === 'forward') expected[at[1]] += xs[at[0]] * ws[at[2]];
          else if (op === 'inputGrad') expected[at[0]] += ys[at[1]] * ws[at[2]];
          else expected[at[2]] += xs[at[0]] * ys[at[1]];
        }
      }
      run(backend(), 'conv', {
        op: code, dims: [...p.lead, ...out, ...p.kernel], operands: [result, op === 'inputGrad' ? y : x, op === 'weightGrad' ? y : w, bias],
        ints: [...p.size, ...p.stride, ...p.padding, ...p.dilation],
      }, [result]);
      expect(read(result).map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
    });
  });

  describe('pool', () => {
    const ints = (p: Problem, adaptive: boolean, include: boolean, divisor = 0): number[] => [...p.size, ...p.stride, ...p.padding, ...p.dilation, Number(adaptive), Number(include), divisor];
    const window: Problem = { lead: [2, 1, 1, 1], size: [1, 6, 45], kernel: [1, 3, 2], stride: [1, 2, 1], padding: [0, 1, 1], dilation: [1, 1, 1] };
    const max = (x: Operand, p: Problem, out: readonly number[], adaptive = false): [number[], number[]] => {
      const y = operand(x.dtype, [2 * volume(out)]), index = operand(I64, [2 * volume(out)]);
      run(backend(), 'pool', { op: 0, dims: [2, ...out, ...p.kernel], operands: [y, x, index], ints: ints(p, adaptive, false) }, [y, index]);
      return [read(y), read(index)];
    };

    test.each([F32, F64, I32, I64])('max of dtype %s gives the first maximum of a window', (dtype) => {
      const out = outSize(window), x = operand(dtype, [2 * 6 * 45], small), values = read(x);
      const [y, index] = max(x, window, out);
      indices([2, ...out]).forEach(([n, , h, w], at) => {
        let best = -Infinity, where = -1;
        for (let r = 2 * h - 1; r < 2 * h + 2; r++) {
          for (let c = w - 1; c < w + 1; c++) {
            if (r < 0 || r >= 6 || c < 0 || c >= 45 || values[n * 270 + r * 45 + c] <= best) continue;
            best = values[n * 270 + r * 45 + c];
            where = r * 45 + c;
          }
        }
        expect([y[at], index[at]]).toEqual([best, where]);
      });
    });

    test.each([F32, F64])('the last NaN of a window is its maximum (dtype %s)', (dtype) => {
      const line: Problem = { ...window, size: [1, 1, 40], kernel: [1, 1, 3], stride: [1, 1, 1], padding: [0, 0, 0] };
      const x = operand(dtype, [80], (i) => ([5, 7, 8].includes(i % 40) ? NaN : -Infinity)), [y, index] = max(x, line, [1, 1, 38]);
      const last = (w: number): number => [8, 7, 5].find((i) => i >= w && i < w + 3) ?? w;
      expect(index.slice(0, 38)).toEqual(Array.from({ length: 38 }, (_, w) => last(w)));
      expect(y.slice(0, 38)).toEqual(Array.from({ length: 38 }, (_, w) => (w > 2 && w < 9 ? NaN : -Infinity)));
    });

    test.each([[false, false, 0], [false, true, 0], [false, true, 5], [true, false, 0]] as const)('averages and their transpose agree (adaptive %s, padding counts %s, divisor %s)', (adaptive, include, divisor) => {
      const out = adaptive ? [1, 4, 7] : outSize(window), x = operand(F64, [540], small), g = operand(F64, [2 * volume(out)], small);
      const y = operand(F64, g.shape), back = operand(F64, x.shape);
      const call = { dims: [2, ...out, ...window.kernel], ints: ints(window, adaptive, include, divisor) };
      run(backend(), 'pool', { ...call, op: POOL_OPS.indexOf('avg'), operands: [y, x, null] }, [y]);
      run(backend(), 'pool', { ...call, op: POOL_OPS.indexOf('avgGrad'), operands: [back, g, null] }, [back]);
      const dot = (a: Operand, b: Operand): number => read(a).reduce((sum, v, k) => sum + v * read(b)[k], 0);
      expect(dot(y, g)).toBeCloseTo(dot(x, back), 8);
      if (!adaptive && !include) expect(read(y)[0]).toBeCloseTo((read(x)[0] + read(x)[45]) / 2, 12);
    });
  });

  // One batch of indices and weights for every n, as resizing has them, and elements along J that are neighbours or far apart.
  describe.each([[F32, 'rows', 1, 37], [F32, 'lanes', 1, 3], [F64, 'rows', 7, 21], [F64, 'lanes', 7, 1]] as const)('taps of dtype %s in %s', (dtype, kind, batches, J) => {
    const [N, S, P, K] = [7, 5, 83, 3], step = (size: number): number[] => (kind === 'rows' ? [size * J, J, 1] : [size * J, 1, size]);
    const index = operand(I32, [batches, P, K], () => Math.floor(random() * (S + 1)) - 1), weight = operand(dtype, [batches, P, K], small);
    const x = operand(dtype, [N * S * J], small), y = operand(dtype, [N * P * J], small);
    const along = (o: Operand): Operand => viewOf(o, [N, P, 1, K], [batches === 1 ? 0 : P * K, K, 0, 1]);
    const [sx, sy] = [step(S), step(P)], over = { x: [sx[0], 0, sx[2], 0], y: [sy[0], sy[1], sy[2], 0] };
    const placed = (o: Operand, side: 'x' | 'y'): Operand => ({ ...o, strides: over[side] });

    test.each(TAPS_OPS)('%s', (op) => {
      const target = { read: y, spread: x, weigh: weight }[op], before = op === 'read' ? new Array<number>(N * P * J).fill(0) : read(target);
      const [xs, ys, ws, is] = [x, y, weight, index].map(read), expected = [...before];
      for (const [n, p, j, k] of indices([N, P, J, K])) {
        const w = ((batches === 1 ? 0 : n) * P + p) * K + k, to = n * sy[0] + p * sy[1] + j * sy[2], from = n * sx[0] + is[w] * sx[1] + j * sx[2];
        if (is[w] < 0) continue;
        if (op === 'read') expected[to] += ws[w] * xs[from];
        else if (op === 'spread') expected[from] += ws[w] * ys[to];
        else expected[w] += ys[to] * xs[from];
      }
      const operands = { read: [placed(y, 'y'), placed(x, 'x'), along(weight)], spread: [placed(x, 'x'), placed(y, 'y'), along(weight)], weigh: [along(weight), placed(y, 'y'), placed(x, 'x')] }[op];
      run(backend(), 'taps', { op: TAPS_OPS.indexOf(op), dims: [N, P, J, K], operands: [...operands, along(index)], ints: [S, sx[1]] }, [target]);
      expect(read(target).map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
    });

    test('an index beyond the axis is refused before anything is written', () => {
      const out = operand(dtype, [N * P * J]), far = operand(I32, [batches, P, K], (i) => (i === 200 ? S : 0));
      expect(() => run(backend(), 'taps', { op: 0, dims: [N, P, J, K], operands: [placed(out, 'y'), placed(x, 'x'), null, along(far)], ints: [S, sx[1]] }, [])).toThrow(IndexRangeError);
    });
  });
}
