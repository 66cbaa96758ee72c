/** Recurrent layers. */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { cat, stack } from '../tensor/composite.ts';
import { empty, zeros } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { probabilityArg, sizeArg, tensorArg, type Maybe } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { uniform_ } from './init.ts';
import { Module } from './module.ts';
import { PackedSequence } from './packed-sequence.ts';
import { Parameter } from './parameter.ts';
import { gruStep, lstmStep, reluStep, runPacked, tanhStep, type State, type Step, type Weights } from './recurrence.ts';
import { pyFloat } from './repr.ts';

const LSTM_ARGS = declared('(inputSize: int, hiddenSize: int, numLayers: int = 1, bias: bool = true, batchFirst: bool = false, dropout: float = 0, bidirectional: bool = false, projSize: int = 0, device: string?, dtype: dtype?)');
const GRU_ARGS = declared('(inputSize: int, hiddenSize: int, numLayers: int = 1, bias: bool = true, batchFirst: bool = false, dropout: float = 0, bidirectional: bool = false, device: string?, dtype: dtype?)');
const RNN_ARGS = declared("(inputSize: int, hiddenSize: int, numLayers: int = 1, nonlinearity: 'tanh'|'relu' = 'tanh', bias: bool = true, batchFirst: bool = false, dropout: float = 0, bidirectional: bool = false, device: string?, dtype: dtype?)");

type Values = ReturnType<typeof LSTM_ARGS>;

/** What a layer runs over: rows of all times, how many of each, and how to give the output back. */
interface Sequence {
  readonly rows: Tensor;
  readonly sizes: readonly number[];
  /** Of the sequences, where they are not in the order of the state's batch. */
  readonly order: Tensor | null;
  readonly unbatched: boolean;
}

/**
 * What recurrent layers share: parameters under PyTorch's names and in its order, layers, directions and dropout.
 * A subclass says how many gates there are and what one time step does.
 */
