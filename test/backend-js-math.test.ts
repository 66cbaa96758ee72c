import { describe, expect, test } from 'vitest';
import { fromBrain, fromHalf, oddWide, toBrain, toHalf } from '../src/backend/js/half.ts';
import { math } from './helpers/js-math.ts';
import { F64 } from '../src/core/dtype.ts';
import { expectClose } from './helpers/ulp.ts';

describe('erf and erfc', () => {
  // x, erf(x), erfc(x), from 50-digit arithmetic.
  test.each([
    [-6.5, -1.0, 2.0], [-2.75, -0.9998993780778803, 1.9998993780778804], [-1.25, -0.9229001282564583, 1.9229001282564582],
    [-0.875, -0.7840750610598597, 1.7840750610598597], [-0.3, -0.3286267594591274, 1.3286267594591274],
    [1e-10, 1.1283791670955126e-10, 0.999999999887162], [0.1, 0.1124629160182849, 0.887537083981715],
    [0.5, 0.5204998778130465, 0.4795001221869535], [0.89, 0.7918432468144954, 0.20815675318550464],
    [0.91, 0.8018828257659413, 0.19811717423405875], [1.5, 0.9661051464753108, 0.033894853524689274],
    [2.2, 0.9981371537020182, 0.0018628462979818898], [2.3, 0.9988568234026434, 0.0011431765973566525],
    [3.3, 0.9999969422902035, 3.0577097964381654e-06], [5.9, 0.9999999999999999, 7.190409783550478e-17],
    [6.1, 1.0, 6.3146021501937184e-18], [10.0, 1.0, 2.088487583762545e-45], [20.0, 1.0, 5.395865611607901e-176],
    [26.5, 1.0, 2.2109076642637343e-307], [Infinity, 1, 0], [-Infinity, -1, 2], [NaN, NaN, NaN],
  ])('at %d', (x, erf, erfc) => {
    expectClose(math.erf(x), erf, F64, 1, () => 'erf');
    expectClose(math.erfc(x), erfc, F64, 3, () => 'erfc');
  });
});

describe('division of floats', () => {
  test.each([
    [7, 2, 3, 1], [-7, 2, -4, 1], [7, -2, -4, -1], [-7, -2, 3, -1], [6, 3, 2, 0], [1, 0.1, 9, 0.09999999999999995], [5, Infinity, 0, 5], [-5, Infinity, -1, Infinity],
    [1, 0, Infinity, NaN], [-1, 0, -Infinity, NaN], [0, 0, NaN, NaN], [NaN, 1, NaN, NaN],
  ])('%d by %d is %d, rest %d, as in Python', (a, b, quotient, rest) => {
    expect(math.floorDivide(a, b)).toBe(quotient);
    expect(math.remainder(a, b)).toBe(rest);
  });
});

test('rounding is half to even and keeps -0', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 4503599627370497, -0, Infinity, NaN].map(math.roundHalfEven))
    .toEqual([0, 2, 2, -0, -2, -2, 0, 4503599627370497, -0, Infinity, NaN]);
});

test('powers have the special values of C', () => {
  expect([math.pow(1, NaN), math.pow(-1, Infinity), math.pow(NaN, 0), math.pow(-8, 1 / 3), math.pow(-2, 3)]).toEqual([1, 1, 1, NaN, -8]);
  expect([math.powInt(-1, -3), math.powInt(-1, -2), math.powInt(1, -9), math.powInt(5, -1), math.powInt(3, 20)]).toEqual([-1, 1, 1, 0, 3486784401 | 0]);
});

describe('float16', () => {
  test('every number is its own nearest', () => {
    for (let half = 0; half < 65536; half++) {
      const x = fromHalf(half);
      if (x !== x) expect(toHalf(x) & 0x7c00).toBe(0x7c00);
      else if (toHalf(x) !== half) expect.fail(`0x${half.toString(16)} is ${x}, which becomes 0x${toHalf(x).toString(16)}`);
    }
  });

  test('halfway between neighbours goes to the even one, a little more or less to the nearer', () => {
    for (let half = 0; half < 0x7bff; half++) {
      const low = fromHalf(half), high = fromHalf(half + 1), middle = (low + high) / 2, step = (high - low) / 64;
      const got = [toHalf(middle), toHalf(middle - step), toHalf(middle + step), toHalf(-middle)];
      const even = half & 1 ? half + 1 : half, expected = [even, half, half + 1, even | 0x8000];
      if (got.some((g, i) => g !== expected[i])) expect.fail(`around ${middle}: ${got.join(', ')}, expected ${expected.join(', ')}`);
    }
    expect([65519.99, 65520, 1e30, -65520, 2 ** -25, 2 ** -25 * 1.0001].map((x) => toHalf(Math.fround(x)))).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 1]);
  });
});

describe('bfloat16', () => {
  test('every number is its own nearest, halves go to even', () => {
    for (let brain = 0; brain < 65536; brain++) {
      const x = fromBrain(brain);
      if (x !== x) expect(fromBrain(toBrain(x))).toBeNaN();
      else if (toBrain(x) !== brain) expect.fail(`0x${brain.toString(16)} is ${x}, which becomes 0x${toBrain(x).toString(16)}`);
      if (brain >= 0x7f7f) continue;
      const middle = Math.fround((x + fromBrain(brain + 1)) / 2);
      if (toBrain(middle) !== (brain & 1 ? brain + 1 : brain)) expect.fail(`${middle} became 0x${toBrain(middle).toString(16)}`);
    }
  });
});

test('wide integers keep what decides the rounding to float32', () => {
  for (const value of [2n ** 60n + 2n ** 36n, 2n ** 60n + 2n ** 36n + 1n, -(2n ** 62n) - 2n ** 38n - 3n, 2n ** 53n + 1n, 123n, -1n]) {
    const low = Number(BigInt.asIntN(32, value)), high = Number(BigInt.asIntN(32, value >> 32n));
    const kept = BigInt(oddWide(low, high)), unit = value < 2n ** 53n && value > -(2n ** 53n) ? 1n : 2n ** 11n;
    expect((kept > value ? kept - value : value - kept) < unit).toBe(true);
    expect(kept % unit === 0n && (kept === value || (kept / unit) % 2n !== 0n)).toBe(true);
  }
});
