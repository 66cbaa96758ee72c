/** Transforms of functions beside torch.func: gradients per sample, Jacobians and Hessians, ensembles, and an inner loop of MAML. */
import * as torch from 'flambeau';
import { func, nn, vmap, type Tensor } from 'flambeau';
import type { Case } from './case.ts';

const F = nn.functional;
const { grad, jacrev, jacfwd, hessian, functionalCall, stackModuleState } = func;

type Params = Readonly<Record<string, Tensor>>;

const HEAD = `from torch.func import grad, vmap, jacrev, jacfwd, hessian, functional_call, stack_module_state
torch.manual_seed(0)
flat = lambda tree: torch.cat([v.reshape(-1) for v in tree.values()])
params_of = lambda m: {k: v.detach() for k, v in m.named_parameters()}
`;

interface Transform {
  readonly name: string;
  readonly make: () => () => Tensor | Params;
  /** Defines `step`. */
  readonly python: string;
  /** The step gives a gradient per parameter. */
  readonly tree?: boolean;
}

const transform = ({ name, make, python, tree = false }: Transform): Case => ({
  name,
  group: 'func',
  tolerance: 1e-4,
  make() {
    torch.manualSeed(0);
    const run = make();
    return { run, result: () => (tree ? torch.cat(Object.values(run() as Params).map((v) => v.reshape([-1]))) : run() as Tensor) };
  },
  torch: { setup: HEAD + python, run: 'step()', result: tree ? 'flat(step())' : 'step()' },
});

const paramsOf = (model: nn.Module): Params => Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.detach()]));

const PER_SAMPLE = `loss = lambda p, x, y: F.cross_entropy(functional_call(model, p, (x.unsqueeze(0),)), y.unsqueeze(0))
each = vmap(grad(loss), in_dims=(None, 0, 0)); p = params_of(model); y = torch.randint(0, 10, (x.shape[0],))
step = lambda: each(p, x, y)`;

function perSample(model: nn.Module, x: Tensor): () => Params {
  const loss = (p: Params, sample: Tensor, y: Tensor): Tensor => F.crossEntropy(functionalCall(model, p, sample.unsqueeze(0)) as Tensor, y.unsqueeze(0));
  const each = vmap(grad(loss), [null, 0, 0]), p = paramsOf(model), y = torch.randint(0, 10, [x.shape[0]]);
  return () => each(p, x, y) as Params;
}

const cnn = (): nn.Sequential => new nn.Sequential(new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Conv2d(8, 16, 3, { padding: 1 }), new nn.ReLU(),
  new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(16 * 49, 10));
const CNN = `cnn = lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 49, 10))
`;
const small = (): nn.Sequential => new nn.Sequential(new nn.Linear(8, 32), new nn.Tanh(), new nn.Linear(32, 10));
const SMALL = 'small = lambda: nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 10))\n';

function ensemble(make: () => nn.Module, shape: readonly number[]): () => Params {
  const models = Array.from({ length: 8 }, make), [stacked] = stackModuleState(models), x = torch.randn([...shape]), y = torch.randint(0, 10, [shape[0]]);
  const p = Object.fromEntries(Object.entries(stacked).map(([name, v]) => [name, v.detach()]));
  const each = vmap(grad((own: Params) => F.crossEntropy(functionalCall(models[0], own, x) as Tensor, y)));
  return () => each(p) as Params;
}
const ENSEMBLE = (make: string, shape: string): string => `models = [${make}() for _ in range(8)]; p, _ = stack_module_state(models); p = {k: v.detach() for k, v in p.items()}
x = torch.randn(${shape}); y = torch.randint(0, 10, (x.shape[0],))
each = vmap(grad(lambda own: F.cross_entropy(functional_call(models[0], own, (x,)), y)))
step = lambda: each(p)`;

/** A product of two matrices with tanh between, from 16 numbers to 16. */
const jacobian = (name: string, of: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor, shape: readonly number[], python: string): Case => transform({
  name,
  make() {
    const a = torch.randn(64, 16), b = torch.randn(16, 64), x = torch.randn([...shape]), run = of((t) => b.matmul(a.matmul(t).tanh()));
    return () => run(x);
  },
  python: `a = torch.randn(64, 16); b = torch.randn(16, 64); x = torch.randn(${shape.join(', ')})
run = ${python}(lambda t: b @ torch.tanh(a @ t))${name.startsWith('vmap') ? ')' : ''}
step = lambda: run(x)`,
});

