/** Program 5: a sine curve from Legendre's third polynomial, an autograd.Function with a derivative of its own. */
import * as torch from 'flambeau';
import { expr, noGrad } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

class LegendreP3 extends torch.autograd.Function {
  static override forward(ctx: torch.autograd.Context, input: torch.Tensor): torch.Tensor {
    ctx.saveForBackward(input);
    return expr`0.5 * (5 * ${input}**3 - 3 * ${input})`;
  }

  static override backward(ctx: torch.autograd.Context, gradOutput: torch.Tensor): torch.Tensor {
    const [input] = ctx.savedTensors;
    return expr`${gradOutput} * 1.5 * (5 * ${input}**2 - 1)`;
  }
}

export function run({ steps = 2000, learningRate = 5e-6, log = console.log as Log } = {}) {
  const x = torch.linspace(-Math.PI, Math.PI, 2000);
  const y = torch.sin(x);
  const [a, b, c, d] = [0, -1, 0, 0.3].map((value) => torch.full([], value, { requiresGrad: true }));
  const model = () => expr`${a} + ${b} * ${LegendreP3.apply(expr`${c} + ${d} * ${x}`)}`;

  const losses: Logged[] = [];
  for (let t = 0; t < steps; t++) {
    const loss = model().sub(y).pow(2).sum();
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
  return { x, y, yPred: noGrad(model), losses, final: [a, b, c, d].map((t) => t.item()) };
}

await runAsScript(import.meta.url, async () => {
  const { x, y, yPred, final: [a, b, c, d] } = run();
  console.log(`Result: y = ${a} + ${b} * P3(${c} + ${d} x)`);
  plt.title("Legendre's P3 fitted to a sine curve");
  plt.plot(x, y, { label: 'sin(x)' });
  plt.plot(x, yPred, { label: 'y pred' });
  plt.legend();
  await showFigure('sine-custom-function');
});
