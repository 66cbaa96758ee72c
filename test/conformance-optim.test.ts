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
  readonly steps: readonly { readonly loss: number; readonly grads?: readonly TensorJson[]; readonly closure_calls?: number; readonly params: readonly TensorJson[] }[];
  readonly state?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly param_groups?: readonly Readonly<Record<string, unknown>>[];
}

interface OptimizerFile {
  readonly optimizer: string;
  readonly tolerance: Readonly<Record<string, Tolerance>>;
  readonly cases: readonly Case[];
  readonly errors: readonly { readonly desc: string; readonly params: readonly TensorJson[]; readonly kwargs: Readonly<Record<string, unknown>> }[];
}

/** PyTorch keeps an option that the optimizer does not know in the group, without effect; here it is refused. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = { 'torch.optim.Rprop': 'weight_decay' };

type AnyOptimizer = new (params: readonly unknown[], options: Readonly<Record<string, unknown>>) => optim.Optimizer;
const named = (name: string): AnyOptimizer => (optim as unknown as Readonly<Record<string, AnyOptimizer>>)[name.replace('torch.optim.', '')];

function build(name: string, { kwargs, lr_is_tensor: lrIsTensor, groups }: Pick<Case, 'kwargs' | 'lr_is_tensor' | 'groups'>, params: readonly torch.Tensor[]): optim.Optimizer {
  const options = decodeOptions(kwargs, []);
  if (lrIsTensor) options.lr = torch.tensor(options.lr as number);
  const list = groups === undefined ? params : groups.map(({ params: members, [WITHOUT_EFFECT[name] ?? '']: ignored, ...own }) => {
    if (ignored !== undefined) expect(() => new (named(name))([{ params: [], [camel(WITHOUT_EFFECT[name])]: ignored }], {})).toThrow(/is unknown/);
    return { params: members.map((i) => params[i]), ...decodeOptions(own, []) };
  });
  return new (named(name))(list, options);
}

const leaves = (tensors: readonly TensorJson[]): torch.Tensor[] => tensors.map((json) => makeTensor({ ...json, requires_grad: true }));

const files = readdirSync(new URL('./conformance/optim', import.meta.url)).map((name) => readJson<OptimizerFile>(`conformance/optim/${name}`));

onBackends(() => {
  describe.each(files.map((file) => [file.optimizer, file] as const))('%s steps as PyTorch', (name, { tolerance, cases, errors }) => {
    const recorded = cases.filter((one) => one.steps[0].grads !== undefined);
    test.each(recorded.map((one) => [`${one.desc} ${JSON.stringify(one.kwargs)} ${one.dtype}`, one] as const))('with recorded gradients: %s', (_, one) => {
      const params = leaves(one.params);
      const optimizer = build(name, one, params);
      for (const [s, step] of one.steps.entries()) {
        params.forEach((p, i) => { p.grad = makeTensor(step.grads![i]); });
        optimizer.step();
        params.forEach((p, i) => expectTensor(p, step.params[i], tolerance, 1, `step ${s}, parameter ${i}`));
      }
      expectState(name, optimizer, one, tolerance);
    });

    test.each(cases.map((one) => [`${one.desc} ${JSON.stringify(one.kwargs)} ${one.dtype}`, one] as const))('with its own gradients: %s', (_, one) => {
      const params = leaves(one.params), X = makeTensor(one.X), Y = makeTensor(one.Y);
      const optimizer = build(name, one, params);
      for (const [s, step] of one.steps.entries()) {
        let calls = 0;
        const loss = optimizer.step(() => {
          calls++;
          optimizer.zeroGrad();
          const hidden = torch.tanh(X.matmul(params[0]));
          const value = (one.problem === 'mse_tanh' ? hidden.add(params[1]) : hidden.matmul(params[1])).sub(Y).square().sum().div(6);
          value.backward();
          return value;
        });
        expect(Math.abs(loss.item() - step.loss)).toBeLessThan(1e-4 * Math.abs(step.loss));
        expect(calls).toBe(step.closure_calls ?? 1);
        if (step.grads === undefined) params.forEach((p, i) => expectTensor(p, step.params[i], tolerance, 1, `step ${s}, parameter ${i}`));
      }
    });

    test.each(errors.map((error) => [error.desc, error] as const))('refuses: %s', (_, error) => {
      expect(() => build(name, { kwargs: error.kwargs, lr_is_tensor: false }, leaves(error.params))).toThrow(/must be|needs/);
    });

    test('goes on from a state dict as if it had not stopped', () => {
      for (const one of recorded) {
        const params = leaves(one.params), middle = Math.floor(one.steps.length / 2);
        let optimizer = build(name, one, params);
        for (const [s, step] of one.steps.entries()) {
          if (s === middle) {
            const saved = optimizer.stateDict();
            optimizer = build(name, one, params);
            optimizer.loadStateDict(saved);
          }
          params.forEach((p, i) => { p.grad = makeTensor(step.grads![i]); });
          optimizer.step();
        }
        params.forEach((p, i) => expectTensor(p, one.steps[one.steps.length - 1].params[i], tolerance, 1, `parameter ${i}`));
      }
    });
  });
});

function expectState(name: string, optimizer: optim.Optimizer, one: Case, tolerance: Readonly<Record<string, Tolerance>>): void {
  const { state, param_groups: groups } = optimizer.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(one.state!));
  for (const [key, expected] of Object.entries(one.state!)) {
    expect(Object.keys(state[Number(key)]).sort()).toEqual(Object.keys(expected).sort());
    for (const [entry, value] of Object.entries(expected)) expectTensor(state[Number(key)][entry] as torch.Tensor, (value as { readonly tensor: TensorJson }).tensor, tolerance, 1, `state ${entry}`);
  }
  groups.forEach((group, g) => {
    for (const [option, value] of Object.entries(one.param_groups![g])) {
      if (option === WITHOUT_EFFECT[name]) continue;
      const expected = decode(value, []);
      const plain = (x: unknown): unknown => (x instanceof torch.Tensor ? Math.fround(x.item()) : x);
      if (option === 'lr' && one.lr_is_tensor) expect(plain(group[option])).toBeCloseTo(plain(expected) as number, 9);
      else expect(group[option], option).toEqual(Array.isArray(expected) ? [...expected] : expected);
    }
  });
}

interface Nested {
  readonly scheduler: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

interface ScheduleCase {
  readonly scheduler: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly optimizer: string;
  readonly optimizer_kwargs: Readonly<Record<string, unknown>>;
  readonly initial_lr: readonly number[];
  readonly metrics?: readonly number[];
  readonly rows: readonly { readonly lr: readonly number[]; readonly momentum?: readonly number[] }[];
}

const LAMBDAS: Readonly<Record<string, (epoch: number) => number>> = {
  lambda_pow95: (e) => 0.95 ** e,
  lambda_inv: (e) => 1 / (1 + e),
  lambda_const9: () => 0.9,
  lambda_warmup5: (e) => Math.min(1, (e + 1) / 5),
};

type AnyScheduler = new (...args: readonly unknown[]) => optim.lrScheduler.LRScheduler;
const schedulers = optim.lrScheduler as unknown as Readonly<Record<string, AnyScheduler>>;
type MomentumGroup = optim.Group<{ lr: number }> & { readonly momentum?: number; readonly betas?: readonly [number, number] };

function schedule({ scheduler: name, kwargs }: Nested, optimizer: optim.Optimizer): optim.lrScheduler.LRScheduler {
  const { lr_lambda: lambda, schedulers: nested, ...rest } = kwargs, Class = schedulers[name.split('.').pop()!];
  const lookUp = (fn: unknown): unknown => (Array.isArray(fn) ? fn.map(lookUp) : LAMBDAS[fn as string]);
  const options = Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), decode(value, [])]));
  if (nested !== undefined) {
    const list = (nested as readonly Nested[]).map((one) => schedule(one, optimizer));
    return name.endsWith('ChainedScheduler') ? new Class(list, optimizer) : new Class(optimizer, list, options);
  }
  return lambda === undefined ? new Class(optimizer, options) : new Class(optimizer, lookUp(lambda), options);
}

describe('learning rate schedules', () => {
  const all = readJson<{ readonly cases: readonly ScheduleCase[] }>('conformance/lr_schedulers.json').cases;
  const start = (one: ScheduleCase): optim.Optimizer => {
    const groups = one.initial_lr.map((lr) => ({ params: [torch.zeros(1, { requiresGrad: true })], lr }));
    return new (named(one.optimizer))(groups, decodeOptions(one.optimizer_kwargs, []));
  };
  const close = (value: number, expected: number): void => expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  const compare = (optimizer: optim.Optimizer, row: ScheduleCase['rows'][number]): void => optimizer.paramGroups.forEach((group, g) => {
    close(group.lr as number, row.lr[g]);
    const { momentum, betas } = group as MomentumGroup;
    if (row.momentum !== undefined) close((momentum ?? betas?.[0])!, row.momentum[g]);
  });

  describe.each(all.map((one, i) => [`${i} ${one.scheduler.split('.').pop()} ${JSON.stringify(one.kwargs)}`, one] as const))('%s', (_, one) => {
    test('sets the recorded rates and momenta', () => {
      const optimizer = start(one), scheduler = schedule(one, optimizer);
      for (const [i, row] of one.rows.entries()) {
        if (i > 0) {
          optimizer.step();
          scheduler.step(one.metrics?.[i - 1]);
        }
        compare(optimizer, row);
        expect(i === 0 || scheduler.getLastLr().length === 2).toBe(true);
      }
    });

    test('goes on from its state as if it had not stopped', () => {
      let optimizer = start(one), scheduler = schedule(one, optimizer);
      for (const [i, row] of one.rows.entries()) {
        if (i > 0) scheduler.step(one.metrics?.[i - 1]);
        if (i === 9) {
          const saved = [optimizer.stateDict(), JSON.parse(JSON.stringify(scheduler.stateDict())) as Record<string, unknown>] as const;
          optimizer = start(one);
          scheduler = schedule(one, optimizer);
          optimizer.loadStateDict(saved[0]);
          scheduler.loadStateDict(saved[1]);
        }
        compare(optimizer, row);
      }
    });
  });
});
