/** `constraints`: the sets that parameters and samples belong to. `check` gives true for every event inside. */
import { ArgumentError } from '../core/errors.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { choleskyEx, eigvalsh } from '../linalg/index.ts';
import * as joinedBy from '../tensor/library/joining.ts';
import { Tensor } from '../tensor/tensor.ts';

type Bound = Tensor | number;

/** PyTorch's `constraints.Constraint`. */
export abstract class Constraint {
  /** Whether the set is discrete. */
  get isDiscrete(): boolean {
    return false;
  }

  /** How many of the last dims make one event. */
  get eventDim(): number {
    return 0;
  }

  /** Where the set has them. */
  get lowerBound(): Bound | null {
    return null;
  }

  get upperBound(): Bound | null {
    return null;
  }

  /** @internal What `bijectTo` and `transformTo` know it by. */
  get kind(): unknown {
    return this.constructor;
  }

  /** A bool tensor of the shape of `value` without its event dims. */
  abstract check(value: Tensor): Tensor;
  abstract toString(): string;
}

/** A constraint of a table: a name, a rule, and what it counts as an event. */
class Rule extends Constraint {
  private readonly name: string;
  private readonly rule: (value: Tensor) => Tensor;
  private readonly dims: number;
  private readonly discrete: boolean;
  private readonly lower: Bound | null;
  private readonly upper: Bound | null;

  constructor(name: string, rule: (value: Tensor) => Tensor, { eventDim = 0, isDiscrete = false, lower = null, upper = null }: {
    readonly eventDim?: number; readonly isDiscrete?: boolean; readonly lower?: Bound | null; readonly upper?: Bound | null;
  } = {}) {
    super();
    this.name = name;
    this.rule = rule;
    this.dims = eventDim;
    this.discrete = isDiscrete;
    this.lower = lower;
    this.upper = upper;
  }

  override get isDiscrete(): boolean {
    return this.discrete;
  }

  override get eventDim(): number {
    return this.dims;
  }

  override get lowerBound(): Bound | null {
    return this.lower;
  }

  override get upperBound(): Bound | null {
    return this.upper;
  }

  override get kind(): unknown {
    return this.name;
  }

  check(value: Tensor): Tensor {
    return this.rule(value);
  }

  override toString(): string {
    const bounds = [this.lower === null ? '' : `lowerBound=${this.lower}`, this.upper === null ? '' : `upperBound=${this.upper}`];
    return `${this.name}(${bounds.filter((part) => part !== '').join(', ')})`;
  }
}

const whole = (x: Tensor): Tensor => x.remainder(1).eq(0);
const isZeroOrOne = (x: Tensor): Tensor => x.eq(0).logicalOr(x.eq(1));
const isLower = (x: Tensor): Tensor => x.tril().eq(x).all(-1).all(-1);
const isLowerCholesky = (x: Tensor): Tensor => isLower(x).logicalAnd(x.diagonal(0, -2, -1).gt(0).all(-1));
const isSymmetric = (x: Tensor): Tensor => {
  if (x.shape[x.ndim - 2] !== x.shape[x.ndim - 1]) return x.newZeros([...x.shape.slice(0, -2)]).gt(0);
  return x.isclose(x.transpose(-2, -1), 1e-5, 1e-6).all(-1).all(-1);
};
const ifSymmetric = (rule: (x: Tensor) => Tensor) => (x: Tensor): Tensor => {
  const symmetric = isSymmetric(x);
  return Number(symmetric.all().item()) === 0 ? symmetric : rule(x);
};

