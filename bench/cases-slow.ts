/** Operations that were slower here than in PyTorch on about a million elements: distances, logic, tables, scatters, scans. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, wave } from './inputs.ts';

const F = torch.nn.functional;
type Inputs = Readonly<Record<string, Tensor>>;

interface Row {
  readonly op: string;
  readonly make: () => Inputs;
  /** The same inputs in Python. */
  readonly python: string;
  readonly ours: (inputs: Inputs) => Tensor;
  readonly run: string;
  /** Inputs of which gradients are asked for, in a second case. */
  readonly of?: readonly string[];
}

const SETUP = `${WAVE}def scattered(n, m):
    return torch.arange(n) * 7919 % m
`;
/** Indices below m without a pattern. */
const scattered = (n: number, m: number): Tensor => torch.arange(n).mul(7919).remainder(m);

const points = (rows: number, columns: number, width: number): Pick<Row, 'make' | 'python'> => ({
  make: () => ({ a: wave(rows * width).view(rows, width), b: wave(columns * width, 1).add(2).view(columns, width) }),
  python: `a = wave(${rows * width}).view(${rows}, ${width}); b = (wave(${columns * width}, 1.0) + 2).view(${columns}, ${width})`,
});
const distances = ([[1000, 1000, 3], [1000, 1000, 64], [100, 100, 10]] as const).flatMap(([m, n, d]) => [2, 1, 3, Infinity].map((p): Row => ({
  op: `cdist ${m}x${n}x${d}, p = ${p}`, ...points(m, n, d), ours: ({ a, b }) => torch.cdist(a, b, { p }),
  run: `torch.cdist(a, b, p=${p === Infinity ? 'math.inf' : `${p}.0`})`, of: ['a', 'b'],
})));

const masks: Pick<Row, 'make' | 'python'> = {
  make: () => ({ a: wave(1_000_000).gt(0), b: wave(1_000_000, 1).gt(0.2), x: wave(1_000_000), y: wave(1_000_000, 1) }),
  python: 'x = wave(1000000); y = wave(1000000, 1.0); a = x > 0; b = y > 0.2',
};
const logic: readonly Row[] = [
  { op: 'logical_and', ...masks, ours: ({ a, b }) => a.logicalAnd(b), run: 'a.logical_and(b)' },
  { op: 'logical_not', ...masks, ours: ({ a }) => a.logicalNot(), run: 'a.logical_not()' },
  { op: 'bitwise_or', ...masks, ours: ({ a, b }) => a.bitwiseOr(b), run: 'a | b' },
  { op: 'bitwise_not', ...masks, ours: ({ a }) => a.bitwiseNot(), run: '~a' },
  { op: 'eq of bools', ...masks, ours: ({ a, b }) => a.eq(b), run: 'a == b' },
  { op: 'lt of bools', ...masks, ours: ({ a, b }) => a.lt(b), run: 'a < b' },
  { op: 'gt of floats', ...masks, ours: ({ x, y }) => x.gt(y), run: 'x > y' },
  { op: 'logical_and of floats', ...masks, ours: ({ x, y }) => x.logicalAnd(y), run: 'x.logical_and(y)' },
  { op: 'any', ...masks, ours: ({ a }) => a.logicalAnd(a.logicalNot()).any(), run: '(a & ~a).any()' },
];

const table: Pick<Row, 'make' | 'python'> = {
  make: () => ({ w: wave(1_280_000).view(10_000, 128), i: scattered(8192, 10_000), x: wave(8192).view(1024, 8) }),
  python: 'w = wave(1280000).view(10000, 128); i = scattered(8192, 10000); x = wave(8192).view(1024, 8)',
};
const bag = (mode: 'sum' | 'mean' | 'max'): Row => ({
  op: `embedding_bag ${mode}, 1024 bags of 8`, ...table, ours: ({ w, i }) => F.embeddingBag(i.view(1024, 8), w, { mode }), run: `F.embedding_bag(i.view(1024, 8), w, mode='${mode}')`, of: ['w'],
});
const tables: readonly Row[] = [
  { op: 'embedding 8192 of 10,000x128', ...table, ours: ({ w, i }) => F.embedding(i, w), run: 'F.embedding(i, w)', of: ['w'] },
  { op: 'embedding 8192 of 10,000x16', make: () => ({ w: wave(160_000).view(10_000, 16), i: scattered(8192, 10_000) }), python: 'w = wave(160000).view(10000, 16); i = scattered(8192, 10000)', ours: ({ w, i }) => F.embedding(i, w), run: 'F.embedding(i, w)', of: ['w'] },
  bag('sum'), bag('mean'), bag('max'),
  { op: 'embedding_bag weighted, 1024 bags of 8', ...table, ours: ({ w, i, x }) => F.embeddingBag(i.view(1024, 8), w, { mode: 'sum', perSampleWeights: x }), run: "F.embedding_bag(i.view(1024, 8), w, mode='sum', per_sample_weights=x)", of: ['w', 'x'] },
];

