/** Optimizers and schedules of one's own, as published code writes them: against numbers that PyTorch 2.13 gave for the same classes. */
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import { deserialize, serialize } from 'flambeau/io';
import { onBackends } from './fixtures/backends.ts';

interface LionHyper { lr: number; betas: [number, number]; weightDecay: number }

class Lion extends optim.Optimizer<LionHyper> {
  constructor(params: optim.Params<LionHyper>, { lr = 1e-4, betas = [0.9, 0.99], weightDecay = 0 }: Partial<LionHyper> = {}) {
    super(params, { lr, betas, weightDecay });
  }

  override step(closure?: () => Tensor): Tensor | null {
    const loss = closure === undefined ? null : torch.enableGrad(closure);
    torch.noGrad(() => {
      for (const group of this.paramGroups) {
        for (const p of group.params) {
          if (p.grad === null) continue;
          p.mul_(1 - group.lr * group.weightDecay);
          const state = this.stateOf(p), [beta1, beta2] = group.betas;
          if (Object.keys(state).length === 0) state.exp_avg = torch.zerosLike(p);
          p.add_(state.exp_avg.mul(beta1).add(p.grad.mul(1 - beta1)).sign_(), { alpha: -group.lr });
          state.exp_avg.mul_(beta2).add_(p.grad, { alpha: 1 - beta2 });
        }
      }
    });
    return loss;
  }
}

class PolyLR extends optim.lrScheduler.LRScheduler {
  total: number;
  power: number;

  constructor(optimizer: optim.Optimizer, total: number, power = 0.9, lastEpoch = -1) {
    super(optimizer, lastEpoch);
    this.total = total;
    this.power = power;
    this.start();
  }

  getLr(): number[] {
    return this.baseLrs.map((base) => base * (1 - Math.min(this.lastEpoch, this.total) / this.total) ** this.power);
  }
}

// Losses, and the rates after each step.
const LOSSES = [1.1717629432678223, 1.1547894477844238, 1.1401910781860352, 1.1278047561645508, 1.1175249814987183, 1.1092782020568848, 1.1030147075653076, 1.0987083911895752];
const RATES = [0.008867623542572074, 0.007718895067235705, 0.006550764934180986, 0.005358867312681466, 0.004136453446582762, 0.0028717458874925874, 0.0015389305166811453, 0];
const MOMENTS = [0.013269742019474506, 0.009163414128124714, 0.026177596300840378, 0.01961040310561657];

function setting(): { net: nn.Sequential; loss: () => Tensor; optimizer: Lion } {
  torch.manualSeed(0);
  const net = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 3)), x = torch.randn(16, 4), y = torch.randint(0, 3, [16]);
  const optimizer = new Lion([{ params: net[0].parameters() }, { params: net[2].parameters(), lr: 3e-3 }], { lr: 1e-2, weightDecay: 0.1 });
  return { net, loss: () => nn.functional.crossEntropy(net(x), y), optimizer };
}

function train({ loss, optimizer }: ReturnType<typeof setting>): number {
  const value = loss();
  optimizer.zeroGrad();
  value.backward();
  optimizer.step();
  return value.item();
}

onBackends(() => {
  test('a step of its own, over groups with their own rates, and a schedule of its own', () => {
    const run = setting(), schedule = new PolyLR(run.optimizer, 8);
    LOSSES.forEach((loss, i) => {
      expect(train(run)).toBeCloseTo(loss, 6);
      schedule.step();
      expect(schedule.getLastLr()[0]).toBeCloseTo(RATES[i], 15);
      expect(schedule.getLastLr()[1]).toBeCloseTo(0.3 * RATES[i], 15);
    });
    const { state, param_groups: groups } = run.optimizer.stateDict();
    expect(groups[1]).toEqual({ lr: 0, betas: [0.9, 0.99], weight_decay: 0.1, initial_lr: 0.003, params: [2, 3] });
    MOMENTS.forEach((norm, i) => expect((state[i].exp_avg as Tensor).norm().item()).toBeCloseTo(norm, 7));
  });

  test('state of any shape goes through a state dict', () => {
    const run = setting();
    train(run);
    run.optimizer.state.get(run.net.parameters()[0])!.row = torch.ones(8);
    const resumed = setting();
    resumed.net.loadStateDict(run.net.stateDict());
    resumed.optimizer.loadStateDict(run.optimizer.stateDict());
    expect(resumed.optimizer.state.get(resumed.net.parameters()[0])!.row.shape).toEqual([8]);
    expect(train(resumed)).toBe(train(run));
  });
});

