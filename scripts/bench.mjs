/** `npm run bench`: sets up, bundles bench/run.ts against dist, and runs it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join, resolve, dirname } from 'node:path';
import { setUp } from './lib/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const script = ['memory', 'import', 'loader'].includes(process.argv[2]) ? process.argv[2] : 'run';
const args = process.argv.slice(script === 'run' ? 2 : 3);

await setUp({ log: (line) => process.stderr.write(`${line}\n`) });
if (spawnSync(process.execPath, [join(root, 'scripts/build-ts.mjs')], { cwd: root, stdio: ['ignore', 2, 2] }).status !== 0) process.exit(1);
const { build } = await import('esbuild');
const outfile = join(root, `build/bench-${script}.mjs`);
// What worker threads import stays a module of its own.
const entries = script === 'loader' ? [script, 'loader-dataset', 'loader-thread'] : [script];
await build({
  entryPoints: Object.fromEntries(entries.map((name) => [`bench-${name}`, join(root, `bench/${name}.ts`)])), outdir: join(root, 'build'), outExtension: { '.js': '.mjs' }, splitting: true, bundle: true, platform: 'node', format: 'esm', target: 'node20',
  packages: 'external', tsconfigRaw: '{}', logLevel: 'warning',
});
// The addon reads its level when it loads, before the benchmark's own first line.
const isa = args.includes('--isa') ? args[args.indexOf('--isa') + 1] : args.find((arg) => arg.startsWith('--isa='))?.slice(6);
const env = isa === undefined ? process.env : { ...process.env, FLAMBEAU_ISA: isa };
process.exit(spawnSync(process.execPath, [outfile, ...args], { cwd: root, stdio: 'inherit', env }).status ?? 1);
