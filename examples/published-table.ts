/** Program 3: program 2 from a lesson's own start prints the losses that the lesson prints. */
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log } from './lib/example.ts';
import { run as fitSine } from './sine-manual.ts';

const start = [0.16436492, -0.34896482, -1.9400511, 0.82082779];
/** The losses printed in the lesson, at epochs 1, 101, ..., 901. */
export const published = [7937.685, 3586.1008, 2924.1729, 2384.9260, 1945.4404, 1587.2352, 1295.2539, 1057.2337, 863.1865, 704.9749];

export function run({ log = console.log }: { readonly log?: Log } = {}) {
  const fit = fitSine({ start, epochs: 1000, log: () => {} });
  for (const [i, [epoch, loss]] of fit.losses.entries()) log(`epoch : ${epoch}, loss : ${loss} (published: ${published[i]})`);
  return fit;
}

await runAsScript(import.meta.url, async () => {
  const { losses } = run();
  plt.title('loss');
  plt.plot(losses.map(([epoch]) => epoch), losses.map(([, loss]) => loss), { label: 'here' });
  plt.scatter(losses.map(([epoch]) => epoch), published, { label: 'published' });
  plt.xlabel('epoch');
  plt.legend();
  await showFigure('published-table');
});
