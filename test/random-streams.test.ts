/** The TypeScript random streams against PyTorch's recorded numbers and against Math's functions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dtypeCode, viewAs, type TypedArray } from '../src/core/dtype.ts';
import { cosTurn, logUnit, sinTurn } from '../src/core/random-math.ts';
import { drawRandom } from '../src/core/random-streams.ts';
import { RNG_WORDS, seedState } from '../src/core/rng.ts';

interface Recorded {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
interface Case {
  readonly seed: number | string;
  readonly src: string;
  readonly outputs: readonly Recorded[];
}
const file = new URL('./conformance/rng.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

type Draw = (state: Int32Array) => TypedArray;
type Match = Readonly<Record<string, string | undefined>>;

const empty = (dtype: string, n: number): TypedArray => viewAs(dtypeCode(dtype), new ArrayBuffer(8 * n), 0, n);
const product = (sizes: string): number => sizes.split(',').filter(s => s.trim() !== '').reduce((n, s) => n * Number(s), 1);
const integer = (text: string): bigint => {
  const power = /^(\d+)\*\*(\d+)$/.exec(text);
  return power ? BigInt(power[1]) ** BigInt(power[2]) : BigInt(text);
};
const words = (value: bigint): number[] => [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
const rangeOf = (low: bigint, high: bigint): number[] => [...words(low), ...words(high - low)];
const UNBOUNDED: Readonly<Record<string, bigint>> = {
  int64: 2n ** 63n, int32: 2n ** 31n, float32: 2n ** 24n + 1n, float64: 2n ** 53n + 1n, bool: 2n,
};

function drawn(kind: Parameters<typeof drawRandom>[0], out: TypedArray, p0 = 0, p1 = 1, ints: readonly number[] = []): Draw {
  return state => {
    drawRandom(kind, out, 0, out.length, state, p0, p1, ints);
    return out;
  };
}

function probabilities(out: TypedArray, values: readonly number[]): Draw {
  values.forEach((p, i) => { out[i] = p; });
  return drawn('bernoulli', out, 0, 0, [1]);
}

function dropout(n: number, p: number): Draw {
  const out = new Float32Array(n), keep = drawn('bernoulli', out, 1 - p);
  return state => {
    keep(state);
    return out.map(kept => kept / (1 - p));
  };
}

/** The spellings of rng.json that are one draw from the generator. */
const DIALECT: readonly (readonly [RegExp, (m: Match) => Draw])[] = [
  [/^torch\.rand\((?<sizes>[\d, ]+?)(, dtype=torch\.(?<dtype>float32|float64))?\)$/,
    m => drawn('uniform', empty(m.dtype ?? 'float32', product(m.sizes!)))],
  [/^torch\.randn\((?<sizes>[\d, ]+?)(, dtype=torch\.(?<dtype>float32|float64))?\)$/,
    m => drawn('normal', empty(m.dtype ?? 'float32', product(m.sizes!)))],
  [/^torch\.randperm\((?<n>\d+)(, dtype=torch\.(?<dtype>int32))?\)$/,
    m => drawn('randperm', empty(m.dtype ?? 'int64', Number(m.n)))],
  [/^torch\.randint\(((?<low>-?\d+), )?(?<high>[\d*]+), \((?<n>\d+),\)(, dtype=torch\.(?<dtype>\w+))?\)$/,
    m => drawn('randint', empty(m.dtype ?? 'int64', Number(m.n)), 0, 0, rangeOf(BigInt(m.low ?? 0), integer(m.high!)))],
  [/^torch\.empty\((?<sizes>[\d, ]+?)(, dtype=torch\.(?<dtype>float32|float64))?\)\.(?<op>uniform|normal|bernoulli|exponential)_\(((?<p0>[-\d.]+)(, (?<p1>[-\d.]+))?)?\)$/,
    m => drawn(m.op as 'uniform', empty(m.dtype ?? 'float32', product(m.sizes!)), Number(m.p0 ?? 1), Number(m.p1 ?? 1))],
  [/^torch\.empty\((?<n>\d+)(, dtype=torch\.(?<dtype>\w+))?\)\.random_\((?<bounds>[-\d, ]*)\)$/, m => {
    const bounds = m.bounds!.split(',').filter(s => s !== '').map(s => BigInt(s.trim()));
    const dtype = m.dtype ?? 'float32';
    const [low, high] = bounds.length === 2 ? bounds : [0n, bounds[0] ?? UNBOUNDED[dtype]];
    return drawn('randint', empty(dtype, Number(m.n)), 0, 0, [...rangeOf(low, high), bounds.length === 0 ? 1 : 0]);
  }],
  [/^torch\.bernoulli\(torch\.tensor\(\[(?<values>[\d., ]+)\]\)\)$/, m => {
    const values = m.values!.split(',').map(Number);
    return probabilities(new Float32Array(values.length), values);
  }],
  [/^torch\.bernoulli\(torch\.full\(\((?<n>\d+),\), (?<p>[\d.]+)(, dtype=torch\.(?<dtype>float64))?\)\)$/,
    m => probabilities(empty(m.dtype ?? 'float32', Number(m.n)), new Array<number>(Number(m.n)).fill(Number(m.p)))],
  [/^F\.dropout\(torch\.ones\((?<sizes>[\d, ]+)\), (?<p>[\d.]+)(, training=True)?\)$/, m => dropout(product(m.sizes!), Number(m.p))],
];

