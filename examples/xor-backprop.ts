/** Program 10: XOR learnt by backpropagation, too slowly, well and too fast; its gradients derived three ways. */
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

const inputs = (): torch.Tensor => torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const targets = (): torch.Tensor => torch.tensor([[0], [1], [1], [0]]);

const network = () => new nn.Sequential(new nn.Linear(2, 2), new nn.Sigmoid(), new nn.Linear(2, 1), new nn.Sigmoid());

export function run({ seed = 0, learningRate = 1, epochs = 2000, log = console.log as Log } = {}) {
  torch.manualSeed(seed);
  const x = inputs(), y = targets();
  const model = network();
  const initial = model.parameters().map((p) => p.tolist());
  const lossFn = new nn.BCELoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: learningRate });

  const losses: Logged[] = [];
  let loss = NaN;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const cost = lossFn(model(x), y);
    optimizer.zeroGrad();
    cost.backward();
    optimizer.step();
    loss = cost.item();
    if (epoch % 200 === 0) {
      log(`epoch ${epoch}, loss ${loss}`);
      losses.push([epoch, loss]);
    }
  }
  const output = noGrad(() => model(x));
  return { model, initial, losses, loss, output: output.flatten().tolist(), lastGradients: model.parameters().map((p) => p.grad!.tolist()) };
}

/** The gradient of every weight by autograd, by the chain rule written out, and by finite differences in float64. */
export function gradients({ seed = 0 } = {}) {
  torch.manualSeed(seed);
  const model = network().double();
  const x = inputs().double(), y = targets().double();
  const lossFn = new nn.BCELoss();
  lossFn(model(x), y).backward();
  const [w1, b1, w2, b2] = model.parameters();

  const byChainRule = noGrad(() => {
    const hidden = x.matmul(w1.t()).add(b1).sigmoid();
    const output = hidden.matmul(w2.t()).add(b2).sigmoid();
    // For the mean cross entropy of sigmoids, the derivative by the output's sum is (output - y) / n.
    const outputDelta = output.sub(y).div(4);
    const hiddenDelta = outputDelta.matmul(w2).mul(hidden).mul(torch.sub(1, hidden));
    return [hiddenDelta.t().matmul(x), hiddenDelta.sum(0), outputDelta.t().matmul(hidden), outputDelta.sum(0)];
  });

  const h = 1e-6;
  const byDifferences = noGrad(() => model.parameters().map((p) => {
    const flat = p.view(-1);
    const slopes = Array.from({ length: p.numel() }, (_, i) => {
      const element = flat.select(0, i), value = element.item();
      element.fill_(value + h);
      const above = lossFn(model(x), y).item();
      element.fill_(value - h);
      const below = lossFn(model(x), y).item();
      element.fill_(value);
      return (above - below) / (2 * h);
    });
    return torch.tensor(new Float64Array(slopes)).view([...p.shape]);
  }));
  return model.namedParameters().map(([name, p], i) => ({ name, autograd: p.grad!, chainRule: byChainRule[i], differences: byDifferences[i] }));
}

await runAsScript(import.meta.url, async () => {
  for (const { name, autograd, chainRule, differences } of gradients()) {
    console.log(`${name}\n  autograd    ${autograd.tolist()}\n  chain rule  ${chainRule.tolist()}\n  differences ${differences.tolist()}`);
  }
  plt.title('XOR: learning rates too small, good and too large');
  for (const learningRate of [0.1, 1, 10]) {
    console.log(`learning rate ${learningRate}`);
    const { losses, output } = run({ seed: 0, learningRate });
    console.log(`outputs ${output}`);
    plt.plot(losses.map(([epoch]) => epoch), losses.map(([, loss]) => loss), { label: `learning rate ${learningRate}` });
  }
  plt.xlabel('epoch');
  plt.ylabel('loss');
  plt.legend();
  await showFigure('xor-backprop');
});
