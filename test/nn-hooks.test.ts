/** Hooks of modules, with what PyTorch's give in the same places. */
import { expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

type Grads = nn.Gradients;
const shapes = (grads: Grads): (readonly number[] | null)[] => grads.map((grad) => grad?.shape ?? null);
const gradient = (x: Tensor): unknown => x.grad?.flatten().tolist();
const twice = (grads: Grads): Grads => grads.map((grad) => grad?.mul(2) ?? null);

/** Takes two tensors and a number, gives two tensors. */
class Pair extends nn.Module {
  forward(a: Tensor, b: Tensor, factor: number): Tensor[] {
    return [a.mul(b), b.mul(factor)];
  }
}

onBackends(() => {
  test('backward hooks see the gradients of arguments and outputs, outer modules first', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1)), log: unknown[] = [];
    for (const i of [0, 2]) model[i].registerFullBackwardHook((_, gradInput, gradOutput) => void log.push([i, shapes(gradInput), shapes(gradOutput)]));
    model[2].registerFullBackwardPreHook((_, gradOutput) => void log.push(['pre', shapes(gradOutput)]));
    const x = torch.ones(4, 2), run = model as unknown as (x: Tensor) => Tensor;
    run(x).sum().backward();
    // The input needs no gradient: the first layer's hook comes with those of its output.
    expect(log).toEqual([['pre', [[4, 1]]], [2, [[4, 3]], [[4, 1]]], [0, [null], [[4, 3]]]]);
    log.length = 0;
    run(x.requiresGrad_()).sum().backward();
    expect(log).toEqual([['pre', [[4, 1]]], [2, [[4, 3]], [[4, 1]]], [0, [[4, 2]], [[4, 3]]]]);
  });

  test('a forward hook gets the output as the layer types it', () => {
    const layer = new nn.Linear(2, 3), lstm = new nn.LSTM(2, 4), seen: unknown[] = [];
    layer.registerForwardHook((module, _, output) => void seen.push(module.outFeatures, output.detach().shape));
    lstm.registerForwardHook((_module, _args, [output]) => void seen.push(output instanceof torch.Tensor && output.shape));
    layer(torch.ones(5, 2));
    lstm(torch.ones(5, 1, 2));
    expect(seen).toEqual([3, [5, 3], [5, 1, 4]]);
  });

  test('what they return replaces the gradients', () => {
    const layer = new nn.Linear(2, 2), x = torch.ones(1, 2).requiresGrad_(), columns = layer.weight.sum(0).detach();
    const after = layer.registerFullBackwardHook((_, gradInput) => twice(gradInput));
    layer(x).sum().backward();
    expect([gradient(x), layer.bias?.grad?.tolist()]).toEqual([columns.mul(2).tolist(), [1, 1]]);
    after.remove();
    x.grad = null;
    layer.zeroGrad();
    layer.registerFullBackwardPreHook((_, gradOutput) => twice(gradOutput));
    layer(x).sum().backward();
    expect([gradient(x), layer.bias?.grad?.tolist()]).toEqual([columns.mul(2).tolist(), [2, 2]]);
  });

  test('with several arguments and outputs every one has its place', () => {
    const pair = new Pair(), seen: unknown[] = [], a = torch.tensor([3]).requiresGrad_(), b = torch.tensor([5]).requiresGrad_();
    pair.registerFullBackwardHook((_, gradInput, gradOutput) => void seen.push([gradInput.map((g) => g?.tolist() ?? null), gradOutput.map((g) => g?.tolist() ?? null)]));
    const [product, scaled] = pair(a, b, 7);
    product.sum().backward();
    pair(a, b, 7)[1].sum().backward();
    expect(seen).toEqual([[[[5], [3], null], [[1], null]], [[null, [7], null], [null, [1]]]]);
    expect([product.tolist(), scaled.tolist(), a.grad?.tolist(), b.grad?.tolist()]).toEqual([[15], [35], [5], [10]]);
    pair.registerFullBackwardHook(() => [null]);
    expect(() => pair(a, b, 7)[0].sum().backward()).toThrow('a backward hook must return 3 gradients, got 1');
  });

  test('second derivatives go through them, and without gradients they do not run', () => {
    const layer = new nn.Tanh(), x = torch.tensor(new Float64Array([0.3, -0.8])).requiresGrad_();
    let runs = 0;
    layer.registerFullBackwardHook((_, gradInput) => (runs++, twice(gradInput)));
    torch.noGrad(() => layer(x));
    const [first] = torch.autograd.grad(layer(x).sum(), [x], { createGraph: true });
    const [second] = torch.autograd.grad(first.sum(), [x]);
    const y = x.detach().tanh(), slope = y.square().neg().add(1);
    expect(runs).toBe(1);
    expect(first.detach().sub(slope.mul(2)).abs().max().item()).toBeLessThan(1e-12);
    expect(second.sub(y.mul(slope).mul(-4)).abs().max().item()).toBeLessThan(1e-12);
  });
});

