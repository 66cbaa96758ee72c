/**
 * Handwritten digits: a convolutional network that reads 99% of MNIST's test images within three epochs.
 *
 * Reaches 97.22%, 99.14% and 99.17% of the 10,000 test images after its three epochs of 8 s (two cores).
 * Figure: the loss and the misread digits. Options: --epochs, --batch-size, --lr, --train and --test (images), --seed, --short.
 */
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import { DataLoader, TensorDataset } from 'flambeau/data';
import * as plt from 'flambeau/plot';
import { tqdm } from 'flambeau/train';
import { options, runAsScript, showFigure } from './lib/example.ts';
import { first, mnist } from './lib/mnist.ts';

const full = { epochs: 3, batchSize: 64, lr: 4e-3, train: 60_000, test: 10_000, seed: 0 };
export const short = { ...full, epochs: 1, batchSize: 32, train: 1024, test: 250 };

class Net extends nn.Module {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  norm = new nn.BatchNorm2d(32);
  fc1 = new nn.Linear(32 * 7 * 7, 128);
  dropout = new nn.Dropout(0.25);
  fc2 = new nn.Linear(128, 10);

  forward(images: torch.Tensor): torch.Tensor {
    let x = images.unsqueeze(1).float().div(255);
    x = nn.functional.maxPool2d(this.conv1(x), 2).relu();
    x = nn.functional.maxPool2d(this.norm(this.conv2(x)), 2).relu();
    x = this.dropout(this.fc1(x.flatten(1)).relu());
    return this.fc2(x);
  }
}

export async function main({ epochs, batchSize, lr, train, test, seed } = full, log = console.log) {
  torch.manualSeed(seed);
  const { images, labels } = first(mnist('train'), train);
  const unseen = first(mnist('test'), test);
  const loader = new DataLoader(new TensorDataset(images, labels), { batchSize, shuffle: true });

  const model = new Net();
  const lossFn = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(model.parameters());
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: lr, epochs, stepsPerEpoch: loader.length });

  const losses: number[] = [];
  let predicted = torch.empty(0), accuracy = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    model.train();
    for (const [batch, classes] of tqdm(loader, { desc: `epoch ${epoch}`, leave: false })) {
      const loss = lossFn(model(batch), classes);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      scheduler.step();
      losses.push(loss.item());
    }
    const seconds = (performance.now() - start) / 1000;

    model.eval();
    predicted = noGrad(() => torch.cat(unseen.images.split(500).map((batch) => model(batch).argmax(1))));
    accuracy = predicted.eq(unseen.labels).float().mean().item();
    const mean = losses.slice(-loader.length).reduce((sum, loss) => sum + loss, 0) / loader.length;
    log(`epoch ${epoch}: training loss ${mean.toFixed(4)}, ${(100 * accuracy).toFixed(2)}% of ${unseen.labels.length} test images, ${seconds.toFixed(1)} s`);
  }

  plt.figure({ figsize: [9, 4] });
  plt.subplot(1, 2, 1);
  plt.title(`${(100 * accuracy).toFixed(2)}% of ${unseen.labels.length} test images`);
  plt.plot(losses);
  plt.yscale('log');
  plt.xlabel('step');
  plt.ylabel('cross entropy');
  plt.subplot(1, 2, 2);
  const misread = predicted.ne(unseen.labels).nonzero().flatten();
  plt.title('misread digits');
  if (misread.length > 0) plt.imshow(plt.makeGrid(unseen.images.index(misread.index(':48')).unsqueeze(1), { normalize: true }));
  plt.axis('off');
  plt.tightLayout();
  await showFigure('mnist-cnn');
  return { accuracy, losses };
}

await runAsScript(import.meta.url, () => main(options(full, short)));
