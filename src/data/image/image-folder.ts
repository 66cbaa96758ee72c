/** Images in a folder per class. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bind, boolArg, show, signature } from '../../core/args.ts';
import { ArgumentError, IndexRangeError } from '../../core/errors.ts';
import { tensor } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Dataset } from '../dataset.ts';
import { LIBRARY, portable } from '../portable.ts';
import { readImage } from './image.ts';

export interface ImageFolderOptions<Sample = Tensor, Target = Tensor> {
  /** What a sample goes through when it is read. */
  readonly transform?: ((image: Tensor) => Sample) | null;
  /** Of the class, a 0-d int64 tensor. */
  readonly targetTransform?: ((target: Tensor) => Target) | null;
  /** Reads a file, instead of as an RGB image. */
  readonly loader?: ((path: string) => Tensor) | null;
  /** Which files are samples, instead of those ending in .png, .jpg or .jpeg. */
  readonly isValidFile?: ((path: string) => boolean) | null;
  /** Takes folders without samples for classes too. */
  readonly allowEmpty?: boolean | null;
}

const IMAGE_FOLDER = signature('ImageFolder(root, transform?, targetTransform?, loader?, isValidFile?, allowEmpty?)');
const isImageFile = (path: string): boolean => /\.(png|jpe?g)$/i.test(path);

/** The files below a folder, sorted as torchvision's, folder by folder. */
function* walk(folder: string): Generator<string> {
  const names = readdirSync(folder).sort(), folders: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) folders.push(path);
    else yield path;
  }
  for (const path of folders) yield* walk(path);
}

/**
 * The images of a folder with one folder per class: `root/cat/1.png` is of class 'cat'. Classes are numbered in the order of
 * their names; a sample is `[image, class]`, an image `[3, H, W]` of uint8 unless a transform makes something else of it, and a
 * 0-d int64 class.
 * torchvision's `datasets.ImageFolder`.
 *
 *     const train = new ImageFolder('data/train', new transforms.Compose([new transforms.Resize([64, 64]), new transforms.ToTensor()]));
 *     for (const [x, y] of new DataLoader(train, 32, true)) ...
 */
export class ImageFolder<Sample = Tensor, Target = Tensor> extends Dataset<[Sample, Target]> {
  readonly root: string;
  readonly classes: readonly string[];
  readonly classToIdx: Readonly<Record<string, number>>;
  /** File and class of every sample. */
  readonly samples: readonly (readonly [path: string, target: number])[];
  private readonly transform: ((image: Tensor) => Sample) | undefined;
  private readonly targetTransform: ((target: Tensor) => Target) | undefined;
  private readonly loader: (path: string) => Tensor;
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(root: string, ...args: readonly [options?: ImageFolderOptions<Sample, Target>] | readonly [transform: ((image: Tensor) => Sample) | null, options?: Omit<ImageFolderOptions<Sample, Target>, 'transform'>]
    | readonly [transform: ((image: Tensor) => Sample) | null, targetTransform: ((target: Tensor) => Target) | null, options?: Omit<ImageFolderOptions<Sample, Target>, 'transform' | 'targetTransform'>]) {
    super();
    const given = bind(IMAGE_FOLDER, [root, ...args]);
    if (typeof root !== 'string' || root === '') throw new ArgumentError('ImageFolder', 'root', `must be the name of a folder, got ${show(root)}`);
    for (const name of ['transform', 'targetTransform', 'loader', 'isValidFile']) {
      if (given[name] !== undefined && typeof given[name] !== 'function') throw new ArgumentError('ImageFolder', name, `must be a function, got ${show(given[name])}`);
    }
    this.root = root;
    this.options = given;
    this.transform = given.transform as ((image: Tensor) => Sample) | undefined;
    this.targetTransform = given.targetTransform as ((target: Tensor) => Target) | undefined;
    this.loader = (given.loader as ((path: string) => Tensor) | undefined) ?? ((path) => readImage(path, 'RGB'));
    const isValid = (given.isValidFile as ((path: string) => boolean) | undefined) ?? isImageFile;
    this.classes = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
    if (this.classes.length === 0) throw new ArgumentError('ImageFolder', 'root', `must have a folder for each class, got ${show(root)} without any`);
    this.classToIdx = Object.fromEntries(this.classes.map((name, i) => [name, i]));
    const files = this.classes.map((name) => [...walk(join(root, name))].filter(isValid));
    const empty = this.classes.filter((_, i) => files[i].length === 0);
    if (empty.length > 0 && !boolArg('ImageFolder', 'allowEmpty', given.allowEmpty)) throw new ArgumentError('ImageFolder', 'root', `has no samples of ${empty.map(show).join(', ')}`);
    this.samples = files.flatMap((paths, target) => paths.map((path) => [path, target] as const));
  }

  get length(): number {
    return this.samples.length;
  }

  /** Classes of all samples, not transformed. */
  get targets(): number[] {
    return this.samples.map(([, target]) => target);
  }

  /** With what a worker makes the dataset again: it looks into the folders itself. */
  constructorArgs(): readonly unknown[] {
    const { root, ...options } = this.options;
    return [root, options];
  }

  get(index: number): [Sample, Target] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) throw new IndexRangeError('ImageFolder', index, this.length);
    const [path, number] = this.samples[index], image = this.loader(path), target = tensor(number, { dtype: 'int64' });
    return [this.transform === undefined ? (image as Sample) : this.transform(image), this.targetTransform === undefined ? (target as Target) : this.targetTransform(target)];
  }
}

portable(LIBRARY, { ImageFolder });
