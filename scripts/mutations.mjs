/**
 * `npm run mutations [-- count]`: every kind of file cut off at every byte and changed in 20,000 (or `count`) ways. Each one
 * loads or throws our error, or the command fails.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..'), vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--reporter=verbose', 'malformed'], { cwd: root, stdio: 'inherit', env: { ...process.env, FLAMBEAU_MUTATIONS: process.argv[2] ?? '20000' } });
process.exitCode = status ?? 1;
