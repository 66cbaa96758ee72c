/** Program 6: a sine curve learnt by nn.Linear on x, x^2 and x^3, with optim.RMSprop. */
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

export function run({ seed = 0, steps = 2000, learningRate = 1e-3, log = console.log as Log } = {}) {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, 2000);
  const y = torch.sin(x);
  const xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]));
  const model = new nn.Sequential(new nn.Linear(3, 1), new nn.Flatten(0, 1));
  const initial = model.parameters().map((p) => p.tolist());
  const lossFn = new nn.MSELoss({ reduction: 'sum' });
  const optimizer = new optim.RMSprop(model.parameters(), { lr: learningRate });

  const losses: Logged[] = [];
  for (let t = 0; t < steps; t++) {
    const loss = lossFn(model(xx), y);
    if (t % 100 === 99) {
      log(`${t} ${loss.item()}`);
      losses.push([t, loss.item()]);
    }
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  return { x, y, yPred: noGrad(() => model(xx)), initial, losses, final: model.parameters().map((p) => p.tolist()) };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yPred, final: [weight, bias] } = run();
  const [[b, c, d]] = weight as number[][], [a] = bias as number[];
  console.log(`Result: y = ${a} + ${b} x + ${c} x^2 + ${d} x^3`);
  plt.title('a cubic learnt by nn and RMSprop');
  plt.plot(x, y, { label: 'sin(x)' });
  plt.plot(x, yPred, { label: 'y pred' });
  plt.legend();
  await showFigure('sine-nn-rmsprop');
});
