/** Which steps of a training loop are profiled. */
import { bind, intArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';

/** PyTorch's `torch.profiler.ProfilerAction`. */
export const ProfilerAction = { NONE: 0, WARMUP: 1, RECORD: 2, RECORD_AND_SAVE: 3 } as const;
export type ProfilerAction = (typeof ProfilerAction)[keyof typeof ProfilerAction];

export type Schedule = (step: number) => ProfilerAction;

export interface ScheduleOptions {
  /** Steps that are left alone at the beginning of each cycle. */
  readonly wait: number;
  /** Steps that are profiled and thrown away, so that what is kept does not hold first times. */
  readonly warmup: number;
  readonly active: number;
  /** Cycles; 0 goes on to the end. */
  readonly repeat?: number;
  /** Steps before the first cycle. */
  readonly skipFirst?: number;
  /** Other than 0: the first cycle does not wait. */
  readonly skipFirstWait?: number;
}

const SCHEDULE = signature('schedule(*, wait, warmup, active, repeat?, skipFirst?, skipFirstWait?)');

/** PyTorch's `torch.profiler.schedule`: cycles of `wait`, `warmup` and `active` steps. A cycle's last step gives the trace. */
export function schedule(options: ScheduleOptions): Schedule {
  if (!isOptions(options)) throw new ArgumentError('schedule', 'options', `must be an object { wait, warmup, active }, got ${show(options)}`);
  const bound = bind(SCHEDULE, [options]);
  const size = (name: string, least: number, fallback?: number): number => {
    const value = intArg('schedule', name, bound[name], fallback);
    if (value < least) throw new ArgumentError('schedule', name, `must be at least ${least}, got ${value}`);
    return value;
  };
  const wait = size('wait', 0), warmup = size('warmup', 0), active = size('active', 1), repeat = size('repeat', 0, 0), skipFirst = size('skipFirst', 0, 0), skipFirstWait = size('skipFirstWait', 0, 0);
  return (given) => {
    if (given < skipFirst) return ProfilerAction.NONE;
    // Without its wait, the first cycle begins where its warmup does.
    const step = given - skipFirst + (skipFirstWait === 0 ? 0 : wait), cycle = wait + warmup + active;
    if (repeat > 0 && Math.floor(step / cycle) >= repeat) return ProfilerAction.NONE;
    const at = step % cycle;
    return at < wait ? ProfilerAction.NONE : at < wait + warmup ? ProfilerAction.WARMUP : at < cycle - 1 ? ProfilerAction.RECORD : ProfilerAction.RECORD_AND_SAVE;
  };
}
