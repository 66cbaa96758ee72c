/** Transforms of random variables, with the logarithm of the absolute value of their Jacobian's determinant. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { broadcastShapes } from '../tensor/library/joining.ts';
import { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { NotImplementedError } from './errors.ts';
import { broadcastAll, sumRightmost, type Shape } from './utils.ts';

export type Sign = number | Tensor;

/** PyTorch's `Transform`. It is applied by `call`, and undone by `inv.call`. */
export abstract class Transform {
  private inverseTransform: Transform | null = null;

  get domain(): constraints.Constraint {
    return constraints.real;
  }

  get codomain(): constraints.Constraint {
    return constraints.real;
  }

  get bijective(): boolean {
    return true;
  }

  /** 1 where it is increasing, -1 where it is decreasing. */
  get sign(): Sign {
    throw new NotImplementedError(`${this.constructor.name} has no sign`);
  }

  get inv(): Transform {
    return this.inverseTransform ??= new InverseTransform(this);
  }

  /** PyTorch's `_call`: what a subclass writes, and what applies it. */
  abstract call(x: Tensor): Tensor;

  /** PyTorch's `_inverse`: what a subclass writes that can be undone. It is reached by `inv.call`. */
  undo(_y: Tensor): Tensor {
    throw new NotImplementedError(`${this.constructor.name} cannot be undone`);
  }

  /** `log |dy/dx|` at an input and its output. */
  logAbsDetJacobian(_x: Tensor, _y: Tensor): Tensor {
    throw new NotImplementedError(`${this.constructor.name} has no logAbsDetJacobian`);
  }

  forwardShape(shape: Shape): Shape {
    return shape;
  }

  inverseShape(shape: Shape): Shape {
    return shape;
  }

  /** Whether another transform is the same function. */
  equals(other: Transform): boolean {
    return this === other;
  }

  toString(): string {
    return `${this.constructor.name}()`;
  }
}

class InverseTransform extends Transform {
  private readonly of: Transform;

  constructor(of: Transform) {
    super();
    this.of = of;
  }

  override get domain(): constraints.Constraint {
    return this.of.codomain;
  }

  override get codomain(): constraints.Constraint {
    return this.of.domain;
  }

  override get bijective(): boolean {
    return this.of.bijective;
  }

  override get sign(): Sign {
    return this.of.sign;
  }

  override get inv(): Transform {
    return this.of;
  }

  call(x: Tensor): Tensor {
    return this.of.undo(x);
  }

  override undo(y: Tensor): Tensor {
    return this.of.call(y);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return this.of.logAbsDetJacobian(y, x).neg();
  }

  override forwardShape(shape: Shape): Shape {
    return this.of.inverseShape(shape);
  }

  override inverseShape(shape: Shape): Shape {
    return this.of.forwardShape(shape);
  }

  override equals(other: Transform): boolean {
    return other instanceof InverseTransform && this.of.equals(other.of);
  }

  override toString(): string {
    return `InverseTransform(${this.of})`;
  }
}

/** What two lists of transforms are as functions. */
export const sameTransforms = (a: readonly Transform[], b: readonly Transform[]): boolean => a.length === b.length && a.every((part, i) => part.equals(b[i]));

const widened = (constraint: constraints.Constraint, eventDim: number): constraints.Constraint =>
  (eventDim > constraint.eventDim ? constraints.independent(constraint, eventDim - constraint.eventDim) : constraint);

/** PyTorch's `ComposeTransform(parts)`: one after the other. */
export class ComposeTransform extends Transform {
  readonly parts: readonly Transform[];

  constructor(parts: readonly Transform[]) {
    super();
    if (!Array.isArray(parts) || !parts.every((part) => part instanceof Transform)) throw new ArgumentError('ComposeTransform', 'parts', `must be an array of Transforms, got ${show(parts)}`);
    this.parts = [...parts as readonly Transform[]];
  }

  override get domain(): constraints.Constraint {
    if (this.parts.length === 0) return constraints.real;
    const eventDim = this.parts.reduceRight((dims, part) => Math.max(dims + part.domain.eventDim - part.codomain.eventDim, part.domain.eventDim), this.parts[this.parts.length - 1].codomain.eventDim);
    return widened(this.parts[0].domain, eventDim);
  }

