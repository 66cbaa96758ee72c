/** Averages of weights, by all steps (stochastic weight averaging, Izmailov et al., 2018) or exponentially: part of `optim.swaUtils`. */
import { bind, boolArg, numberArg, show, signature, type CallArgs } from '../core/args.ts';
import { isFloating } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { tensor } from '../tensor/create.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Module, type ForwardArgs, type ForwardResult } from './module.ts';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm } from './norm.ts';

/** The new average of one tensor, after `numAveraged` models. */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: Tensor | number) => Tensor;
/** Updates averages of one dtype in place. */
export type MultiAvgFn = (averaged: readonly Tensor[], current: readonly Tensor[], numAveraged: Tensor | number) => void;

const count = (numAveraged: Tensor | number): number => (numAveraged instanceof Tensor ? Number(numAveraged.item()) : numAveraged);
function decayOf(op: string, given: unknown): number {
  const decay = numberArg(op, 'decay', given);
  if (!(decay >= 0 && decay <= 1)) throw new ArgumentError(op, 'decay', `must be from 0 to 1, got ${decay}`);
  return decay;
}

/** The exponential moving average of tensors, for `AveragedModel`'s `multiAvgFn`. */
export function getEmaMultiAvgFn(decay = 0.999): MultiAvgFn {
  const kept = decayOf('getEmaMultiAvgFn', decay);
  return (averaged, current) => noGrad(() => averaged.forEach((average, i) => {
    if (isFloating(average.dtypeCode)) average.lerp_(current[i], 1 - kept);
    else average.copy_(average.mul(kept).add(current[i].mul(1 - kept)));
  }));
}

/** The average of all models, for `AveragedModel`'s `multiAvgFn`. */
export function getSwaMultiAvgFn(): MultiAvgFn {
  return (averaged, current, numAveraged) => noGrad(() => averaged.forEach((average, i) => {
    const weight = 1 / (count(numAveraged) + 1);
    if (isFloating(average.dtypeCode)) average.lerp_(current[i], weight);
    else average.copy_(average.add(current[i].sub(average).mul(weight)));
  }));
}

/** The exponential moving average of a tensor, for `AveragedModel`'s `avgFn`. */
export function getEmaAvgFn(decay = 0.999): AvgFn {
  const kept = decayOf('getEmaAvgFn', decay);
  return (averaged, current) => noGrad(() => averaged.mul(kept).add(current.mul(1 - kept)));
}

/** The average of all models, for `AveragedModel`'s `avgFn`. */
export function getSwaAvgFn(): AvgFn {
  return (averaged, current, numAveraged) => noGrad(() => averaged.add(current.sub(averaged).div(count(numAveraged) + 1)));
}

export interface AveragedModelOptions {
  /** There is one device, the CPU. */
  readonly device?: string | null;
  readonly avgFn?: AvgFn | null;
  readonly multiAvgFn?: MultiAvgFn | null;
  readonly useBuffers?: boolean;
}

const AVERAGED = signature('AveragedModel(model, device?, avgFn?, multiAvgFn?, useBuffers?)');

/** A copy of a model whose weights are averages of the model's: by default the mean of all that `updateParameters` has seen. */
export class AveragedModel<M extends Module = Module> extends Module {
  readonly module: M;
  readonly avgFn: AvgFn | null;
  readonly multiAvgFn: MultiAvgFn | null;
  /** Averages buffers, too; otherwise the model's are copied. */
  readonly useBuffers: boolean;
  declare n_averaged: Tensor;

  constructor(model: M, ...args: CallArgs<[device: string | null, avgFn: AvgFn | null, multiAvgFn: MultiAvgFn | null, useBuffers: boolean], AveragedModelOptions>) {
    const given = bind(AVERAGED, [model, ...args]);
    super();
    if (!(model instanceof Module)) throw new ArgumentError('AveragedModel', 'model', `must be an nn.Module, got ${show(model)}`);
    for (const name of ['avgFn', 'multiAvgFn']) {
      if (given[name] !== undefined && typeof given[name] !== 'function') throw new ArgumentError('AveragedModel', name, `must be a function, got ${show(given[name])}`);
    }
    if (given.avgFn !== undefined && given.multiAvgFn !== undefined) throw new ArgumentError('AveragedModel', 'avgFn', 'must not be given together with multiAvgFn');
    this.module = model.deepCopy();
    this.registerBuffer('n_averaged', tensor(0n));
    this.avgFn = (given.avgFn as AvgFn | undefined) ?? null;
    this.multiAvgFn = (given.multiAvgFn as MultiAvgFn | undefined) ?? null;
    this.useBuffers = boolArg('AveragedModel', 'useBuffers', given.useBuffers);
  }

  /** How many models are in the average. */
  get nAveraged(): Tensor {
    return this.n_averaged;
  }

  forward(...args: ForwardArgs<M>): ForwardResult<M> {
    return (this.module as unknown as (...given: ForwardArgs<M>) => ForwardResult<M>)(...args);
  }

  /** Takes the model's weights as they are now into the average. */
  updateParameters(model: Module): void {
    const values = (module: Module): Tensor[] => [...module.parameters(), ...(this.useBuffers ? module.buffers() : [])].map((t) => t.detach());
    const averaged = values(this.module), current = values(model);
    const fits = averaged.length === current.length && averaged.every((t, i) => t.shape.join() === current[i].shape.join());
    if (!fits) throw new ArgumentError('updateParameters', 'model', 'must have the parameters of the model that is averaged');
    noGrad(() => {
      if (count(this.n_averaged) === 0) averaged.forEach((t, i) => t.copy_(current[i]));
      else if (this.multiAvgFn !== null) this.updateTogether(this.multiAvgFn, averaged, current);
      else {
        const average = this.avgFn ?? getSwaAvgFn();
        averaged.forEach((t, i) => t.copy_(average(t, current[i], this.n_averaged)));
      }
      if (!this.useBuffers) {
        const buffers = [...model.buffers()];
        [...this.module.buffers()].forEach((buffer, i) => buffer.copy_(buffers[i]));
      }
      this.n_averaged.add_(1n);
    });
  }

  private updateTogether(update: MultiAvgFn, averaged: readonly Tensor[], current: readonly Tensor[]): void {
    for (const dtype of new Set(averaged.map((t) => t.dtype))) {
      const members = averaged.map((t, i) => [t, current[i]] as const).filter(([t]) => t.dtype === dtype);
      update(members.map(([t]) => t), members.map(([, t]) => t), this.n_averaged);
    }
  }
}

/** Computes the running statistics of all batch norms anew: as averages over the batches of `loader`, whose first items are the inputs. */
export function updateBn(loader: Iterable<unknown>, model: Module, _device?: string | null): void {
  const layers = model.modules().filter((module): module is BatchNorm1d => [BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm].some((Class) => module instanceof Class));
  if (layers.length === 0) return;
  const momenta = layers.map(({ momentum }) => momentum), wasTraining = model.training;
  const setMomentum = (layer: BatchNorm1d, momentum: number | null): void => { (layer as { momentum: number | null }).momentum = momentum; };
  for (const layer of layers) {
    layer.resetRunningStats();
    setMomentum(layer, null);
  }
  model.train();
  try {
    noGrad(() => {
      for (const batch of loader) (model as unknown as (input: unknown) => unknown)(Array.isArray(batch) ? batch[0] : batch);
    });
  } finally {
    layers.forEach((layer, i) => setMomentum(layer, momenta[i]));
    model.train(wasTraining);
  }
}
