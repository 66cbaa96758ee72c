import { describe, expect, test } from 'vitest';
import * as torch from 'flambeau';
import { nn } from 'flambeau';
import { onBackends } from './fixtures/backends.ts';

const { packPaddedSequence, packSequence, padPackedSequence, padSequence, unpackSequence, unpadSequence } = nn.utils.rnn;
const LENGTHS = [2, 4, 1];
const sequences = (): torch.Tensor[] => LENGTHS.map((n, b) => torch.arange(2 * n).float().add(b).sin().reshape([n, 2]));

onBackends(() => {
  describe('packed sequences', () => {
    test.each(['LSTM', 'GRU', 'RNN'] as const)('run through a %s as each alone would, in both directions', (name) => {
      torch.manualSeed(1);
      const Class: new (inputSize: number, hiddenSize: number, options: { numLayers: number; bidirectional: boolean }) => nn.LSTM | nn.GRU | nn.RNN = nn[name];
      const module = new Class(2, 3, { numLayers: 2, bidirectional: true });
      const run = (input: torch.Tensor | nn.utils.rnn.PackedSequence): [torch.Tensor | nn.utils.rnn.PackedSequence, torch.Tensor] => {
        const [output, state] = module.forward(input);
        return [output, Array.isArray(state) ? torch.cat(state) : state as torch.Tensor];
      };
      const [packed, states] = run(packSequence(sequences(), false));
      const parts = unpackSequence(packed as nn.utils.rnn.PackedSequence);
      sequences().forEach((sequence, b) => {
        const [alone, state] = run(sequence.unsqueeze(1));
        expect(torch.allclose(parts[b], (alone as torch.Tensor).squeeze(1), { atol: 1e-6 })).toBe(true);
        expect(torch.allclose(states.select(1, b), state.squeeze(1), { atol: 1e-6 })).toBe(true);
      });
    });

    test('give every weight the gradient of the sequences run alone', () => {
      torch.manualSeed(1);
      const lstm = new nn.LSTM(2, 3, { bidirectional: true });
      const gradients = (loss: torch.Tensor): torch.Tensor[] => torch.autograd.grad(loss, lstm.parameters());
      const packed = gradients(lstm(packSequence(sequences(), false))[0].data.square().sum());
      const alone = gradients(sequences().map((sequence) => lstm(sequence.unsqueeze(1))[0].square().sum()).reduce((sum, loss) => sum.add(loss)));
      packed.forEach((g, i) => expect(torch.allclose(g, alone[i], { atol: 1e-6 })).toBe(true));
    });

    test('come back padded, in their first order, with their lengths', () => {
      const padded = padSequence(sequences(), { batchFirst: true, paddingValue: -1 });
      const packed = packPaddedSequence(padded, torch.tensor(LENGTHS), true, false);
      expect(packed.batchSizes.tolist()).toEqual([3, 2, 1, 1]);
      const [again, lengths] = padPackedSequence(packed, true, -1);
      expect(again.tolist()).toEqual(padded.tolist());
      expect(lengths.tolist()).toEqual(LENGTHS);
      expect(padPackedSequence(packed, { totalLength: 6 })[0].shape).toEqual([6, 3, 2]);
      expect(unpadSequence(padded, LENGTHS, true).map((s) => s.shape[0])).toEqual(LENGTHS);
      expect(padSequence(sequences(), { batchFirst: true, paddingSide: 'left' }).index(2, 3).tolist()).toEqual(sequences()[2].index(0).tolist());
    });

    test('must be sorted unless that is asked for, and have lengths that fit', () => {
      const padded = padSequence(sequences());
      expect(() => packPaddedSequence(padded, LENGTHS)).toThrow(/lengths must be in decreasing order/);
      expect(() => packPaddedSequence(padded, [5, 4, 1])).toThrow(/lengths must be integers from 1 to 4, got 5/);
      expect(() => packPaddedSequence(padded, [4, 1])).toThrow(/one entry per sequence: 3, got 2/);
      expect(() => padPackedSequence(packSequence(sequences(), false), { totalLength: 3 })).toThrow(/totalLength must be at least the longest sequence's 4/);
    });
  });

  test.each(['LSTM', 'GRU', 'RNN'] as const)('a %s is differentiable twice, in its input, its state and its weights', (name) => {
    torch.manualSeed(1);
    const cells = name === 'LSTM' ? 2 : 1, double = { dtype: 'float64' } as const;
    const Class: new (inputSize: number, hiddenSize: number, options: { bidirectional: boolean; dtype: torch.DType }) => nn.LSTM | nn.GRU | nn.RNN = nn[name];
    const module = new Class(2, 3, { bidirectional: true, ...double });
    const parameters = module.parameters();
    const run = (x: torch.Tensor, ...state: torch.Tensor[]): torch.Tensor => {
      const [output, end] = module.forward(x, (cells === 2 ? state : state[0]) as never);
      return torch.cat([output, ...(Array.isArray(end) ? end : [end])].map((t) => (t as torch.Tensor).flatten()));
    };
    const inputs = [torch.randn(4, 2, 2, double), ...Array.from({ length: cells }, () => torch.randn(2, 2, 3, double))].map((t) => t.requiresGrad_());
    expect(torch.autograd.gradcheck(run, inputs)).toBe(true);
    expect(torch.autograd.gradgradcheck(run, inputs)).toBe(true);
    // Along a direction, the derivative of the weights' gradient is that of its finite difference.
    const gradient = (createGraph: boolean): torch.Tensor => torch.cat(torch.autograd.grad(run(...(inputs as [torch.Tensor])).square().sum(), parameters, { createGraph }).map((g) => g.flatten()));
    const direction = torch.randn(gradient(false).numel(), double);
    const second = torch.cat(torch.autograd.grad(gradient(true).mul(direction).sum(), parameters).map((g) => g.flatten()));
    const moved = (step: number): torch.Tensor => {
      const start = nn.utils.parametersToVector(parameters).detach();
      nn.utils.vectorToParameters(start.add(direction, { alpha: step }), parameters);
      const result = gradient(false);
      nn.utils.vectorToParameters(start, parameters);
      return result;
    };
    const difference = moved(1e-6).sub(moved(-1e-6)).div(2e-6);
    expect(torch.allclose(second, difference, { rtol: 1e-5, atol: 1e-6 })).toBe(true);
  });
});
