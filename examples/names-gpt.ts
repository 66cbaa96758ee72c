/**
 * First names made up by a small GPT: two layers of causal attention, 64 wide, trained character by character.
 *
 * Reaches a cross entropy of 1.87 per character of held-out names after 12 epochs of 1 s (two cores); makes kensta, jocee,
 * nanita, ardianna.
 * Figure: the losses. Options: --epochs, --batch-size, --lr, --names, --seed, --short.
 */
import * as torch from 'flambeau';
import { nn, noGrad, optim, type Tensor } from 'flambeau';
import { DataLoader } from 'flambeau/data';
import * as plt from 'flambeau/plot';
import { options, runAsScript, showFigure } from './lib/example.ts';
import { characters, longest, splitNames } from './lib/names.ts';

const full = { epochs: 12, batchSize: 64, lr: 3e-3, names: 4951, seed: 0 };
export const short = { ...full, epochs: 3, batchSize: 16, names: 250 };

const width = 64, heads = 4, layers = 2;

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(width);
  qkv = new nn.Linear(width, 3 * width);
  project = new nn.Linear(width, width);
  norm2 = new nn.LayerNorm(width);
  mlp = new nn.Sequential(new nn.Linear(width, 4 * width), new nn.GELU(), new nn.Linear(4 * width, width), new nn.Dropout(0.1));

  attend(x: Tensor): Tensor {
    const [batch, length] = x.shape;
    const [q, k, v] = this.qkv(x).chunk(3, 2).map((part) => part.view(batch, length, heads, width / heads).transpose(1, 2));
    const mixed = nn.functional.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.project(mixed.transpose(1, 2).reshape(batch, length, width));
  }

  forward(x: Tensor): Tensor {
    x = x.add(this.attend(this.norm1(x)));
    return x.add(this.mlp(this.norm2(x)));
  }
}

class GPT extends nn.Module {
  token = new nn.Embedding(characters.length, width);
  position = new nn.Embedding(longest, width);
  blocks = new nn.ModuleList(Array.from({ length: layers }, () => new Block()));
  norm = new nn.LayerNorm(width);
  head = new nn.Linear(width, characters.length, { bias: false });

  forward(input: Tensor): Tensor {
    let x = this.token(input).add(this.position(torch.arange(input.shape[1])));
    for (const block of this.blocks) x = block(x);
    return this.head(this.norm(x));
  }
}

/** `count` names at once, each character drawn from what the model expects after the ones before. */
function sample(model: GPT, count: number): string[] {
  model.eval();
  return noGrad(() => {
    let text = torch.zeros(count, 1, { dtype: 'int64' });
    while (text.shape[1] < longest) {
      const logits = model(text).select(1, -1);
      text = torch.cat([text, torch.multinomial(logits.softmax(-1), 1)], 1);
    }
    return (text.tolist() as number[][]).map((row) => row.slice(1).map((c) => characters[c]).join('').split('\n')[0]);
  });
}

export async function main({ epochs, batchSize, lr, names, seed } = full, log = console.log) {
  torch.manualSeed(seed);
  const { train, test, known } = splitNames(names);
  const loader = new DataLoader(train, { batchSize, shuffle: true });

  const model = new GPT();
  const lossFn = (logits: Tensor, target: Tensor): Tensor => nn.functional.crossEntropy(logits.flatten(0, 1), target.flatten());
  const optimizer = new optim.AdamW(model.parameters(), { lr, weightDecay: 0.1 });
  const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { TMax: epochs * loader.length });

  const training: number[] = [], heldOut: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    model.train();
    let total = 0;
    for (const [input, target] of loader) {
      const loss = lossFn(model(input), target);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      scheduler.step();
      total += loss.item();
    }
    const seconds = (performance.now() - start) / 1000;
    model.eval();
    const [input, target] = test.tensors;
    training.push(total / loader.length);
    heldOut.push(noGrad(() => lossFn(model(input), target).item()));
    log(`epoch ${epoch}: loss ${training.at(-1)?.toFixed(4)}, of held-out names ${heldOut.at(-1)?.toFixed(4)}, ${seconds.toFixed(1)} s`);
  }
  const made = sample(model, 20);
  log(`names it makes: ${made.map((name) => (known.has(name) ? `(${name})` : name)).join(', ')}`);

  plt.title('a small GPT on first names');
  plt.plot(training, { label: 'training' });
  plt.plot(heldOut, { label: 'held-out names' });
  plt.xlabel('epoch');
  plt.ylabel('cross entropy per character');
  plt.legend();
  await showFigure('names-gpt');
  return { training, heldOut, made };
}

await runAsScript(import.meta.url, () => main(options(full, short)));
