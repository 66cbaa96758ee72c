/** `bijectTo` and `transformTo`: from a constraint to a transform of all real numbers into it. */
import { show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import * as constraints from './constraints.ts';
import { NotImplementedError } from './errors.ts';
import { CatTransform, StackTransform } from './transforms-joined.ts';
import { CorrCholeskyTransform, LowerCholeskyTransform, PositiveDefiniteTransform } from './transforms-matrix.ts';
import { IndependentTransform } from './transforms-shape.ts';
import { SoftmaxTransform, StickBreakingTransform } from './transforms-simplex.ts';
import { AffineTransform, ComposeTransform, ExpTransform, SigmoidTransform, identityTransform, type Transform } from './transforms.ts';

type Constraint = constraints.Constraint;
type Factory<C extends Constraint> = (constraint: C) => Transform;
/** A class of constraints, or one of them for all of its kind. */
type Kind<C extends Constraint> = C | (NewableFunction & { readonly prototype: C });

/** PyTorch's `ConstraintRegistry`. */
export interface ConstraintRegistry {
  (constraint: Constraint): Transform;
  /** A later factory of a kind replaces the earlier. */
  register<C extends Constraint>(kind: Kind<C>, factory: Factory<C>): Factory<C>;
}

const isClass = (value: unknown): boolean => typeof value === 'function' && value.prototype instanceof constraints.Constraint;

function registry(op: string): ConstraintRegistry {
  const factories = new Map<unknown, Factory<Constraint>>();
  const find = (constraint: Constraint): Transform => {
    if (!(constraint instanceof constraints.Constraint)) throw new ArgumentError(op, 'constraint', `must be a Constraint, got ${show(constraint)}`);
    const factory = factories.get(constraint.kind);
    if (factory === undefined) throw new NotImplementedError(`${op}: no transform is registered for ${constraint}`);
    return factory(constraint);
  };
  return Object.assign(find, {
    register<C extends Constraint>(kind: Kind<C>, factory: Factory<C>): Factory<C> {
      if (!(kind instanceof constraints.Constraint) && !isClass(kind)) throw new ArgumentError(`${op}.register`, 'kind', `must be a Constraint or a class of them, got ${show(kind)}`);
      if (typeof factory !== 'function') throw new ArgumentError(`${op}.register`, 'factory', 'must be a function');
      factories.set(kind instanceof constraints.Constraint ? kind.kind : kind, factory as unknown as Factory<Constraint>);
      return factory;
    },
  });
}

/** The bijection between unconstrained numbers and a constraint. PyTorch's `biject_to`. */
export const bijectTo: ConstraintRegistry = registry('bijectTo');
/** A transform of unconstrained numbers into a constraint, which may take more of them than needed. PyTorch's `transform_to`. */
export const transformTo: ConstraintRegistry = registry('transformTo');

type Bound = NonNullable<Constraint['lowerBound']>;
const beyond = (bound: Constraint['lowerBound'], direction: number): Transform => new ComposeTransform([new ExpTransform(), new AffineTransform(bound as Bound, direction)]);
function between({ lowerBound, upperBound }: Constraint): Transform {
  if (lowerBound === 0 && upperBound === 1) return new SigmoidTransform();
  const low = lowerBound as Bound, high = upperBound as Bound;
  const width = typeof high === 'number' ? (typeof low === 'number' ? high - low : low.neg().add(high)) : high.sub(low);
  return new ComposeTransform([new SigmoidTransform(), new AffineTransform(low, width)]);
}

for (const to of [bijectTo, transformTo]) {
  to.register(constraints.real, () => identityTransform);
  to.register(constraints.IndependentConstraint, ({ baseConstraint, reinterpretedBatchNdims }) => new IndependentTransform(to(baseConstraint), reinterpretedBatchNdims));
  for (const above of [constraints.positive, constraints.nonnegative]) to.register(above, ({ lowerBound }) => beyond(lowerBound, 1));
  to.register(constraints.lessThan(0), ({ upperBound }) => beyond(upperBound, -1));
  for (const interval of [constraints.unitInterval, constraints.halfOpenInterval(0, 1)]) to.register(interval, between);
  to.register(constraints.corrCholesky, () => new CorrCholeskyTransform());
  to.register(constraints.CatConstraint, ({ cseq, dim, lengths }) => new CatTransform(cseq.map(to), dim, lengths));
  to.register(constraints.StackConstraint, ({ cseq, dim }) => new StackTransform(cseq.map(to), dim));
}
bijectTo.register(constraints.simplex, () => new StickBreakingTransform());
transformTo.register(constraints.simplex, () => new SoftmaxTransform());
transformTo.register(constraints.lowerCholesky, () => new LowerCholeskyTransform());
for (const definite of [constraints.positiveDefinite, constraints.positiveSemidefinite]) transformTo.register(definite, () => new PositiveDefiniteTransform());
