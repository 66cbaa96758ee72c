/**
 * `npm run bench`: native against js for every kernel family and for the programs' training steps, optionally beside
 * PyTorch and TensorFlow.js. Values are compared first; contenders take turns; medians and ratios are printed, written as
 * JSON and drawn.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as torch from 'flambeau';
import { activations } from './cases-activations.ts';
import { functions } from './cases-func.ts';
import { halves } from './cases-half.ts';
import { kernelCases } from './cases-kernels.ts';
import { linalg } from './cases-linalg.ts';
import { moves } from './cases-moves.ts';
import { order } from './cases-order.ts';
import { programCases } from './cases-programs.ts';
import { trainingCases } from './cases-training.ts';
import { layers } from './cases-nn.ts';
import { slow } from './cases-slow.ts';
import { small } from './cases-small.ts';
import { spatial } from './cases-spatial.ts';
import { surface } from './cases-surface.ts';
import { local, race, type Clock, type Contender, type Timing } from './measure.ts';
import { TorchPeer } from './peer-torch.ts';
import { drawChart } from './chart.ts';
import type { Case, TensorFlow } from './case.ts';

const HELP = `npm run bench -- [options]

  --filter TEXT      only cases whose "group: name" contains TEXT (a regular expression)
  --threads N        threads of every contender (default 1)
  --isa NAME         baseline, avx2, avx512 or avx512bf16 (only lowers)
  --peer torch       PyTorch beside, from the Python named by --python (default python3)
  --peer tfjs        TensorFlow.js on its cpu backend beside (after: npm install --prefix bench/peers)
  --no-js            leave the js backend out
  --cpu-time         compare processor time instead of time: on one thread, for machines that are busy
  --samples N        samples per contender (default 7)
  --milliseconds N   length of a sample (default 20)
  --out FOLDER       where results.json and results.svg go (default bench/results)
  --list             print the cases
`;

const { values: options } = parseArgs({
  options: {
    filter: { type: 'string', default: '' }, threads: { type: 'string', default: '1' }, isa: { type: 'string' }, peer: { type: 'string', multiple: true, default: [] },
    python: { type: 'string', default: 'python3' }, 'no-js': { type: 'boolean', default: false }, 'cpu-time': { type: 'boolean', default: false }, samples: { type: 'string', default: '7' },
    milliseconds: { type: 'string', default: '20' }, out: { type: 'string', default: 'bench/results' }, list: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});

const clock: Clock = options['cpu-time'] ? 'cpu' : 'wall';

interface Row {
  readonly name: string;
  readonly group: string;
  readonly times: Readonly<Record<string, Timing>>;
}

const toNumbers = (value: torch.Tensor | number): number[] => (typeof value === 'number' ? [value] : (value.detach().double().reshape(-1).tolist() as number[]));

function assertEqual(name: string, what: string, expected: readonly number[], got: readonly number[], tolerance: number): void {
  if (expected.length !== got.length) throw new Error(`${name}: ${what} has ${got.length} values, expected ${expected.length}`);
  const scale = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(expected[i] - got[i]) > tolerance * scale) throw new Error(`${name}: ${what} differs at ${i}: ${got[i]}, expected ${expected[i]}`);
  }
}

function ours(backend: torch.BackendName, run: () => unknown): Contender {
  return local(backend, run, (loop) => torch.withBackend(backend, loop), clock);
}

async function measure(test: Case, backends: readonly torch.BackendName[], peer: TorchPeer | null, tf: TensorFlow | null): Promise<Row> {
  const tolerance = test.tolerance ?? 1e-5;
  const contenders: Contender[] = [];
  let reference: number[] | null = null;
  for (const backend of backends) {
    if (backend === 'js' && test.nativeOnly) continue;
    const made = torch.withBackend(backend, () => test.make());
    const got = torch.withBackend(backend, () => toNumbers(made.result()));
    if (reference === null) reference = got;
    else assertEqual(test.name, backend, reference, got, tolerance);
    contenders.push(ours(backend, made.run));
  }
  if (peer !== null && test.torch !== undefined) {
    assertEqual(test.name, 'torch', await peer.result(test.name, test.torch), reference as number[], tolerance);
    contenders.push(peer.contender(test.name, test.torch));
    if (test.torchCompiled !== undefined) {
      const id = `${test.name} compiled`;
      assertEqual(test.name, 'torch.compile', await peer.result(id, test.torchCompiled), reference as number[], tolerance);
      contenders.push(peer.contender(id, test.torchCompiled, 'torch.compile'));
    }
  }
  if (tf !== null && test.tf !== undefined) {
    const run = test.tf.make(tf);
    contenders.push(local('tfjs-cpu', () => tf.tidy(run), undefined, clock));
  }
  const timings = await race(contenders, { samples: Number(options.samples), sampleMilliseconds: Number(options.milliseconds) });
  return { name: test.name, group: test.group, times: Object.fromEntries(contenders.map((c, i) => [c.name, timings[i]])) };
}

const show = (ns: number | undefined): string => (ns === undefined ? '' : ns < 1e4 ? `${ns.toFixed(0)} ns` : ns < 1e7 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`);
const ratio = (row: Row, a: string, b: string): string => (row.times[a] && row.times[b] ? `${(row.times[a].median / row.times[b].median).toFixed(2)}x` : '');

function print(row: Row, columns: readonly string[]): void {
  const fastest = row.times['torch.compile'] && row.times.torch ? Math.min(row.times['torch.compile'].median, row.times.torch.median) : row.times.torch?.median;
  const cells = columns.map((c) => show(row.times[c]?.median).padStart(12));
  const ratios = [
    ratio(row, 'js', 'native') && `js/native ${ratio(row, 'js', 'native')}`,
    fastest !== undefined && row.times.native ? `torch/native ${(fastest / row.times.native.median).toFixed(2)}x` : '',
    ratio(row, 'tfjs-cpu', 'js') && `tfjs/js ${ratio(row, 'tfjs-cpu', 'js')}`,
  ].filter(Boolean);
  process.stdout.write(`${`${row.group}: ${row.name}`.padEnd(58)}${cells.join('')}   ${ratios.join('  ')}\n`);
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  const pattern = new RegExp(options.filter, 'i');
  const cases = [...kernelCases, ...small, ...surface, ...spatial, ...linalg, ...layers, ...activations, ...order, ...moves, ...slow, ...programCases, ...functions, ...halves, ...trainingCases].filter((c) => pattern.test(`${c.group}: ${c.name}`));
  if (options.list) return void process.stdout.write(`${cases.map((c) => `${c.group}: ${c.name}`).join('\n')}\n`);
  if (cases.length === 0) throw new Error(`no case matches --filter ${options.filter}`);
  for (const peer of options.peer) if (peer !== 'torch' && peer !== 'tfjs') throw new Error(`--peer must be torch or tfjs, got ${peer}`);

  torch.setBackend('native');
  torch.setNumThreads(Number(options.threads));
  const info = torch.backendInfo();
  // scripts/bench.mjs has set FLAMBEAU_ISA, which is read when the addon loads.
  if (options.isa !== undefined && info.isa !== options.isa) throw new Error(`--isa ${options.isa} is not one of this machine's: ${info.isaLevels.join(', ')}`);
  const peer = options.peer.includes('torch') ? await TorchPeer.start(options.python, 'bench/torch_peer.py', Number(options.threads), clock) : null;
  const tf = options.peer.includes('tfjs') ? await loadTensorFlow() : null;
  const backends: torch.BackendName[] = options['no-js'] ? ['native'] : ['native', 'js'];
  const columns = [...backends, ...(peer ? ['torch', 'torch.compile'] : []), ...(tf ? ['tfjs-cpu'] : [])];
  process.stdout.write(`node ${process.version}, ${info.isa}, ${options.threads} thread(s)${clock === 'cpu' ? ', processor time' : ''}${peer ? `, torch ${peer.version}` : ''}; medians of ${options.samples} interleaved samples\n`);
  process.stdout.write(`${''.padEnd(58)}${columns.map((c) => c.padStart(12)).join('')}\n`);
  const rows: Row[] = [];
  try {
    for (const test of cases) {
      const row = await measure(test, backends, peer, tf);
      rows.push(row);
      print(row, columns);
    }
  } finally {
    peer?.stop();
  }
  mkdirSync(options.out, { recursive: true });
  const results = { node: process.version, isa: info.isa, threads: Number(options.threads), torch: peer?.version ?? null, unit: 'nanoseconds', rows };
  writeFileSync(join(options.out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(options.out, 'results.svg'), drawChart(rows, columns));
  process.stdout.write(`\nwritten: ${join(options.out, 'results.json')}, ${join(options.out, 'results.svg')}\n`);
}

/** TensorFlow.js from bench/peers, where it was installed on purpose. */
async function loadTensorFlow(): Promise<TensorFlow> {
  const { createRequire } = await import('node:module');
  const require = createRequire(join(process.cwd(), 'bench/peers/package.json'));
  const tf = require('@tensorflow/tfjs-core') as TensorFlow & { setBackend(name: string): Promise<boolean>; ready(): Promise<void> };
  require('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  await tf.ready();
  return tf;
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
