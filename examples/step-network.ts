/** Program 9: a network of step functions separates XOR; the regions of two lines and their losses. */
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log } from './lib/example.ts';

/** 1 from 0 upward, else 0. */
const step = (x: torch.Tensor): torch.Tensor => x.ge(0).float();

export function run({ log = console.log as Log } = {}) {
  const inputs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const hiddenWeight = torch.tensor([[1, 1], [1, 1]]), hiddenBias = torch.tensor([-0.5, -1.5]);
  const outputWeight = torch.tensor([[1, -1]]), outputBias = torch.tensor([-0.5]);

  const hiddenSum = nn.functional.linear(inputs, hiddenWeight, hiddenBias);
  const hidden = step(hiddenSum);
  const outputSum = nn.functional.linear(hidden, outputWeight, outputBias);
  const output = step(outputSum).flatten();
  log(`inputs\n${inputs}\nsums of the hidden layer\n${hiddenSum}\nhidden layer\n${hidden}\nsums of the output\n${outputSum}\noutput ${output}`);
  return { inputs, hidden, output };
}

/** Two lines as classifiers of OR: the steeper side of each is the probability of 1. */
export function compareLines({ log = console.log as Log } = {}) {
  const points = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), target = torch.tensor([0, 1, 1, 1]);
  const lines = [{ name: 'x1 + x2 = 0.5', weight: [1, 1], bias: -0.5 }, { name: 'x1 - x2 = 0.5', weight: [1, -1], bias: -0.5 }];
  return lines.map(({ name, weight, bias }) => {
    const classify = (x: torch.Tensor): torch.Tensor => x.matmul(torch.tensor(weight)).add(bias).mul(4);
    const logits = classify(points);
    const mse = nn.functional.mseLoss(logits.sigmoid(), target).item();
    const crossEntropy = nn.functional.binaryCrossEntropyWithLogits(logits, target).item();
    log(`${name}: MSE ${mse.toFixed(4)}, cross entropy ${crossEntropy.toFixed(4)}`);
    return { name, classify, points, target, mse, crossEntropy };
  });
}

await runAsScript(import.meta.url, async () => {
  run();
  const size = 81, axis = torch.linspace(-0.5, 1.5, size);
  const grid = torch.stack([axis.repeat(size), axis.unsqueeze(1).repeat(1, size).flatten()], 1);
  plt.figure({ figsize: [8, 4.4] });
  for (const [i, { name, classify, points, target, mse, crossEntropy }] of compareLines().entries()) {
    plt.subplot(1, 2, i + 1);
    plt.title(`${name}\nMSE ${mse.toFixed(3)}, cross entropy ${crossEntropy.toFixed(3)}`);
    plt.imshow(step(classify(grid)).view(size, size), { extent: [-0.5, 1.5, -0.5, 1.5], origin: 'lower', alpha: 0.4 });
    plt.scatter(points.index(':', 0), points.index(':', 1), { c: target });
  }
  plt.tightLayout();
  await showFigure('step-network');
});
