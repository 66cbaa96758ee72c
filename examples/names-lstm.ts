/**
 * First names made up by an LSTM: it learns to spell them, character by character.
 *
 * Reaches a cross entropy of 1.88 per character of held-out names after 15 epochs of 0.5 s (two cores); spells brenny, kelpy,
 * sharlyn, anniverie.
 * Figure: the losses. Options: --epochs, --batch-size, --lr, --names, --seed, --short.
 */
import * as torch from 'flambeau';
import { nn, noGrad, optim } from 'flambeau';
import { DataLoader } from 'flambeau/data';
import * as plt from 'flambeau/plot';
import { options, runAsScript, showFigure, type Log, type Logged } from './lib/example.ts';
import { characters, names as list, splitNames } from './lib/names.ts';

const full = { epochs: 15, batchSize: 64, lr: 3e-3, names: 4951, seed: 0 };
export const short = { ...full, epochs: 3, batchSize: 32, names: 600 };

const encoded = BigInt64Array.from(list.map((name) => `${name}\n`).join(''), (character) => BigInt(characters.indexOf(character)));
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

/** The recorded run: windows of the list, in its order. */
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

/** Trains on shuffled names, all of them but a tenth. */
export async function main({ epochs, batchSize, lr, names, seed } = full, log = console.log as Log) {
  torch.manualSeed(seed);
  const { train, test, known } = splitNames(names);
  const loader = new DataLoader(train, { batchSize, shuffle: true });

  const model = new Speller();
  const lossFn = ([logits]: readonly [torch.Tensor, ...unknown[]], target: torch.Tensor): torch.Tensor => nn.functional.crossEntropy(logits.flatten(0, 1), target.flatten());
  const optimizer = new optim.Adam(model.parameters(), { lr });

  const training: number[] = [], heldOut: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let total = 0;
    for (const [input, target] of loader) {
      const loss = lossFn(model(input), target);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      total += loss.item();
    }
    const seconds = (performance.now() - start) / 1000;
    const [input, target] = test.tensors;
    training.push(total / loader.length);
    heldOut.push(noGrad(() => lossFn(model(input), target).item()));
    log(`epoch ${epoch}: loss ${training.at(-1)?.toFixed(4)}, of held-out names ${heldOut.at(-1)?.toFixed(4)}, ${seconds.toFixed(1)} s`);
  }
  const made = Array.from({ length: 20 }, () => spell(model));
  log(`names it spells: ${made.map((name) => (known.has(name) ? `(${name})` : name)).join(', ')}`);

  plt.title('an LSTM on first names');
  plt.plot(training, { label: 'training' });
  plt.plot(heldOut, { label: 'held-out names' });
  plt.xlabel('epoch');
  plt.ylabel('cross entropy per character');
  plt.legend();
  await showFigure('names-lstm');
  return { training, heldOut, made };
}

await runAsScript(import.meta.url, () => main(options(full, short)));
