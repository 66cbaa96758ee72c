/** The program of a worker thread: reads what it is asked for, batch by batch. Started by worker-pool.ts. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { show } from '../core/args.ts';
import { setBackend, setNumThreads } from '../backend/select.ts';
import { setDefaultDtype } from '../tensor/promotion.ts';
import { manualSeed } from '../tensor/random.ts';
import { END, fetcherOf, type Fetcher } from './fetch.ts';
// All of the library's portable classes.
import './index.ts';
import type { Failure, FromWorker, ToWorker, WorkerData, WorkerPlan } from './protocol.ts';
import { takeBack } from './shared.ts';
import { decode, encode } from './transport.ts';
import { setWorkerInfo } from './worker-info.ts';

const port = parentPort as MessagePort;
const { id, numWorkers, seed, backend, defaultDtype, modules, plan: message, loop } = workerData as WorkerData;

async function start(): Promise<WorkerPlan> {
  setBackend(backend);
  // The workers are the threads.
  setNumThreads(1);
  setDefaultDtype(defaultDtype);
  for (const module of modules) await import(module);
  manualSeed(seed);
  const plan = decode(message) as WorkerPlan;
  setWorkerInfo({ id, numWorkers, seed, dataset: plan.dataset });
  await plan.workerInitFn?.(id);
  return plan;
}

// A failure is told with the first batch that is asked for.
const started: Promise<WorkerPlan | Failure> = start().catch((error: unknown) => failureOf(error, null, true));

let current: { readonly loop: number; readonly fetcher: Fetcher } | null = null;

async function read({ loop: number, task, length, request }: Extract<ToWorker, { kind: 'read' }>): Promise<FromWorker | null> {
  if (Atomics.load(loop, 0) !== number) return null;
  const plan = await started;
  if ('starting' in plan) return { kind: 'failed', loop: number, task, failure: plan };
  if (current?.loop !== number) {
    current?.fetcher.close();
    current = { loop: number, fetcher: fetcherOf({ ...plan, length }) };
  }
  const { fetcher } = current;
  try {
    const batch = await fetcher.fetchAsync(request);
    if (batch === END) return { kind: 'ended', loop: number, task };
    return { kind: 'batch', loop: number, task, value: encode('DataLoader', 'batch', batch, { pack: true }) };
  } catch (error) {
    return { kind: 'failed', loop: number, task, failure: failureOf(error, fetcher.at) };
  }
}

function failureOf(error: unknown, at: unknown, starting = false): Failure {
  const index = typeof at === 'symbol' ? String(at) : at;
  if (!(error instanceof Error)) return { name: 'Error', message: `${show(error)} was thrown`, stack: '', fields: {}, at: index, starting };
  // Numbers and texts of an error of the library: which shape, which argument.
  const fields = Object.fromEntries(Object.entries(error).filter(([key, value]) => key !== 'name' && ['number', 'string', 'boolean'].includes(typeof value)));
  return { name: error.name, message: error.message, stack: error.stack ?? '', fields, at: index, starting };
}

// One batch after the other, also where samples are awaited.
let work: Promise<void> = Promise.resolve();

port.on('message', (message: ToWorker) => {
  if (message.kind === 'back') takeBack(message.block);
  else if (message.kind === 'end') {
    current?.fetcher.close();
    // Whatever the dataset keeps open would keep the thread alive.
    process.exit(0);
  } else {
    work = work.then(async () => {
      const answer = await read(message);
      if (answer === null) return;
      try {
        port.postMessage(answer);
      } catch (error) {
        // Something in the batch that cannot be cloned.
        port.postMessage({ kind: 'failed', loop: message.loop, task: message.task, failure: failureOf(error, null) } satisfies FromWorker);
      }
    });
  }
});
