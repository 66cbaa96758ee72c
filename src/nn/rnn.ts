/** Recurrent layers. */
import type { DType } from '../core/dtype.ts';
import { bind, boolArg, intArg, signature } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { cat, stack } from '../tensor/composite.ts';
import { empty, zeros } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { probabilityArg, sizeArg, type Args, type Maybe } from './args.ts';
import * as F from './functional.ts';
import { uniform_ } from './init.ts';
import type { FactoryOptions } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyFloat } from './repr.ts';

export interface RecurrentOptions extends FactoryOptions {
  readonly inputSize?: number;
  readonly hiddenSize?: number;
  readonly numLayers?: Maybe<number>;
  readonly bias?: Maybe<boolean>;
  /** Input and output are `[batch, time, features]` instead of `[time, batch, features]`. */
  readonly batchFirst?: Maybe<boolean>;
  /** Dropout between layers, in training. */
  readonly dropout?: Maybe<number>;
  readonly bidirectional?: Maybe<boolean>;
  /** Projects the hidden state to this size; 0 does not. */
  readonly projSize?: Maybe<number>;
}

type RecurrentArgs = Args<[inputSize: number, hiddenSize: number],
  [numLayers: Maybe<number>, bias: Maybe<boolean>, batchFirst: Maybe<boolean>, dropout: Maybe<number>, bidirectional: Maybe<boolean>, projSize: Maybe<number>], RecurrentOptions>;

/** One layer in one direction. */
interface Direction {
  readonly inputWeight: Parameter;
  readonly hiddenWeight: Parameter;
  readonly inputBias: Parameter | null;
  readonly hiddenBias: Parameter | null;
  readonly projection: Parameter | null;
  readonly reverse: boolean;
}

/** The hidden state and, for an LSTM, the cell state of one direction at one time. */
type State = readonly Tensor[];

/**
 * What recurrent layers share: parameters under PyTorch's names and in its order, layers, directions and dropout.
 * A subclass says how many gates there are and what one time step does.
 */