const lines: Pick<Row, 'make' | 'python'> = {
  make: () => ({ x: wave(1_000_000).view(1000, 1000), y: wave(1_000_000, 1).view(1000, 1000), i: scattered(1000, 1000), f: wave(1_000_000), g: wave(1_000_000, 1), j: scattered(1_000_000, 1_000_000), k: scattered(1_000_000, 1000), h: torch.zeros(1000) }),
  python: 'x = wave(1000000).view(1000, 1000); y = wave(1000000, 1.0).view(1000, 1000); i = scattered(1000, 1000); f = x.view(-1); g = y.view(-1); j = scattered(1000000, 1000000); k = scattered(1000000, 1000); h = torch.zeros(1000)',
};
const writes: readonly Row[] = [
  { op: 'index_add rows', ...lines, ours: ({ x, y, i }) => x.indexAdd(0, i, y), run: 'x.index_add(0, i, y)' },
  { op: 'index_add columns', ...lines, ours: ({ x, y, i }) => x.indexAdd(1, i, y), run: 'x.index_add(1, i, y)' },
  { op: 'index_add 1-d', ...lines, ours: ({ f, g, j }) => f.indexAdd(0, j, g), run: 'f.index_add(0, j, g)' },
  { op: 'index_add 1-d into 1000', ...lines, ours: ({ h, g, k }) => h.indexAdd(0, k, g), run: 'h.index_add(0, k, g)' },
  { op: 'index_copy rows', ...lines, ours: ({ x, y, i }) => x.indexCopy(0, i, y), run: 'x.index_copy(0, i, y)' },
  { op: 'index_copy columns', ...lines, ours: ({ x, y, i }) => x.indexCopy(1, i, y), run: 'x.index_copy(1, i, y)' },
  { op: 'index_fill rows', ...lines, ours: ({ x, i }) => x.indexFill(0, i.narrow(0, 0, 500), 2), run: 'x.index_fill(0, i[:500], 2)' },
  { op: 'index_fill columns', ...lines, ours: ({ x, i }) => x.indexFill(1, i.narrow(0, 0, 500), 2), run: 'x.index_fill(1, i[:500], 2)' },
  { op: 'index_select rows', ...lines, ours: ({ x, i }) => x.indexSelect(0, i), run: 'x.index_select(0, i)', of: ['x'] },
  { op: 'index_select columns', ...lines, ours: ({ x, i }) => x.indexSelect(1, i), run: 'x.index_select(1, i)' },
  { op: 'flip dim 1', ...lines, ours: ({ x }) => x.flip(1), run: 'x.flip(1)' },
  { op: 'flip dim 0', ...lines, ours: ({ x }) => x.flip(0), run: 'x.flip(0)' },
  { op: 'flip both dims', ...lines, ours: ({ x }) => x.flip([0, 1]), run: 'x.flip(0, 1)' },
];
const scans: readonly Row[] = [
  { op: 'cummax rows', ...lines, ours: ({ x }) => x.cummax(1).values, run: 'x.cummax(1).values' },
  { op: 'cummin dim 0', ...lines, ours: ({ x }) => x.cummin(0).values, run: 'x.cummin(0).values' },
  { op: 'cummax of all', ...lines, ours: ({ f }) => f.cummax(0).values, run: 'f.cummax(0).values' },
  { op: 'logcumsumexp rows', ...lines, ours: ({ x }) => x.logcumsumexp(1), run: 'x.logcumsumexp(1)', of: ['x'] },
  { op: 'logcumsumexp dim 0', ...lines, ours: ({ x }) => x.logcumsumexp(0), run: 'x.logcumsumexp(0)' },
  { op: 'logcumsumexp of all', ...lines, ours: ({ f }) => f.logcumsumexp(0), run: 'f.logcumsumexp(0)' },
];

const images: Pick<Row, 'make' | 'python'> = {
  make: () => ({ x: wave(1_048_576).view(4, 16, 128, 128), t: scattered(65536, 16).view(4, 128, 128), v: wave(16).add(2) }),
  python: 'x = wave(1048576).view(4, 16, 128, 128); t = scattered(65536, 16).view(4, 128, 128); v = wave(16) + 2',
};
const losses: readonly Row[] = [
  { op: 'cross_entropy of images', ...images, ours: ({ x, t }) => F.crossEntropy(x, t), run: 'F.cross_entropy(x, t)', of: ['x'] },
  { op: 'weighted cross_entropy of images', ...images, ours: ({ x, t, v }) => F.crossEntropy(x, t, v), run: 'F.cross_entropy(x, t, v)', of: ['x'] },
  { op: 'nll_loss of images', ...images, ours: ({ x, t }) => F.nllLoss(x, t), run: 'F.nll_loss(x, t)', of: ['x'] },
  { op: 'log_softmax of images', ...images, ours: ({ x }) => F.logSoftmax(x, 1), run: 'F.log_softmax(x, 1)', of: ['x'] },
  { op: 'softmax of images', ...images, ours: ({ x }) => F.softmax(x, 1), run: 'F.softmax(x, 1)', of: ['x'] },
  { op: 'adaptive_max_pool to 7x7', ...images, ours: ({ x }) => F.adaptiveMaxPool2d(x, 7) as Tensor, run: 'F.adaptive_max_pool2d(x, 7)', of: ['x'] },
  { op: 'adaptive_max_pool to 64x64', ...images, ours: ({ x }) => F.adaptiveMaxPool2d(x, 64) as Tensor, run: 'F.adaptive_max_pool2d(x, 64)', of: ['x'] },
  { op: 'adaptive_max_pool to 1x1', ...images, ours: ({ x }) => F.adaptiveMaxPool2d(x, 1) as Tensor, run: 'F.adaptive_max_pool2d(x, 1)', of: ['x'] },
];

