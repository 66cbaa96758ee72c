/** Activation layers: each is the function of the same name in `nn.functional`. */
import { bind, boolArg, intArg, numberArg, signature, stringArg, type CallArgs } from '../core/args.ts';
import type { DType } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { full } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { sizeArg, tensorArg, type Args } from './args.ts';
import { declared, type ArgsOf } from './declare.ts';
import * as F from './functional.ts';
import type { FactoryOptions } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { pyFloat } from './repr.ts';

interface InplaceOptions { readonly inplace?: boolean }
type InplaceArgs = CallArgs<[inplace: boolean], InplaceOptions>;

/** Layers without parameters of their own but `inplace`. */
abstract class InplaceActivation extends Module {
  readonly inplace: boolean;

  constructor(...args: InplaceArgs) {
    super();
    const name = new.target.name;
    this.inplace = boolArg(name, 'inplace', bind(signature(`${name}(inplace?)`), args).inplace);
  }

  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}

export class ReLU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.relu(input, this.inplace);
  }
}

export class ReLU6 extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.relu6(input, this.inplace);
  }
}

export class SiLU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.silu(input, this.inplace);
  }
}

export class Mish extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.mish(input, this.inplace);
  }
}

export class SELU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.selu(input, this.inplace);
  }
}

export class Hardsigmoid extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this.inplace);
  }

  override extraRepr(): string {
    return '';
  }
}

export class Hardswish extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.hardswish(input, this.inplace);
  }

  override extraRepr(): string {
    return '';
  }
}

export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

interface AlphaOptions extends InplaceOptions { readonly alpha?: number }
type AlphaArgs = CallArgs<[alpha: number, inplace: boolean], AlphaOptions>;

abstract class AlphaActivation extends Module {
  readonly alpha: number;
  readonly inplace: boolean;

  constructor(...args: AlphaArgs) {
    super();
    const name = new.target.name;
    const given = bind(signature(`${name}(alpha?, inplace?)`), args);
    this.alpha = numberArg(name, 'alpha', given.alpha, 1);
    this.inplace = boolArg(name, 'inplace', given.inplace);
  }

  override extraRepr(): string {
    return `alpha=${pyFloat(this.alpha)}${this.inplace ? ', inplace=True' : ''}`;
  }
}

export class ELU extends AlphaActivation {
  forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this.inplace);
  }
}

export class CELU extends AlphaActivation {
  forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this.inplace);
  }
}

const LEAKY = signature('LeakyReLU(negativeSlope?, inplace?)');
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;

  constructor(...args: CallArgs<[negativeSlope: number, inplace: boolean], InplaceOptions & { readonly negativeSlope?: number }>) {
    super();
    const given = bind(LEAKY, args);
    this.negativeSlope = numberArg('LeakyReLU', 'negativeSlope', given.negativeSlope, 0.01);
    this.inplace = boolArg('LeakyReLU', 'inplace', given.inplace);
  }

  forward(input: Tensor): Tensor {
    return F.leakyRelu(input, this.negativeSlope, this.inplace);
  }

  override extraRepr(): string {
    return `negative_slope=${pyFloat(this.negativeSlope)}${this.inplace ? ', inplace=True' : ''}`;
  }
}

const HARDTANH = signature('Hardtanh(minVal?, maxVal?, inplace?)');
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;

  constructor(...args: CallArgs<[minVal: number, maxVal: number, inplace: boolean], InplaceOptions & { readonly minVal?: number; readonly maxVal?: number }>) {
    super();
    const given = bind(HARDTANH, args);
    this.minVal = numberArg('Hardtanh', 'minVal', given.minVal, -1);
    this.maxVal = numberArg('Hardtanh', 'maxVal', given.maxVal, 1);
    this.inplace = boolArg('Hardtanh', 'inplace', given.inplace);
  }

  forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.minVal, this.maxVal, this.inplace);
  }

  override extraRepr(): string {
    return `min_val=${pyFloat(this.minVal)}, max_val=${pyFloat(this.maxVal)}${this.inplace ? ', inplace=True' : ''}`;
  }
}

const GELU_SIGNATURE = signature('GELU(approximate?)');
export class GELU extends Module {
  readonly approximate: F.GeluApproximation;

  constructor(...args: CallArgs<[approximate: F.GeluApproximation], { readonly approximate?: F.GeluApproximation }>) {
    super();
    this.approximate = stringArg<F.GeluApproximation>('GELU', 'approximate', bind(GELU_SIGNATURE, args).approximate, ['none', 'tanh'], 'none');
  }

  forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

const SOFTPLUS = signature('Softplus(beta?, threshold?)');
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(...args: CallArgs<[beta: number, threshold: number], { readonly beta?: number; readonly threshold?: number }>) {
    super();
    const given = bind(SOFTPLUS, args);
    this.beta = numberArg('Softplus', 'beta', given.beta, 1);
    this.threshold = numberArg('Softplus', 'threshold', given.threshold, 20);
  }

