/** Convolutions, poolings and paddings: the forward pass, and the pass with both gradients, which is what a training step runs. */
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, wave } from './inputs.ts';

const F = torch.nn.functional;

interface Conv {
  readonly name: string;
  readonly batch: number;
  readonly inputs: number;
  readonly size: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups?: number;
}

const CONVS: readonly Conv[] = [
  { name: 'LeNet 1', batch: 64, inputs: 1, size: 28, outputs: 32, kernel: 3, stride: 1, padding: 0 },
  { name: 'LeNet 2', batch: 64, inputs: 32, size: 26, outputs: 64, kernel: 3, stride: 1, padding: 0 },
  { name: 'ResNet stem', batch: 2, inputs: 3, size: 224, outputs: 64, kernel: 7, stride: 2, padding: 3 },
  { name: 'ResNet 1', batch: 8, inputs: 64, size: 56, outputs: 64, kernel: 3, stride: 1, padding: 1 },
  { name: 'ResNet 3', batch: 8, inputs: 256, size: 14, outputs: 256, kernel: 3, stride: 1, padding: 1 },
  { name: 'ResNet 4', batch: 8, inputs: 512, size: 7, outputs: 512, kernel: 3, stride: 1, padding: 1 },
  { name: 'halving', batch: 8, inputs: 64, size: 56, outputs: 128, kernel: 3, stride: 2, padding: 1 },
  { name: 'pointwise', batch: 8, inputs: 256, size: 28, outputs: 128, kernel: 1, stride: 1, padding: 0 },
  { name: 'depthwise', batch: 8, inputs: 64, size: 56, outputs: 64, kernel: 3, stride: 1, padding: 1, groups: 64 },
];

/** Sums of thousands of products, compared with sums in another order. */
const TOLERANCE = 1e-4;

const convs = CONVS.flatMap(({ name, batch, inputs, size, outputs, kernel, stride, padding, groups = 1 }): Case[] => {
  const shapes = [[batch, inputs, size, size], [outputs, inputs / groups, kernel, kernel], [outputs]];
  const setup = `${WAVE}import torch.nn.functional as F
x = wave(${shapes[0].join(' * ')}).view(${shapes[0].join(', ')})
w = wave(${shapes[1].join(' * ')}, 1.0).view(${shapes[1].join(', ')})
b = wave(${outputs}, 2.0)`;
  const make = (): [Tensor, Tensor, Tensor] => {
    const [x, w, b] = shapes.map((shape, i) => wave(shape.reduce((a, n) => a * n, 1), i).view(shape));
    return [x, w, b];
  };
  const text = `F.conv2d(x, w, b, ${stride}, ${padding}, 1, ${groups})`;
  const trained = `(lambda y: sum((a * a).mean() for a in torch.autograd.grad(y, [x, w, b], y)))(${text})`;
  return [
    {
      name: `${name}, forward`, group: 'conv', tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const [x, w, b] = make();
        const run = (): Tensor => F.conv2d(x, w, b, stride, padding, 1, groups);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradients`, group: 'conv', tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const leaves = make().map((t) => t.requiresGrad_()), [x, w, b] = leaves;
        const gradients = (): Tensor[] => {
          const y = F.conv2d(x, w, b, stride, padding, 1, groups);
          return torch.autograd.grad(y, leaves, y.detach());
        };
        return { run: gradients, result: () => gradients().map((g) => g.square().mean()).reduce((a, g) => a.add(g)) };
      },
      torch: {
        setup: `${setup}\nfor t in (x, w, b): t.requires_grad_()`,
        run: `(lambda y: torch.autograd.grad(y, [x, w, b], y.detach()))(${text})`,
        result: trained,
      },
    },
  ];
});

interface OfOneInput {
  readonly name: string;
  readonly ours: (x: Tensor) => Tensor;
  readonly text: string;
}

const POOLS: readonly OfOneInput[] = [
  { name: 'max 2x2', ours: (x) => F.maxPool2d(x, 2), text: 'F.max_pool2d(x, 2)' },
  { name: 'max 3x3, stride 2, padding 1', ours: (x) => F.maxPool2d(x, 3, 2, 1), text: 'F.max_pool2d(x, 3, 2, 1)' },
  { name: 'avg 2x2', ours: (x) => F.avgPool2d(x, 2), text: 'F.avg_pool2d(x, 2)' },
  { name: 'avg 3x3, stride 1, padding 1', ours: (x) => F.avgPool2d(x, 3, 1, 1), text: 'F.avg_pool2d(x, 3, 1, 1)' },
  { name: 'adaptive avg to 1x1', ours: (x) => F.adaptiveAvgPool2d(x, 1), text: 'F.adaptive_avg_pool2d(x, 1)' },
];

/** An operation of a tensor of `shape`, alone and with its gradient. */
function ofOneInput(group: string, shape: readonly number[], { name, ours, text }: OfOneInput): Case[] {
  const count = shape.reduce((a, n) => a * n, 1);
  const setup = `${WAVE}import torch.nn.functional as F\nx = wave(${count}).view(${shape.join(', ')})`;
  const make = (): Tensor => wave(count).view(shape);
  const gradient = `(lambda y: torch.autograd.grad(y, x, y.detach())[0])(${text})`;
  return [
    {
      name: `${name}, forward`, group, nativeOnly: true,
      make() {
        const x = make(), run = (): Tensor => ours(x);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradient`, group, nativeOnly: true,
      make() {
        const x = make().requiresGrad_();
        const run = (): Tensor => {
          const y = ours(x);
          return torch.autograd.grad(y, x, y.detach())[0];
        };
        return { run, result: run };
      },
      torch: { setup: `${setup}\nx.requires_grad_()`, run: gradient, result: gradient },
    },
  ];
}

const pools = POOLS.flatMap((each) => ofOneInput('pool', [8, 64, 56, 56], each));

const PADS: readonly { readonly shape: readonly number[]; readonly pad: readonly number[] }[] = [
  { shape: [16, 3, 224, 224], pad: [3, 3, 3, 3] },
  { shape: [8, 64, 32, 32], pad: [1, 1, 1, 1] },
  { shape: [4, 8, 1000], pad: [10, 10] },
];

const pads = PADS.flatMap(({ shape, pad }) => (['reflect', 'replicate', 'circular'] as const).flatMap((mode) => ofOneInput('borders', shape, {
  name: `${mode} [${shape.join(', ')}] by ${pad[0]}`, ours: (x) => F.pad(x, pad, mode), text: `F.pad(x, (${pad.join(', ')}), '${mode}')`,
})));

export const spatial: readonly Case[] = [...convs, ...pools, ...pads];
