/** Schedules made of schedules. */
import { bind, intArg, show, signature, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { ReduceLROnPlateau } from './plateau.ts';
import { LRScheduler, setRate, type Resume, type Schedulable } from './scheduler.ts';

function checkSchedulers(op: string, schedulers: readonly LRScheduler[], optimizer: Schedulable): void {
  schedulers.forEach((scheduler, i) => {
    if (!(scheduler instanceof LRScheduler)) throw new ArgumentError(op, 'schedulers', `must be schedulers, got ${show(scheduler)} at ${i}`);
    if (scheduler instanceof ReduceLROnPlateau) throw new ArgumentError(op, 'schedulers', `must be stepped without a metric, got ReduceLROnPlateau at ${i}`);
    if (scheduler.optimizer !== optimizer) throw new ArgumentError(op, 'schedulers', `must act on one optimizer, the one at ${i} acts on another`);
  });
}

function listOf(op: string, schedulers: unknown): readonly LRScheduler[] {
  if (!Array.isArray(schedulers) || schedulers.length === 0) throw new ArgumentError(op, 'schedulers', `must be a list of at least one scheduler, got ${show(schedulers)}`);
  return schedulers as readonly LRScheduler[];
}

abstract class ComposedScheduler extends LRScheduler {
  protected readonly schedulers: readonly LRScheduler[];

  constructor(optimizer: Schedulable, schedulers: readonly LRScheduler[], lastEpoch: number) {
    super(optimizer, lastEpoch);
    checkSchedulers(this.constructor.name, schedulers, optimizer);
    this.schedulers = schedulers;
  }

  getLr(): number[] {
    return this.current;
  }

  override undo(): void {
    for (const scheduler of this.schedulers) scheduler.undo();
  }

  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), _schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  override loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const inner = state?._schedulers;
    if (!Array.isArray(inner) || inner.length !== this.schedulers.length) throw new ArgumentError('loadStateDict', '_schedulers', `must be the states of ${this.schedulers.length} schedulers, got ${show(inner)}`);
    super.loadStateDict(state);
    this.schedulers.forEach((scheduler, i) => scheduler.loadStateDict(inner[i] as Readonly<Record<string, unknown>>));
  }
}

const SEQUENTIAL = signature('SequentialLR(optimizer, schedulers, milestones, lastEpoch?)');

/** One schedule after the other: each of the milestones is the epoch at which the next begins. */
export class SequentialLR extends ComposedScheduler {
  protected override readonly fields = ['starts'];
  /** The epochs at which the second and later schedules begin. */
  private readonly starts: readonly number[];

  constructor(optimizer: Schedulable,
    ...args: CallArgs<[schedulers: readonly LRScheduler[], milestones: readonly number[], lastEpoch: number], Resume & { readonly schedulers?: readonly LRScheduler[]; readonly milestones?: readonly number[] }>) {
    const given = bind(SEQUENTIAL, [optimizer, ...args]), schedulers = listOf('SequentialLR', given.schedulers);
    super(optimizer, schedulers, intArg('SequentialLR', 'lastEpoch', given.lastEpoch, -1));
    if (!Array.isArray(given.milestones) || given.milestones.length !== schedulers.length - 1) {
      throw new ArgumentError('SequentialLR', 'milestones', `must be ${schedulers.length - 1} epochs for ${schedulers.length} schedulers, got ${show(given.milestones)}`);
    }
    if (schedulers.slice(1).some((scheduler) => scheduler instanceof ComposedScheduler)) throw new ArgumentError('SequentialLR', 'schedulers', 'must be simple from the second one on: a composed schedule cannot begin at an epoch');
    this.starts = given.milestones.map((epoch) => intArg('SequentialLR', 'milestones', epoch));
    this.lastEpoch++;
    // The schedules have set their first rates one after the other; only the first one's may stand.
    for (const group of this.groups) if (group.initialLr !== undefined) setRate(group, group.initialLr);
    this.undo();
    this.at(0).start();
    this.lastLr = this.current;
  }

  private at(epoch: number): LRScheduler {
    return this.schedulers[this.starts.filter((milestone) => milestone <= epoch).length];
  }

  override step(): void {
    this.lastEpoch++;
    const scheduler = this.at(this.lastEpoch);
    if (this.starts.includes(this.lastEpoch)) scheduler.moveTo(0);
    else scheduler.step();
    this.lastLr = this.current;
  }
}

const CHAINED = signature('ChainedScheduler(schedulers, optimizer?)');

/** Schedules that act together: each step steps all of them. */
export class ChainedScheduler extends ComposedScheduler {
  constructor(...args: CallArgs<[schedulers: readonly LRScheduler[], optimizer: Schedulable | null], { readonly schedulers?: readonly LRScheduler[]; readonly optimizer?: Schedulable | null }>) {
    const given = bind(CHAINED, args), schedulers = listOf('ChainedScheduler', given.schedulers);
    super((given.optimizer as Schedulable | undefined) ?? schedulers[0]?.optimizer, schedulers, -1);
    this.lastLr = this.current;
  }

  override step(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    this.lastLr = this.current;
  }
}
