import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, type Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

class Net extends nn.Module {
  hidden = new nn.Linear(2, 3);
  scale = new nn.Parameter(torch.ones(1));
  out = new nn.Linear(3, 1, { bias: false });

  forward(x: torch.Tensor, negate = false): torch.Tensor {
    const y = this.out(this.hidden(x).relu()).mul(this.scale);
    return negate ? y.neg() : y;
  }
}

describe('a module', () => {
  test('is called as a function and may be called by forward', () => {
    const net = new Net(), x = torch.ones(4, 2);
    expect(net).toBeInstanceOf(Net);
    expect(net).toBeInstanceOf(nn.Module);
    expect(net(x).shape).toEqual([4, 1]);
    expect(net(x, true).equal(net.forward(x).neg())).toBe(true);
  });

  test('has its members in definition order', () => {
    const net = new Net();
    expect(net.namedParameters().map(([name]) => name)).toEqual(['scale', 'hidden.weight', 'hidden.bias', 'out.weight']);
    expect(Object.keys(net.stateDict())).toEqual(['scale', 'hidden.weight', 'hidden.bias', 'out.weight']);
    expect(net.namedModules().map(([name]) => name)).toEqual(['', 'hidden', 'out']);
    expect(net.namedChildren().map(([name]) => name)).toEqual(['hidden', 'out']);
  });

  test('may have members called name and length', () => {
    class Named extends nn.Module {
      override name = new nn.Linear(1, 1);
      override length = new nn.Parameter(torch.zeros(2));
      forward(x: torch.Tensor): torch.Tensor {
        return this.name(x);
      }
    }
    expect(new Named().namedParameters().map(([name]) => name)).toEqual(['length', 'name.weight', 'name.bias']);
  });

  test('gives what is shared once, and its state under every name', () => {
    const shared = new nn.Linear(2, 2);
    const model = new nn.Sequential(shared, new nn.ReLU(), shared);
    expect(model.parameters()).toHaveLength(2);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect(model(torch.ones(1, 2)).equal(shared(shared(torch.ones(1, 2)).relu()))).toBe(true);
  });

  test('switches all modules below between training and evaluation', () => {
    const model = new nn.Sequential(new nn.Dropout(0.9), new nn.Sequential(new nn.Dropout(0.9)));
    expect(model.eval()).toBe(model);
    expect(model.modules().map((module) => module.training)).toEqual([false, false, false, false]);
    const x = torch.ones(100);
    expect(model(x)).toBe(x);
    expect(model.train()(x).equal(x)).toBe(false);
  });

  test('prints as in PyTorch', () => {
    const model = new nn.Sequential({ first: new nn.Linear(2, 3), act: new nn.ReLU(), more: new nn.ModuleList([new nn.Tanh(), new nn.Tanh(), new nn.LeakyReLU(1)]) as unknown as nn.Module });
    const expected = `Sequential(
  (first): Linear(in_features=2, out_features=3, bias=True)
  (act): ReLU()
  (more): ModuleList(
    (0-1): 2 x Tanh()
    (2): LeakyReLU(negative_slope=1.0)
  )
)`;
    expect(model.toString()).toBe(expected);
    expect(inspect(model)).toBe(expected);
    expect(String(new nn.ReLU(true))).toBe('ReLU(inplace=True)');
  });

  test('keeps buffers in the state, unless they are not persistent', () => {
    const module = new nn.Flatten();
    module.registerBuffer('mean', torch.zeros(3));
    module.registerBuffer('cache', torch.zeros(3), { persistent: false });
    module.registerParameter('absent', null);
    expect(Object.keys(module.stateDict())).toEqual(['mean']);
    expect(module.namedBuffers().map(([name]) => name)).toEqual(['mean', 'cache']);
    expect(module.parameters()).toEqual([]);
  });

  test('casts in place, so that parameters keep their identity', () => {
    const net = new Net(), before = net.parameters();
    net.registerBuffer('count', torch.zeros(1, { dtype: 'int64' }));
    net(torch.ones(1, 2)).sum().backward();
    net.double();
    expect(net.parameters().every((p, i) => p === before[i] && p.dtype === 'float64' && p.grad?.dtype === 'float64')).toBe(true);
    expect(net.buffers()[0].dtype).toBe('int64');
    expect(net(torch.ones(1, 2, { dtype: 'float64' })).dtype).toBe('float64');
    expect(net.to('cpu').float().to({ dtype: 'float64' }).scale.dtype).toBe('float64');
  });

  test('runs hooks around forward until they are removed', () => {
    const linear = new nn.Linear(1, 1), seen: string[] = [];
    const before = linear.registerForwardPreHook((_, [x]) => {
      seen.push('before');
      return [(x as torch.Tensor).mul(2)];
    });
    const after = linear.registerForwardHook((module, args, output) => {
      seen.push(`after ${args.length}`);
      return module === linear ? (output as torch.Tensor).mul(0) : undefined;
    });
    expect(linear(torch.ones(1)).item()).toBe(0);
    after.remove();
    expect(linear(torch.ones(1)).equal(linear.forward(torch.tensor([2])))).toBe(true);
    before.remove();
    expect(linear(torch.ones(1)).equal(linear.forward(torch.ones(1)))).toBe(true);
    expect(seen).toEqual(['before', 'after 1', 'before']);
  });

  test('applies a function to every module, children first', () => {
    const names: string[] = [];
    new Net().apply((module) => names.push(module.constructor.name));
    expect(names).toEqual(['Linear', 'Linear', 'Net']);
  });

  test('finds members by dotted path', () => {
    const model = new nn.Sequential(new Net());
    expect(model.getSubmodule('0.hidden')).toBeInstanceOf(nn.Linear);
    expect(model.getParameter('0.hidden.weight').shape).toEqual([3, 2]);
    expect(() => model.getSubmodule('0.nothing')).toThrow(/has no module 'nothing'/);
    expect(() => model.getParameter('0.hidden')).toThrow(/is not a parameter/);
  });
});

