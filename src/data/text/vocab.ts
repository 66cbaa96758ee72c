/** Tokens and their numbers: torchtext's `vocab`. */
import { bind, boolArg, intArg, show, signature } from '../../core/args.ts';
import { ArgumentError, IndexRangeError } from '../../core/errors.ts';
import { Module } from '../../nn/module.ts';

/**
 * Tokens numbered in their order. Called with tokens it gives their numbers; a token that it does not have is the default
 * index, or throws where none is set. torchtext's `Vocab`.
 *
 *     const vocab = buildVocabFromIterator(lines.map(basicEnglish), { specials: ['<unk>'] });
 *     vocab.setDefaultIndex(vocab.get('<unk>'));
 *     vocab(['hello', 'zyzzyva']);   // [17, 0]
 */
export class Vocab extends Module {
  private readonly itos: string[];
  private readonly stoi: Map<string, number>;
  private defaultIndex: number | null = null;

  constructor(tokens: readonly string[]) {
    super();
    if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string')) throw new ArgumentError('Vocab', 'tokens', `must be an array of strings, got ${show(tokens)}`);
    this.itos = [...tokens];
    this.stoi = new Map(this.itos.map((token, i) => [token, i]));
    if (this.stoi.size !== this.itos.length) throw new ArgumentError('Vocab', 'tokens', `must be different, got ${show(this.itos.find((token, i) => this.itos.indexOf(token) !== i))} twice`);
  }

  /** Numbers of tokens: {@link lookupIndices}. */
  forward(tokens: readonly string[]): number[] {
    return this.lookupIndices(tokens);
  }

  /** How many tokens there are. */
  override get length(): number {
    return this.itos.length;
  }

  has(token: string): boolean {
    return this.stoi.has(token);
  }

  /** The number of a token; torchtext's `vocab[token]`. */
  get(token: string): number {
    const index = this.stoi.get(token) ?? this.defaultIndex;
    if (index === null) throw new ArgumentError('Vocab.get', 'token', `${show(token)} is not in the vocabulary, and no default index is set`);
    return index;
  }

  lookupIndices(tokens: readonly string[]): number[] {
    return tokens.map((token) => this.get(token));
  }

  /** The token of a number. */
  lookupToken(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.itos.length) throw new IndexRangeError('Vocab.lookupToken', index, this.itos.length);
    return this.itos[index];
  }

  /** The tokens of numbers. */
  lookupTokens(indices: readonly number[]): string[] {
    return indices.map((index) => this.lookupToken(index));
  }

  /** What stands for tokens that are not there; null for none. */
  setDefaultIndex(index: number | null): void {
    this.defaultIndex = index === null ? null : intArg('Vocab.setDefaultIndex', 'index', index);
  }

  getDefaultIndex(): number | null {
    return this.defaultIndex;
  }

  /** Adds a token behind the last. */
  appendToken(token: string): void {
    this.insertToken(token, this.itos.length);
  }

  /** Adds a token at a number; those from there on move up. */
  insertToken(token: string, index: number): void {
    if (typeof token !== 'string' || this.stoi.has(token)) throw new ArgumentError('Vocab.insertToken', 'token', `must be a string that is not in the vocabulary yet, got ${show(token)}`);
    if (!Number.isInteger(index) || index < 0 || index > this.itos.length) throw new IndexRangeError('Vocab.insertToken', index, this.itos.length);
    this.itos.splice(index, 0, token);
    for (let i = index; i < this.itos.length; i++) this.stoi.set(this.itos[i], i);
  }

  /** Numbers by token. */
  getStoi(): Map<string, number> {
    return new Map(this.stoi);
  }

  /** Tokens by number. */
  getItos(): string[] {
    return [...this.itos];
  }

  override extraRepr(): string {
    return `length=${this.length}`;
  }
}

export interface VocabOptions {
  /** Tokens that are there less often are left out. */
  readonly minFreq?: number;
  /** Tokens that are there in any case, such as '<unk>' and '<pad>'. */
  readonly specials?: readonly string[];
  /** Whether the special tokens have the first numbers or the last ones. */
  readonly specialFirst?: boolean;
}

const VOCAB = signature('vocab(orderedDict, minFreq?, specials?, specialFirst?)');
const BUILD = signature('buildVocabFromIterator(iterator, minFreq?, specials?, specialFirst?, maxTokens?)');

function specialsArg(op: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((token) => typeof token === 'string')) throw new ArgumentError(op, 'specials', `must be an array of strings, got ${show(value)}`);
  return value as readonly string[];
}

function make(counts: Iterable<readonly [string, number]>, minFreq: number, specials: readonly string[], first: boolean): Vocab {
  const special = new Set(specials), tokens: string[] = [];
  for (const [token, count] of counts) if (count >= minFreq && !special.has(token)) tokens.push(token);
  return new Vocab(first ? [...specials, ...tokens] : [...tokens, ...specials]);
}

/** A vocabulary of tokens in the order of a map of their counts. torchtext's `vocab`. */
export function vocab(orderedDict: ReadonlyMap<string, number> | Readonly<Record<string, number>>, ...args: readonly [options?: VocabOptions] | readonly [minFreq: number, options?: Omit<VocabOptions, 'minFreq'>]): Vocab {
  const counts = orderedDict instanceof Map ? (orderedDict as ReadonlyMap<string, number>) : new Map(Object.entries(orderedDict ?? {}));
  const given = bind(VOCAB, [counts, ...args]);
  return make(counts, intArg('vocab', 'minFreq', given.minFreq, 1), specialsArg('vocab', given.specials), boolArg('vocab', 'specialFirst', given.specialFirst, true));
}

/**
 * A vocabulary of the tokens of many texts: those that are there most often come first, and of the same count in the order of
 * their code points. `maxTokens` counts the special tokens too. torchtext's `build_vocab_from_iterator`.
 */
export function buildVocabFromIterator(iterator: Iterable<Iterable<string>>, ...args: readonly [options?: VocabOptions & { readonly maxTokens?: number }] | readonly [minFreq: number, options?: Omit<VocabOptions, 'minFreq'> & { readonly maxTokens?: number }]): Vocab {
  const given = bind(BUILD, [iterator, ...args]), op = 'buildVocabFromIterator', counts = new Map<string, number>();
  const specials = specialsArg(op, given.specials), most = given.maxTokens === undefined ? Infinity : intArg(op, 'maxTokens', given.maxTokens);
  if (most < specials.length) throw new ArgumentError(op, 'maxTokens', `must be at least the number of specials, ${specials.length}, got ${most}`);
  if (typeof (iterator as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function') throw new ArgumentError(op, 'iterator', `must give lists of tokens, got ${show(iterator)}`);
  for (const tokens of iterator) {
    if (typeof tokens === 'string') throw new ArgumentError(op, 'iterator', `must give lists of tokens, got the text ${show(tokens)}: tokenize it`);
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  for (const token of specials) counts.delete(token);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return make(sorted.slice(0, most - specials.length), intArg(op, 'minFreq', given.minFreq, 1), specials, boolArg(op, 'specialFirst', given.specialFirst, true));
}
