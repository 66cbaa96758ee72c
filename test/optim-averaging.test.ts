/** Averages of weights, schedules within schedules, and what only some optimizers keep; numbers are PyTorch's. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim } from 'flambeau';

const { lrScheduler, swaUtils } = optim;
const leaf = (...values: number[]): torch.Tensor => torch.tensor(values, { dtype: 'float64', requiresGrad: true });
const sgd = (lr = 1): optim.SGD => new optim.SGD([leaf(1)], lr);

/** The rates of `steps` epochs. */
function follow(optimizer: optim.Optimizer, scheduler: optim.lrScheduler.LRScheduler, steps: number): number[] {
  return Array.from({ length: steps }, () => {
    const { lr } = optimizer.paramGroups[0];
    optimizer.step();
    scheduler.step();
    return lr as number;
  });
}

const close = (got: readonly number[], expected: readonly number[]): void => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => expect(Math.abs(value - expected[i]), `${i}: ${value}`).toBeLessThanOrEqual(1e-12 * Math.abs(expected[i])));
};

describe('schedules', () => {
  test('SWALR goes to its rate along a cosine or a line and stays', () => {
    let optimizer = sgd();
    close(follow(optimizer, new swaUtils.SWALR(optimizer, 0.05, 4), 7), [1, 0.86087572106361, 0.525, 0.18912427893638994, 0.05, 0.05, 0.05]);
    optimizer = sgd();
    close(follow(optimizer, new swaUtils.SWALR(optimizer, { swaLr: 0.05, annealEpochs: 3, annealStrategy: 'linear' }), 6), [1, 0.6833333333333335, 0.3666666666666667, 0.05, 0.05, 0.05]);
    optimizer = sgd();
    close(follow(optimizer, new swaUtils.SWALR(optimizer, 0.05, 0), 3), [0.05, 0.05, 0.05]);
  });

  test('a sequence within a sequence begins one epoch on, a chain has stepped once, as in PyTorch', () => {
    let optimizer = sgd();
    const inner = new lrScheduler.SequentialLR(optimizer, [new lrScheduler.ConstantLR(optimizer, 0.5, 3), new lrScheduler.ExponentialLR(optimizer, 0.9)], [2]);
    close(follow(optimizer, new lrScheduler.SequentialLR(optimizer, [inner, new lrScheduler.StepLR(optimizer, 2)], [5]), 9), [0.5, 1, 0.9, 0.81, 0.7290000000000001, 1, 1, 0.1, 0.1]);
    optimizer = sgd();
    const chain = new lrScheduler.ChainedScheduler([new lrScheduler.ConstantLR(optimizer, 0.5, 3), new lrScheduler.ExponentialLR(optimizer, 0.9)]);
    close(follow(optimizer, new lrScheduler.SequentialLR(optimizer, [chain, new lrScheduler.StepLR(optimizer, 2)], [5]), 9),
      [0.45, 0.405, 0.36450000000000005, 0.6561000000000001, 0.5904900000000002, 1, 1, 0.1, 0.1]);
  });

  test('warm restarts go to any point in time', () => {
    const optimizer = sgd(), scheduler = new lrScheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2);
    close([0.5, 1, 2.5, 3, 4.2, 9, 8.9, 21].map((epoch) => {
      scheduler.step(epoch);
      return optimizer.paramGroups[0].lr as number;
    }), [0.9330127018922194, 0.75, 0.06698729810778065, 1, 0.9045084971874737, 1, 0.0006852326227130834, 1]);
  });

  test('a schedule over half-trained groups goes on from what the optimizer state carries', () => {
    const optimizer = new optim.SGD([leaf(1)], { lr: 0.1, momentum: 0.9 }), first = new lrScheduler.OneCycleLR(optimizer, 0.1, 10);
    follow(optimizer, first, 4);
    const again = new optim.SGD([leaf(1)], { lr: 0.1, momentum: 0.9 });
    again.loadStateDict(optimizer.stateDict());
    const second = new lrScheduler.OneCycleLR(again, 0.1, 10, { lastEpoch: first.lastEpoch - 1 });
    close(follow(again, second, 5), follow(optimizer, first, 5));
  });

  test.each<readonly [string, () => unknown, RegExp]>([
    ['a plateau without a metric', () => new lrScheduler.ReduceLROnPlateau(sgd()).step(), /metrics must be a number/],
    ['a growing plateau factor', () => new lrScheduler.ReduceLROnPlateau(sgd(), { factor: 1 }), /factor must be below 1/],
    ['a cycle of momentum where there is none', () => new lrScheduler.CyclicLR(new optim.Adagrad([leaf(1)]), 0.1, 1), /needs an optimizer with momentum/],
    ['one cycle of unknown length', () => new lrScheduler.OneCycleLR(sgd(), 0.1), /totalSteps must be given/],
    ['steps beyond the cycle', () => { const o = sgd(); follow(o, new lrScheduler.OneCycleLR(o, 0.1, 3), 5); }, /there is no step 4/],
    ['a sequence without its milestones', () => { const o = sgd(); return new lrScheduler.SequentialLR(o, [new lrScheduler.StepLR(o, 1)], [3]); }, /must be 0 epochs for 1 schedulers/],
    ['a chain of two optimizers', () => new lrScheduler.ChainedScheduler([new lrScheduler.StepLR(sgd(), 1), new lrScheduler.StepLR(sgd(), 1)]), /must act on one optimizer/],
    ['a chain with a plateau', () => { const o = sgd(); return new lrScheduler.ChainedScheduler([new lrScheduler.ReduceLROnPlateau(o)], o); }, /without a metric/],
    ['a chain of nothing', () => new lrScheduler.ChainedScheduler([]), /at least one scheduler/],
    ['rates for other groups', () => new lrScheduler.CyclicLR(new optim.SGD([leaf(1)], { momentum: 0.9 }), [0.1, 0.2], 1), /one for each of the 1 groups/],
    ['the state of something else', () => new lrScheduler.StepLR(sgd(), 1).loadStateDict({ epoch: 3 }), /none of its fields/],
    ['a state of text', () => new lrScheduler.StepLR(sgd(), 1).loadStateDict({ last_epoch: '3' }), /last_epoch must be a number/],
  ])('refuse %s', (_, make, message) => expect(make).toThrow(message));
});

