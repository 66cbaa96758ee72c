/** `tokenizer.json` files of the Hugging Face Hub, by @huggingface/tokenizers, loaded at the first of them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bind, boolArg, intArg, show, signature, stringArg } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { FileFormatError } from '../../io/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { LIBRARY, portable } from '../portable.ts';
import { toTensor } from './batches.ts';

type Library = typeof import('@huggingface/tokenizers');
let library: Library | undefined;

/** What a text becomes. */
export interface Encoding {
  readonly ids: number[];
  readonly tokens: string[];
  readonly attentionMask: number[];
}

export interface EncodeOptions {
  /** The second text of a pair. */
  readonly pair?: string;
  readonly addSpecialTokens?: boolean;
}
export interface BatchOptions {
  readonly addSpecialTokens?: boolean;
  /** Longer texts are cut off, with their special tokens kept. */
  readonly maxLength?: number;
  /** To the longest text, or to `maxLength`. */
  readonly padding?: 'longest' | 'maxLength';
  /** What fills up; that of the file, or 0. */
  readonly padId?: number;
  readonly paddingSide?: 'right' | 'left';
}

const ENCODE = signature('Tokenizer.encode(text, *, pair?, addSpecialTokens?)'), DECODE = signature('Tokenizer.decode(ids, *, skipSpecialTokens?)');
const BATCH = signature('Tokenizer.encodeBatch(texts, *, addSpecialTokens?, maxLength?, padding?, padId?, paddingSide?)');

/** The usual names of the token that fills up. */
const PAD_TOKENS = ['[PAD]', '<pad>', '<|padding|>', '<|endoftext|>'];

/**
 * A tokenizer as a `tokenizer.json` describes it, the file that models of the Hugging Face Hub come with.
 *
 *     const tokenizer = Tokenizer.fromFile('tokenizer.json');
 *     const { inputIds, attentionMask } = tokenizer.encodeBatch(['Hello!', 'A longer one.'], { maxLength: 128 });   // [2, L] int64
 */
export class Tokenizer {
  private readonly json: object;
  private readonly config: object;
  private readonly inner: InstanceType<Library['Tokenizer']>;

