/** Several transforms side by side, of parts of a tensor. */
import { show } from '../core/args.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { cat, stack } from '../tensor/library/joining.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { Transform, sameTransforms } from './transforms.ts';
import { sizes, sumRightmost } from './utils.ts';

function transformsArg(op: string, value: unknown): readonly Transform[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((part) => part instanceof Transform)) throw new ArgumentError(op, 'tseq', `must be an array of Transforms, got ${show(value)}`);
  return [...value as readonly Transform[]];
}

abstract class Joined extends Transform {
  readonly transforms: readonly Transform[];
  readonly dim: number;

  constructor(transforms: readonly Transform[], dim: number) {
    super();
    this.transforms = transforms;
    this.dim = dim;
  }

  override get bijective(): boolean {
    return this.transforms.every((part) => part.bijective);
  }

  override equals(other: Transform): boolean {
    return other instanceof Joined && other.constructor === this.constructor && other.dim === this.dim && sameTransforms(this.transforms, other.transforms);
  }

  protected sized(x: Tensor, size: number): Tensor {
    const at = this.dim < 0 ? this.dim + x.ndim : this.dim;
    if (at < 0 || at >= x.ndim || x.shape[at] !== size) throw new ShapeError(this.constructor.name, `dim ${this.dim} of a value must have size ${size}, got ${sizes(x.shape)}`);
    return x;
  }

  override toString(): string {
    return `${this.constructor.name}([${this.transforms.join(', ')}])`;
  }
}

const CAT = parameters('CatTransform(tseq: any, dim: int = 0, lengths: ints?)');
/** PyTorch's `CatTransform(tseq, dim, lengths)`: each for `lengths` slices of a dim, one by default. */
export class CatTransform extends Joined {
  readonly lengths: readonly number[];

  constructor(...args: ArgsOf<typeof CAT>) {
    const [tseq, dim, lengths] = CAT(...args), transforms = transformsArg('CatTransform', tseq);
    super(transforms, dim);
    this.lengths = lengths ?? transforms.map(() => 1);
    if (this.lengths.length !== transforms.length) throw new ArgumentError('CatTransform', 'lengths', `must be ${transforms.length} numbers, got ${this.lengths.length}`);
  }

  override get domain(): constraints.Constraint {
    return constraints.cat(this.transforms.map((part) => part.domain), this.dim, this.lengths);
  }

  override get codomain(): constraints.Constraint {
    return constraints.cat(this.transforms.map((part) => part.codomain), this.dim, this.lengths);
  }

  get length(): number {
    return this.lengths.reduce((sum, length) => sum + length, 0);
  }

  call(x: Tensor): Tensor {
    const parts = this.parts(x);
    return cat(this.transforms.map((part, i) => part.call(parts[i])), this.dim);
  }

  override undo(y: Tensor): Tensor {
    const parts = this.parts(y);
    return cat(this.transforms.map((part, i) => part.inv.call(parts[i])), this.dim);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const xs = this.parts(x), ys = this.parts(y), { eventDim } = this.domain;
    const terms = this.transforms.map((part, i) => sumRightmost(part.logAbsDetJacobian(xs[i], ys[i]), eventDim - part.domain.eventDim));
    const dim = (this.dim < 0 ? this.dim : this.dim - x.ndim) + eventDim;
    // Along a dim of the event the parts are one event.
    return dim < 0 ? cat(terms, dim) : terms.reduce((sum, term) => sum.add(term));
  }

  override equals(other: Transform): boolean {
    return super.equals(other) && sizes(this.lengths) === sizes((other as CatTransform).lengths);
  }

  private parts(x: Tensor): readonly Tensor[] {
    return this.sized(x, this.length).split([...this.lengths], this.dim);
  }
}

const STACK = parameters('StackTransform(tseq: any, dim: int = 0)');
/** PyTorch's `StackTransform(tseq, dim)`: one for each index of a dim. */
export class StackTransform extends Joined {
  constructor(...args: ArgsOf<typeof STACK>) {
    const [tseq, dim] = STACK(...args);
    super(transformsArg('StackTransform', tseq), dim);
  }

  override get domain(): constraints.Constraint {
    return constraints.stack(this.transforms.map((part) => part.domain), this.dim);
  }

  override get codomain(): constraints.Constraint {
    return constraints.stack(this.transforms.map((part) => part.codomain), this.dim);
  }

  call(x: Tensor): Tensor {
    const parts = this.parts(x);
    return stack(this.transforms.map((part, i) => part.call(parts[i])), this.dim);
  }

  override undo(y: Tensor): Tensor {
    const parts = this.parts(y);
    return stack(this.transforms.map((part, i) => part.inv.call(parts[i])), this.dim);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    const xs = this.parts(x), ys = this.parts(y);
    return stack(this.transforms.map((part, i) => part.logAbsDetJacobian(xs[i], ys[i])), this.dim);
  }

  private parts(x: Tensor): readonly Tensor[] {
    return this.sized(x, this.transforms.length).unbind(this.dim);
  }
}
