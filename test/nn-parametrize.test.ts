/**
 * Parametrizations, their older forms by hooks, and skipInit. The numbers are PyTorch's, of test/fixtures/make-parametrize.py, from
 * the same seed through two steps of training: float32, but for the orthogonal maps float64 after the beginning.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { func, nn, optim } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { expectSame, opsOf } from './helpers/onnx-run.ts';

const { parametrize: P, parametrizations } = nn.utils;
type Tensor = torch.Tensor;
type Layer = nn.Module & { weight: Tensor; bias: Tensor | null; forward(x: Tensor): Tensor };

interface Case {
  readonly function: string;
  readonly layer: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly repr: string;
  readonly x: readonly number[];
  readonly xShape: readonly number[];
  readonly before: Recorded;
  readonly losses: readonly number[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
  readonly after: Recorded;
  readonly output: readonly number[];
  readonly removed: Recorded;
}
type Recorded = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;

const cases = JSON.parse(readFileSync(new URL('reference/parametrize.json', import.meta.url), 'utf8')) as readonly Case[];

const LAYERS: Readonly<Record<string, () => Layer>> = {
  linear: () => new nn.Linear(20, 17),
  square: () => new nn.Linear(4, 4),
  wide: () => new nn.Linear(5, 3),
  tall: () => new nn.Linear(3, 5),
  conv: () => new nn.Conv2d(2, 4, 3),
  transposed: () => new nn.ConvTranspose1d(3, 2, 3),
};
type Apply = (module: nn.Module, options: object) => Layer;
const FUNCTIONS: Readonly<Record<string, { readonly apply: Apply; readonly remove: (module: Layer, name: string) => void }>> = {
  weightNorm: { apply: parametrizations.weightNorm as Apply, remove: P.removeParametrizations },
  spectralNorm: { apply: parametrizations.spectralNorm as Apply, remove: P.removeParametrizations },
  orthogonal: { apply: parametrizations.orthogonal as Apply, remove: P.removeParametrizations },
  hookWeightNorm: { apply: nn.utils.weightNorm as Apply, remove: nn.utils.removeWeightNorm },
  hookSpectralNorm: { apply: nn.utils.spectralNorm as Apply, remove: nn.utils.removeSpectralNorm },
};
const camel = (options: object): object => Object.fromEntries(Object.entries(options).map(([key, value]) => [key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), value as unknown]));

function expectClose(got: ArrayLike<number>, want: readonly number[], what: string): void {
  expect(got.length, what).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i] - want[i]), `${what}[${i}]: ${got[i]}, PyTorch ${want[i]}`).toBeLessThanOrEqual(2e-5 * (1 + Math.abs(want[i])));
}
const numbers = (x: Tensor): number[] => Array.from(x.detach().toTypedArray() as Float32Array);

function expectState(module: nn.Module, want: Recorded, when: string): void {
  const state = module.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(want));
  for (const [name, { shape, values }] of Object.entries(want)) {
    expect(state[name].shape, name).toEqual(shape);
    expectClose(numbers(state[name]), values, `${when}, ${name}`);
  }
}

class Symmetric extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.triu().add(x.triu(1).mT);
  }
}
class Doubled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
  rightInverse(x: Tensor): Tensor {
    return x.div(2);
  }
}
class Sum extends nn.Module {
  forward(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
  rightInverse(x: Tensor): [Tensor, Tensor] {
    return [x.mul(0.25), x.mul(0.75)];
  }
}
class To extends nn.Module {
  readonly fn: (x: Tensor) => unknown;
  constructor(fn: (x: Tensor) => unknown) {
    super();
    this.fn = fn;
  }
  forward(x: Tensor): Tensor {
    return this.fn(x) as Tensor;
  }
}

onBackends(() => {
  test.each(cases.map((each) => [`${each.function} of ${each.layer} ${JSON.stringify(each.options)}`, each] as const))('%s trains as in PyTorch', (_name, each) => {
    torch.manualSeed(0);
    const { apply, remove } = FUNCTIONS[each.function];
    const layer = apply(LAYERS[each.layer](), camel(each.options));
    const x = torch.randn([...each.xShape]);
    expectClose(numbers(x), each.x, 'the next draw');
    expect(layer.toString()).toBe(each.repr);
    expectState(layer, each.before, 'at first');
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    const losses = [0, 1].map(() => {
      optimizer.zeroGrad();
      const loss = layer(x).sin().sum();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    expectClose(losses, each.losses, 'losses');
    expect(layer.namedParameters().map(([name]) => name)).toEqual(Object.keys(each.grads));
    for (const [name, parameter] of layer.namedParameters()) expectClose(numbers(parameter.grad as Tensor), each.grads[name], `gradient of ${name}`);
    expectState(layer, each.after, 'after training');
    layer.eval();
    expectClose(numbers(layer(x)), each.output, 'output');
    remove(layer, (each.options.name ?? 'weight') as string);
    expectState(layer, each.removed, 'without it');
    expectClose(numbers(layer(x)), each.output, 'output without it');
  });

  test('gradients of weight norm and of the orthogonal maps are those of finite differences', () => {
    for (const [name, options] of [['weightNorm', {}], ['orthogonal', {}], ['orthogonal', { orthogonalMap: 'cayley' }], ['orthogonal', { orthogonalMap: 'householder', useTrivialization: false }]] as const) {
      torch.manualSeed(3);
      const layer = FUNCTIONS[name].apply(new nn.Linear(4, 4, { dtype: 'float64' }), options), x = torch.randn(2, 4, { dtype: 'float64' });
      const names = layer.namedParameters().map(([key]) => key);
      // The diagonal of the reflections' original holds signs, not numbers.
      const inputs = layer.parameters().map((p) => p.detach().clone().requiresGrad_());
      const run = (...values: readonly Tensor[]): Tensor => func.functionalCall(layer, Object.fromEntries(values.map((value, i) => [names[i], value])), x) as Tensor;
      if (JSON.stringify(options).includes('householder')) {
        const [g] = torch.autograd.grad(run(...inputs).sin().sum(), [inputs[1]]);
        for (const i of [4, 8, 9, 12, 14]) {
          const at = (by: number): number => {
            const moved = inputs[1].detach().clone();
            moved.view(-1).select(0, i).add_(by);
            return run(inputs[0].detach(), moved).sin().sum().item();
          };
          expect(g.view(-1).select(0, i).item()).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 7);
        }
      } else expect(torch.autograd.gradcheck(run, inputs), name).toBe(true);
    }
  });

  test('what is computed follows the original, and the original the gradient', () => {
    const layer = P.registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
    const { original } = layer.parametrizations.weight;
    expect(layer.weight.equal(layer.weight.mT)).toBe(true);
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['bias', 'parametrizations.weight.original']);
    layer.weight.sum().backward();
    expect((original.grad as Tensor).tolist()).toEqual([[1, 2, 2], [0, 1, 2], [0, 0, 1]]);
    torch.noGrad(() => original.fill_(7));
    expect(layer.weight.min().item()).toBe(7);
  });

  test('several apply one after the other, and an assignment undoes them all', () => {
    const layer = new nn.Linear(2, 2), before = layer.weight.detach().clone(), held = layer.weight;
    const twice = P.registerParametrization(layer, 'weight', new Doubled());
    expect(twice.parametrizations.weight.original).toBe(held);
    expect(layer.weight.allclose(before)).toBe(true);
    P.registerParametrization(layer, 'weight', new Doubled());
    expect(layer.weight.allclose(before.mul(2))).toBe(true);
    expect(twice.parametrizations.weight).toHaveLength(2);
    layer.weight = new nn.Parameter(torch.ones(2, 2));
    expect(held.tolist()).toEqual([[0.25, 0.25], [0.25, 0.25]]);
    expect(layer.weight.tolist()).toEqual([[1, 1], [1, 1]]);
  });

  test('an original of several tensors is made of new parameters', () => {
    const layer = P.registerParametrization(new nn.Linear(2, 2), 'weight', new Sum()), { weight: list } = layer.parametrizations;
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']);
    expect(list.original1.allclose(list.original0.mul(3))).toBe(true);
    expect(() => P.removeParametrizations(layer, 'weight', false)).toThrow("removeParametrizations: leaveParametrized must be true for 'weight', which is computed from 2 tensors");
    const value = layer.weight.detach();
    P.removeParametrizations(layer, 'weight');
    expect(layer.weight).toBeInstanceOf(nn.Parameter);
    expect(layer.weight.requiresGrad && layer.weight.isLeaf).toBe(true);
    expect(layer.weight.equal(value)).toBe(true);
  });

  test('buffers can be parametrized and stay buffers', () => {
    const layer = P.registerParametrization(new nn.BatchNorm1d(2), 'running_var', new Doubled());
    expect(layer.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'num_batches_tracked', 'parametrizations.running_var.original']);
    expect((layer.running_var as Tensor).tolist()).toEqual([1, 1]);
    expect(layer.parametrizations.running_var.original.tolist()).toEqual([0.5, 0.5]);
    P.removeParametrizations(layer, 'running_var', { leaveParametrized: false });
    expect((layer.running_var as Tensor).tolist()).toEqual([0.5, 0.5]);
    expect(layer.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'num_batches_tracked', 'running_var']);
  });

  test('the last removal restores the class, and the optimizer holds the same parameter', () => {
    const layer = new nn.Linear(3, 3), { weight } = layer;
    P.registerParametrization(layer, 'weight', new Symmetric());
    P.registerParametrization(layer, 'bias', new Doubled());
    expect([P.isParametrized(layer), P.isParametrized(layer, 'bias'), P.isParametrized(layer, 'other')]).toEqual([true, true, false]);
    expect(layer.constructor.name).toBe('ParametrizedLinear');
    expect(P.typeBeforeParametrizations(layer)).toBe(nn.Linear);
    const value = layer.weight.detach().clone();
    P.removeParametrizations(layer, 'weight');
    expect(layer.weight).toBe(weight);
    expect(weight.equal(value)).toBe(true);
    expect(P.isParametrized(layer, 'weight')).toBe(false);
    expect(layer.constructor.name).toBe('ParametrizedLinear');
    P.removeParametrizations(layer, 'bias');
    expect(layer.constructor).toBe(nn.Linear);
    expect(layer.toString()).toBe('Linear(in_features=3, out_features=3, bias=True)');
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
  });

  test('a copy is parametrized by itself', () => {
    const layer = parametrizations.spectralNorm(new nn.Linear(3, 3)), copy = layer.deepCopy();
    copy.eval();
    layer.eval();
    expect(copy.toString()).toBe(layer.toString());
    expect(copy.weight.equal(layer.weight)).toBe(true);
    torch.noGrad(() => copy.parametrizations.weight.original.mul_(torch.arange(9).view(3, 3)));
    expect(copy.weight.equal(layer.weight)).toBe(false);
    P.removeParametrizations(copy, 'weight');
    expect(copy.constructor).toBe(nn.Linear);
    expect(P.isParametrized(layer, 'weight')).toBe(true);
    expect(layer.weight.shape).toEqual([3, 3]);
  });

  test('a copy with a hook computes its own weight and loses the hook alone', () => {
    const layer = nn.utils.weightNorm(new nn.Linear(3, 2)) as nn.Linear & { weight_g: nn.Parameter }, copy = layer.deepCopy(), x = torch.ones(1, 3);
    torch.noGrad(() => copy.weight_g.mul_(2));
    expect(copy(x).sub(copy.bias as Tensor).allclose(layer(x).sub(layer.bias as Tensor).mul(2))).toBe(true);
    nn.utils.removeWeightNorm(copy);
    expect(Object.keys(copy.stateDict())).toEqual(['bias', 'weight']);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_g', 'weight_v']);
    expect(() => nn.utils.removeWeightNorm(copy)).toThrow(torch.ArgumentError);
  });

  test('conversion, modes and state dicts reach the originals', () => {
    torch.manualSeed(1);
    const model = new nn.Sequential(parametrizations.orthogonal(new nn.Linear(3, 3)), parametrizations.spectralNorm(new nn.Linear(3, 2)));
    const other = new nn.Sequential(parametrizations.orthogonal(new nn.Linear(3, 3)), parametrizations.spectralNorm(new nn.Linear(3, 2)));
    model.eval();
    other.eval();
    expect(other.modules().every((module) => !module.training)).toBe(true);
    const x = torch.randn(4, 3);
    other.loadStateDict(model.stateDict());
    expect(other(x).equal(model(x))).toBe(true);
    other.double();
    expect((other.at(0) as Layer).weight.dtype).toBe('float64');
    expect(other(x.double()).allclose(model(x).double(), { atol: 1e-6 })).toBe(true);
    expect(Object.keys(model.stateDict())).toEqual([
      '0.bias', '0.parametrizations.weight.original', '0.parametrizations.weight.0.base', '1.bias', '1.parametrizations.weight.original', '1.parametrizations.weight.0._u', '1.parametrizations.weight.0._v',
    ]);
  });

  test('the state dict of the older weight norm is read', () => {
    const old = nn.utils.weightNorm(new nn.Linear(3, 2)), layer = parametrizations.weightNorm(new nn.Linear(3, 2));
    layer.loadStateDict(old.stateDict());
    expect(layer.weight.allclose(old.weight)).toBe(true);
  });

  test('power iterations go on in training mode only', () => {
    const layer = parametrizations.spectralNorm(new nn.Linear(6, 5)), { _u: u } = layer.parametrizations.weight.at(0) as nn.Module & { _u: Tensor };
    layer.eval();
    const before = u.clone();
    void layer.weight;
    expect(u.equal(before)).toBe(true);
    layer.train();
    torch.noGrad(() => layer.parametrizations.weight.original.normal_());
    void layer.weight;
    expect(u.equal(before)).toBe(false);
    for (let i = 0; i < 200; i++) void layer.weight;
    expect(torch.linalg.matrixNorm(layer.weight, 2).item()).toBeCloseTo(1, 3);
  });

  test('cached computes once, until it ends or a value is assigned', () => {
    let count = 0;
    const layer = P.registerParametrization(new nn.Linear(2, 2), 'weight', new To((x) => (count++, x.mul(3))), { unsafe: true });
    const of = (fn: () => void): number => {
      const before = count;
      fn();
      return count - before;
    };
    expect(of(() => { void layer.weight; void layer.weight; })).toBe(2);
    expect(of(() => P.cached(() => { void layer.weight; P.cached(() => void layer.weight); void layer.weight; }))).toBe(1);
    expect(of(() => { using _scope = P.cached(); void layer.weight; void layer.weight; })).toBe(1);
    expect(of(() => P.cached(() => { torch.tidy(() => void layer.weight); expect(layer.weight.shape).toEqual([2, 2]); }))).toBe(2);
    const twice = P.registerParametrization(new nn.Linear(2, 2), 'weight', new Doubled());
    P.cached(() => {
      void twice.weight;
      twice.weight = new nn.Parameter(torch.zeros(2, 2));
      expect(twice.weight.tolist()).toEqual([[0, 0], [0, 0]]);
    });
    expect(() => P.cached(async () => undefined)).toThrow('cached: fn must be synchronous');
    expect(of(() => { void layer.weight; void layer.weight; })).toBe(2);
  });

  test('functionalCall, vmap and grad go through parametrizations', () => {
    const layer = P.registerParametrization(new nn.Linear(2, 2, { bias: false }), 'weight', new Doubled());
    const x = torch.tensor([[1, 2], [3, 4], [5, 6]]), state = { 'parametrizations.weight.original': torch.eye(2) };
    expect((func.functionalCall(layer, state, x) as Tensor).tolist()).toEqual([[2, 4], [6, 8], [10, 12]]);
    const gradient = func.grad((original: Tensor, row: Tensor) => (func.functionalCall(layer, { 'parametrizations.weight.original': original }, row) as Tensor).sum());
    expect((func.vmap(gradient, [null, 0])(torch.eye(2), x) as Tensor).tolist()).toEqual([[[2, 4], [2, 4]], [[6, 8], [6, 8]], [[10, 12], [10, 12]]]);
    const [params] = func.stackModuleState([layer, layer.deepCopy()]);
    expect(params['parametrizations.weight.original'].shape).toEqual([2, 2, 2]);
  });

  test('recurrent layers take parametrized weights', () => {
    torch.manualSeed(0);
    const plain = new nn.LSTM(3, 4), layer = P.registerParametrization(plain.deepCopy(), 'weight_hh_l0', new Doubled()), x = torch.randn(5, 2, 3);
    expect(layer(x)[0].allclose(plain(x)[0], { atol: 1e-6 })).toBe(true);
    P.cached(() => layer(x)[0].sum().backward());
    plain(x)[0].sum().backward();
    expect((layer.parametrizations.weight_hh_l0.original.grad as Tensor).allclose((plain.weight_hh_l0.grad as Tensor).mul(2), { atol: 1e-4 })).toBe(true);
  });

  test('tidy leaves what registrations and assignments put into the module', () => {
    const layer = torch.tidy(() => parametrizations.orthogonal(new nn.Linear(3, 3))), optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    torch.tidy(() => { layer.weight = new nn.Parameter(torch.eye(3)); });
    expect(layer.weight.allclose(torch.eye(3))).toBe(true);
    torch.tidy(() => {
      layer(torch.ones(1, 3)).sin().sum().backward();
      optimizer.step();
    });
    expect(layer.weight.allclose(torch.eye(3))).toBe(false);
    expect(layer.weight.mT.matmul(layer.weight).allclose(torch.eye(3), { atol: 1e-5 })).toBe(true);
  });

  test('parametrizations can be shared with another module', () => {
    const from = parametrizations.orthogonal(new nn.Linear(3, 3)), to = P.transferParametrizationsAndParams(from, new nn.Linear(3, 3)) as typeof from, value = from.weight.detach().clone();
    expect(to.parametrizations.weight.original).toBe(from.parametrizations.weight.original);
    expect(to.weight.equal(value)).toBe(true);
    expect(() => P.transferParametrizationsAndParams(from, to)).toThrow(torch.ArgumentError);
    expect(P.transferParametrizationsAndParams(new nn.Linear(1, 1), to)).toBe(to);
  });

  test('skipInit draws nothing and fills nothing', () => {
    torch.manualSeed(5);
    const want = torch.rand(3);
    torch.manualSeed(5);
    class Net extends nn.Module {
      layer = new nn.Linear(3, 3);
      noise = new nn.Parameter(torch.randn(4));
      forward(x: Tensor): Tensor {
        return this.layer(x);
      }
    }
    const layer = nn.utils.skipInit(nn.Linear, 5, 4, { bias: false }), net = nn.utils.skipInit(Net);
    expect(layer.weight.shape).toEqual([4, 5]);
    expect(layer.bias).toBeNull();
    expect(net.noise.shape).toEqual([4]);
    expect(torch.rand(3).equal(want)).toBe(true);
    // The initialisers work again.
    torch.manualSeed(5);
    const after = new nn.Linear(4, 3).weight;
    torch.manualSeed(5);
    expect(nn.init.uniform_(torch.empty(3, 4), -0.5, 0.5).equal(after)).toBe(true);
    expect(() => nn.utils.skipInit(nn.Linear, -1, 2)).toThrow(torch.ArgumentError);
    expect(nn.init.ones_(torch.empty(2)).tolist()).toEqual([1, 1]);
  });
});

test('an exported model has the parametrized weights as constants', async () => {
  const { weightNorm, spectralNorm, orthogonal } = parametrizations;
  const model = new nn.Sequential(weightNorm(new nn.Conv1d(1, 4, 3)), new nn.ReLU(), new nn.Flatten(), orthogonal(new nn.Linear(12, 8)), spectralNorm(new nn.Linear(8, 3))).eval();
  const program = await expectSame(model, [torch.randn(2, 1, 5)]);
  expect(opsOf(program)).toHaveLength(5);
});

describe('what cannot be', () => {
  const linear = (): nn.Linear => new nn.Linear(2, 3);

  test('names the tensors that there are', () => {
    expect(() => P.registerParametrization(linear(), 'wieght', new Doubled())).toThrow('registerParametrization: tensorName must be a parameter or a buffer of Linear, weight, bias; got "wieght"');
    expect(() => P.registerParametrization(new nn.ReLU(), 'weight', new Doubled())).toThrow('which has none');
    expect(() => P.removeParametrizations(linear(), 'weight')).toThrow('of which there are none');
    expect(() => parametrizations.weightNorm(linear(), 'x')).toThrow(torch.ArgumentError);
    expect(() => nn.utils.spectralNorm(linear(), 'x')).toThrow(torch.ArgumentError);
  });

  test('refuses other shapes, dtypes and values, and leaves the module as it was', () => {
    for (const [fn, error] of [
      [(x: Tensor) => x.narrow(0, 0, 1), torch.ShapeError], [(x: Tensor) => x.double(), torch.DTypeError], [() => 3, torch.ArgumentError],
    ] as const) {
      const layer = linear(), { weight } = layer, values = weight.tolist();
      expect(() => P.registerParametrization(layer, 'weight', new To(fn))).toThrow(error);
      expect(layer.weight).toBe(weight);
      expect(weight.tolist()).toEqual(values);
      expect(layer.constructor).toBe(nn.Linear);
      P.registerParametrization(layer, 'weight', new Doubled());
      expect(() => P.registerParametrization(layer, 'weight', new To(fn))).toThrow(error);
      expect(layer.weight.tolist()).toEqual(values);
    }
    const unsafe = P.registerParametrization(linear(), 'weight', new To((x) => x.narrow(0, 0, 1)), { unsafe: true });
    expect(unsafe.weight.shape).toEqual([1, 2]);
  });

  test('refuses assignments that cannot be undone', () => {
    const symmetric = P.registerParametrization(new nn.Linear(2, 2), 'weight', new Symmetric());
    expect(() => { symmetric.weight = new nn.Parameter(torch.ones(2, 2)); }).toThrow('rightInverse: value cannot be assigned: Symmetric has no rightInverse');
    expect(() => { (symmetric as unknown as { weight: unknown }).weight = 3; }).toThrow('rightInverse: value must be a Tensor, got 3');
    const doubled = P.registerParametrization(new nn.Linear(2, 2), 'weight', new Doubled());
    expect(() => { doubled.weight = new nn.Parameter(torch.ones(3, 2)); }).toThrow(torch.ShapeError);
    expect(() => { doubled.weight = new nn.Parameter(torch.ones(2, 2).double()); }).toThrow(torch.DTypeError);
    const exponential = parametrizations.orthogonal(new nn.Linear(2, 2), { useTrivialization: false });
    expect(() => { exponential.weight = new nn.Parameter(torch.eye(2)); }).toThrow('_Orthogonal has no rightInverse');
    expect(() => { parametrizations.orthogonal(linear()).weight = new nn.Parameter(torch.eye(2)); }).toThrow(torch.ShapeError);
  });

  test('refuses arguments that mean nothing', () => {
    expect(() => P.registerParametrization(3 as never, 'weight', new Doubled())).toThrow(torch.ArgumentError);
    expect(() => P.registerParametrization(linear(), 'weight', 3 as never)).toThrow(torch.ArgumentError);
    expect(() => P.registerParametrization(linear(), 'weight', new Doubled(), { safe: true } as never)).toThrow("option 'safe'");
    expect(() => parametrizations.spectralNorm(linear(), { nPowerIterations: 0 })).toThrow('spectralNorm: nPowerIterations must be at least 1, got 0');
    expect(() => parametrizations.spectralNorm(linear(), { dim: 2 })).toThrow(RangeError);
    expect(() => parametrizations.weightNorm(linear(), 'weight', 2)).toThrow(RangeError);
    expect(() => parametrizations.orthogonal(linear(), 'bias')).toThrow(torch.ShapeError);
    expect(() => parametrizations.orthogonal(linear(), 'weight', 'qr' as never)).toThrow("orthogonal: orthogonalMap must be one of 'matrix_exp', 'cayley', 'householder', got \"qr\"");
    expect(() => nn.utils.weightNorm(nn.utils.weightNorm(linear()))).toThrow('which has such a hook already');
    expect(() => nn.utils.skipInit(3 as never)).toThrow(torch.ArgumentError);
    expect(() => nn.utils.skipInit(torch.Tensor as never)).toThrow('skipInit: moduleClass must be a class of nn.Module');
  });
});
