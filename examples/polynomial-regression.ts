/**
 * Births by the day of the year: polynomials of growing degree, and how well they do on days they have not seen.
 *
 * The error on held-out days is 386 births a day for a line, 247 for degree 3, 217 for degree 5 (R2 0.77), and 317 for
 * degree 12, which fits its own days best. A second in all.
 * Figure: the fits. Options: --steps, --seed, --short.
 */
import * as torch from 'flambeau';
import { nn, noGrad, optim, type Tensor } from 'flambeau';
import * as plt from 'flambeau/plot';
import { births, dayOfYear, polynomials } from './lib/births.ts';
import { options, runAsScript, showFigure } from './lib/example.ts';

const full = { steps: 10, seed: 0 };
export const short = { ...full, steps: 4 };
const degrees = [1, 3, 5, 12];

/** The median number of births on the working days of each five days of the year, over all years, in thousands. */
function medians(): Tensor {
  const groups = Array.from({ length: 73 }, (): number[] => []);
  for (const day of births()) if (day.day_of_week < 6) groups[Math.min(72, Math.floor(dayOfYear(day) / 5))].push(day.births / 1000);
  return torch.stack(groups.map((group) => torch.tensor(group).median()));
}

export async function main({ steps, seed } = full, log = console.log) {
  torch.manualSeed(seed);
  const days = torch.arange(73).mul(5).add(2), y = medians().unsqueeze(1);
  const [test, train] = torch.randperm(73).split([18, 55]);

  const lossFn = new nn.MSELoss();
  const fits = degrees.map((degree) => {
    const x = polynomials(days, degree);
    const model = new nn.Linear(degree + 1, 1, { bias: false });
    const optimizer = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' });
    for (let step = 0; step < steps; step++) {
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = lossFn(model(x.index(train)), y.index(train));
        loss.backward();
        return loss;
      });
    }
    const curve = noGrad(() => model(x));
    const held = y.index(test);
    const [error, trainingError] = [test, train].map((part) => 1000 * lossFn(curve.index(part), y.index(part)).sqrt().item());
    const r2 = 1 - curve.index(test).sub(held).square().sum().div(held.sub(held.mean()).square().sum()).item();
    log(`degree ${degree}: error ${trainingError.toFixed(0)} births, of held-out days ${error.toFixed(0)}, R2 there ${r2.toFixed(3)}`);
    return { degree, curve: curve.flatten(), coefficients: model.weight.detach().flatten(), error, trainingError, r2 };
  });

  plt.figure({ figsize: [8, 5] });
  plt.title('births on working days in the United States, 2000 to 2014');
  for (const [label, part] of [['training', train], ['held out', test]] as const) plt.scatter(days.index(part), y.index(part), { label });
  for (const { degree, curve } of fits) plt.plot(days, curve, { label: `degree ${degree}` });
  plt.xlabel('day of the year');
  plt.ylabel('thousands per day');
  plt.legend();
  await showFigure('polynomial-regression');
  return { days, births: y.flatten(), train, fits };
}

await runAsScript(import.meta.url, () => main(options(full, short)));
