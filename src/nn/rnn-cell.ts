/** One time step of the recurrent networks as a layer. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { DType } from '../core/dtype.ts';
import { show } from '../core/args.ts';
import { empty, zeros } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { sizeArg, tensorArg, type Maybe } from './args.ts';
import { declared, made, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import { uniform_ } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { gruStep, lstmStep, reluStep, tanhStep, type State, type Step } from './recurrence.ts';

const CELL = declared('(inputSize: int, hiddenSize: int, bias: bool = true, device: string?, dtype: dtype?)');
const RNN_CELL = declared("(inputSize: int, hiddenSize: int, bias: bool = true, nonlinearity: 'tanh'|'relu' = 'tanh', device: string?, dtype: dtype?)");

export abstract class RNNCellBase extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;

  constructor(inputSize: number, hiddenSize: number, bias: boolean, dtype: DType | undefined, gates: number) {
    super();
    const name = new.target.name, options = made(dtype);
    this.inputSize = sizeArg(name, 'inputSize', inputSize, 1);
    this.hiddenSize = sizeArg(name, 'hiddenSize', hiddenSize, 1);
    this.bias = bias;
    const rows = gates * hiddenSize;
    this.weight_ih = new Parameter(empty([rows, inputSize], options));
    this.weight_hh = new Parameter(empty([rows, hiddenSize], options));
    this.bias_ih = bias ? new Parameter(empty([rows], options)) : null;
    this.bias_hh = bias ? new Parameter(empty([rows], options)) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  /** The state after one step over [N, inputSize] or [inputSize], from `count` states that default to zeros. */
  protected advance(step: Step, input: Tensor, given: readonly Tensor[] | null, count: number): State {
    const name = this.constructor.name;
    tensorArg(name, 'input', input);
    if ((input.ndim !== 1 && input.ndim !== 2) || input.shape[input.ndim - 1] !== this.inputSize) throw new ShapeError(name, `input must have shape [N, ${this.inputSize}] or [${this.inputSize}], got [${input.shape.join(', ')}]`);
    const expected = [...input.layout.shape.slice(0, -1), this.hiddenSize];
    for (const s of given ?? []) {
      if (!(s instanceof Tensor) || s.shape.join() !== expected.join()) throw new ShapeError(name, `the state must have shape [${expected.join(', ')}], got ${s instanceof Tensor ? `[${s.shape.join(', ')}]` : show(s)}`);
    }
    const rows = (x: Tensor): Tensor => (input.ndim === 1 ? x.unsqueeze(0) : x);
    const before = given === null ? new Array<Tensor>(count).fill(zeros(expected, { dtype: input.dtype })) : given;
    const weights = { inputWeight: this.weight_ih, hiddenWeight: this.weight_hh, inputBias: this.bias_ih, hiddenBias: this.bias_hh, projection: null };
    const after = step(F.linear(rows(input), this.weight_ih, this.bias_ih), before.map(rows), weights);
    return input.ndim === 1 ? after.map((s) => s.squeeze(0)) : after;
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias ? '' : ', bias=False'}`;
  }
}

/** A step of an LSTM; returns `[h, c]`. */
export class LSTMCell extends RNNCellBase {
  constructor(...args: ArgsOf<typeof CELL>) {
    const [inputSize, hiddenSize, bias, , dtype] = CELL(new.target.name, args);
    super(inputSize, hiddenSize, bias, dtype, 4);
  }

  forward(input: Tensor, state?: Maybe<readonly [h: Tensor, c: Tensor]>): [h: Tensor, c: Tensor] {
    if (state && (!Array.isArray(state) || state.length !== 2)) throw new ArgumentError('LSTMCell', 'state', 'must be an array [h, c]');
    const [h, c] = this.advance(lstmStep, input, state ?? null, 2);
    return [h, c];
  }
}

/** A step of a GRU. */
export class GRUCell extends RNNCellBase {
  constructor(...args: ArgsOf<typeof CELL>) {
    const [inputSize, hiddenSize, bias, , dtype] = CELL(new.target.name, args);
    super(inputSize, hiddenSize, bias, dtype, 3);
  }

  forward(input: Tensor, state?: Maybe<Tensor>): Tensor {
    return this.advance(gruStep, input, state ? [state] : null, 1)[0];
  }
}

/** A step of an Elman network. */
export class RNNCell extends RNNCellBase {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(...args: ArgsOf<typeof RNN_CELL>) {
    const [inputSize, hiddenSize, bias, nonlinearity, , dtype] = RNN_CELL(new.target.name, args);
    super(inputSize, hiddenSize, bias, dtype, 1);
    this.nonlinearity = nonlinearity;
  }

  forward(input: Tensor, state?: Maybe<Tensor>): Tensor {
    return this.advance(this.nonlinearity === 'tanh' ? tanhStep : reluStep, input, state ? [state] : null, 1)[0];
  }

  override extraRepr(): string {
    return `${super.extraRepr()}${this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`}`;
  }
}
