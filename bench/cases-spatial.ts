/** Convolutions, poolings, paddings and resampling: the forward pass, and the pass with all gradients, which is what a training step runs. */
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
  { name: 'whole image', batch: 16, inputs: 256, size: 4, outputs: 256, kernel: 4, stride: 1, padding: 0 },
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
      name: `${name}, forward`, group, tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const x = make(), run = (): Tensor => ours(x);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradient`, group, tolerance: TOLERANCE, nativeOnly: true,
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

interface Resize {
  readonly mode: 'nearest' | 'bilinear' | 'bicubic';
  readonly antialias: boolean;
  readonly shape: readonly [number, number, number, number];
  readonly to: 'double' | 'half';
}

const RESIZES: readonly Resize[] = ([[8, 64, 32, 32], [4, 3, 224, 224]] as const).flatMap((shape) => (['double', 'half'] as const).flatMap((to) =>
  (['nearest', 'bilinear', 'bicubic'] as const).flatMap((mode) => (mode === 'nearest' ? [false] : [false, true]).map((antialias) => ({ mode, antialias, shape, to })))));

const resizes = RESIZES.flatMap(({ mode, antialias, shape, to }) => {
  const size = shape.slice(2).map((n) => (to === 'double' ? 2 * n : n / 2));
  return ofOneInput('interpolate', shape, {
    name: `${mode}${antialias ? ' antialiased' : ''} [${shape.join(', ')}] to ${to}`, ours: (x) => F.interpolate(x, size, { mode, antialias }),
    text: `F.interpolate(x, (${size.join(', ')}), mode='${mode}'${antialias ? ', antialias=True' : ''})`,
  });
});

const samples = (['bilinear', 'nearest'] as const).flatMap((mode) => (['zeros', 'border'] as const).flatMap((paddingMode) => [false, true].flatMap((alignCorners): Case[] => {
  const setup = `${WAVE}import torch.nn.functional as F\nx = wave(8 * 16 * 64 * 64).view(8, 16, 64, 64)\ngrid = wave(8 * 64 * 64 * 2, 1.0).view(8, 64, 64, 2) * 1.1`;
  const name = `${mode}, ${paddingMode}${alignCorners ? ', aligned corners' : ''}`, text = `F.grid_sample(x, grid, '${mode}', '${paddingMode}', ${alignCorners ? 'True' : 'False'})`;
  const make = (): Tensor[] => [wave(8 * 16 * 64 * 64).view(8, 16, 64, 64), wave(8 * 64 * 64 * 2, 1).view(8, 64, 64, 2).mul(1.1)];
  const ours = ([x, grid]: readonly Tensor[]): Tensor => F.gridSample(x, grid, mode, paddingMode, alignCorners);
  const gradients = `(lambda y: torch.autograd.grad(y, [x, grid], y.detach()))(${text})`;
  return [
    {
      name: `${name}, forward`, group: 'gridSample', tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const inputs = make(), run = (): Tensor => ours(inputs);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradients`, group: 'gridSample', tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const inputs = make().map((x) => x.requiresGrad_());
        const run = (): Tensor[] => {
          const y = ours(inputs);
          return torch.autograd.grad(y, inputs, y.detach());
        };
        return { run, result: () => run().map((g) => g.square().mean()).reduce((a, g) => a.add(g)) };
      },
      torch: { setup: `${setup}\nx.requires_grad_(); grid.requires_grad_()`, run: gradients, result: `sum((g * g).mean() for g in ${gradients})` },
    },
  ];
})));

export const spatial: readonly Case[] = [...convs, ...pools, ...pads, ...resizes, ...samples];
