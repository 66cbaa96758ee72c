import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { optim } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { camel, decode, decodeOptions, expectTensor, makeTensor, readJson, type TensorJson, type Tolerance } from './fixtures/conformance.ts';

interface Case {
  readonly desc: string;
  readonly dtype: string;
  readonly problem: 'mse_tanh' | 'mse_tanh2';
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly lr_is_tensor: boolean;
  readonly groups?: readonly (Readonly<Record<string, unknown>> & { readonly params: readonly number[] })[];
  readonly params: readonly TensorJson[];
  readonly X: TensorJson;
  readonly Y: TensorJson;
  readonly steps: readonly { readonly loss: number; readonly grads: readonly TensorJson[]; readonly params: readonly TensorJson[] }[];
  readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
}

interface OptimizerFile {
  readonly optimizer: string;
  readonly tolerance: Readonly<Record<string, Tolerance>>;
  readonly cases: readonly Case[];
  readonly errors: readonly { readonly desc: string; readonly params: readonly TensorJson[]; readonly kwargs: Readonly<Record<string, unknown>> }[];
}

type AnyOptimizer = new (params: readonly unknown[], options: Readonly<Record<string, unknown>>) => optim.Optimizer;
const named = (name: string): AnyOptimizer => (optim as unknown as Readonly<Record<string, AnyOptimizer>>)[name.replace('torch.optim.', '')];

function build(name: string, { kwargs, lr_is_tensor: lrIsTensor, groups }: Pick<Case, 'kwargs' | 'lr_is_tensor' | 'groups'>, params: readonly torch.Tensor[]): optim.Optimizer {
  const options = decodeOptions(kwargs, []);
  if (lrIsTensor) options.lr = torch.tensor(options.lr as number);
  const list = groups === undefined ? params : groups.map(({ params: members, ...own }) => ({ params: members.map((i) => params[i]), ...decodeOptions(own, []) }));
  return new (named(name))(list, options);
}

const leaves = (tensors: readonly TensorJson[]): torch.Tensor[] => tensors.map((json) => makeTensor({ ...json, requires_grad: true }));

const files = readdirSync(new URL('./conformance/optim', import.meta.url)).map((name) => readJson<OptimizerFile>(`conformance/optim/${name}`));

onBackends(() => {
  describe.each(files.map((file) => [file.optimizer, file] as const))('%s steps as PyTorch', (name, { tolerance, cases, errors }) => {
    test.each(cases.map((one) => [`${one.desc} ${JSON.stringify(one.kwargs)} ${one.dtype}`, one] as const))('with recorded gradients: %s', (_, one) => {
      const params = leaves(one.params);
      const optimizer = build(name, one, params);
      for (const [s, step] of one.steps.entries()) {
        params.forEach((p, i) => { p.grad = makeTensor(step.grads[i]); });
        optimizer.step();
        params.forEach((p, i) => expectTensor(p, step.params[i], tolerance, 1, `step ${s}, parameter ${i}`));
      }
      expectState(optimizer, one, tolerance);
    });

    test.each(cases.filter((one) => one.problem === 'mse_tanh').map((one) => [`${one.desc} ${one.dtype}`, one] as const))('with its own gradients: %s', (_, one) => {
      const params = leaves(one.params), X = makeTensor(one.X), Y = makeTensor(one.Y);
      const optimizer = build(name, one, params);
      for (const step of one.steps) {
        const loss = optimizer.step(() => {
          optimizer.zeroGrad();
          const value = torch.tanh(X.matmul(params[0])).add(params[1]).sub(Y).square().sum().div(6);
          value.backward();
          return value;
        });
        expect(Math.abs(loss.item() - step.loss)).toBeLessThan(1e-4 * Math.abs(step.loss));
      }
    });

    test.each(errors.map((error) => [error.desc, error] as const))('refuses: %s', (_, error) => {
      expect(() => build(name, { kwargs: error.kwargs, lr_is_tensor: false }, leaves(error.params))).toThrow(/must be|needs/);
    });

    test('goes on from a state dict as if it had not stopped', () => {
      for (const one of cases) {
        const params = leaves(one.params), middle = Math.floor(one.steps.length / 2);
        let optimizer = build(name, one, params);
        for (const [s, step] of one.steps.entries()) {
          if (s === middle) {
            const saved = optimizer.stateDict();
            optimizer = build(name, one, params);
            optimizer.loadStateDict(saved);
          }
          params.forEach((p, i) => { p.grad = makeTensor(step.grads[i]); });
          optimizer.step();
        }
        params.forEach((p, i) => expectTensor(p, one.steps[one.steps.length - 1].params[i], tolerance, 1, `parameter ${i}`));
      }
    });
  });
});