export abstract class RNNBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;
  [weight: `weight_${string}`]: Parameter;
  [bias: `bias_${string}`]: Parameter;

  constructor(args: readonly unknown[], gates: number) {
    super();
    const name = new.target.name;
    const given = bind(signature(`${name}(inputSize, hiddenSize, numLayers?, bias?, batchFirst?, dropout?, bidirectional?, projSize?, device?, dtype?)`), args);
    this.inputSize = sizeArg(name, 'inputSize', given.inputSize, 1);
    this.hiddenSize = sizeArg(name, 'hiddenSize', given.hiddenSize, 1);
    this.numLayers = sizeArg(name, 'numLayers', given.numLayers ?? 1, 1);
    this.bias = boolArg(name, 'bias', given.bias, true);
    this.batchFirst = boolArg(name, 'batchFirst', given.batchFirst);
    this.dropout = probabilityArg(name, 'dropout', given.dropout, 0);
    this.bidirectional = boolArg(name, 'bidirectional', given.bidirectional);
    this.projSize = intArg(name, 'projSize', given.projSize, 0);
    if (this.projSize < 0 || this.projSize >= this.hiddenSize) throw new ArgumentError(name, 'projSize', `must be at least 0 and below hiddenSize ${this.hiddenSize}, got ${this.projSize}`);
    const options = given.dtype === undefined ? {} : { dtype: given.dtype as DType };
    const make = (key: string, ...shape: number[]): void => this.registerParameter(key, new Parameter(empty(shape, options)));
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

  /** One time step: the input's part of the gates, the state before, the weights; returns the state after, output first. */
  protected abstract step(gates: Tensor, state: State, direction: Direction): State;

  protected get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Features of one direction's output. */
  protected get outSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  private suffixes(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }

  private direction(suffix: string): Direction {
    return {
      inputWeight: this[`weight_ih_${suffix}`],
      hiddenWeight: this[`weight_hh_${suffix}`],
      inputBias: this.bias ? this[`bias_ih_${suffix}`] : null,
      hiddenBias: this.bias ? this[`bias_hh_${suffix}`] : null,
      projection: this.projSize > 0 ? this[`weight_hr_${suffix}`] : null,
      reverse: suffix.endsWith('_reverse'),
    };
  }

  /** Runs all layers over `input`, from initial states of the given feature sizes; returns the output and the final states. */
  protected run(input: Tensor, initial: readonly Tensor[] | null, sizes: readonly number[]): [Tensor, Tensor[]] {
    const name = this.constructor.name;
    const batched = input.ndim === 3;
    if (!batched && input.ndim !== 2) throw new ShapeError(name, `input must have 2 (no batch) or 3 dimensions, got shape [${input.shape.join(', ')}]`);
    if (input.shape[input.ndim - 1] !== this.inputSize) throw new ShapeError(name, `input must have ${this.inputSize} features, got shape [${input.shape.join(', ')}]`);
    let layerInput = !batched ? input.unsqueeze(1) : this.batchFirst ? input.transpose(0, 1) : input;
    const [time, batch] = layerInput.shape;
    if (time === 0) throw new ShapeError(name, 'input must have at least one time step');
    const states = sizes.map((size, i) => this.initialState(initial?.[i] ?? null, batched, batch, size, input));
    const final: Tensor[][] = sizes.map(() => []);
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.suffixes(layer).map((suffix, d) => {
        const index = layer * this.directions + d;
        const [output, state] = this.runDirection(layerInput, states.map((s) => s.select(0, index)), this.direction(suffix));
        state.forEach((s, i) => final[i].push(s));
        return output;
      });
      layerInput = outputs.length === 1 ? outputs[0] : cat(outputs, 2);
      if (this.dropout > 0 && layer < this.numLayers - 1) layerInput = F.dropout(layerInput, this.dropout, this.training);
    }
    const output = !batched ? layerInput.squeeze(1) : this.batchFirst ? layerInput.transpose(0, 1) : layerInput;
    return [output, final.map((states_) => (batched ? stack(states_) : stack(states_).squeeze(1)))];
  }

  private runDirection(input: Tensor, initial: State, direction: Direction): [Tensor, State] {
    const time = input.shape[0];
    // The input's part of all gates of all times is one product.
    const gates = F.linear(input, direction.inputWeight, direction.inputBias).unbind(0);
    const outputs = new Array<Tensor>(time);
    let state = initial;
    for (let i = 0; i < time; i++) {
      const t = direction.reverse ? time - 1 - i : i;
      state = this.step(gates[t], state, direction);
      outputs[t] = state[0];
    }
    return [stack(outputs), state];
  }

  private initialState(given: Tensor | null, batched: boolean, batch: number, size: number, input: Tensor): Tensor {
    const layers = this.numLayers * this.directions;
    if (given === null) return zeros([layers, batch, size], { dtype: input.dtype });
    const expected = batched ? [layers, batch, size] : [layers, size];
    if (!(given instanceof Tensor) || given.shape.join() !== expected.join()) {
      throw new ShapeError(this.constructor.name, `the initial state must have shape [${expected.join(', ')}], got ${given instanceof Tensor ? `[${given.shape.join(', ')}]` : String(given)}`);
    }
    return batched ? given : given.unsqueeze(1);
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
  constructor(...args: RecurrentArgs) {
    super(args, 4);
  }

  /** Returns `[output, [h, c]]`; the initial states default to zeros. */
  forward(input: Tensor, state?: Maybe<readonly [h: Tensor, c: Tensor]>): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    if (!(input instanceof Tensor)) throw new ArgumentError('LSTM', 'input', 'must be a Tensor');
    if (state && (!Array.isArray(state) || state.length !== 2)) throw new ArgumentError('LSTM', 'state', 'must be an array [h, c]');
    const [output, [h, c]] = this.run(input, state ?? null, [this.outSize, this.hiddenSize]);
    return [output, [h, c]];
  }

  protected step(gates: Tensor, [h, c]: State, { hiddenWeight, hiddenBias, projection }: Direction): State {
    const [i, f, g, o] = gates.add(F.linear(h, hiddenWeight, hiddenBias)).chunk(4, 1);
    const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    const out = o.sigmoid().mul(cell.tanh());
    return [projection === null ? out : F.linear(out, projection), cell];
  }
}
