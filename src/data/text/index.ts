/** `text`: torchtext's tokenizers and vocabularies, and those of `tokenizer.json` files. */
import { LIBRARY, portable } from '../portable.ts';
import { basicEnglish, characters, words } from './split.ts';

export { basicEnglish, characters, getTokenizer, words, type SplitText } from './split.ts';
export { buildVocabFromIterator, Vocab, vocab, type VocabOptions } from './vocab.ts';
export { padCollate, toTensor, truncate, type Padded } from './batches.ts';
export { Tokenizer, type BatchOptions, type EncodeOptions, type Encoding } from './tokenizer.ts';

portable(LIBRARY, { basicEnglish, characters, words });
