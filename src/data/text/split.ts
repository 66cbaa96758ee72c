/** Text as tokens, by characters or words: torchtext's `get_tokenizer`. */
import { show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';

export type SplitText = (text: string) => string[];

function textArg(op: string, text: unknown): string {
  if (typeof text !== 'string') throw new ArgumentError(op, 'text', `must be a string, got ${show(text)}`);
  return text;
}

/** The characters of a text: code points, so that an emoji is one. */
export const characters: SplitText = (text) => [...textArg('characters', text)];

/** Words between white space. */
export const words: SplitText = (text) => textArg('words', text).split(/\s+/).filter((word) => word !== '');

/** What torchtext's `basic_english` puts spaces around, and what it leaves out. */
const RULES: readonly (readonly [RegExp, string])[] = [[/'/g, " '  "], [/"/g, ''], [/\./g, ' . '], [/<br \/>/g, ' '], [/,/g, ' , '], [/\(/g, ' ( '], [/\)/g, ' ) '], [/!/g, ' ! '], [/\?/g, ' ? '], [/[;:]/g, ' ']];

/** Lower-case words, with punctuation on its own: torchtext's `basic_english`. */
export const basicEnglish: SplitText = (text) => words(RULES.reduce((line, [pattern, by]) => line.replace(pattern, by), textArg('basicEnglish', text).toLowerCase()));

const BY_NAME: Readonly<Record<string, SplitText>> = { basic_english: basicEnglish, characters, words };

/**
 * A tokenizer by its name, 'basic_english', 'characters' or 'words' (the default), or the function that is given. torchtext's
 * `get_tokenizer`.
 *
 *     getTokenizer('basic_english')("You can't win.");   // ['you', 'can', "'", 't', 'win', '.']
 */
export function getTokenizer(tokenizer?: 'basic_english' | 'characters' | 'words' | SplitText | null): SplitText {
  if (typeof tokenizer === 'function') return tokenizer;
  const name = tokenizer ?? 'words';
  if (!Object.hasOwn(BY_NAME, name)) throw new ArgumentError('getTokenizer', 'tokenizer', `must be one of ${Object.keys(BY_NAME).map(show).join(', ')} or a function, got ${show(tokenizer)}`);
  return BY_NAME[name];
}
