/**
 * Sets everything up, then runs the tests. Arguments go to vitest: `npm test -- plot`, `npm test -- --reporter=dot`.
 * FLAMBEAU_BACKEND=js runs them without the addon and without a compiler.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUp } from './lib/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const native = process.env.FLAMBEAU_BACKEND !== 'js';
const ready = await setUp({ native });
if (native && !ready.native) {
  console.error('the tests need the native addon; FLAMBEAU_BACKEND=js npm test runs those of the js backend');
  process.exit(1);
}
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
