/** What happens around a loop: hooks of the Trainer, which loops of one's own may call as well. */
import type { Trainer } from './trainer.ts';

/** Numbers of an epoch or a step by name: `loss`, `val_loss`, `val_accuracy`. */
export type Logs = Readonly<Record<string, number>>;

/** A hook may be asynchronous; those of a callback are awaited one after the other, in the order of the list. */
type Hook<Arguments extends readonly unknown[] = []> = (trainer: Trainer, ...args: Arguments) => void | Promise<void>;

/**
 * Something that watches or steers a training run. `trainer.shouldStop = true` ends it after the epoch. What has a state
 * is saved with the trainer and goes on with it.
 */
export interface Callback {
  onFitStart?: Hook;
  onEpochStart?: Hook;
  onBatchStart?: Hook<[batch: unknown, batchIdx: number]>;
  /** After the optimizer's step, where the batch ends one. */
  onBatchEnd?: Hook<[logs: Logs, batch: unknown, batchIdx: number]>;
  /** After every pass over validation data; not after `validate()` on its own. */
  onValidationEnd?: Hook<[logs: Logs]>;
  /** After training and validation of an epoch. */
  onEpochEnd?: Hook<[logs: Logs]>;
  /** Also where the run was stopped, not where it failed. */
  onFitEnd?: Hook;
  /** Before the error leaves `fit`. */
  onException?: Hook<[error: unknown]>;
  stateDict?(): object;
  loadStateDict?(state: never): unknown;
}
