/**
 * A network that PyTorch trained to read 0 to 4, loaded from its .pt file, learns 5 to 9 from a few images.
 *
 * From 10 images it reaches 69.3% of the 4,861 test images of 5 to 9, from scratch 43.8%; from 50 images 87.3% and 82.5%, from
 * 250 there is no difference: 96.7% and 96.5%. Its outputs for 0 to 4 differ from PyTorch's by 1.4e-6 at most.
 * Figure: accuracies by images. Options: --epochs, --batch-size, --lr, --most (images), --test (images), --seed, --short.
 */
import { fileURLToPath } from 'node:url';
import * as torch from 'flambeau';
import { nn, noGrad, optim, type Tensor } from 'flambeau';
import { DataLoader, TensorDataset } from 'flambeau/data';
import { load } from 'flambeau/io';
import * as plt from 'flambeau/plot';
import { options, runAsScript, showFigure } from './lib/example.ts';
import { first, mnist, type Digits } from './lib/mnist.ts';

const full = { epochs: 30, batchSize: 10, lr: 1e-3, most: 250, test: 4861, seed: 0 };
export const short = { ...full, epochs: 10, most: 10, test: 250 };
/** Numbers of images to learn from. */
const counts = [10, 20, 50, 100, 250];

/** What data/digits-cnn.py saved: the state dict, what the network reached on 0 to 4, and its first four outputs there. */
interface Checkpoint {
  readonly model: nn.StateDict;
  readonly accuracy: number;
  readonly logits: Tensor;
}
const checkpoint = fileURLToPath(new URL('data/digits-cnn.pt', import.meta.url));

/** The same network line by line as in data/digits-cnn.py: the names of its parameters are those of the file. */
const network = (): nn.Sequential => new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Conv2d(16, 32, 3, { padding: 1 }), new nn.BatchNorm2d(32), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Conv2d(32, 32, 3, { padding: 1 }), new nn.BatchNorm2d(32), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Flatten(), new nn.Linear(32 * 3 * 3, 64), new nn.ReLU(), new nn.Linear(64, 5),
);

const pixels = (images: Tensor): Tensor => images.unsqueeze(1).float().div(255);

/** The images of five digits, labelled 0 to 4. */
function digitsFrom(lowest: 0 | 5, { images, labels }: Digits): Digits {
  const chosen = labels.ge(lowest).logicalAnd(labels.lt(lowest + 5));
  return { images: images.index(chosen), labels: labels.index(chosen).sub(lowest) };
}

function accuracyOf(model: nn.Sequential, { images, labels }: Digits): number {
  model.eval();
  return noGrad(() => torch.cat(images.split(500).map((batch) => model(pixels(batch)).argmax(1)))).eq(labels).float().mean().item();
}

/** Trains on a few images; what the model reads of 5 to 9 afterwards is what it has learnt from them. */
function fit(model: nn.Sequential, { images, labels }: Digits, { epochs, batchSize, lr }: Pick<typeof full, 'epochs' | 'batchSize' | 'lr'>): void {
  const loader = new DataLoader(new TensorDataset(pixels(images), labels), { batchSize, shuffle: true });
  const optimizer = new optim.Adam(model.parameters(), { lr });
  model.train();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const [batch, classes] of loader) {
      const loss = nn.functional.crossEntropy(model(batch), classes);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    }
  }
}

export async function main({ most, test, seed, ...training } = full, log = console.log) {
  const saved = load<Checkpoint>(checkpoint);
  const pretrained = (): nn.Sequential => {
    const model = network();
    model.loadStateDict(saved.model);
    return model;
  };
  const model = pretrained().eval(), known = digitsFrom(0, first(mnist('test'), 2 * test));
  const difference = noGrad(() => model(pixels(known.images.narrow(0, 0, 4)))).sub(saved.logits).abs().max().item();
  log(`outputs differ from PyTorch's by at most ${difference.toExponential(1)}; ${(100 * accuracyOf(model, known)).toFixed(2)}% of ${known.labels.length} test images of 0 to 4`);

  torch.manualSeed(seed);
  const examples = digitsFrom(5, mnist('train')), unseen = first(digitsFrom(5, mnist('test')), test);
  const results = counts.filter((count) => count <= most).map((count) => {
    const few = first(examples, count);
    const transferred = pretrained();
    transferred[14] = new nn.Linear(64, 5);
    const before = accuracyOf(transferred, unseen);
    fit(transferred, few, training);
    const scratch = network();
    fit(scratch, few, training);
    const result = { count, before, transferred: accuracyOf(transferred, unseen), scratch: accuracyOf(scratch, unseen) };
    log(`${count} images of 5 to 9: ${percent(result.transferred)} of ${unseen.labels.length} test images, ${percent(result.scratch)} from scratch, ${percent(before)} before`);
    return result;
  });

  plt.title('digits 5 to 9, after training on 0 to 4 in PyTorch');
  plt.plot(results.map(({ count }) => count), results.map(({ transferred }) => 100 * transferred), 'o-', { label: 'from the checkpoint' });
  plt.plot(results.map(({ count }) => count), results.map(({ scratch }) => 100 * scratch), 's-', { label: 'from scratch' });
  plt.xscale('log');
  plt.xlabel('images to learn from');
  plt.ylabel('% of test images');
  plt.legend();
  await showFigure('transfer-pytorch');
  return { difference, results };
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)}%`;

await runAsScript(import.meta.url, () => main(options(full, short)));
