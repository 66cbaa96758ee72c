/** One training step of each program, as its lesson writes it. */
import * as torch from 'flambeau';
import { expr, nn, noGrad, optim, type Tensor } from 'flambeau';
import type { Case } from './case.ts';

const SINE = (n: number): string => `torch.manual_seed(0)
x = torch.linspace(-math.pi, math.pi, ${n})
y = torch.sin(x)
`;

function sineManual(points: number): Case {
  return {
    name: `sine by hand-written gradients, ${points} points`,
    group: 'programs',
    make() {
      torch.manualSeed(0);
      const x = torch.linspace(-Math.PI, Math.PI, points), y = torch.sin(x);
      const [a, b, c, d] = [0, 1, 2, 3].map(() => torch.randn([]));
      const step = (): number => {
        const yPred = expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;
        const loss = yPred.sub(y).pow(2).sum().item();
        const g = yPred.sub(y).mul(2);
        a.sub_(g.mul(x.pow(3)).sum().mul(1e-6));
        b.sub_(g.mul(x.pow(2)).sum().mul(1e-6));
        c.sub_(g.mul(x).sum().mul(1e-6));
        d.sub_(g.sum().mul(1e-6));
        return loss;
      };
      return { run: step, result: step };
    },
    torch: {
      setup: `${SINE(points)}a, b, c, d = [torch.randn(()) for _ in range(4)]
def step():
    global a, b, c, d
    y_pred = a * x ** 3 + b * x ** 2 + c * x + d
    loss = (y_pred - y).pow(2).sum().item()
    grad_y = 2 * (y_pred - y)
    ga = (grad_y * x ** 3).sum()
    gb = (grad_y * x ** 2).sum()
    gc = (grad_y * x).sum()
    gd = grad_y.sum()
    a -= 1e-6 * ga
    b -= 1e-6 * gb
    c -= 1e-6 * gc
    d -= 1e-6 * gd
    return loss`,
      run: 'step()', result: 'step()',
    },
  };
}

const sineAutograd: Case = {
  name: 'sine by autograd with SGD, 2000 points',
  group: 'programs',
  make() {
    torch.manualSeed(0);
    const x = torch.linspace(-Math.PI, Math.PI, 2000), y = torch.sin(x);
    const parameters = [0, 1, 2, 3].map(() => torch.randn([], { requiresGrad: true }));
    const [a, b, c, d] = parameters;
    const step = (): Tensor => {
      const yPred = a.add(b.mul(x)).add(c.mul(x.pow(2))).add(d.mul(x.pow(3)));
      const loss = yPred.sub(y).pow(2).sum();
      loss.backward();
      noGrad(() => {
        for (const p of parameters) {
          p.sub_((p.grad as Tensor).mul(1e-6));
          p.grad = null;
        }
      });
      return loss;
    };
    return { run: step, result: step };
  },
  torch: {
    setup: `${SINE(2000)}a, b, c, d = [torch.randn((), requires_grad=True) for _ in range(4)]
def step():
    y_pred = a + b * x + c * x ** 2 + d * x ** 3
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 1e-6 * p.grad
            p.grad = None
    return loss`,
    run: 'step()', result: 'step()',
  },
};

const sineNn: Case = {
  name: 'sine by nn and RMSprop, 2000 points',
  group: 'programs',
  make() {
    torch.manualSeed(0);
    const x = torch.linspace(-Math.PI, Math.PI, 2000), y = torch.sin(x);
    const features = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]));
    const model = new nn.Sequential(new nn.Linear(3, 1), new nn.Flatten(0, 1)), lossFn = new nn.MSELoss({ reduction: 'sum' });
    const opt = new optim.RMSprop(model.parameters(), { lr: 1e-3 });
    const step = (): Tensor => {
      const loss = lossFn(model(features) as Tensor, y);
      opt.zeroGrad();
      loss.backward();
      opt.step();
      return loss;
    };
    return { run: step, result: step };
  },
  torch: {
    setup: `${SINE(2000)}xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))
loss_fn = nn.MSELoss(reduction='sum')
opt = optim.RMSprop(model.parameters(), lr=1e-3)
def step():
    loss = loss_fn(model(xx), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss`,
    run: 'step()', result: 'step()',
  },
};

const xor: Case = {
  name: 'XOR by backpropagation',
  group: 'programs',
  make() {
    torch.manualSeed(0);
    const x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y = torch.tensor([[0], [1], [1], [0]]);
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Sigmoid(), new nn.Linear(2, 1), new nn.Sigmoid());
    const lossFn = new nn.BCELoss(), opt = new optim.SGD(model.parameters(), { lr: 1 });
    const step = (): Tensor => {
      opt.zeroGrad();
      const loss = lossFn(model(x) as Tensor, y);
      loss.backward();
      opt.step();
      return loss;
    };
    return { run: step, result: step };
  },
  torch: {
    setup: `torch.manual_seed(0)
x = torch.tensor([[0.,0.],[0.,1.],[1.,0.],[1.,1.]]); y = torch.tensor([[0.],[1.],[1.],[0.]])
model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
loss_fn = nn.BCELoss(); opt = optim.SGD(model.parameters(), lr=1)
def step():
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss`,
    run: 'step()', result: 'step()',
  },
};

export const programCases: readonly Case[] = [sineManual(1000), sineManual(2000), sineAutograd, sineNn, xor];
