/** Convolutions, poolings and resampling: the forward pass, and the pass with both gradients, which is what a training step runs. */
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

const POOLS: readonly { readonly name: string; readonly ours: (x: Tensor) => Tensor; readonly text: string }[] = [
  { name: 'max 2x2', ours: (x) => F.maxPool2d(x, 2), text: 'F.max_pool2d(x, 2)' },
  { name: 'max 3x3, stride 2, padding 1', ours: (x) => F.maxPool2d(x, 3, 2, 1), text: 'F.max_pool2d(x, 3, 2, 1)' },
  { name: 'avg 2x2', ours: (x) => F.avgPool2d(x, 2), text: 'F.avg_pool2d(x, 2)' },
  { name: 'avg 3x3, stride 1, padding 1', ours: (x) => F.avgPool2d(x, 3, 1, 1), text: 'F.avg_pool2d(x, 3, 1, 1)' },
  { name: 'adaptive avg to 1x1', ours: (x) => F.adaptiveAvgPool2d(x, 1), text: 'F.adaptive_avg_pool2d(x, 1)' },
];

const pools = POOLS.flatMap(({ name, ours, text }): Case[] => {
  const setup = `${WAVE}import torch.nn.functional as F\nx = wave(8 * 64 * 56 * 56).view(8, 64, 56, 56)`;
  const make = (): Tensor => wave(8 * 64 * 56 * 56).view(8, 64, 56, 56);
  return [
    {
      name: `${name}, forward`, group: 'pool', nativeOnly: true,
      make() {
        const x = make(), run = (): Tensor => ours(x);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradient`, group: 'pool', nativeOnly: true,
      make() {
        const x = make().requiresGrad_();
        const run = (): Tensor => {
          const y = ours(x);
          return torch.autograd.grad(y, x, y.detach())[0];
        };
        return { run, result: run };
      },
      torch: { setup: `${setup}\nx.requires_grad_()`, run: `(lambda y: torch.autograd.grad(y, x, y.detach())[0])(${text})`, result: `(lambda y: torch.autograd.grad(y, x, y.detach())[0])(${text})` },
    },
  ];
});

interface Resize {
  readonly mode: 'nearest' | 'bilinear' | 'bicubic';
  readonly antialias: boolean;
  readonly shape: readonly [number, number, number, number];
  readonly to: 'double' | 'half';
}

const RESIZES: readonly Resize[] = ([[8, 64, 32, 32], [4, 3, 224, 224]] as const).flatMap((shape) => (['double', 'half'] as const).flatMap((to) =>
  (['nearest', 'bilinear', 'bicubic'] as const).flatMap((mode) => (mode === 'nearest' ? [false] : [false, true]).map((antialias) => ({ mode, antialias, shape, to })))));

/** A case for the function and one for its gradients by the given inputs, which are Python's names as well. */
function withGradients(group: string, name: string, setup: string, text: string, names: readonly string[], make: () => Tensor[], ours: (...inputs: readonly Tensor[]) => Tensor): Case[] {
  const gradients = `(lambda y: torch.autograd.grad(y, [${names.join(', ')}], y.detach()))(${text})`;
  return [
    {
      name: `${name}, forward`, group, tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const inputs = make(), run = (): Tensor => ours(...inputs);
        return { run, result: run };
      },
      torch: { setup, run: text, result: text },
    },
    {
      name: `${name}, with gradients`, group, tolerance: TOLERANCE, nativeOnly: true,
      make() {
        const inputs = make().map((x) => x.requiresGrad_());
        const run = (): Tensor[] => {
          const y = ours(...inputs);
          return torch.autograd.grad(y, inputs, y.detach());
        };
        return { run, result: () => run().map((g) => g.square().mean()).reduce((a, g) => a.add(g)) };
      },
      torch: {
        setup: `${setup}\n${names.map((x) => `${x}.requires_grad_()`).join('\n')}`, run: gradients,
        result: `sum((g * g).mean() for g in ${gradients})`,
      },
    },
  ];
}

const resizes = RESIZES.flatMap(({ mode, antialias, shape, to }): Case[] => {
  const size = shape.slice(2).map((n) => (to === 'double' ? 2 * n : n / 2)), n = shape.reduce((a, b) => a * b, 1);
  const setup = `${WAVE}import torch.nn.functional as F\nx = wave(${n}).view(${shape.join(', ')})`;
  const text = `F.interpolate(x, (${size.join(', ')}), mode='${mode}'${antialias ? ', antialias=True' : ''})`;
  return withGradients('interpolate', `${mode}${antialias ? ' antialiased' : ''} [${shape.join(', ')}] to ${to}`, setup, text, ['x'], () => [wave(n).view(shape)],
    (x) => F.interpolate(x, size, { mode, antialias }));
});

const samples = (['bilinear', 'nearest'] as const).flatMap((mode) => (['zeros', 'border'] as const).flatMap((paddingMode) => [false, true].flatMap((alignCorners): Case[] => {
  const setup = `${WAVE}import torch.nn.functional as F\nx = wave(8 * 16 * 64 * 64).view(8, 16, 64, 64)\ngrid = wave(8 * 64 * 64 * 2, 1.0).view(8, 64, 64, 2) * 1.1`;
  const text = `F.grid_sample(x, grid, '${mode}', '${paddingMode}', ${alignCorners ? 'True' : 'False'})`;
  return withGradients('gridSample', `${mode}, ${paddingMode}${alignCorners ? ', aligned corners' : ''}`, setup, text, ['x', 'grid'],
    () => [wave(8 * 16 * 64 * 64).view(8, 16, 64, 64), wave(8 * 64 * 64 * 2, 1).view(8, 64, 64, 2).mul(1.1)], (x, grid) => F.gridSample(x, grid, mode, paddingMode, alignCorners));
})));

export const spatial: readonly Case[] = [...convs, ...pools, ...resizes, ...samples];