  forward(input: Tensor): Tensor {
    return F.softplus(input, this.beta, this.threshold);
  }

  override extraRepr(): string {
    return `beta=${pyFloat(this.beta)}, threshold=${pyFloat(this.threshold)}`;
  }
}

type LambdArgs = CallArgs<[lambd: number], { readonly lambd?: number }>;

abstract class Shrink extends Module {
  readonly lambd: number;

  constructor(...args: LambdArgs) {
    super();
    const name = new.target.name;
    this.lambd = numberArg(name, 'lambd', bind(signature(`${name}(lambd?)`), args).lambd, 0.5);
  }

  override extraRepr(): string {
    return pyFloat(this.lambd);
  }
}

export class Softshrink extends Shrink {
  forward(input: Tensor): Tensor {
    return F.softshrink(input, this.lambd);
  }
}

export class Hardshrink extends Shrink {
  forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.lambd);
  }
}

const THRESHOLD = signature('Threshold(threshold, value, inplace?)');
/** `x > threshold ? x : value`. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;

  constructor(...args: Args<[threshold: number, value: number], [inplace: boolean], InplaceOptions & { readonly threshold?: number; readonly value?: number }>) {
    super();
    const given = bind(THRESHOLD, args);
    this.threshold = numberArg('Threshold', 'threshold', given.threshold);
    this.value = numberArg('Threshold', 'value', given.value);
    this.inplace = boolArg('Threshold', 'inplace', given.inplace);
  }

  forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, this.inplace);
  }

  override extraRepr(): string {
    return `threshold=${pyFloat(this.threshold)}, value=${pyFloat(this.value)}${this.inplace ? ', inplace=True' : ''}`;
  }
}

const PRELU = signature('PReLU(numParameters?, init?, device?, dtype?)');
/** `x > 0 ? x : weight * x`, with a trained weight. */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Parameter;

  constructor(...args: CallArgs<[numParameters: number, init: number], FactoryOptions & { readonly numParameters?: number; readonly init?: number }>) {
    super();
    const given = bind(PRELU, args);
    this.numParameters = given.numParameters === undefined ? 1 : sizeArg('PReLU', 'numParameters', given.numParameters, 1);
    const options = given.dtype === undefined ? {} : { dtype: given.dtype as DType };
    this.weight = new Parameter(full([this.numParameters], numberArg('PReLU', 'init', given.init, 0.25), options));
  }

  forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}

const GLU_SIGNATURE = signature('GLU(dim?)');
export class GLU extends Module {
  readonly dim: number;

  constructor(...args: CallArgs<[dim: number], { readonly dim?: number }>) {
    super();
    this.dim = intArg('GLU', 'dim', bind(GLU_SIGNATURE, args).dim, -1);
  }

  forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

type DimArgs = CallArgs<[dim: number], { readonly dim?: number }>;

/** Without a dim, PyTorch's implicit one is used: 0 for 0, 1 and 3 dimensions, otherwise 1. */
abstract class SoftmaxLayer extends Module {
  readonly dim: number | null;

  constructor(...args: DimArgs) {
    super();
    const name = new.target.name;
    const given = bind(signature(`${name}(dim?)`), args);
    this.dim = given.dim === undefined ? null : intArg(name, 'dim', given.dim);
  }

  protected options(): { readonly dim?: number } {
    return this.dim === null ? {} : { dim: this.dim };
  }

  override extraRepr(): string {
    return `dim=${this.dim ?? 'None'}`;
  }
}

export class Softmax extends SoftmaxLayer {
  forward(input: Tensor): Tensor {
    return F.softmax(input, this.options());
  }
}

export class LogSoftmax extends SoftmaxLayer {
  forward(input: Tensor): Tensor {
    return F.logSoftmax(input, this.options());
  }
}

export class Softmin extends SoftmaxLayer {
  forward(input: Tensor): Tensor {
    return F.softmin(input, this.options());
  }
}

/** Softmax over the channels of `[N, C, H, W]` or `[C, H, W]`. */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    tensorArg('Softmax2d', 'input', input);
    if (input.ndim !== 3 && input.ndim !== 4) throw new ShapeError('Softmax2d', `input must have 3 or 4 dimensions, got shape [${input.shape.join(', ')}]`);
    return F.softmax(input, -3);
  }
}

const RRELU = declared('(lower: float = 0.125, upper: float = 0.3333333333333333, inplace: bool = false)');
/** Leaky ReLU whose slopes are drawn in training. */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;

  constructor(...args: ArgsOf<typeof RRELU>) {
    super();
    [this.lower, this.upper, this.inplace] = RRELU(new.target.name, args);
  }

  forward(input: Tensor): Tensor {
    return F.rrelu(input, this.lower, this.upper, this.training, this.inplace);
  }

  override extraRepr(): string {
    return `lower=${pyFloat(this.lower)}, upper=${pyFloat(this.upper)}${this.inplace ? ', inplace=True' : ''}`;
  }
}