describe('a state dict', () => {
  test('is copied into another model of the same shape', () => {
    const from = new Net(), into = new Net();
    expect(into.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(into(torch.ones(2, 2)).equal(from(torch.ones(2, 2)))).toBe(true);
    expect(into.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true);
  });

  test("says what it lacked and had too much, in PyTorch's words", () => {
    const layer = new nn.Linear(2, 2);
    expect(String(layer.loadStateDict(layer.stateDict()))).toBe('<All keys matched successfully>');
    expect(inspect(layer.loadStateDict(layer.stateDict()))).toBe('<All keys matched successfully>');
    expect(inspect(layer.loadStateDict({ weight: layer.weight, zz: layer.weight }, false))).toBe("_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['zz'])");
  });

  test('that does not fit is refused as a whole, with everything that is wrong', () => {
    const net = new Net(), before = net.scale.item();
    const state = { scale: torch.tensor([7]), 'hidden.weight': torch.zeros(1), extra: torch.zeros(1), 'out.weight': 3 as unknown as torch.Tensor };
    expect(() => net.loadStateDict(state)).toThrow(nn.StateDictError);
    try {
      net.loadStateDict(state);
    } catch (error) {
      expect(error).toMatchObject({ missingKeys: ['hidden.bias'], unexpectedKeys: ['extra'], mismatches: [expect.stringContaining('hidden.weight: shape [1]'), expect.stringContaining('out.weight: expected a Tensor')] });
    }
    expect(net.scale.item()).toBe(before);
  });

  test('may be partial when it is not strict, but its shapes must fit', () => {
    const net = new Net();
    expect(net.loadStateDict({ scale: torch.tensor([7]), extra: torch.zeros(1) }, { strict: false })).toEqual({ missingKeys: ['hidden.weight', 'hidden.bias', 'out.weight'], unexpectedKeys: ['extra'] });
    expect(net.scale.item()).toBe(7);
    expect(() => net.loadStateDict({ scale: torch.zeros(2) }, false)).toThrow(/scale: shape \[2\]/);
    expect(() => net.loadStateDict(null as unknown as nn.StateDict)).toThrow(/must be an object/);
  });
});

describe('containers', () => {
  test('Sequential takes modules, an array, or names', () => {
    const layers = [new nn.Linear(1, 1), new nn.Sigmoid()];
    expect(new nn.Sequential(...layers).length).toBe(2);
    expect(new nn.Sequential(layers).at(-1)).toBe(layers[1]);
    expect(Object.keys(new nn.Sequential({ lin: layers[0] }).stateDict())).toEqual(['lin.weight', 'lin.bias']);
    expect(new nn.Sequential(...layers)[0]).toBe(layers[0]);
    expect([...new nn.Sequential(layers)]).toEqual(layers);
    expect(() => new nn.Sequential(1 as unknown as nn.Module)).toThrow(/must be an nn.Module, got 1/);
    expect(() => new nn.Sequential(layers).at(2)).toThrow(torch.IndexRangeError);
  });

  test('Sequential answers positions whatever the names of its modules are', () => {
    const [a, b, c] = [new nn.Linear(1, 1), new nn.ReLU(), new nn.Tanh()];
    const model = new nn.Sequential(a);
    model.addModule('relu_1', b);
    model.addModule('tanh_1', c);
    expect([model[0], model[1], model[2], model[3]]).toEqual([a, b, c, undefined]);
    model[1] = c;
    expect(model.namedChildren().map(([name]) => name)).toEqual(['0', 'relu_1']);
    expect([...model]).toEqual([a, c, c]);
    expect(Object.keys(model.deepCopy())).toEqual(Object.keys(model));
    expect(new nn.Sequential(b, c).append(a)[2]).toBe(a);
  });

  test('a module of any class is called with anything, and its hooks may name the types of what it takes and gives', () => {
    const seen: Tensor[] = [];
    const evaluate = (model: nn.Module, x: Tensor): Tensor => model(x).sum();
    const layer = new nn.Linear(2, 2);
    layer.registerForwardHook((_module: nn.Linear, _args: readonly [Tensor], output: Tensor) => void seen.push(output));
    expect(evaluate(layer, torch.ones(1, 2)).shape).toEqual([]);
    expect(seen[0].shape).toEqual([1, 2]);
  });

  test('Sequential and ModuleList are changed in the middle, and sliced', () => {
    const [a, b, c, d] = [new nn.Linear(1, 1), new nn.ReLU(), new nn.Tanh(), new nn.Linear(1, 1)];
    const model = new nn.Sequential(a, d).insert(1, b).insert(-1, c);
    expect([...model]).toEqual([a, b, c, d]);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '3.weight', '3.bias']);
    // As in PyTorch a part keeps the names of its modules.
    expect(Object.keys(model.slice(-2).stateDict())).toEqual(['3.weight', '3.bias']);
    expect(model.slice(0, 2)[0]).toBe(a);
    expect(model.pop(0)).toBe(a);
    expect([...model.extend([a])]).toEqual([b, c, d, a]);
    expect(Object.keys(model.stateDict())).toEqual(['2.weight', '2.bias', '3.weight', '3.bias']);
    expect(() => model.insert(5, a)).toThrow(torch.IndexRangeError);
    expect(() => model.pop(4)).toThrow(torch.IndexRangeError);
    expect(() => model.insert(0, null as unknown as nn.Module)).toThrow(/must be an nn.Module/);
    const list = new nn.ModuleList([b, c]);
    list.insert(0, a);
    expect([list.pop(-1), ...list.slice(1), list.length]).toEqual([c, b, 2]);
  });

  test('what an object names is a member that TypeScript knows', () => {
    const gpt = new nn.ModuleDict({ wte: new nn.Embedding(5, 4), h: new nn.ModuleList([new nn.Linear(4, 4)]) });
    const head = new nn.Linear(4, 5, { bias: false });
    gpt.wte.weight = head.weight;
    expect(gpt.wte.weight.shape).toEqual([5, 4]);
    expect([...gpt.h].map((block) => block(torch.zeros(1, 4)).shape)).toEqual([[1, 4]]);
    // @ts-expect-error there is no such member
    expect(gpt.wpe).toBeUndefined();
    const chain = new nn.Sequential({ hidden: new nn.Linear(3, 2), act: new nn.ReLU() });
    expect([chain.hidden.outFeatures, chain(torch.zeros(1, 3)).shape]).toEqual([2, [1, 2]]);
    const scales = new nn.ParameterDict({ left: torch.ones(2) });
    expect([scales.left instanceof nn.Parameter, scales.left.shape]).toEqual([true, [2]]);
    const keys: string[] = ['a', 'b'], unknown = new nn.ModuleDict(Object.fromEntries(keys.map((key) => [key, new nn.Linear(1, 1)])));
    expect(unknown.get('b').inFeatures).toBe(1);
    class Heads extends nn.ModuleDict<nn.Linear> {
      forward(x: torch.Tensor): torch.Tensor { return this.values().reduce((sum, layer) => sum.add(layer(x)), torch.zeros(1)); }
    }
    const heads = new Heads({ a: new nn.Linear(2, 1), b: new nn.Linear(2, 1) });
    expect([heads(torch.zeros(1, 2)).shape, heads instanceof nn.ModuleDict, String(heads).split('(')[0]]).toEqual([[1, 1], true, 'Heads']);
  });

  test('a module needs no forward where only its other methods are called', () => {
    class Agent extends nn.Module {
      critic = new nn.Linear(4, 1);
      value(x: torch.Tensor): torch.Tensor { return this.critic(x); }
    }
    const agent = new Agent();
    expect([agent.value(torch.zeros(2, 4)).shape, agent.parameters().length]).toEqual([[2, 1], 2]);
    expect(() => agent(torch.zeros(2, 4))).toThrow(/^Agent: forward does not exist/);
    const bare = new nn.Module();
    bare.registerBuffer('steps', torch.zeros(1));
    expect(Object.keys(bare.stateDict())).toEqual(['steps']);
  });

  test('a state dict of before batches were counted fits, as in PyTorch where it has no version', () => {
    const norm = new nn.BatchNorm1d(2), state = norm.stateDict();
    delete state.num_batches_tracked;
    state.running_mean = torch.ones(2);
    norm(torch.ones(3, 2));
    expect(norm.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect([norm.num_batches_tracked!.item(), norm.running_mean!.tolist()]).toEqual([1, [1, 1]]);
    delete state.running_var;
    expect(() => norm.loadStateDict(state)).toThrow(/missing keys: running_var$/);
  });

  test('ModuleList and ModuleDict hold modules', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 2), new nn.Linear(2, 3)]);
    list.insert(1, new nn.Linear(2, 2));
    expect(list.length).toBe(3);
    expect([...list].reduce((x, layer) => layer(x), torch.ones(1, 1)).shape).toEqual([1, 3]);
    const dict = new nn.ModuleDict({ a: new nn.ReLU(), b: new nn.Tanh() });
    expect(dict.get('b')(torch.zeros(1)).item()).toBe(0);
    expect(dict.keys()).toEqual(['a', 'b']);
    expect(() => dict.get('c')).toThrow(/'c' is not there; there are a, b/);
    expect(() => dict.set('apply', new nn.ReLU())).toThrow(/already an attribute/);
    expect(() => dict.set('a.b', new nn.ReLU())).toThrow(/without '\.'/);
    expect(() => (list as unknown as () => void)()).toThrow(/call the modules it holds/);
  });

  test('ParameterList and ParameterDict hold parameters', () => {
    const list = new nn.ParameterList([torch.zeros(2), new nn.Parameter(torch.ones(1))]);
    expect(list.length).toBe(2);
    expect([...list].every((p) => p instanceof nn.Parameter && p.requiresGrad)).toBe(true);
    expect(list.toString()).toBe('ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2]\n    (1): Parameter containing: [torch.float32 of size 1]\n)');
    const dict = new nn.ParameterDict({ w: torch.zeros(2, 3) });
    expect(dict.get('w').shape).toEqual([2, 3]);
    expect(Object.keys(dict.stateDict())).toEqual(['w']);
    expect(dict.toString()).toBe('ParameterDict(  (w): Parameter containing: [torch.FloatTensor of size 2x3])');
  });
});