const plain: Pick<Row, 'make' | 'python'> = {
  make: () => ({ x: wave(1_000_000).mul(4), y: wave(1_000_000, 1), z: wave(1_000_000, 2).add(1), s: torch.linspace(-4, 4, 1001), b: torch.linspace(-4, 4, 16), u: torch.arange(1_000_000).mul(7919).remainder(1_000_000), v: torch.arange(100).mul(31), w: torch.arange(10_000).mul(31) }),
  python: 'x = wave(1000000) * 4; y = wave(1000000, 1.0); z = wave(1000000, 2.0) + 1; s = torch.linspace(-4, 4, 1001); b = torch.linspace(-4, 4, 16); u = torch.arange(1000000) * 7919 % 1000000; v = torch.arange(100) * 31; w = torch.arange(10000) * 31',
};
const others: readonly Row[] = [
  { op: 'gelu', ...plain, ours: ({ x }) => F.gelu(x), run: 'F.gelu(x)', of: ['x'] },
  { op: 'gelu tanh', ...plain, ours: ({ x }) => F.gelu(x, { approximate: 'tanh' }), run: "F.gelu(x, approximate='tanh')", of: ['x'] },
  { op: 'clamp with tensors', ...plain, ours: ({ x, y, z }) => x.clamp(y, z), run: 'x.clamp(y, z)', of: ['x'] },
  { op: 'clamp', ...plain, ours: ({ x }) => x.clamp(-1, 1), run: 'x.clamp(-1, 1)', of: ['x'] },
  { op: 'addcmul', ...plain, ours: ({ x, y, z }) => x.addcmul(y, z), run: 'x.addcmul(y, z)', of: ['x', 'y', 'z'] },
  { op: 'addcdiv', ...plain, ours: ({ x, y, z }) => x.addcdiv(y, z), run: 'x.addcdiv(y, z)' },
  { op: 'lerp', ...plain, ours: ({ x, y }) => x.lerp(y, 0.3), run: 'x.lerp(y, 0.3)', of: ['x', 'y'] },
  { op: 'lerp with tensor', ...plain, ours: ({ x, y, z }) => x.lerp(y, z), run: 'x.lerp(y, z)' },
  { op: 'searchsorted in 1001', ...plain, ours: ({ x, s }) => torch.searchsorted(s, x), run: 'torch.searchsorted(s, x)' },
  { op: 'bucketize in 16', ...plain, ours: ({ x, b }) => torch.bucketize(x, b), run: 'torch.bucketize(x, b)' },
  { op: 'isin 100', ...plain, ours: ({ u, v }) => torch.isin(u, v), run: 'torch.isin(u, v)' },
  { op: 'isin 10,000', ...plain, ours: ({ u, w }) => torch.isin(u, w), run: 'torch.isin(u, w)' },
  { op: 'isin 3', ...plain, ours: ({ u, v }) => torch.isin(u, v.narrow(0, 0, 3)), run: 'torch.isin(u, v[:3])' },
];

function forward({ op, make, python, ours, run }: Row): Case {
  return {
    name: op, group: 'slow', tolerance: 1e-4,
    make() {
      const inputs = make();
      return { run: () => ours(inputs), result: () => ours(inputs) };
    },
    torch: { setup: `${SETUP}${python}`, run, result: run },
  };
}

/** With the gradients by the given inputs, the result's own for its upstream. */
function backward({ op, make, python, ours, run, of = [] }: Row): Case {
  const leaves = of.join(', '), gradient = `(lambda y: torch.autograd.grad(y, [${leaves}], y.detach()))(${run})`;
  return {
    name: `${op}, with gradients`, group: 'slow', tolerance: 1e-4,
    make() {
      const inputs = make(), asked = of.map((name) => inputs[name].requiresGrad_());
      const gradients = (): Tensor[] => {
        const y = ours(inputs);
        return torch.autograd.grad(y, asked, y.detach());
      };
      return { run: gradients, result: () => torch.cat(gradients().map((g) => g.reshape(-1))) };
    },
    torch: { setup: `${SETUP}${python}\nfor leaf in [${leaves}]: leaf.requires_grad_()`, run: gradient, result: `torch.cat([g.reshape(-1) for g in ${gradient}])` },
  };
}

const rows: readonly Row[] = [...distances, ...logic, ...tables, ...writes, ...scans, ...losses, ...others];
export const slow: readonly Case[] = rows.flatMap((row) => (row.of === undefined ? [forward(row)] : [forward(row), backward(row)]));
