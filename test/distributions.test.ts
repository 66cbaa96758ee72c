/** `flambeau/distributions` against numbers that PyTorch gave (test/fixtures/make-distributions.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import type { DType, Tensor } from 'flambeau';
import * as distributions from 'flambeau/distributions';
import type { Distribution } from 'flambeau/distributions';
import { onBackends } from './fixtures/backends.ts';

interface Recorded { readonly shape: readonly number[]; readonly values: readonly (number | string | boolean)[] }
type Parameters = Readonly<Record<string, never>>;
const METHODS = ['entropy', 'perplexity', 'enumerateSupport'] as const, PROPERTIES = ['mean', 'mode', 'variance', 'stddev'] as const;
type Family = { readonly [K in 'logProb' | 'cdf' | 'icdf' | (typeof METHODS)[number] | (typeof PROPERTIES)[number]]?: Recorded } & {
  readonly family: string; readonly dtype: DType; readonly parameters: Parameters; readonly value: never; readonly batchShape: number[]; readonly eventShape: number[];
};
interface Seed { readonly family: string; readonly dtype: DType; readonly parameters: Parameters; readonly sampleShape: number[]; readonly sample: Recorded; readonly next: number }
interface Kl { readonly p: string; readonly q: string; readonly parametersP: Parameters; readonly parametersQ: Parameters; readonly value: Recorded }
interface Gradient { readonly family: string; readonly seed: number; readonly parameters: Parameters; readonly sample: Recorded; readonly gradients: Readonly<Record<string, Recorded>> }
const recorded = JSON.parse(readFileSync(new URL('reference/distributions.json', import.meta.url), 'utf8')) as {
  readonly families: readonly Family[]; readonly seeds: readonly Seed[]; readonly kl: readonly Kl[]; readonly gradients: readonly Gradient[];
};

const CLASSES = distributions as unknown as Readonly<Record<string, new (options: object) => Distribution>>;
const tensorsOf = (parameters: Parameters, dtype: DType, requiresGrad = false): Record<string, Tensor | number> => Object.fromEntries(
  Object.entries(parameters).map(([name, value]) => [name, typeof value === 'number' ? value : torch.tensor(value, { dtype, requiresGrad })]));
const make = (family: string, parameters: Parameters, dtype: DType): Distribution => new CLASSES[family](tensorsOf(parameters, dtype));

const numberOf = (value: number | string | boolean): number => (value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value === 'nan' ? NaN : Number(value));
function expectClose(found: Tensor, { shape, values }: Recorded, tolerance: number, what: string): void {
  expect(found.shape, what).toEqual(shape);
  const numbers = Array.from(found.detach().to('float64').toTypedArray(), Number);
  numbers.forEach((x, i) => {
    const y = numberOf(values[i]);
    const near = Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    expect(near, `${what}[${i}] is ${x}, PyTorch's ${y}`).toBe(true);
  });
}
// PyTorch takes the logarithm of Multinomial's n! in float32, whatever the dtype, and VonMises' Bessel functions from float32 polynomials.
const toleranceOf = (family: string, dtype: DType): number => (dtype === 'float64' && !['Multinomial', 'VonMises'].includes(family) ? 1e-9 : 2e-5);

const title = ({ family, dtype, parameters }: { readonly family: string; readonly dtype: DType; readonly parameters: Parameters }): string => `${family}(${Object.keys(parameters).join(', ')}) ${dtype}`;

onBackends(() => {
  describe('a family has PyTorch\'s values', () => {
    test.each(recorded.families.map((each) => [title(each), each] as const))('%s', (_, each) => {
      const { dtype } = each, d = make(each.family, each.parameters, dtype), value = torch.tensor(each.value, { dtype });
      expect([d.batchShape, d.eventShape]).toEqual([each.batchShape, each.eventShape]);
      const quantiles = torch.tensor([0.1, 0.35, 0.8], { dtype });
      const at = (recordedValue: Recorded | undefined, name: string, compute: () => Tensor): void => {
        if (recordedValue === undefined) expect(compute, `${each.family}.${name}`).toThrow(distributions.NotImplementedError);
        else expectClose(compute(), recordedValue, toleranceOf(each.family, dtype), `${each.family}.${name}`);
      };
      at(each.logProb, 'logProb', () => d.logProb(value));
      at(each.cdf, 'cdf', () => d.cdf(value));
      at(each.icdf, 'icdf', () => d.icdf(quantiles));
      for (const name of METHODS) at(each[name], name, () => d[name]());
      for (const name of PROPERTIES) at(each[name], name, () => d[name]);
    });
  });

  describe('a seed gives PyTorch\'s samples', () => {
    test.each(recorded.seeds.map((each) => [`${title(each)} of sampleShape [${each.sampleShape.join(', ')}]`, each] as const))('%s', (_, each) => {
      const d = make(each.family, each.parameters, each.dtype);
      torch.manualSeed(7);
      const sample = d.sample(each.sampleShape);
      expectClose(sample, each.sample, each.dtype === 'float64' ? 1e-9 : 1e-4, each.family);
      expect(sample.requiresGrad).toBe(false);
      // And leaves the generator where PyTorch's is.
      expect(torch.rand(1).item()).toBe(each.next);
    });
  });

  test.each(recorded.kl.map((each) => [`${each.p} from ${each.q}: ${Object.keys(each.parametersP).join()} ${JSON.stringify(each.parametersP).length}`, each] as const))('KL of %s is PyTorch\'s', (_, each) => {
    const found = distributions.klDivergence(make(each.p, each.parametersP, 'float64'), make(each.q, each.parametersQ, 'float64'));
    expectClose(found, each.value, 1e-9, `${each.p} || ${each.q}`);
  });

  test.each(recorded.gradients)('samples of $family with seed $seed have PyTorch\'s gradients', (each) => {
    const parameters = tensorsOf(each.parameters, 'float64', true);
    torch.manualSeed(each.seed);
    const sample = new CLASSES[each.family](parameters).rsample([2]);
    expectClose(sample, each.sample, 1e-9, each.family);
    sample.mul(torch.arange(1, sample.numel() + 1).reshape([...sample.shape])).sum().backward();
    for (const [name, gradient] of Object.entries(each.gradients)) expectClose((parameters[name] as Tensor).grad as Tensor, gradient, 1e-8, name);
  });
});
