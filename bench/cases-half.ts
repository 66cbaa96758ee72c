/** Half floats: what training in bfloat16 and float16 is made of, forward, and forward with backward, and steps of it. */
import * as torch from 'flambeau';
import { nn, optim, type Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { layer, type Layer } from './cases-nn.ts';
import { STEP, gpt, training } from './cases-training.ts';
import { WAVE, wave } from './inputs.ts';

const F = nn.functional;

const ROWS: readonly Layer[] = [
  { name: 'matmul 1024x1024x1024', shapes: [[1024, 1024], [1024, 1024]], ours: (a, b) => a.matmul(b), python: '(a @ b)' },
  { name: 'matmul 64x784x256', shapes: [[64, 784], [784, 256]], ours: (a, b) => a.matmul(b), python: '(a @ b)' },
  { name: 'matmul 8x128x64x128', shapes: [[8, 128, 64], [8, 64, 128]], ours: (a, b) => a.matmul(b), python: '(a @ b)' },
  { name: 'linear 1x768x768', shapes: [[1, 768], [768, 768], [768]], ours: (x, w, b) => F.linear(x, w, b), python: 'F.linear(a, b, c)' },
  { name: 'linear 512x384x1536', shapes: [[512, 384], [1536, 384], [1536]], ours: (x, w, b) => F.linear(x, w, b), python: 'F.linear(a, b, c)' },
  { name: 'conv 8x64x56x56', shapes: [[8, 64, 56, 56], [64, 64, 3, 3], [64]], ours: (x, w, b) => F.conv2d(x, w, b, 1, 1), python: 'F.conv2d(a, b, c, 1, 1)' },
  { name: 'attention 8x6x64x64', shapes: [[8, 6, 64, 64], [8, 6, 64, 64], [8, 6, 64, 64]], ours: (q, k, v) => F.scaledDotProductAttention(q, k, v), python: 'F.scaled_dot_product_attention(a, b, c)' },
  { name: 'layer_norm 512x384', shapes: [[512, 384], [384], [384]], ours: (x, w, b) => F.layerNorm(x, [384], w, b), python: 'F.layer_norm(a, (384,), b, c)' },
  { name: 'softmax 512x384', shapes: [[512, 384]], ours: (x) => x.softmax(-1), python: 'a.softmax(-1)' },
  { name: 'gelu 512x1536', shapes: [[512, 1536]], ours: (x) => x.gelu(), python: 'F.gelu(a)' },
  { name: 'add 512x1536', shapes: [[512, 1536], [512, 1536]], ours: (a, b) => a.add(b), python: '(a + b)' },
  { name: 'mul 512x1536 by a row', shapes: [[512, 1536], [1536]], ours: (a, b) => a.mul(b), python: '(a * b)' },
  { name: 'sum 512x1536', shapes: [[512, 1536]], ours: (x) => x.sum(), python: 'a.sum()' },
  { name: 'sum of rows 512x1536', shapes: [[512, 1536]], ours: (x) => x.sum(1), python: 'a.sum(1)' },
  { name: 'sum of columns 512x1536', shapes: [[512, 1536]], ours: (x) => x.sum(0), python: 'a.sum(0)' },
];

const TOLERANCES = { bfloat16: 2e-2, float16: 3e-3 } as const;
const DTYPES = ['bfloat16', 'float16'] as const;

const classes = DTYPES.flatMap((dtype) => [false, true].map((backward): Case => ({
  group: 'half', name: `${dtype} cross_entropy 512x1000${backward ? ' with backward' : ''}`, tolerance: TOLERANCES[dtype],
  make() {
    const x = wave(512_000).view(512, 1000).to(dtype).requiresGrad_(backward), y = torch.arange(512);
    const forward = (): Tensor => F.crossEntropy(x, y);
    const run = (): void => {
      x.grad = null;
      forward().backward();
    };
    return { run: backward ? run : forward, result: () => forward().detach() };
  },
  torch: {
    setup: `${WAVE}x = wave(512000).view(512, 1000).${dtype}().requires_grad_(${backward ? 'True' : 'False'}); y = torch.arange(512)`.replace('.float16()', '.half()'),
    run: backward ? 'x.grad = None\nF.cross_entropy(x, y).backward()' : 'F.cross_entropy(x, y)',
    result: 'F.cross_entropy(x, y)',
  },
})));

const embedding = DTYPES.flatMap((dtype) => [false, true].map((backward): Case => ({
  group: 'half', name: `${dtype} embedding 512 of 1000x384${backward ? ' with backward' : ''}`,
  make() {
    const weight = wave(384_000).view(1000, 384).to(dtype).requiresGrad_(backward), index = torch.arange(512).mul(7).remainder(1000);
    const forward = (): Tensor => F.embedding(index, weight);
    const run = (): void => {
      weight.grad = null;
      forward().sum().backward();
    };
    return { run: backward ? run : forward, result: () => forward().detach() };
  },
  torch: {
    setup: `${WAVE}w = wave(384000).view(1000, 384).to(torch.${dtype}).requires_grad_(${backward ? 'True' : 'False'}); i = torch.arange(512) * 7 % 1000`,
    run: backward ? 'w.grad = None\nF.embedding(i, w).sum().backward()' : 'F.embedding(i, w)',
    result: 'F.embedding(i, w)',
  },
})));

const mlp = training({
  name: 'perceptron 784-1024-1024-10 in bfloat16, batch 64', group: 'half', tolerance: 2e-2,
  make() {
    const model = new nn.Sequential(new nn.Linear(784, 1024), new nn.GELU(), new nn.Linear(1024, 1024), new nn.GELU(), new nn.Linear(1024, 10)).to('bfloat16');
    const opt = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const x = torch.rand(64, 784).to('bfloat16'), y = torch.randint(0, 10, [64]);
    return () => {
      const loss = F.crossEntropy(model(x) as Tensor, y);
      opt.zeroGrad();
      loss.backward();
      opt.step();
      return loss;
    };
  },
  python: `model = nn.Sequential(nn.Linear(784, 1024), nn.GELU(), nn.Linear(1024, 1024), nn.GELU(), nn.Linear(1024, 10)).to(torch.bfloat16)
opt = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x = torch.rand(64, 784).to(torch.bfloat16); y = torch.randint(0, 10, [64])
loss_of = lambda: F.cross_entropy(model(x), y)
${STEP}`,
});

const muon: Case = {
  group: 'half', name: 'Muon, one step of a 512x1024 weight', tolerance: 2e-2,
  make() {
    const weight = wave(524_288).view(512, 1024).requiresGrad_(), opt = new optim.Muon([weight], { lr: 0.01 });
    weight.grad = wave(524_288, 1).view(512, 1024);
    return { run: () => opt.step(), result: () => weight.detach().clone() };
  },
  torch: {
    setup: `${WAVE}w = wave(524288).view(512, 1024).requires_grad_(); opt = optim.Muon([w], lr=0.01); w.grad = wave(524288, 1.0).view(512, 1024)`,
    run: 'opt.step()',
    result: 'w.detach().clone()',
  },
};

export const halves: readonly Case[] = [
  ...DTYPES.flatMap((dtype) => ROWS.flatMap((row) => [false, true].map((backward) => layer(row, backward, 'half', { dtype, tolerance: TOLERANCES[dtype] })))),
  ...classes, ...embedding, mlp, gpt(384, 'bfloat16', { group: 'half', tolerance: 2e-2 }), muon,
];
