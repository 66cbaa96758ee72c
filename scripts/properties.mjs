/** `npm run properties [-- cases]`: the random properties of test/properties.test.ts over many cases (200,000), from a new seed. */
import { spawnSync } from 'node:child_process';

const cases = process.argv[2] ?? '200000';
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/properties.test.ts'],
  { stdio: 'inherit', env: { ...process.env, FLAMBEAU_PROPERTY_CASES: cases } });
process.exit(status ?? 1);