export const functions: readonly Case[] = [
  transform({ name: 'gradients per sample of a CNN, batch 32', tree: true, make: () => perSample(cnn(), torch.randn(32, 1, 28, 28)), python: `${CNN}model = cnn(); x = torch.randn(32, 1, 28, 28)\n${PER_SAMPLE}` }),
  transform({
    name: 'gradients per sample of a perceptron, batch 64', tree: true,
    make: () => perSample(new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)), torch.randn(64, 784)),
    python: `model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)); x = torch.randn(64, 784)\n${PER_SAMPLE}`,
  }),
  transform({ name: 'gradients per sample of a small perceptron, batch 32', tree: true, make: () => perSample(small(), torch.randn(32, 8)), python: `${SMALL}model = small(); x = torch.randn(32, 8)\n${PER_SAMPLE}` }),
  jacobian('jacrev, 16 to 16', (f) => jacrev(f), [16], 'jacrev'),
  jacobian('jacfwd, 16 to 16', (f) => jacfwd(f), [16], 'jacfwd'),
  jacobian('vmap of jacrev, 32 times 16 to 16', (f) => vmap(jacrev(f)), [32, 16], 'vmap(jacrev'),
  transform({
    name: 'hessian of 64 parameters',
    make() {
      const x = torch.randn(32, 4), y = torch.randn(32), p = torch.randn(64);
      const run = hessian((q: Tensor) => x.matmul(q.narrow(0, 0, 40).view(10, 4).t()).add(q.narrow(0, 40, 10)).tanh().matmul(q.narrow(0, 50, 10)).add(q.narrow(0, 60, 4).sum()).sub(y).square().mean());
      return () => run(p);
    },
    python: `x = torch.randn(32, 4); y = torch.randn(32); p = torch.randn(64)
run = hessian(lambda q: ((torch.tanh(x @ q[:40].view(10, 4).t() + q[40:50]) @ q[50:60] + q[60:].sum() - y) ** 2).mean())
step = lambda: run(p)`,
  }),
  transform({
    name: 'jacrev of a CNN, 4 images',
    make() {
      const model = cnn(), p = paramsOf(model), x = torch.randn(4, 1, 28, 28), run = jacrev((t: Tensor) => functionalCall(model, p, t) as Tensor);
      return () => run(x);
    },
    python: `${CNN}model = cnn(); p = params_of(model); x = torch.randn(4, 1, 28, 28)
run = jacrev(lambda t: functional_call(model, p, (t,)))
step = lambda: run(x)`,
  }),
  transform({ name: 'gradients of 8 small perceptrons, batch 32', tree: true, make: () => ensemble(small, [32, 8]), python: SMALL + ENSEMBLE('small', '32, 8') }),
  transform({ name: 'gradients of 8 CNNs, batch 16', tree: true, make: () => ensemble(cnn, [16, 1, 28, 28]), python: CNN + ENSEMBLE('cnn', '16, 1, 28, 28') }),
  transform({
    name: 'MAML, 25 tasks', tree: true,
    make() {
      const net = new nn.Sequential(new nn.Linear(1, 40), new nn.ReLU(), new nn.Linear(40, 40), new nn.ReLU(), new nn.Linear(40, 1)), p = paramsOf(net);
      const [x, y, u, v] = [0, 1, 2, 3].map(() => torch.randn(25, 10, 1));
      const loss = (q: Params, a: Tensor, b: Tensor): Tensor => F.mseLoss(functionalCall(net, q, a) as Tensor, b);
      const task = (q: Params, ...[a, b, c, d]: readonly Tensor[]): Tensor => {
        const g = grad(loss)(q, a, b);
        return loss(Object.fromEntries(Object.keys(q).map((key) => [key, q[key].sub(g[key].mul(0.1))])), c, d);
      };
      const run = grad((q: Params) => vmap(task, [null, 0, 0, 0, 0])(q, x, y, u, v).mean());
      return () => run(p);
    },
    python: `net = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)); p = params_of(net)
x, y, u, v = [torch.randn(25, 10, 1) for _ in range(4)]
loss = lambda q, a, b: F.mse_loss(functional_call(net, q, (a,)), b)
def task(q, a, b, c, d):
    g = grad(loss)(q, a, b)
    return loss({k: q[k] - 0.1 * g[k] for k in q}, c, d)
run = grad(lambda q: vmap(task, in_dims=(None, 0, 0, 0, 0))(q, x, y, u, v).mean())
step = lambda: run(p)`,
  }),
  transform({
    name: 'vjp of a small perceptron, batch 256',
    make() {
      const model = small(), p = paramsOf(model), x = torch.randn(256, 8), g = torch.randn(256, 10);
      return () => func.vjp((q: Params) => functionalCall(model, q, x) as Tensor, p)[1](g)[0] as Params;
    },
    tree: true,
    python: `${SMALL}model = small(); p = params_of(model); x = torch.randn(256, 8); g = torch.randn(256, 10)
step = lambda: torch.func.vjp(lambda q: functional_call(model, q, (x,)), p)[1](g)[0]`,
  }),
  transform({
    name: 'jvp of a small perceptron, batch 256',
    make() {
      const model = small(), p = paramsOf(model), x = torch.randn(256, 8), t = Object.fromEntries(Object.entries(p).map(([name, v]) => [name, torch.randnLike(v)]));
      return () => func.jvp((q: Params) => functionalCall(model, q, x) as Tensor, [p], [t])[1] as Tensor;
    },
    python: `${SMALL}model = small(); p = params_of(model); x = torch.randn(256, 8); t = {k: torch.randn_like(v) for k, v in p.items()}
step = lambda: torch.func.jvp(lambda q: functional_call(model, q, (x,)), (p,), (t,))[1]`,
  }),
  transform({
    name: 'gradients per sample of attention, batch 32', tree: true,
    make() {
      const p = { qkv: torch.randn(96, 32).mul(0.1), out: torch.randn(32, 32).mul(0.1) }, x = torch.randn(32, 16, 32);
      const loss = (own: Params, t: Tensor): Tensor => {
        const [q, k, v] = t.matmul(own.qkv.t()).view(16, 3, 4, 8).permute(1, 2, 0, 3);
        return F.scaledDotProductAttention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0)).squeeze(0).transpose(0, 1).reshape([16, 32]).matmul(own.out.t()).square().mean();
      };
      const each = vmap(grad(loss), [null, 0]);
      return () => each(p, x) as Params;
    },
    python: `p = {'qkv': torch.randn(96, 32) * 0.1, 'out': torch.randn(32, 32) * 0.1}; x = torch.randn(32, 16, 32)
def loss(own, t):
    q, k, v = (t @ own['qkv'].t()).view(16, 3, 4, 8).permute(1, 2, 0, 3)
    return (F.scaled_dot_product_attention(q[None], k[None], v[None])[0].transpose(0, 1).reshape(16, 32) @ own['out'].t()).square().mean()
each = vmap(grad(loss), in_dims=(None, 0))
step = lambda: each(p, x)`,
  }),
  transform({
    name: 'gradients per sample of an LSTM cell, 8 steps, batch 32', tree: true,
    make() {
      const cell = new nn.LSTMCell(8, 16), p = paramsOf(cell), x = torch.randn(32, 8, 8);
      const loss = (own: Params, t: Tensor): Tensor => {
        const zeros = t.select(0, 0).repeat(2).mul(0);
        let state: readonly Tensor[] = [zeros, zeros];
        for (let i = 0; i < 8; i++) state = functionalCall(cell, own, [t.select(0, i), state]) as unknown as readonly Tensor[];
        return state[0].square().sum();
      };
      const each = vmap(grad(loss), [null, 0]);
      return () => each(p, x) as Params;
    },
    python: `cell = nn.LSTMCell(8, 16); p = params_of(cell); x = torch.randn(32, 8, 8)
def loss(own, t):
    state = (t[0].repeat(2) * 0,) * 2
    for i in range(8): state = functional_call(cell, own, (t[i], state))
    return state[0].square().sum()
each = vmap(grad(loss), in_dims=(None, 0))
step = lambda: each(p, x)`,
  }),
  transform({
    name: 'vmap of solve, 64 of 16 rows',
    make() {
      const A = torch.randn(64, 16, 16).add(torch.eye(16).mul(8)), b = torch.randn(64, 16), each = vmap((a: Tensor, r: Tensor) => torch.linalg.solve(a, r));
      return () => each(A, b);
    },
    python: `A = torch.randn(64, 16, 16) + 8 * torch.eye(16); b = torch.randn(64, 16); each = vmap(torch.linalg.solve)
step = lambda: each(A, b)`,
  }),
  transform({
    name: 'gradients of 32 Gaussian processes of 24 points',
    make() {
      const x = torch.randn(32, 24), y = torch.randn(32, 24), scale = torch.rand(32).add(0.5), eye = torch.eye(24).mul(0.1);
      const each = vmap(grad((s: Tensor, a: Tensor, b: Tensor) => {
        const L = torch.linalg.cholesky(a.unsqueeze(0).sub(a.unsqueeze(1)).div(s).square().mul(-0.5).exp().add(eye));
        return torch.linalg.solveTriangular(L, b.unsqueeze(1), { upper: false }).square().sum().mul(0.5).add(L.diagonal().log().sum());
      }));
      return () => each(scale, x, y);
    },
    python: `x = torch.randn(32, 24); y = torch.randn(32, 24); scale = torch.rand(32) + 0.5; eye = torch.eye(24) * 0.1
def nll(s, a, b):
    L = torch.linalg.cholesky((-0.5 * ((a[None] - a[:, None]) / s).square()).exp() + eye)
    return 0.5 * torch.linalg.solve_triangular(L, b[:, None], upper=False).square().sum() + L.diagonal().log().sum()
each = vmap(grad(nll))
step = lambda: each(scale, x, y)`,
  }),
];
