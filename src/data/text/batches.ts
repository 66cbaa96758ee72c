/** Texts of different lengths as one batch: torchtext's `functional`, and a collate function. */
import { bind, show, signature } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { padSequence } from '../../nn/packed-sequence.ts';
import { tensor } from '../../tensor/create.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { defaultCollate } from '../collate.ts';

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

const idsTensor = (ids: readonly number[]): Tensor => tensor(BigInt64Array.from(ids, BigInt));

/**
 * Numbers of tokens as int64: `[L]` of one text, `[N, L]` of several, of which the shorter ones are filled up with
 * `paddingValue`. torchtext's `to_tensor`.
 */
export function toTensor(input: readonly number[] | readonly (readonly number[])[], paddingValue: number | null = null): Tensor {
  if (isNumbers(input)) return idsTensor(input);
  if (!Array.isArray(input) || !input.every(isNumbers)) throw new ArgumentError('toTensor', 'input', `must be numbers of tokens or several such lists, got ${show(input)}`);
  const rows = input as readonly (readonly number[])[];
  if (paddingValue === null && rows.some((row) => row.length !== rows[0].length)) throw new ArgumentError('toTensor', 'paddingValue', `must be given for lists of different lengths: ${rows.map((row) => row.length).join(', ')}`);
  return padSequence(rows.map(idsTensor), { batchFirst: true, paddingValue: paddingValue ?? 0 });
}

/** Texts cut off at a length. torchtext's `truncate`. */
export function truncate<T>(input: readonly T[], maxSeqLen: number): T[] {
  return input.map((item) => (Array.isArray(item) ? (item as unknown[]).slice(0, maxSeqLen) : item) as T).slice(0, input.some(Array.isArray) ? undefined : maxSeqLen);
}

/** A batch as {@link padCollate} makes it: lists of numbers are tensors too. */
export type Padded<Sample> =
  Sample extends Tensor | number | boolean | bigint | readonly number[] ? Tensor
    : Sample extends string ? string[]
      : Sample extends readonly unknown[] ? { -readonly [K in keyof Sample]: Padded<Sample[K]> }
        : { [K in keyof Sample]: Padded<Sample[K]> };

const PAD = signature('padCollate(*, paddingValue?, paddingSide?)');

/**
 * A collate function that pads: like `defaultCollate`, but tensors and lists of numbers of different lengths become one
 * tensor `[N, longest, ...]`, filled up with `paddingValue` (0) on the `paddingSide` ('right'). Lists of numbers are int64.
 *
 *     new DataLoader(reviews, { batchSize: 32, collateFn: padCollate({ paddingValue: vocab.get('<pad>') }) });
 */
export function padCollate<Sample>(...args: readonly [options?: { readonly paddingValue?: number; readonly paddingSide?: 'right' | 'left' }]): (samples: Sample[]) => Padded<Sample> {
  const given = bind(PAD, args), options = { batchFirst: true, paddingValue: (given.paddingValue ?? 0) as number, paddingSide: (given.paddingSide ?? 'right') as 'right' | 'left' };
  const collate = (samples: readonly unknown[]): unknown => {
    const first = samples[0];
    if (samples.every((sample) => sample instanceof Tensor && sample.ndim > 0)) return padSequence(samples as readonly Tensor[], options);
    if (samples.every(isNumbers)) return padSequence((samples as readonly (readonly number[])[]).map(idsTensor), options);
    if (Array.isArray(first)) return first.map((_, i) => collate(samples.map((sample) => (sample as readonly unknown[])[i])));
    if (typeof first === 'object' && first !== null && !(first instanceof Tensor)) {
      return Object.fromEntries(Object.keys(first).map((key) => [key, collate(samples.map((sample) => (sample as Readonly<Record<string, unknown>>)[key]))]));
    }
    return defaultCollate(samples);
  };
  return (samples) => collate(samples) as Padded<Sample>;
}
