/** One group per kernel family. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, label, wave } from './inputs.ts';

interface Simple {
  readonly group: string;
  readonly op: string;
  readonly sizes: readonly number[];
  readonly ours: (x: Tensor, y: Tensor) => Tensor;
  readonly python: string;
  readonly positive?: boolean;
  readonly tf?: string;
  readonly tolerance?: number;
}

const simple = (rows: readonly Simple[]): Case[] => rows.flatMap((row) => row.sizes.map((n): Case => ({
  name: `${row.op} ${label(n)}`,
  group: row.group,
  tolerance: row.tolerance,
  make() {
    const x = row.positive ? wave(n).add(1.5) : wave(n), y = wave(n, 1).add(1.5);
    return { run: () => row.ours(x, y), result: () => row.ours(x, y) };
  },
  torch: { setup: `${WAVE}x = wave(${n})${row.positive ? ' + 1.5' : ''}\ny = wave(${n}, 1.0) + 1.5`, run: row.python, result: row.python },
  ...(row.tf === undefined ? {} : { tf: tfCase(row.tf, n) }),
})));

function tfCase(op: string, n: number): NonNullable<Case['tf']> {
  return {
    make(tf) {
      const ramp = Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.37) + 1.5);
      const x = tf.tensor1d(ramp), y = tf.tensor1d(ramp);
      const binary = ['add', 'sub', 'mul', 'div', 'pow', 'maximum'].includes(op);
      const read = (t: unknown): unknown => (t as { dataSync(): unknown }).dataSync();
      return () => read(binary ? tf[op](x, y) : tf[op](x));
    },
  };
}

const SMALL_AND_LARGE = [1000, 1_000_000];

export const elementwise = simple([
  { group: 'binary', op: 'add', sizes: [10, ...SMALL_AND_LARGE], ours: (x, y) => x.add(y), python: 'x.add(y)', tf: 'add' },
  { group: 'binary', op: 'mul', sizes: SMALL_AND_LARGE, ours: (x, y) => x.mul(y), python: 'x.mul(y)', tf: 'mul' },
  { group: 'binary', op: 'div', sizes: SMALL_AND_LARGE, ours: (x, y) => x.div(y), python: 'x.div(y)', tf: 'div' },
  { group: 'binary', op: 'pow scalar', sizes: SMALL_AND_LARGE, ours: (x) => x.pow(3), python: 'x.pow(3)' },
  { group: 'binary', op: 'pow', sizes: SMALL_AND_LARGE, ours: (x, y) => x.pow(y), python: 'x.pow(y)', positive: true, tf: 'pow' },
  { group: 'binary', op: 'maximum', sizes: SMALL_AND_LARGE, ours: (x, y) => x.maximum(y), python: 'torch.maximum(x, y)', tf: 'maximum' },
  { group: 'unary', op: 'relu', sizes: SMALL_AND_LARGE, ours: (x) => x.relu(), python: 'x.relu()', tf: 'relu' },
  { group: 'unary', op: 'exp', sizes: SMALL_AND_LARGE, ours: (x) => x.exp(), python: 'x.exp()', tf: 'exp' },
  { group: 'unary', op: 'log', sizes: SMALL_AND_LARGE, ours: (x) => x.log(), python: 'x.log()', positive: true, tf: 'log' },
  { group: 'unary', op: 'tanh', sizes: SMALL_AND_LARGE, ours: (x) => x.tanh(), python: 'x.tanh()', tf: 'tanh' },
  { group: 'unary', op: 'sigmoid', sizes: SMALL_AND_LARGE, ours: (x) => x.sigmoid(), python: 'x.sigmoid()', tf: 'sigmoid' },
  { group: 'unary', op: 'sin', sizes: SMALL_AND_LARGE, ours: (x) => x.sin(), python: 'x.sin()', tf: 'sin' },
  { group: 'unary', op: 'sqrt', sizes: SMALL_AND_LARGE, ours: (x) => x.sqrt(), python: 'x.sqrt()', positive: true, tf: 'sqrt' },
  { group: 'unary', op: 'gelu', sizes: SMALL_AND_LARGE, ours: (x) => x.gelu(), python: 'F.gelu(x)', tolerance: 1e-4 },
  { group: 'ternary', op: 'where', sizes: SMALL_AND_LARGE, ours: (x, y) => x.where(x.gt(0), y), python: 'torch.where(x > 0, x, y)' },
  { group: 'copy', op: 'clone', sizes: SMALL_AND_LARGE, ours: (x) => x.clone(), python: 'x.clone()' },
  { group: 'copy', op: 'to float64', sizes: SMALL_AND_LARGE, ours: (x) => x.double(), python: 'x.double()' },
  { group: 'reduce', op: 'sum', sizes: SMALL_AND_LARGE, ours: (x, y) => y.sum(), python: 'y.sum()', tf: 'sum' },
  { group: 'reduce', op: 'max', sizes: SMALL_AND_LARGE, ours: (x) => x.max(), python: 'x.max()', tf: 'max' },
  { group: 'reduce', op: 'argmax', sizes: SMALL_AND_LARGE, ours: (x) => x.argmax(), python: 'x.argmax()', tf: 'argMax' },
  { group: 'reduce', op: 'var', sizes: SMALL_AND_LARGE, ours: (x) => x.var(), python: 'x.var()' },
  { group: 'reduce', op: 'norm', sizes: SMALL_AND_LARGE, ours: (x) => x.norm(), python: 'x.norm()' },
  { group: 'scan', op: 'cumsum', sizes: SMALL_AND_LARGE, ours: (_x, y) => y.cumsum(0), python: 'y.cumsum(0)', tf: 'cumsum' },
]);

const POLY_PYTHON = `x = wave(N)
g = wave(N, 1.0)
c = [0.5, -0.25, 0.75, 0.1]
def step(x, g, a, b, c, d):
    x2 = x * x
    x3 = x2 * x
    y = a * x3 + b * x2 + c * x + d
    return y, (g * x3).sum(), (g * x2).sum(), (g * x).sum(), g.sum()
`;

/** y and the gradients of the four coefficients from a given g. */
const polynomial = (n: number): Case => {
  const setup = `${WAVE}${POLY_PYTHON.replaceAll('N', String(n))}`;
  return {
    name: `polyval degree 3 and gradients ${label(n)}`,
    group: 'polynomial',
    tolerance: 1e-4,
    make() {
      const x = wave(n), g = wave(n, 1), c = torch.tensor([0.5, -0.25, 0.75, 0.1]);
      return { run: () => [torch.polyval(c, x), torch.moments(g, x, 4)], result: () => torch.cat([torch.polyval(c, x).slice(0, 0, 8), torch.moments(g, x, 4)]) };
    },
    torch: { setup, run: 'step(x, g, *c)', result: 'torch.cat([step(x, g, *c)[0][:8], torch.stack(step(x, g, *c)[1:])])' },
    torchCompiled: {
      setup: `${setup}\nfast = torch.compile(step)\nfast(x, g, *c)`,
      run: 'fast(x, g, *c)',
      result: 'torch.cat([fast(x, g, *c)[0][:8], torch.stack(fast(x, g, *c)[1:])])',
    },
  };
};

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly orientations: readonly ('NN' | 'NT' | 'TN' | 'TT')[];
}

