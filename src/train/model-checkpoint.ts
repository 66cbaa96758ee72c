/** ModelCheckpoint: files of the best epochs, and of the last one. */
import { mkdirSync, rmSync, existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { bind, boolArg, intArg, isOptions, numberArg, show, signature, stringArg } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { saveCheckpoint, type Run } from '../io/checkpoint.ts';
import type { Callback, Logs } from './callback.ts';
import { isBetter, monitored, type Mode } from './early-stopping.ts';
import { fill } from './format.ts';
import type { Trainer } from './trainer.ts';

export interface ModelCheckpointOptions {
  /** Where the files go (`checkpoints`). */
  readonly dirpath?: string | null;
  /** Name without its ending; `{epoch}`, `{step}` and what is measured, by Python's format: `'{epoch:02d}-{val_loss:.3f}'`. */
  readonly filename?: string | null;
  /** Number by which epochs are compared; without one the last is the best. */
  readonly monitor?: string | null;
  readonly mode?: Mode | null;
  /** How many of the best are kept: 0 none, -1 all (1). */
  readonly saveTopK?: number | null;
  /** Also writes `last` every time. */
  readonly saveLast?: boolean | null;
  /** Epochs between two looks. */
  readonly everyNEpochs?: number | null;
  /** Saves the model alone. */
  readonly saveWeightsOnly?: boolean | null;
  /** `epoch=02-val_loss=0.312` rather than `02-0.312`. */
  readonly autoInsertMetricName?: boolean | null;
  /** The format of the files: `.safetensors`, or `.pt` for PyTorch. */
  readonly extension?: '.safetensors' | '.pt' | null;
}

const SIGNATURE = signature('ModelCheckpoint(dirpath?, filename?, monitor?, *, mode?, saveTopK?, saveLast?, everyNEpochs?, saveWeightsOnly?, autoInsertMetricName?, extension?)');

export interface Kept {
  readonly path: string;
  readonly score: number;
}

/**
 * Keeps the checkpoints of the best epochs, Lightning's `ModelCheckpoint`; files appear whole or not at all.
 *
 *     const checkpoint = new ModelCheckpoint({ dirpath: 'runs/1', monitor: 'val_loss', filename: '{epoch:02d}-{val_loss:.3f}' });
 *     checkpoint.step({ epoch, step, val_loss: loss }, { model, optimizer, scheduler, epoch });
 *     loadCheckpoint(checkpoint.bestModelPath, { model, optimizer, scheduler });
 */
export class ModelCheckpoint implements Callback {
  readonly dirpath: string;
  readonly filename: string;
  readonly monitor: string | undefined;
  readonly mode: Mode;
  readonly saveTopK: number;
  /** The file of the best epoch so far; '' before the first. */
  bestModelPath = '';
  bestModelScore: number | null = null;
  lastModelPath = '';
  /** Files that are kept, the best first. */
  kept: readonly Kept[] = [];
  private calls = 0;
  private readonly saveLast: boolean;
  private readonly everyNEpochs: number;
  private readonly saveWeightsOnly: boolean;
  private readonly autoInsertMetricName: boolean;
  private readonly extension: string;

  constructor(...args: readonly [options?: ModelCheckpointOptions] | readonly [dirpath: string, options?: Omit<ModelCheckpointOptions, 'dirpath'>]
    | readonly [dirpath: string, filename: string, monitor?: string | ModelCheckpointOptions, options?: ModelCheckpointOptions]) {
    const op = 'ModelCheckpoint', given = bind(SIGNATURE, args);
    for (const name of ['dirpath', 'filename', 'monitor']) if (given[name] !== undefined && (typeof given[name] !== 'string' || given[name] === '')) throw new ArgumentError(op, name, `must be a string, got ${show(given[name])}`);
    this.dirpath = (given.dirpath as string | undefined) ?? 'checkpoints';
    this.monitor = given.monitor as string | undefined;
    this.filename = (given.filename as string | undefined) ?? '{epoch}-{step}';
    this.mode = stringArg(op, 'mode', given.mode, ['min', 'max'], 'min');
    this.saveTopK = intArg(op, 'saveTopK', given.saveTopK, 1);
    if (this.saveTopK < -1) throw new ArgumentError(op, 'saveTopK', `must be at least -1, got ${this.saveTopK}`);
    if (this.monitor === undefined && this.saveTopK > 1) throw new ArgumentError(op, 'saveTopK', `${this.saveTopK} needs a monitor: without one only 0, 1 and -1 have a meaning`);
    this.everyNEpochs = intArg(op, 'everyNEpochs', given.everyNEpochs, 1);
    if (this.everyNEpochs < 1) throw new ArgumentError(op, 'everyNEpochs', `must be at least 1, got ${this.everyNEpochs}`);
    this.saveLast = boolArg(op, 'saveLast', given.saveLast);
    this.saveWeightsOnly = boolArg(op, 'saveWeightsOnly', given.saveWeightsOnly);
    this.autoInsertMetricName = boolArg(op, 'autoInsertMetricName', given.autoInsertMetricName, true);
    this.extension = stringArg(op, 'extension', given.extension, ['.safetensors', '.pt'], '.safetensors');
  }

  /** The name of a file for these numbers: Lightning's `format_checkpoint_name`, without the directory. */
  formatCheckpointName(logs: Logs): string {
    const pattern = this.autoInsertMetricName ? this.filename.replace(/\{(\w[\w/.-]*)(:[^{}]*)?\}/g, (field, name: string) => `${name.replaceAll('/', '_')}=${field}`) : this.filename;
    return fill(pattern, (name) => (Object.hasOwn(logs, name) ? logs[name] : name === 'epoch' || name === 'step' ? 0 : undefined));
  }

  /**
   * Looks at the numbers of an epoch and writes `run` (as `saveCheckpoint` takes it) where it is among the best. True
   * when the model is the best so far.
   */
  step(logs: Logs, run: Run): boolean {
    if (!isOptions(run)) throw new ArgumentError('ModelCheckpoint.step', 'run', `must be an object of the parts of a run, got ${show(run)}`);
    if (!isOptions(logs)) throw new ArgumentError('ModelCheckpoint.step', 'logs', `must be an object of numbers by name, got ${show(logs)}`);
    const before = this.stateDict();
    try {
      return this.look(logs, run);
    } catch (error) {
      // A file that could not be written is not among those that are kept.
      this.loadStateDict(before);
      throw error;
    }
  }

  private look(logs: Logs, run: Run): boolean {
    const due = this.calls++ % this.everyNEpochs === this.everyNEpochs - 1;
    if (!due) return false;
    const best = this.saveTopK !== 0 && this.keep(logs, run);
    if (this.saveLast) {
      this.lastModelPath = join(this.dirpath, `last${this.extension}`);
      this.write(this.lastModelPath, run);
    }
    return best;
  }

  private keep(logs: Logs, run: Run): boolean {
    const { mode, saveTopK, kept, monitor } = this, score = monitor === undefined ? NaN : monitored('ModelCheckpoint', monitor, logs, true) as number;
    // NaN is worse than anything, and of equal ones the first stays; without a monitor the newest is the best.
    const place = monitor === undefined ? 0 : kept.findIndex((each) => isBetter(mode, score, each.score) || (Number.isNaN(each.score) && !Number.isNaN(score)));
    const at = place < 0 ? kept.length : place;
    if (saveTopK !== -1 && at >= saveTopK) return false;
    const path = this.free(logs), all = [...kept.slice(0, at), { path, score }, ...kept.slice(at)];
    this.kept = saveTopK === -1 ? all : all.slice(0, saveTopK);
    this.bestModelPath = this.kept[0].path;
    this.bestModelScore = monitor === undefined ? null : this.kept[0].score;
    // The new file is whole before an old one goes.
    this.write(path, run);
    for (const { path: old } of saveTopK === -1 ? [] : all.slice(saveTopK)) rmSync(old, { force: true });
    return at === 0;
  }

  /** A name that no other file has: `-v1` and so on after it, as in Lightning. */
  private free(logs: Logs): string {
    const name = this.formatCheckpointName(logs);
    for (let version = 0; ; version++) {
      const path = join(this.dirpath, `${name}${version === 0 ? '' : `-v${version}`}${this.extension}`);
      if (!existsSync(path)) return path;
    }
  }

  private write(path: string, run: Run): void {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    saveCheckpoint(this.saveWeightsOnly ? Object.fromEntries(Object.entries(run).filter(([name]) => name === 'model')) : run, path);
  }

  onEpochEnd(trainer: Trainer, logs: Logs): void {
    if (this.monitor !== undefined && !(this.monitor in logs) && !trainer.isValidated && trainer.settings.checkValEveryNEpoch > 1) return;
    this.step({ ...logs, epoch: trainer.currentEpoch, step: trainer.globalStep }, trainer.checkpointRun());
  }

  stateDict(): Readonly<Record<string, unknown>> {
    return {
      best_model_path: this.bestModelPath, best_model_score: this.bestModelScore, last_model_path: this.lastModelPath, calls: this.calls,
      kept: this.kept.map(({ path, score }) => ({ path, score })),
    };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const op = 'ModelCheckpoint.loadStateDict';
    if (!isOptions(state) || !Array.isArray(state.kept)) throw new ArgumentError(op, 'state', `must be the state of a ModelCheckpoint, got ${show(state)}`);
    const kept = state.kept.map((each: unknown): Kept => {
      if (!isOptions(each) || typeof each.path !== 'string') throw new ArgumentError(op, 'kept', 'must be files with their scores');
      return { path: each.path, score: numberArg(op, 'score', each.score) };
    });
    this.calls = intArg(op, 'calls', state.calls);
    // Files that are kept are deleted one day: a state that comes out of a file may only name those of our own folder.
    this.kept = kept.filter(({ path }) => resolve(path).startsWith(resolve(this.dirpath) + sep) && path.endsWith(this.extension));
    this.bestModelPath = String(state.best_model_path);
    this.bestModelScore = state.best_model_score === null ? null : numberArg(op, 'best_model_score', state.best_model_score);
    this.lastModelPath = String(state.last_model_path);
  }
}
