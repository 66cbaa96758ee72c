/** What a pass over data measures: means of losses and of what steps log, and metrics of predictions. */
import { ArgumentError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { sizeOf } from './batches.ts';
import type { Logs } from './callback.ts';
import { Mean } from './metrics/aggregation.ts';
import type { BatchMetric } from './trainer-options.ts';

/** What a step gives: the loss, alone or with predictions and targets for the metrics and further numbers for the log. */
export type StepOutput = Tensor | {
  readonly loss: Tensor;
  readonly preds?: Tensor;
  readonly target?: Tensor;
  readonly logs?: Readonly<Record<string, number | Tensor>>;
};

type States = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;

export function lossOf(op: string, output: unknown): Tensor {
  const loss: unknown = output instanceof Tensor ? output : (output as { readonly loss?: unknown } | null | undefined)?.loss;
  if (!(loss instanceof Tensor) || loss.numel() !== 1) throw new ArgumentError(op, 'result', 'must be the loss, a tensor of one element, or { loss, preds, target, logs }');
  return loss;
}

const numberOf = (value: number | Tensor): number => (value instanceof Tensor ? Number(value.item()) : value);

export class Measures {
  /** The numbers of the last batch. */
  last: Logs = {};
  private readonly metrics: Readonly<Record<string, BatchMetric>>;
  private readonly means = new Map<string, Mean>();

  constructor(metrics: Readonly<Record<string, BatchMetric>>) {
    this.metrics = metrics;
  }

  reset(): void {
    this.means.clear();
    for (const metric of Object.values(this.metrics)) metric.reset();
  }

  /** Takes in a step. Means are over samples: a smaller last batch counts less. */
  add(op: string, output: StepOutput, batch: unknown): Logs {
    const { preds, target, logs = {} } = output instanceof Tensor ? { preds: undefined, target: undefined } : output;
    const weight = target !== undefined && target.ndim > 0 ? target.shape[0] : sizeOf(batch), numbers: Record<string, number> = {};
    for (const [name, value] of Object.entries({ loss: lossOf(op, output), ...logs })) {
      numbers[name] = numberOf(value);
      let mean = this.means.get(name);
      if (mean === undefined) this.means.set(name, (mean = new Mean()));
      mean.update(numbers[name], weight);
    }
    if (preds !== undefined && target !== undefined) noGrad(() => { for (const metric of Object.values(this.metrics)) metric.update(preds.detach(), target); });
    return (this.last = numbers);
  }

  /** The numbers of the whole pass; metrics of several numbers are read from the metric itself. */
  compute(prefix: string): Record<string, number> {
    const logs: Record<string, number> = {};
    for (const [name, mean] of this.means) logs[prefix + name] = mean.compute();
    for (const [name, metric] of Object.entries(this.metrics)) {
      const value = metric.compute();
      if (typeof value === 'number' || value.numel() === 1) logs[prefix + name] = numberOf(value);
    }
    return logs;
  }

  get meanStates(): States {
    return Object.fromEntries([...this.means].map(([name, mean]) => [name, mean.stateDict()]));
  }

  get metricStates(): States {
    return Object.fromEntries(Object.entries(this.metrics).map(([name, metric]) => [name, metric.stateDict()]));
  }

  load(means: States, metrics: States): void {
    this.reset();
    for (const [name, state] of Object.entries(means)) {
      const mean = new Mean();
      mean.loadStateDict(state);
      this.means.set(name, mean);
    }
    for (const [name, metric] of Object.entries(this.metrics)) if (metrics[name] !== undefined) metric.loadStateDict(metrics[name]);
  }
}
