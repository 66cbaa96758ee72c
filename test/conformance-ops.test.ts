/** PyTorch's sample inputs of operations, with its outputs, gradients and refusals: one JSON file per operation. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import type { Tensor } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';
import { camel, decode, decodeOptions, expectTensor, makeTensor, readJson, upstream, type TensorJson, type Tolerance } from './fixtures/conformance.ts';

interface Call {
  readonly id: number;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly tensors?: readonly TensorJson[];
}
interface Sample extends Call {
  readonly dtype: string;
  readonly result: unknown;
  readonly outputs: readonly TensorJson[];
  readonly grads?: Readonly<Record<string, TensorJson | null>>;
  readonly tol?: readonly [number, number];
}
interface Operation {
  readonly op: string;
  readonly tolerance: Readonly<Record<string, Tolerance>>;
  readonly samples: readonly Sample[];
  readonly errors: readonly (Call & { readonly error: { readonly message: string } })[];
}

/** Samples in which we differ on purpose, by operation and sample or error id. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'torch.where sample 11': 'a JS number 1 is an int beside another int, where Python has 1.0',
  'torch.index_put error 1': 'indexPut casts the value to the dtype that is there, as PyTorch does for x[...] = value',
};

type Function = (...args: readonly unknown[]) => unknown;

function slice(item: unknown, tensors: readonly Tensor[]): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  if ('slice' in item) return (item.slice as (number | null)[]).map((part) => part ?? '').join(':');
  return 'ellipsis' in item ? '...' : decode(item, tensors);
}

/** The operation under our name, as a function of the recorded arguments. */
function invoke(op: string, { args, kwargs }: Call, tensors: readonly Tensor[]): unknown {
  if (op === 'Tensor.__getitem__') {
    const [self, index] = args;
    const items = typeof index === 'object' && index !== null && 'tuple' in index ? index.tuple as unknown[] : [index];
    return (decode(self, tensors) as Tensor).index(...(items.map((item) => slice(item, tensors)) as string[]));
  }
  const options = decodeOptions(kwargs, tensors);
  const values = [...args.map((arg) => decode(arg, tensors)), ...(Object.keys(options).length > 0 ? [options] : [])];
  const fn = op.split('.').slice(1).reduce<unknown>((scope, name) => (scope as Readonly<Record<string, unknown>>)[camel(name)], torch) as Function;
  return fn(...values);
}

/** Puts the parts of a result in the order in which the outputs were recorded. */
function outputsOf(structure: unknown, value: unknown, into: Tensor[] = []): Tensor[] {
  if (typeof structure !== 'object' || structure === null) return into;
  if ('o' in structure) into[structure.o as number] = value as Tensor;
  else {
    const parts = Array.isArray(structure) ? structure as unknown[] : 'tuple' in structure ? structure.tuple as unknown[] : [];
    parts.forEach((part, i) => outputsOf(part, (value as readonly unknown[])[i], into));
  }
  return into;
}

function check({ op, tolerance }: Operation, sample: Sample): void {
  const tensors = (sample.tensors ?? []).map(makeTensor);
  const outputs = outputsOf(sample.result, invoke(op, sample, tensors));
  const [outputFactor, gradientFactor] = sample.tol ?? [1, 1];
  sample.outputs.forEach((expected, k) => expectTensor(outputs[k], expected, tolerance, outputFactor, `output ${k}`));
  if (sample.grads === undefined) return;
  const roots = sample.outputs.flatMap(({ requires_grad: attached }, k) => (attached ? [k] : []));
  torch.autograd.backward(roots.map((k) => outputs[k]), roots.map((k) => upstream(outputs[k], k)));
  for (const [i, expected] of Object.entries(sample.grads)) {
    const { grad } = tensors[Number(i)];
    if (expected === null) expect(grad === null, `gradient ${i} is null`).toBe(true);
    else expectTensor(grad as Tensor, expected, tolerance, gradientFactor, `gradient ${i}`);
  }
}

const files = readdirSync(new URL('./conformance/ops/', import.meta.url)).sort();

onBackends(() => {
  describe.each(files.map((file) => readJson<Operation>(`conformance/ops/${file}`)))('$op', (operation) => {
    const { op, samples, errors } = operation;
    test.each(samples.filter(({ id }) => !(`${op} sample ${id}` in DIFFERENT)).map((sample) => [sample.id, sample.dtype, sample] as const))('sample %i of %s', (_id, _dtype, sample) => {
      check(operation, sample);
    });

    if (errors.length > 0) test('refuses what PyTorch refuses', () => {
      for (const call of errors) {
        if (`${op} error ${call.id}` in DIFFERENT) continue;
        const tensors = (call.tensors ?? []).map(makeTensor);
        let thrown: unknown;
        try {
          invoke(op, call, tensors);
        } catch (error) {
          thrown = error;
        }
        expect((thrown as { readonly op?: string } | undefined)?.op, call.error.message).toBeTypeOf('string');
      }
    });
  });
});

test('what differs on purpose still exists', () => {
  const known = files.map((file) => readJson<Operation>(`conformance/ops/${file}`)).flatMap(({ op, samples, errors }) => [...samples.map(({ id }) => `${op} sample ${id}`), ...errors.map(({ id }) => `${op} error ${id}`)]);
  for (const name of Object.keys(DIFFERENT)) expect(known).toContain(name);
});