export abstract class RNNBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  /** Input and output are `[batch, time, features]` instead of `[time, batch, features]`. */
  readonly batchFirst: boolean;
  /** Between layers, in training. */
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** The hidden state is projected to this size; 0 does not. */
  readonly projSize: number;
  [weight: `weight_${string}`]: Parameter;
  [bias: `bias_${string}`]: Parameter;

  constructor([inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, projSize, , dtype]: Values, gates: number) {
    super();
    const name = new.target.name;
    this.inputSize = sizeArg(name, 'inputSize', inputSize, 1);
    this.hiddenSize = sizeArg(name, 'hiddenSize', hiddenSize, 1);
    this.numLayers = sizeArg(name, 'numLayers', numLayers, 1);
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = probabilityArg(name, 'dropout', dropout, 0);
    this.bidirectional = bidirectional;
    this.projSize = projSize;
    if (projSize < 0 || projSize >= hiddenSize) throw new ArgumentError(name, 'projSize', `must be at least 0 and below hiddenSize ${hiddenSize}, got ${projSize}`);
    const make = (key: string, ...shape: number[]): void => this.registerParameter(key, new Parameter(empty(shape, made(dtype))));
    const rows = gates * this.hiddenSize, outSize = this.outSize;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const inSize = layer === 0 ? this.inputSize : outSize * this.directions;
      for (const suffix of this.suffixes(layer)) {
        make(`weight_ih_${suffix}`, rows, inSize);
        make(`weight_hh_${suffix}`, rows, outSize);
        if (this.bias) {
          make(`bias_ih_${suffix}`, rows);
          make(`bias_hh_${suffix}`, rows);
        }
        if (this.projSize > 0) make(`weight_hr_${suffix}`, this.projSize, this.hiddenSize);
      }
    }
    this.resetParameters();
  }

  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  /** What one time step does. */
  protected abstract get step(): Step;

  private get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Features of one direction's output. */
  protected get outSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  private suffixes(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }

  private weights(suffix: string): Weights {
    return {
      inputWeight: this[`weight_ih_${suffix}`],
      hiddenWeight: this[`weight_hh_${suffix}`],
      inputBias: this.bias ? this[`bias_ih_${suffix}`] : null,
      hiddenBias: this.bias ? this[`bias_hh_${suffix}`] : null,
      projection: this.projSize > 0 ? this[`weight_hr_${suffix}`] : null,
    };
  }

  /** Runs all layers over the input, from initial states of the given feature sizes; returns the output and the final states. */
  protected run<I extends Tensor | PackedSequence>(input: I, initial: readonly Tensor[] | null, sizes: readonly number[]): [I, Tensor[]] {
    const sequence = input instanceof PackedSequence ? this.ofPacked(input) : this.ofPadded(tensorArg(this.constructor.name, 'input', input));
    const [batch] = sequence.sizes, time = sequence.sizes.length;
    const states = sizes.map((size, i) => this.initialState(initial?.[i] ?? null, sequence, batch, size));
    const final: Tensor[][] = sizes.map(() => []);
    let rows = sequence.rows;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.suffixes(layer).map((suffix, d) => {
        const before = states.map((s) => s.select(0, layer * this.directions + d));
        const [output, after] = runPacked(this.step, rows, sequence.sizes, before, this.weights(suffix), d === 1);
        after.forEach((s, i) => final[i].push(s));
        return output;
      });
      rows = outputs.length === 1 ? outputs[0] : cat(outputs, 1);
      if (this.dropout > 0 && layer < this.numLayers - 1) rows = F.dropout(rows, this.dropout, this.training);
    }
    const ends = final.map((s) => this.inFirstOrder(stack(s), sequence, input));
    if (input instanceof PackedSequence) return [input.with(rows) as I, ends];
    if (sequence.unbatched) return [rows as I, ends];
    const output = rows.reshape([time, batch, -1]);
    return [(this.batchFirst ? output.transpose(0, 1) : output) as I, ends];
  }

  private inFirstOrder(state: Tensor, { unbatched }: Sequence, input: Tensor | PackedSequence): Tensor {
    if (input instanceof PackedSequence) return input.unsortedIndices === null ? state : state.indexSelect(1, input.unsortedIndices);
    return unbatched ? state.squeeze(1) : state;
  }

  private ofPadded(input: Tensor): Sequence {
    const name = this.constructor.name, unbatched = input.ndim === 2;
    if (!unbatched && input.ndim !== 3) throw new ShapeError(name, `input must have 2 (no batch) or 3 dimensions, got shape [${input.shape.join(', ')}]`);
    if (input.shape[input.ndim - 1] !== this.inputSize) throw new ShapeError(name, `input must have ${this.inputSize} features, got shape [${input.shape.join(', ')}]`);
    const timeFirst = unbatched ? input.unsqueeze(1) : this.batchFirst ? input.transpose(0, 1) : input;
    const [time, batch] = timeFirst.shape;
    if (time === 0) throw new ShapeError(name, 'input must have at least one time step');
    return { rows: timeFirst.reshape([time * batch, this.inputSize]), sizes: new Array<number>(time).fill(batch), order: null, unbatched };
  }

  private ofPacked({ data, batchSizes, sortedIndices }: PackedSequence): Sequence {
    if (data.ndim !== 2 || data.shape[1] !== this.inputSize) throw new ShapeError(this.constructor.name, `packed data must have shape [total, ${this.inputSize}], got [${data.shape.join(', ')}]`);
    const sizes = batchSizes.tolist() as number[];
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== data.shape[0] || sizes.length === 0 || sizes.some((size, t) => size < 1 || (t > 0 && size > sizes[t - 1]))) {
      throw new ArgumentError(this.constructor.name, 'input', `must be packed by batch sizes that do not increase and add up to ${data.shape[0]}, got [${sizes.join(', ')}]`);
    }
    return { rows: data, sizes, order: sortedIndices, unbatched: false };
  }

  private initialState(given: Tensor | null, { rows, order, unbatched }: Sequence, batch: number, size: number): Tensor {
    const layers = this.numLayers * this.directions;
    if (given === null) return zeros([layers, batch, size], { dtype: rows.dtype });
    const expected = unbatched ? [layers, size] : [layers, batch, size];
    if (!(given instanceof Tensor) || given.shape.join() !== expected.join()) {
      throw new ShapeError(this.constructor.name, `the initial state must have shape [${expected.join(', ')}], got ${given instanceof Tensor ? `[${given.shape.join(', ')}]` : show(given)}`);
    }
    return unbatched ? given.unsqueeze(1) : order === null ? given : given.indexSelect(1, order);
  }

  override extraRepr(): string {
    let text = `${this.inputSize}, ${this.hiddenSize}`;
    if (this.projSize !== 0) text += `, proj_size=${this.projSize}`;
    if (this.numLayers !== 1) text += `, num_layers=${this.numLayers}`;
    if (!this.bias) text += ', bias=False';
    if (this.batchFirst) text += ', batch_first=True';
    if (this.dropout !== 0) text += `, dropout=${pyFloat(this.dropout)}`;
    if (this.bidirectional) text += ', bidirectional=True';
    return text;
  }
}

