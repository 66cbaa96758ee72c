#!/usr/bin/env node
/** The command line of the package: what runs here, building it from source, and a short benchmark. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const HELP = `usage: flambeau <command>

  info [--json]       which backend runs, its instruction set and threads, and what to do if it is not the native one
  build [--rebuild]   compile the native kernels for this machine (needs a C++20 compiler, make and Python 3)
  bench               native kernels against the TypeScript ones, a few seconds
  --help              this text
  --version           the package's version
`;

async function library() {
  const entry = join(root, 'dist/index.js');
  if (!existsSync(entry)) throw new Error('dist is not built: npm run build:ts');
  return import(entry);
}

async function info(args) {
  const { backendInfo } = await library();
  const found = backendInfo();
  if (args.includes('--json')) return console.log(JSON.stringify(found, null, 2));
  const rows = [
    ['backend', found.backend],
    ['instruction set', found.isa ?? 'JavaScript'],
    ['of', found.isaLevels.join(', ') || 'none'],
    ['threads', String(found.threads)],
    ['native binary', found.from ?? 'none'],
    ['native families', found.coverage.join(', ') || 'none'],
    ['node', `${process.version} ${process.platform}-${process.arch}`],
  ];
  for (const [label, value] of rows) console.log(`${label.padEnd(17)} ${value}`);
  if (found.tried.length > 0) console.log('\ntried');
  for (const { path, reason } of found.tried) console.log(`  ${path}\n    ${reason}`);
  if (found.hint !== null) console.log(`\n${found.hint}`);
}

async function build(args) {
  const { buildNative } = await import('../scripts/lib/native.mjs');
  const result = await buildNative({ rebuild: args.includes('--rebuild') });
  console.log(result.summary);
  if (!result.ok) process.exitCode = 1;
}

/** Median of `rounds` samples in microseconds, the two interleaved so that a burst of load hits both. */
function measure(pair, rounds = 15) {
  const repeat = pair.map((run) => {
    // Until V8 has optimised what runs: by time, as one call may take nanoseconds or a second.
    let calls = 0;
    const start = performance.now();
    do {
      run();
      calls++;
    } while (performance.now() - start < 100);
    return Math.max(1, Math.round((4 * calls) / (performance.now() - start)));
  });
  const samples = pair.map(() => []);
  for (let round = 0; round < rounds; round++) {
    pair.forEach((run, which) => {
      const start = performance.now();
      for (let i = 0; i < repeat[which]; i++) run();
      samples[which].push(((performance.now() - start) * 1000) / repeat[which]);
    });
  }
  return samples.map((list) => list.sort((a, b) => a - b)[rounds >> 1]);
}

async function bench() {
  const torch = await library();
  const found = torch.backendInfo();
  if (found.backend !== 'native') throw new Error(`there is no native backend to compare with: ${found.hint}`);
  torch.manualSeed(0);
  const x = torch.randn(1000), y = torch.randn(1000), large = torch.randn(1_000_000), m = torch.randn(256, 256);
  const cases = {
    'add 1,000': () => x.add(y),
    'exp 1,000': () => x.exp(),
    'sum 1,000': () => x.sum(),
    'exp 1,000,000': () => large.exp(),
    'sum 1,000,000': () => large.sum(),
    'matmul 256 x 256': () => m.matmul(m),
  };
  console.log(`${found.isa}, ${found.threads} ${found.threads === 1 ? 'thread' : 'threads'}, node ${process.version}\n`);
  console.log(`${''.padEnd(18)}${'native us'.padStart(12)}${'js us'.padStart(12)}${'ratio'.padStart(9)}`);
  for (const [label, run] of Object.entries(cases)) {
    const on = (backend) => () => torch.withBackend(backend, () => torch.noGrad(run));
    const [native, js] = [on('native'), on('js')];
    const [a, b] = [native().toTypedArray(), js().toTypedArray()];
    for (let i = 0; i < a.length; i++)
      if (!(Math.abs(a[i] - b[i]) <= 1e-4 * (1 + Math.abs(b[i])))) throw new Error(`${label}: the backends differ at ${i}: ${a[i]} and ${b[i]}`);
    const [nativeTime, jsTime] = measure([native, js], label.includes('000,000') || label.includes('256') ? 7 : 15);
    console.log(`${label.padEnd(18)}${nativeTime.toFixed(2).padStart(12)}${jsTime.toFixed(2).padStart(12)}${`${(jsTime / nativeTime).toFixed(1)}x`.padStart(9)}`);
  }
}

async function version() {
  const { readFileSync } = await import('node:fs');
  console.log(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
}

const [command, ...args] = process.argv.slice(2);
const commands = { info, build, bench, '--version': version };
try {
  if (command === undefined || command === '--help' || command === 'help') console.log(HELP);
  else if (Object.hasOwn(commands, command)) await commands[command](args);
  else {
    console.error(`flambeau: no such command: ${command}\n\n${HELP}`);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(`flambeau ${command}: ${error.message}`);
  process.exitCode = 1;
}
