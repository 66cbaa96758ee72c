/** Program 4: a cubic fitted to a sine curve, with gradients by autograd. */
import * as torch from 'flambeau';
import { expr, noGrad } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

export function run({ seed = 0, steps = 2000, learningRate = 1e-6, log = console.log as Log } = {}) {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, 2000);
  const y = torch.sin(x);
  const [a, b, c, d] = [0, 1, 2, 3].map(() => torch.randn([], { requiresGrad: true }));

  const losses: Logged[] = [];
  for (let t = 0; t < steps; t++) {
    const yPred = expr`${a} + ${b} * ${x} + ${c} * ${x}**2 + ${d} * ${x}**3`;
    const loss = yPred.sub(y).pow(2).sum();
    if (t % 100 === 99) {
      log(`${t} ${loss.item()}`);
      losses.push([t, loss.item()]);
    }
    loss.backward();
    noGrad(() => {
      for (const p of [a, b, c, d]) {
        p.sub_(p.grad!.mul(learningRate));
        p.grad = null;
      }
    });
  }
  const yPred = noGrad(() => expr`${a} + ${b} * ${x} + ${c} * ${x}**2 + ${d} * ${x}**3`);
  return { x, y, yPred, losses, final: [a, b, c, d].map((t) => t.item()) };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yPred, final: [a, b, c, d] } = run();
  console.log(`Result: y = ${a} + ${b} x + ${c} x^2 + ${d} x^3`);
  plt.title('a cubic learnt by autograd');
  plt.plot(x, y, { label: 'sin(x)' });
  plt.plot(x, yPred, { label: 'y pred' });
  plt.legend();
  await showFigure('sine-autograd');
});