onBackends(() => {
  test('a parameter is a tensor whose results are plain tensors', () => {
    const p = new nn.Parameter(torch.ones(2, 2));
    expect(p).toBeInstanceOf(torch.Tensor);
    expect(p.mul(2)).not.toBeInstanceOf(nn.Parameter);
    expect(p.view(4)).not.toBeInstanceOf(nn.Parameter);
    expect(p.detach()).not.toBeInstanceOf(nn.Parameter);
    p.sum().backward();
    expect(p.grad).not.toBeInstanceOf(nn.Parameter);
    expect(new nn.Parameter(torch.ones(1), false).requiresGrad).toBe(false);
    expect(new nn.Parameter(torch.ones(1), { requiresGrad: false }).requiresGrad).toBe(false);
    expect(String(p)).toMatch(/^Parameter containing:\ntensor\(/);
  });

  test('dropout scales what it keeps, and repeats for a seed', () => {
    const x = torch.ones(10_000);
    torch.manualSeed(1);
    const once = nn.functional.dropout(x, 0.25);
    torch.manualSeed(1);
    expect(nn.functional.dropout(x, { p: 0.25 }).equal(once)).toBe(true);
    expect(once.mean().item()).toBeCloseTo(1, 1);
    expect(new Set(once.tolist() as number[])).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(nn.functional.dropout(x, 1).sum().item()).toBe(0);
    expect(nn.functional.dropout(x, 0.5, false)).toBe(x);
    const y = torch.ones(8);
    expect(nn.functional.dropout(y, 0.5, true, true)).toBe(y);
  });

  test('inplace activations write their input', () => {
    const x = torch.tensor([-1, 2]);
    expect(new nn.ReLU({ inplace: true })(x)).toBe(x);
    expect(x.tolist()).toEqual([0, 2]);
    expect(nn.functional.elu(x, { alpha: 2 }) === x).toBe(false);
  });

  test('second derivatives of the losses agree with finite differences', () => {
    torch.manualSeed(0);
    const target = torch.tensor([2, 0, 1]).long();
    const cases: ((x: torch.Tensor) => torch.Tensor)[] = [
      (x) => nn.functional.crossEntropy(x, target),
      (x) => nn.functional.crossEntropy(x, target, { labelSmoothing: 0.1, weight: torch.tensor([1, 2, 3]).double() }),
      (x) => nn.functional.binaryCrossEntropy(x.sigmoid(), torch.full([3, 4], 0.3, { dtype: 'float64' })),
      (x) => nn.functional.binaryCrossEntropyWithLogits(x, torch.full([3, 4], 0.3, { dtype: 'float64' })),
      (x) => nn.functional.huberLoss(x, torch.zeros([3, 4], { dtype: 'float64' }), { delta: 0.5 }),
    ];
    for (const [i, loss] of cases.entries()) {
      const x = torch.randn(3, i === 1 ? 3 : 4, { dtype: 'float64', requiresGrad: true });
      expect(torch.autograd.gradcheck(loss, [x])).toBe(true);
      expect(torch.autograd.gradgradcheck(loss, [x])).toBe(true);
    }
  });

  test('an LSTM takes its state and no batch', () => {
    const lstm = new nn.LSTM(2, 3), x = torch.randn(4, 2);
    const [all, [h, c]] = lstm(x);
    expect([all.shape, h.shape, c.shape]).toEqual([[4, 3], [1, 3], [1, 3]]);
    const [first, state] = lstm(x.narrow(0, 0, 2));
    const [second] = lstm(x.narrow(0, 2, 2), state);
    expect(torch.cat([first, second]).allclose(all)).toBe(true);
    lstm(torch.randn(4, 5, 2))[0].sum().backward();
    expect(lstm.weight_hh_l0.grad?.shape).toEqual([12, 3]);
  });

  test('one-hot rows are int64', () => {
    const rows = nn.functional.oneHot(torch.tensor([1, 0]).long());
    expect([rows.dtype, rows.tolist()]).toEqual(['int64', [[0, 1], [1, 0]]]);
    expect(nn.functional.oneHot(torch.tensor([1]).long(), 3).tolist()).toEqual([[0, 1, 0]]);
  });
});

describe('embeddings that were learnt elsewhere', () => {
  const table = (): torch.Tensor => torch.tensor([[1, 2.3, 3], [4, 5.1, 6.3]]);

  test('are a layer that shares their memory and does not learn', () => {
    const given = table(), layer = nn.Embedding.fromPretrained(given);
    expect(layer(torch.tensor([1n])).equal(given.narrow(0, 1, 1))).toBe(true);
    expect([layer.numEmbeddings, layer.embeddingDim, layer.weight.requiresGrad]).toEqual([2, 3, false]);
    given.mul_(2);
    expect(layer.weight.equal(given)).toBe(true);
  });

  test('learn where freeze is false, but for the row of the padding', () => {
    const layer = nn.Embedding.fromPretrained(table(), { freeze: false, paddingIdx: 0 });
    layer(torch.tensor([0n, 1n, 1n])).sum().backward();
    expect(layer.weight.grad?.tolist()).toEqual([[0, 0, 0], [2, 2, 2]]);
    expect(layer.weight.select(0, 0).equal(table().select(0, 0))).toBe(true);
  });

  test('are bags with every option of theirs', () => {
    const layer = nn.EmbeddingBag.fromPretrained(table(), { mode: 'sum', freeze: false });
    expect(layer(torch.tensor([[0n, 1n]])).allclose(table().sum(0, true))).toBe(true);
    expect([layer.mode, layer.weight.requiresGrad]).toEqual(['sum', true]);
  });

  test('must be a matrix', () => {
    expect(() => nn.Embedding.fromPretrained(torch.ones(3))).toThrow('Embedding.fromPretrained: embeddings must have 2 dimensions, got shape [3]');
    expect(() => nn.EmbeddingBag.fromPretrained(torch.ones(3))).toThrow('EmbeddingBag.fromPretrained: embeddings must have 2 dimensions, got shape [3]');
  });
});

test('a script may ask for a device, and gets the CPU', () => {
  const device = torch.device(torch.cuda.isAvailable() ? 'cuda' : 'cpu');
  expect([device, torch.ones(1, { device }).to(device).device, torch.device('cpu', 0), torch.device('cpu:0')]).toEqual(['cpu', 'cpu', 'cpu', 'cpu']);
  expect(() => torch.device('cuda', 1)).toThrow(`device: type must be 'cpu', the only device, got "cuda", 1`);
});
