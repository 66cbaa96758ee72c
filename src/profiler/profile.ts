/** `profile`: what runs, how long it takes, what it allocates. */
import { bind, boolArg, isOptions, show, signature } from '../core/args.ts';
import { ArgumentError } from '../core/errors.ts';
import { addObserver, removeObserver } from '../tensor/observing.ts';
import { averagesOf, type EventList, type GroupOptions } from './averages.ts';
import type { ProfilerEvent } from './event.ts';
import { Recorder } from './recorder.ts';
import { ProfilerAction, type Schedule } from './schedule.ts';
import { traceOf, writeTrace } from './trace.ts';
import { writeFileSync } from 'node:fs';

/** PyTorch's `torch.profiler.ProfilerActivity`: there is one device. */
export const ProfilerActivity = { CPU: 'cpu' } as const;

export interface ProfileOptions {
  /** Accepted so that scripts port. */
  readonly activities?: Iterable<(typeof ProfilerActivity)[keyof typeof ProfilerActivity]> | null;
  /** Which steps are profiled, told apart by `step()`; default: everything. */
  readonly schedule?: Schedule | null;
  /** Called with the profile at the end of each cycle of the schedule, and at the end. */
  readonly onTraceReady?: ((profile: Profile) => void) | null;
  /** Keeps the shapes and dtypes of arguments. */
  readonly recordShapes?: boolean;
  /** Counts allocated bytes. */
  readonly profileMemory?: boolean;
  /** Keeps where in the program an operation was called. */
  readonly withStack?: boolean;
  /** Counts floating point operations of matrix products and convolutions. */
  readonly withFlops?: boolean;
  /** Shows the calls of modules in the trace. Rows can be grouped by module without it. */
  readonly withModules?: boolean;
  /** Keeps the events of earlier cycles. */
  readonly accEvents?: boolean;
}

const OPTIONS = signature('profile(*, activities?, schedule?, onTraceReady?, recordShapes?, profileMemory?, withStack?, withFlops?, withModules?, accEvents?)');
const FLAGS = ['recordShapes', 'profileMemory', 'withStack', 'withFlops', 'withModules', 'accEvents'] as const;
const METRICS = ['selfCpuTimeTotal', 'cpuTimeTotal', 'selfCpuMemoryUsage'] as const;

function functionOrNull<F>(name: string, value: unknown): F | null {
  if (value === undefined) return null;
  if (typeof value !== 'function') throw new ArgumentError('profile', name, `must be a function, got ${show(value)}`);
  return value as F;
}

const records = (action: ProfilerAction): boolean => action === ProfilerAction.RECORD || action === ProfilerAction.RECORD_AND_SAVE;

const profiles = new Set<Profile>();

/** The recorders of all running profiles. */
export const recorders = (): Recorder[] => [...profiles].map(({ recorder }) => recorder);

/** A profile that is taken or was taken. PyTorch's `torch.profiler.profile`. */
export class Profile<T = unknown> implements Disposable {
  /** What the profiled function has returned. */
  result: T | undefined = undefined;
  /** @internal */ readonly recorder: Recorder;
  private readonly flags: Readonly<Record<(typeof FLAGS)[number], boolean>>;
  private readonly schedule: Schedule | null;
  private readonly onTraceReady: ((profile: Profile) => void) | null;
  private readonly metadata: Record<string, unknown> = {};
  private action: ProfilerAction = ProfilerAction.NONE;
  private stepNumber = 0;
  private running = false;
  private stepEvent: ProfilerEvent | null = null;
  /** Of recordings that have ended. */
  private done: readonly ProfilerEvent[] = [];
  private base = 0;

