/** Program 1: a sine curve, and a cubic with random coefficients below it. */
import * as torch from 'flambeau';
import { expr } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure } from './lib/example.ts';

export function run({ seed = 0, points = 1000 } = {}) {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, points);
  const y = torch.sin(x);
  const [a, b, c, d] = [0, 1, 2, 3].map(() => torch.randn([]));
  const yRandom = expr`${a} * ${x}**3 + ${b} * ${x}**2 + ${c} * ${x} + ${d}`;
  return { x, y, yRandom, initial: [a, b, c, d].map((t) => t.item()) };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yRandom, initial: [a, b, c, d] } = run();
  console.log(`y = ${a} x^3 + ${b} x^2 + ${c} x + ${d}`);
  plt.subplot(2, 1, 1);
  plt.title('y true');
  plt.plot(x, y);
  plt.subplot(2, 1, 2);
  plt.title('y random');
  plt.plot(x, yRandom);
  await showFigure('random-cubic');
});
