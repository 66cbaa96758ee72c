/**
 * 250 sequences of random draws from one seed each (fixtures/make-random-draws.py), into row-major, transposed and sliced tensors: the
 * numbers are PyTorch's, and so is where the generator stands afterwards.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as torch from 'flambeau';
import { Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

interface Sequence {
  readonly seed: number;
  /** `values` are the last ones of the result. */
  readonly steps: readonly { readonly code: string; readonly values: readonly number[] }[];
}

const SEQUENCES = JSON.parse(readFileSync(new URL('reference/random-draws.json', import.meta.url), 'utf8')) as Sequence[];
const evaluate = (code: string): Tensor => (new Function('torch', 'nn', 'F', `return ${code};`) as (...of: readonly unknown[]) => Tensor)(torch, torch.nn, torch.nn.functional);
/** PyTorch's vectorized logarithms and cosines of float32 are right to some 1e-7. */
const TOLERANCE = 2e-6;

onBackends(() => {
  test('a seed gives PyTorch\'s numbers, whatever is drawn and however it lies in memory', () => {
    for (const { seed, steps } of SEQUENCES) {
      torch.manualSeed(seed);
      steps.forEach(({ code, values }, k) => {
        const drawn = (evaluate(code).double().flatten().tolist() as number[]).slice(values.length === 0 ? Infinity : -values.length);
        const far = values.findIndex((value, i) => !(Math.abs(drawn[i] - value) <= TOLERANCE * (1 + Math.abs(value))));
        expect([drawn.length, far, drawn[far]], `seed ${seed}\n${steps.slice(0, k + 1).map((step) => step.code).join('\n')}\n=> ${code}`).toEqual([values.length, -1, undefined]);
      });
    }
  });
});
