/** The worker threads of a loader, and one loop over what they read. */
import { existsSync } from 'node:fs';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { show } from '../core/args.ts';
import { lend } from '../core/pool.ts';
import { Slab } from '../core/storage.ts';
import { backend } from '../backend/select.ts';
import { getDefaultDtype } from '../tensor/promotion.ts';
import { WorkerError } from './errors.ts';
import { END, type Request } from './fetch.ts';
import type { Failure, FromWorker, ToWorker, WorkerData, WorkerPlan } from './protocol.ts';
import { blocksOf, decode, encode, type Message } from './transport.ts';
import { ENTRY, foreignTypeScript, IS_COMMON_JS, refuseMainScript, START, tsxBases } from './worker-start.ts';

/** What Node's Worker takes and a loader passes on. */
export interface WorkerOptions {
  /** Limits of the JS heap and the stack of each worker; tensors lie outside of them. */
  readonly resourceLimits?: ResourceLimits;
  /** Node's command line options for the workers; those of this process unless given. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How long a worker that has nothing to do may take to end by itself. */
const GRACE_MILLISECONDS = 5000;
/** Longer than any wait: a timer that only keeps the process alive. */
const FOREVER = 2 ** 31 - 1;

interface Member {
  readonly worker: Worker;
  /** What it died of; null while it lives. */
  death: WorkerError | null;
}

/** Worker threads with their copies of a dataset. They never keep the process alive; a {@link Loop} that waits for one does. */
export class WorkerPool {
  readonly members: readonly Member[];
  private readonly loop = new Int32Array(new SharedArrayBuffer(4));
  private running: Loop | null = null;
  private closed = false;

  constructor(plan: WorkerPlan, numWorkers: number, seed: bigint, { resourceLimits, execArgv, env }: WorkerOptions) {
    const modules = new Set<string>();
    const message = encode('DataLoader', '', { ...plan }, { modules });
    refuseMainScript(modules);
    if (!existsSync(new URL(ENTRY))) throw new WorkerError(`DataLoader: the workers' program is not at ${ENTRY}; a bundler must leave flambeau out (external)`, null);
    const imported = [...modules].filter((module) => URL.canParse(module));
    const typescript = foreignTypeScript([...imported, ENTRY]);
    this.members = Array.from({ length: numWorkers }, (_, id) => {
      const data: WorkerData = {
        entry: ENTRY, commonJs: IS_COMMON_JS, modules: imported, typescript, tsxBases: typescript === null ? [] : tsxBases(typescript), id, numWorkers, seed: seed + BigInt(id), backend: backend().name, defaultDtype: getDefaultDtype(), plan: message, loop: this.loop,
      };
      const worker = new Worker(START, { eval: true, name: `DataLoader worker ${id}`, workerData: data, ...(resourceLimits && { resourceLimits }), ...(execArgv && { execArgv: [...execArgv] }), ...(env && { env }) });
      const member: Member = { worker, death: null };
      worker.on('message', (answer: FromWorker) => this.receive(id, answer));
      worker.on('error', (error: unknown) => this.bury(id, `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : `${show(error)} was thrown`}`, error));
      worker.on('exit', (code) => this.bury(id, `ended unexpectedly with exit code ${code}`));
      // Last: a listener for messages makes the worker count again.
      worker.unref();
      return member;
    });
  }

  /** Whether all of its workers can still work. */
  get alive(): boolean {
    return !this.closed && this.members.every(({ death }) => death === null);
  }

  /** Starts a loop; one that was still running ends. */
  begin(requests: Iterator<Request>, options: LoopOptions): Loop {
    this.running?.fail(new WorkerError('DataLoader: another loop has started over the same persistent workers', null));
    const number = Atomics.add(this.loop, 0, 1) + 1;
    this.running = new Loop(this, number, requests, options);
    this.running.prime();
    return this.running;
  }

  /** Ends a loop: what it has not read yet is skipped. */
  end(loop: Loop): void {
    if (this.running !== loop) return;
    this.running = null;
    Atomics.add(this.loop, 0, 1);
  }

