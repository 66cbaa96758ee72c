import { expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const F = nn.functional;
const unchecked = <T>(value: unknown): T => value as T;
const floats = (...shape: number[]): torch.Tensor => torch.zeros(shape);
const classes = (...values: number[]): torch.Tensor => torch.tensor(values, { dtype: 'int64' });

/** What is called, and the error that must name the problem. */
const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['a layer without its sizes', () => new nn.Linear(unchecked<{ inFeatures: number }>({ inFeatures: 3 })), /Linear: parameter 'outFeatures' is missing/],
  ['a layer with an unknown option', () => new nn.Linear(3, 1, unchecked<object>({ biass: false })), /Linear: option 'biass' is unknown/],
  ['a parameter named twice', () => new nn.Linear(3, 1, false, unchecked<object>({ bias: true })), /'bias' is given twice/],
  ['a fractional size', () => new nn.Linear(1.5, 1), /inFeatures must be an integer, got 1.5/],
  ['a negative size', () => new nn.Linear(3, -1), /outFeatures must be at least 0, got -1/],
  ['a number as bias', () => new nn.Linear(3, 1, unchecked<boolean>(1)), /bias must be a boolean, got 1/],
  ['too many arguments', () => new (nn.Linear as unknown as new (...args: unknown[]) => nn.Module)(1, 2, true, null, null, 6), /expected at most 5 positional/],
  ['an input of the wrong width', () => new nn.Linear(3, 1)(floats(2, 4)), /\[2, 4\]|4/],
  ['no tensor', () => F.linear(unchecked<torch.Tensor>([1]), floats(1, 1)), /linear: input must be a Tensor/],
  ['a dropout of more than all', () => new nn.Dropout(1.5), /Dropout: p must be between 0 and 1, got 1.5/],
  ['a dropout of NaN', () => F.dropout(floats(1), NaN), /p must be between 0 and 1/],
  ['an unknown reduction', () => new nn.MSELoss({ reduction: unchecked<'mean'>('average') }), /MSELoss: reduction must be one of 'mean', 'sum', 'none', got "average"/],
  ['the old way to choose a reduction', () => new nn.MSELoss(unchecked<object>({ sizeAverage: true })), /option 'sizeAverage' is unknown/],
  ['binary targets of another shape', () => F.binaryCrossEntropy(floats(3), floats(3, 1)), /must have the same shape/],
  ['probabilities outside of 0 and 1', () => F.binaryCrossEntropy(torch.tensor([0.5, 1.5]), floats(2)), /must be probabilities between 0 and 1, got values from 0.5 to 1.5/],
  ['float class indices', () => F.crossEntropy(floats(2, 3), floats(2)), /class indices must be integers, got float32; write target\.long\(\)/],
  ['probabilities of another shape', () => F.crossEntropy(floats(2, 3), floats(2, 4)), /must have the same shape/],
  ['float class indices of nllLoss', () => F.nllLoss(floats(2, 3), floats(2)), /class indices must be integers, got float32; write target.long\(\)/],
  ['a class that is not there', () => F.crossEntropy(floats(2, 3), classes(0, 3)), /3/],
  ['a negative class', () => F.crossEntropy(floats(2, 3), classes(0, -1)), /-1/],
  ['targets of another batch', () => F.crossEntropy(floats(2, 3), classes(0, 1, 2)), /target must have shape \[2\] for input \[2, 3\], got \[3\]/],
  ['integer logits', () => F.crossEntropy(classes(1, 2), torch.tensor(0, { dtype: 'int64' })), /input must be floating point, got int64/],
  ['weights of another number of classes', () => F.crossEntropy(floats(2, 3), classes(0, 1), { weight: floats(2) }), /weight must have shape \[3\], got \[2\]/],
  ['too much smoothing', () => F.crossEntropy(floats(2, 3), classes(0, 1), { labelSmoothing: 2 }), /labelSmoothing must be between 0 and 1/],
  ['a delta of zero', () => F.huberLoss(floats(1), floats(1), { delta: 0 }), /delta must be greater than 0/],
  ['float indices of an embedding', () => new nn.Embedding(3, 2)(floats(1)), /integer|int/],
  ['an index that an embedding does not have', () => new nn.Embedding(3, 2)(classes(3)), /3/],
  ['a negative index of an embedding', () => new nn.Embedding(3, 2)(classes(-1)), /-1/],
  ['padding outside of the embeddings', () => new nn.Embedding(3, 2, 3), /paddingIdx must be within 3 embeddings, got 3/],
  ['sparse gradients', () => new nn.Embedding(3, 2, unchecked<object>({ sparse: true })), /sparse gradients are not supported/],
  ['an LSTM of no layers', () => new nn.LSTM(2, 3, 0), /numLayers must be at least 1/],
  ['an LSTM with too wide a projection', () => new nn.LSTM(2, 3, { projSize: 3 }), /projSize must be at least 0 and below hiddenSize 3/],
  ['an LSTM input of the wrong width', () => new nn.LSTM(2, 3)(floats(4, 1, 5)), /must have 2 features, got shape \[4, 1, 5\]/],
  ['an LSTM input of one dimension', () => new nn.LSTM(2, 3)(floats(2)), /must have 2 \(no batch\) or 3 dimensions/],
  ['an LSTM state of another shape', () => new nn.LSTM(2, 3)(floats(4, 1, 2), [floats(1, 1, 2), floats(1, 1, 3)]), /initial state must have shape \[1, 1, 3\], got \[1, 1, 2\]/],
  ['a state without its cell', () => new nn.LSTM(2, 3)(floats(4, 1, 2), unchecked<[torch.Tensor, torch.Tensor]>([floats(1, 1, 3)])), /must be an array \[h, c\]/],
  ['half of an odd dimension', () => F.glu(floats(3)), /must have an even size, got 3/],
  ['slopes for other channels', () => F.prelu(floats(2, 3), floats(2)), /must have 1 element or one per channel/],
  ['an unknown approximation', () => new nn.GELU({ approximate: unchecked<'tanh'>('erf') }), /approximate must be one of 'none', 'tanh'/],
  ['a parameter of nothing', () => new nn.Parameter(unchecked<torch.Tensor>(null)), /data must be a Tensor/],
  ['a parameter of integers', () => new nn.Parameter(classes(1)), /only floating point tensors can require gradients/],
  ['a buffer that is no tensor', () => new nn.Identity().registerBuffer('b', unchecked<torch.Tensor>(1)), /must be a Tensor or null/],
  ['a nameless buffer', () => new nn.Identity().registerBuffer('', null), /non-empty string/],
  ['a sub-module that is none', () => new nn.Identity().addModule('m', unchecked<nn.Module>({})), /must be an nn.Module or null/],
  ['a vector of another length', () => nn.utils.vectorToParameters(floats(3), [floats(2)]), /must have shape \[2\], got \[3\]/],
  ['fewer classes than there are', () => F.oneHot(classes(0, 5), 3), /classes from 0 to 2/],
];

onBackends(() => {
  test.each(cases)('%s throws', (_, run, message) => {
    expect(run).toThrow(message);
    try {
      run();
    } catch (error) {
      expect(error instanceof TypeError || error instanceof RangeError || error instanceof torch.AutogradError, String(error)).toBe(true);
    }
  });
});
