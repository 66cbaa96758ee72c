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

describe('special functions', () => {
  type Values = readonly (readonly [x: number, y: number])[];
  const one: readonly (readonly [keyof typeof math, Values])[] = [
    // x and the value, from 50-digit arithmetic.
    ['erfcx', [[-5, 144009798674.66104], [-0.5, 1.952360489182557], [0, 1], [0.3, 0.7345993345676551], [1.7, 0.2916632970753435], [3, 0.17900115118138996], [9, 0.06230772403777468], [1e8, 5.641895835477562e-09]]],
    ['ndtr', [[-37, 5.725571222524577e-300], [-8, 6.220960574271784e-16], [-1, 0.15865525393145705], [0.25, 0.5987063256829237], [3, 0.9986501019683699]]],
    ['logNdtr', [[-1e10, -5e+19], [-40, -804.6084420137538], [-2, -3.783184333682032], [-0.5, -1.1759117615936185], [4, -3.167174337748927e-05]]],
    ['ndtri', [[1e-300, -37.0470962993612], [1e-10, -6.361340902404057], [0.2, -0.8416212335729142], [0.3, -0.5244005127080408], [0.5, 0], [0.9, 1.2815515655446006]]],
    ['erfinv', [[-0.9999999, -3.7665625816384707], [-0.6, -0.5951160814499948], [0.1, 0.08885599049425769], [0.4, 0.37080715859355795], [0.7, 0.7328690779592167]]],
    ['lgamma', [[-2.5, -0.056243716497674054], [-0.3, 1.4648400508576025], [1e-10, 23.025850929882736], [0.7, 0.26086724653166654], [0.999, 0.0005780385328913802], [1.3, -0.10817480950786047], [2.001, 0.000423106734800117], [4.2, 2.04855563696059], [30, 71.25703896716801], [1e10, 220258509288.81058]]],
    ['digamma', [[-2.5, 1.103156640645243], [1e-10, -10000000000.577215], [0.7, -1.2200235536979347], [1.3, -0.16919088886679962], [4.2, 1.3113388912865995], [30, 3.384438132685525], [1e10, 23.025850929890456]]],
    ['i0', [[0.5, 1.0634833707413236], [-3, 4.8807925858650245], [8.5, 683.1619269901156], [100, 1.0737517071310738e+42]]],
    ['i0e', [[0.5, 0.6450352704491501], [-3, 0.2430003541618254], [8.5, 0.13900184305484758], [1000, 0.012617240455891257]]],
    ['i1', [[0.5, 0.2578943053908963], [-3, -3.9533702174026093], [8.5, 641.6199025400667], [100, 1.0683693903381625e+42]]],
    ['i1e', [[0.5, 0.1564208031848717], [-3, -0.19682671329730086], [8.5, 0.13054935509459586], [1000, 0.012610930256928629]]],
    ['sinc', [[0.25, 0.9003163161571061], [1.5, -0.2122065907891938], [-7.75, -0.02904246181151955], [1000000.5, 3.1830972702892714e-07]]],
    ['logit', [[1e-12, -27.63102111592755], [0.3, -0.8472978603872037], [0.49999, -4.0000000005373336e-05], [0.75, 1.0986122886681098]]],
  ];
  test.each(one)('%s', (name, values) => {
    const f = math[name] as (x: number) => number;
    for (const [x, y] of values) expectClose(f(x), y, F64, 5, () => `${name}(${x})`, name === 'lgamma' || name === 'digamma' ? Math.max(1, Math.abs(y)) : undefined);
  });

  const two: readonly (readonly [keyof typeof math, readonly (readonly [a: number, b: number, y: number])[], bound: number])[] = [
    ['polygamma', [[0, 2.5, 0.7031566406452432], [1, 0.3, 12.245364546107732], [1, -2.5, 9.539246644989124], [3, 1.7, 0.8895620066243164], [10, 4, -0.9519244156357158]], 1e-14],
    ['zeta', [[2, 1, 1.6449340668482264], [1.5, 3.25, 1.2012173113703717], [20, 0.5, 1048576.0003007397], [4, 30, 1.2976672774560214e-05]], 1e-14],
    ['igamma', [[0.5, 0.2, 0.4729107431344619], [3, 2, 0.32332358381693654], [3, 9, 0.9937678048936227], [100, 90, 0.15822098918643016], [20000, 20100, 0.7606167055614177], [1e8, 1.00005e8, 0.691471262888845]], 1e-11],
    ['igammac', [[0.5, 0.2, 0.5270892568655381], [3, 2, 0.6766764161830635], [3, 9, 0.006232195106377317], [100, 120, 0.027863739890520663], [20000, 20100, 0.23938329443858236], [1e8, 1.00005e8, 0.3085287371111551]], 1e-11],
  ];
  test.each(two)('%s', (name, values, bound) => {
    const f = math[name] as (a: number, b: number) => number;
    for (const [a, b, y] of values) expect(Math.abs(f(a, b) - y) / Math.abs(y), `${name}(${a}, ${b})`).toBeLessThan(bound);
  });

  test('poles and ends of the domains', () => {
    expect([math.lgamma(0), math.lgamma(-3), math.lgamma(-Infinity), math.digamma(0), math.digamma(-0), math.digamma(-2), math.polygamma(1, 0)]).toEqual([Infinity, Infinity, Infinity, -Infinity, Infinity, NaN, Infinity]);
    expect([math.erfinv(1), math.erfinv(-1), math.erfinv(1.1), math.ndtri(0), math.ndtri(1), math.ndtri(-0.1), math.erfcx(Infinity), math.erfcx(-30), math.logNdtr(-Infinity)]).toEqual([Infinity, -Infinity, NaN, -Infinity, Infinity, NaN, 0, Infinity, -Infinity]);
    expect([math.igamma(0, 1), math.igamma(0, 0), math.igamma(1, 0), math.igamma(Infinity, 1), math.igamma(2, Infinity), math.igamma(-1, 1)]).toEqual([1, NaN, 0, 0, 1, NaN]);
    expect([math.zeta(1, 3), math.zeta(0.5, 1), math.zeta(2, 0), math.zeta(2.5, -1.5), math.logaddexp(Infinity, Infinity), math.logaddexp(-Infinity, -Infinity)]).toEqual([Infinity, NaN, Infinity, NaN, Infinity, -Infinity]);
  });

  test('steps to the next number are of its own precision', () => {
    expect([math.nextafter(1, 2), math.nextafter(0, -1), math.nextafter(-1, -Infinity), math.nextafter(2, 2), math.nextafter(Infinity, 0)]).toEqual([1 + 2 ** -52, -5e-324, -1 - 2 ** -52, 2, Number.MAX_VALUE]);
    expect([math.nextafterSingle(1, 0), math.nextafterSingle(0, 1), math.nextafterSingle(1, NaN)]).toEqual([1 - 2 ** -24, 2 ** -149, NaN]);
  });

  test('divisors and multiples of any signs', () => {
    expect([math.gcdInt(-12, 18), math.gcdInt(0, 0), math.gcdInt(0, -7), math.lcmInt(-4, 6), math.lcmInt(0, 3)]).toEqual([6, 0, 7, 12, 0]);
    expect([math.gcdBig(2n ** 62n, -(2n ** 61n)), math.lcmBig(-4n, 6n)]).toEqual([2n ** 61n, 12n]);
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
