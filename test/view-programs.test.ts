/**
 * 400 random programs of views, writes in place and operations (fixtures/make-view-programs.py): shapes, leaves, refusals, values
 * and gradients are PyTorch's.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as torch from 'flambeau';
import { Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

interface Step {
  readonly code: string;
  readonly name?: string;
  /** Runs in noGrad. */
  readonly quiet?: true;
  readonly fails?: true;
  /** Shape, offset, requiresGrad and isLeaf of the result, where PyTorch's statement has one. */
  readonly is?: readonly [readonly number[], number, boolean, boolean];
}
interface Program {
  readonly steps: readonly Step[];
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly leaves?: readonly string[];
  readonly outputs?: readonly string[];
  readonly gradients?: readonly (readonly number[] | null)[];
}

const PROGRAMS = JSON.parse(readFileSync(new URL('reference/view-programs.json', import.meta.url), 'utf8')) as Program[];
const TOLERANCE = 1e-8;

type Scope = Record<string, Tensor>;
const evaluate = (code: string, scope: Scope): unknown =>
  (new Function('torch', ...Object.keys(scope), `return ${code};`) as (...args: unknown[]) => unknown)(torch, ...Object.values(scope));

function expectClose(got: Tensor, expected: readonly number[], what: string): void {
  const numbers = got.detach().flatten().tolist() as number[];
  const far = numbers.findIndex((value, i) => !(Math.abs(value - expected[i]) <= TOLERANCE * (1 + Math.abs(expected[i]))));
  expect([numbers.length, far, numbers[far]], what).toEqual([expected.length, -1, undefined]);
}

function run({ steps, values, leaves, outputs, gradients }: Program): void {
  const scope: Scope = {}, text = steps.map(({ code, quiet }) => code + (quiet ? ' // noGrad' : '')).join('\n');
  for (const { code, name, quiet, fails, is } of steps) {
    const step = (): unknown => (quiet ? torch.noGrad(() => evaluate(code, scope)) : evaluate(code, scope));
    if (fails) {
      expect(step, `${text}\n=> ${code} must be refused`).toThrow();
      continue;
    }
    const result = step() as Tensor;
    if (is !== undefined) expect([result.shape, result.storageOffset(), result.requiresGrad, result.isLeaf], `${text}\n=> ${code}`).toEqual(is);
    if (name !== undefined) scope[name] = result;
  }
  for (const [name, expected] of Object.entries(values)) expectClose(scope[name], expected, `${text}\n=> ${name}`);
  if (leaves === undefined || outputs === undefined || gradients === undefined) return;
  const loss = outputs.map((name, k) => scope[name].mul(k + 1).cos().sum()).reduce((sum, term) => sum.add(term));
  torch.autograd.grad(loss, leaves.map((name) => scope[name]), { allowUnused: true }).forEach((gradient, k) => {
    const expected = gradients[k], what = `${text}\n=> gradient of ${leaves[k]}`;
    if (expected === null || gradient === null) expect([gradient, expected], what).toEqual([null, null]);
    else expectClose(gradient, expected, what);
  });
}

onBackends(() => {
  test('random programs of views and writes in place do what PyTorch\'s do', () => PROGRAMS.forEach(run));
});
