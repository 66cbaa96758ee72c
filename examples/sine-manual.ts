/** Program 2: a cubic fitted to a sine curve by gradient descent, with gradients written by hand. */
import * as torch from 'flambeau';
import { expr } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

export interface Options {
  readonly seed?: number;
  readonly points?: number;
  readonly epochs?: number;
  readonly learningRate?: number;
  /** Coefficients to start from, highest degree first, instead of random ones. */
  readonly start?: readonly number[];
  readonly log?: Log;
}

export function run({ seed = 0, points = 1000, epochs = 2000, learningRate = 1e-6, start, log = console.log }: Options = {}) {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, points);
  const y = torch.sin(x);
  const [a, b, c, d] = start ? start.map((value) => torch.tensor(value)) : [0, 1, 2, 3].map(() => torch.randn([]));
  const initial = [a, b, c, d].map((t) => t.item());
  const yRandom = expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;

  const losses: Logged[] = [];
  let loss = NaN, yPred = yRandom;
  for (let epoch = 0; epoch < epochs; epoch++) {
    yPred = expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;
    loss = yPred.sub(y).pow(2).sum().item();
    if (epoch % 100 === 0) {
      log(`epoch : ${epoch + 1}, loss : ${loss}`);
      losses.push([epoch + 1, loss]);
    }
    const gradY = yPred.sub(y).mul(2);
    const gradA = gradY.mul(x.pow(3)).sum();
    const gradB = gradY.mul(x.pow(2)).sum();
    const gradC = gradY.mul(x).sum();
    const gradD = gradY.sum();
    a.sub_(gradA.mul(learningRate));
    b.sub_(gradB.mul(learningRate));
    c.sub_(gradC.mul(learningRate));
    d.sub_(gradD.mul(learningRate));
  }
  return { x, y, yPred, yRandom, initial, losses, loss, final: [a, b, c, d].map((t) => t.item()) };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yPred, yRandom, final: [a, b, c, d] } = run();
  console.log(`y = ${a} x^3 + ${b} x^2 + ${c} x + ${d}`);
  plt.figure({ figsize: [6.4, 6.4] });
  for (const [i, [title, curve]] of ([['y true', y], ['y pred', yPred], ['y random', yRandom]] as const).entries()) {
    plt.subplot(3, 1, i + 1);
    plt.title(title);
    plt.plot(x, curve);
  }
  await showFigure('sine-manual');
});