  /** Ends the workers: idle ones by themselves, with `now` whatever they do. */
  async close(now: boolean): Promise<void> {
    this.closed = true;
    await Promise.all(this.members.map(async ({ worker, death }) => {
      if (death !== null) return;
      worker.ref();
      if (now) return void (await worker.terminate());
      const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
      this.post(worker, { kind: 'end' });
      const late = setTimeout(() => void worker.terminate(), GRACE_MILLISECONDS).unref();
      await ended;
      clearTimeout(late);
    }));
  }

  send(id: number, message: ToWorker): void {
    this.post(this.members[id].worker, message);
  }

  /** A batch in this thread: its tensors lie where the worker wrote them, and go back when nothing refers to them. */
  open(id: number, message: Message): unknown {
    return decode(message, (bytes, block) => (block === null ? new Slab(bytes) : lend(bytes, () => this.send(id, { kind: 'back', block }))));
  }

  /** Gives the memory of a batch back unread. */
  discard(id: number, message: Message): void {
    for (const block of blocksOf(message)) this.send(id, { kind: 'back', block });
  }

  private post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  private receive(id: number, answer: FromWorker): void {
    if (this.running?.number === answer.loop) this.running.receive(id, answer);
    else if (answer.kind === 'batch') this.discard(id, answer.value);
  }

  /** A worker has thrown outside of any batch, or has ended: the first that is heard of it says why. */
  private bury(id: number, how: string, cause?: unknown): void {
    const member = this.members[id];
    if (this.closed || member.death !== null) return;
    const reading = this.running?.reading(id);
    member.death = new WorkerError(`DataLoader worker ${id}${reading ? `, ${reading},` : ''} ${how}`, id, null, cause instanceof Error ? cause : undefined);
    this.running?.lose(id, member.death);
  }
}

export interface LoopOptions {
  readonly prefetchFactor: number;
  readonly inOrder: boolean;
  /** Seconds; 0 waits forever. */
  readonly timeout: number;
  /** Samples in the dataset; null for a stream. */
  readonly length: number | null;
}

type Outcome = Extract<FromWorker, { kind: 'batch' | 'failed' }> | { readonly kind: 'lost'; readonly death: WorkerError };
interface Task {
  readonly worker: number;
  readonly request: Request;
  outcome: Outcome | null;
}

/** One loop: requests go round the workers, at most `prefetchFactor` per worker ahead of what was handed out. */
export class Loop {
  readonly number: number;
  private readonly pool: WorkerPool;
  private readonly requests: Iterator<Request>;
  private readonly options: LoopOptions;
  private readonly tasks = new Map<number, Task>();
  /** Whether a worker has more: not when its stream has ended. */
  private readonly active: boolean[];
  private readonly load: number[];
  private sent = 0;
  private exhausted = false;
  private turn = 0;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(pool: WorkerPool, number: number, requests: Iterator<Request>, options: LoopOptions) {
    this.pool = pool;
    this.number = number;
    this.requests = requests;
    this.options = options;
    this.active = pool.members.map(() => true);
    this.load = pool.members.map(() => 0);
  }

  prime(): void {
    for (let i = 0; i < this.options.prefetchFactor * this.active.length; i++) this.ask();
  }

  /** The next batch, or {@link END}. */
  async next(): Promise<unknown> {
    for (;;) {
      if (this.failure !== null) throw this.failure;
      const number = this.ready();
      if (number !== undefined) {
        // Also where batches are waiting the event loop takes a turn, for timers, sockets and the workers' messages.
        await new Promise(setImmediate);
        if (this.failure !== null) throw this.failure;
        return this.hand(number);
      }
      if (this.tasks.size === 0) return END;
      await this.wait();
    }
  }

  receive(id: number, answer: FromWorker): void {
    const task = this.tasks.get(answer.task);
    if (task === undefined) return;
    if (answer.kind === 'ended') {
      this.active[id] = false;
      this.load[id]--;
      this.tasks.delete(answer.task);
      this.ask();
    } else task.outcome = answer;
    this.wake?.();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }

