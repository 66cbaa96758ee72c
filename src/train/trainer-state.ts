/** The place of a run in its epochs, as it is saved with the model: with it a run goes on bit for bit. */
import { intArg, isOptions, numberArg, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Generator, getRngState, setRngState } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';

const op = 'Trainer.loadStateDict';

/** State of one generator at the start of the epoch, and now. */
export interface GeneratorStates {
  readonly start: Tensor;
  readonly now: Tensor;
}

export interface LoopState {
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly batch: number;
  readonly global_step: number;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly skipped: number;
  /** The default generator at the start of the epoch; null between epochs. */
  readonly epoch_rng: Tensor | null;
  /** Of the loader, then those given to the trainer. */
  readonly generators: readonly (GeneratorStates | null)[];
  readonly means: Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  readonly accumulation: { readonly count: number; readonly weight: number };
  /** Of the window that has begun, by the order of the parameters. */
  readonly gradients: readonly (Tensor | null)[];
  readonly callbacks: readonly { readonly name: string; readonly state: object | null }[];
}

const isTensorDict = (value: unknown): value is Record<string, Tensor> => isOptions(value) && Object.values(value).every((each) => each instanceof Tensor);
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((each) => typeof each === 'number');

function check(ok: boolean, name: string, expected: string, got: unknown): void {
  if (!ok) throw new ArgumentError(op, name, `must be ${expected}, got ${show(got)}`);
}

/** The state of a file as it must be; nothing is taken over before all of it has been looked at. */
export function readLoopState(state: unknown): LoopState {
  if (!isOptions(state)) throw new ArgumentError(op, 'state', `must be the state of a Trainer, got ${show(state)}`);
  for (const name of ['epoch', 'batch', 'global_step', 'skipped']) check(intArg(op, name, state[name]) >= 0, name, 'at least 0', state[name]);
  check(isOptions(state.history) && Object.values(state.history).every(isNumbers), 'history', 'lists of numbers by name', state.history);
  check(state.epoch_rng === null || state.epoch_rng instanceof Tensor, 'epoch_rng', 'the state of a generator', state.epoch_rng);
  check(state.batch === 0 || state.epoch_rng !== null, 'epoch_rng', 'the state of a generator in the middle of an epoch', null);
  const isStates = (each: unknown): boolean => each === null || (isOptions(each) && each.start instanceof Tensor && each.now instanceof Tensor);
  check(Array.isArray(state.generators) && state.generators.every(isStates), 'generators', 'states of generators', state.generators);
  for (const name of ['means', 'metrics']) check(isOptions(state[name]) && Object.values(state[name] as object).every(isTensorDict), name, 'states of metrics by name', state[name]);
  check(isOptions(state.accumulation), 'accumulation', 'a count and a weight', state.accumulation);
  check(Array.isArray(state.gradients) && state.gradients.every((each) => each === null || each instanceof Tensor), 'gradients', 'tensors', state.gradients);
  check(Array.isArray(state.callbacks) && state.callbacks.every((each) => isOptions(each) && typeof each.name === 'string'), 'callbacks', 'states of callbacks', state.callbacks);
  return state as unknown as LoopState;
}

export const statesOf = (generator: Generator, start: Tensor | null): GeneratorStates => ({ start: start ?? getRngState(generator), now: getRngState(generator) });

/** A column for every name; an epoch without a number of that name has NaN. */
export function addToHistory(history: Record<string, number[]>, epoch: number, logs: Readonly<Record<string, number>>): void {
  const row: Readonly<Record<string, number>> = { epoch, ...logs }, before = history.epoch?.length ?? 0;
  for (const name of Object.keys(row)) history[name] ??= new Array<number>(before).fill(NaN);
  for (const [name, values] of Object.entries(history)) values.push(numberArg('history', name, row[name], NaN));
}

/** Generators at the places where they were: at their start where the epoch is replayed. */
export function setGenerators(generators: readonly (Generator | undefined)[], states: LoopState['generators'], at: keyof GeneratorStates): void {
  generators.forEach((generator, i) => {
    const state = states[i];
    if (generator !== undefined && state !== null && state !== undefined) setRngState(state[at], generator);
  });
}
