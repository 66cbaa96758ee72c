/** Batches made of samples. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { sameShape } from '../core/layout.ts';
import { ITEM_SIZE, type TypedArray } from '../core/dtype.ts';
import { stack } from '../tensor/composite.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { copyInto } from '../tensor/kernels.ts';
import { Tensor } from '../tensor/tensor.ts';
import { sharedTensor, WORTH_SHARING } from './shared.ts';
import { getWorkerInfo } from './worker-info.ts';

/** A batch of samples as `defaultCollate` makes it: tensors, typed arrays, numbers stacked; arrays, objects and Maps per member. */
export type Collated<Sample> =
  Sample extends Tensor | TypedArray | number | boolean | bigint ? Tensor
    : Sample extends string ? string[]
      : Sample extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Collated<Value>>
        : Sample extends readonly unknown[] ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
          : { [K in keyof Sample]: Collated<Sample[K]> };

/** A sample as `defaultConvert` makes it. */
export type Converted<Sample> =
  Sample extends TypedArray ? Tensor
    : Sample extends Tensor | number | boolean | bigint | string | null | undefined ? Sample
      : Sample extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Converted<Value>>
        : Sample extends object ? { [K in keyof Sample]: Converted<Sample[K]> } : Sample;

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);

/**
 * Samples as a batch: PyTorch's `default_collate`. Tensors of one shape are stacked, typed arrays too; numbers, booleans
 * and bigints become a tensor (float32, bool, int64: what `tensor()` makes of them); strings a list; arrays of one length,
 * plain objects and Maps are collated member by member.
 *
 * ```ts
 * defaultCollate([{ x: tensor([1]), y: 0 }, { x: tensor([2]), y: 1 }]); // { x: tensor [2, 1], y: tensor [2] }
 * ```
 */
export function defaultCollate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  if (!Array.isArray(samples) || samples.length === 0) throw new ArgumentError('defaultCollate', 'samples', `must be a non-empty array, got ${show(samples)}`);
  return collateAny(samples, '') as Collated<Sample>;
}

/** `path` is where in a sample the members stand: `.image`, `[1]`. */
function collateAny(samples: readonly unknown[], path: string): unknown {
  const [first] = samples;
  const all = (is: (sample: unknown) => boolean, what: string): void => {
    const wrong = samples.findIndex((sample) => !is(sample));
    if (wrong >= 0) throw new ArgumentError('defaultCollate', `samples[${wrong}]${path}`, `must be ${what} as in the first sample, got ${show(samples[wrong])}`);
  };
  if (first instanceof Tensor) {
    all((sample) => sample instanceof Tensor, 'a tensor');
    all((sample) => sameShape((sample as Tensor).shape, first.shape), `of shape [${first.shape.join(', ')}]`);
    return stackTensors(samples as readonly Tensor[]);
  }
  if (typeof first === 'number' || typeof first === 'boolean' || typeof first === 'bigint') {
    all((sample) => typeof sample === typeof first, `a ${typeof first}`);
    return makeTensor(samples as number[]);
  }
  if (typeof first === 'string') {
    all((sample) => typeof sample === 'string', 'a string');
    return [...samples];
  }
  if (isTypedArray(first)) {
    all((sample) => isTypedArray(sample) && sample.constructor === first.constructor && sample.length === first.length, `a ${first.constructor.name} of ${first.length}`);
    return stackTensors(samples.map((sample) => makeTensor(sample as TypedArray)));
  }
  if (Array.isArray(first)) {
    all((sample) => Array.isArray(sample) && sample.length === first.length, `an array of ${first.length}`);
    return first.map((_, i) => collateAny(samples.map((sample) => (sample as readonly unknown[])[i]), `${path}[${i}]`));
  }
  if (first instanceof Map) {
    all((sample) => sample instanceof Map && [...first.keys()].every((key) => sample.has(key)), `a Map with the keys ${[...first.keys()].map(show).join(', ')}`);
    return new Map([...first.keys()].map((key) => [key, collateAny(samples.map((sample) => (sample as Map<unknown, unknown>).get(key)), `${path}.get(${show(key)})`)]));
  }
  if (isOptions(first)) {
    const keys = Object.keys(first);
    all((sample) => isOptions(sample) && keys.every((key) => key in sample), `an object with the members ${keys.join(', ')}`);
    return Object.fromEntries(keys.map((key) => [key, collateAny(samples.map((sample) => (sample as Readonly<Record<string, unknown>>)[key]), `${path}.${key}`)]));
  }
  throw new ArgumentError('defaultCollate', `samples[0]${path}`, `must be a tensor, a typed array, a number, a string, an array, a Map or a plain object, got ${show(first)}; write a collateFn for others`);
}

/** Stacks along a new first dim; a worker does so in memory that the loader's thread reads. */
function stackTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  const shared = getWorkerInfo() !== null && tensors.length * first.numel() * ITEM_SIZE[first.dtypeCode] >= WORTH_SHARING && tensors.every((x) => x.dtypeCode === first.dtypeCode && !x.requiresGrad);
  if (!shared) return stack(tensors);
  const out = sharedTensor([tensors.length, ...first.shape], first.dtypeCode);
  tensors.forEach((x, i) => copyInto(out.select(0, i), x));
  return out;
}

/** A sample with its typed arrays as tensors, also in arrays, plain objects and Maps: PyTorch's `default_convert`, for a loader that makes no batches. */
export function defaultConvert<Sample>(sample: Sample): Converted<Sample> {
  return convertAny(sample) as Converted<Sample>;
}

function convertAny(value: unknown): unknown {
  if (isTypedArray(value)) return makeTensor(value);
  if (Array.isArray(value)) return value.map(convertAny);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, convertAny(member)]));
  if (isOptions(value)) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convertAny(member)]));
  return value;
}
