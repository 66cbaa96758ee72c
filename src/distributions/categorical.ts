import { arange } from '../tensor/create.ts';
import { finfo } from '../tensor/dtype-info.ts';
import { multinomial } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { broadcastTensors } from '../tensor/library/joining.ts';
import { ShapeError } from '../core/errors.ts';
import { parameters, type ArgsOf } from './args.ts';
import * as constraints from './constraints.ts';
import { ProbsOrLogits } from './probs-or-logits.ts';
import { constant, eitherOf, type Shape } from './utils.ts';

const CATEGORICAL = parameters('Categorical(probs: Tensor?, logits: Tensor?, validateArgs: bool?)');
/**
 * PyTorch's `Categorical(probs, logits)`: an index below K, int64, with the probabilities along the last dim. They are
 * normalized to sum 1, logits to `logits - logsumexp(logits)`.
 */
export class Categorical extends ProbsOrLogits {
  /** K. */
  readonly numEvents: number;

  constructor(...args: ArgsOf<typeof CATEGORICAL>) {
    const [probs, logits, validateArgs] = CATEGORICAL(...args), parameter = eitherOf('Categorical', probs, logits);
    const value = (parameter === 'probs' ? probs : logits) as Tensor;
    if (value.ndim < 1) throw new ShapeError('Categorical', `${parameter} must have at least one dimension`);
    super(parameter, parameter === 'probs' ? value.div(value.sum(-1, true)) : value.sub(value.logsumexp(-1, true)), value.shape.slice(0, -1), [], validateArgs);
    this.numEvents = value.shape[value.ndim - 1];
    this.checkParameters();
  }

  protected override get isBinary(): boolean {
    return false;
  }

  override get argConstraints(): Readonly<Record<string, constraints.Constraint>> {
    return { probs: constraints.simplex, logits: constraints.realVector };
  }

  override get support(): constraints.Constraint {
    return constraints.integerInterval(0, this.numEvents - 1);
  }

  override get hasEnumerateSupport(): boolean {
    return true;
  }

  /** NaN: indices have no order. */
  override get mean(): Tensor {
    return constant(this.probs, this.batchShape, NaN);
  }

  override get mode(): Tensor {
    return this.probs.argmax(-1);
  }

  override get variance(): Tensor {
    return constant(this.probs, this.batchShape, NaN);
  }

  protected override drawn(sampleShape: Shape): Tensor {
    const count = sampleShape.reduce((product, size) => product * size, 1);
    if (count === 0 || this.batchShape.includes(0)) return this.probs.newEmpty(this.extendedShape(sampleShape)).to('int64');
    return multinomial(this.probs.reshape([-1, this.numEvents]), count, true).t().reshape(this.extendedShape(sampleShape));
  }

  protected override logProbOf(value: Tensor): Tensor {
    const [index, logits] = broadcastTensors(value.to('int64').unsqueeze(-1), this.logits);
    return logits.gather(-1, index.narrow(-1, 0, 1)).squeeze(-1);
  }

  override entropy(): Tensor {
    return this.logits.clamp({ min: finfo(this.logits.dtype).min }).mul(this.probs).sum(-1).neg();
  }

  protected override enumerated(expand: boolean): Tensor {
    return this.alongBatch(arange(this.numEvents, { dtype: 'int64' }), expand);
  }
}
