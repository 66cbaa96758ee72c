/** `nn.utils.rnn`: sequences of different lengths, padded to one tensor or packed without padding. */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { cat, stack } from '../tensor/composite.ts';
import { full, tensor } from '../tensor/create.ts';
import type { DType } from '../core/dtype.ts';
import { operation } from '../tensor/operation.ts';
import { Tensor } from '../tensor/tensor.ts';

const integers = (values: readonly number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));
const numbersOf = (values: Tensor | readonly number[]): number[] => (values instanceof Tensor ? values.long().tolist() as number[] : [...values]);

/**
 * The elements of several sequences, time by time and longest sequence first: `data` [total, ...], and how many sequences
 * reach each time. The indices tell how the sequences were ordered, null where they were sorted already.
 */
export class PackedSequence {
  readonly data: Tensor;
  readonly batchSizes: Tensor;
  readonly sortedIndices: Tensor | null;
  readonly unsortedIndices: Tensor | null;

  constructor(data: Tensor, batchSizes: Tensor, sortedIndices: Tensor | null = null, unsortedIndices: Tensor | null = null) {
    for (const [name, value] of Object.entries({ data, batchSizes })) if (!(value instanceof Tensor)) throw new ArgumentError('PackedSequence', name, `must be a Tensor, got ${show(value)}`);
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices ?? (unsortedIndices === null ? null : invertPermutation(unsortedIndices));
    this.unsortedIndices = unsortedIndices ?? (sortedIndices === null ? null : invertPermutation(sortedIndices));
  }

  /** The same sequences with other elements. */
  with(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batchSizes, this.sortedIndices, this.unsortedIndices);
  }

  to(dtype: DType): PackedSequence {
    return this.with(this.data.to(dtype));
  }

  float(): PackedSequence {
    return this.to('float32');
  }

  double(): PackedSequence {
    return this.to('float64');
  }

  *[Symbol.iterator](): Generator<Tensor | null> {
    yield* [this.data, this.batchSizes, this.sortedIndices, this.unsortedIndices];
  }

  toString(): string {
    return `PackedSequence(data=${this.data}, batch_sizes=${this.batchSizes}, sorted_indices=${this.sortedIndices ?? 'None'}, unsorted_indices=${this.unsortedIndices ?? 'None'})`;
  }
}

/** The permutation that undoes another. */
export function invertPermutation(permutation: Tensor): Tensor {
  const inverse: number[] = [];
  numbersOf(permutation).forEach((from, to) => (inverse[from] = to));
  return integers(inverse);
}

function checkLengths(op: string, lengths: readonly number[], batch: number, longest: number): void {
  if (lengths.length !== batch) throw new ShapeError(op, `lengths must have one entry per sequence: ${batch}, got ${lengths.length}`);
  for (const length of lengths) if (!Number.isInteger(length) || length < 1 || length > longest) throw new ArgumentError(op, 'lengths', `must be integers from 1 to ${longest}, got ${show(length)}`);
}

/** Row t * batch + b of every element of the packed data, for lengths in decreasing order; and how many sequences reach each time. */
function packing(lengths: readonly number[], batch: number): { readonly rows: number[]; readonly sizes: number[] } {
  const rows: number[] = [], sizes: number[] = [];
  for (let t = 0; t < (lengths[0] ?? 0); t++) {
    let count = 0;
    while (count < lengths.length && lengths[count] > t) rows.push(t * batch + count++);
    sizes.push(count);
  }
  return { rows, sizes };
}

/**
 * Packs a padded batch [T, B, ...] (or [B, T, ...]) of sequences of the given lengths, which must decrease unless
 * `enforceSorted` is false. PyTorch's `pack_padded_sequence`.
 */
export const packPaddedSequence = operation('packPaddedSequence(input: Tensor, lengths: any, batchFirst: bool = false, enforceSorted: bool = true)', (input, lengths, batchFirst, enforceSorted): PackedSequence => {
  const op = 'packPaddedSequence';
  if (input.ndim < 2) throw new ShapeError(op, `input must have at least 2 dimensions, got shape [${input.shape.join(', ')}]`);
  if (!(lengths instanceof Tensor) && !Array.isArray(lengths)) throw new ArgumentError(op, 'lengths', `must be a Tensor or an array of integers, got ${show(lengths)}`);
  let padded = batchFirst ? input.transpose(0, 1) : input;
  const [time, batch] = padded.shape;
  let sizes = numbersOf(lengths as Tensor | readonly number[]);
  checkLengths(op, sizes, batch, time);
  let order: Tensor | null = null;
  if (!enforceSorted) {
    const from = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a]);
    order = integers(from);
    sizes = from.map((i) => sizes[i]);
    padded = padded.indexSelect(1, order);
  } else if (sizes.some((size, i) => i > 0 && size > sizes[i - 1])) throw new ArgumentError(op, 'lengths', `must be in decreasing order, got [${sizes.join(', ')}]; give enforceSorted: false`);
  const { rows, sizes: batchSizes } = packing(sizes, batch);
  return new PackedSequence(padded.reshape([time * batch, ...padded.layout.shape.slice(2)]).indexSelect(0, integers(rows)), integers(batchSizes), order);
});

