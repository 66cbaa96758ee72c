/** Whole training runs in one file: what has a state, the random generators, and what the script keeps beside them. */
import { isOptions, show } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { Generator, getRngState, setRngState } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { FileFormatError } from './errors.ts';
import { load, save } from './file.ts';
import type { Saveable } from './tree.ts';

/** A module, an optimizer, a schedule: anything that gives its state and takes it back. */
export interface Stateful {
  stateDict(): object;
  loadStateDict(state: never): unknown;
}

/** The parts of a run by name. */
export type Run = Readonly<Record<string, Stateful | Generator | Saveable | object>>;

/** The name of the default generator's state in the file. */
const RNG = 'rng_state';

// Modules are functions.
const isStateful = (value: unknown): value is Stateful => ((typeof value === 'object' && value !== null) || typeof value === 'function') && !(value instanceof Tensor)
  && typeof (value as Partial<Stateful>).stateDict === 'function' && typeof (value as Partial<Stateful>).loadStateDict === 'function';

/**
 * Writes a run: the state dicts of what has one, the states of generators, everything else as it is, and the state of
 * the default generator as `rng_state`. The format follows the name of the file, as in `save`.
 */
export function saveCheckpoint(run: Run, path: string): void {
  if (!isOptions(run)) throw new ArgumentError('saveCheckpoint', 'run', `must be an object of the parts of a run, got ${show(run)}`);
  if (RNG in run) throw new ArgumentError('saveCheckpoint', RNG, 'is what the state of the default generator is saved as');
  save({ ...Object.fromEntries(Object.entries(run).map(([name, part]) => [name, state(part)])), [RNG]: getRngState() }, path);
}

const state = (part: unknown): unknown => (part instanceof Generator ? getRngState(part) : isStateful(part) ? part.stateDict() : part);

/**
 * Continues a run: gives the states of a file of {@link saveCheckpoint} to the parts of the same names, sets the default
 * generator, and returns everything else that is in the file. Where one part does not fit, all stay as they were.
 */
export function loadCheckpoint<T = Readonly<Record<string, Saveable>>>(path: string, run: Readonly<Record<string, Stateful | Generator>>): T {
  if (!isOptions(run)) throw new ArgumentError('loadCheckpoint', 'run', `must be an object of the parts of a run, got ${show(run)}`);
  const saved = load<Readonly<Record<string, unknown>>>(path), parts = Object.entries(run);
  if (!isOptions(saved)) throw new FileFormatError('loadCheckpoint', path, 'holds something else than a run');
  for (const [name, part] of parts) if (!isStateful(part) && !(part instanceof Generator)) throw new ArgumentError('loadCheckpoint', name, `must have stateDict() and loadStateDict(), got ${show(part)}`);
  const missing = [...parts.map(([name]) => name), RNG].filter((name) => !Object.hasOwn(saved, name));
  if (missing.length > 0) throw new FileFormatError('loadCheckpoint', path, `has no ${missing.join(', no ')}; it has ${Object.keys(saved).join(', ') || 'nothing'}`);
  const before = parts.map(([, part]) => copy(state(part))), rng = getRngState();
  try {
    for (const [name, part] of parts) restore(part, saved[name]);
    setRngState(saved[RNG] as Tensor);
  } catch (error) {
    parts.forEach(([, part], i) => restore(part, before[i]));
    setRngState(rng);
    throw error;
  }
  return Object.fromEntries(Object.entries(saved).filter(([name]) => name !== RNG && !Object.hasOwn(run, name))) as T;
}

function restore(part: Stateful | Generator, saved: unknown): void {
  if (part instanceof Generator) setRngState(saved as Tensor, part);
  else part.loadStateDict(saved as never);
}

/** A state dict's tensors are the living ones. */
function copy(value: unknown): unknown {
  if (value instanceof Tensor) return value.detach().clone();
  if (Array.isArray(value)) return value.map(copy);
  return isOptions(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)])) : value;
}
