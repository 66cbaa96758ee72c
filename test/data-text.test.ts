/** Text as tokens: torchtext's vocabularies, and tokenizer.json files against what the tokenizers library of Python makes of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { DataLoader, text } from 'flambeau/data';
import { readJson } from './fixtures/conformance.ts';
import { decode, encode } from '../src/data/transport.ts';

const fixture = (name: string): string => new URL(`fixtures/data/${name}`, import.meta.url).pathname;

describe('a text', () => {
  test('is cut into characters, words, or basic English', () => {
    expect(text.characters('aé😀')).toEqual(['a', 'é', '😀']);
    expect(text.words(' two  words\n')).toEqual(['two', 'words']);
    // The example of torchtext's documentation, and each of its rules.
    expect(text.getTokenizer('basic_english')('You can now install TorchText using pip!')).toEqual(['you', 'can', 'now', 'install', 'torchtext', 'using', 'pip', '!']);
    expect(text.basicEnglish('It\'s "so", (very);<br />good: yes? No. ')).toEqual(['it', "'", 's', 'so', ',', '(', 'very', ')', 'good', 'yes', '?', 'no', '.']);
    expect(text.getTokenizer(text.characters)).toBe(text.characters);
    expect(text.getTokenizer()('a b')).toEqual(['a', 'b']);
    expect(() => text.getTokenizer('spacy' as never)).toThrow(/getTokenizer: tokenizer must be one of "basic_english"/);
    expect(() => text.words(5 as never)).toThrow(/words: text must be a string, got 5/);
  });
});

describe('a vocabulary', () => {
  const lines = ['b a c', 'a c', 'a d'].map((line) => line.split(' '));

  test('has the most frequent tokens first, then those of the alphabet, and special ones', () => {
    expect(text.buildVocabFromIterator(lines).getItos()).toEqual(['a', 'c', 'b', 'd']);
    expect(text.buildVocabFromIterator(lines, { specials: ['<unk>', 'c'] }).getItos()).toEqual(['<unk>', 'c', 'a', 'b', 'd']);
    expect(text.buildVocabFromIterator(lines, 2, { specials: ['<unk>'], specialFirst: false }).getItos()).toEqual(['a', 'c', '<unk>']);
    expect(text.buildVocabFromIterator(lines, { specials: ['<pad>'], maxTokens: 3 }).getItos()).toEqual(['<pad>', 'a', 'c']);
    expect(text.vocab(new Map([['z', 1], ['y', 3]]), { minFreq: 1 }).getItos()).toEqual(['z', 'y']);
    expect(text.vocab({ z: 1, y: 3 }, 2, { specials: ['x'] }).getItos()).toEqual(['x', 'y']);
  });

  test('gives numbers for tokens and back', () => {
    const vocab = text.buildVocabFromIterator(lines, { specials: ['<unk>'] });
    expect([vocab(['a', 'd']), vocab.lookupTokens([1, 4]), vocab.lookupIndices(['c']), vocab.length, vocab.has('d'), vocab.has('e')]).toEqual([[1, 4], ['a', 'd'], [2], 5, true, false]);
    expect(() => vocab(['e'])).toThrow(/Vocab.get: token "e" is not in the vocabulary, and no default index is set/);
    vocab.setDefaultIndex(0);
    expect([vocab(['e', 'a']), vocab.getDefaultIndex()]).toEqual([[0, 1], 0]);
    vocab.appendToken('e');
    vocab.insertToken('f', 1);
    expect([vocab(['e', 'a', 'f']), vocab.getStoi().get('<unk>'), String(vocab)]).toEqual([[6, 2, 1], 0, 'Vocab(length=7)']);
    expect(() => vocab.appendToken('a')).toThrow(/Vocab.insertToken: token must be a string that is not in the vocabulary yet, got "a"/);
    expect(() => vocab.lookupToken(9)).toThrow(/Vocab.lookupToken: index 9 is out of range for size 7/);
    expect(() => new text.Vocab(['a', 'a'])).toThrow(/Vocab: tokens must be different, got "a" twice/);
    expect(() => text.buildVocabFromIterator(['abc'])).toThrow(/must give lists of tokens, got the text "abc": tokenize it/);
    expect(() => text.buildVocabFromIterator(lines, { maxTokens: 0, specials: ['x'] })).toThrow(/maxTokens must be at least the number of specials, 1, got 0/);
  });
});

describe('a batch of texts', () => {
  test('is padded to the longest', () => {
    expect(text.toTensor([1, 2]).tolist()).toEqual([1, 2]);
    expect(text.toTensor([[1, 2], [3]], 9).tolist()).toEqual([[1, 2], [3, 9]]);
    expect(() => text.toTensor([[1, 2], [3]])).toThrow(/toTensor: paddingValue must be given for lists of different lengths: 2, 1/);
    expect([text.truncate([1, 2, 3], 2), text.truncate([[1, 2, 3], [4]], 2)]).toEqual([[1, 2], [[1, 2], [4]]]);
    const samples: [number[], number][] = [[[5, 6, 7], 1], [[8], 0]];
    const [x, y] = [...new DataLoader(samples, { batchSize: 2, collateFn: text.padCollate<[number[], number]>({ paddingValue: 2, paddingSide: 'left' }) })][0];
    expect([x.tolist(), x.dtype, y.tolist()]).toEqual([[[5, 6, 7], [2, 2, 8]], 'int64', [1, 0]]);
    const grid = text.padCollate<{ a: torch.Tensor; b: string }>()([{ a: torch.ones(2, 3), b: 'x' }, { a: torch.ones(1, 3), b: 'y' }]);
    expect([grid.a.shape, grid.a.sum().item(), grid.b]).toEqual([[2, 2, 3], 9, ['x', 'y']]);
  });
});

interface Recorded {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly decoded: string;
}
const recorded = readJson<Readonly<Record<'bpe' | 'wordpiece', readonly Recorded[]>> & { readonly pair: readonly number[] }>('fixtures/data/tokenizers.json');

describe('a tokenizer.json', () => {
  test.each(['bpe', 'wordpiece'] as const)('of a %s model encodes and decodes as the library of Python', (name) => {
    const tokenizer = text.Tokenizer.fromFile(fixture(`${name}.tokenizer.json`));
    for (const { text: line, ids, tokens, decoded } of recorded[name]) {
      const encoded = tokenizer.encode(line);
      expect([encoded.ids, encoded.tokens, encoded.attentionMask.length]).toEqual([ids, tokens, ids.length]);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
  });

  test('encodes pairs, and batches that are padded and cut off between their special tokens', () => {
    const tokenizer = text.Tokenizer.fromFile(fixture('wordpiece.tokenizer.json'));
    expect(tokenizer.encode('the dog', { pair: 'a fox' }).ids).toEqual(recorded.pair);
    const [cls, sep] = ['[CLS]', '[SEP]'].map((token) => tokenizer.tokenToId(token) as number), the = tokenizer.encode('the', { addSpecialTokens: false }).ids[0];
    const { inputIds, attentionMask } = tokenizer.encodeBatch(['the', 'the the the the'], { maxLength: 5 });
    expect(inputIds.tolist()).toEqual([[cls, the, sep, 0, 0], [cls, the, the, the, sep]]);
    expect([attentionMask.tolist(), inputIds.dtype]).toEqual([[[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], 'int64']);
    expect(tokenizer.encodeBatch(['the'], { maxLength: 5, padding: 'maxLength', paddingSide: 'left', padId: 7, addSpecialTokens: false }).inputIds.tolist()).toEqual([[7, 7, 7, 7, the]]);
    expect([tokenizer.idToToken(cls), tokenizer.padId, tokenizer.decode(inputIds.select(0, 0)), tokenizer.vocabSize]).toEqual(['[CLS]', 0, 'the', tokenizer.vocabSize]);
    expect(tokenizer.vocabSize).toBeGreaterThan(80);
    expect(() => tokenizer.encodeBatch(['the'], { maxLength: 1 })).toThrow(/maxLength must have room for the 2 special tokens, got 1/);
    expect(() => tokenizer.encode(5 as never)).toThrow(/Tokenizer.encode: text must be a string, got 5/);
  });

  test('goes to worker threads', () => {
    const tokenizer = text.Tokenizer.fromFile(fixture('bpe.tokenizer.json'));
    const there = decode(structuredClone(encode('test', 'tokenizer', tokenizer))) as text.Tokenizer;
    expect(there.encode('the quick model')).toEqual(tokenizer.encode('the quick model'));
  });

  test('that is none is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flambeau-text-'));
    try {
      for (const [content, message] of [['{', /tokenizer.json: .*JSON/], ['5', /is not a JSON object/], ['{}', /is not a tokenizer that is understood|has no model/], ['{"model":{"type":"Other"}}', /is not a tokenizer that is understood/]] as const) {
        writeFileSync(join(folder, 'tokenizer.json'), content);
        expect(() => text.Tokenizer.fromFile(join(folder, 'tokenizer.json'))).toThrow(message);
        expect(() => text.Tokenizer.fromFile(join(folder, 'tokenizer.json'))).toThrow(expect.objectContaining({ name: 'FileFormatError' }) as Error);
      }
      expect(() => text.Tokenizer.fromFile(join(folder, 'none.json'))).toThrow(/ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