test('hooks run in the order of their registration, prepended ones first, each of them once per registration', () => {
  const layer = new nn.Identity(), order: string[] = [], note = (name: string) => () => void order.push(name);
  const again = note('b');
  layer.registerForwardHook(note('a'));
  const handle = layer.registerForwardHook(again);
  layer.registerForwardHook(again, { prepend: true });
  layer.registerForwardPreHook(note('pre'));
  layer.registerForwardPreHook(note('first'), true);
  layer(torch.zeros(1));
  handle.remove();
  layer(torch.zeros(1));
  expect(order).toEqual(['first', 'pre', 'b', 'a', 'b', 'first', 'pre', 'b', 'a']);
  const copied = layer.deepCopy();
  layer.registerForwardHook(note('c'));
  order.length = 0;
  copied(torch.zeros(1));
  expect(order).toEqual(['first', 'pre', 'b', 'a']);
});

test('hooks of state dicts see every module with its prefix, and change what is saved and loaded', () => {
  const model = new nn.Sequential({ lin: new nn.Linear(1, 1), inner: new nn.Sequential(new nn.Linear(1, 1)) }), seen: unknown[] = [];
  model.registerStateDictPreHook((_, prefix, keepVars) => void seen.push(['before', prefix, keepVars]));
  model.getSubmodule('inner').registerStateDictPostHook((module, state, prefix) => {
    seen.push([module.constructor.name, prefix, Object.keys(state)]);
    state[`${prefix}renamed`] = state[`${prefix}0.weight`];
    delete state[`${prefix}0.weight`];
  });
  const state = model.stateDict({ prefix: 'net.' });
  expect(seen).toEqual([['before', 'net.', false], ['Sequential', 'net.inner.', ['net.lin.weight', 'net.lin.bias', 'net.inner.0.weight', 'net.inner.0.bias']]]);
  expect(Object.keys(state)).toEqual(['net.lin.weight', 'net.lin.bias', 'net.inner.0.bias', 'net.inner.renamed']);
  expect(model.stateDict({ keepVars: true })['lin.weight']).toBe(model.getParameter('lin.weight'));

  const saved = model.stateDict();
  expect(() => model.loadStateDict(saved)).toThrow(/missing keys: inner.0.weight\n {2}unexpected keys: inner.renamed/);
  model.getSubmodule('inner').registerLoadStateDictPreHook((_, given, prefix, strict) => {
    expect(strict).toBe(true);
    given[`${prefix}0.weight`] = given[`${prefix}renamed`];
    delete given[`${prefix}renamed`];
  });
  expect(model.loadStateDict(saved)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(Object.keys(saved)).toContain('inner.renamed');
  model.registerLoadStateDictPreHook((_, _given, _prefix, _strict, errors) => void errors.push('made by another version'));
  expect(() => model.loadStateDict(saved)).toThrow(/made by another version/);
});

test('a hook after loading may forgive keys; what it does not forgive is taken back', () => {
  const layer = new nn.Linear(1, 1), before = layer.weight.item();
  const handle = layer.registerLoadStateDictPostHook((_, report) => void report.missingKeys.splice(0));
  expect(layer.loadStateDict({ weight: torch.full([1, 1], 9) })).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(layer.weight.item()).toBe(9);
  handle.remove();
  layer.registerLoadStateDictPostHook(() => undefined);
  expect(() => layer.loadStateDict({ weight: torch.full([1, 1], before) })).toThrow(/missing keys: bias/);
  expect(layer.weight.item()).toBe(9);
});

test('getBuffer finds buffers by their dotted names', () => {
  const model = new nn.Sequential(new nn.BatchNorm1d(2));
  expect(model.getBuffer('0.running_var').tolist()).toEqual([1, 1]);
  expect(() => model.getBuffer('0.weight')).toThrow(torch.ArgumentError);
});