  constructor(options: ProfileOptions = {}) {
    if (!isOptions(options)) throw new ArgumentError('profile', 'options', `must be an object, got ${show(options)}`);
    const bound = bind(OPTIONS, [options]);
    this.flags = Object.fromEntries(FLAGS.map((name) => [name, boolArg('profile', name, bound[name])])) as Record<(typeof FLAGS)[number], boolean>;
    for (const activity of (bound.activities ?? []) as Iterable<unknown>) if (activity !== ProfilerActivity.CPU) throw new ArgumentError('profile', 'activities', `must be of 'cpu', got ${show(activity)}`);
    this.schedule = functionOrNull('schedule', bound.schedule);
    this.onTraceReady = functionOrNull('onTraceReady', bound.onTraceReady);
    this.recorder = new Recorder(this.flags);
  }

  /** Begins; a profile that runs goes on. */
  start(): this {
    if (this.running) return this;
    this.running = true;
    this.stepNumber = 0;
    this.turn(this.schedule === null ? ProfilerAction.RECORD : this.schedule(0));
    return this;
  }

  /** Ends; what was recorded stays. */
  stop(): this {
    if (!this.running) return this;
    this.endStep();
    this.running = false;
    const recorded = records(this.action);
    this.listen(false);
    this.action = ProfilerAction.NONE;
    if (recorded) this.finish(true);
    return this;
  }

