/** Schedules along a cosine (Loshchilov and Hutter, 2017). */
import { bind, intArg, numberArg, signature, type CallArgs } from '../../core/args.ts';
import { ArgumentError } from '../../core/errors.ts';
import { LRScheduler, type Resume, type Schedulable } from './scheduler.ts';

const COSINE = signature('CosineAnnealingLR(optimizer, TMax, etaMin?, lastEpoch?)');

/** From the initial rate to `etaMin` and back along a cosine of half period `TMax`. */
export class CosineAnnealingLR extends LRScheduler {
  protected override readonly fields = ['TMax', 'etaMin'];
  readonly TMax: number;
  readonly etaMin: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[TMax: number, etaMin: number, lastEpoch: number], Resume & { readonly TMax?: number; readonly etaMin?: number }>) {
    const given = bind(COSINE, [optimizer, ...args]);
    super(optimizer, intArg('CosineAnnealingLR', 'lastEpoch', given.lastEpoch, -1));
    this.TMax = numberArg('CosineAnnealingLR', 'TMax', given.TMax);
    this.etaMin = numberArg('CosineAnnealingLR', 'etaMin', given.etaMin, 0);
    this.start();
  }

  private cosine(epoch: number): number {
    return 1 + Math.cos((Math.PI * epoch) / this.TMax);
  }

  getLr(): number[] {
    const { TMax, etaMin, lastEpoch } = this;
    if (this.isInitial) return this.current;
    if (this.stepCount === 1 && lastEpoch > 0) return this.closedForm();
    // At the trough the ratio of cosines below would divide by zero.
    const leavesTrough = (lastEpoch - 1 - TMax) % (2 * TMax) === 0;
    return this.current.map((lr, i) => (leavesTrough
      ? lr + ((this.baseLrs[i] - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2
      : (this.cosine(lastEpoch) / this.cosine(lastEpoch - 1)) * (lr - etaMin) + etaMin));
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((base) => this.etaMin + ((base - this.etaMin) * this.cosine(this.lastEpoch)) / 2);
  }
}

const RESTARTS = signature('CosineAnnealingWarmRestarts(optimizer, T0, TMult?, etaMin?, lastEpoch?)');
type RestartOptions = Resume & { readonly T0?: number; readonly TMult?: number; readonly etaMin?: number };

/** A cosine from the initial rate to `etaMin` that starts again after `T0` epochs, each time `TMult` times as long. */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  protected override readonly fields = ['T0', 'Ti', 'TMult', 'etaMin', 'TCur'];
  readonly T0: number;
  readonly TMult: number;
  readonly etaMin: number;
  /** Epochs of the current period, and where in it the schedule is. */
  private Ti: number;
  private TCur: number;

  constructor(optimizer: Schedulable, ...args: CallArgs<[T0: number, TMult: number, etaMin: number, lastEpoch: number], RestartOptions>) {
    const name = 'CosineAnnealingWarmRestarts', given = bind(RESTARTS, [optimizer, ...args]);
    super(optimizer, intArg(name, 'lastEpoch', given.lastEpoch, -1));
    this.T0 = this.Ti = intArg(name, 'T0', given.T0);
    if (this.T0 < 1) throw new ArgumentError(name, 'T0', `must be at least 1, got ${this.T0}`);
    this.TMult = intArg(name, 'TMult', given.TMult, 1);
    if (this.TMult < 1) throw new ArgumentError(name, 'TMult', `must be at least 1, got ${this.TMult}`);
    this.etaMin = numberArg(name, 'etaMin', given.etaMin, 0);
    this.TCur = this.lastEpoch;
    this.start();
  }

  getLr(): number[] {
    return this.baseLrs.map((base) => this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * this.TCur) / this.Ti))) / 2);
  }

  /** Moves to the next epoch, or to any point in time: the epoch may be a fraction. */
  override step(epoch?: number): void {
    this.moveTo(epoch);
  }

  /** @internal */
  override moveTo(epoch?: number): void {
    const { T0, TMult } = this, to = epoch ?? (this.lastEpoch < 0 ? 0 : undefined);
    if (to === undefined) {
      this.lastEpoch++;
      this.TCur++;
      if (this.TCur >= this.Ti) {
        this.TCur %= this.Ti;
        this.Ti *= TMult;
      }
    } else {
      if (!(numberArg('step', 'epoch', to) >= 0)) throw new ArgumentError('step', 'epoch', `must not be negative, got ${to}`);
      const periods = to < T0 ? 0 : TMult === 1 ? Math.floor(to / T0) : Math.floor(Math.log((to / T0) * (TMult - 1) + 1) / Math.log(TMult));
      this.Ti = T0 * TMult ** periods;
      this.TCur = to - (TMult === 1 ? T0 * periods : (T0 * (TMult ** periods - 1)) / (TMult - 1));
      this.lastEpoch = Math.floor(to);
    }
    this.write(this.getLr());
  }
}
