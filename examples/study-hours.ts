/** Program 8: points from hours of study, the loss of a given line, and why gradients are set to zero. */
import * as torch from 'flambeau';
import { nn, optim } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

export function run({ epochs = 1000, learningRate = 0.01, log = console.log as Log } = {}) {
  const xTrain = torch.FloatTensor([[1], [2], [3]]);
  const yTrain = torch.FloatTensor([[2], [4], [6]]);
  const W = torch.zeros(1, { requiresGrad: true });
  const b = torch.zeros(1, { requiresGrad: true });
  const optimizer = new optim.SGD([W, b], { lr: learningRate });

  const costs: Logged[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const hypothesis = xTrain.mul(W).add(b);
    const cost = torch.mean(hypothesis.sub(yTrain).pow(2));
    optimizer.zeroGrad();
    cost.backward();
    optimizer.step();
    if (epoch === 1 || epoch % 100 === 0) {
      log(`Epoch ${epoch}/${epochs} W: ${W.item().toFixed(3)}, b: ${b.item().toFixed(3)} Cost: ${cost.item().toFixed(6)}`);
      costs.push([epoch, cost.item()]);
    }
  }
  const prediction = torch.FloatTensor([4]).mul(W).add(b).item();
  log(`prediction for 4 hours: ${prediction}`);
  return { costs, final: [W.item(), b.item()], prediction };
}

/** How well the line 13x + 1 predicts: squared errors one by one, and by mseLoss. */
export function judgeLine(log: Log = console.log) {
  const hours = torch.tensor([2, 3, 4, 5]), actual = torch.tensor([25, 50, 42, 61]);
  const predicted = hours.mul(13).add(1);
  const error = actual.sub(predicted);
  const sumOfSquares = error.pow(2).sum().item();
  const meanSquaredError = nn.functional.mseLoss(predicted, actual).item();
  // The lesson took 51 for the 53 that 13 * 4 + 1 gives, and so printed 210 and 52.5.
  const slipped = torch.tensor([27, 40, 51, 66]);
  const lessonsError = nn.functional.mseLoss(slipped, actual).item();
  log(`hours     ${hours.tolist()}\nactual    ${actual.tolist()}\npredicted ${predicted.tolist()}\nerror     ${error.tolist()}`);
  log(`sum of squares ${sumOfSquares}, mean ${meanSquaredError} (with the lesson's 51 for 53: ${lessonsError * 4}, mean ${lessonsError})`);
  return { predicted: predicted.tolist(), error: error.tolist(), sumOfSquares, meanSquaredError, lessonsError };
}

/** The gradient of 2w, accumulated over backward passes or set to zero before each. */
export function gradients({ zeroing = false, log = console.log as Log } = {}) {
  const w = torch.tensor(2, { requiresGrad: true });
  const seen: number[] = [];
  for (let epoch = 0; epoch <= 20; epoch++) {
    if (zeroing && w.grad) w.grad.zero_();
    const z = w.mul(2);
    z.backward();
    seen.push(w.grad!.item());
  }
  log(`gradients of 2w ${zeroing ? 'with' : 'without'} zeroing: ${seen.join(' ')}`);
  return seen;
}

await runAsScript(import.meta.url, async () => {
  const { costs, final: [W, b] } = run();
  judgeLine();
  gradients();
  gradients({ zeroing: true });
  plt.subplot(2, 1, 1);
  plt.title('cost');
  plt.plot(costs.map(([epoch]) => epoch), costs.map(([, cost]) => cost));
  plt.yscale('log');
  plt.subplot(2, 1, 2);
  plt.title('points by hours of study');
  plt.scatter([1, 2, 3], [2, 4, 6]);
  plt.plot([0, 4], [b, 4 * W + b]);
  plt.tightLayout();
  await showFigure('study-hours');
});