  /** @internal Use {@link fromFile} or {@link fromJSON}. */
  constructor(json: object, config: object, name: string) {
    this.json = json;
    this.config = config;
    library ??= createRequire(import.meta.url)('@huggingface/tokenizers') as Library;
    try {
      this.inner = new library.Tokenizer(json, config);
    } catch (error) {
      throw new FileFormatError('Tokenizer', name, `is not a tokenizer that is understood: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (this.inner.model === null) throw new FileFormatError('Tokenizer', name, 'has no model');
  }

  /** Reads `tokenizer.json` and, if it is given, `tokenizer_config.json`. */
  static fromFile(path: string, configPath?: string): Tokenizer {
    const read = (file: unknown): object => {
      if (typeof file !== 'string' || file === '') throw new ArgumentError('Tokenizer.fromFile', 'path', `must be a file name, got ${show(file)}`);
      return parsed(readFileSync(file, 'utf8'), file);
    };
    return new Tokenizer(read(path), configPath === undefined ? {} : read(configPath), path);
  }

  /** From the texts of the two files, or what they say. */
  static fromJSON(json: string | object, config: string | object = {}): Tokenizer {
    const value = (given: string | object): object => (typeof given === 'string' ? parsed(given, 'the given text') : given);
    return new Tokenizer(value(json), value(config), 'the given text');
  }

  /** A text as tokens and their numbers. */
  encode(...args: readonly [text: string, options?: EncodeOptions]): Encoding {
    const given = bind(ENCODE, args);
    if (typeof given.text !== 'string') throw new ArgumentError('Tokenizer.encode', 'text', `must be a string, got ${show(given.text)}`);
    if (given.pair !== undefined && typeof given.pair !== 'string') throw new ArgumentError('Tokenizer.encode', 'pair', `must be a string, got ${show(given.pair)}`);
    const { ids, tokens, attention_mask: attentionMask } = this.inner.encode(given.text, { text_pair: (given.pair as string | undefined) ?? null, add_special_tokens: boolArg('Tokenizer.encode', 'addSpecialTokens', given.addSpecialTokens, true) });
    return { ids, tokens, attentionMask };
  }

  /** The text of token numbers, without the special ones. */
  decode(...args: readonly [ids: readonly number[] | Tensor, options?: { readonly skipSpecialTokens?: boolean }]): string {
    const given = bind(DECODE, args), ids = Array.isArray(given.ids) ? (given.ids as number[]) : ((given.ids as Tensor).flatten().tolist() as number[]);
    if (ids.length === 0) return '';
    return this.inner.decode([...ids], { skip_special_tokens: boolArg('Tokenizer.decode', 'skipSpecialTokens', given.skipSpecialTokens, true) });
  }

  /** Texts as `inputIds` and `attentionMask`, both `[N, L]` of int64. */
  encodeBatch(...args: readonly [texts: readonly string[], options?: BatchOptions]): { readonly inputIds: Tensor; readonly attentionMask: Tensor } {
    const given = bind(BATCH, args), op = 'Tokenizer.encodeBatch', texts = given.texts;
    if (!Array.isArray(texts) || texts.length === 0) throw new ArgumentError(op, 'texts', `must be an array of texts, got ${show(texts)}`);
    const most = intArg(op, 'maxLength', given.maxLength, -1), padding = stringArg(op, 'padding', given.padding, ['longest', 'maxLength'], 'longest'), side = stringArg(op, 'paddingSide', given.paddingSide, ['right', 'left'], 'right');
    if (given.maxLength !== undefined && most < 1) throw new ArgumentError(op, 'maxLength', `must be positive, got ${most}`);
    if (padding === 'maxLength' && given.maxLength === undefined) throw new ArgumentError(op, 'maxLength', "is missing for padding 'maxLength'");
    const special = boolArg(op, 'addSpecialTokens', given.addSpecialTokens, true);
    const rows = texts.map((text: string) => this.cut(this.encode(text, { addSpecialTokens: special }).ids, text, given.maxLength === undefined ? Infinity : most));
    const length = padding === 'maxLength' ? most : Math.max(...rows.map((row) => row.length));
    const filled = (row: readonly number[], value: number): number[] => {
      const fill = new Array<number>(length - row.length).fill(value);
      return side === 'right' ? [...row, ...fill] : [...fill, ...row];
    };
    const padId = intArg(op, 'padId', given.padId, this.padId);
    return { inputIds: toTensor(rows.map((row) => filled(row, padId))), attentionMask: toTensor(rows.map((row) => filled(row.map(() => 1), 0))) };
  }

  /** The number of a token, or undefined. */
  tokenToId(token: string): number | undefined {
    return this.inner.token_to_id(token);
  }

  /** The token of a number, or undefined. */
  idToToken(id: number): string | undefined {
    return this.inner.id_to_token(id);
  }

  /** Tokens of the file, those added to its model among them. */
  get vocabSize(): number {
    return this.inner.get_vocab(true).size;
  }

  /** What fills up batches. */
  get padId(): number {
    const { padding } = this.json as { readonly padding?: { readonly pad_id?: unknown } | null };
    if (typeof padding?.pad_id === 'number') return padding.pad_id;
    const { pad_token: named } = this.config as { readonly pad_token?: unknown };
    for (const token of [typeof named === 'string' ? named : '', ...PAD_TOKENS]) {
      const id = this.tokenToId(token);
      if (id !== undefined) return id;
    }
    return 0;
  }

  /** With what a worker makes it again. */
  constructorArgs(): readonly unknown[] {
    return [this.json, this.config, 'the given text'];
  }

  /** The numbers of a text, cut off between its special tokens. */
  private cut(ids: readonly number[], text: string, most: number): readonly number[] {
    if (ids.length <= most) return ids;
    const bare = this.encode(text, { addSpecialTokens: false }).ids, extra = ids.length - bare.length;
    const before = Array.from({ length: extra + 1 }, (_, i) => i).find((i) => bare.every((id, k) => ids[i + k] === id)) ?? 0;
    const after = ids.slice(before + bare.length);
    if (extra > most) throw new ArgumentError('Tokenizer.encodeBatch', 'maxLength', `must have room for the ${extra} special tokens, got ${most}`);
    return [...ids.slice(0, before), ...bare.slice(0, most - extra), ...after];
  }
}

function parsed(text: string, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileFormatError('Tokenizer', name, error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== 'object' || value === null) throw new FileFormatError('Tokenizer', name, 'is not a JSON object');
  return value;
}

portable(LIBRARY, { Tokenizer });