const PRODUCTS: readonly Product[] = [
  ...[256, 512, 1024].map((size): Product => ({ m: size, n: size, k: size, orientations: ['NN', 'NT', 'TN', 'TT'] })),
  // forward x w^T, gradient of the input g w, gradient of the weight g^T x
  { m: 64, k: 784, n: 128, orientations: ['NN', 'NT'] },
  { m: 64, k: 128, n: 784, orientations: ['NN'] },
  { m: 128, k: 64, n: 784, orientations: ['TN'] },
  { m: 784, k: 64, n: 128, orientations: ['TN'] },
  { m: 64, k: 128, n: 10, orientations: ['NN', 'NT'] },
  { m: 64, k: 10, n: 128, orientations: ['NN', 'NT'] },
  { m: 10, k: 64, n: 128, orientations: ['TN'] },
  { m: 128, k: 64, n: 10, orientations: ['TN'] },
  { m: 128, k: 128, n: 64, orientations: ['NN', 'NT'] },
  { m: 128, k: 64, n: 128, orientations: ['NN', 'NT'] },
  { m: 128, k: 128, n: 64, orientations: ['TN'] },
];

const matmuls: Case[] = PRODUCTS.flatMap(({ m, n, k, orientations }) => orientations.map((o): Case => {
  const [ta, tb] = [o[0] === 'T', o[1] === 'T'];
  const rows = ta ? [k, m] : [m, k], columns = tb ? [n, k] : [k, n];
  return {
    name: `matmul ${m}x${k}x${n} ${o}`,
    group: 'matmul',
    nativeOnly: m * n * k > 300 ** 3,
    make() {
      const a = wave(m * k).view(rows), b = wave(k * n, 1).view(columns);
      const product = (): Tensor => (ta ? a.t() : a).matmul(tb ? b.t() : b);
      return { run: product, result: product };
    },
    torch: {
      setup: `${WAVE}a = wave(${m * k}).view(${rows.join(', ')})\nb = wave(${k * n}, 1.0).view(${columns.join(', ')})`,
      run: `torch.mm(a${ta ? '.t()' : ''}, b${tb ? '.t()' : ''})`,
      result: `torch.mm(a${ta ? '.t()' : ''}, b${tb ? '.t()' : ''})`,
    },
    ...(o === 'NN' && m === 256 ? {
      tf: { make: (tf) => {
        const data = Float32Array.from({ length: m * k }, (_, i) => Math.sin(i * 0.37));
        const a = tf.tensor2d(data, [m, k]), b = tf.tensor2d(data, [k, n]);
        return () => (tf.matMul(a, b) as { dataSync(): unknown }).dataSync();
      } },
    } : {}),
  };
}));

