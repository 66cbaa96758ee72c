/** Activations, and losses of elements, on a million elements: forward, and forward with backward. */
import { nn } from 'flambeau';
import type { Tensor } from 'flambeau';
import type { Case } from './case.ts';
import { layer } from './cases-nn.ts';

const F = nn.functional;
const SHAPE = [1000, 1000];

const ACTIVATIONS: readonly (readonly [python: string, ours: (x: Tensor) => Tensor])[] = [
  ['relu6', F.relu6], ['hardtanh', F.hardtanh], ['hardsigmoid', F.hardsigmoid], ['hardswish', F.hardswish], ['hardshrink', F.hardshrink], ['softshrink', F.softshrink],
  ['leaky_relu', F.leakyRelu], ['elu', F.elu], ['selu', F.selu], ['silu', F.silu], ['mish', F.mish], ['softplus', F.softplus], ['logsigmoid', F.logsigmoid], ['glu', F.glu],
];
const LOSSES: readonly (readonly [python: string, ours: (x: Tensor, y: Tensor) => Tensor])[] = [
  ['mse_loss', F.mseLoss], ['l1_loss', F.l1Loss], ['smooth_l1_loss', F.smoothL1Loss], ['huber_loss', F.huberLoss],
  ['binary_cross_entropy_with_logits', F.binaryCrossEntropyWithLogits],
];

export const activations: readonly Case[] = [
  ...ACTIVATIONS.map(([python, ours]) => ({ name: `${python} 1000x1000`, shapes: [SHAPE], ours: (x: Tensor) => ours(x), python: `F.${python}(a)` })),
  ...LOSSES.map(([python, ours]) => ({ name: `${python} 1000x1000`, shapes: [SHAPE, SHAPE], ours: (x: Tensor, y: Tensor) => ours(x, y), python: `F.${python}(a, b)` })),
].flatMap((row) => [layer(row, false, 'activation'), layer(row, true, 'activation')]);
