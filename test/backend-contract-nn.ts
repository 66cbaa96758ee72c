/** softmax, cross entropy, random and the optimizer steps. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../src/backend/backend.ts';
import { BF16, BOOL, DTYPES, F16, F32, F64, I32, I64, type DTypeCode } from '../src/core/dtype.ts';
import { BackendError, IndexRangeError } from '../src/core/errors.ts';
import { RNG_WORDS, seedState } from '../src/core/rng.ts';
import { drawRandom } from '../src/core/random-streams.ts';
import { OPTIM_OPS, RANDOM_OPS, SOFTMAX_GRAD_OPS, SOFTMAX_OPS, type OptimOp, type RandomOp } from '../src/ops/families.ts';
import { type Argument, operand, randomNumbers, read, run, viewOf, type Operand } from './helpers/frames.ts';
import { expectClose } from './helpers/ulp.ts';

const logits = (dtype: DTypeCode, seed: number): (() => number) => {
  const next = randomNumbers(seed);
  return () => (dtype === F32 ? Math.fround(next() * 10 - 5) : next() * 10 - 5);
};
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

function softmaxOf(row: readonly number[], log: boolean): number[] {
  const max = Math.max(...row), total = sum(row.map((x) => Math.exp(x - max)));
  return row.map((x) => (log ? x - max - Math.log(total) : Math.exp(x - max) / total));
}

/** Rounding x - max to the dtype moves its exponential by up to |x - max| ulp: that is what bounds of 4 + spread allow. */
export function nnContract(backend: () => Backend): void {
  describe.each(SOFTMAX_GRAD_OPS.map((op, index) => ({ op, index })))('$op', ({ op, index }) => {
    const log = op === 'logSoftmax';
    const rows = (x: readonly number[], n: number): number[][] => Array.from({ length: n === 0 ? 0 : x.length / n }, (_, i) => x.slice(i * n, (i + 1) * n));

    test('values and gradient along the last dim', () => {
      for (const dtype of [F32, F64]) for (const shape of [[0], [1], [5], [3, 10], [2, 3, 67], [4, 0]]) for (const layout of ['contiguous', 'transposed', 'gaps'] as const) {
        const a = operand(dtype, shape, logits(dtype, 1), layout), out = operand(dtype, shape, () => 0, layout), n = shape[shape.length - 1];
        run(backend(), 'softmax', { op: index, dims: shape, operands: [out, a] });
        const expected = rows(read(a), n).flatMap((row) => softmaxOf(row, log));
        // A log-probability near 0 is the difference of numbers near its row's spread.
        const spread = rows(read(a), n).flatMap((row) => row.map((x) => Math.max(...row) - x));
        read(out).forEach((y, i) => expectClose(y, expected[i], dtype, 4 + spread[i], () => `${op} ${DTYPES[dtype]} [${shape.join(', ')}] at ${i}`, log ? 10 : undefined));

        const g = operand(dtype, shape, logits(dtype, 2), layout), y = operand(dtype, shape, (i) => expected[i], 'contiguous'), grad = operand(dtype, shape, () => 0, layout);
        run(backend(), 'softmaxGrad', { op: index, dims: shape, operands: [grad, g, y] });
        const upstream = rows(read(g), n), outputs = rows(read(y), n);
        const expectedGrad = outputs.flatMap((row, r) => row.map((v, i) => (log ? upstream[r][i] - Math.exp(v) * sum(upstream[r]) : v * (upstream[r][i] - sum(row.map((w, k) => w * upstream[r][k]))))));
        read(grad).forEach((d, i) => expectClose(d, expectedGrad[i], dtype, 8, () => `${op} gradient ${DTYPES[dtype]} [${shape.join(', ')}] at ${i}`, log ? 5 * Math.max(n, 1) : 10));
      }
    });

    test('large logits do not overflow; masked ones get nothing', () => {
      const a = operand(F32, [4], (i) => [1000, 1000, -Infinity, 998][i]), out = operand(F32, [4]);
      run(backend(), 'softmax', { op: index, dims: [4], operands: [out, a] });
      const expected = softmaxOf([1000, 1000, -Infinity, 998], log);
      read(out).forEach((y, i) => (Number.isFinite(expected[i]) ? expect(y).toBeCloseTo(expected[i], 5) : expect(y).toBe(expected[i])));
    });

    test('integers are refused', () => {
      expect(() => run(backend(), 'softmax', { op: index, dims: [2], operands: [operand(I32, [2]), operand(I32, [2])] })).toThrow(BackendError);
    });
  });

  test('logSumExp gives one number per row', () => {
    const op = SOFTMAX_OPS.indexOf('logSumExp');
    for (const dtype of [F32, F64]) for (const shape of [[1], [5], [3, 10], [2, 3, 67]]) for (const layout of ['contiguous', 'transposed', 'gaps'] as const) {
      const a = operand(dtype, shape, logits(dtype, 1), layout), lead = shape.slice(0, -1), n = shape[shape.length - 1];
      const out = operand(dtype, lead, () => 0, layout);
      run(backend(), 'softmax', { op, dims: shape, operands: [{ ...out, strides: [...out.strides, 0] }, a] });
      const x = read(a);
      read(out).forEach((y, r) => {
        const row = x.slice(r * n, r * n + n), max = Math.max(...row);
        expectClose(y, Math.log(sum(row.map((v) => Math.exp(v - max)))) + max, dtype, 4, () => `${DTYPES[dtype]} [${shape.join(', ')}] ${layout} at ${r}`, 10);
      });
    }
  });

  describe('crossEntropy', () => {
    const targets = [2, 0, -100, 4, 1, 1];

    test('losses, probabilities and gradients', () => {
      for (const dtype of [F32, F64]) for (const type of [I64, I32]) for (const layout of ['contiguous', 'gaps', 'transposed'] as const) {
        const a = operand(dtype, [6, 5], logits(dtype, 3), layout), p = operand(dtype, [6, 5], () => 0, layout), target = operand(type, [6], (i) => targets[i], layout), loss = operand(dtype, [6], () => 7, layout);
        const column = (o: Operand): Operand => viewOf(o, [6], [o.strides[0], 0]);
        run(backend(), 'crossEntropy', { dims: [6, 5], operands: [column(loss), p, a, column(target)], ints: [-100] }, [loss, p]);
        const x = read(a), expected = targets.map((_, n) => softmaxOf(x.slice(n * 5, n * 5 + 5), false));
        read(p).forEach((v, i) => expectClose(v, expected[Math.floor(i / 5)][i % 5], dtype, 4 + Math.max(...x.slice(i - (i % 5), i - (i % 5) + 5)) - x[i], () => `probability ${i}`));
        read(loss).forEach((v, n) => expectClose(v, targets[n] < 0 ? 0 : -softmaxOf(x.slice(n * 5, n * 5 + 5), true)[targets[n]], dtype, 6, () => `loss ${n}`, 10));

        const g = operand(dtype, [6], (n) => n - 2, layout), out = operand(dtype, [6, 5], () => 0, layout), given = read(p);
        run(backend(), 'crossEntropyGrad', { dims: [6, 5], operands: [out, p, column(target), column(g)], ints: [-100], params: [0.25] });
        read(out).forEach((v, i) => {
          const n = Math.floor(i / 5), c = i % 5;
          expectClose(v, targets[n] < 0 ? 0 : (given[i] - (c === targets[n] ? 1 : 0)) * (n - 2) * 0.25, dtype, 4, () => `gradient ${i}`, Math.abs(n - 2) || 1);
        });
      }
    });

    // [N, C, H, W] by planes of classes: a few pixels, and more than a block of them.
    test.each([[2, 5, 3, 4], [2, 3, 5, 61], [1, 70, 1, 40], [3, 4, 1, 1]] as const)('images of %s x %s x %s x %s', (N, C, H, W) => {
      for (const dtype of [F32, F64]) {
        const pixels = H * W, shape = [N, C, H, W], dims = [N, H, W, C], last = (o: Operand): Operand => viewOf(o, dims, [C * pixels, W, 1, pixels]), rows = (o: Operand): Operand => viewOf(o, dims, [pixels, W, 1, 0]);
        const classOf = (i: number): number => (i % 7 === 3 ? -1 : (i * 5) % C);
        const a = operand(dtype, shape, logits(dtype, 9)), p = operand(dtype, shape), target = operand(I64, [N, H, W], classOf), loss = operand(dtype, [N, H, W], () => 7);
        run(backend(), 'crossEntropy', { dims, operands: [rows(loss), last(p), last(a), rows(target)], ints: [-1] }, [loss, p]);
        const x = read(a), losses = read(loss), soft = read(p), at = (i: number, c: number): number => (Math.floor(i / pixels) * C + c) * pixels + (i % pixels);
        const g = operand(dtype, [N, H, W], (i) => (i % 5) - 2), out = operand(dtype, shape, () => NaN);
        run(backend(), 'crossEntropyGrad', { dims, operands: [last(out), last(p), rows(target), rows(g)], ints: [-1], params: [0.5] }, [out]);
        const grads = read(out);
        for (let i = 0; i < N * pixels; i++) {
          const row = Array.from({ length: C }, (_, c) => x[at(i, c)]), expected = softmaxOf(row, false), t = classOf(i);
          expectClose(losses[i], t < 0 ? 0 : -softmaxOf(row, true)[t], dtype, 6, () => `loss ${i}`, 10);
          row.forEach((v, c) => {
            expectClose(soft[at(i, c)], expected[c], dtype, 5 + Math.max(...row) - v, () => `probability ${i}, ${c}`);
            expectClose(grads[at(i, c)], t < 0 ? 0 : (soft[at(i, c)] - Number(c === t)) * ((i % 5) - 2) * 0.5, dtype, 4, () => `gradient ${i}, ${c}`, 1);
          });
        }
      }
    });

    test('one upstream gradient for all rows', () => {
      const p = operand(F32, [2, 2], () => 0.5), out = operand(F32, [2, 2]), target = operand(I64, [2], (i) => i);
      run(backend(), 'crossEntropyGrad', { dims: [2, 2], operands: [out, p, viewOf(target, [2], [1, 0]), viewOf(operand(F32, [], () => 2), [], [0, 0])], ints: [-100], params: [0.5] });
      expect(read(out)).toEqual([-0.5, 0.5, 0.5, -0.5]);
    });

    test('a target out of range throws before anything is written', () => {
      for (const [type, bad] of [[I64, 5n], [I64, -1n], [I64, 2n ** 32n + 1n], [I32, 5], [I32, -7]] as const) {
        const loss = operand(F32, [2], () => 7), p = operand(F32, [2, 5], () => 7), target = operand(type, [2], (i) => (i ? bad : 0));
        const call = (): void => run(backend(), 'crossEntropy', { dims: [2, 5], operands: [viewOf(loss, [2], [1, 0]), p, operand(F32, [2, 5]), viewOf(target, [2], [1, 0])], ints: [-100] }, [loss, p]);
        expect(call).toThrow(IndexRangeError);
        expect([...read(loss), ...read(p)]).toEqual(new Array(12).fill(7));
      }
    });
  });

  describe('random', () => {
    const state = (seed: bigint): Operand => {
      const words = new Int32Array(RNG_WORDS);
      seedState(words, seed);
      return operand(I32, [RNG_WORDS], (i) => words[i]);
    };
    const CASES: readonly { readonly op: RandomOp; readonly dtypes: readonly DTypeCode[]; readonly params?: readonly number[]; readonly ints?: readonly number[] }[] = [
      { op: 'uniform', dtypes: [F32, F64], params: [-1, 3] }, { op: 'normal', dtypes: [F32, F64], params: [0.5, 2] },
      { op: 'bernoulli', dtypes: [F32, F64, BOOL], params: [0.3] }, { op: 'randint', dtypes: [I64, I32, F32], ints: [-5, -1, 17, 0] },
      { op: 'exponential', dtypes: [F32, F64], params: [1.5] }, { op: 'randperm', dtypes: [I64] },
    ];

    test.each(CASES)('$op draws the shared streams and advances the state', ({ op, dtypes, params = [], ints = [] }) => {
      for (const dtype of dtypes) for (const n of [0, 1, 2, 15, 16, 17, 100, 700]) {
        const out = operand(dtype, [n]), generator = state(42n);
        const words = new Int32Array(RNG_WORDS);
        seedState(words, 42n);
        const expected = operand(dtype, [n]);
        for (let repeat = 0; repeat < 2; repeat++) {
          run(backend(), 'random', { op: RANDOM_OPS.indexOf(op), dims: [n], operands: [out, viewOf(generator, [], [])], params, ints }, [out, generator]);
          drawRandom(op, expected.storage.slab.view(dtype), expected.offset, n, words, params[0] ?? 0, params[1] ?? 0, [...ints, 0, 0, 0, 0]);
          expect(read(out), `${op} ${DTYPES[dtype]} of ${n}`).toEqual(read(expected));
          expect(read(generator)).toEqual([...words]);
        }
      }
    });
  });

  describe('optimStep', () => {
    // Each step as PyTorch writes it, every statement rounded to the parameter's dtype.
    type State = Record<'p' | 'm' | 'v' | 'x' | 'b' | 'a' | 'c' | 'd', number>;
    const lerp = (from: number, to: number, w: number, r: Round): number => (w < 0.5 ? r(from + w * r(to - from)) : r(to - r(to - from) * r(1 - w)));
    type Round = (x: number) => number;
    const REFERENCE: Readonly<Record<OptimOp, (s: State, g: number, t: number, h: readonly number[], r: Round) => void>> = {
      sgd(s, g, t, [lr, momentum, dampening, decay, nesterov, maximize], r) {
        let d = maximize ? -g : g;
        if (decay) d = r(d + decay * s.p);
        if (momentum) {
          s.b = t === 1 ? d : r(r(s.b * momentum) + (1 - dampening) * d);
          d = nesterov ? r(d + momentum * s.b) : s.b;
        }
        s.p = r(s.p - lr * d);
      },
      adam(s, g, t, [lr, beta1, beta2, eps, decay, amsgrad, maximize, decoupled], r) {
        let d = maximize ? -g : g;
        if (decay && decoupled) s.p = r(s.p * (1 - lr * decay));
        else if (decay) d = r(d + decay * s.p);
        s.m = lerp(s.m, d, 1 - beta1, r);
        s.v = r(r(s.v * beta2) + (1 - beta2) * d * d);
        if (amsgrad) s.x = Math.max(s.x, s.v);
        const scale = r(r(Math.sqrt(amsgrad ? s.x : s.v) / Math.sqrt(1 - beta2 ** t)) + eps);
        s.p = r(s.p - (lr / (1 - beta1 ** t)) * (s.m / scale));
      },
      rmsprop(s, g, _, [lr, alpha, eps, decay, momentum, centered, maximize], r) {
        let d = maximize ? -g : g;
        if (decay) d = r(d + decay * s.p);
        s.v = r(r(s.v * alpha) + (1 - alpha) * d * d);
        let mean = s.v;
        if (centered) {
          s.a = lerp(s.a, d, 1 - alpha, r);
          mean = r(s.v - s.a * s.a);
        }
        const scale = r(Math.sqrt(mean) + eps);
        if (momentum) {
          s.b = r(r(s.b * momentum) + d / scale);
          s.p = r(s.p - lr * s.b);
        } else s.p = r(s.p - (lr * d) / scale);
      },
      adagrad(s, g, t, [lr, lrDecay, eps, decay, , maximize], r) {
        const d = r((maximize ? -g : g) + decay * s.p);
        s.v = r(s.v + d * d);
        s.p = r(s.p - (lr / (1 + (t - 1) * lrDecay)) * (d / r(Math.sqrt(s.v) + eps)));
      },
      adadelta(s, g, _, [lr, rho, eps, decay, maximize], r) {
        const d = r((maximize ? -g : g) + decay * s.p);
        s.v = r(r(s.v * rho) + (1 - rho) * d * d);
        const delta = r((Math.sqrt(r(s.b + eps)) / Math.sqrt(r(s.v + eps))) * d);
        s.b = r(r(s.b * rho) + (1 - rho) * delta * delta);
        s.p = r(s.p - lr * delta);
      },
      adamax(s, g, t, [lr, beta1, beta2, eps, decay, maximize], r) {
        const d = r((maximize ? -g : g) + decay * s.p);
        s.m = lerp(s.m, d, 1 - beta1, r);
        s.v = Math.max(r(s.v * beta2), r(Math.abs(d) + eps));
        s.p = r(s.p - (lr / (1 - beta1 ** t)) * (s.m / s.v));
      },
      nadam(s, g, t, [lr, beta1, beta2, eps, decay, momentumDecay, decoupled, maximize], r) {
        const mu = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
        if (decoupled) s.p = r(s.p * (1 - lr * decay));
        const d = r((maximize ? -g : g) + (decoupled ? 0 : decay * s.p));
        s.m = lerp(s.m, d, 1 - beta1, r);
        s.v = r(r(s.v * beta2) + (1 - beta2) * d * d);
        s.c = Math.fround(s.c * Math.fround(mu(t)));
        const scale = r(Math.sqrt(s.v / (1 - beta2 ** t)) + eps);
        s.p = r(s.p - (lr * (1 - mu(t)) / (1 - s.c)) * (d / scale) - (lr * mu(t + 1) / (1 - s.c * mu(t + 1))) * (s.m / scale));
      },
      radam(s, g, t, [lr, beta1, beta2, eps, decay, maximize, decoupled], r) {
        if (decoupled) s.p = r(s.p * (1 - lr * decay));
        const d = r((maximize ? -g : g) + (decoupled ? 0 : decay * s.p));
        s.m = lerp(s.m, d, 1 - beta1, r);
        s.v = r(r(s.v * beta2) + (1 - beta2) * d * d);
        const limit = 2 / (1 - beta2) - 1, length = limit - (2 * t * beta2 ** t) / (1 - beta2 ** t);
        const rectified = length > 5 ? Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length)) * (Math.sqrt(1 - beta2 ** t) / (Math.sqrt(s.v) + eps)) : 1;
        s.p = r(s.p - lr * (s.m / (1 - beta1 ** t)) * rectified);
      },
      rprop(s, g, _, [, shrink, grow, least, most, maximize], r) {
        const d = maximize ? -g : g, agreement = d * s.b;
        s.v = Math.min(most, Math.max(least, r(s.v * (agreement > 0 ? grow : agreement < 0 ? shrink : 1))));
        s.b = agreement < 0 ? 0 : d;
        s.p = r(s.p - Math.sign(s.b) * s.v);
      },
      asgd(s, g, t, [lr, lambd, alpha, t0, decay, maximize], r) {
        const d = r((maximize ? -g : g) + decay * s.p);
        s.p = r(r(s.p * (1 - lambd * s.c)) - s.c * d);
        s.a = s.d === 1 ? s.p : r(s.a + (s.p - s.a) * s.d);
        s.c = Math.fround(lr / (1 + lambd * lr * t) ** alpha);
        s.d = Math.fround(1 / Math.max(1, t - t0));
      },
    };
    /** First values of the states that do not begin at 0. */
    const FIRST: Readonly<Partial<Record<OptimOp, (h: readonly number[]) => Readonly<Record<string, number>>>>> = {
      nadam: () => ({ c: 1 }), rprop: ([lr]) => ({ v: lr }), asgd: ([lr]) => ({ c: Math.fround(lr), d: 1 }),
    };
    const OPERANDS: Readonly<Record<OptimOp, (o: Record<string, Operand>, h: readonly number[]) => Argument[]>> = {
      sgd: (o, h) => [o.p, o.g, h[1] ? o.b : null, h[1] ? o.step : null, o.hyper],
      adam: (o, h) => [o.p, o.g, o.m, o.v, h[5] ? o.x : null, o.step, o.hyper],
      rmsprop: (o, h) => [o.p, o.g, o.v, h[4] ? o.b : null, h[5] ? o.a : null, o.step, o.hyper],
      adagrad: (o) => [o.p, o.g, o.v, o.step, o.hyper],
      adadelta: (o) => [o.p, o.g, o.v, o.b, o.step, o.hyper],
      adamax: (o) => [o.p, o.g, o.m, o.v, o.step, o.hyper],
      nadam: (o) => [o.p, o.g, o.m, o.v, o.c, o.step, o.hyper],
      radam: (o) => [o.p, o.g, o.m, o.v, o.step, o.hyper],
      rprop: (o) => [o.p, o.g, o.b, o.v, o.step, o.hyper],
      asgd: (o) => [o.p, o.g, o.a, o.c, o.d, o.step, o.hyper],
    };
    const HYPER: readonly { readonly op: OptimOp; readonly name: string; readonly h: readonly number[] }[] = [
      { op: 'sgd', name: 'plain', h: [0.1, 0, 0, 0, 0, 0] }, { op: 'sgd', name: 'weight decay', h: [0.1, 0, 0, 0.01, 0, 0] },
      { op: 'sgd', name: 'momentum', h: [0.1, 0.9, 0, 0, 0, 0] }, { op: 'sgd', name: 'dampening, maximize', h: [0.1, 0.9, 0.3, 0.01, 0, 1] },
      { op: 'sgd', name: 'nesterov', h: [0.1, 0.9, 0, 0.01, 1, 0] },
      { op: 'adam', name: 'plain', h: [0.01, 0.9, 0.999, 1e-8, 0, 0, 0, 0] }, { op: 'adam', name: 'weight decay', h: [0.01, 0.9, 0.999, 1e-8, 0.1, 0, 0, 0] },
      { op: 'adam', name: 'AdamW', h: [0.01, 0.9, 0.99, 1e-8, 0.1, 0, 0, 1] }, { op: 'adam', name: 'amsgrad, maximize', h: [0.01, 0.9, 0.5, 1e-8, 0, 1, 1, 0] },
      { op: 'adam', name: 'a small beta1', h: [0.01, 0.3, 0.999, 1e-8, 0, 0, 0, 0] },
      { op: 'rmsprop', name: 'plain', h: [0.01, 0.99, 1e-8, 0, 0, 0, 0] }, { op: 'rmsprop', name: 'weight decay, maximize', h: [0.01, 0.9, 1e-8, 0.1, 0, 0, 1] },
      { op: 'rmsprop', name: 'momentum', h: [0.01, 0.99, 1e-8, 0, 0.9, 0, 0] }, { op: 'rmsprop', name: 'centered momentum', h: [0.01, 0.99, 1e-8, 0, 0.9, 1, 0] },
      { op: 'rmsprop', name: 'centered', h: [0.01, 0.99, 1e-8, 0, 0, 1, 0] },
      { op: 'adagrad', name: 'plain', h: [0.01, 0, 1e-10, 0, 0, 0] }, { op: 'adagrad', name: 'rate and weight decay, maximize', h: [0.1, 0.5, 1e-2, 0.1, 0, 1] },
      { op: 'adadelta', name: 'plain', h: [1, 0.9, 1e-6, 0, 0] }, { op: 'adadelta', name: 'weight decay, maximize', h: [0.5, 0.95, 1e-3, 0.1, 1] },
      { op: 'adamax', name: 'plain', h: [0.002, 0.9, 0.999, 1e-8, 0, 0] }, { op: 'adamax', name: 'weight decay, maximize', h: [0.02, 0.4, 0.5, 1e-3, 0.1, 1] },
      { op: 'nadam', name: 'plain', h: [0.002, 0.9, 0.999, 1e-8, 0, 0.004, 0, 0] }, { op: 'nadam', name: 'weight decay, maximize', h: [0.002, 0.9, 0.99, 1e-8, 0.1, 0.01, 0, 1] },
      { op: 'nadam', name: 'decoupled weight decay', h: [0.002, 0.9, 0.99, 1e-8, 0.1, 0.004, 1, 0] },
      { op: 'radam', name: 'plain', h: [0.001, 0.9, 0.999, 1e-8, 0, 0, 0] }, { op: 'radam', name: 'rectified at once, weight decay, maximize', h: [0.01, 0.9, 0.9, 1e-6, 0.1, 1, 0] },
      { op: 'radam', name: 'decoupled weight decay', h: [0.01, 0.9, 0.8, 1e-6, 0.1, 0, 1] },
      { op: 'rprop', name: 'plain', h: [0.01, 0.5, 1.2, 1e-6, 50, 0] }, { op: 'rprop', name: 'narrow bounds, maximize', h: [0.01, 0.5, 1.2, 0.008, 0.011, 1] },
      { op: 'asgd', name: 'plain', h: [0.01, 1e-4, 0.75, 1e6, 0, 0] }, { op: 'asgd', name: 'averaging from the third step, weight decay, maximize', h: [0.1, 0.1, 0.75, 2, 0.1, 1] },
    ];

    test.each(HYPER)('$op: $name', ({ op, h }) => {
      for (const dtype of [F32, F64]) for (const n of [0, 1, 7, 40]) {
        const round: Round = dtype === F32 ? Math.fround : (x) => x;
        const random = logits(dtype, n + 1);
        const first = FIRST[op]?.(h) ?? {};
        const o: Record<string, Operand> = { hyper: operand(F64, [h.length], (i) => h[i]), step: operand(F32, []), g: operand(dtype, [n]) };
        for (const name of ['p', 'm', 'v', 'x', 'b', 'a']) o[name] = operand(dtype, [n], name === 'p' ? random : () => first[name] ?? 0);
        for (const name of ['c', 'd']) o[name] = operand(F32, [], () => first[name] ?? 0);
        const scalars = [o.step, o.c, o.d];
        const states = read(o.p).map((p): State => ({ p, m: 0, v: 0, x: 0, b: 0, a: 0, c: 0, d: 0, ...first }));
        for (let t = 1; t <= 5; t++) {
          const gradient = operand(dtype, [n], random);
          const operands = OPERANDS[op]({ ...o, g: gradient }, h).map((a) => (a === o.hyper || scalars.includes(a as Operand) ? viewOf(a as Operand, [], []) : a));
          run(backend(), 'optimStep', { op: OPTIM_OPS.indexOf(op), dims: [n], operands }, [o.p, o.m, o.v, o.x, o.b, o.a, ...scalars]);
          read(gradient).forEach((g, i) => REFERENCE[op](states[i], g, t, h, round));
          if (operands.some((a) => a !== null && 'storage' in a && a.storage === o.step.storage)) expect(read(o.step)).toEqual([t]);
        }
        // Hyperparameters are rounded to float32 in PyTorch too, which the reference leaves out.
        read(o.p).forEach((p, i) => expect(Math.abs(p - states[i].p), `${DTYPES[dtype]} at ${i} of ${n}`).toBeLessThanOrEqual((dtype === F32 ? 3e-6 : 1e-13) * Math.max(1, Math.abs(states[i].p))));
      }
    });

    test.each(HYPER)('$op on half floats, $name: the step of float32, rounded', ({ op, h }) => {
      for (const dtype of [F16, BF16]) for (const n of [0, 1, 7, 40]) {
        const random = logits(F32, n + 1), first = FIRST[op]?.(h) ?? {};
        const made = (): Record<string, Operand> => ({
          hyper: operand(F64, [h.length], (i) => h[i]), step: operand(F32, []),
          ...Object.fromEntries(['m', 'v', 'x', 'b', 'a'].map((name) => [name, operand(F32, [n], () => first[name] ?? 0)])),
          ...Object.fromEntries(['c', 'd'].map((name) => [name, operand(F32, [], () => first[name] ?? 0)])),
        });
        const step = (o: Record<string, Operand>, p: Operand, g: Operand): void => {
          const scalars = [o.step, o.c, o.d];
          const operands = OPERANDS[op]({ ...o, p, g }, h).map((x) => (x === o.hyper || scalars.includes(x as Operand) ? viewOf(x as Operand, [], []) : x));
          run(backend(), 'optimStep', { op: OPTIM_OPS.indexOf(op), dims: [n], operands }, [p, o.m, o.v, o.x, o.b, o.a, ...scalars]);
        };
        const half = made(), wide = made(), p = operand(dtype, [n], random);
        for (let t = 1; t <= 3; t++) {
          const g = operand(dtype, [n], random), before = read(p), gradients = read(g);
          const copy = operand(F32, [n], (i) => before[i]);
          step(half, p, g);
          step(wide, copy, operand(F32, [n], (i) => gradients[i]));
          const stepped = read(copy);
          expect(read(p)).toEqual(read(operand(dtype, [n], (i) => stepped[i])));
          for (const name of ['m', 'v', 'x', 'b', 'a']) expect(read(half[name])).toEqual(read(wide[name]));
        }
      }
    });
  });
}