const rowwise: Case[] = [
  { group: 'softmax', name: 'softmax 64x10', shape: [64, 10], ours: (x: Tensor) => x.softmax(1), python: 'x.softmax(1)' },
  { group: 'softmax', name: 'softmax 256x768', shape: [256, 768], ours: (x: Tensor) => x.softmax(1), python: 'x.softmax(1)' },
  { group: 'softmax', name: 'log_softmax 256x768', shape: [256, 768], ours: (x: Tensor) => x.logSoftmax(1), python: 'x.log_softmax(1)' },
  { group: 'reduce', name: 'sum dim 0 of 256x768', shape: [256, 768], ours: (x: Tensor) => x.sum(0), python: 'x.sum(0)' },
  { group: 'reduce', name: 'sum dim 1 of 256x768', shape: [256, 768], ours: (x: Tensor) => x.sum(1), python: 'x.sum(1)' },
  { group: 'copy', name: 'transpose copy 512x512', shape: [512, 512], ours: (x: Tensor) => x.t().contiguous(), python: 'x.t().contiguous()' },
  { group: 'binary', name: 'add [64,128] + [128]', shape: [64, 128], ours: (x: Tensor) => x.add(x.index(0)), python: 'x + x[0]' },
].map(({ group, name, shape, ours, python }): Case => {
  const n = shape[0] * shape[1];
  return {
    group, name,
    make() {
      const x = wave(n).view(shape);
      return { run: () => ours(x), result: () => ours(x) };
    },
    torch: { setup: `${WAVE}x = wave(${n}).view(${shape.join(', ')})`, run: python, result: python },
  };
});

const indexing: Case[] = [
  {
    group: 'gather', name: 'index_select 2048 rows of 1000x64',
    make() {
      const x = wave(64000).view(1000, 64), i = torch.arange(2048).mul(7).remainder(1000);
      return { run: () => x.indexSelect(0, i), result: () => x.indexSelect(0, i) };
    },
    torch: { setup: `${WAVE}x = wave(64000).view(1000, 64)\ni = torch.arange(2048) * 7 % 1000`, run: 'x.index_select(0, i)', result: 'x.index_select(0, i)' },
  },
  {
    group: 'scatter', name: 'index_add 2048 rows into 1000x64',
    make() {
      const x = wave(2048 * 64).view(2048, 64), i = torch.arange(2048).mul(7).remainder(1000);
      const run = (): Tensor => torch.zeros(1000, 64).indexAdd_(0, i, x);
      return { run, result: run };
    },
    torch: { setup: `${WAVE}x = wave(131072).view(2048, 64)\ni = torch.arange(2048) * 7 % 1000`, run: 'torch.zeros(1000, 64).index_add_(0, i, x)', result: 'torch.zeros(1000, 64).index_add_(0, i, x)' },
  },
  {
    group: 'loss', name: 'cross entropy and gradient 64x10',
    make() {
      const x = wave(640).view(64, 10).detach().requiresGrad_(), y = torch.arange(64).remainder(10);
      const run = (): Tensor => {
        x.grad = null;
        const loss = torch.nn.functional.crossEntropy(x, y);
        loss.backward();
        return x.grad as unknown as Tensor;
      };
      return { run, result: run };
    },
    torch: {
      setup: `${WAVE}x = wave(640).view(64, 10).detach().requires_grad_()\ny = torch.arange(64) % 10\ndef step():\n    x.grad = None\n    F.cross_entropy(x, y).backward()\n    return x.grad`,
      run: 'step()', result: 'step()',
    },
  },
  {
    group: 'random', name: 'randn 10k',
    make() {
      const run = (): Tensor => (torch.manualSeed(0), torch.randn(10000));
      return { run, result: run };
    },
    torch: { setup: '', run: 'torch.manual_seed(0); torch.randn(10000)', result: '(torch.manual_seed(0), torch.randn(10000))[1]' },
  },
  {
    group: 'optim', name: 'adam step 100k parameters',
    make() {
      const p = wave(100000).detach().requiresGrad_(), opt = new torch.optim.Adam([p], { lr: 1e-3 });
      p.grad = wave(100000, 1);
      return { run: () => opt.step(), result: () => (opt.step(), p.detach().clone()) };
    },
    torch: {
      setup: `${WAVE}p = wave(100000).requires_grad_()\nopt = optim.Adam([p], lr=1e-3)\np.grad = wave(100000, 1.0)`,
      run: 'opt.step()', result: '(opt.step(), p)[1]',
    },
  },
];

export const kernelCases: readonly Case[] = [...elementwise, polynomial(1000), polynomial(1_000_000), ...rowwise, ...indexing, ...matmuls];