  /** A worker has died: the loop fails where its turn comes, at once if it had none yet. */
  lose(id: number, death: WorkerError): void {
    const lost = [...this.tasks.values()].filter((task) => task.worker === id && task.outcome === null);
    for (const task of lost) task.outcome = { kind: 'lost', death };
    if (this.active[id] && !this.exhausted && lost.length === 0) this.fail(death);
    this.active[id] = false;
    this.wake?.();
  }

  /** What a worker reads now, in words. */
  reading(id: number): string {
    const task = [...this.tasks.values()].find(({ worker, outcome }) => worker === id && outcome === null);
    if (task === undefined) return '';
    return `reading ${this.named(task.request)}`;
  }

  /** Ends the loop; memory of batches that nobody took goes back. */
  close(): void {
    this.pool.end(this);
    for (const { worker, outcome } of this.tasks.values()) if (outcome?.kind === 'batch') this.pool.discard(worker, outcome.value);
    this.tasks.clear();
    this.requests.return?.();
  }

  /** The task that can be handed out: the oldest one, or without order the first that is there. */
  private ready(): number | undefined {
    for (const [number, { outcome }] of this.tasks) {
      if (outcome !== null) return number;
      if (this.options.inOrder) return undefined;
    }
    return undefined;
  }

  private hand(number: number): unknown {
    const { worker, request, outcome } = this.tasks.get(number) as Task & { readonly outcome: Outcome };
    this.tasks.delete(number);
    this.load[worker]--;
    this.ask();
    if (outcome.kind === 'lost') throw outcome.death;
    if (outcome.kind === 'failed') throw revived(worker, this.named(request), outcome.failure);
    return this.pool.open(worker, outcome.value);
  }

  /** Sends the next request to the next worker whose turn it is. */
  private ask(): void {
    if (this.exhausted || this.failure !== null) return;
    const id = this.choose();
    if (id === undefined) return;
    try {
      const step = this.requests.next();
      this.exhausted = step.done === true;
      if (step.done) return;
      this.pool.send(id, { kind: 'read', loop: this.number, task: this.sent, length: this.options.length, request: step.value });
      this.load[id]++;
      this.tasks.set(this.sent++, { worker: id, request: step.value, outcome: null });
    } catch (error) {
      // The sampler has thrown, or has given an index that cannot be sent.
      this.exhausted = true;
      this.fail(error instanceof Error ? error : new WorkerError(`DataLoader: the sampler threw ${show(error)}`, null));
    }
  }

  private choose(): number | undefined {
    const { length } = this.active, most = (this.options.prefetchFactor * length) / this.active.filter(Boolean).length;
    for (let i = 0; i < length; i++) {
      const id = this.turn++ % length;
      if (this.active[id] && (this.options.inOrder || this.load[id] < most)) return id;
    }
    return undefined;
  }

  private named(request: Request): string {
    if (this.options.length === null) return 'its stream';
    if (!Array.isArray(request)) return `sample ${show(request)}`;
    return `samples ${request.slice(0, 8).map(show).join(', ')}${request.length > 8 ? ', ...' : ''}`;
  }

  /** Until something happens. The timer also keeps the process alive, which the workers do not. */
  private wait(): Promise<void> {
    const { timeout } = this.options;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const [{ worker }] = this.tasks.values();
        if (timeout > 0) this.fail(new WorkerError(`DataLoader timed out after ${timeout} seconds: worker ${worker} was ${this.reading(worker)}`, worker));
        else this.wake?.();
      }, timeout > 0 ? timeout * 1000 : FOREVER);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }
}

/** The worker's error, as the cause of one that says where it happened. */
function revived(worker: number, request: string, { name, message, stack, fields, at, starting }: Failure): WorkerError {
  const Standard = ({ TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError } as Readonly<Record<string, ErrorConstructor>>)[name] ?? Error;
  const cause = Object.assign(new Standard(message), fields);
  Object.defineProperties(cause, { name: { value: name, configurable: true, writable: true }, stack: { value: stack, configurable: true, writable: true } });
  const when = starting ? 'to start' : at !== null ? `at sample ${show(at)}` : `with ${request}`;
  return new WorkerError(`DataLoader worker ${worker} failed ${when}: ${name}: ${message}`, worker, at, cause);
}
