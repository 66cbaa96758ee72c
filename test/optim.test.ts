import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const leaf = (...values: number[]): torch.Tensor => torch.tensor(values, { requiresGrad: true });

function withGrad(p: torch.Tensor, value: number): torch.Tensor {
  p.grad = torch.full([...p.shape], value, { dtype: p.dtype });
  return p;
}

onBackends(() => {
  test('hyperparameters are memory: writing them changes the next step', () => {
    const p = leaf(1);
    const optimizer = new optim.SGD([p], { lr: 0.5 });
    withGrad(p, 1);
    optimizer.step();
    expect(p.item()).toBe(0.5);
    optimizer.paramGroups[0].lr = 0.25;
    expect(optimizer.paramGroups[0].lr).toBe(0.25);
    optimizer.step();
    expect(p.item()).toBe(0.25);
    const adam = new optim.Adam([p], 0.1, [0.8, 0.9]);
    adam.paramGroups[0].betas = [0.5, 0.6];
    adam.paramGroups[0].amsgrad = true;
    expect([adam.paramGroups[0].betas, adam.paramGroups[0].amsgrad]).toEqual([[0.5, 0.6], true]);
    expect(() => { (adam.paramGroups[0] as { amsgrad: unknown }).amsgrad = 1; }).toThrow(/amsgrad must be a boolean/);
    expect(() => { (adam.paramGroups[0] as { betas: unknown }).betas = [1]; }).toThrow(/betas must be two numbers/);
    expect(() => { (adam.paramGroups[0] as { lr: unknown }).lr = '1'; }).toThrow(/lr must be a number/);
  });

  test('a learning rate given as a tensor is read at every step', () => {
    const p = withGrad(leaf(1), 1), lr = torch.tensor(0.5);
    const optimizer = new optim.SGD([p], { lr });
    optimizer.step();
    lr.fill_(0.25);
    optimizer.step();
    expect(p.item()).toBe(0.25);
    expect(optimizer.paramGroups[0].lr).toBe(lr);
  });

  test('parameters without a gradient stay, and setting gradients to zero keeps them', () => {
    const trained = withGrad(leaf(1), 1), idle = leaf(1);
    const optimizer = new optim.Adam([trained, idle]);
    optimizer.step();
    expect(idle.item()).toBe(1);
    expect(optimizer.state.has(idle)).toBe(false);
    optimizer.zeroGrad({ setToNone: false });
    expect(trained.grad?.item()).toBe(0);
    expect(idle.grad).toBeNull();
    optimizer.zeroGrad();
    expect(trained.grad).toBeNull();
  });

  test('a step under grad mode leaves leaves', () => {
    const p = withGrad(leaf(1, 2), 1);
    new optim.RMSprop([p], { momentum: 0.9, centered: true }).step();
    expect(p.isLeaf && p.requiresGrad).toBe(true);
    expect(p.mul(2).gradFn).not.toBeNull();
  });

  test('saved tensors know that a step changed them', () => {
    const p = leaf(1, 2);
    const loss = p.square().sum();
    withGrad(p, 1);
    new optim.SGD([p], { lr: 1 }).step();
    expect(() => loss.backward()).toThrow(/modified by an inplace operation/);
  });

  test('parameters and gradients need not be contiguous', () => {
    const make = (): torch.Tensor => torch.arange(6, { dtype: 'float32' }).view(2, 3);
    const plain = make().t().contiguous().requiresGrad_(), strided = make().t().requiresGrad_();
    const grad = torch.arange(6, { dtype: 'float32' }).view(3, 2);
    plain.grad = grad;
    strided.grad = grad.t().contiguous().t();
    for (const p of [plain, strided]) {
      const optimizer = new optim.Adam([p], { lr: 0.1 });
      optimizer.step();
      optimizer.step();
    }
    expect(strided.equal(plain)).toBe(true);
    expect(strided.isContiguous()).toBe(false);
  });

  test.each(['float16', 'bfloat16', 'float64'] as const)('parameters may be %s', (dtype) => {
    const p = torch.tensor([1, 2], { dtype, requiresGrad: true });
    withGrad(p, 1);
    const optimizer = new optim.SGD([p], { lr: 0.5, momentum: 0.5 });
    optimizer.step();
    optimizer.step();
    expect([p.dtype, p.tolist()]).toEqual([dtype, [-0.25, 0.75]]);
  });

  test('momentum switched on later starts with the gradient', () => {
    const p = withGrad(leaf(1), 1);
    const optimizer = new optim.SGD([p], { lr: 0.5 });
    optimizer.step();
    optimizer.paramGroups[0].momentum = 0.5;
    optimizer.step();
    optimizer.step();
    expect(p.item()).toBe(1 - 0.5 - 0.5 - 0.75);
  });

  test('a scheduler is obeyed by the kernel, with tensors too', () => {
    for (const lr of [1, torch.tensor(1)]) {
      const p = withGrad(leaf(0), 1);
      const optimizer = new optim.SGD([p], { lr });
      const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
      for (let i = 0; i < 3; i++) {
        optimizer.step();
        scheduler.step();
      }
      expect(p.item()).toBe(-1.75);
      expect(scheduler.getLastLr()).toEqual([0.125]);
    }
  });
});

