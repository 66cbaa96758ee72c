/**
 * `npm run bench -- loader [rounds]`: what one worker and two read per second of a dataset with a heavy transform, and the delay
 * of this thread's event loop meanwhile. The workers persist: their start is not measured. Beside them bare threads, which
 * run the same transform and hand nothing over: what the machine can give. All take turns, because the machine is shared;
 * ratios are of neighbours.
 */
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import * as torch from 'flambeau';
import { DataLoader } from 'flambeau/data';
import { Pictures } from './loader-dataset.ts';

const SAMPLES = 96, BATCH = 8;
const ROUNDS = Number(process.argv[2] ?? 7);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

interface Round {
  readonly perSecond: number;
  /** Milliseconds, of the event loop. */
  readonly p99: number;
  readonly longest: number;
}

async function round(loader: DataLoader<[torch.Tensor, bigint], [torch.Tensor, torch.Tensor]>): Promise<Round> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let samples = 0;
  const start = performance.now();
  delay.enable();
  for await (const [images, labels] of loader) {
    if (labels.shape[0] !== images.shape[0]) throw new Error('images and labels differ');
    samples += images.shape[0];
  }
  delay.disable();
  if (samples !== SAMPLES) throw new Error(`${samples} samples came of ${SAMPLES}`);
  return { perSecond: samples / (performance.now() - start) * 1000, p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6 };
}

async function bareRound(threads: readonly Worker[]): Promise<number> {
  const start = performance.now();
  const done = Promise.all(threads.map((thread) => once(thread, 'message')));
  for (const thread of threads) thread.postMessage(SAMPLES / threads.length);
  await done;
  return SAMPLES / (performance.now() - start) * 1000;
}

torch.manualSeed(0);
const dataset = new Pictures(SAMPLES);
const loaders = [1, 2].map((numWorkers) => new DataLoader(dataset, { batchSize: BATCH, shuffle: true, numWorkers, persistentWorkers: true }));
const threads = [1, 2].map(() => new Worker(new URL('./bench-loader-thread.mjs', import.meta.url)));
const rounds: Round[][] = [[], []], bare: number[][] = [[], []];
for (let i = -1; i < ROUNDS; i++) {
  for (const [k, loader] of loaders.entries()) {
    const one = await round(loader), other = await bareRound(threads.slice(0, k + 1));
    // The first round warms up.
    if (i < 0) continue;
    rounds[k].push(one);
    bare[k].push(other);
  }
}
await Promise.all([...loaders.map((loader) => loader.close()), ...threads.map((thread) => thread.terminate())]);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const ratioOf = (one: readonly number[], two: readonly number[]): string => {
  const ratios = two.map((value, i) => value / one[i]);
  return `${median(ratios).toFixed(2)}x (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
};
print(`node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}; batches of ${BATCH} float32 images of 3x128x128, ${(BATCH * 3 * 128 * 128 * 4 / 2 ** 20).toFixed(1)} MB`);
print(`medians of ${ROUNDS} rounds of ${SAMPLES} samples   samples/s   bare threads   event loop p99    longest`);
for (const [k, list] of rounds.entries()) {
  const cells = [median(list.map((r) => r.perSecond)).toFixed(0), median(bare[k]).toFixed(0), `${median(list.map((r) => r.p99)).toFixed(1)} ms`, `${Math.max(...list.map((r) => r.longest)).toFixed(1)} ms`];
  print(`${k === 0 ? '1 worker' : '2 workers'}`.padEnd(37) + cells.map((cell, i) => cell.padStart([12, 15, 17, 11][i])).join(''));
}
print(`2 against 1, round by round: workers ${ratioOf(rounds[0].map((r) => r.perSecond), rounds[1].map((r) => r.perSecond))}, bare threads ${ratioOf(bare[0], bare[1])}`);