describe('averages of weights', () => {
  const model = (): nn.Linear => {
    const layer = new nn.Linear(1, 1, { bias: false });
    torch.noGrad(() => layer.weight.fill_(1));
    return layer;
  };
  const train = (averaged: optim.swaUtils.AveragedModel, layer: nn.Linear, values: readonly number[]): number => {
    for (const value of values) {
      torch.noGrad(() => layer.weight.fill_(value));
      averaged.updateParameters(layer);
    }
    return Number(averaged.parameters()[0].item());
  };

  test.each([
    ['the mean by default', {}, 3], ['the mean, tensors together', { multiAvgFn: swaUtils.getSwaMultiAvgFn() }, 3], ['the mean, tensor by tensor', { avgFn: swaUtils.getSwaAvgFn() }, 3],
    ['exponential, tensors together', { multiAvgFn: swaUtils.getEmaMultiAvgFn(0.5) }, 4.25], ['exponential, tensor by tensor', { avgFn: swaUtils.getEmaAvgFn(0.5) }, 4.25],
  ] as const)('are %s', (_, options, expected) => {
    const layer = model(), averaged = new swaUtils.AveragedModel(layer, options);
    expect(train(averaged, layer, [2, 1, 6])).toBeCloseTo(expected === 3 ? 3 : 3.75, 6);
    expect(averaged.nAveraged.item()).toBe(3);
    expect(Object.keys(averaged.stateDict())).toEqual(['n_averaged', 'module.weight']);
    expect(averaged(torch.ones(1, 1)).item()).toBeCloseTo(expected === 3 ? 3 : 3.75, 6);
  });

  test('copy buffers, or average them, too', () => {
    const norm = new nn.BatchNorm1d(1);
    const copied = new swaUtils.AveragedModel(norm), averaged = new swaUtils.AveragedModel(norm, { useBuffers: true });
    for (const value of [1, 3]) {
      norm.running_mean!.fill_(value);
      copied.updateParameters(norm);
      averaged.updateParameters(norm);
    }
    expect([copied.module.running_mean!.item(), averaged.module.running_mean!.item()]).toEqual([3, 2]);
  });

  test('updateBn computes the running statistics of all batches anew and leaves the momentum as it was', () => {
    const net = new nn.Sequential(new nn.BatchNorm1d(1, { momentum: 0.3 })), [norm] = net.children() as nn.BatchNorm1d[];
    norm.running_mean!.fill_(100);
    net.eval();
    swaUtils.updateBn([torch.tensor([[1], [3]]), [torch.tensor([[5], [7]]), 'target']], net);
    expect([norm.running_mean!.item(), norm.running_var!.item(), norm.num_batches_tracked!.item()]).toEqual([4, 2, 2]);
    expect([norm.momentum, net.training]).toEqual([0.3, false]);
  });

  test('refuse what they cannot average', () => {
    expect(() => new swaUtils.AveragedModel(torch.ones(1) as unknown as nn.Module)).toThrow(/must be an nn.Module/);
    expect(() => new swaUtils.AveragedModel(model(), { avgFn: swaUtils.getSwaAvgFn(), multiAvgFn: swaUtils.getSwaMultiAvgFn() })).toThrow(/together with multiAvgFn/);
    expect(() => new swaUtils.AveragedModel(model()).updateParameters(new nn.Linear(2, 1))).toThrow(/the parameters of the model that is averaged/);
    expect(() => swaUtils.getEmaMultiAvgFn(1.5)).toThrow(/decay must be from 0 to 1/);
  });
});