describe('an optimizer', () => {
  test('has groups with options of their own, and takes more', () => {
    const a = leaf(1), b = leaf(2), c = leaf(3);
    const optimizer = new optim.AdamW([{ params: [a] }, { params: b, lr: 0.5, weightDecay: 0 }], { lr: 0.1 });
    optimizer.addParamGroup({ params: [c], betas: [0.1, 0.2] });
    expect(optimizer.paramGroups.map((group) => [group.lr, group.weightDecay, group.betas])).toEqual([[0.1, 0.01, [0.9, 0.999]], [0.5, 0, [0.9, 0.999]], [0.1, 0.01, [0.1, 0.2]]]);
    expect(optimizer.stateDict().param_groups.map(({ params }) => params)).toEqual([[0], [1], [2]]);
    expect(optimizer.toString()).toMatch(/^AdamW \(\nParameter Group 0\n {4}amsgrad: false\n/);
  });

  test('returns the loss of a closure, which runs with gradients', () => {
    const p = leaf(3);
    const optimizer = new optim.SGD([p], { lr: 0.1 });
    const loss = torch.noGrad(() => optimizer.step(() => {
      optimizer.zeroGrad();
      const value = p.square().sum();
      value.backward();
      return value;
    }));
    expect(loss.item()).toBe(9);
    expect(p.item()).toBeCloseTo(2.4, 6);
    optimizer.step();
    expect(p.item()).toBeCloseTo(1.8, 6);
  });

  test('loads a state dict in whole or not at all', () => {
    const p = withGrad(leaf(1), 1);
    const optimizer = new optim.Adam([p]);
    optimizer.step();
    const saved = optimizer.stateDict();
    expect(Object.keys(saved.param_groups[0])).toEqual(['lr', 'betas', 'eps', 'weight_decay', 'amsgrad', 'maximize', 'decoupled_weight_decay', 'params']);
    const other = new optim.Adam([leaf(1)], { lr: 5 });
    other.loadStateDict(saved);
    expect(other.paramGroups[0].lr).toBe(1e-3);
    expect(other.state.get(other.paramGroups[0].params[0])?.step.item()).toBe(1);
    // Loaded state is the optimizer's own.
    optimizer.step();
    expect(other.state.get(other.paramGroups[0].params[0])?.step.item()).toBe(1);

    const wide = new optim.Adam([leaf(1, 2)], { lr: 5 });
    expect(() => wide.loadStateDict(saved)).toThrow(/state of parameter 0: exp_avg has shape \[1\], the parameter \[2\]/);
    expect(wide.paramGroups[0].lr).toBe(5);
    expect(() => new optim.Adam([leaf(1), leaf(2)]).loadStateDict(saved)).toThrow(/has 1 parameters in group 0, the optimizer 2/);
    expect(() => new optim.Adam([{ params: [leaf(1)] }, { params: [leaf(1)] }]).loadStateDict(saved)).toThrow(/has 1 parameter groups, the optimizer 2/);
    expect(() => wide.loadStateDict(null as never)).toThrow(/must be an object/);
  });

  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['no parameters', () => new optim.SGD([]), /is an empty list/],
    ['a single tensor', () => new optim.SGD(leaf(1) as never), /must be an iterable/],
    ['something else', () => new optim.SGD(5 as never), /must be an iterable/],
    ['a list of numbers', () => new optim.SGD([1] as never), /must be an object/],
    ['a parameter twice', () => { const p = leaf(1); return new optim.SGD([p, p]); }, /more than once/],
    ['a result', () => new optim.SGD([leaf(1).mul(2)]), /must be leaf tensors/],
    ['integers', () => new optim.SGD([torch.zeros(1, { dtype: 'int64' })]), /must be floating point, got int64/],
    ['a negative rate', () => new optim.Adam([leaf(1)], { lr: -1 }), /lr must be at least 0, got -1/],
    ['a rate of NaN', () => new optim.Adam([leaf(1)], NaN), /lr must be at least 0, got NaN/],
    ['a rate in words', () => new optim.RMSprop([leaf(1)], 'fast' as never), /lr must be at least 0, got "fast"/],
    ['a beta of 1', () => new optim.AdamW([leaf(1)], { betas: [0.9, 1] }), /betas must be two numbers/],
    ['Nesterov without momentum', () => new optim.SGD([leaf(1)], { nesterov: true }), /nesterov needs a momentum/],
    ['an unknown option', () => new optim.SGD([leaf(1)], { learningRate: 1 } as never), /option 'learningRate' is unknown/],
    ['an unknown option in a group', () => new optim.SGD([{ params: [leaf(1)], beta: 1 } as never]), /option 'beta' is unknown/],
    ['a differentiable step', () => new optim.Adam([leaf(1)], { differentiable: true }), /differentiable is not supported/],
    ['a schedule of no optimizer', () => new optim.lrScheduler.StepLR({} as never, 2), /must be an Optimizer/],
    ['a schedule of no steps', () => new optim.lrScheduler.StepLR(new optim.SGD([leaf(1)]), 0), /stepSize must be at least 1/],
    ['a schedule resumed from nothing', () => new optim.lrScheduler.ExponentialLR(new optim.SGD([leaf(1)]), 0.5, { lastEpoch: 3 }), /has no initialLr/],
    ['no factors', () => new optim.lrScheduler.LambdaLR(new optim.SGD([leaf(1)]), {}), /parameter 'lrLambda' is missing/],
    ['factors for other groups by name', () => new optim.lrScheduler.LambdaLR(new optim.SGD([leaf(1)]), { lrLambda: [() => 1, () => 2] }), /one for each of the 1 groups/],
    ['factors for other groups', () => new optim.lrScheduler.LambdaLR(new optim.SGD([leaf(1)]), [() => 1, () => 2]), /one for each of the 1 groups/],
  ];

  test.each(refused)('refuses %s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('trains a model', () => {
    torch.manualSeed(0);
    const model = new nn.Sequential(new nn.Linear(1, 8), new nn.Tanh(), new nn.Linear(8, 1));
    const x = torch.linspace(-1, 1, 64).unsqueeze(1), y = x.square();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    const losses = Array.from({ length: 200 }, () => {
      const loss = nn.functional.mseLoss(model(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    expect(losses[199]).toBeLessThan(losses[0] / 100);
  });
});
