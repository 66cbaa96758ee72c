/** The base class: arguments and samples are checked here, families say how to draw and to weigh. */
import { bind, boolArg, intArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { keep } from '../tensor/tidy.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Constraint } from './constraints.ts';
import { NotImplementedError } from './errors.ts';
import { sizes, type Shape } from './utils.ts';

export type SampleArgs = readonly [sampleShape?: Shape | null] | readonly [options: { readonly sampleShape?: Shape | null }];
export type ValueArgs = readonly [value: Tensor] | readonly [options: { readonly value: Tensor }];
export type ExpandArgs = readonly [batchShape: Shape] | readonly [options: { readonly batchShape: Shape }];
export type EnumerateArgs = readonly [expand?: boolean | null] | readonly [options: { readonly expand?: boolean | null }];

/** The only argument of a method, by position or by name. */
const only = (op: string, name: string, args: readonly unknown[]): unknown =>
  (args.length === 1 && !isOptions(args[0]) ? args[0] : bind(signature(`${op}(${name})`), args)[name.replace('?', '')]);

function shapeArg(op: string, name: string, value: unknown): Shape {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ArgumentError(op, name, `must be an array of sizes, got ${show(value)}`);
  return value.map((size, i) => {
    const found = intArg(op, `${name}[${i}]`, size);
    if (found < 0) throw new ArgumentError(op, `${name}[${i}]`, `must not be negative, got ${found}`);
    return found;
  });
}

let validateByDefault = true;

/**
 * PyTorch's `Distribution`. A family of one's own sets its parameters, calls `checkParameters()` at the end of its constructor,
 * and overrides `logProbOf`, `drawn` or `drawnWithGrad` and the properties that it has.
 */
export abstract class Distribution {
  /** Shape of the parameters: one distribution each. */
  readonly batchShape: Shape;
  /** Shape of one sample of one distribution. */
  readonly eventShape: Shape;
  /** Whether parameters and values are checked. */
  readonly validateArgs: boolean;

  constructor(batchShape: Shape = [], eventShape: Shape = [], validateArgs?: boolean | null) {
    this.batchShape = [...batchShape];
    this.eventShape = [...eventShape];
    this.validateArgs = validateArgs ?? validateByDefault;
  }

  /** Whether distributions made from here on check parameters and values. PyTorch's `set_default_validate_args`. */
  static setDefaultValidateArgs(value: boolean): void {
    if (typeof value !== 'boolean') throw new ArgumentError('setDefaultValidateArgs', 'value', `must be a boolean, got ${show(value)}`);
    validateByDefault = value;
  }

  /** Whether `rsample` lets gradients through to the parameters. */
  get hasRsample(): boolean {
    return false;
  }

  get hasEnumerateSupport(): boolean {
    return false;
  }

  /** The constraint of every parameter, by name. */
  get argConstraints(): Readonly<Record<string, Constraint>> {
    return {};
  }

  /** The set of the values. */
  get support(): Constraint {
    throw this.missing('support');
  }

  get mean(): Tensor {
    throw this.missing('mean');
  }

  /** The value of the highest probability. */
  get mode(): Tensor {
    throw this.missing('mode');
  }

  get variance(): Tensor {
    throw this.missing('variance');
  }

  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /** The same distribution with its parameters expanded to a batch shape, without a copy. */
  expand(...args: ExpandArgs): this {
    const op = `${this.constructor.name}.expand`, batchShape = shapeArg(op, 'batchShape', only(op, 'batchShape', args));
    const copy = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, this, this.expanded(batchShape), { batchShape });
  }

  /** The fields of this distribution with another batch shape: every tensor's leading dims are this one's. */
  protected expanded(batchShape: Shape): object {
    const from = this.batchShape.length;
    return Object.fromEntries(Object.entries(this).filter(([, value]) => value instanceof Tensor)
      .map(([name, value]: [string, Tensor]) => [name, value.expand([...batchShape, ...value.shape.slice(from)])]));
  }

  /** Samples of shape `[...sampleShape, ...batchShape, ...eventShape]`, without gradients. */
  sample(...args: SampleArgs): Tensor {
    const op = `${this.constructor.name}.sample`, shape = shapeArg(op, 'sampleShape', only(op, 'sampleShape?', args));
    return noGrad(() => this.drawn(shape));
  }

  /** The same with gradients to the parameters; distributions with `hasRsample`. */
  rsample(...args: SampleArgs): Tensor {
    const op = `${this.constructor.name}.rsample`, shape = shapeArg(op, 'sampleShape', only(op, 'sampleShape?', args));
    if (!this.hasRsample) throw this.missing('rsample');
    return this.drawnWithGrad(shape);
  }

  /** The logarithm of the density, or of the probability, of shape `[...sampleShape, ...batchShape]`. */
  logProb(...args: ValueArgs): Tensor {
    return this.logProbOf(this.checked('logProb', args));
  }

  /** The probability of a value not above the one given. */
  cdf(...args: ValueArgs): Tensor {
    return this.cdfOf(this.checksCdf ? this.checked('cdf', args) : this.argument('cdf', args));
  }

  /** The inverse of `cdf`: quantiles. */
  icdf(...args: ValueArgs): Tensor {
    return this.icdfOf(this.argument('icdf', args));
  }

  /** All values of a discrete distribution along a new dim 0; with `expand: false` the batch dims are of size 1. */
  enumerateSupport(...args: EnumerateArgs): Tensor {
    const op = `${this.constructor.name}.enumerateSupport`;
    if (!this.hasEnumerateSupport) throw this.missing('enumerateSupport');
    return this.enumerated(boolArg(op, 'expand', only(op, 'expand?', args), true));
  }

  /** Entropy in nats, of the batch shape. */
  entropy(): Tensor {
    throw this.missing('entropy');
  }

  /** exp(entropy). */
  perplexity(): Tensor {
    return this.entropy().exp();
  }

  protected drawn(sampleShape: Shape): Tensor {
    return this.drawnWithGrad(sampleShape);
  }

  protected drawnWithGrad(_sampleShape: Shape): Tensor {
    throw this.missing('rsample');
  }

  protected logProbOf(_value: Tensor): Tensor {
    throw this.missing('logProb');
  }

  protected cdfOf(_value: Tensor): Tensor {
    throw this.missing('cdf');
  }

  protected icdfOf(_value: Tensor): Tensor {
    throw this.missing('icdf');
  }

  protected enumerated(_expand: boolean): Tensor {
    throw this.missing('enumerateSupport');
  }

  /** Whether `cdf` takes values of the support only. */
  protected get checksCdf(): boolean {
    return true;
  }

  /** Whether a parameter was given, and is not computed from another one. */
  protected isGiven(_name: string): boolean {
    return true;
  }

  /** `[...sampleShape, ...batchShape, ...eventShape]`. */
  protected extendedShape(sampleShape: Shape = []): number[] {
    return [...sampleShape, ...this.batchShape, ...this.eventShape];
  }

  /** Values of a discrete distribution along dim 0, with the batch dims after it. */
  protected alongBatch(values: Tensor, expand: boolean): Tensor {
    const column = values.view([values.shape[0], ...this.batchShape.map(() => 1)]);
    return expand ? column.expand([values.shape[0], ...this.batchShape]) : column;
  }

  /** Throws where a parameter is outside of its constraint; the last call of a family's constructor. */
  protected checkParameters(): void {
    if (!this.validateArgs) return;
    for (const [name, constraint] of Object.entries(this.argConstraints)) {
      if (!this.isGiven(name)) continue;
      const value = (this as unknown as Readonly<Record<string, Tensor>>)[name];
      if (!noGrad(() => constraint.check(value).all().item())) {
        throw new ArgumentError(this.constructor.name, name, `must satisfy the constraint ${constraint}, found ${value.detach()}`);
      }
    }
  }

  /** Throws where a value is not of the support. */
  protected checkSample(method: string, value: Tensor): void {
    const op = `${this.constructor.name}.${method}`, { shape } = value, expected = this.extendedShape();
    const event = shape.slice(Math.max(0, shape.length - this.eventShape.length));
    if (event.length !== this.eventShape.length || event.some((size, i) => size !== this.eventShape[i])) {
      throw new ShapeError(op, `the right-most dims of value must be the eventShape ${sizes(this.eventShape)}, got ${sizes(shape)}`);
    }
    for (let i = 1; i <= Math.min(shape.length, expected.length); i++) {
      const a = shape[shape.length - i], b = expected[expected.length - i];
      if (a !== b && a !== 1 && b !== 1) throw new ShapeError(op, `value of shape ${sizes(shape)} does not broadcast with batchShape and eventShape ${sizes(expected)}`);
    }
    const { support } = this;
    if (!noGrad(() => support.check(value).all().item())) throw new ArgumentError(op, 'value', `must be within the support ${support}, found ${value.detach()}`);
  }

  /** The value that a method was called with, within the support. */
  protected checked(method: string, args: readonly unknown[]): Tensor {
    const value = this.argument(method, args);
    if (this.validateArgs) this.checkSample(method, value);
    return value;
  }

  protected missing(name: string): NotImplementedError {
    return new NotImplementedError(`${this.constructor.name} has no ${name}`);
  }

  /** A value that is computed at its first use and stays, also beyond a `tidy`. */
  protected kept(value: Tensor): Tensor {
    return keep(value);
  }

  private argument(method: string, args: readonly unknown[]): Tensor {
    const op = `${this.constructor.name}.${method}`, value = only(op, 'value', args);
    if (!(value instanceof Tensor)) throw new ArgumentError(op, 'value', `must be a Tensor, got ${show(value)}`);
    return value;
  }

  /** `Normal(loc: tensor(0.), scale: tensor(1.))`; parameters of more than one element by their shape. */
  toString(): string {
    const parts = Object.keys(this.argConstraints).filter((name) => this.isGiven(name)).map((name) => {
      const value = (this as unknown as Readonly<Record<string, Tensor>>)[name];
      return `${name}: ${value.numel() === 1 ? value.detach() : `torch.Size(${sizes(value.shape)})`}`;
    });
    return `${this.constructor.name}(${parts.join(', ')})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
