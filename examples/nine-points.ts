/** Program 7: a line through nine points, with Variables and the older idioms of PyTorch. */
import * as torch from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

const dtype = torch.FloatTensor;

export function run({ seed = 0, epochs = 500, learningRate = 1e-4, log = console.log as Log } = {}) {
  torch.manualSeed(seed);
  const x = torch.tensor(new Float64Array([1.1, 2.2, 3, 4, 5, 6, 7, 8.999, 9.555])).type(dtype).view(9, 1);
  const y = torch.tensor(new Float64Array([2.2, 4.5, 4, 6, 8.245, 7, 9, 1, 2.5])).type(dtype);
  const w = torch.Variable(torch.randn(1), { requiresGrad: true });
  const b = torch.Variable(torch.randn(1), { requiresGrad: true });
  const initial = [w.item(), b.item()];

  const losses: Logged[] = [];
  let loss = torch.tensor(NaN), yPred = y;
  for (let epoch = 0; epoch < epochs; epoch++) {
    yPred = torch.matmul(x, w).add(b);
    loss = yPred.sub(y).pow(2).sum();
    for (const p of [w, b]) if (p.grad) p.grad.data.zero_();
    loss.backward();
    for (const p of [w, b]) p.data.sub_(p.grad!.data.mul(learningRate));
    if (epoch % 50 === 0) {
      log(`${epoch} ${loss.item()}`);
      losses.push([epoch, loss.item()]);
    }
  }
  return { x, y, yPred, initial, losses, loss: loss.item(), final: [w.item(), b.item()] };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yPred, loss, final: [w, b] } = run();
  console.log(`y = ${w} x + ${b}, loss ${loss}`);
  plt.title('nine points and their line');
  plt.scatter(x.flatten(), y, { label: 'data' });
  plt.plot(x.flatten(), yPred.detach(), { label: 'fitted' });
  plt.legend();
  await showFigure('nine-points');
});
