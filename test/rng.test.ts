import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { getRngState, manualSeed, nn, randn, setBackend, setRngState, type Tensor } from 'flambeau';
import { BACKENDS } from './fixtures/backends.ts';
import { evaluatePython } from './helpers/python.ts';

interface Output {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
interface Case {
  readonly seed: number | string;
  readonly src: string;
  readonly outputs: readonly Output[];
}

// A seed near 2^63 must not lose its low bits on the way through JSON.
const text = readFileSync(new URL('./conformance/rng.json', import.meta.url), 'utf8').replace(/"seed": ?(-?\d{16,})/g, '"seed":"$1"');
const { cases } = JSON.parse(text) as { readonly cases: readonly Case[] };

/** Modules and data classes of later issues. */
const LATER = /nn\.(Conv\w*|MultiheadAttention|EmbeddingBag|PReLU|Bilinear|TransformerEncoderLayer)\(|torch\.utils\.data\./;
const now = cases.filter(({ src }) => !LATER.test(src)), later = cases.filter(({ src }) => LATER.test(src));

/** Where a JS number says less than Python's: 20. is a float there, and a tensor of an int is int64. */
const SPELLED: Readonly<Record<string, string>> = {
  'torch.arange(20.)': 'torch.arange(20, dtype=torch.float32)',
  'torch.tensor(torch.initial_seed())': 'torch.tensor(torch.initial_seed(), dtype=torch.int64)',
};
const spelled = (src: string): string => Object.entries(SPELLED).reduce((text, [python, ours]) => text.replace(python, ours), src);

const scope = { torch, nn, F: nn.functional, list: (items: Iterable<unknown>) => [...items] };

function numbers(x: Tensor): (number | bigint)[] {
  return x.dtype === 'int64' ? Array.from(x.contiguous().toTypedArray() as BigInt64Array) : (x.double().reshape(-1).tolist() as number[]);
}

const close = (a: number, e: number): boolean => a === e || Math.abs(a - e) <= 1e-6 + 1e-6 * Math.abs(e);

test('only cases of modules and data classes of later issues are left out', () => {
  expect(cases.length).toBe(169);
  expect(later.length).toBe(17);
});

describe.each(BACKENDS)("on the %s backend, PyTorch's numbers", (backend) => {
  beforeEach(() => setBackend(backend));

  test.each(now.map((row) => [String(row.seed), row.src, row] as const))('seed %s: %s', (_seed, _src, { seed, src, outputs }) => {
    manualSeed(BigInt(seed));
    const result = evaluatePython(spelled(src), scope);
    const tensors = (Array.isArray(result) ? result : [result]) as Tensor[];
    expect(tensors.length).toBe(outputs.length);
    outputs.forEach(({ dtype, shape, data }, k) => {
      const actual = tensors[k];
      expect([actual.dtype, actual.shape]).toEqual([dtype, shape]);
      numbers(actual).forEach((value, i) => {
        if (typeof value === 'bigint') expect(value, `element ${i}`).toBe(BigInt(data[i]));
        else if (!close(value, Number(data[i]))) expect(value, `element ${i} of output ${k}`).toBe(data[i]);
      });
    });
  });

  test('go on from a saved state, the cached normal included', () => {
    manualSeed(3);
    randn(3);
    const state = getRngState();
    const first = [randn(3).tolist(), randn(20).tolist()];
    setRngState(state);
    expect([randn(3).tolist(), randn(20).tolist()]).toEqual(first);
  });
});

test('both backends draw the same bits', () => {
  const draw = (backend: (typeof BACKENDS)[number]): unknown[] => {
    setBackend(backend);
    manualSeed(11);
    return [randn(5), randn(33), torch.rand(7), torch.randint(0, 2 ** 40, [5]), torch.randperm(9), torch.empty(6).exponential_(), torch.empty(4).bernoulli_(0.4)].map((x) => Array.from(x.toTypedArray() as Float32Array));
  };
  for (const backend of BACKENDS) expect(draw(backend)).toEqual(draw(BACKENDS[0]));
});