  /** Tells that the next step of the training loop begins. */
  step(): void {
    if (!this.running) throw new ArgumentError('step', 'profile', 'is not running: call start() first');
    this.endStep();
    this.stepNumber++;
    if (this.schedule !== null) this.turn(this.schedule(this.stepNumber));
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** From one kind of step to the next one. */
  private turn(next: ProfilerAction): void {
    const before = this.action;
    // A recording goes on from step to step, up to the one that saves it.
    if (before !== ProfilerAction.RECORD || !records(next)) {
      // The handler is not a part of what it shows.
      this.listen(false);
      this.action = ProfilerAction.NONE;
      if (records(before)) this.finish(before === ProfilerAction.RECORD_AND_SAVE);
      this.recorder.clear();
      this.base = performance.timeOrigin + performance.now();
    }
    this.action = next;
    this.listen(next !== ProfilerAction.NONE);
    if (this.schedule !== null && next !== ProfilerAction.NONE) this.stepEvent = this.recorder.open(`ProfilerStep#${this.stepNumber}`, 'step');
  }

  private finish(ready: boolean): void {
    this.done = this.flags.accEvents ? [...this.done, ...this.recorder.events] : this.recorder.events;
    if (ready) this.onTraceReady?.(this);
  }

  private endStep(): void {
    if (this.stepEvent !== null) this.recorder.close(this.stepEvent);
    this.stepEvent = null;
  }

  private listen(on: boolean): void {
    if (on === profiles.has(this)) return;
    if (on) {
      profiles.add(this);
      addObserver(this.recorder);
    } else {
      profiles.delete(this);
      removeObserver(this.recorder);
    }
    this.recorder.listen(on);
  }

  /** Everything that was seen, in the order in which it began. */
  events(): readonly ProfilerEvent[] {
    const running = records(this.action) ? this.recorder.events : [];
    return (running.length > 0 && !this.flags.accEvents ? running : [...this.done, ...running]).filter(({ end }) => !Number.isNaN(end));
  }

  /**
   * Events of one name summed up: calls, times, bytes, FLOPs. PyTorch's `key_averages`.
   *
   *     console.log(prof.keyAverages({ groupByInputShape: true }).table({ sortBy: 'selfCpuTimeTotal', rowLimit: 10 }));
   */
  keyAverages(...args: [] | [options: GroupOptions] | [groupByInputShape: boolean, groupByStackN?: number, options?: Pick<GroupOptions, 'groupByModule'>]): EventList {
    return averagesOf(this.events(), { memory: this.flags.profileMemory, flops: this.flags.withFlops }, ...args);
  }

  /** All events in one row. PyTorch's `total_average`. */
  totalAverage(): ReturnType<EventList['totalAverage']> {
    return this.keyAverages().totalAverage();
  }

  /** Adds a string to the trace file. */
  addMetadata(key: string, value: string): void {
    this.metadata[key] = value;
  }

  /** Adds JSON, given as text, to the trace file. */
  addMetadataJson(key: string, value: string): void {
    try {
      this.metadata[key] = JSON.parse(value) as unknown;
    } catch (error) {
      throw new ArgumentError('addMetadataJson', 'value', `must be JSON, got ${show(value)} (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  /** Writes a trace that Perfetto (ui.perfetto.dev) and chrome://tracing open; compressed where the path ends in .gz. */
  exportChromeTrace(path: string): void {
    const { recordShapes, profileMemory, withStack, withFlops, withModules } = this.flags, flag = Number;
    writeTrace('exportChromeTrace', path, traceOf(this.events(), this.base, {
      record_shapes: flag(recordShapes), profile_memory: flag(profileMemory), with_stack: flag(withStack), with_flops: flag(withFlops), with_modules: flag(withModules), ...this.metadata,
    }));
  }

  /** Writes stacks and what was spent in them, for flame graph tools: `frame;frame;frame 123`. Needs `withStack`. */
  exportStacks(path: string, metric: (typeof METRICS)[number] = 'selfCpuTimeTotal'): void {
    if (!METRICS.includes(metric)) throw new ArgumentError('exportStacks', 'metric', `must be one of ${METRICS.join(', ')}, got ${show(metric)}`);
    if (!this.flags.withStack) throw new ArgumentError('exportStacks', 'profile', 'has no stacks: give profile { withStack: true }');
    const sums = new Map<string, number>();
    for (const event of this.events()) {
      if (event.stack === null) continue;
      const key = [...event.stack].reverse().map((frame) => frame.trim().replace(/^at /, '').replaceAll(' ', '_')).concat(event.name).join(';');
      const spent = metric === 'selfCpuTimeTotal' ? event.selfTime : metric === 'cpuTimeTotal' ? event.duration : event.selfBytes;
      sums.set(key, (sums.get(key) ?? 0) + spent);
    }
    writeFileSync(path, [...sums].filter(([, spent]) => Math.round(spent) > 0).map(([key, spent]) => `${key} ${Math.round(spent)}\n`).join(''));
  }

  toString(): string {
    return this.keyAverages().table({ sortBy: 'selfCpuTimeTotal', rowLimit: 30 });
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * PyTorch's `torch.profiler.profile`: times every operation, derivative and kernel. `profile(fn)` gives the profile when
 * `fn`, which may be async, is done (its result is `prof.result`); `using prof = profile()` and `profile().stop()` do
 * without a function. Printing a profile prints its table.
 *
 *     const prof = profile(() => step(), { recordShapes: true });
 *     console.log(prof.keyAverages().table({ sortBy: 'cpuTimeTotal', rowLimit: 10 }));
 *     prof.exportChromeTrace('trace.json');
 */
export function profile<T>(fn: (profile: Profile<T>) => Promise<T>, options?: ProfileOptions): Promise<Profile<T>>;
export function profile<T>(fn: (profile: Profile<T>) => T, options?: ProfileOptions): Profile<T>;
export function profile<T>(options: ProfileOptions, fn: (profile: Profile<T>) => Promise<T>): Promise<Profile<T>>;
export function profile<T>(options: ProfileOptions, fn: (profile: Profile<T>) => T): Profile<T>;
export function profile(options?: ProfileOptions): Profile;
export function profile(first?: unknown, second?: unknown): Profile | Promise<Profile> {
  const [fn, options] = typeof first === 'function' ? [first, second] : [second, first];
  if (fn !== undefined && typeof fn !== 'function') throw new ArgumentError('profile', 'fn', `must be a function, got ${show(fn)}`);
  const prof = new Profile(options as ProfileOptions | undefined).start();
  if (fn === undefined) return prof;
  let pending = false;
  try {
    const result = (fn as (profile: Profile) => unknown)(prof);
    if (result instanceof Promise) {
      pending = true;
      return result.then((value) => { prof.result = value; }).finally(() => prof.stop()).then(() => prof);
    }
    prof.result = result;
    return prof;
  } finally {
    if (!pending) prof.stop();
  }
}