/** Long short-term memory; gates in PyTorch's order: input, forget, cell, output. */
export class LSTM extends RNNBase {
  constructor(...args: ArgsOf<typeof LSTM_ARGS>) {
    super(LSTM_ARGS(new.target.name, args), 4);
  }

  /** Returns `[output, [h, c]]`; the initial states default to zeros. The output of a packed sequence is packed. */
  forward<I extends Tensor | PackedSequence>(input: I, state?: Maybe<readonly [h: Tensor, c: Tensor]>): [output: I, state: [h: Tensor, c: Tensor]] {
    if (state && (!Array.isArray(state) || state.length !== 2)) throw new ArgumentError('LSTM', 'state', 'must be an array [h, c]');
    const [output, [h, c]] = this.run(input, state ?? null, [this.outSize, this.hiddenSize]);
    return [output, [h, c]];
  }

  protected get step(): Step {
    return lstmStep;
  }
}

/** Gated recurrent units; gates in PyTorch's order: reset, update, new. */
export class GRU extends RNNBase {
  constructor(...args: ArgsOf<typeof GRU_ARGS>) {
    const [inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype] = GRU_ARGS(new.target.name, args);
    super([inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, 0, device, dtype], 3);
  }

  /** Returns `[output, h]`; the initial state defaults to zeros. */
  forward<I extends Tensor | PackedSequence>(input: I, state?: Maybe<Tensor>): [output: I, state: Tensor] {
    const [output, [h]] = this.run(input, state ? [state] : null, [this.hiddenSize]);
    return [output, h];
  }

  protected get step(): Step {
    return gruStep;
  }
}

/** The network of Elman (1990), with tanh or relu. */
export class RNN extends RNNBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(...args: ArgsOf<typeof RNN_ARGS>) {
    const [inputSize, hiddenSize, numLayers, nonlinearity, bias, batchFirst, dropout, bidirectional, device, dtype] = RNN_ARGS(new.target.name, args);
    super([inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, 0, device, dtype], 1);
    this.nonlinearity = nonlinearity;
  }

  /** Returns `[output, h]`; the initial state defaults to zeros. */
  forward<I extends Tensor | PackedSequence>(input: I, state?: Maybe<Tensor>): [output: I, state: Tensor] {
    const [output, [h]] = this.run(input, state ? [state] : null, [this.hiddenSize]);
    return [output, h];
  }

  protected get step(): Step {
    return this.nonlinearity === 'tanh' ? tanhStep : reluStep;
  }
}

// A generic method's type is lost in Module's own call signature.
export interface LSTM {
  <I extends Tensor | PackedSequence>(input: I, state?: Maybe<readonly [h: Tensor, c: Tensor]>): [output: I, state: [h: Tensor, c: Tensor]];
}
export interface GRU {
  <I extends Tensor | PackedSequence>(input: I, state?: Maybe<Tensor>): [output: I, state: Tensor];
}
export interface RNN {
  <I extends Tensor | PackedSequence>(input: I, state?: Maybe<Tensor>): [output: I, state: Tensor];
}
export type RecurrentOptions = Extract<ArgsOf<typeof LSTM_ARGS>, readonly [options: object]>[0];
