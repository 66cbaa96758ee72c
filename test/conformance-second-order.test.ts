/** Gradients of gradients of every differentiable operation, over PyTorch's recorded samples. */
import { expect, test } from 'vitest';
import { onBackends } from './fixtures/backends.ts';
import { readJson } from './fixtures/conformance.ts';
import { opFiles } from './fixtures/op-files.ts';
import { resolve } from './fixtures/op-samples.ts';
import { secondOrder } from './fixtures/second-order.ts';

/** Operations whose second derivative is wrong or missing somewhere, with the reason. */
const exceptions = readJson<Readonly<Record<string, string>>>('conformance/second-order.json');
const files = opFiles().filter(({ op, samples }) => resolve(op) !== null && samples.some(({ grads = {} }) => Object.values(grads).some((each) => each !== null)));

onBackends(() => {
  test.each(files.map((file) => [file.op, file] as const))('%s has second derivatives', (op, file) => {
    const failures = file.samples.flatMap((sample) => {
      const failure = secondOrder(file, sample);
      return failure === null || failure === undefined ? [] : [`sample ${sample.id}: ${failure}`];
    });
    if (op in exceptions) expect(failures, 'passes and needs no exception').not.toEqual([]);
    else expect(failures).toEqual([]);
  });
});