export const boolean: Constraint = new Rule('Boolean', isZeroOrOne, { isDiscrete: true });
export const oneHot: Constraint = new Rule('OneHot', (x) => isZeroOrOne(x).all(-1).logicalAnd(x.sum(-1).eq(1)), { isDiscrete: true, eventDim: 1 });
export const nonnegativeInteger: Constraint = new Rule('IntegerGreaterThan', (x) => whole(x).logicalAnd(x.ge(0)), { isDiscrete: true, lower: 0 });
export const positiveInteger: Constraint = new Rule('IntegerGreaterThan', (x) => whole(x).logicalAnd(x.ge(1)), { isDiscrete: true, lower: 1 });
/** Every number but NaN. */
export const real: Constraint = new Rule('Real', (x) => x.eq(x));
export const simplex: Constraint = new Rule('Simplex', (x) => x.ge(0).all(-1).logicalAnd(x.sum(-1).sub(1).abs().lt(1e-6)), { eventDim: 1 });
export const lowerTriangular: Constraint = new Rule('LowerTriangular', isLower, { eventDim: 2 });
export const lowerCholesky: Constraint = new Rule('LowerCholesky', isLowerCholesky, { eventDim: 2 });
export const corrCholesky: Constraint = new Rule('CorrCholesky', (x) => {
  const tolerance = finfo(x.dtype).eps * x.shape[x.ndim - 1] * 10;
  return isLowerCholesky(x).logicalAnd(x.square().sum(-1).sqrt().sub(1).abs().le(tolerance).all(-1));
}, { eventDim: 2 });
export const square: Constraint = new Rule('Square', (x) => x.newFull([...x.shape.slice(0, -2)], x.shape[x.ndim - 2] === x.shape[x.ndim - 1] ? 1 : 0).gt(0), { eventDim: 2 });
export const symmetric: Constraint = new Rule('Symmetric', isSymmetric, { eventDim: 2 });
export const positiveSemidefinite: Constraint = new Rule('PositiveSemidefinite', ifSymmetric((x) => eigvalsh(x).ge(0).all(-1)), { eventDim: 2 });
export const positiveDefinite: Constraint = new Rule('PositiveDefinite', ifSymmetric((x) => choleskyEx(x).info.eq(0)), { eventDim: 2 });

export const greaterThan = (lowerBound: Bound): Constraint => new Rule('GreaterThan', (x) => x.gt(lowerBound), { lower: lowerBound });
export const greaterThanEq = (lowerBound: Bound): Constraint => new Rule('GreaterThanEq', (x) => x.ge(lowerBound), { lower: lowerBound });
export const lessThan = (upperBound: Bound): Constraint => new Rule('LessThan', (x) => x.lt(upperBound), { upper: upperBound });
export const interval = (lowerBound: Bound, upperBound: Bound): Constraint =>
  new Rule('Interval', (x) => x.ge(lowerBound).logicalAnd(x.le(upperBound)), { lower: lowerBound, upper: upperBound });
export const halfOpenInterval = (lowerBound: Bound, upperBound: Bound): Constraint =>
  new Rule('HalfOpenInterval', (x) => x.ge(lowerBound).logicalAnd(x.lt(upperBound)), { lower: lowerBound, upper: upperBound });
export const integerInterval = (lowerBound: Bound, upperBound: Bound): Constraint =>
  new Rule('IntegerInterval', (x) => whole(x).logicalAnd(x.ge(lowerBound)).logicalAnd(x.le(upperBound)), { isDiscrete: true, lower: lowerBound, upper: upperBound });
/** Counts that add up to at most `upperBound`. */
export const multinomial = (upperBound: number): Constraint =>
  new Rule('Multinomial', (x) => x.ge(0).all(-1).logicalAnd(x.sum(-1).le(upperBound)), { isDiscrete: true, eventDim: 1, upper: upperBound });

export const positive: Constraint = greaterThan(0);
export const nonnegative: Constraint = greaterThanEq(0);
export const unitInterval: Constraint = interval(0, 1);

/** What {@link independent} gives. */
export class IndependentConstraint extends Constraint {
  readonly baseConstraint: Constraint;
  readonly reinterpretedBatchNdims: number;

  constructor(base: Constraint, dims: number) {
    super();
    if (!(base instanceof Constraint)) throw new ArgumentError('independent', 'baseConstraint', 'must be a Constraint');
    if (!Number.isSafeInteger(dims) || dims < 0) throw new ArgumentError('independent', 'reinterpretedBatchNdims', `must be at least 0, got ${dims}`);
    this.baseConstraint = base;
    this.reinterpretedBatchNdims = dims;
  }

  override get isDiscrete(): boolean {
    return this.baseConstraint.isDiscrete;
  }

  override get eventDim(): number {
    return this.baseConstraint.eventDim + this.reinterpretedBatchNdims;
  }

