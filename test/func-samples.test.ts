/** Every operation under vmap, and its gradients through and inside of vmap, against a loop over the samples. */
import { expect, test } from 'vitest';
import { onBackends } from './fixtures/backends.ts';
import { opFiles } from './fixtures/op-files.ts';
import { resolve } from './fixtures/op-samples.ts';
import { vmapSample } from './fixtures/vmap-samples.ts';

/** Every recorded sample with FLAMBEAU_SAMPLES=all (minutes), else the first of each operation. */
const COUNT = process.env.FLAMBEAU_SAMPLES === 'all' ? Infinity : 1;

/** Operations that vmap may refuse: they read elements, give shapes that depend on them, draw, or write into an input. */
const REFUSES = new Set([
  'Tensor.item', 'torch.allclose', 'torch.equal', 'torch.nonzero', 'torch.argwhere', 'torch.masked_select', 'torch.histogram', 'torch.unique', 'torch.unique_consecutive',
  'torch.repeat_interleave', 'torch.nn.functional.one_hot', 'torch.nn.functional.batch_norm', 'torch.nn.functional.instance_norm', 'torch.nn.functional.embedding',
  'torch.nn.functional.fractional_max_pool2d', 'torch.nn.functional.fractional_max_pool3d', 'Tensor.__getitem__',
]);

onBackends(() => {
  test.each(opFiles().filter(({ op }) => resolve(op) !== null).map((file) => [file.op, file] as const))('%s', (op, file) => {
    const results = file.samples.slice(0, COUNT).map((sample) => vmapSample(file, sample));
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    if (!REFUSES.has(op)) expect(results.reduce((sum, { refused }) => sum + refused, 0), 'refusals').toBe(0);
  });
});