describe('LBFGS', () => {
  const rosenbrock = (p: torch.Tensor, optimizer: optim.Optimizer) => (): torch.Tensor => {
    optimizer.zeroGrad();
    const [x, y] = [p.select(0, 0), p.select(0, 1)];
    const loss = x.rsub(1).square().add(y.sub(x.square()).square().mul(100));
    loss.backward();
    return loss;
  };

  test('finds the minimum of Rosenbrock\'s valley', () => {
    const p = leaf(-1.2, 1), optimizer = new optim.LBFGS([p], { maxIter: 100, lineSearchFn: 'strong_wolfe' });
    optimizer.step(rosenbrock(p, optimizer));
    (p.tolist() as number[]).forEach((value) => expect(value).toBeCloseTo(1, 3));
  });

  test('goes on from its state dict as if it had not stopped', () => {
    const run = (restart: boolean): unknown => {
      const p = leaf(-1.2, 1);
      let optimizer = new optim.LBFGS([p], { maxIter: 3, historySize: 2, lineSearchFn: 'strong_wolfe' });
      for (let i = 0; i < 6; i++) {
        if (restart && i === 3) {
          const saved = optimizer.stateDict();
          expect(Object.keys(saved.state[0]).sort()).toEqual(['H_diag', 'd', 'func_evals', 'n_iter', 'old_dirs', 'old_stps', 'prev_flat_grad', 'prev_loss', 'ro', 't']);
          optimizer = new optim.LBFGS([p]);
          optimizer.loadStateDict(saved);
        }
        optimizer.step(rosenbrock(p, optimizer));
      }
      return p.tolist();
    };
    expect(run(true)).toEqual(run(false));
  });

  test('needs a closure that returns the loss, and one group', () => {
    const p = leaf(1), optimizer = new optim.LBFGS([p]);
    expect(() => optimizer.step()).toThrow(/closure must be a function/);
    expect(() => optimizer.step(() => 'loss')).toThrow(/must return the loss/);
    expect(() => new optim.LBFGS([{ params: [leaf(1)] }, { params: [leaf(2)] }])).toThrow(/must be one group/);
    expect(() => optimizer.loadStateDict({ state: { 0: { func_evals: 1, n_iter: 1, d: torch.zeros(7) } }, param_groups: optimizer.stateDict().param_groups })).toThrow(/must be a/);
  });
});

describe('optimizers', () => {
  const CLASSES = [optim.Adagrad, optim.Adadelta, optim.Adamax, optim.NAdam, optim.RAdam, optim.Rprop, optim.ASGD, optim.Adafactor] as const;

  test.each(CLASSES)('%o trains strided and half parameters like copies of them', (Class) => {
    for (const dtype of ['bfloat16', 'float32'] as const) {
      const base = torch.arange(1, 7, { dtype }).reshape(2, 3).T.detach().requiresGrad_(), twin = base.detach().contiguous().to('float32').requiresGrad_();
      const one = new Class([base]), other = new Class([twin]);
      for (let i = 0; i < 3; i++) {
        base.grad = torch.ones(3, 2, { dtype }).mul(i + 1);
        twin.grad = torch.ones(3, 2).mul(i + 1);
        if (dtype === 'bfloat16') torch.noGrad(() => twin.copy_(base));
        one.step();
        other.step();
      }
      if (Class !== optim.Adafactor || dtype === 'float32') expect(base.detach().to('float32').tolist()).toEqual(twin.detach().to(dtype).to('float32').tolist());
    }
  });

  test('of matrices refuses vectors, also in later groups', () => {
    const muon = new optim.Muon([torch.zeros(2, 2, { requiresGrad: true })]);
    expect(() => muon.addParamGroup({ params: torch.zeros(2, { requiresGrad: true }) })).toThrow(/must be matrices, got shape \[2\]/);
  });

  test('with a state of another shape refuses to load it', () => {
    const matrix = torch.zeros(2, 3, { requiresGrad: true }), other = torch.zeros(3, 3, { requiresGrad: true });
    const one = new optim.Adafactor([matrix]), two = new optim.Adafactor([other]);
    matrix.grad = torch.ones(2, 3);
    one.step();
    expect(() => two.loadStateDict(one.stateDict())).toThrow(/row_var has shape \[2, 1\], the parameter \[3, 3\]/);
  });
});