  check(value: Tensor): Tensor {
    const { baseConstraint, reinterpretedBatchNdims: dims } = this;
    const result = baseConstraint.check(value);
    if (result.ndim < dims) throw new ArgumentError('independent', 'value', `must have at least ${this.eventDim} dims, got ${value.ndim}`);
    return dims === 0 ? result : result.reshape([...result.shape.slice(0, result.ndim - dims), -1]).all(-1);
  }

  override toString(): string {
    return `IndependentConstraint(${this.baseConstraint}, ${this.reinterpretedBatchNdims})`;
  }
}

/** A constraint whose last `reinterpretedBatchNdims` dims count as one event. */
export const independent = (baseConstraint: Constraint, reinterpretedBatchNdims: number): Constraint => new IndependentConstraint(baseConstraint, reinterpretedBatchNdims);
export const realVector: Constraint = independent(real, 1);

/** PyTorch's `MixtureSameFamilyConstraint`: a value is inside where it is inside for every component. */
export class MixtureSameFamilyConstraint extends Constraint {
  readonly baseConstraint: Constraint;

  constructor(baseConstraint: Constraint) {
    super();
    this.baseConstraint = baseConstraint;
  }

  override get isDiscrete(): boolean {
    return this.baseConstraint.isDiscrete;
  }

  override get eventDim(): number {
    return this.baseConstraint.eventDim;
  }

  check(value: Tensor): Tensor {
    const result = this.baseConstraint.check(value.unsqueeze(-1 - this.eventDim));
    return result.reshape([...result.shape.slice(0, value.ndim - this.eventDim), -1]).all(-1);
  }

  override toString(): string {
    return `MixtureSameFamilyConstraint(${this.baseConstraint})`;
  }
}

abstract class Joined extends Constraint {
  readonly cseq: readonly Constraint[];
  readonly dim: number;

  constructor(op: string, cseq: readonly Constraint[], dim: number) {
    super();
    if (!Array.isArray(cseq) || cseq.length === 0 || !cseq.every((part) => part instanceof Constraint)) throw new ArgumentError(op, 'cseq', 'must be an array of Constraints');
    if (!Number.isSafeInteger(dim)) throw new ArgumentError(op, 'dim', `must be a whole number, got ${dim}`);
    this.cseq = [...cseq as readonly Constraint[]];
    this.dim = dim;
  }

  override get isDiscrete(): boolean {
    return this.cseq.some((part) => part.isDiscrete);
  }

  override get eventDim(): number {
    return Math.max(...this.cseq.map((part) => part.eventDim));
  }

  override toString(): string {
    return `${this.constructor.name}([${this.cseq.join(', ')}])`;
  }
}

/** What {@link cat} gives. */
export class CatConstraint extends Joined {
  readonly lengths: readonly number[];

  constructor(cseq: readonly Constraint[], dim: number, lengths: readonly number[] | null) {
    super('cat', cseq, dim);
    this.lengths = [...lengths ?? cseq.map(() => 1)];
    if (this.lengths.length !== cseq.length) throw new ArgumentError('cat', 'lengths', `must be ${cseq.length} numbers, got ${this.lengths.length}`);
  }

  check(value: Tensor): Tensor {
    const parts = value.split([...this.lengths], this.dim);
    return joinedBy.cat(this.cseq.map((part, i) => part.check(parts[i])), this.dim);
  }
}

/** What {@link stack} gives. */
export class StackConstraint extends Joined {
  constructor(cseq: readonly Constraint[], dim: number) {
    super('stack', cseq, dim);
  }

  override get eventDim(): number {
    const dims = super.eventDim;
    return this.dim + dims < 0 ? dims + 1 : dims;
  }

  check(value: Tensor): Tensor {
    const parts = value.unbind(this.dim);
    return joinedBy.stack(this.cseq.map((part, i) => part.check(parts[i])), this.dim);
  }
}

/** Constraints of `lengths` slices of a dim each, one by default. */
export const cat = (cseq: readonly Constraint[], dim = 0, lengths: readonly number[] | null = null): Constraint => new CatConstraint(cseq, dim, lengths);
/** A constraint for each index of a dim. */
export const stack = (cseq: readonly Constraint[], dim = 0): Constraint => new StackConstraint(cseq, dim);
