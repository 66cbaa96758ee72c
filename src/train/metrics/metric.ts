/**
 * What every metric is: sums and lists of float64 that batches add to. Metrics of parts of the data merge into the metric
 * of the whole, and their state can be saved, so that a value does not depend on how the data came.
 */
import { isOptions, show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { fromArray } from '../../tensor/create.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** Numbers that grow at the end. */
class FloatList {
  private memory = new Float64Array(64);
  private count = 0;

  get values(): Float64Array {
    return this.memory.subarray(0, this.count);
  }

  set values(values: Float64Array) {
    this.count = 0;
    this.append(values);
  }

  append(values: ArrayLike<number>): void {
    const needed = this.count + values.length;
    if (needed > this.memory.length) {
      const larger = new Float64Array(Math.max(needed, this.memory.length * 2));
      larger.set(this.values);
      this.memory = larger;
    }
    this.memory.set(values, this.count);
    this.count = needed;
  }
}

export type { FloatList };
/** The numbers of a metric by name. */
export type MetricState = Readonly<Record<string, Float64Array>>;

/**
 * A quantity over batches, as in torchmetrics: `update` with every batch, `compute` for the value over all of them,
 * `reset` before the next epoch. Numbers are added in float64, whatever the dtype of the tensors.
 */
export abstract class Metric<Inputs extends readonly unknown[] = never, Value = unknown> {
  private readonly sumsByName = new Map<string, Float64Array>();
  private readonly listsByName = new Map<string, FloatList>();

  /** Takes in a batch. */
  abstract update(...inputs: Inputs): this;

  /** The value over everything since the last `reset`; NaN where nothing has been seen. */
  abstract compute(): Value;

  /** Numbers that start at 0 and that metrics of parts add up. */
  protected sum(name: string, size = 1): Float64Array {
    const values = new Float64Array(size);
    this.sumsByName.set(name, values);
    return values;
  }

  /** Numbers of every sample, which metrics of parts join. */
  protected list(name: string): FloatList {
    const list = new FloatList();
    this.listsByName.set(name, list);
    return list;
  }

  reset(): this {
    for (const values of this.sumsByName.values()) values.fill(0);
    for (const list of this.listsByName.values()) list.values = new Float64Array(0);
    return this;
  }

  /** Takes in a batch and gives the value of this batch alone. */
  forward(...inputs: Inputs): Value {
    const before = this.state();
    this.reset();
    try {
      const value = this.update(...inputs).compute(), batch = this.state();
      this.restore(before);
      this.absorb(batch);
      return value;
    } catch (error) {
      this.restore(before);
      throw error;
    }
  }

  /** Adds what other metrics of the same kind have seen; torcheval's `merge_state`. */
  mergeState(metrics: Iterable<this>): this {
    const states = [...metrics].map((metric) => {
      if (!(metric instanceof Metric) || metric.constructor !== this.constructor) throw new ArgumentError('mergeState', 'metrics', `must be of the class ${this.constructor.name}, got ${show(metric)}`);
      return this.checked('mergeState', metric.state());
    });
    for (const state of states) this.absorb(state);
    return this;
  }

  /** How the numbers of another part are taken in. */
  protected absorb(state: MetricState): void {
    for (const [name, values] of this.sumsByName) values.forEach((_, i) => void (values[i] += state[name][i]));
    for (const [name, list] of this.listsByName) list.append(state[name]);
  }

  private state(): MetricState {
    return Object.fromEntries([...[...this.sumsByName].map(([name, values]) => [name, values.slice()] as const), ...[...this.listsByName].map(([name, list]) => [name, list.values.slice()] as const)]);
  }

  private restore(state: MetricState): void {
    for (const [name, values] of this.sumsByName) values.set(state[name]);
    for (const [name, list] of this.listsByName) list.values = state[name];
  }

  private checked(op: string, state: MetricState): MetricState {
    for (const [name, values] of this.sumsByName) {
      if (state[name].length !== values.length) throw new ArgumentError(op, name, `must have ${values.length} numbers, as this ${this.constructor.name} counts, got ${state[name].length}`);
    }
    return state;
  }

  /** The numbers so far, as float64 tensors that `save` writes. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.state()).map(([name, values]) => [name, fromArray(values)]));
  }

  loadStateDict(stateDict: Readonly<Record<string, Tensor>>): void {
    const op = `${this.constructor.name}.loadStateDict`, state: Record<string, Float64Array> = {};
    if (!isOptions(stateDict)) throw new ArgumentError(op, 'stateDict', `must be an object of tensors, got ${show(stateDict)}`);
    for (const name of [...this.sumsByName.keys(), ...this.listsByName.keys()]) {
      const values: unknown = stateDict[name];
      if (!(values instanceof Tensor)) throw new ArgumentError(op, name, `must be a Tensor, got ${show(values)}`);
      state[name] = numbersOf(values);
    }
    this.restore(this.checked(op, state));
  }

  toString(): string {
    return `${this.constructor.name}()`;
  }
}

/** The elements of a tensor as float64. */
export function numbersOf(tensor: Tensor): Float64Array {
  return tensor.detach().to('float64').toTypedArray() as Float64Array;
}

export function tensorArg(op: string, name: string, value: unknown): Tensor {
  if (!(value instanceof Tensor)) throw new ArgumentError(op, name, `must be a Tensor, got ${show(value)}`);
  return value;
}
