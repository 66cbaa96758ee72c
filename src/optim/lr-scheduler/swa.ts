/** The schedule that goes with averages of weights (Izmailov et al., 2018). */
import { bind, intArg, numberArg, signature, stringArg, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { rate } from '../optimizer.ts';
import { LRScheduler, perGroup, type Resume, type Schedulable } from './scheduler.ts';

export interface SWALROptions extends Resume {
  readonly swaLr?: number | readonly number[];
  readonly annealEpochs?: number;
  readonly annealStrategy?: 'cos' | 'linear';
}

const SWALR_SIGNATURE = signature('SWALR(optimizer, swaLr, annealEpochs?, annealStrategy?, lastEpoch?)');

/** From the rate of each group to `swaLr` within `annealEpochs` epochs, and then constant. */
export class SWALR extends LRScheduler {
  protected override readonly fields = ['annealEpochs'];
  readonly annealEpochs: number;
  private readonly strategy: 'cos' | 'linear';

  constructor(optimizer: Schedulable, ...args: CallArgs<[swaLr: number | readonly number[], annealEpochs: number, annealStrategy: 'cos' | 'linear', lastEpoch: number], SWALROptions>) {
    const given = bind(SWALR_SIGNATURE, [optimizer, ...args]);
    super(optimizer, intArg('SWALR', 'lastEpoch', given.lastEpoch, -1));
    const rates = perGroup('SWALR', 'swaLr', given.swaLr, this.groups);
    this.strategy = stringArg('SWALR', 'annealStrategy', given.annealStrategy, ['cos', 'linear'], 'cos');
    this.annealEpochs = intArg('SWALR', 'annealEpochs', given.annealEpochs, 10);
    if (this.annealEpochs < 0) throw new ArgumentError('SWALR', 'annealEpochs', `must not be negative, got ${this.annealEpochs}`);
    this.groups.forEach((group, i) => { group.swaLr = rates[i]; });
    this.start();
  }

  /** The share of `swaLr` at a step. */
  private share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.strategy === 'cos' ? (1 - Math.cos(Math.PI * t)) / 2 : t;
  }

  getLr(): number[] {
    const step = this.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const before = this.share(step - 1), now = this.share(step);
    return this.groups.map((group) => {
      const target = numberArg('SWALR', 'group.swaLr', group.swaLr);
      const initial = before === 1 ? target : (rate(group) - before * target) / (1 - before);
      return target * now + initial * (1 - now);
    });
  }

  override stateDict(): Record<string, unknown> {
    return { ...super.stateDict(), _anneal_strategy: this.strategy };
  }
}
