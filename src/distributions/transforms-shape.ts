/** Transforms of whole events: another one over more dims, and another shape. */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Transform, type Sign } from './transforms.ts';
import { sizes, sumRightmost, type Shape } from './utils.ts';

const INDEPENDENT = parameters('IndependentTransform(baseTransform: any, reinterpretedBatchNdims: int)');
/** PyTorch's `IndependentTransform(base, n)`: n more dims count as the event, over which `logAbsDetJacobian` adds up. */
export class IndependentTransform extends Transform {
  readonly baseTransform: Transform;
  readonly reinterpretedBatchNdims: number;

  constructor(...args: ArgsOf<typeof INDEPENDENT>) {
    super();
    const [base, dims] = INDEPENDENT(...args);
    if (!(base instanceof Transform)) throw new ArgumentError('IndependentTransform', 'baseTransform', `must be a Transform, got ${show(base)}`);
    this.baseTransform = base;
    this.reinterpretedBatchNdims = dims;
  }

  override get domain(): constraints.Constraint {
    return constraints.independent(this.baseTransform.domain, this.reinterpretedBatchNdims);
  }

  override get codomain(): constraints.Constraint {
    return constraints.independent(this.baseTransform.codomain, this.reinterpretedBatchNdims);
  }

  override get bijective(): boolean {
    return this.baseTransform.bijective;
  }

  override get sign(): Sign {
    return this.baseTransform.sign;
  }

  call(x: Tensor): Tensor {
    return this.baseTransform.call(this.withEvent(x, this.domain));
  }

  override undo(y: Tensor): Tensor {
    return this.baseTransform.inv.call(this.withEvent(y, this.codomain));
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return sumRightmost(this.baseTransform.logAbsDetJacobian(x, y), this.reinterpretedBatchNdims);
  }

  override forwardShape(shape: Shape): Shape {
    return this.baseTransform.forwardShape(shape);
  }

  override inverseShape(shape: Shape): Shape {
    return this.baseTransform.inverseShape(shape);
  }

  override equals(other: Transform): boolean {
    return other instanceof IndependentTransform && this.reinterpretedBatchNdims === other.reinterpretedBatchNdims && this.baseTransform.equals(other.baseTransform);
  }

  private withEvent(value: Tensor, { eventDim }: constraints.Constraint): Tensor {
    if (value.ndim < eventDim) throw new ShapeError('IndependentTransform', `a value must have at least ${eventDim} dims, got ${sizes(value.shape)}`);
    return value;
  }

  override toString(): string {
    return `IndependentTransform(${this.baseTransform}, ${this.reinterpretedBatchNdims})`;
  }
}

const RESHAPE = parameters('ReshapeTransform(inShape: ints, outShape: ints)');
const countOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** PyTorch's `ReshapeTransform(inShape, outShape)` of the last dims. */
export class ReshapeTransform extends Transform {
  readonly inShape: Shape;
  readonly outShape: Shape;

  constructor(...args: ArgsOf<typeof RESHAPE>) {
    super();
    [this.inShape, this.outShape] = RESHAPE(...args);
    if (countOf(this.inShape) !== countOf(this.outShape)) throw new ShapeError('ReshapeTransform', `${sizes(this.inShape)} and ${sizes(this.outShape)} have different numbers of elements`);
  }

  override get domain(): constraints.Constraint {
    return constraints.independent(constraints.real, this.inShape.length);
  }

  override get codomain(): constraints.Constraint {
    return constraints.independent(constraints.real, this.outShape.length);
  }

  call(x: Tensor): Tensor {
    return x.reshape([...this.forwardShape(x.shape)]);
  }

  override undo(y: Tensor): Tensor {
    return y.reshape([...this.inverseShape(y.shape)]);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    return x.newZeros([...this.batchOf(x.shape, this.inShape)]);
  }

  override forwardShape(shape: Shape): Shape {
    return [...this.batchOf(shape, this.inShape), ...this.outShape];
  }

  override inverseShape(shape: Shape): Shape {
    return [...this.batchOf(shape, this.outShape), ...this.inShape];
  }

  override equals(other: Transform): boolean {
    return other instanceof ReshapeTransform && sizes(this.inShape) === sizes(other.inShape) && sizes(this.outShape) === sizes(other.outShape);
  }

  private batchOf(shape: Shape, event: Shape): Shape {
    const cut = shape.length - event.length;
    if (cut < 0 || sizes(shape.slice(cut)) !== sizes(event)) throw new ShapeError('ReshapeTransform', `the last dims must be ${sizes(event)}, got ${sizes(shape)}`);
    return shape.slice(0, cut);
  }
}
