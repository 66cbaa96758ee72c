/** The base of transforms, and those that hold others: `torchvision.transforms.v2`. */
import { show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { declared, type ArgsOf } from '../../nn/declare.ts';
import { Module } from '../../nn/module.ts';
import { pyFloat } from '../../nn/repr.ts';
import { multinomial, rand, randint, randperm } from '../../tensor/random.ts';
import { empty, tensor } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** Python's way to write a value. */
function python(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value}'`;
  return value === undefined || value === null ? 'None' : String(value);
}

/**
 * What makes an image of an image. A transform is called, `transform(image)`, and is a module, so `nn.Sequential` takes it.
 * Its constructor's arguments make it again in a worker thread.
 */
export abstract class Transform extends Module {
  abstract forward(input: Tensor): Tensor;

  /** With what a worker constructs it. */
  abstract constructorArgs(): readonly unknown[];

  /** The options by name, as they are printed. */
  protected described(values: Readonly<Record<string, unknown>>): string {
    return Object.entries(values).map(([name, value]) => `${name}=${python(value)}`).join(', ');
  }
}

/** A number drawn as torchvision does, from PyTorch's default generator: a float32 from `low` to `high`. */
export const drawUniform = (low: number, high: number): number => empty([1]).uniform_(low, high).item();
/** An integer from 0 to below `high`. */
export const drawInt = (high: number): number => randint(0, high, [1]).item();
export const drawProbability = (): number => rand(1).item();

/** A [low, high] of positive numbers. */
export function rangeArg(op: string, name: string, range: readonly number[]): readonly [number, number] {
  if (range.length !== 2 || !(range[0] > 0) || !(range[1] >= range[0])) throw new ArgumentError(op, name, `must be [low, high] of positive numbers, got ${show(range)}`);
  return [range[0], range[1]];
}

/** A ratio whose logarithm is drawn evenly, in float32. */
export function drawRatio([low, high]: readonly [number, number]): number {
  const log = (x: number): number => Math.fround(Math.log(Math.fround(x)));
  return Math.fround(Math.exp(drawUniform(log(low), log(high))));
}

/** Anything that takes what the one before it gives. */
export type Step = Transform | ((input: never) => unknown);

function stepsArg(op: string, transforms: unknown): readonly ((input: unknown) => unknown)[] {
  if (!Array.isArray(transforms) || transforms.length === 0 || !transforms.every((step) => typeof step === 'function')) {
    throw new ArgumentError(op, 'transforms', `must be an array of at least one transform or function, got ${show(transforms)}`);
  }
  return transforms as ((input: unknown) => unknown)[];
}

/** What is printed of steps: one per line. */
const listed = (steps: readonly ((input: unknown) => unknown)[]): string => steps.map((step) => (step instanceof Module ? step.toString() : `${step.name || 'function'}()`)).join('\n');

/** Modules that hold steps, which are no members of theirs: they have no parameters to train. */
abstract class Combined<Output> extends Module {
  readonly transforms: readonly Step[];

  constructor(transforms: readonly Step[]) {
    super();
    this.transforms = stepsArg(new.target.name, transforms) as readonly Step[];
  }

  abstract forward(input: Tensor): Output;

  constructorArgs(): readonly unknown[] {
    return [this.transforms];
  }

  override extraRepr(): string {
    return listed(this.steps);
  }

  protected get steps(): readonly ((input: unknown) => unknown)[] {
    return this.transforms as readonly ((input: unknown) => unknown)[];
  }
}

/**
 * Several transforms, one after the other; functions are transforms too. torchvision's `Compose`.
 *
 *     const transform = new transforms.Compose([new transforms.Resize(64), new transforms.ToTensor()]);
 */
export class Compose<Output = Tensor> extends Combined<Output> {
  forward(input: Tensor): Output {
    return this.steps.reduce((value: unknown, step) => step(value), input) as Output;
  }
}

/** A function of your own. torchvision's `Lambda`. */
export class Lambda<Output = Tensor> extends Module {
  readonly lambd: (input: Tensor) => Output;

  constructor(lambd: (input: Tensor) => Output) {
    super();
    if (typeof lambd !== 'function') throw new ArgumentError('Lambda', 'lambd', `must be a function, got ${show(lambd)}`);
    this.lambd = lambd;
  }

  forward(input: Tensor): Output {
    return this.lambd(input);
  }

  constructorArgs(): readonly unknown[] {
    return [this.lambd];
  }

  override extraRepr(): string {
    return this.lambd.name;
  }
}

/** The transforms, all of them or none: they are applied with probability `p`. torchvision's `RandomApply`. */
export class RandomApply extends Combined<Tensor> {
  readonly p: number;

  constructor(transforms: readonly Step[], p = 0.5) {
    super(transforms);
    this.p = probability('RandomApply', p);
  }

  forward(input: Tensor): Tensor {
    if (drawProbability() >= this.p) return input;
    return this.steps.reduce((value: unknown, step) => step(value), input) as Tensor;
  }

  override constructorArgs(): readonly unknown[] {
    return [this.transforms, this.p];
  }
}

/** One of the transforms, with probabilities in proportion to `p` (equal ones). torchvision's `RandomChoice`. */
export class RandomChoice extends Combined<Tensor> {
  readonly p: readonly number[];

  constructor(transforms: readonly Step[], p?: readonly number[] | null) {
    super(transforms);
    const weights = p ?? transforms.map(() => 1), total = weights.reduce((a, b) => a + b, 0);
    if (weights.length !== transforms.length || !(total > 0) || weights.some((weight) => !(weight >= 0))) throw new ArgumentError('RandomChoice', 'p', `must be ${transforms.length} weights, got ${show(p)}`);
    this.p = weights.map((weight) => weight / total);
  }

  forward(input: Tensor): Tensor {
    return this.steps[multinomial(tensor(this.p as number[]), 1).item()](input) as Tensor;
  }

  override constructorArgs(): readonly unknown[] {
    return [this.transforms, this.p];
  }
}

/** All transforms, in a random order. torchvision's `RandomOrder`. */
export class RandomOrder extends Combined<Tensor> {
  forward(input: Tensor): Tensor {
    const order = Array.from(randperm(this.steps.length).toTypedArray(), Number);
    return order.reduce((value: unknown, i) => this.steps[i](value), input) as Tensor;
  }
}

export function probability(op: string, p: number): number {
  if (typeof p !== 'number' || !(p >= 0 && p <= 1)) throw new ArgumentError(op, 'p', `must be from 0 to 1, got ${show(p)}`);
  return p;
}

const RANDOM = declared('(p: float = 0.5)');

/** Transforms that happen with probability `p`, which they draw at every call. */
export abstract class RandomTransform extends Transform {
  readonly p: number;

  constructor(...args: ArgsOf<typeof RANDOM>) {
    super();
    this.p = probability(new.target.name, RANDOM(new.target.name, args)[0]);
  }

  forward(input: Tensor): Tensor {
    return drawProbability() >= this.p ? input : this.transform(input);
  }

  constructorArgs(): readonly unknown[] {
    return [this.p];
  }

  override extraRepr(): string {
    return `p=${pyFloat(this.p)}`;
  }

  protected abstract transform(input: Tensor): Tensor;
}
