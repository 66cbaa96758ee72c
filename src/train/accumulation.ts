/** Gradients of several batches for one step: a batch as large as memory does not hold. */
import { intArg, numberArg, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What is needed of an optimizer. */
export interface Stepper {
  readonly paramGroups: readonly { readonly params: readonly Tensor[] }[];
  zeroGrad(): void;
  step(): unknown;
}

export interface AccumulationOptions {
  /** Runs before every step, on the gradients of the whole window: clipping. */
  readonly beforeStep?: (() => void) | null;
}

/**
 * Adds the gradients of `steps` batches and then steps. Losses are means over their batches, so that each is divided by
 * `steps`; what is left at the end of an epoch is a mean over fewer batches, whose gradients `flush` scales up before it
 * steps: every step has the gradient of the mean loss of its window.
 *
 *     const accumulation = new GradientAccumulation(optimizer, 4, { beforeStep: () => nn.utils.clipGradNorm_(model.parameters(), 1) });
 *     for (const [x, y] of loader) if (accumulation.backward(lossFn(model(x), y))) scheduler.step();
 *     if (accumulation.flush()) scheduler.step();
 */
export class GradientAccumulation {
  readonly optimizer: Stepper;
  readonly steps: number;
  /** Batches of the window that has begun. */
  count = 0;
  /** The sum of their weights. */
  private weight = 0;
  private readonly beforeStep: () => void;

  constructor(optimizer: Stepper, steps: number, options: AccumulationOptions = {}) {
    const op = 'GradientAccumulation';
    if (typeof (optimizer as Partial<Stepper> | null)?.step !== 'function') throw new ArgumentError(op, 'optimizer', `must be an Optimizer, got ${show(optimizer)}`);
    for (const name of Object.keys(options)) if (name !== 'beforeStep') throw new ArgumentError(op, `option '${name}'`, 'is unknown; expected one of beforeStep');
    this.optimizer = optimizer;
    this.steps = intArg(op, 'steps', steps);
    if (this.steps < 1) throw new ArgumentError(op, 'steps', `must be at least 1, got ${this.steps}`);
    this.beforeStep = options.beforeStep ?? (() => undefined);
  }

  /**
   * The gradients of a loss; true when the optimizer has stepped. Gradients are cleared at the start of a window. Batches
   * of different sizes, each with the mean of its own, get their size as `weight`.
   */
  backward(loss: Tensor, weight = 1): boolean {
    if (!(loss instanceof Tensor)) throw new ArgumentError('backward', 'loss', `must be a Tensor, got ${show(loss)}`);
    if (!(numberArg('backward', 'weight', weight) > 0)) throw new ArgumentError('backward', 'weight', `must be above 0, got ${weight}`);
    if (this.count === 0) this.optimizer.zeroGrad();
    const factor = weight / this.steps;
    (factor === 1 ? loss : loss.mul(factor)).backward();
    this.count++;
    this.weight += weight;
    if (this.count < this.steps) return false;
    this.step();
    return true;
  }

  /** Steps with what is left of an epoch; false if nothing is. */
  flush(): boolean {
    if (this.count === 0) return false;
    this.step();
    return true;
  }

  /** Forgets the window that has begun. */
  reset(): void {
    this.count = this.weight = 0;
  }

  private step(): void {
    const factor = this.steps / this.weight;
    if (factor !== 1) {
      noGrad(() => {
        for (const { params } of this.optimizer.paramGroups) for (const param of params) param.grad?.mul_(factor);
      });
    }
    this.reset();
    this.beforeStep();
    this.optimizer.step();
  }

  /** The window that has begun, without its gradients. */
  stateDict(): { readonly count: number; readonly weight: number } {
    return { count: this.count, weight: this.weight };
  }

  loadStateDict(state: { readonly count: number; readonly weight: number }): void {
    const op = 'GradientAccumulation.loadStateDict', count = intArg(op, 'count', state.count), weight = numberArg(op, 'weight', state.weight);
    if (count < 0 || count >= this.steps) throw new ArgumentError(op, 'count', `must be below the ${this.steps} batches of a window, got ${count}`);
    this.count = count;
    this.weight = weight;
  }
}
