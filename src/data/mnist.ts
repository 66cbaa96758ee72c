/** MNIST, and what is published in its form. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bind, boolArg, show, signature } from '../core/args.ts';
import { ArgumentError, IndexRangeError } from '../core/errors.ts';
import { FileFormatError } from '../io/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Dataset } from './dataset.ts';
import { readIdx } from './idx.ts';
import { LIBRARY, portable } from './portable.ts';

export interface MNISTOptions<Sample = Tensor, Target = Tensor> {
  /** The 60,000 images for training, or the 10,000 for testing. */
  readonly train?: boolean | null;
  readonly transform?: ((image: Tensor) => Sample) | null;
  /** Of the class, a 0-d int64 tensor. */
  readonly targetTransform?: ((target: Tensor) => Target) | null;
}

/**
 * Handwritten digits: `[image, class]` with an image `[1, 28, 28]` of uint8 unless a transform makes something else of it, and
 * a 0-d int64 class (a JS number would be collated as a float, which no loss takes for a class).
 * The four files, gzipped or not, lie in `root` or where torchvision puts them, in `root/MNIST/raw`; nothing is downloaded.
 * torchvision's `datasets.MNIST`.
 *
 *     const train = new MNIST('data', { transform: new transforms.ToTensor() });
 */
export class MNIST<Sample = Tensor, Target = Tensor> extends Dataset<[Sample, Target]> {
  /** What the classes are called. */
  static readonly classes: readonly string[] = ['0 - zero', '1 - one', '2 - two', '3 - three', '4 - four', '5 - five', '6 - six', '7 - seven', '8 - eight', '9 - nine'];
  readonly root: string;
  readonly train: boolean;
  /** All images, `[N, 28, 28]` of uint8. */
  readonly data: Tensor;
  /** All classes, `[N]` of int64. */
  readonly targets: Tensor;
  private readonly transform: ((image: Tensor) => Sample) | undefined;
  private readonly targetTransform: ((target: Tensor) => Target) | undefined;

  constructor(root: string, ...args: readonly [options?: MNISTOptions<Sample, Target>] | readonly [train: boolean, options?: Omit<MNISTOptions<Sample, Target>, 'train'>]
    | readonly [train: boolean, transform: ((image: Tensor) => Sample) | null, options?: Pick<MNISTOptions<Sample, Target>, 'targetTransform'>]) {
    super();
    const op = new.target.name, given = bind(signature(`${op}(root, train?, transform?, targetTransform?)`), [root, ...args]);
    if (typeof root !== 'string' || root === '') throw new ArgumentError(op, 'root', `must be the name of a folder, got ${show(root)}`);
    for (const name of ['transform', 'targetTransform']) {
      if (given[name] !== undefined && typeof given[name] !== 'function') throw new ArgumentError(op, name, `must be a function, got ${show(given[name])}`);
    }
    this.root = root;
    this.train = boolArg(op, 'train', given.train, true);
    this.transform = given.transform as ((image: Tensor) => Sample) | undefined;
    this.targetTransform = given.targetTransform as ((target: Tensor) => Target) | undefined;
    const part = this.train ? 'train' : 't10k', images = fileOf(op, root, `${part}-images-idx3-ubyte`);
    this.data = readIdx(images);
    const labels = readIdx(fileOf(op, root, `${part}-labels-idx1-ubyte`));
    if (this.data.ndim !== 3 || labels.ndim !== 1 || this.data.shape[0] !== labels.shape[0]) {
      throw new FileFormatError(op, images, `images [${this.data.shape.join(', ')}] and labels [${labels.shape.join(', ')}] do not belong together`);
    }
    this.targets = labels.long();
  }

  get length(): number {
    return this.targets.length;
  }

  get(index: number): [Sample, Target] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError(this.constructor.name, index, this.length);
    const image = this.data.select(0, index).unsqueeze(0), target = this.targets.select(0, index);
    return [this.transform === undefined ? (image as Sample) : this.transform(image), this.targetTransform === undefined ? (target as Target) : this.targetTransform(target)];
  }
}

/** Zalando's pictures of clothes, in the files of MNIST: `root` or `root/FashionMNIST/raw`. torchvision's `datasets.FashionMNIST`. */
export class FashionMNIST<Sample = Tensor, Target = Tensor> extends MNIST<Sample, Target> {
  static override readonly classes: readonly string[] = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
}

/** The file of a name, gzipped or not, in the folders where it may be. */
function fileOf(op: string, root: string, name: string): string {
  const places = [root, join(root, op, 'raw')].flatMap((folder) => [name, `${name}.gz`].map((file) => join(folder, file)));
  return places.find((path) => existsSync(path)) ?? ((): never => {
    throw new ArgumentError(op, 'root', `must have a file ${show(name)} (or .gz) in it or in ${join(op, 'raw')}, got ${show(root)}`);
  })();
}

portable(LIBRARY, { MNIST, FashionMNIST });