describe('a subclass of Optimizer', () => {
  test('may write the update of one parameter instead', () => {
    class SignSGD extends optim.Optimizer {
      protected override update(param: Tensor, grad: Tensor, group: optim.Group<{ lr: number | Tensor }>): void {
        param.sub_(grad.sign().mul(group.lr));
      }
    }
    const p = torch.tensor([1, -2], { requiresGrad: true }), optimizer = new SignSGD([p], { lr: 0.5 });
    const loss = optimizer.step(() => {
      const value = p.square().sum();
      value.backward();
      return value;
    });
    expect([loss.item(), p.tolist()]).toEqual([5, [0.5, -1.5]]);
  });

  test('keeps numbers, strings, lists and objects beside tensors, in its state dict, in a file and when loaded', () => {
    interface Kept { step: number; name: string; list: number[]; avg: Tensor; flag: boolean; none: null; nest: { t: Tensor } }
    class Counting extends optim.Optimizer {
      protected override update(param: Tensor): void {
        const state = this.stateOf<Kept>(param);
        if (Object.keys(state).length === 0) Object.assign(state, { step: 0, name: 'a', list: [1, 2], avg: torch.zerosLike(param, { dtype: 'float64' }), flag: true, none: null, nest: { t: torch.ones(1) } });
        state.step++;
      }

      kept(param: Tensor): Kept {
        return this.stateOf<Kept>(param);
      }
    }
    const made = (): [Tensor, Counting] => {
      const p = torch.ones(2, { requiresGrad: true });
      p.grad = torch.ones(2);
      return [p, new Counting([p], { lr: 0.1 })];
    };
    const [p, first] = made();
    first.step();
    first.step();
    const dict = first.stateDict();
    expect(dict.state[0]).toMatchObject({ step: 2, name: 'a', list: [1, 2], flag: true, none: null });
    for (const given of [dict, ...(['safetensors', 'pt'] as const).map((format) => deserialize<typeof dict>(serialize(dict, { format })))]) {
      const [q, second] = made();
      second.loadStateDict(given);
      const { avg, nest, ...plain } = second.kept(q);
      expect(plain).toEqual({ step: 2, name: 'a', list: [1, 2], flag: true, none: null });
      // As in PyTorch, in the parameter's dtype.
      expect([avg.dtype, nest.t.item()]).toEqual(['float32', 1]);
      second.step();
      expect([second.kept(q).step, first.kept(p).step]).toEqual([3, 2]);
    }
  });

  test("a plain number is a step count that PyTorch's older state dicts have", () => {
    const p = torch.ones(2, { requiresGrad: true }), adam = new optim.Adam([p]);
    adam.loadStateDict({ ...adam.stateDict(), state: { 0: { step: 3, exp_avg: torch.zeros(2), exp_avg_sq: torch.zeros(2) } } });
    expect(adam.state.get(p)?.step.item()).toBe(3);
    expect(() => adam.loadStateDict({ ...adam.stateDict(), state: { 0: { step: 3, exp_avg: 1, exp_avg_sq: torch.zeros(2) } } })).toThrow(/exp_avg must be a Tensor/);
  });

  test('that writes neither is told so', () => {
    const p = torch.tensor([1], { requiresGrad: true });
    p.grad = torch.ones(1);
    expect(() => new optim.Optimizer([p], { lr: 1 }).step()).toThrow(/^Optimizer: step is not there/);
  });
});

test('a schedule whose constructor does not set the first rates is told so', () => {
  class Constant extends optim.lrScheduler.LRScheduler {
    getLr(): number[] { return [...this.baseLrs]; }
  }
  const schedule = new Constant(new optim.SGD([torch.ones(1, { requiresGrad: true })]));
  expect(() => schedule.step()).toThrow(/^Constant: constructor must end with this\.start\(\)/);
});

test('lambdas of a schedule go by name too', () => {
  const optimizer = new optim.SGD([torch.ones(1, { requiresGrad: true })], { lr: 1 });
  const schedule = new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: (epoch) => 0.5 ** epoch });
  optimizer.step();
  schedule.step();
  expect(schedule.getLastLr()).toEqual([0.5]);
});