/** How long each sequence is, longest first. */
function lengthsOf(batchSizes: readonly number[]): number[] {
  return Array.from({ length: batchSizes[0] ?? 0 }, (_, b) => batchSizes.filter((count) => count > b).length);
}

/** The padded batch [T, B, ...] (or [B, T, ...]) of packed sequences in their first order, and their lengths. PyTorch's `pad_packed_sequence`. */
export const padPackedSequence = operation('padPackedSequence(sequence: any, batchFirst: bool = false, paddingValue: float = 0, totalLength: int?)', (sequence, batchFirst, paddingValue, totalLength): [padded: Tensor, lengths: Tensor] => {
  const op = 'padPackedSequence';
  if (!(sequence instanceof PackedSequence)) throw new ArgumentError(op, 'sequence', `must be a PackedSequence, got ${show(sequence)}`);
  const { data, unsortedIndices } = sequence, lengths = lengthsOf(numbersOf(sequence.batchSizes)), batch = lengths.length;
  const longest = lengths[0] ?? 0, time = totalLength ?? longest;
  if (time < longest) throw new ArgumentError(op, 'totalLength', `must be at least the longest sequence's ${longest}, got ${time}`);
  const features = data.layout.shape.slice(1);
  let padded = full([time * batch, ...features], paddingValue, { dtype: data.dtype }).indexCopy(0, integers(packing(lengths, batch).rows), data).reshape([time, batch, ...features]);
  let sizes = integers(lengths);
  if (unsortedIndices !== null) {
    padded = padded.indexSelect(1, unsortedIndices);
    sizes = sizes.indexSelect(0, unsortedIndices);
  }
  return [batchFirst ? padded.transpose(0, 1) : padded, sizes];
});

/** Sequences [L, ...] as one batch [T, B, ...] (or [B, T, ...]), padded on one side. PyTorch's `pad_sequence`. */
export const padSequence = operation("padSequence(sequences: Tensors, batchFirst: bool = false, paddingValue: float = 0, paddingSide: 'right'|'left' = 'right')", (sequences, batchFirst, paddingValue, paddingSide): Tensor => {
  if (sequences.length === 0) throw new ArgumentError('padSequence', 'sequences', 'must not be empty');
  const [first] = sequences, rest = first.layout.shape.slice(1);
  for (const s of sequences) if (s.ndim === 0 || s.layout.shape.slice(1).join() !== rest.join()) throw new ShapeError('padSequence', `all sequences must have shape [L, ${rest.join(', ')}], got [${s.shape.join(', ')}]`);
  const longest = Math.max(...sequences.map((s) => s.shape[0]));
  const padded = sequences.map((s) => {
    if (s.shape[0] === longest) return s;
    const padding = full([longest - s.shape[0], ...rest], paddingValue, { dtype: s.dtype });
    return cat(paddingSide === 'right' ? [s, padding] : [padding, s]);
  });
  return stack(padded, batchFirst ? 0 : 1);
});

/** The sequences of a padded batch, each of its length. PyTorch's `unpad_sequence`. */
export const unpadSequence = operation('unpadSequence(paddedSequences: Tensor, lengths: any, batchFirst: bool = false)', (padded, lengths, batchFirst): Tensor[] => {
  if (padded.ndim < 2) throw new ShapeError('unpadSequence', `paddedSequences must have at least 2 dimensions, got shape [${padded.shape.join(', ')}]`);
  if (!(lengths instanceof Tensor) && !Array.isArray(lengths)) throw new ArgumentError('unpadSequence', 'lengths', `must be a Tensor or an array of integers, got ${show(lengths)}`);
  const rows = batchFirst ? padded : padded.transpose(0, 1), sizes = numbersOf(lengths as Tensor | readonly number[]);
  checkLengths('unpadSequence', sizes, rows.shape[0], rows.shape[1]);
  return sizes.map((size, b) => rows.select(0, b).narrow(0, 0, size));
});

/** Packs sequences [L, ...], in order of decreasing length unless `enforceSorted` is false. PyTorch's `pack_sequence`. */
export const packSequence = operation('packSequence(sequences: Tensors, enforceSorted: bool = true)', (sequences, enforceSorted): PackedSequence =>
  packPaddedSequence(padSequence(sequences), sequences.map((s) => s.shape[0]), { enforceSorted }));

/** The sequences of a packed one, in their first order. PyTorch's `unpack_sequence`. */
export function unpackSequence(packedSequences: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(packedSequences, true);
  return unpadSequence(padded, lengths, true);
}