  override get codomain(): constraints.Constraint {
    if (this.parts.length === 0) return constraints.real;
    const eventDim = this.parts.reduce((dims, part) => Math.max(dims + part.codomain.eventDim - part.domain.eventDim, part.codomain.eventDim), this.parts[0].domain.eventDim);
    return widened(this.parts[this.parts.length - 1].codomain, eventDim);
  }

  override get bijective(): boolean {
    return this.parts.every((part) => part.bijective);
  }

  override get sign(): Sign {
    return signOf(this.parts);
  }

  call(x: Tensor): Tensor {
    return this.parts.reduce((value, part) => part.call(value), x);
  }

  override undo(y: Tensor): Tensor {
    return this.parts.reduceRight((value, part) => part.inv.call(value), y);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    if (this.parts.length === 0) return x.newZeros([...x.shape]);
    let total: Tensor | null = null, at = x, eventDim = this.domain.eventDim;
    this.parts.forEach((part, i) => {
      const next = i === this.parts.length - 1 ? y : part.call(at);
      const term = sumRightmost(part.logAbsDetJacobian(at, next), eventDim - part.domain.eventDim);
      total = total === null ? term : total.add(term);
      eventDim += part.codomain.eventDim - part.domain.eventDim;
      at = next;
    });
    return total as unknown as Tensor;
  }

  override forwardShape(shape: Shape): Shape {
    return this.parts.reduce((found, part) => part.forwardShape(found), shape);
  }

  override inverseShape(shape: Shape): Shape {
    return this.parts.reduceRight((found, part) => part.inverseShape(found), shape);
  }

  override equals(other: Transform): boolean {
    return other instanceof ComposeTransform && sameTransforms(this.parts, other.parts);
  }

  override toString(): string {
    return `ComposeTransform(${this.parts.join(', ')})`;
  }
}

/** Leaves everything as it is. */
export const identityTransform: Transform = new ComposeTransform([]);

export const signOf = (parts: readonly Transform[]): Sign => parts.reduce((sign: Sign, { sign: next }) => {
  if (typeof sign !== 'number') return sign.mul(next);
  return typeof next === 'number' ? sign * next : next.mul(sign);
}, 1);

/** An increasing function without parameters. */
abstract class FixedTransform extends Transform {
  override get sign(): Sign {
    return 1;
  }

  override equals(other: Transform): boolean {
    return other.constructor === this.constructor;
  }
}

/** PyTorch's `ExpTransform`: exp(x). */
export class ExpTransform extends FixedTransform {
  override get codomain(): constraints.Constraint {
    return constraints.positive;
  }

  call(x: Tensor): Tensor {
    return x.exp();
  }

  override undo(y: Tensor): Tensor {
    return y.log();
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return x;
  }
}

/** Away from 0 and 1 by the least numbers of the dtype. */
export const insideUnit = (x: Tensor): Tensor => {
  const { tiny, eps } = finfo(x.dtype);
  return x.clamp(tiny, 1 - eps);
};

/** PyTorch's `SigmoidTransform`: 1 / (1 + exp(-x)), within (0, 1). */
export class SigmoidTransform extends FixedTransform {
  override get codomain(): constraints.Constraint {
    return constraints.unitInterval;
  }

  call(x: Tensor): Tensor {
    return insideUnit(x.sigmoid());
  }

  override undo(y: Tensor): Tensor {
    const inside = insideUnit(y);
    return inside.log().sub(inside.neg().log1p());
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return x.neg().softplus().neg().sub(x.softplus());
  }
}

/** PyTorch's `SoftplusTransform`: log(1 + exp(x)). */
export class SoftplusTransform extends FixedTransform {
  override get codomain(): constraints.Constraint {
    return constraints.positive;
  }

  call(x: Tensor): Tensor {
    return x.softplus();
  }

  override undo(y: Tensor): Tensor {
    return y.neg().expm1().neg().log().add(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return x.neg().softplus().neg();
  }
}

/** PyTorch's `TanhTransform`. Its inverse is infinite at -1 and 1, which float32 samples reach from |x| of about 9 on. */
export class TanhTransform extends FixedTransform {
  override get codomain(): constraints.Constraint {
    return constraints.interval(-1, 1);
  }