function expectState(optimizer: optim.Optimizer, one: Case, tolerance: Readonly<Record<string, Tolerance>>): void {
  const { state, param_groups: groups } = optimizer.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(one.state));
  for (const [key, expected] of Object.entries(one.state)) {
    expect(Object.keys(state[Number(key)]).sort()).toEqual(Object.keys(expected).sort());
    for (const [entry, value] of Object.entries(expected)) expectTensor(state[Number(key)][entry], (value as { readonly tensor: TensorJson }).tensor, tolerance, 1, `state ${entry}`);
  }
  groups.forEach((group, g) => {
    for (const [option, value] of Object.entries(one.param_groups[g])) {
      const expected = decode(value, []);
      const plain = (x: unknown): unknown => (x instanceof torch.Tensor ? Math.fround(x.item()) : x);
      if (option === 'lr' && one.lr_is_tensor) expect(plain(group[option])).toBeCloseTo(plain(expected) as number, 9);
      else expect(group[option], option).toEqual(expected);
    }
  });
}

interface ScheduleCase {
  readonly scheduler: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly optimizer: string;
  readonly optimizer_kwargs: Readonly<Record<string, unknown>>;
  readonly initial_lr: readonly number[];
  readonly rows: readonly { readonly lr: readonly number[] }[];
}

const LAMBDAS: Readonly<Record<string, (epoch: number) => number>> = {
  lambda_pow95: (e) => 0.95 ** e,
  lambda_inv: (e) => 1 / (1 + e),
  lambda_const9: () => 0.9,
  lambda_warmup5: (e) => Math.min(1, (e + 1) / 5),
};

type AnyScheduler = new (optimizer: optim.Optimizer, ...args: readonly unknown[]) => { step(): void };
const schedulers = optim.lrScheduler as unknown as Readonly<Record<string, AnyScheduler>>;

describe('learning rate schedules', () => {
  const all = readJson<{ readonly cases: readonly ScheduleCase[] }>('conformance/lr_schedulers.json').cases;
  const known = all.filter(({ scheduler }) => scheduler.split('.').pop()! in schedulers);
  test.each(known.map((one, i) => [`${i} ${one.scheduler.split('.').pop()} ${JSON.stringify(one.kwargs)}`, one] as const))('%s', (_, one) => {
    const groups = one.initial_lr.map((lr) => ({ params: [torch.zeros(1, { requiresGrad: true })], lr }));
    const optimizer = new (named(one.optimizer))(groups, decodeOptions(one.optimizer_kwargs, []));
    const { lr_lambda: lambda, ...rest } = one.kwargs;
    const lookUp = (name: unknown): unknown => (Array.isArray(name) ? name.map(lookUp) : LAMBDAS[name as string]);
    const options = Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), decode(value, [])]));
    const Class = schedulers[one.scheduler.split('.').pop()!];
    const scheduler = lambda === undefined ? new Class(optimizer, options) : new Class(optimizer, lookUp(lambda), options);
    for (const [i, row] of one.rows.entries()) {
      if (i > 0) {
        optimizer.step();
        scheduler.step();
      }
      optimizer.paramGroups.forEach((group, g) => expect(Math.abs((group.lr as number) - row.lr[g])).toBeLessThanOrEqual(1e-12 * Math.abs(row.lr[g])));
    }
  });
});
