/** Datasets: samples by index, or as a stream. */
import { show } from '../core/args.ts';
import { ArgumentError, IndexRangeError, ShapeError } from '../core/errors.ts';
import { tensor as makeTensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Samples by index. Subclasses write `length` and `get`. */
export abstract class Dataset<Sample> {
  abstract readonly length: number;

  /** The sample at an index from 0 to `length - 1`. */
  abstract get(index: number): Sample;

  *[Symbol.iterator](): Generator<Sample> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}

/** A dataset that can read a batch faster than sample by sample: what `collate` would make of the samples. */
export interface BatchedDataset<Batch> {
  getBatch(indices: readonly number[]): Batch;
}

/** Tensors of the same first dimension; sample i is row i of each. */
export class TensorDataset extends Dataset<Tensor[]> implements BatchedDataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  readonly length: number;

  constructor(...tensors: readonly Tensor[]) {
    super();
    if (tensors.length === 0) throw new ArgumentError('TensorDataset', 'tensors', 'must be at least one tensor');
    for (const tensor of tensors) {
      if (!(tensor instanceof Tensor) || tensor.ndim === 0) throw new ArgumentError('TensorDataset', 'tensors', `must be tensors with at least 1 dimension, got ${tensor instanceof Tensor ? 'a 0-d tensor' : show(tensor)}`);
      if (tensor.shape[0] !== tensors[0].shape[0]) throw new ShapeError('TensorDataset', `tensors must have one length: ${tensors.map((t) => t.shape[0]).join(', ')}`);
    }
    this.tensors = tensors;
    this.length = tensors[0].shape[0];
  }

  get(index: number): Tensor[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => tensor.select(0, index));
  }

  getBatch(indices: readonly number[]): Tensor[] {
    const index = makeTensor(BigInt64Array.from(indices, BigInt));
    return this.tensors.map((tensor) => tensor.indexSelect(0, index));
  }
}

/** Some samples of another dataset. */
export class Subset<Sample> extends Dataset<Sample> {
  readonly dataset: Dataset<Sample>;
  readonly indices: readonly number[];

  constructor(dataset: Dataset<Sample>, indices: readonly number[]) {
    super();
    this.dataset = dataset;
    this.indices = indices;
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): Sample {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError('Subset', index, this.length);
    return this.dataset.get(this.indices[index]);
  }
}