function parse(src: string): Draw[] | undefined {
  const calls = src.startsWith('[') ? src.slice(1, -1).split(/, (?=torch\.|F\.)/) : [src];
  const draws: Draw[] = [];
  for (const call of calls) {
    const row = DIALECT.find(([pattern]) => pattern.test(call));
    if (!row) return undefined;
    draws.push(row[1](row[0].exec(call)!.groups as Match));
  }
  return draws;
}

function seeded(seed: number | bigint): Int32Array {
  const state = new Int32Array(RNG_WORDS);
  seedState(state, BigInt(seed));
  return state;
}

describe('random streams give the numbers PyTorch recorded', () => {
  const raw = cases.flatMap(c => {
    const draws = parse(c.src);
    return draws ? [{ ...c, draws }] : [];
  });

  it('covers the recorded draws that need no module', () => {
    expect(raw.length).toBeGreaterThanOrEqual(80);
  });

  for (const { seed, src, draws, outputs } of raw) {
    it(`seed ${seed}: ${src}`, () => {
      const state = seeded(BigInt(seed));
      draws.forEach((draw, k) => {
        const got = draw(state), { data, dtype } = outputs[k];
        expect(got.length).toBe(data.length);
        for (let i = 0; i < data.length; i++) {
          if (!dtype.startsWith('float')) expect(BigInt(got[i])).toBe(BigInt(data[i]));
          else expect(Math.abs(Number(got[i]) - Number(data[i]))).toBeLessThanOrEqual(1e-6 + 1e-6 * Math.abs(Number(data[i])));
        }
      });
    });
  }
});

describe('streams beyond the recorded cases', () => {
  it('draws 64 bits from a range of 2^28 on, 32 below, and 32 for random_() up to 2^32', () => {
    const drawOne = (range: bigint, unbounded = 0): number => {
      const state = seeded(0);
      drawRandom('randint', new BigInt64Array(1), 0, 1, state, 0, 0, [0, 0, ...words(range), unbounded]);
      return state[624];
    };
    expect(drawOne(2n ** 28n - 1n)).toBe(1);
    expect(drawOne(2n ** 28n)).toBe(2);
    expect(drawOne(2n ** 31n, 1)).toBe(1);
    expect(drawOne(2n ** 63n, 1)).toBe(2);
  });

  it('keeps to its piece of the output', () => {
    const out = new Float32Array(40).fill(-7);
    drawRandom('normal', out, 10, 17, seeded(3), 0, 1, []);
    expect([...out.subarray(0, 10), ...out.subarray(27)].every(x => x === -7)).toBe(true);
    const alone = new Float32Array(17);
    drawRandom('normal', alone, 0, 17, seeded(3), 0, 1, []);
    expect(out.subarray(10, 27)).toEqual(alone);
  });

  it('takes the scalar path when asked, as PyTorch does for a non-contiguous tensor', () => {
    const scalar = new Float64Array(20), pieces = new Float64Array(20), a = seeded(9), b = seeded(9);
    drawRandom('normal', scalar, 0, 20, a, 0, 1, [1]);
    for (let i = 0; i < 20; i++) drawRandom('normal', pieces, i, 1, b, 0, 1, []);
    expect(scalar).toEqual(pieces);
    expect(a).toEqual(b);
  });
});

describe('random-math', () => {
  const ulp = (x: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -1022) - 52);
  const worst = (f: (x: number) => number, exact: (x: number) => number, sample: (u: number) => number): number => {
    const state = seeded(1), u = new Float64Array(1);
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      drawRandom('uniform', u, 0, 1, state, 0, 1, []);
      const x = sample(u[0]), y = exact(x);
      if (y !== 0) most = Math.max(most, Math.abs(f(x) - y) / ulp(y));
    }
    return most;
  };
  // Math's own functions are good to 1 ulp, so 2 against them bounds ours.
  it('logUnit is within 2 ulp of Math.log', () => {
    expect(worst(logUnit, Math.log, u => 1 - u)).toBeLessThanOrEqual(2);
    expect(worst(logUnit, Math.log, u => 2 ** Math.floor(-53 * u) * (1 - u / 2))).toBeLessThanOrEqual(2);
    expect(worst(logUnit, Math.log, u => 1 - u * 2 ** -20)).toBeLessThanOrEqual(2);
  });
  it('sinTurn and cosTurn are within 2 ulp of Math.sin and Math.cos', () => {
    const angle = (u: number): number => 6.283185307179586 * u;
    expect(worst(sinTurn, Math.sin, angle)).toBeLessThanOrEqual(2);
    expect(worst(cosTurn, Math.cos, angle)).toBeLessThanOrEqual(2);
    for (let q = 0; q <= 4; q++) {
      const near = (u: number): number => Math.max(0, Math.min(6.283185307179586, (q * Math.PI) / 2 + (u - 0.5) * 1e-9));
      expect(worst(sinTurn, Math.sin, near)).toBeLessThanOrEqual(2);
      expect(worst(cosTurn, Math.cos, near)).toBeLessThanOrEqual(2);
    }
  });
});
