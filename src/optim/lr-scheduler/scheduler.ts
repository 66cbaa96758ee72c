/** What every schedule is: rates by epoch, written into the groups of an optimizer, and a state that can be saved. */
import { intArg, numberArg, show } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Optimizer, rate, type BaseHyper, type Group } from '../optimizer.ts';

export type AnyGroup = Group<BaseHyper>;
/** What schedules need of an optimizer, whatever its hyperparameters. */
export type Schedulable = Pick<Optimizer, 'step' | 'zeroGrad'> & { readonly paramGroups: readonly AnyGroup[] };
export interface Resume { readonly lastEpoch?: number }

export function setRate(group: AnyGroup, value: number): void {
  if (group.lr instanceof Tensor) group.lr.fill_(value);
  else group.lr = value;
}

/** PyTorch's name of a field. */
const FIELD_NAMES: Readonly<Record<string, string>> = { TMax: 'T_max', T0: 'T_0', TMult: 'T_mult', Ti: 'T_i', TCur: 'T_cur', stepCount: '_step_count', lastLr: '_last_lr', starts: '_milestones' };
const fieldName = (name: string): string => FIELD_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export abstract class LRScheduler {
  readonly optimizer: Schedulable;
  lastEpoch: number;
  /** The learning rate of every group before any schedule. */
  readonly baseLrs: readonly number[];
  protected stepCount = 0;
  /** While the first rates are set: recursive formulas then leave the rate as it is. */
  protected isInitial = false;
  protected lastLr: readonly number[] = [];

  constructor(optimizer: Schedulable, lastEpoch = -1) {
    const name = this.constructor.name;
    if (!(optimizer instanceof Optimizer)) throw new ArgumentError(name, 'optimizer', `must be an Optimizer, got ${show(optimizer)}`);
    this.optimizer = optimizer;
    this.lastEpoch = intArg(name, 'lastEpoch', lastEpoch);
    if (lastEpoch === -1) for (const group of this.groups) group.initialLr ??= rate(group);
    this.baseLrs = this.groups.map((group, i) => {
      if (group.initialLr === undefined) throw new ArgumentError(name, 'lastEpoch', `${lastEpoch} resumes a schedule, but group ${i} has no initialLr`);
      return group.initialLr;
    });
  }

  /** The learning rates of this epoch, by the rates before: what a schedule of one's own writes. */
  abstract getLr(): number[];

  /** The rates of an epoch by its number alone; null where the recursive formula is the only one. */
  protected closedForm(): number[] | null {
    return null;
  }

  protected get groups(): readonly AnyGroup[] {
    return this.optimizer.paramGroups;
  }

  protected get current(): number[] {
    return this.groups.map(rate);
  }

  /** Sets the rates of the first epoch; constructors end with it, when they have set what `getLr` reads. */
  start(): void {
    this.stepCount = 0;
    this.isInitial = true;
    try {
      this.step();
    } finally {
      this.isInitial = false;
    }
  }

  /** Moves to the next epoch, or to the given one. Called after `optimizer.step()`. */
  step(epoch?: number | Tensor): void {
    if (epoch === undefined && this.stepCount === 0 && this.lastEpoch === -1 && !this.isInitial) throw new ArgumentError(this.constructor.name, 'constructor', 'must end with this.start(), which sets the first rates');
    this.stepCount++;
    this.moveTo(epoch === undefined ? undefined : intArg(this.constructor.name, 'epoch', epoch));
  }

  /** @internal */
  moveTo(epoch?: number): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    this.write((epoch === undefined ? null : this.closedForm()) ?? this.getLr());
  }

  protected write(rates: readonly number[]): void {
    this.groups.forEach((group, i) => setRate(group, rates[i]));
    this.lastLr = this.current;
  }

  /** The rates that the last step set. */
  getLastLr(): readonly number[] {
    return this.lastLr;
  }

  /** @internal One step back, before a composed schedule starts anew. */
  undo(): void {
    this.lastEpoch--;
  }

  /** Names of the fields that the state dict has, beside those of every schedule. */
  protected readonly fields: readonly string[] = [];

  private get allFields(): readonly string[] {
    return [...this.fields, 'baseLrs', 'lastEpoch', 'stepCount', 'lastLr'];
  }

  /** The schedule's numbers under PyTorch's names. */
  stateDict(): Record<string, unknown> {
    const values = this as unknown as Readonly<Record<string, unknown>>;
    return Object.fromEntries(this.allFields.map((name) => [fieldName(name), structuredClone(values[name])]));
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const values = this as unknown as Record<string, unknown>;
    if (typeof state !== 'object' || state === null) throw new ArgumentError('loadStateDict', 'stateDict', `must be an object, got ${show(state)}`);
    const known = this.allFields.filter((name) => fieldName(name) in state);
    if (known.length === 0) throw new ArgumentError('loadStateDict', 'stateDict', `must be the state of a ${this.constructor.name}, but has none of its fields`);
    for (const name of known) {
      const value = state[fieldName(name)], now = values[name];
      if (typeof now === 'number' && typeof value !== 'number') throw new ArgumentError('loadStateDict', fieldName(name), `must be a number, got ${show(value)}`);
      if (Array.isArray(now) && !Array.isArray(value)) throw new ArgumentError('loadStateDict', fieldName(name), `must be a list, got ${show(value)}`);
    }
    for (const name of known) values[name] = structuredClone(state[fieldName(name)]);
  }
}

/** One number for all groups, or one for each. */
export function perGroup(op: string, name: string, value: unknown, groups: readonly AnyGroup[]): number[] {
  if (!Array.isArray(value)) return groups.map(() => numberArg(op, name, value));
  if (value.length !== groups.length) throw new ArgumentError(op, name, `must be one number, or one for each of the ${groups.length} groups, got ${value.length}`);
  return value.map((item) => numberArg(op, name, item));
}

export function between(op: string, name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) throw new ArgumentError(op, name, `must be from ${low} to ${high}, got ${value}`);
  return value;
}
