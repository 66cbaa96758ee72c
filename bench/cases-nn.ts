/** Normalization, attention and recurrent layers: forward, and forward with backward. */
import { nn } from 'flambeau';
import type { DType, Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { WAVE, wave } from './inputs.ts';

const F = nn.functional;

export interface Layer {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly ours: (...inputs: Tensor[]) => Tensor;
  readonly python: string;
}

const LAYERS: readonly Layer[] = [
  { name: 'layer_norm 64x512', shapes: [[64, 512], [512], [512]], ours: (x, w, b) => F.layerNorm(x, [512], w, b), python: 'F.layer_norm(a, (512,), b, c)' },
  { name: 'rms_norm 64x512', shapes: [[64, 512], [512]], ours: (x, w) => F.rmsNorm(x, [512], w), python: 'F.rms_norm(a, (512,), b)' },
  { name: 'batch_norm 64x64x14x14', shapes: [[64, 64, 14, 14], [64], [64]], ours: (x, w, b) => F.batchNorm(x, null, null, w, b, true), python: 'F.batch_norm(a, None, None, b, c, True)' },
  { name: 'batch_norm 64x100', shapes: [[64, 100], [100], [100]], ours: (x, w, b) => F.batchNorm(x, null, null, w, b, true), python: 'F.batch_norm(a, None, None, b, c, True)' },
  { name: 'group_norm 16x64x14x14', shapes: [[16, 64, 14, 14], [64], [64]], ours: (x, w, b) => F.groupNorm(x, 8, w, b), python: 'F.group_norm(a, 8, b, c)' },
  { name: 'attention 8x8x128x64', shapes: [[8, 8, 128, 64], [8, 8, 128, 64], [8, 8, 128, 64]], ours: (q, k, v) => F.scaledDotProductAttention(q, k, v), python: 'F.scaled_dot_product_attention(a, b, c)' },
];

const size = (shape: readonly number[]): number => shape.reduce((all, n) => all * n, 1);
const names = 'abc';

/** A function of waves of the given shapes; with backward, of all their gradients too. */
export const layer = ({ name, shapes, ours, python }: Layer, backward: boolean, group = 'nn', { dtype = 'float32', tolerance = 1e-4 }: { dtype?: DType; tolerance?: number } = {}): Case => {
  const setup = shapes.map((shape, i) => `${names[i]} = wave(${size(shape)}, ${i}.0).view(${shape.join(', ')}).to(torch.${dtype})${backward ? '.requires_grad_()' : ''}`).join('\n');
  const inputs = (): Tensor[] => shapes.map((shape, i) => {
    const x = wave(size(shape), i).view([...shape]).to(dtype);
    return backward ? x.detach().requiresGrad_() : x;
  });
  const grads = shapes.map((_, i) => names[i]).join(', ');
  return {
    group, name: `${dtype === 'float32' ? '' : `${dtype} `}${name}${backward ? ' with backward' : ''}`, tolerance,
    make() {
      const given = inputs();
      if (!backward) return { run: () => ours(...given), result: () => ours(...given) };
      const run = (): Tensor => {
        for (const x of given) x.grad = null;
        ours(...given).sum().backward();
        return given[0].grad as Tensor;
      };
      return { run, result: () => ours(...given).detach() };
    },
    torch: backward
      ? { setup: `${WAVE}${setup}`, run: `for t in (${grads},):\n    t.grad = None\n${python}.sum().backward()`, result: python }
      : { setup: `${WAVE}${setup}`, run: python, result: python },
  };
};

const recurrent = (['LSTM', 'GRU'] as const).map((name): Case => ({
  group: 'nn', name: `${name} 10x32x64 to 128 with backward`, tolerance: 1e-4,
  make() {
    const module = new nn[name](64, 128), x = wave(10 * 32 * 64).view(10, 32, 64);
    const weights = module.parameters();
    weights.forEach((p, i) => p.detach().copy_(wave(p.numel(), i).mul(0.1).view([...p.shape])));
    const run = (): void => {
      for (const p of weights) p.grad = null;
      module.forward(x)[0].sum().backward();
    };
    return { run, result: () => module.forward(x)[0].detach() };
  },
  torch: {
    setup: `${WAVE}m = nn.${name}(64, 128)\nx = wave(20480).view(10, 32, 64)\nwith torch.no_grad():\n    for i, p in enumerate(m.parameters()):\n        p.copy_(wave(p.numel(), float(i)).mul(0.1).view(p.shape))`,
    run: 'm.zero_grad()\nm(x)[0].sum().backward()',
    result: 'm(x)[0]',
  },
}));

export const layers: Case[] = [...LAYERS.flatMap((each) => [layer(each, false), layer(each, true)]), ...recurrent];