  call(x: Tensor): Tensor {
    return x.tanh();
  }

  override undo(y: Tensor): Tensor {
    return y.atanh();
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return x.neg().add(Math.LN2).sub(x.mul(-2).softplus()).mul(2);
  }
}

/** PyTorch's `AbsTransform`: |x|, of which the inverse is the positive one of the two. */
export class AbsTransform extends Transform {
  override get codomain(): constraints.Constraint {
    return constraints.positive;
  }

  override get bijective(): boolean {
    return false;
  }

  call(x: Tensor): Tensor {
    return x.abs();
  }

  override undo(y: Tensor): Tensor {
    return y;
  }

  override equals(other: Transform): boolean {
    return other instanceof AbsTransform;
  }
}

const shapeOf = (value: unknown): Shape => (value instanceof Tensor ? value.shape : []);
const sameNumbers = (a: Tensor | number, b: Tensor | number): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  const [left, right] = broadcastAll(a, b);
  return Boolean(left.eq(right).all().item());
};

const POWER = parameters('PowerTransform(exponent: operand)');
/** PyTorch's `PowerTransform(exponent)` of positive numbers. */
export class PowerTransform extends Transform {
  readonly exponent: Tensor;

  constructor(...args: ArgsOf<typeof POWER>) {
    super();
    [this.exponent] = broadcastAll(POWER(...args)[0]);
  }

  override get domain(): constraints.Constraint {
    return constraints.positive;
  }

  override get codomain(): constraints.Constraint {
    return constraints.positive;
  }

  override get sign(): Sign {
    return this.exponent.sign();
  }

  call(x: Tensor): Tensor {
    return x.pow(this.exponent);
  }

  override undo(y: Tensor): Tensor {
    return y.pow(this.exponent.reciprocal());
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return this.exponent.mul(y).div(x).abs().log();
  }

  override forwardShape(shape: Shape): Shape {
    return broadcastShapes(shape, this.exponent.shape);
  }

  override inverseShape(shape: Shape): Shape {
    return broadcastShapes(shape, this.exponent.shape);
  }

  override equals(other: Transform): boolean {
    return other instanceof PowerTransform && sameNumbers(this.exponent, other.exponent);
  }
}

const AFFINE = parameters('AffineTransform(loc: operand, scale: operand, eventDim: int = 0)');
/** PyTorch's `AffineTransform(loc, scale, eventDim)`: loc + scale x. */
export class AffineTransform extends Transform {
  readonly loc: Tensor | number;
  readonly scale: Tensor | number;
  readonly eventDim: number;

  constructor(...args: ArgsOf<typeof AFFINE>) {
    super();
    const [loc, scale, eventDim] = AFFINE(...args);
    this.loc = loc instanceof Tensor ? loc : Number(loc);
    this.scale = scale instanceof Tensor ? scale : Number(scale);
    this.eventDim = eventDim;
  }

  override get domain(): constraints.Constraint {
    return this.eventDim === 0 ? constraints.real : constraints.independent(constraints.real, this.eventDim);
  }

  override get codomain(): constraints.Constraint {
    return this.domain;
  }

  override get sign(): Sign {
    return typeof this.scale === 'number' ? Math.sign(this.scale) : this.scale.sign();
  }

  call(x: Tensor): Tensor {
    return x.mul(this.scale).add(this.loc);
  }

  override undo(y: Tensor): Tensor {
    return y.sub(this.loc).div(this.scale);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    const { scale, eventDim } = this;
    const each = typeof scale === 'number' ? x.newFull([...x.shape], Math.log(Math.abs(scale))) : scale.abs().log();
    return sumRightmost(each, eventDim).expand(x.shape.slice(0, x.ndim - eventDim));
  }

  override forwardShape(shape: Shape): Shape {
    return broadcastShapes(shape, shapeOf(this.loc), shapeOf(this.scale));
  }

  override inverseShape(shape: Shape): Shape {
    return this.forwardShape(shape);
  }

  override equals(other: Transform): boolean {
    return other instanceof AffineTransform && sameNumbers(this.loc, other.loc) && sameNumbers(this.scale, other.scale);
  }
}
