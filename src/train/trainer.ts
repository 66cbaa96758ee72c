/**
 * Trainer: the loop that most scripts write, every step of which can be overridden.
 *
 * Its parts are there without it: a loop of one's own calls `EarlyStopping.step`, `ModelCheckpoint.step`,
 * `GradientAccumulation.backward` and `tqdm` itself.
 */
import { bind, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { loadCheckpoint, saveCheckpoint, type Stateful } from '../io/checkpoint.ts';
import type { Module } from '../nn/module.ts';
import { clipGradNorm_, clipGradValue_ } from '../nn/utils.ts';
import { ReduceLROnPlateau } from '../optim/lr-scheduler/plateau.ts';
import { noGrad } from '../tensor/grad-mode.ts';
import { getRngState, setRngState, type Generator } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { GradientAccumulation } from './accumulation.ts';
import { batchCount, Breather, checkBatches, generatorOf, inputsOf, open, sizeOf, split, type Batches } from './batches.ts';
import type { Callback, Logs } from './callback.ts';
import { NonFiniteLossError } from './errors.ts';
import { lossOf, Measures, type StepOutput } from './measures.ts';
import { ModelCheckpoint } from './model-checkpoint.ts';
import { tqdm, type ProgressBar } from './progress/tqdm.ts';
import { readSettings, type Settings, type TrainedOptimizer, type TrainerOptions } from './trainer-options.ts';
import { addToHistory, readLoopState, setGenerators, statesOf, type LoopState } from './trainer-state.ts';

/** Numbers of every epoch by name, ready for a plot: `epoch`, `loss`, `val_loss`, `lr` and the metrics; NaN where an epoch has none. */
export type History = Readonly<Record<string, readonly number[]>>;

export interface FitOptions {
  /** A file of `saveCheckpoint`: the run goes on where it was saved, also in the middle of an epoch. */
  readonly ckptPath?: string | null;
  /** Ends the run after the batch that is being computed; `fit` rejects with the signal's reason. */
  readonly signal?: AbortSignal | null;
}

type Hooks = 'onFitStart' | 'onEpochStart' | 'onBatchStart' | 'onBatchEnd' | 'onValidationEnd' | 'onEpochEnd' | 'onFitEnd' | 'onException';
type Arguments<H extends Hooks> = Parameters<NonNullable<Callback[H]>> extends [unknown, ...infer Rest] ? Rest : never;

const FIT = signature('fit(*, ckptPath?, signal?)'), EVALUATE = signature('validate(*, signal?)');
type Evaluate = Pick<FitOptions, 'signal'>;

/**
 * Trains a model: Lightning's `Trainer` over a module, an optimizer and a loss.
 *
 *     const trainer = new Trainer({ model, optimizer, lossFn, maxEpochs: 5, metrics: { accuracy: new metrics.Accuracy({ numClasses: 10 }) } });
 *     const history = await trainer.fit(trainLoader, valLoader);
 *     plt.plot(history.epoch, history.val_loss);
 *
 * Batches are `[input, ..., target]` or `{ input, target }`; for others override `trainingStep` and `validationStep`.
 */
export class Trainer<M extends Module = Module> {
  readonly model: M;
  readonly lossFn: TrainerOptions['lossFn'];
  readonly settings: Settings;
  /** The epoch that runs, from 0. */
  currentEpoch = 0;
  /** Steps of the optimizer so far. */
  globalStep = 0;
  /** True ends the run after the epoch. */
  shouldStop = false;
  /** Batches that were left out for their loss. */
  skippedBatches = 0;
  /** The order in which they are called: those that save come last, so that they save what the others have seen. */
  readonly callbacks: readonly Callback[];
  private readonly trained: TrainedOptimizer | undefined;
  private readonly record: Record<string, number[]> = {};
  private readonly measures: Measures;
  /** One for all epochs: those of small data take less than its pause. */
  private readonly breather = new Breather();
  private readonly accumulation: GradientAccumulation | null;
  /** Batches of the epoch that are done. */
  private position = 0;
  /** Whether the epoch is over, and only its hooks run. */
  private isBetween = false;
  private hasValidation = false;
  private epochRng: Tensor | null = null;
  private generators: readonly (Generator | undefined)[] = [];
  private generatorStarts: readonly (Tensor | null)[] = [];
  private resumed: LoopState | null = null;

  constructor(options: TrainerOptions<M>) {
    this.settings = readSettings(options);
    this.model = options.model;
    this.lossFn = options.lossFn;
    this.measures = new Measures(this.settings.metrics);
    this.trained = options.optimizer ?? undefined;
    const { callbacks, accumulateGradBatches } = this.settings, saves = (each: Callback): number => Number(each instanceof ModelCheckpoint);
    this.callbacks = [...callbacks].sort((a, b) => saves(a) - saves(b));
    this.accumulation = this.trained === undefined ? null : new GradientAccumulation({
      paramGroups: this.trained.paramGroups, zeroGrad: () => this.optimizerZeroGrad(), step: () => this.optimizerStep(),
    }, accumulateGradBatches, { beforeStep: () => this.configureGradientClipping() });
  }

  get optimizer(): TrainedOptimizer {
    return this.trained ?? missing();
  }

  private get window(): GradientAccumulation {
    return this.accumulation ?? missing();
  }

  /** Whether the epoch ends with a validation: what it measures is missing in the others. */
  get isValidated(): boolean {
    return this.hasValidation && (this.currentEpoch + 1) % this.settings.checkValEveryNEpoch === 0;
  }

  get history(): History {
    return this.record;
  }

  // --- what can be overridden ----------------------------------------------------------------------------------

  /** The loss of a batch. */
  trainingStep(batch: unknown, _batchIdx: number): StepOutput | Promise<StepOutput> {
    return this.sharedStep('trainingStep', batch);
  }

  /** The loss of a batch of validation; runs without autograd. */
  validationStep(batch: unknown, _batchIdx: number): StepOutput {
    return this.sharedStep('validationStep', batch);
  }

  /** As `validationStep`, for `test`. */
  testStep(batch: unknown, batchIdx: number): StepOutput {
    return this.validationStep(batch, batchIdx);
  }

  /** What `predict` gives for a batch: the model's output for all but its target. */
  predictStep(batch: unknown, _batchIdx: number): unknown {
    return this.call(inputsOf(batch));
  }

  /** The gradients of a loss, which `accumulateGradBatches` has scaled. True when the optimizer has stepped. */
  backward(loss: Tensor): boolean {
    return this.window.backward(loss);
  }

  configureGradientClipping(): void {
    const { gradientClipVal, gradientClipAlgorithm } = this.settings;
    if (gradientClipVal === undefined) return;
    if (gradientClipAlgorithm === 'norm') clipGradNorm_(this.model.parameters(), gradientClipVal);
    else clipGradValue_(this.model.parameters(), gradientClipVal);
  }

  optimizerStep(): void {
    this.optimizer.step();
  }

  optimizerZeroGrad(): void {
    this.optimizer.zeroGrad();
  }

  /** Moves the schedule; `metric` is what ReduceLROnPlateau looks at. */
  lrSchedulerStep(metric: number | undefined): void {
    const config = this.settings.scheduler;
    if (config === null) return;
    if (config.scheduler instanceof ReduceLROnPlateau) config.scheduler.step(metric);
    else config.scheduler.step();
  }

  // Hooks of a subclass run after those of the callbacks.
  onFitStart(): void | Promise<void> {}
  onEpochStart(): void | Promise<void> {}
  onBatchStart(_batch: unknown, _batchIdx: number): void | Promise<void> {}
  onBatchEnd(_logs: Logs, _batch: unknown, _batchIdx: number): void | Promise<void> {}
  onValidationEnd(_logs: Logs): void | Promise<void> {}
  onEpochEnd(_logs: Logs): void | Promise<void> {}
  onFitEnd(): void | Promise<void> {}
  onException(_error: unknown): void | Promise<void> {}

  private call(inputs: readonly unknown[]): unknown {
    return (this.model as unknown as (...args: readonly unknown[]) => unknown)(...inputs);
  }

  private sharedStep(op: string, batch: unknown): StepOutput {
    if (!this.lossFn) throw new ArgumentError(op, 'lossFn', `is missing: give it to the Trainer or override ${op}`);
    const { inputs, target } = split(op, batch), preds = this.call(inputs) as Tensor;
    return { loss: this.lossFn(preds, target), preds, target };
  }

  private async run<H extends Hooks>(hook: H, ...args: Arguments<H>): Promise<void> {
    for (const callback of this.callbacks) await (callback[hook] as ((trainer: Trainer, ...rest: readonly unknown[]) => unknown) | undefined)?.call(callback, this, ...args);
    await (this[hook] as (...rest: readonly unknown[]) => unknown).call(this, ...args);
  }

  // --- training ------------------------------------------------------------------------------------------------

  /**
   * Trains until `maxEpochs` or `maxSteps`, or until a callback stops it, and validates after every epoch. A second call
   * goes on. Rejects with a {@link NonFiniteLossError}, with the reason of the signal, or with what a step throws; the
   * trainer stands at the last whole batch then. After an abort it may be saved and goes on bit for bit.
   */
  async fit(trainLoader: Batches, ...args: readonly [options?: FitOptions] | readonly [valLoader: Batches | null | undefined, options?: FitOptions]): Promise<History> {
    const [valLoader, options] = args.length === 1 && isOptions(args[0]) && !(Symbol.iterator in args[0]) && !(Symbol.asyncIterator in args[0]) ? [null, args[0]] : [args[0] as Batches | null | undefined, args[1] ?? {}];
    const given = bind(FIT, [options]), loader = checkBatches('fit', trainLoader), validation = valLoader === null || valLoader === undefined ? null : checkBatches('fit', valLoader);
    const signal = signalArg('fit', given.signal), { maxEpochs, maxSteps } = this.settings;
    if (this.trained === undefined) missing();
    if (given.ckptPath !== undefined) this.loadCheckpoint(given.ckptPath as string);
    this.shouldStop = false;
    this.hasValidation = validation !== null;
    this.generators = [generatorOf(loader), ...this.settings.generators];
    if (this.resumed !== null && this.resumed.batch === 0) {
      setGenerators(this.generators, this.resumed.generators, 'now');
      this.resumed = null;
    }
    try {
      signal?.throwIfAborted();
      await this.run('onFitStart');
      while (this.currentEpoch < maxEpochs && (maxSteps < 0 || this.globalStep < maxSteps) && !this.shouldStop) await this.epoch(loader, validation, signal);
      await this.run('onFitEnd');
    } catch (error) {
      await this.run('onException', error);
      throw error;
    } finally {
      this.settings.logger?.flush?.();
    }
    return this.history;
  }

  private async epoch(loader: Batches, validation: Batches | null, signal: AbortSignal | undefined): Promise<void> {
    const { enableProgressBar, limitTrainBatches, limitValBatches } = this.settings;
    this.model.train();
    if (this.resumed === null && this.position === 0) {
      this.measures.reset();
      this.window.reset();
      await this.run('onEpochStart');
    }
    const count = batchCount(loader), total = count === undefined && limitTrainBatches === Infinity ? null : Math.min(count ?? Infinity, limitTrainBatches);
    const bar = tqdm({ desc: `epoch ${this.currentEpoch}`, total, initial: this.position, ...(enableProgressBar ? {} : { disable: true }) });
    try {
      await this.batches(loader, bar, signal);
      const logs: Record<string, number> = { ...this.measures.compute(''), lr: this.lr };
      if (validation !== null && this.isValidated) {
        const measured = await this.evaluate('validationStep', validation, 'val_', (batch, i) => this.validationStep(batch, i), signal, limitValBatches);
        Object.assign(logs, measured);
        await this.run('onValidationEnd', measured);
      }
      bar.setPostfix(logs);
      await this.endEpoch(logs);
    } finally {
      bar.close();
    }
  }

  private async endEpoch(logs: Record<string, number>): Promise<void> {
    const { scheduler, logger } = this.settings;
    addToHistory(this.record, this.currentEpoch, logs);
    for (const [name, value] of Object.entries(logs)) logger?.addScalar(name, value, this.globalStep);
    if (scheduler?.interval === 'epoch' && (this.currentEpoch + 1) % scheduler.frequency === 0) this.moveSchedule(logs);
    this.isBetween = true;
    await this.run('onEpochEnd', logs);
    this.isBetween = false;
    this.currentEpoch++;
    this.position = 0;
    this.epochRng = null;
  }

  private moveSchedule(logs: Logs): void {
    const config = this.settings.scheduler as NonNullable<Settings['scheduler']>, byEpoch = config.interval === 'epoch';
    const name = config.monitor ?? (byEpoch && this.hasValidation ? 'val_loss' : 'loss'), isPlateau = config.scheduler instanceof ReduceLROnPlateau;
    if (isPlateau && byEpoch && !(name in logs) && !this.isValidated) return;
    if (isPlateau && !(name in logs)) throw new ArgumentError('Trainer', 'scheduler.monitor', `'${name}' is not among what was measured: ${Object.keys(logs).join(', ')}`);
    this.lrSchedulerStep(logs[name]);
  }

  private async batches(loader: Batches, bar: ProgressBar, signal: AbortSignal | undefined): Promise<void> {
    const { maxSteps, limitTrainBatches } = this.settings, iterator = await this.start(loader);
    let ended = false;
    try {
      while (this.position < limitTrainBatches && (maxSteps < 0 || this.globalStep < maxSteps)) {
        signal?.throwIfAborted();
        const next = await iterator.next();
        ended = next.done === true;
        if (ended) break;
        await this.trainBatch(next.value, bar);
        await this.breather.breathe();
      }
    } finally {
      // Ends workers that are still reading.
      if (!ended) await iterator.return?.();
    }
    if (this.position === 0) throw new ArgumentError('fit', 'loader', 'gave no batch: there is nothing to train on');
    if (this.window.flush()) this.stepped();
  }

  /** The batches of the epoch from the place where it is: those that are done are read again, with the random numbers of then. */
  private async start(loader: Batches): Promise<Iterator<unknown> | AsyncIterator<unknown>> {
    const { resumed } = this, now = getRngState();
    if (resumed === null && this.position === 0) {
      this.epochRng = now;
      this.generatorStarts = this.generators.map((generator) => (generator === undefined ? null : getRngState(generator)));
      return open(loader);
    }
    const others = this.generators.map((generator) => (generator === undefined ? null : getRngState(generator)));
    if (this.epochRng !== null) setRngState(this.epochRng);
    if (resumed !== null) setGenerators(this.generators, resumed.generators, 'start');
    else setGenerators(this.generators, this.generatorStarts.map((start) => (start === null ? null : { start, now: start })), 'start');
    this.generatorStarts = this.generators.map((generator) => (generator === undefined ? null : getRngState(generator)));
    const iterator = open(loader);
    for (let i = 0; i < this.position; i++) {
      if ((await iterator.next()).done === true) throw new ArgumentError('fit', 'loader', `gave ${i} batches, but the run stood after ${this.position} of the epoch: it is not the loader with which it was saved`);
    }
    setRngState(now);
    // The loader has drawn its own again; the others stand where they stood.
    const [, ...given] = this.generators;
    given.forEach((generator, i) => {
      const state = resumed === null ? others[i + 1] : resumed.generators[i + 1]?.now;
      if (generator !== undefined && state !== null && state !== undefined) setRngState(state, generator);
    });
    this.resumed = null;
    return iterator;
  }

  private async trainBatch(batch: unknown, bar: ProgressBar): Promise<void> {
    const { nonFiniteLoss, scheduler } = this.settings, batchIdx = this.position;
    await this.run('onBatchStart', batch, batchIdx);
    const output = await this.trainingStep(batch, batchIdx), loss = lossOf('trainingStep', output), value = Number(loss.item());
    if (!Number.isFinite(value) && nonFiniteLoss === 'error') throw new NonFiniteLossError(value, this.currentEpoch, batchIdx, this.globalStep);
    const skipped = !Number.isFinite(value) && nonFiniteLoss === 'skip';
    const logs = skipped ? { loss: value } : this.measures.add('trainingStep', output, batch);
    if (skipped) this.skippedBatches++;
    else if (this.backward(loss)) {
      this.stepped();
      if (scheduler?.interval === 'step' && this.globalStep % scheduler.frequency === 0) this.moveSchedule(logs);
    }
    this.position++;
    bar.setPostfix(logs);
    bar.update();
    await this.run('onBatchEnd', logs, batch, batchIdx);
  }

  private stepped(): void {
    const { logger, logEveryNSteps } = this.settings;
    this.globalStep++;
    if (logger !== null && this.globalStep % logEveryNSteps === 0) {
      for (const [name, value] of Object.entries(this.measures.last)) logger.addScalar(`${name}_step`, value, this.globalStep);
    }
  }

  private get lr(): number {
    const { lr } = this.optimizer.paramGroups[0];
    return lr instanceof Tensor ? Number(lr.item()) : lr;
  }

  // --- without training ------------------------------------------------------------------------------------------

  private async evaluate(op: string, loader: Batches, prefix: string, step: (batch: unknown, batchIdx: number) => StepOutput, signal: AbortSignal | undefined, limit = Infinity): Promise<Record<string, number>> {
    // The metrics may be in the middle of an epoch of training.
    const { metricStates } = this.measures, measures = new Measures(this.settings.metrics);
    measures.reset();
    try {
      const count = await this.inference(loader, signal, limit, (batch, i) => void measures.add(op, step(batch, i), batch));
      if (count === 0) throw new ArgumentError(op, 'loader', 'gave no batch: there is nothing to measure');
      return measures.compute(prefix);
    } finally {
      for (const [name, metric] of Object.entries(this.settings.metrics)) metric.loadStateDict(metricStates[name]);
    }
  }

  /** Runs without autograd and in eval mode; every module goes back to the mode in which it was. */
  private async inference(loader: Batches, signal: AbortSignal | undefined, limit: number, visit: (batch: unknown, batchIdx: number) => void): Promise<number> {
    const rng = getRngState(), modes = this.model.modules().map((module) => [module, module.training] as const), iterator = open(loader);
    let count = 0, ended = false;
    this.model.eval();
    try {
      for (; count < limit; count++) {
        signal?.throwIfAborted();
        const next = await iterator.next();
        ended = next.done === true;
        if (ended) break;
        noGrad(() => visit(next.value, count));
        await this.breather.breathe();
      }
    } catch (error) {
      // A run that goes on does this pass again from its start.
      setRngState(rng);
      throw error;
    } finally {
      for (const [module, training] of modes) module.training = training;
      if (!ended) await iterator.return?.();
    }
    return count;
  }

  /** The numbers of a pass over data: `val_loss`, `val_<metric>`. */
  async validate(loader: Batches, options: Evaluate = {}): Promise<Logs> {
    return this.evaluate('validate', checkBatches('validate', loader), 'val_', (batch, i) => this.validationStep(batch, i), signalArg('validate', bind(EVALUATE, [options]).signal));
  }

  /** The numbers of a pass over data: `test_loss`, `test_<metric>`. */
  async test(loader: Batches, options: Evaluate = {}): Promise<Logs> {
    return this.evaluate('test', checkBatches('test', loader), 'test_', (batch, i) => this.testStep(batch, i), signalArg('test', bind(EVALUATE, [options]).signal));
  }

  /** What `predictStep` gives for every batch, in order. */
  async predict(loader: Batches, options: Evaluate = {}): Promise<unknown[]> {
    const results: unknown[] = [];
    await this.inference(checkBatches('predict', loader), signalArg('predict', bind(EVALUATE, [options]).signal), Infinity, (batch, i) => void results.push(this.predictStep(batch, i)));
    return results;
  }

  // --- saving ----------------------------------------------------------------------------------------------------

  /** The parts of the run, as `saveCheckpoint` of flambeau/io takes them; their states are read when it writes. */
  checkpointRun(): Readonly<Record<string, Stateful>> {
    return { model: this.model, optimizer: this.optimizer, ...(this.settings.scheduler === null ? {} : { scheduler: this.settings.scheduler.scheduler }), trainer: this };
  }

  /** Saves the run where it stands: between epochs, or between two batches of one. */
  saveCheckpoint(path: string): void {
    saveCheckpoint(this.checkpointRun(), path);
  }

  /** Takes over a run that was saved by a trainer of the same parts; `fit` goes on with it. */
  loadCheckpoint(path: string): void {
    loadCheckpoint(path, this.checkpointRun());
  }

  /** Where the run stands, beside the states of model, optimizer and schedule. */
  stateDict(): LoopState {
    const { isBetween } = this, inEpoch = !isBetween && this.position > 0;
    return {
      epoch: this.currentEpoch + Number(isBetween), batch: inEpoch ? this.position : 0, global_step: this.globalStep, skipped: this.skippedBatches,
      history: Object.fromEntries(Object.entries(this.record).map(([name, values]) => [name, [...values]])),
      epoch_rng: inEpoch ? this.epochRng : null,
      generators: this.resumed?.generators ?? this.generators.map((generator, i) => (generator === undefined ? null : statesOf(generator, inEpoch ? this.generatorStarts[i] : null))),
      means: inEpoch ? this.measures.meanStates : {}, metrics: inEpoch ? this.measures.metricStates : {},
      accumulation: this.window.stateDict(),
      gradients: this.window.count === 0 ? [] : this.parameters.map(({ grad }) => grad),
      callbacks: this.callbacks.map((callback) => ({ name: callback.constructor.name, state: callback.stateDict?.() ?? null })),
    };
  }

  private get parameters(): readonly Tensor[] {
    return this.optimizer.paramGroups.flatMap(({ params }) => params);
  }

  loadStateDict(saved: LoopState): void {
    const state = readLoopState(saved), { parameters } = this;
    if (state.gradients.length !== 0 && state.gradients.length !== parameters.length) throw new ArgumentError('Trainer.loadStateDict', 'gradients', `must be of ${parameters.length} parameters, got ${state.gradients.length}`);
    this.window.loadStateDict(state.accumulation);
    this.measures.load(state.means, state.metrics);
    parameters.forEach((parameter, i) => void (parameter.grad = state.gradients[i]?.clone() ?? null));
    // Callbacks of the same class and place get their state; new ones start anew.
    this.callbacks.forEach((callback, i) => {
      const own = state.callbacks[i];
      if (own?.name === callback.constructor.name && own.state !== null) callback.loadStateDict?.(own.state as never);
    });
    this.currentEpoch = state.epoch;
    this.position = state.batch;
    this.globalStep = state.global_step;
    this.skippedBatches = state.skipped;
    this.epochRng = state.epoch_rng;
    this.isBetween = false;
    for (const name of Object.keys(this.record)) delete this.record[name];
    for (const [name, values] of Object.entries(state.history)) this.record[name] = [...values];
    this.resumed = state;
  }
}

function missing(): never {
  throw new ArgumentError('Trainer', 'optimizer', 'is missing: training needs it');
}

function signalArg(op: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof AbortSignal)) throw new ArgumentError(op, 'signal', `must be an AbortSignal, got ${show(value)}`);
  return value;
}
